"""Start tags without an end and end tags without a start, in documents that are whole."""

from __future__ import annotations

from dataclasses import dataclass, field

from genesis.contracts import Finding, Severity

from genesis_engineering.pages.html_names import OPTIONAL_END, SWALLOWING, VOID
from genesis_engineering.pages.page import Page
from genesis_engineering.pages.tags import Tag

_MANY = 3


@dataclass
class Nesting:
    """What was paired: `spans` of elements that are written as closed, and what was left over.

    A span is a start tag and the end tag that closes it.
    """

    spans: list[tuple[Tag, Tag]] = field(default_factory=list)
    unclosed: list[tuple[Tag, Tag | None]] = field(default_factory=list)
    stray: list[Tag] = field(default_factory=list)
    crossed: list[tuple[Tag, Tag]] = field(default_factory=list)


def pair_tags(tags: list[Tag]) -> Nesting:
    """Pair start and end tags as their author meant them.

    An end tag closes the nearest element of its name; what was opened after that and must be
    closed is unclosed, or crossed when its own end tag follows (`<b><i></b></i>`).
    """
    nesting = Nesting()
    stack: list[Tag] = []
    open_names: dict[str, int] = {}
    cut: dict[str, tuple[Tag, Tag]] = {}
    for tag in tags:
        if not tag.is_end:
            if tag.name not in VOID and not _closes_itself(tag, open_names):
                stack.append(tag)
                open_names[tag.name] = open_names.get(tag.name, 0) + 1
        elif open_names.get(tag.name):
            _close(tag, stack, open_names, cut, nesting)
        elif tag.name in cut:
            nesting.crossed.append((cut.pop(tag.name)[0], tag))
        elif tag.name not in VOID:
            nesting.stray.append(tag)
    nesting.unclosed += cut.values()
    nesting.unclosed += [(tag, None) for tag in stack if tag.name not in OPTIONAL_END]
    nesting.unclosed.sort(key=lambda pair: pair[0].start)
    return nesting


def check_nesting(page: Page) -> list[Finding]:
    """`unclosed-element`, `stray-end-tag`, `crossed-elements`: at most three of each per page.

    Medium where a missing end changes what follows (`<a>`, `<b>`, `<button>` ...), else low: the
    page looks nearly right, until somebody changes it.
    """
    nesting = pair_tags(page.scan.tags)
    found = []
    # `<div/>` is a finding of its own.
    unclosed = [pair for pair in nesting.unclosed if not pair[0].is_closed]
    for tag, ended_by in unclosed[:_MANY]:
        severity = Severity.MEDIUM if tag.name in SWALLOWING else Severity.LOW
        where = f"; </{ended_by.name}> in line {ended_by.line} ends it" if ended_by else ""
        message = f"<{tag.name}> has no end tag{where}."
        found.append(page.finding("unclosed-element", severity, message, tag.line))
    for tag in nesting.stray[:_MANY]:
        if tag.name in ("p", "br"):
            continue
        message = f"</{tag.name}> closes nothing: no <{tag.name}> is open here."
        found.append(page.finding("stray-end-tag", Severity.LOW, message, tag.line))
    for start, end in nesting.crossed[:_MANY]:
        message = (
            f"</{end.name}> comes after the end of what <{start.name}> (line {start.line}) "
            "stands in; browsers guess which of the two goes on."
        )
        found.append(page.finding("crossed-elements", Severity.LOW, message, end.line))
    return found


def _closes_itself(tag: Tag, open_names: dict[str, int]) -> bool:
    """Whether `/>` counts: it does in drawings and formulas only."""
    foreign = open_names.get("svg") or open_names.get("math") or tag.name in ("svg", "math")
    return tag.is_closed and bool(foreign)


def _close(
    end: Tag,
    stack: list[Tag],
    open_names: dict[str, int],
    cut: dict[str, tuple[Tag, Tag]],
    nesting: Nesting,
) -> None:
    while stack:
        tag = stack.pop()
        open_names[tag.name] -= 1
        if tag.name == end.name:
            nesting.spans.append((tag, end))
            return
        if tag.name in OPTIONAL_END:
            continue
        if tag.name in cut:
            nesting.unclosed.append(cut.pop(tag.name))
        cut[tag.name] = (tag, end)
