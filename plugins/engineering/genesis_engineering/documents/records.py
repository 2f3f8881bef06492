"""What the parsers find in one document; every line counts from 1 in the document's file."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_FADING = re.compile(
    r"\b(removed|removals?|deprecat\w+|changelog|change ?log|release notes|history|migrat\w+"
    r"|upgrad\w+|breaking|renamed|what'?s new|version \d|v?\d+\.\d+)",
    re.IGNORECASE,
)
PYTHON_ROLES = frozenset({"func", "class", "meth", "attr", "mod", "exc", "data", "obj", "const"})


@dataclass(frozen=True)
class Link:
    """A link or an image; `source` is the literal text that names the target."""

    target: str
    line: int
    source: str
    is_image: bool = False
    before: str = ""


@dataclass(frozen=True)
class Reference:
    """A reference-style link whose label no definition of its document has."""

    label: str
    line: int
    source: str


@dataclass(frozen=True)
class CodeBlock:
    """A block with a language tag; `line` is where its first line of code stands."""

    language: str
    code: str
    line: int


@dataclass(frozen=True)
class CodeName:
    """A short literal in running text: inline code, or what a Sphinx role names."""

    text: str
    line: int
    source: str


@dataclass(frozen=True)
class Heading:
    """A heading; level 1 is the outermost."""

    text: str
    level: int
    line: int


@dataclass
class ParsedDocument:
    """One document; `anchors` are ids written out in it, not those made from its headings."""

    lines: list[str]
    links: list[Link] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)
    blocks: list[CodeBlock] = field(default_factory=list)
    names: list[CodeName] = field(default_factory=list)
    headings: list[Heading] = field(default_factory=list)
    anchors: set[str] = field(default_factory=set)

    def is_about_the_past(self, line: int) -> bool:
        """Whether a heading above the line says that its section tells of removed things."""
        level = 7
        for heading in reversed(self.headings):
            if heading.line <= line and heading.level < level:
                level = heading.level
                if _FADING.search(heading.text):
                    return True
        return False

    def around(self, line: int, before: int = 2, after: int = 1) -> str:
        """The text of the line with its neighbours, to read what the author says of it."""
        return "\n".join(self.lines[max(0, line - 1 - before) : line + after])
