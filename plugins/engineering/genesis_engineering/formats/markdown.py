"""GitHub-flavoured Markdown: short, ordered, with the evidence; nothing in it is obeyed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby

from genesis.contracts.judgements import JudgedFinding
from genesis.contracts.reports import SessionReport

from genesis_engineering.formats.parts import (
    gone,
    headline,
    marks,
    more_told,
    omissions,
    one_line,
    place,
    provenance,
    seen,
    unfinished,
)

_EVIDENCE_LINES = 8
_EVIDENCE_WIDTH = 200
# Marks that count within a line; none of our lines begins with a text.
_MARKS = re.compile(r"([\\`*_\[\]<>&|~!$^])")
_SPAN = re.compile(r"(`[^\s`](?:[^`]*[^\s`])?`)")
# A code host would tell the person, and link the issue, even of text whose marks are escaped.
_CALLS = re.compile(r"([@#])")


def write_markdown(report: SessionReport) -> str:
    """The report as a Markdown document.

    Evidence is cut to its first lines. Of findings, only those are left out that the judgement
    counts as more of a kind.
    """
    lines = [f"# {_text(report.goal)}", "", f"**{_text(headline(report))}**", ""]
    lines += [f"- {name}: {_text(value)}" for name, value in provenance(report).items()]
    lines += _findings(report)
    for title, found in gone(report).items():
        lines += _section(title, found)
    lines += _section("Not completed", unfinished(report))
    told = [(who, f"{one.what} — {one.reason}") for who, one in omissions(report)]
    lines += _section("Not looked at", told)
    return "\n".join(lines) + "\n"


def _findings(report: SessionReport) -> Iterator[str]:
    number = 0
    for severity, group in groupby(report.judged, key=lambda judged: judged.finding.severity):
        of_severity = list(group)
        yield from ("", f"## {severity.value.capitalize()} ({len(of_severity)})")
        for judged in of_severity:
            if judged.is_shown:
                number += 1
                yield from ("", *_item(number, judged))


def _item(number: int, judged: JudgedFinding) -> Iterator[str]:
    """A list item; what belongs to it is indented as far as its text."""
    finding = judged.finding
    mark = f"{number}. "
    shown = place(finding)
    where = f" {_code(shown)}" if shown else ""
    said = f" ({', '.join(marks(judged))})" if marks(judged) else ""
    yield f"{mark}**{_text(finding.rule)}**{said}{where} — {_text(finding.message)}"
    indent = " " * len(mark)
    evidence = _shortened(seen(finding))
    if evidence:
        fence = "`" * max(3, _longest_run(evidence) + 1)
        yield ""
        yield f"{indent}{fence}text"
        yield from (f"{indent}{line}".rstrip() for line in evidence.split("\n"))
        yield f"{indent}{fence}"
    if finding.check.strip():
        yield from ("", f"{indent}Check: {_code(one_line(finding.check))}")
    if more := more_told(judged):
        yield from ("", f"{indent}*{more}*")


def _section(title: str, told: list[tuple[str, str]]) -> Iterator[str]:
    if told:
        yield from ("", f"## {title} ({len(told)})", "")
    for who, what in told:
        yield f"- **{_text(who)}**: {_text(what)}"


def _text(text: str) -> str:
    """Text on one line, to be read as it is; `what stands like this` stays code.

    An empty comment stands behind each `@` and `#`, so that nobody is called.
    """
    line = one_line(text)
    # Every second part is a code span. Two backticks side by side could join two of them.
    parts = _SPAN.split(line) if "``" not in line else [line]
    return "".join(part if index % 2 else _literal(part) for index, part in enumerate(parts))


def _literal(text: str) -> str:
    return _CALLS.sub(r"\\\1<!-- -->", _MARKS.sub(r"\\\1", text))


def _code(text: str) -> str:
    """A code span; its fence is longer than any run of backticks in it."""
    fence = "`" * (_longest_run(text) + 1)
    pad = " " if text.startswith(("`", " ")) or text.endswith(("`", " ")) else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall("`+", text)), default=0)


def _shortened(evidence: str) -> str:
    lines = evidence.split("\n")
    kept = [
        line if len(line) <= _EVIDENCE_WIDTH else line[:_EVIDENCE_WIDTH] + "…"
        for line in lines[:_EVIDENCE_LINES]
    ]
    more = len(lines) - len(kept)
    return "\n".join([*kept, f"… {more} more lines"] if more else kept)
