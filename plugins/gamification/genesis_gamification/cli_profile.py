"""An agent's record as lines for a person."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from genesis_gamification.profiles import LedgerEntry, Profile

_BAR = 20


def profile_lines(profile: Profile) -> Iterator[str]:
    """The lines of `genesis agent show`."""
    role = f" · {profile.role}" if profile.role else ""
    yield f"{profile.agent_id} · {profile.team_name}{role}"
    yield f"level        {profile.level} {profile.title} {profile.level_emoji}  {_way(profile)}"
    yield f"XP           {profile.total_xp:,}"
    rate = "" if profile.success_rate is None else f" ({profile.success_rate:.1%})"
    tasks = f"{profile.tasks_completed:,} completed, {profile.tasks_failed:,} failed"
    yield f"tasks        {tasks}{rate}"
    last = f", last active on {profile.last_activity_date}" if profile.last_activity_date else ""
    yield f"streak       {_days(profile.current_streak)}, longest {profile.longest_streak}{last}"
    yield f"achievements {profile.achievements_unlocked}"
    for one in profile.achievements:
        worth = f"({one.tier}, {one.xp_reward:+,} XP)"
        since = _local(one.unlocked_at or "")
        yield f"  {since}  {one.emoji} {one.name} {worth}: {one.description}"
    if profile.transactions:
        yield "last rows of the ledger"
    for entry in profile.transactions:
        begin = f"  {_local(entry.created_at)}  {entry.amount:>+6,}"
        yield f"{begin}  {entry.reason}  {_evidence(entry)}"
    if profile.evaluation is not None:
        found = profile.evaluation
        yield f"evaluation   {_words(found.verdict)}, {_local(found.created_at)}"
        yield from _content(found.content)


def _way(profile: Profile) -> str:
    """The way to the next level as a bar and in figures."""
    done = int(profile.progress * _BAR)
    bar = f"[{'#' * done}{'.' * (_BAR - done)}]"
    if profile.next_level_xp is None:
        return f"{bar} the last level"
    return f"{bar} {profile.xp_to_next_level:,} XP to level {profile.level + 1}"


def _days(number: int) -> str:
    return "1 day" if number == 1 else f"{number} days"


def _evidence(entry: LedgerEntry) -> str:
    """What a row is for: the event, or who gave it by hand."""
    told = []
    if entry.event_id is not None:
        # The reason of these two names what it is about.
        if entry.source_type not in ("level_up", "achievement"):
            told.append(entry.source_id)
        told.append(f"event {entry.event_id}")
    if entry.actor:
        told.append(f"by {entry.actor}")
    if entry.reverses_id is not None:
        told.append(f"corrects {entry.reverses_id}")
    return f"#{entry.id} ({', '.join(told)})"


def _content(content: object) -> Iterator[str]:
    """The members of an evaluation, one on each line."""
    if isinstance(content, dict):
        for name, value in content.items():
            if value not in (None, "", [], {}):
                several = isinstance(value, list)
                yield f"  {_words(name)}: {', '.join(map(str, value)) if several else value}"


def _words(name: str) -> str:
    return name.replace("_", " ")


def _local(moment: str) -> str:
    """A UTC moment as the time of this machine, to the minute; as it is when it is none."""
    try:
        return f"{datetime.fromisoformat(moment).astimezone():%Y-%m-%d %H:%M}"
    except ValueError:
        return moment
