"""What would have ended, hung or bypassed a session: members, deadly tasks, gates, mirrors."""

from __future__ import annotations

import json
import logging
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from genesis.contracts.work import Phase, Status
from genesis.errors import UsageError
from genesis.kernel import Kernel, new_session_id
from genesis.sessions import runner as runner_module
from genesis.sessions.cancelling import cancel_ownerless
from genesis.storage import sessions
from genesis.storage.records import list_sessions
from sqlalchemy import text

from tests.cli.test_bad_input import told
from tests.sessions.conftest import Lab
from tests.support import Command, acting, until, write_plan


def test_a_specialist_who_joins_before_the_resumption_gets_the_planned_task(lab: Lab) -> None:
    write_plan(lab.repository, {"key": "a", "kind": "fresh"})
    with Kernel(lab.home, plugins="probe") as kernel:
        session_id = kernel.create_session("a goal", "probe", lab.repository, {})
    lab.home.agents.mkdir()
    (lab.home.agents / "fresh.md").write_text(
        "---\nteam: probe\nrole: new\nkinds: [fresh]\ntools: [act]\n---\nJust joined.\n"
    )
    session, tasks = lab.resume(session_id)
    assert session.status == Status.COMPLETED
    assert (tasks["a"].specialist, tasks["a"].status) == ("fresh", Status.COMPLETED)


def set_attempt(kernel: Kernel, session_id: str, attempt: int) -> None:
    """As if so many attempts had ended with the process that carried them."""
    values = {"attempt": attempt, "lane": session_id}
    for query in (
        "UPDATE queue SET attempt = :attempt WHERE lane = :lane",
        "UPDATE tasks SET retry_count = :attempt WHERE session_id = :lane AND phase = 'plan'",
    ):
        changed = kernel.database.writer.write(
            lambda c, sql=query: c.execute(text(sql), values).rowcount
        )
        assert changed == 1


@pytest.mark.parametrize(("begun", "status"), [(9, Status.COMPLETED), (10, Status.FAILED)])
def test_the_tenth_attempt_is_the_last(lab: Lab, begun: int, status: Status) -> None:
    write_plan(lab.repository, acting("a"))
    with Kernel(lab.home, plugins="probe") as kernel:
        session_id = kernel.create_session("a goal", "probe", lab.repository, {})
        set_attempt(kernel, session_id, begun)
    session, tasks = lab.resume(session_id)
    assert (session.status, tasks["plan"].attempt) == (status, begun + 1)
    if status == Status.FAILED:
        assert "given up: 10 attempts" in tasks["plan"].error


def test_a_task_that_always_takes_its_process_along_does_not_stop_other_goals(
    genesis: Command, lab: Lab
) -> None:
    write_plan(lab.repository, acting("a", ["die", 999], kind="quick"), acting("b"))
    repository = ("--repo", str(lab.repository), "--home", str(lab.home.root))
    done = genesis("run", "a deadly goal", "--team", "probe", *repository)
    assert done.returncode == -signal.SIGKILL
    with Kernel(lab.home, plugins="probe") as kernel:
        (deadly,) = kernel.interrupted_sessions()
        for query in (
            "UPDATE queue SET attempt = 10 WHERE item LIKE '%.a'",
            # Counted when it is taken over: the tenth.
            "UPDATE tasks SET retry_count = 9 WHERE id LIKE '%.a'",
        ):
            write = kernel.database.writer.write
            assert write(lambda c, sql=query: c.execute(text(sql)).rowcount) == 1
    done = genesis("run", "another goal", "--team", "plain", *repository)
    assert done.returncode == 0, done.stderr
    with Kernel(lab.home, plugins="probe") as kernel:
        assert kernel.interrupted_sessions() == []
        session, tasks = lab.read(kernel, deadly.id)
    assert session.completed_at is not None
    assert (tasks["a"].status, tasks["a"].attempt) == (Status.FAILED, 11)
    assert "given up" in tasks["a"].error
    assert tasks["b"].status == Status.COMPLETED


@pytest.mark.parametrize("goal", ["a forbidden goal", "a goal"])
def test_a_gate_that_was_asked_while_one_cancelled_is_asked_again(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, goal: str
) -> None:
    notes = tmp_path / "notes"
    write_plan(lab.repository, acting("a", ["note", str(notes)]))
    asked: list[str | None] = []
    real = runner_module.veto_session
    with Kernel(lab.home, plugins="probe") as kernel:
        session_id = kernel.create_session(goal, "probe", lab.repository, {})

        def cancelled_meanwhile(*arguments: object) -> str | None:
            if not asked:
                kernel.database.writer.write(
                    lambda c: sessions.cancel_tasks(c, session_id, "while the gate thinks")
                )
            asked.append(real(*arguments))
            return asked[-1]

        monkeypatch.setattr(runner_module, "veto_session", cancelled_meanwhile)
        runner = kernel.runner()
        runner.open(session_id)
        runner.run()
        session, tasks = lab.read(kernel, session_id)
    assert (session.status, session.phase) == (Status.CANCELLED, Phase.GATES)
    assert session.reason == "while the gate thinks"
    assert tasks["a"].status == Status.CANCELLED
    session, tasks = lab.resume(session_id)
    vetoed = goal == "a forbidden goal"
    assert len(asked) == 2
    assert tasks["a"].status == (Status.BLOCKED if vetoed else Status.COMPLETED)
    assert session.status == (Status.BLOCKED if vetoed else Status.COMPLETED)
    assert notes.exists() != vetoed


def test_a_stuck_tool_in_a_thread_does_not_hang_its_session(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    import threading

    import probe_plugin

    release = threading.Event()
    monkeypatch.setitem(probe_plugin._STEPS, "hold", lambda _context: release.wait(60))
    try:
        limited = acting("a", ["hold"], kind="quick", time_limit_seconds=0.2)
        session, tasks = lab.run(limited)
        assert (session.status, tasks["a"].status) == (Status.FAILED, Status.FAILED)
        assert "time limit" in tasks["a"].error
        monkeypatch.setattr("genesis.executors.inline._GRACE_SECONDS", 0.2)
        with lab.live(acting("a", ["hold"], kind="quick"), acting("b", depends_on=["a"])) as live:
            until(lambda: live.status("a") == ("in_progress", 1), "a runs")
            live.runner.interrupt("enough")
            live.thread.join(30)
            session, tasks = lab.read(live.kernel, live.id)
        assert (session.status, session.reason) == (Status.CANCELLED, "enough")
        assert tasks["a"].status == tasks["b"].status == Status.CANCELLED
    finally:
        release.set()


def test_a_mirror_that_cannot_be_written_does_not_end_the_session(
    lab: Lab, caplog: pytest.LogCaptureFixture
) -> None:
    lab.home.prepare()
    (lab.home.root / "sessions").write_text("in the way")
    with caplog.at_level(logging.WARNING, "genesis.sessions"):
        session, tasks = lab.run(acting("a", ["find", "seen"]), acting("q", kind="quick"))
    assert session.status == Status.COMPLETED
    assert tasks["a"].result.findings[0].message == "seen"
    assert "cannot be written" in caplog.text
    assert (lab.home.root / "sessions").read_text() == "in the way"


def test_the_verification_file_holds_what_any_specialist_verified(lab: Lab) -> None:
    session, _tasks = lab.run(
        acting("a"),
        acting("check", ["find", "wrong"], verifies=True, specialist="beta"),
        acting("v", verifies=True, kind="verify"),
    )
    folder = lab.home.session_folder(session.id)
    state = json.loads((folder / "verification.json").read_text())
    assert [task["key"] for task in state["tasks"]] == ["check", "v"]
    assert state["tasks"][0]["result"]["findings"][0]["message"] == "wrong"
    assert "reason" not in state
    own = json.loads((folder / "beta.json").read_text())
    assert [task["key"] for task in own["tasks"]] == ["check"]


def test_the_verification_file_tells_when_nothing_was_verified(lab: Lab) -> None:
    session, _tasks = lab.run(acting("a"))
    state = json.loads((lab.home.session_folder(session.id) / "verification.json").read_text())
    assert state["tasks"] == []
    assert "nothing was verified" in state["reason"]


def test_cancelling_an_ended_session_changes_nothing(lab: Lab, genesis: Command) -> None:
    ended = lab.run(acting("a", ["find", "seen"]))
    session_id = ended[0].id
    with Kernel(lab.home, plugins="probe") as kernel:
        with pytest.raises(UsageError, match="ended already"):
            kernel.database.writer.write(lambda c: sessions.cancel_tasks(c, session_id, "too late"))
        with pytest.raises(UsageError, match="ended already"):
            cancel_ownerless(kernel.database, session_id, "too late")
        assert lab.read(kernel, session_id) == ended
    told(genesis("cancel", session_id, "--home", str(lab.home.root)), 2, session_id, "completed")
    with Kernel(lab.home, plugins="probe") as kernel:
        assert lab.read(kernel, session_id) == ended


def test_ids_of_sessions_of_one_second_sort_by_time(lab: Lab) -> None:
    second = datetime(2026, 11, 22, 8, 30, 59, tzinfo=UTC)
    moments = [second + timedelta(microseconds=n) for n in (0, 16, 999, 250_000, 999_999)]
    ids = [new_session_id(lambda moment=moment: moment) for moment in [*moments, moments[-1]]]
    assert ids == sorted(ids)
    assert len(set(ids)) == len(moments)
    with Kernel(lab.home, plugins="probe") as kernel:
        made = [kernel.create_session(f"{n}", "plain", lab.repository, {}) for n in range(20)]
        with kernel.database.read() as connection:
            listed = [session.goal for session in list_sessions(connection, at_most=20)]
    assert made == sorted(made)
    assert listed == [f"{n}" for n in reversed(range(20))]
