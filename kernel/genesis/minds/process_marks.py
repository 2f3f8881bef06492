"""Whether the process that began something still runs, told from a mark that it left.

A process id alone can be used again, so the mark also has the time at which the process started.
Where what begins has a home's lock at hand, `OwnerLock` says it better; a wrong answer here costs
nothing but a stand-in that is replaced later.
"""

from __future__ import annotations

import os

_TOLERANCE_SECONDS = 2.0


def own_mark() -> str:
    """The mark of this process, e.g. `4711@1763773568.42`."""
    return f"{os.getpid()}@{_started(os.getpid()):.2f}"


def is_running(mark: str) -> bool:
    """Whether the process that left a mark still runs; False for what is no mark."""
    pid, _, started = mark.partition("@")
    try:
        return abs(_started(int(pid)) - float(started)) < _TOLERANCE_SECONDS
    except (ValueError, OverflowError):
        return False


def _started(pid: int) -> float:
    """When a process started, in seconds; ValueError when there is none."""
    import psutil

    try:
        return float(psutil.Process(pid).create_time())
    except psutil.Error as error:
        raise ValueError(f"no process {pid}") from error
