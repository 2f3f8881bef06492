"""`genesis tasks`: look at background tasks, cancel one, carry them out."""

from __future__ import annotations

import signal
import sys
import threading
from typing import TYPE_CHECKING

import click

from genesis.cli.options import home_option, json_option
from genesis.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from pydantic import JsonValue

    from genesis.contracts.background import BackgroundTask, TaskStatus
    from genesis.contracts.events import Event
    from genesis.minds.background import BackgroundTasks
    from genesis.minds.background_handlers import Handlers
    from genesis.minds.background_runner import BackgroundRunner
    from genesis.minds.store import MindStore

_LOOK_SECONDS = 0.2
_DRAIN_SECONDS = 10.0
_MOST_READ = 1000


@click.group()
def tasks() -> None:
    """Look at background tasks, cancel one, carry them out."""


@tasks.command("list")
@click.argument("mind", required=False)
@click.option(
    "--status", help="Only pending, running, retrying, completed, failed or cancelled ones."
)
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, _MOST_READ))
@home_option
@json_option
def list_command(
    mind: str | None, status: str | None, limit: int, home: str | None, *, as_json: bool
) -> None:
    """List the tasks of a mind, or of all minds, newest first.

    Of each mind, all open tasks and the last 1,000 that ended are looked at.
    """
    from dataclasses import asdict

    from genesis.cli.lines import local_time, one_line
    from genesis.cli.opening import open_store
    from genesis.cli.report import print_json

    wanted = _status(status)
    found = [task for task in _tasks(open_store(home), mind) if wanted in (None, task.status)]
    found = sorted(found, key=lambda task: (task.created_at, task.task_id), reverse=True)[:limit]
    if as_json:
        print_json([asdict(task) for task in found])
        return
    for task in found:
        state = f"{task.status:<9} {task.progress:>4.0%}  {local_time(task.created_at)}"
        request = one_line(task.user_request)
        click.echo(f"{task.task_id}  {state}  {task.mind_gmid:<18}  {request}")
    if not found:
        click.echo("No tasks.", err=True)


@tasks.command("show")
@click.argument("task_id", metavar="ID")
@home_option
@json_option
def show_command(task_id: str, home: str | None, *, as_json: bool) -> None:
    """Show one task: its state, its result or error, and what it waits for."""
    from dataclasses import asdict

    from genesis.cli.lines import print_facts
    from genesis.cli.opening import open_store
    from genesis.cli.report import print_json

    store = open_store(home)
    # What it waits for can only be told by who knows the handlers.
    _, task = _find(store, task_id, store.handlers)
    if as_json:
        print_json(asdict(task))
    else:
        print_facts(_facts(task))


def _facts(task: BackgroundTask) -> dict[str, str | None]:
    import json

    from genesis.cli.lines import local_time

    def shown(value: JsonValue) -> str | None:
        return json.dumps(value, ensure_ascii=False) if value else None

    progress = f"{task.progress:.0%} {task.progress_message or ''}"
    asked = " (asked to cancel)" if task.cancel_requested and not task.status.is_final else ""
    return {
        "task": task.task_id,
        "status": f"{task.status}{asked}",
        "waits for": task.waiting_for,
        "request": task.user_request,
        "mind": task.mind_gmid,
        "user": task.user_email,
        "handler": task.handler,
        "priority": str(task.priority) if task.priority else None,
        "progress": progress,
        "accepted": local_time(task.created_at),
        "begins at": local_time(task.run_at),
        "started": local_time(task.started_at),
        "ended": local_time(task.completed_at),
        "retries": f"{task.retry_count} of at most {task.max_retries}",
        "error": task.error,
        "result": shown(task.result),
        "context": shown(task.context),
        "files": shown([*task.attachments]),
        "metadata": shown(task.metadata),
    }


@tasks.command("cancel")
@click.argument("task_id", metavar="ID")
@home_option
def cancel_command(task_id: str, home: str | None) -> None:
    """Cancel a task, also one that another process carries out.

    One that runs ends when it next reports progress.
    """
    from genesis.cli.opening import open_store

    store = open_store(home)
    of_mind, task = _find(store, task_id)
    if not of_mind.cancel(task_id):
        raise UsageError(f"{task_id} is {task.status} already.")
    now = of_mind.get_task(task_id)
    if now is not None and now.status.is_final:
        click.echo(f"{task_id}: {now.status}.")
    else:
        click.echo(f"{task_id}: the process that carries it out was asked to cancel it.")


@tasks.command("work")
@click.option("--until-idle", is_flag=True, help="End when nothing is left that is due.")
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    metavar="N",
    help="How many tasks at a time. Default: `workers` of the settings.",
)
@home_option
def work_command(workers: int | None, home: str | None, *, until_idle: bool) -> None:
    """Carry out the background tasks of all minds, until Ctrl-C or SIGTERM.

    Prints a line for each task of the home that ends meanwhile. What runs at the end has 10
    seconds to finish; then it waits for another process. Several may work at the same time.

    Ends with 0; with --until-idle, 1 when a task failed for good.
    """
    from genesis.cli.opening import open_store

    def on_terminate(_signal: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, on_terminate)
    store = open_store(home)
    runner = store.background_runner(workers)
    failed = _work(store, runner, until_idle=until_idle)
    if until_idle:
        _tell_waiting(store)
        if failed:
            sys.exit(1)


def _work(store: MindStore, runner: BackgroundRunner, *, until_idle: bool) -> bool:
    """Run until idle or interrupted, and tell of what ends; gives whether a task failed."""
    endings = _Endings(store)
    done = threading.Event()
    failure: list[BaseException] = []

    def run() -> None:
        try:
            runner.run_until_idle()
        except BaseException as error:  # noqa: BLE001 - raised again in the main thread
            failure.append(error)
        finally:
            done.set()

    # All of it inside: a second Ctrl-C may come at any moment after the first.
    try:
        try:
            click.echo("Working on background tasks. Ctrl-C ends it.", err=True)
            if until_idle:
                threading.Thread(target=run, name="genesis tasks", daemon=True).start()
            else:
                runner.start()
            while not done.wait(_LOOK_SECONDS):
                endings.tell()
        except KeyboardInterrupt:
            click.echo(
                "Ending; what runs has 10 seconds. Ctrl-C again gives it back now.", err=True
            )
        runner.stop(_DRAIN_SECONDS)
    except KeyboardInterrupt:
        runner.stop(0)
    endings.tell()
    if failure:
        raise failure[0]
    return endings.failed


class _Endings:
    """What the event log says of tasks that end or are tried again; `failed`: one has for good."""

    def __init__(self, store: MindStore) -> None:
        from sqlalchemy import func, select

        from genesis.storage.event_tables import EventRow
        from genesis.storage.statements import table

        self._database = store.database
        self.failed = False
        with self._database.read() as connection:
            newest = connection.execute(select(func.max(table(EventRow).c.id))).scalar()
        self._seen = int(newest or 0)

    def tell(self) -> None:
        """Print what happened since the last time."""
        from genesis.storage.events import events_after

        while True:
            with self._database.read() as connection:
                events = events_after(connection, self._seen, _MOST_READ)
            for event in events:
                self._seen = event.id
                if event.type in ("background_task.finished", "background_task.retrying"):
                    self._print(event)
            if len(events) < _MOST_READ:
                return

    def _print(self, event: Event) -> None:
        from genesis.cli.lines import one_line
        from genesis.minds.background import BackgroundTasks

        status = str(event.payload.get("status", "retrying"))
        self.failed = self.failed or status == "failed"
        task = BackgroundTasks(str(event.payload["mind"]), self._database).get_task(event.subject)
        about = "" if task is None else task.user_request
        why = f" [{task.error}]" if task is not None and task.error else ""
        click.echo(f"{event.subject}  {status:<9}  {one_line(about + why)}")


def _tell_waiting(store: MindStore) -> None:
    """Name the handlers that open tasks wait for and this process does not know."""
    left = (t for of_mind in _all_minds(store) for t in of_mind.get_active_tasks(_MOST_READ))
    for handler in sorted({task.handler for task in left if task.handler not in store.handlers}):
        click.echo(f"No active plugin has the handler {handler!r}; its tasks wait.", err=True)


def _tasks(store: MindStore, mind: str | None) -> Iterator[BackgroundTask]:
    for of_mind in _all_minds(store) if mind is None else [_of_mind(store, mind)]:
        yield from of_mind.get_active_tasks(_MOST_READ)
        yield from of_mind.get_completed_tasks(_MOST_READ)


def _all_minds(store: MindStore, handlers: Handlers | None = None) -> list[BackgroundTasks]:
    from genesis.minds.background import BackgroundTasks
    from genesis.storage.minds import list_minds

    return [
        BackgroundTasks(mind.gmid, store.database, handlers=handlers)
        for mind in list_minds(store.database)
    ]


def _of_mind(store: MindStore, which: str) -> BackgroundTasks:
    from genesis.mind import Mind

    return Mind.load(which, store=store).background


def _find(
    store: MindStore, task_id: str, handlers: Handlers | None = None
) -> tuple[BackgroundTasks, BackgroundTask]:
    for of_mind in _all_minds(store, handlers):
        task = of_mind.get_task(task_id)
        if task is not None:
            return of_mind, task
    raise UsageError(f"There is no task {task_id!r}. `genesis tasks list` shows those there are.")


def _status(name: str | None) -> TaskStatus | None:
    from genesis.contracts.background import TaskStatus

    try:
        return None if name is None else TaskStatus(name)
    except ValueError:
        known = ", ".join(TaskStatus)
        raise UsageError(f"{name!r} is no status of a task; give one of {known}.") from None
