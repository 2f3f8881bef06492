"""A runner of background tasks: attempts, retries, progress, cancellation, and its end."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from genesis.clock import utc_after
from genesis.contracts.background import BackgroundContext, BackgroundTask, TaskHandler, TaskStatus
from genesis.errors import AttemptCancelledError, UsageError
from genesis.minds import background_runner
from genesis.minds.background_handlers import MOST_JSON, Handlers
from genesis.storage import background_tasks, queue
from genesis.storage.database import Database
from pydantic import JsonValue

from tests.minds.background_fixtures import SOON, Work
from tests.support import until

Make = Callable[..., Work]


@pytest.fixture
def make(minds: Database, gmid: str, tmp_path: Path) -> Iterator[Make]:
    """Makes a `Work` with the handlers that are named."""
    made: list[Work] = []

    def make_one(**handlers: Callable[[BackgroundContext], JsonValue]) -> Work:
        made.append(Work(minds, gmid, tmp_path / "home", **handlers))
        return made[-1]

    yield make_one
    for work in made:
        work.close()


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background_tasks, "FIRST_PAUSE_SECONDS", SOON)
    monkeypatch.setattr(background_runner, "_POLL_SECONDS", 0.05)


def read(work: Work, task: BackgroundTask) -> BackgroundTask:
    found = work.tasks.get_task(task.task_id)
    assert found is not None
    return found


def ended(work: Work, task: BackgroundTask) -> BackgroundTask:
    """The task, once it has ended."""
    until(lambda: read(work, task).status.is_final, "the end of the task")
    return read(work, task)


def test_a_handler_gets_everything_and_its_result_is_kept(make: Make) -> None:
    seen: list[BackgroundContext] = []

    def handle(context: BackgroundContext, /) -> JsonValue:
        seen.append(context)
        return {"answer": [context.attempt, "ä", None]}

    work = make(request=handle)
    task = work.tasks.submit("do", "a@b.c", [{"name": "f"}], {"k": 1}, True, {"m": 2})
    work.runner.run_until_idle()
    (context,) = seen
    assert (context.task_id, context.mind_gmid) == (task.task_id, task.mind_gmid)
    assert (context.user_request, context.user_email) == ("do", "a@b.c")
    assert (context.context, context.attachments) == ({"k": 1}, [{"name": "f"}])
    assert (context.metadata, context.attempt) == ({"m": 2}, 1)
    done = read(work, task)
    assert done.status == TaskStatus.COMPLETED
    assert done.result == {"answer": [1, "ä", None]}
    assert (done.progress, done.error, done.retry_count) == (1.0, None, 0)
    assert done.started_at is not None
    assert done.completed_at is not None
    assert work.events(task.task_id) == ["accepted", "started", "finished"]
    assert work.count("queue") == 0


def test_an_async_handler_is_awaited(make: Make) -> None:
    async def handle(context: BackgroundContext, /) -> JsonValue:
        await asyncio.sleep(0)
        return context.user_request

    work = make(request=handle)
    task = work.tasks.submit("later")
    work.runner.run_until_idle()
    assert read(work, task).result == "later"


def test_a_failed_attempt_is_tried_again_and_an_error_that_was_overcome_is_forgotten(
    make: Make,
) -> None:
    attempts: list[int] = []

    def handle(context: BackgroundContext, /) -> JsonValue:
        attempts.append(context.attempt)
        if context.attempt < 3:
            raise ValueError("not yet")
        return "at last"

    work = make(request=handle)
    work.runner.start()
    done = ended(work, work.tasks.submit("try"))
    assert attempts == [1, 2, 3]
    assert (done.status, done.result, done.error) == (TaskStatus.COMPLETED, "at last", None)
    assert done.retry_count == 2
    assert work.events(done.task_id) == [
        "accepted", "started", "retrying", "started", "retrying", "started", "finished"
    ]  # fmt: skip


def test_while_it_waits_for_its_retry_a_task_tells_why_and_until_when(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(background_tasks, "FIRST_PAUSE_SECONDS", 600.0)

    def handle(_context: BackgroundContext, /) -> JsonValue:
        raise ConnectionError("nobody there")

    work = make(request=handle)
    task = work.tasks.submit("call")
    work.runner.run_until_idle()
    waiting = read(work, task)
    assert waiting.status == TaskStatus.RETRYING
    assert waiting.error == "ConnectionError: nobody there"
    assert waiting.run_at is not None
    assert waiting.run_at > utc_after(500)
    assert waiting.waiting_for == f"its time, {waiting.run_at}"
    assert work.tasks.cancel(task.task_id)
    assert read(work, task).status == TaskStatus.CANCELLED


@pytest.mark.parametrize(
    ("result", "message"),
    [
        (object(), "cannot be stored as JSON"),
        (float("inf"), "JSON has no such number"),
        ("x" * MOST_JSON, "1,048,576 are allowed"),
    ],
)
def test_a_result_that_cannot_be_stored_fails_the_task_without_another_attempt(
    make: Make, result: JsonValue, message: str
) -> None:
    work = make(request=lambda _context: result)
    task = work.tasks.submit("make")
    work.runner.run_until_idle()
    failed = read(work, task)
    assert failed.status == TaskStatus.FAILED
    assert message in str(failed.error)
    assert failed.retry_count == 0


def test_whatever_a_handler_raises_is_the_tasks_error_and_the_worker_goes_on(make: Make) -> None:
    def handle(context: BackgroundContext, /) -> JsonValue:
        if context.user_request == "exit":
            raise SystemExit(3)
        if context.user_request == "odd":
            raise ValueError("half \ud83d and \0 and " + "x" * 5000)
        return "fine"

    work = make(request=handle)
    first, second = (
        work.tasks.submit("exit", max_retries=0),
        work.tasks.submit("odd", max_retries=0),
    )
    third = work.tasks.submit("good")
    work.new_runner(workers=1).run_until_idle()
    assert read(work, first).error == "SystemExit: 3"
    error = str(read(work, second).error)
    assert error.startswith("ValueError: half \\ud83d and \\0")
    assert len(error) < 2100
    assert read(work, third).result == "fine"


def test_a_handler_that_cannot_be_imported_is_the_tasks_error(make: Make) -> None:
    records = [TaskHandler(name="gone", run="no.such.module:function", description="is gone")]
    work = make()
    work.handlers = Handlers(records)
    task = work.tasks.submit("try", handler="gone", max_retries=0)
    work.new_runner().run_until_idle()
    assert "cannot be loaded" in str(read(work, task).error)


def test_a_task_whose_handler_nobody_knows_waits_untouched_for_one_who_does(make: Make) -> None:
    work = make(request=lambda _context: "mine")
    strange = work.tasks.submit("strange", handler="from-elsewhere", priority=9)
    own = work.tasks.submit("own")
    work.runner.start()
    assert ended(work, own).result == "mine"
    waiting = read(work, strange)
    assert (waiting.status, waiting.started_at) == (TaskStatus.PENDING, None)
    assert "'from-elsewhere'" in waiting.waiting_for
    assert work.events(strange.task_id) == ["accepted"]
    # It is enough that somebody learns it, in a process that runs already.
    work.handlers.register("from-elsewhere", lambda _context: "now known")
    assert ended(work, strange).result == "now known"


def test_progress_is_visible_while_a_task_runs(make: Make) -> None:
    go_on = threading.Event()

    def handle(context: BackgroundContext, /) -> JsonValue:
        context.progress(0.25, "a quarter, half of \ud83d" + "x" * 500)
        assert go_on.wait(30)
        return None

    work = make(request=handle)
    work.runner.start()
    task = work.tasks.submit("long")
    until(lambda: read(work, task).progress, "progress")
    running = read(work, task)
    assert running.status == TaskStatus.RUNNING
    assert running.progress == 0.25
    assert str(running.progress_message).startswith("a quarter, half of \\ud83d")
    assert len(str(running.progress_message)) < 210
    go_on.set()
    assert ended(work, task).progress == 1.0


def test_progress_that_is_reported_often_is_written_rarely(make: Make) -> None:
    def handle(context: BackgroundContext, /) -> JsonValue:
        for step in range(1000):
            context.progress(step / 1000)
        found = work.tasks.get_task(context.task_id)
        assert found is not None
        return found.progress

    work = make(request=handle)
    task = work.tasks.submit("count", max_retries=0)
    work.runner.run_until_idle()
    # The first report was written; a thousand take less than the half second until the next.
    assert read(work, task).result == 0.0


def test_a_running_task_that_is_cancelled_ends_at_its_next_report(make: Make) -> None:
    begun = threading.Event()
    told: list[str] = []

    def handle(context: BackgroundContext, /) -> JsonValue:
        begun.set()
        try:
            while True:
                context.progress(0.5)
                time.sleep(0.005)
        except AttemptCancelledError as error:
            told.append(str(error))
            raise

    work = make(request=handle)
    work.runner.start()
    task = work.tasks.submit("endless")
    assert begun.wait(30)
    assert work.tasks.cancel(task.task_id)
    done = ended(work, task)
    assert (done.status, done.retry_count, done.error) == (TaskStatus.CANCELLED, 0, "cancelled")
    assert "cancelled while it ran" in told[0]
    assert work.events(task.task_id) == ["accepted", "started", "finished"]


def test_a_cancellation_is_noticed_between_two_reports_that_are_written(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(background_runner, "_REPORT_SECONDS", 600.0)
    begun = threading.Event()

    def handle(context: BackgroundContext, /) -> JsonValue:
        context.progress(0.1)
        begun.set()
        while True:
            context.progress(0.5)
            time.sleep(0.005)

    work = make(request=handle)
    work.runner.start()
    task = work.tasks.submit("endless")
    assert begun.wait(30)
    assert work.tasks.cancel(task.task_id)
    assert ended(work, task).status == TaskStatus.CANCELLED


def test_a_cancelled_attempt_that_fails_by_itself_is_not_tried_again(make: Make) -> None:
    begun, cancelled = threading.Event(), threading.Event()

    def handle(_context: BackgroundContext, /) -> JsonValue:
        begun.set()
        assert cancelled.wait(30)
        raise ValueError("broke")

    work = make(request=handle)
    work.runner.start()
    task = work.tasks.submit("breaks")
    assert begun.wait(30)
    assert work.tasks.cancel(task.task_id)
    cancelled.set()
    assert ended(work, task).status == TaskStatus.CANCELLED


def test_a_result_that_came_in_spite_of_a_cancellation_counts(make: Make) -> None:
    begun, cancelled = threading.Event(), threading.Event()

    def handle(_context: BackgroundContext, /) -> JsonValue:
        begun.set()
        assert cancelled.wait(30)
        return "done anyway"

    work = make(request=handle)
    work.runner.start()
    task = work.tasks.submit("quick")
    assert begun.wait(30)
    assert work.tasks.cancel(task.task_id)
    cancelled.set()
    done = ended(work, task)
    assert (done.status, done.result) == (TaskStatus.COMPLETED, "done anyway")


def test_a_task_with_a_time_begins_when_it_has_come_and_not_before(make: Make) -> None:
    work = make(request=lambda _context: "ran")
    work.runner.start()
    never = work.tasks.submit("never", run_at=utc_after(3600))
    soon = work.tasks.submit("soon", run_at=utc_after(0.3))
    done = ended(work, soon)
    assert str(done.started_at) >= str(soon.run_at)
    assert read(work, never).status == TaskStatus.PENDING


def test_a_sleeping_runner_is_woken_by_who_submits_in_its_process(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(background_runner, "_POLL_SECONDS", 600.0)
    work = make(request=lambda _context: "woken")
    work.runner.start()
    until(lambda: work.runner._sleeping == 2, "both workers asleep")
    for _ in range(20):
        assert ended(work, work.tasks.submit("wake")).result == "woken"


def test_a_runner_with_nothing_to_do_writes_nothing(make: Make) -> None:
    work = make(request=lambda _context: None)
    work.runner.start()
    until(lambda: work.runner._sleeping == 2, "both workers asleep")
    writes: list[object] = []
    write = work.database.writer.write
    work.database.writer.write = lambda operation: writes.append(operation) or write(operation)  # type: ignore[method-assign,func-returns-value]
    looks = threading.Event()
    watch = work.runner._watch_running
    seen: list[int] = []

    def watched() -> None:
        watch()
        seen.append(1)
        if len(seen) > 5:
            looks.set()

    work.runner._watch_running = watched  # type: ignore[method-assign]
    assert looks.wait(30)
    assert writes == []


def test_what_runs_when_a_runner_stops_may_end_and_is_recorded(make: Make) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def handle(_context: BackgroundContext, /) -> JsonValue:
        begun.set()
        assert go_on.wait(30)
        return "ended in time"

    work = make(request=handle)
    work.runner.start()
    task = work.tasks.submit("a while")
    waiting = work.tasks.submit("not begun", run_at=utc_after(3600))
    assert begun.wait(30)
    threading.Timer(0.1, go_on.set).start()
    work.runner.stop(drain_seconds=30)
    assert read(work, task).result == "ended in time"
    assert read(work, waiting).status == TaskStatus.PENDING


def test_what_does_not_end_in_time_is_given_back_and_its_late_result_is_dropped(
    make: Make,
) -> None:
    begun, go_on, over = threading.Event(), threading.Event(), threading.Event()

    def handle(context: BackgroundContext, /) -> JsonValue:
        if context.attempt > 1:
            return "of the second"
        begun.set()
        assert go_on.wait(30)
        try:
            context.progress(0.9)
        except AttemptCancelledError:
            over.set()
        return "too late"

    work = make(request=handle)
    work.runner.start()
    task = work.tasks.submit("too long")
    assert begun.wait(30)
    work.runner.stop(drain_seconds=0.05)
    assert read(work, task).status == TaskStatus.PENDING
    second = work.new_runner()
    second.run_until_idle()
    go_on.set()
    assert over.wait(30)
    until(lambda: not any(t.is_alive() for t in work.runner._threads), "the first runner's end")
    done = read(work, task)
    assert (done.status, done.result, done.retry_count) == (
        TaskStatus.COMPLETED,
        "of the second",
        0,
    )
    assert work.events(task.task_id) == [
        "accepted", "started", "interrupted", "started", "finished"
    ]  # fmt: skip


def test_a_stopped_process_loses_its_lease_when_that_has_run_out_and_its_result_with_it(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after SIGSTOP: the owner lives, its lease is not renewed."""
    begun, go_on, over = threading.Event(), threading.Event(), threading.Event()

    def handle(context: BackgroundContext, /) -> JsonValue:
        if context.attempt > 1:
            return "of the second"
        begun.set()
        assert go_on.wait(30)
        with pytest.raises(AttemptCancelledError):
            context.progress(0.9)
        over.set()
        return "of the first"

    first = make(request=handle)
    monkeypatch.setattr(queue, "LEASE_SECONDS", 0.05)
    first.runner.start()
    task = first.tasks.submit("stop")
    assert begun.wait(30)
    monkeypatch.setattr(queue, "LEASE_SECONDS", 30.0)
    second = make(request=handle)
    second.runner.start()
    assert ended(second, task).result == "of the second"
    go_on.set()
    assert over.wait(30)
    first.runner.stop()
    assert read(first, task).result == "of the second"
    assert first.events(task.task_id).count("finished") == 1


def test_a_task_that_ends_its_processes_again_and_again_is_given_up(make: Make) -> None:
    ran: list[int] = []

    def handle(context: BackgroundContext, /) -> JsonValue:
        ran.append(context.attempt)
        return None

    work = make(request=handle)
    task = work.tasks.submit("deadly")
    lanes = work.handlers.lanes()
    for number in range(10):
        owner = f"dead-{number}"
        claimed = work.database.writer.write(
            lambda c, o=owner: background_tasks.claim_task(c, lanes, o)
        )
        assert claimed is not None
        assert claimed[0].attempt == number + 1
        work.runner._take_over()
    work.runner.run_until_idle()
    failed = read(work, task)
    assert ran == []
    assert failed.status == TaskStatus.FAILED
    assert str(failed.error).startswith("given up: 10 attempts")


def test_a_cancelled_task_of_a_dead_process_is_cancelled_and_not_repeated(make: Make) -> None:
    work = make(request=lambda _context: pytest.fail("it was repeated"))
    task = work.tasks.submit("gone")
    lanes = work.handlers.lanes()
    work.database.writer.write(lambda c: background_tasks.claim_task(c, lanes, "dead"))
    assert work.tasks.cancel(task.task_id)
    assert read(work, task).status == TaskStatus.RUNNING
    work.runner.run_until_idle()
    assert read(work, task).status == TaskStatus.CANCELLED
    assert work.count("queue") == 0


def test_who_looks_after_tasks_goes_on_whatever_it_meets(
    make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    work = make(later=lambda context: "done")
    task = work.tasks.submit("later", handler="later", run_at=utc_after(3600))
    work.runner.start()

    def write(moment: str) -> None:
        work.database.writer.write(
            lambda c: c.exec_driver_sql("UPDATE queue SET run_at = ?", (moment,)).rowcount
        )

    write("soon")
    until(lambda: caplog.text.count("'soon' is no time") > 1, "it was looked at twice")
    write(utc_after(-1))
    assert ended(work, read(work, task) if isinstance(task, str) else task).result == "done"


def test_the_name_of_a_handler_is_checked_when_it_is_registered() -> None:
    with pytest.raises(UsageError, match="cannot be the name"):
        Handlers().register("Not A Name", lambda _context: None)
