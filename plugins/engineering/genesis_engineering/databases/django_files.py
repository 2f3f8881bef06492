"""Migrations of Django, read without importing them, and what is wrong with their graph."""

from __future__ import annotations

import ast
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from genesis.contracts import Finding, Severity

from genesis_engineering.databases.python_calls import name_of_call
from genesis_engineering.python_source import PythonSource

_ANY = frozenset({"__first__", "__latest__"})
_LABEL = re.compile(r"^\s*label\s*(?::\s*str\s*)?=\s*[\"'](\w+)[\"']", re.MULTILINE)


@dataclass(frozen=True)
class DjangoMigration:
    """One migration of the app `label`. `dependencies` are pairs of app and name with their lines;
    None where they are not all written out. `operations` are the calls in their order.
    `is_initial` is of those that makemigrations made together of a new app's models."""

    source: PythonSource
    label: str
    line: int
    dependencies: tuple[tuple[str, str, int], ...] | None
    replaces: tuple[str, ...]
    operations: tuple[ast.Call, ...]
    is_initial: bool

    @property
    def name(self) -> str:
        return PurePosixPath(self.source.path).stem

    @property
    def folder(self) -> str:
        return str(PurePosixPath(self.source.path).parent)


def read_migration(source: PythonSource, labels: dict[str, str]) -> DjangoMigration | None:
    """The migration in a file of a folder `migrations`; `labels` are those of apps whose folder is
    called otherwise, by the folder's path."""
    pure = PurePosixPath(source.path)
    if pure.parent.name != "migrations" or "Migration" not in source.text or source.tree is None:
        return None
    for node in source.tree.body:
        if isinstance(node, ast.ClassDef) and node.name == "Migration":
            values = {
                target.id: statement.value
                for statement in node.body
                if isinstance(statement, ast.Assign)
                for target in statement.targets
                if isinstance(target, ast.Name)
            }
            app = pure.parent.parent
            return DjangoMigration(
                source, labels.get(str(app), app.name), node.lineno,
                None if "self.dependencies" in source.text else _pairs(values.get("dependencies")),
                tuple(pair[1] for pair in _pairs(values.get("replaces")) or ()),
                tuple(_operations(values.get("operations"))), _is_true(values.get("initial")),
            )  # fmt: skip
    return None


def _is_true(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is True


def find_labels(sources: Iterable[PythonSource]) -> dict[str, str]:
    """The labels that `apps.py` files give, by the folder of the app."""
    found = {}
    for source in sources:
        label = _LABEL.search(source.text)
        if label is not None:
            found[str(PurePosixPath(source.path).parent)] = label.group(1)
    return found


def check_migrations(migrations: Sequence[DjangoMigration]) -> Iterator[Finding]:
    """What `migrate` stops at: a dependency that is nowhere, and two leaves of one app."""
    apps: defaultdict[str, list[DjangoMigration]] = defaultdict(list)
    for migration in migrations:
        apps[migration.folder].append(migration)
    # An app that two folders may mean is not looked at.
    folders = Counter(own[0].label for own in apps.values())
    by_label = {own[0].label: own for own in apps.values() if folders[own[0].label] == 1}
    for migration in migrations:
        yield from _missing(migration, by_label)
    for own in by_label.values():
        yield from _leaves(own)


def _missing(
    migration: DjangoMigration, by_label: dict[str, list[DjangoMigration]]
) -> Iterator[Finding]:
    for label, name, line in migration.dependencies or ():
        known = by_label.get(label)
        if known is None or name in _ANY or name in _names(known):
            continue
        message = (
            f"The migration depends on {label}.{name}, which is not there: `migrate` stops with "
            "NodeNotFoundError."
        )
        yield _finding("django-missing-dependency", message, migration, line)


def _names(own: Iterable[DjangoMigration]) -> set[str]:
    return {name for one in own for name in (one.name, *one.replaces)}


def _leaves(own: Sequence[DjangoMigration]) -> Iterator[Finding]:
    if any(one.dependencies is None for one in own):
        return
    # What a squashed migration replaces is no node of its own.
    stands_for = {old: one.name for one in own for old in one.replaces}
    nodes = [one for one in own if one.name not in stands_for]
    followed = {
        stands_for.get(name, name)
        for one in own
        for label, name, _ in one.dependencies or ()
        if label == one.label and stands_for.get(name, name) != stands_for.get(one.name, one.name)
    }
    leaves = sorted((one for one in nodes if one.name not in followed), key=lambda one: one.name)
    if len(leaves) > 1:
        last = leaves[-1]
        others = ", ".join(one.name for one in leaves[:-1])
        message = (
            f"{last.name} and {others} are both last in the app {last.label}: `migrate` stops with "
            '"Conflicting migrations detected". `makemigrations --merge` joins them.'
        )
        line = (last.dependencies or (("", "", last.line),))[0][2]
        yield _finding("django-leaves", message[:2000], last, line)


def _finding(rule: str, message: str, migration: DjangoMigration, line: int) -> Finding:
    source = migration.source
    return Finding(
        rule=rule, severity=Severity.HIGH, message=message[:2000], file=source.path, line=line,
        evidence=source.line(line)[:300], check="python manage.py makemigrations --check",
    )  # fmt: skip


def _pairs(node: ast.expr | None) -> tuple[tuple[str, str, int], ...] | None:
    if node is None:
        return ()
    if not isinstance(node, ast.List | ast.Tuple):
        return None
    found = []
    for element in node.elts:
        match element:
            case ast.Tuple(elts=[ast.Constant(value=str(label)), ast.Constant(value=str(name))]):
                found.append((label, name, element.lineno))
            case ast.Call():
                pass  # swappable_dependency and the like: of another app
            case _:
                return None
    return tuple(found)


def _operations(node: ast.expr | None) -> Iterator[ast.Call]:
    """The calls of a list of operations, with those that change the database of nested ones."""
    for element in node.elts if isinstance(node, ast.List | ast.Tuple) else ():
        if not isinstance(element, ast.Call):
            continue
        if name_of_call(element) == "SeparateDatabaseAndState":
            for keyword in element.keywords:
                if keyword.arg == "database_operations":
                    yield from _operations(keyword.value)
        else:
            yield element
