"""Carry out one attempt: call its tools one after another and merge what they found."""

from __future__ import annotations

import importlib
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from pydantic import JsonValue

from genesis.contracts.executors import AttemptSpec, AttemptUpdate, ToolCall
from genesis.contracts.findings import Omission
from genesis.contracts.work import TaskResult, ToolFunction
from genesis.errors import AttemptCancelledError, PluginError


class AttemptContext:
    """The `ToolContext` of a real attempt; `on_progress` may raise `AttemptCancelledError`."""

    def __init__(
        self,
        spec: AttemptSpec,
        call: ToolCall,
        *,
        deadline: float,
        on_progress: Callable[[float, str], None],
    ) -> None:
        self.repository = Path(spec.repository)
        self.kind = spec.kind
        self.description = spec.description
        self.params: dict[str, JsonValue] = call.params
        self._spec = spec
        self._tool = call.tool
        self._deadline = deadline
        self._on_progress = on_progress

    @property
    def folder(self) -> Path:
        """Made when it is first asked for: most attempts write nothing."""
        folder = Path(self._spec.folder)
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    @property
    def seconds_left(self) -> float:
        return max(0.0, self._deadline - time.monotonic())

    def progress(self, fraction: float, message: str = "") -> None:
        # A name of a file may hold bytes that are no text.
        self._on_progress(min(max(fraction, 0.0), 1.0), readable(message))

    def log(self, message: str) -> None:
        path = Path(self._spec.log_file)
        path.parent.mkdir(parents=True, exist_ok=True)
        stamp = datetime.now(UTC).strftime("%H:%M:%S")
        with path.open("a", encoding="utf-8", errors="replace") as log:
            log.write(f"{stamp} {self._tool}: {message}\n")


def resolve_tool(reference: str) -> ToolFunction:
    """Import the function that `package.module:function` names; raises PluginError when absent."""
    module_name, _, function_name = reference.partition(":")
    try:
        found = getattr(importlib.import_module(module_name), function_name)
    except (ImportError, AttributeError) as error:
        raise PluginError(
            f"The tool {reference!r} cannot be loaded: {error}. "
            "Check that its plugin is installed in this environment."
        ) from error
    return cast(ToolFunction, found)


def run_attempt(spec: AttemptSpec, on_progress: Callable[[float, str], None]) -> AttemptUpdate:
    """Call each tool in turn. One tool that raises does not take the findings of the others.

    Never raises: whatever happens is in the returned update.
    """
    deadline = time.monotonic() + spec.time_limit_seconds
    results: list[TaskResult] = []
    errors: list[str] = []
    for index, call in enumerate(spec.calls):
        report = _scaled(on_progress, index, len(spec.calls), call.tool)
        context = AttemptContext(spec, call, deadline=deadline, on_progress=report)
        try:
            context.progress(0.0)
            result = _checked(resolve_tool(call.run)(context), call)
            # What cannot be written as JSON fails here, with the tool's name.
            result.model_dump_json()
            results.append(result)
        except AttemptCancelledError:
            return _update(spec, ended="cancelled", error="cancelled while it ran")
        except BaseException as error:  # noqa: BLE001 - SystemExit and the like: a result too
            with suppress(OSError):
                context.log(traceback.format_exc())
            errors.append(readable(f"{call.tool}: {type(error).__name__}: {error}"))
    if errors:
        merged = merge_results(results) if results else None
        return _update(spec, ended="failed", result=merged, error="; ".join(errors)[:4000])
    return _update(spec, ended="completed", result=merge_results(results))


def merge_results(results: list[TaskResult]) -> TaskResult:
    """One result of several tools: findings ordered by severity, then place.

    It is blocked only when every tool was blocked; a single blocked one becomes an omission.
    """
    if len(results) == 1:
        return results[0]
    blocked = [result.blocked for result in results if result.blocked]
    omissions = [omission for result in results for omission in result.omissions]
    all_blocked = len(blocked) == len(results)
    facts: dict[str, JsonValue] = {}
    for result in results:
        facts.update(result.facts)
    if not all_blocked:
        omissions += [
            Omission(what=r.summary[:500], reason=r.blocked[:2000]) for r in results if r.blocked
        ]
    findings = [finding for result in results for finding in result.findings]
    findings.sort(key=lambda f: (f.severity.rank, f.file or "", f.line or 0, f.rule))
    return TaskResult(
        summary=_joined([result.summary for result in results])[:2000],
        findings=tuple(findings),
        omissions=tuple(omissions),
        artifacts=tuple(artifact for result in results for artifact in result.artifacts),
        facts=facts,
        blocked="; ".join(blocked) if all_blocked else None,
        plan=next((result.plan for result in results if result.plan), None),
    )


def readable(text: str) -> str:
    """Text that can be written as UTF-8."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _checked(result: object, call: ToolCall) -> TaskResult:
    if not isinstance(result, TaskResult):
        raise PluginError(
            f"the tool {call.tool!r} returned {type(result).__name__}, not a TaskResult"
        )
    return result


def _scaled(
    on_progress: Callable[[float, str], None], index: int, total: int, tool: str
) -> Callable[[float, str], None]:
    def report(fraction: float, message: str) -> None:
        on_progress((index + fraction) / total, message or tool)

    return report


def _update(spec: AttemptSpec, **values: object) -> AttemptUpdate:
    return AttemptUpdate.model_validate(
        {"task_id": spec.task_id, "attempt": spec.attempt, "fraction": 1.0, **values}
    )


def _joined(summaries: list[str]) -> str:
    """Several sentences as one: only the last keeps its full stop."""
    return "; ".join([*(one.rstrip(". ") for one in summaries[:-1]), summaries[-1]])
