"""What concerns a page as a whole: language, title, zoom, order, sound, structure, colours."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from genesis.contracts import Finding, Severity

from genesis_engineering.pages.contrast import LEAST_LARGE, literal_pair, ratio
from genesis_engineering.pages.css_blocks import parse_style
from genesis_engineering.pages.naming import is_hidden, may_have_name
from genesis_engineering.pages.page import Page
from genesis_engineering.pages.passing import is_passing
from genesis_engineering.pages.tags import Tag
from genesis_engineering.pages.templates import UNKNOWN
from genesis_engineering.pages.tree import Element

_LANGUAGE = re.compile(r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$|^[ix]-[A-Za-z0-9-]+$")
_LANGUAGES = ("lang", "xml:lang")
_HEADING = re.compile(r"^h[1-6]$")
_INTERACTIVE = frozenset({"button", "select", "textarea", "input"})
_REFRESH = re.compile(r"^\s*(\d+)")
_TWENTY_HOURS = 72_000
_MOST_CELLS = 1000


def check_whole(page: Page) -> Iterator[Finding]:
    """The findings about a page or template.

    Medium: `page-without-language` (3.1.1; low for mail, for a page that nobody stays on, and
    where the body has one),
    `page-without-title` (2.4.2), `zoom-forbidden` (1.4.4), `autoplaying-sound` (1.4.2),
    `moving-text` (2.2.2), `low-contrast` (1.4.3, below 3:1 with both colours written out in one
    `style`). Low: `language-code`, `positive-tabindex` (2.4.3), `duplicate-accesskey`,
    `timed-refresh` (2.2.1), `nested-control` (4.1.2), `empty-heading` (2.4.6),
    `table-without-headers` (1.3.1). Info: `heading-skipped`.
    """
    for tag in page.starts():
        if not tag.is_open:
            yield from _tag(page, tag)
    if page.is_whole:
        yield from _language(page)
    if page.is_plain:
        yield from _title(page)
        yield from _headings(page)
        yield from _keys(page)
        yield from _structure(page)


def _tag(page: Page, tag: Tag) -> Iterator[Finding]:
    name = tag.name
    if name == "meta":
        yield from _meta(page, tag)
    elif name in ("audio", "video"):
        yield from _sound(page, tag)
    elif name in ("marquee", "blink") and not page.is_component:
        message = f"<{name}> moves and cannot be stopped (WCAG 2.2, 2.2.2)."
        yield page.finding("moving-text", Severity.MEDIUM, message, tag.line)
    index = tag.value("tabindex") or ""
    if index.isdigit() and int(index[:6]) > 0:
        message = (
            f'tabindex="{index}" takes the element out of the page\'s order: the keyboard comes to '
            "it before everything else (WCAG 2.2, 2.4.3)."
        )
        yield page.finding("positive-tabindex", Severity.LOW, message, tag.line)
    yield from _contrast(page, tag)


def _meta(page: Page, tag: Tag) -> Iterator[Finding]:
    content = (tag.value("content") or "").lower().replace(" ", "")
    if (tag.value("name") or "").lower() == "viewport" and UNKNOWN not in content:
        largest = re.search(r"maximum-scale=([\d.]+)", content)
        fixed = re.search(r"user-scalable=(no|0)\b", content)
        if fixed or (largest and _number(largest[1]) < 2):
            what = fixed[0] if fixed else f"maximum-scale={largest[1] if largest else ''}"
            message = f"{what} keeps people from enlarging the page (WCAG 2.2, 1.4.4)."
            yield page.finding("zoom-forbidden", Severity.MEDIUM, message, tag.line)
    if (tag.value("http-equiv") or "").lower() == "refresh":
        seconds = _REFRESH.match(content)
        if seconds and 0 < int(seconds[1][:7]) < _TWENTY_HOURS:
            message = f"The page replaces itself after {seconds[1]} s (WCAG 2.2, 2.2.1)."
            yield page.finding("timed-refresh", Severity.LOW, message, tag.line)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 10.0


def _sound(page: Page, tag: Tag) -> Iterator[Finding]:
    if not tag.get("autoplay") or tag.get("muted") or tag.get("controls"):
        return
    message = (
        f"<{tag.name}> plays by itself with sound, and has no controls to stop it "
        "(WCAG 2.2, 1.4.2)."
    )
    yield page.finding("autoplaying-sound", Severity.MEDIUM, message, tag.line)


def _contrast(page: Page, tag: Tag) -> Iterator[Finding]:
    style = tag.get("style")
    if style is None or not style.is_known or is_hidden(tag) or "color" not in style.value:
        return
    pair = literal_pair(parse_style(style.value).declarations)
    value = ratio(*pair) if pair else LEAST_LARGE
    if value < LEAST_LARGE and _has_text(page, tag):
        message = (
            f"The text's colour on its background has a contrast of {value:.2f}:1; text needs "
            "4.5:1, large text 3:1 (WCAG 2.2, 1.4.3)."
        )
        yield page.finding("low-contrast", Severity.MEDIUM, message, style.line)


def _has_text(page: Page, tag: Tag) -> bool:
    """Whether letters follow the tag directly."""
    after = page.text[tag.end : tag.end + 200].partition("<")[0]
    return any(one.isalnum() for one in after)


def _names_language(tag: Tag) -> bool:
    """Whether it is `<meta http-equiv="Content-Language">`, which browsers take in its place."""
    return tag.name == "meta" and (tag.value("http-equiv") or "").lower() == "content-language"


def _language(page: Page) -> Iterator[Finding]:
    tag = next((one for one in page.starts() if one.name == "html"), None)
    if tag is None or tag.is_open:
        return
    language = tag.get("lang") or tag.get("xml:lang")
    if language is None or (language.is_known and not language.value.strip()):
        is_minor = page.is_mail or is_passing(page) or _has_body_language(page)
        # Shown inside of another page, such as a notebook's, which has the language.
        is_minor = is_minor or (page.is_template and not _has_title(page))
        is_minor = is_minor or any(_names_language(one) for one in page.starts())
        severity = Severity.LOW if is_minor else Severity.MEDIUM
        message = "<html> names no language, so a screen reader guesses it (WCAG 2.2, 3.1.1)."
        yield page.finding("page-without-language", severity, message, tag.line)
    elif language.is_known and not _LANGUAGE.match(language.value.strip()):
        message = f'lang="{language.value}" is no code of a language such as en or pt-BR (3.1.1).'
        yield page.finding("language-code", Severity.LOW, message, language.line)


def _has_title(page: Page) -> bool:
    return any(tag.name == "title" for tag in page.starts())


def _has_body_language(page: Page) -> bool:
    """Whether the body says its language: then only the title has none."""
    body = next((one for one in page.starts() if one.name == "body"), None)
    return body is not None and any((body.value(name) or "").strip() for name in _LANGUAGES)


def _title(page: Page) -> Iterator[Finding]:
    titles = [
        element
        for element in page.elements()
        if element.name == "title" and element.namespace == "html"
    ]
    if any(one.is_open for one in titles):
        return
    if any(isinstance(node, str) and node.strip() for one in titles for node in one.children):
        return
    code = " ".join(text for _tag, text, _start in page.scan.raw)
    scripts = any(tag.name == "script" and tag.get("src") for tag in page.starts())
    body = any(tag.name == "body" for tag in page.starts())
    if "document.title" in code or scripts or not body or _leads_on(page):
        return
    message = "The page has no title (WCAG 2.2, 2.4.2)."
    line = titles[0].line if titles else 1
    severity = Severity.LOW if is_passing(page) else Severity.MEDIUM
    yield page.finding("page-without-title", severity, message, line)


def _leads_on(page: Page) -> bool:
    """Whether the page only sends people to another one: a reload of itself does not."""
    refreshes = (tag for tag in page.starts() if tag.value("http-equiv") == "refresh")
    return any("url" in (tag.value("content") or "url").lower() for tag in refreshes)


def _headings(page: Page) -> Iterator[Finding]:
    before = 0
    skipped = False
    for element in page.elements():
        if not _HEADING.match(element.name) or element.tag is None or is_hidden(element.tag):
            continue
        level = int(element.name[1])
        if before and level > before + 1 and not skipped:
            skipped = True
            message = f"<h{level}> follows <h{before}>: a level is left out."
            yield page.finding("heading-skipped", Severity.INFO, message, element.line)
        before = level
        if not may_have_name(element):
            message = f"<{element.name}> is empty (WCAG 2.2, 2.4.6)."
            yield page.finding("empty-heading", Severity.LOW, message, element.line)


def _keys(page: Page) -> Iterator[Finding]:
    seen: dict[str, int] = {}
    for tag in page.starts():
        key = (tag.value("accesskey") or "").lower()
        if key and key in seen:
            message = f'accesskey="{key}" is taken already, in line {seen[key]}.'
            yield page.finding("duplicate-accesskey", Severity.LOW, message, tag.line)
        elif key:
            seen[key] = tag.line


def _structure(page: Page) -> Iterator[Finding]:
    pressed = page.within(_is_pressed)
    for element in page.elements():
        if element.tag is None:
            continue
        if element.parent in pressed and _is_interactive(element):
            outer = next((one for one in element.ancestors() if _is_pressed(one)), None)
            if outer is not None:
                message = (
                    f"<{element.name}> stands in a <{outer.name}>: a screen reader says one of "
                    "the two (WCAG 2.2, 4.1.2)."
                )
                yield page.finding("nested-control", Severity.LOW, message, element.line)
        elif element.name == "table":
            yield from _table(page, element)


def _is_interactive(element: Element) -> bool:
    hidden = (element.value("type") or "").lower() == "hidden"
    return (element.name in _INTERACTIVE and not hidden) or _is_link(element)


def _is_link(element: Element) -> bool:
    return element.name == "a" and element.get("href") is not None


def _is_pressed(element: Element) -> bool:
    return element.name == "button" or _is_link(element)


def _table(page: Page, table: Element) -> Iterator[Finding]:
    """Only what calls itself a table of data: it has a caption or a head."""
    role = (table.value("role") or "").lower()
    inner = list(islice(table.elements(), _MOST_CELLS))
    if len(inner) == _MOST_CELLS:
        return
    names = {element.name for element in inner}
    if role in ("presentation", "none") or "th" in names or not names & {"caption", "thead"}:
        return
    if any((one.value("role") or "") in ("columnheader", "rowheader") for one in inner):
        return
    message = "The table has no header cells <th> (WCAG 2.2, 1.3.1)."
    yield page.finding("table-without-headers", Severity.LOW, message, table.line)
