"""What keeps the process small."""

from __future__ import annotations

import subprocess
import sys

import pytest

ARENAS = """
import ctypes, re, sys, threading
from genesis.service.memory import share_arenas

if sys.argv[1] == "share":
    share_arenas()
ready, done = threading.Barrier(9), threading.Event()

def need() -> None:
    held = [bytes(2000) for _ in range(200)]
    ready.wait()
    done.wait()
    held.clear()

threads = [threading.Thread(target=need) for _ in range(8)]
for thread in threads:
    thread.start()
ready.wait()
libc = ctypes.CDLL(None)
libc.fopen.restype = ctypes.c_void_p
stream = libc.fopen(sys.argv[2].encode(), b"w")
libc.malloc_info(0, ctypes.c_void_p(stream))
libc.fclose(ctypes.c_void_p(stream))
done.set()
print(open(sys.argv[2]).read().count("<heap nr="))
"""


def arenas(how: str, path: str) -> int:
    """How many arenas malloc has once eight threads have asked for memory."""
    done = subprocess.run(
        [sys.executable, "-c", ARENAS, how, path], capture_output=True, text=True, check=True
    )
    return int(done.stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="this is about glibc's malloc")
def test_all_threads_share_two_arenas(tmp_path: object) -> None:
    path = f"{tmp_path}/arenas.xml"
    assert arenas("share", path) <= 2
    assert arenas("leave", path) > 2


FREED = """
import ctypes
import psutil
from genesis.service.memory import give_back

libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
held = [libc.malloc(1000) for _ in range(100_000)]
for block in held[:-1]:
    libc.free(ctypes.c_void_p(block))
before = psutil.Process().memory_info().rss
give_back()
print(before - psutil.Process().memory_info().rss)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="this is about glibc's malloc")
def test_memory_that_is_free_below_what_is_used_is_given_back() -> None:
    done = subprocess.run([sys.executable, "-c", FREED], capture_output=True, text=True, check=True)
    assert int(done.stdout) > 50_000_000


PATHS = """
import sys
from pathlib import Path
import psutil
from genesis.service.memory import give_back, widen_interned

# About as many as a served home has.
texts = [sys.intern(f"text {number}") for number in range(30_000)]
if sys.argv[1] == "widen":
    widen_interned()
give_back()
before = psutil.Process().memory_info().rss
for number in range(100_000):
    Path(f"attempt-{number}")
give_back()
print(psutil.Process().memory_info().rss - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="this is about glibc's malloc")
@pytest.mark.skipif(sys.version_info >= (3, 12), reason="interned texts do not go there")
def test_paths_that_come_and_go_do_not_let_the_process_grow() -> None:
    def grown(how: str) -> int:
        done = subprocess.run(
            [sys.executable, "-c", PATHS, how], capture_output=True, text=True, check=True
        )
        return int(done.stdout)

    assert grown("widen") < 300_000
    assert grown("leave") > 600_000
