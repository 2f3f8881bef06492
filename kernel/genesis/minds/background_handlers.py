"""Handlers of background tasks: found by name, and called so that nothing they do ends a worker."""

from __future__ import annotations

import asyncio
import importlib
import inspect
import json
import logging
import re
from collections.abc import Callable, Iterable
from typing import cast

from pydantic import JsonValue

from genesis.contracts.background import HANDLER_NAME, BackgroundContext, Handler, TaskHandler
from genesis.errors import AttemptCancelledError, PluginError, UsageError
from genesis.minds.json_text import check_values
from genesis.storage.background_tasks import lanes_of

MOST_JSON = 1024 * 1024
_MOST_ERROR = 2000
_log = logging.getLogger("genesis.background")


class Handlers:
    """The handlers that this process knows: those of plugins, and those a program registers."""

    def __init__(self, records: Iterable[TaskHandler] = ()) -> None:
        self._find: dict[str, Callable[[], Handler]] = {}
        for record in records:
            self._find[record.name] = _importer(record)

    def register(self, name: str, function: Handler) -> None:
        """Let this process run the tasks that name this handler. Raises UsageError for a name that
        is taken or cannot be one."""
        require_handler_name(name)
        if name in self._find:
            raise UsageError(f"There is a handler {name!r} already; choose another name.")
        # A new one each time: workers read it at any moment.
        self._find = {**self._find, name: lambda: function}

    def __contains__(self, name: str) -> bool:
        return name in self._find

    def lanes(self) -> list[str]:
        """The lanes of the queue that this process can serve."""
        return [lane for name in self._find for lane in lanes_of(name)]

    def call(self, name: str, context: BackgroundContext) -> JsonValue:
        """Run a handler to its end, in this thread. Raises whatever it raises, and PluginError
        when it cannot be imported."""
        value = self._find[name]()(context)
        return asyncio.run(_awaited(value)) if inspect.isawaitable(value) else value


def require_handler_name(name: str) -> str:
    """The name itself. Raises UsageError when it cannot be that of a handler."""
    if not isinstance(name, str) or len(name) > 64 or not re.fullmatch(HANDLER_NAME, name):
        raise UsageError(
            f"{str(name)[:80]!r} cannot be the name of a handler: give up to 64 small letters and "
            "digits, in parts joined by `.`, `_` or `-`."
        )
    return name


def require_json(value: object, what: str) -> str:
    """A value as JSON text. Raises UsageError for what JSON cannot hold and for more than 1 MiB."""
    try:
        check_values(value)
    except ValueError as error:
        raise UsageError(f"{what} cannot be stored as JSON: {error}.") from None
    text = json.dumps(value)
    if len(text) > MOST_JSON:
        raise UsageError(
            f"{what} takes {len(text):,} bytes as JSON, {MOST_JSON:,} are allowed; put what is "
            "large into a file and name the file."
        )
    return text


def run_handler(
    handlers: Handlers, name: str, context: BackgroundContext
) -> tuple[str | None, str | None, bool]:
    """Call a handler; gives its result as JSON text, or the error and whether to try again.

    Never raises. A result that cannot be stored is an error that another attempt would not cure.
    """
    try:
        value = handlers.call(name, context)
    except AttemptCancelledError as error:
        return None, str(error), True
    except BaseException as error:  # noqa: BLE001 - SystemExit and the like: an error too
        _log.warning("task %s, attempt %d", context.task_id, context.attempt, exc_info=error)
        return None, readable(f"{type(error).__name__}: {error}", _MOST_ERROR), True
    try:
        return require_json(value, f"The result of the handler {name!r}"), None, False
    except UsageError as error:
        return None, readable(str(error), _MOST_ERROR), False


def readable(text: str, at_most: int) -> str:
    """Text that can be stored: the first characters, without halves of surrogate pairs and NUL."""
    cut = text[:at_most].replace("\0", "\\0")
    return cut.encode("utf-8", "backslashreplace").decode("utf-8")


async def _awaited(value: object) -> JsonValue:
    return cast(JsonValue, await value)  # type: ignore[misc]  # only what can be awaited comes here


def _importer(record: TaskHandler) -> Callable[[], Handler]:
    def find() -> Handler:
        module, _, function = record.run.partition(":")
        try:
            return cast(Handler, getattr(importlib.import_module(module), function))
        except (ImportError, AttributeError) as error:
            raise PluginError(
                f"The handler {record.name!r} ({record.run}) cannot be loaded: {error}. "
                "Check that its plugin is installed in this environment."
            ) from error

    return find
