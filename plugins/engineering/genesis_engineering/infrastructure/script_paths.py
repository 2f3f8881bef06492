"""Paths of the repository that shell commands name."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from genesis_engineering.infrastructure.tree import Tree, normalise

_PATH = r"((?:\./)?[\w.-]+(?:/[\w.-]+)*)"
_RUNS = re.compile(
    rf"^\s*(?:-\s+)?(?:sudo\s+)?(?:(?:ba|da|z)?sh\s+(?:-[exu]+\s+)*|source\s+|\.\s+|python3?\s+|node\s+|ruby\s+|chmod\s+\+x\s+)"
    rf"{_PATH}(?=$|[\s;&|])"
)
_DIRECT = re.compile(r"^\s*(\./[\w.-]+(?:/[\w.-]+)*)(?=$|[\s;&|])")
_REQUIREMENTS = re.compile(
    rf"\bpip3?\s+install\b[^\n;&|]*?\s(?:-r|--requirement)[ =]?{_PATH}(?=$|[\s;&|])"
)
_SCRIPT = re.compile(r"\.(sh|bash|py|js|mjs|rb|txt|in)$")
_LEAVES = re.compile(r"(^|[\s;&|(])(cd|pushd|git\s+(clone|checkout|switch|worktree))\s")


def named_paths(lines: list[tuple[int, str]]) -> Iterator[tuple[str, int]]:
    """Scripts that are run and requirements files that are installed, before any change of folder.

    Only what has the suffix of a script or lies in a folder: anything else may be a program.
    """
    for number, line in lines:
        text = line.split(" #")[0]
        if _LEAVES.search(text) or "<<" in text:
            return
        for pattern in (_RUNS, _DIRECT, _REQUIREMENTS):
            found = pattern.search(text[:2000])
            if found and _is_file(found[1]):
                yield found[1], number


def _is_file(path: str) -> bool:
    return bool(_SCRIPT.search(path)) and ".." not in path.split("/") and not path.startswith("/")


def is_made(tree: Tree, path: str, before: str) -> bool:
    """Whether text that ran before speaks of the path: it may have made it, or fetched it.

    It does so by the file's own name, or by that of a folder which the repository lacks.
    """
    clean = normalise(path) or ""
    folder, name = posixpath.split(clean)
    names = [name]
    while folder and not tree.exists(folder):
        folder, name = posixpath.split(folder)
        names.append(name)
    return any(re.search(rf"(?<![\w-]){re.escape(one)}(?![\w-])", before) for one in names)
