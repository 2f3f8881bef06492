"""Rulesets: all that decides what an event earns, as one record that the database keeps.

The ruleset in force is the last one in `gamification_rulesets`; code of third parties (`check`)
is not kept, and is looked up by the rule's id.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from genesis.contracts.events import Event
from genesis.errors import PluginError, SettingsError
from pydantic import JsonValue

from genesis_gamification.achievements import check_achievements, load_achievements
from genesis_gamification.levels import load_levels
from genesis_gamification.records import Achievement, Level, Rule
from genesis_gamification.rule_files import load_own_achievements, load_own_rules, load_pack
from genesis_gamification.settings import GamificationSettings
from genesis_gamification.streaks import StreakRules

Contributed = Sequence[tuple[str, Sequence[Rule]]]
Check = Callable[[Event], bool]
OWN = "own"
_PACKS = ("base", "penalties", OWN)
# What the ledger calls rows that no rule gave.
_TAKEN = dict.fromkeys(("manual", "level-up", "achievement"), "the ledger")


@dataclass(frozen=True)
class Ruleset:
    """Rules with the pack that each is from (`base`, `penalties`, `own`, or a plugin's id),
    achievements, levels, and what a streak survives."""

    rules: tuple[tuple[str, Rule], ...]
    achievements: tuple[Achievement, ...]
    levels: tuple[Level, ...]
    streaks: StreakRules

    def content(self) -> str:
        """As JSON text; equal rulesets give equal text."""
        values = {
            "rules": [
                {"pack": pack, "has_check": rule.check is not None, **rule.model_dump(mode="json")}
                for pack, rule in self.rules
            ],
            "achievements": [one.model_dump(mode="json") for one in self.achievements],
            "levels": [level.model_dump(mode="json") for level in self.levels],
            "streaks": {
                "rest_days": sorted(self.streaks.rest_days),
                "idle_days": self.streaks.idle_days,
            },
        }
        return json.dumps(values, separators=(",", ":"), sort_keys=True)

    def digest(self) -> str:
        """What tells two rulesets apart."""
        return hashlib.sha256(self.content().encode()).hexdigest()

    def checks(self) -> dict[str, Check]:
        """The code of its rules, by their ids."""
        return {rule.id: rule.check for _, rule in self.rules if rule.check is not None}

    def with_checks(self, checks: Mapping[str, Check]) -> Ruleset:
        """The same with the code that is installed, where its rules have code."""
        rules = (
            (pack, rule.model_copy(update={"check": checks[rule.id]}))
            if rule.check is not None and rule.id in checks
            else (pack, rule)
            for pack, rule in self.rules
        )
        return replace(self, rules=tuple(rules))


def read_ruleset(content: str) -> Ruleset:
    """The ruleset that `content` wrote. A rule that had code raises for each event, until it has
    it again (`with_checks`); the event is then replayed."""
    values = json.loads(content)
    streaks = values["streaks"]
    return Ruleset(
        tuple(_read_rule(dict(rule)) for rule in values["rules"]),
        tuple(Achievement.model_validate(one) for one in values["achievements"]),
        tuple(Level.model_validate(level) for level in values["levels"]),
        StreakRules(frozenset(streaks["rest_days"]), streaks["idle_days"]),
    )


def load_ruleset(
    settings: GamificationSettings,
    folder: Path,
    rules: Contributed,
    achievements: Sequence[tuple[str, Sequence[Achievement]]],
) -> tuple[Ruleset, list[str], bool]:
    """What settings, files and plugins say now; what is wrong with it, in sentences; and whether
    that is in the user's files. What is wrong is left out."""
    problems: list[str] = []
    own_rules, own_achievements, is_broken = _own(folder, problems)
    packs = [("base", _base("base" in settings.packs))]
    packs += [(name, load_pack(name)) for name in settings.packs if name != "base"]
    # A plugin of such a name is no pack of this one.
    others = [(f"plugin-{name}" if name in _PACKS else name, given) for name, given in rules]
    chosen = _unique_rules([*packs, (OWN, own_rules), *others], problems)
    shipped: list[tuple[str, Sequence[Achievement]]] = [("base", load_achievements())]
    wanted = _unique_achievements([*shipped, (OWN, own_achievements), *achievements], problems)
    streaks = StreakRules(settings.resting, settings.idle_days)
    return Ruleset(tuple(chosen), tuple(wanted), load_levels(), streaks), problems, is_broken


def _base(is_chosen: bool) -> tuple[Rule, ...]:
    """The pack `base`. Who does not want it still has what metrics count, worth nothing."""
    rules = load_pack("base")
    if is_chosen:
        return rules
    return tuple(rule.model_copy(update={"amount": 0}) for rule in rules if rule.counts)


def _own(
    folder: Path, problems: list[str]
) -> tuple[tuple[Rule, ...], tuple[Achievement, ...], bool]:
    try:
        return (
            load_own_rules(folder / "rules.toml"),
            load_own_achievements(folder / "achievements.toml"),
            False,
        )
    except SettingsError as error:
        problems.append(str(error))
        return (), (), True


def _unique_rules(packs: Contributed, problems: list[str]) -> list[tuple[str, Rule]]:
    chosen: dict[str, tuple[str, Rule]] = {}
    for pack, rules in packs:
        for rule in rules:
            owner = chosen[rule.id][0] if rule.id in chosen else _TAKEN.get(rule.id)
            if owner is not None:
                problems.append(
                    f"The rule {rule.id!r} of {pack!r} is left out: {owner!r} has one of that id. "
                    "Rename it."
                )
                continue
            if rule.counts is not None and pack != "base":
                problems.append(f"The rule {rule.id!r} of {pack!r} may not have `counts`; removed.")
                rule = rule.model_copy(update={"counts": None})  # noqa: PLW2901
            chosen[rule.id] = (pack, rule)
    return list(chosen.values())


def _unique_achievements(
    packs: Sequence[tuple[str, Sequence[Achievement]]], problems: list[str]
) -> list[Achievement]:
    chosen: dict[str, Achievement] = {}
    for pack, achievements in packs:
        for achievement in achievements:
            try:
                check_achievements([*chosen.values(), achievement], pack)
            except SettingsError as error:
                problems.append(f"{error} It is left out.")
                continue
            chosen[achievement.id] = achievement
    return list(chosen.values())


def _read_rule(values: dict[str, JsonValue]) -> tuple[str, Rule]:
    pack, has_check = str(values.pop("pack")), values.pop("has_check")
    rule = Rule.model_validate(values)
    if has_check:
        rule = rule.model_copy(update={"check": _missing(pack, rule.id)})
    return pack, rule


def _missing(pack: str, rule_id: str) -> Check:
    def check(_event: Event) -> bool:
        raise PluginError(f"the code of the rule {rule_id!r} of {pack!r} is not installed")

    return check
