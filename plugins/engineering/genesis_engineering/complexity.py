"""The tool `complexity`: functions with so many branches that nobody can test them, by lizard."""

from __future__ import annotations

import contextlib
import io
import re
import shlex
import time
from bisect import bisect_left
from dataclasses import dataclass, field

import lizard  # type: ignore[import-untyped]
from genesis.contracts import Finding, Omission, Severity, TaskResult, ToolContext

from genesis_engineering.change_history import count_changes
from genesis_engineering.files import RepositoryFile, list_files
from genesis_engineering.reporting import EVIDENCE_LENGTH, count_of, is_secondary, line_at

THRESHOLD = 20
_SEVERE, _LONG = 30, 100
# Commits to its file in a year.
_OFTEN = 6
_LISTED = 10
_PLAUSIBLE_LENGTH = 1500
_SHARE_OF_TIME, _MOST_SECONDS = 0.5, 60.0
_LONGEST_AVERAGE_LINE = 200
_BRANCH = re.compile(
    r"&&|\|\||\?|=>|->|\b(if|ifelse|elif|elsif|elseif|else|for|foreach|forall|while|until|unless|case"
    r"|when|switch|select|match|guard|catch|except|rescue|finally|and|or|andalso|orelse|xor|not|assert"
    r"|repeat|loop|do|with|try|alt|receive|of|where|goto)\b",
    re.IGNORECASE,
)
_PYTHON_BRANCH = re.compile(r"\b(?:if|elif|for|while|except|finally|and|or|case|match)\b")
_PYTHON_DEFINITION = re.compile(r"^([ \t]*)(?:async[ \t]+def\b|def\b|class\b|@)", re.MULTILINE)


@dataclass(frozen=True)
class ComplexFunction:
    """`branches` is the cyclomatic complexity (McCabe, 1976); `length` counts lines of code."""

    path: str
    line: int
    name: str
    branches: int
    length: int
    evidence: str


@dataclass
class _Scan:
    functions: list[ComplexFunction] = field(default_factory=list)
    files: int = 0
    failed: list[str] = field(default_factory=list)
    unread: int = 0


def find_complexity(context: ToolContext) -> TaskResult:
    """Report the ten functions with the highest cyclomatic complexity above 20.

    All languages that lizard reads, without tests. It takes at most half of the attempt's time
    and at most 60 seconds; files left out are an omission.
    """
    files = [file for file in list_files(context.repository) if _is_source(file)]
    if not files:
        return TaskResult(summary="There are no source files that lizard can read.")
    scan = _Scan()
    omissions = _read_files(context, files, scan)
    scan.functions.sort(key=lambda one: (-one.branches, one.path, one.line))
    changes = count_changes(context.repository) if scan.functions else {}
    findings = [_finding(one, changes) for one in scan.functions[:_LISTED]]
    return TaskResult(
        summary=_summary(scan),
        findings=tuple(findings),
        omissions=(*omissions, *_left_out(scan)),
        facts={"complex-functions": len(scan.functions)},
    )


def _is_source(file: RepositoryFile) -> bool:
    return not file.is_test and lizard.get_reader_for(file.path) is not None


def _read_files(context: ToolContext, files: list[RepositoryFile], scan: _Scan) -> list[Omission]:
    end = time.monotonic() + min(context.seconds_left * _SHARE_OF_TIME, _MOST_SECONDS)
    for index, file in enumerate(files):
        if time.monotonic() > end:
            left = count_of(len(files) - index, "source file")
            reason = "the time for this tool was over; files are read in order of their paths"
            return [Omission(what=left, reason=reason)]
        if index % 20 == 0:
            context.progress(index / len(files), f"reading {file.path}")
        _read_file(file, scan)
    return []


def _read_file(file: RepositoryFile, scan: _Scan) -> None:
    text = file.read_text()
    if text is None or len(text) > _LONGEST_AVERAGE_LINE * (text.count("\n") + 1):
        scan.unread += 1
        return
    scan.files += 1
    if not _may_be_complex(text) or (file.suffix == ".py" and not _may_be_complex_python(text)):
        return
    # lizard prints about files in which it loses its way.
    with contextlib.redirect_stderr(io.StringIO()):
        try:
            found = lizard.analyze_file.analyze_source_code(file.path, text).function_list
        except Exception:  # noqa: BLE001 - a reader of lizard that fails costs one file, not the tool
            scan.failed.append(file.path)
            return
    # A reader that missed an end of a function takes the rest of the file for its body.
    if any(one.nloc > _PLAUSIBLE_LENGTH for one in found):
        scan.failed.append(file.path)
    for one in found:
        if one.nloc > _PLAUSIBLE_LENGTH:
            continue
        if one.cyclomatic_complexity > THRESHOLD and _starts_there(text, one.start_line, one.name):
            scan.functions.append(_describe(file.path, text, one))


def _may_be_complex(text: str) -> bool:
    """Whether the file has words enough for branches, in any language; each counts for one."""
    return any(number >= THRESHOLD for number, _ in enumerate(_BRANCH.finditer(text), start=1))


def _may_be_complex_python(text: str) -> bool:
    """The same for a single definition: up to the next one that is indented no deeper.

    lizard takes ten times as long to be exact.
    """
    branches = [found.start() for found in _PYTHON_BRANCH.finditer(text)]
    inside: list[tuple[int, int]] = []
    starts = [(found.start(), len(found[1])) for found in _PYTHON_DEFINITION.finditer(text)]
    for start, indent in [*starts, (len(text), -1)]:
        while inside and inside[-1][1] >= indent:
            begin = bisect_left(branches, inside.pop()[0])
            if bisect_left(branches, start) - begin >= THRESHOLD:
                return True
        inside.append((start, indent))
    return False


def _starts_there(text: str, line: int, name: str) -> bool:
    """Whether the function's name stands where lizard says; where not, it misread the file."""
    last = re.split(r"::|\.", name)[-1].strip()
    return any(last in line_at(text, number) for number in range(line, line + 3))


def _describe(path: str, text: str, one: object) -> ComplexFunction:
    values = {name: getattr(one, name) for name in ("start_line", "name", "nloc")}
    line = int(values["start_line"])
    branches = int(getattr(one, "cyclomatic_complexity", 0))
    evidence = line_at(text, line)[:EVIDENCE_LENGTH]
    return ComplexFunction(path, line, str(values["name"]), branches, int(values["nloc"]), evidence)


def _finding(one: ComplexFunction, changes: dict[str, int]) -> Finding:
    # What nobody changes costs nobody anything.
    is_hot = changes.get(one.path, 0) >= _OFTEN and not is_secondary(one.path)
    is_severe = one.branches > _SEVERE and one.length >= _LONG and is_hot
    history = (
        f"; {count_of(changes[one.path], 'commit')} in the last year" if one.path in changes else ""
    )
    return Finding(
        rule="complex-function",
        severity=Severity.MEDIUM if is_severe else Severity.LOW,
        message=f"`{one.name}` has {one.branches} independent paths (cyclomatic complexity) in "
        f"{one.length} lines of code: hard to test and to change. Split it.",
        file=one.path,
        line=one.line,
        evidence=f"{one.evidence}\ncomplexity {one.branches}, {one.length} lines of code{history}",
        check=f"lizard -C {THRESHOLD} {shlex.quote(one.path)}"[:1000],
    )


def _summary(scan: _Scan) -> str:
    read = count_of(scan.files, "source file")
    if not scan.functions:
        return f"No function in {read} has a cyclomatic complexity above {THRESHOLD}."
    found = count_of(len(scan.functions), "function")
    more = len(scan.functions) - _LISTED
    listed = f", the {_LISTED} highest are listed and {more} more are not" if more > 0 else ""
    return f"{found} in {read} with a cyclomatic complexity above {THRESHOLD}{listed}."


def _left_out(scan: _Scan) -> list[Omission]:
    omissions = []
    if scan.unread:
        reason = "binary, generated, minified or larger than 1 MB"
        omissions.append(Omission(what=count_of(scan.unread, "source file"), reason=reason))
    if scan.failed:
        what = f"{count_of(len(scan.failed), 'source file')}: {', '.join(scan.failed[:5])}"
        omissions.append(Omission(what=what[:500], reason="lizard cannot read them"))
    return omissions
