"""What pages and style sheets refer to, with the line of each reference."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote

from genesis_engineering.pages.page import Page
from genesis_engineering.pages.tags import Tag
from genesis_engineering.pages.templates import UNKNOWN

_ATTRIBUTES = {
    "script": {"src": "script"}, "img": {"src": "image", "srcset": "image"},
    "source": {"src": "media", "srcset": "image"}, "video": {"src": "media", "poster": "image"},
    "audio": {"src": "media"}, "track": {"src": "media"}, "embed": {"src": "file"},
    "object": {"data": "file"}, "iframe": {"src": "page"}, "image": {"href": "image"},
    "a": {"href": "page"}, "area": {"href": "page"},
}  # fmt: skip
_RELATIONS = {
    "stylesheet": "style", "icon": "image", "apple-touch-icon": "image", "mask-icon": "image",
    "manifest": "file", "modulepreload": "script",
}  # fmt: skip
_SCHEME = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*:|//)")
_STRANGE = re.compile(
    r"(^|/)(node_modules|bower_components|vendor|site-packages)/|[\"'(),;{}<>$*|@`^]|%\(|\[|\]|\.\.\.|…|^~|__\w+__|\s{2}"
)
_CSS_URL = re.compile(r"url\(\s*(?:\"([^\"\n]*)\"|'([^'\n]*)'|([^\s\"')]+))\s*\)", re.IGNORECASE)
_CSS_IMPORT = re.compile(r"@import\s+(?:\"([^\"\n]*)\"|'([^'\n]*)')", re.IGNORECASE)
_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_IMPORT_BEFORE = re.compile(r"@import\s*\Z", re.IGNORECASE)
_FACE_LENGTH = 2000
_MAP = re.compile(r"^\s*(?://|/\*)[#@] sourceMappingURL=(\S+?)(?:\s*\*/)?\s*$", re.MULTILINE)


@dataclass(frozen=True)
class Reference:
    """A reference: `path` without query and percent signs, `fragment` without `#`.

    `kind` is script, style, image, media, page, file, font, map or import.
    """

    kind: str
    path: str
    fragment: str
    line: int
    written: str


def parse_reference(kind: str, written: str, line: int) -> Reference | None:
    """Read one; None for what leads to the web, and for what a program completes."""
    written = written.strip()
    if not written or UNKNOWN in written or _SCHEME.match(written) or _STRANGE.search(written):
        return None
    location, _, fragment = written.partition("#")
    path = unquote(location.partition("?")[0]).replace("\\", "/")
    return Reference(kind, path, unquote(fragment), line, written)


def page_references(page: Page) -> Iterator[Reference]:
    """The references of a page's tags, its `<style>` elements and `style` attributes."""
    for tag in page.starts():
        if tag.name == "link":
            yield from _link(tag)
        for name, kind in _ATTRIBUTES.get(tag.name, {}).items():
            one = tag.get(name)
            for target in _targets(name, one.value) if one and not tag.is_open else ():
                yield from _maybe(parse_reference(kind, target, one.line if one else tag.line))
        style = tag.get("style")
        if style:
            yield from css_references(style.value, style.line)
    for tag, text, start in page.scan.raw:
        if tag.name == "style":
            yield from css_references(text, page.text.count("\n", 0, start) + 1)


def css_references(text: str, first_line: int = 1) -> Iterator[Reference]:
    """The `url()` and `@import` of a style sheet; fonts have a kind of their own."""
    text = _COMMENT.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)
    starts = [0, *(found.end() for found in re.finditer("\n", text))]
    for found in (*_CSS_URL.finditer(text), *_CSS_IMPORT.finditer(text)):
        target = next((group for group in found.groups() if group), "")
        line = bisect_right(starts, found.start()) - 1 + first_line
        yield from _maybe(parse_reference(_css_kind(text, found), target, line))


def source_map(text: str) -> Reference | None:
    """The source map that a script or a style sheet names in its last lines."""
    tail = text[-2000:]
    names = list(_MAP.finditer(tail))
    if not names:
        return None
    found = names[-1]
    line = text.count("\n", 0, len(text) - len(tail) + found.start(1)) + 1
    return parse_reference("map", found[1], line)


def _css_kind(text: str, found: re.Match[str]) -> str:
    before = text[max(found.start() - 30, 0) : found.start()]
    if found[0].startswith("@") or _IMPORT_BEFORE.search(before):
        return "style"
    block = text.rfind("{", max(found.start() - _FACE_LENGTH, 0), found.start())
    opening = text[max(block - 30, 0) : block] if block >= 0 else ""
    return "font" if "@font-face" in opening.lower() else "image"


def _link(tag: Tag) -> Iterator[Reference]:
    href = tag.get("href")
    relations = (tag.value("rel") or "").lower().split()
    kind = next((_RELATIONS[name] for name in relations if name in _RELATIONS), None)
    if href and kind and not tag.is_open:
        yield from _maybe(parse_reference(kind, href.value, href.line))


def _targets(name: str, value: str) -> list[str]:
    if name != "srcset":
        return [value]
    return [part.split()[0] for part in re.split(r",\s+", value.strip()) if part.split()]


def _maybe(reference: Reference | None) -> Iterator[Reference]:
    if reference is not None:
        yield reference
