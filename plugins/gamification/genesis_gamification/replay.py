"""Replay events on which the code of a rule failed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from genesis_gamification import ledger
from genesis_gamification.awarding import (
    Candidate,
    Fault,
    Session,
    Terms,
    candidates,
    note,
    readable,
    session_of,
)
from genesis_gamification.ingest import Context, Engine, Known

_AT_MOST = 1000
_FAULTS = (
    "SELECT event_id, rule_id FROM gamification_faults WHERE (event_id, rule_id) > (?, ?) "
    "ORDER BY event_id, rule_id LIMIT ?"
)
_FINISHED = "SELECT id FROM events WHERE session_id = ? AND type = 'task.finished' ORDER BY id"
_DONE = "DELETE FROM gamification_faults WHERE event_id = ? AND rule_id = ?"


class Replayed(NamedTuple):
    """How many faults were settled, and how many wait for a correction of their rule."""

    settled: int
    waiting: int


def replay(engine: Engine, context: Context) -> Replayed:
    """Apply rules to the events on which they failed, where they no longer do."""
    settled = waiting = 0
    last = (0, "")
    while True:
        with context.read() as connection:
            faults = ledger.query(connection, _FAULTS, [*last, _AT_MOST])
        if not faults:
            return Replayed(settled, waiting)
        done, still = _replay(engine, context, faults)
        settled, waiting, last = settled + done, waiting + still, faults[-1]


def _replay(engine: Engine, context: Context, faults: Sequence[ledger.Found]) -> tuple[int, int]:
    done: list[tuple[int, str]] = []
    failed: list[Fault] = []

    def make(connection: Connection, known: Known) -> list[Candidate]:
        done.clear()
        failed.clear()
        found: list[Candidate] = []
        for event_id, rule_id in faults:
            news = _again(connection, known, context, event_id, rule_id)
            if news is None:
                continue
            found += news[0]
            failed.extend(news[1])
            if not news[1]:
                done.append((event_id, rule_id))
        return found

    def alongside(connection: Connection) -> None:
        ledger.run_many(connection, _DONE, done)
        ledger.write_faults(connection, failed)

    engine.post(make, alongside)
    return len(done), len(faults) - len(done)


def _again(
    connection: Connection, known: Known, context: Context, event_id: int, rule_id: str
) -> tuple[list[Candidate], list[Fault]] | None:
    """What one rule gives for one event; None when there is no such rule any more, which then
    waits until it is back."""
    events = readable(context.events_after(event_id - 1, 1))
    if not events or events[0].id != event_id:
        return None
    (event,) = events
    rules = [each for each in known.terms.rules.get(event.type, ()) if each.rule.id == rule_id]
    if not rules:
        return None
    terms = known.terms
    if dated := ledger.zone_at(connection, event_id):
        terms = replace(terms, zone=ZoneInfo(dated[0]), day_start=dated[1])
    name = session_of(event)
    session = None if name is None else _session_at(connection, context, terms, name, event_id)
    return candidates(event, terms, rules, session)


def _session_at(
    connection: Connection, context: Context, terms: Terms, name: str, event_id: int
) -> Session | None:
    """What was known of a session after an event, without what has happened in it since."""
    sessions = ledger.read_sessions(connection, [name])
    finished = [number for (number,) in ledger.query(connection, _FINISHED, [name])]
    if name in sessions and finished and finished[-1] > event_id:
        sessions[name].agents.clear()
        for number in finished:
            if number <= event_id:
                note(readable(context.events_after(number - 1, 1))[0], terms, sessions)
    return sessions.get(name)
