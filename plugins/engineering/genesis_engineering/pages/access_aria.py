"""Roles and attributes of ARIA that do not exist, or that lead nowhere (WCAG 2.2: 4.1.2)."""

from __future__ import annotations

from collections.abc import Iterator

from genesis.contracts import Finding, Severity

from genesis_engineering.pages.aria_names import ATTRIBUTES, PREFIXES, ROLES, TOKENS
from genesis_engineering.pages.page import Page
from genesis_engineering.pages.tags import Attribute, Tag
from genesis_engineering.pages.words import nearest

_FOCUSED = frozenset({"button", "select", "textarea"})
_REFERRING = ("for", "aria-labelledby", "aria-describedby")


def check_aria(page: Page) -> Iterator[Finding]:
    """All are medium, `aria-value` is low.

    `unknown-role`, `unknown-aria`: no such name. `aria-value`: a value outside of the fixed list.
    `hidden-but-focusable`: `aria-hidden="true"` on what the keyboard reaches.
    `missing-label-target`: `for`, `aria-labelledby` or `aria-describedby` name an id that a whole
    page without scripts from elsewhere lacks.
    """
    for tag in page.starts():
        if page.is_component and tag.written != tag.name:
            continue
        yield from _role(page, tag)
        for one in tag.attributes:
            if one.name.startswith("aria-"):
                yield from _attribute(page, one)
        if (tag.value("aria-hidden") or "") == "true" and _is_focusable(tag):
            message = (
                f"<{tag.name}> is hidden from screen readers, but the keyboard reaches it "
                "(WCAG 2.2, 4.1.2)."
            )
            yield page.finding("hidden-but-focusable", Severity.MEDIUM, message, tag.line)
    yield from _targets(page)


def _role(page: Page, tag: Tag) -> Iterator[Finding]:
    role = tag.get("role")
    if role is None or not role.is_known or "-" in tag.name:
        return
    names = role.value.lower().split()
    if names and not any(name in ROLES or name.startswith(PREFIXES) for name in names):
        meant = nearest(names[0], ROLES)
        message = f'There is no role "{names[0]}", so it has no effect (WCAG 2.2, 4.1.2)'
        message += f"; {meant} is probably meant." if meant else "."
        yield page.finding("unknown-role", Severity.MEDIUM, message, role.line)


def _attribute(page: Page, one: Attribute) -> Iterator[Finding]:
    name = one.name.removeprefix("aria-")
    if not name.isalpha():
        return
    if name not in ATTRIBUTES:
        meant = nearest(name, ATTRIBUTES)
        message = f"There is no attribute {one.name} (WCAG 2.2, 4.1.2)"
        message += f"; aria-{meant} is probably meant." if meant else "."
        yield page.finding("unknown-aria", Severity.MEDIUM, message, one.line)
        return
    value = one.value.strip().lower()
    allowed = TOKENS.get(name)
    if allowed and value and one.is_known and value not in allowed:
        message = f'{one.name}="{value}" has no effect: it takes {", ".join(sorted(allowed))}.'
        yield page.finding("aria-value", Severity.LOW, message, one.line)


def _is_focusable(tag: Tag) -> bool:
    index = tag.value("tabindex")
    if tag.is_open or tag.get("disabled") or tag.get("hidden") or tag.get("inert"):
        return False
    if index is not None:
        return index.isdigit()
    style = (tag.value("style") or "").replace(" ", "")
    if "display:none" in style or "visibility:hidden" in style:
        return False
    if tag.name == "input":
        return (tag.value("type") or "").lower() != "hidden"
    return tag.name in _FOCUSED or (tag.name == "a" and tag.get("href") is not None)


def _targets(page: Page) -> Iterator[Finding]:
    if not page.is_plain or any(t.name == "script" and t.get("src") for t in page.starts()):
        return
    code = " ".join(text for _tag, text, _start in page.scan.raw)
    ids = {tag.value("id") for tag in page.starts()}
    for tag in page.starts():
        for name in _REFERRING:
            if name == "for" and tag.name not in ("label", "output"):
                continue
            for value in (tag.value(name) or "").split():
                if value not in ids and value not in code:
                    message = (
                        f'{name}="{value}" of <{tag.name}> names an id that is not in the page '
                        "(WCAG 2.2, 1.3.1)."
                    )
                    yield page.finding("missing-label-target", Severity.MEDIUM, message, tag.line)
