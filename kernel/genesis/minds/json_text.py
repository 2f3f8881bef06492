"""JSON as files of this package hold it: an object in UTF-8, and nothing that a reader could lose.

Refused, with the place: keys that occur twice (a reader keeps one of them), NaN and infinite
numbers (JSON has none), values nested deeper than `MOST_LEVELS`. Halves of surrogate pairs, which
programs leave where they cut a text in the middle of a character, are kept as `\\ud83d` escapes.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping

from pydantic import JsonValue

MOST_LEVELS = 100
_MOST_KEY_CHARACTERS = 60
_NAMES = {
    dict: "an object", list: "a list", str: "a text", bool: "a truth value",
    int: "a number", float: "a number", type(None): "null",
}  # fmt: skip


class _TwiceError(ValueError):
    """A key occurs twice in one object."""


def parse_object(data: bytes) -> dict[str, JsonValue]:
    """The object in a file's content. Raises ValueError with the reason and the place."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"it is not UTF-8 from byte {error.start:,} on") from None
    if not text.strip():
        raise ValueError("it is empty")
    value = _parse(text)
    if not isinstance(value, dict):
        raise ValueError(f"it holds {_NAMES[type(value)]}, not an object")
    check_values(value)
    return value


def format_object(value: Mapping[str, object]) -> bytes:
    """An object that passed `check_values` as indented UTF-8, its keys in the order they have."""
    text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)
    # Only halves of surrogate pairs cannot be encoded, and this escape is also JSON's.
    return text.encode("utf-8", "backslashreplace") + b"\n"


def check_values(value: object) -> None:
    """Raise ValueError, naming the key, for a value that a JSON file cannot hold."""
    waiting = [("", value, 1)]
    while waiting:
        where, found, level = waiting.pop()
        _check_value(where, found)
        if isinstance(found, (dict, list, tuple)):
            if level > MOST_LEVELS:
                raise ValueError(f"{where[:200]} is nested deeper than {MOST_LEVELS} levels")
            waiting.extend((name, item, level + 1) for name, item in _items(where, found))


def join_key(where: str, key: str) -> str:
    """The name of a key in an object that has a name itself, fit for a message."""
    shown = key if key.isprintable() else ascii(key)
    shown = shown[:_MOST_KEY_CHARACTERS]
    return f"{where}.{shown}" if where else shown


def _items(
    where: str, found: dict[object, object] | list[object] | tuple[object, ...]
) -> Iterator[tuple[str, object]]:
    if isinstance(found, dict):
        for key, item in found.items():
            if not isinstance(key, str):
                raise ValueError(f"{where or 'it'} has the key {key!r}, which is no text")
            yield join_key(where, key), item
    else:
        for place, item in enumerate(found):
            yield f"{where}[{place}]", item


def _check_value(where: str, value: object) -> None:
    where = where or "it"
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{where} is {value}, and JSON has no such number; use null instead")
    if not isinstance(value, (dict, list, tuple, str, int, float, type(None))):
        raise ValueError(f"{where} is a {type(value).__name__}, which JSON does not have")


def _parse(text: str) -> object:
    try:
        return json.loads(text, object_pairs_hook=_unique)
    except json.JSONDecodeError as error:
        raise ValueError(_explain(error, text.rstrip())) from None
    except RecursionError:
        raise ValueError(f"it is nested deeper than {MOST_LEVELS} levels") from None
    except _TwiceError:
        raise
    except ValueError:  # Python's guard against numbers that take minutes to read
        raise ValueError("it holds a number with thousands of digits") from None


def _explain(error: json.JSONDecodeError, text: str) -> str:
    if text.startswith("{") and (error.pos >= len(text) or not text.endswith("}")):
        line = text.count("\n") + 1
        return f"it is cut off at line {line}, column {len(text) - text.rfind(chr(10))}"
    return f"it is not JSON: {error.msg} at line {error.lineno}, column {error.colno}"


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise _TwiceError(f"the key {join_key('', twice)} occurs twice in one object")
    return found
