"""Reading what a client sends, within limits of size and time that hold for every endpoint."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from genesis.web.asgi import Message, Receive, Scope, header
from genesis.web.limits import BODY_BYTES, BODY_SECONDS
from genesis.web.problems import Problem, ProblemError

_DRAINED_BYTES = 8 * BODY_BYTES
_DRAINED_SECONDS = 0.5
TOO_LARGE = Problem(413, f"A body has at most {BODY_BYTES} bytes.")
TOO_SLOW = Problem(408, f"A body arrives within {BODY_SECONDS:g} seconds.")


def refuse_length(scope: Scope) -> Problem | None:
    """Refuse a body that announces itself as too large."""
    lengths = header(scope, b"content-length")
    if not lengths:
        return None
    if len(lengths) > 1 or not lengths[0].isdigit():
        return Problem(400, "A request has one Content-Length, a number.")
    # Ten digits are too many for any limit, and thousands for the conversion.
    is_long = len(lengths[0]) > 10 or int(lengths[0]) > BODY_BYTES
    return TOO_LARGE if is_long else None


class LimitedBody:
    """The `receive` of one request: it counts bytes and time until the body has come wholly.

    Raises ProblemError 413 or 408 then, also if it is asked again.
    """

    def __init__(self, receive: Receive, *, is_expected: bool) -> None:
        self._receive = receive
        self._bytes = 0
        self._deadline: float | None = None
        self._problem: Problem | None = None
        self.is_complete = not is_expected

    async def __call__(self) -> Message:
        """The next message of the client."""
        if self.is_complete:
            return await self._receive()
        if self._problem is not None:
            raise _error(self._problem)
        message = await self._within_time()
        self._bytes += len(message.get("body", b""))
        self.is_complete = not message.get("more_body", False)
        if self._bytes > BODY_BYTES:
            self._problem = TOO_LARGE
            raise _error(TOO_LARGE)
        return message

    async def read(self) -> bytes:
        """The whole body. Raises ProblemError, ConnectionError when the client is gone."""
        parts = []
        while not self.is_complete:
            message = await self()
            if message["type"] == "http.disconnect":
                raise ConnectionError("the client is gone")
            parts.append(message.get("body", b""))
        return b"".join(parts)

    async def drain(self) -> None:
        """Read a little more of a body that is refused: a client that is cut off while it sends
        does not see why."""
        if self._problem is TOO_SLOW:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(_DRAINED_SECONDS):
                while not self.is_complete and self._bytes < _DRAINED_BYTES:
                    message = await self._receive()
                    self._bytes += len(message.get("body", b""))
                    self.is_complete = not message.get("more_body", False)

    async def _within_time(self) -> Message:
        if self._deadline is None:
            self._deadline = asyncio.get_running_loop().time() + BODY_SECONDS
        try:
            async with asyncio.timeout_at(self._deadline):
                return await self._receive()
        except TimeoutError:
            self._problem = TOO_SLOW
            raise _error(TOO_SLOW) from None


def _error(problem: Problem) -> ProblemError:
    return ProblemError(problem.status, problem.detail)
