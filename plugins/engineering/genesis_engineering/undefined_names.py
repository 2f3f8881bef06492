"""Judge a name that nothing defines: whether something else gives it, and whether it is used."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Sequence

from genesis.contracts import Finding, Severity

from genesis_engineering.python_source import PythonSource
from genesis_engineering.ruff_run import Diagnostic
from genesis_engineering.unreachable import is_behind_loop

_PYTHON_2_NAMES = frozenset(
    {"unicode", "basestring", "long", "xrange", "raw_input", "unichr", "reduce", "cmp", "file",
     "execfile", "reload", "buffer", "apply", "intern", "coerce", "StandardError"}
)  # fmt: skip
_ASKS_FOR_PYTHON = re.compile(
    r"PY2|PY3|version_info|\bsix\b|\bsys\.version\b|python_version|pyversion"
    r"|str is bytes|bytes is str"
)
# Scripts of Zope declare in comments what they are given.
_DECLARED = re.compile(r"^## ?(Script \(Python\)|parameters=|bind )", re.MULTILINE)
# Modules that Python 3 does not have, imported where nothing catches it.
_OLD_IMPORT = re.compile(
    r"^(?:import (?:[\w, ]*, )?|from )(?:new|urllib2|urlparse|ConfigParser|Queue|StringIO|"
    r"cStringIO|cPickle|httplib|HTMLParser|Tkinter|commands|sets|md5|sha|__builtin__|Cookie|"
    r"xmlrpclib|SocketServer|thread|_winreg|htmlentitydefs|robotparser|BaseHTTPServer)\b",
    re.MULTILINE,
)
_OLD_VERSION = re.compile(r"\b(VERSION|__version__|version_info)\b[^<>]*<=? ")
_MOST_IN_A_FILE = 5
_EXECUTED = re.compile(r"\bexec(file)?\(")
_FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
# Names that gettext, notebooks, Sphinx, profilers and type checkers put there.
_GIVEN_NAMES = frozenset(
    {"_", "ngettext", "get_ipython", "display", "spark", "dbutils", "tags", "profile",
     "reveal_type", "reveal_locals"}
)  # fmt: skip


def judge_undefined_name(source: PythonSource, found: Diagnostic) -> Severity | None:
    """High; low in an annotation, for a name of Python 2, and where the file ends before it comes
    there. None for a name that something gives the module, and where no Python 3 comes."""
    told = re.search(r"`([^`]*)`", found.message)
    name = told[1] if told else ""
    is_given = (
        _is_asked_for(source, found) or name in _GIVEN_NAMES or re.fullmatch(r"__\w+__", name)
    )
    if is_given or source.path.split("/")[0].lower().startswith("doc"):
        return None
    made = (
        r"\bglobals\(\)|\bvars\(\)|\bsetattr\(sys\.modules\[|\bbuiltins\b|\b__builtins__\s*[.\[,]|global_enum|_convert_"
        rf"|\bdel\b.*\b{re.escape(name)}\b"
    )
    if re.search(made, source.text):
        return None
    if _DECLARED.search(source.text) or _runs_other_text(source) or _is_caught(source, found):
        return None
    if _OLD_IMPORT.search(source.text):
        return Severity.LOW  # the file ends before it comes there
    if name in _PYTHON_2_NAMES and _ASKS_FOR_PYTHON.search(source.text):
        return None
    asked = rf"\b\w+_{re.escape(name)}\b.*\band\b.*\b{re.escape(name)}\b"
    if name in _PYTHON_2_NAMES and re.search(asked, source.line(found.location.row)):
        return None
    if _is_never_run(source, found):
        return None
    if _is_bound_in_loop(source, found, name):
        return None
    if re.search(rf"^\s*nonlocal\b.*\b{re.escape(name)}\b", source.text, re.MULTILINE):
        return None  # declared by an annotation, and given its value by a function inside
    # Who has a name of Python 2 left has a file that nobody ran for years.
    is_minor = (
        _is_for_old_versions(source, found)
        or name in _PYTHON_2_NAMES
        or _is_in_annotation(source, found)
    )
    return Severity.LOW if is_minor else Severity.HIGH


def lessen_stray(findings: Sequence[Finding]) -> list[Finding]:
    """The findings, with names that nothing defines low in a file that has more than five of them:
    nobody runs it, such as a part of another project that was copied without its imports."""
    names = {(one.file, one.message) for one in findings if one.rule == "undefined-name"}
    counts = Counter(file for file, _message in names)
    return [
        one.model_copy(update={"severity": Severity.LOW})
        if one.rule == "undefined-name" and counts[one.file] > _MOST_IN_A_FILE
        else one
        for one in findings
    ]


def _runs_other_text(source: PythonSource) -> bool:
    """Whether the module runs a text in its own names, as a setup.py does to learn a version."""
    return _EXECUTED.search(source.text) is not None and any(
        _is_bare_exec(node)
        for block in source.blocks
        if not any(isinstance(one, _FUNCTIONS) for one in block.around)
        for statement in block.body
        for node in [statement.value if isinstance(statement, ast.Expr) else None]
    )


def _is_bare_exec(node: ast.expr | None) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in ("exec", "execfile")
        and len(node.args) == 1
    )


def _is_asked_for(source: PythonSource, found: Diagnostic) -> bool:
    """Whether a newer Python has the name, or `del` takes away what `import *` brought."""
    is_newer = "requires-python" in found.message
    return is_newer or any(
        isinstance(node, ast.Delete) for node in source.enclosing(found.location.row)
    )


def _is_in_annotation(source: PythonSource, found: Diagnostic) -> bool:
    row, column = found.location.row, found.location.column - 1
    for node in ast.walk(source.tree) if source.tree else ():
        for name in ("annotation", "returns"):
            part = getattr(node, name, None)
            if isinstance(part, ast.expr) and part.lineno <= row <= (part.end_lineno or row):
                start = part.col_offset if part.lineno == row else 0
                if start <= column:
                    end = part.end_col_offset if part.end_lineno == row else None
                    if end is None or column < end:
                        return True
    return False


def _is_never_run(source: PythonSource, found: Diagnostic) -> bool:
    """Whether the use lies behind an endless loop, or in the branch of a condition that no Python 3
    fulfils: `False`, a name that the file only ever sets to that, or that texts are bytes."""
    row = found.location.row
    if is_behind_loop(row, source.blocks):
        return True
    for node in source.enclosing(row):
        if isinstance(node, ast.If) and row <= (node.body[-1].end_lineno or 0):
            test = node.test
            if isinstance(test, ast.Name) and _is_always_false(source, test.id):
                return True
            if ast.unparse(test) in ("False", "0", "str is bytes", "bytes is str"):
                return True
    return False


def _is_for_old_versions(source: PythonSource, found: Diagnostic) -> bool:
    """Whether only an older version of something comes there: `if django.VERSION < (1, 8):`."""
    row = found.location.row
    return any(
        isinstance(node, ast.If)
        and node.body[0].lineno <= row <= (node.body[-1].end_lineno or 0)
        and _OLD_VERSION.search(ast.unparse(node.test))
        for node in source.enclosing(row)
    )


def _is_always_false(source: PythonSource, name: str) -> bool:
    set_to = re.findall(
        rf"^\s*{re.escape(name)}\s*(?::\s*\w+\s*)?=\s*(.*)$", source.text, re.MULTILINE
    )
    return bool(set_to) and all(re.match(r"(False|0)\s*(#|$)", value) for value in set_to)


def _is_caught(source: PythonSource, found: Diagnostic) -> bool:
    """Whether the line lies in a `try` that is there for names that may be missing."""
    row = found.location.row
    return any(
        isinstance(node, ast.Try)
        and node.body[-1].end_lineno is not None
        and node.lineno <= row <= node.body[-1].end_lineno
        and any(one.type and "NameError" in ast.unparse(one.type) for one in node.handlers)
        for node in source.enclosing(row)
    )


def _is_bound_in_loop(source: PythonSource, found: Diagnostic, name: str) -> bool:
    """Whether a loop around the use binds the name further down: the first round may take another
    way."""
    return any(
        isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Store)
        for loop in source.enclosing(found.location.row)
        if isinstance(loop, ast.For | ast.AsyncFor | ast.While)
        for node in ast.walk(loop)
    )
