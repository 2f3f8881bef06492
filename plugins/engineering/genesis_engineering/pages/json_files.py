"""JSON files that do not parse, or that say a thing twice."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from genesis.contracts import Finding, Severity

from genesis_engineering.files import RepositoryFile
from genesis_engineering.pages.page import make_finding

_STRICT = frozenset(
    {"package.json", "package-lock.json", "composer.json", "bower.json", "manifest.json",
     "app.json", "vercel.json", "lerna.json"}
)  # fmt: skip
_LENIENT = re.compile(
    r"(^|/)(tsconfig|jsconfig|\.eslintrc|\.babelrc|devcontainer|\.swcrc|\.jshintrc|\.jscsrc|"
    r"api-extractor|turbo|nx|deno|biome|renovate|wrangler|angular|language-configuration|"
    r"pyrightconfig|cspell|\.?jsdoc|typedoc|tslint|settings|launch|tasks|extensions|keybindings)"
    r"[\w.-]*json$|(^|/)(\.vscode|\.devcontainer|\.zed)/|\.(code-workspace|sublime-[\w-]+)$"
)
_TEMPLATE = re.compile(r"\{\{|\{%|<%|\$\{|<\?|@[A-Z_]{2,}@|__[A-Z_]{2,}__")
_COMMENT = re.compile(r"^\s*(//|/\*|#)|,\s*//|[\[{]\s*//", re.MULTILINE)


def check_json(file: RepositoryFile, text: str) -> Iterator[Finding]:
    """`json-syntax` and `duplicate-key` of a file `*.json`.

    `json-syntax` is high for manifests that tools read strictly, else medium. Comments and commas
    at the end mean a lenient reader, templates and several values in lines another format: silent.
    `duplicate-key` is medium in manifests, low elsewhere: the last one counts.
    """
    text = text.removeprefix("\ufeff")
    name = PurePosixPath(file.path).name
    is_strict = name in _STRICT
    repeated: list[str] = []
    try:
        json.loads(text, object_pairs_hook=lambda pairs: _collect(pairs, repeated))
    except ValueError as error:
        if _may_be_other(file, text, is_strict):
            return
        severity = Severity.HIGH if is_strict else Severity.MEDIUM
        at = error if isinstance(error, json.JSONDecodeError) else None
        message = f"The file is no JSON: {at.msg if at else error}."
        yield make_finding(file, text, "json-syntax", severity, message, at.lineno if at else 1)
        return
    except RecursionError:
        return
    severity = Severity.MEDIUM if is_strict else Severity.LOW
    for key in repeated[:3]:
        line = _second_line(text, key)
        message = f"An object has the key {key!r} twice; the last one counts."
        yield make_finding(file, text, "duplicate-key", severity, message, line)


def _collect(pairs: list[tuple[str, object]], repeated: list[str]) -> None:
    seen: set[str] = set()
    for key, _value in pairs:
        # A comment in JSON is often a key such as "//", as often as one likes.
        if key in seen and key.strip("/_#-$ ") and key not in repeated:
            repeated.append(key)
        seen.add(key)


def _may_be_other(file: RepositoryFile, text: str, is_strict: bool) -> bool:
    if not text.strip() or _TEMPLATE.search(text):
        return True
    if is_strict:
        return False
    if _LENIENT.search(file.path) or _COMMENT.search(text) or _parses(_without_commas(text)):
        return True
    lines = [line for line in text.splitlines() if line.strip()]
    return len(lines) > 1 and _parses(lines[0]) and _parses(lines[-1])


def _without_commas(text: str) -> str:
    return re.sub(r",(?=\s{0,200}[\]}])", "", text)


def _parses(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _second_line(text: str, key: str) -> int:
    """The line of the last place where the key stands; 1 when it is written with escapes."""
    place = text.rfind(f"{json.dumps(key, ensure_ascii=False)}")
    return text.count("\n", 0, place) + 1 if place >= 0 else 1
