"""Hides the expressions of template languages, so that what is left reads as plain HTML."""

from __future__ import annotations

import re
from dataclasses import dataclass

from genesis_engineering.pages.php import end_of_php
from genesis_engineering.pages.statements import line_statements

UNKNOWN = "\ue000"
"""Stands for each character of an expression: whatever holds one could be anything."""

_CLOSERS = {
    "{{{": "}}}", "{{!--": "--}}", "{{": "}}", "{%": "%}", "{#": "#}", "<%": "%>", "<?": "?>",
    "[%": "%]", "[[": "]]", "${": "}", "#{": "}",
}  # fmt: skip
_OPENER = re.compile(r"\{\{\{|\{\{!--|\{\{|\{%|\{#|<%|<\?(?!xml\b)|\[%|\[\[|\$\{|#\{")
_FORMAT = re.compile(r"\{\$?[A-Za-z_][\w.\[\]]*\}|%\(\w+\)[sdrf]|%[A-Z_]{2,}%")
_BRACES = re.compile(r"\{[^\s{}][^{}]*\}")
_SHOWN = re.compile(
    r"\{%-?\s*(comment|raw|verbatim|highlight|code|filter\s+(?:force_)?escape)\b[^%\n]*%\}"
)
_ENDS = re.compile(r"\{%-?\s*end(comment|raw|verbatim|highlight|code|filter)\s*-?%\}")
_LINE = re.compile(r"^[ \t]*(%(?!%)|##).*$", re.MULTILINE)
_BLOCK = re.compile(
    r"\{%|<%(?!=)|<\?(?!=|xml\b)|\{\{\s*[#~]?\s*[#/^]|\{\{\s*(if|range|end|else|with)\b"
)
_BRACE_SUFFIXES = frozenset({".svelte", ".tpl", ".astro", ".latte"})
# Where a line that begins with `#` or `%` is none of a template.
_WITHOUT_LINES = frozenset({".css", ".js", ".php", ".phtml", ".jsp"})
_LINE_SUFFIXES = frozenset({".mako", ".mak", ".tpl", ".tmpl"})
_PREFIXED = re.compile(
    r"(?P<comment><!--)|<(?P<raw>script|style)\b|</?(?P<prefix>[A-Za-z][\w-]*):[A-Za-z]",
    re.IGNORECASE,
)
_REST_OF_TAG = re.compile(r"(?:[^'\"<>]+|\"[^\"]*\"|'[^']*')*")
_RAW_ENDS = {name: re.compile(f"</{name}", re.IGNORECASE) for name in ("script", "style")}
# What browsers, mail programs and readers of XML know themselves: no server takes these out.
_VOCABULARIES = frozenset(
    {"svg", "math", "mml", "xlink", "html", "xhtml", "xsl", "xs", "xsd", "fo", "rdf", "rdfs", "dc",
     "dcterms", "cc", "sodipodi", "inkscape", "sketch", "o", "v", "w", "st1"}
)  # fmt: skip


@dataclass(frozen=True)
class Masked:
    """A text of the same length and lines, with `UNKNOWN` where expressions were.

    `has_blocks`: parts of it may be left out or repeated, as with `{% if %}` and `<?php`.
    """

    text: str
    is_template: bool
    has_blocks: bool


def mask_expressions(text: str, suffix: str) -> Masked:
    """Hide every expression that a template language of files with that suffix may have."""
    masked = _mask_pairs(_mask_shown(text))
    lines = [] if suffix in _WITHOUT_LINES else list(line_statements(masked))
    masked = _mask_elements(_mask_parts(masked, lines))
    if suffix in _LINE_SUFFIXES:
        masked = _LINE.sub(_blank, masked)
    masked = _FORMAT.sub(_blank, masked)
    if suffix in _BRACE_SUFFIXES:
        masked = _mask_braces(masked)
    has_blocks = bool(lines or _BLOCK.search(text)) or suffix in _BRACE_SUFFIXES
    return Masked(masked, UNKNOWN in masked, has_blocks)


def blank(text: str, start: int, end: int) -> str:
    """The text with a part made unknown, its line breaks kept."""
    return text[:start] + _hidden(text[start:end]) + text[end:]


def _mask_parts(text: str, parts: list[tuple[int, int]]) -> str:
    kept = []
    position = 0
    for start, end in sorted(parts):
        kept += [text[position:start], _hidden(text[start:end])]
        position = end
    return "".join(kept) + text[position:]


def _mask_shown(text: str) -> str:
    """Hide what a template comments out, or shows as it is written."""
    if "{%" not in text:
        return text
    parts = []
    position = 0
    while found := _SHOWN.search(text, position):
        end = _ENDS.search(text, found.end())
        stop = end.start() if end else len(text)
        parts += [text[position : found.end()], _hidden(text[found.end() : stop])]
        position = stop
    return "".join(parts) + text[position:]


def _mask_pairs(text: str) -> str:
    """Hide what stands between openers and closers; a missing closer is looked for only once."""
    parts = []
    absent: set[str] = set()
    position = 0
    while found := _OPENER.search(text, position):
        closer = _CLOSERS[found[0]]
        if found[0] == "<?":
            end = _end_of_instruction(text, found.end(), absent)
        else:
            end = -1 if closer in absent else text.find(closer, found.end())
        if end < 0:
            absent.add(closer)
            parts.append(text[position : found.end()])
            position = found.end()
            continue
        end += len(closer)
        parts += [text[position : found.start()], _hidden(text[found.start() : end])]
        position = end
    return "".join(parts) + text[position:]


def _end_of_instruction(text: str, start: int, absent: set[str]) -> int:
    """Where the closer of PHP begins; the text's end where none is, as PHP has it."""
    end = -1 if "?>" in absent else end_of_php(text, start, absent)
    if end >= 0:
        return end - 2
    absent.add("?>")
    return len(text)


def _mask_elements(text: str) -> str:
    """Hide the tags `<prefix:name ...>`, which a server replaces by a text or takes away.

    They may stand in an attribute's value, and what is between two of them may be left out. Those
    in comments, scripts and style sheets hold nothing that is judged.
    """
    parts = []
    position = 0
    while found := _PREFIXED.search(text, position):
        if found["prefix"] is None:
            end = _end_of_unread(text, found)
        else:
            rest = _REST_OF_TAG.match(text, found.end())
            end = rest.end() if rest else found.end()
            if text[end : end + 1] == ">" and found["prefix"].lower() not in _VOCABULARIES:
                parts += [text[position : found.start()], _hidden(text[found.start() : end + 1])]
                position = end + 1
                continue
        parts.append(text[position:end])
        position = end
    return "".join(parts) + text[position:]


def _end_of_unread(text: str, found: re.Match[str]) -> int:
    """Where a comment, a script or a style sheet ends; the text's end where nothing ends it."""
    if found["comment"]:
        end = text.find("-->", found.end())
        return end if end >= 0 else len(text)
    close = _RAW_ENDS[found["raw"].lower()].search(text, found.end())
    return close.start() if close else len(text)


def _mask_braces(text: str) -> str:
    """Hide balanced `{...}` from the inside out, as far as eight levels."""
    for _ in range(8):
        text, count = _BRACES.subn(_blank, text)
        if not count:
            break
    return text


def _blank(found: re.Match[str]) -> str:
    return _hidden(found[0])


def _hidden(text: str) -> str:
    return re.sub(r"[^\n]", UNKNOWN, text)
