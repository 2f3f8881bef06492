"""A look back at earlier sessions: what recurs, what failed, what is new."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from genesis.contracts import Finding, TaskResult
from genesis.testing import run_tool
from pydantic import JsonValue

NOW = datetime(2026, 11, 22, 22, 30, tzinfo=UTC)


class Nights:
    """A folder of sessions, as a home has it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "sessions"
        self.repository = folder / "repository"
        self.repository.mkdir()
        self.reviews = 0

    def session(self, hours_ago: float, *tasks: dict[str, JsonValue], **state: JsonValue) -> Path:
        """Write the files of a session that ended so many hours before NOW."""
        ended = NOW - timedelta(hours=hours_ago)
        session_id = f"session-{ended - timedelta(minutes=10):%Y%m%dT%H%M%SZ}-0000"
        folder = self.folder / session_id
        folder.mkdir(parents=True)
        orchestrator = {
            "session_id": session_id, "goal": "nightly", "status": "completed",
            "repository": str(self.repository), "completed_at": ended.isoformat(), **state,
        }  # fmt: skip
        numbered = [
            {"id": f"{session_id}-{number}", "completed_at": ended.isoformat(), **task}
            for number, task in enumerate(tasks)
        ]
        (folder / "orchestrator.json").write_text(json.dumps(orchestrator))
        for name in ("backend", "verification"):  # each task stands in two files
            (folder / f"{name}.json").write_text(json.dumps({"tasks": numbered}))
        return folder

    def review(self, hours_later: float = 0) -> tuple[TaskResult, str]:
        """The result of a review and its report."""
        self.reviews += 1
        at = NOW + timedelta(hours=hours_later)
        folder = self.folder / f"session-{at:%Y%m%dT%H%M%SZ}-{self.reviews:04}" / "work" / "learn-1"
        result = run_tool(
            "genesis_engineering.learnings:review_learnings", self.repository, folder,
            {"now": at.isoformat()}, kind="learn",
        )  # fmt: skip
        return result, (folder / "learnings.md").read_text()


@pytest.fixture
def nights(tmp_path: Path) -> Nights:
    return Nights(tmp_path)


def task(*findings: Finding, **more: JsonValue) -> dict[str, JsonValue]:
    result = TaskResult(summary="done", findings=findings).model_dump(mode="json")
    return {"specialist": "backend", "kind": "review", "status": "completed", "error": None,
            "result": result, **more}  # fmt: skip


def failed(error: str) -> dict[str, JsonValue]:
    return task(status="failed", error=error, result=None)


def finding(rule: str, message: str = "looks wrong", line: int = 1, **more: object) -> Finding:
    return Finding.model_validate(
        {"rule": rule, "severity": "medium", "message": message, "file": "a.py", "line": line,
         **more}
    )  # fmt: skip


def told(result: TaskResult) -> list[tuple[str, str]]:
    return [(found.rule, found.message) for found in result.findings]


def test_what_several_sessions_found_is_told_once_with_its_newest_line(nights: Nights) -> None:
    for hours, line in ((20, 7), (10, 8), (1, 9)):
        nights.session(hours, task(finding("eval", f"eval in line {line}", line)))
    nights.session(5, task(finding("once")))
    result, report = nights.review()
    (found,) = result.findings
    assert (found.rule, found.file, found.line) == ("recurring-finding", "a.py", 9)
    assert found.message == "eval in a.py: eval in line 7 (3 sessions)"
    assert len(found.evidence.splitlines()) == 3
    assert found.check == f"genesis sessions show {found.evidence.splitlines()[-1]}"
    assert result.facts["learning-sessions"] == 4
    assert "## Found again and again\n\n- **medium** eval in a.py" in report
    assert "once in a.py" not in report


def test_tasks_that_failed_are_grouped_by_why(nights: Nights) -> None:
    nights.session(3, failed("TimeoutError: after 12 s\nmore"), failed("ValueError: no"))
    nights.session(2, failed("TimeoutError: after 15 s"))
    result, report = nights.review()
    assert told(result) == [
        ("failing-task", "backend's task 'review' failed: TimeoutError: after 12 s (2 sessions)"),
        ("failing-task", "backend's task 'review' failed: ValueError: no (1 session)"),
    ]
    assert all(found.severity == "high" for found in result.findings)
    assert report.count("- **high**") == 2


def test_a_second_review_tells_what_is_new_and_what_was_not_seen_again(nights: Nights) -> None:
    nights.session(20, task(finding("old"), finding("stays")))
    first, _ = nights.review()
    assert "since the review before" not in first.summary
    nights.session(-20, task(finding("stays"), finding("fresh")))
    second, report = nights.review(hours_later=24)
    assert told(second) == [
        ("new-finding", "fresh in a.py: looks wrong (1 session; new since the review before)")
    ]
    assert second.facts["learning-new"] == 1
    assert second.facts["learning-unseen"] == 1
    assert "## Not seen again since the review before\n\n- old in a.py: looks wrong" in report


def test_a_night_without_sessions_says_so_and_forgets_nothing(nights: Nights) -> None:
    nights.session(20, task(finding("old")))
    nights.review()
    quiet, _ = nights.review(hours_later=30)
    assert quiet.summary == ("No session of this repository ended since 2026-11-22 22:30 UTC.")
    nights.session(-50, task(finding("old")))
    after, _ = nights.review(hours_later=52)
    assert after.facts["learning-new"] == 0


def test_after_days_without_a_review_all_since_the_last_one_are_read(nights: Nights) -> None:
    nights.review()
    nights.session(-30, task(finding("a")))
    nights.session(-70, task(finding("b")))
    later, _ = nights.review(hours_later=72)
    assert later.facts["learning-sessions"] == 2
    nights.session(-100, task(finding("c")))
    much_later, _ = nights.review(hours_later=72 + 24 * 30)
    assert much_later.facts["learning-sessions"] == 0, "at most a week"


def test_only_what_ended_in_this_repository_and_was_work_is_read(nights: Nights) -> None:
    nights.session(1, task(finding("a")), repository="/elsewhere")
    nights.session(2, task(finding("a")), completed_at=None)
    nights.session(3, task(finding("a"), kind="learn"))
    nights.session(30, task(finding("a")))
    nights.session(4, task(finding("a")), task(finding("b"), completed_at=None))
    result, _ = nights.review()
    assert result.facts["learning-sessions"] == 1
    assert result.findings == ()
    assert result.omissions == ()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("orchestrator.json", "{"),
        ("orchestrator.json", "[]"),
        ("orchestrator.json", "{}"),
        ("backend.json", '{"tasks": [{"completed_at": "x"}]}'),
        ("backend.json", '{"tasks": [{"id": 1, "completed_at": "x", "specialist": 1, "kind": 1, '
                         '"status": 1, "error": 1, "result": 7}]}'),
        ("backend.json", "\xff\0"),
    ],
)  # fmt: skip
def test_files_that_cannot_be_read_are_told_of_and_hide_nothing_else(
    nights: Nights, name: str, content: str
) -> None:
    for hours in (1, 2):
        nights.session(hours, task(finding("a")))
    damaged = nights.session(3, task(finding("a")))
    (damaged / name).write_text(content, encoding="latin-1")
    (nights.folder / "session-odd").mkdir()
    result, _ = nights.review()
    assert [(o.what, "cannot be read" in o.reason) for o in result.omissions] == [
        (damaged.name, True)
    ]
    assert [found.rule for found in result.findings] == ["recurring-finding"]


def test_notes_that_were_cut_short_are_passed_over(nights: Nights) -> None:
    nights.session(20, task(finding("old")))
    nights.review()
    broken = nights.folder / "session-20261122T233000Z-0000" / "work" / "learn-1"
    broken.mkdir(parents=True)
    (broken / "learnings.json").write_text('{"repository": ')
    nights.session(-1, task(finding("old")))
    assert nights.review(hours_later=2)[0].facts["learning-new"] == 0


def test_at_most_thirty_are_findings_and_the_report_has_all(nights: Nights) -> None:
    many = [finding(f"rule-{chr(97 + n // 26)}{chr(97 + n % 26)}") for n in range(45)]
    for hours in (1, 2):
        nights.session(hours, task(*many))
    result, report = nights.review()
    assert len(result.findings) == 30
    assert report.count("- **medium**") == 45
