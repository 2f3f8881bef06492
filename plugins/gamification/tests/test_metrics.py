"""The fold of ledger rows, against a recomputation from all rows at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import takewhile
from typing import Any

import pytest
from genesis.errors import StorageError
from genesis_gamification.metrics import (
    METRICS,
    METRICS_AT_CLOSE,
    AgentRecord,
    LedgerRow,
    StreakRules,
    apply,
    due_levels,
    earned,
)
from genesis_gamification.records import Achievement, Criterion, Level
from genesis_gamification.streaks import Streak, count_task
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

Facts = Mapping[str, JsonValue]
RULES = StreakRules(frozenset({6}))
COUNTED = ("perfect", "merge", "praise", "lesson", "automation")


def row(facts: Facts, amount: int = 0, day: str = "2026-03-02") -> LedgerRow:
    return LedgerRow("backend", amount, "any", "bonus", day, f"{day}T09:00:00.000000Z", facts)


def done(**facts: JsonValue) -> LedgerRow:
    return row({"kind": "task", "status": "completed", **facts})


def failed(**facts: JsonValue) -> LedgerRow:
    return row({"kind": "task", "status": "failed", **facts})


def fold(rows: Sequence[LedgerRow]) -> AgentRecord:
    record = AgentRecord("backend")
    for one in rows:
        apply(record, one, RULES)
    return record


def read(rows: Sequence[LedgerRow], metric: str) -> float | None:
    return METRICS[metric](fold(rows))


def trailing(flags: Sequence[bool]) -> int:
    return len(list(takewhile(bool, reversed(flags))))


def recompute(rows: Sequence[LedgerRow]) -> AgentRecord:
    """The same from all rows, with no state carried from one to the next."""
    facts: list[Mapping[str, Any]] = [one.facts for one in rows]
    tasks = [one for one in rows if one.facts.get("status") in ("completed", "failed")]
    won = [one.facts["status"] == "completed" for one in tasks]
    completed: list[Mapping[str, Any]] = [
        one.facts for one in tasks if one.facts["status"] == "completed"
    ]
    seconds = [f["duration_seconds"] for f in completed if f.get("duration_seconds") is not None]
    costs = [f["cost_usd"] for f in completed if f.get("cost_usd") is not None]
    sessions = [f for f in facts if f.get("kind") == "session"]
    counts = {kind: sum(f.get("kind") == kind for f in facts) for kind in COUNTED}
    streak = Streak()
    for one in tasks:
        count_task(streak, one.local_day, one.facts["status"] == "completed", RULES)
    return AgentRecord(
        "backend",
        total_xp=sum(one.amount for one in rows),
        peak_level=max([1, *(f["level"] for f in facts if f.get("kind") == "level")]),
        tasks_completed=sum(won),
        tasks_failed=len(won) - sum(won),
        success_run=trailing(won),
        failure_run=trailing([not one for one in won]),
        comebacks=sum(
            won[n] and trailing([not one for one in won[:n]]) >= 3 for n in range(len(won))
        ),
        zero_cost_run=trailing([cost == 0 for cost in costs]),
        last_durations=seconds[-5:],
        sessions=len(sessions),
        sessions_with_2plus_agents=sum(f["agents"] > 1 for f in sessions),
        sessions_completed_at_night=sum(f["night"] for f in sessions),
        perfect_sessions=counts["perfect"],
        prs_merged=counts["merge"],
        praise_count=counts["praise"],
        lessons_reused_by_others=counts["lesson"],
        automations_approved=counts["automation"],
        experiments_double_down=sum(f.get("decision") == "double_down" for f in facts),
        streak=streak,
        unlocked={f["achievement"] for f in facts if f.get("kind") == "achievement"},
    )


def optional(values: st.SearchStrategy[float]) -> st.SearchStrategy[float | None]:
    return st.none() | values


tasks = st.fixed_dictionaries(
    {"kind": st.just("task"), "status": st.sampled_from(["completed", "failed", "failed"])},
    optional={
        "duration_seconds": optional(st.floats(0, 4000)),
        "cost_usd": optional(st.sampled_from([0, 0.0, 0.25])),
    },
)
all_facts = st.one_of(
    tasks,
    tasks,
    st.just({}),
    st.fixed_dictionaries(
        {
            "kind": st.just("session"),
            "agents": st.integers(1, 3),
            "failed": st.integers(0, 2),
            "night": st.booleans(),
        }
    ),
    st.sampled_from(COUNTED).map(lambda kind: {"kind": kind}),
    st.sampled_from(["kill", "keep", "continue", "double_down"]).map(
        lambda decision: {"kind": "experiment", "decision": decision}
    ),
    st.integers(2, 12).map(lambda level: {"kind": "level", "level": level}),
    st.sampled_from(["shipped", "comeback"]).map(
        lambda one: {"kind": "achievement", "achievement": one}
    ),
)
histories = st.lists(
    st.builds(
        row,
        all_facts,
        st.integers(-10_000, 10_000),
        st.integers(1, 28).map(lambda day: f"2026-02-{day:02d}"),
    ),
    max_size=60,
)


@given(histories)
def test_rows_one_by_one_give_what_a_recomputation_from_all_rows_gives(
    rows: list[LedgerRow],
) -> None:
    assert fold(rows) == recompute(rows)


@given(histories)
def test_a_record_that_was_written_and_read_goes_on_as_if_it_had_not_been(
    rows: list[LedgerRow],
) -> None:
    half = len(rows) // 2
    text = fold(rows[:half]).to_json()
    record = AgentRecord.from_json("backend", text)
    assert record.to_json() == text
    for one in rows[half:]:
        apply(record, one, RULES)
    assert record == fold(rows)
    assert record.to_json() == fold(rows).to_json()


def test_equal_records_give_equal_text_whatever_order_they_unlocked_in() -> None:
    rows = [row({"kind": "achievement", "achievement": f"one-{n}"}) for n in range(9)]
    assert fold(rows).to_json() == fold(rows[::-1]).to_json()


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", "nonsense", '{"streak":{},"unlocked":[],"luck":7}', '{"streak":4}']
)
def test_text_that_is_no_record_is_refused_with_what_to_do(text: str) -> None:
    with pytest.raises(StorageError, match=r"agent backend cannot be read.*verify"):
        AgentRecord.from_json("backend", text)


@given(st.sampled_from(["blocked", "cancelled", "skipped", None]))
def test_a_task_that_neither_completed_nor_failed_counts_for_nothing(status: str | None) -> None:
    rows = [done(), failed(), row({"kind": "task", "status": status}, day="2026-03-09")]
    assert fold(rows) == fold(rows[:2])


@pytest.mark.parametrize("facts", [{}, {"kind": "other"}, {"kind": ["task"]}, {"level": 9}])
def test_a_row_without_a_known_kind_is_xp_and_nothing_else(facts: Facts) -> None:
    assert fold([row(facts, 40)]) == AgentRecord("backend", total_xp=40)


def test_success_rate_is_of_finished_tasks_only() -> None:
    """The older system divided by all tasks, those that never finished too."""
    unfinished = [row({"kind": "task", "status": "blocked"})] * 6
    assert read([done(), done(), done(), failed(), *unfinished], "success_rate") == 0.75
    assert read(unfinished, "success_rate") is None
    assert read(unfinished, "tasks_finished") == 0


def test_an_unknown_duration_is_not_zero_seconds() -> None:
    """The older system counted it as 0, so that a lack of measurements looked like speed."""
    slow = [done(duration_seconds=300.0) for _ in range(4)]
    unknown = [done() for _ in range(5)] + [done(duration_seconds=None)]
    assert read(slow + unknown, "avg_duration_last_5") is None
    assert read([*slow, *unknown, done(duration_seconds=50.0)], "avg_duration_last_5") == 250.0


def test_the_average_is_of_the_last_five_completed_tasks() -> None:
    slow, quick = done(duration_seconds=900.0), done(duration_seconds=10)
    assert read([slow, *[quick] * 4], "avg_duration_last_5") == 188.0
    assert read([slow, *[quick] * 5, failed(duration_seconds=900.0)], "avg_duration_last_5") == 10.0


@pytest.mark.parametrize(
    ("letters", "comebacks"),
    [("fffc", 1), ("ffc", 0), ("fcffc", 0), ("ffffffc", 1), ("fffcc", 1), ("fffcfffc", 2)],
)
def test_a_comeback_is_a_success_right_after_three_failures_or_more(
    letters: str, comebacks: int
) -> None:
    rows = [done() if one == "c" else failed() for one in letters]
    assert read(rows, "comebacks") == comebacks


def test_a_run_at_no_cost_ends_with_a_cost_and_not_with_an_unknown_one() -> None:
    free, paid = done(cost_usd=0), done(cost_usd=0.01)
    assert read([free, done(), failed(cost_usd=1.0), free], "zero_cost_run") == 2
    assert read([free, free, paid], "zero_cost_run") == 0
    assert read([free, paid, free], "zero_cost_run") == 1


def make(metric: str, value: float, op: str = ">=", **more: object) -> Achievement:
    return Achievement.model_validate(
        {
            "id": f"{metric}-{value}".replace("_", "-").replace(".", "-"),
            "name": "Any", "description": "Any", "emoji": "🎯", "category": "special",
            "tier": "bronze", "xp_reward": 50,
            "criteria": (Criterion.model_validate({"metric": metric, "op": op, "value": value}),),
            **more,
        }
    )  # fmt: skip


@pytest.mark.parametrize(
    ("op", "below", "equal", "above"),
    [("==", False, True, False), ("!=", True, False, True), ("<", True, False, False),
     ("<=", True, True, False), (">", False, False, True), (">=", False, True, True)],
)  # fmt: skip
def test_every_operator_compares_the_metric_with_the_value(
    op: str, below: bool, equal: bool, above: bool
) -> None:
    achievement = make("tasks_completed", 2, op)
    found = [bool(earned(fold([done()] * n), [achievement], closing=False)) for n in (1, 2, 3)]
    assert found == [below, equal, above]


def test_an_achievement_is_earned_once_in_the_given_order_and_only_while_active() -> None:
    some = [make("tasks_completed", n) for n in (3, 1, 2)]
    record = fold([done(), done()])
    assert [one.id for one in earned(record, some, closing=False)] == [
        "tasks-completed-1",
        "tasks-completed-2",
    ]
    apply(record, row({"kind": "achievement", "achievement": "tasks-completed-1"}), RULES)
    assert [one.id for one in earned(record, some, closing=True)] == ["tasks-completed-2"]
    assert earned(record, [make("tasks_completed", 2, is_active=False)], closing=True) == []


def test_a_metric_that_is_not_known_yet_makes_no_criterion_true() -> None:
    unknown = [make("success_rate", 2, "<"), make("avg_duration_last_5", 1, "!=")]
    assert earned(AgentRecord("backend"), unknown, closing=True) == []


@pytest.mark.parametrize("metric", sorted(METRICS))
def test_what_depends_on_the_order_of_tasks_is_looked_at_when_a_session_closes(
    metric: str,
) -> None:
    rows = [failed(), failed(), failed(), *[done(duration_seconds=1)] * 5]
    anything = [make(metric, -1)]
    record = fold(rows)
    assert earned(record, anything, closing=True) == anything
    assert bool(earned(record, anything, closing=False)) is (metric not in METRICS_AT_CLOSE)


def test_levels_that_are_due_are_those_above_the_peak() -> None:
    levels = [
        Level(level=n, title="Any", xp_required=xp, emoji="🎯")
        for n, xp in ((1, 0), (2, 9), (3, 20))
    ]
    record = fold([row({}, 25)])
    assert (due_levels(record, levels), record.level, record.peak_level) == ([2, 3], 3, 1)
    apply(record, row({"kind": "level", "level": 2}, 0), RULES)
    assert due_levels(record, levels) == [3]
    apply(record, row({"kind": "level", "level": 3}, -25), RULES)
    assert (due_levels(record, levels), record.level, record.peak_level) == ([], 1, 3)
