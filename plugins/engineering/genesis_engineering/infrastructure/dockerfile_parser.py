"""Dockerfiles as instructions and stages."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass, field

_INSTRUCTION = re.compile(r"^\s*([A-Za-z]+)\s+(.*)$", re.DOTALL)
_ESCAPE = re.compile(r"^#\s*escape\s*=\s*`\s*$", re.IGNORECASE)
_HEREDOC = re.compile(r"<<-?\s*[\"']?([A-Za-z_]\w*)[\"']?")
_FLAG = re.compile(r"--([\w-]+)(?:=(\S+))?\s*")
_VARIABLE = re.compile(r"\$(?:\{(\w+)(?::?-([^}]*))?\}|(\w+))")
_MAX_LINES = 5000
_LONGEST_VALUE = 300
_LONGEST_TEXT = 5000


@dataclass(frozen=True)
class Instruction:
    """One instruction; `name` in capitals, `line` that of its first line, `flags` like `--from`.

    `body` is the text of a here-document.
    """

    name: str
    value: str
    line: int
    flags: dict[str, str] = field(default_factory=dict)
    body: str = ""

    @property
    def words(self) -> list[str]:
        """The arguments, in the form of a shell or of JSON."""
        if self.value.lstrip().startswith("["):
            try:
                found = json.loads(self.value)
                return [str(one) for one in found] if isinstance(found, list) else []
            except ValueError:
                return []
        try:
            return shlex.split(self.value)
        except ValueError:
            return self.value.split()


@dataclass
class Stage:
    """From one FROM to the next; `base` has the defaults of global ARGs put in."""

    base: str
    name: str
    line: int
    instructions: list[Instruction] = field(default_factory=list)


@dataclass
class Dockerfile:
    """The stages in order, and the ARGs before the first of them by name."""

    path: str
    stages: list[Stage]
    arguments: dict[str, str]

    def stage_names(self, before: int) -> set[str]:
        """The names of the stages in front of one, by its index, in lower case."""
        return {stage.name.lower() for stage in self.stages[:before] if stage.name}


def parse_dockerfile(path: str, text: str) -> Dockerfile:
    """Read a Dockerfile; lines that are no instruction are left out."""
    found = Dockerfile(path, [], {})
    for instruction in _instructions(text):
        if instruction.name == "FROM":
            words = instruction.value.split()
            base = fill(words[0], found.arguments) if words else ""
            is_named = len(words) > 2 and words[1].lower() == "as"
            name = words[2] if is_named else ""
            found.stages.append(Stage(base, name, instruction.line, [instruction]))
        elif found.stages:
            found.stages[-1].instructions.append(instruction)
        elif instruction.name == "ARG":
            name, _, value = instruction.value.partition("=")
            found.arguments[name.strip()] = value.strip().strip("\"'")
    return found


def fill(text: str, arguments: dict[str, str]) -> str:
    """Variables replaced by their defaults; one without any stays as it is."""

    def value(found: re.Match[str]) -> str:
        name = found[1] or found[3]
        return (arguments.get(name) or found[2] or found[0])[:_LONGEST_VALUE]

    return _VARIABLE.sub(value, text[:_LONGEST_TEXT])


def _instructions(text: str) -> list[Instruction]:
    lines = text.replace("\r\n", "\n").split("\n")[:_MAX_LINES]
    escape = "`" if lines and _ESCAPE.match(lines[0]) else "\\"
    found: list[Instruction] = []
    index = 0
    while index < len(lines):
        start = index
        parts, index = _joined(lines, index, escape)
        match = _INSTRUCTION.match(parts)
        if match is None:
            continue
        name = match[1].upper()
        body, index = (
            _heredoc(match[2], lines, index) if name in ("RUN", "COPY", "ADD") else ("", index)
        )
        flags, value = _flags(match[2])
        found.append(Instruction(name, value, start + 1, flags, body))
    return found


def _joined(lines: list[str], index: int, escape: str) -> tuple[str, int]:
    """A logical line and the index after it; comments and blank lines inside are left out."""
    parts: list[str] = []
    while index < len(lines):
        line = lines[index]
        index += 1
        if line.lstrip().startswith("#") or (parts and not line.strip()):
            if not parts:
                break
            continue
        if not line.rstrip().endswith(escape):
            parts.append(line)
            break
        parts.append(line.rstrip()[:-1])
    return "\n".join(parts), index


def _heredoc(value: str, lines: list[str], index: int) -> tuple[str, int]:
    body: list[str] = []
    for end in _HEREDOC.findall(value):
        while index < len(lines):
            line = lines[index]
            index += 1
            if line.strip() == end:
                break
            body.append(line)
    return "\n".join(body), index


def _flags(value: str) -> tuple[dict[str, str], str]:
    flags: dict[str, str] = {}
    rest = value.lstrip()
    while found := _FLAG.match(rest):
        if found[1] in flags:
            flags[found[1]] += " " + (found[2] or "")
        else:
            flags[found[1]] = found[2] or ""
        rest = rest[found.end() :].lstrip("\n ")
    return flags, rest
