"""Call hooks. Each kind has its own policy for an implementation that fails.

pluggy keeps the implementations and checks their signatures; its own call stops at the first
exception and knows neither time limits nor coroutines, so the calls are made here.
"""

from __future__ import annotations

import inspect
import itertools
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from types import NoneType
from typing import ParamSpec, Protocol, TypeVar

import pluggy

from genesis.contracts.plugins import Veto
from genesis.errors import PluginError
from genesis.host.faults import describe
from genesis.host.hooks import HookInfo, hook_info
from genesis.host.limits import HookLoop, call_limited

P = ParamSpec("P")
R = TypeVar("R")

DECIDE_SECONDS = 5.0
GATE_SECONDS = 5.0
NOTIFY_SECONDS = 30.0
MAX_RECORDS = 1000


@dataclass(frozen=True)
class Implementation:
    """A plugin's implementation of a hook, with the arguments that it wants to have."""

    plugin: str
    function: Callable[..., object]
    arguments: tuple[str, ...]


@dataclass(frozen=True)
class Limits:
    """Seconds that one call may take, by kind."""

    decide: float = DECIDE_SECONDS
    gate: float = GATE_SECONDS
    notify: float = NOTIFY_SECONDS


class FaultHandler(Protocol):
    """Who learns how calls went, and knows which plugins take no part."""

    def failed(self, plugin: str, hook: str, error: BaseException, duration_ms: float) -> None: ...
    def succeeded(self, plugin: str) -> None: ...
    def is_quarantined(self, plugin: str) -> bool: ...


class Dispatcher:
    """Calls the implementations of hooks, in the order in which plugins were selected."""

    def __init__(
        self, manager: pluggy.PluginManager, handler: FaultHandler, limits: Limits | None = None
    ) -> None:
        self._manager = manager
        self._handler = handler
        self._limits = limits or Limits()
        # A loop for each plugin: one that blocks its loop delays only itself.
        self._loops: dict[str, HookLoop] = {}
        self._known: dict[str, tuple[Implementation, ...]] = {}

    def forget(self) -> None:
        """Look implementations up again; needed whenever a plugin came or went."""
        self._known.clear()

    def close(self) -> None:
        """End the threads in which coroutines run."""
        for loop in list(self._loops.values()):
            loop.close()

    def implementations(self, name: str) -> tuple[Implementation, ...]:
        """The implementations of a hook, first to be asked first."""
        found = self._known.get(name)
        if found is None:
            caller = getattr(self._manager.hook, name, None)
            impls = caller.get_hookimpls() if caller is not None else []
            # pluggy lists them last registered last, and plugins register in their order.
            found = tuple(
                Implementation(impl.plugin_name, impl.function, tuple(impl.argnames))
                for impl in impls
            )
            self._known[name] = found
        return found

    def collect(
        self, spec: Callable[P, Iterable[R]], *args: P.args, **kwargs: P.kwargs
    ) -> list[tuple[str, Sequence[R]]]:
        """Ask everyone: the records of each plugin, with its id. A failing one is left out.

        Runs in the caller's thread, without a time limit.
        """
        info = hook_info(spec)
        values = _named(info.arguments, args, kwargs)
        answers: list[tuple[str, Sequence[R]]] = []
        handler = self._handler
        for implementation in self.implementations(info.name):
            plugin, names = implementation.plugin, implementation.arguments
            if handler.is_quarantined(plugin):
                continue
            begun = time.perf_counter()
            try:
                call = implementation.function
                answer = call(*[values[name] for name in names]) if names else call()
                answers.append((plugin, checked_records(info, answer)))
            except KeyboardInterrupt:
                raise
            except BaseException as error:  # noqa: BLE001 - one plugin's fault stays its own
                handler.failed(plugin, info.name, error, (time.perf_counter() - begun) * 1000)
            else:
                handler.succeeded(plugin)
        return answers

    def decide(
        self, spec: Callable[P, Awaitable[R | None]], *args: P.args, **kwargs: P.kwargs
    ) -> R | None:
        """Ask one after another: the first answer but None wins, a failing one is skipped."""
        info = hook_info(spec)
        values = _named(info.arguments, args, kwargs)
        for implementation in self.implementations(info.name):
            if self._handler.is_quarantined(implementation.plugin):
                continue
            try:
                answer = self._call(implementation, info.name, values, self._limits.decide)
            except Exception:  # noqa: BLE001, S112 - recorded by _call; the next one is asked
                continue
            if answer is not None:
                return answer  # type: ignore[return-value]
        return None

    def gate(
        self, spec: Callable[P, Awaitable[Veto | None]], *args: P.args, **kwargs: P.kwargs
    ) -> Veto | None:
        """Ask everyone for a veto; the first one counts. Closed when in doubt: an implementation
        that fails, or whose plugin is in quarantine, is a veto."""
        info = hook_info(spec)
        values = _named(info.arguments, args, kwargs)
        for implementation in self.implementations(info.name):
            veto = self._ask(implementation, info.name, values)
            if veto is not None:
                return veto
        return None

    def notify(self, plugin: str, spec: Callable[P, Awaitable[None]], *args: P.args,
               **kwargs: P.kwargs) -> None:  # fmt: skip
        """Tell one plugin. Raises whatever its implementation raises; the caller tries again."""
        info = hook_info(spec)
        values = _named(info.arguments, args, kwargs)
        for implementation in self.implementations(info.name):
            if implementation.plugin == plugin:
                self._call(implementation, info.name, values, self._limits.notify)

    def run(self, plugin: str, call: Callable[[], Awaitable[R]], seconds: float, what: str) -> R:
        """Await a plugin's coroutine with a time limit, where all of its own are awaited."""
        loop = self._loops.get(plugin) or self._loops.setdefault(plugin, HookLoop())
        return loop.run(call, seconds, what)

    def _ask(
        self, implementation: Implementation, hook: str, values: dict[str, object]
    ) -> Veto | None:
        plugin = implementation.plugin
        out = f"`genesis plugins disable {plugin}` takes its gates away"
        if self._handler.is_quarantined(plugin):
            return Veto(reason=f"the plugin {plugin!r} guards this and is in quarantine; {out}")
        try:
            answer = self._call(implementation, hook, values, self._limits.gate, Veto)
            return answer if isinstance(answer, Veto) else None
        except Exception as error:  # noqa: BLE001 - a gate that fails is closed
            text = f"the gate of the plugin {plugin!r} failed ({describe(error)[:500]}); {out}"
            return Veto(reason=text)

    def _call(
        self,
        implementation: Implementation,
        hook: str,
        values: dict[str, object],
        seconds: float,
        only: type | None = None,
    ) -> object:
        """Call one implementation within its limit, and tell the handler how it went. An answer
        that is neither None nor of the type `only` is a fault like any other."""
        plugin, function = implementation.plugin, implementation.function
        arguments = [values[name] for name in implementation.arguments]
        what = f"{hook} of the plugin {plugin!r}"
        begun = time.perf_counter()
        try:
            answer: object
            if inspect.iscoroutinefunction(function):
                answer = self.run(plugin, lambda: function(*arguments), seconds, what)
            else:
                answer = call_limited(lambda: function(*arguments), seconds, what)
                if isinstance(answer, Awaitable):  # handed on by a plain function
                    pending = answer
                    answer = self.run(plugin, lambda: pending, seconds, what)
            if only is not None and not isinstance(answer, (only, NoneType)):
                expected = f"None or a {only.__name__}"
                raise PluginError(f"{hook} returned {type(answer).__name__}, not {expected}")
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            self._handler.failed(plugin, hook, error, (time.perf_counter() - begun) * 1000)
            if isinstance(error, Exception):
                raise
            raise PluginError(f"{what} raised {describe(error)}") from error
        self._handler.succeeded(plugin)
        return answer


def checked_records(info: HookInfo, answer: object) -> Sequence[R]:
    """The records of one answer. Raises PluginError when it is anything else, or endless."""
    records: tuple[object, ...]
    if type(answer) in (list, tuple):
        records = tuple(answer)  # type: ignore[arg-type]  # the line above tells
    elif isinstance(answer, Iterable) and not isinstance(answer, (str, bytes)):
        records = tuple(itertools.islice(answer, MAX_RECORDS + 1))
    else:
        raise PluginError(f"{info.name} returned {type(answer).__name__}, not an iterable")
    if len(records) > MAX_RECORDS:
        raise PluginError(f"{info.name} returned more than {MAX_RECORDS} records")
    expected = info.record or object
    for position, record in enumerate(records):
        if not isinstance(record, expected):
            raise PluginError(
                f"{info.name} returned {type(record).__name__} at position {position}, "
                f"not {expected.__name__}"
            )
    return records  # type: ignore[return-value]  # each was compared with the hook's record


def _named(
    names: tuple[str, ...], args: tuple[object, ...], kwargs: dict[str, object]
) -> dict[str, object]:
    if not args:
        return kwargs
    return {**dict(zip(names, args, strict=False)), **kwargs}
