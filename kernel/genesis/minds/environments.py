"""The places that a mind knows.

What refers to a place (messages, memories) holds its id and keeps it when the place is removed.
"""

from __future__ import annotations

import builtins
import uuid
from collections.abc import Callable, Mapping
from typing import TypedDict, Unpack

from pydantic import JsonValue
from sqlalchemy import Connection

from genesis.clock import utc_now
from genesis.errors import UsageError
from genesis.minds.text import require_fields, require_limit, require_metadata, require_text
from genesis.storage import environments as rows
from genesis.storage.database import Database
from genesis.storage.environments import Environment
from genesis.storage.statements import Statement, Value, Values


class EnvironmentChanges(TypedDict, total=False):
    """What `Environments.update` can change; what is not named stays."""

    name: str
    env_type: str
    description: str
    is_public: bool
    metadata: Mapping[str, JsonValue] | None


class Environments:
    """The environments of one mind. Thread-safe; a change is durable when its method returns.

    A public environment can be got and entered by every mind of the home, and changed by its
    owner only. Every method raises UsageError for values that cannot be stored, and for places
    that this mind does not have; nothing is written then.
    """

    def __init__(self, mind_gmid: str, database: Database) -> None:
        self._mind = mind_gmid
        self._database = database

    def create(
        self,
        name: str,
        env_type: str = "room",
        description: str = "",
        is_public: bool = False,
        metadata: Mapping[str, JsonValue] | None = None,
    ) -> Environment:
        """Make a place. `env_type` is a word such as `room` or `office`."""
        given = _checked(
            {
                "name": name, "env_type": env_type, "description": description,
                "is_public": is_public, "metadata": metadata,
            }
        )  # fmt: skip
        new = {"env_id": uuid.uuid4().hex, "owner_gmid": self._mind, "created_at": utc_now()}
        values: Values = {**given, **new}
        return self._database.writer.write(lambda c: rows.add_environment(c, values))

    def get(self, env_id: str) -> Environment | None:
        """An environment of this mind, or a public one; or None."""
        return rows.read_environment(self._database, self._mind, _id(env_id))

    def find(self, name: str) -> Environment | None:
        """This mind's environment with exactly that name (the oldest of several), or None."""
        wanted = str(_CHECKS["name"](name))
        return rows.find_environment(self._database, self._mind, wanted)

    def list(self, limit: int = 100, before: str | None = None) -> builtins.list[Environment]:
        """This mind's environments, newest first; `before` is the last id of the page before."""
        until = rows.NEWEST
        if before is not None:
            last = self.get(before)
            if last is None:
                raise UsageError(f"{_none(before)} Read again from the first page.")
            until = (last.created_at, last.env_id)
        return rows.recent_environments(self._database, self._mind, until, require_limit(limit))

    def enter(self, env_id: str) -> Environment:
        """Go there: counts the visit and notes its time."""
        return self._change("environment.entered", rows.ENTER, env_id, {"now": utc_now()})

    def update(self, env_id: str, **changes: Unpack[EnvironmentChanges]) -> Environment:
        """Change what is named, of an environment of one's own. `metadata` replaces all of it."""
        values = _checked(changes)
        statement = rows.update_statement(values)
        return self._change("environment.updated", statement, env_id, values)

    def remove(self, env_id: str) -> bool:
        """Remove an environment of one's own; False if there is none."""
        of = _id(env_id)
        gone = self._database.writer.write(
            lambda c: rows.change_environment(
                c, "environment.removed", rows.REMOVE, self._mind, of, {}
            )
        )
        return gone is not None

    def _change(self, event: str, statement: Statement, env_id: str, values: Values) -> Environment:
        of = _id(env_id)

        def change(connection: Connection) -> Environment:
            changed = rows.change_environment(connection, event, statement, self._mind, of, values)
            if changed is None:
                raise UsageError(_none(of))
            return changed

        return self._database.writer.write(change)


def _none(env_id: str) -> str:
    return f"This mind has no environment {env_id!r}."


def _id(value: object) -> str:
    return require_text(value, "env_id", 200)


def _flag(value: object) -> int:
    if not isinstance(value, bool):
        raise UsageError(f"is_public is {value!r:.60}; give True or False.")
    return int(value)


_CHECKS: dict[str, Callable[[object], Value]] = {
    "name": lambda value: require_text(value, "The name", 200),
    "env_type": lambda value: require_text(value, "env_type", 100),
    "description": lambda value: require_text(value, "The description", 20_000, blank=True),
    "is_public": _flag,
    "metadata": lambda value: require_metadata(value, "The metadata"),
}


def _checked(given: Mapping[str, object]) -> dict[str, Value]:
    return require_fields("An environment", _CHECKS, given, "extra_metadata")
