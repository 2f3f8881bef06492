"""The files at the root by which a program or library is built, and which say how."""

from __future__ import annotations

import os
import re
from pathlib import Path

_PYTHON = re.compile(
    r"(pyproject\.toml|setup\.(py|cfg)|tox\.ini|noxfile\.py|pytest\.ini|conftest\.py|Pipfile"
    r"|environment\.ya?ml|[\w.-]*requirements[\w.-]*\.(txt|in))$"
)
_COMPILED = re.compile(
    r"(configure(\.(ac|in))?|autogen\.sh|bootstrap\.sh|Makefile\.(am|in|PL)|CMakeLists\.txt"
    r"|meson\.build|SConstruct|BUILD(\.bazel)?|WORKSPACE|Cargo\.toml|go\.mod|pom\.xml|build\.xml"
    r"|build\.gradle(\.kts)?|[\w.-]+\.(sln|pro|cabal|gemspec)|mix\.exs|wscript)$"
)
_OTHER = re.compile(
    r"(package\.json|composer\.json|Gemfile|Rakefile|(GNU)?[Mm]akefile|Dockerfile)$"
)


def has_manifest(root: Path) -> bool:
    """Whether something at the root says how a program is built: a site of plain pages has none."""
    return any(
        pattern.match(name) for name in _names(root) for pattern in (_PYTHON, _COMPILED, _OTHER)
    )


def is_compiled(root: Path) -> bool:
    """Whether the program is built from another language and nothing at the root speaks of Python:
    Python tests are then of helpers, and mostly need what only a build makes."""
    names = _names(root)
    return any(map(_COMPILED.match, names)) and not any(map(_PYTHON.match, names))


def _names(root: Path) -> list[str]:
    try:
        with os.scandir(root) as entries:
            return sorted(entry.name for entry in entries if entry.is_file())
    except OSError:
        return []
