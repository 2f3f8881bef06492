"""Rust: crates that nothing names, and lock files that no longer fit Cargo.toml."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from genesis.contracts import Confidence, Finding, Severity

from genesis_engineering.infrastructure.declarations import MOST_DECLARED, Declaration, Lines
from genesis_engineering.infrastructure.npm_versions import meets
from genesis_engineering.infrastructure.outcome import make_finding
from genesis_engineering.infrastructure.pyproject_files import (
    Table,
    TomlSyntaxError,
    parse_toml,
    table_at,
)
from genesis_engineering.infrastructure.python_locks import MAX_LOCK_BYTES, drift
from genesis_engineering.infrastructure.tree import Tree

_SECTIONS = {"dependencies": "", "dev-dependencies": "dev:cargo", "build-dependencies": "build"}


@dataclass
class Crate:
    """One Cargo.toml; `packages` is from the name in the code to the name of the package."""

    folder: str
    path: str
    table: Table
    declared: list[Declaration] = field(default_factory=list)
    packages: dict[str, str] = field(default_factory=dict)

    @property
    def is_workspace(self) -> bool:
        return "workspace" in self.table


def find_crates(tree: Tree) -> tuple[list[Crate], list[tuple[str, int, str]]]:
    """The crates and workspaces, innermost first; and path, line, message of what is broken."""
    crates = []
    problems = []
    for file in tree.named("Cargo.toml"):
        text = tree.read(file.path)
        if text is None or "{{" in text:
            continue
        try:
            table = parse_toml(text)
        except TomlSyntaxError as problem:
            problems.append((file.path, problem.line, str(problem)))
            continue
        crates.append(_crate(file.path, text, table))
    return sorted(crates, key=lambda one: (-len(one.folder), one.folder)), problems


def _crate(path: str, text: str, table: Table) -> Crate:
    crate = Crate(posixpath.dirname(path), path, table)
    lines = Lines(text)
    targets = table_at(table, "target")
    places = [(table, ""), *((value, name) for name, value in targets.items())]
    for place, target in places:
        for section, group in _SECTIONS.items():
            items = table_at(place, section) if isinstance(place, Mapping) else {}
            for name, value in items.items():
                header = f"[{section}" if not target else "[target."
                line = lines.find(name, header)
                one = _declaration(crate, name, value, line, group, bool(target))
                crate.declared.append(one)
    del crate.declared[MOST_DECLARED:]
    return crate


def _declaration(
    crate: Crate, name: str, value: object, line: int, group: str, targeted: bool
) -> Declaration:
    details: Table = value if isinstance(value, Mapping) else {}
    version = details.get("version", "") if details else value
    crate.packages[name] = str(details.get("package", name))
    is_direct = bool({"path", "git", "workspace", "registry"} & details.keys())
    return Declaration(
        name,
        version if isinstance(version, str) else "",
        crate.path,
        line,
        group,
        is_conditional=targeted or details.get("optional") is True,
        is_direct=is_direct,
    )


def find_unused_crates(tree: Tree, crate: Crate, others: list[Crate]) -> Iterator[Finding]:
    """Dependencies whose name is no word in any file of the crate.

    Names in `[features]`, optional ones and those of build scripts are left alone: they may be
    there for what they switch on.
    """
    nested = [one.folder for one in others if _is_below(one.folder, crate.folder)]
    wanted = {
        one.name: re.compile(rf"(?<![\w-]){re.escape(one.name.replace('-', '_'))}(?!\w)")
        for one in crate.declared
        if one.is_runtime and not one.is_conditional and not _is_switched(crate, one.name)
    }
    seen_source = False
    for file in tree.files:
        if file.suffix != ".rs" or not _is_below(file.path, crate.folder):
            continue
        if any(_is_below(file.path, folder) for folder in nested):
            continue
        seen_source = True
        tree.check_time()
        text = file.read_text() or ""
        wanted = {name: pattern for name, pattern in wanted.items() if not pattern.search(text)}
    if seen_source:
        yield from (_unused(one) for one in crate.declared if one.name in wanted and one.is_runtime)


def _is_below(path: str, folder: str) -> bool:
    return path != folder and (not folder or path.startswith(folder + "/"))


def _is_switched(crate: Crate, name: str) -> bool:
    return any(name in str(values) for values in table_at(crate.table, "features").values())


def _unused(one: Declaration) -> Finding:
    return make_finding(
        "unused-dependency",
        Severity.LOW,
        f"The crate {one.name} is declared, and no file of the package names it: "
        "every build compiles it.",
        one.file,
        one.line,
        f"{one.name} {one.specifier}",
        f"grep -rn '{one.name.replace('-', '_')}' --include='*.rs' .",
        Confidence.LIKELY,
    )


def find_crate_drift(tree: Tree, crate: Crate, crates: list[Crate]) -> Iterator[Finding]:
    """What Cargo.lock, beside the crate or at its workspace's root, lacks or holds otherwise."""
    lock_path, text = _lock_of(tree, crate, crates)
    if text is None:
        return
    try:
        packages = parse_toml(text).get("package")
    except TomlSyntaxError:
        return
    versions: dict[str, list[str]] = {}
    for item in packages if isinstance(packages, list) else []:
        if isinstance(item, dict):
            versions.setdefault(str(item.get("name")), []).append(str(item.get("version")))
    for one in crate.declared:
        held = versions.get(crate.packages[one.name])
        if held is None:
            if not one.is_direct or "workspace" not in str(crate.table):
                yield drift(one, lock_path, f"{lock_path} does not have it")
        elif not one.is_direct and not any(fits(version, one.specifier) for version in held):
            yield drift(one, lock_path, f"{lock_path} holds {', '.join(held)}")


def _lock_of(tree: Tree, crate: Crate, crates: list[Crate]) -> tuple[str, str | None]:
    """The lock of a crate: of its workspace when one encloses it; none for an excluded member."""
    roots = [
        one.folder
        for one in crates
        if one.is_workspace and one.folder != crate.folder and _is_below(crate.folder, one.folder)
    ]
    if roots and not crate.is_workspace:
        # Whether the root's globs take this crate in is cargo's to say: no lock, no judgement.
        return "", None
    path = posixpath.join(crate.folder, "Cargo.lock")
    return path, tree.read(path, MAX_LOCK_BYTES)


def fits(version: str, requirement: str) -> bool:
    """Whether a version meets a requirement of Cargo, in which `1.2` means `^1.2`.

    True for what cannot be read, and for pre-releases.
    """
    parts = [part.strip() for part in requirement.split(",")]
    if "-" in version or "-" in requirement:
        return True
    caret = " ".join(f"^{part}" if part[:1].isdigit() else part for part in parts if part)
    if not re.fullmatch(r"[\d.*xX^~<>= ]*", caret) or not caret.strip():
        return True
    # Build metadata after a plus does not count (Semantic Versioning 2.0.0, item 10).
    return meets(version.partition("+")[0], caret) is not False
