"""The oldest Python that a repository promises to run on, in the form in which ruff wants it."""

from __future__ import annotations

import tomllib
from pathlib import Path

from packaging.specifiers import InvalidSpecifier, SpecifierSet

OLDEST, NEWEST = 7, 14


def python_target(repository: Path) -> str:
    """Such as `py39`, from `requires-python`; the newest grammar when nothing is promised.

    With the newest grammar, a file for a later Python than ours is not an error.
    """
    try:
        table = tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))
        declared = SpecifierSet(str(table["project"]["requires-python"]))
    except (OSError, ValueError, KeyError, TypeError, InvalidSpecifier):
        return f"py3{NEWEST}"
    # 3.N.99 as well: `>3.8` and `>=3.9.2` allow releases of the minor version that they name.
    allowed = (
        minor
        for minor in range(OLDEST, NEWEST)
        if f"3.{minor}.0" in declared or f"3.{minor}.99" in declared
    )
    return f"py3{next(allowed, NEWEST)}"
