"""The anchors of the documents that links point into."""

from __future__ import annotations

import re
from pathlib import Path

from genesis_engineering.documents.ignored import is_behind_link
from genesis_engineering.documents.sites import Site
from genesis_engineering.documents.slugs import comparable, github_slugs, site_slugs
from genesis_engineering.documents.sources import MARKDOWN, Document, read_document
from genesis_engineering.files import RepositoryFile

_ALWAYS_THERE = re.compile(r"^$|^top$|^readme$|^fn(ref)?[:-]?|^footnote|^:~:|^L\d+|^user-content-")
_PULLS_TEXT_IN = re.compile(
    r"^\s*(:::|--8<--|\{!|\{\*|<<< @|```+\{|~~~+\{|:::+\{|\{%|@include)|(?<!\$)\{\{",
    re.MULTILINE,
)
# MDX imports components; in a block of code, `import` is only code.
_IMPORTS = re.compile(r"\s*import ")


class AnchorBook:
    """Knows the anchors of Markdown documents, each read once."""

    def __init__(self, repository: Path) -> None:
        self._repository = repository
        self._known: dict[tuple[str, bool], frozenset[str] | None] = {}

    def may_have(self, path: str, fragment: str, site: Site | None) -> bool:
        """Whether the document at `path` has the anchor, or cannot be judged.

        A page of a site may number and spell its anchors by other rules than GitHub's; a page of
        Sphinx or of a generator with plugins may be given anchors that no file holds.
        """
        if _ALWAYS_THERE.match(fragment) or (site is not None and site.kind == "sphinx"):
            return True
        key = (path, site is not None)
        if key not in self._known:
            self._known[key] = self._read(path, lenient=site is not None)
        anchors = self._known[key]
        return anchors is None or comparable(fragment) in anchors

    def _read(self, path: str, *, lenient: bool) -> frozenset[str] | None:
        absolute = self._repository / path
        if absolute.suffix.lower() not in MARKDOWN or not absolute.is_file():
            return None
        if is_behind_link(self._repository, path):
            return None
        document = read_document(RepositoryFile(path, absolute, absolute.stat().st_size))
        if document is None or may_pull_text_in(document):
            return None
        titles = [heading.text for heading in document.parsed.headings]
        slugs = github_slugs(titles) | document.parsed.anchors
        if lenient:
            slugs |= site_slugs(titles)
        return frozenset(comparable(slug) for slug in slugs)


def may_pull_text_in(document: Document) -> bool:
    """Whether a generator puts text of other files into the document."""
    parsed = document.parsed
    if _PULLS_TEXT_IN.search("\n".join(parsed.lines)):
        return True
    code = {
        number
        for block in parsed.blocks
        for number in range(block.line, block.line + block.code.count("\n") + 1)
    }
    return any(
        _IMPORTS.match(line) and number not in code
        for number, line in enumerate(parsed.lines, start=1)
    )
