"""Steady load over HTTP while the server is killed every twenty seconds: nothing is lost or twice.

`make soak` runs it for half an hour and also bounds the growth of memory, which shows only then.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.crash.soak import Soak, report

SECONDS = float(os.environ.get("GENESIS_SOAK_SECONDS", "180"))
LONG = 1500.0
MOST_SLOPE = 1.0


@pytest.mark.crash
@pytest.mark.timeout(SECONDS + 400)
def test_a_served_home_loses_nothing_and_does_nothing_twice(
    tmp_path: Path, probe_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    soak = Soak(tmp_path, probe_path)

    def tell(line: str) -> None:
        with capsys.disabled():
            print(line, flush=True)

    try:
        seen = soak.measure(SECONDS, tell)
    finally:
        if soak.process is not None and soak.process.poll() is None:
            soak.process.kill()
            soak.process.wait()
    tell(report(seen))
    assert soak.problems(seen) == []
    assert seen.kills >= 3
    if SECONDS >= LONG:
        assert seen.slope < MOST_SLOPE
