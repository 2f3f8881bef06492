"""What plugin authors use in their tests."""

from __future__ import annotations

from pathlib import Path

from pydantic import JsonValue

from genesis.contracts import TaskResult
from genesis.contracts.executors import AttemptSpec, AttemptUpdate, ToolCall
from genesis.errors import PluginError
from genesis.executors.attempt import run_attempt

__all__ = ["run_tool", "run_tools"]


def run_tools(
    calls: list[tuple[str, dict[str, JsonValue]]],
    repository: Path,
    folder: Path,
    *,
    kind: str = "review",
    description: str = "a test",
    time_limit_seconds: float = 60,
) -> AttemptUpdate:
    """Run tools, each `(package.module:function, params)`, as a real attempt would."""
    spec = AttemptSpec(
        task_id="test",
        attempt=1,
        specialist="test",
        kind=kind,
        description=description,
        calls=tuple(
            ToolCall(tool=run.partition(":")[2], run=run, params=params) for run, params in calls
        ),
        repository=str(repository),
        folder=str(folder),
        log_file=str(folder / "test.log"),
        time_limit_seconds=time_limit_seconds,
    )
    return run_attempt(spec, lambda _fraction, _message: None)


def run_tool(
    run: str,
    repository: Path,
    folder: Path,
    params: dict[str, JsonValue] | None = None,
    *,
    kind: str = "review",
    time_limit_seconds: float = 60,
) -> TaskResult:
    """Run one tool and give its result; raises PluginError when the tool raised."""
    update = run_tools(
        [(run, params or {})], repository, folder, kind=kind, time_limit_seconds=time_limit_seconds
    )
    if update.result is None or update.ended != "completed":
        raise PluginError(update.error)
    return update.result
