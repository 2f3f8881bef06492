"""Too much, too slowly, for ever: what a client may take of the server is limited."""

from __future__ import annotations

import json
import socket

import pytest
from genesis.web import bodies
from genesis.web import server as serving_module
from genesis.web.limits import BODY_BYTES

from tests.web.serving import Answer, Server, receive


def head(server: Server, *lines: str, method: str = "POST", path: str = "/api/desk/notes") -> bytes:
    """The head of a request of the owner."""
    told = [
        f"{method} {path} HTTP/1.1", f"Host: {server.host}",
        f"Authorization: Bearer {server.token}", "Content-Type: application/json", *lines, "", "",
    ]  # fmt: skip
    return "\r\n".join(told).encode()


def is_closed(connection: socket.socket) -> bool:
    """Whether the other side has ended the connection; waits until it does, or fails."""
    try:
        return connection.recv(1) == b""
    except ConnectionError:
        return True


def test_a_body_of_the_limit_is_taken_and_one_byte_more_is_not(server: Server) -> None:
    frame = len(json.dumps({"text": "", "act": ""}))
    whole = server.ask("/api/desk/notes", {"text": "a", "act": "x" * (BODY_BYTES - frame - 1)})
    assert whole.status == 201
    more = server.ask("/api/desk/notes", {"text": "a", "act": "x" * (BODY_BYTES - frame)})
    assert more.status == 413
    assert more.header("content-type") == "application/problem+json"


@pytest.mark.parametrize("length", ["1048577", "9" * 30, "9" * 5000])
def test_a_body_that_announces_too_much_is_not_waited_for(server: Server, length: str) -> None:
    with server.connect() as connection:
        connection.sendall(head(server, f"Content-Length: {length}", "Expect: 100-continue"))
        answer = receive(connection)
        assert answer.status in (400, 413)
        assert is_closed(connection)


def test_a_body_without_an_announced_length_is_counted(server: Server) -> None:
    before = server.events("desk.noted")
    chunk = b"10000\r\n" + b"a" * 0x10000 + b"\r\n"
    with server.connect() as connection:
        connection.sendall(head(server, "Transfer-Encoding: chunked"))
        for _ in range(20):
            connection.sendall(chunk)
        answer = receive(connection)
        assert answer.status == 413
        assert answer.header("connection") == "close"
    assert server.events("desk.noted") == before


def test_a_body_that_trickles_in_is_given_up(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "BODY_SECONDS", 0.3)
    before = server.events("desk.noted")
    with server.connect() as connection:
        connection.sendall(head(server, "Content-Length: 100") + b'{"text":')
        answer = receive(connection)
        assert (answer.status, answer.header("connection")) == (408, "close")
        assert is_closed(connection)
    assert server.events("desk.noted") == before


def test_a_head_that_trickles_in_is_given_up(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving_module, "HEADER_SECONDS", 0.3)
    with server.connect() as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127")
        assert is_closed(connection)
    with server.connect() as connection:
        # Also the second request of a connection.
        connection.sendall(head(server, method="GET"))
        assert receive(connection).status == 200
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHo")
        assert is_closed(connection)


@pytest.mark.parametrize(
    "lines",
    [["X-A: " + "b" * 65_536], [f"X-{i}: {'b' * 20}" for i in range(5000)]],
    ids=["a header of 64 KiB", "5,000 headers"],
)
def test_headers_have_a_limit(server: Server, lines: list[str]) -> None:
    answer = _answer_or_cut(server, head(server, *lines, method="GET"))
    assert answer is None or answer.status in (400, 431)
    assert server.ask("/healthz").status == 200


def test_a_path_has_a_limit(server: Server) -> None:
    answer = _answer_or_cut(server, head(server, method="GET", path="/api/" + "a" * 65_536))
    assert answer is None or answer.status == 414


def test_the_rest_of_a_refused_body_is_not_taken_for_a_request(server: Server) -> None:
    before = server.events("desk.noted")
    hidden = head(server, "Content-Length: 15") + b'{"text": "two"}'
    forged = (
        f"POST /api/desk/notes HTTP/1.1\r\nHost: {server.host}\r\n"
        f"Content-Length: {len(hidden)}\r\n\r\n"
    )
    with server.connect() as connection:
        connection.sendall(forged.encode() + hidden)
        assert receive(connection).status == 401
        connection.sendall(head(server, method="GET", path="/healthz"))
        answer = receive(connection)
        assert (answer.status, answer.json()) == (200, {"status": "ok"})
    assert server.events("desk.noted") == before


def test_a_client_that_goes_away_in_the_middle_leaves_nothing(server: Server) -> None:
    before = server.events("desk.noted")
    with server.connect() as connection:
        connection.sendall(head(server, "Content-Length: 100") + b'{"text":')
    assert server.ask("/api/desk/notes").status == 200
    assert server.events("desk.noted") == before


def _answer_or_cut(server: Server, request: bytes) -> Answer | None:
    """The answer; None when the connection was cut before it could be read."""
    try:
        return server.send(request)
    except ConnectionError:
        return None
