"""Rules and achievements as TOML files: the packs of this package, and the user's own."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path
from typing import TypeVar

from genesis.errors import SettingsError
from pydantic import BaseModel, ConfigDict, ValidationError

from genesis_gamification.achievements import check_achievements
from genesis_gamification.records import Achievement, Rule


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Rules(_File):
    rule: tuple[Rule, ...] = ()


class _Achievements(_File):
    achievement: tuple[Achievement, ...] = ()


_Of = TypeVar("_Of", bound=_File)


def load_pack(name: str) -> tuple[Rule, ...]:
    """The rules of a pack of this package: `base` or `penalties`."""
    file = "rules.toml" if name == "base" else f"{name}.toml"
    text = files("genesis_gamification").joinpath("data", file).read_text(encoding="utf-8")
    return _parse(text, f"{file} of genesis-gamification", _Rules).rule


def load_own_rules(path: Path) -> tuple[Rule, ...]:
    """The user's rules; none when there is no file.

    Raises SettingsError that names the file, the line and the key.
    """
    text = _read(path)
    rules = _parse(text, str(path), _Rules).rule
    for place, rule in enumerate(rules):
        if rule.counts is not None:
            where = _where(text, str(path), ("rule", place, "counts"))
            raise SettingsError(
                f"{where}: only the pack `base` says what metrics count; remove the key."
            )
    twice = _twice(rule.id for rule in rules)
    if twice:
        raise SettingsError(f"{path}: there are two rules {twice!r}; rename one.")
    return rules


def load_own_achievements(path: Path) -> tuple[Achievement, ...]:
    """The user's achievements; none when there is no file. Raises as `load_own_rules`, for a
    metric that is not known too."""
    found = _parse(_read(path), str(path), _Achievements).achievement
    check_achievements(found, str(path))
    return found


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} cannot be read: {error}. Correct or remove it.") from None


def _parse(text: str, source: str, model: type[_Of]) -> _Of:
    try:
        return model.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{source} is not valid TOML: {error}. Correct that line.") from None
    except ValidationError as error:
        errors = error.errors(include_url=False)
        # A key that is misspelt is why another is missing.
        unknown = next((one for one in errors if one["type"] == "extra_forbidden"), None)
        wrong = unknown or errors[0]
        message = "there is no such key" if unknown else wrong["msg"]
        where = _where(text, source, wrong["loc"])
        raise SettingsError(f"{where}: {message}. Correct it there.") from None


def _where(text: str, source: str, keys: tuple[int | str, ...]) -> str:
    """The file, the line and the key; the line is that of the key, or of its table."""
    lines = text.splitlines()
    table, place, name = (*keys, None, None, None)[:3]
    headers = [n for n, line in enumerate(lines) if re.match(rf"\s*\[\[\s*{table}\s*\]\]", line)]
    key = ".".join(str(part) for part in keys)
    if not isinstance(place, int) or place >= len(headers):
        return f"{source}: {key}"
    header = headers[place]
    following = headers[place + 1] if place + 1 < len(headers) else len(lines)
    for number in range(header + 1, following):
        if isinstance(name, str) and re.match(rf"\s*{re.escape(name)}\s*=", lines[number]):
            return f"{source}, line {number + 1}: {key}"
    return f"{source}, line {header + 1}: {key}"


def _twice(names: Iterable[str]) -> str | None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return None
