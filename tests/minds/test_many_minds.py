"""A hundred minds used in turn in one process take no more files and threads than a few do."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
MOST_FILES, MOST_THREADS = 200, 50


def test_a_hundred_minds_used_in_turn_keep_few_files_and_threads(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.minds.many_minds", str(tmp_path)],
        cwd=ROOT, capture_output=True, text=True, timeout=110,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    files, threads = json.loads(done.stdout)
    assert files < MOST_FILES
    assert threads < MOST_THREADS
