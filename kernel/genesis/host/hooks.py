"""How a hook is declared and how a plugin implements it, both checked by the type checker.

A hook is a plain typed function. Passing that function itself to the dispatcher, and to
`implements`, lets mypy compare names, arguments and results, which pluggy's names cannot.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Concatenate, Literal, ParamSpec, TypeVar

import pluggy
from pydantic import BaseModel

PROJECT = "genesis"
Kind = Literal["collect", "decide", "gate", "notify"]

P = ParamSpec("P")
R = TypeVar("R")
S = TypeVar("S")
Function = TypeVar("Function", bound=Callable[..., object])

_mark_spec = pluggy.HookspecMarker(PROJECT)
_mark_impl = pluggy.HookimplMarker(PROJECT)
_ATTRIBUTE = "genesis_hook"


@dataclass(frozen=True)
class HookInfo:
    """What the host knows of a hook. `record` is the type that a collect hook's records have."""

    name: str
    kind: Kind
    is_async: bool
    arguments: tuple[str, ...]
    record: type[BaseModel] | None


def hook(kind: Kind, record: type[BaseModel] | None = None) -> Callable[[Function], Function]:
    """Declare a hook. Collect hooks are `def` and name their record type; all others `async def`.

    Raises TypeError when function and kind do not fit together.
    """

    def declare(function: Function) -> Function:
        name = function.__name__
        is_async = inspect.iscoroutinefunction(function)
        if is_async == (kind == "collect"):
            raise TypeError(f"hook {name}: collect hooks are 'def', all others 'async def'")
        if (kind == "collect") != (record is not None):
            raise TypeError(f"hook {name}: a collect hook names its record type, others do not")
        arguments = tuple(inspect.signature(function).parameters)
        setattr(function, _ATTRIBUTE, HookInfo(name, kind, is_async, arguments, record))
        # First results matter to decide hooks only, and our dispatcher sees to that.
        _mark_spec(function)
        return function

    return declare


def hook_info(spec: Callable[..., object]) -> HookInfo:
    """The declaration of a hook function. Raises TypeError for any other function."""
    info = getattr(spec, _ATTRIBUTE, None)
    if not isinstance(info, HookInfo):
        raise TypeError(f"{spec!r} is not a hook: declare it with @hook(kind)")
    return info


def implements(
    spec: Callable[P, R],
) -> Callable[[Callable[Concatenate[S, P], R]], Callable[Concatenate[S, P], R]]:
    """Mark a plugin's method as the implementation of a hook; its own name is free.

    Order belongs to the user's settings and wrappers could swallow another plugin's error, so
    neither can be asked for here.
    """
    name = hook_info(spec).name

    def mark(method: Callable[Concatenate[S, P], R]) -> Callable[Concatenate[S, P], R]:
        return _mark_impl(method, specname=name)

    return mark


def declared_hooks(namespace: object) -> dict[str, HookInfo]:
    """The hooks that a module or class declares, by name."""
    found = {}
    for value in vars(namespace).values():
        info = getattr(getattr(value, "__func__", value), _ATTRIBUTE, None)  # perhaps static
        if isinstance(info, HookInfo):
            found[info.name] = info
    return found
