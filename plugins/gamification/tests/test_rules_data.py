"""The packs of rules: what they pay, to whom, and once for what."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import time
from typing import get_args
from zoneinfo import ZoneInfo

import pytest
from genesis.contracts.events import Event
from genesis_gamification.awarding import Session, Terms, candidates, compile_rules, note
from genesis_gamification.levels import load_levels
from genesis_gamification.records import Counts, Rule
from genesis_gamification.rule_files import load_pack
from genesis_gamification.rulesets import Ruleset
from genesis_gamification.streaks import StreakRules
from pydantic import JsonValue

BASE = {rule.id: rule for rule in load_pack("base")}
PENALTIES = {rule.id: rule for rule in load_pack("penalties")}


def conditions(rule: Rule) -> list[tuple[str, str, object]]:
    return [(one.field, one.op, one.value) for one in rule.when]


@pytest.mark.parametrize(
    ("name", "event", "amount", "scope", "who"),
    [
        ("task-completed", "task.finished", 10, "task", "specialist"),
        ("quick-completion", "task.finished", 15, "task", "specialist"),
        ("first-task-of-day", "task.finished", 5, "day", "specialist"),
        ("session-completed", "session.finished", 25, "session", "participants"),
        ("perfect-session", "session.finished", 75, "session", "participants"),
        ("pr-merged", "pull_request.merged", 50, "subject", "participants"),
        ("praise", "praise.given", 100, "event", "participants"),
    ],
)
def test_the_base_pack_pays_what_the_specification_says(
    name: str, event: str, amount: int, scope: str, who: str
) -> None:
    rule = BASE[name]
    assert (rule.event, rule.amount, rule.scope, rule.who) == (event, amount, scope, who)


def test_everything_else_in_the_base_pack_only_writes_down_a_fact() -> None:
    facts = {rule.id for rule in BASE.values() if rule.amount == 0}
    assert facts == {
        "task-failed", "lesson-reused", "automation-approved", "experiment-doubled-down",
    }  # fmt: skip
    assert all(BASE[name].counts for name in facts)
    assert sum(rule.amount for rule in BASE.values()) == 10 + 15 + 5 + 25 + 75 + 50 + 100


def test_every_fact_that_metrics_count_has_one_rule_for_one_event() -> None:
    counted = [rule.counts for rule in BASE.values() if rule.counts]
    assert set(counted) == set(get_args(Counts))
    # Completed or failed: never both of one event.
    assert sorted(counted) == sorted([*get_args(Counts), "task"])
    assert conditions(BASE["task-failed"]) == [("status", "==", "failed")]
    assert conditions(BASE["task-completed"]) == [("status", "==", "completed")]


def test_an_early_failure_does_not_take_the_bonus_of_the_first_task_of_a_day() -> None:
    """In the older system a failed task used the bonus of its day up."""
    assert conditions(BASE["first-task-of-day"]) == [("status", "==", "completed")]


def test_only_completed_work_is_quick_or_perfect() -> None:
    for name, more in (
        ("quick-completion", [("duration_seconds", ">=", 0), ("duration_seconds", "<", 120)]),
        ("perfect-session", [("failed", "==", 0)]),
    ):
        assert conditions(BASE[name]) == [("status", "==", "completed"), *more]


def test_the_penalties_take_away_and_count_nothing() -> None:
    assert {name: rule.amount for name, rule in PENALTIES.items()} == {
        "task-failed-penalty": -5, "session-failed-penalty": -10, "pr-rejected-penalty": -20,
    }  # fmt: skip
    assert all(rule.source_type == "penalty" for rule in PENALTIES.values())
    assert not any(rule.counts for rule in PENALTIES.values())
    assert not set(PENALTIES) & set(BASE)


def event(number: int, kind: str, subject: str, **payload: JsonValue) -> Event:
    return Event(
        id=number, type=kind, subject=subject, session_id="night", payload=payload,
        created_at=f"2026-03-02T09:{number:02d}:00.000000Z",
    )  # fmt: skip


def pay(events: Sequence[Event], *packs: str) -> dict[str, list[tuple[str, int]]]:
    """By agent, what events earn: the rule and the amount, each key once."""
    rules = tuple((pack, rule) for pack in packs for rule in load_pack(pack))
    ruleset = Ruleset(rules, (), load_levels(), StreakRules())
    terms = Terms(ruleset, compile_rules(ruleset), ZoneInfo("UTC"), time(4))
    sessions: dict[str, Session] = {}
    paid: dict[str, tuple[str, str, int]] = {}
    for one in events:
        note(one, terms, sessions)
        of_type = terms.rules.get(one.type, ())
        for each in candidates(one, terms, of_type, sessions["night"])[0]:
            paid.setdefault(each.key, (each.agent_id, each.rule_id, each.amount))
    agents = {agent for agent, _, _ in paid.values()}
    return {a: [(rule, xp) for agent, rule, xp in paid.values() if agent == a] for a in agents}


NIGHT = [
    event(1, "session.started", "night"),
    event(2, "task.finished", "t1", specialist="backend", status="failed", duration_seconds=9.0),
    event(3, "task.finished", "t2", specialist="backend", status="completed", duration_seconds=119),
    event(4, "task.finished", "t3", specialist="backend", status="completed", duration_seconds=120),
    event(5, "task.finished", "t4", specialist="frontend", status="completed"),
    event(6, "task.finished", "t5", specialist="frontend", status="blocked"),
]


def test_a_night_with_a_failure_earns_what_the_rules_say_and_the_first_success_its_bonus() -> None:
    paid = pay([*NIGHT, event(7, "session.finished", "night", status="completed")], "base")
    assert paid == {
        "backend": [
            ("task-failed", 0), ("task-completed", 10), ("quick-completion", 15),
            ("first-task-of-day", 5), ("task-completed", 10), ("session-completed", 25),
        ],
        "frontend": [("task-completed", 10), ("first-task-of-day", 5), ("session-completed", 25)],
    }  # fmt: skip


def test_a_night_without_a_failure_is_perfect_for_all_who_took_part() -> None:
    night = [one for one in NIGHT if one.payload.get("status") != "failed"]
    paid = pay([*night, event(7, "session.finished", "night", status="completed")], "base")
    assert [earned[-1] for earned in paid.values()] == [("perfect-session", 75)] * 2


def test_a_session_that_was_blocked_or_cancelled_earns_and_costs_nothing() -> None:
    for status in ("blocked", "cancelled"):
        ended = event(7, "session.finished", "night", status=status)
        assert pay([*NIGHT, ended], "base", "penalties") == pay(NIGHT, "base", "penalties")


def test_failures_cost_what_the_penalties_say_beside_the_base_pack() -> None:
    ended = event(7, "session.finished", "night", status="failed")
    rejected = event(8, "pull_request.rejected", "https://example.org/1", agent_id="backend")
    paid = pay([*NIGHT, ended, rejected], "base", "penalties")
    taken = {agent: [one for one in rows if one[1] < 0] for agent, rows in paid.items()}
    assert taken == {
        "backend": [
            ("task-failed-penalty", -5), ("session-failed-penalty", -10),
            ("pr-rejected-penalty", -20),
        ],
        "frontend": [("session-failed-penalty", -10)],
    }  # fmt: skip


def test_praise_and_merges_are_for_who_is_named_or_else_for_all_who_took_part() -> None:
    url = "https://example.org/2"
    named = [
        event(7, "praise.given", "t4", agent_id="frontend"),
        event(8, "pull_request.merged", url, agent_id="frontend"),
    ]
    everyone = [event(9, "praise.given", "night"), event(10, "pull_request.merged", url)]
    thanks = [("praise", 100), ("pr-merged", 50)]
    assert pay([*NIGHT, *named], "base")["frontend"][-2:] == thanks
    assert [rows[-2:] for rows in pay([*NIGHT, *everyone], "base").values()] == [thanks] * 2
    again = event(11, "pull_request.merged", url, agent_id="frontend")
    assert pay([*NIGHT, *named, again], "base") == pay([*NIGHT, *named], "base")
