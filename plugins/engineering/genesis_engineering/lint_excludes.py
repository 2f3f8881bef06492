"""Which Python files the repository's own linters are told to leave alone."""

from __future__ import annotations

import configparser
import re
import tomllib
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from genesis.contracts import Finding, Severity

from genesis_engineering.files import RepositoryFile, read_named

_RUFF = ("pyproject.toml", "ruff.toml", ".ruff.toml")
_FLAKE8 = (".flake8", "setup.cfg", "tox.ini")
_KEYS = ("exclude", "extend-exclude", "extend_exclude")
_LARGEST_SHARE = 0.5


def lessen_excluded(
    repository: Path, files: Sequence[RepositoryFile], findings: Sequence[Finding]
) -> list[Finding]:
    """The findings, low at most in files that ruff or flake8 are told to leave alone: their
    maintainer knows of them, most often as somebody else's code.

    Settings that leave out most of the repository say something else, and count for nothing.
    """
    patterns = list(_patterns(repository))
    excluded = {file.path for file in files if patterns and _is_excluded(file.path, patterns)}
    if len(excluded) > _LARGEST_SHARE * len(files):
        return list(findings)
    return [
        one.model_copy(update={"severity": Severity.LOW})
        if one.file in excluded and one.severity.rank < Severity.LOW.rank
        else one
        for one in findings
    ]


def _patterns(repository: Path) -> Iterator[str]:
    """The patterns of the settings at the root: globs of paths, or of names anywhere."""
    for name in _RUFF:
        told: object = _toml(read_named(repository, name) or "")
        for key in ("tool", "ruff") if name == "pyproject.toml" else ():
            told = told.get(key) if isinstance(told, dict) else None
        table = told if isinstance(told, dict) else {}
        lint = table.get("lint")
        for part in (table, lint if isinstance(lint, dict) else {}):
            for key in _KEYS:
                values = part.get(key)
                yield from (str(one) for one in values if one) if isinstance(values, list) else ()
    for name in _FLAKE8:
        parser = configparser.RawConfigParser(strict=False)
        try:
            parser.read_string(read_named(repository, name) or "")
        except configparser.Error:
            continue
        for key in _KEYS:
            told = parser.get("flake8", key, fallback="")
            yield from (one for one in re.split(r"[\s,]+", str(told)) if one and one[0] != "#")


def _toml(text: str) -> object:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return None


def _is_excluded(path: str, patterns: Sequence[str]) -> bool:
    pure = PurePosixPath(path)
    places = [str(one) for one in (pure, *pure.parents) if str(one) != "."]
    for pattern in patterns:
        wanted = pattern.removeprefix("./").rstrip("/")
        anywhere = wanted.removeprefix("*/").removeprefix("**/").removesuffix("/**")
        names = pure.parts if "/" not in anywhere else ()
        if any(fnmatchcase(one, wanted) for one in places):
            return True
        if any(fnmatchcase(one, anywhere) for one in (*places, *names)):
            return True
    return False
