"""The plugin's settings reach the tools, which run in processes without plugins."""

from __future__ import annotations

from pathlib import Path

import pytest
from genesis.contracts import Specialist
from genesis.home import Home
from genesis.kernel import Kernel

SETTINGS = """
[plugins.engineering]
build_environment = true
environment = ["DATABASE_URL"]
"""


def _params_of(home: Path, tool: str) -> dict[str, object]:
    with Kernel(Home(home), deliver=False) as kernel:
        uses = [use for one in kernel.host.records(Specialist) for use in one.tools]
        return {**next(use.params for use in uses if use.tool == tool)}


@pytest.mark.parametrize(
    ("settings", "expected"),
    [("", (False, [])), (SETTINGS, (True, ["DATABASE_URL"]))],
)
def test_what_tests_may_do_is_decided_in_the_settings(
    tmp_path: Path, settings: str, expected: tuple[bool, list[str]]
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "genesis.toml").write_text(settings)
    params = _params_of(home, "run-tests")
    assert (params["build_environment"], params["environment"]) == expected


def test_the_record_of_the_team_knows_where_the_xp_is(tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert _params_of(home, "team-record") == {"database": str(home / "genesis.db")}
