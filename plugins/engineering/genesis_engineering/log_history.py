"""What the last triage of the same logs knew, to tell what is new."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from genesis.contracts import ToolContext

from genesis_engineering.log_mining import ANY
from genesis_engineering.session_files import own_session, sessions_folder

NOTES = "triage.json"
_MOST_BYTES = 50_000_000
_MOST_TRIAGES = 500

Words = tuple[str, ...]


@dataclass
class Triage:
    """An earlier triage: when it ended (UTC), in which session, and the templates by level."""

    at: str
    session: str
    lines: int
    known: set[tuple[str, Words]] = field(default_factory=set)
    _by_length: defaultdict[tuple[str, int], list[Words]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def add(self, level: str, template: str) -> None:
        """A template that this triage found."""
        words = tuple(template.split(" "))
        self.known.add((level, words))
        self._by_length[level, len(words)].append(words)

    def knows(self, level: str, template: str) -> bool:
        """Whether it had this template, or one that differs only in what stands for any word."""
        words = tuple(template.split(" "))
        if (level, words) in self.known:
            return True
        alike = self._by_length.get((level, len(words)), ())
        return any(_agree(words, other) for other in alike)


def last_triage(context: ToolContext, paths: list[str]) -> Triage | None:
    """The newest triage of the same paths among the sessions of this home; None without one."""
    own = own_session(context)
    found = sorted(sessions_folder(context).glob(f"session-*/work/*/{NOTES}"), reverse=True)
    for path in found[:_MOST_TRIAGES]:
        if own is not None and path.is_relative_to(own):
            continue
        try:
            triage = _read(path, paths)
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
            continue  # cut short while it was written, or changed by hand
        if triage is not None:
            return triage
    return None


def _read(path: Path, paths: list[str]) -> Triage | None:
    if path.stat().st_size > _MOST_BYTES:
        return None
    notes = json.loads(path.read_bytes())
    if notes["paths"] != paths:
        return None
    triage = Triage(str(notes["at"]), path.parents[2].name, int(notes["lines"]))
    for template in notes["templates"]:
        triage.add(str(template["level"]), str(template["template"]))
    return triage


def _agree(first: Words, second: Words) -> bool:
    pairs = zip(first, second, strict=True)
    return all(one == other or ANY in (one, other) for one, other in pairs)
