"""Read the event log into the ledger.

The log is the truth, a delivery only a wake-up: events are pulled after the checkpoint, in the
order of their ids, and what they earn is written together with the new checkpoint. So whatever
happens to deliveries, one log gives one ledger. Python runs outside of the transaction, which
begins with a compare-and-swap of the version: whoever finds it changed reads again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from genesis import PluginContext
from genesis.contracts.events import Event
from genesis.errors import StorageError
from sqlalchemy import Connection

from genesis_gamification import ledger, terms
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
from genesis_gamification.folding import Fold
from genesis_gamification.metrics import AgentRecord
from genesis_gamification.rulesets import Check, Ruleset
from genesis_gamification.settings import GamificationSettings

T = TypeVar("T")
BATCH = 1000
_MOST_SESSIONS = 10_000
_MOST_RACES = 1000
Context = PluginContext[GamificationSettings]


@dataclass(slots=True)
class Known:
    """What is in memory of the database at one version; forgotten whenever a write fails."""

    checkpoint: int
    version: int
    terms: Terms
    records: dict[str, AgentRecord] = field(default_factory=dict)
    sessions: dict[str, Session] = field(default_factory=dict)
    paid: dict[tuple[str, str, str], int] = field(default_factory=dict)


class Batch:
    """Candidates on their way into the ledger; what it has already is left out."""

    def __init__(self, connection: Connection, known: Known, wanted: Sequence[Candidate]) -> None:
        """Reads what posting needs to know."""
        self.existing = ledger.known_keys(connection, [each.key for each in wanted])
        agents = {each.agent_id for each in wanted} - known.records.keys()
        if agents:
            known.records.update(ledger.read_records(connection, agents))
        for each in wanted:
            if each.daily_cap is not None and _capped(each) not in known.paid:
                known.paid[_capped(each)] = ledger.count_paid(connection, each)
        self._known = known
        self._wanted = wanted

    def post(self) -> Fold:
        """Fold what is new into the records."""
        known, seen = self._known, set(self.existing)
        fold = Fold(known.terms.ruleset, known.records)
        for each in self._wanted:
            if each.key in seen:
                continue
            if each.daily_cap is not None and known.paid[_capped(each)] >= each.daily_cap:
                continue
            # What `adopt` brings has no cap, and counts for it.
            if each.reverses_id is None and _capped(each) in known.paid:
                known.paid[_capped(each)] += 1
            seen.add(each.key)
            fold.post(each)
        return fold


class Engine:
    """Everything that is written to the ledger goes through here. Thread-safe, and any number of
    processes may do it at once."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._lock = threading.RLock()
        self._known: Known | None = None
        self.checks: dict[str, Check] = {}
        self._checkpoint = 0

    def adopt(self, live: Ruleset, *, is_broken: bool) -> bool:
        """Make a ruleset, and the settings' zone, those in force after the checkpoint, where they
        differ from what is. One that is broken counts only when there is no other. Gives whether
        the levels became others, so that those of agents have to be written anew."""
        settings = self._context.settings
        self.checks = live.checks()

        def write(known: Known) -> bool:
            before = known.terms.ruleset
            with self._context.read() as connection:
                news = terms.changes(connection, live, is_broken, settings.zone, settings.day_start)

            def operation(connection: Connection) -> None:
                ledger.claim(connection, known.version, known.checkpoint)
                for change in news:
                    change(connection, known.checkpoint)

            if news:
                self._context.write(operation)
            # The code of rules, which the database does not keep, may be another too.
            self._known = None
            return not is_broken and before is not terms.EMPTY and before.levels != live.levels

        with self._lock:
            self._known = None
            return self._racing(write)

    def pull(self, until: int | None = None, seconds: float = 5.0) -> int:
        """Take events up to an id, or all; gives the checkpoint. Returns earlier after so many
        seconds of work, with at least one batch taken."""
        if until is not None and until <= self._checkpoint:
            return self._checkpoint
        deadline = time.monotonic() + seconds

        def take(known: Known) -> bool:
            if until is not None and known.checkpoint >= until:
                return False
            events = readable(self._context.events_after(known.checkpoint, BATCH))
            if events:
                self._take(known, events)
            return len(events) == BATCH

        while self._racing(take) and time.monotonic() < deadline:
            pass
        return self._checkpoint

    def post(
        self,
        make: Callable[[Connection, Known], Sequence[Candidate]],
        alongside: Callable[[Connection], None] = lambda _: None,
    ) -> tuple[Fold, dict[str, int]]:
        """Write candidates that no event brings now; gives what was written, and the ids of the
        rows that the ledger had already. `alongside` is run in the transaction."""

        def write(known: Known) -> tuple[Fold, dict[str, int]]:
            with self._context.read() as connection:
                batch = Batch(connection, known, make(connection, known))
            fold = batch.post()
            self._write(known, fold, known.checkpoint, alongside)
            return fold, batch.existing

        return self._racing(write)

    def exclusively(self, prepare: Callable[[Connection], Callable[[Connection], None]]) -> None:
        """Read the ledger, and run the operation that comes of it before anything is added."""

        def write(known: Known) -> None:
            with self._context.read() as connection:
                operation = prepare(connection)

            def claimed(connection: Connection) -> None:
                ledger.claim(connection, known.version, known.checkpoint)
                operation(connection)

            self._context.write(claimed)
            # The records in memory are those of before.
            self._known = None

        self._racing(write)

    def hears(self, kind: str) -> bool:
        """Whether a rule wants events of a type: nothing has to be read for others."""
        known = self._known
        return known is None or kind in known.terms.rules

    def terms(self) -> Terms:
        """What is in force now."""
        return self._racing(lambda known: known.terms)

    def _take(self, known: Known, events: Sequence[Event]) -> None:
        wanted: list[Candidate] = []
        faults: list[Fault] = []
        with self._context.read() as connection:
            named = ledger.sessions_named(events)
            if len(known.sessions) > _MOST_SESSIONS:
                known.sessions.clear()
            known.sessions.update(ledger.read_sessions(connection, named - known.sessions.keys()))
            changed = self._read(known, events, wanted, faults)
            fold = Batch(connection, known, wanted).post()

        def alongside(connection: Connection) -> None:
            ledger.write_sessions(connection, changed)
            ledger.write_faults(connection, faults)

        self._write(known, fold, events[-1].id, alongside)
        for fault in faults:
            self._context.logger.warning(
                "the rule %s failed on event %d and is replayed when it no longer does: %s",
                fault.rule_id, fault.event_id, fault.error,
            )  # fmt: skip

    def _read(
        self, known: Known, events: Sequence[Event], wanted: list[Candidate], faults: list[Fault]
    ) -> dict[str, Session]:
        """Gather what events earn; gives the sessions of which they told something new."""
        changed: dict[str, Session] = {}
        in_force, sessions = known.terms, known.sessions
        for event in events:
            rules = in_force.rules.get(event.type)
            name = session_of(event)
            if note(event, in_force, sessions) and name is not None:
                changed[name] = sessions[name]
            if rules:
                session = None if name is None else sessions.get(name)
                found, failed = candidates(event, in_force, rules, session)
                wanted += found
                faults += failed
        return changed

    def _write(
        self, known: Known, fold: Fold, checkpoint: int, alongside: Callable[[Connection], None]
    ) -> None:
        def operation(connection: Connection) -> None:
            ledger.claim(connection, known.version, checkpoint)
            ledger.write_fold(connection, fold, known.records, known.terms.ruleset)
            alongside(connection)

        try:
            self._context.write(operation)
        except StorageError as error:
            if "dedup_key" not in str(error):
                raise
            raise StorageError(
                "What is projected from the ledger does not fit it: it has a row already that "
                f"should come now ({error.__cause__}). `genesis gamification verify` shows where, "
                "and `verify --fix` writes the projections anew."
            ) from error
        known.version += 1
        known.checkpoint = self._checkpoint = checkpoint

    def _racing(self, work: Callable[[Known], T]) -> T:
        """Do some work on what is known, again when another process was faster."""
        with self._lock:
            for _ in range(_MOST_RACES):
                try:
                    if self._known is None:
                        self._known = self._look()
                    return work(self._known)
                except ledger.RacedError:
                    self._known = None
                except BaseException:
                    # Perhaps the records have what was never written.
                    self._known = None
                    raise
        raise StorageError("The ledger is written to by others all the time; try again later.")

    def _look(self) -> Known:
        with self._context.read() as connection:
            checkpoint, version = ledger.read_state(connection)
            self._checkpoint = checkpoint
            return Known(checkpoint, version, terms.in_force(connection, checkpoint, self.checks))


def _capped(candidate: Candidate) -> tuple[str, str, str]:
    return candidate.rule_id, candidate.agent_id, candidate.local_day
