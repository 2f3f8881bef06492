"""What a plugin is: a class that the host constructs with a context of its own."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, ClassVar, Generic, TypeAlias, TypeVar

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection

from genesis.contracts.events import Event, NewEvent
from genesis.errors import PluginError, UsageError
from genesis.host.dispatch import Dispatcher
from genesis.storage import events
from genesis.storage.database import Database

# The host stands below minds, and only passes them on.
if TYPE_CHECKING:
    from genesis.minds.store import MindStore

T = TypeVar("T")
MindsOfHome: TypeAlias = "Callable[[], MindStore]"
# Under this key a connection keeps, during an operation, that it wrote events.
_TELLS = "genesis.tells"


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
    on_events: Callable[[], None] = lambda: None

    @property
    def minds(self) -> MindStore:
        """What `Mind.load(gmid, store=context.minds)` takes. Not to be used while plugins load."""
        return self.open_minds()

    def read(self) -> AbstractContextManager[Connection]:
        """A connection for reading; it sees one consistent state."""
        return self.database.read()

    def write(self, operation: Callable[[Connection], T]) -> T:
        """Run statements as one transaction; returns when it is durable.

        The operation may be run a second time, on its own, so it does nothing but execute
        statements. Raises what it raised, or StorageError.
        """

        def guarded(connection: Connection) -> tuple[T, bool]:
            connection.info.pop(_TELLS, None)
            try:
                return operation(connection), _TELLS in connection.info
            except (Exception, KeyboardInterrupt):
                raise
            except BaseException as error:
                # Another plugin's thread, or the kernel's, may be the one that commits.
                raise PluginError(f"a write of {self.id!r} raised {error!r}") from error

        value, tells = self.database.writer.write(guarded)
        if tells:
            self.on_events()
        return value

    def events_after(self, event_id: int, at_most: int = 1000) -> list[Event]:
        """The events of the log that follow an id (0: from the first), oldest first."""
        with self.database.read() as connection:
            return events.events_after(connection, event_id, at_most)

    def append_events(self, connection: Connection, new: Sequence[NewEvent]) -> None:
        """Write events along with the other statements of an operation of `write`; once that is
        durable they are delivered to every plugin that listens, this one too."""
        events.append_events(connection, new)
        connection.info[_TELLS] = True


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
