"""The package of the throw-away plugin: a team whose one tool does what its task's params say.

`support.install_probe` copies this file into a folder of its own, as an installed distribution.
The planner takes the plan from `.probe-plan.json` in the repository.
"""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from genesis import NoSettings, Plugin, hookspecs, implements
from genesis.contracts import (
    Finding,
    SessionPlan,
    Specialist,
    TaskResult,
    Team,
    Tool,
    ToolContext,
    ToolUse,
)
from genesis.contracts.plugins import SessionRequest, TaskRequest, Veto

_WAIT_SECONDS = 60


def make_plan(context: ToolContext, /) -> TaskResult:
    """The plan that the test wrote, or none."""
    path = context.repository / ".probe-plan.json"
    plan = SessionPlan.model_validate_json(path.read_text()) if path.exists() else None
    return TaskResult(summary="planned", plan=plan)


def act(context: ToolContext, /) -> TaskResult:
    """Take the steps in `params["do"]`, each a list of a name and its arguments."""
    findings: list[Finding] = []
    for name, *arguments in context.params.get("do", []):
        if name == "find":
            findings.append(Finding(rule="probe", severity="low", message=arguments[0]))
        else:
            _STEPS[name](context, *arguments)
    return TaskResult(summary="acted", findings=findings)


def find(context: ToolContext, /) -> TaskResult:
    """One finding, whatever the params say."""
    found = Finding(rule="always", severity="high", message="seen", file="a.py", line=1)
    return TaskResult(summary="found one", findings=[found])


def attempt_of(context: ToolContext) -> int:
    """The number of the attempt, from the name of its folder."""
    return int(context.folder.name.rpartition("-")[2])


def _append(path: str, line: str) -> None:
    with Path(path).open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.write(line + "\n")


def _note(context: ToolContext, path: str, text: str = "") -> None:
    _append(path, f"{context.description} {attempt_of(context)} {text}".strip())


def _wait(context: ToolContext, path: str) -> None:
    """Until a file is there, ready to be cancelled."""
    deadline = time.monotonic() + _WAIT_SECONDS
    while not Path(path).exists():
        context.progress(0.5, f"waits for {path}")
        if time.monotonic() > deadline:
            raise TimeoutError(path)
        time.sleep(0.01)


def _stay(_context: ToolContext, path: str) -> None:
    """Until a file is there, without a word."""
    deadline = time.monotonic() + _WAIT_SECONDS
    while not Path(path).exists() and time.monotonic() < deadline:
        time.sleep(0.01)


def _hang(_context: ToolContext) -> None:
    """Report nothing any more, as a tool that is stuck."""
    time.sleep(_WAIT_SECONDS)


def _fail(_context: ToolContext, text: str) -> None:
    raise RuntimeError(text)


def _fail_oddly(_context: ToolContext) -> None:
    raise RuntimeError("caf\udce9.txt")


def _leave(_context: ToolContext, code: int) -> None:
    sys.exit(code)


def _die(context: ToolContext, attempts: int) -> None:
    """End the process by a signal in the first so many attempts."""
    if attempt_of(context) <= attempts:
        os.kill(os.getpid(), signal.SIGKILL)


def _spawn(context: ToolContext, marker: str, detached: bool = False) -> None:
    """Start a program that stays; a detached one loses its parent at once, as a daemon does."""
    program = [sys.executable, "-c", f"import time; time.sleep({_WAIT_SECONDS * 2})", marker]
    if detached:
        start = "import subprocess, sys; subprocess.Popen(sys.argv[1:], start_new_session=True)"
        subprocess.run([sys.executable, "-c", start, *program], check=True)
    else:
        subprocess.Popen(program)


def _read_input(context: ToolContext, path: str) -> None:
    done = subprocess.run(["cat"], capture_output=True, timeout=20)
    _append(path, f"{done.returncode} {done.stdout!r}")


def _print(_context: ToolContext, text: str) -> None:
    print(text, flush=True)


def _report_oddly(context: ToolContext) -> None:
    context.progress(0.5, "caf\udce9.txt")


def _meet(context: ToolContext, path: str, number: int) -> None:
    """Be at work until so many have begun, and a moment longer in case one more comes."""
    _append(path, "+1")
    deadline = time.monotonic() + _WAIT_SECONDS
    while Path(path).read_text().count("+1") < number and time.monotonic() < deadline:
        context.progress(0.5)
        time.sleep(0.01)
    time.sleep(0.4)
    _append(path, "-1")


def _pause(_context: ToolContext, seconds: float) -> None:
    """Give a display the time to draw."""
    time.sleep(seconds)


_STEPS = {
    "note": _note, "wait": _wait, "stay": _stay, "hang": _hang, "fail": _fail,
    "fail-oddly": _fail_oddly, "leave": _leave, "die": _die, "spawn": _spawn,
    "read-input": _read_input, "print": _print, "report-oddly": _report_oddly, "meet": _meet,
    "pause": _pause,
}  # fmt: skip


def _specialist(
    name: str, *kinds: str, tools: tuple[str, ...] = ("act",), **more: str
) -> Specialist:
    uses = tuple(ToolUse(tool=tool) for tool in tools)
    return Specialist(id=name, team="probe", role="Tests", kinds=kinds, tools=uses, **more)


class ProbePlugin(Plugin[NoSettings]):
    """The team `probe`, and gates that forbid what is called forbidden."""

    @implements(hookspecs.genesis_teams)
    def teams(self) -> list[Team]:
        return [
            Team(id="probe", name="Probe", domain="tests"),
            Team(id="plain", name="Plain", domain="tests without a planner"),
        ]

    @implements(hookspecs.genesis_tools)
    def tools(self) -> list[Tool]:
        names = {"make-plan": "make_plan", "act": "act", "find": "find", "absent": "absent"}
        return [
            Tool(name=name, description=name, run=f"probe_plugin:{function}")
            for name, function in names.items()
        ]

    @implements(hookspecs.genesis_specialists)
    def specialists(self) -> list[Specialist]:
        return [
            _specialist("planner", "plan", tools=("make-plan",), executor="inline"),
            _specialist("alpha", "work"),
            _specialist("beta", "work"),
            _specialist("quick", "quick", executor="inline"),
            _specialist("pair", "pair", tools=("find", "act")),
            _specialist("lost", "lost", tools=("absent",)),
            _specialist("verification", "verify", executor="inline"),
            Specialist(
                id="plain-one", team="plain", role="Tests", kinds=("work",),
                tools=(ToolUse(tool="find"),), executor="inline",
            ),
        ]  # fmt: skip

    @implements(hookspecs.genesis_before_session)
    async def before_session(self, request: SessionRequest, plan: SessionPlan) -> Veto | None:
        return Veto(reason="the goal is forbidden") if "forbidden" in request.goal else None

    @implements(hookspecs.genesis_before_task)
    async def before_task(self, request: TaskRequest) -> Veto | None:
        is_forbidden = "forbidden" in request.description and request.kind != "plan"
        return Veto(reason="this task is forbidden") if is_forbidden else None
