"""Names of elements and values that browsers do not know."""

from __future__ import annotations

from genesis.contracts import Finding, Severity

from genesis_engineering.pages.html_names import ELEMENTS, OBSOLETE, RELATIONS, VALUES
from genesis_engineering.pages.page import Page
from genesis_engineering.pages.tags import Tag
from genesis_engineering.pages.words import nearest

_SERIOUS = frozenset({"input", "form", "button"})


def check_names(page: Page) -> list[Finding]:
    """`mistyped-element`, `mistyped-value` and `obsolete-element`.

    A mistyped element is one slip from a known one (medium, in plain documents). A value that the
    standard does not have is medium for forms, which then send or ask something else, and low
    elsewhere. Obsolete elements are low and named once per page; e-mails need them.
    """
    found = []
    obsolete: dict[str, list[Tag]] = {}
    foreign = 0
    for tag in page.scan.tags:
        if tag.name in ("svg", "math") and not tag.is_closed:
            foreign = max(0, foreign + (-1 if tag.is_end else 1))
        if tag.is_end or foreign or tag.is_open or _is_component(page, tag):
            continue
        if tag.name in OBSOLETE and not page.is_component:
            obsolete.setdefault(tag.name, []).append(tag)
        found += [*_element(page, tag), *_values(page, tag), *_relation(page, tag)]
    return found + _obsolete(page, obsolete)


def _is_component(page: Page, tag: Tag) -> bool:
    return page.is_component and tag.written != tag.name


def _element(page: Page, tag: Tag) -> list[Finding]:
    if not page.is_plain or tag.name in ELEMENTS:
        return []
    meant = nearest(tag.name, ELEMENTS)
    if meant is None:
        return []
    message = f"There is no element <{tag.name}>; <{meant}> is probably meant."
    return [page.finding("mistyped-element", Severity.MEDIUM, message, tag.line)]


def _values(page: Page, tag: Tag) -> list[Finding]:
    found = []
    for one in tag.attributes:
        allowed = VALUES.get((tag.name, one.name))
        value = one.value.strip().lower()
        if allowed is None or not value or not one.is_known or value in allowed:
            continue
        if not value.replace("-", "").replace("/", "").replace("_", "").isalpha():
            continue
        severity = Severity.MEDIUM if tag.name in _SERIOUS else Severity.LOW
        message = (
            f'<{tag.name} {one.name}="{value}"> is unknown to browsers, which take the default'
        )
        meant = nearest(value, allowed)
        message += f"; {meant} is probably meant." if meant else "."
        found.append(page.finding("mistyped-value", severity, message, one.line))
    return found


def _relation(page: Page, tag: Tag) -> list[Finding]:
    """`<link rel="styelsheet">`: a slip only, since anyone may make up relations."""
    relation = tag.get("rel") if tag.name == "link" else None
    if relation is None or not relation.is_known:
        return []
    for value in relation.value.lower().split():
        meant = nearest(value, RELATIONS)
        if meant:
            message = f'<link rel="{value}"> does nothing; {meant} is probably meant.'
            return [page.finding("mistyped-value", Severity.MEDIUM, message, relation.line)]
    return []


def _obsolete(page: Page, tags: dict[str, list[Tag]]) -> list[Finding]:
    if page.is_mail:
        return []
    found = []
    for name, uses in tags.items():
        more = f" The page has {len(uses)} of them." if len(uses) > 1 else ""
        message = f"<{name}> is obsolete; use {OBSOLETE[name]}.{more}"
        found.append(page.finding("obsolete-element", Severity.LOW, message, uses[0].line))
    return found
