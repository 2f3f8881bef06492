"""kill -9 at random points of an import: the next run takes every row once."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from genesis.home import Home
from genesis.importing.running import import_from
from genesis.storage.database import Database
from genesis.storage.migrate import KERNEL_REVISIONS, migrate

from tests.importing import older
from tests.importing.older import counted

KILLS = 20
MESSAGES = 20_000
_IMPORT = """
import sys
from pathlib import Path
from genesis.home import Home
from genesis.importing.running import import_from
from genesis.storage.database import Database
from genesis.storage.migrate import KERNEL_REVISIONS, migrate
home = Home(Path(sys.argv[2]))
home.prepare()
database = Database(home.database)
migrate(database, "kernel", KERNEL_REVISIONS)
print("ready", flush=True)
import_from(Path(sys.argv[1]), home, database)
database.close()
"""


@pytest.mark.timeout(300)
def test_an_import_that_is_killed_again_and_again_takes_every_row_once(tmp_path: Path) -> None:
    folder = tmp_path / "old"
    older.make_minds_home(folder / ".genesis", messages=MESSAGES)
    older.make_service(folder / ".compound-state", sessions=300)
    home = Home(tmp_path / "new")
    rng = random.Random(20261122)
    kills, seen = 0, []
    while kills < KILLS:
        process = subprocess.Popen(
            [sys.executable, "-c", _IMPORT, str(folder), str(home.root)], stdout=subprocess.PIPE
        )
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        time.sleep(rng.uniform(0.0, 0.25))
        if process.poll() is None:
            process.kill()
            kills += 1
        process.wait()
        process.stdout.close()
        messages = counted(home.database, "conversation_messages")
        assert messages == counted(home.database, "imported_rows", "kind = 'message'")
        agrees = (
            "(SELECT coalesce(sum(message_count), 0) FROM conversation_threads) = "
            "(SELECT count(*) FROM conversation_messages WHERE id <= counted_id)"
        )
        assert counted(home.database, "conversation_progress", agrees) == 1
        seen.append(messages)
    assert len({count for count in seen if 0 < count < MESSAGES}) > 3, "killed at the same point"
    database = Database(home.database)
    migrate(database, "kernel", KERNEL_REVISIONS)
    report = import_from(folder, home, database)
    database.close()
    assert report.is_complete, report.document()
    for table, count in {
        "conversation_messages": MESSAGES, "minds": 2, "concerns": 1, "background_tasks": 2,
        "environments": 1, "relationships": 1, "teams": 2, "agents": 4, "sessions": 300,
        "tasks": 300, "repositories": 1,
    }.items():  # fmt: skip
        assert counted(home.database, table) == count, table
    distinct = "id IN (SELECT min(id) FROM conversation_messages GROUP BY content)"
    assert counted(home.database, "conversation_messages", distinct) == MESSAGES
    waiting = home.root / "imports" / "waiting" / "metrics.jsonl"
    assert len(set(waiting.read_text().splitlines())) == 3
    assert [p.name for p in (home.root / "sessions").iterdir()] == ["session-20260208-232600"]
