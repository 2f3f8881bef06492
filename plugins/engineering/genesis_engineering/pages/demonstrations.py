"""Pages that developers open and users do not: what such a page lacks is low at most."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from pathlib import PurePosixPath

from genesis.contracts import Finding, Severity

from genesis_engineering.files import RepositoryFile
from genesis_engineering.pages.audience import is_for_users
from genesis_engineering.pages.page import Page
from genesis_engineering.pages.references import page_references

_ENTRIES = frozenset({"main", "module", "exports", "browser", "style", "unpkg", "jsdelivr"})
_OF_THE_PAGE = frozenset({"page-without-language", "page-without-title", "zoom-forbidden"})
_WORDS = r"(demo|demonstration|playground|sandbox|test|tests)"
_TITLE = re.compile(rf"^\W*{_WORDS}\b|\b{_WORDS}\W*$|\b(test|example) page\b", re.IGNORECASE)
_SCRIPT = re.compile(rf"(^|/){_WORDS}s?\.m?js$", re.IGNORECASE)
_JAVADOC = frozenset({"package.html", "overview.html"})


class Demonstrations:
    """Knows the packages of a repository that others import and nobody starts."""

    def __init__(self, files: Sequence[RepositoryFile]) -> None:
        self._libraries = {
            str(PurePosixPath(file.path).parent)
            for file in files
            if PurePosixPath(file.path).name == "package.json" and _is_library(file)
        }
        self._java = {
            str(PurePosixPath(file.path).parent) for file in files if file.suffix == ".java"
        }

    def lessen(self, page: Page, findings: Sequence[Finding]) -> list[Finding]:
        """The findings about a page, low at most where the users of the program do not see it.

        So are those about the language, the title and the zoom of a page for developers.
        """
        if findings and not is_for_users(page):
            return [lowered(one) for one in findings]
        if not findings or not page.is_plain:
            return list(findings)
        folders = [str(folder) for folder in PurePosixPath(page.path).parents]
        if not self._libraries.isdisjoint(folders):
            return [lowered(one) for one in findings]
        if not any(one.rule in _OF_THE_PAGE for one in findings):
            return list(findings)
        if not (self._is_comment(page) or _is_for_developers(page)):
            return list(findings)
        return [lowered(one) if one.rule in _OF_THE_PAGE else one for one in findings]

    def _is_comment(self, page: Page) -> bool:
        """Whether Javadoc takes the page's body into a page of its own."""
        pure = PurePosixPath(page.path)
        return pure.name in _JAVADOC and str(pure.parent) in self._java


def lowered(finding: Finding) -> Finding:
    """The finding, low at most."""
    if finding.severity.rank >= Severity.LOW.rank:
        return finding
    return finding.model_copy(update={"severity": Severity.LOW})


def _is_for_developers(page: Page) -> bool:
    """Whether its title or a script's name says so, or a script is only there after a build."""
    titles = (text for tag, text, _start in page.scan.raw if tag.name == "title")
    if any(_TITLE.search(text.strip()) for text in titles):
        return True
    folder = page.file.absolute.parent
    scripts = [one.path for one in page_references(page) if one.kind == "script" and one.path]
    return any(
        _SCRIPT.search(path) or not (path.startswith("/") or os.path.exists(folder / path))
        for path in scripts
    )


def _is_library(file: RepositoryFile) -> bool:
    """Whether a package.json names what others import, no program, and is not kept private."""
    try:
        told = json.loads(file.read_text() or "")
    except (ValueError, RecursionError):
        return False
    if not isinstance(told, dict) or told.get("private") or told.get("bin"):
        return False
    return not _ENTRIES.isdisjoint(told)
