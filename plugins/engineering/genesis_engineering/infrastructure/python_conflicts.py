"""Python requirements that no version can meet: against each other, or each by itself."""

from __future__ import annotations

import itertools
import posixpath
import re
from collections.abc import Iterable, Iterator

from genesis.contracts import Finding, Severity
from packaging.specifiers import InvalidSpecifier, SpecifierSet

from genesis_engineering.infrastructure.declarations import CONSTRAINT, Declaration
from genesis_engineering.infrastructure.outcome import make_finding
from genesis_engineering.infrastructure.python_projects import PythonProject, RequirementsFile
from genesis_engineering.infrastructure.tree import Tree, is_minor

_MOST_PAIRS = 200_000
_FOR_DOCUMENTS = re.compile(
    r"(^|[-_./])(docs?|documentation|rtd|readthedocs|sphinx)(?=$|[-_./])", re.IGNORECASE
)
_CONF = re.compile(r"(^|.*/)(docs?|documentation)/(.+/)?conf\.py", re.IGNORECASE)
_INSTALLS_ITSELF = re.compile(
    r"^[ \t]*(-e[ \t]*|--editable[ =])?\.{1,2}/?(\[[\w, -]*\])?[ \t]*$", re.MULTILINE
)
_METADATA = r"\b(version|distribution|metadata|get_distribution|require)\(\s*[\"']{name}[\"']"


def exclude_each_other(*specifiers: str) -> bool:
    """Whether no version meets all of them; False for what is not PEP 440."""
    try:
        return SpecifierSet(",".join(filter(None, specifiers))).is_unsatisfiable()
    except InvalidSpecifier:
        return False


def find_conflicts(tree: Tree, project: PythonProject) -> Iterator[Finding]:
    """High where one `pip install` is sure to fail; medium between manifest and requirements file,
    low where that file is for documentation that is built without the package.

    Two extras, or two groups for developers, may exclude each other: nobody needs to install
    both.
    """
    base = [one for one in project.declared if one.is_runtime]
    groups: dict[str, list[Declaration]] = {}
    for one in project.declared:
        groups.setdefault(one.group, []).append(one)
    for group, members in groups.items():
        apart = group == "build" or group.startswith("dev:hatch")
        others = base if group and not apart else []
        yield from _between([*others, *members], Severity.HIGH, "are installed together")
    for file in project.requirements:
        yield from _in_requirements(tree, project, file, base)


def _in_requirements(
    tree: Tree, project: PythonProject, file: RequirementsFile, base: list[Declaration]
) -> Iterator[Finding]:
    declared = _closure(project, file)
    yield from _between(declared, Severity.HIGH, f"are installed together by {file.path}")
    if project.is_package and not is_minor(file.path) and file.group != CONSTRAINT:
        how = f"and {file.path} is installed for the same project"
        is_apart = _FOR_DOCUMENTS.search(file.path) and not _is_built_with(tree, project, file)
        severity = Severity.LOW if is_apart else Severity.MEDIUM
        yield from _between_two(base, declared, severity, how)


def _is_built_with(tree: Tree, project: PythonProject, file: RequirementsFile) -> bool:
    """Whether documentation is built where the package is installed: its requirements say so, or
    its conf.py needs that, as it asks for the package before it changes where Python looks."""
    if _INSTALLS_ITSELF.search(tree.read(file.path) or ""):
        return True
    if any(one.name == project.name for one in file.declared.found):
        return True
    start = posixpath.join(project.folder, "") if project.folder else ""
    confs = [path for path in tree.by_path if path.startswith(start) and _CONF.fullmatch(path)]
    return any(_needs_package(tree.read(path) or "", project.name) for path in confs)


def _needs_package(conf: str, name: str) -> bool:
    spelled = re.escape(name).replace("\\-", "[-_.]")
    if re.search(_METADATA.replace("{name}", spelled), conf, re.IGNORECASE):
        return True
    before = conf.partition("sys.path.")[0]
    return bool(
        re.search(rf"^\s*(import|from)\s+{spelled}\b", before, re.IGNORECASE | re.MULTILINE)
    )


def _closure(project: PythonProject, file: RequirementsFile) -> list[Declaration]:
    """The packages of a requirements file and of those that it includes, each file once."""
    by_path = {one.path: one for one in project.requirements}
    seen: dict[str, RequirementsFile] = {}
    pending = [file]
    while pending:
        one = pending.pop()
        if one.path in seen:
            continue
        seen[one.path] = one
        for name, _ in one.declared.includes:
            path = posixpath.normpath(posixpath.join(posixpath.dirname(one.path), name))
            if path in by_path:
                pending.append(by_path[path])
    # The file itself comes last: of two that clash, its line is the one to look at.
    return [declared for one in reversed(seen.values()) for declared in one.declared.found]


def _between(declared: Iterable[Declaration], severity: Severity, how: str) -> Iterator[Finding]:
    by_name: dict[str, list[Declaration]] = {}
    for one in declared:
        if one.specifier and not one.is_conditional and not one.is_direct:
            by_name.setdefault(one.name, []).append(one)
    for members in by_name.values():
        yield from _of_one_name(members, severity, how)


def _of_one_name(members: list[Declaration], severity: Severity, how: str) -> Iterator[Finding]:
    for one in members:
        if exclude_each_other(one.specifier):
            yield _impossible(one)
    pairs = itertools.combinations(members, 2)
    for one, other in itertools.islice(pairs, _MOST_PAIRS):
        if one.specifier != other.specifier and _clash(one, other):
            yield _conflict(other, one, severity, how)
            return


def _between_two(
    base: list[Declaration], others: list[Declaration], severity: Severity, how: str
) -> Iterator[Finding]:
    by_name = {one.name: one for one in base if one.specifier and not one.is_conditional}
    for other in others:
        one = by_name.get(other.name)
        if one and other.specifier and not other.is_conditional and _clash(one, other):
            yield _conflict(other, one, severity, how)


def _clash(one: Declaration, other: Declaration) -> bool:
    alone = exclude_each_other(one.specifier) or exclude_each_other(other.specifier)
    return not alone and exclude_each_other(one.specifier, other.specifier)


def _impossible(one: Declaration) -> Finding:
    return make_finding(
        "conflicting-requirements",
        Severity.HIGH,
        f"No version of {one.name} can meet {one.specifier}: nothing can be installed.",
        one.file,
        one.line,
        one.shown,
        f"sed -n {one.line}p {one.file}",
    )


def _conflict(one: Declaration, other: Declaration, severity: Severity, how: str) -> Finding:
    return make_finding(
        "conflicting-requirements",
        severity,
        f"{one.shown} here and {other.shown} in {other.file}:{other.line} exclude each other, "
        f"{how if how.startswith('and') else 'and they ' + how}: pip refuses both.",
        one.file,
        one.line,
        f"{one.shown} / {other.shown}",
        f"grep -niE '{one.name.replace('-', '[-_.]')}' {one.file} {other.file}",
    )
