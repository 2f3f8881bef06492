"""How a home stands: read from its files and its database, whether its process answers or not."""

from __future__ import annotations

import http.client
import shutil
from contextlib import suppress
from datetime import UTC, datetime
from typing import TypedDict
from urllib.parse import urlsplit

import psutil
from sqlalchemy import func, select

from genesis.clock import parse_time
from genesis.errors import GenesisError
from genesis.home import Home, is_owner_alive
from genesis.host.discovery import discover
from genesis.host.faults import recorded_troubles
from genesis.service.instance import Instance, find_holder
from genesis.storage.background_tasks import LANES
from genesis.storage.database import Database
from genesis.storage.queue_tables import QueueRow
from genesis.storage.records import open_sessions
from genesis.storage.schedules import due_schedules
from genesis.storage.statements import Statement, table

_ANSWER_SECONDS = 2.0
_MOST_SCHEDULES = 5
_EVER = "9999"
_LANE = table(QueueRow).c.lane
_OPEN_TASKS = Statement(select(func.count()).where(_LANE.startswith(LANES, autoescape=True)))


class Process(TypedDict):
    """The process that runs a home; `memory_bytes` None where the system does not tell."""

    pid: int
    url: str
    link: str | None
    started_at: str
    version: str
    memory_bytes: int | None
    answers: bool


class NextRun(TypedDict):
    """When a schedule is due next."""

    id: str
    goal: str
    next_at: str


class Trouble(TypedDict):
    """A plugin that takes no part, and why."""

    id: str
    state: str
    reason: str


class Status(TypedDict):
    """What `genesis status --json` prints. `problems` says what could not be found out."""

    home: str
    running: bool
    process: Process | None
    sessions_running: int
    sessions_waiting: int
    background_tasks: int
    schedules: list[NextRun]
    plugins: list[Trouble]
    disk_free_bytes: int
    last_backup: str | None
    problems: list[str]


def read_status(home: Home) -> Status:
    """How a home stands; what cannot be read becomes a problem, and the rest is told."""
    holder = find_holder(home)
    instance = holder.instance if holder is not None else None
    status = Status(
        home=str(home.root),
        running=holder is not None,
        process=_process(home, instance) if instance is not None else None,
        sessions_running=0,
        sessions_waiting=0,
        background_tasks=0,
        schedules=[],
        plugins=[],
        disk_free_bytes=shutil.disk_usage(home.root).free,
        last_backup=_last_backup(home),
        problems=[],
    )
    if status["process"] is not None and not status["process"]["answers"]:
        status["problems"].append(f"nothing answers at {status['process']['url'] or 'any port'}")
    if home.database.is_file():
        try:
            _read_database(home, status)
        except GenesisError as error:
            status["problems"].append(str(error))
    return status


def _process(home: Home, instance: Instance) -> Process:
    link, memory = None, None
    with suppress(psutil.Error):
        memory = int(psutil.Process(instance.pid).memory_info().rss)
    if instance.url:
        from genesis.web.token import login_link, read_or_make_token

        at = urlsplit(instance.url)
        host = instance.url.removeprefix("http://").rpartition(":")[0]
        link = login_link(read_or_make_token(home.token), host, at.port or 80)
    return Process(
        pid=instance.pid,
        url=instance.url,
        link=link,
        started_at=instance.started_at,
        version=instance.version,
        memory_bytes=memory,
        answers=_answers(instance.url),
    )


def _answers(url: str) -> bool:
    if not url:
        return False
    at = urlsplit(url)
    connection = http.client.HTTPConnection(at.hostname or "", at.port, timeout=_ANSWER_SECONDS)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _read_database(home: Home, status: Status) -> None:
    database = Database(home.database)
    try:
        with database.read() as connection:
            sessions = open_sessions(connection)
            troubles = recorded_troubles(connection)
        for session in sessions:
            alive = session.owner is not None and is_owner_alive(home, session.owner)
            status["sessions_running" if alive else "sessions_waiting"] += 1
        installed = {candidate.id for candidate in discover()}
        status["plugins"] = [
            Trouble(id=one.id, state=one.state.value, reason=one.reason)
            for one in troubles
            if one.id in installed
        ]
        status["background_tasks"] = int(str(database.fetch(_OPEN_TASKS, {})[0][0]))
        status["schedules"] = [
            NextRun(id=schedule.id, goal=schedule.goal, next_at=schedule.next_at)
            for schedule in due_schedules(database, _EVER, _MOST_SCHEDULES)
            if schedule.next_at is not None
        ]
    finally:
        database.close()


def _last_backup(home: Home) -> str | None:
    times = [path.stat().st_mtime for path in home.backups.glob("*") if path.is_file()]
    return parse_time(datetime.fromtimestamp(max(times), UTC)) if times else None
