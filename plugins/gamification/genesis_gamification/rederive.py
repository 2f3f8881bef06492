"""What the rules in force today give over the whole log, beside what the ledger has.

Levels and achievements are no part of the comparison: they were earned live, follow from what
`adopt` adds, and are never taken back. Nor are facts: what was counted stays counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from genesis.contracts.events import Event
from sqlalchemy import Connection

from genesis_gamification import ledger
from genesis_gamification.awarding import (
    Candidate,
    Compiled,
    Session,
    Terms,
    candidates,
    note,
    readable,
    session_of,
)
from genesis_gamification.ingest import BATCH, Context, Engine, Known
from genesis_gamification.terms import Course, now

# Of rows that events brought: the id, and what is left of the amount after corrections.
_PAID = (
    "SELECT x.id, x.dedup_key, x.amount + coalesce((SELECT sum(r.amount) FROM xp_transactions r "
    "WHERE r.reverses_id = x.id), 0) FROM xp_transactions x "
    "WHERE x.dedup_key IN (SELECT value FROM json_each(?))"
)
_FROM_RULES = (
    "SELECT x.id, x.amount + coalesce((SELECT sum(r.amount) FROM xp_transactions r "
    "WHERE r.reverses_id = x.id), 0) FROM xp_transactions x WHERE x.id > ? "
    "AND x.event_id IS NOT NULL AND x.reverses_id IS NULL "
    "AND x.rule_id NOT IN ('level-up', 'achievement') ORDER BY x.id LIMIT 5000"
)
_ROW = (
    "SELECT agent_id, source_type, source_id, created_at, rule_id, rule_version, local_day, "
    "dedup_key, event_id, (SELECT count(*) FROM xp_transactions r WHERE r.reverses_id = x.id) "
    "FROM xp_transactions x WHERE id = ?"
)


@dataclass(frozen=True)
class Change:
    """One thing that today's rules pay differently: `paid` is what the ledger gave for it, 0 for
    nothing; `row` its id there, None when there is none."""

    agent_id: str
    rule_id: str
    key: str
    paid: int
    due: int
    row: int | None = None
    new: Candidate | None = field(default=None, repr=False)


def rederive(engine: Engine, context: Context) -> list[Change]:
    """What would change, in the order of the log, then of the ledger. Nothing is changed."""
    with context.read() as connection:
        checkpoint, _ = ledger.read_state(connection)
        return list(_changes(connection, context, engine.terms(), checkpoint))


def adopt(engine: Engine, context: Context, actor: str) -> list[Change]:
    """Write what `rederive` finds as new rows: what was not paid, and corrections of what was.
    Gives the changes that were written."""
    written: list[Change] = []

    def make(connection: Connection, known: Known) -> list[Candidate]:
        written[:] = _changes(connection, context, known.terms, known.checkpoint)
        moment = now()
        return [
            change.new._replace(actor=actor, daily_cap=None)
            if change.new is not None
            else _correction(connection, change, moment, actor)
            for change in written
        ]

    engine.post(make)
    return written


def _correction(connection: Connection, change: Change, moment: str, actor: str) -> Candidate:
    """The row that makes what was paid what is due. It counts for the day of the row that it
    corrects."""
    ((agent, kind, source, _, rule, version, day, _, event, number),) = ledger.query(
        connection, _ROW, [change.row]
    )
    amount = change.due - change.paid
    return Candidate(
        agent, amount, f"Correction of transaction {change.row}",
        "penalty" if amount < 0 else kind, source, moment, rule, version, day,
        f"correction:{change.row}:{number + 1}", event, {}, None, change.row, actor,
    )  # fmt: skip


class _Derivation:
    """What the rules give, read batch by batch; the rows of the ledger that it met."""

    def __init__(self, connection: Connection, terms: Terms) -> None:
        self._connection = connection
        # Days that were counted keep the zone that they were counted in.
        self._course = Course(connection, terms)
        self._sessions: dict[str, Session] = {}
        self._paid_on_day: dict[tuple[str, str, str], int] = {}
        self._new: set[str] = set()
        ((most,),) = ledger.query(connection, "SELECT coalesce(max(id), 0) FROM xp_transactions")
        self.met = bytearray(most + 1)

    def changes(self, events: Sequence[Event]) -> Iterator[Change]:
        """What the ledger has not, or with another amount."""
        wanted = [each for event in events for each in self._candidates(event)]
        keys = ledger.as_json([each.key for each in wanted])
        rows = ledger.query(self._connection, _PAID, [keys])
        paid = {key: (number, amount) for number, key, amount in rows}
        for each in wanted:
            number, amount = paid.get(each.key, (None, 0))
            if self._is_done(each, number) or not self._is_within_cap(each):
                continue
            if number is None:
                self._new.add(each.key)
                yield Change(each.agent_id, each.rule_id, each.key, 0, each.amount, new=each)
                continue
            self.met[number] = 1
            if amount != each.amount:
                yield Change(each.agent_id, each.rule_id, each.key, amount, each.amount, number)

    def _is_done(self, each: Candidate, number: int | None) -> bool:
        return each.key in self._new if number is None else bool(self.met[number])

    def _is_within_cap(self, each: Candidate) -> bool:
        if each.daily_cap is None:
            return True
        day = each.rule_id, each.agent_id, each.local_day
        before = self._paid_on_day.get(day, 0)
        self._paid_on_day[day] = before + 1
        return before < each.daily_cap

    def _candidates(self, event: Event) -> list[Candidate]:
        terms = self._course.at(event.id)
        note(event, terms, self._sessions)
        rules: Sequence[Compiled] = terms.rules.get(event.type, ())
        if not rules:
            return []
        session = self._sessions.get(session_of(event) or "")
        found, faults = candidates(event, terms, rules, session)
        if faults:
            failed = {fault.rule_id for fault in faults}
            self._spare(event, terms, [one for one in rules if one.rule.id in failed], session)
        return found

    def _spare(
        self, event: Event, terms: Terms, failed: Sequence[Compiled], session: Session | None
    ) -> None:
        """What a rule paid stays paid where its code cannot say now what is due."""
        plain = [one._replace(rule=one.rule.model_copy(update={"check": None})) for one in failed]
        keys = [each.key for each in candidates(event, terms, plain, session)[0]]
        for number in ledger.known_keys(self._connection, keys).values():
            self.met[number] = 1


def _changes(
    connection: Connection, context: Context, terms: Terms, checkpoint: int
) -> Iterator[Change]:
    derivation = _Derivation(connection, terms)
    last = 0
    while last < checkpoint:
        events = [e for e in readable(context.events_after(last, BATCH)) if e.id <= checkpoint]
        if not events:
            break
        yield from derivation.changes(events)
        last = events[-1].id
    yield from _no_longer_due(connection, derivation.met)


def _no_longer_due(connection: Connection, met: bytearray) -> Iterator[Change]:
    """Rows that events brought and that no rule of today gives, with what is left of them."""
    last = 0
    while rows := ledger.query(connection, _FROM_RULES, [last]):
        for number, amount in rows:
            if amount and not (number < len(met) and met[number]):
                ((agent, _, _, _, rule, _, _, key, _, _),) = ledger.query(
                    connection, _ROW, [number]
                )
                yield Change(agent, rule, key, amount, 0, number)
        last = rows[-1][0]
