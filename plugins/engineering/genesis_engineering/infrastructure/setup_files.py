"""Read what setup.cfg and setup.py declare, without running them."""

from __future__ import annotations

import ast
import configparser
from collections.abc import Iterator

from genesis_engineering.infrastructure.declarations import (
    BUILD,
    RUNTIME,
    Declaration,
    Declarations,
    Lines,
    is_development_name,
)
from genesis_engineering.infrastructure.requirements_files import read_requirement
from genesis_engineering.python_source import PythonSource

_KEYS = {"install_requires": RUNTIME, "setup_requires": BUILD, "tests_require": "dev:tests"}


def read_setup_cfg(path: str, text: str) -> Declarations:
    """`install_requires`, extras and the like; a `file:` directive counts as an include."""
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(text)
    except configparser.Error:
        return Declarations(is_dynamic=True)
    lines = Lines(text)
    found = Declarations()
    for key, group in _KEYS.items():
        value = parser.get("options", key, fallback="")
        if value.strip().startswith("file:"):
            found.includes += [
                (name.strip(), lines.find(key)) for name in value.strip()[5:].split(",")
            ]
        else:
            found.found += _listed(path, lines, value.split("\n"), group, key)
    if parser.has_section("options.extras_require"):
        for name, value in parser.items("options.extras_require"):
            group = f"dev:{name}" if is_development_name(name) else f"extra:{name}"
            header = "[options.extras_require]"
            found.found += _listed(path, lines, value.split("\n"), group, header)
    return found


def _listed(
    path: str, lines: Lines, items: list[str], group: str, header: str
) -> Iterator[Declaration]:
    for item in items:
        literal = item.partition(" #")[0].strip()
        if literal:
            line = lines.find(literal, header)
            declaration = read_requirement(literal, path, line, group, remark=" #" in item)
            if declaration:
                yield declaration


def read_setup_py(path: str, text: str) -> Declarations | None:
    """The literal arguments of `setup(...)`; None when the file calls no such function."""
    tree = PythonSource(path, text).tree
    if tree is None:
        return Declarations(is_dynamic=True)
    call = next((node for node in ast.walk(tree) if _is_setup(node)), None)
    if not isinstance(call, ast.Call):
        return None
    names = _assigned(tree)
    found = Declarations(is_dynamic=any(one.arg is None for one in call.keywords))
    for keyword in call.keywords:
        value = _resolve(keyword.value, names)
        if keyword.arg in _KEYS:
            found.is_dynamic |= not _literal(path, value, _KEYS[keyword.arg], found)
        elif keyword.arg == "extras_require":
            found.is_dynamic |= not _literal_extras(path, value, names, found)
    return found


def _is_setup(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return False
    name = node.func
    return (isinstance(name, ast.Name) and name.id == "setup") or (
        isinstance(name, ast.Attribute) and name.attr == "setup"
    )


def _assigned(tree: ast.Module) -> dict[str, ast.expr]:
    """Names that are given a value once, at the top of the file."""
    found: dict[str, ast.expr] = {}
    twice: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    twice |= {target.id} & found.keys()
                    found[target.id] = node.value
        elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            twice.add(node.target.id)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            # `requires.append(...)`: the list is not only what it starts as.
            twice.add(node.value.id)
    return {name: value for name, value in found.items() if name not in twice}


def _resolve(value: ast.expr, names: dict[str, ast.expr]) -> ast.expr:
    return names.get(value.id, value) if isinstance(value, ast.Name) else value


def _literal(path: str, value: ast.expr, group: str, found: Declarations) -> bool:
    """Add the texts of a literal list; False when there is something else in it."""
    if not isinstance(value, ast.List | ast.Tuple):
        return False
    complete = True
    for item in value.elts:
        if isinstance(item, ast.Constant) and isinstance(item.value, str):
            declaration = read_requirement(item.value, path, item.lineno, group)
            if declaration:
                found.found.append(declaration)
        else:
            complete = False
    return complete


def _literal_extras(
    path: str, value: ast.expr, names: dict[str, ast.expr], found: Declarations
) -> bool:
    if not isinstance(value, ast.Dict):
        return False
    complete = True
    for key, items in zip(value.keys, value.values, strict=True):
        name = str(key.value) if isinstance(key, ast.Constant) else ""
        group = f"dev:{name}" if is_development_name(name) else f"extra:{name}"
        complete &= _literal(path, _resolve(items, names), group, found)
    return complete
