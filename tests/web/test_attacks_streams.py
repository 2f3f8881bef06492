"""Streams of events: guarded like everything else, and not more of them than there are places."""

from __future__ import annotations

from contextlib import ExitStack

import pytest
from genesis.web import feed
from genesis.web.limits import MOST_CONNECTIONS, MOST_STREAMS

from tests.support import until
from tests.web.serving import Answer, Server, receive

STREAM = "/api/events/stream"
PLACES = 3


def request(server: Server, *, owner: bool = True, host: str = "", path: str = STREAM) -> bytes:
    """A request for a stream."""
    lines = [f"GET {path} HTTP/1.1", f"Host: {host or server.host}"]
    lines += [f"Authorization: Bearer {server.token}"] if owner else []
    return "\r\n".join([*lines, "", ""]).encode()


@pytest.mark.parametrize("path", [STREAM, "/api/v1/events/stream"])
def test_a_stream_is_guarded(server: Server, path: str) -> None:
    assert server.send(request(server, owner=False, path=path)).status == 401
    assert server.send(request(server, host="evil.example", path=path)).status == 421
    cross = request(server, path=path).replace(
        b"\r\n\r\n", b"\r\nSec-Fetch-Site: cross-site\r\n\r\n"
    )
    assert server.send(cross).status == 403
    assert server.ask(path, method="POST").status == 405


def test_there_are_fewer_streams_than_connections() -> None:
    assert MOST_STREAMS < MOST_CONNECTIONS / 2


def test_streams_cannot_use_up_the_server(
    own_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "MOST_STREAMS", PLACES)

    def ask_for_one(stack: ExitStack) -> int:
        connection = stack.enter_context(own_server.connect())
        connection.sendall(request(own_server))
        # The head is enough: a stream has no end.
        status = connection.recv(15)
        assert status.startswith(b"HTTP/1.1 ")
        return int(status.split()[1])

    with ExitStack() as open_streams:
        assert [ask_for_one(open_streams) for _ in range(PLACES)] == [200] * PLACES
        with own_server.connect() as one_more:
            one_more.sendall(request(own_server))
            answer: Answer = receive(one_more)
            assert answer.status == 429
            assert answer.header("content-type") == "application/problem+json"
            assert answer.header("retry-after") is not None
        assert own_server.ask("/api/desk/notes").status == 200
    # Who goes gives the place back.
    with ExitStack() as stack:
        until(lambda: ask_for_one(stack) == 200, "there is a place again")
