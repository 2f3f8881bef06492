"""Plans: what is accepted can be carried out, what is refused is named."""

from __future__ import annotations

from graphlib import TopologicalSorter

import pytest
from genesis.contracts.specialists import Specialist, Team, Tool, ToolUse
from genesis.contracts.work import Phase, PlannedTask, SessionPlan
from genesis.errors import PlanError, UsageError
from genesis.sessions.planner import accept_plan, first_tasks
from genesis.sessions.roster import Roster
from hypothesis import given
from hypothesis import strategies as st


def member(name: str, *kinds: str, team: str = "probe") -> Specialist:
    uses = (ToolUse(tool="act", kinds=()),)
    return Specialist(id=name, team=team, role="Tests", kinds=kinds, tools=uses)


MEMBERS = [
    member("planner", "plan"), member("alpha", "work"), member("beta", "work", "other"),
    member("verification", "verify"), member("stranger", "work", team="elsewhere"),
]  # fmt: skip
ROSTER = Roster(
    teams={"probe": Team(id="probe", name="Probe", domain="tests")},
    specialists={m.id: m for m in MEMBERS},
    tools={"act": Tool(name="act", description="acts", run="a.b:c")},
)


def task(key: str, *depends_on: str, kind: str = "work", **more: object) -> PlannedTask:
    return PlannedTask(key=key, kind=kind, description=key, depends_on=depends_on, **more)


def accept(*tasks: PlannedTask, answer: str | None = None) -> list[tuple[str, str, Phase]]:
    plan = SessionPlan(tasks=tasks)
    accepted = accept_plan(plan, ROSTER, "probe", lambda _task, _candidates: answer)
    return [(new.planned.key, new.specialist, new.phase) for new in accepted]


def test_a_named_specialist_is_taken_and_a_verifying_task_comes_last() -> None:
    assert accept(task("a", specialist="beta"), task("v", kind="verify", verifies=True)) == [
        ("a", "beta", Phase.RUN), ("v", "verification", Phase.VERIFY),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("answer", "chosen"), [(None, "alpha"), ("beta", "beta"), ("stranger", "alpha"), ("x", "alpha")]
)
def test_a_plugin_routes_what_names_nobody_among_those_who_can(
    answer: str | None, chosen: str
) -> None:
    assert accept(task("a"), answer=answer) == [("a", chosen, Phase.RUN)]


@pytest.mark.parametrize(
    ("tasks", "told"),
    [
        ([task("a", "gone")], r"'a' depends on 'gone', which is not planned"),
        ([task("a", "a")], "depend on each other: a → a"),
        ([task("a", "b"), task("b", "c"), task("c", "a")], "depend on each other"),
        ([task("a"), task("a")], "keys must differ"),
        ([task("plan")], "'plan'"),
        ([task("a", specialist="nobody")], "'a' is for 'nobody', who is not in the team 'probe'"),
        ([task("a", specialist="stranger")], "'a' is for 'stranger'"),
        ([task("a", kind="dance")], "Nobody in the team 'probe' does the kind 'dance'"),
        ([task("v", verifies=True), task("a", "v")], "'a' depends on 'v', which verifies"),
        ([task(f"t{n}") for n in range(1001)], "1001 tasks; at most 1000"),
    ],
    ids=["unplanned", "itself", "circle", "double", "plan", "nobody", "stranger", "kind",
         "verifies", "many"],
)  # fmt: skip
def test_a_plan_that_cannot_be_carried_out_is_refused(tasks: list[PlannedTask], told: str) -> None:
    with pytest.raises(PlanError, match=told):
        accept(*tasks)


KEYS = st.sampled_from(["a", "b", "c", "d", "plan"])
TASKS = st.builds(
    PlannedTask,
    key=KEYS,
    kind=st.sampled_from(["work", "other", "verify", "dance"]),
    description=st.just("a task"),
    specialist=st.sampled_from([None, None, "alpha", "beta", "verification", "stranger", "x"]),
    depends_on=st.lists(KEYS, max_size=2).map(tuple),
    verifies=st.booleans(),
)


@given(tasks=st.lists(TASKS, max_size=5), answer=st.sampled_from([None, "beta", "x"]))
def test_whatever_is_accepted_can_be_carried_out(
    tasks: list[PlannedTask], answer: str | None
) -> None:
    try:
        accepted = accept(*tasks, answer=answer)
    except PlanError:
        return
    by_key = {planned.key: planned for planned in tasks}
    assert [key for key, _who, _phase in accepted] == [planned.key for planned in tasks]
    order = list(TopologicalSorter({k: t.depends_on for k, t in by_key.items()}).static_order())
    assert sorted(order) == sorted(by_key)
    assert "plan" not in by_key
    phases = {key: phase for key, _who, phase in accepted}
    for key, who, phase in accepted:
        assert ROSTER.specialists[who].team == "probe"
        if by_key[key].specialist is None:
            assert by_key[key].kind in ROSTER.specialists[who].kinds
        for other in by_key[key].depends_on:
            assert (phases[other], phase) != (Phase.VERIFY, Phase.RUN)


def test_a_team_with_a_planner_begins_with_its_plan() -> None:
    (first,) = first_tasks(ROSTER, "probe", "the goal", {"logs": ["x"]})
    assert (first.specialist, first.phase, first.planned.key) == ("planner", Phase.PLAN, "plan")
    assert first.planned.description == "the goal"
    colleagues = [colleague["id"] for colleague in first.planned.params["roster"]]
    assert colleagues == ["alpha", "beta", "verification"]
    assert first.planned.params["logs"] == ["x"]


def test_a_team_without_a_planner_begins_with_a_task_for_each() -> None:
    (first,) = first_tasks(ROSTER, "elsewhere", "the goal", {})
    assert (first.specialist, first.phase, first.planned.kind) == ("stranger", Phase.RUN, "work")


@pytest.mark.parametrize("team", ["probe", "elsewhere"])
def test_a_goal_that_is_too_long_is_told(team: str) -> None:
    assert first_tasks(ROSTER, team, "x" * 2000, {})
    with pytest.raises(UsageError, match="2001 characters; at most 2000"):
        first_tasks(ROSTER, team, "x" * 2001, {})
