"""The example of a third party: it is installed as its metadata says, and pays."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from genesis import Kernel
from genesis_gamification.plugin import GamificationPlugin

from plugins.gamification.tests.playing import CODE
from tests.gamification.logs import rows
from tests.host.installing import HEADER, MEMBER, Site, make_home, make_repository, run_session

EXAMPLE = Path(__file__).parents[3] / "examples" / "gamification-pack"
# Like any member, but its work finds something.
FINDS = """
from genesis.contracts import Finding, Severity

def work(context, /):
    found = Finding(rule="r", severity=Severity.LOW, message="look here")
    return TaskResult(summary="worked", findings=(found,))
"""


@pytest.fixture
def kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kernel]:
    """The game, the example, and the teams `finds-team` and `idle-team`."""
    site = Site(tmp_path / "site")
    site.install("gamification", CODE, class_name="GamificationPlugin", version="0.1.0")
    monkeypatch.setattr(sys, "path", [str(site.folder), *sys.path])
    project = tomllib.loads((EXAMPLE / "pyproject.toml").read_text())["project"]
    ((name, place),) = project["entry-points"]["genesis.plugins"].items()
    module, _, class_name = place.partition(":")
    site.install(
        name, (EXAMPLE / f"{module}.py").read_text(), class_name=class_name,
        requires=project["dependencies"], distribution=project["name"],
    )  # fmt: skip
    for member, more in (("finds", FINDS), ("idle", "")):
        code = HEADER + MEMBER.replace("{name}", member) + more
        site.install(member, code, class_name="Member")
    home = make_home(tmp_path / "home")
    with Kernel(home, candidates=site.candidates(), deliver=False) as opened:
        yield opened


def test_the_example_pays_for_findings_and_unlocks_at_the_third_session(
    kernel: Kernel, tmp_path: Path
) -> None:
    assert {each.id: str(each.state) for each in kernel.host.statuses()} == dict.fromkeys(
        ("gamification", "keen_eye", "finds", "idle"), "active"
    )
    plugin = kernel.host.plugin_of(GamificationPlugin)
    assert plugin is not None
    assert plugin.problems == []
    repository = make_repository(tmp_path / "repository")
    query = (
        "SELECT agent_id, rule_id, amount FROM xp_transactions "
        "WHERE rule_id = 'found-something' OR source_id = 'regular' ORDER BY id"
    )
    paid = ("finds-one", "found-something", 5)
    unlocked = ("achievement", 50)
    for number, expected in enumerate(([paid], [paid] * 2, [paid] * 3), start=1):
        run_session(kernel, "finds-team", repository)
        run_session(kernel, "idle-team", repository)
        plugin.catch_up()
        found = rows(kernel.database, query)
        assert [row for row in found if row[1] == "found-something"] == expected
        others = sorted(row for row in found if row[1] != "found-something")
        agents = ["finds-one", "idle-one"] if number == 3 else []
        assert others == [(agent, *unlocked) for agent in agents]
    assert plugin.verify().differences == []
