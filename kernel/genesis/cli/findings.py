"""A session's findings as a person reads them: what stands, what is gone, what is new."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from genesis.cli.lines import plain
from genesis.contracts.findings import Confidence, Finding, Severity
from genesis.contracts.judgements import FindingState, JudgedFinding, Judgement

if TYPE_CHECKING:
    from rich.console import Console

_SEVERITY_STYLES = {
    Severity.HIGH: "bold red",
    Severity.MEDIUM: "yellow",
    Severity.LOW: "blue",
    Severity.INFO: "dim",
}
_SHOWN = 10


def print_findings(
    console: Console, findings: Sequence[JudgedFinding], judgement: Judgement | None, fault: str
) -> None:
    """Print the findings by severity and rule, at most ten of each, and what became of others.
    `fault` is why nobody has judged them, where somebody should have."""
    console.print()
    if fault:
        console.print(f"[yellow]Not judged: {plain(fault)}[/yellow]", soft_wrap=True)
    if judgement is not None and (told := judgement.describe()):
        console.print(plain(told[:1].upper() + told[1:]) + ".", soft_wrap=True)
    if not findings:
        console.print("No findings.")
    for severity, of_severity in groupby(findings, key=lambda judged: judged.finding.severity):
        by_rule: dict[str, list[JudgedFinding]] = {}
        for judged in of_severity:
            by_rule.setdefault(judged.finding.rule, []).append(judged)
        style = _SEVERITY_STYLES[severity]
        count = sum(len(of_rule) for of_rule in by_rule.values())
        console.print(f"[{style}]{severity.upper()} ({count})[/{style}]")
        for rule, of_rule in by_rule.items():
            _print_rule(console, rule, of_rule)
    if judgement is not None:
        of_before = [judged.finding for judged in judgement.not_comparable]
        _print_gone(console, "Fixed", judgement.fixed)
        _print_gone(console, "Not looked at this time", of_before)


def _print_rule(console: Console, rule: str, of_rule: Sequence[JudgedFinding]) -> None:
    """One rule's findings: a message that they share stands once, above their places."""
    first = of_rule[0].finding
    shared = len({judged.finding.message for judged in of_rule}) == 1
    count = f" ({len(of_rule)})" if len(of_rule) > 1 else ""
    console.print(f"  [bold]{plain(rule)}[/bold]{count}")
    if shared:
        console.print(f"    {plain(first.message)}", soft_wrap=True)
    shown = [judged for judged in of_rule if judged.is_shown][:_SHOWN]
    for judged in shown:
        message = "" if shared else judged.finding.message.splitlines()[0]
        told = [place(judged.finding), message, _marks(judged)]
        line = "  ".join(part for part in told if part)
        if line:
            console.print(f"    {plain(line)}", soft_wrap=True, highlight=False)
    if len(of_rule) > len(shown):
        more = f"and {len(of_rule) - len(shown)} more like it"
        console.print(f"    [dim]{more}: `genesis sessions show --json` has all[/dim]")
    if first.check:
        console.print(f"    [dim]check: {plain(first.check)}[/dim]", soft_wrap=True)


def _marks(judged: JudgedFinding) -> str:
    marks = ["new"] if judged.state == FindingState.NEW else []
    if judged.finding.confidence != Confidence.CERTAIN:
        marks.append(judged.finding.confidence.value)
    return f"({', '.join(marks)})" if marks else ""


def place(finding: Finding) -> str:
    """`file:line`, the file alone, or ""."""
    if finding.file is None:
        return ""
    return f"{finding.file}:{finding.line}" if finding.line else finding.file


def _print_gone(console: Console, title: str, findings: Sequence[Finding]) -> None:
    if findings:
        console.print(f"[bold]{title} ({len(findings)})[/bold]")
    for finding in findings[:_SHOWN]:
        told = [finding.rule, place(finding), finding.message.splitlines()[0]]
        line = "  ".join(part for part in told if part)
        console.print(f"  [dim]{plain(line)}[/dim]", soft_wrap=True, highlight=False)
    if len(findings) > _SHOWN:
        more = f"and {len(findings) - _SHOWN} more"
        console.print(f"  [dim]{more}: `genesis sessions show --json` has all[/dim]")
