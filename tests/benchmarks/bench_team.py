"""A team for the benchmark: its planner plans a hundred tasks that do nothing."""

from __future__ import annotations

from genesis import NoSettings, Plugin, hookspecs, implements
from genesis.contracts import (
    PlannedTask,
    SessionPlan,
    Specialist,
    TaskResult,
    Team,
    Tool,
    ToolContext,
    ToolUse,
)

TASKS = 100


def plan(_context: ToolContext, /) -> TaskResult:
    """A hundred independent tasks."""
    tasks = (PlannedTask(key=f"t{n}", kind="work", description="nothing") for n in range(TASKS))
    return TaskResult(summary="planned", plan=SessionPlan(tasks=tuple(tasks)))


def work(_context: ToolContext, /) -> TaskResult:
    """Nothing."""
    return TaskResult(summary="nothing to do")


class BenchTeam(Plugin[NoSettings]):
    """Inline specialists, so that only persistence is measured."""

    @implements(hookspecs.genesis_teams)
    def teams(self) -> list[Team]:
        return [Team(id="bench", name="Bench", domain="tests")]

    @implements(hookspecs.genesis_tools)
    def tools(self) -> list[Tool]:
        module = "tests.benchmarks.bench_team"
        return [
            Tool(name="plan", description="plans", run=f"{module}:plan"),
            Tool(name="work", description="works", run=f"{module}:work"),
        ]

    @implements(hookspecs.genesis_specialists)
    def specialists(self) -> list[Specialist]:
        return [
            Specialist(
                id=name, team="bench", role=name, kinds=(name,), executor="inline",
                tools=(ToolUse(tool=name),),
            )
            for name in ("plan", "work")
        ]  # fmt: skip


class NoOp(Plugin[NoSettings]):
    """A plugin that contributes nothing."""
