"""`genesis tasks`: looked at, cancelled, carried out by any process, given back when it ends."""

from __future__ import annotations

import json
import signal
import subprocess
from collections import Counter
from pathlib import Path

import pytest
from genesis import Mind
from genesis.contracts.background import BackgroundTask

from tests.cli.test_bad_input import told
from tests.cli.test_minds import done
from tests.support import Command, until


def give(mind: Mind, handler: str, request: str = "a letter", **more: object) -> BackgroundTask:
    return mind.background.submit(request, handler=handler, **more)  # type: ignore[arg-type]


def noting(mind: Mind, path: Path, request: str, **more: object) -> BackgroundTask:
    return give(mind, "note", request, context={"file": str(path)}, **more)


def state(mind: Mind, task: BackgroundTask) -> str:
    found = mind.background.get_task(task.task_id)
    assert found is not None
    return found.status


def listed(command: Command, *options: str) -> list[str]:
    """The requests of the tasks that a list shows."""
    documents = json.loads(done(command, "tasks", "list", *options, "--json"))
    return [task["user_request"] for task in documents]


def test_what_is_due_is_done_and_each_end_is_a_line(
    command: Command, mind: Mind, tmp_path: Path
) -> None:
    tasks = [noting(mind, tmp_path / "notes", f"letter {number}") for number in range(3)]
    later = noting(mind, tmp_path / "notes", "later", run_at="2999-01-01")
    ended = command("tasks", "work", "--until-idle", "--workers", "2")
    assert ended.returncode == 0, ended.stderr
    lines = sorted(ended.stdout.splitlines())
    assert lines == sorted(f"{t.task_id}  completed  {t.user_request}" for t in tasks)
    assert sorted((tmp_path / "notes").read_text().splitlines()) == [
        "letter 0 1", "letter 1 1", "letter 2 1"
    ]  # fmt: skip
    assert state(mind, later) == "pending"
    assert command("tasks", "work", "--until-idle").stdout == ""


def test_a_task_that_fails_for_good_is_told_and_ends_with_1(command: Command, mind: Mind) -> None:
    task = give(mind, "fail", max_retries=0)
    ended = command("tasks", "work", "--until-idle")
    assert ended.returncode == 1
    assert (
        ended.stdout
        == f"{task.task_id}  failed     a letter [ValueError: no way to do: a letter]\n"
    )
    assert "ValueError" in done(command, "tasks", "show", task.task_id)


def test_a_task_that_is_tried_again_later_is_told_so(command: Command, mind: Mind) -> None:
    task = give(mind, "fail", max_retries=1)
    ended = command("tasks", "work", "--until-idle")
    assert ended.stdout.startswith(f"{task.task_id}  retrying ")
    assert ended.returncode == 0
    assert state(mind, task) == "retrying"


def test_a_task_without_a_handler_waits_and_is_told(command: Command, mind: Mind) -> None:
    task = give(mind, "gone")
    ended = command("tasks", "work", "--until-idle")
    assert (ended.returncode, ended.stdout) == (0, "")
    assert "No active plugin has the handler 'gone'" in ended.stderr
    assert "'gone'" in done(command, "tasks", "show", task.task_id)


def test_tasks_of_all_minds_are_done(command: Command, mind: Mind, tmp_path: Path) -> None:
    other = Mind.birth("Other", store=mind._store)
    for of_mind in (mind, other):
        noting(of_mind, tmp_path / "notes", of_mind.name)
    done(command, "tasks", "work", "--until-idle")
    assert sorted((tmp_path / "notes").read_text().splitlines()) == ["Ann 1", "Other 1"]


class Worker:
    """`genesis tasks work` in a process of its own, at work on a task that waits for `go`."""

    def __init__(self, command: Command, mind: Mind, folder: Path, handler: str) -> None:
        self.begun, self.go = folder / "begun", folder / "go"
        context = {"begun": str(self.begun), "go": str(self.go)}
        self.task = give(mind, handler, context=context)
        self.process = command.start("tasks", "work")
        until(self.begun.exists, "the task is at work")

    def end(self) -> tuple[str, str]:
        output, errors = self.process.communicate(timeout=60)
        assert "Traceback" not in errors, errors
        return output, errors


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_what_runs_is_finished_before_the_worker_ends(
    command: Command, mind: Mind, tmp_path: Path, how: signal.Signals
) -> None:
    worker = Worker(command, mind, tmp_path, "wait")
    waiting = noting(mind, tmp_path / "notes", "begun after the signal?", priority=-1)
    worker.process.send_signal(how)
    worker.go.touch()
    output, errors = worker.end()
    assert worker.process.returncode == 0
    assert f"{worker.task.task_id}  completed  a letter" in output
    assert "what runs has 10 seconds" in errors
    assert state(mind, worker.task) == "completed"
    assert state(mind, waiting) in ("pending", "completed")


def test_what_does_not_end_is_given_back_by_a_second_ctrl_c(
    command: Command, mind: Mind, tmp_path: Path
) -> None:
    worker = Worker(command, mind, tmp_path, "stay")
    worker.process.send_signal(signal.SIGINT)
    assert worker.process.stderr is not None
    while "10 seconds" not in worker.process.stderr.readline():
        pass
    worker.process.send_signal(signal.SIGINT)
    worker.end()
    assert worker.process.returncode == 0
    assert state(mind, worker.task) == "pending"


def test_what_a_killed_worker_held_is_done_by_the_next(
    command: Command, mind: Mind, tmp_path: Path
) -> None:
    worker = Worker(command, mind, tmp_path, "wait")
    worker.process.kill()
    worker.end()
    assert state(mind, worker.task) == "running"
    worker.go.touch()
    assert worker.task.task_id in done(command, "tasks", "work", "--until-idle")
    assert state(mind, worker.task) == "completed"


def test_two_workers_beside_each_other_do_each_task_once(
    command: Command, mind: Mind, tmp_path: Path
) -> None:
    workers = [command.start("tasks", "work", "--workers", "2") for _ in range(2)]
    for worker in workers:
        assert worker.stderr is not None
        assert "Working" in worker.stderr.readline()
    tasks = [noting(mind, tmp_path / f"note-{n}", f"letter {n}") for n in range(40)]
    until(lambda: not mind.background.get_active_tasks(), "all tasks are done")
    for worker in workers:
        worker.send_signal(signal.SIGTERM)
        _, errors = worker.communicate(timeout=60)
        assert (worker.returncode, "Traceback" in errors) == (0, False)
    assert Counter(state(mind, task) for task in tasks) == {"completed": 40}
    for number in range(40):
        assert (tmp_path / f"note-{number}").read_text() == f"letter {number} 1\n"


def test_a_reader_that_has_seen_enough_ends_the_worker_quietly(
    command: Command, mind: Mind, tmp_path: Path
) -> None:
    process = command.start("tasks", "work")
    with process:
        assert process.stdout is not None
        process.stdout.close()
        until(lambda: _is_ended(process, mind, tmp_path), "the worker ends")
        assert process.stderr is not None
        assert "Traceback" not in process.stderr.read()


def _is_ended(process: subprocess.Popen[str], mind: Mind, folder: Path) -> bool:
    noting(mind, folder / "notes", "a letter")
    return process.poll() is not None


# --- looking at them, cancelling -----------------------------------------------------------------


@pytest.fixture
def several(mind: Mind) -> Mind:
    """A mind with tasks in several states."""
    for request in ("first", "second", "third"):
        give(mind, "note", request)
    mind.background.cancel(mind.background.get_active_tasks()[1].task_id)
    return mind


@pytest.mark.parametrize(
    ("options", "requests"),
    [
        ([], ["third", "second", "first"]),
        (["Ann"], ["third", "second", "first"]),
        (["--limit", "2"], ["third", "second"]),
        (["--status", "pending"], ["third", "first"]),
        (["--status", "cancelled"], ["second"]),
        (["Ann", "--status", "failed"], []),
    ],
)
def test_tasks_are_listed_newest_first(
    command: Command, several: Mind, options: list[str], requests: list[str]
) -> None:
    assert listed(command, *options) == requests
    lines = done(command, "tasks", "list", *options).splitlines()
    assert [line.split()[-1] for line in lines] == requests


def test_of_several_minds_only_the_named_ones_tasks_are_listed(
    command: Command, several: Mind
) -> None:
    other = Mind.birth("Other", store=several._store)
    give(other, "note", "of the other")
    assert listed(command, "Other") == ["of the other"]
    assert len(listed(command)) == 4
    assert command("tasks", "list", "Other", "--status", "failed").stderr == "No tasks.\n"


def test_show_tells_everything_about_a_task(command: Command, mind: Mind, tmp_path: Path) -> None:
    task = noting(
        mind, tmp_path / "notes", "a \x1b[31mletter\nof two lines", user_email="ann@x.org"
    )
    done(command, "tasks", "work", "--until-idle")
    shown = done(command, "tasks", "show", task.task_id)
    assert 'result     "noted"\n' in shown
    assert "user       ann@x.org\n" in shown
    assert "\x1b" not in shown
    document = json.loads(done(command, "tasks", "show", task.task_id, "--json"))
    assert document["result"] == "noted"
    assert document["status"] == "completed"


def test_a_task_that_waits_is_cancelled_at_once(command: Command, mind: Mind) -> None:
    task = give(mind, "note")
    assert done(command, "tasks", "cancel", task.task_id) == f"{task.task_id}: cancelled.\n"
    told(command("tasks", "cancel", task.task_id), 2, task.task_id, "cancelled already")


def test_a_task_that_runs_elsewhere_is_asked_to_end(
    command: Command, mind: Mind, tmp_path: Path
) -> None:
    worker = Worker(command, mind, tmp_path, "wait")
    assert "was asked to cancel it" in done(command, "tasks", "cancel", worker.task.task_id)
    until(lambda: state(mind, worker.task) == "cancelled", "the task is cancelled")
    worker.process.send_signal(signal.SIGTERM)
    output, _ = worker.end()
    assert f"{worker.task.task_id}  cancelled  a letter" in output


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["show", "task-gone"], "'task-gone'"),
        (["show", ""], "''"),
        (["cancel", "\x1b[31m"], "x1b"),
        (["list", "Nobody"], "'Nobody'"),
        (["list", "--status", "banana"], "'banana'"),
    ],
)
def test_what_is_not_there_is_told(
    command: Command, mind: Mind, arguments: list[str], word: str
) -> None:
    told(command("tasks", *arguments), 2, word)


@pytest.mark.parametrize("workers", ["0", "many", "1000"])
def test_a_wrong_number_of_workers_is_told(command: Command, mind: Mind, workers: str) -> None:
    ended = command("tasks", "work", "--workers", workers)
    assert ended.returncode == 2
    assert "--workers" in ended.stderr
