"""What callers of a conversation give, checked and brought into the form of the database.

Every function raises UsageError, which names the argument, for what cannot be stored.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from pydantic import JsonValue

from genesis.clock import utc_now
from genesis.errors import UsageError
from genesis.minds.json_text import check_values
from genesis.minds.text import require_metadata, require_text, require_time
from genesis.storage.statements import Value
from genesis.storage.threads import ROLES
from genesis.storage.tool_calls import WHOLE

MOST_CHARACTERS = 1024 * 1024
"""In one message; longer texts belong into a file that the message names."""
MOST_ON_A_PAGE = 10_000
_MOST_NAME_CHARACTERS = 1_000
_LARGEST_ID = 2**63 - 1

Moment: TypeAlias = datetime | str
MessageValues: TypeAlias = dict[str, Value]


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A message to be written; the fields are the arguments of `add_message`."""

    role: str
    content: str
    user_email: str | None = None
    environment_id: str | None = None
    metadata: Mapping[str, JsonValue] | None = None
    timestamp: Moment | None = None


def message_row(mind: str, new: NewMessage, *, blank: bool = False) -> MessageValues:
    """The columns of a new message. An empty user or environment is none."""
    row: MessageValues = {
        "mind_gmid": mind,
        "user_email": _stored_name(new.user_email, "user_email"),
        "environment_id": _stored_name(new.environment_id, "environment_id"),
        "role": known_role(new.role),
        "content": require_text(
            new.content, "The content of a message", MOST_CHARACTERS, blank=blank
        ),
        "timestamp": utc_now() if new.timestamp is None else known_time(new.timestamp, "timestamp"),
        "tool_call_id": None,
        "awaits_result": WHOLE,
        "extra_data": None,
    }
    if new.metadata:
        row["extra_data"] = require_metadata(new.metadata, "The metadata of a message")
    return row


def known_filters(
    user_email: str | None,
    environment_id: str | None,
    role: str | None,
    since: Moment | None = None,
    until: Moment | None = None,
) -> dict[str, str | int]:
    """The filters that are given. An empty user is an error: it must not mean everybody."""
    filters: dict[str, str | int] = {}
    if user_email is not None:
        filters["user_email"] = require_name(user_email, "user_email")
    if environment_id is not None:
        filters["environment_id"] = require_name(environment_id, "environment_id")
    if role is not None:
        filters["role"] = known_role(role)
    if since is not None:
        filters["since"] = known_time(since, "since")
    if until is not None:
        filters["until"] = known_time(until, "until")
    return filters


def known_id(message_id: int) -> int:
    """The id of a message, or 0 for a number that cannot be one."""
    if not isinstance(message_id, int):
        raise UsageError(f"{message_id!r:.60} is no message's id; give an int.")
    return message_id if 0 < message_id <= _LARGEST_ID else 0


def known_role(role: str) -> str:
    """One of the roles."""
    if role not in ROLES:
        raise UsageError(f"{role!r:.60} is no role; give one of {', '.join(ROLES)}.")
    return role


def known_time(moment: Moment, name: str) -> str:
    """A moment as text of `genesis.clock`; without an offset, it is local time."""
    return require_time(moment, name)


def known_limit(limit: int) -> int:
    """How many messages to read at once."""
    if not isinstance(limit, int) or not 0 <= limit <= MOST_ON_A_PAGE:
        raise UsageError(
            f"{limit!r:.60} messages cannot be read at once; give 0 to {MOST_ON_A_PAGE:,} and "
            "page on, or use iter_messages."
        )
    return limit


def require_name(text: str, what: str) -> str:
    """An address, an id or a name."""
    return require_text(text, what, _MOST_NAME_CHARACTERS)


def tool_call(call_id: str, name: str, arguments: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """What a tool call's metadata says of it. The arguments may be as long as a message."""
    what = "The arguments of a tool call"
    if not isinstance(arguments, Mapping):
        raise UsageError(f"{what} are {type(arguments).__name__}; give a dict.")
    given = dict(arguments)
    try:
        check_values(given)
        text = json.dumps(given, allow_nan=False)
    except ValueError as error:
        raise UsageError(f"{what} cannot be stored: {error}.") from None
    require_text(text, what, MOST_CHARACTERS)
    return {"id": call_id, "name": require_name(name, "The name of a tool"), "arguments": given}


def _stored_name(text: str | None, what: str) -> str | None:
    return require_name(text, what) if text else None
