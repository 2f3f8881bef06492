"""The rules: data that tells what a mind takes to heart, and when something is over."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import time
from importlib.resources import files
from pathlib import Path
from typing import Literal

from genesis.errors import SettingsError
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

_PLACEHOLDER = re.compile(r"\{([a-z]+)\}")


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Rule(_Data):
    """One rule. A clause that matches one of its patterns is a concern of its `type`.

    `date`: whether a moment to come is needed, wanted, or ignored. `own`: the clause must be about
    the user. `past`: it may tell of what happened. The user is asked `after_hours` after a moment
    with a time; at `ask_at` (local) on a day without; `days` later where no day is named.
    In `ask`, {topic} and {sentence} stand for what was said. `needs` is a pattern without which
    none of the others can match: it spares the search for those that may begin anywhere.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")
    type: str = Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")
    patterns: tuple[str, ...] = Field(min_length=1)
    needs: str = ""
    ask: str = Field(min_length=1, max_length=500)
    priority: Literal["low", "medium", "high"] = "medium"
    date: Literal["needed", "wanted", "ignored"] = "wanted"
    own: bool = False
    past: bool = False
    after_hours: float = Field(default=2, ge=0, le=24 * 365)
    days: int = Field(default=1, ge=1, le=365)
    ask_at: time = time(18)

    @field_validator("ask")
    @classmethod
    def _fillable(cls, ask: str) -> str:
        try:
            ask.format(topic="", sentence="")
        except (KeyError, IndexError, ValueError, AttributeError):
            raise ValueError("only {topic} and {sentence} can stand in it") from None
        return ask


class Guards(_Data):
    """What makes a clause say nothing about the user's own life."""

    not_real: tuple[str, ...]
    story: tuple[str, ...]
    negation: str
    openers: str
    question: str


class Over(_Data):
    """What tells that a concern is over: for every type, and by type; `deed` is for the others."""

    not_yet: str
    goes_on: str
    moved: str
    well: tuple[str, ...]
    every: tuple[str, ...]
    appointment: tuple[str, ...]
    health: tuple[str, ...]
    worry: tuple[str, ...]
    deed: tuple[str, ...]


class Reply(_Data):
    """How somebody answers a follow-up without naming what it is about."""

    over: tuple[str, ...]
    open: str


class _File(_Data):
    words: Mapping[str, str] = Field(default_factory=dict)
    rule: tuple[Rule, ...] = ()
    guards: Guards | None = None
    over: Over | None = None
    reply: Reply | None = None


class Patterns:
    """Patterns as they are matched: each compiled once, with the lists of words put in."""

    def __init__(self, words: Mapping[str, str], source: str) -> None:
        self._words = words
        self._source = source
        self._known: dict[str, re.Pattern[str]] = {}

    def one(self, pattern: str) -> re.Pattern[str]:
        """One of them. Raises SettingsError for what is no pattern."""
        found = self._known.get(pattern)
        if found is None:
            try:
                found = re.compile(_PLACEHOLDER.sub(lambda m: self._words[m[1]], pattern))
            except KeyError as error:
                raise SettingsError(
                    f"{self._source}: {pattern!r:.80} names the list of words {error.args[0]!r}, "
                    f"which is not in [words]. Known are: {', '.join(sorted(self._words))}."
                ) from None
            except re.error as error:
                raise SettingsError(
                    f"{self._source}: {pattern!r:.80} is no regular expression: {error}. Correct "
                    "it there."
                ) from None
            self._known[pattern] = found
        return found

    def any(self, patterns: Sequence[str], text: str) -> re.Match[str] | None:
        """The first match of several patterns, in their order."""
        return next((m for pattern in patterns if (m := self.one(pattern).search(text))), None)


@dataclass(frozen=True)
class Rules:
    """All that is known of how people talk."""

    rules: tuple[Rule, ...]
    guards: Guards
    over: Over
    reply: Reply
    patterns: Patterns

    def asking(self, name: str) -> Rule | None:
        """The rule of a name."""
        return next((rule for rule in self.rules if rule.name == name), None)


def load_rules(own: Path | None = None) -> Rules:
    """The rules of the package, after those of a file of one's own, if it is there.

    Raises SettingsError that names the file and what is wrong in it.
    """
    text = files("genesis_followups").joinpath("rules.toml").read_text(encoding="utf-8")
    base = _parse(text, "rules.toml of genesis-followups")
    assert base.guards is not None
    assert base.over is not None
    assert base.reply is not None
    more, source = _File(), "rules.toml of genesis-followups"
    if own is not None and own.exists():
        source = str(own)
        more = _parse(_read(own), source)
    patterns = Patterns({**base.words, **more.words}, source)
    rules = Rules((*more.rule, *base.rule), base.guards, base.over, base.reply, patterns)
    _require_own_rules_only(more, source)
    _check(rules, source)
    return rules


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} cannot be read: {error}. Correct or remove it.") from None


def _parse(text: str, source: str) -> _File:
    try:
        return _File.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{source} is not valid TOML: {error}. Correct that line.") from None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        raise SettingsError(f"{source}: {key}: {first['msg']}. Correct it there.") from None


def _require_own_rules_only(more: _File, source: str) -> None:
    if more.guards or more.over or more.reply:
        raise SettingsError(
            f"{source}: only [words] and [[rule]] can be added; remove the other tables."
        )


def _check(rules: Rules, source: str) -> None:
    """Compile every pattern now, so that a mistake is told at the start."""
    names = [rule.name for rule in rules.rules]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise SettingsError(f"{source}: there are two rules {twice[0]!r}; rename one.")
    over, guards = rules.over, rules.guards
    for pattern in (
        *(pattern for rule in rules.rules for pattern in (rule.needs, *rule.patterns)),
        *guards.not_real, *guards.story, guards.negation, guards.openers, guards.question,
        over.not_yet, over.goes_on, over.moved, *over.well, *over.every, *over.appointment,
        *over.health, *over.worry, *over.deed, *rules.reply.over, rules.reply.open,
    ):  # fmt: skip
        rules.patterns.one(pattern)
