"""One process for each home: who is second is told who was first, and the dead are no obstacle."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from genesis.cli.lines import local_time
from genesis.errors import HomeError
from genesis.home import Home
from genesis.service.instance import InstanceLock, find_holder, lock_path

from tests.support import until

HOLD = """
import sys, time
from pathlib import Path
from genesis.home import Home
from genesis.service.instance import InstanceLock
lock = InstanceLock(Home(Path(sys.argv[1])))
lock.tell_url("http://127.0.0.1:7")
print("held", flush=True)
time.sleep(60)
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    found = Home(tmp_path / "home")
    found.prepare()
    return found


def hold(home: Home) -> subprocess.Popen[str]:
    """Another process that runs the home."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(home.root)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def kill(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.wait()
    assert process.stdout is not None
    process.stdout.close()


def test_nobody_runs_a_home_that_was_never_used(tmp_path: Path) -> None:
    assert find_holder(Home(tmp_path / "nowhere")) is None
    assert not (tmp_path / "nowhere").exists()


def test_a_second_start_is_told_who_holds_the_home_since_when_and_where(home: Home) -> None:
    process = hold(home)
    try:
        holder = find_holder(home)
        assert holder is not None
        assert holder.instance is not None
        assert holder.instance.pid == process.pid
        with pytest.raises(HomeError) as caught:
            InstanceLock(home)
        since = local_time(holder.instance.started_at)
        for part in (str(process.pid), f"since {since}, on", "http://127.0.0.1:7",
                     "genesis down"):  # fmt: skip
            assert part in str(caught.value)
        assert caught.value.exit_code == 3
    finally:
        kill(process)


def test_the_file_of_a_process_that_was_killed_is_no_obstacle(home: Home) -> None:
    kill(hold(home))
    assert lock_path(home).read_text() != ""
    assert find_holder(home) is None
    lock = InstanceLock(home)
    holder = find_holder(home)
    assert holder is not None
    assert holder.instance is not None
    assert holder.instance.pid == os.getpid()
    lock.close()
    assert find_holder(home) is None
    InstanceLock(home).close()


@pytest.mark.parametrize("text", ["", "{", '{"pid": "x"}', "\0" * 4096])
def test_whatever_stands_in_the_file_it_can_be_taken(home: Home, text: str) -> None:
    lock_path(home).write_text(text)
    assert find_holder(home) is None
    InstanceLock(home).close()


def test_who_only_looks_does_not_keep_another_from_starting(home: Home) -> None:
    with lock_path(home).open("w") as looking:
        fcntl.flock(looking, fcntl.LOCK_SH)  # as `find_holder` does, for a moment
        timer = threading.Timer(0.2, lambda: fcntl.flock(looking, fcntl.LOCK_UN))
        timer.start()
        InstanceLock(home).close()
        timer.join()


def test_a_child_that_a_plugin_forked_does_not_keep_the_home(home: Home) -> None:
    lock = InstanceLock(home)
    pid = os.fork()
    if pid == 0:
        signal.pause()
        os._exit(0)
    try:
        lock._file.close()  # as the system does when this process is killed
        until(lambda: find_holder(home) is None, "the child has let go of it")
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
