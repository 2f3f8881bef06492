"""Tell a test file that is broken from one whose dependency the environment lacks."""

from __future__ import annotations

import re
from pathlib import Path

from genesis_engineering.verification.records import Records

_PYTHON = re.compile(r"No module named '(\w+)")
_NODE = re.compile(
    r"(?:Cannot find (?:module|package)|Failed to resolve import|Failed to load url)"
    r" ['\"]?((?:@[\w.-]+/)?[\w-][\w.-]*)"
)
_CARGO = re.compile(r"no matching package named `([\w-]+)` found|failed to download `([\w-]+) v")
_GO = re.compile(r"([\w.-]+\.[\w./-]+)(?:@[^:\s]+)?: module lookup disabled by GOPROXY=off")


def lacking_modules(records: Records, repository: Path) -> dict[str, str]:
    """The module from outside the repository that could not be imported, by the id of what could
    not be loaded. A module that the repository itself should have is none of these."""
    found = {}
    for error in records.collection_errors:
        if module := _missing(f"{error.message}\n{error.detail}", error.file, repository):
            found[error.id] = module
    for test in records.failing():
        # node counts a file that cannot be loaded as a test that failed, named like the file.
        if test.id == test.file and (module := _missing_of_node(test.message, repository)):
            found[test.id] = module
    return found


def _missing(text: str, file: str | None, repository: Path) -> str | None:
    message = text.partition("\n")[0]
    if match := _PYTHON.search(message):
        return _from_outside(match[1], file, repository)
    if match := _GO.search(text) or _CARGO.search(text):
        return next(group for group in match.groups() if group)
    return _missing_of_node(message, repository)


def _missing_of_node(message: str, repository: Path) -> str | None:
    """The package of an import that names one: paths begin with a dot or a slash."""
    match = _NODE.search(message)
    if match is None or (repository / match[1]).exists():
        return None
    return match[1]


def _from_outside(name: str, file: str | None, repository: Path) -> str | None:
    folders = [repository, repository / "src"]
    if file:
        folders.append((repository / file).parent)
    own = any((folder / name).exists() or (folder / f"{name}.py").exists() for folder in folders)
    return None if own else name
