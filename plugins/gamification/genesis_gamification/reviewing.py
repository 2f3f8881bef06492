"""The tool `agent-review`: evaluate every agent, and write that down.

It runs in a child process, where the plugin is not, so it opens the database itself.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import date, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from genesis.contracts import Finding, Omission, Severity, TaskResult, ToolContext
from genesis.errors import StorageError, UsageError

from genesis_gamification.days import local_day
from genesis_gamification.evaluating import (
    TREND_DAYS,
    Evaluation,
    History,
    Tally,
    Verdict,
    evaluate,
    find_teachers,
)
from genesis_gamification.terms import now

_MOST_FINDINGS = 200
_BUSY_SECONDS = 30.0
_SEVERITIES: dict[Verdict, Severity] = {"retire": Severity.MEDIUM, "investigate": Severity.LOW}
# The ledger says what counts, its event the kind of the task. With MAX, the other columns are
# those of the last row.
_KINDS = (
    "SELECT x.agent_id, coalesce(json_extract(e.payload, '$.kind'), 'unknown'), "
    "json_extract(x.facts, '$.status'), count(*), max(x.id), e.session_id "
    "FROM xp_transactions x LEFT JOIN events e ON e.id = x.event_id "
    "WHERE json_extract(x.facts, '$.kind') = 'task' GROUP BY 1, 2, 3"
)
_DAYS = (
    "SELECT agent_id, sum(tasks_completed), sum(tasks_failed) FROM gamification_daily "
    "WHERE local_day > ? AND local_day <= ? GROUP BY agent_id"
)
_AGENTS = "SELECT id FROM agents WHERE is_active ORDER BY id"
_ZONE = "SELECT zone, day_start FROM gamification_zones ORDER BY from_event DESC LIMIT 1"
_UNREAD = (
    "SELECT count(*) FROM events WHERE type = 'task.finished' "
    "AND id > (SELECT checkpoint FROM gamification_state)"
)
_WRITE = (
    "INSERT INTO gamification_evaluations (agent_id, created_at, verdict, content) "
    "VALUES (?, ?, ?, ?)"
)


def review_agents(context: ToolContext) -> TaskResult:
    """Evaluate all active agents by the ledger; changes nothing about them.

    Needs the param `database`, the path of the home's database, as the plugin gives it to its own
    specialist. Writes a row of `gamification_evaluations` for each agent, all in one transaction.
    Gives a finding for each agent that has finished a task, at most 200, those for a person to
    decide first. Raises UsageError without the param, StorageError when the database fails.
    """
    path = context.params.get("database")
    if not isinstance(path, str):
        raise UsageError(
            "The tool agent-review is told by its plugin where the database is; a specialist of "
            "one's own has to name it: tools: [{tool: agent-review, params: {database: PATH}}]."
        )
    moment = now()
    with _opened(Path(path)) as connection:
        connection.execute("BEGIN")
        histories = read_histories(connection, moment)
        unread = int(connection.execute(_UNREAD).fetchone()[0])
        connection.execute("COMMIT")
        context.progress(0.5, f"read the records of {len(histories)} agents")
        teachers = find_teachers(histories)
        evaluations = [evaluate(history, teachers) for history in histories]
        connection.execute("BEGIN IMMEDIATE")
        rows = [(one.agent_id, moment, one.verdict, as_text(one)) for one in evaluations]
        connection.executemany(_WRITE, rows)
        connection.execute("COMMIT")
    return _result(evaluations, unread)


def read_histories(connection: sqlite3.Connection, moment: str) -> list[History]:
    """The tasks of all active agents, by id, as the ledger has them; `moment` is UTC text."""
    kinds: dict[str, dict[str, Tally]] = {}
    failed_in: dict[str, dict[str, str]] = {}
    for agent, kind, status, number, _, session in connection.execute(_KINDS):
        of_agent = kinds.setdefault(agent, {})
        known = of_agent.get(kind, Tally())
        if status == "completed":
            of_agent[kind] = Tally(number, known.failed)
        else:
            of_agent[kind] = Tally(known.completed, number)
            if session is not None:
                failed_in.setdefault(agent, {})[kind] = session
    today = _today(connection, moment)
    recent = _tallies(connection, today - timedelta(days=TREND_DAYS), today)
    before = _tallies(
        connection, today - timedelta(days=2 * TREND_DAYS), today - timedelta(days=TREND_DAYS)
    )
    return [
        History(
            agent, kinds.get(agent, {}), recent.get(agent, Tally()), before.get(agent, Tally()),
            failed_in.get(agent, {}),
        )
        for (agent,) in connection.execute(_AGENTS).fetchall()
    ]  # fmt: skip


def as_text(evaluation: Evaluation) -> str:
    """The JSON of the column `content`, in words; agent and verdict have columns of their own."""
    values = {
        "reason": evaluation.reason,
        "strengths": _listed(evaluation.strengths),
        "weak_kinds": _listed(evaluation.weak_kinds),
        "trend": evaluation.trend,
        "last_30_days": str(evaluation.recent),
        "the_30_before": str(evaluation.before),
        "training": evaluation.training,
    }
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    try:
        with closing(
            sqlite3.connect(
                path.absolute().as_uri() + "?mode=rw", uri=True, timeout=_BUSY_SECONDS,
                isolation_level=None,
            )
        ) as connection:  # fmt: skip
            # The kernel's own writer does that.
            connection.execute("PRAGMA wal_autocheckpoint = 0")
            yield connection
    except sqlite3.Error as error:
        raise StorageError(
            f"The agents cannot be evaluated in {path}: {error}. Nothing was written; "
            "`genesis doctor` says what is wrong with the database."
        ) from error


def _today(connection: sqlite3.Connection, moment: str) -> date:
    zone, day_start = connection.execute(_ZONE).fetchone() or ("UTC", "04:00")
    return date.fromisoformat(local_day(moment, ZoneInfo(zone), time.fromisoformat(day_start)))


def _tallies(connection: sqlite3.Connection, after: date, until: date) -> dict[str, Tally]:
    """By agent the tasks of the days after one and up to another."""
    rows = connection.execute(_DAYS, (after.isoformat(), until.isoformat()))
    return {agent: Tally(completed, failed) for agent, completed, failed in rows}


def _result(evaluations: Sequence[Evaluation], unread: int) -> TaskResult:
    shown = [one for one in evaluations if one.verdict != "monitor"]
    shown.sort(key=lambda one: (_severity(one).rank, one.total.rate, one.agent_id))
    omissions = []
    if unread:
        what = f"{unread} finished tasks"
        reason = "the ledger has not read them yet; `genesis gamification catch-up` does"
        omissions.append(Omission(what=what, reason=reason))
    if len(shown) > _MOST_FINDINGS:
        what = f"{len(shown) - _MOST_FINDINGS} agents"
        reason = "a report has at most 200; `genesis agent show ID` shows each"
        omissions.append(Omission(what=what, reason=reason))
    counts = Counter[str](one.verdict for one in evaluations)
    return TaskResult(
        summary=_summary(counts),
        findings=tuple(_finding(one) for one in shown[:_MOST_FINDINGS]),
        omissions=tuple(omissions),
        facts={"verdicts": dict(sorted(counts.items()))},
    )


def _summary(counts: Counter[str]) -> str:
    told = [
        f"{counts[verdict]} {words}"
        for verdict, words in (
            ("retire", "to retire"),
            ("investigate", "to investigate"),
            ("double_down", "to double down on"),
            ("continue", "to continue with"),
            ("monitor", "without tasks"),
        )
        if counts[verdict]
    ]
    number = counts.total()
    noun = "agent" if number == 1 else "agents"
    return f"Evaluated {number} {noun}: {', '.join(told)}. A person decides." if told else (
        "There are no agents to evaluate yet."
    )  # fmt: skip


def _severity(evaluation: Evaluation) -> Severity:
    return _SEVERITIES.get(evaluation.verdict, Severity.INFO)


def _finding(evaluation: Evaluation) -> Finding:
    agent, verdict = evaluation.agent_id, evaluation.verdict.replace("_", " ")
    lines = [
        f"{name}: {', '.join(told)}"
        for name, told in (
            ("good at", _listed(evaluation.strengths)),
            ("weak at", _listed(evaluation.weak_kinds)),
            ("trend", [_trend(evaluation)]),
            ("training", evaluation.training),
        )
        if told
    ]
    return Finding(
        rule=f"agent-{verdict.replace(' ', '-')}",
        severity=_severity(evaluation),
        message=f"{agent}: {verdict}. {evaluation.reason}."[:2000],
        evidence="\n".join(lines)[:8000],
        check=f"genesis agent show {agent}"[:1000],
    )


def _trend(evaluation: Evaluation) -> str:
    days = f"last {TREND_DAYS} days {evaluation.recent}"
    return f"{evaluation.trend} ({days}, the {TREND_DAYS} before {evaluation.before})"


def _listed(kinds: Mapping[str, Tally]) -> list[str]:
    return [f"{kind} ({tally})" for kind, tally in kinds.items()]
