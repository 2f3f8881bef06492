"""Forged requests, each with the status that it is refused with. The server is a real one, and
what is sent are bytes, so that no client's good manners stand between."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import pytest
from genesis.web.token import new_cookie, seal

from tests.web.serving import Answer, Server

NOTE = b'{"text": "forged"}'


@dataclass(frozen=True)
class Forged:
    """A request whose parts may be given; `{port}`, `{token}` and `{cookie}` are filled in."""

    name: str
    status: int
    method: str = "POST"
    path: str = "/api/desk/notes"
    host: str | None = "127.0.0.1:{port}"
    headers: list[str] = field(default_factory=list)
    is_owner: bool = True
    body: bytes = NOTE

    def sent(self, server: Server) -> bytes:
        """Its bytes."""
        lines = [f"{self.method} {self.path} HTTP/1.1"]
        lines += [] if self.host is None else [f"Host: {self.host}"]
        lines += ["Authorization: Bearer {token}"] if self.is_owner else []
        if self.method == "POST":
            lines += ["Content-Type: application/json", f"Content-Length: {len(self.body)}"]
        text = "\r\n".join([*lines, *self.headers, "", ""])
        for name, value in {
            "{port}": str(server.port),
            "{token}": server.token,
            "{cookie}": f"genesis-{server.port}={new_cookie(server.token)}",
        }.items():
            text = text.replace(name, value)
        return text.encode("latin-1") + (self.body if self.method == "POST" else b"")


def post(name: str, status: int, *headers: str, **more: object) -> Forged:
    """A write that the token vouches for, with something wrong about it."""
    return Forged(name, status, headers=list(headers), **more)  # type: ignore[arg-type]


def get(name: str, status: int, path: str, *headers: str, **more: object) -> Forged:
    """A read that the token vouches for, with something wrong about it."""
    return Forged(name, status, "GET", path, headers=list(headers), **more)  # type: ignore[arg-type]


def blind(name: str, status: int, *headers: str, **more: object) -> Forged:
    """A request as a browser sends it for whatever page: it has the cookie, not the token."""
    return Forged(name, status, headers=["Cookie: {cookie}", *headers], is_owner=False, **more)  # type: ignore[arg-type]


NOTES = "/api/desk/notes"
NAVIGATION = ("Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document")
TABLE = [
    # A name that was made to lead here (DNS rebinding), or none.
    post("rebound name", 421, host="attacker.example:{port}"),
    get("rebound name, reading", 421, NOTES, host="attacker.example:{port}"),
    get("rebound name, health", 421, "/healthz", host="attacker.example:{port}", is_owner=False),
    get("rebound name, nothing there", 421, "/nothing", host="attacker.example"),
    get("rebound name, login", 421, "/login?ticket=x", host="attacker.example"),
    get("name that begins like ours", 421, NOTES, host="127.0.0.1.attacker.example:{port}"),
    get("name that ends like ours", 421, NOTES, host="attacker.example.localhost:{port}"),
    get("name with a dot at its end", 421, NOTES, host="localhost.:{port}"),
    get("another port", 421, NOTES, host="127.0.0.1:1"),
    get("no port", 421, NOTES, host="127.0.0.1"),
    get("another address of this machine", 421, NOTES, host="0.0.0.0:{port}"),
    get("user in the name", 421, NOTES, host="127.0.0.1:{port}@attacker.example"),
    get("no name", 400, NOTES, host=None),
    get("an empty name", 421, NOTES, host=""),
    get("two names", 400, NOTES, "Host: attacker.example"),
    get("name in the target", 400, "http://attacker.example/api/desk/notes"),
    get("X-Forwarded-Host is not believed", 421, NOTES, "X-Forwarded-Host: 127.0.0.1",
        host="attacker.example"),
    # Nobody, or somebody who guesses.
    get("no token", 401, NOTES, is_owner=False),
    post("no token, writing", 401, is_owner=False),
    get("no token, nothing there", 401, "/nothing", is_owner=False),
    get("no token, the document", 401, "/api/openapi.json", is_owner=False),
    get("an empty token", 401, NOTES, "Authorization: Bearer ", is_owner=False),
    get("a forged token", 401, NOTES, "Authorization: Bearer " + "a" * 43, is_owner=False),
    get("a longer token", 401, NOTES, "Authorization: Bearer {token}a", is_owner=False),
    get("the token as a password", 401, NOTES, "Authorization: Basic {token}", is_owner=False),
    get("the token in the address", 401, NOTES + "?token={token}", is_owner=False),
    get("the token as a cookie", 401, NOTES, "Cookie: genesis-{port}={token}", is_owner=False),
    get("two tokens", 401, NOTES, "Authorization: Bearer a"),
    get("a wrong token beside a good cookie", 401, NOTES, "Authorization: Bearer a",
        "Cookie: {cookie}", is_owner=False),
    get("a cookie of another port", 401, NOTES, "Cookie: genesis-1=a", is_owner=False),
    get("bytes that are no text as a token", 401, NOTES, "Authorization: Bearer \xff\xfe",
        is_owner=False),
    # Pages of other sites, in the browser of the owner.
    blind("cross-site write", 403, "Sec-Fetch-Site: cross-site", "Origin: https://evil.example"),
    blind("write from another port", 403, "Sec-Fetch-Site: same-site",
          "Origin: http://127.0.0.1:1"),
    blind("cross-site read", 403, "Sec-Fetch-Site: cross-site", method="GET"),
    blind("read from another port", 403, "Sec-Fetch-Site: same-site", method="GET"),
    blind("cross-site frame", 403, "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate",
          "Sec-Fetch-Dest: iframe", method="GET"),
    blind("cross-site form", 403, "Sec-Fetch-Site: cross-site", *NAVIGATION),
    blind("origin of another port", 403, "Origin: http://127.0.0.1:1"),
    blind("origin null", 403, "Origin: null"),
    blind("origin that begins like ours", 403, "Origin: http://127.0.0.1:{port}.evil.example"),
    blind("two origins", 400, "Origin: http://127.0.0.1:{port}", "Origin: http://evil.example"),
    blind("two sites", 400, "Sec-Fetch-Site: same-origin", "Sec-Fetch-Site: cross-site"),
    blind("own site and foreign origin", 403, "Sec-Fetch-Site: same-origin",
          "Origin: http://evil.example"),
    blind("write that does not say from where", 403),
    post("cross-site write with the token", 403, "Sec-Fetch-Site: cross-site"),
    post("foreign origin with the token", 403, "Origin: http://evil.example"),
    get("preflight", 403, NOTES, "Origin: http://evil.example", is_owner=False),
    # Paths that two could read in two ways.
    get("dots", 400, "/api/../../etc/passwd"),
    get("dots, escaped", 400, "/api/%2e%2e/%2e%2e/etc/passwd"),
    get("dots, half escaped", 400, "/api/.%2e/login"),
    get("slash, escaped", 400, "/api/desk/notes/..%2f..%2fetc%2fpasswd"),
    get("slash, escaped alone", 400, "/api%2fdesk/notes"),
    get("backslash", 400, "/api\\desk\\notes"),
    get("backslash, escaped", 400, "/api/desk/notes/..%5c..%5cboot.ini"),
    get("two slashes", 400, "//api/desk/notes"),
    get("two slashes within", 400, "/api//desk/notes"),
    get("NUL", 400, "/api/desk/notes/a%00.json"),
    get("line break", 400, "/api/desk/notes/a%0d%0aSet-Cookie:%20a=b"),
    get("no UTF-8", 400, "/api/desk/notes/%ff"),
    get("overlong dots", 400, "/api/%c0%ae%c0%ae/etc/passwd"),
    get("half an escape", 400, "/api/desk/notes/%2"),
    get("dots, escaped twice", 404, "/api/%252e%252e/etc/passwd"),
    get("bytes beyond ASCII", 400, "/api/desk/notes/\xe9"),
    get("a file by its path", 404, "/api/file?path=/etc/passwd"),
    get("a fragment", 404, "/api/desk/notes%23"),
    # Requests that two servers could divide in two ways, upgrades, and too much of everything.
    post("length and chunks", 400, "Transfer-Encoding: chunked"),
    post("two lengths", 400, "Content-Length: 3"),
    post("a negative length", 400, "X: y", "Content-Length: -1"),
    get("a folded header", 400, NOTES, "X-A: b\r\n c: d\x00"),
    get("a header with NUL", 400, NOTES, "X-A: \x00"),
    get("a space before the colon", 400, NOTES, "X-A : b"),
    get("a line break within", 400, NOTES, "X-A: b\rX-B: c"),
    get("websocket", 403, NOTES, "Connection: Upgrade", "Upgrade: websocket",
        "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="),
    get("HTTP/2 in clear", 403, NOTES, "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c"),
    Forged("another method", 405, "TRACE"),
    Forged("a proxy's method", 400, "CONNECT", "evil.example:443"),
    Forged("a method by header", 404, "GET", "/api/desk/nothing",
           headers=["X-HTTP-Method-Override: DELETE"]),
    post("a form", 415, "X: y", body=b"text=forged", path="/api/desk/notes"),
]  # fmt: skip


def send(server: Server, forged: Forged) -> Answer:
    sent = forged.sent(server)
    if forged.name == "a form":
        sent = sent.replace(b"application/json", b"application/x-www-form-urlencoded")
    return server.send(sent)


@pytest.mark.parametrize("forged", TABLE, ids=lambda forged: forged.name.replace(" ", "-"))
def test_a_forged_request_is_refused(server: Server, forged: Forged) -> None:
    before = server.events("desk.noted")
    answer = send(server, forged)
    assert answer.status == forged.status
    assert b"root:" not in answer.body
    assert server.token.encode() not in answer.body
    assert not [name for name, _ in answer.headers if name.startswith("access-control")]
    assert answer.header("set-cookie") is None
    assert server.events("desk.noted") == before


@pytest.mark.parametrize(
    "forged",
    [
        Forged("as the owner's program", 201),
        Forged("as localhost", 201, host="localhost:{port}"),
        Forged("as LOCALHOST", 201, host="LOCALHOST:{port}"),
        Forged("as [::1]", 201, host="[::1]:{port}"),
        Forged("under a further name", 201, host="genesis.test"),
        Forged("under a further name with its port", 201, host="genesis.test:{port}"),
        blind("from our own page", 201, "Sec-Fetch-Site: same-origin",
              "Origin: http://127.0.0.1:{port}"),
        blind("typed by the user", 200, "Sec-Fetch-Site: none", *NAVIGATION, method="GET"),
        blind("without Sec-Fetch, from our own page", 201, "Origin: http://127.0.0.1:{port}"),
        blind("behind a server with TLS", 201, "Origin: https://genesis.test",
              host="genesis.test"),
        blind("beside a cookie that another server set", 200, "Cookie: genesis-{port}=junk",
              method="GET"),
        blind("a followed link", 200, "Sec-Fetch-Site: same-site", *NAVIGATION, method="GET"),
    ],
    ids=lambda forged: forged.name.replace(" ", "-"),
)  # fmt: skip
def test_an_honest_request_of_the_same_kind_is_answered(server: Server, forged: Forged) -> None:
    assert send(server, forged).status == forged.status


def test_the_table_is_long_enough() -> None:
    assert len(TABLE) >= 30
    assert len({forged.name for forged in TABLE}) == len(TABLE)


def test_a_cookie_is_worth_nothing_when_it_is_old_or_of_another_home(server: Server) -> None:
    for value in (
        seal(server.token, "cookie", -1),
        seal("b" * 43, "cookie", 1000),
        seal(server.token, "ticket", 1000),
        new_cookie(server.token)[:-1] + "x",
        f"{int(time.time()) + 10**6}{new_cookie(server.token)[10:]}",
    ):
        forged = get("cookie", 401, NOTES, f"Cookie: genesis-{{port}}={value}", is_owner=False)
        assert send(server, forged).status == 401, value


def test_every_answer_tells_browsers_to_keep_out(server: Server) -> None:
    for path in (
        "/healthz",
        "/api/desk/notes",
        "/nothing",
        "/",
        "/login",
        "/api//",
        "/api/nothing",
    ):
        answer = server.ask(path)
        policy = str(answer.header("content-security-policy"))
        assert "default-src 'none'" in policy, path
        assert "frame-ancestors 'none'" in policy, path
        assert answer.header("x-content-type-options") == "nosniff"
        assert answer.header("referrer-policy") == "no-referrer"
        assert answer.header("cross-origin-opener-policy") == "same-origin"
        assert answer.header("cross-origin-resource-policy") == "same-origin"
        assert answer.header("cache-control") == "no-store"
        assert answer.header("server") is None


def test_who_asks_for_the_token_is_told_how_to_send_it(server: Server) -> None:
    answer = server.ask("/api/desk/notes", headers={"Authorization": "Bearer no"})
    assert answer.status == 401
    assert str(answer.header("www-authenticate")).startswith("Bearer")


def test_health_is_open_and_says_nothing_else(server: Server) -> None:
    for path, status in (("/healthz", "ok"), ("/readyz", "ready")):
        answer = server.ask(path, headers={"Authorization": ""})
        assert (answer.status, answer.json()) == (200, {"status": status})
        assert server.ask(path, headers={"Authorization": ""}, method="POST").status == 401
