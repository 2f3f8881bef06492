"""`python -m tests.benchmarks [NAME ...]`: print every figure beside its baseline."""

from __future__ import annotations

import os
import sqlite3
import sys
import tempfile
from pathlib import Path

from tests.benchmarks import (
    background,
    concerns,
    dispatch,
    gamification,
    http,
    memories,
    messages,
    mind_file,
    queue,
    review,
    scale,
    session,
    startup,
    triage,
)

PARTS = {
    "startup": startup.measure,
    "dispatch": dispatch.measure,
    "session": session.measure,
    "messages": messages.measure,
    "queue": queue.measure,
    "background": background.measure,
    "concerns": concerns.measure,
    "memories": memories.measure,
    "mind": mind_file.measure,
    "gamification": gamification.measure,
    "http": http.measure,
    "triage": triage.measure,
}
# Takes many minutes: only by name.
LONG_PARTS = {
    "memories-100k": memories.measure_100k,
    "scale": scale.measure,
    "scale-index": scale.measure_indexed,
    "review": review.measure,
}


def main() -> None:
    """Measure the named parts, or all."""
    names = sys.argv[1:] or list(PARTS)
    print(f"Python {sys.version.split()[0]}, SQLite {sqlite3.sqlite_version}, "
          f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")  # fmt: skip
    print(f"{'what':<50} {'ours':>11}  {'baseline':<42} {'ratio':>6}  target")
    for name in names:
        with tempfile.TemporaryDirectory(prefix="genesis-bench-") as folder:
            for figure in (PARTS | LONG_PARTS)[name](Path(folder)):
                bound = "at most" if figure.at_most else "at least"
                target = "" if figure.target is None else f"{bound} {figure.target:g}"
                print(
                    f"{figure.name:<50} {figure.ours:>11}  {figure.baseline:<42} "
                    f"{figure.ratio:>6.2f}  {target:<13} {figure.verdict}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
