"""The durable queue: leases, fencing, order; and against a simple model of itself."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest
from genesis.errors import LostLeaseError
from genesis.storage.database import Database
from genesis.storage.migrate import KERNEL_REVISIONS, migrate
from genesis.storage.queue import (
    Lease,
    QueueEntry,
    claim,
    complete,
    enqueue,
    release_others,
    renew,
    retry,
    withdraw_ready,
)
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, multiple, rule
from sqlalchemy import text


def put(database: Database, *entries: QueueEntry) -> None:
    database.writer.write(lambda c: enqueue(c, entries))


def take(database: Database, owner: str, at_most: int = 1, lane: str = "lane") -> list[Lease]:
    return database.writer.write(lambda c: claim(c, lane, owner, at_most))


def items(database: Database) -> list[str]:
    with database.read() as connection:
        return list(connection.execute(text("SELECT item FROM queue ORDER BY id")).scalars())


def test_a_claim_goes_by_priority_and_then_by_age(database: Database) -> None:
    put(database, *(QueueEntry(name, "lane", priority) for name, priority in
                    [("old-low", 0), ("old-high", 2), ("new-high", 2), ("middle", 1)]))  # fmt: skip
    assert [lease.item for lease in take(database, "a", 3)] == ["old-high", "new-high", "middle"]
    assert [lease.item for lease in take(database, "a", 3)] == ["old-low"]


def test_what_is_leased_is_not_claimed_again(database: Database) -> None:
    put(database, QueueEntry("one", "lane"))
    assert take(database, "a") == [Lease("one", 1, "a")]
    assert take(database, "b") == []


def test_lanes_do_not_see_each_other(database: Database) -> None:
    put(database, QueueEntry("one", "left"), QueueEntry("two", "right"))
    assert [lease.item for lease in take(database, "a", 9, "right")] == ["two"]


def test_an_item_with_a_later_time_waits_for_it(database: Database) -> None:
    put(database, QueueEntry("later", "lane", run_at="2999-01-01T00:00:00.000000Z"))
    assert take(database, "a") == []


def test_an_item_is_in_the_queue_once(database: Database) -> None:
    put(database, QueueEntry("one", "lane"))
    with pytest.raises(Exception, match="UNIQUE"):
        put(database, QueueEntry("one", "other"))


def test_a_retry_makes_the_item_ready_with_the_next_number(database: Database) -> None:
    put(database, QueueEntry("one", "lane"))
    (first,) = take(database, "a")
    database.writer.write(lambda c: retry(c, first))
    assert take(database, "b") == [Lease("one", 2, "b")]


def test_a_delayed_retry_is_not_claimed_at_once(database: Database) -> None:
    put(database, QueueEntry("one", "lane"))
    (first,) = take(database, "a")
    database.writer.write(lambda c: retry(c, first, after_seconds=600))
    assert take(database, "a") == []


@pytest.mark.parametrize(
    "stale",
    [Lease("one", 1, "a"), Lease("one", 2, "a"), Lease("one", 1, "b"), Lease("none", 1, "b")],
    ids=["attempt and owner", "owner", "attempt", "item"],
)
def test_only_the_very_lease_can_complete_or_retry(database: Database, stale: Lease) -> None:
    put(database, QueueEntry("one", "lane"))
    (first,) = take(database, "a")
    database.writer.write(lambda c: retry(c, first))
    (second,) = take(database, "b")
    with pytest.raises(LostLeaseError, match="passed to another attempt"):
        database.writer.write(lambda c: complete(c, [stale]))
    with pytest.raises(LostLeaseError):
        database.writer.write(lambda c: retry(c, stale))
    database.writer.write(lambda c: complete(c, [second]))
    assert items(database) == []


def test_completing_several_is_all_or_nothing(database: Database) -> None:
    put(database, *(QueueEntry(name, "lane") for name in ("one", "two", "three")))
    leases = take(database, "a", 3)
    with pytest.raises(LostLeaseError):
        database.writer.write(lambda c: complete(c, [*leases[:2], Lease("three", 7, "a")]))
    assert items(database) == ["one", "two", "three"]
    database.writer.write(lambda c: complete(c, leases))
    database.writer.write(lambda c: complete(c, []))
    assert items(database) == []


def test_what_others_hold_is_released_and_ones_own_is_kept(database: Database) -> None:
    put(database, *(QueueEntry(name, "lane") for name in ("mine", "theirs")))
    put(database, QueueEntry("elsewhere", "other"))
    (mine,) = take(database, "me")
    (theirs,) = take(database, "dead")
    (elsewhere,) = take(database, "dead", lane="other")
    released = database.writer.write(lambda c: release_others(c, "lane", "me"))
    assert released == [("theirs", 1)]
    assert take(database, "me") == [Lease("theirs", 2, "me")]
    with pytest.raises(LostLeaseError):
        database.writer.write(lambda c: complete(c, [theirs]))
    database.writer.write(lambda c: complete(c, [mine, elsewhere]))


def test_renewing_extends_the_leases_of_one_owner_and_tells_what_it_holds(
    database: Database,
) -> None:
    put(database, *(QueueEntry(name, "lane") for name in ("one", "two")))
    put(database, QueueEntry("elsewhere", "other"))
    take(database, "a")
    take(database, "a", lane="other")
    take(database, "b")

    def until() -> dict[str, str]:
        with database.read() as connection:
            return dict(connection.execute(text("SELECT item, lease_until FROM queue")).all())

    before = until()
    assert database.writer.write(lambda c: renew(c, "a")) == {("one", 1), ("elsewhere", 1)}
    after = until()
    assert after["one"] > before["one"]
    assert after["two"] == before["two"]


def test_withdrawing_takes_what_is_ready_and_leaves_what_runs(database: Database) -> None:
    put(database, *(QueueEntry(name, "lane") for name in ("runs", "waits")))
    take(database, "a")
    assert database.writer.write(lambda c: withdraw_ready(c, "lane")) == ["waits"]
    assert items(database) == ["runs"]


OWNERS = st.sampled_from(["a", "b", "c"])


class QueueMachine(RuleBasedStateMachine):
    """The queue against a model: a list in order of age, and who holds what."""

    leases = Bundle("leases")

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.database = Database(self.folder / "genesis.db", durability="normal")
        migrate(self.database, "kernel", KERNEL_REVISIONS)
        self.ready: list[tuple[str, int]] = []
        self.attempts: dict[str, int] = {}
        self.held: dict[str, Lease] = {}
        self.completed: set[str] = set()

    @rule(priority=st.integers(0, 2))
    def add(self, priority: int) -> None:
        item = f"item-{len(self.attempts)}"
        put(self.database, QueueEntry(item, "lane", priority))
        self.ready.append((item, priority))
        self.attempts[item] = 0

    @rule(owner=OWNERS, at_most=st.integers(1, 4), target=leases)
    def claim(self, owner: str, at_most: int) -> object:
        found = take(self.database, owner, at_most)
        expected = sorted(self.ready, key=lambda entry: -entry[1])[:at_most]
        assert [lease.item for lease in found] == [item for item, _priority in expected]
        for lease in found:
            assert lease.item not in self.held
            assert lease.item not in self.completed
            assert lease.attempt == self.attempts[lease.item] + 1
            self.attempts[lease.item] = lease.attempt
            self.held[lease.item] = lease
        self.ready = [entry for entry in self.ready if entry not in expected]
        return multiple(*found)

    @rule(lease=leases)
    def complete(self, lease: Lease) -> None:
        if self.held.get(lease.item) == lease:
            self.database.writer.write(lambda c: complete(c, [lease]))
            del self.held[lease.item]
            self.completed.add(lease.item)
        else:
            with pytest.raises(LostLeaseError):
                self.database.writer.write(lambda c: complete(c, [lease]))

    @rule(lease=leases)
    def retry(self, lease: Lease) -> None:
        if self.held.get(lease.item) == lease:
            priority = self._priority(lease.item)
            self.database.writer.write(lambda c: retry(c, lease))
            del self.held[lease.item]
            self.ready.append((lease.item, priority))
            self._sort_by_age()
        else:
            with pytest.raises(LostLeaseError):
                self.database.writer.write(lambda c: retry(c, lease))

    @rule(keeper=OWNERS)
    def release_others(self, keeper: str) -> None:
        lost = [lease for lease in self.held.values() if lease.owner != keeper]
        released = self.database.writer.write(lambda c: release_others(c, "lane", keeper))
        assert sorted(released) == sorted((lease.item, lease.attempt) for lease in lost)
        for lease in lost:
            del self.held[lease.item]
            self.ready.append((lease.item, self._priority(lease.item)))
        self._sort_by_age()

    @invariant()
    def renewing_tells_what_an_owner_holds(self) -> None:
        for owner in ("a", "b", "c"):
            held = self.database.writer.write(lambda c, o=owner: renew(c, o))
            mine = {(x.item, x.attempt) for x in self.held.values() if x.owner == owner}
            assert held == mine

    @invariant()
    def only_open_work_is_in_the_queue(self) -> None:
        assert set(items(self.database)) == {item for item, _ in self.ready} | set(self.held)

    def _priority(self, item: str) -> int:
        with self.database.read() as connection:
            query = text("SELECT priority FROM queue WHERE item = :item")
            return int(connection.execute(query, {"item": item}).scalar_one())

    def _sort_by_age(self) -> None:
        """Released or retried, an item keeps its place among those of its priority."""
        with self.database.read() as connection:
            ages = {
                row.item: (row.run_at, row.id)
                for row in connection.execute(text("SELECT item, run_at, id FROM queue"))
            }
        self.ready.sort(key=lambda entry: ages[entry[0]])

    def teardown(self) -> None:
        self.database.close()
        shutil.rmtree(self.folder)


TestQueueModel = QueueMachine.TestCase
TestQueueModel.settings = settings(max_examples=25, stateful_step_count=30, deadline=None)
