"""A hook with two implementations: our dispatch against pluggy's own call."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pluggy
from genesis import hookspecs, implements
from genesis.contracts import Team
from genesis.contracts.plugins import TaskRequest, Veto
from genesis.host.dispatch import Dispatcher
from genesis.host.hooks import PROJECT

from tests.benchmarks.figures import Figure, interleaved

CALLS = 20_000
ASYNC_CALLS = 500
_TEAMS = [Team(id="bench", name="Bench", domain="tests")]


class _Two:
    @implements(hookspecs.genesis_teams)
    def teams(self) -> list[Team]:
        return _TEAMS

    @implements(hookspecs.genesis_before_task)
    async def allow(self, request: TaskRequest) -> Veto | None:
        return None


class _Handler:
    def failed(self, plugin: str, hook: str, error: BaseException, duration_ms: float) -> None:
        logging.getLogger(__name__).error("%s %s %s %s", plugin, hook, error, duration_ms)

    def succeeded(self, plugin: str) -> None:
        return None

    def is_quarantined(self, plugin: str) -> bool:
        return False


def measure(_folder: Path) -> Iterator[Figure]:
    """Collect, which runs in the caller's thread; and a gate, whose time limit is enforced."""
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(hookspecs)
    for name in ("one", "two"):
        manager.register(_Two(), name=name)
    dispatcher = Dispatcher(manager, _Handler())
    call = manager.hook.genesis_teams

    def ours() -> None:
        for _ in range(CALLS):
            dispatcher.collect(hookspecs.genesis_teams)

    def pluggys() -> None:
        for _ in range(CALLS):
            call()

    our_seconds, their_seconds = interleaved(9, ours, pluggys)
    yield Figure(
        "dispatch of a hook with two implementations",
        f"{our_seconds / CALLS * 1e6:.2f} µs",
        f"pluggy {their_seconds / CALLS * 1e6:.2f} µs",
        our_seconds / their_seconds,
        2.0,
    )
    request = TaskRequest(
        task_id="t", session_id="s", specialist="a", kind="k", description="d", attempt=1
    )

    def gates() -> None:
        for _ in range(ASYNC_CALLS):
            dispatcher.gate(hookspecs.genesis_before_task, request)

    (gate_seconds,) = interleaved(5, gates)
    yield Figure(
        "  a gate with two coroutines, time limit enforced",
        f"{gate_seconds / ASYNC_CALLS * 1e6:.0f} µs",
        f"pluggy's call without awaiting {their_seconds / CALLS * 1e6:.2f} µs",
        (gate_seconds / ASYNC_CALLS) / (their_seconds / CALLS),
        None,
    )
    dispatcher.close()
