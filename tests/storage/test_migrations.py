"""Migrations: what they make is what the models say; all or nothing; never backwards."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from genesis.errors import NewerDatabaseError, StorageError
from genesis.minds.conversation import ConversationManager
from genesis.storage.database import Database
from genesis.storage.kernel_tables import KERNEL_TABLES
from genesis.storage.migrate import (
    KERNEL_REVISIONS,
    migrate,
    newest_revision,
    recorded_revision,
)
from genesis.storage.vector_codes import encode
from sqlalchemy import Engine, Inspector, create_engine, event, inspect, text
from sqlmodel import SQLModel

from tests.storage.vectors import add_mind, vector_of

GOOD = """
from alembic import op
import sqlalchemy as sa
revision, down_revision = "{number}", {before}
def upgrade():
    op.create_table("probe_{number}", sa.Column("id", sa.Integer(), primary_key=True))
    {more}
"""


def revisions(folder: Path, *more: str) -> Path:
    """A folder of revisions, each making one table and then what is asked for."""
    folder.mkdir(exist_ok=True)
    for index, line in enumerate(more, start=1):
        before = f'"{index - 1:04}"' if index > 1 else None
        source = GOOD.format(number=f"{index:04}", before=before, more=line)
        (folder / f"{index:04}_step.py").write_text(source)
    return folder


def names(database: Database) -> set[str]:
    with database.read() as connection:
        return set(connection.execute(text("SELECT name FROM sqlite_master")).scalars())


def shape(engine: Engine, table: str) -> dict[str, object]:
    """Columns, keys, uniques and indexes of a table, without the names of constraints."""
    look: Inspector = inspect(engine)
    return {
        "columns": {
            column["name"]: (str(column["type"]), column["nullable"], bool(column["primary_key"]))
            for column in look.get_columns(table)
        },
        "uniques": {tuple(u["column_names"]) for u in look.get_unique_constraints(table)},
        "foreign": {
            (*key["constrained_columns"], key["referred_table"], *key["referred_columns"])
            for key in look.get_foreign_keys(table)
        },
        "indexes": index_statements(engine, table),
    }


def index_statements(engine: Engine, table: str) -> dict[str, str]:
    """The SQL of the named indexes, as partial and descending ones need it."""
    query = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = :table"
    with engine.connect() as connection:
        rows = connection.execute(text(query), {"table": table}).all()
    return {row.name: " ".join(row.sql.split()) for row in rows if row.sql}


def test_a_fresh_database_is_what_the_models_say(database: Database, tmp_path: Path) -> None:
    made_of_models = create_engine(f"sqlite:///{tmp_path / 'models.db'}")
    tables = [SQLModel.metadata.tables[name] for name in sorted(KERNEL_TABLES)]
    SQLModel.metadata.create_all(made_of_models, tables=tables)
    for name in sorted(KERNEL_TABLES):
        assert shape(database._read_engine, name) == shape(made_of_models, name), name
    made_of_models.dispose()
    others = ("sqlite_", "ix_", "schema_version_", "message_words_")
    made = {n for n in names(database) if not n.startswith(others)} | {"message_words_progress"}
    views = {"v_active_sessions", "v_agent_performance"}
    assert made == KERNEL_TABLES | views | {"message_words", "events_keep_newest"}


def test_a_second_run_changes_nothing(database: Database) -> None:
    statements: list[str] = []
    event.listen(
        database._write_engine, "before_cursor_execute", lambda *args: statements.append(args[2])
    )
    migrate(database, "kernel", KERNEL_REVISIONS)
    assert statements == []


def test_a_newer_database_is_refused_and_left_alone(tmp_path: Path, database: Database) -> None:
    newer = revisions(tmp_path / "newer", "pass", "pass", "pass")
    migrate(database, "probe", newer)
    before = names(database)
    (newer / "0003_step.py").unlink()
    with pytest.raises(NewerDatabaseError, match="revision 0003, newer than") as caught:
        migrate(database, "probe", newer)
    assert str(database.path) in str(caught.value)
    assert names(database) == before


def test_owners_have_histories_of_their_own(tmp_path: Path, database: Database) -> None:
    folder = revisions(tmp_path / "probe", "pass")
    migrate(database, "probe", folder)
    shutil.rmtree(folder)
    migrate(database, "kernel", KERNEL_REVISIONS)
    with database.read() as connection:
        assert recorded_revision(connection, "probe") == "0001"
        assert recorded_revision(connection, "kernel") == newest_revision(KERNEL_REVISIONS)
        assert recorded_revision(connection, "nobody") is None


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ('op.execute("CREATE TABLE teams (id)")', "already exists"),
        ('raise ValueError("half-way")', "half-way"),
        ("import nothing_of_this_name", "nothing_of_this_name"),
    ],
)
def test_a_revision_that_fails_half_way_leaves_nothing(
    tmp_path: Path, database: Database, fault: str, told: str
) -> None:
    before = names(database)
    folder = revisions(tmp_path / "probe", "pass", fault)
    with pytest.raises(StorageError, match=told):
        migrate(database, "probe", folder)
    assert names(database) == before
    migrate(database, "probe", revisions(folder, "pass", "pass"))
    assert {"probe_0001", "probe_0002"} <= names(database)


def test_a_check_that_fails_undoes_the_migration(tmp_path: Path, database: Database) -> None:
    def refuse(_connection: object) -> None:
        raise ValueError("a table too many")

    before = names(database)
    with pytest.raises(ValueError, match="too many"):
        migrate(database, "probe", revisions(tmp_path / "probe", "pass"), refuse)
    assert names(database) == before


def test_a_folder_without_revisions_is_an_error_that_names_it(
    tmp_path: Path, database: Database
) -> None:
    with pytest.raises(StorageError, match="holds no revision"):
        migrate(database, "probe", tmp_path / "nothing")


def test_two_who_start_at_once_migrate_once(tmp_path: Path) -> None:
    path = tmp_path / "shared.db"
    failures: list[BaseException] = []
    barrier = threading.Barrier(2)

    def start() -> None:
        try:
            barrier.wait(10)
            opened = Database(path)
            migrate(opened, "kernel", KERNEL_REVISIONS)
            opened.close()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=start) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert failures == []
    with sqlite3.connect(path) as connection:
        rows = connection.execute("SELECT version_num FROM schema_version_kernel").fetchall()
    connection.close()
    assert rows == [(newest_revision(KERNEL_REVISIONS),)]


def test_new_homes_can_be_opened_in_threads_at_once(tmp_path: Path) -> None:
    def open_home(number: int) -> None:
        database = Database(tmp_path / f"{number}.db", durability="normal")
        try:
            migrate(database, "kernel", KERNEL_REVISIONS)
        finally:
            database.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(open_home, range(8)))


def test_messages_and_events_of_an_older_release_stay_and_no_id_is_given_again(
    tmp_path: Path,
) -> None:
    older = tmp_path / "older"
    newer = shutil.ignore_patterns("__pycache__", "000[89]*", "001*")
    shutil.copytree(KERNEL_REVISIONS, older, ignore=newer)
    database = Database(tmp_path / "genesis.db")
    migrate(database, "kernel", older)
    with closing(sqlite3.connect(database.path)) as connection, connection:
        connection.execute(
            "INSERT INTO minds (gmid, name, creator, template, status, birth_date, last_active, "
            "storage_path) VALUES ('M', 'Atlas', 'me', '', 'active', '', '', '')"
        )
        connection.executemany(
            "INSERT INTO conversation_messages (mind_gmid, role, content, timestamp, "
            "awaits_result) VALUES ('M', 'user', ?, ?, 0)", [(t, t) for t in ("a", "b", "c")],
        )  # fmt: skip
        connection.execute("DELETE FROM conversation_messages WHERE id = 3")
        connection.execute("INSERT INTO events (type, subject, payload, created_at) "
                           "VALUES ('message.added', 'M', '{}', '')")  # fmt: skip
    before = index_statements(database._read_engine, "conversation_messages")
    migrate(database, "kernel", KERNEL_REVISIONS)
    assert index_statements(database._read_engine, "conversation_messages") == before
    talk = ConversationManager("M", database)
    assert [(m["id"], m["content"]) for m in talk.get_recent_messages()] == [(1, "a"), (2, "b")]
    assert talk.add_message("user", "d").id == 4
    with database.read() as connection:
        query = "SELECT sql FROM sqlite_master WHERE name IN ('events', 'conversation_messages')"
        definitions = connection.execute(text(query)).scalars()
        assert not any("AUTOINCREMENT" in sql for sql in definitions)
        assert [row.id for row in connection.execute(text("SELECT id FROM events"))] == [1, 2]
    database.close()


def test_memories_of_an_older_release_get_the_codes_of_their_vectors(tmp_path: Path) -> None:
    older = tmp_path / "older"
    shutil.copytree(KERNEL_REVISIONS, older, ignore=shutil.ignore_patterns("__pycache__", "001*"))
    database = Database(tmp_path / "genesis.db")
    migrate(database, "kernel", older)
    add_mind(database, "M")
    with closing(sqlite3.connect(database.path)) as connection, connection:
        for number in range(1, 2503):
            connection.execute(
                "INSERT INTO memories (id, memory_id, mind_gmid, type, content, content_hash, "
                "importance, access_count, created_at, tags, related_memory_ids) VALUES "
                "(?, ?, 'M', 'episodic', '', '', 0.5, 0, '', '[]', '[]')",
                (number, f"m{number}"),
            )
            if number % 2:
                connection.execute(
                    "INSERT INTO memory_vectors (memory, embedder, dimension, vector) "
                    "VALUES (?, 'e', 16, ?)", (number, vector_of(number)),
                )  # fmt: skip
    migrate(database, "kernel", KERNEL_REVISIONS)
    with database.read() as connection:
        codes = dict(connection.execute(text("SELECT id, code FROM memories")).all())
    assert codes == {n: encode(vector_of(n)) if n % 2 else None for n in range(1, 2503)}
    database.close()
