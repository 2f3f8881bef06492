"""kill -9 at random points of mixed writes to a mind, again and again.

Nothing acknowledged may be lost, no task completed twice, and record, index, words and counters
agree at the next start without anybody's help.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import processes_with

KILLS = int(os.environ.get("GENESIS_MIND_KILLS", "120"))
SEED = int(os.environ.get("GENESIS_MIND_SEED", "20261122"))
LANES = 2


@pytest.mark.crash
@pytest.mark.timeout(60 + 8 * KILLS)
def test_no_kill_loses_what_a_mind_was_told_or_completes_a_task_twice(tmp_path: Path) -> None:
    running = []
    for number in range(LANES):
        folder = tmp_path / f"lane-{number}"
        folder.mkdir()
        arguments = [str(folder), str(SEED + number), str(KILLS // LANES)]
        with (folder / "errors").open("wb") as errors:
            running.append(
                subprocess.Popen(
                    [sys.executable, "-m", "tests.crash.minds_lane", *arguments],
                    env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
                    stderr=errors,
                )
            )
    try:
        codes = [lane.wait() for lane in running]
        # In the message, not on stderr: whoever reads of the failure sees what was wrong.
        said = [(tmp_path / f"lane-{number}" / "errors").read_text() for number in range(LANES)]
        assert codes == [0] * LANES, "\n".join(text[-6000:] for text in said)
    finally:
        for lane in running:
            lane.kill()
            lane.wait()
    assert processes_with(str(tmp_path)) == []
