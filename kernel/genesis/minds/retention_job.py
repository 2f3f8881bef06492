"""Retention that runs by itself: a background task for each mind that has a rule, once a day."""

from __future__ import annotations

from pathlib import Path

from pydantic import JsonValue

from genesis.clock import utc_after
from genesis.contracts.background import BackgroundContext, Handler
from genesis.minds.background import BackgroundTasks
from genesis.minds.finding import file_of
from genesis.minds.mind_file import read_mind_file
from genesis.minds.retention import RetentionPolicy, prune, retention_of
from genesis.storage.database import Database
from genesis.storage.minds import find_minds
from genesis.storage.pruning import open_tasks

RETENTION = "genesis.retention"
_DAY_SECONDS = 86_400


def schedule_retention(gmid: str, database: Database, policy: RetentionPolicy) -> None:
    """See that a mind with a rule has its task; one that has no rule needs none."""
    if not policy.is_set:
        return
    if not open_tasks(database, gmid, RETENTION):
        request = "Delete messages that are not to be kept"
        BackgroundTasks(gmid, database).submit(request, handler=RETENTION)


def retention_handler(minds: Path, database: Database) -> Handler:
    """What carries such a task out, and gives the mind its next one. Reads the rule anew."""

    def handle(context: BackgroundContext, /) -> JsonValue:
        gmid = context.mind_gmid
        (mind,) = find_minds(database, gmid)
        policy = retention_of(read_mind_file(file_of(minds, mind)))
        if not policy.is_set:
            return {"deleted": 0}
        deleted = prune(database, gmid, policy)
        # A repeated attempt may have made the next one already.
        if set(open_tasks(database, gmid, RETENTION)) <= {context.task_id}:
            tasks, moment = BackgroundTasks(gmid, database), utc_after(_DAY_SECONDS)
            tasks.submit(context.user_request, handler=RETENTION, run_at=moment)
        return {"deleted": deleted}

    return handle
