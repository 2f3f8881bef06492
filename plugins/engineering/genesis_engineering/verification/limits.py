"""What a test suite may use of the machine, however it was written."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

_MB = 2**20
_CGROUP_LIMITS = (
    "/sys/fs/cgroup/memory.max",
    "/sys/fs/cgroup/memory/memory.limit_in_bytes",
)


@dataclass(frozen=True)
class Limits:
    """The limits of a program and all that it starts.

    `seconds` is wall time. `memory` is in bytes: what one process may allocate, and what all of
    them together may hold. `file_bytes` is the size of one file, `free_bytes` what has to stay
    free on the disk of the temporary folder, `processes` how many there may be at once.
    """

    seconds: float
    memory: int = 4096 * _MB
    file_bytes: int = 2048 * _MB
    free_bytes: int = 256 * _MB
    processes: int = 1000

    def as_json(self) -> dict[str, float | int]:
        """For the supervisor."""
        return asdict(self)


def usable_memory() -> int:
    """Three quarters of the machine's memory or of the container's share of it, in bytes."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for name in _CGROUP_LIMITS:
        # No such file, or the word `max`: no limit.
        with suppress(OSError, ValueError):
            total = min(total, int(Path(name).read_text("ascii")))
    return max(total // 4 * 3, 512 * _MB)
