"""Environments: places by id and by name, visits that count, owners that alone may change them."""

from __future__ import annotations

import threading

import pytest
from genesis.errors import UsageError
from genesis.minds.environments import Environments
from genesis.storage import environments as rows
from genesis.storage.database import Database
from genesis.storage.statements import Statement

from tests.minds.plans import plan_of


@pytest.fixture
def environments(minds: Database, gmid: str) -> Environments:
    return Environments(gmid, minds)


def test_an_environment_is_known_by_id_under_both_names(environments: Environments) -> None:
    made = environments.create("Study", "office", "a quiet one", metadata={"walls": "green"})
    assert made.id == made.env_id
    assert len(made.env_id) == 32
    assert environments.get(made.id) == made
    assert environments.find("Study") == made
    assert environments.find("study") is None
    assert (made.env_type, made.is_public, made.access_count) == ("office", False, 0)
    assert made.metadata == {"walls": "green"}


def test_a_room_is_what_a_name_alone_makes(environments: Environments) -> None:
    assert environments.create("Home").env_type == "room"


def test_of_several_with_one_name_the_oldest_is_found(environments: Environments) -> None:
    first = environments.create("Home")
    environments.create("Home")
    assert environments.find("Home") == first


def test_each_visit_counts_also_at_the_same_time(environments: Environments) -> None:
    home = environments.create("Home")

    def visit() -> None:
        for _ in range(25):
            environments.enter(home.env_id)

    visitors = [threading.Thread(target=visit) for _ in range(4)]
    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        visitor.join()
    found = environments.get(home.env_id)
    assert found is not None
    assert found.access_count == 100
    assert found.last_accessed is not None


def test_lists_are_newest_first_in_pages(
    environments: Environments, minds: Database, other_gmid: str
) -> None:
    made = [environments.create(f"e{number}") for number in range(5)]
    Environments(other_gmid, minds).create("foreign", is_public=True)
    page = environments.list(limit=3)
    assert page == made[:1:-1]
    assert environments.list(before=page[-1].env_id) == made[1::-1]


def test_public_places_are_entered_by_all_and_changed_by_their_owner(
    environments: Environments, minds: Database, other_gmid: str
) -> None:
    other = Environments(other_gmid, minds)
    public, private = environments.create("Agora", is_public=True), environments.create("Attic")
    assert other.enter(public.id).access_count == 1
    assert other.get(private.id) is None
    for refused in (
        lambda: other.enter(private.id), lambda: other.update(public.id, name="Mine"),
    ):  # fmt: skip
        with pytest.raises(UsageError, match="no environment"):
            refused()
    assert other.remove(public.id) is False
    closed = environments.update(public.id, is_public=False, metadata={"k": 1})
    assert (closed.name, closed.is_public, closed.metadata) == ("Agora", False, {"k": 1})
    assert other.get(public.id) is None


def test_what_refers_to_a_removed_environment_keeps_its_id(
    environments: Environments, minds: Database, gmid: str
) -> None:
    home = environments.create("Home")
    message = Statement(
        "INSERT INTO conversation_messages (mind_gmid, environment_id, role, content, timestamp, "
        "awaits_result) VALUES (:mind, :place, 'user', 'hello', '2026', 0)"
    )
    minds.writer.write(lambda c: message.run(c, {"mind": gmid, "place": home.id}))
    assert environments.remove(home.id) is True
    assert environments.remove(home.id) is False
    kept = minds.fetch(Statement("SELECT environment_id FROM conversation_messages"), {})
    assert kept == [(home.id,)]


def test_each_change_tells_its_event(environments: Environments, minds: Database) -> None:
    home = environments.create("Home")
    environments.enter(home.id)
    environments.update(home.id, name="Den")
    environments.remove(home.id)
    told = minds.fetch(
        Statement("SELECT type, subject FROM events WHERE type LIKE 'environment.%'"), {}
    )
    kinds = ["created", "entered", "updated", "removed"]
    assert told == [(f"environment.{kind}", home.id) for kind in kinds]


@pytest.mark.parametrize(
    "ask",
    [
        lambda e: e.create(""), lambda e: e.create("x" * 201), lambda e: e.create("a\0"),
        lambda e: e.create("x", env_type=""), lambda e: e.create("x", description="\ud83d"),
        lambda e: e.create("x", is_public=1), lambda e: e.create("x", metadata=[1]),
        lambda e: e.enter("nowhere"), lambda e: e.update("nowhere", name="x"),
        lambda e: e.update("nowhere"), lambda e: e.list(before="nowhere"), lambda e: e.list(0),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_and_nothing_is_written(
    environments: Environments, ask: object
) -> None:
    with pytest.raises(UsageError):
        ask(environments)  # type: ignore[operator]
    assert environments.list() == []


def test_every_query_reads_an_index_in_its_order(minds: Database, gmid: str) -> None:
    values = {
        "mind": gmid, "of": "x", "wanted": "x", "until": "~", "before": "", "at_most": 1, "now": "",
    }  # fmt: skip
    for statement in (rows._GET, rows.ENTER, rows.REMOVE):
        assert "(env_id=?)" in plan_of(minds, statement, values)[0]
    for statement in (rows._FIND, rows._RECENT):
        assert "ix_environments_owner (owner_gmid=?" in plan_of(minds, statement, values)[0]
