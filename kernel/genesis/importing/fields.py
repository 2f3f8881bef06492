"""Read the fields of a foreign row: types that vary, three forms of time, text that is no text."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime

from pydantic import JsonValue

from genesis.clock import as_datetime, parse_time

_NO_TEXT = re.compile("[\0\ud800-\udfff]")
_EPOCH = re.compile(r"-?\d{9,19}(\.\d+)?")
_MOST_SHOWN = 40
_AS_TEXT = "is not valid JSON; kept as text"
# Seconds until the year 5138; a greater number counts milliseconds, and so on.
_MOST_SECONDS = 1e11


class UnfitError(ValueError):
    """A row cannot be taken; the message says why."""


def read_time(value: object, *, is_utc: bool) -> str:
    """A time of an older system in the format of `genesis.clock`.

    Epoch numbers (seconds, milli-, micro- or nanoseconds, also as text) are UTC; a text without an
    offset is UTC or the local time of this machine, as `is_utc` says. Raises ValueError.
    """
    if isinstance(value, str) and not _EPOCH.fullmatch(value.strip()):
        moment = datetime.fromisoformat(value.strip())
        return parse_time(moment.replace(tzinfo=UTC) if is_utc and not moment.tzinfo else moment)
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise ValueError(f"{value!r} is no time")
    try:
        number = float(value)
        while abs(number) >= _MOST_SECONDS and math.isfinite(number):
            number /= 1000
        return parse_time(datetime.fromtimestamp(number, UTC))
    except (OverflowError, OSError) as error:
        raise ValueError(f"{value!r} is no time") from error


class Fields:
    """The fields of one row. `notes` gathers what had to be changed, for the report."""

    def __init__(self, row: Mapping[str, object], *, is_utc: bool = False) -> None:
        self._row = row
        self._is_utc = is_utc
        self._used: set[str] = set()
        self.notes: list[str] = []

    def text(self, name: str) -> str | None:
        """Text, or None for nothing. What is no text in it becomes U+FFFD."""
        value = self._take(name)
        if value is None:
            return None
        if isinstance(value, bytes):
            value = value.decode("utf-8", "surrogateescape")
        text = value if isinstance(value, str) else json.dumps(value, default=repr)
        return self._clean(name, text)

    def required(self, name: str) -> str:
        """Text that is not blank. Raises UnfitError."""
        found = self.text(name)
        if found is None or not found.strip():
            raise UnfitError(f"{name} is {'missing' if found is None else 'empty'}")
        return found

    def one_of(self, name: str, allowed: frozenset[str], otherwise: str) -> str:
        """One of the allowed values; another one is noted and replaced."""
        found = self.text(name)
        if found in allowed:
            return found
        if found is not None:
            self.notes.append(f"{name} {found[:_MOST_SHOWN]!r} is unknown; {otherwise!r} is used")
        return otherwise

    def time(self, name: str) -> str | None:
        """A time; None for nothing, and for what is none, which is noted."""
        value = self._take(name)
        if value is None or value == "":
            return None
        try:
            return read_time(value, is_utc=self._is_utc)
        except ValueError:
            self.notes.append(f"{name} {str(value)[:_MOST_SHOWN]!r} is no time")
            return None

    def number(
        self, name: str, otherwise: float, low: float = -math.inf, high: float = math.inf
    ) -> float:
        """A finite number within bounds; another one is noted and brought inside."""
        value = self._take(name)
        if value is None:
            return otherwise
        try:
            found = float(value)  # type: ignore[arg-type]  # what it cannot take it refuses
        except (TypeError, ValueError, OverflowError):
            found = math.nan
        if not math.isfinite(found):
            self.notes.append(f"{name} {str(value)[:_MOST_SHOWN]!r} is no number")
            return otherwise
        if not low <= found <= high:
            self.notes.append(f"{name} {found:g} lies outside of {low:g} to {high:g}")
        return min(high, max(low, found))

    def count(self, name: str, otherwise: int = 0) -> int:
        """A number of things."""
        return int(self.number(name, otherwise, 0, 2**53))

    def flag(self, name: str, *, otherwise: bool) -> bool:
        """A truth value, which SQLite keeps as a number."""
        return bool(self.number(name, otherwise))

    def json(self, name: str) -> JsonValue:
        """A JSON value; text that is none is noted and kept as text."""
        value = self._take(name)
        if isinstance(value, bytes):
            value = value.decode("utf-8", "surrogateescape")
        if not isinstance(value, str):
            plain = self._clean(name, json.dumps(value, default=repr))
            # JSON has no infinite numbers; SQLite does.
            return json.loads(plain, parse_constant=str)  # type: ignore[no-any-return]
        text = self._clean(name, value)
        try:
            found: JsonValue = json.loads(text, parse_constant=_refuse)
            _ = json.dumps(found, ensure_ascii=False).encode()
        except (ValueError, RecursionError):
            if text.strip():
                self.notes.append(f"{name} {_AS_TEXT}")
            return text or None
        return found

    def rest(self) -> dict[str, JsonValue]:
        """What nobody has asked for and is not NULL, for keeping beside the row."""
        left = [k for k, v in self._row.items() if k not in self._used and v is not None]
        # Most of it is plain text: that it is no JSON is nothing to tell.
        told = len(self.notes)
        found = {name: self.json(name) for name in left}
        self.notes[told:] = [note for note in self.notes[told:] if not note.endswith(_AS_TEXT)]
        return found

    def _take(self, name: str) -> object:
        self._used.add(name)
        return self._row.get(name)

    def _clean(self, name: str, text: str) -> str:
        cleaned = _NO_TEXT.sub("\ufffd", text)
        if cleaned != text:
            self.notes.append(f"{name} held bytes that are no text; U+FFFD is in their place")
        return cleaned


def with_more(value: JsonValue, key: str, more: dict[str, JsonValue]) -> str:
    """An object as JSON text, with what an older system kept besides under a key of its own."""
    base = value if isinstance(value, dict) else {} if value is None else {"value": value}
    return json.dumps({**base, key: more} if more else base, ensure_ascii=False)


def later_of(first: str, second: str | None) -> str:
    """The later of two times."""
    return first if second is None or as_datetime(second) < as_datetime(first) else second


def _refuse(constant: str) -> JsonValue:
    raise ValueError(f"{constant} is not JSON")
