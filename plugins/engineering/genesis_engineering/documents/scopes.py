"""The names that a Python module and its classes define, read from the syntax tree."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

_DYNAMIC_CALLS = frozenset({"setattr", "globals", "exec", "vars", "locals"})
_DYNAMIC_METHODS = frozenset({"__getattr__", "__getattribute__"})
_PLAIN_DECORATORS = frozenset(
    {"dataclass", "final", "define", "frozen", "mutable", "s", "attrs", "attrib", "deprecated",
     "runtime_checkable", "total_ordering"}
)  # fmt: skip


@dataclass
class ClassScope:
    """A class: `names` are its attributes; `bases` are dotted names as written."""

    names: set[str] = field(default_factory=set)
    bases: list[str] = field(default_factory=list)
    is_dynamic: bool = False


@dataclass
class ModuleScope:
    """A module: `imports` maps a name to the module and the name that it came from."""

    names: set[str] = field(default_factory=set)
    classes: dict[str, ClassScope] = field(default_factory=dict)
    imports: dict[str, tuple[str, str]] = field(default_factory=dict)
    stars: list[str] = field(default_factory=list)
    is_dynamic: bool = False


def read_scope(source: str, module: str, *, is_package: bool) -> ModuleScope | None:
    """The names of a module, or None where its source does not parse."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return None
    try:
        return _read_module(tree, module if is_package else module.rpartition(".")[0])
    except RecursionError:  # expressions nested by the hundred, as only generators write them
        return None


def _read_module(tree: ast.Module, package: str) -> ModuleScope:
    scope = ModuleScope()
    for node in _statements(tree.body):
        _read_statement(node, scope, package)
    scope.is_dynamic |= bool(scope.names & _DYNAMIC_METHODS) or _is_dynamic(tree)
    return scope


def _statements(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Every statement of a scope, also those in its branches, loops and handlers."""
    for node in body:
        yield node
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        for name in ("body", "orelse", "finalbody"):
            yield from _statements(getattr(node, name, []))
        for handler in [*getattr(node, "handlers", []), *getattr(node, "cases", [])]:
            yield from _statements(handler.body)


def _read_statement(node: ast.stmt, scope: ModuleScope, package: str) -> None:
    if isinstance(node, ast.ClassDef):
        scope.names.add(node.name)
        _merge_class(scope, node)
    elif isinstance(node, ast.Import):
        for alias in node.names:
            scope.names.add((alias.asname or alias.name).partition(".")[0])
            if alias.asname:
                scope.imports[alias.asname] = (alias.name, "")
    elif isinstance(node, ast.ImportFrom):
        _read_import(node, scope, package)
    else:
        scope.names |= _bound_names(node)
        _read_patches(node, scope)


def _merge_class(scope: ModuleScope, node: ast.ClassDef) -> None:
    read = _read_class(node)
    known = scope.classes.setdefault(node.name, read)
    if known is not read:  # Defined twice, in two branches: it may have the names of both.
        known.names |= read.names
        known.bases += read.bases
        known.is_dynamic |= read.is_dynamic


def _read_import(node: ast.ImportFrom, scope: ModuleScope, package: str) -> None:
    parts = package.split(".")
    base = ".".join(parts[: len(parts) - node.level + 1]) if node.level else ""
    module = ".".join(part for part in (base, node.module or "") if part)
    for alias in node.names:
        if alias.name == "*":
            scope.stars.append(module)
        else:
            scope.names.add(alias.asname or alias.name)
            scope.imports[alias.asname or alias.name] = (module, alias.name)


def _bound_names(node: ast.stmt) -> set[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return {node.name}
    own = [child for child in ast.iter_child_nodes(node) if not isinstance(child, ast.stmt)]
    return {
        found.id
        for child in own
        for found in ast.walk(child)
        if isinstance(found, ast.Name) and isinstance(found.ctx, ast.Store)
    } | {alias.id for alias in [getattr(node, "name", None)] if isinstance(alias, ast.Name)}


def _read_patches(node: ast.stmt, scope: ModuleScope) -> None:
    """Attributes that the module gives its classes afterwards: `Name.attribute = ...`."""
    for target in getattr(node, "targets", []):
        if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name):
            known = scope.classes.get(target.value.id)
            if known:
                known.names.add(target.attr)


def _read_class(node: ast.ClassDef) -> ClassScope:
    scope = ClassScope(bases=[_dotted(base) for base in node.bases])
    for statement in _statements(node.body):
        if isinstance(statement, ast.ClassDef):
            scope.names.add(statement.name)
        elif isinstance(statement, ast.Import | ast.ImportFrom):
            scope.names.update(alias.asname or alias.name for alias in statement.names)
        else:
            scope.names |= _bound_names(statement)
    for inner in ast.walk(node):
        if isinstance(inner, ast.Attribute) and isinstance(inner.ctx, ast.Store):
            scope.names.add(inner.attr)
        elif isinstance(inner, ast.Constant) and isinstance(inner.value, str):
            # Slots, and names given by strings to helpers that make attributes.
            scope.names.add(inner.value)
    decorated = any(not _is_plain(decorator) for decorator in node.decorator_list)
    metaclass = any(_dotted(word.value) not in ("ABCMeta", "abc.ABCMeta") for word in node.keywords)
    scope.is_dynamic = decorated or metaclass or bool(scope.names & _DYNAMIC_METHODS)
    return scope


def _is_plain(decorator: ast.expr) -> bool:
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    return _dotted(called).rpartition(".")[2] in _PLAIN_DECORATORS


def _dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Subscript):
        return _dotted(node.value)
    if isinstance(node, ast.Attribute):
        inner = _dotted(node.value)
        return f"{inner}.{node.attr}" if inner else ""
    return node.id if isinstance(node, ast.Name) else ""


def _is_dynamic(tree: ast.Module) -> bool:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _dotted(node.func) in _DYNAMIC_CALLS:
            return True
        if isinstance(node, ast.Attribute) and _dotted(node) in ("sys.modules", "lazy.attach"):
            return True
    return False
