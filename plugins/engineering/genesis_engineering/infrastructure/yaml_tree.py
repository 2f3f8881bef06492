"""YAML as texts with their lines: nothing is constructed, and no alias is ever written out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml
from genesis.errors import GenesisError

MAX_YAML_BYTES = 200_000
_LONGEST_LINE = 5000


class YamlSyntaxError(GenesisError):
    """A YAML text that does not parse; `line` counts from 1."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


@dataclass
class Yaml:
    """A node: a text, a list or a mapping. What is absent reads as an empty text.

    `lines` are those of a mapping's keys; `twice` its repeated keys with the line of the second.
    `style` is `|` or `>` for a block of text, whose first line follows `line`.
    """

    line: int = 1
    text: str = ""
    style: str = ""
    items: list[Yaml] = field(default_factory=list)
    entries: dict[str, Yaml] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    twice: list[tuple[str, int]] = field(default_factory=list)

    def get(self, *keys: str) -> Yaml:
        """The node at a path of keys; an empty one where there is none."""
        node = self
        for key in keys:
            node = node.entries.get(key, _NOTHING)
        return node

    def has(self, key: str) -> bool:
        return key in self.entries

    @property
    def texts(self) -> list[str]:
        """The texts of a list, or the one text itself."""
        if self.items:
            return [one.text for one in self.items if one.text]
        return [self.text] if self.text else []

    @property
    def text_lines(self) -> list[tuple[int, str]]:
        """The lines of a block of text with their numbers in the file; of other texts, the one.

        Each is cut at 5,000 characters: no pattern is to search longer ones.
        """
        if self.style:
            lines = enumerate(self.text.split("\n"), start=self.line + 1)
            return [(number, line[:_LONGEST_LINE]) for number, line in lines]
        return [(self.line, self.text[:_LONGEST_LINE])] if self.text else []

    def walk(self) -> Iterator[Yaml]:
        """This node and all below it, each once however often an alias names it."""
        seen: set[int] = set()
        pending = [self]
        while pending:
            node = pending.pop()
            if id(node) in seen:
                continue
            seen.add(id(node))
            yield node
            pending += [*reversed(list(node.entries.values())), *reversed(node.items)]


_NOTHING = Yaml()


def parse_yaml(text: str) -> Yaml:
    """The first document of a text of at most 200 kB. Raises YamlSyntaxError."""
    try:
        node = next(yaml.compose_all(text, Loader=yaml.SafeLoader), None)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        raise YamlSyntaxError(str(error.problem), mark.line + 1 if mark else 1) from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise YamlSyntaxError(str(error).split("\n", 1)[0] or "is nested too deeply", 1) from error
    return _convert(node, {}) if node is not None else Yaml()


def _convert(node: yaml.Node, done: dict[int, Yaml]) -> Yaml:
    """Iterating would be longer; the composer above has already recursed as deep as this does."""
    if id(node) in done:
        return done[id(node)]
    made = done[id(node)] = Yaml(node.start_mark.line + 1)
    if isinstance(node, yaml.ScalarNode):
        made.text = node.value
        made.style = node.style if node.style in ("|", ">") else ""
    elif isinstance(node, yaml.SequenceNode):
        made.items = [_convert(child, done) for child in node.value]
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            _add_entry(made, key, _convert(value, done))
    return made


def _add_entry(made: Yaml, key: yaml.Node, value: Yaml) -> None:
    name = key.value if isinstance(key, yaml.ScalarNode) else ""
    line = key.start_mark.line + 1
    if name == "<<":
        for source in value.items or [value]:
            for inherited, node in source.entries.items():
                made.entries.setdefault(inherited, node)
                made.lines.setdefault(inherited, source.lines[inherited])
        return
    if name in made.lines:
        made.twice.append((name, line))
    made.entries[name] = value
    made.lines[name] = line
