"""A throw-away plugin that remembers without a model and carries out background tasks."""

from __future__ import annotations

import time
from pathlib import Path

from genesis import NoSettings, Plugin, hookspecs, implements
from genesis.contracts import Embedder
from genesis.contracts.background import BackgroundContext, TaskHandler
from genesis.testing.embedders import HASHING

_SECONDS = 60.0


class TasksPlugin(Plugin[NoSettings]):
    """An embedder that knows spelling, and handlers that do as the task's context says."""

    @implements(hookspecs.genesis_embedders)
    def embedders(self) -> list[Embedder]:
        return [HASHING]

    @implements(hookspecs.genesis_task_handlers)
    def handlers(self) -> list[TaskHandler]:
        return [
            TaskHandler(name=name, run=f"task_plugin:{name}", description=name)
            for name in ("note", "fail", "wait", "stay")
        ]


def note(context: BackgroundContext, /) -> str:
    """Write a line into the file that the task names."""
    with Path(str(context.context["file"])).open("a") as file:
        file.write(f"{context.user_request} {context.attempt}\n")
    return "noted"


def fail(context: BackgroundContext, /) -> None:
    """End with an error."""
    raise ValueError(f"no way to do: {context.user_request}")


def wait(context: BackgroundContext, /) -> str:
    """Begin, then wait for a file, reporting progress."""
    Path(str(context.context["begun"])).touch()
    deadline = time.monotonic() + _SECONDS
    while not Path(str(context.context["go"])).exists():
        assert time.monotonic() < deadline
        context.progress(0.5, "waiting")
        time.sleep(0.02)
    return "waited"


def stay(context: BackgroundContext, /) -> None:
    """Begin, and never end."""
    Path(str(context.context["begun"])).touch()
    time.sleep(_SECONDS)
