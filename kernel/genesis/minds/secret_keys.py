"""Which keys of a mind's file name a secret, so that its value is not written.

Plugins choose the names of their keys, so the rule is about words: `api_key`, `apiKeys`,
`db-password`, `auth_token`. A name that only speaks about a secret (`api_key_env`,
`password_policy`) is none, and neither is a count of tokens.
"""

from __future__ import annotations

import re

from pydantic import JsonValue

from genesis.minds.json_text import join_key

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_SEPARATORS = re.compile(r"[^a-z0-9]+")
# Anywhere in a name: `api_key_openai` holds one.
_ANYWHERE = re.compile(
    r"(?:^|_)(?:(?:api|private|secret|access)_?keys?|client_?secrets?|pass(?:word|wd|phrase)s?)"
    r"(?:_|$)"
)
_AT_THE_END = re.compile(r"(?:^|_)(?:secret|credential|authorization|token)s?$")
_ABOUT = re.compile(
    r"_(?:env|environment|var|variable|name|file|path|id|url|count|policy|length|required)s?$"
)


def without_secrets(file: dict[str, JsonValue]) -> tuple[dict[str, JsonValue], list[str]]:
    """A copy of a file's object without secrets, and the names of the keys that were left out."""
    left_out: list[str] = []
    return _clean_object(file, "", left_out), left_out


def is_secret(key: str, value: JsonValue) -> bool:
    """Whether a key names a secret and its value holds something to hide."""
    name = _SEPARATORS.sub("_", _CAMEL.sub("_", key).lower()).strip("_")
    if _ABOUT.search(name):
        return False
    if _ANYWHERE.search(name):
        return _holds(value, (str, int, float))
    # `tokens: 1500` is a count.
    return bool(_AT_THE_END.search(name)) and _holds(value, (str,))


def _clean(value: JsonValue, where: str, left_out: list[str]) -> JsonValue:
    if isinstance(value, list):
        return [_clean(item, f"{where}[{place}]", left_out) for place, item in enumerate(value)]
    return _clean_object(value, where, left_out) if isinstance(value, dict) else value


def _clean_object(
    value: dict[str, JsonValue], where: str, left_out: list[str]
) -> dict[str, JsonValue]:
    kept: dict[str, JsonValue] = {}
    for key, item in value.items():
        name = join_key(where, key)
        # A plugin may be called `secrets`: its id says nothing about its section.
        if where != "plugins" and is_secret(key, item):
            left_out.append(name)
        else:
            kept[key] = _clean(item, name, left_out)
    return kept


def _holds(value: JsonValue, kinds: tuple[type, ...]) -> bool:
    if isinstance(value, dict):
        return any(_holds(item, kinds) for item in value.values())
    if isinstance(value, list):
        return any(_holds(item, kinds) for item in value)
    return isinstance(value, kinds) and not isinstance(value, bool) and value != ""
