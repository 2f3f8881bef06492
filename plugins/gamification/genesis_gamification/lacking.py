"""What the log gave by the rules that were in force, and the ledger has not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from genesis.contracts.events import Event
from sqlalchemy import Connection

from genesis_gamification import ledger
from genesis_gamification.awarding import (
    Candidate,
    Session,
    candidates,
    note,
    readable,
    session_of,
)
from genesis_gamification.ingest import BATCH, Context
from genesis_gamification.terms import Course


@dataclass
class Followed:
    """What following the log up to the checkpoint gives: the sessions that it tells of, and the
    keys of rows that the ledger should have and has not."""

    sessions: dict[str, Session] = field(default_factory=dict)
    lacking: list[str] = field(default_factory=list)


def follow(connection: Connection, context: Context) -> Followed:
    """Read the log again up to the checkpoint. Rules with code are left out: what it said at the
    time cannot be known."""
    followed = Followed()
    course = Course(connection)
    checkpoint, _ = ledger.read_state(connection)
    last = 0
    while last < checkpoint:
        read = readable(context.events_after(last, BATCH))
        events = [event for event in read if event.id <= checkpoint]
        if not events:
            break
        wanted = _wanted(events, course, followed.sessions)
        known = ledger.known_keys(connection, wanted)
        followed.lacking += [
            each.key
            for each in wanted.values()
            if each.key not in known and not _is_capped(connection, each)
        ]
        last = events[-1].id
    return followed


def _wanted(
    events: Sequence[Event], course: Course, sessions: dict[str, Session]
) -> dict[str, Candidate]:
    found: dict[str, Candidate] = {}
    for event in events:
        terms = course.at(event.id)
        note(event, terms, sessions)
        if rules := terms.rules.get(event.type):
            session = sessions.get(session_of(event) or "")
            for each in candidates(event, terms, rules, session)[0]:
                found.setdefault(each.key, each)
    return found


def _is_capped(connection: Connection, each: Candidate) -> bool:
    """Whether its rule had paid as often on that day as it may: what was paid is never less."""
    return each.daily_cap is not None and ledger.count_paid(connection, each) >= each.daily_cap
