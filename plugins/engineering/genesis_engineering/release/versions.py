"""The version that a repository's own files name, and where they disagree."""

from __future__ import annotations

import ast
import configparser
import json
import re
import tomllib
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from packaging.version import InvalidVersion, Version

from genesis_engineering.release.sources import Package

ReadText = Callable[[str], str | None]
"""Gives the text of a file by its path, None where there is none."""
_MODULES = ("__init__.py", "_version.py", "version.py", "__about__.py", "__version__.py")
_NAMES = frozenset({"__version__", "VERSION", "version"})
_MANIFESTS = ("pyproject.toml", "setup.cfg", "setup.py", "package.json", "Cargo.toml")
_CITATION = re.compile(r"^version:\s*[\"']?v?([^\"'\s]+)", re.MULTILINE)
_CONF = re.compile(r"^release\s*=\s*[\"']([^\"']+)[\"']", re.MULTILINE)
_PLACEHOLDERS = frozenset({"0", "0.0", "0.0.0", "0.0.0.dev0"})


@dataclass(frozen=True)
class Declared:
    """A version in a file; `line` counts from 1."""

    file: str
    line: int
    version: Version


@dataclass(frozen=True)
class Declarations:
    """The versions in files, that of the manifest first. `from_tags`: the build takes the version
    from git's tags, so no file has to name it."""

    found: tuple[Declared, ...]
    from_tags: bool
    name: str

    @property
    def version(self) -> Declared | None:
        """The one that counts."""
        return self.found[0] if self.found else None

    @property
    def disagreeing(self) -> list[Declared]:
        """Those that name another version than the first."""
        return [one for one in self.found[1:] if one.version != self.found[0].version]


def read_declarations(read: ReadText, packages: list[Package]) -> Declarations:
    """What the manifest at the top, the top packages, CITATION.cff, VERSION and the documentation's
    configuration say. A manifest of another language counts only where Python has none."""
    texts = {name: text for name in _MANIFESTS if (text := read(name)) is not None}
    project = _toml(texts.get("pyproject.toml", ""))
    found = list(_from_manifests(texts, project))
    is_python = any(one.file in _MANIFESTS[:3] for one in found) or "setup.py" in texts or project
    if is_python:
        found = [one for one in found if one.file in _MANIFESTS[:3]]
    for package in packages:
        if package.root in ("", "src"):
            found += _from_modules(read, package)
    found += _from_others(read)
    usable = tuple(one for one in found if str(one.version) not in _PLACEHOLDERS)
    return Declarations(usable, _is_from_tags(project, texts), _name(project, texts))


def _from_manifests(texts: dict[str, str], project: dict[str, object]) -> Iterator[Declared]:
    tool = _table(project, "tool")
    own = (_table(project, "project").get("version"), _table(tool, "poetry").get("version"))
    for value in own:
        yield from _declared("pyproject.toml", texts, value, r"version\s*=")
    if "setup.cfg" in texts:
        yield from _declared("setup.cfg", texts, _from_cfg(texts["setup.cfg"]), r"version\s*=")
    if "setup.py" in texts:
        yield from _declared("setup.py", texts, _from_setup(texts["setup.py"]), r"version\s*=")
    if "package.json" in texts:
        value = _json(texts["package.json"]).get("version")
        yield from _declared("package.json", texts, value, r'"version"\s*:')
    if "Cargo.toml" in texts:
        value = _table(_toml(texts["Cargo.toml"]), "package").get("version")
        yield from _declared("Cargo.toml", texts, value, r"version\s*=")


def _from_modules(read: ReadText, package: Package) -> Iterator[Declared]:
    paths = [f"{package.folder}/{name}" for name in _MODULES] + [f"{package.folder}.py"]
    for path in paths:
        text = read(path)
        if text is None:
            continue
        for name, value, line in _assignments(text):
            is_version = name == "__version__" or PurePosixPath(path).name in _MODULES[1:]
            version = _version(value) if is_version and name in _NAMES else None
            if version is not None:
                yield Declared(path, line, version)
                break


def _from_others(read: ReadText) -> Iterator[Declared]:
    for path, pattern in (("CITATION.cff", _CITATION), ("docs/conf.py", _CONF),
                          ("doc/conf.py", _CONF), ("docs/source/conf.py", _CONF)):  # fmt: skip
        text = read(path) or ""
        found = pattern.search(text)
        version = _version(found[1]) if found else None
        if found is not None and version is not None:
            yield Declared(path, text.count("\n", 0, found.start()) + 1, version)
    for path in ("VERSION", "VERSION.txt", "version.txt"):
        text = (read(path) or "").strip()
        version = _version(text) if "\n" not in text else None
        if version is not None:
            yield Declared(path, 1, version)


def _declared(file: str, texts: dict[str, str], value: object, pattern: str) -> Iterator[Declared]:
    version = _version(value)
    if version is None:
        return
    lines = texts[file].split("\n")
    named = re.compile(pattern + r".*" + re.escape(str(value)))
    line = next((at for at, text in enumerate(lines, 1) if named.search(text)), 1)
    yield Declared(file, line, version)


def _is_from_tags(project: dict[str, object], texts: dict[str, str]) -> bool:
    tool = _table(project, "tool")
    hatch = _table(_table(tool, "hatch"), "version")
    # A version that is dynamic, but read from a module, is found in that module.
    named = {"setuptools_scm", "setuptools-git-versioning", "poetry-dynamic-versioning",
             "versioningit", "versioneer", "pdm-scm"}  # fmt: skip
    asked = texts.get("setup.py", "") + texts.get("setup.cfg", "")
    pdm = _table(_table(tool, "pdm"), "version")
    return (
        bool(named & set(tool))
        or hatch.get("source") == "vcs"
        or pdm.get("source") == "scm"
        or any(word in asked for word in ("use_scm_version", "setuptools_scm", "versioneer", "pbr"))
    )


def _name(project: dict[str, object], texts: dict[str, str]) -> str:
    names = (
        _table(project, "project").get("name"),
        _table(_table(project, "tool"), "poetry").get("name"),
        _json(texts.get("package.json", "")).get("name"),
    )
    return next((name for name in names if isinstance(name, str) and name), "")


def _assignments(text: str) -> Iterator[tuple[str, object, int]]:
    """Names that a module sets to a constant at its top."""
    tree = _parse(text)
    for node in tree.body if tree else ():
        targets = node.targets if isinstance(node, ast.Assign) else (
            [node.target] if isinstance(node, ast.AnnAssign) else []
        )  # fmt: skip
        value = getattr(node, "value", None)
        for target in targets:
            if isinstance(target, ast.Name) and isinstance(value, ast.Constant):
                yield target.id, value.value, node.lineno


def _from_setup(text: str) -> object:
    tree = _parse(text)
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(
            node.func, "attr", ""
        )) == "setup":  # fmt: skip
            for keyword in node.keywords:
                if keyword.arg == "version" and isinstance(keyword.value, ast.Constant):
                    return keyword.value.value
    return None


def _from_cfg(text: str) -> object:
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(text)
    except configparser.Error:
        return None
    return parser.get("metadata", "version", fallback=None)


def _parse(text: str) -> ast.Module | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what it thinks of the code is not asked for
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _version(value: object) -> Version | None:
    try:
        return Version(value) if isinstance(value, str) and len(value) < 100 else None
    except InvalidVersion:
        return None


def _toml(text: str) -> dict[str, object]:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return {}


def _json(text: str) -> dict[str, object]:
    try:
        found = json.loads(text) if text else {}
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _table(table: dict[str, object], key: str) -> dict[str, object]:
    found = table.get(key)
    return found if isinstance(found, dict) else {}
