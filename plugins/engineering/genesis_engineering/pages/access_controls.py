"""Names of what people press, follow and fill in (WCAG 2.2: 1.1.1, 2.4.4, 3.3.2, 4.1.2)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from genesis.contracts import Finding, Severity

from genesis_engineering.pages.naming import has_naming_attribute, is_hidden, may_have_name
from genesis_engineering.pages.page import Page
from genesis_engineering.pages.templates import UNKNOWN
from genesis_engineering.pages.tree import Element

_UNLABELLED_TYPES = frozenset({"hidden", "submit", "reset", "button", "image"})
_DECORATIVE = frozenset({"presentation", "none"})
_PLACEHOLDER = re.compile(r"placehold|dummyimage|picsum\.photos|lorempixel|fpoimg", re.IGNORECASE)
_PRESSED = frozenset({"button", "menuitem", "tab", "switch", "checkbox", "radio", "link"})


def check_controls(page: Page) -> Iterator[Finding]:
    """All are medium, `placeholder-as-label` is low.

    - `image-without-alt` (1.1.1): an `img`, an image map's `area` or an image button.
    - `control-without-label` (1.3.1, 4.1.2): a field that no label, title or aria names.
    - `placeholder-as-label` (3.3.2): only a placeholder, which is gone once somebody types.
    - `button-without-name` (4.1.2), `link-without-name` (2.4.4): nothing inside that can be read.
    - `frame-without-title` (4.1.2).
    """
    labels = [tag.value("for") for tag in page.starts() if tag.name == "label"]
    labelled = frozenset(value for value in labels if value)
    hidden = page.within(lambda one: one.tag is not None and is_hidden(one.tag))
    wrapped = page.within(lambda one: one.name == "label" or one.is_open)
    for element in page.elements():
        if element.tag is None or element.is_open or element.namespace != "html":
            continue
        if element in hidden:
            continue
        if element.name in ("img", "area") or _type(element) == "image":
            yield from _image(page, element)
        elif element.name in ("select", "textarea") or _is_field(element):
            if element not in wrapped:
                yield from _field(page, element, labelled)
        elif element.name == "iframe":
            yield from _frame(page, element)
        elif element.name == "button" or _role(element) == "button":
            yield from _nameless(page, element, "button-without-name", "button", "4.1.2")
        elif element.name == "a" and element.get("href"):
            yield from _nameless(page, element, "link-without-name", "link", "2.4.4")


def _type(element: Element) -> str:
    return (element.value("type") or "text").lower() if element.name == "input" else ""


def _role(element: Element) -> str:
    return (element.value("role") or "").lower()


def _is_field(element: Element) -> bool:
    kind = _type(element)
    return bool(kind) and UNKNOWN not in kind and kind not in _UNLABELLED_TYPES


def _image(page: Page, element: Element) -> Iterator[Finding]:
    if element.get("alt") or has_naming_attribute(element) or _role(element) in _DECORATIVE:
        return
    if element.name == "img" and not (element.get("src") or element.get("srcset")):
        return
    if element.name == "area" and not element.get("href"):
        return
    if _PLACEHOLDER.search(element.value("src") or ""):
        return
    if "1" in (element.value("width"), element.value("height")):
        return
    message = (
        f'<{element.name}> has no alt, so a screen reader says its file name or nothing; alt="" '
        "if it is decoration (WCAG 2.2, 1.1.1)."
    )
    yield page.finding("image-without-alt", Severity.MEDIUM, message, element.line)


def _field(page: Page, element: Element, labelled: frozenset[str]) -> Iterator[Finding]:
    identity = element.value("id")
    # Only what has an id can be meant by a label whose `for` is not known.
    unseen = identity is not None and any(UNKNOWN in value for value in (*labelled, identity))
    if has_naming_attribute(element) or identity in labelled or unseen or _role(element):
        return
    if identity and not page.is_whole:
        return
    if element.tag is not None and page.is_captured(element.tag):
        return
    if element.name != "select" and (element.value("placeholder") or "").strip():
        message = (
            f"<{element.name}> has a placeholder for a label, which is gone when one types "
            "(WCAG 2.2, 3.3.2)."
        )
        yield page.finding("placeholder-as-label", Severity.LOW, message, element.line)
        return
    message = f"Nothing names this <{element.name}>: it has no label (WCAG 2.2, 1.3.1 and 4.1.2)."
    # Nobody can use one that is always disabled: it only shows something.
    severity = Severity.LOW if element.get("disabled") is not None else Severity.MEDIUM
    yield page.finding("control-without-label", severity, message, element.line)


def _frame(page: Page, element: Element) -> Iterator[Finding]:
    sizes = {element.value("width"), element.value("height")}
    if has_naming_attribute(element) or sizes & {"0", "1", "0px", "1px"}:
        return
    if (element.value("tabindex") or "").startswith("-") or _role(element) in _DECORATIVE:
        return
    if not (element.get("src") or element.get("srcdoc")):
        return
    message = "<iframe> has no title, so nobody hears what is in it (WCAG 2.2, 4.1.2)."
    yield page.finding("frame-without-title", Severity.MEDIUM, message, element.line)


def _nameless(
    page: Page, element: Element, rule: str, what: str, criterion: str
) -> Iterator[Finding]:
    if may_have_name(element) or _role(element) in _DECORATIVE:
        return
    if any(_role(one) in _PRESSED for one in element.ancestors()):
        return
    message = f"This {what} has no name: nothing in it can be read out (WCAG 2.2, {criterion})."
    yield page.finding(rule, Severity.MEDIUM, message, element.line)
