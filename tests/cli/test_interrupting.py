"""Ctrl-C, `genesis cancel` and kill -9: what was done stays done, and it goes on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path

import psutil
import pytest

from tests.support import Command, acting, processes_with, until, write_plan


class Waiting:
    """A run of which `done` has ended, `waits` is at work until `go`, and `after` comes last."""

    def __init__(
        self, genesis: Command, repository: Path, folder: Path, step: str = "wait"
    ) -> None:
        self.genesis = genesis
        self.repository = repository
        self.notes, self.go = folder / "notes", folder / "go"
        self.marker = f"marker-{folder.name}-{os.getpid()}"
        note = ["note", str(self.notes)]
        write_plan(
            repository,
            acting("done", note),
            acting("waits", note, ["spawn", self.marker, True], [step, str(self.go)],
                   depends_on=["done"]),
            acting("after", note, depends_on=["waits"]),
        )  # fmt: skip
        self.process: subprocess.Popen[str] = genesis.start(*self.arguments("a goal"))
        until(lambda: processes_with(self.marker), "the second task is at work")

    def arguments(self, *more: str) -> list[str]:
        return ["run", *more, "--repo", str(self.repository), "--team", "probe", "--json"]

    def end(self) -> tuple[int, str, str]:
        output, errors = self.process.communicate(timeout=60)
        return self.process.returncode, output, errors

    def noted(self) -> list[str]:
        """Each attempt that began: the task's key and the attempt's number."""
        return sorted(self.notes.read_text().splitlines())

    def gone(self) -> None:
        until(lambda: not processes_with(self.marker), "the grandchildren are gone")


@pytest.fixture
def waiting(genesis: Command, repository: Path, tmp_path: Path) -> Waiting:
    """A session at work in a process of its own."""
    return Waiting(genesis, repository, tmp_path)


@pytest.fixture
def silent(genesis: Command, repository: Path, tmp_path: Path) -> Waiting:
    """The same, but its tool never reports and so never meets a broken pipe."""
    return Waiting(genesis, repository, tmp_path, "stay")


def finished(document: dict[str, object]) -> dict[str, tuple[str, int]]:
    return {task["key"]: (task["status"], task["attempt"]) for task in document["tasks"]}


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_cancels_and_resume_finishes(waiting: Waiting, how: signal.Signals) -> None:
    waiting.process.send_signal(how)
    code, output, errors = waiting.end()
    assert code == 130
    cancelled = json.loads(output)
    session_id = cancelled["session_id"]
    assert cancelled["status"] == "cancelled"
    assert f"genesis run --resume {session_id}" in cancelled["reason"]
    assert "Cancelling" in errors
    assert "Traceback" not in errors
    waiting.gone()
    waiting.go.touch()
    done = waiting.genesis("run", "--resume", "--json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["session_id"] == session_id
    assert finished(document) == {
        "plan": ("completed", 1), "done": ("completed", 1), "waits": ("completed", 2),
        "after": ("completed", 1),
    }  # fmt: skip
    assert waiting.noted() == ["after 1", "done 1", "waits 1", "waits 2"]


def test_the_report_after_ctrl_c_says_how_to_resume(
    genesis: Command, repository: Path, tmp_path: Path
) -> None:
    begun = tmp_path / "begun"
    write_plan(repository, acting("a", ["note", str(begun)], ["wait", str(tmp_path / "never")]))
    process = genesis.start("run", "a goal", "--repo", str(repository), "--team", "probe")
    until(begun.exists, "the task is at work")
    process.send_signal(signal.SIGINT)
    output, _errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "genesis run --resume session-" in output


def test_ctrl_c_before_the_work_begins_ends_with_130_too(
    genesis: Command, repository: Path
) -> None:
    write_plan(repository, acting("a"))
    genesis.home.mkdir()
    os.mkfifo(genesis.home / "genesis.toml")
    process = genesis.start("run", "a goal", "--repo", str(repository), "--team", "probe")
    # It reads its settings, and gets no further until somebody writes them.
    with (genesis.home / "genesis.toml").open("w"):
        process.send_signal(signal.SIGINT)
        _output, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Traceback" not in errors
    assert "cancelled" in errors


def test_cancel_from_another_process_ends_a_running_child(waiting: Waiting) -> None:
    done = waiting.genesis("cancel", "latest")
    assert done.returncode == 0
    assert "asked to cancel" in done.stdout
    code, output, _errors = waiting.end()
    assert code == 130
    assert finished(json.loads(output))["waits"] == ("cancelled", 1)
    assert "genesis cancel" in json.loads(output)["reason"]
    waiting.gone()
    again = waiting.genesis("cancel", "latest")
    assert (again.returncode, "cancelled already" in again.stderr) == (2, True)


def kill_and_wait(waiting: Waiting) -> None:
    children = psutil.Process(waiting.process.pid).children(recursive=True)
    assert children
    waiting.process.kill()
    waiting.end()
    waiting.gone()

    def gone() -> bool:
        return not any(c.is_running() and c.status() != psutil.STATUS_ZOMBIE for c in children)

    until(gone, "the children die with their parent")


def test_children_die_with_a_killed_run_and_resume_finishes(silent: Waiting) -> None:
    kill_and_wait(silent)
    listed = json.loads(silent.genesis("sessions", "list", "--json").stdout)
    assert [session["status"] for session in listed] == ["in_progress"]
    silent.go.touch()
    done = silent.genesis("run", "--resume", "--json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["session_id"] == listed[0]["session_id"]
    assert finished(document)["waits"] == ("completed", 2)
    assert silent.noted() == ["after 1", "done 1", "waits 1", "waits 2"]
    again = silent.genesis("run", "--resume")
    assert again.returncode == 2
    assert "no session to resume" in again.stderr


def test_a_run_with_another_goal_finishes_what_was_killed(waiting: Waiting) -> None:
    kill_and_wait(waiting)
    waiting.go.touch()
    write_plan(waiting.repository, acting("other"))
    done = waiting.genesis(*waiting.arguments("another goal"))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["goal"] == "another goal"
    assert "Going on with session-" in done.stderr
    listed = json.loads(waiting.genesis("sessions", "list", "--json").stdout)
    assert {session["goal"]: session["status"] for session in listed} == {
        "a goal": "completed", "another goal": "completed",
    }  # fmt: skip
    assert waiting.noted() == ["after 1", "done 1", "waits 1", "waits 2"]


def test_a_killed_session_can_be_cancelled_without_a_run(waiting: Waiting) -> None:
    kill_and_wait(waiting)
    done = waiting.genesis("cancel", "latest")
    assert (done.returncode, "cancelled" in done.stdout) == (0, True)
    shown = json.loads(waiting.genesis("sessions", "show", "--json").stdout)
    assert (shown["status"], shown["exit_code"]) == ("cancelled", 130)
    assert finished(shown) == {
        "plan": ("completed", 1), "done": ("completed", 1), "waits": ("cancelled", 1),
        "after": ("cancelled", 0),
    }  # fmt: skip


def test_two_runs_at_once_share_a_home(waiting: Waiting) -> None:
    write_plan(waiting.repository, acting("other"))
    done = waiting.genesis(*waiting.arguments("another goal"))
    assert done.returncode == 0, done.stderr
    assert "Going on" not in done.stderr
    waiting.go.touch()
    code, output, _errors = waiting.end()
    assert code == 0
    assert finished(json.loads(output))["waits"] == ("completed", 1)
    refused = waiting.genesis("run", "--resume", json.loads(output)["session_id"])
    assert refused.returncode == 2
    assert "nothing is left to resume" in refused.stderr
