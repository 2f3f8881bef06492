"""Imports of modules that a Python which the repository names no longer has."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from genesis_engineering.files import read_named
from genesis_engineering.python_source import PythonSource
from genesis_engineering.risky_shapes import Shape

# "What's New in Python 3.12" and "3.13", sections "Removed". Not distutils: setuptools gives it.
_REMOVED = {
    **dict.fromkeys(("asynchat", "asyncore", "imp", "smtpd"), 12),
    **dict.fromkeys(
        ("aifc", "audioop", "cgi", "cgitb", "chunk", "crypt", "imghdr", "lib2to3", "mailcap",
         "msilib", "nis", "nntplib", "ossaudiodev", "pipes", "sndhdr", "spwd", "sunau",
         "telnetlib", "uu", "xdrlib"), 13,
    ),
}  # fmt: skip
_MANIFESTS = ("pyproject.toml", "setup.py", "setup.cfg", "requirements.txt")
_CLASSIFIER = re.compile(r"Programming Language :: Python :: 3\.(\d+)\b")
_MAY_HAVE = re.compile(
    rf"^[ \t]*(?:import(?:[ \t]+[\w., \t]*,)?|from)[ \t]+(?:{'|'.join(_REMOVED)})\b", re.MULTILINE
)


def newest_named(repository: Path) -> tuple[int, str]:
    """The newest 3.N that the classifiers of a repository name, and the texts of its manifests; 0
    when they name none."""
    text = "\n".join(read_named(repository, name) or "" for name in _MANIFESTS)
    return max((int(minor) for minor in _CLASSIFIER.findall(text)), default=0), text


def is_for_python_2(manifests: str) -> bool:
    """Whether the classifiers name Python 2 and no Python 3."""
    named = re.findall(r"Programming Language :: Python :: (\d)", manifests)
    return "2" in named and "3" not in named


def find_removed_modules(source: PythonSource, newest: int, manifests: str) -> Iterator[Shape]:
    """`removed-module`: a plain import of a module that Python 3.`newest` lacks.

    Not in a `try`, below a condition, nor of what a package such as `legacy-cgi` or
    `standard-imghdr` gives back.
    """
    if not _MAY_HAVE.search(source.text) or source.tree is None:
        return
    for block in source.blocks:
        if any(isinstance(one, ast.Try | ast.If | ast.With) for one in block.around):
            continue
        for statement in block.body:
            for name in _imported(statement):
                since = _REMOVED.get(name, newest + 1)
                if since <= newest and not _is_given(name, source.text, manifests):
                    message = (
                        f"Python 3.{since} removed `{name}`, and the classifiers name 3.{newest}: "
                        "the import raises ModuleNotFoundError there."
                    )
                    yield Shape("removed-module", message, statement.lineno)


def _is_given(name: str, text: str, manifests: str) -> bool:
    """Whether the manifests name a package that gives the module back, or the file tells of it."""
    given = rf"\b(standard|legacy|backports?)[-.]{name}\b|\b{name}-\d+-\w+|audioop-lts"
    return re.search(rf"\b\w+-{name}\b|audioop-lts", manifests) is not None or (
        re.search(given, text) is not None
    )


def _imported(statement: ast.stmt) -> list[str]:
    if isinstance(statement, ast.Import):
        return [alias.name.partition(".")[0] for alias in statement.names]
    if isinstance(statement, ast.ImportFrom) and not statement.level and statement.module:
        return [statement.module.partition(".")[0]]
    return []
