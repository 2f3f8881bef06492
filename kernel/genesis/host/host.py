"""The plugin host: takes all selected plugins through a start, and through a stop.

Nothing here is global: two hosts can live in one process.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import pluggy

from genesis import hookspecs
from genesis.contracts.plugins import PluginState, PluginStatus, Tables
from genesis.errors import PluginError
from genesis.host import faults
from genesis.host.conflicts import refuse_conflicts
from genesis.host.dispatch import Dispatcher, Limits
from genesis.host.hooks import PROJECT
from genesis.host.loaded import LoadedPlugin
from genesis.host.loading import Loader, StepLimits
from genesis.host.ownership import migrate_plugin
from genesis.host.plugin import MindsOfHome, no_minds
from genesis.host.selection import Selection, requirement_names
from genesis.storage.database import Database

T = TypeVar("T")
_log = logging.getLogger("genesis.host")


class PluginHost:
    """The plugins of one kernel: their states, their records, and the calls into them."""

    def __init__(
        self,
        database: Database,
        tables: Mapping[str, object],
        folder: Path,
        *,
        limits: Limits | None = None,
        step_limits: StepLimits | None = None,
        minds: MindsOfHome = no_minds,
        on_events: Callable[[], None] = lambda: None,
    ) -> None:
        self._database = database
        self._faults = faults.FaultLog(database)
        self._manager = pluggy.PluginManager(PROJECT)
        self._manager.add_hookspecs(hookspecs)
        self._limits = step_limits or StepLimits()
        self._excluded: tuple[PluginStatus, ...] = ()
        self._plugins: list[LoadedPlugin] = []
        self.hooks = Dispatcher(self._manager, self, limits)
        self._loader = Loader(
            self._manager, self.hooks, database, tables, folder, self._limits, minds, on_events
        )

    def load(self, selection: Selection) -> None:
        """Load what was selected, up to its tables. Never raises for what a plugin does."""
        self._excluded = selection.excluded
        self._plugins = [LoadedPlugin(candidate) for candidate in selection.load]
        for loaded in self._plugins:
            # What requires a plugin that failed is not even imported.
            self._refuse_orphans()
            if loaded.status is None:
                _log.debug("loading %s", loaded.id)
                self._loader.load(loaded)
        self._refuse_misfits()
        self._each("migrate", self._migrate, self._limits.load, lambda p: bool(p.of(Tables)))
        self._activate()

    def start(self, selection: Selection) -> None:
        """Load what was selected, start it, and keep the outcome for `genesis plugins`."""
        self.load(selection)
        for loaded in self._plugins:
            if loaded.status is not None and loaded.status.state == PluginState.ACTIVE:
                loaded.status = None
        self._each("start", self._start, self._limits.start + 1, LoadedPlugin.has_lifecycle)
        self._activate()
        faults.record_states(self._database, self.statuses())

    def stop(self) -> None:
        """Stop active plugins in reverse order; one that fails or hangs delays by its limit."""
        for loaded in reversed(self._plugins):
            plugin = loaded.plugin
            if plugin is None or not loaded.started:
                continue
            what = f"stop of {loaded.id!r}"
            try:
                self.hooks.run(loaded.id, plugin.stop, self._limits.stop, what)
            except KeyboardInterrupt:
                raise
            except BaseException as error:  # noqa: BLE001 - the others are stopped all the same
                _log.warning("plugin %s did not stop: %s", loaded.id, faults.describe(error))
        self._loader.close()
        self.hooks.close()

    def statuses(self) -> list[PluginStatus]:
        """Every plugin that was found, by id, with its state and reason."""
        loaded = [plugin.status for plugin in self._plugins if plugin.status is not None]
        return sorted([*loaded, *self._excluded], key=lambda status: status.id)

    def records(self, record_type: type[T]) -> list[T]:
        """What the plugins that are not failed contributed of one type, in their order."""
        return [
            record
            for loaded in self._plugins
            if loaded.status is not None and not loaded.has_failed
            for record in loaded.of(record_type)
        ]

    def contributions(self, record_type: type[T]) -> list[tuple[str, T]]:
        """As `records`, each with the id of the plugin that it is from."""
        return [
            (loaded.id, record)
            for loaded in self._plugins
            if loaded.status is not None and not loaded.has_failed
            for record in loaded.of(record_type)
        ]

    def plugin_of(self, plugin_class: type[T]) -> T | None:
        """The active plugin of a class; None when there is none."""
        for loaded in self._plugins:
            active = loaded.status is not None and loaded.status.state == PluginState.ACTIVE
            if active and isinstance(loaded.plugin, plugin_class):
                return loaded.plugin
        return None

    def subscribers(self) -> list[str]:
        """The plugins that want to learn of events and take part."""
        found = self.hooks.implementations(hookspecs.genesis_event.__name__)
        plugins = dict.fromkeys(implementation.plugin for implementation in found)
        return [plugin for plugin in plugins if not self.is_quarantined(plugin)]

    def failed(self, plugin: str, hook: str, error: BaseException, duration_ms: float) -> None:
        """Record a fault; the plugin goes into quarantine when it was one too many."""
        _log.warning("plugin %s failed in %s: %s", plugin, hook, faults.describe(error))
        if self._faults.record(plugin, hook, error, duration_ms):
            self._quarantine(plugin, f"{hook}: {faults.describe(error)}")

    def succeeded(self, plugin: str) -> None:
        """Note that a call went well."""
        self._faults.clear(plugin)

    def is_quarantined(self, plugin: str) -> bool:
        """Whether the plugin is in quarantine."""
        return any(
            loaded.id == plugin
            and loaded.status is not None
            and loaded.status.state == PluginState.QUARANTINED
            for loaded in self._plugins
        )

    def _usable(self) -> Sequence[LoadedPlugin]:
        return [loaded for loaded in self._plugins if loaded.status is None]

    def _standing(self) -> Sequence[LoadedPlugin]:
        return [loaded for loaded in self._plugins if not loaded.has_failed]

    def _each(
        self,
        step: str,
        action: Callable[[LoadedPlugin], None],
        seconds: float,
        concerns: Callable[[LoadedPlugin], bool],
    ) -> None:
        """Take the plugins that it concerns through a step; most have no tables and no start."""
        for loaded in self._usable():
            if loaded.status is None and concerns(loaded):
                _log.debug("loading %s", loaded.id)
                if not self._loader.guard(loaded, step, action, seconds):
                    self._refuse_orphans()
        self._refuse_misfits()

    def _refuse_misfits(self) -> None:
        """Withdraw what cannot stand. What failed took its teams and tools along; a plugin in
        quarantine keeps its own."""
        self._refuse_orphans()
        refuse_conflicts(self._standing(), self._refuse)

    def _refuse(self, loaded: LoadedPlugin, reason: str) -> None:
        self._loader.withdraw(loaded, "conflicts", reason)

    def _migrate(self, loaded: LoadedPlugin) -> None:
        records = loaded.of(Tables)
        if len(records) > 1:
            raise PluginError(
                "it contributes several records Tables; one names all of its tables, because a "
                "plugin has one folder of revisions"
            )
        for tables in records:
            migrate_plugin(self._database, loaded.id, tables)

    def _start(self, loaded: LoadedPlugin) -> None:
        if loaded.plugin is None:
            raise PluginError("it was never constructed")
        what = f"start of {loaded.id!r}"
        self.hooks.run(loaded.id, loaded.plugin.start, self._limits.start, what)
        loaded.started = True

    def _activate(self) -> None:
        """Make what came through active; what was in quarantine with this version stays there."""
        with self._database.read() as connection:
            kept = faults.quarantined(connection)
        for loaded in self._usable():
            version, reason = kept.get(loaded.id, ("", ""))
            if version == loaded.candidate.version:
                loaded.settle(PluginState.QUARANTINED, reason=reason)
            else:
                loaded.settle(PluginState.ACTIVE)

    def _refuse_orphans(self) -> None:
        """Withdraw plugins that require one which failed, in the order in which they depend."""
        failed = {plugin.candidate.distribution for plugin in self._plugins if plugin.has_failed}
        for loaded in self._standing() if failed else ():
            needed = sorted(failed & set(requirement_names(loaded.candidate)))
            if needed:
                self._loader.withdraw(loaded, "requires", f"requires {needed[0]!r}, which failed")
                failed.add(loaded.candidate.distribution)

    def _quarantine(self, plugin: str, fault: str) -> None:
        loaded = next(loaded for loaded in self._plugins if loaded.id == plugin)
        if loaded.status is None or loaded.status.state != PluginState.ACTIVE:
            return
        reason = f"{fault}; after a correction `genesis plugins reset {plugin}`"
        loaded.settle(PluginState.QUARANTINED, reason=reason)
        version = loaded.candidate.version
        self._database.writer.write(
            lambda connection: faults.quarantine(connection, plugin, version, reason)
        )
