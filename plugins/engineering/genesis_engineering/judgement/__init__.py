"""What becomes of a session's findings: merged, suppressed, compared with before, ordered, capped.

`judge.judge` does all of it; every other module is one step, made of pure functions but for
`places` (reads the repository) and `baseline` (reads and writes its file).
"""

from __future__ import annotations

from genesis.contracts.judgements import Judgement
from genesis.contracts.reports import Judge, SessionReport


def _judge(report: SessionReport, earlier: SessionReport | None) -> Judgement:
    # Each command starts the plugin; only a session that ends imports what judges it.
    from genesis_engineering.judgement.judge import judge

    return judge(report, earlier)


JUDGE = Judge(team="engineering", judge=_judge)
