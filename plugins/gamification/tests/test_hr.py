"""The HR agent with the real kernel: it reads the ledger, writes down, and changes nothing."""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from genesis import Kernel
from genesis.contracts import TaskResult
from genesis.contracts.service import Job
from genesis.errors import PluginError
from genesis.testing import run_tool
from genesis_gamification.plugin import GamificationPlugin
from genesis_gamification.profiles import read_profile
from pydantic import JsonValue

from plugins.gamification.tests.boards import add_agents, make_team
from plugins.gamification.tests.playing import install
from tests.gamification.logs import append, rows, task
from tests.host.installing import make_home, make_repository, run_session

TOOL = "genesis_gamification.reviewing:review_agents"
NOW = datetime.now(UTC)
LAST_MONTH = NOW - timedelta(days=45)


@pytest.fixture
def kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kernel]:
    """A home with the agents Ann, Bob, Cy and Dee; Ann and Bob have done something."""
    site = install(tmp_path / "site")
    monkeypatch.setattr(sys, "path", [str(site.folder), *sys.path])
    home = make_home(tmp_path / "home", '[plugins.gamification]\ntime_zone = "UTC"\n')
    with Kernel(home, candidates=site.candidates(), deliver=False) as opened:
        make_team(opened.database)
        add_agents(opened.database, ["ann", "bob", "cy"])
        add_agents(opened.database, ["dee"], is_active=False)
        yield opened


def work(kernel: Kernel, agent: str, kind: str, completed: int, failed: int,
         at: datetime = NOW) -> None:  # fmt: skip
    """Let an agent finish tasks in a session of that moment, and count them."""
    statuses = ["failed"] * failed + ["completed"] * completed
    start = len(rows(kernel.database, "SELECT id FROM events"))
    append(
        kernel.database,
        [
            task(f"t-{start + n}", agent, status, f"s-{agent}-{at:%m%d}", at, kind=kind)
            for n, status in enumerate(statuses)
        ],
    )
    plugin_of(kernel).catch_up()


def plugin_of(kernel: Kernel) -> GamificationPlugin:
    found = kernel.host.plugin_of(GamificationPlugin)
    assert found is not None, kernel.host.statuses()
    return found


def review(kernel: Kernel, tmp_path: Path) -> TaskResult:
    params: dict[str, JsonValue] = {"database": str(kernel.database.path)}
    return run_tool(TOOL, tmp_path, tmp_path / "work", params, kind="evaluate")


def written(kernel: Kernel) -> dict[str, tuple[str, dict[str, object]]]:
    """Verdict and content by agent."""
    found = rows(kernel.database, "SELECT agent_id, verdict, content FROM gamification_evaluations")
    return {agent: (verdict, json.loads(content)) for agent, verdict, content in found}


def test_a_session_of_the_team_system_evaluates_every_agent(kernel: Kernel, tmp_path: Path) -> None:
    work(kernel, "ann", "review", completed=9, failed=0)
    work(kernel, "bob", "review", completed=2, failed=8)
    session = run_session(kernel, "system", make_repository(tmp_path / "repository"))
    assert session.status == "completed"
    (text,) = rows(kernel.database, "SELECT result FROM tasks WHERE agent_id = 'hr-agent'")
    result = TaskResult.model_validate_json(text[0])
    assert [(found.rule, found.severity) for found in result.findings] == [
        ("agent-retire", "medium"), ("agent-double-down", "info"),
    ]  # fmt: skip
    # The HR agent too, who has finished nothing while it looks.
    verdicts = {agent: verdict for agent, (verdict, _) in written(kernel).items()}
    assert verdicts == {
        "ann": "double_down", "bob": "retire", "cy": "monitor", "hr-agent": "monitor",
    }  # fmt: skip
    still = rows(kernel.database, "SELECT id FROM agents WHERE is_active ORDER BY id")
    assert still == [("ann",), ("bob",), ("cy",), ("hr-agent",)]


def test_an_evaluation_says_what_one_is_good_at_and_what_to_learn_from_whom(
    kernel: Kernel, tmp_path: Path
) -> None:
    work(kernel, "ann", "review", completed=9, failed=0)
    work(kernel, "bob", "review", completed=5, failed=0, at=LAST_MONTH)
    work(kernel, "bob", "review", completed=1, failed=7)
    work(kernel, "bob", "deploy", completed=12, failed=0)
    result = review(kernel, tmp_path)
    today = f"s-bob-{NOW:%m%d}"
    assert written(kernel)["bob"] == (
        "continue",
        {
            "reason": "18 of 25 tasks completed; no reason to change anything",
            "strengths": ["deploy (12 of 12)"],
            "weak_kinds": ["review (6 of 13)"],
            "trend": "falling",
            "last_30_days": "13 of 20",
            "the_30_before": "5 of 5",
            "training": [
                f"review (6 of 13): read why it failed last with `genesis sessions show {today}` "
                "and take over what ann does, the best at it"
            ],
        },
    )
    about_bob = next(found for found in result.findings if found.message.startswith("bob"))
    assert about_bob.check == "genesis agent show bob"
    assert "good at: deploy (12 of 12)\nweak at: review (6 of 13)\n" in about_bob.evidence
    assert result.facts == {"verdicts": {"continue": 1, "double_down": 1, "monitor": 1}}


def test_the_last_evaluation_belongs_to_the_record_that_is_shown(
    kernel: Kernel, tmp_path: Path
) -> None:
    review(kernel, tmp_path)
    work(kernel, "cy", "review", completed=1, failed=5)
    review(kernel, tmp_path)
    with kernel.database.read() as connection:
        shown = read_profile(connection, "cy").evaluation
    assert shown is not None
    assert shown.verdict == "investigate"
    everything = rows(kernel.database, "SELECT id FROM gamification_evaluations")
    assert len(everything) == 2 * 3


def test_what_a_correction_took_back_was_still_a_task(kernel: Kernel, tmp_path: Path) -> None:
    work(kernel, "ann", "review", completed=5, failed=0)
    plugin_of(kernel).award_xp("ann", -50, "too much", "k-1", "me")
    review(kernel, tmp_path)
    assert written(kernel)["ann"][0] == "double_down"


def test_tasks_that_the_ledger_has_not_read_are_told_of(kernel: Kernel, tmp_path: Path) -> None:
    assert review(kernel, tmp_path).omissions == ()
    append(kernel.database, [task("t-1", "ann"), task("t-2", "ann", "failed")])
    (omission,) = review(kernel, tmp_path).omissions
    assert omission.what == "2 finished tasks"
    assert written(kernel)["ann"][0] == "monitor"


def test_without_agents_it_says_so(kernel: Kernel, tmp_path: Path) -> None:
    kernel.database.writer.write(
        lambda connection: connection.exec_driver_sql("UPDATE agents SET is_active = 0").close()
    )
    result = review(kernel, tmp_path)
    assert result.summary == "There are no agents to evaluate yet."
    assert written(kernel) == {}


def test_a_report_of_very_many_agents_says_how_many_it_left_out(
    kernel: Kernel, tmp_path: Path
) -> None:
    names = [f"agent-{number:03}" for number in range(230)]
    add_agents(kernel.database, names)
    append(kernel.database, [task(f"t-{name}", name, kind="review") for name in names])
    plugin_of(kernel).catch_up()
    work(kernel, "agent-229", "review", completed=0, failed=12)
    result = review(kernel, tmp_path)
    assert len(result.findings) == 200
    assert result.findings[0].message.startswith("agent-229: retire.")
    assert [one.what for one in result.omissions] == ["30 agents"]
    assert len(written(kernel)) == 230 + 3


def test_the_tool_needs_a_database_that_there_is(tmp_path: Path) -> None:
    with pytest.raises(PluginError, match=r"UsageError: .* params: \{database: PATH\}"):
        run_tool(TOOL, tmp_path, tmp_path / "work")
    nowhere: dict[str, JsonValue] = {"database": str(tmp_path / "none.db")}
    with pytest.raises(PluginError, match=r"StorageError: .* unable to open"):
        run_tool(TOOL, tmp_path, tmp_path / "work", nowhere)
    assert not (tmp_path / "none.db").exists()


def test_nothing_is_written_when_it_fails_half_way(kernel: Kernel, tmp_path: Path) -> None:
    with closing(sqlite3.connect(kernel.database.path)) as connection:
        connection.execute(
            "CREATE TRIGGER no BEFORE INSERT ON gamification_evaluations "
            "WHEN NEW.agent_id = 'cy' BEGIN SELECT RAISE(ABORT, 'no'); END"
        )
    with pytest.raises(PluginError, match="StorageError: The agents cannot be evaluated"):
        review(kernel, tmp_path)
    assert written(kernel) == {}


def test_the_review_is_a_job_that_a_schedule_can_name(kernel: Kernel) -> None:
    (job,) = (job for job in kernel.host.records(Job) if job.name == "hr-review")
    assert job.team in kernel.roster.teams
    assert [member.id for member in kernel.roster.members(job.team)] == ["hr-agent"]
