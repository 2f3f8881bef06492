"""Read the test script of a package.json as npm's shell would, and find its test runners.

The script keeps its shape: what builds before the tests, paths, globs and variables stay. Only
what watches, reports elsewhere or lints is taken out, and behind each runner's name a mark is left
(`\\0node\\0`) where options of ours go.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, cast

NodeRunner = Literal["node", "jest", "vitest"]
_MOST_DEPTH = 4
_MOST_LENGTH = 10_000
_SEPARATOR = re.compile(r"""'[^']*'|"(?:\\.|[^"\\])*"|\\.|(&&|\|\||;|\||\n)|[^'"\\&|;\n]+|.""")
_ASSIGNMENT = re.compile(r"\w+=")
_WRAPPERS = frozenset(
    {"cross-env", "npx", "env", "c8", "nyc", "dotenv", "exec", "time", "npm", "pnpm", "yarn", "bun"}
)
_LINTERS = frozenset(
    {"eslint", "prettier", "standard", "xo", "biome", "tslint", "stylelint", "oxlint",
     "semistandard", "markdownlint", "markdownlint-cli2", "tsd", "publint", "attw", "knip",
     "depcheck", "cspell", "commitlint", "size-limit"}
)  # fmt: skip
_LINT_SCRIPT = re.compile(r"(posttest:?)?(lint|format|prettier|eslint|style|spell|size)\b")
_SCRIPT_CALL = re.compile(
    r"(?:npm|pnpm|yarn|bun)\s+(?:-s\s+|--silent\s+)?(?:(?:run|run-script)\s+(?:-s\s+|--silent\s+)?)?"
    r"([\w:.-]+)"
)
_NAMES = {
    "node": re.compile(r"(?<![\w./@-])node(?=\s)"),
    "jest": re.compile(
        r"(?<![\w@-])(?:\S*node_modules/(?:\.bin/jest|jest/bin/jest(?:\.js)?)|jest)(?=\s|$)"
    ),
    "vitest": re.compile(
        r"(?<![\w@-])(?:\S*node_modules/(?:\.bin/vitest|vitest/vitest\.mjs)|vitest)"
        r"(?:\s+(?:run|watch|dev))?(?=\s|$)"
    ),
}  # fmt: skip
_TAKEN_OUT = re.compile(
    r"""\s--(?:reporters?|test-reporter|test-reporter-destination|outputFile|output-file)(?=[=\s]|$)"""
    r"""(?:[= ](?!-)(?:"[^"]*"|'[^']*'|\S+))?"""
)
_TAKEN_OUT_ALONE = re.compile(
    r"\s--(?:watch|watchAll|watch-all|json|silent|verbose|ui)(?:=\w+)?(?=\s|$)"
)


@dataclass(frozen=True)
class NodeScript:
    """A script with marks, and the runners in it in their order."""

    text: str
    runners: tuple[NodeRunner, ...]


def read_script(scripts: dict[str, str], name: str) -> NodeScript | None:
    """The script of that name, with scripts that it calls put in place; None without a runner."""
    text = _expand(scripts, name, 0)
    if text is None or len(text) > _MOST_LENGTH:
        return None
    found = re.findall(r"\0(node|jest|vitest)\0", text)
    return NodeScript(text, tuple(cast(NodeRunner, one) for one in found)) if found else None


def _expand(scripts: dict[str, str], name: str, depth: int) -> str | None:
    """The script with marks; None when it is absent, or all of it is to be left out."""
    script = scripts.get(name)
    if script is None or depth >= _MOST_DEPTH or len(script) > _MOST_LENGTH:
        return None
    kept = ""
    for separator, segment in split_script(script.replace("\0", "")):
        changed = _change(segment, scripts, depth)
        if changed is not None:
            kept += f" {separator} {changed}" if kept else changed
    return kept or None


def split_script(script: str) -> Iterator[tuple[str, str]]:
    """The commands of a shell line, each with the separator before it ("" for the first)."""
    separator, segment = "", ""
    for match in _SEPARATOR.finditer(script):
        if match[1]:
            yield separator, segment.strip()
            separator, segment = match[1], ""
        else:
            segment += match[0]
    yield separator, segment.strip()


def _change(segment: str, scripts: dict[str, str], depth: int) -> str | None:
    """A command as it is to be run; None when it is to be left out."""
    words = _command_words(segment)
    if not words:
        return segment or None
    first = words[0].rpartition("/")[2]
    if first in _LINTERS:
        return None
    called = _SCRIPT_CALL.fullmatch(segment)
    if called and called[1] in scripts:
        if _LINT_SCRIPT.match(called[1]):
            return None
        inner = _expand(scripts, called[1], depth + 1)
        return f"( {inner} )" if inner else None
    runner = _runner_of(first, words)
    return _mark(segment, runner) if runner else segment


def _command_words(segment: str) -> list[str]:
    """The words of a command without assignments and without programs that only wrap it."""
    try:
        words = shlex.split(segment)
    except ValueError:
        return []
    while words and _ASSIGNMENT.match(words[0]):
        words = words[1:]
    if words and words[0].rpartition("/")[2] in _WRAPPERS:
        names = [word.rpartition("/")[2] for word in words]
        place = next((index for index, name in enumerate(names) if name in _NAMES), 0)
        words = words[place:]
    return words


def _runner_of(first: str, words: list[str]) -> NodeRunner | None:
    if first == "node":
        scripts = [word for word in words[1:] if not word.startswith("-")]
        if "--test" in words:
            return "node"
        if scripts and re.search(r"node_modules/(\.bin/jest|jest/bin/jest(\.js)?)$", scripts[0]):
            return "jest"
        return None
    if first in ("jest", "vitest"):
        other = {"bench", "related", "list", "init", "--init", "typecheck", "--typecheck.only"}
        return None if other & set(words[1:2]) else cast(NodeRunner, first)
    return None


def _mark(segment: str, runner: NodeRunner) -> str:
    match = _NAMES[runner].search(segment)
    if match is None:
        return segment
    before, named, after = segment[: match.start()], match[0], segment[match.end() :]
    if runner == "vitest":
        named = re.sub(r"\s+(run|watch|dev)$", "", named) + " run"
    after = _TAKEN_OUT.sub("", _TAKEN_OUT_ALONE.sub("", after))
    return f"{before}{named} \0{runner}\0{after}"
