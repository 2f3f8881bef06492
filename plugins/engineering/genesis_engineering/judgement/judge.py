"""The judge of the engineering team: from everything that was seen to what a maintainer reads."""

from __future__ import annotations

from pathlib import Path

from genesis.contracts.judgements import (
    JudgedFinding,
    Judgement,
    SuppressedBy,
    SuppressedFinding,
)
from genesis.contracts.reports import SessionReport

from genesis_engineering.judgement.baseline import Baseline, read_baseline
from genesis_engineering.judgement.comparing import compare
from genesis_engineering.judgement.doubting import doubt_many
from genesis_engineering.judgement.fingerprints import name_findings
from genesis_engineering.judgement.matching import pair
from genesis_engineering.judgement.merging import Seen, merge
from genesis_engineering.judgement.places import Places
from genesis_engineering.judgement.ranking import cap, order
from genesis_engineering.judgement.suppressing import commented_reason


def judge(report: SessionReport, earlier: SessionReport | None) -> Judgement:
    """Merge what several saw, leave out what the maintainer suppressed, tell what is new, known and
    fixed since the earlier session, and put the rest in order.

    The result depends on the two reports, the files that have findings, and the baseline; not on
    the time or the order in which tasks ended.
    """
    repository = Path(report.repository)
    baseline = read_baseline(repository)
    merged = merge([*_seen(report), *(Seen(problem, ()) for problem in baseline.problems)])
    seen = doubt_many(merged)
    places = Places(repository, [one.finding for one in seen])
    named = name_findings(seen, places)
    standing, suppressed = _suppress(named, places, baseline)
    compared = compare(standing, suppressed, report, earlier, places)
    return Judgement(
        findings=tuple(cap(order(compared.standing))),
        fixed=tuple(one.finding for one in order(compared.fixed)),
        suppressed=tuple(order(suppressed)),
        not_comparable=tuple(order(compared.not_comparable)),
        compared_with=earlier.session_id if earlier is not None else None,
    )


def _seen(report: SessionReport) -> list[Seen]:
    return [
        Seen(finding, (task.specialist,))
        for task in report.tasks
        if task.result is not None
        for finding in task.result.findings
    ]


def _suppress(
    named: list[JudgedFinding], places: Places, baseline: Baseline
) -> tuple[list[JudgedFinding], list[SuppressedFinding]]:
    """Those that stand, and those that a comment or else the baseline suppresses."""
    known = [(entry.fingerprint, entry.as_finding()) for entry in baseline.entries]
    in_baseline = pair(known, [(one.fingerprint, one.finding) for one in named])
    standing: list[JudgedFinding] = []
    suppressed: list[SuppressedFinding] = []
    for index, one in enumerate(named):
        reason = commented_reason(one.finding, places)
        by = SuppressedBy.COMMENT
        if reason is None and index in in_baseline:
            reason, by = baseline.entries[in_baseline[index]].reason, SuppressedBy.BASELINE
        if reason is None:
            standing.append(one)
        else:
            suppressed.append(
                SuppressedFinding.model_validate({**dict(one), "by": by, "reason": reason})
            )
    return standing, suppressed
