"""A page or template of the repository, read once for every rule."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

from genesis.contracts import Finding, Severity

from genesis_engineering.files import RepositoryFile, has_long_line
from genesis_engineering.pages.statements import captured, extends_another
from genesis_engineering.pages.tags import Scan, Tag, scan_tags
from genesis_engineering.pages.templates import blank, mask_expressions
from genesis_engineering.pages.tree import Element, Tree, build_tree
from genesis_engineering.reporting import EVIDENCE_LENGTH, is_secondary

PLAIN = frozenset({".html", ".htm", ".xhtml"})
TEMPLATES = frozenset(
    {".jinja", ".jinja2", ".j2", ".erb", ".ejs", ".hbs", ".handlebars", ".mustache", ".njk",
     ".twig", ".liquid", ".php", ".phtml", ".mako", ".mak", ".tpl", ".gohtml", ".tmpl", ".heex",
     ".eex", ".jsp", ".vue", ".svelte"}
)  # fmt: skip
_COMPONENTS = frozenset({".vue", ".svelte"})
_MADE = re.compile(
    r"<meta[^<>]{0,80}name=[\"']?generator\b|<!--[^>]{0,80}\b(generated (by|on|with|using)|"
    r"NewPage -->)|coverage\.py|\bdoxygen\b|<!-- saved from url|data-mw=|class=\"mw-"
    r"|Start of class data|\bJsDoc Toolkit\b|<span class=['\"](line|WHIT)['\"]>"
    r"|<title>(Python: module|BNF for )"
    # A bundler's name for a script: its own, and a hash of what is in it.
    r"|<script\b[^<>]*\bsrc=[\"'][^\"'<>]*assets/[\w.]+-[\w-]{8}\.js[\"']",
    re.IGNORECASE,
)
_NOT_HTML = re.compile(
    r"^\s*(<\?xml[^>]*>\s*)?<(!DOCTYPE\s+(?!html)\w|(rss|feed|svg|urlset|interface|ui|"
    r"project|tt|plist|Workbook|w:)\b)"
)
_TEXT_TEMPLATES = re.compile(r"<(?:html|body|head|div|form|table|ul|img|input|nav|main|section)\b")
_SFC_START = re.compile(r"^<template\b[^\n>]*>", re.MULTILINE)
_SFC_END = "\n</template>"
_FOLDER = re.compile(r"(^|/)(templates?|views|layouts|partials)/")
# Maven takes the body of these and puts the head of its site around it.
_OF_MAVEN = re.compile(r"(^|/)src/site/")
_EMAIL = re.compile(r"e?mail|newsletter|mjml", re.IGNORECASE)
_LONG_LINE = 5000
_ODD_LIMIT = 2000
# Above that no person wrote the page, and a browser's way to build it takes its time.
_MOST_TAGS = 30_000


@dataclass(frozen=True)
class Page:
    """The text of a page, with its lines' ends as line feeds and its expressions unknown."""

    file: RepositoryFile
    source: str
    text: str
    is_template: bool
    has_blocks: bool

    @property
    def path(self) -> str:
        return self.file.path

    @property
    def is_component(self) -> bool:
        """Whether a compiler reads it, which understands more than a browser."""
        return self.file.suffix in _COMPONENTS

    @property
    def is_mail(self) -> bool:
        """Whether it is an e-mail: written for programs that know little of HTML."""
        return bool(_EMAIL.search(self.path)) or "xmlns:v=" in self.text[:2000]

    @cached_property
    def scan(self) -> Scan:
        return scan_tags(self.text)

    @cached_property
    def tree(self) -> Tree:
        return build_tree(self.text, self.scan.tags)

    @cached_property
    def is_whole(self) -> bool:
        """Whether it is a document from its first to its last tag, not a part of one or of what
        it extends."""
        if self.is_template and extends_another(self.source):
            return False
        if _OF_MAVEN.search(self.path):
            return False
        starts = {tag.name for tag in self.scan.tags if not tag.is_end}
        ends = {tag.name for tag in self.scan.tags if tag.is_end}
        return "html" in starts and "html" in ends and "frameset" not in starts

    @cached_property
    def is_plain(self) -> bool:
        """Whether nothing in it is left to a program: a whole document without expressions."""
        return self.is_whole and not self.is_template and not self.is_component

    @cached_property
    def ids(self) -> frozenset[str]:
        """The ids of the elements, and the names of anchors."""
        found = [tag.value(name) for tag in self.starts() for name in ("id", "name")]
        return frozenset(value for value in found if value)

    @cached_property
    def _captured(self) -> list[tuple[int, int]]:
        return captured(self.source) if self.is_template else []

    def is_captured(self, tag: Tag) -> bool:
        """Whether a tag stands in what the template gives a name, to be shown somewhere else."""
        return any(start <= tag.start < end for start, end in self._captured)

    def starts(self) -> Iterator[Tag]:
        """The start tags in order."""
        return (tag for tag in self.scan.tags if not tag.is_end)

    def elements(self) -> Iterator[Element]:
        """The elements in order, those of a browser's own making included."""
        return self.tree.root.elements()

    def within(self, holds: Callable[[Element], bool]) -> set[Element]:
        """The elements that `holds` is true of, and all that stand in them."""
        found: set[Element] = set()
        for element in self.elements():
            if element.parent in found or holds(element):
                found.add(element)
        return found

    def finding(
        self, rule: str, severity: Severity, message: str, line: int, evidence: str = ""
    ) -> Finding:
        """A finding about a line; milder in documentation and examples."""
        return make_finding(self.file, self.source, rule, severity, message, line, evidence)


def make_finding(
    file: RepositoryFile,
    source: str,
    rule: str,
    severity: Severity,
    message: str,
    line: int,
    evidence: str = "",
) -> Finding:
    """A finding about a line of a file: in documentation and examples low at most."""
    if is_secondary(file.path) and severity.rank < Severity.LOW.rank:
        severity = Severity.LOW
    return Finding(
        rule=rule,
        severity=severity,
        message=message[:2000],
        file=file.path,
        line=line,
        evidence=(evidence or line_of(source, line))[:EVIDENCE_LENGTH],
        check=f"sed -n {line}p {file.path!r}"[:1000],
    )


def line_of(text: str, number: int) -> str:
    """A line without indentation, as `line_at`, for many lines of one text."""
    return full_line(text, number).lstrip()[:EVIDENCE_LENGTH].rstrip()


def full_line(text: str, number: int) -> str:
    """A line as it is; "" past the end."""
    lines = _lines(text)
    return lines[number - 1] if number <= len(lines) else ""


@lru_cache(maxsize=4)
def _lines(text: str) -> list[str]:
    return text.split("\n")


def is_page(file: RepositoryFile) -> bool:
    """Whether a file may be a page or a template of one, by its name: `.tmpl` is for any text."""
    path = file.path.lower()
    if file.suffix == ".tmpl" and ".html." not in path and not _FOLDER.search(path):
        return False
    return file.suffix in PLAIN | TEMPLATES


def read_page(file: RepositoryFile) -> Page | None:
    """Read a page; None for what has no text, is no HTML, was made by a program or is minified."""
    source = file.read_text()
    if source is None or _NOT_HTML.match(source[:500]) or _MADE.search(source[:6000]):
        return None
    source = source.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    # Most files of that ending are of make.
    if file.suffix == ".mak" and "<%" not in source and "${" not in source:
        return None
    if file.suffix not in PLAIN and not _TEXT_TEMPLATES.search(source):
        return None
    if (
        _is_minified(source)
        or source.count("<") > _MOST_TAGS
        or len(re.findall(r"<(?![A-Za-z/!])", source)) > _ODD_LIMIT
    ):
        return None
    masked = mask_expressions(source, file.suffix)
    text = _template_of(masked.text) if file.suffix == ".vue" else masked.text
    return Page(file, source, text, masked.is_template, masked.has_blocks)


def _template_of(text: str) -> str:
    """Only what is inside of a Vue component's template; the rest is made unknown."""
    found = _SFC_START.search(text)
    end = text.rfind(_SFC_END)
    if not found or end < found.end():
        return blank(text, 0, len(text))
    return blank(blank(text, 0, found.end()), end, len(text))


def _is_minified(text: str) -> bool:
    """Whether lines are so long that no person wrote them."""
    lines = text.count("\n") + 1
    return has_long_line(text) or (len(text) > _LONG_LINE and len(text) / lines > _LONG_LINE / 10)
