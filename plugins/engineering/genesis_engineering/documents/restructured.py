"""Parse one reStructuredText document into records, line by line.

Only what can be read surely without Sphinx is read: its roles and directives depend on extensions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from genesis_engineering.documents.records import (
    PYTHON_ROLES,
    CodeBlock,
    CodeName,
    Heading,
    Link,
    ParsedDocument,
)

_DIRECTIVE = re.compile(r"^(\s*)\.\. (?:\|[^|]+\| )?([\w:-]+)::\s*(.*)$")
_CODE_DIRECTIVES = frozenset({"code-block", "code", "sourcecode"})
_LITERAL_DIRECTIVES = _CODE_DIRECTIVES | {
    "raw", "math", "parsed-literal", "literalinclude", "doctest", "testcode", "testsetup",
    "testoutput", "prompt", "graphviz", "digraph", "productionlist", "highlight", "csv-table",
    "jinja", "mermaid", "uml", "ipython", "program-output", "testcleanup",
}  # fmt: skip
_FILE_DIRECTIVES = {"image": True, "figure": True, "include": False, "literalinclude": False}
_LINK = re.compile(r"(?<![\w:`])`[^`<>]*<([^`<>\s]+)>`__?(?!\w)")
_TARGET = re.compile(r"^\s*\.\. _(?P<name>`[^`]+`|[^`:]+): +(?P<path>\S+)\s*$")
_REFERENCE = re.compile(
    r"(?<![\w.-])([\w.-]*\w)_(?!\w)|`([^`<>]{1,200})`|<([^<>`]{1,200})>|\|([^|\n]{1,100})\|_"
)
_LITERAL = re.compile(r"(?<![\w`])``([^`]+)``(?!`)")
_ROLE = re.compile(
    r":(?:py:)?(?:" + "|".join(sorted(PYTHON_ROLES)) + r"):`(?:[^`<>]*<)?([^`<>]+)>?`"
)
_AUTODOC = re.compile(r"^auto(?:class|module|function|method|exception|data|attribute)$")
_UNDERLINE = re.compile(r"^([=\-~`:'\"^_*+#<>.])\1{2,}\s*$")


@dataclass(frozen=True)
class _Line:
    number: int
    text: str

    @property
    def indent(self) -> int:
        return len(self.text) - len(self.text.lstrip())

    @property
    def is_blank(self) -> bool:
        return not self.text.strip()


def parse_restructured(text: str) -> ParsedDocument:
    """Parse the links, blocks, names and headings of reStructuredText."""
    document = ParsedDocument(lines=text.expandtabs(8).splitlines())
    lines = [_Line(number, line) for number, line in enumerate(document.lines, start=1)]
    referred = _references(document.lines)
    position = 0
    while position < len(lines):
        position = _read_line(lines, position, document, referred)
    _add_headings(lines, document)
    return document


def _read_line(
    lines: list[_Line], position: int, document: ParsedDocument, referred: frozenset[str]
) -> int:
    """Read what starts at the position; gives the position after it."""
    line = lines[position]
    directive = _DIRECTIVE.match(line.text)
    if directive:
        return _read_directive(lines, position, directive, document)
    target = _TARGET.match(line.text)
    if target:
        name = " ".join(target["name"].strip("` ").lower().split())
        is_seen = name in referred or name.startswith("_")
        if is_seen and not target["path"].endswith("_"):
            document.links.append(Link(target["path"], line.number, line.text.strip()))
        return position + 1
    if re.match(r"^\s*\.\.( |$)", line.text):
        return _end_of_indented(lines, position)
    _read_text(line, document)
    if line.text.rstrip().endswith("::"):
        return _end_of_indented(lines, position)
    return position + 1


def _read_directive(
    lines: list[_Line], position: int, match: re.Match[str], document: ParsedDocument
) -> int:
    line, name, argument = lines[position], match[2].lower(), match[3].strip()
    if name in _FILE_DIRECTIVES and argument:
        is_image = _FILE_DIRECTIVES[name]
        document.links.append(Link(argument, line.number, line.text.strip(), is_image))
    elif _AUTODOC.match(name):
        document.names.append(CodeName(argument.split("(")[0], line.number, line.text.strip()))
    if name not in _LITERAL_DIRECTIVES:
        _read_text(_Line(line.number, argument), document)
        return position + 1
    end = _end_of_indented(lines, position)
    if name in _CODE_DIRECTIVES and argument:
        block = _code_of(lines[position + 1 : end])
        if block:
            code = "\n".join(item.text for item in block) + "\n"
            document.blocks.append(CodeBlock(argument.lower(), code, block[0].number))
    return end


def _code_of(body: list[_Line]) -> list[_Line]:
    """The lines after a directive's options and the blank line that ends them."""
    start = 0
    while start < len(body) and not body[start].is_blank:
        start += 1
    while start < len(body) and body[start].is_blank:
        start += 1
    end = len(body)
    while end > start and body[end - 1].is_blank:
        end -= 1
    return body[start:end]


def _end_of_indented(lines: list[_Line], position: int) -> int:
    indent = lines[position].indent
    end = position + 1
    while end < len(lines) and (lines[end].is_blank or lines[end].indent > indent):
        end += 1
    return end


def _read_text(line: _Line, document: ParsedDocument) -> None:
    for match in _LITERAL.finditer(line.text):
        document.names.append(CodeName(match[1], line.number, match.group()))
    for match in _ROLE.finditer(line.text):
        if not match[1].startswith("!"):
            name = CodeName(match[1].lstrip("~"), line.number, match.group())
            document.names.append(name)
    without_literals = _LITERAL.sub("", line.text)
    for match in _LINK.finditer(without_literals):
        if not match[1].endswith("_"):
            document.links.append(Link(match[1], line.number, match.group()))


def _add_headings(lines: list[_Line], document: ParsedDocument) -> None:
    levels: dict[str, int] = {}
    for title, underline in _titles(lines):
        level = levels.setdefault(underline, len(levels) + 1)
        document.headings.append(Heading(title.text.strip(), min(level, 6), title.number))


def _titles(lines: list[_Line]) -> Iterator[tuple[_Line, str]]:
    for index in range(len(lines) - 1):
        title, below = lines[index], lines[index + 1].text
        if title.is_blank or not _UNDERLINE.match(below) or _UNDERLINE.match(title.text):
            continue
        if len(below.rstrip()) + 1 < len(title.text.rstrip()):
            continue
        overlined = index > 0 and lines[index - 1].text.rstrip() == below.rstrip()
        yield title, below[0] * (2 if overlined else 1)


def _references(lines: Sequence[str]) -> frozenset[str]:
    """What a document refers to, in small letters (`name_`, `` `a name`_ ``, `` `text <name>`_ ``,
    `|name|_`): a target that is not among these is a link that nobody sees."""
    text = "\n".join(line for line in lines if not _TARGET.match(line)).lower()
    found = {one for match in _REFERENCE.finditer(text) for one in match.groups() if one}
    return frozenset(" ".join(one.rstrip("_").split()) for one in found)
