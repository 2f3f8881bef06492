"""The generic tool `pattern`: lines that match a regular expression of a user's specialist."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase

from genesis.contracts import Finding, Omission, Severity, TaskResult, ToolContext
from pydantic import JsonValue

from genesis_engineering.files import RepositoryFile, list_files
from genesis_engineering.parameters import read_severity, read_text
from genesis_engineering.reporting import EVIDENCE_LENGTH, MOST_OF_A_RULE, count_of

_MAX_LINE = 10_000


@dataclass(frozen=True)
class _Pattern:
    regex: re.Pattern[str]
    message: str
    severity: Severity
    rule: str
    files: str

    def covers(self, file: RepositoryFile) -> bool:
        return any(fnmatchcase(name, self.files) for name in (file.path, file.absolute.name))


@dataclass
class _Matches:
    findings: list[Finding]
    total: int = 0
    long_lines: int = 0
    unread: int = 0


def find_pattern(context: ToolContext) -> TaskResult:
    """One finding per line that matches `params["pattern"]`, at most 500 of them.

    Params: `pattern` (Python's `re`), `message`; optionally `severity` (low), `rule` (pattern) and
    `files`, a glob over a file's path or name (all files). Lines over 10,000 characters are left
    out. Raises ValueError for settings that do not fit.
    """
    pattern = _read(context.params)
    files = [file for file in list_files(context.repository) if pattern.covers(file)]
    if not files:
        return TaskResult(summary=f"No files match {pattern.files!r}.")
    matches = _Matches([])
    omissions = []
    for index, file in enumerate(files):
        if context.seconds_left < 2:
            left = count_of(len(files) - index, "file")
            omissions.append(Omission(what=left, reason="no time was left to search them"))
            break
        context.progress(index / len(files), f"searching {file.path}")
        _search(file, pattern, matches)
    omissions += _left_out(matches)
    return TaskResult(
        summary=_summary(matches, pattern, len(files)),
        findings=tuple(matches.findings),
        omissions=tuple(omissions),
        facts={f"{pattern.rule}-matches": matches.total},
    )


def _read(params: dict[str, JsonValue]) -> _Pattern:
    text = read_text(params, "pattern")
    try:
        regex = re.compile(text)
    except re.error as error:
        raise ValueError(f"The setting 'pattern' is not a regular expression: {error}.") from error
    message = read_text(params, "message")[:2000]
    rule = read_text(params, "rule", "pattern")
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,79}", rule):
        raise ValueError(f"The setting 'rule' must be like 'no-print', not {rule!r}.")
    severity = read_severity(params, Severity.LOW)
    return _Pattern(regex, message, severity, rule, read_text(params, "files", "*"))


def _search(file: RepositoryFile, pattern: _Pattern, matches: _Matches) -> None:
    text = file.read_text()
    if text is None:
        matches.unread += 1
        return
    for number, line in enumerate(text.split("\n"), start=1):
        if len(line) > _MAX_LINE:
            matches.long_lines += 1
        elif pattern.regex.search(line):
            matches.total += 1
            if matches.total <= MOST_OF_A_RULE:
                matches.findings.append(_finding(file, number, line, pattern))


def _finding(file: RepositoryFile, number: int, line: str, pattern: _Pattern) -> Finding:
    return Finding(
        rule=pattern.rule,
        severity=pattern.severity,
        message=pattern.message,
        file=file.path,
        line=number,
        evidence=line.strip()[:EVIDENCE_LENGTH],
        check=f"sed -n {number}p {file.path!r}; pattern {pattern.regex.pattern}"[:1000],
    )


def _left_out(matches: _Matches) -> list[Omission]:
    omissions = []
    if matches.unread:
        reason = "binary, generated, unreadable or larger than 1 MB"
        omissions.append(Omission(what=count_of(matches.unread, "file"), reason=reason))
    if matches.long_lines:
        what = count_of(matches.long_lines, "line")
        omissions.append(Omission(what=what, reason="longer than 10,000 characters"))
    return omissions


def _summary(matches: _Matches, pattern: _Pattern, files: int) -> str:
    found = f"{count_of(matches.total, 'line')} matched in {count_of(files, 'file')}"
    more = matches.total - len(matches.findings)
    return f"{pattern.rule}: {found}" + (f"; {more} more are not listed." if more else ".")
