"""How this home stands: health, version, what models cost, and counts."""

from __future__ import annotations

import os
import platform
import time
from collections import Counter
from typing import Annotated, Literal

import psutil
from pydantic import Field

from genesis import __version__
from genesis.clock import utc_after
from genesis.contracts.plugins import PluginState
from genesis.contracts.web import AnyEndpoint, Call, Endpoint, NoInput
from genesis.kernel import Kernel
from genesis.storage.event_pages import last_event
from genesis.storage.figures import AT_MOST, count_rows, event_cursors, queue_figures
from genesis.storage.work_reads import model_usage
from genesis.web.api.fields import Answer, Input, Json
from genesis.web.services import Services

_BEGUN = time.monotonic()
_TROUBLED = (PluginState.FAILED, PluginState.QUARANTINED)


class HealthDetail(Answer):
    """Whether all is well; `problems` says what is not. Sizes are bytes, times seconds.
    `event_lag` is by plugin how many events it has not taken yet."""

    status: Literal["ok", "degraded"]
    version: str
    uptime_seconds: float
    memory_bytes: int
    threads: int
    database_bytes: int
    log_bytes: int
    plugins: dict[str, int]
    queue: dict[str, int]
    last_event: int
    event_lag: dict[str, int]
    problems: list[str]


class Version(Answer):
    """Which release answers, and under which versions of the API."""

    version: str
    api: list[str]
    python: str


class Usage(Answer):
    """What the tasks of one UTC day used of one model."""

    day: str
    model: str
    tasks: int
    input_tokens: int
    output_tokens: int
    cost_usd: float
    duration_seconds: float


class UsagePage(Answer):
    """What models were used, newest day first, and the sum. Where more than 1,000 sessions began
    since then, the newest of them are counted and `complete` is false."""

    since: str
    items: list[Usage]
    cost_usd: float
    complete: bool


class UsageQuery(Input):
    """Of how many days."""

    days: Annotated[int, Field(ge=1, le=366)] = 30


class Stats(Answer):
    """How many there are of each, counted up to 10,000: that figure means as many or more.
    `events` is the number of the newest event."""

    at_most: int
    agents: int
    teams: int
    repositories: int
    sessions: dict[str, int]
    minds: int
    schedules: int
    open_tasks: int
    events: int


def figure_endpoints(services: Services) -> tuple[AnyEndpoint, ...]:
    """The endpoints of figures."""
    kernel = services.kernel

    def show_health(_call: Call[NoInput, NoInput]) -> object:
        return _health(kernel)

    def show_version(_call: Call[NoInput, NoInput]) -> object:
        return {"version": __version__, "api": ["v1"], "python": platform.python_version()}

    def show_usage(call: Call[UsageQuery, NoInput]) -> object:
        since = utc_after(-86_400 * call.query.days)
        used, complete = model_usage(kernel.database, since)
        cost = sum(float(str(one["cost_usd"])) for one in used)
        return {"since": since, "items": used, "cost_usd": cost, "complete": complete}

    def show_stats(_call: Call[NoInput, NoInput]) -> object:
        counted = count_rows(kernel.database)
        return {"at_most": AT_MOST, **counted, "events": last_event(kernel.database)}

    return (
        Endpoint("GET", "/health", "Tell how the process stands", show_health, HealthDetail),
        Endpoint("GET", "/version", "Tell the version", show_version, Version),
        Endpoint("GET", "/llm-usage", "Sum up the use of models", show_usage, UsagePage,
                 UsageQuery),
        Endpoint("GET", "/stats", "Count what there is", show_stats, Stats),
    )  # fmt: skip


def _health(kernel: Kernel) -> Json:
    statuses = kernel.host.statuses()
    problems = [
        f"The plugin {status.id!r} is {status.state}: {status.reason}"
        for status in statuses
        if status.state in _TROUBLED
    ]
    problems += kernel.roster.problems
    newest = last_event(kernel.database)
    lags = event_cursors(kernel.database)
    process = psutil.Process()
    return {
        "status": "degraded" if problems else "ok",
        "version": __version__,
        "uptime_seconds": round(time.monotonic() - _BEGUN, 3),
        "memory_bytes": process.memory_info().rss,
        "threads": process.num_threads(),
        "database_bytes": _size(str(kernel.database.path)),
        "log_bytes": _size(f"{kernel.database.path}-wal"),
        "plugins": dict(Counter(str(status.state) for status in statuses)),
        "queue": {**queue_figures(kernel.database)},
        "last_event": newest,
        "event_lag": {plugin: max(0, newest - taken) for plugin, taken in lags.items()},
        "problems": [*problems],
    }


def _size(path: str) -> int:
    try:
        return os.stat(path).st_size
    except OSError:
        return 0
