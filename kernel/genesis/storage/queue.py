"""The durable queue: only open work is in it; who holds a lease is fenced by attempt number.

Statements are built once. `status` is written as a literal, because a bound value would keep
PostgreSQL from using the partial indexes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import (
    ColumnElement,
    Connection,
    bindparam,
    delete,
    insert,
    literal_column,
    select,
    update,
)

from genesis.clock import utc_after, utc_now
from genesis.errors import LostLeaseError
from genesis.storage.tables import QueueRow, table

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


_INSERT = insert(_queue)
_CLAIM = (
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
_held = (
    (_queue.c.item == bindparam("of_item"))
    & (_queue.c.owner == bindparam("of_owner"))
    & (_queue.c.attempt == bindparam("of_attempt"))
    & (_queue.c.status == _LEASED)
)
_COMPLETE = delete(_queue).where(_held)
_RETRY = (
    update(_queue)
    .where(_held)
    .values(status=_READY, owner=None, lease_until=None, run_at=bindparam("at"))
)
_RENEW = (
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
    rows = [
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
    if rows:
        connection.execute(_INSERT, rows)


def claim(connection: Connection, lane: str, owner: str, at_most: int) -> list[Lease]:
    """Lease up to that many ready items of a lane, first by priority, then by age."""
    rows = connection.execute(
        _CLAIM,
        {
            "in_lane": lane,
            "now": utc_now(),
            "at_most": at_most,
            "new_owner": owner,
            "until": utc_after(LEASE_SECONDS),
        },
    ).all()
    ordered = sorted(rows, key=lambda row: (-row.priority, row.run_at, row.id))
    return [Lease(row.item, row.attempt, owner) for row in ordered]


def complete(connection: Connection, leases: Sequence[Lease]) -> None:
    """Take finished items out. Raises LostLeaseError when one is no longer held."""
    if leases:
        _require(leases, connection.execute(_COMPLETE, _keys(leases)).rowcount)


def retry(connection: Connection, lease: Lease, *, after_seconds: float = 0) -> None:
    """Make an item ready again; the next attempt gets the next number."""
    values = _keys([lease])[0] | {"at": utc_after(after_seconds) if after_seconds else ""}
    _require([lease], connection.execute(_RETRY, values).rowcount)


def renew(connection: Connection, owner: str) -> set[tuple[str, int]]:
    """Extend all of an owner's leases; gives what it still holds, each `(item, attempt)`."""
    values = {"of_owner": owner, "until": utc_after(LEASE_SECONDS)}
    return {(row.item, row.attempt) for row in connection.execute(_RENEW, values)}


def is_overdue(connection: Connection, lane: str) -> bool:
    """Whether a lease in a lane has run out: its owner is stopped, or cannot reach the database."""
    values = {"in_lane": lane, "now": utc_now()}
    return connection.execute(_OVERDUE, values).first() is not None


def release_others(connection: Connection, lane: str, keeper: str) -> list[tuple[str, int]]:
    """Make ready what owners other than `keeper` hold in a lane; they must be known dead."""
    rows = connection.execute(_RELEASE, {"in_lane": lane, "keeper": keeper}).all()
    return [(row.item, row.attempt) for row in rows]


def withdraw_ready(connection: Connection, lane: str) -> list[str]:
    """Take out what nobody has started; gives the items."""
    return list(connection.execute(_WITHDRAW, {"in_lane": lane}).scalars())


def _keys(leases: Sequence[Lease]) -> list[dict[str, object]]:
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
