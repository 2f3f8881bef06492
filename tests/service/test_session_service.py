"""Sessions that nobody works on are taken up, seen to their end, or left as they can go on."""

from __future__ import annotations

import os
import threading
from contextlib import ExitStack
from pathlib import Path

import pytest
from genesis.kernel import Kernel
from genesis.service import session_service
from genesis.service.session_service import SessionService
from genesis.storage import sessions

from tests.service.conftest import Open, Shop
from tests.support import acting, until


def limit_database(opened: Open, pages: int) -> None:
    """Let SQLite find the disk full at this size; 2**30: never."""
    opened.kernel.database.writer.write(
        lambda c: c.exec_driver_sql(f"PRAGMA max_page_count={pages}").scalar()
    )


def fill_up(opened: Open) -> None:
    """No room for another page."""
    limit_database(opened, 1)  # SQLite takes the present size instead


def events(opened: Open, session_id: str, kind: str) -> int:
    query = "SELECT count(*) FROM events WHERE session_id = ? AND type = ?"
    with opened.kernel.database.read() as connection:
        return int(connection.exec_driver_sql(query, (session_id, kind)).scalar_one())


def test_a_session_without_an_owner_is_run_to_its_end(shop: Shop) -> None:
    with shop.open() as opened:
        session_id = opened.create({"key": "one"}, {"key": "two", "depends_on": ["one"]})
        session = opened.until_ended(session_id)
        assert (session.status, session.owner) == ("completed", None)
    assert shop.ended == [session_id]


def test_a_session_that_another_process_wrote_is_found_without_a_word(shop: Shop) -> None:
    with shop.open() as opened:
        found = opened.create({"key": "one"})
        opened.until_ended(found)
        with Kernel(shop.home, plugins="probe") as other:
            session_id, write = other.prepare_session("a goal", "probe", shop.repository, {})
            other.database.writer.write(write)
        assert opened.until_ended(session_id).status == "completed"


def test_a_session_of_the_kernel_itself_is_run_by_its_service(shop: Shop) -> None:
    with shop.open() as opened:
        session_id = opened.kernel.create_session("a goal", "plain", shop.repository, {})
        assert opened.until_ended(session_id).status == "completed"


def test_a_session_that_another_living_process_runs_is_left_alone(
    shop: Shop, tmp_path: Path
) -> None:
    with Kernel(shop.home, plugins="probe") as other, shop.open() as opened:
        theirs = other.create_session("a goal", "plain", shop.repository, {})
        ours = opened.create({"key": "one"})
        opened.until_ended(ours)
        assert opened.session(theirs).owner == other.owner
    assert shop.ended == [ours]


def test_a_session_that_was_cancelled_before_anybody_took_it_up_gets_its_end(shop: Shop) -> None:
    with Kernel(shop.home, plugins="probe") as kernel:
        session_id, write = kernel.prepare_session("a goal", "probe", shop.repository, {})
        kernel.database.writer.write(write)
        kernel.database.writer.write(lambda c: sessions.cancel_tasks(c, session_id, "changed mind"))
    with shop.open() as opened:
        assert opened.until_ended(session_id).status == "cancelled"


def test_what_runs_may_finish_when_the_service_stops(shop: Shop, tmp_path: Path) -> None:
    go = tmp_path / "go"
    with shop.open() as opened:
        session_id = opened.create(
            acting("one", ["wait", str(go)]), {"key": "two", "depends_on": ["one"]}
        )
        opened.until_runs(session_id, "one")
        stopping = threading.Thread(target=opened.service.stop, args=(30,))
        stopping.start()
        go.touch()
        stopping.join(30)
        assert not stopping.is_alive()
        tasks = opened.tasks(session_id)
        assert (tasks["one"].status, tasks["two"].status) == ("completed", "pending")
        assert opened.session(session_id).status == "in_progress"
    with shop.open() as opened:
        assert opened.until_ended(session_id).status == "completed"
        assert {task.attempt for task in opened.tasks(session_id).values()} == {1}


def test_what_does_not_finish_in_time_is_begun_again_by_the_next_service(
    shop: Shop, tmp_path: Path
) -> None:
    go = tmp_path / "go"
    with shop.open() as opened:
        session_id = opened.create(acting("one", ["stay", str(go)]))
        opened.until_runs(session_id, "one")
        opened.service.stop(0.1)
        session = opened.session(session_id)
        assert (session.status, session.cancel_requested) == ("in_progress", False)
    assert shop.ended == []
    go.touch()
    with shop.open() as opened:
        assert opened.until_ended(session_id).status == "completed"
        assert opened.tasks(session_id)["one"].attempt == 2


def test_what_an_orderly_end_interrupts_does_not_count_toward_the_last_attempt(
    shop: Shop, tmp_path: Path
) -> None:
    go = tmp_path / "go"
    with shop.open() as opened:
        session_id = opened.create(acting("one", ["stay", str(go)]))
        opened.until_runs(session_id, "one")
    with Kernel(shop.home, plugins="probe") as kernel:
        # As after nine kills, and many orderly ends.
        for change in ("UPDATE tasks SET retry_count = 9", "UPDATE queue SET attempt = 20"):
            kernel.database.writer.write(lambda c, sql=change: c.exec_driver_sql(sql).rowcount)
    with shop.open() as opened:
        opened.until_runs(session_id, "one")
        opened.service.stop(0.1)
        assert opened.tasks(session_id)["one"].error == (
            "attempt 21 was interrupted by an orderly end"
        )
        assert events(opened, session_id, "task.interrupted") == 2
    go.touch()
    with shop.open() as opened:
        assert opened.until_ended(session_id).status == "completed"
        assert opened.tasks(session_id)["one"].attempt == 22
        assert events(opened, session_id, "task.interrupted") == 2


@pytest.mark.parametrize("is_first", [True, False])
def test_who_is_in_a_hurry_does_not_wait_for_what_runs(
    shop: Shop, tmp_path: Path, is_first: bool
) -> None:
    with shop.open() as opened:
        session_id = opened.create(acting("one", ["stay", str(tmp_path / "never")]))
        opened.until_runs(session_id, "one")
        stopping = threading.Thread(target=opened.service.stop, args=(3600,))
        if is_first:  # a second Ctrl-C can be faster than what the first one began
            opened.service.hurry()
        stopping.start()
        until(opened.service._stopping.is_set, "it stops")
        if not is_first:
            opened.service.hurry()
        stopping.join(30)
        assert not stopping.is_alive()
        assert opened.session(session_id).status == "in_progress"


def test_sessions_go_on_by_themselves_after_the_disk_was_full(
    shop: Shop, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    go = tmp_path / "go"
    with shop.open() as opened:
        # The result needs pages of its own.
        steps = [["wait", str(go)], *(["find", "x" * 2000] for _ in range(20))]
        first = opened.create(acting("one", *steps), {"key": "two"})
        opened.until_runs(first, "one")
        fill_up(opened)
        go.touch()
        until(lambda: "sessions wait for" in caplog.text, "the failure")
        assert opened.session(first).status == "in_progress"
        limit_database(opened, 2**30)
        assert opened.until_ended(first).status == "completed"
        second = opened.create({"key": "three"})
        assert opened.until_ended(second).status == "completed"
        assert events(opened, first, "session.finished") == 1
    assert "the disk is full" in caplog.text
    assert shop.ended == [first, second]


def test_one_session_that_cannot_be_worked_on_does_not_hold_up_the_others(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    with Kernel(shop.home, plugins="probe") as kernel:
        sick, write = kernel.prepare_session("sick", "probe", shop.repository, {})
        kernel.database.writer.write(write)
        kernel.database.writer.write(
            lambda c: c.exec_driver_sql("UPDATE tasks SET params = 'no JSON'").rowcount
        )
    with shop.open() as opened:
        until(lambda: f"at {sick}" in caplog.text, "it fails")
        well = [opened.create({"key": "one"}) for _ in range(3)]
        for session_id in well:
            assert opened.until_ended(session_id).status == "completed"
        assert opened.session(sick).status == "in_progress"
    assert sorted(shop.ended) == sorted(well)


def test_after_months_of_failures_sessions_are_still_tried_again(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A full disk fails once a minute: a thousand times in seventeen hours.
    monkeypatch.setattr(session_service, "_MOST_PAUSE", 0.01)
    monkeypatch.setattr(session_service, "_MOST_DELAY", 0.01)
    with Kernel(shop.home, plugins="probe") as kernel:
        sick, write = kernel.prepare_session("sick", "probe", shop.repository, {})
        kernel.database.writer.write(write)
        spoil = "UPDATE tasks SET params = 'no JSON'"
        kernel.database.writer.write(lambda c: c.exec_driver_sql(spoil).rowcount)
    with shop.open() as opened:
        opened.service._failures = 5000
        opened.service._delayed[sick] = (5000, 0.0)
        until(lambda: opened.service._delayed[sick][0] > 5002, "it was tried again")


def test_an_error_of_who_hears_of_the_end_changes_nothing(shop: Shop) -> None:
    def refuse(_session_id: str) -> None:
        raise RuntimeError("no")

    with Kernel(shop.home, plugins="probe") as kernel:
        service = SessionService(kernel, refuse)
        service.start()
        opened = Open(shop, kernel, service)
        for _ in range(2):
            session_id = opened.create({"key": "one"})
            until(lambda i=session_id: opened.session(i).status == "completed", "the end")
        assert service._failures == 0
        service.stop(5)


def open_files() -> int:
    return len(os.listdir("/proc/self/fd"))


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc")
def test_open_files_and_threads_stay_as_many_over_many_sessions(shop: Shop) -> None:
    def many(opened: Open) -> None:
        ids = [opened.create({"key": "one", "kind": "quick"}) for _ in range(25)]
        for session_id in ids:
            opened.until_ended(session_id)

    with shop.open() as opened:
        with ExitStack() as stack:
            for _ in range(5):  # as many as the pool keeps
                stack.enter_context(opened.kernel.database.read())
        many(opened)
        files, threads = open_files(), threading.active_count()
        many(opened)
        until(lambda: open_files() <= files and threading.active_count() <= threads, "as before")
        runner, _ = opened.service._current or (None, "")
        assert runner is not None
        assert (runner.count(), runner._running, runner._deaths) == (0, {}, {})
    assert len(shop.ended) == 50
