"""Ends a process group when the process that started this one is gone without a word.

Usage: `python guard.py GROUP`, with a pipe as its input. A byte on the pipe means that all is well;
its end means that the writer was killed, and that nobody else is left to end the test suite.
"""

from __future__ import annotations

import os
import signal
import sys


def main() -> None:
    """Wait for the byte or for the end of the pipe."""
    group = int(sys.argv[1])
    if not os.read(0, 1):
        try:
            os.killpg(group, signal.SIGKILL)
        except ProcessLookupError:
            return


if __name__ == "__main__":
    main()
