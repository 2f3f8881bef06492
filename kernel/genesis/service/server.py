"""The web server in the main thread's loop: one socket, and signals that are ours."""

from __future__ import annotations

import asyncio
import errno
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import uvicorn

from genesis.errors import GenesisError, HomeError
from genesis.web.server import server_config

if TYPE_CHECKING:
    from genesis.web.asgi import ASGIApp

_BACKLOG = 512
# Streams of events have been told to end; whoever does not by then is cut off.
_GRACE_SECONDS = 2


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer, and say so."""
        await super().startup(sockets)
        if self.started:
            self._on_ready()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals alone: uvicorn would raise them again at its end."""
        yield


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens there; port 0 is any that is free. Raises HomeError."""
    try:
        family, _, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listening = socket.create_server(address[:2], family=family, backlog=_BACKLOG)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise HomeError(
                f"The port {port} on {host} is in use by another program. Choose another one with "
                "--port, e.g. --port 3031, or end that program."
            ) from None
        raise HomeError(
            f"Cannot listen on {host}, port {port}: {error.strerror or error}. Choose others with "
            "--host and --port."
        ) from None
    # Connections inherit it. asyncio sets it only where it made the socket itself; without it, an
    # answer's second packet waits 40 ms for the first to be acknowledged.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


def serve(
    app: ASGIApp,
    listening: socket.socket,
    *,
    on_ready: Callable[[], None],
    stop: Callable[[], None],
    hurry: Callable[[], None],
) -> None:
    """Answer until SIGTERM or SIGINT; then stop accepting, and return once `stop` has.

    `on_ready` is called once requests are answered, `stop` in a thread of its own, `hurry` at each
    further signal. Raises GenesisError when the application does not start.
    """
    config = server_config(app)
    config.timeout_graceful_shutdown = _GRACE_SECONDS
    server = _Server(config, on_ready)
    asyncio.run(_serve(server, listening, _Ending(server, stop, hurry)))
    if not server.started:
        raise GenesisError("The web server did not start; logs/genesis.log in the home says why.")


class _Ending:
    """What signals do."""

    def __init__(
        self, server: uvicorn.Server, stop: Callable[[], None], hurry: Callable[[], None]
    ) -> None:
        self._server = server
        self._stop = stop
        self._hurry = hurry
        self.stopping: asyncio.Future[None] | None = None

    def __call__(self) -> None:
        """A signal came."""
        # Streams of events listen to this, too.
        self._server.handle_exit(signal.SIGINT, None)
        if self.stopping is not None:
            self._hurry()
        self.begin()

    def begin(self) -> asyncio.Future[None]:
        """Stop the rest, if that has not begun."""
        if self.stopping is None:
            self.stopping = asyncio.get_running_loop().run_in_executor(None, self._stop)
        return self.stopping


async def _serve(server: _Server, listening: socket.socket, ending: _Ending) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ending)
    try:
        await server.serve(sockets=[listening])
    finally:
        await ending.begin()
