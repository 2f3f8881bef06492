"""Tell a test file that is broken from one whose dependency the environment lacks."""

from __future__ import annotations

import re
from pathlib import Path

from genesis_engineering.verification.records import CollectionError

_MISSING = re.compile(r"No module named '(\w+)")


def missing_module(error: CollectionError, repository: Path) -> str | None:
    """The module from outside the repository that could not be imported; None for any other
    error, a module that the repository itself should have among them."""
    match = _MISSING.search(error.message)
    if match is None:
        return None
    name = match[1]
    folders = [repository, repository / "src"]
    if error.file:
        folders.append((repository / error.file).parent)
    own = any((folder / name).exists() or (folder / f"{name}.py").exists() for folder in folders)
    return None if own else name
