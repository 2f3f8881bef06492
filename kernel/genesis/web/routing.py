"""From endpoints to routes: which endpoint a method and a path lead to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from genesis.contracts.web import PATH_PART, AnyEndpoint, Endpoint
from genesis.errors import PluginError
from genesis.web.reading import QueryReader

API = "/api"
_VERSIONED = "/api/v1"


class Route:
    """An endpoint at its place. `plugin` is whose it is, None for the kernel."""

    def __init__(self, endpoint: AnyEndpoint, mount: str, plugin: str | None = None) -> None:
        """Raises PluginError for what is no endpoint, or has a query that is no plain model."""
        if not isinstance(endpoint, Endpoint):
            raise PluginError(f"{type(endpoint).__name__} is no Endpoint")
        self.endpoint = endpoint
        self.plugin = plugin
        self.template = mount + endpoint.path
        self.status = 204 if endpoint.answer is None else endpoint.status
        self.query = QueryReader(endpoint.query)
        self._patterns = [
            (name, re.compile(endpoint.path_patterns.get(name, PATH_PART)))
            for name in endpoint.variables
        ]

    def variables(self, parts: Sequence[str]) -> Mapping[str, str] | None:
        """The variable parts of a path by name; None when one is not what it can be."""
        names = [name for name, _ in self._patterns]
        return None if self.unlike(parts) else dict(zip(names, parts, strict=True))

    def unlike(self, parts: Sequence[str]) -> list[str]:
        """The names of the variable parts that are not what they can be."""
        # Schemas search for a pattern, so that is what it means here too.
        return [
            name
            for (name, pattern), part in zip(self._patterns, parts, strict=True)
            if not pattern.search(part) or part.endswith("\n")
        ]


@dataclass
class _Node:
    literal: dict[str, _Node] = field(default_factory=dict)
    variable: _Node | None = None
    routes: dict[str, Route] = field(default_factory=dict)


class Routes:
    """All routes, found part by part; a literal part goes before a variable one."""

    def __init__(self, routes: Iterable[Route] = ()) -> None:
        self._root = _Node()
        self.all: list[Route] = []
        for route in routes:
            self.add(route)

    def add(self, route: Route) -> None:
        """Take in one more. Raises PluginError when another one has that method and path."""
        node = self._root
        for part in route.template.split("/")[1:]:
            if part.startswith("{"):
                node.variable = node.variable or _Node()
                node = node.variable
            else:
                node = node.literal.setdefault(part, _Node())
        if route.endpoint.method in node.routes:
            raise PluginError(f"{route.endpoint.method} {route.template} is there twice")
        node.routes[route.endpoint.method] = route
        self.all.append(route)

    def find(self, path: str) -> tuple[Mapping[str, Route], list[str]] | None:
        """The routes of a path by method, and its variable parts; None where there are none."""
        values: list[str] = []
        node = _find(self._root, path.split("/"), 1, values)
        return None if node is None else (node.routes, values)


def unversioned(path: str) -> str:
    """`/api/v1/...` is the same thing as `/api/...`."""
    return API + path[len(_VERSIONED) :] if path.startswith(_VERSIONED + "/") else path


def allowed_methods(methods: Iterable[str]) -> bytes:
    """The value of `Allow` for a path with these methods."""
    found = set(methods)
    return ", ".join(sorted(found | ({"HEAD"} if "GET" in found else set()))).encode()


def _find(node: _Node, parts: list[str], at: int, values: list[str]) -> _Node | None:
    if at == len(parts):
        return node if node.routes else None
    literal = node.literal.get(parts[at])
    if literal is not None:
        found = _find(literal, parts, at + 1, values)
        if found is not None:
            return found
    if node.variable is None or not parts[at]:
        return None
    values.append(parts[at])
    found = _find(node.variable, parts, at + 1, values)
    if found is None:
        values.pop()
    return found
