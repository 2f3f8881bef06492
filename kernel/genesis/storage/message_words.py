"""Full-text search in messages, over the FTS5 table `message_words`.

The index holds words, not texts, and is fed in batches: feeding it with every message would cost
several times what writing the message does (storage facts, 2.2). `message_words_progress` says
how far it is; what lies behind is fed before a search.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache

from sqlalchemy import Connection, and_, bindparam, select, update

from genesis.storage.conversation_tables import MessageRow, WordIndexRow
from genesis.storage.database import Database
from genesis.storage.message_pages import (
    COLUMNS,
    KEYS,
    Filters,
    Row,
    conditions,
    fetch_page,
    listed,
    named,
)
from genesis.storage.statements import Statement, table

FEED_EVERY = 256
MOST_FED = 2_000
"""Rows fed in one transaction: some 20 ms in which nobody else writes."""
MOST_FED_CHARACTERS = 2_000_000
RARE = 20_000
"""Up to so many messages with the words are looked at one by one (some 10 ms)."""
FIRST_STRETCH, LONGEST_STRETCH = 256, 4_096
_GAP = 1_000
_MERGED_PAGES = 500

_m = table(MessageRow).c
_progress = table(WordIndexRow)
# FTS5's own syntax (MATCH on the table, commands in a column of its name) is not in Core.
_BACKLOG = Statement(
    "SELECT coalesce((SELECT max(id) FROM conversation_messages), 0), message_id "
    "FROM message_words_progress"
)
_END_OF_BATCH = Statement(
    "SELECT max(id) FROM (SELECT id, sum(size) OVER (ORDER BY id) - size AS before FROM "
    "(SELECT id, length(content) AS size FROM conversation_messages WHERE id > "
    "(SELECT message_id FROM message_words_progress) AND id <= :until ORDER BY id LIMIT :most)) "
    "WHERE before < :most_characters"
)
_FEED = Statement(
    "INSERT INTO message_words (rowid, content) SELECT id, content FROM conversation_messages "
    "WHERE id > (SELECT message_id FROM message_words_progress) AND id <= :until"
)
_MOVE = Statement(update(_progress).values(message_id=bindparam("until")))
_FORGET = Statement(
    "INSERT INTO message_words (message_words, rowid, content) SELECT 'delete', id, content "
    "FROM conversation_messages WHERE id IN (SELECT value FROM json_each(:ids)) "
    "AND mind_gmid = :mind "
    # To delete words that were never fed would damage the index.
    "AND id <= (SELECT message_id FROM message_words_progress)"
)
_MERGE = Statement("INSERT INTO message_words (message_words, rank) VALUES ('merge', :pages)")
_CHANGES = Statement("SELECT total_changes()")
_COUNT = Statement(
    "SELECT count(*) FROM (SELECT rowid FROM message_words WHERE message_words MATCH :words "
    "LIMIT :most)"
)
_AMONG = Statement(
    "SELECT rowid FROM message_words WHERE message_words MATCH :words "
    "AND rowid BETWEEN :first AND :last"
)
_GET = Statement(select(*(_m[name] for name in COLUMNS)).where(_m.id.in_(listed("ids"))))


@cache
def rare_statement(filters: frozenset[str]) -> Statement:
    """From the words to the messages, which CROSS JOIN makes SQLite do in this order."""
    columns = ", ".join(f"conversation_messages.{name}" for name in COLUMNS)
    return Statement(
        f"SELECT {columns} FROM message_words CROSS JOIN conversation_messages "  # noqa: S608 - from Core
        "ON conversation_messages.id = message_words.rowid WHERE message_words MATCH :words "
        f"AND {Statement(and_(*conditions(filters))).text} ORDER BY "
        "conversation_messages.timestamp DESC, conversation_messages.id DESC LIMIT :limit"
    )


def feed_words(connection: Connection, until: int) -> None:
    """Feed a batch of the messages up to an id, in the caller's transaction."""
    bounds = {"until": until, "most": MOST_FED, "most_characters": MOST_FED_CHARACTERS}
    ((end,),) = _END_OF_BATCH.run(connection, bounds).fetchall()
    if end is not None:
        _FEED.run(connection, {"until": end})
        _MOVE.run(connection, {"until": end})


def forget_words(connection: Connection, mind: str, ids: str) -> None:
    """Take messages out of the index, before they are deleted. `ids` is a JSON list."""
    _FORGET.run(connection, {"mind": mind, "ids": ids})


def forget_for_good(database: Database) -> None:
    """Rewrite the index without what was forgotten, which until then is only marked as gone.

    In steps (FTS5's `merge`: negative to begin, then until it changes nothing), so that others
    write in between.
    """

    def merge(connection: Connection, pages: int) -> int:
        def changes() -> int:
            return int(_CHANGES.run(connection, {}).fetchall()[0][0])

        before = changes()
        _MERGE.run(connection, {"pages": pages})
        return changes() - before

    changed = database.writer.write(lambda c: merge(c, -_MERGED_PAGES))
    while changed >= 2:  # one change is that of the command itself
        changed = database.writer.write(lambda c: merge(c, _MERGED_PAGES))


def feed_backlog(database: Database) -> None:
    """Feed what is not in the index yet."""
    ((newest, fed),) = database.fetch(_BACKLOG, {})
    while fed < newest:  # type: ignore[operator]  # both are numbers
        database.writer.write(lambda c, until=int(newest): feed_words(c, until))  # type: ignore[misc, arg-type]
        before, ((newest, fed),) = fed, database.fetch(_BACKLOG, {})
        if fed == before:
            return


def quote_words(text: str) -> str:
    """A person's words as an FTS5 query that finds what holds all of them; empty without words.

    Each is quoted, so nothing in them is syntax; what cannot be in a message is left out.
    """
    storable = text.replace("\0", " ").encode("utf-8", "replace").decode()
    words = dict.fromkeys(storable.replace('"', " ").split())
    return " ".join(f'"{word}"' for word in words)


def search(database: Database, mind: str, query: str, filters: Filters, limit: int) -> list[Row]:
    """The newest messages with all words of the query that pass the filters, newest first.

    Rare words lead to their messages. Of words that are everywhere only the newest messages
    matter, so there it goes from the messages to the words; both cost little at any size.
    """
    words = quote_words(query)
    if not words or limit == 0:
        return []
    feed_backlog(database)
    ((found,),) = database.fetch(_COUNT, {"words": words, "most": RARE + 1})
    if int(found) <= RARE:  # type: ignore[arg-type]  # a count
        values = {**filters, "mind": mind, "words": words, "limit": limit}
        return database.fetch(rare_statement(named(filters)), values)
    ids: list[int] = []
    for stretch in _stretches(database, mind, filters):
        having = _having(database, words, stretch)
        ids += [number for number in stretch if number in having]
        if len(ids) >= limit:
            break
    rows = {row[0]: row for row in database.fetch(_GET, {"ids": json.dumps(ids[:limit])})}
    return [rows[number] for number in ids[:limit] if number in rows]


def _stretches(database: Database, mind: str, filters: Filters) -> Iterator[list[int]]:
    """The ids of the messages that pass the filters, newest first, in stretches that grow."""
    left, length = dict(filters), FIRST_STRETCH
    while rows := fetch_page(database, mind, left, length, newest=True, columns=KEYS):
        yield [int(row[0]) for row in reversed(rows)]  # type: ignore[arg-type]  # ids
        # The place says all that `until` did; with both, SQLite might follow the wrong one.
        left.pop("until", None)
        left |= {"before_id": rows[0][0], "before_time": rows[0][1]}  # type: ignore[dict-item]
        length = min(2 * length, LONGEST_STRETCH)


def _having(database: Database, words: str, ids: list[int]) -> set[int]:
    """Which messages hold the words. Ids that lie together are asked for together."""
    found: set[int] = set()
    ordered = sorted(ids)
    first = ordered[0]
    for number, following in zip(ordered, [*ordered[1:], None], strict=True):
        if following is None or following - number > _GAP:
            values = {"words": words, "first": first, "last": number}
            found.update(int(row[0]) for row in database.fetch(_AMONG, values))  # type: ignore[arg-type]
            first = following or 0
    return found
