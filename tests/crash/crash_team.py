"""A plugin whose team does a hundred small tasks and writes down every start and acknowledgement.

The log is one file, appended to with single writes: what a killed process wrote stays.
"""

from __future__ import annotations

import os
import time
import uuid
from pathlib import Path

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
from genesis.contracts.events import Event

TASKS = 100


def note(*words: object) -> None:
    """Append one line to the log that CRASH_LOG names."""
    line = " ".join(str(word) for word in (time.time(), *words)) + "\n"
    file = os.open(os.environ["CRASH_LOG"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(file, line.encode())
    os.close(file)


def name_of(folder: Path) -> str:
    """The task's id and the attempt's number, from the folder SESSION/work/KEY-ATTEMPT."""
    return f"{folder.parent.parent.name.removeprefix('session-')}.{folder.name}"


def plan(context: ToolContext, /) -> TaskResult:
    """A hundred tasks: half of them in chains of five, so that finishing one makes others ready."""
    note("start", name_of(context.folder))
    tasks = []
    for number in range(TASKS):
        in_chain = number % 10 < 5 and number % 10 > 0
        tasks.append(
            PlannedTask(
                key=f"t{number:03}",
                kind="work",
                description="one small task",
                depends_on=(f"t{number - 1:03}",) if in_chain else (),
            )
        )
    return TaskResult(summary="planned", plan=SessionPlan(tasks=tuple(tasks)))


def work(context: ToolContext, /) -> TaskResult:
    """One small task; its token tells one attempt's result from another's."""
    note("start", name_of(context.folder))
    time.sleep(0.02)
    return TaskResult(summary="worked", facts={"token": uuid.uuid4().hex})


class CrashTeam(Plugin[NoSettings]):
    """Acknowledges what it learns from events, which come after the commit."""

    @implements(hookspecs.genesis_teams)
    def teams(self) -> list[Team]:
        return [Team(id="crash", name="Crash", domain="tests")]

    @implements(hookspecs.genesis_tools)
    def tools(self) -> list[Tool]:
        return [
            Tool(name="plan", description="plans", run="crash_team:plan"),
            Tool(name="work", description="works", run="crash_team:work"),
        ]

    @implements(hookspecs.genesis_specialists)
    def specialists(self) -> list[Specialist]:
        kind = "process" if os.environ.get("CRASH_EXECUTOR") == "process" else "inline"
        return [
            Specialist.model_validate(
                {"id": name, "team": "crash", "role": name, "kinds": [kinds], "executor": kind,
                 "tools": [ToolUse(tool=name)]}
            )
            for name, kinds in (("plan", "plan"), ("work", "work"))
        ]  # fmt: skip

    @implements(hookspecs.genesis_event)
    async def learn(self, event: Event) -> None:
        if event.type == "task.finished":
            note("ack", event.subject, event.payload["attempt"])
