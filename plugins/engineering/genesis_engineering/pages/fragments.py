"""Labels and ARIA attributes of a template whose id is in no text of the repository."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from genesis.contracts import Confidence, Finding, Severity

from genesis_engineering.files import RepositoryFile
from genesis_engineering.pages.mentions import Name
from genesis_engineering.pages.page import Page, is_page
from genesis_engineering.pages.templates import UNKNOWN
from genesis_engineering.pages.tree import Element

_POINTERS = ("for", "aria-labelledby", "aria-describedby")
_IDENTITY = re.compile(r"^[A-Za-z][\w-]{3,}$")
# Django makes them for the fields of a form.
_OF_FIELDS = "id_"
# Attributes of a page that make no id of their own.
_NO_ID = re.compile(
    r"""\b(?:for|name|class|href|headers|[\w-]*target|data-parent|aria-[a-z]+)\s*=\s*"""
    r"""(?:"[^"{<]*"|'[^'{<]*')"""
)
_ASKED = re.compile(
    r"(?:\{%-?|^[ \t]*[#%])\s*(?:extends|include|import|from)\s+[\"']([^\"'\n]+)[\"']", re.MULTILINE
)
_MOST = 40


class Fragments:
    """Collects the pointers of templates, and then hears every text that may make their ids."""

    def __init__(self, files: Sequence[RepositoryFile]) -> None:
        self._files = {PurePosixPath(file.path).name for file in files}
        self._ids: set[str] = set()
        self._ends: set[tuple[str, str]] = set()
        self._waiting: dict[str, tuple[Name, list[Finding]]] = {}
        self._certain: list[Finding] = []

    def add(self, page: Page) -> None:
        """Take the ids of a page, and the pointers of one that is no whole document."""
        values = {tag.value("id") or "" for tag in page.starts()}
        self._ids |= {value for value in values if UNKNOWN not in value}
        self._ends |= {_ends_of(value) for value in values if UNKNOWN in value}
        if page.is_plain or page.is_component:
            return
        is_whole = self._knows_all(page)
        for element, attribute, value in _pointers(page):
            if value in values:
                continue
            if attribute == "for" and _is_named_only(page, value):
                self._certain.append(_finding(page, element, attribute, value))
            elif is_whole and not (attribute == "for" and _may_hold_more(element)):
                self._wait(value, _finding(page, element, attribute, value))

    def settle(self) -> None:
        """Forget what is the id of an element; to be called when every page was added."""
        for value in list(self._waiting):
            if value in self._ids or any(_fits(value, ends) for ends in self._ends):
                del self._waiting[value]

    @property
    def is_waiting(self) -> bool:
        return bool(self._waiting)

    def hear(self, file: RepositoryFile, text: str) -> None:
        """Take note of a text."""
        for value, (name, _findings) in list(self._waiting.items()):
            if not name.is_in(text):
                continue
            if not is_page(file) or name.is_in(_NO_ID.sub("", text)):
                del self._waiting[value]

    def findings(self, *, is_all_heard: bool) -> list[Finding]:
        """`missing-label-target` (low): those whose id is nowhere, if every text was heard, and
        those whose field has a name but no id."""
        late = [one for _name, found in self._waiting.values() for one in found]
        return [*self._certain, *(late if is_all_heard else ())]

    def _wait(self, value: str, finding: Finding) -> None:
        if value in self._waiting:
            self._waiting[value][1].append(finding)
        elif len(self._waiting) < _MOST:
            self._waiting[value] = (Name(value), [finding])

    def _knows_all(self, page: Page) -> bool:
        """Whether the templates that it asks for are in the repository."""
        names = (PurePosixPath(found[1]).name for found in _ASKED.finditer(page.source))
        return all(name in self._files for name in names)


def _pointers(page: Page) -> Iterator[tuple[Element, str, str]]:
    """The labels and other elements that point to an id which is written out."""
    for element in page.elements():
        for attribute in _POINTERS:
            if attribute == "for" and element.name != "label":
                continue
            for value in (element.value(attribute) or "").split():
                if _IDENTITY.match(value) and not value.startswith(_OF_FIELDS):
                    yield element, attribute, value


def _is_named_only(page: Page, value: str) -> bool:
    """Whether the field that a label means has that name, and can have no id."""
    meant = [
        tag
        for tag in page.starts()
        if tag.name in ("input", "select", "textarea") and tag.value("name") == value
    ]
    return len(meant) == 1 and not meant[0].is_open and meant[0].get("id") is None


def _may_hold_more(label: Element) -> bool:
    """Whether an expression beside the label may give the field that it means."""
    parent = label.parent
    if parent is None or parent.is_open:
        return True
    inner = {id(label), *(id(one) for one in label.walk())}
    return any(
        UNKNOWN in node if isinstance(node, str) else node.is_open
        for node in parent.walk()
        if id(node) not in inner
    )


def _ends_of(value: str) -> tuple[str, str]:
    parts = value.split(UNKNOWN)
    return parts[0], parts[-1]


def _fits(value: str, ends: tuple[str, str]) -> bool:
    """Whether an id with an expression in it may be that one; one of nothing else says nothing."""
    return any(ends) and value.startswith(ends[0]) and value.endswith(ends[1])


def _finding(page: Page, element: Element, attribute: str, value: str) -> Finding:
    message = (
        f'{attribute}="{value}" of <{element.name}> names an id that nothing in the repository '
        "has (WCAG 2.2, 1.3.1)."
    )
    made = page.finding("missing-label-target", Severity.LOW, message, element.line)
    return made.model_copy(update={"confidence": Confidence.LIKELY})
