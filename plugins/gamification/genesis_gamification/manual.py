"""What a person gives: XP by hand, praise, and the news that a pull request was merged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

from genesis.contracts.events import NewEvent
from genesis.errors import ConflictError, NotFoundError, UsageError
from pydantic import JsonValue
from sqlalchemy import Connection

from genesis_gamification import ledger
from genesis_gamification.awarding import Candidate
from genesis_gamification.days import local_day
from genesis_gamification.ingest import Context, Engine, Known
from genesis_gamification.records import MOST_XP
from genesis_gamification.terms import now

_MOST_TEXT = 200
_RULE = "manual"
_SAY = "INSERT INTO gamification_said VALUES (?, ?) ON CONFLICT DO NOTHING"


class Award(TypedDict, total=False):
    """What became of an award by hand: `awarded`, and the `id` of its row with the agent's total
    and level after it, or the id of the `existing` row of the same key."""

    awarded: bool
    id: int
    total_xp: int
    level: int
    existing: int


class Said(TypedDict):
    """What became of praise or a merge: whether it was `new`, and the agents that it is for."""

    new: bool
    agents: list[str]


def award_xp(
    engine: Engine, context: Context, agent_id: str, amount: int, reason: str, key: str, actor: str
) -> Award:
    """Give an agent XP, or take some away with a negative amount (a penalty). The same `key` again
    changes nothing. `actor` is who asked for it.

    Raises NotFoundError for an unknown agent; UsageError for an amount of 0 or beyond 10,000, and
    for a reason or key that is empty or longer than 200; ConflictError for a key that was used
    for another award.
    """
    _check(amount, reason, key, actor)
    dedup = f"{_RULE}:{key}"

    def make(connection: Connection, known: Known) -> Sequence[Candidate]:
        _require_agent(connection, agent_id)
        moment = now()
        day = local_day(moment, known.terms.zone, known.terms.day_start)
        kind = "bonus" if amount > 0 else "penalty"
        return [
            Candidate(
                agent_id, amount, reason.strip(), kind, key, moment, _RULE, 1, day, dedup, None,
                {}, actor=actor,
            )
        ]  # fmt: skip

    _, existing = engine.post(make)
    with context.read() as connection:
        if dedup in existing:
            _require_same(connection, existing[dedup], agent_id, amount)
            return {"awarded": False, "existing": existing[dedup]}
        ((level, total),) = ledger.query(
            connection, "SELECT level, total_xp FROM agent_levels WHERE agent_id = ?", [agent_id]
        )
        row = ledger.known_keys(connection, [dedup])[dedup]
    return {"awarded": True, "id": row, "total_xp": total, "level": level}


def praise(engine: Engine, context: Context, subject: str) -> Said:
    """Praise a task or a session, once: its agent, or all agents that finished a task in it.

    Raises NotFoundError for what is neither, UsageError for a session without finished tasks.
    """
    with context.read() as connection:
        session_id, agents = _workers(connection, subject)
    return _say(
        engine, context, f"praise:{subject}",
        NewEvent("praise.given", subject, session_id, {"agents": list[JsonValue](agents)}), agents,
    )  # fmt: skip


def merged(engine: Engine, context: Context, url: str, session_id: str) -> Said:
    """Tell that the pull request of a session was merged, once for each URL.

    Raises NotFoundError for an unknown session, UsageError for a URL that is none, or a session
    without finished tasks.
    """
    is_address = url.startswith(("https://", "http://")) and _is_text(url)
    if not is_address or len(url) > 2000:
        raise UsageError(f"{url[:80]!r} is no address of a pull request; write it as https://....")
    with context.read() as connection:
        session, agents = _workers(connection, session_id)
    event = NewEvent("pull_request.merged", url, session, {"agents": list[JsonValue](agents)})
    return _say(engine, context, f"merge:{url}", event, agents)


def _say(engine: Engine, context: Context, key: str, event: NewEvent, agents: list[str]) -> Said:
    """Write an event that is said once, and read it."""

    def operation(connection: Connection) -> bool:
        cursor = connection.connection.cursor()
        cursor.execute(_SAY, (key, now()))
        is_new = cursor.rowcount == 1
        if is_new:
            context.append_events(connection, [event])
        return is_new

    is_new = context.write(operation)
    if is_new:
        engine.pull()
    return {"new": is_new, "agents": agents}


def _check(amount: int, reason: str, key: str, actor: str) -> None:
    if amount == 0 or abs(amount) > MOST_XP:
        raise UsageError(
            f"An award of {amount} XP is not possible: give 1 to {MOST_XP}, or -{MOST_XP} to -1 "
            "to take some away."
        )
    for name, text in (("reason", reason), ("key", key), ("actor", actor)):
        if not text.strip() or len(text) > _MOST_TEXT or not _is_text(text):
            raise UsageError(f"An award needs a {name} of 1 to {_MOST_TEXT} characters.")


def _is_text(text: str) -> bool:
    """Whether it can be stored and found again: what a terminal could not read, or a NUL, not."""
    return "\0" not in text and text == text.encode(errors="replace").decode()


def _require_agent(connection: Connection, agent_id: str) -> None:
    if not _is_text(agent_id) or not ledger.query(
        connection, "SELECT 1 FROM agents WHERE id = ?", [agent_id]
    ):
        raise NotFoundError(
            f"There is no agent {agent_id[:80]!r}. `genesis leaderboard` lists those there are."
        )


def _require_same(connection: Connection, row: int, agent_id: str, amount: int) -> None:
    found = ledger.query(
        connection, "SELECT agent_id, amount FROM xp_transactions WHERE id = ?", [row]
    )
    if found != [(agent_id, amount)]:
        raise ConflictError(
            f"The key was used for another award ({found[0][1]} XP for {found[0][0]!r}, "
            f"transaction {row}). Give another key."
        )


def _workers(connection: Connection, subject: str) -> tuple[str, list[str]]:
    """The session of a task or session, and the agents that finished something there."""
    is_text = _is_text(subject)
    task = is_text and ledger.query(
        connection, "SELECT session_id, agent_id FROM tasks WHERE id = ?", [subject]
    )
    if task:
        return str(task[0][0]), [str(task[0][1])]
    if not is_text or not ledger.query(
        connection, "SELECT 1 FROM sessions WHERE id = ?", [subject]
    ):
        raise NotFoundError(
            f"There is no session or task {subject[:80]!r}. `genesis sessions` lists sessions."
        )
    rows = ledger.query(
        connection,
        "SELECT DISTINCT agent_id FROM tasks WHERE session_id = ? AND status = 'completed' "
        "ORDER BY agent_id",
        [subject],
    )
    if not rows:
        raise UsageError(f"No task of the session {subject} was completed: nobody can be praised.")
    return subject, [str(agent) for (agent,) in rows]
