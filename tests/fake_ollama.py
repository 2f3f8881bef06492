"""An Ollama to test against: a real HTTP server on this machine that speaks its protocol.

What it says is scripted. It follows Ollama's documented API: /api/tags, /api/show, and /api/chat
with one JSON object on each line, in chunks, the last one with `done`.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

Step = str | bytes | dict[str, Any] | Callable[[], object] | None
"""A piece of the answer; raw bytes; a raw line; something to wait for; None: hang up."""
NO_DONE = b""
"""As the last step: the stream ends properly, but without the line that says it is done."""


def model(name: str, *capabilities: str, size: int = 2_000_000_000) -> dict[str, Any]:
    """One line of /api/tags, with what /api/show says; without capabilities an old Ollama's."""
    return {
        "listed": {
            "name": name, "model": name, "size": size, "digest": "0" * 64,
            "modified_at": "2026-03-01T12:00:00.123456789+01:00",
            "details": {"parent_model": "", "format": "gguf", "family": "qwen3",
                        "families": ["qwen3"], "parameter_size": "4B",
                        "quantization_level": "Q4_K_M"},
        },
        "shown": {"modelfile": "", "template": "", "details": {}, "model_info": {},
                  **({"capabilities": list(capabilities)} if capabilities else {})},
    }  # fmt: skip


@dataclass
class FakeOllama:
    """What it has, what it answers with, and what it was asked."""

    models: list[dict[str, Any]] = field(default_factory=lambda: [model("tiny:latest")])
    steps: Sequence[Step] = ("Hello", " there.")
    done_reason: str = "stop"
    status: int = 200
    body: bytes = b""
    """With another status than 200: what /api/chat answers."""
    tags: bytes | None = None
    """In place of the JSON of /api/tags."""
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    hung_up: threading.Event = field(default_factory=threading.Event)
    """Set when a client closed the connection in the middle of an answer."""
    host: str = ""

    def prompts(self) -> list[dict[str, Any]]:
        """The bodies of the requests for an answer."""
        return [body for path, body in self.asked if path == "/api/chat"]


@contextmanager
def serving(fake: FakeOllama) -> Iterator[FakeOllama]:
    """Serve until the block ends."""
    handler = type("Handler", (_Handler,), {"fake": fake})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    fake.host = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield fake
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    fake: ClassVar[FakeOllama]
    protocol_version = "HTTP/1.1"
    timeout = 60

    def log_message(self, *_: object) -> None:
        """Be quiet."""

    def do_GET(self) -> None:
        self.fake.asked.append((self.path, {}))
        listed = {"models": [one["listed"] for one in self.fake.models]}
        if self.path == "/api/tags":
            self._send(200, self.fake.tags or json.dumps(listed).encode())
        else:
            self._send(404, b"404 page not found")

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.fake.asked.append((self.path, body))
        found = [one for one in self.fake.models if one["listed"]["name"] == body["model"]]
        if not found:
            self._send(404, json.dumps({"error": f"model '{body['model']}' not found"}).encode())
        elif self.path == "/api/show":
            self._send(200, json.dumps(found[0]["shown"]).encode())
        elif self.fake.status != 200:
            self._send(self.fake.status, self.fake.body)
        else:
            self._chat(body["model"])

    def _chat(self, name: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/x-ndjson")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        common = {"model": name, "created_at": "2026-03-01T11:00:00.123456Z"}
        steps = self.fake.steps
        try:
            for step in steps:
                if step is None:
                    self.close_connection = True
                    return
                if callable(step):
                    step()
                else:
                    self._chunk(_line(step, common))
            if not steps or steps[-1] != NO_DONE:
                last = {"message": {"role": "assistant", "content": ""}, "done": True,
                        "done_reason": self.fake.done_reason, "total_duration": 10706818083,
                        "load_duration": 6338219291, "prompt_eval_count": 26, "eval_count": 2,
                        "prompt_eval_duration": 130079000, "eval_duration": 4232710000}  # fmt: skip
                self._chunk(_line({**common, **last}, {}))
            self.wfile.write(b"0\r\n\r\n")
        except OSError:
            self.fake.hung_up.set()
            self.close_connection = True

    def _chunk(self, data: bytes) -> None:
        if data:
            self.wfile.write(b"%x\r\n%b\r\n" % (len(data), data))

    def _send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _line(step: str | bytes | dict[str, Any], common: dict[str, Any]) -> bytes:
    if isinstance(step, bytes):
        return step
    if isinstance(step, str):
        step = {**common, "message": {"role": "assistant", "content": step}, "done": False}
    return json.dumps(step).encode() + b"\n"
