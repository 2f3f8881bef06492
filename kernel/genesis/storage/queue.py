"""The durable queue: only open work is in it; who holds a lease is fenced by attempt number.

Statements are built once. `status` is written as a literal, because a bound value would keep
PostgreSQL from using the partial indexes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from sqlalchemy import (
    ColumnElement,
    Connection,
    bindparam,
    delete,
    func,
    insert,
    literal_column,
    null,
    select,
    update,
)

from genesis.clock import utc_after, utc_now
from genesis.errors import LostLeaseError
from genesis.storage.database import Database
from genesis.storage.queue_tables import QueueRow
from genesis.storage.statements import Statement, Values, table

LEASE_SECONDS = 30.0

_queue = table(QueueRow)
_READY: ColumnElement[str] = literal_column("'ready'")
_LEASED: ColumnElement[str] = literal_column("'leased'")


@dataclass(frozen=True)
class Lease:
    """The right to do one attempt of an item, for as long as it is renewed."""

    item: str
    attempt: int
    owner: str


@dataclass(frozen=True)
class QueueEntry:
    """An item to do, in a lane of its own kind; a higher priority goes first."""

    item: str
    lane: str
    priority: int = 0
    run_at: str = ""
    attempt: int = 0


_INSERT = Statement(insert(_queue), ["lane", "item", "priority", "run_at", "attempt", "status"])
_CLAIM = Statement(
    update(_queue)
    .where(
        _queue.c.id.in_(
            select(_queue.c.id)
            .where(
                _queue.c.lane == bindparam("in_lane"),
                _queue.c.status == _READY,
                _queue.c.run_at <= bindparam("now"),
            )
            .order_by(_queue.c.priority.desc(), _queue.c.run_at, _queue.c.id)
            .limit(bindparam("at_most"))
            .with_for_update(skip_locked=True)
        )
    )
    .values(
        status=_LEASED,
        owner=bindparam("new_owner"),
        attempt=_queue.c.attempt + 1,
        lease_until=bindparam("until"),
    )
    .returning(_queue.c.item, _queue.c.attempt, _queue.c.priority, _queue.c.run_at, _queue.c.id)
)
# Of a row that was ready a moment ago, in the same transaction.
_LEASE = Statement(
    update(_queue)
    .where(_queue.c.id == bindparam("of_id"))
    .values(
        status=_LEASED,
        owner=bindparam("new_owner"),
        attempt=_queue.c.attempt + 1,
        lease_until=bindparam("until"),
    )
    .returning(_queue.c.item, _queue.c.attempt)
)
_held = (
    (_queue.c.item == bindparam("of_item"))
    & (_queue.c.owner == bindparam("of_owner"))
    & (_queue.c.attempt == bindparam("of_attempt"))
    & (_queue.c.status == _LEASED)
)
_COMPLETE = Statement(delete(_queue).where(_held))
_RETRY = Statement(
    update(_queue)
    .where(_held)
    .values(
        status=_READY,
        owner=null(),
        lease_until=null(),
        run_at=bindparam("at"),
        lane=func.coalesce(bindparam("to_lane"), _queue.c.lane),
    )
)
_RENEW = Statement(
    update(_queue)
    .where(_queue.c.owner == bindparam("of_owner"), _queue.c.status == _LEASED)
    .values(lease_until=bindparam("until"))
    .returning(_queue.c.item, _queue.c.attempt)
)
_OVERDUE = (
    select(_queue.c.id)
    .where(
        _queue.c.lane == bindparam("in_lane"),
        _queue.c.status == _LEASED,
        _queue.c.lease_until < bindparam("now"),
    )
    .limit(1)
)
_RELEASE = (
    update(_queue)
    .where(
        _queue.c.lane == bindparam("in_lane"),
        _queue.c.status == _LEASED,
        _queue.c.owner != bindparam("keeper"),
    )
    .values(status=_READY, owner=None, lease_until=None)
    .returning(_queue.c.item, _queue.c.attempt)
)
_in_lanes = (
    (_queue.c.lane >= bindparam("first"))
    & (_queue.c.lane < bindparam("beyond"))
    & (_queue.c.status == _LEASED)
)
_HOLDERS = Statement(
    select(_queue.c.owner, func.min(_queue.c.lease_until)).where(_in_lanes).group_by(_queue.c.owner)
)
_RELEASE_HELD = Statement(
    update(_queue)
    .where(
        _in_lanes,
        _queue.c.owner == bindparam("of_owner"),
        _queue.c.lease_until < bindparam("before"),
    )
    .values(status=_READY, owner=null(), lease_until=null())
    .returning(_queue.c.item, _queue.c.attempt)
)
_HEAD = Statement(
    select(-_queue.c.priority, _queue.c.id)
    .where(
        _queue.c.lane == bindparam("in_lane"),
        _queue.c.status == _READY,
        _queue.c.run_at <= bindparam("now"),
    )
    .order_by(_queue.c.priority.desc(), _queue.c.run_at, _queue.c.id)
    .limit(1)
)
_NEXT_TIME = Statement(
    select(func.min(_queue.c.run_at)).where(
        _queue.c.lane == bindparam("in_lane"), _queue.c.status == _READY
    )
)
_WITHDRAW_ITEM = Statement(
    delete(_queue).where(_queue.c.item == bindparam("of_item"), _queue.c.status == _READY)
)
_WITHDRAW = (
    delete(_queue)
    .where(_queue.c.lane == bindparam("in_lane"), _queue.c.status == _READY)
    .returning(_queue.c.item)
)


def enqueue(connection: Connection, entries: Sequence[QueueEntry]) -> None:
    """Make items ready; each is in the queue once.

    An empty `run_at` sorts before every time: what is to be done now does not wait for a clock
    that was set back.
    """
    rows: list[Values] = [
        {
            "lane": entry.lane,
            "item": entry.item,
            "priority": entry.priority,
            "run_at": entry.run_at,
            "attempt": entry.attempt,
            "status": "ready",
        }
        for entry in entries
    ]
    _INSERT.run_many(connection, rows)


def claim(connection: Connection, lane: str, owner: str, at_most: int) -> list[Lease]:
    """Lease up to that many ready items of a lane, first by priority, then by age."""
    values: Values = {
        "in_lane": lane,
        "now": utc_now(),
        "at_most": at_most,
        "new_owner": owner,
        "until": utc_after(LEASE_SECONDS),
    }
    rows = _CLAIM.run(connection, values).fetchall()
    ordered = sorted(rows, key=lambda row: (-row[2], row[3], row[4]))
    return [Lease(item, attempt, owner) for item, attempt, *_ in ordered]


def claim_first(connection: Connection, lanes: Sequence[str], owner: str) -> Lease | None:
    """Lease one item of several lanes: of those that stand first in their lane, the one with the
    highest priority, and of these the one that was accepted first."""
    now = utc_now()
    heads = [
        row
        for lane in lanes
        for row in _HEAD.run(connection, {"in_lane": lane, "now": now}).fetchall()
    ]
    if not heads:
        return None
    _, first = min(heads)
    values: Values = {"of_id": first, "new_owner": owner, "until": utc_after(LEASE_SECONDS)}
    ((item, attempt),) = _LEASE.run(connection, values).fetchall()
    return Lease(item, attempt, owner)


def complete(connection: Connection, leases: Sequence[Lease]) -> None:
    """Take finished items out. Raises LostLeaseError when one is no longer held."""
    if leases:
        _require(leases, _COMPLETE.run_many(connection, _keys(leases)))


def retry(
    connection: Connection, lease: Lease, *, after_seconds: float = 0, lane: str | None = None
) -> str:
    """Make an item ready again, in another lane if one is given; the next attempt gets the next
    number. Gives the time at which it may begin, empty for at once."""
    run_at = utc_after(after_seconds) if after_seconds else ""
    values = {**_keys([lease])[0], "at": run_at, "to_lane": lane}
    _require([lease], _RETRY.run(connection, values).rowcount)
    return run_at


def renew(connection: Connection, owner: str) -> set[tuple[str, int]]:
    """Extend all of an owner's leases; gives what it still holds, each `(item, attempt)`."""
    values: Values = {"of_owner": owner, "until": utc_after(LEASE_SECONDS)}
    return {(item, attempt) for item, attempt in _RENEW.run(connection, values).fetchall()}


def is_overdue(connection: Connection, lane: str) -> bool:
    """Whether a lease in a lane has run out: its owner is stopped, or cannot reach the database."""
    values = {"in_lane": lane, "now": utc_now()}
    return connection.execute(_OVERDUE, values).first() is not None


def release_others(connection: Connection, lane: str, keeper: str) -> list[tuple[str, int]]:
    """Make ready what owners other than `keeper` hold in a lane; they must be known dead."""
    rows = connection.execute(_RELEASE, {"in_lane": lane, "keeper": keeper}).all()
    return [(row.item, row.attempt) for row in rows]


def read_holders(database: Database, prefix: str) -> list[tuple[str, bool]]:
    """Who holds leases in lanes that begin with `prefix`, and whether one of them has run out."""
    values: Values = {"first": prefix, "beyond": prefix + "~"}
    now = utc_now()
    return [(str(owner), str(until) < now) for owner, until in database.fetch(_HOLDERS, values)]


def release_held(
    connection: Connection, prefix: str, owner: str, *, only_overdue: bool
) -> list[tuple[str, int]]:
    """Make ready what an owner holds in lanes that begin with `prefix`: all of it when it is
    known dead, or what has run out. Gives each `(item, attempt)`."""
    values: Values = {
        "first": prefix,
        "beyond": prefix + "~",
        "of_owner": owner,
        "before": utc_now() if only_overdue else "~",
    }
    return [(item, attempt) for item, attempt in _RELEASE_HELD.run(connection, values).fetchall()]


def read_next_time(database: Database, lane: str) -> str | None:
    """The earliest time at which something in a lane may begin, empty for at once."""
    return cast(str | None, database.fetch(_NEXT_TIME, {"in_lane": lane})[0][0])


def withdraw(connection: Connection, item: str) -> bool:
    """Take out an item that nobody holds; gives whether there was one."""
    return _WITHDRAW_ITEM.run(connection, {"of_item": item}).rowcount == 1


def withdraw_ready(connection: Connection, lane: str) -> list[str]:
    """Take out what nobody has started; gives the items."""
    return list(connection.execute(_WITHDRAW, {"in_lane": lane}).scalars())


def _keys(leases: Sequence[Lease]) -> list[Values]:
    return [
        {"of_item": lease.item, "of_owner": lease.owner, "of_attempt": lease.attempt}
        for lease in leases
    ]


def _require(leases: Sequence[Lease], changed: int) -> None:
    if changed != len(leases):
        names = ", ".join(f"{lease.item} attempt {lease.attempt}" for lease in leases)
        raise LostLeaseError(
            f"The lease of {names} has passed to another attempt; this result is not recorded."
        )
