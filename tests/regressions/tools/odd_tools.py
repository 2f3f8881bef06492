"""Tools that misbehave in ways that the probe's do not; children find them on PYTHONPATH."""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import threading
import time
from pathlib import Path

from genesis.contracts import TaskResult, ToolContext

SECONDS = 60
RELEASE = threading.Event()


def quiet(context: ToolContext, /) -> TaskResult:
    """Nothing odd."""
    return TaskResult(summary="quiet")


def fork_and_die(context: ToolContext, /) -> TaskResult:
    """Be killed after a fork, as a program of multiprocessing when memory runs out."""
    forked = os.fork()
    if forked == 0:
        time.sleep(SECONDS)
        os._exit(0)
    Path(context.params["pid"]).write_text(str(forked))
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("alive after SIGKILL")


def fork_unseen_and_die(context: ToolContext, /) -> TaskResult:
    """The same by a library in C: the interpreter does not learn of the fork."""
    libc = ctypes.CDLL(None)
    forked = libc.fork()
    if forked == 0:
        libc.sleep(SECONDS)
        libc._exit(0)
    Path(context.params["pid"]).write_text(str(forked))
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("alive after SIGKILL")


def no_text(context: ToolContext, /) -> TaskResult:
    """A result that cannot be written as JSON: a file's name that is no text."""
    return TaskResult(summary="odd", facts={"file": "caf\udce9.txt"})


def cancelled_error(context: ToolContext, /) -> TaskResult:
    """What asyncio raises in a coroutine that was cancelled; no Exception."""
    raise asyncio.CancelledError("of the tool's own")


def hold(context: ToolContext, /) -> TaskResult:
    """Return only when it is released, and report nothing until then."""
    RELEASE.wait(SECONDS)
    return TaskResult(summary="too late")
