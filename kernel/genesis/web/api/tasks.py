"""Tasks of sessions."""

from __future__ import annotations

from genesis.contracts.web import AnyEndpoint, Call, Endpoint, NoInput
from genesis.contracts.work import Phase, Priority, Status, TaskResult
from genesis.errors import NotFoundError
from genesis.storage.work_reads import TASK_DETAILS, TASKS
from genesis.web.api.fields import RECORD_ID, Answer, Page, PageQuery, RecordId
from genesis.web.services import Services


class Task(Answer):
    """One specialist's piece of work; `agent_id` is the specialist. Seconds, 0 to 1."""

    id: str
    session_id: str
    agent_id: str
    key: str
    kind: str
    description: str
    status: Status
    priority: Priority
    phase: Phase
    attempt: int
    retry_count: int
    progress: float
    llm_used: str | None
    created_at: str
    started_at: str | None
    completed_at: str | None
    duration_seconds: float | None
    error_message: str | None


class TaskDetail(Task):
    """A task with what came of it, null until an attempt gave a result."""

    result: TaskResult | None


class TasksQuery(PageQuery):
    """Which tasks."""

    session: RecordId | None = None
    agent: RecordId | None = None
    status: Status | None = None


def task_endpoints(services: Services) -> tuple[AnyEndpoint, ...]:
    """The endpoints of tasks."""
    database = services.kernel.database

    def list_tasks(call: Call[TasksQuery, NoInput]) -> object:
        query = call.query
        return TASKS.page(
            database, query.limit, query.cursor, session_id=query.session, agent_id=query.agent,
            status=query.status,
        )  # fmt: skip

    def show_task(call: Call[NoInput, NoInput]) -> object:
        found = TASK_DETAILS.find(database, call.path["id"])
        if found is None:
            raise NotFoundError(f"There is no task {call.path['id']!r}. `/api/tasks` lists them.")
        return found

    return (
        Endpoint("GET", "/tasks", "List tasks, newest session first", list_tasks, Page[Task],
                 TasksQuery),
        Endpoint("GET", "/tasks/{id}", "Show a task with its result", show_task, TaskDetail,
                 problems=(404,), path_patterns={"id": RECORD_ID}),
    )  # fmt: skip
