"""End a process together with all that it started, wherever those have moved to.

A process group is not enough: a test runner starts groups and sessions of its own.
"""

from __future__ import annotations

import ctypes
import os
import sys
from contextlib import suppress

import psutil

_PR_SET_CHILD_SUBREAPER = 36  # prctl(2), Linux 3.4


def adopt_orphans() -> None:
    """Make this process the parent of grandchildren that lose theirs, so that `kill_tree` finds
    them. Linux only; elsewhere a process that detaches itself twice can get away."""
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def kill_tree(pid: int) -> None:
    """Kill a process and its descendants at once, descendants first; those gone are fine."""
    # AccessDenied: a program that became another user's (sudo) is not ours to kill.
    with suppress(psutil.Error):
        root = psutil.Process(pid)
        for _ in range(3):  # what was started while we looked is found the next time
            descendants = root.children(recursive=True)
            for process in descendants:
                with suppress(psutil.Error):
                    process.kill()
            if not descendants:
                break
        root.kill()


def kill_session(session: int) -> None:
    """Kill what is left of a session whose leader has ended; its id stays taken until then."""
    if sys.platform == "win32":
        return
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if process.pid != session and os.getsid(process.pid) == session:
                process.kill()
