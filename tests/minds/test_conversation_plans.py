"""Every statement about messages is answered by an index, with and without statistics of SQLite."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain, combinations

import pytest
from genesis.minds.conversation import ConversationManager
from genesis.minds.message_input import NewMessage
from genesis.storage import message_pages, message_words, messages, pruning, threads, tool_calls
from genesis.storage.database import Database
from genesis.storage.message_pages import COLUMNS, KEYS, page_statement
from genesis.storage.message_words import rare_statement
from genesis.storage.statements import Statement
from sqlalchemy import text

MODULES = (message_pages, message_words, messages, pruning, threads, tool_calls)
PLAIN = [("user_email",), ("environment_id",), ("role",), ("since",), ("until",)]
PLACES: list[tuple[str, ...]] = [(), ("before",), ("after",), ("before_id",), ("after_id",)]


def filter_sets() -> Iterator[frozenset[str]]:
    """All that callers can ask for together, with a role that is rare and one that is not."""
    subsets = chain.from_iterable(combinations(PLAIN, n) for n in range(len(PLAIN) + 1))
    for subset in subsets:
        names = frozenset(chain.from_iterable(subset))
        for place in PLACES:
            yield names | frozenset(place)
            if "role" in names:
                yield names | frozenset(place) | {"rare_role"}
    yield frozenset({"no_user_email", "no_environment_id"})
    yield frozenset({"user_email", "no_environment_id"})
    yield frozenset({"no_user_email", "environment_id"})


def pages() -> list[Statement]:
    return [
        page_statement(names, newest, columns)
        for names in filter_sets()
        for newest in (True, False)
        for columns in (COLUMNS, KEYS)
    ]


def others() -> list[Statement]:
    found = [value for module in MODULES for value in vars(module).values()]
    return [value for value in found if isinstance(value, Statement)]


def plan(database: Database, statement: Statement) -> str:
    values = dict.fromkeys(re.findall(r":(\w+)", statement.text), None)
    explain = Statement(f"EXPLAIN QUERY PLAN {statement.text}")
    return "\n".join(str(row[3]) for row in database.fetch(explain, statement.bound(values)))


@pytest.fixture(params=["without statistics", "with statistics"])
def filled(request: pytest.FixtureRequest, minds: Database, gmid: str, other_gmid: str) -> Database:
    """Many messages of one mind with one user, few of others; what SQLite may count, or not."""
    start = datetime(2026, 1, 1, tzinfo=UTC)
    for mind, count in ((gmid, 4000), (other_gmid, 50)):
        ConversationManager(mind, minds).add_messages(
            NewMessage(
                "tool" if n % 50 == 0 else "user", f"word {n}",
                "anna@example.org" if n % 40 else "ben@example.org", f"place{n % 3}",
                timestamp=start + timedelta(minutes=n),
            )
            for n in range(count)
        )  # fmt: skip
    if request.param == "with statistics":
        minds.writer.write(lambda c: c.execute(text("ANALYZE")))
    return minds


def test_no_page_reads_or_sorts_more_than_it_gives(filled: Database) -> None:
    statements = pages()
    assert len(statements) > 500
    for statement in statements:
        found = plan(filled, statement)
        assert "SEARCH conversation_messages USING" in found, (statement.text, found)
        assert "SCAN" not in found, (statement.text, found)
        assert "TEMP B-TREE" not in found, (statement.text, found)


def test_no_other_statement_reads_all_messages_or_sorts_them(filled: Database) -> None:
    assert len(others()) > 20
    for statement in others():
        found = plan(filled, statement)
        assert not re.search(r"SCAN (conversation_messages|cursor|partner)\b(?! USING)", found), (
            statement.text, found,
        )  # fmt: skip
        # To feed the index sorts the lengths of a batch.
        sorts = "TEMP B-TREE FOR ORDER BY" in found
        assert sorts == (statement is message_words._END_OF_BATCH), (statement.text, found)


@pytest.mark.parametrize("name", ["_COUNT", "_TOTALS", "_LIST"])
def test_what_is_not_counted_yet_is_found_by_its_ids(filled: Database, name: str) -> None:
    found = plan(filled, getattr(threads, name))
    assert "SEARCH conversation_messages USING INTEGER PRIMARY KEY (rowid>?)" in found
    assert not re.search(r"SCAN (conversation_messages|m)\b", found), found


def test_rare_words_lead_to_their_messages_one_by_one(filled: Database) -> None:
    """Only here messages are sorted: at most RARE of them."""
    for names in filter_sets():
        first, second, *_ = plan(filled, rare_statement(names)).splitlines()
        assert first.startswith("SCAN message_words VIRTUAL TABLE INDEX")
        assert second == "SEARCH conversation_messages USING INTEGER PRIMARY KEY (rowid=?)"


@pytest.mark.parametrize(
    ("names", "index"),
    [
        (set(), "time"),
        ({"user_email"}, "user"),
        ({"environment_id"}, "environment"),
        ({"user_email", "environment_id"}, "thread"),
        ({"role", "rare_role"}, "role"),
        ({"role"}, "time"),
    ],
)
def test_each_filter_has_its_index(filled: Database, names: set[str], index: str) -> None:
    for place in PLACES:
        statement = page_statement(frozenset({*names, *place}), True, COLUMNS)
        assert f"USING INDEX ix_messages_{index} (" in plan(filled, statement)


def test_pages_are_ordered_to_the_last_message_of_an_instant() -> None:
    """SQLite's index happens to do so for a query that says less; another database need not."""
    for statement in pages():
        order = statement.text.partition("ORDER BY")[2]
        assert re.search(r"timestamp( DESC)?, conversation_messages\.id", order)
