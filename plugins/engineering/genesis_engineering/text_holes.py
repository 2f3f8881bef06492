"""What a program puts into a text, and whether it may come from somebody else."""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from genesis_engineering.python_source import FunctionNode, PythonSource

_INPUT = re.compile(
    r"\binput\(|\brequest\.|\benviron\b|\bgetenv\(|\.recv\(|\.form\b|query_params|urlopen"
)
_WRITTEN = re.compile(r"\benviron\[[^\]\n]*\] = ")
# A person at a command line gives the parameters of these, and may run any command anyway.
_COMMAND = re.compile(r"^(click|typer|task)\b|\b(option|argument|command)\b")
HOLE = "\ue000"
# The second kind of each stands for the sign itself.
_PERCENT = re.compile(r"%(?:\((?P<key>\w+)\))?(?P<name>)[-#0 +]*\d*(?:\.\d+)?[a-zA-Z]|%%")
_BRACES = re.compile(r"\{(?P<name>[^{}]*)\}|\{\{|\}\}")
_SELF = frozenset({"self", "cls"})


@dataclass(frozen=True)
class Template:
    """A text that is put together: `text` has `HOLE` where the expressions of `holes` go, in
    order."""

    text: str
    holes: tuple[ast.expr, ...]


def template_of(node: ast.expr) -> Template:
    """What `%`, `+`, an f-string or `format` put into which text; else a text of one hole."""
    match node:
        case ast.Constant(value=str(text)):
            return Template(text.replace(HOLE, ""), ())
        case ast.JoinedStr(values=values):
            return _joined([template_of(value) for value in values])
        case ast.FormattedValue(value=value):
            return Template(HOLE, (value,))
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _joined([template_of(left), template_of(right)])
        case ast.BinOp(left=left, op=ast.Mod(), right=right):
            return _filled(template_of(left), _PERCENT, _by_name(right))
        case ast.Call(func=ast.Attribute(value=value, attr="format")):
            given = {str(place): one for place, one in enumerate(node.args)}
            given |= {one.arg or "": one.value for one in node.keywords}
            return _filled(template_of(value), _BRACES, given)
        case _:
            return Template(HOLE, (node,))


def _by_name(right: ast.expr) -> dict[str, ast.expr]:
    match right:
        case ast.Tuple(elts=several):
            return {str(place): one for place, one in enumerate(several)}
        case ast.Dict(keys=keys, values=values):
            names = [key.value if isinstance(key, ast.Constant) else "" for key in keys]
            return {str(name): value for name, value in zip(names, values, strict=True)}
        case _:
            return {"0": right}


def _filled(template: Template, pattern: re.Pattern[str], given: dict[str, ast.expr]) -> Template:
    """A template with its placeholders filled; what is not found in `given` is all of it."""
    pieces: list[Template] = []
    old, place = iter(template.holes), 0
    everything = ast.Tuple(elts=list(given.values()))
    position = 0
    for found in pattern.finditer(template.text):
        before = template.text[position : found.start()]
        pieces.append(Template(before, tuple(itertools.islice(old, before.count(HOLE)))))
        position = found.end()
        if found["name"] is None:
            pieces.append(Template(found[0][:1], ()))
            continue
        named = found.groupdict().get("key") or found["name"]
        key = re.split(r"[.\[!:]", named)[0] or str(place)
        place += 1
        pieces.append(Template(HOLE, (given.get(key, everything),)))
    pieces.append(Template(template.text[position:], tuple(old)))
    return _joined(pieces)


def _joined(pieces: Sequence[Template]) -> Template:
    holes = itertools.chain.from_iterable(piece.holes for piece in pieces)
    return Template("".join(piece.text for piece in pieces), tuple(holes))


def is_given_from_outside(source: PythonSource, row: int, hole: ast.expr) -> bool:
    """Whether a value is handed to the function around a line, made from what is, or input.

    What the object itself holds, a constant, and what the function makes of nothing else are its
    own.
    """
    if is_input(hole):
        return True
    outside = _outside(source.functions_at(row))
    return bool(_names(hole) & outside)


def is_input(node: ast.AST) -> bool:
    """Whether code reads what comes from outside: a request, a socket, the environment."""
    return reads_input(ast.unparse(node))


def reads_input(text: str) -> bool:
    """The same of a text. A script gets its arguments from whoever may run any command anyway."""
    return _INPUT.search(_WRITTEN.sub("", text)) is not None


def _outside(functions: list[FunctionNode]) -> set[str]:
    """The names in functions, the outer first, that hold what came from outside."""
    found: set[str] = set()
    for function in functions:
        if not any(_COMMAND.search(ast.unparse(one)) for one in function.decorator_list):
            found |= {node.arg for node in ast.walk(function.args) if isinstance(node, ast.arg)}
        for names, value in _bindings(function):
            if _names(value) & found or is_input(value):
                found |= names
    return found


def _bindings(function: FunctionNode) -> Iterator[tuple[set[str], ast.expr]]:
    """What a function binds to which value, in the order of its lines."""
    for node in ast.walk(function):
        match node:
            case ast.Assign(targets=targets, value=value):
                yield {name for one in targets for name in _names(one)}, value
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                yield _names(target), value
            case ast.For(target=target, iter=value) | ast.comprehension(target=target, iter=value):
                yield _names(target), value
            case _:
                pass


def _names(node: ast.expr) -> set[str]:
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name)} - _SELF
