"""A throw-away plugin with endpoints that work, and some that do everything wrong."""

from __future__ import annotations

import os
import signal
import threading
import time

from genesis import NoSettings, Plugin, hookspecs, implements
from genesis.contracts.web import Call, Endpoint, Endpoints, NoInput
from genesis.errors import ConflictError, NotFoundError, StorageError
from genesis.storage.events import NewEvent, append_events
from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import TypedDict

RELEASED = threading.Event()
"""Lets go of the calls that hang, so that a test ends."""
ENTERED = threading.Semaphore(0)


class Search(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    limit: int = Field(default=20, ge=1, le=100)
    tags: tuple[str, ...] = ()
    is_open: bool | None = None


class NewNote(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    text: str = Field(min_length=1, max_length=10_000)
    weight: float = 1.0
    act: str = ""


class Note(TypedDict):
    id: str
    text: str


class DeskPlugin(Plugin[NoSettings]):
    @implements(hookspecs.genesis_endpoints)
    def endpoints(self) -> list[Endpoints]:
        def get(path: str, call: object) -> Endpoint:
            return Endpoint("GET", path, path, call, dict, problems=(404, 409))

        return [
            Endpoints(
                endpoints=(
                    Endpoint("GET", "/notes", "Notes", self.search, dict, query=Search),
                    Endpoint("GET", "/notes/{id}", "A note", self.show, Note,
                             path_patterns={"id": r"^[a-z0-9-]{1,40}$"}),
                    Endpoint("POST", "/notes", "A new note", self.create, Note, body=NewNote,
                             status=201, creates=True, location="/api/desk/notes/{id}"),
                    Endpoint("DELETE", "/notes/{id}", "No note", self.delete, None),
                    get("/crash", self.crash), get("/exit", self.leave), get("/hang", self.hang),
                    get("/conflict", self.conflict), get("/storage", self.storage),
                    get("/odd", self.odd),
                )
            )
        ]  # fmt: skip

    def search(self, call: Call[Search, NoInput]) -> object:
        return call.query.model_dump(mode="json")

    def show(self, call: Call[NoInput, NoInput]) -> Note:
        if call.path["id"] == "none":
            raise NotFoundError("There is no note 'none'.")
        return {"id": call.path["id"], "text": "a note"}

    def create(self, call: Call[NoInput, NewNote]) -> Note:
        act = call.body.act
        if act == "die-before":
            os.kill(os.getpid(), signal.SIGKILL)
        if act == "tell-key":
            return {"id": "key", "text": str(call.key)}
        if act == "refuse":
            raise ConflictError("Not now.")
        event = NewEvent("desk.noted", "note")
        self.context.write(lambda connection: append_events(connection, [event]))
        if act == "die-after":
            os.kill(os.getpid(), signal.SIGKILL)
        if act == "hang":
            ENTERED.release()
            RELEASED.wait(30)
        if act == "crash":
            raise RuntimeError("secret text in a traceback")
        if act == "conflict-after":
            raise ConflictError("Half done.")
        return {"id": f"note-{time.monotonic_ns()}", "text": call.body.text}

    def delete(self, call: Call[NoInput, NoInput]) -> None:
        return None

    def crash(self, call: Call[NoInput, NoInput]) -> object:
        raise RuntimeError("secret text in a traceback")

    def leave(self, call: Call[NoInput, NoInput]) -> object:
        raise SystemExit(3)

    def hang(self, call: Call[NoInput, NoInput]) -> object:
        ENTERED.release()
        RELEASED.wait(30)
        return {}

    def conflict(self, call: Call[NoInput, NoInput]) -> object:
        raise ConflictError("Not now.")

    def storage(self, call: Call[NoInput, NoInput]) -> object:
        raise StorageError("The disk is full.")

    def odd(self, call: Call[NoInput, NoInput]) -> object:
        return object()
