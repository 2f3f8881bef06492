"""Concerns: what is due, in which order, and what may become of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import get_args

import pytest
from genesis.clock import parse_time
from genesis.errors import UsageError
from genesis.minds.concerns import Concerns
from genesis.storage import concerns as rows
from genesis.storage.concerns import Concern
from genesis.storage.database import Database
from genesis.storage.events import events_after
from genesis.storage.statements import Statement

from tests.minds.plans import plan_of

MIND = "GMD-2026-AAAA-0001"
LONG_AGO = "2020-01-01T00:00:00Z"
FAR_OFF = "2090-01-01T00:00:00Z"


@pytest.fixture
def concerns(minds: Database, gmid: str) -> Concerns:
    return Concerns(gmid, minds)


def ids(found: list[Concern]) -> list[str]:
    return [concern.concern_id for concern in found]


def told(database: Database) -> list[tuple[str, str, dict[str, object]]]:
    with database.read() as connection:
        events = events_after(connection, 0)
    return [(e.type, e.subject, e.payload) for e in events if e.type.startswith("concern.")]


def place(database: Database, concern_id: str, **columns: str) -> None:
    """Set columns by hand, such as the time at which a concern was added."""
    sets = ", ".join(f"{name} = :{name}" for name in columns)
    change = Statement(f"UPDATE concerns SET {sets} WHERE concern_id = :id")
    database.writer.write(lambda c: change.run(c, {**columns, "id": concern_id}))


def test_a_concern_comes_back_as_it_was_added(concerns: Concerns, minds: Database) -> None:
    added = concerns.add(
        "Ann has a cold", "health", user_email="ann@example.org", context="said at breakfast",
        priority="high", confidence=1, next_check_at="2026-05-01T10:00:00+02:00",
        metadata={"memory_id": "m1", "urgency": [1, {"x": None}]},
    )  # fmt: skip
    again = Concerns(MIND, minds).get(added.concern_id)
    assert again == added
    assert (added.status, added.check_count, added.confidence) == ("active", 0, 1.0)
    assert added.next_check_at == "2026-05-01T08:00:00.000000Z"
    assert added.metadata == {"memory_id": "m1", "urgency": [1, {"x": None}]}


def test_a_given_id_is_kept_and_cannot_be_taken_twice(concerns: Concerns) -> None:
    assert concerns.add("one", "task", concern_id="c1").concern_id == "c1"
    with pytest.raises(UsageError, match="'c1' already"):
        concerns.add("two", "task", concern_id="c1")
    assert [c.content for c in concerns.active()] == ["one"]


def test_a_naive_next_check_is_local_time(concerns: Concerns) -> None:
    naive = datetime(2026, 7, 1, 9, 30)  # noqa: DTZ001  # that is the point
    concern = concerns.add("x", "task", next_check_at=naive)
    assert concern.next_check_at == parse_time(naive.astimezone(UTC))


@pytest.mark.parametrize("zone", [UTC, timezone(timedelta(hours=-7))])
def test_an_aware_next_check_is_the_same_moment(concerns: Concerns, zone: timezone) -> None:
    moment = datetime(2026, 7, 1, 9, 30, tzinfo=zone)
    concern = concerns.add("x", "task", next_check_at=moment)
    assert ids(concerns.due(moment)) == [concern.concern_id]
    assert concerns.due(moment - timedelta(microseconds=1)) == []


def test_due_are_unresolved_ones_with_the_earliest_check_first(concerns: Concerns) -> None:
    for name, day in (("c", 3), ("a", 1), ("b", 1), ("later", 9)):
        concerns.add(name, "task", next_check_at=f"2026-01-0{day}T00:00:00Z", concern_id=name)
    concerns.add("never checked", "task")
    concerns.monitor("c")
    assert ids(concerns.due("2026-01-05T00:00:00Z")) == ["a", "b", "c"]
    assert ids(concerns.due("2026-01-05T00:00:00Z", limit=2)) == ["a", "b"]
    assert ids(concerns.due()) == ["a", "b", "c", "later"]
    concerns.resolve("a")
    assert ids(concerns.due("2026-01-05T00:00:00Z")) == ["b", "c"]


def test_pages_are_newest_first_and_meet_without_gap(concerns: Concerns, minds: Database) -> None:
    for number in range(10):
        name = f"c{number}"
        concerns.add(name, "health", user_email="a@x", concern_id=name)
        # Pairs of one moment, so that the id decides.
        place(minds, name, created_at=f"2026-01-01T00:00:0{number // 2}.000000Z")
    concerns.monitor("c3")
    concerns.resolve("c6")
    concerns.add("someone else's", "task", user_email="b@x")
    newest = [f"c{number}" for number in range(9, -1, -1)]
    for read in (concerns.by_user, concerns.by_type):
        key = "a@x" if read == concerns.by_user else "health"
        assert ids(read(key)) == newest
        assert ids(read(key, limit=4)) == newest[:4]
        assert ids(read(key, limit=4, before="c6")) == newest[4:8]
        assert ids(read(key, "active", limit=3, before="c7")) == ["c5", "c4", "c2"]
        assert ids(read(key, "resolved")) == ["c6"]
    assert ids(concerns.active(2, before="c1")) == ["c0"]
    between = {"since": "2026-01-01T00:00:01Z", "until": "2026-01-01T00:00:03Z"}
    assert ids(concerns.by_status("active", **between)) == ["c5", "c4", "c2"]
    assert ids(concerns.by_status("active", **between, before="c9")) == ["c5", "c4", "c2"]
    assert ids(concerns.by_status("active", **between, before="c5")) == ["c4", "c2"]
    assert ids(concerns.by_user("a@x", **between)) == ["c5", "c4", "c3", "c2"]


def test_a_page_after_a_concern_that_is_gone_is_refused(concerns: Concerns) -> None:
    with pytest.raises(UsageError, match="no concern 'gone'"):
        concerns.active(before="gone")


def test_the_next_check_persists_after_a_follow_up(concerns: Concerns, minds: Database) -> None:
    concerns.add("x", "health", next_check_at=LONG_AGO, concern_id="c")
    checked = concerns.check("c", FAR_OFF, "How are you?")
    assert (checked.check_count, checked.follow_up_message) == (1, "How are you?")
    reloaded = Concerns(MIND, minds)
    assert reloaded.due() == []
    found = reloaded.get("c")
    assert found == checked
    assert found.next_check_at == parse_time(FAR_OFF)
    assert found.last_checked_at is not None
    assert concerns.check("c", None).next_check_at is None
    assert concerns.check("c", None).follow_up_message == "How are you?"


def test_nothing_of_a_concern_is_lost_at_reload(database: Database, minds: Database) -> None:
    metadata = {"memory_id": "m1", "urgency": 0.9, "scenario": {"state": "open"}}
    Concerns(MIND, minds).add("x", "health", metadata=metadata, concern_id="c")
    Concerns(MIND, minds).check("c", FAR_OFF)
    Concerns(MIND, minds).monitor("c")
    other = Database(database.path, durability="normal")
    found = Concerns(MIND, other).get("c")
    other.close()
    assert found is not None
    assert found.metadata == metadata


def test_a_concern_is_never_resolved_by_checks_alone(concerns: Concerns) -> None:
    concerns.add("x", "emotion", concern_id="c")
    for _ in range(10):
        status = concerns.check("c", LONG_AGO).status
    assert status == "active"
    assert ids(concerns.due()) == ["c"]


def test_a_resolved_concern_stays_resolved(concerns: Concerns) -> None:
    concerns.add("x", "emotion", next_check_at=LONG_AGO, concern_id="c", metadata={"k": 1})
    resolved = concerns.resolve("c", "slept well \U0001f642")
    assert resolved.metadata == {"k": 1, "resolution": "slept well \U0001f642"}
    assert resolved.resolved_at is not None
    for change in (
        lambda: concerns.check("c", LONG_AGO), lambda: concerns.monitor("c", LONG_AGO),
        lambda: concerns.resolve("c", "again"),
    ):  # fmt: skip
        with pytest.raises(UsageError, match=r"is resolved.*`reopen`"):
            change()
    assert concerns.update("c", next_check_at=LONG_AGO).status == "resolved"
    assert concerns.due() == []


def test_a_reopened_concern_is_active_and_keeps_no_old_reason(concerns: Concerns) -> None:
    concerns.add("x", "emotion", concern_id="c")
    concerns.resolve("c", "first")
    reopened = concerns.reopen("c", LONG_AGO)
    assert (reopened.status, reopened.resolved_at) == ("active", None)
    assert ids(concerns.due()) == ["c"]
    assert concerns.resolve("c").metadata == {}
    with pytest.raises(UsageError, match="is active"):
        concerns.reopen(concerns.reopen("c").concern_id)


def test_only_what_is_active_becomes_monitored(concerns: Concerns) -> None:
    concerns.add("x", "emotion", next_check_at=LONG_AGO, concern_id="c")
    assert concerns.monitor("c").next_check_at == parse_time(LONG_AGO)
    with pytest.raises(UsageError, match="is monitoring"):
        concerns.monitor("c")
    assert concerns.reopen("c").status == "active"
    assert concerns.monitor("c", FAR_OFF).next_check_at == parse_time(FAR_OFF)


def test_update_changes_what_is_named_only(concerns: Concerns) -> None:
    before = concerns.add("x", "task", user_email="a@x", next_check_at=FAR_OFF, context="why")
    after = concerns.update(
        before.concern_id, content="y", priority="low", next_check_at=None, metadata={"k": 2}
    )
    assert (after.content, after.priority, after.next_check_at) == ("y", "low", None)
    assert after.metadata == {"k": 2}
    assert (after.user_email, after.context, after.concern_type) == ("a@x", "why", "task")
    assert concerns.get(before.concern_id) == after


def test_each_change_tells_its_event_without_the_words_of_users(
    concerns: Concerns, minds: Database
) -> None:
    concerns.add("secret", "task", context="secret", user_email="secret@x", concern_id="c")
    concerns.check("c", None, "secret")
    concerns.monitor("c")
    concerns.resolve("c", "secret")
    concerns.reopen("c")
    concerns.update("c", content="secret")
    assert concerns.delete("c")
    assert not concerns.delete("c")
    with pytest.raises(UsageError):
        concerns.check("c", None)
    kinds = ["added", "checked", "monitoring", "resolved", "reopened", "updated", "deleted"]
    events = told(minds)
    assert [kind for kind, _, _ in events] == [f"concern.{kind}" for kind in kinds]
    assert {subject for _, subject, _ in events} == {"c"}
    assert events[2][2] == {"mind": MIND, "concern_type": "task", "status": "monitoring"}
    assert "secret" not in str(events)


def test_minds_do_not_see_each_others_concerns(
    concerns: Concerns, minds: Database, other_gmid: str
) -> None:
    concerns.add("mine", "task", user_email="a@x", next_check_at=LONG_AGO, concern_id="c")
    other = Concerns(other_gmid, minds)
    assert (other.get("c"), other.due(), other.active(), other.by_user("a@x")) == (None, [], [], [])
    assert other.delete("c") is False
    for change in (other.resolve, other.monitor, lambda c: other.update(c, content="x")):
        with pytest.raises(UsageError, match="no concern 'c'"):
            change("c")
    assert other.stats() == {"active": 0, "monitoring": 0, "resolved": 0}
    assert concerns.stats() == {"active": 1, "monitoring": 0, "resolved": 0}


BAD = {
    "empty content": {"content": ""},
    "blank content": {"content": " \n"},
    "no text": {"content": b"x"},
    "10 MB": {"content": "x" * 10_000_000},
    "NUL": {"content": "a\0b"},
    "lone surrogate": {"content": "a\ud83d"},
    "NUL in the context": {"context": "\0"},
    "type": {"concern_type": "Health issues"},
    "no type": {"concern_type": ""},
    "user": {"user_email": ""},
    "priority": {"priority": "urgent"},
    "confidence above": {"confidence": 1.01},
    "confidence below": {"confidence": -0.01},
    "NaN": {"confidence": float("nan")},
    "confidence as text": {"confidence": "0.5"},
    "time": {"next_check_at": "tomorrow"},
    "time as number": {"next_check_at": 1_700_000_000},
    "metadata list": {"metadata": [1]},
    "metadata NaN": {"metadata": {"x": float("inf")}},
    "metadata object": {"metadata": {"x": object()}},
    "metadata key": {"metadata": {1: "x"}},
    "metadata too long": {"metadata": {"x": "y" * 100_000}},
    "huge number": {"metadata": {"x": 10**5000}},
    "id": {"concern_id": " "},
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD.keys())
def test_what_cannot_be_stored_is_refused_and_nothing_is_written(
    concerns: Concerns, minds: Database, bad: dict[str, object]
) -> None:
    with pytest.raises(UsageError) as refused:
        concerns.add(**{"content": "x", "concern_type": "task", **bad})
    assert len(str(refused.value)) < 300
    concerns.add("good", "task", concern_id="c")
    if "concern_id" not in bad:
        with pytest.raises(UsageError):
            concerns.update("c", **bad)
    assert [c.content for c in concerns.active()] == ["good"]
    assert [kind for kind, _, _ in told(minds)] == ["concern.added"]


@pytest.mark.parametrize(
    "ask",
    [
        lambda c: c.due(limit=0), lambda c: c.due(limit=-1), lambda c: c.due(limit=2**70),
        lambda c: c.active(limit="5"), lambda c: c.by_status("open"), lambda c: c.due("soon"),
        lambda c: c.by_user("a@x", "open"), lambda c: c.by_user(None),
        lambda c: c.by_type("Bad type"), lambda c: c.by_status(None),
        lambda c: c.by_status("active", since="never"), lambda c: c.update("c"),
        lambda c: c.update("c", status="resolved"), lambda c: c.get("\0"),
    ],
)  # fmt: skip
def test_questions_that_make_no_sense_are_refused(concerns: Concerns, ask: object) -> None:
    with pytest.raises(UsageError):
        ask(concerns)  # type: ignore[operator]


def test_every_query_reads_an_index_in_its_order(minds: Database, gmid: str) -> None:
    values = {
        "mind": gmid, "now": "", "at_most": 1, "since": "", "until": "~", "before": "",
        "of_status": "active", "of_group": "x", "of_concern": "c", "time": "", "id": "",
    }  # fmt: skip
    assert any("ix_concerns_due" in step for step in plan_of(minds, rows._DUE, values))
    assert any("COVERING INDEX" in step for step in plan_of(minds, rows._COUNT, values))
    plan_of(minds, rows._GET, values)
    for group, index in ((None, "status"), ("user_email", "user"), ("concern_type", "type")):
        assert group is None or group in get_args(rows.Group)
        for every in (False, True):
            steps = plan_of(minds, rows.page_statement(group, every), values)
            reads = [step for step in steps if step.startswith("SEARCH")]
            assert len(reads) == (3 if every else 1)
            bounds = "created_at>? AND (created_at,concern_id)<(?,?)"
            for step in reads:
                assert f"ix_concerns_{index} " in step, steps
                assert bounds in step or "created_at>? AND created_at<?" in step, steps
    for step in (rows.CHECK, rows.MONITOR, rows.RESOLVE, rows.REOPEN, rows.DELETE):
        given = {**values, "next": None, "message": None, "resolution": "{}"}
        assert any("concern_id=?" in line for line in plan_of(minds, step.statement, given))
