"""A request with a key is carried out once: sent again, sent twice at once, and over kill -9."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import pytest
from genesis.clock import utc_after, utc_now
from genesis.errors import ConflictError, StorageError
from genesis.storage.database import Database
from genesis.storage.idempotency import PRUNED_AT_ONCE, read_key, remember_key
from sqlalchemy import text

from tests.host.installing import Site
from tests.support import until
from tests.web.serving import Answer, Server

ROOT = Path(__file__).parents[2]
NOTES = "/api/desk/notes"


def note(server: Server, key: str, words: str = "milk", act: str = "", path: str = NOTES) -> Answer:
    """Ask for a note under a key."""
    body = {"text": words, "act": act}
    return server.ask(path, body, headers={"Idempotency-Key": key})


def test_the_same_request_again_is_answered_again_and_not_done_again(server: Server) -> None:
    before = server.events("desk.noted")
    first, again = note(server, "again"), note(server, "again")
    assert first.header("idempotency-replayed") is None
    assert again.header("idempotency-replayed") == "true"
    for name in ("content-type", "location"):
        assert first.header(name) == again.header(name)
    assert (first.status, first.body) == (again.status, again.body) == (201, first.body)
    assert server.events("desk.noted") == before + 1


def test_the_call_has_the_key(server: Server) -> None:
    assert note(server, "told", act="tell-key").json()["text"] == "told"
    without = server.ask(NOTES, {"text": "milk", "act": "tell-key"})
    assert without.json()["text"] == "None"


def test_another_key_is_another_request(server: Server) -> None:
    before = server.events("desk.noted")
    assert note(server, "one").body != note(server, "two").body
    assert server.ask(NOTES, {"text": "milk"}).status == 201
    assert server.events("desk.noted") == before + 3


def test_a_key_is_not_used_for_two_requests(server: Server) -> None:
    assert note(server, "used").status == 201
    for answer in (
        note(server, "used", "bread"),
        note(server, "used", path="/api/v1/desk/notes?x=1"),
    ):
        assert answer.status == 422
        assert answer.json()["type"] == "urn:genesis:problem:other-request"


@pytest.mark.parametrize("key", ["a b", "ä", "x" * 256, "a\tb"])
def test_a_key_is_one_visible_text(server: Server, key: str) -> None:
    assert note(server, key).status == 422
    assert note(server, "~!" + "x" * 253).status == 201


def test_two_keys_are_refused(server: Server) -> None:
    headers = {"Idempotency-Key": "a\r\nIdempotency-Key: b"}
    assert server.ask(NOTES, {"text": "a"}, headers=headers).status == 422


def test_the_same_request_at_the_same_time_is_refused_and_done_once(
    own_server: Server, desk: ModuleType
) -> None:
    answers: list[Answer] = []
    first = threading.Thread(target=lambda: answers.append(note(own_server, "twin", act="hang")))
    first.start()
    assert desk.ENTERED.acquire(timeout=20)
    second = note(own_server, "twin", act="hang")
    assert (second.status, second.json()["type"]) == (409, "urn:genesis:problem:at-work")
    desk.RELEASED.set()
    first.join(20)
    assert [answer.status for answer in answers] == [201]
    assert note(own_server, "twin", act="hang").body == answers[0].body
    assert own_server.events("desk.noted") == 1


def test_a_request_that_failed_without_a_trace_may_be_sent_again(own_server: Server) -> None:
    assert note(own_server, "refused", act="refuse").status == 409
    assert own_server.events("desk.noted") == 0
    assert note(own_server, "refused", words="").status == 422
    assert note(own_server, "refused").status == 201


def test_a_request_that_wrote_before_it_was_refused_is_not_done_again(own_server: Server) -> None:
    first = note(own_server, "half", act="conflict-after")
    again = note(own_server, "half", act="conflict-after")
    assert first.status == again.status == 409
    assert first.body == again.body
    assert again.header("content-type") == "application/problem+json"
    assert own_server.events("desk.noted") == 1


def test_a_request_that_wrote_before_it_crashed_is_not_done_again(own_server: Server) -> None:
    assert note(own_server, "crash", act="crash").status == 502
    again = note(own_server, "crash", act="crash")
    assert (again.status, again.json()["type"]) == (409, "urn:genesis:problem:already-done")
    assert own_server.events("desk.noted") == 1


@pytest.mark.parametrize(
    ("act", "events", "status"), [("die-before", 0, 201), ("die-after", 1, 409)]
)
def test_a_process_that_is_killed_has_done_it_or_not_and_knows_which(
    tmp_path: Path, site: Site, desk: ModuleType, act: str, events: int, status: int
) -> None:
    with process(tmp_path, site, "first") as server:
        with pytest.raises((ConnectionError, OSError)):
            assert not note(server, "killed", act=act).status
        assert server.process.wait(20) == -9  # type: ignore[attr-defined]
    assert count(tmp_path, "events WHERE type = 'desk.noted'") == events
    assert count(tmp_path, "idempotency_keys") == events
    with process(tmp_path, site, "second") as server:
        # What dies again shows that it is really carried out again.
        if status == 409:
            answer = note(server, "killed", act=act)
            assert answer.json()["type"] == "urn:genesis:problem:already-done"
        else:
            answer = note(server, "killed")
        assert answer.status == status
    assert count(tmp_path, "events WHERE type = 'desk.noted'") == 1


def test_the_companion_of_a_write_goes_with_it_or_not_at_all(database: Database) -> None:
    def insert(connection: object, name: str) -> None:
        statement = text(
            "INSERT INTO event_cursors (plugin, event_id, failures, updated_at) "
            "VALUES (:name, 0, 0, '')"
        )
        connection.execute(statement, {"name": name})  # type: ignore[attr-defined]

    def names() -> list[str]:
        with database.read() as connection:
            found = connection.execute(text("SELECT plugin FROM event_cursors ORDER BY plugin"))
            return list(found.scalars())

    def fail(_connection: object) -> None:
        raise ValueError("no")

    with database.writer.accompanied_by(lambda c: insert(c, "companion")) as companion:
        with pytest.raises(ValueError, match="no"):
            database.writer.write(fail)
        assert not companion.written
        assert names() == []
        other = threading.Thread(target=lambda: database.writer.write(lambda c: insert(c, "x")))
        other.start()
        other.join()
        assert names() == ["x"]
        database.writer.write(lambda c: insert(c, "first"))
        assert companion.written
        database.writer.write(lambda c: insert(c, "second"))
    database.writer.write(lambda c: insert(c, "third"))
    assert names() == ["companion", "first", "second", "third", "x"]
    with database.writer.accompanied_by(fail), pytest.raises(ValueError, match="no"):
        database.writer.write(lambda c: insert(c, "fourth"))
    assert "fourth" not in names()


def test_a_companion_fails_alone_among_many_writers(database: Database) -> None:
    done: list[str] = []

    def write(at: int) -> None:
        def fail(_connection: object) -> None:
            raise ValueError("no")

        try:
            if at % 5 == 0:
                with database.writer.accompanied_by(fail):
                    database.writer.write(lambda c: _remember(c, str(at)))
            else:
                with database.writer.accompanied_by(lambda c: _remember(c, f"beside {at}")):
                    database.writer.write(lambda c: _remember(c, str(at)))
                done.append(str(at))
        except ValueError:
            pass

    threads = [threading.Thread(target=write, args=(at,)) for at in range(60)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) == 48
    with database.read() as connection:
        found = set(connection.execute(text("SELECT key FROM idempotency_keys")).scalars())
    assert found == {*done, *(f"beside {one}" for one in done)}


def test_old_keys_are_forgotten_a_few_at_a_time(database: Database) -> None:
    old, edge = utc_after(-100), utc_after(-50)
    for at in range(50):
        database.writer.write(
            lambda c, at=at: remember_key(c, f"old {at}", "r", now=old, oldest=utc_after(-1000))
        )
    database.writer.write(lambda c: remember_key(c, "new", "r", now=utc_now(), oldest=edge))
    with database.read() as connection:
        statement = text("SELECT count(*) FROM idempotency_keys")
        assert connection.execute(statement).scalar_one() == 51 - PRUNED_AT_ONCE
    # One that is old but still there may be used for something else.
    assert read_key(database, "old 49", oldest=edge) is None
    database.writer.write(lambda c: remember_key(c, "old 49", "s", now=utc_now(), oldest=edge))
    kept = read_key(database, "old 49", oldest=edge)
    assert kept is not None
    assert (kept.request, kept.answer) == ("s", None)
    with pytest.raises((ConflictError, StorageError)):
        database.writer.write(lambda c: remember_key(c, "new", "r", now=utc_now(), oldest=edge))


def _remember(connection: object, key: str) -> None:
    remember_key(connection, key, "r", now=utc_now(), oldest=utc_after(-100))  # type: ignore[arg-type]


@contextmanager
def process(tmp_path: Path, site: Site, name: str) -> Iterator[Server]:
    """A server in a process of its own, which is killed at the end."""
    port_file = tmp_path / name
    started = subprocess.Popen(
        [sys.executable, "-m", "tests.web.server_program", str(tmp_path / "home"),
         str(site.folder), str(port_file)],
        cwd=ROOT, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        until(lambda: port_file.exists() or started.poll() is not None, "the server is up")
        port, token = port_file.read_text().split()
        server = Server(None, int(port), token)  # type: ignore[arg-type]
        server.process = started  # type: ignore[attr-defined]
        yield server
    finally:
        started.kill()
        started.wait(20)


def count(tmp_path: Path, what: str) -> int:
    """How many rows there are, once nobody serves."""
    database = Database(tmp_path / "home" / "genesis.db")
    try:
        with database.read() as connection:
            return int(connection.execute(text(f"SELECT count(*) FROM {what}")).scalar_one())
    finally:
        database.close()
