"""The rule `unused-dependency`: declared packages that no file of a Python project speaks of."""

from __future__ import annotations

from collections.abc import Iterator

from genesis.contracts import Confidence, Finding, Severity

from genesis_engineering.infrastructure.declarations import Declaration
from genesis_engineering.infrastructure.mentions import Mentions
from genesis_engineering.infrastructure.outcome import make_finding
from genesis_engineering.infrastructure.python_names import (
    brought_by,
    gives,
    known_modules,
)
from genesis_engineering.infrastructure.python_projects import PythonProject
from genesis_engineering.infrastructure.python_tables import is_never_imported
from genesis_engineering.infrastructure.tree import Tree


def find_unused(
    tree: Tree, project: PythonProject, imported: set[str], mentions: Mentions
) -> Iterator[Finding]:
    """Runtime packages that are neither imported nor named anywhere; `imported` is dotted names.

    Left alone: tools, plugins and drivers, conditional and direct ones, those with a comment, and
    files that a tool wrote with everything in them.
    """
    if not any(file.suffix == ".py" for file in project.modules):
        return
    left = {}
    for one in _candidates(project):
        tree.check_time()
        if not any(gives(one.name, module) for module in imported):
            left[one.name] = one
    manifests = {one.file for one in project.all_declared}
    words = {name: _words(name) for name in left}
    for name in sorted(mentions.unmentioned(words, manifests) if words else ()):
        yield _finding(left[name])


def _candidates(project: PythonProject) -> Iterator[Declaration]:
    runtime = [one for one in project.declared if one.is_runtime]
    for file in project.requirements:
        if not file.is_compiled and not _is_frozen(file.declared.found):
            runtime += [one for one in file.declared.found if one.is_runtime]
    for one in runtime:
        if one.is_conditional or one.is_direct or one.remark or one.name == project.name:
            continue
        if not is_never_imported(one.name):
            yield one


def _is_frozen(declared: list[Declaration]) -> bool:
    """Whether the file pins everything, what other lines of it bring along as well."""
    names = frozenset(one.name for one in declared)
    pinned = all(one.specifier.startswith("==") for one in declared if not one.is_direct)
    return pinned and any(brought_by(name, names - {name}) for name in names)


def _words(name: str) -> set[str]:
    modules = known_modules(name) or frozenset()
    return {name, name.replace("-", "_"), name.replace("-", ".")} | set(modules)


def _finding(declared: Declaration) -> Finding:
    return make_finding(
        "unused-dependency",
        Severity.LOW,
        f"{declared.name} is declared, and no file imports it or names it. "
        "Take it out, or say in a comment on its line what needs it.",
        declared.file,
        declared.line,
        declared.shown,
        f"grep -rniE '{declared.name.replace('-', '[-_.]')}' .",
        Confidence.LIKELY,
    )
