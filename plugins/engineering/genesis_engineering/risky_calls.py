"""The tool `risky-calls`: Python lines that are wrong or dangerous, found by ruff."""

from __future__ import annotations

import ast
import re
import shlex
import time
from collections import defaultdict
from collections.abc import Iterator
from functools import partial

from genesis.contracts import Confidence, Finding, Omission, Severity, TaskResult, ToolContext

from genesis_engineering.files import RepositoryFile, list_files
from genesis_engineering.lint_excludes import lessen_excluded
from genesis_engineering.never_awaited import find_never_awaited
from genesis_engineering.python_only import other_programs
from genesis_engineering.python_source import FunctionNode, PythonSource
from genesis_engineering.removed_modules import (
    find_removed_modules,
    is_for_python_2,
    newest_named,
)
from genesis_engineering.reporting import (
    EVIDENCE_LENGTH,
    MOST_OF_A_RULE,
    count_by_rule,
    count_of,
    is_secondary,
    limit_per_rule,
)
from genesis_engineering.risky_judges import is_accepted, judge
from genesis_engineering.risky_rules import PATTERNS, RISKY_RULES, SHAPES
from genesis_engineering.risky_shapes import Shape, find_shapes
from genesis_engineering.ruff_run import (
    SYNTAX_ERROR,
    Diagnostic,
    RuffReport,
    list_python_files,
    ruff_check,
    run_ruff,
)
from genesis_engineering.undefined_names import lessen_stray
from genesis_engineering.vain_scripts import SUFFIXES, find_vain_scripts
from genesis_engineering.vain_tests import find_vain_tests

_GIVEN_IN_FILES = 3
_LOG_CALLS = ("PLE1205", "PLE1206")
_LOGGING = re.compile(r"\blogging\b|getLogger")
_OTHER_LOGS = re.compile(
    r"^\s*(?:from|import) (?:loguru|logbook|structlog|eliot|daiquiri)\b", re.MULTILINE
)
# Classes of the repository's own may put values into messages in another way.
_OWN_LOGS = re.compile(
    r"\bset(LoggerClass|LogRecordFactory)\(|^class \w+\((\w+\.)*Log(ger|Record|gerAdapter)\b",
    re.MULTILINE,
)
_VAIN = ("B015", "F631", "F811", "PGH005", "PLW0129")
# Programs that tests read, which are wrong on purpose.
_DATA = re.compile(
    r"(^|/)(data|\w+[-_]data|testdata|fixtures?|samples?|examples?|functional|input)/"
)
_COLLECTED = re.compile(r"(^|/)(test_[^/]*|[^/]*_tests?|tests)\.py$")
_FILE_SECONDS = 10.0
_SPARE_SECONDS = 2.0
_PYTHON_2 = re.compile(
    r"^\s*print\s+[\"'\w%]|^\s*except\s+[\w.]+\s*,\s*\w+\s*:|^\s*raise\s+\w+\s*,|^\s*exec\s+[\"'\w]"
    r"|<>|\bur[\"']|\b0[0-7]{3}\b|\b(0[xX][\da-fA-F]+|\d+)L\b",
    re.MULTILINE,
)
_FOR_PYTHON_2 = re.compile(r"(^|/)(python|py)_?2(\.?\d)?/", re.IGNORECASE)
# How ruff ends what it says of syntax that the oldest promised Python does not have.
_IS_NEWER = "(syntax was added in Python"
_TEMPLATE = re.compile(r"\{\{|\{%|<%|\$\{\w+\}|@[A-Z][A-Z_]+@")
_TEMPLATE_PATH = re.compile(r"\{\{|templat|skeleton|cookiecutter|scaffold|snippet", re.IGNORECASE)


def find_risky_calls(context: ToolContext) -> TaskResult:
    """Report risky lines of the repository's own Python files; of tests, those in JavaScript too,
    only what checks nothing.

    ruff's rules and ours are paired in `risky_rules`; at most 500 findings per rule are given.
    In files that the repository's own linters leave alone they are low.
    Comments `# noqa`, `# nosec`, `# pylint: disable` and `# type: ignore` on the line are taken as
    the maintainer's word.
    """
    files, omissions = list_python_files(context.repository)
    omissions += other_programs(context.repository, "risky lines")
    tests = [file for file in files if file.is_test and not _DATA.search(file.path)]
    files = [file for file in files if not file.is_test]
    scripts = [
        file for file in list_files(context.repository)
        if file.is_test and file.suffix in SUFFIXES
    ]  # fmt: skip
    if not files and not tests and not scripts:
        return TaskResult(
            summary="There are no Python files to look at.", omissions=tuple(omissions)
        )
    report = run_ruff(context, files, sorted(RISKY_RULES))
    _add_of_tests(context, report, tests)
    grouped: dict[str, tuple[RepositoryFile, list[Diagnostic]]] = {}
    given = _given_names(report)
    other_logs = _files_with_other_logs(files, report)
    for file, diagnostic in report.diagnostics:
        if diagnostic.code == "F821" and diagnostic.message in given:
            continue
        if diagnostic.code in _LOG_CALLS and file.path in other_logs:
            continue
        grouped.setdefault(file.path, (file, []))[1].append(diagnostic)
    findings: list[Finding] = []
    old: list[str] = []
    left: list[str] = []
    for file, diagnostics in grouped.values():
        text = file.read_text()
        if text is not None:
            until = time.monotonic() + min(_FILE_SECONDS, context.seconds_left / 2)
            findings += _of_file(PythonSource(file.path, text), diagnostics, old, left, until)
    for source, shape in _shapes(context, files, tests, scripts):
        findings += _of_shape(source, shape, {(one.file, one.line, one.rule) for one in findings})
    findings = lessen_stray(lessen_excluded(context.repository, files, findings))
    if is_for_python_2(newest_named(context.repository)[1]):
        findings = [_as_low(one) for one in findings]
    kept, more = limit_per_rule(findings, MOST_OF_A_RULE)
    return TaskResult(
        summary=_summary(len(findings), len(files), more),
        findings=kept,
        omissions=(*omissions, *report.omissions, *_not_ours(old), *_left_out(left)),
        facts={"risky-calls": dict(count_by_rule(findings))},
    )


def _add_of_tests(context: ToolContext, report: RuffReport, tests: list[RepositoryFile]) -> None:
    """Add what a test compares or asserts in vain: the one thing that is not meant so in a test."""
    if not tests:
        return
    found = run_ruff(context, tests, _VAIN)
    report.omissions += found.omissions
    for file, diagnostic in found.diagnostics:
        if diagnostic.code in _VAIN:
            source = PythonSource(file.path, file.read_text() or "")
            function = source.function_at(diagnostic.location.row)
            is_test = function is not None and (
                function.name.startswith("test") or _asserts(function)
            )
            is_hidden = "`test" in diagnostic.message and _COLLECTED.search(file.path)
            if is_test and (diagnostic.code != "F811" or is_hidden):
                report.diagnostics.append((file, diagnostic))


def _asserts(function: FunctionNode) -> bool:
    """Whether a function of a test asserts things, so that it checks what it compares."""
    return any(isinstance(node, ast.Assert) for node in ast.walk(function))


def _given_names(report: RuffReport) -> set[str]:
    """Messages about names that three or more files miss: something puts them there."""
    files: defaultdict[str, set[str]] = defaultdict(set)
    for file, diagnostic in report.diagnostics:
        if diagnostic.code == "F821":
            files[diagnostic.message].add(file.path)
    return {message for message, paths in files.items() if len(paths) >= _GIVEN_IN_FILES}


def _files_with_other_logs(files: list[RepositoryFile], report: RuffReport) -> set[str]:
    """Files with a doubtful call of a log that may be of another kind than the standard library's.

    A file that does not speak of `logging` has its log from elsewhere: from the repository, if
    that uses `logging` and no other library for it. A repository with a class of logger of its own
    may format as it likes.
    """
    doubtful = {file.path for file, one in report.diagnostics if one.code in _LOG_CALLS}
    if not doubtful:
        return set()
    texts = {file.path: file.read_text() or "" for file in files}
    own = {path for path in doubtful if _LOGGING.search(texts.get(path, ""))}
    if any(_OWN_LOGS.search(text) for text in texts.values()):
        return doubtful
    has_other = any(_OTHER_LOGS.search(text) for text in texts.values())
    if not has_other and any("getLogger" in text for text in texts.values()):
        return set()
    return doubtful - own


def _of_file(
    source: PythonSource,
    diagnostics: list[Diagnostic],
    old: list[str],
    left: list[str],
    until: float,
) -> list[Finding]:
    broken = [d for d in diagnostics if d.code in (None, SYNTAX_ERROR)]
    if broken and source.tree is None:
        if _IS_NEWER in broken[0].message:
            return [_newer_syntax(source, broken[0])]
        return _syntax_error(source, broken[0], old)
    if source.tree is None and _PYTHON_2.search(source.text):
        old.append(source.path)
        return []
    found: dict[tuple[str, int], Finding] = {}
    if broken:
        newer = _newer_syntax(source, broken[0])
        found[(newer.rule, 0)] = newer
    for diagnostic in diagnostics:
        if time.monotonic() > until:
            left.append(source.path)
            break
        try:
            finding = _finding(source, diagnostic)
        except RecursionError:  # expressions nested by the hundred, as only generators write them
            left.append(source.path)
            break
        if finding:
            found.setdefault((finding.rule, diagnostic.location.row), finding)
    return list(found.values())


def _finding(source: PythonSource, diagnostic: Diagnostic) -> Finding | None:
    code = diagnostic.code or ""
    known = RISKY_RULES.get(code)
    if known is None:
        return None
    severity = judge(source, diagnostic, known.severity)
    if severity and is_secondary(source.path):
        severity = Severity.LOW if severity.rank <= Severity.MEDIUM.rank else None
    if severity is None:
        return None
    row = diagnostic.location.row
    return Finding(
        rule=known.rule,
        severity=severity,
        message=_said(source, diagnostic, known.why)[:2000],
        file=source.path,
        line=row,
        evidence=source.line(row)[:EVIDENCE_LENGTH],
        check=ruff_check(code, source.path)[:1000],
        confidence=Confidence.LIKELY if code in PATTERNS else Confidence.CERTAIN,
    )


def _said(source: PythonSource, diagnostic: Diagnostic, why: str) -> str:
    if diagnostic.code == "PLW0133" and re.match(
        r"\w*Warning\(", source.line(diagnostic.location.row)
    ):
        return "A warning is built and dropped: hand it to `warnings.warn`."
    return f"{diagnostic.message.rstrip('.')}: {why}."


def _shapes(
    context: ToolContext,
    files: list[RepositoryFile],
    tests: list[RepositoryFile],
    scripts: list[RepositoryFile],
) -> Iterator[tuple[PythonSource, Shape]]:
    """What ruff does not look for, as far as there is time."""

    def has_time() -> bool:
        return context.seconds_left > _SPARE_SECONDS

    yield from find_shapes(files, has_time)
    newest, manifests = newest_named(context.repository)
    find_removed = partial(find_removed_modules, newest=newest, manifests=manifests)
    readers = (
        (files, find_removed),
        (files, find_never_awaited),
        (tests, find_vain_tests),
        (scripts, find_vain_scripts),
    )
    for which, find in readers:
        for file in which:
            if not has_time():
                return
            source = PythonSource(file.path, file.read_text() or "")
            yield from ((source, shape) for shape in find(source))


def _of_shape(
    source: PythonSource, shape: Shape, known: set[tuple[str | None, int | None, str]]
) -> list[Finding]:
    line = source.line(shape.line)
    if is_accepted(line) or (source.path, shape.line, shape.rule) in known:
        return []
    usual = SHAPES.get(shape.rule) or next(
        one.severity for one in RISKY_RULES.values() if one.rule == shape.rule
    )
    finding = Finding(
        rule=shape.rule,
        severity=Severity.LOW if is_secondary(source.path) else usual,
        message=shape.message,
        file=source.path,
        line=shape.line,
        evidence=line[:EVIDENCE_LENGTH],
        check=f"sed -n {shape.line}p {shlex.quote(source.path)}"[:1000],
    )
    return [finding]


def _as_low(finding: Finding) -> Finding:
    """A finding about a program for a Python that is gone."""
    if finding.severity.rank >= Severity.LOW.rank:
        return finding
    return finding.model_copy(update={"severity": Severity.LOW})


def _syntax_error(source: PythonSource, diagnostic: Diagnostic, old: list[str]) -> list[Finding]:
    """A file that neither ruff nor our Python can read, unless it was never meant for Python 3."""
    is_old = _PYTHON_2.search(source.text) or _FOR_PYTHON_2.search(source.path)
    if is_old or _is_template(source):
        old.append(source.path)
        return []
    row = diagnostic.location.row
    finding = Finding(
        rule="syntax-error",
        severity=Severity.LOW if is_secondary(source.path) else Severity.HIGH,
        message=f"{diagnostic.message.rstrip('.')}: the file cannot be imported."[:2000],
        file=source.path,
        line=row,
        evidence=source.line(row)[:EVIDENCE_LENGTH],
        check=f"python -m py_compile {shlex.quote(source.path)}"[:1000],
    )
    return [finding]


def _newer_syntax(source: PythonSource, diagnostic: Diagnostic) -> Finding:
    """A file that our Python reads, and the oldest that `requires-python` promises does not."""
    row = diagnostic.location.row
    return Finding(
        rule="newer-syntax",
        severity=Severity.LOW,
        message=f"{diagnostic.message.rstrip('.')}: `requires-python` promises that one."[:2000],
        file=source.path,
        line=row,
        evidence=source.line(row)[:EVIDENCE_LENGTH],
        check=f"ruff check --select F {shlex.quote(source.path)}"[:1000],
    )


def _is_template(source: PythonSource) -> bool:
    return bool(_TEMPLATE.search(source.text) or _TEMPLATE_PATH.search(source.path))


def _not_ours(paths: list[str]) -> list[Omission]:
    if not paths:
        return []
    shown = ", ".join(paths[:5])
    what = f"{count_of(len(paths), 'file')} that Python 3 cannot read: {shown}"[:500]
    return [Omission(what=what, reason="they look like Python 2 or like templates")]


def _left_out(paths: list[str]) -> list[Omission]:
    if not paths:
        return []
    what = f"the rest of {count_of(len(paths), 'file')}: {', '.join(paths[:5])}"[:500]
    reason = "there are too many risky lines in it, or they are nested too deeply"
    return [Omission(what=what, reason=reason)]


def _summary(findings: int, files: int, more: str) -> str:
    found = f"{count_of(findings, 'risky line')} in {count_of(files, 'Python file')}"
    return f"{found}, {more}."[:2000] if more else f"{found}."
