"""Pages as a Chromium shows them: contrast, width on a telephone, size of targets."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from genesis.contracts import Confidence, Finding, Omission, Severity, ToolContext
from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

from genesis_engineering.pages.chromium import Browser, BrowserError, find_chromium, open_browser
from genesis_engineering.pages.page import Page
from genesis_engineering.pages.references import page_references
from genesis_engineering.pages.tags import Tag
from genesis_engineering.pages.tree import Element
from genesis_engineering.reporting import count_of, is_secondary

MOST_PAGES = 20
_PAGE_SECONDS = 8.0
_ALL_SECONDS = 90.0
_MARGIN_SECONDS = 5.0
_SOON_SECONDS = 20
_NARROW, _WIDE, _HEIGHT, _TALLEST = 390, 1280, 900, 6000
_FAR = re.compile(r"@import\s+(url\()?\s*[\"']?(https?:)?//", re.IGNORECASE)


class _Place(BaseModel):
    """An element, as indexes among the children of its parent, from `<html>` down."""

    model_config = ConfigDict(frozen=True)

    path: tuple[int, ...]


class _Pale(_Place):
    ratio: float
    needed: float
    text: str
    colour: str
    ground: str
    code: bool
    count: int


class _Small(_Place):
    count: int
    width: int
    height: int


class _Wide(_Place):
    width: int
    visible: int
    kept: bool
    name: str


class _Seen(BaseModel):
    """What `probe.js` gives; colours as `#rrggbb`, lengths in CSS pixels."""

    model_config = ConfigDict(frozen=True)

    contrast: tuple[_Pale, ...]
    targets: tuple[_Small, ...]
    wide: tuple[_Wide, ...]


@dataclass
class Candidates:
    """The first pages of a repository that look in a browser as they do on a server."""

    pages: list[Page] = field(default_factory=list)
    left_out: int = 0

    def add(self, page: Page) -> None:
        """Take the page if everything that styles it is in the repository."""
        if not page.is_plain or page.is_mail or not _is_self_contained(page):
            return
        if len(self.pages) < MOST_PAGES:
            self.pages.append(page)
        else:
            self.left_out += 1


def check_rendered(
    context: ToolContext, candidates: Candidates
) -> tuple[list[Finding], list[Omission]]:
    """Show the pages one by one, their scripts switched off and without any network.

    - `low-contrast` (medium below 3:1, low below what WCAG 2.2, 1.4.3 asks for): text on a plain
      colour that nothing else covers; each pair of colours once per page. Low in code.
    - `scrolls-sideways` (medium, low for a table, code or an image, and in a page that says nothing
      of its `viewport`, which was not made for telephones): at a width of 390 px the page
      is wider; 1.4.10 asks for as little as 320.
    - `small-target` (low, 2.5.8): below 24 px, outside of sentences, with a neighbour too near.

    At most twenty pages, 8 s each and 90 s in all; what is left is an omission.
    """
    if not candidates.pages:
        return [], []
    what = f"the looks of {count_of(len(candidates.pages), 'page')}"
    program = find_chromium()
    if program is None:
        return [], [Omission(what=what, reason="not looked at: no Chromium here")]
    findings: list[Finding] = []
    omissions = []
    if candidates.left_out:
        left = f"the looks of {count_of(candidates.left_out, 'more page')}"
        omissions.append(Omission(what=left, reason=f"only {MOST_PAGES} are shown in a browser"))
    try:
        for page, seen in _show_all(context, program, candidates.pages):
            findings += [
                one.model_copy(update={"confidence": Confidence.LIKELY})
                for one in _findings(page, seen)
            ]
    except BrowserError as error:
        omissions.append(Omission(what=f"{what}, or of some of them", reason=str(error)))
    return findings, omissions


def _is_self_contained(page: Page) -> bool:
    pure = PurePosixPath(page.path)
    root = page.file.absolute.parents[len(pure.parts) - 1]
    for tag in page.starts():
        if tag.name == "link" and "stylesheet" in (tag.value("rel") or "").lower():
            href = (tag.value("href") or "").split("?")[0]
            if not href or ":" in href or href.startswith("/"):
                return False
            if not (root / pure.parent / href).is_file():
                return False
        if tag.name == "base" or _leaves_soon(tag):
            return False
    styles = [text for tag, text, _start in page.scan.raw if tag.name == "style"]
    if any(_FAR.search(text) for text in styles):
        return False
    sheets = [one for one in page_references(page) if one.kind == "style"]
    return all((root / pure.parent / one.path).is_file() for one in sheets)


def _leaves_soon(tag: Tag) -> bool:
    """Whether a `<meta>` replaces the page while it is measured."""
    if (tag.value("http-equiv") or "").lower() != "refresh":
        return False
    seconds = re.match(r"\s*(\d{1,9})", tag.value("content") or "")
    return seconds is None or int(seconds[1]) < _SOON_SECONDS


def _show_all(
    context: ToolContext, program: str, pages: list[Page]
) -> Iterator[tuple[Page, _Seen]]:
    """Each page with what was seen. Raises BrowserError when the time is over, or the browser."""
    folder = context.folder / "chromium"
    ordered = sorted(pages, key=lambda page: (is_secondary(page.path), page.path))
    until = time.monotonic() + min(_ALL_SECONDS, context.seconds_left - _MARGIN_SECONDS)
    try:
        with open_browser(program, folder) as browser:
            for index, page in enumerate(ordered):
                if time.monotonic() > until:
                    raise BrowserError(f"No time was left after {count_of(index, 'page')}.")
                context.progress(0.8, f"showing {page.path}")
                seen = _show(browser, page)
                if seen is not None:
                    yield page, seen
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _show(browser: Browser, page: Page) -> _Seen | None:
    """What is seen of one page in a tab of its own; None when it does not load in time."""
    made = browser.call("Target.createTarget", {"url": "about:blank"})
    target = str(made["targetId"])
    attached = browser.call("Target.attachToTarget", {"targetId": target, "flatten": True})
    session = str(attached["sessionId"])
    try:
        browser.call("Emulation.setScriptExecutionDisabled", {"value": True}, session=session)
        browser.call("Page.enable", session=session)
        _resize(browser, session, _WIDE, _HEIGHT)
        address = page.file.absolute.resolve().as_uri()
        browser.call("Page.navigate", {"url": address}, session=session, seconds=_PAGE_SECONDS)
        browser.await_event("Page.loadEventFired", session, _PAGE_SECONDS)
        return _measure(browser, session)
    except (ValidationError, ValueError):
        return None
    finally:
        browser.call("Target.closeTarget", {"targetId": target})


def _measure(browser: Browser, session: str) -> _Seen:
    height = min(max(int(_evaluate(browser, session, "height")), _HEIGHT), _TALLEST)
    _resize(browser, session, _WIDE, height)
    wide = _Seen.model_validate_json(_evaluate(browser, session, "contrast"))
    _resize(browser, session, _NARROW, _HEIGHT)
    narrow = _Seen.model_validate_json(_evaluate(browser, session, "narrow"))
    return _Seen(contrast=wide.contrast, targets=narrow.targets, wide=narrow.wide)


def _resize(browser: Browser, session: str, width: int, height: int) -> None:
    size: dict[str, JsonValue] = {
        "width": width, "height": height, "deviceScaleFactor": 1, "mobile": False,
    }  # fmt: skip
    browser.call("Emulation.setDeviceMetricsOverride", size, session=session)


def _evaluate(browser: Browser, session: str, mode: str) -> str:
    code = Path(__file__).with_name("probe.js").read_text("utf-8").replace("__MODE__", mode)
    params: dict[str, JsonValue] = {"expression": code, "returnByValue": True}
    answer = browser.call("Runtime.evaluate", params, session=session, seconds=_PAGE_SECONDS)
    result = answer.get("result")
    value = result.get("value") if isinstance(result, dict) else None
    if not isinstance(value, str):
        raise ValueError(f"the probe gave {str(answer)[:300]}")
    return value


def _findings(page: Page, seen: _Seen) -> Iterator[Finding]:
    for pale in seen.contrast:
        severity = Severity.MEDIUM if pale.ratio < 3 and not pale.code else Severity.LOW
        more = f", {pale.count} times in the page" if pale.count > 1 else ""
        message = (
            f"Text in {pale.colour} on {pale.ground} has a contrast of {pale.ratio:.2f}:1{more}; "
            f"it needs {pale.needed:g}:1 (WCAG 2.2, 1.4.3)."
        )
        line = _line_of(page, pale.path)
        yield page.finding("low-contrast", severity, message, line, pale.text)
    for small in seen.targets:
        more = f", as {small.count - 1} more of the page" if small.count > 1 else ""
        message = (
            f"This is {small.width} by {small.height} px on a telephone{more}, and its neighbour "
            "is near; 24 by 24 are needed (WCAG 2.2, 2.5.8)."
        )
        yield page.finding("small-target", Severity.LOW, message, _line_of(page, small.path))
    is_for_phones = any(
        tag.name == "meta" and (tag.value("name") or "").lower() == "viewport"
        for tag in page.starts()
    )
    for wide in seen.wide:
        message = (
            f"On a screen of {wide.visible} px the page is {wide.width} px wide and scrolls "
            f"sideways; <{wide.name}> reaches that far (WCAG 2.2, 1.4.10)."
        )
        severity = Severity.LOW if wide.kept or not is_for_phones else Severity.MEDIUM
        yield page.finding("scrolls-sideways", severity, message, _line_of(page, wide.path))


def _line_of(page: Page, path: tuple[int, ...]) -> int:
    """The line of an element that the browser names by its place in the tree."""
    element: Element = page.tree.root
    for index in (0, *path):
        inner = [one for one in element.children if isinstance(one, Element)]
        if index >= len(inner):
            break
        element = inner[index]
    while element.tag is None and element.parent is not None:
        element = element.parent
    return element.line
