"""What the specialists of a session wrote into their logs, and the session's events.

A log is found by the names in the record of the session; a client never names a path.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Annotated

from pydantic import Field

from genesis.contracts.web import AnyEndpoint, Call, Endpoint, NoInput
from genesis.errors import NotFoundError
from genesis.storage.work_reads import agents_of
from genesis.web.api.fields import RECORD_ID, Answer, Input, Json
from genesis.web.api.sessions import ONE, SessionRoutes
from genesis.web.services import Services


class LogNames(Answer):
    """The specialists of a session who have a log."""

    session_id: str
    logs: list[str]


class LogTail(Answer):
    """The end of a log, of `size` bytes in all; what is no UTF-8 is replaced."""

    session_id: str
    specialist: str
    size: int
    text: str


class TailQuery(Input):
    """How much of a log."""

    bytes: Annotated[int, Field(ge=1, le=256 * 1024)] = 16 * 1024


class LogRoutes:
    """The endpoints of logs."""

    def __init__(self, services: Services, sessions: SessionRoutes) -> None:
        self._home = services.kernel.home
        self._database = services.kernel.database
        self._sessions = sessions

    def endpoints(self) -> tuple[AnyEndpoint, ...]:
        """All of them."""
        return (
            Endpoint("GET", "/logs/{id}", "List the logs of a session", self.names, LogNames,
                     problems=(404,), path_patterns=ONE),
            Endpoint("GET", "/logs/{id}/{specialist}", "Read the end of a log", self.tail, LogTail,
                     TailQuery, problems=(404,),
                     path_patterns={**ONE, "specialist": RECORD_ID}),
        )  # fmt: skip

    def names(self, call: Call[NoInput, NoInput]) -> object:
        """Which logs there are."""
        session_id = str(self._sessions.find(call.path["id"])["id"])
        agents = agents_of(self._database, session_id)
        logs = [name for name in agents if _read_tail(self._path(session_id, name), 0) is not None]
        return {"session_id": session_id, "logs": logs}

    def tail(self, call: Call[TailQuery, NoInput]) -> object:
        """The end of one."""
        session_id = str(self._sessions.find(call.path["id"])["id"])
        specialist, found = call.path["specialist"], None
        if specialist in agents_of(self._database, session_id):
            found = _read_tail(self._path(session_id, specialist), call.query.bytes)
        if found is None:
            raise NotFoundError(f"{session_id} has no log of {specialist!r}.")
        return {"session_id": session_id, "specialist": specialist, **found}

    def _path(self, session_id: str, specialist: str) -> Path:
        return self._home.log_folder(session_id) / f"{specialist}.log"


def _read_tail(path: Path, size: int) -> Json | None:
    """The last bytes of a log; None where there is none, or something else in its place."""
    try:
        # A link there would lead to what is not ours to show.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            return None
        file.seek(max(0, status.st_size - size))
        text = file.read(size).decode("utf-8", "replace")
        return {"size": status.st_size, "text": text}
