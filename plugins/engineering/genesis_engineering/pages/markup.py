"""The tool `markup`: HTML that browsers repair in a way that its author did not mean."""

from __future__ import annotations

from collections.abc import Iterator

from genesis.contracts import Finding, Severity, TaskResult, ToolContext

from genesis_engineering.pages.audience import is_for_users
from genesis_engineering.pages.demonstrations import lowered
from genesis_engineering.pages.idle import IdleTemplates
from genesis_engineering.pages.markup_heads import check_head
from genesis_engineering.pages.markup_names import check_names
from genesis_engineering.pages.mentions import read_texts
from genesis_engineering.pages.nesting import check_nesting
from genesis_engineering.pages.page import Page
from genesis_engineering.pages.reading import read_pages, sum_up
from genesis_engineering.pages.repairs import check_repairs
from genesis_engineering.pages.tags import Tag
from genesis_engineering.pages.templates import UNKNOWN

_REFERRING = ("for", "list", "form", "headers", "usemap", "popovertarget", "commandfor")
_POINTERS = {
    ("input", "list"): "datalist",
    ("input", "form"): "form",
    ("button", "form"): "form",
    ("select", "form"): "form",
    ("textarea", "form"): "form",
    ("button", "popovertarget"): "element",
    ("button", "commandfor"): "element",
    ("img", "usemap"): "map",
}


def check_markup(context: ToolContext) -> TaskResult:
    """Report faults in the tags of the repository's pages and templates.

    What needs a page's whole text (balance of tags, ids, its head) is judged in whole documents
    without template expressions only; attributes and raw text are judged everywhere. In a page that
    users do not see (`audience`), and a template that nothing renders, a finding is low at most.
    Rules and severities stand where they are found: here, `nesting`, `repairs`, `markup_heads`,
    `markup_names`.
    """
    reader = read_pages(context)
    findings: list[Finding] = []
    idle = IdleTemplates(reader.all)
    for page in reader.pages():
        found = check_page(page)
        if found and not is_for_users(page):
            found = [lowered(one) for one in found]
        idle.suspect(page, found)
        findings += found
    if read_texts(context, reader.all, [idle]):
        findings = idle.lessen(findings)
    return sum_up("markup", reader, findings, "page")


def check_page(page: Page) -> list[Finding]:
    """All findings about one page."""
    found = [*_duplicate_attributes(page), *check_names(page)]
    if page.is_component:
        return found
    found += _endless(page)
    if page.is_plain and not page.scan.endless:
        found += check_nesting(page)
        found += check_repairs(page)
        found += _duplicate_ids(page)
        found += _missing_targets(page)
    if page.is_whole and not page.is_mail:
        found += check_head(page)
    return found


def _duplicate_attributes(page: Page) -> list[Finding]:
    """`duplicate-attribute`: browsers keep the first and drop the second without a word.

    Medium where the values differ, low where they are the same. A template may choose one of the
    two, so nothing is said about a tag with expressions; what a framework binds may be twice.
    """
    found = []
    for tag in page.starts():
        if UNKNOWN in page.text[tag.start : tag.end]:
            continue
        seen: dict[str, str] = {}
        for one in tag.attributes:
            if not one.is_known:
                continue
            if one.name not in seen:
                seen[one.name] = one.value
                continue
            same = seen[one.name] == one.value
            what = "the same value" if same else "another value, which is ignored"
            found.append(
                page.finding(
                    "duplicate-attribute",
                    Severity.LOW if same else Severity.MEDIUM,
                    f"<{tag.name}> has the attribute {one.name} a second time, with {what}.",
                    one.line,
                )
            )
    return found


def _endless(page: Page) -> list[Finding]:
    """`endless-element` (high): a script, style, textarea or title that nothing ends.

    The rest of the page is swallowed as its text. `<script src="x"/>` is such a one.
    """
    tag = page.scan.endless
    if tag is None or page.is_template or not page.text[tag.end :].strip():
        return []
    message = f"<{tag.name}> has no end tag, so the rest of the page becomes its text."
    if tag.is_closed:
        message += f" HTML knows no <{tag.name}/>."
    return [page.finding("endless-element", Severity.HIGH, message, tag.line)]


def _duplicate_ids(page: Page) -> list[Finding]:
    """`duplicate-id`: medium where something of the page refers to that id, else low."""
    referred = {
        one.value.strip().removeprefix("#")
        for tag in page.starts()
        for one in tag.attributes
        if one.name in _REFERRING or one.name.startswith("aria-") or one.name == "href"
    }
    code = " ".join(text for _tag, text, _start in page.scan.raw)
    first: dict[str, int] = {}
    found: dict[str, Finding] = {}
    for tag in _shown(page):
        value = tag.value("id")
        if not value:
            continue
        if value not in first:
            first[value] = tag.line
            continue
        used = value in referred or f"#{value}" in code or f'getElementById("{value}")' in code
        message = f"The id {value} is taken already, in line {first[value]}"
        message += ": what refers to it reaches that one only." if used else "."
        severity = Severity.MEDIUM if used else Severity.LOW
        found.setdefault(value, page.finding("duplicate-id", severity, message, tag.line))
    return list(found.values())


def _shown(page: Page) -> Iterator[Tag]:
    """The start tags outside of `<template>`: what is in one gets its ids' scope elsewhere."""
    depth = 0
    for tag in page.scan.tags:
        if tag.name == "template":
            depth = max(depth + (-1 if tag.is_end else 1), 0)
        elif not tag.is_end and depth == 0:
            yield tag


def _missing_targets(page: Page) -> list[Finding]:
    """`missing-target` (medium): `form`, `list` and the like name an id that the page lacks.

    A script may add it: nothing is said where one names it, or where scripts come from elsewhere.
    """
    code = " ".join(text for _tag, text, _start in page.scan.raw)
    if any(tag.name == "script" and tag.get("src") for tag in page.starts()):
        return []
    found = []
    for tag in page.starts():
        for (name, attribute), what in _POINTERS.items():
            value = (tag.value(attribute) or "").removeprefix("#") if tag.name == name else ""
            if value and value not in page.ids and value not in code:
                message = f'{attribute}="{value}" of <{name}> names a {what} that is not there.'
                found.append(page.finding("missing-target", Severity.MEDIUM, message, tag.line))
    return found
