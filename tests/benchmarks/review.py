"""A session of the engineering team against the tools under it, run by hand in a shell script."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from genesis_engineering.risky_rules import RISKY_RULES

from tests.benchmarks.figures import Figure, interleaved
from tests.benchmarks.review_repository import make_repository

FILES = 5_000
MOST_SECONDS = 90.0
_BY_HAND = Path(__file__).with_name("review_by_hand.sh")


def measure(folder: Path) -> Iterator[Figure]:
    """The whole command, from its start to its report; the repository has no tests to run."""
    repository = make_repository(folder / "repository", FILES)
    programs = str(Path(sys.executable).parent)
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("GENESIS_", "GIT_"))}
    environment["PATH"] = os.pathsep.join([programs, environment.get("PATH", os.defpath)])
    environment |= {"GENESIS_PLUGINS": "engineering", "GENESIS_HOME": str(folder / "home")}
    rules = ",".join([*sorted(RISKY_RULES), "F401", "F841"])

    def ours() -> None:
        command = ["genesis", "run", "nightly review", "--repo", str(repository)]
        with (folder / "report.txt").open("wb") as report:
            subprocess.run(
                command, cwd=folder, env=environment, check=True, stdout=report,
                stderr=subprocess.DEVNULL,
            )  # fmt: skip

    def by_hand() -> None:
        command = ["sh", str(_BY_HAND), str(repository), str(folder), rules]
        subprocess.run(command, env=environment, check=True, stderr=subprocess.DEVNULL)

    our_seconds, by_hand_seconds = interleaved(1, ours, by_hand)
    yield Figure(
        f"review of a repository of {FILES:,} files",
        f"{our_seconds:.1f} s",
        f"its tools by hand {by_hand_seconds:.1f} s",
        our_seconds / by_hand_seconds,
        1.5,
    )
    yield Figure(
        "  the same against the time that it may take",
        f"{our_seconds:.1f} s",
        f"{MOST_SECONDS:.0f} s",
        our_seconds / MOST_SECONDS,
        1.0,
    )
