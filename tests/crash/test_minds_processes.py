"""Two and four processes that write one home, all of them the same mind and each its own."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.crash.minds_checks import examine
from tests.crash.minds_ledger import Told
from tests.crash.minds_writer import SHARED, opened_mind, opened_store
from tests.support import processes_with

SECONDS = float(os.environ.get("GENESIS_WRITING_SECONDS", "10"))


@pytest.mark.crash
@pytest.mark.timeout(120 + 10 * SECONDS)
@pytest.mark.parametrize("count", [2, 4])
def test_processes_that_write_one_home_get_no_error_and_lose_no_update(
    tmp_path: Path, count: int
) -> None:
    with opened_store(tmp_path) as store:
        opened_mind(store, SHARED)
    own = [f"GMD-2026-BBBB-000{number}" for number in range(count)]
    running = [_start(tmp_path, f"p{number}", gmid) for number, gmid in enumerate(own)]
    try:
        endings = [process.communicate(timeout=100 + 5 * SECONDS) for process in running]
    finally:
        for process in running:
            process.kill()
            process.wait()
    assert [process.returncode for process in running] == [0] * count, endings
    assert [errors for _, errors in endings] == [""] * count
    told = Told()
    told.read(tmp_path / "ledger.log")
    assert told.errors == []
    assert told.rebuilt == 0
    assert told.did == told.tried | told.did, "nobody was killed, so all that was tried was done"
    _check_counts(tmp_path / "home/genesis.db", told)
    assert examine(tmp_path, [SHARED, *own]) == []
    assert processes_with(str(tmp_path)) == []
    print(f"\n{count} processes, {SECONDS:g} s: {dict(told.lines)}")


def _start(folder: Path, name: str, own: str) -> subprocess.Popen[str]:
    """A process that writes the shared mind and one of its own."""
    program = [sys.executable, "-m", "tests.crash.minds_writer"]
    return subprocess.Popen(
        [*program, str(folder), name, str(SECONDS), own],
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def _check_counts(database: Path, told: Told) -> None:
    """No row more or less than was acknowledged, and every count is the sum of all processes'."""
    with closing(sqlite3.connect(database)) as connection:

        def rows(query: str) -> dict[str, object]:
            return {str(key): value for key, value in connection.execute(query)}

        for kind, query in (
            ("message", "SELECT id, content FROM conversation_messages"),
            ("memory", "SELECT memory_id, content FROM memories"),
        ):
            acknowledged = {n: v[0] for n, v in told.of(kind).items() if v != [None]}
            assert rows(query) == acknowledged
        for kind, query in (
            ("concern", "SELECT concern_id, 0 FROM concerns"),
            ("task", "SELECT task_id, 0 FROM background_tasks"),
        ):
            assert rows(query).keys() == told.of(kind).keys()
        met = rows(
            "SELECT from_gmid || ' ' || to_gmid || ' any', interaction_count FROM relationships "
            "UNION ALL SELECT from_gmid || ' ' || to_gmid || ' good', positive_interactions "
            "FROM relationships"
        )
        counts = {name: count.did for name, count in told.counters("meeting").items()}
        assert {name: number for name, number in met.items() if number} == counts
        hits = rows("SELECT memory_id, access_count FROM memories WHERE access_count > 0")
        living = {n for n, v in told.of("memory").items() if v != [None]}
        found = {n: told.did["hit", n] for n in living if told.did["hit", n]}
        assert hits == found
        (threads,) = connection.execute(
            "SELECT (SELECT coalesce(sum(message_count), 0) FROM conversation_threads) + "
            "(SELECT count(*) FROM conversation_messages WHERE id > counted_id) "
            "FROM conversation_progress"
        )
        assert threads == (sum(v != [None] for v in told.of("message").values()),)
