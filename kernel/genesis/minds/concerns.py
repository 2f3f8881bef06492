"""What a mind cares about and comes back to: a concern is active, then monitored, then resolved.

Nothing resolves a concern by itself, and one that is resolved never comes up as due.
"""

from __future__ import annotations

import json
import re
import secrets
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TypedDict, Unpack

from pydantic import JsonValue
from sqlalchemy import Connection

from genesis.clock import utc_now
from genesis.errors import ConflictError, NotFoundError, UsageError
from genesis.minds.message_input import NewMessage, message_row
from genesis.minds.text import (
    require_fields,
    require_limit,
    require_metadata,
    require_number,
    require_text,
    require_time,
)  # fmt: skip
from genesis.storage import concerns as rows
from genesis.storage.concerns import Concern
from genesis.storage.database import Database
from genesis.storage.messages import append_message
from genesis.storage.statements import Value, Values

__all__ = ["Concern", "ConcernChanges", "Concerns"]

MOST_CHARACTERS = 100_000
MOST_EMAIL = 320
MOST_ID = 200
PRIORITIES = ("low", "medium", "high")
_TYPE = re.compile(r"[a-z][a-z0-9_]{0,63}")

Moment = str | datetime


class ConcernChanges(TypedDict, total=False):
    """What `Concerns.update` can change; what is not named stays."""

    content: str
    concern_type: str
    user_email: str | None
    context: str
    priority: str
    confidence: float
    next_check_at: Moment | None
    follow_up_message: str | None
    metadata: Mapping[str, JsonValue] | None


class Concerns:
    """The concerns of one mind. Thread-safe; a change is durable when its method returns.

    Moments are datetimes or ISO 8601 text; without an offset they are local time. Lists are
    newest first unless their method says otherwise; `before` is the id of the last concern of
    the page before. Every method raises UsageError for values that cannot be stored, and for
    concerns that are not there or not in a state for the change; nothing is written then.
    """

    def __init__(self, mind_gmid: str, database: Database) -> None:
        self._mind = mind_gmid
        self._database = database

    def add(
        self,
        content: str,
        concern_type: str,
        *,
        user_email: str | None = None,
        context: str = "",
        priority: str = "medium",
        confidence: float = 0.5,
        next_check_at: Moment | None = None,
        metadata: Mapping[str, JsonValue] | None = None,
        concern_id: str | None = None,
    ) -> Concern:
        """Begin to care. `concern_type` is a small identifier such as `health`, `emotion`,
        `task` or `relationship`; `priority` is low, medium or high; `confidence` is 0 to 1."""
        given = {
            "content": content, "concern_type": concern_type, "user_email": user_email,
            "context": context, "priority": priority, "confidence": confidence,
            "next_check_at": next_check_at, "metadata": metadata,
        }  # fmt: skip
        of = _new_id() if concern_id is None else _id(concern_id)
        values = require_fields("A concern", _CHECKS, given)
        values |= {"mind_gmid": self._mind, "concern_id": of, "created_at": utc_now()}
        added = self._database.writer.write(lambda c: rows.add_concern(c, values))
        if added is None:
            raise ConflictError(
                f"There is a concern {of!r} already; give another concern_id, or none at all."
            )
        return added

    def get(self, concern_id: str) -> Concern | None:
        """One concern, or None."""
        return rows.read_concern(self._database, self._mind, _id(concern_id))

    def due(self, now: Moment | None = None, limit: int = 100) -> list[Concern]:
        """Active and monitored concerns whose next check is due at `now` (None: the present),
        earliest first."""
        moment = utc_now() if now is None else require_time(now, "now")
        return rows.due_concerns(self._database, self._mind, moment, require_limit(limit))

    @staticmethod
    def minds_with_due(database: Database, now: Moment | None = None) -> list[str]:
        """The GMIDs of all minds that have something due; one query, whatever their number."""
        return rows.minds_with_due(database, utc_now() if now is None else require_time(now, "now"))

    def active(self, limit: int = 100, before: str | None = None) -> list[Concern]:
        """Concerns whose status is `active`."""
        return self.by_status("active", before=before, limit=limit)

    def by_status(
        self,
        status: str,
        since: Moment | None = None,
        until: Moment | None = None,
        *,
        before: str | None = None,
        limit: int = 100,
    ) -> list[Concern]:
        """Concerns of a status that were added at `since` or later, and before `until`."""
        if status is None:
            raise UsageError(f"status is None; give one of {', '.join(rows.STATUSES)}.")
        return self._listed(None, None, status, self._page(since, until, before, limit))

    def by_user(
        self,
        user_email: str,
        status: str | None = None,
        *,
        since: Moment | None = None,
        until: Moment | None = None,
        before: str | None = None,
        limit: int = 100,
    ) -> list[Concern]:
        """Concerns about a user, of one status or all."""
        page = self._page(since, until, before, limit)
        return self._listed("user_email", user_email, status, page)

    def by_type(
        self,
        concern_type: str,
        status: str | None = None,
        *,
        since: Moment | None = None,
        until: Moment | None = None,
        before: str | None = None,
        limit: int = 100,
    ) -> list[Concern]:
        """Concerns of a type, of one status or all."""
        page = self._page(since, until, before, limit)
        return self._listed("concern_type", concern_type, status, page)

    def check(
        self, concern_id: str, next_check_at: Moment | None, follow_up_message: str | None = None
    ) -> Concern:
        """Record that one came back to a concern, what was said, and when to come back again
        (None: not until somebody sets it)."""
        message = _CHECKS["follow_up_message"](follow_up_message)
        values = {"now": utc_now(), "next": _next_check(next_check_at), "message": message}
        return self._change(rows.CHECK, concern_id, values)

    def follow_up(
        self,
        concern_id: str,
        content: str,
        *,
        next_check_at: Moment | None,
        environment_id: str | None = None,
        metadata: Mapping[str, JsonValue] | None = None,
        now: Moment | None = None,
    ) -> int | None:
        """Say something to a concern's user if it is unresolved and due at `now` (None: the
        present): the message and the check are one transaction, so nobody says it twice.

        Gives the id of the message, an assistant's of the time `now`, whose metadata has
        `concern_id` besides what is given; None if there is nothing to say any more.
        """
        of, moment = _id(concern_id), utc_now() if now is None else require_time(now, "now")
        about = {**(metadata or {}), "concern_id": of}
        new = NewMessage("assistant", content, None, environment_id, about, moment)
        row = message_row(self._mind, new)
        said = {"now": moment, "next": _next_check(next_check_at), "message": row["content"]}

        def say(connection: Connection) -> int | None:
            found = rows.change_concern(connection, rows.FOLLOW_UP, self._mind, of, said)
            if found is None:
                return None
            return append_message(connection, {**row, "user_email": found.user_email})

        return self._database.writer.write(say)

    def monitor(self, concern_id: str, next_check_at: Moment | None = None) -> Concern:
        """From active to monitoring; the next check stays unless another one is given."""
        return self._change(rows.MONITOR, concern_id, {"next": _next_check(next_check_at)})

    def resolve(self, concern_id: str, reason: str = "") -> Concern:
        """From active or monitoring to resolved; the reason becomes `metadata["resolution"]`."""
        why = require_text(reason, "The reason", MOST_CHARACTERS, blank=True)
        resolution = json.dumps({"resolution": why or None})
        return self._change(rows.RESOLVE, concern_id, {"now": utc_now(), "resolution": resolution})

    def reopen(self, concern_id: str, next_check_at: Moment | None = None) -> Concern:
        """From monitoring or resolved back to active; a resolved one has no next check left."""
        return self._change(rows.REOPEN, concern_id, {"next": _next_check(next_check_at)})

    def update(self, concern_id: str, **changes: Unpack[ConcernChanges]) -> Concern:
        """Change what is named, in any status. `metadata` replaces all of it."""
        values = require_fields("A concern", _CHECKS, changes)
        return self._change(rows.update_step(values.keys()), concern_id, values)

    def delete(self, concern_id: str) -> bool:
        """Remove a concern for good; False if there is none."""
        of = _id(concern_id)
        gone = self._database.writer.write(
            lambda c: rows.change_concern(c, rows.DELETE, self._mind, of, {})
        )
        return gone is not None

    def stats(self) -> dict[str, int]:
        """How many concerns are `active`, `monitoring` and `resolved`; about 0.1 s a million."""
        return rows.count_concerns(self._database, self._mind)

    def _listed(
        self, group: rows.Group | None, value: str | None, status: str | None, page: rows.Page
    ) -> list[Concern]:
        if status is not None and status not in rows.STATUSES:
            raise UsageError(f"status is {status!r:.60}; give one of {', '.join(rows.STATUSES)}.")
        found = group and str(_CHECKS[group](require_text(value, group, MOST_EMAIL)))
        return rows.page_concerns(
            self._database, self._mind, page, status=status, group=group, value=found
        )

    def _page(
        self, since: Moment | None, until: Moment | None, before: str | None, limit: int
    ) -> rows.Page:
        first = rows.OLDEST if since is None else require_time(since, "since")
        end = (rows.NEWEST if until is None else require_time(until, "until"), "")
        if before is not None:
            last = self.get(before)
            if last is None:
                raise NotFoundError(f"{_none(before)} Read again from the first page.")
            end = min(end, (last.created_at, last.concern_id))
        return rows.Page(first, *end, require_limit(limit))

    def _change(self, step: rows.Step, concern_id: str, values: Values) -> Concern:
        of = _id(concern_id)

        def change(connection: Connection) -> Concern:
            changed = rows.change_concern(connection, step, self._mind, of, values)
            if changed is not None:
                return changed
            found = rows.get_concern(connection, self._mind, of)
            if found is None:
                raise NotFoundError(_none(of))
            raise ConflictError(
                f"The concern {of!r} is {found.status}, so `{step.verb}` does not apply; "
                f"{_ADVICE[found.status]}."
            )

        return self._database.writer.write(change)


_ADVICE = {
    "active": "`monitor` or `resolve` it",
    "monitoring": "`resolve` ends it, `reopen` makes it active",
    "resolved": "`reopen` makes it active again",
}


def _none(concern_id: str) -> str:
    return f"This mind has no concern {concern_id!r}."


def _new_id() -> str:
    # Ids that grow with time go to the end of each index: among a million, adding is a third
    # faster with them than with wholly random ones.
    return f"{time.time_ns() // 1000:014x}{secrets.token_hex(9)}"


def _id(value: object) -> str:
    return require_text(value, "concern_id", MOST_ID)


def _type(value: object) -> str:
    if not isinstance(value, str) or _TYPE.fullmatch(value) is None:
        raise UsageError(
            f"concern_type is {value!r:.60}; give small letters, digits and _, such as 'health'."
        )
    return value


def _priority(value: object) -> str:
    if value not in PRIORITIES:
        raise UsageError(f"priority is {value!r:.60}; give one of {', '.join(PRIORITIES)}.")
    return str(value)


def _next_check(value: object) -> str | None:
    return None if value is None else require_time(value, "next_check_at")


def _text_or_none(what: str, at_most: int) -> Callable[[object], Value]:
    return lambda value: None if value is None else require_text(value, what, at_most)


_CHECKS: dict[str, Callable[[object], Value]] = {
    "content": lambda value: require_text(value, "The content", MOST_CHARACTERS),
    "concern_type": _type,
    "user_email": _text_or_none("user_email", MOST_EMAIL),
    "context": lambda value: require_text(value, "The context", MOST_CHARACTERS, blank=True),
    "priority": _priority,
    "confidence": lambda value: require_number(value, "confidence", 0, 1),
    "next_check_at": _next_check,
    "follow_up_message": _text_or_none("The follow-up message", MOST_CHARACTERS),
    "metadata": lambda value: require_metadata(value, "The metadata"),
}
