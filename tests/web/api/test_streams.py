"""Events as they happen: none lost, none twice, and nobody can make the server hold its breath."""

from __future__ import annotations

import json
import re
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

import pytest
from genesis.storage.event_pages import last_event
from genesis.storage.events import NewEvent, append_events
from genesis.web import feed as feeds
from genesis.web.feed import feed_of
from genesis.web.limits import MOST_STREAMS

from tests.host.installing import Site
from tests.support import until
from tests.web.api.living import Api, living

SECONDS = 20.0


@dataclass
class Client:
    """One open stream; what it received so far."""

    connection: socket.socket
    text: str = ""
    chunks: bytes = b""
    ids: list[int] = field(default_factory=list)

    def read(self, wanted: int, seconds: float = SECONDS) -> list[int]:
        """Wait until so many events have come in all; gives their ids."""
        self.connection.settimeout(0.2)
        deadline = time.monotonic() + seconds
        while len(self.ids) < wanted and time.monotonic() < deadline:
            try:
                data = self.connection.recv(65_536)
            except TimeoutError:
                continue
            if not data:
                break
            self.text += data.decode()
            self.ids = [int(one) for one in re.findall(r"^id: (\d+)$", self.text, re.MULTILINE)]
        return self.ids

    def is_over(self) -> bool:
        """Whether the server ends it."""
        self.connection.settimeout(SECONDS)
        while data := self.connection.recv(65_536):
            self.text += data.decode()
            if self.text.endswith("\r\n0\r\n\r\n"):
                return True
        return True


@contextmanager
def following(api: Api, path: str, **headers: str) -> Iterator[Client]:
    """Open a stream and wait until the server has opened it too."""
    told = {"Host": api.server.host, **api.server.bearer, **headers}
    lines = [f"GET /api{path} HTTP/1.1", *(f"{name}: {text}" for name, text in told.items())]
    with api.server.connect() as connection:
        connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        client = Client(connection)
        while ": open" not in client.text:
            data = connection.recv(65_536)
            assert data, client.text
            client.text += data.decode()
            if not client.text.startswith("HTTP/1.1 200"):
                break
        yield client


def write(api: Api, count: int, kind: str = "test.event", session: str | None = None) -> list[int]:
    """Write so many events in one transaction; gives their ids."""
    database = api.server.kernel.database
    before = last_event(database)
    events = [NewEvent(kind, f"subject {number}", session) for number in range(count)]
    database.writer.write(lambda connection: append_events(connection, events))
    api.server.kernel.delivery.wake()
    return list(range(before + 1, before + count + 1))


def joined(api: Api, count: int) -> None:
    """Wait until so many streams are handed what is new."""
    until(lambda: len(feed_of(api.server.kernel)._streams) == count, f"{count} streams")


def left(api: Api) -> None:
    """Wait until no place is taken any more."""
    until(lambda: feed_of(api.server.kernel)._places == 0, "no stream is open")


def test_a_stream_begins_now_and_has_each_event_once(api: Api) -> None:
    write(api, 3)
    with following(api, "/events/stream") as client:
        joined(api, 1)
        ids = write(api, 2) + write(api, 3)
        assert client.read(5) == ids
        assert "text/event-stream" in client.text
        assert "event: test.event" in client.text
        found = json.loads(re.findall(r"^data: (.*)$", client.text, re.MULTILINE)[0])
        assert (found["id"], found["subject"], found["payload"]) == (ids[0], "subject 0", {})
    left(api)


def test_a_stream_goes_on_after_the_last_event_that_a_client_has(api: Api) -> None:
    first = write(api, 1)[0]
    # More than it reads at once, so that it catches up in steps.
    ids = [id_ for _ in range(9) for id_ in write(api, 60)]
    with following(api, "/events/stream", **{"Last-Event-ID": str(first)}) as client:
        assert client.read(len(ids)) == ids
        ids += write(api, 5)
        assert client.read(len(ids)) == ids
    with following(api, f"/events/stream?after={ids[-2]}") as client:
        assert client.read(1) == ids[-1:]
    left(api)


def test_what_is_written_while_a_stream_catches_up_comes_once(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = write(api, 3)
    join = feeds.Feed._join

    def join_and_write(feed: feeds.Feed, stream: feeds.Stream) -> int:
        # What it is handed now, it finds in the log too.
        joined_at = join(feed, stream)
        ids.extend(write(api, 3))
        until(lambda: stream._waiting.qsize() == 3, "it was handed them")
        return joined_at

    monkeypatch.setattr(feeds.Feed, "_join", join_and_write)
    with following(api, f"/events/stream?after={ids[0]}") as client:
        assert client.read(5) == ids[1:]
        ids += write(api, 1)
        assert client.read(6) == ids[1:]
    left(api)


def test_a_client_from_the_future_is_given_nothing_of_the_past(api: Api) -> None:
    last = write(api, 1)[0]
    with following(api, f"/events/stream?after={last + 2}") as client:
        joined(api, 1)
        ids = write(api, 4)
        assert client.read(2) == ids[2:]
    left(api)


def test_nothing_is_lost_or_doubled_while_events_are_written_all_the_time(api: Api) -> None:
    before = write(api, 1)[0]
    with ExitStack() as stack:
        clients = []
        ids: list[int] = []
        for _ in range(10):
            stream = following(api, f"/events/stream?after={before}")
            clients.append(stack.enter_context(stream))
            ids += [id_ for _ in range(5) for id_ in write(api, 20)]
        for client in clients:
            assert client.read(len(ids)) == ids
    left(api)


@pytest.mark.parametrize(
    ("query", "kinds", "of_session"),
    [
        ("types=test.end,task", {"task.started"}, False),
        (
            "types=task.started,session.finished,test.end",
            {"task.started", "session.finished"},
            False,
        ),
        ("", {"test.event", "task.started", "session.finished"}, True),
        ("types=session,test.end", {"session.finished"}, True),
        ("types=task.start,test.end", set(), False),
    ],
)
def test_a_stream_has_the_types_and_the_session_that_were_asked_for(
    api: Api, query: str, kinds: set[str], of_session: bool
) -> None:
    path = f"/sessions/{api.session}/events/stream" if of_session else "/events/stream"
    before, expected = write(api, 1)[0], []

    def more() -> None:
        for kind in ("test.event", "task.started", "session.finished"):
            for session in (api.session, api.cancelled):
                (written,) = write(api, 1, kind, session)
                if kind in kinds and (session == api.session or not of_session):
                    expected.append(written)

    more()
    with following(api, f"{path}?after={before}&{query}") as client:
        joined(api, 1)
        more()
        expected += write(api, 1, "test.end", api.session)
        assert client.read(len(expected)) == expected
    left(api)


def test_a_foreign_process_wakes_nobody_and_is_heard_all_the_same(api: Api) -> None:
    with following(api, "/events/stream") as client:
        joined(api, 1)
        database = api.server.kernel.database
        database.writer.write(lambda c: append_events(c, [NewEvent("test.event", "x")]))
        assert client.read(1) == [last_event(database)]
    left(api)


def test_places_are_limited_and_given_back(api: Api) -> None:
    with ExitStack() as stack:
        for _ in range(MOST_STREAMS):
            stack.enter_context(following(api, "/events/stream"))
        refused = api.server.ask("/api/events/stream")
        assert (refused.status, refused.header("retry-after")) == (429, "5")
        assert api.get("/version")["api"] == ["v1"]
    left(api)
    with following(api, "/events/stream") as client:
        joined(api, 1)
        ids = write(api, 1)
        assert client.read(1) == ids
    left(api)


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/events/stream", {"Authorization": "Bearer wrong"}, 401),
        ("/events/stream", {"Host": "evil.example"}, 421),
        ("/events/stream", {"Last-Event-ID": "x"}, 422),
        ("/events/stream", {"Last-Event-ID": "9" * 30}, 422),
        ("/events/stream?types=%3Cb%3E", {}, 422),
        ("/events/stream?after=-1", {}, 422),
        ("/sessions/none/events/stream", {}, 404),
    ],
)
def test_what_a_stream_is_refused_for_takes_no_place(
    api: Api, path: str, headers: dict[str, str], status: int
) -> None:
    assert api.server.ask("/api" + path, headers=headers).status == status
    assert feed_of(api.server.kernel)._places == 0


def test_head_opens_no_stream(api: Api) -> None:
    answer = api.server.ask("/api/events/stream", method="HEAD")
    assert (answer.status, answer.body) == (200, b"")
    left(api)


def test_a_client_that_reads_nothing_is_dropped(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("genesis.web.streams._SEND_SECONDS", 0.3)
    monkeypatch.setattr(feeds, "_MOST_WAITING", 50)
    with following(api, "/events/stream") as slow, following(api, "/events/stream") as quick:
        slow.connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        joined(api, 2)
        ids: list[int] = []
        deadline = time.monotonic() + SECONDS
        while feed_of(api.server.kernel)._places == 2 and time.monotonic() < deadline:
            ids += write(api, 40, "test." + "x" * 5000)
            assert quick.read(len(ids)) == ids
        assert feed_of(api.server.kernel)._places == 1
        ids += write(api, 1)
        assert quick.read(len(ids)) == ids
    left(api)


def test_streams_end_when_the_feed_is_closed(
    tmp_path_factory: pytest.TempPathFactory, site: Site, api: Api
) -> None:
    with living(tmp_path_factory.mktemp("closing"), site) as own:
        with following(own, "/events/stream") as client:
            joined(own, 1)
            feed_of(own.server.kernel).close()
            assert client.is_over()
        assert own.status("/events/stream") == 503
    with following(api, "/events/stream"):
        joined(api, 1)
    left(api)


def test_the_reader_rests_while_nobody_listens(api: Api) -> None:
    feed = feed_of(api.server.kernel)
    with following(api, "/events/stream"):
        joined(api, 1)
        assert feed._runs
    until(lambda: not feed._runs, "the reader has ended")
