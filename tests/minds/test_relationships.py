"""Relationships: one row for each pair, levels within their bounds, counters that add up."""

from __future__ import annotations

import subprocess
import sys

import pytest
from genesis.errors import UsageError
from genesis.minds.relationships import Relationships
from genesis.storage import relationships as rows
from genesis.storage.database import Database
from genesis.storage.statements import Statement
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.minds.plans import plan_of

ANN = "ann@example.org"
CHANGES = st.floats(-1, 1)


@pytest.fixture
def relationships(minds: Database, gmid: str) -> Relationships:
    return Relationships(gmid, minds)


def test_the_first_interaction_begins_a_relationship(relationships: Relationships) -> None:
    first = relationships.record_interaction(
        ANN, positive=True, closeness_change=0.2, trust_change=-0.1, relationship_type="friend"
    )
    assert (first.to, first.relationship_type, first.interaction_count) == (ANN, "friend", 1)
    assert (first.closeness, first.trust_level) == (0.2, 0.4)
    assert first.started_at == first.last_interaction
    second = relationships.record_interaction(ANN, positive=False)
    third = relationships.record_interaction(ANN)
    assert third.relationship_type == "friend"
    assert (second.id, third.id) == (first.id, first.id)
    assert (third.positive_interactions, third.negative_interactions) == (1, 1)
    assert third.interaction_count == 3
    assert third.started_at == first.started_at < str(third.last_interaction)
    assert relationships.get(ANN) == third


def test_other_minds_are_one_however_their_gmid_is_written(
    relationships: Relationships, other_gmid: str
) -> None:
    relationships.record_interaction(other_gmid.lower())
    assert relationships.record_interaction(f" {other_gmid} ").interaction_count == 2
    assert [r.to for r in relationships.list()] == [other_gmid]


@settings(max_examples=40)
@given(steps=st.lists(st.tuples(CHANGES, CHANGES, st.none() | st.booleans()), max_size=12))
def test_levels_follow_the_clamped_sum_and_counters_the_number(
    relationships: Relationships, steps: list[tuple[float, float, bool | None]]
) -> None:
    relationships.remove(ANN)
    closeness, trust = 0.0, 0.5
    for by, trusting, positive in steps:
        now = relationships.record_interaction(
            ANN, positive=positive, closeness_change=by, trust_change=trusting
        )
        closeness = max(0.0, min(1.0, closeness + by))
        trust = max(0.0, min(1.0, trust + trusting))
        assert (now.closeness, now.trust_level) == (closeness, trust)
    found = relationships.get(ANN)
    counted = [positive for _, _, positive in steps]
    if found is None:
        assert steps == []
    else:
        assert found.interaction_count == len(steps)
        assert found.positive_interactions == counted.count(True)
        assert found.negative_interactions == counted.count(False)


def test_set_writes_what_is_named_and_nothing_else(relationships: Relationships) -> None:
    new = relationships.set(ANN, closeness=0.9, metadata={"likes": ["tea"]})
    assert (new.relationship_type, new.trust_level, new.interaction_count) == (
        "acquaintance", 0.5, 0,
    )  # fmt: skip
    relationships.record_interaction(ANN, positive=True)
    changed = relationships.set(ANN, relationship_type="friend", trust_level=1)
    assert (changed.closeness, changed.trust_level, changed.interaction_count) == (0.9, 1.0, 1)
    assert changed.metadata == {"likes": ["tea"]}
    assert changed.started_at == new.started_at


def test_lists_go_from_new_to_old_and_from_close_to_distant(
    relationships: Relationships, minds: Database, other_gmid: str
) -> None:
    for number, closeness in enumerate((0.5, 0.1, 0.9, 0.5)):
        relationships.set(f"u{number}@x", closeness=closeness)
    Relationships(other_gmid, minds).set("foreign@x", closeness=1)
    page = relationships.list(limit=3)
    assert [r.to for r in page] == ["u3@x", "u2@x", "u1@x"]
    assert [r.to for r in relationships.list(before=page[-1].id)] == ["u0@x"]
    assert [r.to for r in relationships.strongest(3)] == ["u2@x", "u3@x", "u0@x"]


def test_what_is_removed_begins_anew(relationships: Relationships) -> None:
    relationships.record_interaction(ANN, closeness_change=1)
    assert relationships.remove(ANN) is True
    assert relationships.remove(ANN) is False
    assert relationships.get(ANN) is None
    assert relationships.record_interaction(ANN).closeness == 0.0


def test_events_carry_numbers_and_no_address(relationships: Relationships, minds: Database) -> None:
    relationships.record_interaction(ANN)
    relationships.set(ANN, closeness=1)
    relationships.remove(ANN)
    told = minds.fetch(
        Statement("SELECT type, payload FROM events WHERE type LIKE 'relationship.%'"), {}
    )
    assert [kind for kind, _ in told] == [
        "relationship.changed", "relationship.changed", "relationship.removed",
    ]  # fmt: skip
    assert ANN not in str(told)


@pytest.mark.parametrize(
    "ask",
    [
        lambda r: r.get(""), lambda r: r.get("a\0b"), lambda r: r.get("\ud83d"), lambda r: r.get(1),
        lambda r: r.record_interaction("GMD-2026-XXXX-1"),
        lambda r: r.record_interaction("GMD-2026-AAAA-0001"),
        lambda r: r.record_interaction(ANN, closeness_change=1.5),
        lambda r: r.record_interaction(ANN, trust_change=float("nan")),
        lambda r: r.record_interaction(ANN, positive=1),
        lambda r: r.record_interaction(ANN, relationship_type=""),
        lambda r: r.set(ANN), lambda r: r.set(ANN, closeness=2), lambda r: r.set(ANN, size=1),
        lambda r: r.set(ANN, metadata="x"), lambda r: r.list(limit=0), lambda r: r.list(before="x"),
        lambda r: r.list(before=2**63), lambda r: r.strongest(5000),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_and_nothing_is_written(
    relationships: Relationships, ask: object
) -> None:
    with pytest.raises(UsageError):
        ask(relationships)  # type: ignore[operator]
    assert relationships.list() == []


def test_every_query_reads_an_index_in_its_order(minds: Database, gmid: str) -> None:
    values = {"mind": gmid, "to": "x", "before": 9, "at_most": 1}
    assert "from_gmid=? AND to_gmid=?" in plan_of(minds, rows._GET, values)[0]
    assert "from_gmid=? AND to_gmid=?" in plan_of(minds, rows._REMOVE, values)[0]
    assert (
        "ix_relationships_recent (from_gmid=? AND id<?)"
        in (plan_of(minds, rows._RECENT, values)[0])
    )
    assert "ix_relationships_closeness" in plan_of(minds, rows._STRONGEST, values)[0]


MEET = """
import sys
from pathlib import Path
from genesis.minds.relationships import Relationships
from genesis.storage.database import Database
database = Database(Path(sys.argv[1]), durability="normal")
relationships = Relationships(sys.argv[2], database)
print("ready", flush=True)
sys.stdin.readline()
for number in range(200):
    relationships.record_interaction("ann@example.org", positive=number % 4 == 0,
                                     closeness_change=0.001)
database.close()
"""


def test_interactions_of_two_processes_add_up(
    relationships: Relationships, minds: Database, gmid: str
) -> None:
    both = [
        subprocess.Popen(
            [sys.executable, "-c", MEET, str(minds.path), gmid],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for _ in range(2)
    ]  # fmt: skip
    for process in both:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in both:
        process.communicate("go\n", timeout=60)
    assert [process.returncode for process in both] == [0, 0]
    found = relationships.get(ANN)
    assert found is not None
    assert (found.interaction_count, found.positive_interactions) == (400, 100)
    assert found.negative_interactions == 300
    assert found.closeness == pytest.approx(0.4)
