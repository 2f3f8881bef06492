"""Look at a diagnostic of ruff in its place: how severe it is there, or that it is none."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable

from genesis.contracts import Severity

from genesis_engineering import risky_statements
from genesis_engineering.python_source import FunctionNode, PythonSource
from genesis_engineering.risky_defaults import judge_mutable_default
from genesis_engineering.risky_definitions import judge_redefinition
from genesis_engineering.risky_rules import PATTERNS
from genesis_engineering.risky_sql import judge_sql
from genesis_engineering.ruff_run import Diagnostic
from genesis_engineering.text_holes import (
    HOLE,
    is_given_from_outside,
    is_input,
    reads_input,
    template_of,
)
from genesis_engineering.undefined_names import judge_undefined_name

Judge = Callable[[PythonSource, Diagnostic], Severity | None]

# Comments with which a maintainer has already said that the line is meant so.
_ACCEPTED = re.compile(
    r"\b(nosec|noqa|pylint:\s*disable|type:\s*ignore|pragma: no cover)", re.IGNORECASE
)
# So many lines of a statement are looked through for such a comment.
_MOST_ROWS = 40
_FETCHED = re.compile(r"\b(urlopen|urlretrieve|requests|httpx|urllib3|boto3|curl|wget)\b")
_TOOLS = ("tools/", "scripts/")
_TOOL = re.compile(r"(^|/)(tools?|scripts?|contrib|misc|bin|ci|hack|dev|maint|lab|internal)/")
_ELSEWHERE = re.compile(r"os\.name == 'nt'|win32|[Ww]indows|\bis_?win\b|PY2\b|version_info < \(3")
_SECRET = re.compile(
    r"passw|secret|\botp\b|nonce|csrf|session_?key|api_?key|(auth|access|reset)_?token"
    r"|\btoken\s*=|(reset|verif\w+|confirm\w*|login|auth|recovery|activation|two_factor|[2m]fa)"
    r"_?(code|pin)",
    re.IGNORECASE,
)
# The name of an option by which users say whether certificates are checked.
_TLS_OPTION = re.compile(
    r"no[-_]check[-_]cert|(?<!\.)\b(ssl[-_]?verify|verify[-_]?(ssl|tls|certs?)|check[-_](ssl|certs?)\w*"
    r"|(allow[-_])?insecure([-_]\w+)?|skip[-_](ssl|tls|cert)[-_]?\w*|trust[-_]?all\w*)\b(?!\s*=\s*False)",
    re.IGNORECASE,
)
# `__len__`, `__index__` and `__hash__`.
_WHOLE_NUMBERS = frozenset({"PLE0303", "PLE0305", "PLE0309"})
_REORDERING = re.compile("[\u202a-\u202e\u2066-\u2069]")
# Thai to Tibetan, Myanmar and Khmer, which mark with it where a line may break.
_WITHOUT_SPACES = re.compile("[\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff]")


def judge(source: PythonSource, found: Diagnostic, default: Severity) -> Severity | None:
    """The severity of a diagnostic where it stands; None when it is not worth reporting."""
    rows = range(found.location.row, found.end_location.row + 1)
    if any(is_accepted(source.line(row)) for row in rows[:_MOST_ROWS]):
        return None
    special = _JUDGES.get(found.code or "")
    severity = special(source, found) if special else default
    is_severe = severity is not None and severity.rank < Severity.LOW.rank
    # What a maintainer's own script is given, and what is written for another system.
    is_minor = _TOOL.search(source.path) or _is_for_others(source, found)
    return Severity.LOW if is_severe and found.code in PATTERNS and is_minor else severity


def _is_for_others(source: PythonSource, found: Diagnostic) -> bool:
    """Whether only Windows or Python 2 comes to the line, where it means something else."""
    tests = [n.test for n in source.enclosing(found.location.row) if isinstance(n, ast.If)]
    return any(_ELSEWHERE.search(ast.unparse(test)) for test in tests)


def is_accepted(line: str) -> bool:
    """Whether a comment on the line says that the maintainer means it so."""
    return _ACCEPTED.search(line.partition("#")[2]) is not None


def _undefined_export(source: PythonSource, _found: Diagnostic) -> Severity | None:
    is_dynamic = re.search(r"def __getattr__|globals\(\)|sys\.modules\[__name__\]", source.text)
    return None if is_dynamic else Severity.MEDIUM


def _self_assignment(source: PythonSource, found: Diagnostic) -> Severity | None:
    """Only `x = x` inside a function: in a class or module it exports a name of another scope."""
    is_plain = re.match(r"(\w+)\s*=\s*\1\s*(#.*)?$", source.line(found.location.row))
    return Severity.LOW if is_plain and source.function_at(found.location.row) else None


def _bare_except(source: PythonSource, found: Diagnostic) -> Severity | None:
    for node in source.enclosing(found.location.row):
        if isinstance(node, ast.ExceptHandler) and node.lineno == found.location.row:
            body = "\n".join(source.lines[node.lineno : node.end_lineno])
            goes_on = re.search(r"\braise\b|reraise|raise_|exit\(|abort\(|sys\.exc_info", body)
            return None if goes_on else Severity.LOW
    return None


def _late_variable(source: PythonSource, found: Diagnostic) -> Severity | None:
    """Only a function that outlives its round: collected, or handed over as a callback."""
    kept = (
        r"\.(append|connect|add_callback|add_done_callback|call_later|submit|bind)\(.*\blambda\b"
        r"|\]\s*=\s*lambda\b|\b(command|callback|target|on_\w+)\s*=\s*lambda\b"
    )
    if re.search(kept, source.line(found.location.row)):
        return Severity.MEDIUM
    return Severity.MEDIUM if _is_collected(source, found.location.row) else None


def _is_collected(source: PythonSource, row: int) -> bool:
    """Whether the loop around puts the named function that a line lies in into a collection."""
    function = source.function_at(row)
    for node in source.enclosing(row) if function else ():
        if isinstance(node, ast.For) and function and node.lineno < function.lineno:
            text = "\n".join(source.lines[node.lineno : node.end_lineno])
            name = re.escape(function.name)
            if re.search(rf"\.append\({name}\)|\]\s*=\s*{name}\s*$", text, re.MULTILINE):
                return True
    return False


def _runs_text(source: PythonSource, found: Diagnostic) -> Severity | None:
    line = source.line(found.location.row)
    if re.search(r"\b(eval|exec)\(\s*(['\"])[^'\"{}]*\2\s*[,)]", line) or "pickle.dumps" in line:
        return None
    if reads_input(line):
        return Severity.MEDIUM
    return Severity.LOW if _takes_parameter(source, found.location.row) else Severity.INFO


def _takes_parameter(source: PythonSource, row: int) -> bool:
    """Whether the line hands a parameter of its function on to a call, as it came."""
    function = source.function_at(row)
    every = ast.walk(function.args) if function else ()
    names = {node.arg for node in every if isinstance(node, ast.arg)}
    first = [call.args[0] for call in source.calls_at(row) if call.args]
    return any(isinstance(one, ast.Name) and one.id in names for one in first)


def _weak_hash(source: PythonSource, found: Diagnostic) -> Severity | None:
    function = source.function_at(found.location.row)
    context = source.line(found.location.row) + (f" {function.name}" if function else "")
    is_secret = re.search("passw|secret|credential|signature", context, re.IGNORECASE)
    return Severity.LOW if is_secret else None


def _duplicate_field(source: PythonSource, found: Diagnostic) -> Severity | None:
    return None if "property(" in source.line(found.location.row) else Severity.LOW


def _special_method(source: PythonSource, found: Diagnostic) -> Severity | None:
    function = source.function_at(found.location.row)
    if function is None:
        return Severity.MEDIUM
    last = function.body[-1]
    if found.code in _WHOLE_NUMBERS and isinstance(last, ast.Return) and _is_truth(last.value):
        return None  # True and False are whole numbers
    is_refusal = isinstance(last, ast.Raise) or (
        isinstance(last, ast.Assert) and isinstance(last.test, ast.Constant) and not last.test.value
    )
    return None if is_refusal or is_accepted(source.line(function.lineno)) else Severity.MEDIUM


def _is_truth(value: ast.expr | None) -> bool:
    is_not = isinstance(value, ast.UnaryOp) and isinstance(value.op, ast.Not)
    return is_not or isinstance(value, ast.Compare)


def _random(source: PythonSource, found: Diagnostic) -> Severity | None:
    function = source.function_at(found.location.row)
    context = source.line(found.location.row) + (f" {function.name}" if function else "")
    # `random` is what is left where the system has nothing better.
    if function and "SystemRandom" in ast.unparse(function):
        return None
    if not _SECRET.search(context) or re.search(r"\bsleep\(", source.line(found.location.row)):
        return None
    # A salt stands beside what it salts: nobody has to guess it.
    # A nonce has to be new, not secret.
    is_salt = re.match(r"(self\.)?\w*salt\w*\s*=", source.line(found.location.row))
    is_nonce = "nonce" in context and len(_SECRET.findall(context)) == 1
    return Severity.LOW if is_salt or is_nonce else Severity.MEDIUM


def _permissions(source: PythonSource, found: Diagnostic) -> Severity | None:
    """None where others may not write, low where a comment says for whom it is."""
    mode = re.search(r"0o([0-7]+)", found.message)
    if not mode or not int(mode.group(1), 8) & 0o002:
        return None
    row = found.location.row
    said = "\n".join(line for line in source.lines[max(0, row - 6) : row] if "#" in line)
    is_meant = re.search(r"#.*\b(all|every\w*|any(one|body)|others?|world|users?)\b", said)
    return Severity.LOW if is_meant else Severity.MEDIUM


def _shell(source: PythonSource, found: Diagnostic) -> Severity | None:
    """Medium when the call puts what its function was given into a command that stands there, and
    the function reads input; low for what the program has of its own, nothing for a literal."""
    if "seems safe" in found.message:
        return None
    row = found.location.row
    for call in reversed(source.calls_at(row)):
        if call.args:
            command = template_of(call.args[0])
            is_written = bool(command.text.replace(HOLE, "").strip())
            is_given = any(is_given_from_outside(source, row, hole) for hole in command.holes)
            # A script gets its arguments from whoever may run any command anyway, and a function
            # mostly from its own program: only what is read from outside is surely a stranger's.
            function = source.function_at(row)
            is_given = is_given and function is not None and is_input(function)
            return Severity.MEDIUM if is_written and is_given else Severity.LOW
    return Severity.LOW


def _unpacking(source: PythonSource, found: Diagnostic) -> Severity | None:
    function = source.function_at(found.location.row)
    first, last = found.location.row, found.end_location.row
    if function:
        first, last = function.lineno, function.end_lineno or last
    text = "\n".join(source.lines[first - 1 : last])
    receiver = re.match(r"(\w+)\.extractall\(", source.line(found.location.row))
    if receiver and re.search(
        rf"ZipFile\(.*\) as {receiver[1]}:|\b{receiver[1]} = (zipfile\.)?ZipFile\(", text
    ):
        return None
    if re.search(r"\b(filter|members)\s*=|data_filter", text):
        return None
    # What the function itself fetches from where it says, or the package brings along, is as
    # trusted as what is run afterwards.
    has_address = re.search(r"\b\w*(url|uri|address|src|source|link)\w*\b", _parameters(function))
    is_own = re.search(r"importlib\.resources|resource_(stream|bytesio|filename)|files\(", text)
    is_fetched = _FETCHED.search(text) is not None
    # Who opens an archive on his own machine mostly knows from whom he has it; a service does not.
    is_sent = re.search(r"upload|request|untrusted|payload|submi|attachment", text, re.IGNORECASE)
    is_foreign = has_address if is_fetched else is_sent
    return Severity.MEDIUM if is_foreign and not is_own else Severity.LOW


def _parameters(function: FunctionNode | None) -> str:
    return ast.unparse(function.args) if function else ""


def _yaml(source: PythonSource, found: Diagnostic) -> Severity | None:
    """Only PyYAML's own unsafe loaders, or none: one of the repository's is mostly safe. Low where
    nothing tells that a stranger writes what is loaded."""
    rows = source.lines[found.location.row - 1 : found.end_location.row]
    calls = [one for one in source.calls_at(found.location.row) if "load" in ast.unparse(one.func)]
    if any(keyword.arg is None for call in calls for keyword in call.keywords):
        return None
    text = "\n".join(rows)
    if "Loader" not in text:
        return Severity.MEDIUM  # PyYAML 6 refuses the call
    if not re.search(r"yaml\.(C?|Unsafe|CUnsafe)Loader\b", text):
        return None
    function = source.function_at(found.location.row)
    return Severity.MEDIUM if function is not None and is_input(function) else Severity.LOW


def _certificates(source: PythonSource, found: Diagnostic) -> Severity | None:
    """None where the program's user asked for it: `if not verify_ssl:`, `def unverified()`. Low
    where the file has such an option, and in a package of helpers for tests."""
    function = source.function_at(found.location.row)
    if function and re.search("unverified|insecure|no_?verif", function.name, re.IGNORECASE):
        return None
    for node in source.enclosing(found.location.row):
        test = ast.unparse(node.test) if isinstance(node, ast.If | ast.IfExp) else ""
        if re.search("verify|insecure|ssl|cert", test, re.IGNORECASE):
            return None
    code = re.sub(r"#.*", "", source.text)
    if _TLS_OPTION.search(code) or re.search(r"(^|/)([\w-]+[-_])?testing/", source.path):
        return Severity.LOW
    return Severity.HIGH if found.code == "S501" else Severity.MEDIUM


def _flags_as_count(source: PythonSource, found: Diagnostic) -> Severity | None:
    for call in source.calls_at(found.location.row):
        name = ast.unparse(call.func).rsplit(".", 1)[-1]
        place = {"sub": 3, "subn": 3, "split": 2}.get(name)
        if place and len(call.args) > place:
            is_flag = re.search(r"\bre\.[A-Z]+\b", ast.unparse(call.args[place]))
            return Severity.MEDIUM if is_flag else None
    return None


def _format(source: PythonSource, found: Diagnostic) -> Severity | None:
    rows = "\n".join(source.lines[found.location.row - 1 : found.end_location.row])
    # What has keys may stand behind a text without a placeholder.
    is_mapping = "locals()" in rows or " 0 placeholder" in found.message
    return None if is_mapping else Severity.MEDIUM


def _debugger(source: PythonSource, found: Diagnostic) -> Severity | None:
    line = source.line(found.location.row)
    is_left = re.match(r"(import i?pdb;\s*)?(breakpoint|i?pdb\.set_trace)\(", line)
    is_tool = source.path.startswith(_TOOLS)
    return Severity.LOW if is_left and not is_tool else None


def _quoted(message: str) -> str:
    found = re.search(r"`([^`]*)`", message)
    return found.group(1) if found else ""


def _hidden(source: PythonSource, found: Diagnostic) -> Severity | None:
    """Medium for what reorders text (CVE-2021-42574); a mark between words of a language does not.
    Low for other marks, and in a docstring, which nobody runs."""
    row = found.location.row
    if found.code == "PLE2502" and not _REORDERING.search(source.line(row)):
        return None
    if found.code == "PLE2515" and _WITHOUT_SPACES.search(source.line(row)):
        return None
    is_told = any(
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        for node in source.enclosing(row)
    )
    return Severity.LOW if is_told or found.code != "PLE2502" else Severity.MEDIUM


_JUDGES: dict[str, Judge] = {
    **dict.fromkeys(["PLE2502", "PLE2510", "PLE2512", "PLE2513", "PLE2514", "PLE2515"], _hidden),
    "F821": judge_undefined_name,
    "F823": risky_statements.judge_unbound,
    "F507": _format,
    "F811": judge_redefinition,
    "F822": _undefined_export,
    "PIE794": _duplicate_field,
    **dict.fromkeys(
        ["PLE0303", "PLE0304", "PLE0305", "PLE0307", "PLE0308", "PLE0309"], _special_method
    ),
    "PLE0237": risky_statements.judge_slot,
    "PLE0302": risky_statements.judge_signature,
    "B022": risky_statements.judge_suppress,
    "PLE0604": risky_statements.judge_all,
    "PLW0245": risky_statements.judge_super,
    "B035": risky_statements.judge_fixed_key,
    "B002": risky_statements.judge_signs,
    "RUF024": risky_statements.judge_shared_keys,
    "B031": risky_statements.judge_groupby,
    "PLW0127": _self_assignment,
    "B006": judge_mutable_default,
    "E722": _bare_except,
    "B023": _late_variable,
    "S102": _runs_text,
    "S307": _runs_text,
    "S301": _runs_text,
    "S302": _runs_text,
    **dict.fromkeys(
        ["ASYNC210", "ASYNC221", "ASYNC222", "ASYNC251"], risky_statements.judge_blocking
    ),
    "S324": _weak_hash,
    "S311": _random,
    "S103": _permissions,
    "S602": _shell,
    "S605": _shell,
    "S202": _unpacking,
    "S506": _yaml,
    "S323": _certificates,
    "S501": _certificates,
    "S608": judge_sql,
    "B012": risky_statements.judge_finally,
    "B025": risky_statements.judge_caught_twice,
    "B034": _flags_as_count,
    "B015": risky_statements.judge_comparison,
    "T100": _debugger,
}
