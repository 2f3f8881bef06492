"""What a step of a migration is worth: by how recent it is, and whether its name says so."""

from __future__ import annotations

import shlex

from genesis.contracts import Finding, Severity

from genesis_engineering.databases.course import Step
from genesis_engineering.databases.migrations import RECENT, REMEMBERED
from genesis_engineering.reporting import EVIDENCE_LENGTH, is_secondary, line_at

_LOSES = frozenset({"drop-table", "drop-column", "delete-all-rows", "update-all-rows"})
_WHY = {
    "drop-table": "make sure that nothing reads it any more, and that there is a copy",
    "drop-column": "make sure that nothing reads it any more, not even the running release",
    "delete-all-rows": "say with WHERE which are meant, or that all are",
    "update-all-rows": "say with WHERE which are meant, or that all are",
    "not-null-without-default": "that fails as soon as the table has a row. Give a default, or "
    "fill the column before it becomes NOT NULL",
    "narrowed-type": "values that do not fit are cut off, or the migration fails on them",
    "locking-index": "PostgreSQL builds it CONCURRENTLY without that",
}


def judge_step(
    step: Step, path: str, text: str, *, after: int, is_announced: bool
) -> Finding | None:
    """The finding about a step, or None where it is not worth one.

    `after` is how many migrations follow: one that three follow has most likely run everywhere
    and is good to know, one that ten follow is history. What a migration announces by its name
    was meant.
    """
    is_recent = after < RECENT
    if after >= REMEMBERED or (step.rule == "locking-index" and not is_recent):
        return None
    severity = Severity.MEDIUM
    if step.rule == "locking-index" or (is_announced and step.rule in _LOSES):
        severity = Severity.LOW
    if is_secondary(path) or not is_recent:
        severity = Severity.INFO
    return Finding(
        rule=step.rule,
        severity=severity,
        message=f"{step.what[:1].upper()}{step.what[1:]}: {_WHY[step.rule]}."[:2000],
        file=path,
        line=step.line,
        evidence=line_at(text, step.line)[:EVIDENCE_LENGTH],
        check=f"sed -n {step.line}p {shlex.quote(path)}"[:1000],
    )
