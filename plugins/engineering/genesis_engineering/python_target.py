"""The oldest Python that a repository promises to run on, in the form in which ruff wants it."""

from __future__ import annotations

import tomllib
from pathlib import Path

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from genesis_engineering.files import read_named

OLDEST, NEWEST = 7, 14


def python_target(repository: Path) -> str:
    """Such as `py39`, from `requires-python`; the newest grammar when nothing is promised.

    With the newest grammar, a file for a later Python than ours is not an error.
    """
    try:
        table = tomllib.loads(read_named(repository, "pyproject.toml") or "")
        declared = SpecifierSet(str(table["project"]["requires-python"]))
    except (ValueError, KeyError, TypeError, RecursionError, InvalidSpecifier):
        return f"py3{NEWEST}"
    # 3.N.99 as well: `>3.8` and `>=3.9.2` allow releases of the minor version that they name.
    allowed = (
        minor
        for minor in range(OLDEST, NEWEST)
        if f"3.{minor}.0" in declared or f"3.{minor}.99" in declared
    )
    return f"py3{next(allowed, NEWEST)}"
