"""From an event to what it may earn. Pure: it reads neither the database nor the clock."""

from __future__ import annotations

import json
import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import time
from typing import Any, NamedTuple, TypeGuard
from zoneinfo import ZoneInfo

from genesis.contracts.events import Event
from pydantic import JsonValue

from genesis_gamification.days import is_night, local_day
from genesis_gamification.records import Rule
from genesis_gamification.rulesets import Ruleset

Value = str | int | float | bool
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt,
    "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
_COUNTED = ("completed", "failed")
_MOST_ERROR = 500
_MOST_NAME = 200
_MOST_NUMBER = 1e15


class Candidate(NamedTuple):
    """A row that the ledger gets unless it has the `key`. `daily_cap` is that of its rule."""

    agent_id: str
    amount: int
    reason: str
    source_type: str
    source_id: str
    created_at: str
    rule_id: str
    rule_version: int
    local_day: str
    key: str
    event_id: int | None
    facts: Mapping[str, JsonValue]
    daily_cap: int | None = None
    reverses_id: int | None = None
    actor: str = ""


class Fault(NamedTuple):
    """A rule whose code raised on an event."""

    event_id: int
    rule_id: str
    error: str
    recorded_at: str


@dataclass(slots=True)
class Session:
    """What is known of a session: the day that it counts for, and by agent how many tasks
    finished and how many of them failed."""

    started_at: str
    local_day: str
    agents: dict[str, list[int]]

    def to_json(self) -> str:
        """The agents as text."""
        return json.dumps(self.agents, separators=(",", ":"), sort_keys=True)


class Compiled(NamedTuple):
    """A rule as it is applied: its key's beginning, and its conditions with their functions."""

    rule: Rule
    prefix: str
    tests: tuple[tuple[str, Callable[[Any, Any], bool], Value], ...]


Rules = Mapping[str, Sequence[Compiled]]


@dataclass(frozen=True)
class Terms:
    """The ruleset in force, by type of event too, and what a day is."""

    ruleset: Ruleset
    rules: Rules
    zone: ZoneInfo
    day_start: time


def compile_rules(ruleset: Ruleset) -> dict[str, list[Compiled]]:
    """The rules of a ruleset by the type of event that they are for, in their order."""
    by_type: dict[str, list[Compiled]] = {}
    for pack, rule in ruleset.rules:
        tests = tuple((each.field, _COMPARE[each.op], each.value) for each in rule.when)
        compiled = Compiled(rule, f"{pack}:{rule.id}:", tests)
        by_type.setdefault(rule.event, []).append(compiled)
    return by_type


def readable(events: Sequence[Event]) -> Sequence[Event]:
    """Events whose payloads are objects: a plugin that wrote something else told nothing."""
    if all(isinstance(event.payload, dict) for event in events):
        return events
    return [
        event if isinstance(event.payload, dict) else event.model_copy(update={"payload": {}})
        for event in events
    ]


def session_of(event: Event) -> str | None:
    """The session that an event tells of."""
    named = event.session_id or event.payload.get("session_id")
    return named if _is_name(named) else None


def note(event: Event, terms: Terms, sessions: dict[str, Session]) -> bool:
    """Add an event to what is known of its session; whether that changed something."""
    session_id = session_of(event)
    if session_id is None or event.type not in ("session.started", "task.finished"):
        return False
    session = sessions.get(session_id)
    is_new = session is None
    if session is None:
        day = local_day(event.created_at, terms.zone, terms.day_start)
        session = sessions[session_id] = Session(event.created_at, day, {})
    status, agent = event.payload.get("status"), event.payload.get("specialist")
    if event.type == "task.finished" and status in _COUNTED and _is_name(agent):
        counts = session.agents.setdefault(agent, [0, 0])
        counts[0] += 1
        counts[1] += status == "failed"
        return True
    return is_new


def candidates(
    event: Event, terms: Terms, rules: Sequence[Compiled], session: Session | None
) -> tuple[list[Candidate], list[Fault]]:
    """What an event earns by some rules, in their order, and which of them raised.

    `session` is what is known after the event. Work counts for the day on which its session
    began, everything else for the day on which it happened.
    """
    found: list[Candidate] = []
    faults: list[Fault] = []
    fields = _fields(event, terms, session)
    day = ""
    for compiled in rules:
        rule = compiled.rule
        if not _holds(compiled, fields):
            continue
        try:
            if rule.check is not None and not rule.check(event):
                continue
        except (Exception, SystemExit) as error:  # noqa: BLE001 - code of a third party
            faults.append(Fault(event.id, rule.id, _described(error), event.created_at))
            continue
        day = day or _day(event, terms, session)
        facts = _facts(rule, fields)
        for agent in _agents(rule, event, session):
            scope = _scope(rule, event, day)
            found.append(
                Candidate(
                    agent, rule.amount, rule.reason, rule.source_type, event.subject,
                    event.created_at, rule.id, rule.version, day,
                    f"{compiled.prefix}{_in_key(agent)}:{scope}", event.id, facts,
                    rule.daily_cap,
                )
            )  # fmt: skip
    return found, faults


def _fields(event: Event, terms: Terms, session: Session | None) -> Mapping[str, JsonValue]:
    """What conditions and facts may name: the payload, and for a session that ended who took
    part, how many of its tasks failed, and whether it is night; for a lesson that was used again
    whether by its owner."""
    if event.type == "lesson.reused":
        payload = event.payload
        return {**payload, "by_owner": payload.get("by") == payload.get("agent_id")}
    if event.type != "session.finished":
        return event.payload
    agents = {} if session is None else session.agents
    return {
        **event.payload,
        "agents": len(agents),
        "failed": sum(failed for _, failed in agents.values()),
        "night": is_night(event.created_at, terms.zone),
    }


def _holds(compiled: Compiled, fields: Mapping[str, JsonValue]) -> bool:
    try:
        return all(
            field in fields
            and compare(fields[field], value)
            # To Python, True is 1.
            and isinstance(fields[field], bool) is isinstance(value, bool)
            for field, compare, value in compiled.tests
        )
    except TypeError:  # such as a text that should be less than a number
        return False


def _day(event: Event, terms: Terms, session: Session | None) -> str:
    if session is not None and event.type.startswith(("task.", "session.")):
        return session.local_day
    return local_day(event.created_at, terms.zone, terms.day_start)


def _scope(rule: Rule, event: Event, day: str) -> str:
    if rule.scope == "day":
        return day
    if rule.scope == "event":
        return str(event.id)
    scope = (session_of(event) if rule.scope == "session" else None) or event.subject
    # SQLite's JSON ends a text there, so the key would not be found again.
    return repr(scope) if "\0" in scope else scope


def _agents(rule: Rule, event: Event, session: Session | None) -> Iterable[str]:
    named = event.payload.get("specialist" if rule.who == "specialist" else "agent_id")
    if _is_name(named):
        return (named,)
    several = event.payload.get("agents")
    if rule.who != "specialist" and isinstance(several, list):
        return sorted({one for one in several if _is_name(one)})
    if rule.who == "participants" and session is not None:
        return sorted(session.agents)
    return ()


def _facts(rule: Rule, fields: Mapping[str, JsonValue]) -> Mapping[str, JsonValue]:
    if rule.counts is None:
        return {}
    names = {
        "task": ("status", "duration_seconds", "cost_usd"),
        "session": ("agents", "failed", "night"),
        "experiment": ("decision",),
    }.get(rule.counts, ())
    facts: dict[str, JsonValue] = {"kind": rule.counts}
    facts.update((name, fields[name]) for name in names if _is_fact(name, fields.get(name)))
    return facts


def _is_name(value: object) -> TypeGuard[str]:
    """Whether a value of a payload can be the id of an agent or a session."""
    return isinstance(value, str) and 0 < len(value) <= _MOST_NAME and value.isprintable()


def _is_fact(name: str, value: JsonValue) -> bool:
    """Whether a value of a payload is worth remembering: amounts are numbers of this world."""
    if name not in ("duration_seconds", "cost_usd"):
        return value is not None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return 0 <= value <= _MOST_NUMBER


def _in_key(agent: str) -> str:
    """An agent as a part of a key, in which a colon ends it."""
    return agent.replace("%", "%25").replace(":", "%3A")


def _described(error: BaseException) -> str:
    """An error of somebody's code as text that can be stored, whatever it is."""
    try:
        told = f"{type(error).__name__}: {error}"
    except Exception:  # noqa: BLE001 - its own description fails
        told = type(error).__name__
    return told[:_MOST_ERROR].encode(errors="replace").decode()
