"""Judge diagnostics of ruff by the statements around them: what is done with the value there."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

from genesis.contracts import Severity

from genesis_engineering.python_source import FunctionNode, PythonSource
from genesis_engineering.ruff_run import Diagnostic

_LEAVES = ast.Return | ast.Raise | ast.Break | ast.Continue
# Their methods are declared as callers see them: without `self`.
_INTERFACES = re.compile(r"^\s*(from|import)\s+zope\.interface\b", re.MULTILINE)
# Fixtures of pytest for what a test prints, logs or warns of.
_LISTENING = frozenset({"capfd", "capsys", "caplog", "recwarn"})


def judge_suppress(source: PythonSource, found: Diagnostic) -> Severity | None:
    """Medium for `with suppress():` itself; kept in a name or a choice, it stands for nothing to
    do, as `nullcontext()` would."""
    row, column = found.location.row, found.location.column - 1
    for node in source.enclosing(row):
        if isinstance(node, ast.With | ast.AsyncWith):
            places = [item.context_expr for item in node.items]
            if any((one.lineno, one.col_offset) == (row, column) for one in places):
                return Severity.MEDIUM
    return None


def judge_groupby(source: PythonSource, found: Diagnostic) -> Severity | None:
    """None where every earlier use of the group lies in a branch that leaves the round."""
    row, column = found.location.row, found.location.column - 1
    around = list(source.enclosing(row))
    loops = [node for node in around if isinstance(node, ast.For | ast.AsyncFor)]
    names = [
        node.id
        for node in around
        if isinstance(node, ast.Name) and (node.lineno, node.col_offset) == (row, column)
    ]
    # The loop over the groups is the innermost one that binds the name.
    loop = next((one for one in reversed(loops) if names and _binds(one.target, names[0])), None)
    if loop is None:
        return Severity.MEDIUM
    before = [
        node.lineno
        for statement in loop.body
        for node in ast.walk(statement)
        if isinstance(node, ast.Name) and node.id == names[0] and node.lineno < row
    ]
    # Taking the first of a group does not spend it.
    used = [line for line in before if f"next({names[0]}" not in source.line(line)]
    if before and not used:
        return None
    here = set(map(id, around))
    is_left = all(_is_left_before(source, line, here) for line in used)
    return None if used and is_left else Severity.MEDIUM


def judge_signature(source: PythonSource, found: Diagnostic) -> Severity | None:
    """None in a class of a module with zope's interfaces that derives from one, and for a method
    that only refuses."""
    function = source.function_at(found.location.row)
    if function is not None and isinstance(function.body[-1], ast.Raise):
        return None
    classes = [
        node for node in source.enclosing(found.location.row) if isinstance(node, ast.ClassDef)
    ]
    if classes and _INTERFACES.search(source.text):
        bases = [ast.unparse(base).rpartition(".")[2] for base in classes[-1].bases]
        if any(re.fullmatch(r"\w*Interface|I[A-Z]\w*", base) for base in bases):
            return None
    return Severity.MEDIUM


def judge_all(source: PythonSource, found: Diagnostic) -> Severity | None:
    """None where each element is a text, the name of something (`Shelf.__name__`) or another list
    of names, unpacked (`*other.__all__`)."""
    for node in source.enclosing(found.location.row):
        value = node.value if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign) else None
        if isinstance(value, ast.List | ast.Tuple):
            allowed = (
                isinstance(one, ast.Starred)
                or (isinstance(one, ast.Attribute) and one.attr == "__name__")
                or (isinstance(one, ast.Constant) and isinstance(one.value, str))
                for one in value.elts
            )
            return None if all(allowed) else Severity.MEDIUM
    return Severity.MEDIUM


def judge_super(source: PythonSource, found: Diagnostic) -> Severity | None:
    """None for what `super` has from `object`, given the object itself: that is found there."""
    called = re.search(r"\bsuper\.(__\w+__)\(self\b", source.line(found.location.row))
    return None if called and hasattr(object, called[1]) else Severity.MEDIUM


def judge_signs(source: PythonSource, found: Diagnostic) -> Severity | None:
    """None where a parenthesis stands between the two signs: then both are meant."""
    signs = source.lines[found.location.row - 1][found.location.column - 1 :]
    return Severity.MEDIUM if re.match(r"\+\s*\+|-\s*-", signs) else None


def judge_fixed_key(source: PythonSource, found: Diagnostic) -> Severity | None:
    """None where the comprehension has a condition: it may look for the one that fulfils it."""
    return (
        None
        if any(
            isinstance(node, ast.DictComp) and any(part.ifs for part in node.generators)
            for node in ast.walk(source.tree or ast.Module([], []))
            if getattr(node, "lineno", 0)
            <= found.location.row
            <= (getattr(node, "end_lineno", 0) or 0)
        )
        else Severity.MEDIUM
    )


def judge_blocking(source: PythonSource, found: Diagnostic) -> Severity | None:
    """None in a function that serves synchronous callers too (`if asynchronous: ... else: ...`),
    and for a sleep of no time."""
    if re.search(r"\bsleep\(\s*0\s*\)", source.line(found.location.row)):
        return None
    for node in source.enclosing(found.location.row):
        if isinstance(node, ast.If) and "async" in ast.unparse(node.test).lower():
            return None
    return Severity.MEDIUM


def judge_finally(source: PythonSource, found: Diagnostic) -> Severity | None:
    """Medium where `finally` always gives another value than what the `try` wants to give."""
    for node in source.enclosing(found.location.row):
        if not isinstance(node, ast.Try):
            continue
        last = next((one for one in node.finalbody if isinstance(one, ast.Return)), None)
        if last is not None and last.lineno == found.location.row:
            given = {_given(one) for part in (node.body, node.orelse) for one in part}
            return Severity.MEDIUM if given - {"", ast.unparse(last)} else Severity.LOW
    return Severity.LOW


def _given(statement: ast.stmt) -> str:
    """The `return` that a statement is or, in its branches, ends with; "" for none."""
    for one in ast.walk(statement):
        if isinstance(one, ast.Return):
            return ast.unparse(one)
        if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            return ""
    return ""


def judge_unbound(source: PythonSource, found: Diagnostic) -> Severity | None:
    """None where the error is waited for (`try: next` with `except NameError`); low where the value
    of something else decides whether the line comes to it."""
    row = found.location.row
    nodes = list(source.enclosing(row))
    for node in nodes:
        if isinstance(node, ast.Try) and row <= (node.body[-1].end_lineno or 0):
            caught = [ast.unparse(one.type) if one.type else "" for one in node.handlers]
            if any(re.search(r"NameError|UnboundLocalError|^(Exception)?$", one) for one in caught):
                return None
    is_conditional = any(isinstance(node, ast.BoolOp | ast.IfExp) for node in nodes)
    return Severity.LOW if is_conditional else Severity.MEDIUM


def judge_comparison(source: PythonSource, found: Diagnostic) -> Severity | None:
    """Inside try or with, comparing may be the point: it is done for the error that it raises, and
    in a test that looks at what was printed or warned of, for that. So it may be where a comment
    says something, and where order or membership is asked for, not equality: that runs code."""
    row = found.location.row
    nodes = list(source.enclosing(row))
    if any(isinstance(n, ast.Try | ast.With) for n in nodes) or _overloads(nodes):
        return None
    compared = [node for node in nodes if isinstance(node, ast.Compare)]
    orders = any(
        isinstance(operator, ast.Lt | ast.Gt | ast.LtE | ast.GtE | ast.In | ast.NotIn)
        for node in compared
        for operator in node.ops
    )
    sides = {(ast.unparse(one.left), ast.unparse(one.comparators[0])) for one in compared}
    if any(left == right or _stands(source, f"{right} == {left}") for left, right in sides):
        return None  # with itself, or both ways round: for what comparing does on the way
    is_told = "#" in source.line(row) or source.line(row - 1).startswith("#")
    function = source.function_at(row)
    is_told |= bool(function and not _LISTENING.isdisjoint(a.arg for a in function.args.args))
    return Severity.LOW if orders or is_told else Severity.MEDIUM


def _stands(source: PythonSource, text: str) -> bool:
    """Whether a line holds just that."""
    parts = (part for line in source.lines if "==" in line for part in line.split(";"))
    return text.replace(" ", "") in (part.replace(" ", "") for part in parts)


def _overloads(nodes: Sequence[ast.AST]) -> bool:
    """Whether the class around compares things in a way of its own, or itself: that may do
    something."""
    compared = [node for node in nodes if isinstance(node, ast.Compare)]
    if any(
        isinstance(side, ast.Name) and side.id == "self"
        for one in compared
        for side in (one.left, *one.comparators)
    ):
        return True
    return any(
        isinstance(one, FunctionNode) and one.name in ("__gt__", "__lt__", "__eq__", "__rshift__")
        for node in nodes
        if isinstance(node, ast.ClassDef)
        for one in node.body
    )


def judge_caught_twice(source: PythonSource, found: Diagnostic) -> Severity | None:
    """Low for one name of several in a handler, which is reached for the others."""
    for node in source.enclosing(found.location.row):
        if isinstance(node, ast.ExceptHandler) and isinstance(node.type, ast.Tuple):
            return Severity.LOW
    return Severity.MEDIUM


def judge_shared_keys(source: PythonSource, found: Diagnostic) -> Severity | None:
    """Medium where the function changes what a key has further down; keys that are only given
    other values share nothing in the end."""
    around = list(source.enclosing(found.location.row))
    targets = [t for node in around if isinstance(node, ast.Assign) for t in node.targets]
    names = {ast.unparse(target) for target in targets}
    kinds = ast.FunctionDef | ast.AsyncFunctionDef
    within = next((node for node in reversed(around) if isinstance(node, kinds)), source.tree)
    if not names or within is None:
        return Severity.MEDIUM
    for node in ast.walk(within):
        inner = node.value if isinstance(node, ast.Attribute | ast.Subscript) else None
        if isinstance(node, ast.AugAssign):
            inner = node.target
        if not isinstance(inner, ast.Subscript) or inner.lineno <= found.location.row:
            continue
        if ast.unparse(inner.value) in names:
            return Severity.MEDIUM
    return Severity.LOW


def judge_slot(source: PythonSource, found: Diagnostic) -> Severity | None:
    """None where the class gives the name a descriptor of its own, which takes the value."""
    name = re.search(r"`(\w+)`", found.message)
    for node in source.enclosing(found.location.row):
        if isinstance(node, ast.ClassDef) and name:
            own = {one.name for one in node.body if isinstance(one, FunctionNode)}
            for one in node.body:
                targets = one.targets if isinstance(one, ast.Assign) else []
                if isinstance(one, ast.AnnAssign) and one.value is not None:
                    targets = [one.target]
                own |= {target.id for target in targets if isinstance(target, ast.Name)}
            if name[1] in own:
                return None
    return Severity.MEDIUM


def _binds(target: ast.expr, name: str) -> bool:
    return any(isinstance(node, ast.Name) and node.id == name for node in ast.walk(target))


def _is_left_before(source: PythonSource, line: int, here: set[int]) -> bool:
    """Whether a branch around the line ends by leaving, and is not one of `here`."""
    for node in source.enclosing(line):
        if isinstance(node, ast.If) and id(node) not in here:
            branch = node.body if line <= (node.body[-1].end_lineno or 0) else node.orelse
            if branch and isinstance(branch[-1], _LEAVES):
                return True
    return False
