"""Ask the judge of a session's team what its findings come to."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from genesis import hookspecs
from genesis.contracts.judgements import Judgement
from genesis.contracts.reports import Judge, SessionReport
from genesis.errors import PluginError
from genesis.home import Home
from genesis.host.faults import describe
from genesis.host.host import PluginHost
from genesis.host.limits import call_limited
from genesis.sessions.reports import session_report
from genesis.storage.database import Database
from genesis.storage.records import (
    SessionRecord,
    TaskRecord,
    comparable_session,
    read_judgement,
    read_session,
    read_tasks,
)

# The runner's thread waits for it, and renews its leases of 30 seconds every 10.
_SECONDS = 15.0


@dataclass(frozen=True)
class Judged:
    """What a session's findings come to, also as the JSON that is stored; or why nobody could say.
    All are empty for a team without a judge."""

    judgement: Judgement | None = None
    text: str | None = None
    fault: str = ""


def judge_session(
    host: PluginHost,
    home: Home,
    database: Database,
    session: SessionRecord,
    tasks: Sequence[TaskRecord],
) -> Judged:
    """Have the findings of a session judged whose work is done. Never raises for what a judge does:
    that is a fault of its plugin."""
    found = [one for one in host.contributions(Judge) if one[1].team == session.team]
    if not found:
        return Judged()
    ((plugin, judge),) = found
    about = f"the judge of the plugin {plugin!r}"
    if host.is_quarantined(plugin):
        return Judged(fault=f"{about} is in quarantine")
    report = session_report(home, session, tasks)
    earlier = _earlier_report(home, database, session.id)
    begun = time.perf_counter()
    try:
        answer: object = call_limited(lambda: judge.judge(report, earlier), _SECONDS, about)
        if not isinstance(answer, Judgement):
            raise PluginError(f"{about} returned {type(answer).__name__}, not a Judgement")
        text = answer.model_dump_json()
        # As it will be read: what skipped validation does not get in.
        judgement = Judgement.model_validate_json(text)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - SystemExit too: the session ends all the same
        spent = (time.perf_counter() - begun) * 1000
        host.failed(plugin, hookspecs.genesis_judges.__name__, error, spent)
        return Judged(fault=f"{about} failed: {describe(error)}")
    host.succeeded(plugin)
    return Judged(judgement, text)


def _earlier_report(home: Home, database: Database, session_id: str) -> SessionReport | None:
    with database.read() as connection:
        earlier = comparable_session(connection, session_id)
        if earlier is None:
            return None
        session = read_session(connection, earlier)
        tasks = read_tasks(connection, earlier)
        judgement = read_judgement(connection, earlier)
    return session_report(home, session, tasks, judgement)
