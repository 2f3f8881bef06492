"""The process that is killed: finishes what is open, or begins a session when nothing is.

`python driver.py HOME REPOSITORY`; ends with exit code 0 once a session is done.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from crash_team import note
from genesis.home import Home
from genesis.host.discovery import Candidate
from genesis.kernel import Kernel

CANDIDATE = Candidate("crash", "crash_team:CrashTeam", "crash", "1", ("genesis-kernel>=0",))


def main() -> None:
    """Run until no session is open."""
    note("boot", os.environ["CRASH_SPAWNED"])
    with Kernel(Home(Path(sys.argv[1])), candidates=[CANDIDATE]) as kernel:
        interrupted = [session.id for session in kernel.interrupted_sessions()]
        for session_id in interrupted:
            kernel.take_up(session_id)
        repository = Path(sys.argv[2])
        ids = interrupted or [kernel.create_session("a hundred tasks", "crash", repository, {})]
        runner = kernel.runner()
        for session_id in ids:
            runner.open(session_id)
        note("ready")
        runner.run()
        note("done")


if __name__ == "__main__":
    main()
