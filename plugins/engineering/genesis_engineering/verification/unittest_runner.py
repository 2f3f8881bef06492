"""The command that runs a unittest suite with the recorder."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from pathlib import Path

from genesis_engineering.verification.suites import Start


def unittest_command(
    python: Path, starts: tuple[Start, ...], only: Sequence[str] = ()
) -> list[str]:
    """Discover in each start, then run all tests, or those ids in order."""
    places = [word for start in starts for word in start]
    wanted = ["--only", *only] if only else []
    return [str(python), "-m", "genesis_recorder.unittest_main", *places, *wanted]


def unittest_check(python: str, test_id: str, starts: tuple[Start, ...], python_path: str) -> str:
    """A shell line that runs one test, from the suite's folder."""
    tops = sorted({start.top for start in starts if start.top != "."})
    paths = os.pathsep.join([*tops, python_path] if python_path else tops)
    prefix = f"PYTHONPATH={shlex.quote(paths)} " if paths else ""
    return f"{prefix}{shlex.quote(python)} -m unittest {shlex.quote(test_id.split(' (')[0])}"
