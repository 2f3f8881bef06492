"""What callers give: checked before anything is written.

Each function gives what can be stored, or raises UsageError. `what` names it in messages, e.g.
"The content of a concern".
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime

from genesis.clock import parse_time
from genesis.errors import UsageError
from genesis.minds.json_text import check_values
from genesis.storage.statements import Value

MOST_METADATA = 100_000
MOST_ROWS = 1_000


def require_text(value: object, what: str, at_most: int, *, blank: bool = False) -> str:
    """The text itself, if it can be stored as it is; `at_most` counts characters.

    Raises UsageError for what is no text, is blank (unless that is allowed), is longer, or holds
    a NUL character or half of a surrogate pair, neither of which every reader survives.
    """
    if not isinstance(value, str):
        raise UsageError(f"{what} is {type(value).__name__}, not text; give a str.")
    if not blank and not value.strip():
        raise UsageError(f"{what} is empty; give at least one visible character.")
    if len(value) > at_most:
        raise UsageError(
            f"{what} has {len(value):,} characters, {at_most:,} are allowed; shorten or split it."
        )
    if "\0" in value:
        place = value.index("\0")
        raise UsageError(f"{what} holds a NUL character at position {place}; remove it.")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise UsageError(
            f"{what} holds half of a surrogate pair at position {error.start}; decode the text "
            "with errors='replace' where it enters the program."
        ) from None
    return value


def require_time(moment: object, what: str) -> str:
    """A moment as a timestamp of `genesis.clock`; raises UsageError for what is none."""
    if not isinstance(moment, (str, datetime)):
        raise UsageError(f"{what} is {type(moment).__name__}; give a datetime or ISO 8601 text.")
    try:
        return parse_time(moment)
    except ValueError as error:
        raise UsageError(f"{what}: {error}.") from None


def require_number(value: object, what: str, least: float, most: float) -> float:
    """A number from `least` to `most`; raises UsageError for another one, and for NaN."""
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not number or not least <= value <= most:  # type: ignore[operator]  # it is a number
        raise UsageError(f"{what} is {value!r:.60}; give a number from {least:g} to {most:g}.")
    return float(value)  # type: ignore[arg-type]  # it is a number


def require_metadata(value: object, what: str) -> str:
    """Metadata as JSON text; None is an empty object. Raises UsageError for what JSON cannot
    hold, and for more than MOST_METADATA characters of it."""
    if value is not None and not isinstance(value, Mapping):
        raise UsageError(f"{what} is {type(value).__name__}; give a dict.")
    metadata = dict(value or {})
    try:
        check_values(metadata)
        text = json.dumps(metadata, allow_nan=False)
    except ValueError as error:
        raise UsageError(f"{what} cannot be stored: {error}.") from None
    return require_text(text, what, MOST_METADATA)


def require_limit(limit: int) -> int:
    """How many rows one page may have; raises UsageError for what is not 1 to MOST_ROWS."""
    if not isinstance(limit, int) or not 1 <= limit <= MOST_ROWS:
        raise UsageError(
            f"limit is {limit!r:.60}; give 1 to {MOST_ROWS:,}, and read on with `before`."
        )
    return limit


def require_fields(
    what: str,
    checks: Mapping[str, Callable[[object], Value]],
    given: Mapping[str, object],
    metadata_column: str = "extra_data",
) -> dict[str, Value]:
    """The columns to write for the fields that are given, each through the check of its name.

    Raises UsageError for none, for a field that has no check, and what the checks raise.
    """
    unknown = given.keys() - checks.keys()
    if unknown or not given:
        named = ", ".join(sorted(unknown)) or "nothing"
        raise UsageError(f"{what} has {', '.join(checks)}; this names {named}.")
    values = {name: checks[name](value) for name, value in given.items()}
    if "metadata" in values:
        values[metadata_column] = values.pop("metadata")
    return values
