"""The steps that bring one plugin from its entry point to the records it contributes.

import → settings → construct → register → collect. Each runs under a guard: whatever a plugin
does there, it is `failed` with that step and the reason, and all that it contributed is gone.
"""

from __future__ import annotations

import difflib
import importlib
import inspect
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pluggy
from pydantic import BaseModel

from genesis import hookspecs
from genesis.contracts.plugins import PluginState
from genesis.errors import GenesisError, PluginError
from genesis.host.dispatch import Dispatcher, checked_records
from genesis.host.faults import describe
from genesis.host.hooks import PROJECT, HookInfo, declared_hooks
from genesis.host.limits import LimitedThread
from genesis.host.loaded import LoadedPlugin
from genesis.host.plugin import MindsOfHome, Plugin, PluginContext
from genesis.host.plugin_settings import load_plugin_settings
from genesis.settings import plugin_table
from genesis.storage.database import Database

_MARK = f"{PROJECT}_impl"


@dataclass(frozen=True)
class StepLimits:
    """Seconds that a plugin may take for one step of a start or a stop."""

    load: float = 20.0
    collect: float = 2.0
    start: float = 5.0
    stop: float = 5.0


class Loader:
    """Loads plugins one after another; keeps nothing of those that fail."""

    def __init__(
        self,
        manager: pluggy.PluginManager,
        dispatcher: Dispatcher,
        database: Database,
        tables: Mapping[str, object],
        folder: Path,
        limits: StepLimits,
        minds: MindsOfHome,
        on_events: Callable[[], None],
    ) -> None:
        self._manager = manager
        self._dispatcher = dispatcher
        self._database = database
        self._tables = tables
        self._folder = folder
        self._limits = limits
        self._minds = minds
        self._on_events = on_events
        self._thread = LimitedThread()
        self._hooks: dict[str, HookInfo] = declared_hooks(hookspecs)

    def load(self, loaded: LoadedPlugin) -> None:
        """Take a plugin through its steps; `loaded.status` tells if one failed."""
        limits = self._limits
        steps: tuple[tuple[str, Callable[[LoadedPlugin], None], float], ...] = (
            ("import", self._import, limits.load),
            ("settings", self._read_settings, limits.load),
            ("construct", self._construct, limits.load),
            ("register", self._register, limits.load),
            ("collect", self._collect, limits.collect),
        )
        for step, action, seconds in steps:
            if not self.guard(loaded, step, action, seconds):
                return

    def guard(
        self,
        loaded: LoadedPlugin,
        step: str,
        action: Callable[[LoadedPlugin], None],
        seconds: float,
    ) -> bool:
        """Run one step; on any failure withdraw the plugin. True when it went well."""
        try:
            self._thread.call(lambda: action(loaded), seconds, f"the plugin {loaded.id!r}")
        except KeyboardInterrupt:
            raise
        except GenesisError as error:
            self.withdraw(loaded, step, str(error))
        except BaseException as error:  # noqa: BLE001 - SystemExit too: the kernel goes on
            self.withdraw(loaded, step, describe(error))
        return loaded.status is None

    def close(self) -> None:
        """End the thread in which the steps run."""
        self._thread.close()

    def withdraw(self, loaded: LoadedPlugin, step: str, reason: str) -> None:
        """Make a plugin `failed` and take away all that it contributed."""
        loaded.settle(PluginState.FAILED, step, reason[:1000])
        loaded.records.clear()
        if self._manager.get_plugin(loaded.id) is not None:
            self._manager.unregister(name=loaded.id)
        self._dispatcher.forget()

    def _import(self, loaded: LoadedPlugin) -> None:
        module_name, _, class_name = loaded.candidate.value.partition(":")
        module = importlib.import_module(module_name)
        if not hasattr(module, class_name.strip()):
            raise PluginError(
                f"the entry point {loaded.candidate.value!r} names {class_name.strip()!r}, which "
                f"the module {module_name} does not have"
            )
        found = getattr(module, class_name.strip())
        if not (inspect.isclass(found) and issubclass(found, Plugin)):
            raise PluginError(
                f"the entry point {loaded.candidate.value!r} must name a subclass of "
                f"genesis.Plugin, not {type(found).__name__}"
            )
        loaded.plugin_class = found

    def _read_settings(self, loaded: LoadedPlugin) -> None:
        table = plugin_table(self._tables, loaded.id)
        loaded.settings = load_plugin_settings(loaded.id, loaded.plugin_class.settings_model, table)

    def _construct(self, loaded: LoadedPlugin) -> None:
        loaded.plugin = loaded.plugin_class(
            PluginContext(
                id=loaded.id,
                settings=loaded.settings,
                folder=self._folder / loaded.id,
                logger=logging.getLogger(f"genesis.plugins.{loaded.id}"),
                database=self._database,
                hooks=self._dispatcher,
                open_minds=self._minds,
                on_events=self._on_events,
            )
        )

    def _register(self, loaded: LoadedPlugin) -> None:
        """Check everything before pluggy learns of the plugin: a refused one leaves nothing."""
        namespace = loaded.plugin_class.own_hooks
        own = {} if namespace is None else self._own_hooks(loaded.id, namespace)
        hooks = self._hooks | own
        for name, method in _marked_methods(loaded.plugin):
            _check_implementation(name, method, hooks)
        if namespace is not None:
            self._manager.add_hookspecs(namespace)
            self._hooks = hooks
        try:
            self._manager.register(loaded.plugin, name=loaded.id)
        except pluggy.PluginValidationError as error:
            raise PluginError(" ".join(str(error).split())) from error
        self._dispatcher.forget()

    def _own_hooks(self, plugin_id: str, namespace: ModuleType | type) -> dict[str, HookInfo]:
        own = declared_hooks(namespace)
        for name in own:
            if not name.startswith(f"{plugin_id}_"):
                raise PluginError(
                    f"it declares the hook {name!r}; the names of a plugin's hooks start with "
                    f"its id: {plugin_id}_{name}"
                )
            if name in self._hooks:
                raise PluginError(f"the hook {name!r} is declared already")
        return own

    def _collect(self, loaded: LoadedPlugin) -> None:
        for info in declared_hooks(hookspecs).values():
            if info.kind != "collect":
                continue
            for implementation in self._dispatcher.implementations(info.name):
                if implementation.plugin == loaded.id:
                    records: Sequence[BaseModel] = checked_records(info, implementation.function())
                    # Built anew, so that what skipped validation does not get in.
                    loaded.records += [type(r).model_validate(r.model_dump()) for r in records]


def _marked_methods(plugin: object) -> list[tuple[str, Callable[..., object]]]:
    """The methods marked as implementations: the hook's name and the bound method."""
    found = []
    for attribute in dir(plugin):
        marks = getattr(inspect.getattr_static(plugin, attribute, None), _MARK, None)
        if isinstance(marks, dict):
            if marks.get("wrapper") or marks.get("hookwrapper"):
                raise PluginError(f"{attribute}: hook wrappers are not supported")
            if marks.get("tryfirst") or marks.get("trylast"):
                raise PluginError(
                    f"{attribute}: tryfirst and trylast are not supported; the user sets the "
                    "order in [kernel] order"
                )
            found.append((marks.get("specname") or attribute, getattr(plugin, attribute)))
    return found


def _check_implementation(
    name: str, method: Callable[..., object], hooks: Mapping[str, HookInfo]
) -> None:
    info = hooks.get(name)
    if info is None:
        near = difflib.get_close_matches(name, hooks, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise PluginError(f"there is no hook {name!r}{hint}")
    if not info.is_async and inspect.iscoroutinefunction(method):
        raise PluginError(f"{name} is a synchronous hook; {method.__qualname__} must be 'def'")
    parameters = inspect.signature(method).parameters
    for argument in parameters:
        if argument not in info.arguments:
            near = difflib.get_close_matches(argument, info.arguments, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise PluginError(f"{name} has no argument {argument!r}{hint}")
