"""Background tasks against a model: order, retries, interruptions, cancellation, fencing."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import pytest
from genesis.clock import utc_after, utc_now
from genesis.contracts.background import TaskStatus
from genesis.minds.background import BackgroundTasks
from genesis.storage import background_tasks
from genesis.storage.background_tasks import Ending, lanes_of, pause_seconds, task_of
from genesis.storage.database import Database
from genesis.storage.migrate import KERNEL_REVISIONS, migrate
from genesis.storage.minds import MindRecord, register_mind
from genesis.storage.queue import Lease
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, multiple, rule
from sqlalchemy import text

from tests.support import until

GMID = "GMD-2026-AAAA-0001"
OWNERS = ("a", "b")
HANDLERS = ("one", "two")
PAST = ("2020-01-01T00:00:00.000000Z", "2021-01-01T00:00:00.000000Z")


@given(failures=st.integers(1, 10_000))
def test_pauses_double_up_to_a_limit_and_are_the_same_each_time(failures: int) -> None:
    pause = pause_seconds(failures)
    assert pause == pause_seconds(failures)
    assert 2.0 <= pause <= 600.0
    assert pause_seconds(failures + 1) == min(2 * pause, 600.0)


def test_the_first_pauses_are_two_four_and_eight_seconds() -> None:
    assert [pause_seconds(n) for n in (1, 2, 3, 10, 100)] == [2.0, 4.0, 8.0, 600.0, 600.0]


@dataclass
class Known:
    """What the model knows of a task; `age` is its place in the order of acceptance."""

    age: int
    handler: str
    priority: int
    due: str
    timed: bool
    max_retries: int
    status: str = "pending"
    attempt: int = 0
    retries: int = 0
    lease: Lease | None = None
    asked: bool = False

    @property
    def is_ready(self) -> bool:
        return self.status in ("pending", "retrying") and self.due <= utc_now()


class BackgroundMachine(RuleBasedStateMachine):
    """Two owners and two handlers; a retry is due at once, so that order and counts are seen."""

    held = Bundle("held")

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.database = Database(self.folder / "genesis.db", durability="normal")
        migrate(self.database, "kernel", KERNEL_REVISIONS)
        mind = MindRecord(GMID, "A", "t", None, "", None, None, "active", utc_now(), utc_now(), "x")
        self.write = self.database.writer.write
        self.write(lambda c: register_mind(c, mind))
        self.tasks = BackgroundTasks(GMID, self.database)
        self.known: dict[str, Known] = {}
        self.patch = mock.patch.object(background_tasks, "FIRST_PAUSE_SECONDS", 0.0)
        self.patch.start()

    @rule(
        handler=st.sampled_from(HANDLERS),
        priority=st.integers(-1, 2),
        when=st.sampled_from(("", *PAST, "far")),
        retries=st.integers(0, 2),
    )
    def submit(self, handler: str, priority: int, when: str, retries: int) -> None:
        run_at = utc_after(3600) if when == "far" else when
        task = self.tasks.submit(
            "x", handler=handler, priority=priority, run_at=run_at or None, max_retries=retries
        )
        self.known[task.task_id] = Known(
            len(self.known), handler, priority, run_at, bool(run_at), retries
        )

    @rule(
        owner=st.sampled_from(OWNERS),
        handlers=st.sampled_from([HANDLERS, HANDLERS[:1], HANDLERS[1:]]),
        target=held,
    )
    def claim(self, owner: str, handlers: tuple[str, ...]) -> object:
        lanes = [lane for handler in handlers for lane in lanes_of(handler)]
        claimed = self.write(lambda c: background_tasks.claim_task(c, lanes, owner))
        expected = self._first(handlers)
        if claimed is None:
            assert expected is None
            return multiple()
        lease, row = claimed
        assert lease.item == expected
        task = self.known[lease.item]
        task.attempt += 1
        assert lease == Lease(lease.item, task.attempt, owner)
        task.status, task.lease = "running", lease
        assert task_of(row).retry_count == task.retries
        return multiple((lease, row))

    @rule(claimed=held, outcome=st.sampled_from(["result", "error", "final"]))
    def finish(self, claimed: tuple[Lease, tuple[object, ...]], outcome: str) -> None:
        lease, row = claimed
        task = self.known[lease.item]
        result, error = ('"r"', None) if outcome == "result" else (None, "ValueError: no")
        ending = Ending(lease, task_of(row), result, error, may_retry=outcome == "error")  # type: ignore[arg-type]
        status = self.write(lambda c: background_tasks.finish_attempt(c, ending))
        if task.lease != lease:
            assert status is None
            return
        task.lease = None
        if outcome == "result":
            task.status = "completed"
        elif task.asked:
            task.status = "cancelled"
        elif outcome == "error" and task.retries < task.max_retries:
            task.status, task.due, task.timed = "retrying", "", True
            task.retries += 1
        else:
            task.status = "failed"
        assert status == task.status

    @rule(claimed=held)
    def give_back(self, claimed: tuple[Lease, tuple[object, ...]]) -> None:
        lease, _row = claimed
        self.write(lambda c: background_tasks.give_back(c, [lease]))
        if self.known[lease.item].lease == lease:
            self._interrupt(self.known[lease.item])
            self.known[lease.item].due = ""

    @rule(owner=st.sampled_from(OWNERS), only_overdue=st.booleans())
    def owner_dies(self, owner: str, only_overdue: bool) -> None:
        lost = [t for t in self.known.values() if t.lease is not None and t.lease.owner == owner]
        lost = [] if only_overdue else lost
        count = self.write(
            lambda c: background_tasks.release_tasks(c, owner, only_overdue=only_overdue)
        )
        assert count == len(lost)
        for task in lost:
            self._interrupt(task)

    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        if not self.known:
            return
        task_id = data.draw(st.sampled_from(sorted(self.known)))
        task = self.known[task_id]
        is_open = not TaskStatus(task.status).is_final
        assert self.tasks.cancel(task_id) == is_open
        if task.lease is not None:
            task.asked = True
        elif is_open:
            task.status = "cancelled"

    @rule(claimed=held)
    def report(self, claimed: tuple[Lease, tuple[object, ...]]) -> None:
        lease, _row = claimed
        task = self.known[lease.item]
        goes_on = self.write(lambda c: background_tasks.report_progress(c, lease, 0.5, "half"))
        assert goes_on == (task.lease == lease and not task.asked)

    @invariant()
    def every_task_is_as_the_model_says(self) -> None:
        for task_id, task in self.known.items():
            found = self.tasks.get_task(task_id)
            assert found is not None
            assert (found.status, found.retry_count) == (task.status, task.retries)
            assert found.retry_count <= found.max_retries
            assert (found.completed_at is not None) == found.status.is_final

    @invariant()
    def the_queue_and_the_list_of_open_tasks_hold_the_open_ones_only(self) -> None:
        still_open = {i for i, t in self.known.items() if not TaskStatus(t.status).is_final}
        with self.database.read() as connection:
            items = set(connection.execute(text("SELECT item FROM queue")).scalars())
        assert items == still_open
        listed = [task.task_id for task in self.tasks.get_active_tasks()]
        assert listed == sorted(still_open, key=lambda task_id: self.known[task_id].age)

    @invariant()
    def no_task_ended_twice(self) -> None:
        query = text("SELECT subject FROM events WHERE type = 'background_task.finished'")
        with self.database.read() as connection:
            ended = list(connection.execute(query).scalars())
        assert sorted(ended) == sorted(
            i for i, t in self.known.items() if TaskStatus(t.status).is_final
        )

    def _interrupt(self, task: Known) -> None:
        task.status, task.lease = ("cancelled" if task.asked else "pending"), None

    def _first(self, handlers: tuple[str, ...]) -> str | None:
        """Of the first of each lane the one with the highest priority, then the oldest; within the
        lane of those with a time, the one that is due first."""
        heads: list[tuple[int, int, str]] = []
        for handler in handlers:
            for timed in (False, True):
                lane = [
                    (-t.priority, t.due, t.age, i) for i, t in self.known.items()
                    if t.handler == handler and t.timed == timed and t.is_ready
                ]  # fmt: skip
                if lane:
                    priority, _, age, task_id = min(lane)
                    heads.append((priority, age, task_id))
        return min(heads)[2] if heads else None

    def teardown(self) -> None:
        self.patch.stop()
        self.database.close()
        shutil.rmtree(self.folder)


TestBackgroundModel = BackgroundMachine.TestCase
TestBackgroundModel.settings = settings(max_examples=30, stateful_step_count=40, deadline=None)


@pytest.fixture
def tasks(minds: Database, gmid: str) -> BackgroundTasks:
    return BackgroundTasks(gmid, minds)


def test_a_task_that_has_become_due_does_not_wait_for_all_that_need_no_time(
    tasks: BackgroundTasks, minds: Database
) -> None:
    due = tasks.submit("scheduled", run_at=PAST[0])
    for _ in range(5):
        tasks.submit("at once")
    lanes = lanes_of("request")
    claimed = minds.writer.write(lambda c: background_tasks.claim_task(c, lanes, "me"))
    assert claimed is not None
    assert claimed[0].item == due.task_id


def test_a_retry_that_has_become_due_goes_before_what_was_accepted_later(
    tasks: BackgroundTasks, minds: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(background_tasks, "FIRST_PAUSE_SECONDS", 0.001)
    failed = tasks.submit("fails once")
    lanes = lanes_of("request")
    claimed = minds.writer.write(lambda c: background_tasks.claim_task(c, lanes, "me"))
    assert claimed is not None
    ending = Ending(claimed[0], task_of(claimed[1]), error="ValueError: no")
    status = minds.writer.write(lambda c: background_tasks.finish_attempt(c, ending))
    assert status == TaskStatus.RETRYING
    tasks.submit("at once")
    retried = tasks.get_task(failed.task_id)
    assert retried is not None
    until(lambda: utc_now() > str(retried.run_at), "the end of its pause")
    claimed = minds.writer.write(lambda c: background_tasks.claim_task(c, lanes, "me"))
    assert claimed is not None
    assert claimed[0].item == failed.task_id


def test_what_is_asked_of_many_tasks_comes_from_an_index(minds: Database) -> None:
    plans = {}
    for name in ("_GET", "_LAST_ENDED", "_OF_USER", "_START", "_END", "_FIRST_OPEN"):
        statement = getattr(background_tasks, name)
        with minds.read() as connection:
            cursor = connection.connection.cursor()
            values = dict.fromkeys(
                ("mind", "at_most", "email", "of_task", "now", "to", "outcome", "why", "done"), 1
            )
            rows = cursor.execute(f"EXPLAIN QUERY PLAN {statement.text}", statement.bound(values))
            plans[name] = " / ".join(row[3] for row in rows.fetchall())
    assert not any("B-TREE" in plan for plan in plans.values()), plans
    assert all("SCAN" not in plan for name, plan in plans.items() if name != "_FIRST_OPEN"), plans
    # The queue holds open work only.
    assert "SCAN queue" in plans["_FIRST_OPEN"]
    assert "SEARCH background_tasks USING PRIMARY KEY" in plans["_FIRST_OPEN"]
