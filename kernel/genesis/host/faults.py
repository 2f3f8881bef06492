"""Faults of plugins: recorded, counted, and after too many the plugin is in quarantine."""

from __future__ import annotations

import threading
import time
import traceback
from collections import deque
from dataclasses import dataclass, field

from pydantic import ValidationError
from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from genesis.clock import utc_now
from genesis.contracts.plugins import PluginState, PluginStatus
from genesis.storage.database import Database
from genesis.storage.statements import table
from genesis.storage.work_tables import PluginFaultRow, PluginRow

CONSECUTIVE_LIMIT = 3
RECENT_LIMIT = 5
RECENT_SECONDS = 600.0
_KEPT_FAULTS = 200

_plugins = table(PluginRow)
_faults = table(PluginFaultRow)
_new = upsert(_plugins)
_RECORD_STATE = _new.on_conflict_do_update(
    index_elements=["id"],
    set_={
        name: _new.excluded[name] for name in ("version", "state", "step", "reason", "updated_at")
    },
)


@dataclass
class _Record:
    consecutive: int = 0
    recent: deque[float] = field(default_factory=deque)


class FaultLog:
    """Counts faults in this process and keeps them in the database. Thread-safe."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._records: dict[str, _Record] = {}

    def record(self, plugin: str, hook: str, error: BaseException, duration_ms: float) -> bool:
        """Keep a fault; True when it is one too many: 3 in a row, or 5 within ten minutes."""
        trace = "".join(traceback.format_exception(error)[-8:])
        values = {
            "plugin": plugin,
            "hook": hook,
            "error": describe(error),
            "traceback": trace[-8000:],
            "duration_ms": duration_ms,
            "created_at": utc_now(),
        }
        self._database.writer.write(lambda connection: _keep(connection, values))
        now = time.monotonic()
        with self._lock:
            record = self._records.setdefault(plugin, _Record())
            record.consecutive += 1
            record.recent.append(now)
            while record.recent and record.recent[0] < now - RECENT_SECONDS:
                record.recent.popleft()
            return record.consecutive >= CONSECUTIVE_LIMIT or len(record.recent) >= RECENT_LIMIT

    def clear(self, plugin: str) -> None:
        """Note a success: faults are no longer in a row."""
        record = self._records.get(plugin)
        if record is not None:
            record.consecutive = 0


def describe(error: BaseException) -> str:
    """An exception as one line. What did not fit a record is named by its field, without values."""
    if isinstance(error, ValidationError):
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in (error.title, *first["loc"]))
        return f"{type(error).__name__}: {where}: {first['msg']}"
    text = str(error).strip().splitlines()
    return f"{type(error).__name__}: {text[0]}" if text else type(error).__name__


def record_states(database: Database, statuses: list[PluginStatus]) -> None:
    """Keep the outcome of a start, for `genesis plugins` and `genesis doctor`; most change
    nothing, and write nothing."""
    with database.read() as connection:
        known = {
            row.id: (row.version, row.state, row.step, row.reason)
            for row in connection.execute(select(_plugins))
        }
    now = utc_now()
    rows = [
        {
            "id": status.id,
            "version": status.version,
            "state": status.state,
            "step": status.step,
            "reason": status.reason,
            "updated_at": now,
        }
        for status in statuses
        if known.get(status.id) != (status.version, status.state, status.step, status.reason)
    ]
    if rows:
        database.writer.write(lambda connection: connection.execute(_RECORD_STATE, rows))


def quarantine(connection: Connection, plugin: str, version: str, reason: str) -> None:
    """Keep a plugin of this version in quarantine over restarts."""
    values = {"quarantined_version": version, "quarantine_reason": reason}
    connection.execute(update(_plugins).where(_plugins.c.id == plugin).values(**values))


def quarantined(connection: Connection) -> dict[str, tuple[str, str]]:
    """The plugins in quarantine: id to (version, reason)."""
    rows = connection.execute(select(_plugins).where(_plugins.c.quarantined_version.is_not(None)))
    return {row.id: (row.quarantined_version, row.quarantine_reason) for row in rows}


def recorded_troubles(connection: Connection) -> list[PluginStatus]:
    """The plugins that were in quarantine or failed, at any step, at the last real start."""
    rows = connection.execute(select(_plugins)).all()
    found = []
    for row in rows:
        state, reason = PluginState(row.state), row.reason
        if row.quarantined_version == row.version:
            state, reason = PluginState.QUARANTINED, row.quarantine_reason
        elif state != PluginState.FAILED:
            continue
        found.append(
            PluginStatus(
                id=row.id, distribution="", version=row.version, state=state, step=row.step,
                reason=reason,
            )
        )  # fmt: skip
    return found


def lift_quarantine(connection: Connection, plugin: str) -> bool:
    """Let a plugin take part again from the next start; False when it was not in quarantine."""
    changed = connection.execute(
        update(_plugins)
        .where(_plugins.c.id == plugin, _plugins.c.quarantined_version.is_not(None))
        .values(quarantined_version=None, quarantine_reason=None)
    ).rowcount
    return changed > 0


def _keep(connection: Connection, values: dict[str, object]) -> None:
    row_id = connection.execute(insert(_faults).values(**values)).inserted_primary_key
    if row_id is not None:
        connection.execute(delete(_faults).where(_faults.c.id <= row_id[0] - _KEPT_FAULTS))
