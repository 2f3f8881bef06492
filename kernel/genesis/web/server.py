"""How uvicorn serves the application, in `genesis up` as in tests."""

from __future__ import annotations

import asyncio
import socket

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from genesis.web.asgi import ASGIApp
from genesis.web.limits import HEADER_BYTES, HEADER_SECONDS, MOST_CONNECTIONS


def server_config(app: ASGIApp, *, host: str = "127.0.0.1", port: int = 0) -> uvicorn.Config:
    """The settings of the server. Logging stays as the process has it; sockets that are already
    bound may be given to `Server.run(sockets=...)`, and then host and port do not count."""
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        # The strict parser, whatever else is installed: it refuses what two could read in two ways.
        http=_Protocol,
        ws="none",
        loop="asyncio",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        # Nobody stands between; what a client says of itself is not believed.
        proxy_headers=False,
        h11_max_incomplete_event_size=HEADER_BYTES,
        limit_concurrency=MOST_CONNECTIONS,
        timeout_keep_alive=30,
    )


class _Protocol(H11Protocol):
    """Answers at once, and closes a connection on which the head of a request does not come whole
    in time, for which uvicorn would wait for ever."""

    _cut: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        # asyncio does so only for sockets that it made itself. Without it a body waits 40 ms for
        # the client to acknowledge the headers.
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._watch()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        self._end_watch()
        super().connection_lost(exc)

    def _unsupported_upgrade_warning(self) -> None:
        """The guard refuses it; a page must not fill the log with advice to install something."""

    def _watch(self) -> None:
        if self.conn.their_state is not h11.IDLE:
            self._end_watch()
        elif self._cut is None:
            self._cut = self.loop.call_later(HEADER_SECONDS, self.transport.close)

    def _end_watch(self) -> None:
        if self._cut is not None:
            self._cut.cancel()
            self._cut = None
