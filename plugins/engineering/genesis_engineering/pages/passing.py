"""Whether a page is gone before anybody reads it: one that leads on, or a window that closes."""

from __future__ import annotations

import re

from genesis_engineering.pages.page import Page
from genesis_engineering.pages.templates import UNKNOWN

_UNSEEN = re.compile(
    r"<!--.*?-->|<(script|style|noscript|template)\b.*?</\1\s*>", re.DOTALL | re.IGNORECASE
)
_TAG = re.compile(r"<[^<>]*>")
_LEAVES = re.compile(
    r"\b(window|self|top)\.close\(\)|\blocation\.(replace|assign)\(|\blocation(\.href)?\s*=[^=]"
)
_AT_ONCE = re.compile(
    r"<meta[^<>]*http-equiv=[\"']?refresh[^<>]*content=[\"']?\s*0\b", re.IGNORECASE
)
# Said by the title of a window that a script in its head closes or leads on.
_LEAVING = re.compile(
    r"<title\b[^<>]*>[^<]*?\b(clos(e|es|ing)|redirect(s|ed|ing)?)\b", re.IGNORECASE
)
_STORED = re.compile(r"\{%[^%]*\bas \w+\s*-?%\}")
_HEAD_END = re.compile(r"</head\s*>", re.IGNORECASE)
_LONG = 20_000
_FEW_LETTERS = 200


def is_passing(page: Page) -> bool:
    """Whether a page holds nothing but scripts, or a few words and leaves at once.

    An expression of a template may be anything: a body with one is none of these, unless it only
    gives something a name (`{% data as name %}`).
    """
    tags = [tag for tag in page.scan.tags if tag.name == "body"]
    if not tags:
        after = _HEAD_END.split(page.text[-_LONG:])[-1]
        return not _TAG.sub("", _UNSEEN.sub("", after)).strip()
    if len(tags) != 2 or tags[0].is_end or not tags[1].is_end:
        return False
    body = page.text[tags[0].end : tags[1].start]
    if len(body) > _LONG:
        return False
    seen = _UNSEEN.sub("", body)
    if not seen.strip() or _is_leaving(page, tags[0].end, tags[1].start):
        return True
    is_short = UNKNOWN not in seen and len(_TAG.sub("", seen).strip()) <= _FEW_LETTERS
    codes = (code for tag, code, _start in page.scan.raw if tag.name == "script")
    return is_short and (
        _AT_ONCE.search(page.text) is not None or any(_LEAVES.search(code) for code in codes)
    )


def _is_leaving(page: Page, start: int, end: int) -> bool:
    """Whether the title says that the page goes, and its body has no text."""
    if not _LEAVING.search(page.source[:start]):
        return False
    body = _UNSEEN.sub("", _STORED.sub("", page.source[start:end]))
    return not _TAG.sub("", body).strip()
