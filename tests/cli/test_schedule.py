"""`genesis schedule` as a person and a program use it."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from genesis.cli.main import _run

from tests.support import Command, acting, make_repository, write_plan

GOAL = ("--", "run", "Nightly review", "--team", "probe", "--repo")


def add(genesis: Command, *arguments: str) -> dict[str, object]:
    done = genesis("schedule", "add", "--json", *arguments)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def scheduled(genesis: Command, repository: Path) -> Command:
    """A home with the schedule `nightly-review`."""
    add(genesis, "--cron", "30 22 * * *", "--zone", "Europe/Stockholm", *GOAL, str(repository))
    return genesis


def test_what_genesis_run_would_do_is_scheduled_and_its_next_times_are_shown(
    genesis: Command, repository: Path
) -> None:
    log = genesis.folder / "a.log"
    log.touch()
    done = genesis(
        "schedule", "add", "--cron", "30 22 * * *", "--zone", "Europe/Stockholm", "--catch-up",
        "skip", *GOAL, "../repository", "--verify-limit", "20", "--log", "a.log",
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "nightly-review\n"), done.stderr
    assert '"30 22 * * *" in Europe/Stockholm. Next:' in done.stderr
    assert done.stderr.count(" 22:30 CE") == 3
    assert "while `genesis up` runs" in done.stderr
    found = json.loads(genesis("schedule", "show", "nightly-review", "--json").stdout)
    assert (found["goal"], found["team"], found["repository"]) == (
        "Nightly review", "probe", str(repository),
    )  # fmt: skip
    assert found["options"] == {"verify_limit_seconds": 20.0, "logs": [str(log)]}
    assert (found["catch_up"], found["overlap"], found["enabled"]) == ("skip", False, True)
    assert found["next_times"][0] == found["next_at"]
    assert (len(found["next_times"]), found["runs"]) == (3, [])


def test_the_zone_is_this_machines_unless_one_is_named(genesis: Command, repository: Path) -> None:
    genesis.environment["TZ"] = "Asia/Kolkata"
    done = genesis("schedule", "add", "--cron", "0 6 * * *", *GOAL, str(repository))
    assert "in Asia/Kolkata, the zone of this machine" in done.stderr
    assert done.stderr.count(" 06:00 IST") == 3


def test_schedules_are_listed_paused_resumed_and_removed(scheduled: Command) -> None:
    listed = scheduled("schedule", "list")
    assert listed.stdout.startswith("nightly-review ")
    assert " 22:30 CE" in listed.stdout
    assert scheduled("schedule", "pause", "nightly-review").returncode == 0
    assert " rests " in scheduled("schedule", "list").stdout
    (paused,) = json.loads(scheduled("schedule", "list", "--json").stdout)
    assert (paused["enabled"], paused["next_at"], paused["next_times"]) == (False, None, [])
    resumed = scheduled("schedule", "resume", "nightly-review")
    assert " 22:30 CE" in resumed.stdout
    assert scheduled("schedule", "remove", "nightly-review").returncode == 0
    assert json.loads(scheduled("schedule", "list", "--json").stdout) == []
    for command in ("show", "run-now"):
        gone = scheduled("schedule", command, "nightly-review")
        assert (gone.returncode, gone.stdout) == (2, "")
        assert "There is no schedule 'nightly-review'" in gone.stderr


def test_run_now_begins_a_session_that_the_next_process_works_on(
    scheduled: Command, repository: Path
) -> None:
    write_plan(repository, acting("a", ["find", "seen"]))
    begun = json.loads(scheduled("schedule", "run-now", "nightly-review", "--json").stdout)
    session_id = begun["session_id"]
    again = scheduled("schedule", "run-now", "nightly-review")
    assert (again.returncode, "has not ended" in again.stderr) == (2, True)
    worked = scheduled("run", "--resume", session_id, "--json")
    assert json.loads(worked.stdout)["status"] == "completed", worked.stderr
    shown = scheduled("schedule", "show", "nightly-review")
    assert f"started  {session_id} asked for" in shown.stdout
    assert scheduled("schedule", "run-now", "nightly-review").returncode == 0
    page = json.loads(
        scheduled("schedule", "show", "nightly-review", "--json", "--before", "2").stdout
    )
    assert [run["session_id"] for run in page["runs"]] == [session_id]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "Give either --job NAME, or the session after two hyphens"),
        (["--job", "a", "--", "run", "b"], "Give either --job NAME"),
        (["--job", "a"], "There is no job 'a'"),
        (["--", "run", "a", "--repo", "R"], "needs its times"),
        (["--cron", "61 * * * *", "--", "run", "a", "--repo", "R"], "bad minute"),
        (["--cron", "0 0 30 2 *", "--", "run", "a", "--repo", "R"], "its months never have"),
        (["--cron", "0 0 * * *", "--zone", "Europe/Stokholm", "--", "run", "a", "--repo", "R"],
         "Did you mean 'Europe/Stockholm'"),
        (["--cron", "0 0 * * *", "--", "run", "a", "--repo", "gone"], "gone does not exist"),
        (["--cron", "0 0 * * *", "--", "run", "a", "--repo", "/"], "not a git checkout"),
        (["--cron", "0 0 * * *", "--", "run", "a", "--repo", "R", "--team", "nobody"],
         "no team 'nobody'"),
        (["--cron", "0 0 * * *", "--repo", "R", "--", "run", "a"], "after `-- run`"),
        (["--cron", "0 0 * * *", "--", "run", "--repo", "R"], "Give a goal"),
        (["--cron", "0 0 * * *", "--", "run", "a", "--resume"], "means nothing in a schedule"),
        (["--cron", "0 0 * * *", "--", "run", "a", "--home", "x"], "--home belongs before"),
        (["--cron", "0 0 * * *", "--", "run", "a", "--json"], "--json belongs before"),
        (["--cron", "0 0 * * *", "--", "run", "a", "--frob"], "No such option"),
        (["--cron", "0 0 * * *", "--", "run", "a", "--log", "gone.log"], "is not a file"),
        (["--cron", "0 0 * * *", "--", "minds", "list"], "Only `run` can be scheduled"),
        (["--cron", "0 0 * * *", "--name", "A b", "--", "run", "a", "--team", "probe", "--repo",
          "R"], "cannot name a schedule"),
    ],
)  # fmt: skip
def test_what_cannot_be_scheduled_is_refused_with_the_reason(
    repository: Path,
    probe_path: Path,
    tmp_path: Path,
    arguments: list[str],
    told: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    # In this process: a start for each of these takes its time.
    monkeypatch.syspath_prepend(probe_path)
    monkeypatch.setenv("GENESIS_PLUGINS", "probe")
    monkeypatch.setenv("GENESIS_HOME", str(tmp_path / "home"))
    given = [str(repository) if argument == "R" else argument for argument in arguments]
    assert _run(["schedule", "add", *given]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert told in shown.err


def test_a_schedule_whose_zone_this_machine_does_not_know_hides_no_other(
    scheduled: Command, repository: Path
) -> None:
    add(scheduled, "--cron", "0 1 * * *", "--name", "elsewhere", *GOAL, str(repository))
    with closing(sqlite3.connect(scheduled.home / "genesis.db")) as connection, connection:
        connection.execute("UPDATE schedules SET timezone = 'Mars/Base' WHERE id = 'elsewhere'")
    lines = scheduled("schedule", "list").stdout.splitlines()
    assert "its zone is unknown here" in lines[0]
    assert "22:30" in lines[1]
    shown = scheduled("schedule", "show", "elsewhere").stdout
    assert "Mars/Base" in shown
    assert json.loads(scheduled("schedule", "list", "--json").stdout)[0]["next_times"] == []


def test_a_home_that_is_none_is_refused_and_left_alone(genesis: Command) -> None:
    for command in (["list"], ["run-now", "a"]):
        done = genesis("schedule", *command)
        assert (done.returncode, "There is no home" in done.stderr) == (2, True)
    assert not genesis.home.exists()


def test_adding_the_same_once_more_is_told(scheduled: Command, repository: Path) -> None:
    again = ("schedule", "add", "--cron", "0 4 * * *", *GOAL)
    done = scheduled(*again, str(repository))
    assert done.stdout == "nightly-review-2\n"
    assert "nightly-review begins the same session; `genesis schedule remove nightly-review-2`" in (
        done.stderr
    )
    other = make_repository(repository.parent / "other")
    assert "the same session" not in scheduled(*again, str(other)).stderr


def test_a_session_waits_until_a_process_takes_it_up(scheduled: Command, repository: Path) -> None:
    write_plan(repository, acting("one"))
    session_id = scheduled("schedule", "run-now", "nightly-review").stdout.strip()
    assert f"{session_id}  waiting " in scheduled("sessions", "list").stdout
    shown = scheduled("sessions", "show", session_id)
    assert f"{session_id}: waiting" in shown.stdout
    assert f"`genesis run --resume {session_id}`" in shown.stderr
    assert f"{session_id} waits for `genesis up`" in scheduled("doctor").stdout
    with closing(sqlite3.connect(scheduled.home / "genesis.db")) as connection, connection:
        connection.execute("UPDATE sessions SET owner = 'nobody who lives'")
    assert f"{session_id}  interrupted " in scheduled("sessions", "list").stdout
    assert f"{session_id}: interrupted" in scheduled("sessions", "show").stdout
    assert f"{session_id} was interrupted; go on with" in scheduled("doctor").stdout
    scheduled("run", "--resume", session_id)
    assert f"{session_id}  completed " in scheduled("sessions", "list").stdout
    assert scheduled("sessions", "show").stderr == ""


def test_a_name_that_is_taken_is_refused(scheduled: Command, repository: Path) -> None:
    done = scheduled(
        "schedule", "add", "--cron", "0 0 * * *", "--name", "nightly-review", *GOAL, str(repository)
    )
    assert (done.returncode, "give another name" in done.stderr) == (2, True)


def test_the_goals_of_the_team_are_ready_made(genesis: Command, repository: Path) -> None:
    genesis.environment["GENESIS_PLUGINS"] = "engineering"
    listed = json.loads(genesis("schedule", "jobs", "--json").stdout)
    assert {job["name"]: (job["cron"], job["log"]) for job in listed} == {
        "learnings-review": ("30 22 * * *", "compound-review.log"),
        "auto-implementation": ("0 23 * * *", "auto-compound.log"),
        "nightly-review": ("0 2 * * *", "nightly-review.log"),
        "log-triage": ("0 6 * * *", "log-triage.log"),
        "release-kit": ("0 5 * * MON", "release-kit.log"),
    }
    for job in listed:
        shown = genesis("schedule", "jobs").stdout
        assert f"{job['name']} " in shown
        assert f'"{job["goal"]}": ' in shown
        made = add(genesis, "--job", job["name"], "--repo", str(repository))
        assert (made["id"], made["job"]) == (job["name"], job["name"])
        assert (made["cron"], made["log"]) == (job["cron"], job["log"])
    other = add(genesis, "--job", "learnings-review", "--cron", "0 4 * * *", "--repo",
                str(repository))  # fmt: skip
    assert (other["id"], other["cron"]) == ("learnings-review-2", "0 4 * * *")


def test_a_learnings_review_looks_back_at_the_sessions_of_its_home(
    genesis: Command, repository: Path
) -> None:
    genesis.environment["GENESIS_PLUGINS"] = "engineering"
    (repository / "a.py").write_text("def f(x):\n    return eval(x)\n")
    for _ in range(2):
        assert genesis("run", "nightly", "--repo", str(repository)).returncode == 0
    add(genesis, "--job", "learnings-review", "--repo", str(repository))
    session_id = genesis("schedule", "run-now", "learnings-review").stdout.strip()
    done = json.loads(genesis("run", "--resume", session_id, "--json").stdout)
    plan, *_ = done["tasks"]
    (learn,) = (task for task in done["tasks"] if task["specialist"] == "senior-reviewer")
    assert (plan["kind"], learn["kind"], learn["status"]) == ("plan", "learn", "completed")
    found = {finding["message"] for finding in learn["findings"]}
    assert any(told.startswith("eval in a.py") and "(2 sessions)" in told for told in found)
    assert learn["facts"]["learning-sessions"] == 2
    folder = genesis.home / "sessions" / session_id
    assert [path.name for path in folder.glob("work/*/learnings.md")] == ["learnings.md"]
