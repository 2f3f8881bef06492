"""What came of an attempt, as it is written when its task ends."""

from __future__ import annotations

import pytest
from genesis.contracts.executors import AttemptUpdate
from genesis.contracts.work import TaskResult
from genesis.sessions.attempts import ending_of
from genesis.storage import sessions
from genesis.storage.database import Database
from genesis.storage.events import events_after
from pydantic import JsonValue

from tests.storage.work import Work, planned


@pytest.mark.parametrize(
    ("fact", "told"),
    [
        (0.25, 0.25), (0, 0.0), (3, 3.0), (-1, None), (10**400, None), (float("nan"), None),
        (float("inf"), None), (True, None), ("0.25", None), (None, None), ([1], None),
    ],
)  # fmt: skip
def test_the_event_tells_what_models_cost_where_a_fact_is_an_amount(
    database: Database, fact: JsonValue, told: float | None
) -> None:
    work = Work(database)
    work.session("s", planned("a"))
    work.open_gates("s")
    (task,) = work.claim("s")
    result = TaskResult(summary="done", facts={"cost_usd": fact, "tokens": 7})
    update = AttemptUpdate(task_id=task.lease.item, attempt=1, ended="completed", result=result)
    ending = ending_of(task, update, 1.5)
    work.write(lambda c: sessions.settle(c, [ending], {}))
    with database.read() as connection:
        (event,) = [e for e in events_after(connection, 0) if e.type == "task.finished"]
    expected: dict[str, JsonValue] = {
        "specialist": "alpha", "kind": "work", "status": "completed", "attempt": 1,
        "duration_seconds": 1.5, "findings": 0,
    }  # fmt: skip
    assert event.payload == (expected if told is None else {**expected, "cost_usd": told})
