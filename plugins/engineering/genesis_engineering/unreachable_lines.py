"""Lines of languages with braces that never run: what follows `return` and its like in a block.

It goes by lines and their indentation, not by grammars: a statement that leaves a block, whole in
one line, and behind it a line that is indented alike and neither ends the block nor opens another
way into it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

LANGUAGES = {
    ".js": "JavaScript", ".mjs": "JavaScript", ".cjs": "JavaScript", ".jsx": "JavaScript",
    ".ts": "TypeScript", ".tsx": "TypeScript", ".go": "Go", ".java": "Java", ".c": "C",
    ".cc": "C++", ".cpp": "C++", ".cs": "C#", ".php": "PHP",
}  # fmt: skip
_STOP = re.compile(r"^([ \t]+)(return|throw|break|continue|panic)\b(?P<rest>.*)$")
_STATEMENT = re.compile(r"^([ \t]+)[A-Za-z_$(*!~@]")
# What a compiler lifts, labels, and other ways into the block.
_OTHER_WAY = re.compile(
    r"^\s*((case|default|else|elseif|catch|finally|function|async function|class|abstract|type|"
    r"interface|enum|declare|namespace|module|import|export|var|func|public|private|protected|"
    r"end\w*|while|return|throw|break|continue|panic|unset)\b"
    # A name alone is a macro, which may hold such a way.
    r"|\w+\s*:(?!:)|@|\w+\s*;?\s*$)"
)
_HIDDEN = re.compile(
    r"//[^\n]*|/\*.*?\*/|'(?:\\.|[^'\\\n])*'|\"(?:\\.|[^\"\\\n])*\"|`(?:\\.|[^`\\])*`", re.DOTALL
)
_MAY_HAVE = re.compile(
    r"^([ \t]+)(return|throw|break|continue|panic)\b[^\n]*\n(?:[ \t]*\n)*\1[A-Za-z_$(*!~]",
    re.MULTILINE,
)
_OPEN_END = re.compile(r"([=(,&|+?:{\[*/.<>-]|=>|\b(return|else|do|in|of|instanceof|as))\s*$")
_HEAD = re.compile(r"(\)|\belse|\bdo)\s*$")
_WITHOUT_SEMICOLON = frozenset({".go"})


@dataclass(frozen=True)
class UnreachableLine:
    """A line that never runs (from 1), and the statement above it."""

    line: int
    after: str


def find_unreachable_lines(text: str, suffix: str) -> Iterator[UnreachableLine]:
    """The first line behind each statement that leaves its block, in a file with that suffix."""
    if not _MAY_HAVE.search(blank_text(text)):
        return
    written, lines = text.split("\n"), blank_text(text).split("\n")
    for place, line in enumerate(lines):
        stop = _STOP.match(line)
        if stop is None or not _is_whole(line, suffix):
            continue
        behind = next((n for n in range(place + 1, len(lines)) if lines[n].strip()), None)
        if behind is None or _OTHER_WAY.match(lines[behind]):
            continue
        found = _STATEMENT.match(lines[behind])
        if found and found[1] == stop[1] and not _is_headed(lines, place, stop[1]):
            yield UnreachableLine(behind + 1, written[place].strip())


def blank_text(text: str) -> str:
    """The text with its comments and strings hidden; the quotes and the lines stay."""
    return _HIDDEN.sub(_hidden, text)


def _hidden(found: re.Match[str]) -> str:
    is_comment = found[0].startswith("/")
    kept = "".join("\n" if one == "\n" else " " if is_comment else "_" for one in found[0])
    return kept if is_comment else f"'{kept[1:-1]}'"


def _is_whole(line: str, suffix: str) -> bool:
    """Whether a statement ends in its own line."""
    code = line.rstrip()
    if any(code.count(one) != code.count(other) for one, other in ("()", "[]", "{}")):
        return False
    if suffix in _WITHOUT_SEMICOLON:
        return not _OPEN_END.search(code)
    return code.endswith(";") and code.count(";") == 1


def _is_headed(lines: list[str], place: int, indent: str) -> bool:
    """Whether a condition without braces stands above, so that the statement is its alone."""
    above = next((n for n in range(place - 1, -1, -1) if lines[n].strip()), None)
    if above is None:
        return True
    outer = lines[above]
    return bool(_HEAD.search(outer)) or (
        # A statement over several lines, of which this may be the last.
        not outer.rstrip().endswith((";", "{", "}", ":"))
        and len(outer) - len(outer.lstrip()) <= len(indent)
        and bool(_OPEN_END.search(outer))
    )
