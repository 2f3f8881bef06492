"""How much of the code the tests reach: measured in a run of its own, which decides nothing else.

Only where the environment already has what measures (`coverage` for Python, Go itself), the first
run was short, and there is time for another.
"""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path, PurePosixPath

from pydantic import JsonValue

from genesis_engineering.verification.suite_run import SuiteRun

MOST_SECONDS = 120.0
_BLOCK = re.compile(r"^(\S+:\S+) (\d+) (\d+)$", re.MULTILINE)
_MOST_BYTES = 50_000_000
_TEST_FOLDERS = frozenset({"test", "tests", "testing", "genesis_recorder"})


def is_worth_measuring(run: SuiteRun, seconds: float) -> bool:
    """Whether a second run is likely to end in `seconds`, and the first one said enough."""
    whole = run.verdict.name in ("passed", "failed") and not run.child.stopped
    return whole and run.child.seconds < MOST_SECONDS and run.child.seconds * 4 + 10 < seconds


def read_coverage(run: SuiteRun, data: Path) -> dict[str, JsonValue]:
    """`percent`, `statements`, `covered` and `tool` from what a measuring run left; else nothing.

    `data` is the file that `Launch.covered` was given.
    """
    if not data.is_file() or data.is_symlink() or data.stat().st_size > _MOST_BYTES:
        return {}
    if run.suite.runner == "go":
        return _of_go(data.read_text("utf-8", errors="replace"))
    return _of_python(run, data)


def _of_go(profile: str) -> dict[str, JsonValue]:
    """A profile has a line for each block: place, number of statements, how often it was reached.

    A block is listed once for each package whose tests were run.
    """
    blocks: dict[str, tuple[int, bool]] = {}
    for place, statements, count in _BLOCK.findall(profile):
        reached = blocks.get(place, (0, False))[1] or int(count) > 0
        blocks[place] = (int(statements), reached)
    total = sum(statements for statements, _ in blocks.values())
    covered = sum(statements for statements, reached in blocks.values() if reached)
    return _figures(total, covered, "go test -coverprofile") if total else {}


def _of_python(run: SuiteRun, data: Path) -> dict[str, JsonValue]:
    report = data.with_suffix(".json")
    python = run.launch.command[0]
    command = [python, "-m", "coverage", "json", "-q", f"--data-file={data}", "-o", str(report)]
    try:
        subprocess.run(
            [*command, "--ignore-errors", "--fail-under=0"], cwd=run.launch.folder,
            env=run.launch.environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=60,
        )  # fmt: skip
        found = json.loads(report.read_bytes())
        version = str(found["meta"]["version"])
        own = [one["summary"] for name, one in found["files"].items() if not _is_test(name)]
        statements = sum(int(one["num_statements"]) for one in own)
        covered = sum(int(one["covered_lines"]) for one in own)
        return _figures(statements, covered, f"coverage {version}") if statements else {}
    except (OSError, subprocess.TimeoutExpired, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _is_test(name: str) -> bool:
    """Whether a file is a test, or the recorder: of these nobody wants to know."""
    path = PurePosixPath(name.replace("\\", "/"))
    in_folder = any(part in _TEST_FOLDERS for part in path.parts[:-1])
    return in_folder or path.name.startswith("test") or path.stem in ("conftest", "setup")


def _figures(statements: int, covered: int, tool: str) -> dict[str, JsonValue]:
    percent = round(100 * covered / statements, 1)
    return {"percent": percent, "statements": statements, "covered": covered, "tool": tool}
