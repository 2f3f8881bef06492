"""What the API reads of work beyond pages of one table: tasks of a session, figures of models."""

from __future__ import annotations

from pydantic import JsonValue

from genesis.storage.database import Database
from genesis.storage.listing import JsonRow, Listing, as_json_or_none
from genesis.storage.statements import Statement
from genesis.storage.work_tables import TaskRow

TASK_COLUMNS = (
    "id", "session_id", "agent_id", "key", "kind", "description", "status", "priority", "phase",
    "attempt", "retry_count", "progress", "llm_used", "created_at", "started_at", "completed_at",
    "duration_seconds", "error_message",
)  # fmt: skip
TASKS = Listing(TaskRow, TASK_COLUMNS, newest=True)
TASK_DETAILS = Listing(TaskRow, (*TASK_COLUMNS, "result"), read={"result": as_json_or_none})
_ACTIVE = (
    "id", "team_id", "team_name", "status", "target_repo", "branch_name", "agent_count",
    "task_count", "started_at",
)  # fmt: skip
_ACTIVE_SESSIONS = Statement(
    f"SELECT {', '.join(_ACTIVE)} FROM v_active_sessions "  # noqa: S608 - names of columns
    "WHERE :after IS NULL OR id < :after ORDER BY id DESC LIMIT :at_most"
)
_TASKS_OF = Statement(
    f"SELECT {', '.join((*TASK_COLUMNS, 'result'))} FROM tasks "  # noqa: S608 - as above
    "WHERE session_id = :session ORDER BY created_at, position"
)
_AGENTS_OF = Statement("SELECT DISTINCT agent_id FROM tasks WHERE session_id = :session")
_LAST_OF_REPOSITORY = Statement(
    "SELECT id FROM sessions WHERE repository_id = :repository ORDER BY id DESC LIMIT 1"
)
_USAGE = Statement("""
SELECT date(t.completed_at) AS day,
    coalesce(t.llm_used, json_extract(t.result, '$.facts.llm')) AS model,
    count(*), coalesce(sum(json_extract(t.result, '$.facts.input_tokens')), 0),
    coalesce(sum(json_extract(t.result, '$.facts.output_tokens')), 0),
    coalesce(sum(json_extract(t.result, '$.facts.cost_usd')), 0.0),
    coalesce(sum(t.duration_seconds), 0.0)
FROM (SELECT id FROM sessions WHERE started_at >= :since ORDER BY started_at DESC LIMIT :at_most)
    AS s JOIN tasks AS t ON t.session_id = s.id
WHERE t.completed_at IS NOT NULL AND model IS NOT NULL
GROUP BY day, model ORDER BY day DESC, model
""")
_SESSIONS_SINCE = Statement(
    "SELECT count(*) FROM (SELECT 1 FROM sessions WHERE started_at >= :since LIMIT :at_most)"
)
_USAGE_COLUMNS = (
    "day", "model", "tasks", "input_tokens", "output_tokens", "cost_usd", "duration_seconds",
)  # fmt: skip
MOST_SESSIONS = 1000


def active_sessions(database: Database, limit: int, after: str | None) -> dict[str, JsonValue]:
    """A page of the sessions that have not ended, newest first."""
    rows = database.fetch(_ACTIVE_SESSIONS, {"after": after, "at_most": limit + 1})
    items: list[JsonValue] = [dict(zip(_ACTIVE, row, strict=True)) for row in rows[:limit]]  # type: ignore[arg-type]  # no bytes
    return {"items": items, "next": str(rows[limit - 1][0]) if len(rows) > limit else None}


def tasks_of(database: Database, session_id: str) -> list[JsonRow]:
    """The tasks of a session with their results, in the order of the plan; at most 1,001."""
    return [TASK_DETAILS.row(row) for row in database.fetch(_TASKS_OF, {"session": session_id})]


def agents_of(database: Database, session_id: str) -> list[str]:
    """The agents that have a task in a session."""
    rows = database.fetch(_AGENTS_OF, {"session": session_id})
    return sorted(str(agent) for (agent,) in rows)


def last_session_of(database: Database, repository_id: str) -> str | None:
    """The id of the newest session on a repository."""
    rows = database.fetch(_LAST_OF_REPOSITORY, {"repository": repository_id})
    return str(rows[0][0]) if rows else None


def model_usage(database: Database, since: str) -> tuple[list[JsonRow], bool]:
    """What tasks used of models, by UTC day and model, newest day first; and whether that is of
    all sessions since then, not only of the newest MOST_SESSIONS.

    A task names its model in `llm_used` or in its result's facts as `llm`, beside the facts
    `input_tokens`, `output_tokens` and `cost_usd`.
    """
    ((count,),) = database.fetch(_SESSIONS_SINCE, {"since": since, "at_most": MOST_SESSIONS + 1})
    rows = database.fetch(_USAGE, {"since": since, "at_most": MOST_SESSIONS})
    used: list[JsonRow] = [dict(zip(_USAGE_COLUMNS, row, strict=True)) for row in rows]  # type: ignore[arg-type]  # no bytes
    return used, int(count or 0) <= MOST_SESSIONS
