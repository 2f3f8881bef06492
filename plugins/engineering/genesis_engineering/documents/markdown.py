"""Parse one Markdown document into records, with true line numbers."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token

from genesis_engineering.documents.records import (
    PYTHON_ROLES,
    CodeBlock,
    CodeName,
    Heading,
    Link,
    ParsedDocument,
    Reference,
)

_HTML_LINK = re.compile(
    r"<(a|img)\b[^>]*?\s(?:href|src)\s*=\s*[\"']([^\"'>]*)[\"']", re.IGNORECASE | re.DOTALL
)
_HTML_ID = re.compile(r"<[a-z][^>]*?\s(?:id|name)\s*=\s*[\"']?([^\"'\s>]+)", re.IGNORECASE)
_HTML_HEADING = re.compile(r"<h([1-6])\b[^>]*>(.*?)</h\1>", re.IGNORECASE | re.DOTALL)
_HTML_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_ATTRIBUTE_ID = re.compile(r"\{:?[^{}\n]*?#([^\s{}]+)[^{}\n]*\}")
_MYST_LABEL = re.compile(r"^\s*\(([^()\s]+)\)=\s*$", re.MULTILINE)
_UNRESOLVED = re.compile(r"(?<![\w\]\\)])\[([^\[\]\n]+)\]\[([^\[\]\n]+)\]")
_INDENTED_HEADING = re.compile(r"^\s*(#{1,6})\s+(.+?)\s*#*$")
_MYST_ROLE = re.compile(r"\{([\w:-]+)\}`*$")
_MYST_CODE = re.compile(r"\{(?:code-block|code|sourcecode)\}\s*(\S+)")
_MYST_OPTIONS = re.compile(r"(?:---\n.*?\n---\n|(?::[\w-]+:[^\n]*\n)+)\n*", re.DOTALL)
_LONGEST_BEFORE = 500
_LANGUAGE = re.compile(r"[A-Za-z][\w+-]*$")


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"store_labels": True}).enable(["table", "strikethrough"])
    # The targets are wanted as they are written: neither percent-encoded nor judged.
    parser.normalizeLink = lambda url: url  # type: ignore[method-assign]
    parser.validateLink = lambda url: True  # type: ignore[method-assign]  # noqa: ARG005
    return parser


_PARSER = _parser()


def parse_markdown(text: str) -> ParsedDocument:
    """Parse CommonMark with tables; front matter is left out, lines keep their numbers."""
    text = _without_front_matter(text.replace("\r\n", "\n").replace("\r", "\n"))
    document = ParsedDocument(lines=text.split("\n"))
    environment: dict[str, dict[str, dict[str, object]]] = {}
    tokens = _PARSER.parse(text, environment)
    for index, token in enumerate(tokens):
        if token.map is None:
            continue
        if token.type == "inline":
            _read_inline(token, document)
            if tokens[index - 1].type == "heading_open":
                _add_heading(token, tokens[index - 1], document)
        elif token.type == "fence":
            _add_block(token, document)
        elif token.type == "html_block":
            _read_html(token.content, token.map[0] + 1, document)
        elif token.type == "code_block":
            _add_indented_headings(token, document)
    _add_definitions(environment.get("references", {}), document)
    document.anchors.update(_MYST_LABEL.findall(text), _ATTRIBUTE_ID.findall(text))
    return document


def _without_front_matter(text: str) -> str:
    match = re.match(r"---\n.*?\n(?:---|\.\.\.)[ \t]*(?:\n|$)", text, re.DOTALL)
    return "\n" * match.group().count("\n") + text[match.end() :] if match else text


class _Locator:
    """Finds the line of a piece of an inline token; asked again, it finds the next occurrence."""

    def __init__(self, token: Token) -> None:
        self._content = token.content
        self._ends = [found.start() for found in re.finditer("\n", token.content)]
        self._first = (token.map or [0, 0])[0] + 1
        self._cursors: dict[str, int] = {}

    def find(self, pattern: str) -> tuple[int, str]:
        """The line of the next match, and what stands before it on its line, at the most 500
        characters."""
        match = re.compile(pattern).search(self._content, self._cursors.get(pattern, 0))
        if match is None:
            return self._first, ""
        self._cursors[pattern] = match.end()
        line = bisect_left(self._ends, match.start())
        start = self._ends[line - 1] + 1 if line else 0
        start = max(start, match.start() - _LONGEST_BEFORE)
        return self._first + line, self._content[start : match.start()]


def _read_inline(token: Token, document: ParsedDocument) -> None:
    locator = _Locator(token)
    for child in _flattened(token.children or []):
        if child.type in ("link_open", "image") and "label" not in child.meta:
            _add_link(child, locator, document)
        elif child.type == "code_inline":
            _add_name(child, locator, document)
        elif child.type == "html_inline":
            line, _ = locator.find(re.escape(child.content))
            _read_html(child.content, line, document)
    if "<h" in token.content:
        _add_html_headings(token.content, (token.map or [0, 0])[0] + 1, document)
    if "][" in token.content:
        _add_unresolved(token, locator, document)


def _flattened(children: Sequence[Token]) -> Iterator[Token]:
    for child in children:
        yield child
        if child.type == "image":
            yield from (inner for inner in child.children or [] if inner.type == "image")


def _add_link(child: Token, locator: _Locator, document: ParsedDocument) -> None:
    is_image = child.type == "image"
    target = str(child.attrs.get("src" if is_image else "href", ""))
    if child.info == "auto":
        line, _ = locator.find("<" + re.escape(target))
        document.links.append(Link(target, line, f"<{target}>"))
        return
    line, before = locator.find(r"\]\(\s*<?" + re.escape(target))
    document.links.append(Link(target, line, f"]({target})", is_image, before))


def _add_unresolved(token: Token, locator: _Locator, document: ParsedDocument) -> None:
    shown = "".join(_visible(child) for child in token.children or [])
    for text, label in _UNRESOLVED.findall(shown):
        source = f"][{label}]"
        if source in token.content and not (text.isdigit() and label.isdigit()):
            line, _ = locator.find(re.escape(source))
            document.references.append(Reference(label, line, f"[{text}][{label}]"))


def _add_name(child: Token, locator: _Locator, document: ParsedDocument) -> None:
    line, before = locator.find(r"`\s?" + re.escape(child.content))
    role = _MYST_ROLE.search(before)
    if role is None:
        document.names.append(CodeName(child.content, line, f"`{child.content}`"))
    elif role[1].removeprefix("py:") in PYTHON_ROLES and not child.content.startswith("!"):
        name = re.sub(r"^.*<|>$", "", child.content).lstrip("~")
        document.names.append(CodeName(name, line, f"{role[0]}`{child.content}`"))


def _visible(child: Token) -> str:
    if child.type == "text":
        return child.content
    if child.type in ("softbreak", "hardbreak"):
        return "\n"
    return "\N{REPLACEMENT CHARACTER}" if child.type in ("code_inline", "image") else ""


def _add_heading(token: Token, opening: Token, document: ParsedDocument) -> None:
    text = "".join(
        child.content if child.type in ("text", "code_inline") else ""
        for child in token.children or []
    )
    line = (token.map or [0, 0])[0] + 1
    document.headings.append(Heading(_ATTRIBUTE_ID.sub("", text), int(opening.tag[1]), line))


def _add_indented_headings(token: Token, document: ParsedDocument) -> None:
    # An admonition or a tab of MkDocs is indented text, which CommonMark takes for code.
    for offset, line in enumerate(token.content.split("\n")):
        match = _INDENTED_HEADING.match(line)
        if match and token.map:
            number = token.map[0] + 1 + offset
            document.headings.append(Heading(match[2], len(match[1]), number))


def _add_block(token: Token, document: ParsedDocument) -> None:
    if token.map is None:
        return
    info, code, line = token.info.strip(), token.content, token.map[0] + 2
    directive = _MYST_CODE.match(info)
    if directive:
        options = _MYST_OPTIONS.match(code)
        info, skipped = directive[1], options.group() if options else ""
        code, line = code[len(skipped) :], line + skipped.count("\n")
    word = re.split(r"[\s,{:]", info, maxsplit=1)[0]
    if _LANGUAGE.match(word):
        document.blocks.append(CodeBlock(word.lower(), code, line))


def _read_html(html: str, first_line: int, document: ParsedDocument) -> None:
    html = _HTML_COMMENT.sub(lambda match: "\n" * match.group().count("\n"), html)
    for match in _HTML_LINK.finditer(html):
        line = first_line + html.count("\n", 0, match.start(2))
        is_image = match[1].lower() == "img"
        document.links.append(Link(match[2], line, match.group() + ">", is_image))
    document.anchors.update(_HTML_ID.findall(html))
    _add_html_headings(html, first_line, document)


def _add_html_headings(html: str, first_line: int, document: ParsedDocument) -> None:
    for match in _HTML_HEADING.finditer(html):
        text = re.sub(r"<[^>]+>", "", match[2])
        line = first_line + html.count("\n", 0, match.start())
        document.headings.append(Heading(text, int(match[1]), line))


def _add_definitions(references: dict[str, dict[str, object]], document: ParsedDocument) -> None:
    for definition in references.values():
        span, target = definition.get("map"), definition.get("href")
        if isinstance(span, list) and isinstance(target, str):
            start = int(span[0])
            source = document.lines[start].strip()
            document.links.append(Link(target, start + 1, source))
