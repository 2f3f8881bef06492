"""The team's record for people and for programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from genesis_engineering.reporting import count_of
from genesis_engineering.team_record_figures import Record, Share
from genesis_engineering.team_record_xp import Experience

_SEVERITIES = ("high", "medium", "low", "info")


def as_markdown(
    summary: str, records: Sequence[Record], experience: Mapping[str, Experience]
) -> str:
    """The report: a table of the team, then one section for each specialist."""
    lines = ["# The team's record", "", summary, ""]
    lines += ["| specialist | tasks | completed | blocked | findings | no longer reported | XP |"]
    lines += ["|---|---|---|---|---|---|---|"]
    for one in records:
        xp = experience.get(one.specialist)
        cells = [
            one.specialist, str(one.tasks), str(one.success), str(one.statuses["blocked"]),
            str(one.found), str(one.acted_on),
            f"{xp.total_xp} (level {xp.level})" if xp else "",
        ]  # fmt: skip
        lines.append(f"| {' | '.join(map(_cell, cells))} |")
    lines += ["", "Shares are with the interval that holds the true one by 95 % (Wilson, 1927)."]
    for one in records:
        lines += ["", f"## {one.specialist}", "", *_section(one, experience.get(one.specialist))]
    return "\n".join(lines) + "\n"


def as_values(
    records: Sequence[Record], experience: Mapping[str, Experience]
) -> dict[str, JsonValue]:
    """The same as JSON values, by specialist."""
    return {one.specialist: _values(one, experience.get(one.specialist)) for one in records}


def median_words(record: Record) -> str:
    """The median of each kind of task, with that of earlier ones where there are enough."""
    parts = []
    for kind, seconds in sorted(record.medians.items()):
        pace = record.paces.get(kind)
        before = f", the last five {pace.recent:.1f} s, before {pace.earlier:.1f} s" if pace else ""
        parts.append(f"{kind}: median {seconds:.1f} s{before}")
    return "; ".join(parts)


def _section(record: Record, xp: Experience | None) -> list[str]:
    lines = [f"- Tasks: {_counts(record.statuses)}"]
    if record.medians:
        lines.append(f"- Duration: {median_words(record)}")
    lines += [
        f"- Blocked {count} times: {_cell(why)}" for why, count in record.blocked.most_common()
    ]
    if xp:
        lines.append(
            f"- Level {xp.level} ({_cell(xp.title)}), {xp.total_xp} XP, a streak of "
            f"{count_of(xp.streak, 'day')}, {count_of(xp.achievements, 'achievement')}"
        )
    if record.rules:
        lines += ["", "| rule | findings | no longer reported | in tasks | by severity |"]
        lines += ["|---|---|---|---|---|"]
        lines += [
            f"| {_cell(rule.rule)} | {rule.found} | {rule.acted_on} | {rule.tasks} "
            f"| {_counts(rule.severities)} |"
            for rule in sorted(record.rules, key=lambda one: (-one.found, one.rule))
        ]
    return lines


def _counts(counts: Mapping[str, int]) -> str:
    known = [name for name in _SEVERITIES if name in counts]
    names = known + sorted(counts.keys() - set(known))
    return ", ".join(f"{counts[name]} {name.replace('_', ' ')}" for name in names)


def _cell(text: str) -> str:
    """Text that ends neither a cell nor a line."""
    return " ".join(text.replace("|", "\\|").split())


def _values(record: Record, xp: Experience | None) -> dict[str, JsonValue]:
    return {
        "tasks": dict(record.statuses),
        "success": _share(record.success),
        "blocked": dict(record.blocked),
        "median_seconds": dict(record.medians),
        "paces": {
            kind: {"last_five": pace.recent, "before": pace.earlier, "slower": pace.slower}
            for kind, pace in record.paces.items()
        },
        "findings": dict(record.severities),
        "rules": {
            rule.rule: {
                "found": rule.found, "looked_again": rule.looked_again, "gone": rule.gone,
                "tasks": rule.tasks,
                "severities": dict(rule.severities),
            }
            for rule in record.rules
        },
        "xp": None if xp is None else {
            "level": xp.level, "title": xp.title, "total_xp": xp.total_xp, "streak": xp.streak,
            "achievements": xp.achievements,
        },
    }  # fmt: skip


def _share(share: Share) -> JsonValue:
    low, high = share.interval
    return {"count": share.count, "of": share.of, "low": round(low, 4), "high": round(high, 4)}
