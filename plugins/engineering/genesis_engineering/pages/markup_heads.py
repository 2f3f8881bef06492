"""The head of a whole document: its doctype, its encoding and its title."""

from __future__ import annotations

import re

from genesis.contracts import Finding, Severity

from genesis_engineering.pages.page import Page

_DOCTYPE = re.compile(r"<!doctype\b", re.IGNORECASE)
_CHARSET = re.compile(rb"<meta[^>]*charset\s*=", re.IGNORECASE)
_UNSEEN = re.compile(
    r"<(style|script|title)\b.*?</\1\s*>|<!--.*?-->|<[^<>]*>", re.IGNORECASE | re.DOTALL
)
_SILENT = re.compile(r"<(style|script)\b.*?</\1\s*>|<!--.*?-->", re.IGNORECASE | re.DOTALL)
_PRESCAN_BYTES = 1024
# What a browser reads without showing or running anything.
_OPENING = re.compile(
    rb"\s*(?:<!--.*?-->|<(?:!doctype|html|head)\b[^<>]*>)", re.IGNORECASE | re.DOTALL
)


def check_head(page: Page) -> list[Finding]:
    """`missing-doctype`, `missing-charset`, `late-charset` and `second-title`.

    Without a doctype browsers fall back to quirks mode: medium in a page with style sheets, whose
    boxes and line heights it changes, else low. Without a declared encoding in its first 1,024
    bytes (where browsers look), a page with other letters than English ones may be garbled: medium,
    and low where only scripts and comments have them, or it is not in UTF-8. A late one is low when
    only comments stand before it: browsers then start anew, with nothing shown or run yet.
    """
    return [*_doctype(page), *_charset(page), *_titles(page)]


def _doctype(page: Page) -> list[Finding]:
    if page.is_template or _DOCTYPE.search(page.text[: _first_tag(page)]):
        return []
    styled = any(
        tag.name == "style" or (tag.name == "link" and tag.value("rel") == "stylesheet")
        for tag in page.starts()
    )
    has_words = re.search(r"\w", _UNSEEN.sub("", page.text))
    severity = Severity.MEDIUM if styled and has_words else Severity.LOW
    message = "Without <!doctype html> browsers lay the page out as those of the nineties did."
    return [page.finding("missing-doctype", severity, message, 1)]


def _first_tag(page: Page) -> int:
    return page.scan.tags[0].start if page.scan.tags else 0


def _charset(page: Page) -> list[Finding]:
    if not page.is_plain or page.source.isascii():
        return []
    raw = (page.file.read_text() or "").encode("utf-8")
    if raw.startswith(b"\xef\xbb\xbf") or b"<?xml" in raw[:100]:
        return []
    found = _CHARSET.search(raw)
    if found and found.end() <= _PRESCAN_BYTES:
        return []
    if found:
        line = raw.count(b"\n", 0, found.start()) + 1
        message = "Browsers look for the encoding in the first 1,024 bytes; this one comes later."
        severity = Severity.LOW if _is_opening(raw[: found.start()]) else Severity.MEDIUM
        return [page.finding("late-charset", severity, message, line)]
    line = next(n for n, text in enumerate(page.source.split("\n"), 1) if not text.isascii())
    message = (
        'The page names no encoding (<meta charset="utf-8">) and has letters that are garbled '
        "without one, as here."
    )
    # Bytes that are none of UTF-8: nobody knows which encoding is to be named.
    is_unknown = "\ufffd" in page.source
    is_read = not is_unknown and not _SILENT.sub("", page.source).isascii()
    severity = Severity.MEDIUM if is_read else Severity.LOW
    return [page.finding("missing-charset", severity, message, line)]


def _is_opening(raw: bytes) -> bool:
    """Whether a page's first bytes are comments, the doctype and the tags `html` and `head`."""
    position = 0
    while found := _OPENING.match(raw, position):
        position = found.end()
    return not raw[position:].strip()


def _titles(page: Page) -> list[Finding]:
    """`second-title` (low): browsers show the first."""
    if not page.is_plain:
        return []
    titles = [
        element
        for element in page.elements()
        if element.name == "title" and element.namespace == "html" and element.tag
    ]
    return [
        page.finding("second-title", Severity.LOW, "A second <title> is never shown.", one.line)
        for one in titles[1:2]
    ]
