"""The guard: it stands before every route, and nothing of this server answers without it.

A request is refused at the first of these that it does not pass: the name it was sent to (421),
its form (400, 403), the site it was sent from (403), who vouches for it (401), its size (413).
What is open to everybody says nothing but that the server runs.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable

from genesis.web.asgi import ASGIApp, Message, Receive, Scope, Send, header, shown_path
from genesis.web.bodies import LimitedBody, refuse_length
from genesis.web.login import LOGIN_PATH, UNKNOWN, Logins
from genesis.web.problems import Problem, known_problem, send_problem
from genesis.web.requests import (
    SAFE_METHODS,
    allowed_hosts,
    refuse_blind_write,
    refuse_form,
    refuse_host,
    refuse_site,
)

OPEN_PATHS = ("/healthz", "/readyz")
_ALWAYS = {
    b"content-security-policy": b"default-src 'none'; script-src 'self'; style-src 'self'; "
    b"img-src 'self' data:; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; "
    b"base-uri 'none'",
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
}
_NO_STORE = (b"cache-control", b"no-store")
_CLOSE = (b"connection", b"close")
_CRASHED = Problem(500, "This request could not be carried out; the server's log says why.")
_log = logging.getLogger("genesis.web")
_audit = logging.getLogger("genesis.web.audit")


class Guard:
    """An ASGI application around another one."""

    def __init__(self, app: ASGIApp, token: str, hosts: Collection[str], port: int | None) -> None:
        """`port` None: the one that a request came to."""
        self._app = app
        self._token = token
        self._hosts = hosts
        self._port = port
        self._doors: dict[int, _Door] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or hand it on."""
        if scope["type"] == "http":
            await self._answer(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        else:
            # Before it is accepted, the server makes 403 of it.
            await send({"type": "websocket.close", "code": 1008})

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = LimitedBody(receive, is_expected=_has_body(scope))
        reply = _Reply(scope, send, body)
        door = self._door(scope)
        who, problem = door.judge(scope)
        try:
            if problem is None and scope["path"] == LOGIN_PATH:
                who, problem = await _log_in(door.logins, scope, reply)
            elif problem is None:
                await self._app(scope, body, reply)
        except ConnectionError:
            return
        except Exception as error:
            problem = known_problem(error) or _CRASHED
            if problem is _CRASHED:
                _log.exception("%s %s", scope["method"], shown_path(scope))
            if reply.status:
                # Half an answer is out: only a broken connection tells that it is not whole.
                raise
        if problem is not None:
            if not header(scope, b"expect"):
                await body.drain()
            await send_problem(reply, problem, shown_path(scope))
        if scope["method"] not in SAFE_METHODS:
            path = shown_path(scope)
            _audit.info("%s %s %d by %s", scope["method"], path, reply.status, who or "nobody")

    def _door(self, scope: Scope) -> _Door:
        port = self._port or int(scope["server"][1])
        door = self._doors.get(port)
        if door is None:
            door = self._doors[port] = _Door(self._token, self._hosts, port)
        return door


class _Door:
    """The checks for one port."""

    def __init__(self, token: str, hosts: Collection[str], port: int) -> None:
        self._allowed = allowed_hosts(hosts, port)
        self.logins = Logins(token, port)

    def judge(self, scope: Scope) -> tuple[str | None, Problem | None]:
        """Who asks, and why the request is refused, if it is."""
        problem = refuse_host(scope, self._allowed) or refuse_form(scope) or refuse_site(scope)
        if problem is not None:
            return None, problem
        is_open = scope["path"] in OPEN_PATHS or scope["path"] == LOGIN_PATH
        who = self.logins.who(scope)
        if who is None and not (is_open and scope["method"] in SAFE_METHODS):
            return None, UNKNOWN
        if who == "cookie":
            problem = refuse_blind_write(scope)
        return who, problem or refuse_length(scope)


class _Reply:
    """The `send` of one request; it adds to every answer what browsers have to be told."""

    def __init__(self, scope: Scope, send: Send, body: LimitedBody) -> None:
        self._send = send
        self._body = body
        self._is_api = scope["path"].startswith("/api")
        self.status = 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message = {**message, "headers": self._complete(message.get("headers", ()))}
        await self._send(message)

    def _complete(self, given: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        headers = [pair for pair in given if not _is_ours(pair[0].lower())]
        headers += _ALWAYS.items()
        if self._is_api or not any(name == b"cache-control" for name, _ in headers):
            headers = [pair for pair in headers if pair[0] != b"cache-control"]
            headers.append(_NO_STORE)
        if not self._body.is_complete:
            # What is left of the body must not be taken for the next request.
            headers.append(_CLOSE)
        return headers


async def _log_in(logins: Logins, scope: Scope, reply: _Reply) -> tuple[str, Problem | None]:
    if scope["method"] != "GET":
        return "nobody", Problem(405, "A login link is opened.", headers=((b"allow", b"GET"),))
    found = logins.log_in(scope)
    if isinstance(found, Problem):
        return "nobody", found
    headers = [*found, (b"content-length", b"0")]
    await reply({"type": "http.response.start", "status": 303, "headers": headers})
    await reply({"type": "http.response.body", "body": b""})
    _audit.info("login by a link")
    return "ticket", None


def _is_ours(name: bytes) -> bool:
    return name in _ALWAYS or name.startswith(b"access-control-")


def _has_body(scope: Scope) -> bool:
    lengths = header(scope, b"content-length")
    return bool(header(scope, b"transfer-encoding")) or lengths not in ([], [b"0"])
