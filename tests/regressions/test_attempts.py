"""Every attempt ends once, whatever its tool does: forks, hangs, odd results, no answer."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from tests.regressions.conftest import Attempts, attempt_threads
from tests.support import until


def is_gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def forked(children: Attempts, tool: str, seconds: float = 60) -> int:
    """Begin an attempt that forks and is killed; gives the pid of its fork."""
    file = children.folder / "pid"
    children.begin(tool, pid=str(file), seconds=seconds)
    return int(until(lambda: file.exists() and file.read_text(), "the tool forks"))


def test_a_fork_that_outlives_its_child_does_not_hide_its_end(children: Attempts) -> None:
    fork = forked(children, "fork_and_die")
    assert children.end().ended == "died"
    until(lambda: is_gone(fork), "the fork is ended too")


def test_a_fork_that_holds_the_channel_is_ended_at_the_time_limit(children: Attempts) -> None:
    fork = forked(children, "fork_unseen_and_die", seconds=0.5)
    assert children.end().ended == "timed_out"
    until(lambda: is_gone(fork), "the fork is ended too")


def test_a_fork_that_holds_the_channel_is_ended_on_cancellation(children: Attempts) -> None:
    fork = forked(children, "fork_unseen_and_die")
    children.executor.cancel("t", 1)
    assert children.end().ended == "cancelled"
    until(lambda: is_gone(fork), "the fork is ended too")


@pytest.mark.parametrize("ending", ["timed_out", "cancelled"])
def test_a_child_that_never_reads_its_spec_blocks_nobody(
    children: Attempts, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    deaf = children.folder / "deaf"
    deaf.write_text("#!/bin/sh\nexec sleep 60\n")
    deaf.chmod(0o755)
    stub = SimpleNamespace(executable=str(deaf), platform=sys.platform)
    monkeypatch.setattr("genesis.executors.process.sys", stub)
    more_than_a_pipe_takes = ["x" * 100] * 3000
    seconds = 0.3 if ending == "timed_out" else 60
    children.begin("quiet", seconds=seconds, files=more_than_a_pipe_takes)
    if ending == "cancelled":
        children.executor.cancel("t", 1)
    assert children.end().ended == ending


def test_an_attempt_that_cannot_be_followed_says_so(
    children: Attempts, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: object) -> None:
        raise UnicodeEncodeError("utf-8", "caf\udce9", 3, 4, "surrogates not allowed")

    monkeypatch.setattr("genesis.executors.process._write_line", fail)
    children.begin("quiet")
    ended = children.end()
    assert ended.ended == "failed"
    assert "could not be followed" in ended.error


def test_a_result_that_cannot_be_written_fails_its_task_and_no_other(either: Attempts) -> None:
    either.begin("no_text", "odd")
    ended = either.end()
    assert (ended.task_id, ended.ended, ended.result) == ("odd", "failed", None)
    assert ended.error.startswith("no_text: ")
    ended.model_dump_json()
    either.begin("quiet", "next")
    ended = either.end()
    assert (ended.task_id, ended.ended, ended.result.summary) == ("next", "completed", "quiet")


def test_an_error_that_is_no_exception_fails_the_attempt(either: Attempts) -> None:
    either.begin("cancelled_error")
    ended = either.end()
    assert ended.ended == "failed"
    assert ended.error == "cancelled_error: CancelledError: of the tool's own"


def release_and_look(threads: Attempts) -> None:
    """Let the held tool return; what it comes to is dropped."""
    import odd_tools

    odd_tools.RELEASE.set()
    until(lambda: not attempt_threads(), "the thread ends")
    assert threads.executor.tick() == []


def test_a_thread_that_never_returns_is_given_up_at_its_time_limit(threads: Attempts) -> None:
    threads.begin("hold", seconds=0.1)
    ended = threads.end()
    assert (ended.ended, ended.result) == ("timed_out", None)
    assert "time limit" in ended.error
    release_and_look(threads)


def test_a_thread_that_never_returns_is_given_up_once_cancelled(threads: Attempts) -> None:
    threads.begin("hold")
    threads.executor.cancel("t", 1)
    threads.executor.cancel("t", 1)
    ended = threads.end()
    assert (ended.ended, ended.result) == ("cancelled", None)
    release_and_look(threads)


def test_stuck_threads_leave_room_for_others(threads: Attempts, tmp_path: Path) -> None:
    for number in range(8):
        threads.begin("hold", f"stuck-{number}")
    threads.begin("quiet", "free")
    ended = threads.end()
    assert (ended.task_id, ended.ended) == ("free", "completed")
