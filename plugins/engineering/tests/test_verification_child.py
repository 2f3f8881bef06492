"""A program under limits: each limit ends it, and nothing that it started is left."""

from __future__ import annotations

import os
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from genesis_engineering.verification.child import ChildRun, run_child
from genesis_engineering.verification.limits import Limits, usable_memory

LIMITS = Limits(seconds=60)


def run(tmp_path: Path, code: str, limits: Limits = LIMITS) -> ChildRun:
    environment = {"PATH": os.environ["PATH"], "TMPDIR": str(tmp_path)}
    return run_child(
        [sys.executable, "-c", code], folder=tmp_path, environment=environment,
        temporary=tmp_path, limits=limits, on_tick=lambda: None,
    )  # fmt: skip


@pytest.mark.parametrize("code", [0, 3])
def test_an_exit_code_is_told_however_fast_the_program_ends(tmp_path: Path, code: int) -> None:
    for _ in range(5):
        ended = run_child(
            ["/bin/sh", "-c", f"exit {code}"], folder=tmp_path, environment={},
            temporary=tmp_path, limits=LIMITS, on_tick=lambda: None,
        )  # fmt: skip
        assert (ended.exit_code, ended.stopped, ended.lost) == (code, False, False)


def test_a_signal_is_told(tmp_path: Path) -> None:
    ended = run(tmp_path, "import os; os.abort()")
    assert ended.exit_code == -signal.SIGABRT
    assert ended.ending() == "SIGABRT"


def test_a_program_that_does_not_exist_raises(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="no-such-program cannot be started"):
        run_child(
            ["/no-such-program"], folder=tmp_path, environment={}, temporary=tmp_path,
            limits=LIMITS, on_tick=lambda: None,
        )  # fmt: skip


def test_too_many_processes_end_the_program_and_all_of_them(tmp_path: Path) -> None:
    code = "import os, time\nfor _ in range(60):\n    if os.fork() == 0:\n        os.setsid()\n"
    code += "        time.sleep(300)\nprint('forked', flush=True)\ntime.sleep(300)\n"
    before = time.monotonic()
    ended = run(tmp_path, code, replace(LIMITS, processes=30))
    assert time.monotonic() - before < 50
    assert ended.over == "processes" or "BlockingIOError" in ended.output
    mark = str(tmp_path)
    assert not [one for one in psutil.process_iter() if _environ(one).get("TMPDIR") == mark]


def _environ(process: psutil.Process) -> dict[str, str]:
    try:
        return dict(process.environ())
    except psutil.Error:
        return {}


def test_memory_of_several_processes_together_is_limited(tmp_path: Path) -> None:
    code = "import os, time\nfor _ in range(4):\n    if os.fork() == 0:\n"
    code += "        held = bytearray(os.urandom(1)) * 60_000_000\n        time.sleep(300)\n"
    code += "time.sleep(300)\n"
    ended = run(tmp_path, code, replace(LIMITS, memory=150 * 2**20))
    assert ended.over == "memory"
    assert "more memory" in ended.ending()


def test_a_file_cannot_grow_without_end(tmp_path: Path) -> None:
    code = "try:\n    open('f', 'wb').write(b'x' * 3_000_000)\nexcept OSError as error:\n"
    code += "    print(error)\n"
    ended = run(tmp_path, code, replace(LIMITS, file_bytes=1_000_000))
    assert "File too large" in ended.output
    assert (tmp_path / "f").stat().st_size == 1_000_000


def test_a_disk_that_runs_full_ends_the_program(tmp_path: Path) -> None:
    disk = os.statvfs(tmp_path)
    free = disk.f_bavail * disk.f_frsize
    ended = run(tmp_path, "print('still here')", replace(LIMITS, free_bytes=free * 2))
    # Half of what was free is the least that a program is given.
    assert (ended.exit_code, ended.over) == (0, "")


def test_all_output_is_handed_on_and_little_is_kept(tmp_path: Path) -> None:
    sizes: list[int] = []
    ended = run_child(
        [sys.executable, "-c", "import os\nfor _ in range(50): os.write(1, b'x' * 1_000_000)"],
        folder=tmp_path, environment={}, temporary=tmp_path, limits=LIMITS,
        on_tick=lambda: None, on_output=lambda chunk: sizes.append(len(chunk)),
    )  # fmt: skip
    assert sum(sizes) == 50_000_000
    assert len(ended.output) < 2_100_000


def test_nothing_is_left_when_the_caller_gives_up(tmp_path: Path) -> None:
    def give_up() -> None:
        if (tmp_path / "pid").exists():
            raise KeyboardInterrupt

    code = (
        "import os, time\nif os.fork() == 0: os.setsid()\nelse:\n    open('new', 'w').write('')\n"
    )
    code += "    os.rename('new', 'pid')\ntime.sleep(300)\n"
    with pytest.raises(KeyboardInterrupt):
        run_child(
            [sys.executable, "-c", code], folder=tmp_path,
            environment={"TMPDIR": str(tmp_path)}, temporary=tmp_path, limits=LIMITS,
            on_tick=give_up,
        )  # fmt: skip
    mark = str(tmp_path)
    assert not [one for one in psutil.process_iter() if _environ(one).get("TMPDIR") == mark]


def test_the_memory_that_may_be_used_is_part_of_the_machines() -> None:
    assert 512 * 2**20 <= usable_memory() <= psutil.virtual_memory().total
