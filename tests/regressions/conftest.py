"""What the regressions share: a lab with short patience, and executors with odd tools."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from genesis.contracts.executors import AttemptSpec, AttemptUpdate, Executor, ToolCall
from genesis.executors.inline import InlineExecutor
from genesis.executors.process import ProcessExecutor

from tests.sessions.conftest import lab
from tests.support import until

__all__ = ["lab"]
_TOOLS = Path(__file__).parent / "tools"


class Attempts:
    """Attempts of odd tools in one executor, and how each ended."""

    def __init__(self, executor: Executor, folder: Path) -> None:
        self.executor = executor
        self.folder = folder
        self.ended: list[AttemptUpdate] = []

    def begin(
        self, tool: str, task: str = "t", *, seconds: float = 60, **params: object
    ) -> AttemptSpec:
        """Submit the first attempt of a task."""
        call = ToolCall(tool=tool, run=f"odd_tools:{tool}", params=params)
        spec = AttemptSpec(
            task_id=task, attempt=1, specialist="s", kind="work", description=task,
            calls=(call,), repository=str(self.folder), folder=str(self.folder / task),
            log_file=str(self.folder / "s.log"), time_limit_seconds=seconds,
        )  # fmt: skip
        self.executor.submit(spec)
        return spec

    def look(self) -> bool:
        """Tick once; gives whether anything has ended yet."""
        self.ended += [update for update in self.executor.tick() if update.ended is not None]
        return bool(self.ended)

    def end(self) -> AttemptUpdate:
        """The next end."""
        until(self.look, "an attempt ends")
        return self.ended.pop(0)


@pytest.fixture
def odd_tools(monkeypatch: pytest.MonkeyPatch) -> None:
    """The odd tools can be imported, here and in children; executors have little patience."""
    monkeypatch.setenv(
        "PYTHONPATH", os.pathsep.join([str(_TOOLS), os.environ.get("PYTHONPATH", "")])
    )
    monkeypatch.syspath_prepend(_TOOLS)
    monkeypatch.setattr("genesis.executors.process._GRACE_SECONDS", 0.3)
    monkeypatch.setattr("genesis.executors.inline._GRACE_SECONDS", 0.3)


@pytest.fixture
def children(odd_tools: None, tmp_path: Path) -> Iterator[Attempts]:
    """Attempts in child processes."""
    executor = ProcessExecutor(lambda: None)
    yield Attempts(executor, tmp_path)
    executor.stop()


@pytest.fixture
def threads(odd_tools: None, tmp_path: Path) -> Iterator[Attempts]:
    """Attempts in threads of this process; what is held is released at the end."""
    import odd_tools as tools

    tools.RELEASE.clear()
    executor = InlineExecutor(lambda: None)
    yield Attempts(executor, tmp_path)
    tools.RELEASE.set()
    executor.stop()
    until(lambda: not attempt_threads(), "the threads end once they are released")


@pytest.fixture(params=["inline", "process"])
def either(request: pytest.FixtureRequest, odd_tools: None, tmp_path: Path) -> Iterator[Attempts]:
    """Attempts in each executor in turn."""
    made: dict[str, Callable[[], Executor]] = {
        "inline": lambda: InlineExecutor(lambda: None),
        "process": lambda: ProcessExecutor(lambda: None),
    }
    executor = made[request.param]()
    yield Attempts(executor, tmp_path)
    executor.stop()


def attempt_threads() -> list[threading.Thread]:
    """The threads in which attempts are carried."""
    return [t for t in threading.enumerate() if t.name.startswith("genesis attempt")]
