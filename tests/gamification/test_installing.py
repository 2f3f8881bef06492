"""With the real kernel: the plugin comes, goes and comes back, and others extend it."""

from __future__ import annotations

from importlib.metadata import entry_points
from pathlib import Path

import pytest
from genesis import Kernel
from genesis.contracts.plugins import PluginState
from genesis.host.discovery import GROUP, Candidate, candidates_from
from genesis_gamification.plugin import GamificationPlugin

from tests.gamification.logs import everything, rows
from tests.host.installing import (
    HEADER,
    KERNEL,
    MEMBER,
    Site,
    event_ids,
    make_home,
    make_repository,
    run_session,
)
from tests.support import until

MEMBER_ALONE = HEADER + MEMBER.replace("{name}", "good") + "\nclass Sick(Member):\n    pass\n"
EXTENSION = """
from genesis import NoSettings, Plugin, implements
from genesis_gamification import Achievement, Criterion, Rule, hookspecs

class Sick(Plugin[NoSettings]):
    @implements(hookspecs.gamification_rules)
    def rules(self):
        return [Rule(id="worked", event="task.finished", amount=1, reason="Worked", scope="task",
                     check=lambda event: event.payload["kind"] == "work")]

    @implements(hookspecs.gamification_achievements)
    def achievements(self):
        return [Achievement(id="starter", name="Starter", description="A start", emoji="*",
                            category="special", tier="bronze", xp_reward=50,
                            criteria=(Criterion(metric="sessions", op=">=", value=1),))]
"""


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    found = Site(tmp_path / "site")
    found.folder.mkdir()
    monkeypatch.syspath_prepend(str(found.folder))
    found.install("good", MEMBER_ALONE)
    return found


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_repository(tmp_path_factory.mktemp("repository") / "repository")


@pytest.fixture
def game() -> list[Candidate]:
    """The plugin as it is installed."""
    return candidates_from(
        point for point in entry_points(group=GROUP) if point.name == "gamification"
    )


def settle(kernel: Kernel) -> None:
    """Wait until the ledger has all of the log."""
    read = "SELECT event_id FROM event_cursors WHERE plugin = 'gamification'"
    last = max(event_ids(kernel))
    until(lambda: rows(kernel.database, read) == [(last,)], "the log is read")


def sums(kernel: Kernel) -> list[tuple[object, ...]]:
    """The ledger without the moments and tasks, which are those of each home."""
    return rows(kernel.database, "SELECT agent_id, rule_id, amount FROM xp_transactions")


def test_a_removed_plugin_leaves_its_data_and_catches_up_when_it_is_back(
    tmp_path: Path, site: Site, repository: Path, game: list[Candidate]
) -> None:
    settings = '[plugins.gamification]\ntime_zone = "UTC"\n'
    always, away = (make_home(tmp_path / name, settings) for name in ("always", "away"))
    for home in (always, away):
        with Kernel(home, candidates=[*site.candidates(), *game]) as kernel:
            run_session(kernel, "good-team", repository)
            settle(kernel)
            before = everything(kernel.database)
            assert before["xp_transactions"]
    with Kernel(always, candidates=[*site.candidates(), *game]) as kernel:
        run_session(kernel, "good-team", repository)
        settle(kernel)
        expected = sums(kernel)
    with Kernel(away, candidates=site.candidates()) as kernel:
        assert run_session(kernel, "good-team", repository).status == "completed"
        assert everything(kernel.database) == before
    with Kernel(away, candidates=[*site.candidates(), *game]) as kernel:
        settle(kernel)
        assert sums(kernel) == expected
        plugin = kernel.host.plugin_of(GamificationPlugin)
        assert plugin is not None
        assert plugin.verify().differences == []


def test_a_plugin_installed_last_reads_the_whole_log(
    tmp_path: Path, site: Site, repository: Path, game: list[Candidate]
) -> None:
    home = make_home(tmp_path / "home")
    with Kernel(home, candidates=site.candidates()) as kernel:
        for _ in range(3):
            run_session(kernel, "good-team", repository)
    with Kernel(home, candidates=[*site.candidates(), *game]) as kernel:
        settle(kernel)
        assert rows(
            kernel.database,
            "SELECT rule_id, count(*) FROM xp_transactions WHERE source_type = 'task_completion' "
            "OR rule_id = 'perfect-session' GROUP BY 1 ORDER BY 1",
        ) == [("perfect-session", 3), ("task-completed", 3)]


def test_another_distribution_adds_a_rule_and_an_achievement(
    tmp_path: Path, site: Site, repository: Path, game: list[Candidate]
) -> None:
    site.install(
        "bonus", EXTENSION, requires=(KERNEL, "genesis-gamification"),
        distribution="genesis-bonus",
    )  # fmt: skip
    home = make_home(tmp_path / "home")
    with Kernel(home, candidates=[*site.candidates(), *game]) as kernel:
        states = {each.id: each.state for each in kernel.host.statuses()}
        assert states["bonus"] == states["gamification"] == PluginState.ACTIVE
        run_session(kernel, "good-team", repository)
        settle(kernel)
        found = rows(
            kernel.database,
            "SELECT rule_id, source_id, amount FROM xp_transactions "
            "WHERE rule_id = 'worked' OR source_id = 'starter' ORDER BY id",
        )
        assert [(rule, amount) for rule, _, amount in found] == [("worked", 1), ("achievement", 50)]
