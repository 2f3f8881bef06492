"""A scheduler with a controlled clock on a real home: exact run lists, whatever happens."""

from __future__ import annotations

import logging
import shutil
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from genesis.contracts.work import Status
from genesis.errors import ConflictError, NotFoundError, StorageError, UsageError
from genesis.kernel import Kernel
from genesis.scheduling.scheduler import LOOK_SECONDS, Scheduler
from genesis.scheduling.schedules import (
    add_schedule,
    next_times,
    pause_schedule,
    remove_schedule,
    resume_schedule,
    run_now,
)
from genesis.storage.database import Database
from genesis.storage.events import events_after
from genesis.storage.records import read_session
from genesis.storage.schedules import (
    KEPT_RUNS,
    Schedule,
    list_runs,
    list_schedules,
    read_schedule,
    take_times,
)
from genesis.storage.sessions import finish_session
from genesis.storage.statements import Statement

from tests.scheduling.conftest import Clocked
from tests.support import until


def events(kernel: Kernel) -> list[tuple[str, str, str | None]]:
    with kernel.database.read() as connection:
        found = events_after(connection, 0, 1000)
    return [(e.type, e.subject, e.session_id) for e in found if e.type.startswith("schedule.")]


def end(kernel: Kernel, session_id: str) -> None:
    kernel.database.writer.write(
        lambda c: finish_session(
            c, session_id, Status.COMPLETED, reason="", summary={}, exit_code=0
        )
    )


def test_a_time_that_has_come_begins_a_session_that_waits_for_who_takes_it_up(
    clocked: Clocked,
) -> None:
    schedule = clocked.add("30 22 * * *", "Europe/Stockholm", options={"logs": ["a.log"]})
    assert (schedule.id, schedule.next_at) == ("a-goal", "2026-01-01T21:30:00.000000Z")
    assert clocked.tick("2026-01-01T21:29:50") == 10
    assert clocked.runs(schedule) == []
    assert clocked.tick("2026-01-01T21:30:00") == LOOK_SECONDS
    assert clocked.runs(schedule) == [("2026-01-01T21:30", "started")]
    (session_id,) = clocked.sessions()
    with clocked.kernel.database.read() as connection:
        session = read_session(connection, session_id)
    assert (session.goal, session.team, session.owner) == ("a goal", "probe", None)
    assert session.options == {"logs": ["a.log"]}
    assert [s.id for s in clocked.kernel.interrupted_sessions()] == [session_id]
    assert clocked.woken == 1
    found = read_schedule(clocked.kernel.database, schedule.id)
    assert (found.next_at, found.last_session) == ("2026-01-02T21:30:00.000000Z", session_id)
    assert events(clocked.kernel) == [
        ("schedule.added", "a-goal", None), ("schedule.started", "a-goal", session_id),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("zone", "days", "expected"),
    [
        ("Europe/Stockholm", "2026-03-28 2026-03-31",
         ["2026-03-28T01:30", "2026-03-29T01:00", "2026-03-30T00:30"]),
        ("Europe/Stockholm", "2026-10-24 2026-10-27",
         ["2026-10-24T00:30", "2026-10-25T00:30", "2026-10-26T01:30"]),
        ("America/New_York", "2026-03-07 2026-03-10",
         ["2026-03-07T07:30", "2026-03-08T07:00", "2026-03-09T06:30"]),
        ("America/New_York", "2026-10-31 2026-11-03",
         ["2026-10-31T06:30", "2026-11-01T07:30", "2026-11-02T07:30"]),
        ("Australia/Lord_Howe", "2026-10-02 2026-10-05",
         ["2026-10-02T16:00", "2026-10-03T15:30", "2026-10-04T15:30"]),
        ("Australia/Lord_Howe", "2026-04-03 2026-04-06",
         ["2026-04-03T15:30", "2026-04-04T16:00", "2026-04-05T16:00"]),
    ],
)  # fmt: skip
def test_clocks_that_change_in_three_zones_give_exact_run_lists(
    clocked: Clocked, zone: str, days: str, expected: list[str]
) -> None:
    first, last = days.split()
    clocked.set(f"{first}T00:00:00")
    schedule = clocked.add("30 2 * * *", zone, overlap=True)
    finish = f"{last}T00:00:00"
    while f"{clocked.moment:%Y-%m-%dT%H:%M:%S}" <= finish:
        clocked.scheduler.tick()
        clocked.moment += timedelta(minutes=30)
    assert clocked.runs(schedule) == [(time, "started") for time in expected]
    assert len(clocked.sessions()) == 3


def test_a_laptop_asleep_for_two_days_catches_up_once_or_records_what_was_missed(
    clocked: Clocked,
) -> None:
    once = clocked.add("0 */12 * * *", name="once")
    skip = clocked.add("0 */12 * * *", name="skip", catch_up="skip")
    clocked.tick("2026-01-01T12:00:01", "2026-01-03T15:00:00", "2026-01-03T15:00:30")
    times = ["2026-01-01T12:00", "2026-01-02T00:00", "2026-01-02T12:00", "2026-01-03T00:00",
             "2026-01-03T12:00"]  # fmt: skip
    missed = [(time, "missed") for time in times[1:-1]]
    # The session before has not ended in this test, so what is caught up is skipped.
    first = (times[0], "started")
    assert clocked.runs(once) == [first, *missed, (times[-1], "skipped")]
    assert clocked.runs(skip) == [first, *missed, (times[-1], "missed")]
    for session_id in clocked.sessions():
        end(clocked.kernel, session_id)
    clocked.tick("2026-01-05T15:00:00")
    assert clocked.runs(once)[-1] == ("2026-01-05T12:00", "started")
    newest = list_runs(clocked.kernel.database, "once", 1)[0]
    assert newest.reason == "caught up 3 h late"
    assert clocked.runs(skip)[-1] == ("2026-01-05T12:00", "missed")


def test_a_clock_that_is_set_back_begins_nothing_again(clocked: Clocked) -> None:
    schedule = clocked.add("0 * * * *", overlap=True)
    clocked.tick(
        "2026-01-01T01:00:00", "2026-01-01T02:00:00", "2026-01-01T00:30:00", "2026-01-01T01:00:00",
        "2026-01-01T02:00:00", "2026-01-01T02:59:59", "2026-01-01T03:00:00",
    )  # fmt: skip
    expected = [(f"2026-01-01T0{hour}:00", "started") for hour in (1, 2, 3)]
    assert clocked.runs(schedule) == expected
    assert len(clocked.sessions()) == 3


def test_after_a_clock_was_years_ahead_resuming_goes_on_from_now_and_repeats_nothing(
    clocked: Clocked,
) -> None:
    schedule = clocked.add("0 12 * * *", overlap=True)
    clocked.tick("2026-01-01T12:00:00", "2031-01-01T00:00:00", "2026-01-01T11:00:00")
    assert len(clocked.sessions()) == 2
    pause_schedule(clocked.kernel.database, schedule.id)
    resume_schedule(clocked.kernel.database, schedule.id, clocked.moment)
    clocked.tick("2026-01-01T12:00:00")
    assert len(clocked.sessions()) == 2, "that time has a run"
    clocked.tick("2026-01-03T12:00:00")
    assert len(clocked.sessions()) == 3


def test_sessions_of_a_schedule_do_not_overlap_unless_allowed(clocked: Clocked) -> None:
    alone, together = clocked.add(name="alone"), clocked.add(name="together", overlap=True)
    clocked.tick("2026-01-01T00:01:00", "2026-01-01T00:02:00")
    assert clocked.runs(together)[-1] == ("2026-01-01T00:02", "started")
    assert clocked.runs(alone)[-1] == ("2026-01-01T00:02", "skipped")
    with pytest.raises(ConflictError, match="has not ended"):
        run_now(clocked.kernel, "alone", clocked.moment)
    end(clocked.kernel, read_schedule(clocked.kernel.database, "alone").last_session or "")
    clocked.tick("2026-01-01T00:03:00")
    assert clocked.runs(alone)[-1] == ("2026-01-01T00:03", "started")
    with pytest.raises(ConflictError, match="this very moment"):
        run_now(clocked.kernel, "together", clocked.moment)
    clocked.set("2026-01-01T00:03:10")
    assert run_now(clocked.kernel, "together", clocked.moment) in clocked.sessions()


def test_a_schedule_whose_repository_is_gone_fails_with_the_reason_and_goes_on(
    clocked: Clocked, tmp_path: Path
) -> None:
    schedule, other = clocked.add(overlap=True), clocked.add(name="other", overlap=True)
    clocked.repository.rename(tmp_path / "moved")
    clocked.tick("2026-01-01T00:01:00")
    (run,) = list_runs(clocked.kernel.database, schedule.id)
    assert (run.status, run.session_id) == ("failed", None)
    assert f"{clocked.repository} does not exist" in run.reason
    (tmp_path / "moved").rename(clocked.repository)
    clocked.tick("2026-01-01T00:02:00")
    assert [status for _, status in clocked.runs(schedule)] == ["failed", "started"]
    assert [status for _, status in clocked.runs(other)] == ["failed", "started"]


def test_a_team_that_is_gone_fails_with_the_reason(clocked: Clocked) -> None:
    schedule = clocked.add()
    with Kernel(clocked.kernel.home, plugins="") as without:
        Scheduler(without, lambda: None, lambda: clocked.moment).tick()
        clocked.set("2026-01-01T00:01:00")
        Scheduler(without, lambda: None, lambda: clocked.moment).tick()
    (run,) = list_runs(clocked.kernel.database, schedule.id)
    assert (run.status, "There is no team 'probe'" in run.reason) == ("failed", True)


def test_what_rests_is_not_missed_and_goes_on_from_when_it_was_resumed(clocked: Clocked) -> None:
    schedule = clocked.add(overlap=True)
    database = clocked.kernel.database
    clocked.tick("2026-01-01T00:01:00")
    assert pause_schedule(database, schedule.id).next_at is None
    assert not pause_schedule(database, schedule.id).enabled
    assert next_times(read_schedule(database, schedule.id)) == []
    assert clocked.tick("2026-01-01T00:30:00") == LOOK_SECONDS
    for _ in range(2):
        resumed = resume_schedule(database, schedule.id, clocked.moment)
        assert resumed.next_at == "2026-01-01T00:31:00.000000Z"
    clocked.tick("2026-01-01T00:31:00")
    assert clocked.runs(schedule) == [
        ("2026-01-01T00:01", "started"), ("2026-01-01T00:31", "started"),
    ]  # fmt: skip
    assert [kind for kind, *_ in events(clocked.kernel)] == [
        "schedule.added", "schedule.started", "schedule.paused", "schedule.resumed",
        "schedule.started",
    ]  # fmt: skip


def test_a_removed_schedule_leaves_its_sessions(clocked: Clocked) -> None:
    schedule = clocked.add()
    clocked.tick("2026-01-01T00:01:00")
    remove_schedule(clocked.kernel.database, schedule.id)
    clocked.tick("2026-01-01T00:02:00")
    assert list_schedules(clocked.kernel.database) == []
    assert len(clocked.sessions()) == 1
    assert list_runs(clocked.kernel.database, schedule.id) == []
    for gone in (remove_schedule, pause_schedule, resume_schedule, read_schedule):
        with pytest.raises(NotFoundError, match="There is no schedule 'a-goal'"):
            gone(clocked.kernel.database, schedule.id)
    with pytest.raises(NotFoundError):
        run_now(clocked.kernel, schedule.id)


def test_run_now_is_a_run_of_its_own_and_changes_no_time(clocked: Clocked) -> None:
    schedule = clocked.add("0 12 * * *")
    session_id = run_now(clocked.kernel, schedule.id, clocked.moment)
    (run,) = list_runs(clocked.kernel.database, schedule.id)
    assert (run.session_id, run.status, run.reason) == (session_id, "started", "asked for")
    found = read_schedule(clocked.kernel.database, schedule.id)
    assert (found.next_at, found.last_session) == (schedule.next_at, session_id)


def test_the_log_of_a_job_tells_of_a_session_that_was_begun_out_of_turn(clocked: Clocked) -> None:
    schedule = clocked.add("0 12 * * *")
    job_of(clocked, schedule, "nightly.log")
    session_id = run_now(clocked.kernel, schedule.id, clocked.moment)
    (line,) = (clocked.kernel.home.logs / "nightly.log").read_text().splitlines()
    assert f"a-goal started {session_id} in {clocked.repository} for " in line
    assert line.endswith(": asked for")


def test_the_newest_rows_of_a_schedule_stay_and_pages_go_through_them(clocked: Clocked) -> None:
    schedule = clocked.add(catch_up="skip")
    for day in range(1, 16):
        clocked.tick(f"2026-01-{day:02}T01:41:00")
    database = clocked.kernel.database
    page, seen = list_runs(database, schedule.id, 300), []
    while page:
        seen += [run.number for run in page]
        page = list_runs(database, schedule.id, 300, before=page[-1].number)
    assert len(seen) == KEPT_RUNS
    assert seen == sorted(set(seen), reverse=True)
    counted = database.fetch(Statement("SELECT count(*) FROM schedule_runs"), {})
    assert counted == [(KEPT_RUNS,)]


def test_ids_are_made_of_the_goal_and_told_apart(clocked: Clocked) -> None:
    made = [clocked.add(goal=goal).id for goal in ("Nightly review!", "nightly review", "2 days")]
    assert made == ["nightly-review", "nightly-review-2", "schedule-2-days"]
    assert clocked.add(goal="å" * 300).id == "schedule"
    assert clocked.add(goal="word " * 100).id == "word-" * 11 + "w"
    with pytest.raises(ConflictError, match="nightly-review"):
        clocked.add(name="nightly-review")
    for name in ("", "A", "a b", "-a", "a" * 65, "a\n"):
        with pytest.raises(UsageError, match="cannot name a schedule"):
            clocked.add(name=name)
    assert [s.id for s in list_schedules(clocked.kernel.database, 2)] == [
        "nightly-review", "nightly-review-2",
    ]  # fmt: skip
    rest = list_schedules(clocked.kernel.database, after="nightly-review-2")
    assert [s.id for s in rest] == ["schedule", "schedule-2-days", "word-" * 11 + "w"]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"cron": "0 25 * * *"}, "bad hour"),
        ({"cron": "0 0 */29 2 MON#5"}, "never comes round"),
        ({"cron": None}, "needs its times"),
        ({"zone": "Mars/Olympus"}, "no time zone"),
        ({"team": "nobody"}, "no team 'nobody'"),
        ({"goal": " "}, "goal is empty"),
        ({"goal": None}, "either a job or a goal"),
        ({"job": "a-job"}, "either a job or a goal"),
        ({"goal": None, "team": None, "job": "a-job"}, "There is no job 'a-job'"),
    ],
)
def test_what_could_never_be_begun_is_refused_when_it_is_added(
    clocked: Clocked, given: dict[str, object], told: str
) -> None:
    with pytest.raises(UsageError, match=told):
        clocked.add(**given)  # type: ignore[arg-type]
    assert list_schedules(clocked.kernel.database) == []


def test_a_repository_that_is_none_is_refused(clocked: Clocked, tmp_path: Path) -> None:
    for folder, told in ((tmp_path / "gone", "does not exist"), (tmp_path, "not a git checkout")):
        with pytest.raises(UsageError, match=told):
            add_schedule(
                clocked.kernel, repository=folder, goal="a", team="probe", cron="* * * * *"
            )


def test_two_schedulers_that_read_the_same_begin_a_time_once(clocked: Clocked) -> None:
    schedule = clocked.add(overlap=True)
    with Kernel(clocked.kernel.home, plugins="probe") as second:
        other = Scheduler(second, lambda: None, lambda: clocked.moment)
        for minute in range(1, 21):
            clocked.set(f"2026-01-01T00:{minute:02}:00")
            threads = [threading.Thread(target=s.tick) for s in (clocked.scheduler, other)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
    expected = [(f"2026-01-01T00:{minute:02}", "started") for minute in range(1, 21)]
    assert clocked.runs(schedule) == expected
    assert len(clocked.sessions()) == 20


def test_who_read_a_schedule_before_another_moved_it_on_records_nothing(clocked: Clocked) -> None:
    stale = clocked.add(overlap=True)
    clocked.tick("2026-01-01T00:01:00", "2026-01-01T00:02:00")
    moved = read_schedule(clocked.kernel.database, stale.id)
    later = "2026-01-01T00:03:00.000000Z"
    taken = clocked.kernel.database.writer.write(
        lambda c: take_times(c, stale, stale.next_at or "", later, 1)
    )
    assert taken is None
    assert read_schedule(clocked.kernel.database, stale.id) == moved


def test_a_database_that_cannot_be_written_ends_nothing_and_loses_nothing(
    clocked: Clocked, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = clocked.add(overlap=True), clocked.add(overlap=True, name="second")
    full = "PRAGMA max_page_count = 1"
    clocked.kernel.database.writer.write(lambda c: c.exec_driver_sql(full).close())
    big = Statement("CREATE TABLE big AS SELECT zeroblob(10000000)")
    with pytest.raises(StorageError, match="full"):
        clocked.kernel.database.writer.write(lambda c: big.run(c, {}).close())
    fill(clocked.kernel.database)
    with caplog.at_level(logging.ERROR):
        for second_of in (0, 10, 20):
            assert clocked.tick(f"2026-01-01T00:01:{second_of:02}") == LOOK_SECONDS
    assert [record.args[0] for record in caplog.records if record.args] == [first.id, second.id]
    clocked.kernel.database.writer.write(
        lambda c: c.exec_driver_sql("PRAGMA max_page_count = 1000000").close()
    )
    clocked.tick("2026-01-01T00:01:30")
    for schedule in (first, second):
        assert clocked.runs(schedule) == [("2026-01-01T00:01", "started")]


def fill(database: Database) -> None:
    """Use up every page that is left, so that nothing more fits."""
    for size in (4000, 400, 40, 4):
        row = Statement(
            "INSERT INTO events (type, subject, payload, created_at) "
            f"VALUES ('full', '', zeroblob({size}), '')"
        )
        try:
            while True:
                database.writer.write(lambda c, row=row: row.run(c, {}).close())
        except StorageError:
            continue


def test_the_thread_begins_what_is_due_looks_when_told_and_ends_at_once(
    kernel: Kernel, repository: Path
) -> None:
    woken = threading.Event()
    scheduler = Scheduler(kernel, woken.set)
    scheduler.start()
    try:
        schedule = add_schedule(
            kernel, repository=repository, goal="a", team="probe", cron="0 0 1 * *"
        )
        # Months ago in the record: due at once.
        past = Statement(
            "UPDATE schedules SET considered_until = '2026-01-01T00:00:00.000000Z', "
            "next_at = '2026-01-01T00:01:00.000000Z' WHERE id = :id"
        )
        kernel.database.writer.write(lambda c: past.run(c, {"id": schedule.id}).close())
        scheduler.notice()
        assert woken.wait(30)
        until(lambda: list_runs(kernel.database, schedule.id), "its runs")
    finally:
        scheduler.stop()
    statuses = [run.status.value for run in list_runs(kernel.database, schedule.id, 1000)]
    assert statuses.count("started") == 1


def test_what_nobody_foresaw_is_logged_and_the_thread_goes_on(
    kernel: Kernel, caplog: pytest.LogCaptureFixture
) -> None:
    looked = []

    def broken() -> object:
        looked.append(1)
        raise RuntimeError("a clock that is broken")

    scheduler = Scheduler(kernel, lambda: None, broken)  # type: ignore[arg-type]
    scheduler.start()
    until(lambda: len(looked) == 1, "the first look")
    scheduler.notice()
    until(lambda: len(looked) == 2, "the second look")
    scheduler.stop()
    assert "RuntimeError: a clock that is broken" in caplog.text


def test_a_schedule_that_cannot_be_read_keeps_nobody_from_the_others(clocked: Clocked) -> None:
    sick, well = clocked.add(name="sick"), clocked.add(name="well")
    spoil = Statement("UPDATE schedules SET considered_until = 'soon' WHERE id = 'sick'")
    clocked.kernel.database.writer.write(lambda c: spoil.run(c, {}).close())
    assert clocked.tick("2026-01-01T00:01:00") == LOOK_SECONDS
    assert clocked.runs(sick) == []
    assert clocked.runs(well) == [("2026-01-01T00:01", "started")]


def job_of(clocked: Clocked, schedule: Schedule, log: str) -> None:
    """Give a schedule the log that a ready-made job would have brought."""
    given = Statement("UPDATE schedules SET log = :log WHERE id = :id")
    values = {"log": log, "id": schedule.id}
    clocked.kernel.database.writer.write(lambda c: given.run(c, values).close())


def test_the_log_of_a_job_tells_how_its_sessions_began_and_ended(clocked: Clocked) -> None:
    schedule = clocked.add()
    job_of(clocked, schedule, "nightly.log")
    clocked.tick("2026-01-01T00:01:00", "2026-01-01T00:02:00")
    (session_id,) = clocked.sessions()
    clocked.kernel.database.writer.write(
        lambda c: finish_session(
            c, session_id, Status.COMPLETED, reason="",
            summary={"tasks": {"completed": 3}, "findings": {"high": 1, "medium": 0, "low": 4}},
            exit_code=0,
        )
    )  # fmt: skip
    clocked.scheduler.session_ended(session_id)
    path = clocked.kernel.home.root / "logs" / "nightly.log"
    lines = path.read_text().splitlines()
    assert f"a-goal started {session_id} in {clocked.repository} for 2026-01-01" in lines[0]
    assert "a-goal skipped for 2026-01-01" in lines[1]
    assert lines[1].endswith("the session before it had not ended")
    assert f"a-goal completed {session_id}" in lines[2]
    assert [line.strip() for line in lines[3:]] == [
        "tasks: 3 completed",
        "findings: 1 high, 4 low",
        f"report: genesis sessions show {session_id}",
    ]


def test_a_log_that_cannot_be_written_keeps_nothing_from_running(
    clocked: Clocked, caplog: pytest.LogCaptureFixture
) -> None:
    schedule = clocked.add()
    job_of(clocked, schedule, "nightly.log")
    (clocked.kernel.home.root / "logs").write_text("a file where a folder should be")
    clocked.tick("2026-01-01T00:01:00")
    clocked.scheduler.session_ended(clocked.sessions()[0])
    assert clocked.runs(schedule) == [("2026-01-01T00:01", "started")]
    assert "cannot be written" in caplog.text


def test_a_log_that_has_grown_large_is_set_aside_once(clocked: Clocked) -> None:
    schedule = clocked.add(overlap=True)
    job_of(clocked, schedule, "nightly.log")
    folder = clocked.kernel.home.root / "logs"
    folder.mkdir()
    (folder / "nightly.log").write_bytes(b"x" * 1_000_001)
    clocked.tick("2026-01-01T00:01:00", "2026-01-01T00:02:00")
    assert len((folder / "nightly.log").read_text().splitlines()) == 2
    assert (folder / "nightly.log.1").stat().st_size == 1_000_001


def test_the_end_of_a_session_that_no_schedule_began_is_nobodys(
    clocked: Clocked, repository: Path
) -> None:
    session_id = clocked.kernel.create_session("a goal", "probe", repository, {})
    clocked.scheduler.session_ended(session_id)
    assert not (clocked.kernel.home.root / "logs").exists()


def test_a_home_that_moved_keeps_its_schedules(clocked: Clocked, tmp_path: Path) -> None:
    schedule = clocked.add()
    shutil.copytree(clocked.kernel.home.root, tmp_path / "copy")
    copied = Database(tmp_path / "copy" / "genesis.db")
    assert read_schedule(copied, schedule.id) == schedule
    copied.close()
