"""Which scripts of a package are loaded for sure, in a `try` only, or when somebody asks."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath

from genesis_engineering.files import RepositoryFile
from genesis_engineering.infrastructure.javascript_imports import read_relative_imports
from genesis_engineering.infrastructure.javascript_projects import SUFFIXES, NodeProject
from genesis_engineering.infrastructure.javascript_tokens import tokens_of

_ENTRY_KEYS = frozenset(
    {"main", "module", "browser", "exports", "bin", "types", "scripts", "files", "imports"}
)
_MAIN_KEYS = ("main", "module", "browser", "exports", "bin")
_RELATIVE = re.compile(
    r"(?:\bfrom|\bimport|\brequire\s*\(|\bimport\s*\()\s*[\"'](\.[^\"'\n]{0,300})[\"']"
)
_SCRIPT_ENDING = re.compile(r"\.[cm]?[jt]sx?$")
_NAMES_OF_FOLDERS = frozenset({"index", "main"})


def is_on_demand(project: NodeProject, files: Iterable[RepositoryFile]) -> bool:
    """Whether a package that others install loads none of these files: neither its manifest's
    entries nor another script names one. Applications are told by `private` or by no version."""
    data = project.data
    if data.get("private") or not data.get("version") or not data.keys() & {"main", "exports"}:
        return False
    entries = json.dumps({key: data[key] for key in sorted(data.keys() & _ENTRY_KEYS)})
    stems = {file.path: PurePosixPath(file.path).name.split(".")[0] for file in files}
    if not _NAMES_OF_FOLDERS.isdisjoint(stems.values()):
        return False
    named = re.compile(
        rf"[\"'`/](?:{'|'.join(sorted(map(re.escape, stems.values())))})(?:\.[\w.]+)?[\"'`]"
    )
    return not named.search(entries) and not any(
        named.search(file.read_text() or "") for file in project.scripts if file.path not in stems
    )


def loaded_in_try(project: NodeProject) -> frozenset[str]:
    """The scripts that are loaded from within a `try` and in no other way, directly or by others.

    The entries of the manifest and scripts that no other one imports are loaded for sure, with what
    these import outside of a `try`.
    """
    paths = {file.path for file in project.scripts}
    imports = {file.path: _imported(file, paths) for file in project.scripts}
    imported = {target for targets in imports.values() for target in targets}
    plain = {path: [one for one in found if not found[one]] for path, found in imports.items()}
    starts = {*(paths - imported), *_entries(project, paths)}
    # Circles that nothing seems to load are loaded by a name that is no path.
    starts |= paths - _reached(starts, imports)
    sure = _reached(starts, plain)
    tried = {one for path in sure for one, is_tried in imports[path].items() if is_tried}
    return frozenset(_reached(tried, imports) - sure)


def _reached(starts: Iterable[str], edges: Mapping[str, Iterable[str]]) -> set[str]:
    found: set[str] = set()
    waiting = list(starts)
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting += edges[path]
    return found


def _imported(file: RepositoryFile, paths: set[str]) -> dict[str, bool]:
    """The scripts of the project that one imports, and whether in a `try` each time."""
    text = file.read_text() or ""
    relative: Iterable[tuple[str, bool]] = ((one, False) for one in _RELATIVE.findall(text))
    if "try" in text:
        relative = read_relative_imports(text)
    found: dict[str, bool] = {}
    for specifier, is_tried in relative:
        target = _resolve(posixpath.join(posixpath.dirname(file.path), specifier), paths)
        if target:
            found[target] = found.get(target, True) and is_tried
    return found


def _resolve(path: str, paths: set[str]) -> str:
    clean = posixpath.normpath(path)
    stem = _SCRIPT_ENDING.sub("", clean)
    places = (clean, *(base + end for base in (clean, stem, f"{clean}/index") for end in SUFFIXES))
    return next((place for place in places if place in paths), "")


def _entries(project: NodeProject, paths: set[str]) -> Iterator[str]:
    named = [project.data.get(key) for key in _MAIN_KEYS]
    texts = re.findall(r'"([^"\\]{1,300})"', json.dumps(named))
    for text in (*texts, "index"):
        if found := _resolve(posixpath.join(project.folder, text), paths):
            yield found


def installs_itself(project: NodeProject, package: str) -> bool:
    """Whether a text in the project's scripts, no comment, names a version of a package as npm
    takes it, alone or in a command: `name@1.2.0`, `npm install name@latest`."""
    version = re.compile(rf"(?:^|\s){re.escape(package)}@(?:[~^]?\d[\w.-]*|latest|next)(?:\s|$)")
    return any(
        token.kind == "text" and version.search(token.value)
        for file in project.scripts
        if f"{package}@" in (text := file.read_text() or "")
        for token in tokens_of(text)
    )
