"""Keys of requests, kept so that a request which is sent again is not carried out again.

The key is written in the transaction of the request's first write, so that after any end of the
process there is either both or neither; the answer follows in a write of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, delete, null, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from genesis.errors import ConflictError
from genesis.storage.database import Database
from genesis.storage.idempotency_tables import IdempotencyKeyRow
from genesis.storage.statements import Statement, Values, table

PRUNED_AT_ONCE = 20

_keys = table(IdempotencyKeyRow)
_k = _keys.c
_COLUMNS = [column.name for column in _k]
_this = _k.key == bindparam("key")
_READ = Statement(
    select(_k.request, _k.status, _k.answer, _k.location).where(
        _this, _k.created_at >= bindparam("oldest")
    )
)
_new = upsert(_keys)
_REMEMBER = Statement(
    _new.on_conflict_do_update(
        index_elements=["key"],
        set_={name: _new.excluded[name] for name in _COLUMNS if name != "key"},
        where=_k.created_at < bindparam("oldest"),
    ),
    _COLUMNS,
)
_KEEP = Statement(
    update(_keys)
    .where(_this)
    .values({name: bindparam(name) for name in ("status", "answer", "location")})
)
_expired = (
    select(_k.key)
    .where(_k.created_at < bindparam("oldest"))
    .order_by(_k.created_at)
    .limit(PRUNED_AT_ONCE)
)
_FORGET = Statement(
    update(_keys)
    .where(_k.status.is_not(None))
    .values(status=null(), answer=null(), location=null())
)
_PRUNE = Statement(delete(_keys).where(_k.key.in_(_expired)))


@dataclass(frozen=True)
class KeptAnswer:
    """What was answered: its status, its body, and where it said that the new thing is."""

    status: int
    body: bytes
    location: str | None


@dataclass(frozen=True)
class KeptKey:
    """A key that was used, for which request, and the answer if it was kept."""

    request: str
    answer: KeptAnswer | None


def read_key(database: Database, key: str, *, oldest: str) -> KeptKey | None:
    """A key that was used at that time or later."""
    rows = database.fetch(_READ, {"key": key, "oldest": oldest})
    if not rows:
        return None
    ((request, status, answer, location),) = rows
    if status is None:
        return KeptKey(str(request), None)
    kept = KeptAnswer(int(status), bytes(answer or b""), location)  # type: ignore[arg-type]  # columns
    return KeptKey(str(request), kept)


def remember_key(connection: Connection, key: str, request: str, *, now: str, oldest: str) -> None:
    """Write that a key is used by this request, over an older use of it, and forget a few that
    are older; so the table stays as small as what came since. Raises ConflictError."""
    _PRUNE.run(connection, {"oldest": oldest})
    row: Values = {
        "key": key, "request": request, "created_at": now, "oldest": oldest,
        "status": None, "answer": None, "location": None,
    }  # fmt: skip
    if not _REMEMBER.run(connection, row).rowcount:
        raise ConflictError("Another process is at a request with this Idempotency-Key.")


def forget_answers(connection: Connection) -> None:
    """Drop every kept answer, as if the process had ended before it kept them: one of them may
    hold what a caller wants erased, and nobody knows which."""
    _FORGET.run(connection, {})


def keep_answer(connection: Connection, key: str, answer: KeptAnswer) -> None:
    """Write what was answered."""
    told: Values = {
        "key": key, "status": answer.status, "answer": answer.body, "location": answer.location,
    }  # fmt: skip
    _KEEP.run(connection, told)
