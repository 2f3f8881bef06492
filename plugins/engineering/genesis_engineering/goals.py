"""The ready-made goals of the team; every other goal is free text, and means a review."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

from genesis.errors import UsageError

READY_MADE = ("nightly review", "log triage PATH", "release kit", "learnings review")
_GOAL = re.compile(
    r"(?P<first>nightly|log|release|learnings)[\s_-]+(?P<second>review|triage|kit)\b(?P<rest>.*)",
    re.IGNORECASE | re.DOTALL,
)
_KINDS = {
    ("nightly", "review"): "review",
    ("log", "triage"): "triage",
    ("release", "kit"): "release",
    ("learnings", "review"): "learn",
}


@dataclass(frozen=True)
class Goal:
    """What is asked for: the kind of its tasks, and the paths that follow it in the text."""

    kind: str
    paths: tuple[str, ...] = ()


def read_goal(text: str) -> Goal:
    """What a goal asks for, in any case, with spaces or hyphens.

    Only `log triage` takes paths, as a shell would read them. Anything else behind a ready-made
    goal makes it free text.
    """
    found = _GOAL.fullmatch(text.strip().rstrip(".!"))
    if found is None:
        return Goal("review")
    kind = _KINDS.get((found["first"].lower(), found["second"].lower()), "review")
    rest = found["rest"].strip(" \t\n:")
    if kind == "triage":
        return Goal(kind, _paths(rest))
    return Goal("review") if rest else Goal(kind)


def named_logs(goal: Goal, repository: Path) -> list[str]:
    """The paths in a goal's text, as whole paths. They lie inside the repository: who gives a goal
    to a service may not read this machine's files with it. Raises UsageError otherwise.
    """
    top = repository.resolve()
    found = []
    for named in goal.paths:
        path = (repository / named).resolve()
        if not path.is_relative_to(top):
            raise UsageError(
                f"{named!r} lies outside of the repository. Name it after the goal instead: "
                f'`genesis run "log triage" {shlex.quote(named)}`.'
            )
        if not path.exists():
            raise UsageError(
                f"There is no {named!r} in {repository}. `log triage` takes files and folders: "
                '`genesis run "log triage" PATH`.'
            )
        found.append(str(path))
    return found


def _paths(text: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(text))
    except ValueError:  # a quote without its end: then it belongs to a name
        return (text,)
