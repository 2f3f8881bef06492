"""Cancel and revive in storage, in every phase: nothing hangs, nothing is lost or done twice."""

from __future__ import annotations

import pytest
from genesis.contracts.work import Phase, Status
from genesis.sessions.cancelling import cancel_ownerless
from genesis.storage import sessions
from genesis.storage.database import Database
from genesis.storage.records import read_session, read_tasks
from genesis.storage.sessions import finish_session

from tests.storage.work import Work, planned

ID = "session-1"


@pytest.fixture
def work(database: Database) -> Work:
    """A database with a team of two."""
    return Work(database)


def cancel(work: Work) -> None:
    work.write(lambda c: sessions.cancel_tasks(c, ID, "enough"))


def finish(work: Work) -> None:
    end = {"reason": "enough", "summary": {}, "exit_code": 130}
    work.write(lambda c: finish_session(c, ID, Status.CANCELLED, **end))


def revive(work: Work) -> None:
    work.write(lambda c: sessions.revive(c, ID, "again"))


def go_on(work: Work) -> list[str]:
    """Run a session to its summary as a runner does; gives the keys in order."""
    done: list[str] = []
    for _ in range(10):
        phase = work.read(ID).phase
        if phase == Phase.SUMMARISE:
            return done
        if phase == Phase.GATES:
            work.open_gates(ID)
        for task in work.claim(ID, owner="again"):
            done.append(task.key)
            plan = TASKS if task.key == "plan" else None
            work.end(task, plan=plan)
    raise AssertionError(f"hangs in {work.read(ID).phase}: {work.statuses(ID)}")


TASKS = [planned("a"), planned("b", "a"), planned("v", phase=Phase.VERIFY)]
ALL = ["plan", "a", "b", "v"]


def reach(work: Work, phase: Phase) -> list[str]:
    """Bring a session into a phase; gives what was done on the way."""
    work.session(ID, planned("plan", phase=Phase.PLAN))
    done: list[str] = []
    while work.read(ID).phase != phase:
        if work.read(ID).phase == Phase.GATES:
            work.open_gates(ID)
        else:
            (task,) = work.claim(ID)
            done.append(task.key)
            work.end(task, plan=TASKS if task.key == "plan" else None)
    return done


PHASES = [Phase.PLAN, Phase.GATES, Phase.RUN, Phase.VERIFY, Phase.SUMMARISE]


@pytest.mark.parametrize("phase", PHASES)
def test_a_cancelled_session_goes_on_where_it_was(work: Work, phase: Phase) -> None:
    done = reach(work, phase)
    cancel(work)
    finish(work)
    ended = {key: status for key, status in work.statuses(ID).items() if key not in done}
    assert set(ended.values()) <= {"cancelled"}
    assert work.count("SELECT COUNT(*) FROM queue") == 0
    revive(work)
    assert work.read(ID).completed_at is None
    assert not work.read(ID).cancel_requested
    assert done + go_on(work) == ALL
    assert set(work.statuses(ID).values()) == {"completed"}
    assert sorted(work.events("task.started")) == sorted(f"1.{key}" for key in ALL)


def test_a_revived_chain_still_waits_for_its_links(work: Work) -> None:
    reach(work, Phase.RUN)
    cancel(work)
    finish(work)
    revive(work)
    assert [task.key for task in work.claim(ID, owner="again")] == ["a"]


@pytest.mark.parametrize("phase", [Phase.PLAN, Phase.RUN, Phase.VERIFY])
def test_what_runs_is_asked_to_end_and_runs_again_after_a_revival(work: Work, phase: Phase) -> None:
    done = reach(work, phase)
    (running,) = work.claim(ID)
    cancel(work)
    assert work.statuses(ID)[running.key] == "in_progress"
    work.end(running, Status.CANCELLED)
    finish(work)
    assert work.statuses(ID)[running.key] == "cancelled"
    revive(work)
    assert done + go_on(work) == ALL
    assert work.tasks(ID)[running.key].attempt == 2


def test_what_completes_in_spite_of_a_cancellation_stays_completed(work: Work) -> None:
    reach(work, Phase.RUN)
    (running,) = work.claim(ID)
    cancel(work)
    work.end(running, Status.COMPLETED)
    finish(work)
    revive(work)
    assert go_on(work) == ["b", "v"]


def test_a_plan_that_completes_in_spite_of_a_cancellation_is_kept(work: Work) -> None:
    reach(work, Phase.PLAN)
    (plan,) = work.claim(ID)
    cancel(work)
    work.end(plan, plan=TASKS)
    cancel(work)
    finish(work)
    revive(work)
    assert go_on(work) == ["a", "b", "v"]


@pytest.mark.parametrize("status", [Status.FAILED, Status.BLOCKED])
def test_what_waits_for_a_task_that_failed_before_is_blocked_by_a_revival(
    work: Work, status: Status
) -> None:
    work.session(ID, planned("a"), planned("b", "a"), planned("c", "b"), planned("d"))
    work.open_gates(ID)
    (first,) = work.claim(ID, 1)
    cancel(work)
    work.end(first, status)
    finish(work)
    assert work.statuses(ID) == {
        "a": status.value, "b": "cancelled", "c": "cancelled", "d": "cancelled",
    }  # fmt: skip
    revive(work)
    assert go_on(work) == ["d"]
    assert work.statuses(ID) == {
        "a": status.value, "b": "blocked", "c": "blocked", "d": "completed",
    }  # fmt: skip


def test_a_cancellation_counts_only_the_tasks_of_this_phase(work: Work) -> None:
    work.session(ID, planned("a"), planned("b"), planned("v", phase=Phase.VERIFY))
    work.open_gates(ID)
    first, second = work.claim(ID)
    cancel(work)
    work.end(first)
    assert work.read(ID).phase == Phase.RUN
    work.end(second)
    assert work.read(ID).phase == Phase.SUMMARISE


def test_cancelling_twice_changes_nothing_more(work: Work) -> None:
    reach(work, Phase.RUN)
    cancel(work)
    before = work.events("task.finished")
    cancel(work)
    assert work.events("task.finished") == before


def test_a_session_of_a_dead_process_is_cancelled_and_can_go_on(work: Work) -> None:
    done = reach(work, Phase.RUN)
    work.claim(ID, owner="dead")
    cancel_ownerless(work.database, ID, "enough")
    ended = work.read(ID)
    assert (ended.status, ended.exit_code) == (Status.CANCELLED, 130)
    assert work.statuses(ID) == {
        "plan": "completed", "a": "cancelled", "b": "cancelled", "v": "cancelled",
    }  # fmt: skip
    assert work.count("SELECT COUNT(*) FROM queue") == 0
    revive(work)
    assert done + go_on(work) == ALL


def test_a_cancelled_session_can_be_revived_again_and_again(work: Work) -> None:
    reach(work, Phase.RUN)
    for _ in range(3):
        cancel(work)
        finish(work)
        revive(work)
    assert go_on(work) == ["a", "b", "v"]
    with work.database.read() as connection:
        assert read_session(connection, ID).owner == "again"
        assert all(task.completed_at for task in read_tasks(connection, ID))
