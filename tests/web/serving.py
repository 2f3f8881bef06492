"""A real server of a real home: uvicorn in a thread of the test, on a port that was free."""

from __future__ import annotations

import importlib
import json
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPResponse
from pathlib import Path
from types import ModuleType

import uvicorn
from genesis import Kernel
from genesis.web.app import build_app
from genesis.web.server import server_config
from genesis.web.services import Services
from genesis.web.token import read_or_make_token
from sqlalchemy import text

from tests.host.installing import Site, make_home


@dataclass
class Answer:
    """What a server answered; header names are in small letters."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        """A header that is there at most once."""
        found = [value for key, value in self.headers if key == name]
        assert len(found) <= 1, found
        return found[0] if found else None

    def json(self) -> dict[str, object]:
        """The body of an answer that is JSON."""
        assert "json" in (self.header("content-type") or "")
        found: dict[str, object] = json.loads(self.body)
        return found


@dataclass
class Server:
    """A server that runs, and what a client needs to talk to it."""

    kernel: Kernel
    port: int
    token: str
    woken: list[int] = field(default_factory=list)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def bearer(self) -> dict[str, str]:
        """What says that a request comes from the owner's own programs."""
        return {"Authorization": f"Bearer {self.token}"}

    def ask(
        self,
        path: str,
        body: object = None,
        *,
        method: str = "",
        headers: Mapping[str, str] | None = None,
        raw: bytes | None = None,
    ) -> Answer:
        """One request as the owner makes it; `headers` replace, add, or (empty) take away."""
        sent = json.dumps(body).encode() if body is not None else raw
        told = {"Host": self.host, **self.bearer}
        if sent is not None:
            told |= {"Content-Type": "application/json", "Content-Length": str(len(sent))}
        told = {name: text for name, text in {**told, **(headers or {})}.items() if text}
        method = method or ("GET" if sent is None else "POST")
        lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {text}" for name, text in told.items())]
        head = "\r\n".join([*lines, "Connection: close", "", ""])
        return self.send(head.encode("latin-1") + (sent or b""), method)

    def send(self, request: bytes, method: str = "GET") -> Answer:
        """Bytes as they are; the answer to the first request in them."""
        with self.connect() as connection:
            connection.sendall(request)
            return receive(connection, method)

    def connect(self) -> socket.socket:
        """A connection of one's own."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)

    def events(self, kind: str) -> int:
        """How many events of that type were written."""
        with self.kernel.database.read() as connection:
            statement = text("SELECT count(*) FROM events WHERE type = :kind")
            return int(connection.execute(statement, {"kind": kind}).scalar_one())


def install_desk(site: Site) -> ModuleType:
    """Install the throw-away plugin with endpoints; gives its module."""
    code = (Path(__file__).parent / "desk_plugin.py").read_text()
    return importlib.import_module(site.install("desk", code, class_name="DeskPlugin"))


def receive(connection: socket.socket, method: str = "GET") -> Answer:
    """Read one answer."""
    response = HTTPResponse(connection, method=method)
    response.begin()
    headers = [(name.lower(), value) for name, value in response.getheaders()]
    return Answer(response.status, headers, response.read())


@contextmanager
def serving(
    folder: Path, site: Site, *, plugins: str = "desk", hosts: tuple[str, ...] = ()
) -> Iterator[Server]:
    """Serve a home of its own until the block ends."""
    home = make_home(folder)
    with Kernel(home, plugins=plugins, candidates=site.candidates()) as kernel:
        assert [one.state for one in kernel.host.statuses()], "no plugin was found"
        token = read_or_make_token(home.root / "token")
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
            woken: list[int] = []
            app = build_app(
                Services(kernel, wake=lambda: woken.append(1)), token, hosts=hosts, port=port
            )
            server = uvicorn.Server(server_config(app))
            thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
            thread.start()
            try:
                yield Server(kernel, port, token, woken)
            finally:
                server.should_exit = True
                thread.join(30)
                assert not thread.is_alive()
