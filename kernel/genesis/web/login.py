"""Who asks: by the token, or by the cookie that a browser gets for a login link."""

from __future__ import annotations

import time
from typing import Literal
from urllib.parse import parse_qs

from genesis.web.asgi import Headers, Scope, header
from genesis.web.limits import COOKIE_DAYS, TICKET_SECONDS
from genesis.web.problems import Problem
from genesis.web.token import is_sealed, matches, new_cookie

Who = Literal["token", "cookie"]
LOGIN_PATH = "/login"
_CHALLENGE: Headers = ((b"www-authenticate", b'Bearer realm="genesis"'),)
UNKNOWN = Problem(
    401,
    "Send the token of this home as `Authorization: Bearer TOKEN`, or open the link that "
    "`genesis status` prints.",
    headers=_CHALLENGE,
)
_SPENT = Problem(401, "That link was used or is too old. `genesis status` prints a new one.",
                 headers=_CHALLENGE)  # fmt: skip
_ODD_NEXT = ("//", "/\\")


class Logins:
    """The ways in of one server."""

    def __init__(self, token: str, port: int) -> None:
        self._token = token
        self.cookie_name = cookie_name(port)
        # Only tickets that were real are kept, so nobody fills it, and no longer than they live.
        self._spent: dict[str, float] = {}

    def who(self, scope: Scope) -> Who | None:
        """Who vouches for a request; None for nobody. A wrong token is not mended by a cookie."""
        given = header(scope, b"authorization")
        if given:
            kind, _, token = given[0].partition(b" ")
            is_ours = len(given) == 1 and kind.lower() == b"bearer" and matches(self._token, token)
            return "token" if is_ours else None
        # Other servers of this machine can set a cookie of the same name beside ours.
        return "cookie" if any(map(self._is_our_cookie, header(scope, b"cookie"))) else None

    def log_in(self, scope: Scope) -> Problem | Headers:
        """Exchange the ticket of a link for a cookie: the headers of the answer, or why not."""
        query = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        ticket = query.get("ticket", [""])[0]
        if not is_sealed(self._token, "ticket", ticket) or not self._spend(ticket):
            return _SPENT
        cookie = (
            f"{self.cookie_name}={new_cookie(self._token)}; Path=/; Max-Age={COOKIE_DAYS * 86_400}"
            "; HttpOnly; SameSite=Strict"
        )
        target = _own_path(query.get("next", ["/"])[0])
        return ((b"location", target.encode()), (b"set-cookie", cookie.encode()))

    def _spend(self, ticket: str) -> bool:
        now = time.monotonic()
        self._spent = {one: until for one, until in self._spent.items() if until > now}
        if ticket in self._spent:
            return False
        self._spent[ticket] = now + TICKET_SECONDS
        return True

    def _is_our_cookie(self, cookies: bytes) -> bool:
        for cookie in cookies.decode("latin-1").split(";"):
            name, _, value = cookie.strip().partition("=")
            if name == self.cookie_name and is_sealed(self._token, "cookie", value):
                return True
        return False


def cookie_name(port: int | str) -> str:
    """The name of the cookie of the server on a port: browsers send those of every port along."""
    return f"genesis-{port}"


def _own_path(target: str) -> str:
    """Where to go after the login: a path of this server, whatever was asked for."""
    is_plain = target.isascii() and target.isprintable() and " " not in target
    is_own = target.startswith("/") and not target.startswith(_ODD_NEXT) and "\\" not in target
    return target if is_plain and is_own else "/"
