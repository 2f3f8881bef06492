"""Sessions in storage: phases, dependencies, endings; each change with its event."""

from __future__ import annotations

from pathlib import Path

import pytest
from genesis.contracts.specialists import Team
from genesis.contracts.work import Phase, Status
from genesis.storage import people, sessions
from genesis.storage.database import Database
from genesis.storage.sessions import close_gates, finish_session
from genesis.storage.tasks import Ending, retry_task
from sqlalchemy import event

from tests.storage.work import Work, planned, specialist

ID = "session-1"


@pytest.fixture
def work(database: Database) -> Work:
    """A database with a team of two."""
    return Work(database)


def verify(key: str, *depends_on: str) -> object:
    return planned(key, *depends_on, phase=Phase.VERIFY)


def test_a_session_goes_through_its_phases_in_order(work: Work) -> None:
    work.session(ID, planned("plan", phase=Phase.PLAN))
    assert work.read(ID).phase == Phase.PLAN
    (plan,) = work.claim(ID)
    work.end(plan, plan=[planned("a"), planned("b"), verify("v")])
    assert work.read(ID).phase == Phase.GATES
    assert work.claim(ID) == []
    work.open_gates(ID)
    assert work.read(ID).phase == Phase.RUN
    first, second = work.claim(ID)
    work.end(first)
    assert work.read(ID).phase == Phase.RUN
    work.end(second, Status.FAILED)
    assert work.read(ID).phase == Phase.VERIFY
    (last,) = work.claim(ID)
    assert last.key == "v"
    work.end(last)
    assert work.read(ID).phase == Phase.SUMMARISE
    work.write(
        lambda c: finish_session(c, ID, Status.COMPLETED, reason="", summary={}, exit_code=0)
    )
    assert work.read(ID).phase == Phase.DONE
    assert len(work.events("session.phase")) == 5
    assert work.events("session.started") == work.events("session.finished") == [ID]
    assert work.count("SELECT COUNT(*) FROM queue") == 0


def test_a_session_without_a_planner_waits_for_its_gates(work: Work) -> None:
    work.session(ID, planned("a"))
    assert work.read(ID).phase == Phase.GATES
    assert work.claim(ID) == []


def test_a_session_with_nothing_to_do_is_summarised(work: Work) -> None:
    work.session(ID)
    work.open_gates(ID)
    assert work.read(ID).phase == Phase.SUMMARISE


def test_a_plan_without_tasks_goes_on_to_the_gates(work: Work) -> None:
    work.session(ID, planned("plan", phase=Phase.PLAN))
    work.end(work.claim(ID)[0], plan=[])
    assert work.read(ID).phase == Phase.GATES


def test_a_plan_that_failed_leaves_only_the_summary(work: Work) -> None:
    work.session(ID, planned("plan", phase=Phase.PLAN))
    work.end(work.claim(ID)[0], Status.FAILED)
    assert work.read(ID).phase == Phase.SUMMARISE


def test_a_session_that_only_verifies_skips_the_run(work: Work) -> None:
    work.session(ID, verify("v"))
    work.open_gates(ID)
    assert work.read(ID).phase == Phase.VERIFY


def test_a_chain_runs_one_after_the_other(work: Work) -> None:
    work.session(ID, planned("c", "b"), planned("b", "a"), planned("a"))
    work.open_gates(ID)
    assert work.run_all(ID) == ["a", "b", "c"]
    assert work.read(ID).phase == Phase.SUMMARISE


def test_the_end_of_a_diamond_waits_for_both_sides(work: Work) -> None:
    work.session(
        ID, planned("top"), planned("left", "top"), planned("right", "top"),
        planned("end", "left", "right", "left"),
    )  # fmt: skip
    work.open_gates(ID)
    work.end(work.claim(ID)[0])
    left, right = work.claim(ID)
    work.end(left)
    assert work.claim(ID) == []
    work.end(right)
    assert [task.key for task in work.claim(ID)] == ["end"]


def test_a_failed_task_blocks_all_that_follows_from_it_once(work: Work) -> None:
    work.session(
        ID, planned("top"), planned("left", "top"), planned("right", "top"),
        planned("end", "left", "right"), planned("apart"),
    )  # fmt: skip
    work.open_gates(ID)
    assert work.run_all(ID, failing=("left",)) == ["top", "apart", "left", "right"]
    assert work.statuses(ID) == {
        "top": "completed", "left": "failed", "right": "completed", "end": "blocked",
        "apart": "completed",
    }  # fmt: skip
    assert work.events("task.finished").count("1.end") == 1
    assert "'left', which ended as failed" in (work.tasks(ID)["end"].error or "")
    assert work.read(ID).phase == Phase.SUMMARISE


def test_what_is_blocked_in_a_later_phase_does_not_end_this_one(work: Work) -> None:
    work.session(ID, planned("a"), planned("b"), verify("of-a", "a"), verify("of-all"))
    work.open_gates(ID)
    first, second = work.claim(ID)
    work.end(first, Status.FAILED)
    assert work.read(ID).phase == Phase.RUN
    assert work.claim(ID) == []
    work.end(second)
    assert work.read(ID).phase == Phase.VERIFY
    assert [task.key for task in work.claim(ID)] == ["of-all"]
    assert work.statuses(ID)["of-a"] == "blocked"


def test_a_result_of_a_lost_lease_is_not_recorded(work: Work) -> None:
    work.session(ID, planned("a"), planned("after", "a"))
    work.open_gates(ID)
    (stale,) = work.claim(ID)
    work.write(lambda c: retry_task(c, stale, "its process was killed"))
    (fresh,) = work.claim(ID)
    assert fresh.lease.attempt == 2
    work.end(stale, Status.FAILED)
    assert work.statuses(ID) == {"a": "in_progress", "after": "pending"}
    work.end(fresh)
    assert work.events("task.finished") == ["1.a"]
    assert work.run_all(ID) == ["after"]


def test_finishing_a_task_costs_the_same_however_many_there_are(work: Work) -> None:
    def statements(session_id: str, number: int) -> list[int]:
        work.session(session_id, *(planned(f"t{n}") for n in range(number)))
        work.open_gates(session_id)
        seen: list[str] = []

        def note(*arguments: object) -> None:
            seen.append(str(arguments[2]))

        event.listen(work.database._write_engine, "before_cursor_execute", note)
        counts = []
        for task in work.claim(session_id, number):
            seen.clear()
            work.end(task)
            counts.append(len(seen))
        event.remove(work.database._write_engine, "before_cursor_execute", note)
        return counts

    few, many = statements("session-few", 3), statements("session-many", 60)
    assert set(many[:-1]) == set(few[:-1])
    # BEGIN is no statement of a cursor here; the last task also moves the session on.
    assert max(many[:-1]) <= 5
    assert max(many) <= 12


def test_a_session_ends_once(work: Work) -> None:
    work.session(ID)
    for status in (Status.COMPLETED, Status.FAILED):
        work.write(lambda c, s=status: finish_session(c, ID, s, reason="", summary={}, exit_code=0))
    assert work.read(ID).status == Status.COMPLETED
    assert work.events("session.finished") == [ID]


def test_closed_gates_block_every_task_with_the_reason(work: Work) -> None:
    work.session(ID, planned("a"), verify("v", "a"))
    work.write(lambda c: close_gates(c, ID, "not on a Friday"))
    assert work.statuses(ID) == {"a": "blocked", "v": "blocked"}
    assert work.read(ID).reason == "not on a Friday"
    assert work.read(ID).phase == Phase.SUMMARISE
    assert work.claim(ID) == []


def test_taking_over_makes_attempts_in_flight_wait_again(work: Work) -> None:
    work.session(ID, planned("done"), planned("flying"), planned("waits"), owner="dead")
    work.open_gates(ID)
    done, flying = work.claim(ID, 2, owner="dead")
    work.end(done)
    work.write(lambda c: sessions.take_over(c, ID, "me"))
    assert work.read(ID).owner == "me"
    assert work.statuses(ID) == {"done": "completed", "flying": "pending", "waits": "pending"}
    assert work.events("task.interrupted") == ["1.flying"]
    work.end(flying)
    assert work.statuses(ID)["flying"] == "pending"
    claimed = {task.key: task.lease.attempt for task in work.claim(ID)}
    assert claimed == {"flying": 2, "waits": 1}


def test_ending_several_at_once_moves_the_session_on_once(work: Work) -> None:
    work.session(ID, planned("a"), planned("b"), verify("v"))
    work.open_gates(ID)
    endings = [Ending(task, Status.COMPLETED, 1.0) for task in work.claim(ID)]
    work.write(lambda c: sessions.settle(c, endings, {}))
    assert work.read(ID).phase == Phase.VERIFY
    assert [task.key for task in work.claim(ID)] == ["v"]


def test_people_are_written_once_and_kept_up_to_date(work: Work) -> None:
    changed = work.members[0].model_copy(update={"role": "Another role"})
    renamed = Team(id="probe", name="Renamed", domain="tests")
    work.write(lambda c: people.record_team(c, renamed, [changed]))
    assert work.count("SELECT COUNT(*) FROM agents") == 2
    assert work.count("SELECT COUNT(*) FROM agents WHERE role = 'Another role'") == 1
    assert work.count("SELECT COUNT(*) FROM teams WHERE name = 'Renamed'") == 1


def test_a_team_may_take_the_name_of_another_and_its_members(work: Work) -> None:
    other = Team(id="other", name="Probe", domain="tests")
    work.write(lambda c: people.record_team(c, other, [specialist("beta")]))
    assert work.count("SELECT COUNT(*) FROM teams WHERE name = 'Probe (other)'") == 1
    assert work.count("SELECT COUNT(*) FROM agents WHERE team_id = 'other'") == 1


def test_repositories_of_one_name_are_told_apart(work: Work) -> None:
    def record(path: str) -> str:
        return work.write(lambda c: people.record_repository(c, Path(path), "probe", None))

    names = [record(path) for path in ("/a/x", "/b/x", "/c/X", "/d/x!", "/e/日本", "/f/語", "/")]
    assert len(set(names)) == len(names)
    assert record("/b/x") == names[1]
