"""Retention that runs by itself: a background task for each mind that has a rule, once a day."""

from __future__ import annotations

from pathlib import Path

from pydantic import JsonValue

from genesis.clock import utc_after
from genesis.contracts.background import BackgroundContext, Handler
from genesis.minds.background import BackgroundTasks
from genesis.minds.mind_file import read_mind_file
from genesis.minds.retention import RetentionPolicy, prune, retention_of
from genesis.storage.database import Database

RETENTION = "genesis.retention"
_DAY_SECONDS = 86_400


def schedule_retention(gmid: str, database: Database, policy: RetentionPolicy) -> None:
    """See that a mind with a rule has its task; one that has no rule needs none."""
    if not policy.is_set:
        return
    tasks = BackgroundTasks(gmid, database)
    if not any(task.handler == RETENTION for task in tasks.get_active_tasks()):
        tasks.submit("Delete messages that are not to be kept", handler=RETENTION)


def retention_handler(minds: Path, database: Database) -> Handler:
    """What carries such a task out, and gives the mind its next one. Reads the rule anew."""

    def handle(context: BackgroundContext, /) -> JsonValue:
        gmid = context.mind_gmid
        policy = retention_of(read_mind_file(minds / f"{gmid}.json"))
        deleted = prune(database, gmid, policy)
        tasks = BackgroundTasks(gmid, database)
        # A repeated attempt may have made the next one already.
        others = (t for t in tasks.get_active_tasks() if t.task_id != context.task_id)
        if not any(task.handler == RETENTION for task in others):
            tasks.submit(context.user_request, handler=RETENTION, run_at=utc_after(_DAY_SECONDS))
        return {"deleted": deleted}

    return handle
