"""Tool calls and their results: two messages that share a `tool_call_id`.

A call says that it awaits its result until that is written, in one transaction. A call whose
program ended before is given a stand-in, which a result that comes after all replaces.
"""

from __future__ import annotations

import json
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, select, text, update

from genesis.errors import UsageError
from genesis.storage.conversation_tables import MessageRow
from genesis.storage.database import Database
from genesis.storage.messages import append_message, delete_messages
from genesis.storage.statements import Statement, Values, table

WHOLE, AWAITS_RESULT, REPAIRED = 0, 1, 2
"""What `awaits_result` says; a repaired call has a stand-in for its result."""

_messages = table(MessageRow)
_m = _messages.c
_mine = _m.mind_gmid == bindparam("mind")
_CALL = Statement(
    select(_m.id, _m.timestamp, _m.user_email, _m.environment_id, _m.awaits_result).where(
        _mine, _m.tool_call_id == bindparam("call"), _m.role == "assistant"
    )
)
_RESULT = Statement(
    select(_m.id).where(_mine, _m.tool_call_id == bindparam("call"), _m.role == "tool")
)
_SETTLE = Statement(
    update(_messages).where(_m.id == bindparam("number")).values(awaits_result=bindparam("state"))
)
# The condition of the partial index, word by word.
_AWAITING = Statement(
    select(_m.tool_call_id, _m.timestamp, _m.extra_data)
    .where(_mine, text("awaits_result = 1"))
    .order_by(_m.id)
)


class OpenCall(NamedTuple):
    """A tool call that awaits its result; `process` made it, as far as is known."""

    call_id: str
    timestamp: str
    process: str | None


def open_calls(database: Database, mind: str) -> list[OpenCall]:
    """The calls of a mind that await their results, oldest first."""
    return [
        OpenCall(str(call), str(made), json.loads(str(extra or "{}")).get("process"))
        for call, made, extra in database.fetch(_AWAITING, {"mind": mind})
    ]


def append_result(connection: Connection, row: Values, *, exact: bool) -> tuple[int, Values]:
    """Write the result of the call `tool_call_id`, into the call's thread; gives its id and row.

    A result is not earlier than its call: an `exact` time that is raises UsageError, another one
    becomes the call's. Raises UsageError, too, without such a call and for a second result.
    """
    call = _find(connection, row)
    if call is None:
        raise UsageError(f"There is no tool call {_shown(row)}; write it with add_tool_call first.")
    if call.state == WHOLE:
        raise UsageError(f"The tool call {_shown(row)} has its result; a call has one result.")
    if exact and str(row["timestamp"]) < call.timestamp:
        raise UsageError(
            f"The result of the tool call {_shown(row)} is from {row['timestamp']!s}, before its"
            f" call ({call.timestamp}); give a later timestamp, or none."
        )
    if call.state == REPAIRED:
        key = {"mind": row["mind_gmid"], "call": row["tool_call_id"]}
        stand_in = [found[0] for found in _RESULT.run(connection, key).fetchall()]
        # Alone, without the call: its pair is made whole below.
        delete_messages(connection, str(row["mind_gmid"]), stand_in, pairs=False)
    return _finish(connection, call, row, WHOLE)


def append_stand_in(connection: Connection, row: Values) -> bool:
    """Write that a call's result was never recorded; False when it does not await one (now)."""
    call = _find(connection, row)
    if call is None or call.state != AWAITS_RESULT:
        return False
    _finish(connection, call, row, REPAIRED)
    return True


class _Call(NamedTuple):
    number: int
    timestamp: str
    user_email: str | None
    environment_id: str | None
    state: int


def _find(connection: Connection, row: Values) -> _Call | None:
    key = {"mind": row["mind_gmid"], "call": row["tool_call_id"]}
    return next((_Call(*found) for found in _CALL.run(connection, key).fetchall()), None)


def _finish(connection: Connection, call: _Call, row: Values, state: int) -> tuple[int, Values]:
    _SETTLE.run(connection, {"number": call.number, "state": state})
    whole: Values = {
        **row,
        "user_email": call.user_email,
        "environment_id": call.environment_id,
        "timestamp": max(str(row["timestamp"]), call.timestamp),
    }
    return append_message(connection, whole), whole


def _shown(row: Values) -> str:
    return f"{row['tool_call_id']!r:.80}"
