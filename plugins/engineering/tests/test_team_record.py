"""The record of the team: what each specialist did, how well, and what to train."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from genesis.contracts import Finding, TaskResult
from genesis.testing import run_tool
from genesis_engineering.team_record_figures import Share, make_records
from genesis_engineering.team_record_sessions import DoneTask
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

NOW = datetime(2026, 11, 22, 22, 30, tzinfo=UTC)


class Weeks:
    """A home with sessions, each an hour after the one before, and perhaps XP."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        self.repository = folder / "repository"
        self.repository.mkdir()
        self.count = 0

    def session(self, *tasks: dict[str, JsonValue], **state: JsonValue) -> Path:
        self.count += 1
        ended = NOW - timedelta(days=20) + timedelta(hours=self.count)
        session_id = f"session-{ended:%Y%m%dT%H%M%SZ}-{self.count:04}"
        folder = self.home / "sessions" / session_id
        folder.mkdir(parents=True)
        orchestrator = {"session_id": session_id, "repository": str(self.repository),
                        "completed_at": ended.isoformat(), **state}  # fmt: skip
        (folder / "orchestrator.json").write_text(json.dumps(orchestrator))
        numbered = [
            {"id": f"{session_id}-{number}", "completed_at": ended.isoformat(), **task}
            for number, task in enumerate(tasks)
        ]
        for name in ("backend", "verification"):  # each task stands in two files
            (folder / f"{name}.json").write_text(json.dumps({"tasks": numbered}))
        return folder

    def record(self, **params: JsonValue) -> tuple[TaskResult, str, dict[str, JsonValue]]:
        """The result, the report and the values."""
        folder = self.home / "sessions" / f"session-{NOW:%Y%m%dT%H%M%SZ}-9999" / "work" / "learn-1"
        result = run_tool(
            "genesis_engineering.team_record:record_team", self.repository, folder,
            {"now": NOW.isoformat(), **params}, kind="learn",
        )  # fmt: skip
        values = json.loads((folder / "team-record.json").read_text())
        return result, (folder / "team-record.md").read_text(), values


@pytest.fixture
def weeks(tmp_path: Path) -> Weeks:
    return Weeks(tmp_path)


def task(*findings: Finding, seconds: float = 3.0, **more: JsonValue) -> dict[str, JsonValue]:
    result = TaskResult(summary="done", findings=findings).model_dump(mode="json")
    return {"specialist": "backend", "kind": "review", "status": "completed", "error": None,
            "duration_seconds": seconds, "result": result, **more}  # fmt: skip


def ended(status: str, error: str) -> dict[str, JsonValue]:
    return task(status=status, error=error, result=None)


def finding(rule: str, message: str = "looks wrong", severity: str = "medium") -> Finding:
    values = {"rule": rule, "severity": severity, "message": message, "file": "a.py", "line": 1}
    return Finding.model_validate(values)


def trainings(result: TaskResult) -> list[tuple[str, str]]:
    return [(one.rule, one.evidence) for one in result.findings if one.severity == "low"]


def test_the_figures_of_a_specialist_are_those_of_its_tasks(weeks: Weeks) -> None:
    for seconds in (1.0, 2.0, 9.0):
        weeks.session(task(finding("eval"), seconds=seconds))
    weeks.session(ended("failed", "boom"), ended("blocked", "no runner"))
    result, report, values = weeks.record()
    (info,) = result.findings
    assert (info.rule, info.severity) == ("specialist-record", "info")
    assert info.message.startswith("backend: 3 of 4 (30 % to 95 %) completed; 1 blocked; ")
    assert info.evidence == "review: median 2.0 s"
    backend = values["backend"]
    assert isinstance(backend, dict)
    assert backend["tasks"] == {"completed": 3, "failed": 1, "blocked": 1}
    assert backend["rules"] == {
        "eval": {"found": 1, "looked_again": 1, "gone": 0, "tasks": 3, "severities": {"medium": 1}}
    }
    assert "| backend | 5 | 3 of 4 (30 % to 95 %) | 1 | 1 | 0 of 1 (0 % to 79 %) |  |" in report
    assert result.facts == {"record-sessions": 4, "record-tasks": 5, "record-trainings": 0}


def test_too_little_success_is_low_from_five_tasks_on(weeks: Weeks) -> None:
    for _ in range(2):
        weeks.session(task(), ended("failed", "boom"))
    assert trainings(weeks.record()[0]) == []
    weeks.session(ended("failed", "boom"))
    assert trainings(weeks.record()[0]) == [("low-success", "3 of 5 tasks failed")]


def test_one_failure_among_many_tasks_is_no_reason_to_train(weeks: Weeks) -> None:
    weeks.session(ended("failed", "boom"), *[task() for _ in range(5)])
    assert trainings(weeks.record()[0]) == []


def test_who_is_blocked_for_one_reason_is_told_once_whatever_the_numbers_in_it(
    weeks: Weeks,
) -> None:
    for number in range(4):
        weeks.session(ended("blocked", f"no runner after {number} s\nmore"))
    assert trainings(weeks.record()[0]) == [], "four tasks are too few"
    weeks.session(task())
    result, report, _ = weeks.record()
    assert trainings(result) == [("often-blocked", "4 of 5 tasks: no runner after 0 s")]
    assert "- Blocked 4 times: no runner after 0 s" in report


def test_slower_is_who_took_longer_five_times_in_a_row(weeks: Weeks) -> None:
    for seconds in (10, 11, 9, 10, 12, 20, 21, 19, 22, 9):
        weeks.session(task(seconds=seconds))
    assert trainings(weeks.record()[0]) == [], "the last one was as fast as ever"
    weeks.session(task(seconds=20), task(seconds=30))
    weeks.session(*[task(seconds=25) for _ in range(3)])
    ((rule, evidence),) = trainings(weeks.record()[0])
    assert rule == "slower-than-before"
    assert evidence == "5 of the last 5 tasks took longer than the median before"


def test_a_rule_whose_findings_stay_is_told_and_one_that_is_heeded_is_not(weeks: Weeks) -> None:
    stay = [finding("ignored", f"about {chr(97 + n)}") for n in range(6)]
    go = [finding("heeded", f"about {chr(97 + n)}") for n in range(6)]
    slight = [finding("slight", f"about {chr(97 + n)}", "info") for n in range(6)]
    for night in range(6):
        weeks.session(task(*stay, *slight, *go[night:]))
    weeks.session(task(*stay, *slight))
    result, _, values = weeks.record()
    assert trainings(result) == [("unheeded-rule", "0 of 6 findings gone after 7 tasks")]
    backend = values["backend"]
    assert isinstance(backend, dict)
    rules = backend["rules"]
    assert isinstance(rules, dict)
    assert rules["heeded"] == {"found": 6, "looked_again": 6, "gone": 6, "tasks": 6,
                               "severities": {"medium": 6}}  # fmt: skip
    info = next(one for one in result.findings if one.severity == "info")
    assert "18 findings; of findings looked for again, 6 of 18" in info.message


def test_what_only_the_last_task_found_says_nothing_about_what_goes_away(weeks: Weeks) -> None:
    weeks.session(task(*[finding("eval", f"about {chr(97 + n)}") for n in range(9)]))
    result, report, values = weeks.record()
    assert '"looked_again": 0' in json.dumps(values["backend"])
    assert "looked for again" not in result.findings[0].message
    assert "| eval | 9 | none | 1 | 9 medium |" in report


def test_findings_of_a_task_that_failed_later_on_are_not_taken_for_gone(weeks: Weeks) -> None:
    weeks.session(task(finding("eval")))
    weeks.session(ended("failed", "boom"))
    values = weeks.record()[2]
    assert '"gone": 0' in json.dumps(values["backend"])


def test_looking_back_makes_no_findings_of_its_own(weeks: Weeks) -> None:
    weeks.session(task(finding("recurring-finding"), kind="learn"))
    _, _, values = weeks.record()
    assert '"rules": {}' in json.dumps(values["backend"])


def test_only_sessions_of_this_repository_that_ended_lately_count(weeks: Weeks) -> None:
    weeks.session(task(), repository="/elsewhere")
    weeks.session(task(), completed_at=None)
    weeks.session(task(), completed_at=(NOW - timedelta(days=91)).isoformat())
    result, _, values = weeks.record()
    assert result.summary == "No session of this repository has ended in the last 90 days."
    assert values == {}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("orchestrator.json", "{"),
        ("orchestrator.json", '{"session_id": 1}'),
        ("backend.json", '{"tasks": [{"id": 1}]}'),
        ("backend.json", "\xff\0"),
        ("backend.json", "[]"),
    ],
)
def test_files_that_cannot_be_read_are_told_of_and_hide_nothing_else(
    weeks: Weeks, name: str, content: str
) -> None:
    weeks.session(task())
    damaged = weeks.session(task())
    (damaged / name).write_text(content, encoding="latin-1")
    result = weeks.record()[0]
    assert [o.what for o in result.omissions] == [damaged.name, "the XP of the agents"]
    assert result.facts["record-tasks"] == 1


def test_results_of_another_version_still_count(weeks: Weeks) -> None:
    odd = task()
    odd["result"] = {"findings": [{"rule": "r", "severity": "low", "message": "m", "colour": 1}]}
    weeks.session(odd)
    assert weeks.record()[0].facts["record-tasks"] == 1


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Path]:
    """A database with the view of the plugin gamification, as its migration makes it."""
    path = tmp_path / "genesis ?#%.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(
            "CREATE VIEW v_agent_gamification AS SELECT 'backend' AS agent_id, 3 AS level, "
            "'Apprentice' AS title, 410 AS total_xp, 4 AS current_streak, "
            "2 AS achievements_unlocked"
        )
        connection.commit()
        yield path


def test_xp_stands_beside_the_figures(weeks: Weeks, ledger: Path) -> None:
    weeks.session(task())
    result, report, values = weeks.record(database=str(ledger))
    assert result.omissions == ()
    assert "level 3 with 410 XP" in result.findings[0].message
    assert "Level 3 (Apprentice), 410 XP, a streak of 4 days, 2 achievements" in report
    backend = values["backend"]
    assert isinstance(backend, dict)
    assert backend["xp"] == {"level": 3, "title": "Apprentice", "total_xp": 410, "streak": 4,
                             "achievements": 2}  # fmt: skip


def test_without_the_plugin_there_is_no_xp_and_that_is_said(weeks: Weeks, tmp_path: Path) -> None:
    empty = tmp_path / "genesis.db"
    with closing(sqlite3.connect(empty)) as connection:
        connection.execute("CREATE TABLE a (b)")
    garbage = tmp_path / "garbage.db"
    garbage.write_bytes(b"no database" * 1000)
    weeks.session(task())
    for path, why in (
        (str(empty), "has never been active"), (str(tmp_path / "gone.db"), "cannot be read"),
        (str(garbage), "cannot be read"), (None, "was not told"),
    ):  # fmt: skip
        (omission,) = weeks.record(database=path)[0].omissions
        assert why in omission.reason
    assert not (tmp_path / "gone.db").exists()


def test_text_of_others_does_not_break_the_tables(weeks: Weeks) -> None:
    weeks.session(task(finding("a|b\nc")), ended("blocked", "x | y"))
    report = weeks.record()[1]
    assert "| a\\|b c | 1 |" in report


@given(st.integers(0, 300), st.integers(0, 300))
def test_an_interval_holds_the_share_and_is_narrower_for_more(count: int, others: int) -> None:
    share = Share(count, count + others)
    low, high = share.interval
    assert 0 <= low <= high <= 1
    if share.of:
        assert low <= count / share.of <= high
        wider = share.interval[1] - share.interval[0]
        more = Share(count * 4, share.of * 4).interval
        assert more[1] - more[0] < wider


def test_intervals_are_those_that_the_literature_gives() -> None:
    # R. G. Newcombe, Statistics in Medicine 17 (1998), table I, method 3, to four digits.
    for count, of, low, high in ((81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605),
                                 (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)):  # fmt: skip
        assert Share(count, of).interval == pytest.approx((low, high), abs=0.0001)


_TASKS = st.lists(
    st.builds(
        DoneTask,
        id=st.uuids().map(str),
        specialist=st.sampled_from(["a", "b"]),
        kind=st.sampled_from(["review", "learn"]),
        status=st.sampled_from(["completed", "failed", "blocked", "cancelled"]),
        completed_at=st.just(NOW),
        duration_seconds=st.one_of(st.none(), st.floats(0, 1e6)),
        error=st.one_of(st.none(), st.text(max_size=20)),
        result=st.none(),
    ),
    max_size=30,
)


@given(_TASKS)
def test_every_task_is_counted_once(tasks: list[DoneTask]) -> None:
    records = make_records(tasks)
    assert sum(record.tasks for record in records) == len(tasks)
    for record in records:
        assert record.blocked.total() == record.statuses["blocked"]
        assert record.success.of <= record.tasks
