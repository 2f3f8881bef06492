"""The files at the root by which a program or library is built, and which say how."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path, PurePosixPath

from genesis_engineering.files import read_named

_PYTHON = re.compile(
    r"(pyproject\.toml|setup\.(py|cfg)|tox\.ini|noxfile\.py|pytest\.ini|conftest\.py|Pipfile"
    r"|environment\.ya?ml|[\w.-]*requirements[\w.-]*\.(txt|in))$"
)
_COMPILED = re.compile(
    r"(configure(\.(ac|in))?|autogen\.sh|bootstrap\.sh|Makefile\.(am|in|PL)|CMakeLists\.txt"
    r"|meson\.build|SConstruct|BUILD(\.bazel)?|WORKSPACE|Cargo\.toml|go\.mod|pom\.xml|build\.xml"
    r"|build\.gradle(\.kts)?|[\w.-]+\.(sln|pro|cabal|gemspec)|mix\.exs|wscript)$"
)
_OTHER = re.compile(r"(composer\.json|(GNU)?[Mm]akefile)$")
# A site of plain pages may have a package.json for the tools that check it.
_OF_PROGRAMS = frozenset({"main", "module", "exports", "bin", "browser", "dependencies"})


def has_manifest(root: Path) -> bool:
    """Whether something at the root says how a program is built: a site of plain pages has none."""
    names = _names(root)
    if any(pattern.match(name) for name in names for pattern in (_PYTHON, _COMPILED, _OTHER)):
        return True
    return "package.json" in names and not _OF_PROGRAMS.isdisjoint(_keys(root))


def is_compiled(root: Path, folder: str) -> bool:
    """Whether the program is built from another language, and nothing from its root to a folder
    speaks of Python: Python tests there are of helpers, and mostly need what only a build makes."""
    if not any(map(_COMPILED.match, _names(root))):
        return False
    places = [root / one for one in (PurePosixPath(folder), *PurePosixPath(folder).parents)]
    return not any(_PYTHON.match(name) for place in places for name in _names(place))


def _keys(root: Path) -> set[str]:
    """The keys of a package.json; none where it cannot be read."""
    try:
        told = json.loads(read_named(root, "package.json") or "{}")
    except (ValueError, RecursionError):
        return set()
    return set(told) if isinstance(told, dict) else set()


def _names(root: Path) -> list[str]:
    try:
        with os.scandir(root) as entries:
            return sorted(entry.name for entry in entries if entry.is_file())
    except OSError:
        return []
