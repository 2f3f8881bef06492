"""What a mind was given to do."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, JsonValue

from genesis.contracts.background import HANDLER_NAME, BackgroundTask
from genesis.contracts.web import AnyEndpoint, Call, Endpoint, NoInput
from genesis.errors import ConflictError, NotFoundError
from genesis.minds.background import BackgroundTasks
from genesis.storage.background_pages import page_ended_tasks, page_open_tasks
from genesis.web.api.fields import RECORD_ID, WHOLE, Input, Limit, Moment, Name, Page, Text
from genesis.web.api.minds import ONE_MIND, MindRoutes
from genesis.web.services import Services

_PLACE = r"^([0-9TZ:.-]{20,32}~)?[0-9A-Za-z][^/\\\x00-\x1f\x7f]{0,199}$"


class GivenQuery(Input):
    """Which tasks: open ones, oldest first, or those that ended, the last first."""

    state: Literal["open", "ended"] = "open"
    limit: Limit = 50
    cursor: Annotated[str, Field(pattern=_PLACE)] | None = None


class NewTask(Input):
    """Something to be done by a handler, at once or from `run_at` on."""

    user_request: Text
    user_email: Name | None = None
    handler: Annotated[str, Field(pattern=HANDLER_NAME, max_length=64)] = "request"
    context: dict[str, JsonValue] = Field(default_factory=dict)
    priority: Annotated[int, Field(ge=-1000, le=1000), WHOLE] = 0
    run_at: Moment | None = None
    max_retries: Annotated[int, Field(ge=0, le=100), WHOLE] = 2
    notify_on_complete: bool = True


class BackgroundRoutes:
    """The endpoints of background tasks."""

    def __init__(self, services: Services, minds: MindRoutes) -> None:
        self._kernel = services.kernel
        self._minds = minds

    def endpoints(self) -> tuple[AnyEndpoint, ...]:
        """All of them."""
        path, one = "/minds/{gmid}/tasks", {**ONE_MIND, "id": RECORD_ID}
        return (
            Endpoint("GET", path, "List background tasks", self.page, Page[BackgroundTask],
                     GivenQuery, problems=(404,), path_patterns=ONE_MIND),
            Endpoint("POST", path, "Give a background task", self.create, BackgroundTask,
                     body=NewTask, status=201, problems=(404,), creates=True,
                     path_patterns=ONE_MIND, location="/api/minds/{mind_gmid}/tasks/{task_id}"),
            Endpoint("GET", f"{path}/{{id}}", "Show a background task", self.show, BackgroundTask,
                     problems=(404,), path_patterns=one),
            Endpoint("POST", f"{path}/{{id}}/cancel", "Cancel a background task", self.cancel,
                     BackgroundTask, problems=(404, 409), path_patterns=one),
        )  # fmt: skip

    def page(self, call: Call[GivenQuery, NoInput]) -> object:
        """A page."""
        query, gmid = call.query, call.path["gmid"]
        self._minds.find(gmid)
        time, _, last = (query.cursor or "").rpartition("~")
        database, most = self._kernel.database, query.limit + 1
        if query.state == "open":
            found = page_open_tasks(database, gmid, most, last)
        else:
            after = (time or "~", last)
            found = page_ended_tasks(database, gmid, most, after)
        following = None
        if len(found) > query.limit:
            last_task = found[query.limit - 1]
            ended = last_task.completed_at
            following = f"{ended}~{last_task.task_id}" if ended else last_task.task_id
        return {"items": found[: query.limit], "next": following}

    def create(self, call: Call[NoInput, NewTask]) -> object:
        """Accept one; it is durable."""
        given = self._of(call.path["gmid"]).submit(**call.body.model_dump())
        self._kernel.delivery.wake()
        return given

    def show(self, call: Call[NoInput, NoInput]) -> object:
        """One."""
        return self._find(call.path["gmid"], call.path["id"])

    def cancel(self, call: Call[NoInput, NoInput]) -> object:
        """Cancel one that waits, or ask the one that runs."""
        gmid, task_id = call.path["gmid"], call.path["id"]
        if not self._of(gmid).cancel(task_id):
            found = self._find(gmid, task_id)
            raise ConflictError(f"{task_id} is {found.status} already.")
        self._kernel.delivery.wake()
        return self._find(gmid, task_id)

    def _of(self, gmid: str) -> BackgroundTasks:
        self._minds.find(gmid)
        store = self._kernel.minds
        return BackgroundTasks(gmid, store.database, wake=store.wake_background)

    def _find(self, gmid: str, task_id: str) -> BackgroundTask:
        found = self._of(gmid).get_task(task_id)
        if found is None:
            raise NotFoundError(f"This mind has no background task {task_id!r}.")
        return found
