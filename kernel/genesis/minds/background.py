"""Background tasks of a mind: given now, done later, by whichever process knows the handler."""

from __future__ import annotations

import asyncio
import os
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from pydantic import JsonValue

from genesis.clock import utc_after, utc_now
from genesis.contracts.background import BackgroundTask, TaskStatus
from genesis.errors import UsageError
from genesis.minds.background_handlers import Handlers, require_handler_name, require_json
from genesis.minds.text import require_limit, require_number, require_text, require_time
from genesis.storage import background_tasks as tasks
from genesis.storage.database import Database

MOST_CHARACTERS = 1_000_000
MOST_EMAIL = 320
_MOST_RETRIES = 100
_MOST_PRIORITY = 1000
_PRUNED_AT_ONCE = 1000

Attachment = Mapping[str, JsonValue] | str | os.PathLike[str]


class BackgroundTasks:
    """The background tasks of one mind. Thread-safe.

    `handlers` are those that run in this process, so that a task can say that it waits for
    another; `wake` is called when a task was submitted, to wake a runner in this process.
    """

    def __init__(
        self,
        mind_gmid: str,
        database: Database,
        *,
        handlers: Handlers | None = None,
        wake: Callable[[], None] = lambda: None,
    ) -> None:
        self._mind = mind_gmid
        self._database = database
        self._handlers = handlers
        self._wake = wake

    async def execute_task(
        self,
        user_request: str,
        user_email: str | None = None,
        uploaded_files: Sequence[Attachment] | None = None,
        context: Mapping[str, JsonValue] | None = None,
        notify_on_complete: bool = True,
        task_metadata: Mapping[str, JsonValue] | None = None,
        *,
        handler: str = "request",
        priority: int = 0,
        run_at: str | datetime | None = None,
        max_retries: int = 2,
    ) -> BackgroundTask:
        """`submit`, without blocking the event loop."""
        return await asyncio.to_thread(
            self.submit,
            user_request,
            user_email,
            uploaded_files,
            context,
            notify_on_complete,
            task_metadata,
            handler=handler,
            priority=priority,
            run_at=run_at,
            max_retries=max_retries,
        )

    def submit(
        self,
        user_request: str,
        user_email: str | None = None,
        uploaded_files: Sequence[Attachment] | None = None,
        context: Mapping[str, JsonValue] | None = None,
        notify_on_complete: bool = True,
        task_metadata: Mapping[str, JsonValue] | None = None,
        *,
        handler: str = "request",
        priority: int = 0,
        run_at: str | datetime | None = None,
        max_retries: int = 2,
    ) -> BackgroundTask:
        """Accept a task; it is durable when this returns, and is done by a process that runs tasks.

        A file is a path, kept as `name`, `path` and `size` (its content is not copied), or a dict.
        A higher priority goes first. `run_at` is a datetime or ISO 8601 text; without an offset it
        is local time. `max_retries=2` means up to three attempts. Raises UsageError for what
        cannot be stored.
        """
        email = None
        if user_email is not None:
            email = require_text(user_email, "The email of the user", MOST_EMAIL)
        row = tasks.new_row(
            {
                "task_id": _new_id(),
                "mind_gmid": self._mind,
                "user_email": email,
                "user_request": require_text(user_request, "The request", MOST_CHARACTERS),
                "handler": require_handler_name(handler),
                "priority": _whole(priority, "priority", -_MOST_PRIORITY, _MOST_PRIORITY),
                "run_at": None if run_at is None else require_time(run_at, "run_at"),
                "created_at": utc_now(),
                "max_retries": _whole(max_retries, "max_retries", 0, _MOST_RETRIES),
                "notify_on_complete": bool(notify_on_complete),
                "context": _object(context, "context"),
                "attachments": _describe(uploaded_files),
                "extra_data": _object(task_metadata, "task_metadata"),
            }
        )
        self._database.writer.write(lambda connection: tasks.accept_task(connection, row))
        self._wake()
        return self._seen(tasks.task_of(tasks.in_order(row)))

    def get_task(self, task_id: str) -> BackgroundTask | None:
        """One task of this mind, open or ended; None if there is none."""
        found = tasks.read_task(self._database, self._mind, task_id)
        return None if found is None else self._seen(found)

    def get_active_tasks(self, limit: int = 1000) -> list[BackgroundTask]:
        """The tasks that have not ended, oldest first."""
        limit = require_limit(limit)
        return [self._seen(t) for t in tasks.read_open_tasks(self._database, self._mind, limit)]

    def get_completed_tasks(self, limit: int = 10) -> list[BackgroundTask]:
        """The tasks that ended, whether completed, failed or cancelled; the last to end first."""
        return tasks.read_ended_tasks(self._database, self._mind, require_limit(limit))

    def get_tasks_for_user(self, email: str, limit: int = 50) -> list[BackgroundTask]:
        """The tasks that a user gave, newest first."""
        limit = require_limit(limit)
        found = tasks.read_tasks_of_user(self._database, self._mind, email, limit)
        return [self._seen(task) for task in found]

    def cancel(self, task_id: str) -> bool:
        """Cancel a task; gives whether it was open.

        One that waits is cancelled when this returns. One that runs ends at its next report of
        progress; if it ends by itself before that, its result counts.
        """
        mind = self._mind
        return self._database.writer.write(lambda c: tasks.ask_to_cancel(c, mind, task_id))

    def prune(self, older_than_days: float) -> int:
        """Delete the tasks that ended that long ago; gives how many. Open ones stay."""
        days = require_number(older_than_days, "older_than_days", 0, 100_000)
        before, mind = utc_after(-days * 86_400), self._mind
        deleted = 0
        while True:
            count = self._database.writer.write(
                lambda c: tasks.prune_tasks(c, mind, before, _PRUNED_AT_ONCE)
            )
            deleted += count
            if count < _PRUNED_AT_ONCE:
                return deleted

    def _seen(self, task: BackgroundTask) -> BackgroundTask:
        """The task with the reason why it waits."""
        if task.status not in (TaskStatus.PENDING, TaskStatus.RETRYING):
            return task
        if self._handlers is not None and task.handler not in self._handlers:
            why = f"a process that knows the handler {task.handler!r}; this one does not"
        elif task.run_at is not None and task.run_at > utc_now():
            why = f"its time, {task.run_at}"
        else:
            return task
        return replace(task, waiting_for=why)


def _new_id() -> str:
    """An id that sorts by time, so that a large table grows at its end."""
    return f"task-{time.time_ns() // 1000:014x}-{secrets.token_hex(4)}"


def _object(value: Mapping[str, JsonValue] | None, what: str) -> str:
    if value is None:
        return "{}"
    if not isinstance(value, Mapping):
        raise UsageError(f"{what} is {type(value).__name__}; give a dict.")
    return require_json(dict(value), what)


def _whole(value: object, what: str, least: int, most: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise UsageError(f"{what} is {value!r:.60}; give a whole number from {least} to {most}.")
    return value


def _describe(files: Sequence[Attachment] | None) -> str:
    if files is None:
        return "[]"
    if isinstance(files, (str, bytes)) or not isinstance(files, Sequence):
        raise UsageError(
            f"uploaded_files is {type(files).__name__}; give a list of paths or dicts."
        )
    described = [_description(file, place) for place, file in enumerate(files)]
    return require_json(described, "uploaded_files")


def _description(file: Attachment, place: int) -> dict[str, JsonValue]:
    if isinstance(file, Mapping):
        return dict(file)
    if not isinstance(file, (str, os.PathLike)):
        kind = type(file).__name__  # type: ignore[unreachable]  # what the types forbid
        raise UsageError(f"uploaded_files[{place}] is {kind}; give a path or a dict.")
    path = Path(file).absolute()
    try:
        return {"name": path.name, "path": str(path), "size": path.stat().st_size}
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise UsageError(
            f"uploaded_files[{place}] names {str(path)!r:.300}, which cannot be read: {why}. "
            "Give the path of a file that this process can read."
        ) from None
