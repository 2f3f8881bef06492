"""Tell a test file that is broken from one whose dependency the environment lacks."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from functools import cache, partial
from pathlib import Path

from genesis_engineering.verification.programs import lack_of_fallback, lack_of_program
from genesis_engineering.verification.records import CollectionError, RecordedTest, Records
from genesis_engineering.verification.rights import OTHER_USER, lacks_rights_of_others
from genesis_engineering.verification.surroundings import (
    Listens,
    lack_of_connection,
    listens_on,
)

_PYTHON = re.compile(r"No module named '(\w+)")
_NO_NAME = re.compile(r"cannot import name '(\w+)' from '([\w.]+)'")
_EXTENSION_SOURCES = (".pyx", ".c", ".cpp", ".cc", ".rs")
_NO_PARENT = "attempted relative import with no known parent package"
_LACKS = re.compile(
    r"No module named|(could not|cannot|can't|unable to) (find|import|load|locate)|not installed"
    r"|not found|install|recursive dependency involving fixture|requires?\b|FileNotFoundError",
    re.IGNORECASE,
)
_NODE = re.compile(
    r"(?:Cannot find (?:module|package)|Failed to resolve import|Failed to load url)"
    r" ['\"]?((?:@[\w.-]+/)?[\w-][\w.-]*)"
)
CONFTEST = "conftest.py"
_UNCONFIGURED = re.compile(r"DJANGO_SETTINGS_MODULE|settings are not configured", re.IGNORECASE)
_FIXTURE = re.compile(r"fixture '\w+' not found")
_EXTRA = re.compile(
    r"\binstall\b[^.\n]{0,60}?['\"`]?([\w-]+)['\"`]? extra\b"
    r"|\bpip3? install ['\"]?(?:-U |--upgrade )?([\w.-]+(?:\[[\w,-]+\])?)",
    re.IGNORECASE,
)
_CARGO = re.compile(r"no matching package named `([\w-]+)` found|failed to download `([\w-]+) v")
_GO = re.compile(
    r"([\w.-]+\.[\w./-]+)(?:@[^:\s]+)?: module lookup disabled by GOPROXY=off"
    r"|modules that are not here: ([^\s,]+?)\.?[\s,]"
)
# A version that a newer Go reads is none to an older one; since 1.21 it says so itself.
_GO_VERSION = re.compile(
    r"invalid go version '(\d[\d.]*)': must match format|requires go >= (\d[\w.]*)"
    r"|note: module requires Go (\d[\d.]*)"
)


def lacking_modules(
    records: Records, repository: Path, declared: Sequence[str] = (), *, euid: int | None = None
) -> dict[str, str]:
    """The module from outside the repository that could not be imported, by the id of what could
    not be loaded. A module that the repository itself should have is none of these.

    A test that failed while it ran is among them when its message names one of `declared` (what
    the project declares for its tests and the environment does not have), when it tells what to
    install, and when what it lacks is a part of the machine, as `surroundings` and `rights` tell.
    `euid` is the user that ran the tests, by default that of this process.
    """
    found: dict[str, str] = {}
    listens = cache(partial(listens_on, repository))
    for error in records.collection_errors:
        if lack := _lack_of_loading(error, repository, listens):
            found[error.id] = lack
    user = os.geteuid() if euid is None else euid
    for test in records.failing():
        # node counts a file that cannot be loaded as a test that failed, named like the file.
        if test.id == test.file and (module := _missing_of_node(test.message, repository)):
            found[test.id] = module
        elif lacks_rights_of_others(test, repository, euid=user):
            found[test.id] = OTHER_USER
        elif name := _lack_of(test, repository, declared, listens):
            found[test.id] = name
    # Of a program that a test starts, the test itself only says that it failed.
    absent = set(found.values())
    for test in records.failing():
        names = _PYTHON.findall(test.detail) if test.id not in found else []
        if lacked := next((name for name in names if name in absent), None):
            found[test.id] = lacked
    return found


def _lack_of_loading(error: CollectionError, repository: Path, listens: Listens) -> str | None:
    """What a file of tests, or a package, could not be loaded for lack of."""
    text = f"{error.message}\n{error.detail}"
    if module := _missing(text, error.file, repository):
        return module
    if _UNCONFIGURED.search(error.message):
        return "Django's settings"
    told = _not_packed(error, repository) or _to_install(error.message)
    return told or lack_of_connection(text, listens) or lack_of_program(text, repository)


def _lack_of(
    test: RecordedTest, repository: Path, declared: Sequence[str], listens: Listens
) -> str | None:
    """What a test that ran says it failed for lack of."""
    if name := _named(_telling(f"{test.message}\n{test.detail}"), declared):
        return name
    if _FIXTURE.search(test.detail) and _lacks_conftest(test.file, repository):
        return CONFTEST
    if test.message.startswith(("assert ", "AssertionError")):
        return None  # it speaks of what it compares
    lines = [line for line in test.detail.splitlines() if line.startswith("E ")]
    error = "\n".join([test.message, *lines])
    if lack := lack_of_connection(f"{test.message}\n{test.detail}", listens):
        return lack
    if match := _PYTHON.search(error):
        return _from_outside(match[1], test.file, repository)
    if extension := _unbuilt(error, repository):
        return extension
    program = lack_of_program(f"{test.message}\n{test.detail}", repository)
    return program or lack_of_fallback(test, repository) or _to_install(test.message)


def _to_install(message: str) -> str | None:
    """What a message tells to install."""
    match = _EXTRA.search(message)
    if match is None:
        return None
    return f"the extra {match[1]}" if match[1] else match[2]


def _lacks_conftest(file: str | None, repository: Path) -> bool:
    """Whether a source archive was packed without what defines its tests' fixtures."""
    if file is None or not (repository / "PKG-INFO").is_file():
        return False
    return not any((repository / folder / CONFTEST).is_file() for folder in Path(file).parents)


def _not_packed(error: CollectionError, repository: Path) -> str:
    """The `__init__.py` that makes a folder of tests a package, when an sdist does not have it."""
    if _NO_PARENT not in error.message or not error.file:
        return ""
    if not (repository / "PKG-INFO").is_file():
        return ""
    return f"{Path(error.file).parent.as_posix()}/__init__.py"


def _telling(message: str) -> str:
    """What the error itself says; the rest of a message shows source and values."""
    return "\n".join(line for line in message.split("\n")[-400:] if _LACKS.search(line))


def _named(text: str, declared: Sequence[str]) -> str | None:
    """The declared distribution that a message names, by its own name or that of its plugin."""
    for name in declared:
        parts = re.split("[-_.]", re.sub(r"^pytest[-_.]", "", name.lower()))
        short = "[-_.]".join(re.escape(part) for part in parts)
        if re.search(rf"(?<![\w.-]){short}(?![a-z0-9])", text, re.IGNORECASE):
            return name
    return None


def _unbuilt(message: str, repository: Path) -> str | None:
    """The extension module that an import lacks, when its source is in the repository."""
    match = _NO_NAME.search(message)
    if match is None:
        return None
    place = Path(*match[2].split("."), match[1])
    sources = (folder / place for folder in (repository, repository / "src"))
    has_source = any(
        path.with_suffix(suffix).is_file() for path in sources for suffix in _EXTENSION_SOURCES
    )
    return f"the built extension {match[2]}.{match[1]}" if has_source else None


def _missing(text: str, file: str | None, repository: Path) -> str | None:
    message = text.partition("\n")[0]
    if match := _PYTHON.search(message):
        return _from_outside(match[1], file, repository)
    if extension := _unbuilt(message, repository):
        return extension
    if match := _GO_VERSION.search(text):
        return f"Go {next(group for group in match.groups() if group)}"
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
