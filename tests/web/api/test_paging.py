"""Pages put together are the whole list, whatever is written meanwhile."""

from __future__ import annotations

import threading

import pytest
from genesis.clock import utc_now
from genesis.storage.database import Database
from genesis.storage.listing import Listing
from genesis.storage.mind_tables import MindRow
from genesis.storage.minds import MindRecord, register_mind
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from tests.web.api.living import Api

NAMES = st.sampled_from(["a", "b", "c"])


def put(connection: Connection, gmid: str, name: str) -> None:
    """Write a mind."""
    now = utc_now()
    register_mind(
        connection, MindRecord(gmid, name, "", None, "", None, None, "active", now, now, "x")
    )


@given(
    ids=st.lists(st.text("0aZ~ é", min_size=1, max_size=3), unique=True, max_size=20),
    names=st.lists(NAMES, min_size=20, max_size=20), limit=st.integers(1, 7),
    newest=st.booleans(), name=st.none() | NAMES,
)  # fmt: skip
def test_the_pages_of_a_listing_are_the_list(
    database: Database, ids: list[str], names: list[str], limit: int, newest: bool,
    name: str | None,
) -> None:  # fmt: skip
    rows = dict(zip(ids, names, strict=False))

    def fill(connection: Connection) -> None:
        connection.execute(text("DELETE FROM minds"))
        for gmid, called in rows.items():
            put(connection, gmid, called)

    database.writer.write(fill)
    listing = Listing(MindRow, ["gmid", "name"], key="gmid", newest=newest)
    found, after, pages = [], None, 0
    while after is not None or pages == 0:
        page = listing.page(database, limit, after, name=name)
        assert len(page["items"]) <= limit
        found += [item["gmid"] for item in page["items"]]
        after, pages = page["next"], pages + 1
    wanted = [gmid for gmid, called in rows.items() if name in (None, called)]
    # As SQLite compares them: by their bytes.
    assert found == sorted(wanted, key=str.encode, reverse=newest)
    assert pages == max(1, -(-len(wanted) // limit))


PATHS = {
    "messages": ({"role": "user", "content": "x"}, "id"),
    "memories": ({"content": "x"}, "id"),
    "concerns": ({"content": "x", "concern_type": "health"}, "concern_id"),
    "tasks": ({"user_request": "x"}, "task_id"),
}


@pytest.mark.parametrize("what", sorted(PATHS))
def test_a_walk_finds_everything_once_while_others_write(api: Api, what: str) -> None:
    body, key = PATHS[what]
    path = f"/minds/{api.post('/minds', {'name': what})['gmid']}/{what}"
    there = {api.post(path, body)[key] for _ in range(40)}
    stop, more = threading.Event(), []

    def write() -> None:
        while not stop.is_set():
            more.append(api.post(path, body)[key])

    writer = threading.Thread(target=write)
    writer.start()
    try:
        cursor, found, place = None, [], "before" if what == "messages" else "cursor"
        while len(found) < 2000:
            asked = {} if cursor is None else {place: cursor}
            page = api.get(path, limit=3, **asked)
            found += [item[key] for item in page["items"]]
            cursor = page["next"]
            if cursor is None:
                break
            # What is listed oldest first never ends while somebody writes.
            if what == "tasks" and len(found) >= 60:
                break
    finally:
        stop.set()
        writer.join(20)
    assert len(found) == len(set(found))
    assert there <= set(found)
    assert set(found) <= there | set(more)
    assert more


def test_a_walk_over_sessions_and_events_finds_everything_once(api: Api) -> None:
    body = {"goal": "look", "team": "kit", "repository": str(api.repository)}
    there = {api.post("/sessions", body)["id"] for _ in range(7)}
    found = [one["id"] for one in api.walk("/sessions", limit=2)]
    assert len(found) == len(set(found))
    assert there <= set(found)
    assert found == sorted(found, reverse=True)
