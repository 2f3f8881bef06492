"""What a plugin is: a class that the host constructs with a context of its own."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, ClassVar, Generic, TypeAlias, TypeVar

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection

from genesis.errors import PluginError, UsageError
from genesis.host.dispatch import Dispatcher
from genesis.storage.database import Database

# The host stands below minds, and only passes them on.
if TYPE_CHECKING:
    from genesis.minds.store import MindStore

T = TypeVar("T")
MindsOfHome: TypeAlias = "Callable[[], MindStore]"


def no_minds() -> MindStore:
    """The minds of a host that has no kernel. Raises UsageError."""
    raise UsageError("This program opened a mind without a kernel; plugins have no minds in it.")


class NoSettings(BaseModel):
    """The settings of a plugin that has none: any key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


Settings = TypeVar("Settings", bound=BaseModel)


@dataclass(frozen=True)
class PluginContext(Generic[Settings]):
    """The services that a plugin may use: its settings, its folder, its logger, the database.

    `folder` is the plugin's own place in the home; it exists once the plugin makes it. `hooks`
    calls the hooks that the plugin itself declared.
    """

    id: str
    settings: Settings
    folder: Path
    logger: logging.Logger
    database: Database
    hooks: Dispatcher
    open_minds: MindsOfHome = no_minds

    @property
    def minds(self) -> MindStore:
        """What `Mind.load(gmid, store=context.minds)` takes. Not to be used while plugins load."""
        return self.open_minds()

    def read(self) -> AbstractContextManager[Connection]:
        """A connection for reading; it sees one consistent state."""
        return self.database.read()

    def write(self, operation: Callable[[Connection], T]) -> T:
        """Run statements as one transaction; returns when it is durable."""

        def guarded(connection: Connection) -> T:
            try:
                return operation(connection)
            except (Exception, KeyboardInterrupt):
                raise
            except BaseException as error:
                # Another plugin's thread, or the kernel's, may be the one that commits.
                raise PluginError(f"a write of {self.id!r} raised {error!r}") from error

        return self.database.writer.write(guarded)


class Plugin(Generic[Settings]):
    """Base class of every plugin. An entry point in the group `genesis.plugins` names a subclass.

    `settings_model` validates the table `[plugins.<id>]`. `own_hooks` is a module, or a class of
    static methods, with hooks that the plugin itself declares; their names start with its id and
    an underscore.
    """

    settings_model: ClassVar[type[BaseModel]] = NoSettings
    own_hooks: ClassVar[ModuleType | type | None] = None

    def __init__(self, context: PluginContext[Settings]) -> None:
        self.context = context

    async def start(self) -> None:
        """Begin work; called once, when everything of this plugin is in place."""

    async def stop(self) -> None:
        """End work; called at the end, in reverse order of the starts."""
