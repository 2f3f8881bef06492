"""Schedulers in processes of their own: `race HOME LAST` and `die HOME MOMENT STATEMENTS`."""

from __future__ import annotations

import os
import signal
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from genesis.clock import as_datetime
from genesis.home import Home
from genesis.kernel import Kernel
from genesis.scheduling.scheduler import Scheduler
from genesis.storage.schedules import first_next


def race(home: Path, last: str) -> None:
    """Tick at every next time up to the last, as soon as it is the next; prints how often it
    began something."""
    woken: list[int] = []
    now = datetime(2026, 1, 1, tzinfo=UTC)
    with Kernel(Home(home), plugins="probe") as kernel:
        scheduler = Scheduler(kernel, lambda: woken.append(1), lambda: now)
        (home / f"ready-{os.getpid()}").touch()
        while len(list(home.glob("ready-*"))) < 2:
            time.sleep(0.001)
        while (following := first_next(kernel.database)) is not None and following <= last:
            now = as_datetime(following)
            scheduler.tick()
    print(len(woken))


def die(home: Path, moment: str, statements: int) -> None:
    """Tick once; a process of its own is killed before its so-many-th statement of writing.

    Prints "killed" or "lived".
    """
    child = os.fork()
    if child == 0:
        with Kernel(Home(home), plugins="probe") as kernel:
            kernel.database.writer.write(lambda connection: watch(connection, statements))
            Scheduler(kernel, lambda: None, lambda: as_datetime(moment)).tick()
        os._exit(0)
    _, status = os.waitpid(child, 0)
    print("killed" if os.WIFSIGNALED(status) else "lived", flush=True)


def watch(connection: object, statements: int) -> None:
    """Count what the writer's connection executes from now on."""
    seen = [0]

    def count(_text: str) -> None:
        seen[0] += 1
        # The first one is the COMMIT of this very transaction.
        if seen[0] == statements + 1:
            os.kill(os.getpid(), signal.SIGKILL)

    connection.connection.driver_connection.set_trace_callback(count)  # type: ignore[attr-defined]


if __name__ == "__main__":
    if sys.argv[1] == "race":
        race(Path(sys.argv[2]), sys.argv[3])
    else:
        for line in sys.stdin:
            moment, statements = line.split()
            die(Path(sys.argv[2]), moment, int(statements))
