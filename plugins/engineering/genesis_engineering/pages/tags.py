"""The tags of an HTML text as they are written, before a browser makes sense of them."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field

from genesis_engineering.pages.templates import UNKNOWN

RAW_TEXT = frozenset({"script", "style", "textarea", "title", "xmp", "iframe", "noembed"})
_TAG = re.compile(r"<!--|<(/?)([A-Za-z][^\s/><]*)")
_ATTRIBUTE = re.compile(
    r"[\s/]*(?:(?P<name>[^\s/>=][^\s/>=]*)(?:\s*=\s*(?:\"(?P<double>[^\"]*)\"|'(?P<single>[^']*)'"
    r"|(?P<bare>[^\s>\"']?[^\s>]*)))?|(?P<stray>=))"
)
_TAG_END = re.compile(r"[\s/]*>")
_BOUND = re.compile(
    r"^(?:v-bind:|v-model:|x-bind:|bind:|th:|ng-|data-ng-|py:|tal:|:|\.)([a-z][\w-]*)"
    r"|^\[\(?(?:attr\.)?([a-z][\w-]*)\)?\]$"
)
_SPREADS = re.compile(
    r"^(v-bind|v-html|v-text|x-html|x-text|x-bind|ng-bind.*|\[?inner(html|text)\]?|\[textcontent\]"
    r"|th:(u?text|attr.*|insert|replace|include)|tal:.*|py:.*|data-bind|data-i18n.*|data-l10n.*"
    r"|i18n.*|translate|data-translate.*|data-content|data-text|use:.*|:innerhtml"
    r"|metal:(use-macro|extend-macro|define-slot)"
    r"|set:html|dangerouslysetinnerhtml|data-lang.*|data-loc.*|data-tkey|l10n.*|matbutton|pbutton)$"
)


@dataclass(frozen=True)
class Attribute:
    """An attribute; `value` holds `UNKNOWN` where it could be anything, "" where there is none."""

    name: str
    value: str
    line: int

    @property
    def is_known(self) -> bool:
        return UNKNOWN not in self.value


@dataclass(frozen=True)
class Tag:
    """A start or an end tag; `name` in lower case, `written` as in the text; offsets in it.

    `is_open`: it may have attributes or contents that are not seen here.
    """

    name: str
    written: str
    start: int
    end: int
    line: int
    is_end: bool = False
    is_closed: bool = False
    is_open: bool = False
    attributes: tuple[Attribute, ...] = ()

    def get(self, name: str) -> Attribute | None:
        """The first attribute of that name, as a browser takes it."""
        return next((one for one in self.attributes if one.name == name), None)

    def value(self, name: str) -> str | None:
        """The value of an attribute without spaces around; None where there is no such one."""
        found = self.get(name)
        return found.value.strip() if found else None


@dataclass
class Scan:
    """All tags in order, the texts of scripts and styles, and the raw element without an end."""

    tags: list[Tag] = field(default_factory=list)
    raw: list[tuple[Tag, str, int]] = field(default_factory=list)
    endless: Tag | None = None


def scan_tags(text: str) -> Scan:
    """Read the tags of a text, as the HTML standard's tokenizer delimits them.

    Comments and what is inside of script, style, textarea and title have none. It needs time in
    proportion to the text's length.
    """
    scan = Scan()
    starts = [0, *(found.end() for found in re.finditer("\n", text))]
    position = 0
    foreign = 0
    while found := _TAG.search(text, position):
        if found[0] == "<!--":
            end = text.find("-->", found.end())
            position = len(text) if end < 0 else end + 3
            continue
        tag = _read_tag(text, found, starts)
        position = tag.end
        scan.tags.append(tag)
        if tag.name in ("svg", "math") and not tag.is_closed:
            foreign = max(0, foreign + (-1 if tag.is_end else 1))
        if tag.name in RAW_TEXT and not tag.is_end and not (foreign and tag.is_closed):
            position = _skip_raw(text, tag, scan)
    return scan


def _skip_raw(text: str, tag: Tag, scan: Scan) -> int:
    end = re.compile(rf"</{tag.name}(?=[\s/>])", re.IGNORECASE).search(text, tag.end)
    scan.raw.append((tag, text[tag.end : end.start() if end else len(text)], tag.end))
    if end is None:
        scan.endless = tag
        return len(text)
    return end.start()


def _read_tag(text: str, found: re.Match[str], starts: list[int]) -> Tag:
    attributes: list[Attribute] = []
    position = found.end()
    is_open = False
    while not (end := _TAG_END.match(text, position)):
        one = _ATTRIBUTE.match(text, position)
        if one is None or one.end() == position:
            break
        position = one.end()
        if one["name"] is None:
            continue
        name = one["name"].lower()
        value = one["double"] or one["single"] or one["bare"] or ""
        line = bisect_right(starts, one.start("name"))
        is_open = is_open or UNKNOWN in name or name[0] in "{." or bool(_SPREADS.match(name))
        attributes.append(_attribute(name, value, line))
    stop = end.end() if end else min(position + 1, len(text))
    return Tag(
        name=found[2].lower(),
        written=found[2],
        start=found.start(),
        end=stop,
        line=bisect_right(starts, found.start()),
        is_end=bool(found[1]),
        is_closed=text[max(stop - 2, 0) : stop] == "/>",
        is_open=is_open or UNKNOWN in found[2],
        attributes=tuple(attributes),
    )


def _attribute(name: str, value: str, line: int) -> Attribute:
    """An attribute that a framework computes counts as the one that it computes."""
    bound = _BOUND.match(name)
    if bound:
        return Attribute(bound[1] or bound[2], UNKNOWN, line)
    return Attribute(name, value, line)
