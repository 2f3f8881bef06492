"""Where the tree that browsers build differs from the one that the tags describe."""

from __future__ import annotations

from collections.abc import Iterator

from genesis.contracts import Finding, Severity

from genesis_engineering.pages.html_names import VOID
from genesis_engineering.pages.nesting import pair_tags
from genesis_engineering.pages.page import Page
from genesis_engineering.pages.tags import Tag
from genesis_engineering.pages.tree import Element

_TABLE_PARTS = frozenset(
    {"tr", "td", "th", "tbody", "thead", "tfoot", "caption", "colgroup", "col"}
)
_UNIQUE = frozenset({"html", "head", "body"})
_MANY = 3


def check_repairs(page: Page) -> list[Finding]:
    """What a browser drops, moves or ends early; at most three of each rule per page.

    - `dropped-tag` (medium): a nested form, a cell outside of a table, a second body.
    - `moved-out-of-table` (medium): what stands between rows is shown above the table.
    - `nested-link` (medium): a link in a link ends the outer one.
    - `paragraph-cut-short` (low): a block in a paragraph ends it, so its style is lost.
    - `self-closed-element` (medium): `<div/>` is open, and takes in what follows.
    """
    made: dict[int, Element] = {}
    for element in page.elements():
        if element.tag:
            # Browsers open `<b>` again in the next block: the first one is where it was written.
            made.setdefault(element.tag.start, element)
    rules = (_dropped(page, made), _moved(page, made), _self_closed(page, made))
    found = []
    for findings in rules:
        seen: dict[str, int] = {}
        for finding in findings:
            seen[finding.rule] = seen.get(finding.rule, 0) + 1
            if seen[finding.rule] <= _MANY:
                found.append(finding)
    return found


def _dropped(page: Page, made: dict[int, Element]) -> Iterator[Finding]:
    depth = {"form": 0, "template": 0}
    for tag in page.scan.tags:
        if tag.name in depth:
            depth[tag.name] = max(0, depth[tag.name] + (-1 if tag.is_end else 1))
        # The parser does not say where rows and cells inside of a template come from.
        if tag.is_end or tag.start in made or depth["template"]:
            continue
        if tag.name == "form" and depth["form"] > 1:
            message = "A form in a form is dropped: its fields belong to the outer one."
        elif tag.name in _TABLE_PARTS:
            message = f"<{tag.name}> stands where no table is open, so browsers drop the tag."
        elif tag.name in _UNIQUE and _has_first(page, tag):
            message = f"A second <{tag.name}> is dropped; only its attributes are kept."
        else:
            continue
        yield page.finding("dropped-tag", Severity.MEDIUM, message, tag.line)


def _has_first(page: Page, tag: Tag) -> bool:
    return any(one.name == tag.name and one.start < tag.start for one in page.starts())


def _moved(page: Page, made: dict[int, Element]) -> Iterator[Finding]:
    """Elements that are written inside of one that does not hold them in the tree."""
    spans = sorted(pair_tags(page.scan.tags).spans, key=lambda span: span[0].start)
    open_spans: list[tuple[Tag, Tag]] = []
    waiting = iter([*spans, None])
    following = next(waiting)
    for tag in page.starts():
        while open_spans and open_spans[-1][1].start < tag.start:
            open_spans.pop()
        parent = open_spans[-1][0] if open_spans else None
        if parent is not None:
            finding = _judge_move(page, made.get(parent.start), made.get(tag.start), parent)
            if finding:
                yield finding
        while following is not None and following[0].start <= tag.start:
            open_spans.append(following)
            following = next(waiting)


def _judge_move(
    page: Page, parent: Element | None, element: Element | None, written: Tag
) -> Finding | None:
    if parent is None or element is None or element.tag is None or parent in element.ancestors():
        return None
    line = element.tag.line
    if written.name in ("table", "tbody", "thead", "tfoot", "tr") and element.name != "form":
        message = f"<{element.name}> stands between cells, so it is shown above the table."
        return page.finding("moved-out-of-table", Severity.MEDIUM, message, line)
    if written.name == "a" and element.name == "a":
        message = f"This link stands in the one of line {written.line}, which ends here instead."
        return page.finding("nested-link", Severity.MEDIUM, message, line)
    if written.name == "p" and element.name not in ("p", *VOID):
        message = (
            f"A paragraph cannot hold <{element.name}>: the one of line {written.line} ends "
            "before it, and what follows is in none."
        )
        return page.finding("paragraph-cut-short", Severity.LOW, message, line)
    return None


def _self_closed(page: Page, made: dict[int, Element]) -> Iterator[Finding]:
    """Only where the author meant it: no end tag follows, and the element got contents."""
    if page.file.suffix == ".xhtml" or "<?xml" in page.source[:200]:
        return
    closed = {start.start for start, _end in pair_tags(page.scan.tags).spans}
    for tag in page.starts():
        element = made.get(tag.start)
        if not tag.is_closed or element is None or element.namespace != "html":
            continue
        if tag.name in VOID or tag.start in closed or page.text[tag.end - 2 : tag.end] != "/>":
            continue
        holds = [node for node in element.children if isinstance(node, Element) or node.strip()]
        if holds and not _ends_in_value(page.text, tag):
            message = f"Browsers ignore the slash of <{tag.name}/>: it takes in what follows."
            yield page.finding("self-closed-element", Severity.MEDIUM, message, tag.line)


def _ends_in_value(text: str, tag: Tag) -> bool:
    """Whether the slash belongs to a value without quotes: `<a href=/docs/>`."""
    last = tag.attributes[-1] if tag.attributes else None
    return last is not None and last.value.endswith("/") and text[tag.end - 3] not in "\"' "
