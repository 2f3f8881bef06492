"""The rule `lock-drift` for Python: lock files that no longer fit what pyproject.toml declares."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Iterator
from dataclasses import dataclass

from genesis.contracts import Finding, Severity
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion

from genesis_engineering.infrastructure.declarations import BUILD, Declaration, Lines
from genesis_engineering.infrastructure.outcome import make_finding
from genesis_engineering.infrastructure.poetry_versions import poetry_specifier
from genesis_engineering.infrastructure.pyproject_files import (
    Table,
    TomlSyntaxError,
    parse_toml,
    table_at,
)
from genesis_engineering.infrastructure.python_conflicts import exclude_each_other
from genesis_engineering.infrastructure.python_projects import PythonProject
from genesis_engineering.infrastructure.tree import Tree

MAX_LOCK_BYTES = 3_000_000
_COMMANDS = {
    "poetry.lock": "poetry check --lock",
    "uv.lock": "uv lock --check",
    "pdm.lock": "pdm lock --check",
    "Pipfile.lock": "pipenv verify",
}


@dataclass(frozen=True)
class Lock:
    """A lock file: the locked versions of each package, by canonical name."""

    path: str
    versions: dict[str, frozenset[str]]


def read_python_lock(tree: Tree, folder: str) -> Lock | None:
    """The lock file beside a project's manifest; None without one, or when it cannot be read."""
    for name in ("uv.lock", "poetry.lock", "pdm.lock"):
        path = posixpath.join(folder, name)
        text = tree.read(path, MAX_LOCK_BYTES)
        if text:
            try:
                return Lock(path, _packages(parse_toml(text).get("package")))
            except TomlSyntaxError:
                return None
    return None


def _packages(items: object) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for item in items if isinstance(items, list) else []:
        if isinstance(item, dict) and isinstance(item.get("name"), str):
            versions = found.setdefault(canonicalize_name(item["name"]), set())
            versions.add(str(item.get("version", "")))
    return {name: frozenset(versions) for name, versions in found.items()}


def find_python_drift(project: PythonProject, lock: Lock) -> Iterator[Finding]:
    """Declared packages that the lock lacks, or that it holds in a version outside their range."""
    if table_at(project.table, "tool", "uv").keys() & {
        "override-dependencies", "constraint-dependencies", "workspace", "exclude-dependencies",
    }:  # fmt: skip
        return
    seen = set()
    for one in project.declared:
        if _is_judged(one, project, lock) and one.name not in seen:
            finding = _judge(one, lock)
            if finding:
                seen.add(one.name)
                yield finding


def _is_judged(one: Declaration, project: PythonProject, lock: Lock) -> bool:
    if one.is_conditional or one.name == project.name or one.group == BUILD:
        return False
    if not one.file.endswith("pyproject.toml") or one.group.startswith("dev:hatch"):
        return False
    if not one.group.startswith("dev:"):
        return True
    # Environments of hatch, and groups that another tool than the lock's own reads.
    hatch = table_at(project.table, "tool", "hatch", "envs")
    groups = table_at(project.table, "dependency-groups")
    name = one.group.removeprefix("dev:")
    return name not in hatch and not (name in groups and lock.path.endswith("poetry.lock"))


def _judge(one: Declaration, lock: Lock) -> Finding | None:
    versions = lock.versions.get(one.name)
    if versions is None:
        return drift(one, lock.path, f"{lock.path} does not have it")
    if one.is_direct or exclude_each_other(one.specifier) or _any_fits(one.specifier, versions):
        return None
    held = ", ".join(sorted(versions))
    return drift(one, lock.path, f"{lock.path} holds {held}")


def _any_fits(specifier: str, versions: frozenset[str]) -> bool:
    try:
        allowed = SpecifierSet(specifier)
        return any(not one or allowed.contains(one, prereleases=True) for one in versions)
    except (InvalidSpecifier, InvalidVersion):
        return True


def drift(one: Declaration, lock: str, how: str) -> Finding:
    """The finding for a declaration that a lock file contradicts."""
    command = _COMMANDS.get(posixpath.basename(lock), "")
    return make_finding(
        "lock-drift",
        Severity.MEDIUM,
        f"{one.shown} is declared, and {how}: an install from the lock file fails or "
        "gives something else than declared. Lock again.",
        one.file,
        one.line,
        one.shown,
        command or f"grep -n '{one.name}' {lock}",
    )


def find_pipfile_drift(tree: Tree) -> Iterator[Finding]:
    """The same for Pipfile and Pipfile.lock, wherever both are in one folder."""
    for file in tree.named("Pipfile"):
        text = tree.read(file.path)
        lock_path = file.path + ".lock"
        raw = tree.read(lock_path, MAX_LOCK_BYTES)
        if text is None or raw is None:
            continue
        try:
            table, locked = parse_toml(text), json.loads(raw)
        except (TomlSyntaxError, ValueError, RecursionError):
            continue
        if isinstance(locked, dict):
            yield from _of_pipfile(file.path, lock_path, text, table, locked)


def _of_pipfile(
    path: str, lock_path: str, text: str, table: Table, locked: Table
) -> Iterator[Finding]:
    lines = Lines(text)
    for section, key in (("packages", "default"), ("dev-packages", "develop")):
        held = {canonicalize_name(name): value for name, value in table_at(locked, key).items()}
        versions: dict[str, frozenset[str]] = {
            name: frozenset({str(value.get("version", "")).removeprefix("==")})
            for name, value in held.items()
            if isinstance(value, dict)
        }
        for name, value in table_at(table, section).items():
            if isinstance(value, str):
                specifier = poetry_specifier(value)
                line = lines.find(name, f"[{section}]")
                one = Declaration(canonicalize_name(name), specifier, path, line)
                finding = _judge(one, Lock(lock_path, versions))
                if finding:
                    yield finding
