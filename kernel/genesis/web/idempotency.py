"""A request with an `Idempotency-Key` is carried out once, however often it is sent."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from genesis.clock import utc_after, utc_now
from genesis.storage.database import Database
from genesis.storage.idempotency import KeptAnswer, KeptKey, keep_answer, read_key, remember_key
from genesis.web.asgi import Scope, header
from genesis.web.limits import KEY_HOURS
from genesis.web.problems import ProblemError, known_problem

HEADER = "Idempotency-Key"
PATTERN = r"^[\x21-\x7e]{1,255}$"
_KEY = re.compile(PATTERN.encode())


def key_of(scope: Scope) -> str | None:
    """The key of a request. Raises ProblemError 422 for one that cannot be taken."""
    found = header(scope, b"idempotency-key")
    if not found:
        return None
    if len(found) > 1 or not _KEY.fullmatch(found[0]):
        raise ProblemError(422, f"{HEADER} is one text of 1 to 255 visible ASCII characters.")
    return found[0].decode()


def digest(method: str, path: str, query: bytes, body: bytes) -> str:
    """What tells one request from another."""
    told = b"\n".join((method.encode(), path.encode(), query, body))
    return hashlib.sha256(told).hexdigest()


class Keys:
    """The keys of one server: those at work now, and in the database those that were used."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._at_work: set[str] = set()

    def once(
        self, key: str, request: str, work: Callable[[], KeptAnswer], *, instance: str
    ) -> tuple[KeptAnswer, bool]:
        """Do the work, unless it was done under this key: then its answer again, and True.

        `instance` is the path that a problem names. Raises ProblemError 409 while the first is at
        work, or when its answer is lost; 422 when the key was used for another request; and what
        the work raises.
        """
        with self._alone(key):
            oldest = utc_after(-KEY_HOURS * 3600)
            kept = read_key(self._database, key, oldest=oldest)
            if kept is not None:
                return _replayed(kept, request), True
            now, writer = utc_now(), self._database.writer
            with writer.accompanied_by(
                lambda connection: remember_key(connection, key, request, now=now, oldest=oldest)
            ) as companion:
                try:
                    answer = work()
                except Exception as error:
                    problem = known_problem(error)
                    if companion.written and problem is not None and problem.status < 500:
                        # It got as far as a write, so it is not tried again.
                        self._keep(key, KeptAnswer(problem.status, problem.body(instance), None))
                    raise
                # Work that wrote nothing itself has the key written here, with its answer.
                self._keep(key, answer)
            return answer, False

    def _keep(self, key: str, answer: KeptAnswer) -> None:
        self._database.writer.write(lambda connection: keep_answer(connection, key, answer))

    @contextmanager
    def _alone(self, key: str) -> Iterator[None]:
        with self._lock:
            if key in self._at_work:
                raise ProblemError(
                    409,
                    f"A request with this {HEADER} is being carried out. Ask again in a moment.",
                    type="urn:genesis:problem:at-work",
                )
            self._at_work.add(key)
        try:
            yield
        finally:
            with self._lock:
                self._at_work.discard(key)


def _replayed(kept: KeptKey, request: str) -> KeptAnswer:
    if kept.request != request:
        raise ProblemError(
            422,
            f"This {HEADER} was used for another request. Each request has a key of its own.",
            type="urn:genesis:problem:other-request",
        )
    if kept.answer is None:
        raise ProblemError(
            409,
            "This request was begun and its answer was not kept, because the server ended or it "
            "failed. Look whether what it makes is there before you send it under a new key.",
            type="urn:genesis:problem:already-done",
        )
    return kept.answer
