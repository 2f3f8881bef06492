"""Carry out one request: read what came, call the endpoint in its thread, write the answer."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Mapping
from typing import TypeVar, cast
from urllib.parse import quote

from pydantic_core import to_json

from genesis.contracts.web import Call, NoInput
from genesis.errors import HookTimeoutError, PluginError
from genesis.host.host import PluginHost
from genesis.storage.database import Database
from genesis.storage.idempotency import KeptAnswer
from genesis.web.asgi import Receive, Scope, Send, shown_path
from genesis.web.idempotency import Keys, digest, key_of
from genesis.web.lanes import Lane
from genesis.web.limits import KERNEL_THREADS, PLUGIN_SECONDS, PLUGIN_THREADS
from genesis.web.problems import MEDIA_TYPE, ProblemError, known_problem
from genesis.web.reading import read_body
from genesis.web.routing import Route

T = TypeVar("T")
_NO_BODY = NoInput()
_MEMBER = re.compile(r"\{([a-z_][a-z0-9_]*)\}")
_log = logging.getLogger("genesis.web")


class Caller:
    """Calls endpoints, the kernel's in threads of its own and each plugin's in others."""

    def __init__(self, host: PluginHost, database: Database) -> None:
        self._host = host
        self._keys = Keys(database)
        self._kernel = Lane("the kernel", KERNEL_THREADS)
        self._plugins: dict[str, Lane] = {}

    def close(self) -> None:
        """Let the threads end."""
        for lane in (self._kernel, *self._plugins.values()):
            lane.close()

    async def answer(
        self, route: Route, parts: Mapping[str, str], scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Answer a request to an endpoint. Raises what the guard makes a problem of."""
        takes_body = route.endpoint.body is not None
        raw = await _read(receive) if takes_body or route.endpoint.creates else b""

        key = key_of(scope) if route.endpoint.creates else None

        def work() -> KeptAnswer:
            return _carry_out(route, parts, scope, raw, key)

        if key is None:
            await _send(send, await self._run(route, work))
            return
        request = digest(scope["method"], scope["path"], scope["query_string"], raw)
        path = shown_path(scope)
        answer, again = await self._run(
            route, lambda: self._keys.once(key, request, work, instance=path)
        )
        await _send(send, answer, again=again)

    async def _run(self, route: Route, work: Callable[[], T]) -> T:
        plugin = route.plugin
        return await (self._kernel.run(work) if plugin is None else self._run_plugin(plugin, work))

    async def _run_plugin(self, plugin: str, work: Callable[[], T]) -> T:
        """Run what is a plugin's. Whatever it does there, it is the plugin that failed."""
        if self._host.is_quarantined(plugin):
            raise _bad(502, plugin, f"is in quarantine; `genesis plugins reset {plugin}`")
        lane = self._plugins.get(plugin)
        if lane is None:
            lane = Lane(f"the plugin {plugin!r}", PLUGIN_THREADS, PLUGIN_SECONDS)
            self._plugins[plugin] = lane
        begun = time.perf_counter()
        try:
            value = await lane.run(work)
        except Exception as error:
            if known_problem(error) is not None and not isinstance(error, PluginError):
                raise
            spent, fault = (time.perf_counter() - begun) * 1000, error
            _log.warning("an endpoint of the plugin %s failed", plugin, exc_info=error)
            await self._kernel.run(
                lambda: self._host.failed(plugin, "genesis_endpoints", fault, spent)
            )
            if isinstance(error, HookTimeoutError):
                raise _bad(504, plugin, f"did not answer within {PLUGIN_SECONDS:g} s") from None
            raise _bad(502, plugin, f"failed: {type(error).__name__}") from None
        self._host.succeeded(plugin)
        return value


def _carry_out(
    route: Route, parts: Mapping[str, str], scope: Scope, raw: bytes, key: str | None
) -> KeptAnswer:
    """Runs in a thread: reading a large body takes its time too."""
    endpoint = route.endpoint
    query = route.query.read(scope)
    body = _NO_BODY if endpoint.body is None else read_body(endpoint.body, scope, raw)
    # Each model was named by the endpoint itself, whose type says that its call takes them.
    value = cast(Callable[[object], object], endpoint.call)(Call(parts, query, body, key))
    if endpoint.answer is None:
        return KeptAnswer(route.status, b"", None)
    location = None if endpoint.location is None else _location(endpoint.location, value)
    return KeptAnswer(route.status, to_json(value, inf_nan_mode="null"), location)


def _location(template: str, value: object) -> str:
    """The path of what was made, with members of the answer in it."""

    def member(found: re.Match[str]) -> str:
        name = found[1]
        part = value[name] if isinstance(value, Mapping) else getattr(value, name)
        return quote(str(part), safe="")

    return _MEMBER.sub(member, template)


async def _read(receive: Receive) -> bytes:
    parts = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ConnectionError("the client is gone")
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)


async def _send(send: Send, answer: KeptAnswer, *, again: bool = False) -> None:
    media_type = b"application/json" if answer.status < 400 else MEDIA_TYPE
    headers = []
    if answer.status != 204:
        headers += [
            (b"content-type", media_type),
            (b"content-length", str(len(answer.body)).encode()),
        ]
    if answer.location is not None:
        headers.append((b"location", answer.location.encode()))
    if again:
        headers.append((b"idempotency-replayed", b"true"))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})


def _bad(status: int, plugin: str, what: str) -> ProblemError:
    return ProblemError(status, f"The plugin {plugin!r} {what}.")
