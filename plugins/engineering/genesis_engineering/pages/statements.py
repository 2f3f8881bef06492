"""What statements of templates do to a page: those in a line of their own, and what moves text."""

from __future__ import annotations

import re
from collections.abc import Iterator

# Jinja's `line_statement_prefix` is `#` or `%` by custom: `# if shop.open`.
_STATEMENT = re.compile(
    r"^[ \t]*(?P<prefix>[#%])-?[ \t]*(?:(?:extends|include|import|from|block|if|elif|for|set|macro"
    r"|call|with|trans|filter|autoescape|do)\b[^\n]*|(?:else|break|continue|pluralize"
    r"|end(?:block|if|for|set|macro|call|with|trans|filter|autoescape)?)\b[^\n]*)$",
    re.MULTILINE,
)
# What no list of a shell or of C has: `# if` and `# endif` alone may stand in a page's example.
_CERTAIN = re.compile(
    r"^[ \t]*(?P<prefix>[#%])-?[ \t]*(?:extends[ \t]+[\"'][^\"'\n]+[\"']"
    r"|end(?:block|for|set|macro|call|with|trans)\b(?:[ \t]+\w+)?)[ \t]*:?[ \t]*$",
    re.MULTILINE,
)
_COMMENT = re.compile(r"^[ \t]*##[^\n]*$", re.MULTILINE)
_EXTENDS = re.compile(r"\{%-?\s*extends\b|^[ \t]*[#%]-?[ \t]*extends[ \t]", re.MULTILINE)
_PAGE_START = re.compile(r"<html\b", re.IGNORECASE)
_CAPTURE = re.compile(
    r"(?:\{%-?[ \t]*|^[ \t]*[#%]-?[ \t]*)"
    r"(?P<what>endset|endcapture|set[ \t]+\w+(?:[ \t]*\|[^=\n%]*)?|capture[ \t]+[\"']?\w+[\"']?)"
    r"[ \t]*(?:-?%\}|$)",
    re.MULTILINE,
)


def line_statements(text: str) -> Iterator[tuple[int, int]]:
    """Where statements and comments stand in lines of their own; none where no line surely is one.

    A list in a page (`# for each host`) has neither an `extends` with a name nor an end of a block.
    """
    certain = _CERTAIN.search(text)
    if certain is None:
        return
    for found in _STATEMENT.finditer(text):
        if found["prefix"] == certain["prefix"]:
            yield found.span()
    for found in _COMMENT.finditer(text):
        yield found.span()


def extends_another(source: str) -> bool:
    """Whether a template begins by extending another: what stands outside of its blocks is then
    thrown away, its `<html>` too."""
    start = _PAGE_START.search(source)
    return _EXTENDS.search(source, 0, start.start() if start else len(source)) is not None


def captured(source: str) -> list[tuple[int, int]]:
    """The parts of a template that it gives a name, `{% set x %}` to `{% endset %}`: they are
    shown where the name is, perhaps in a label."""
    found = []
    start = None
    for one in _CAPTURE.finditer(source):
        if not one["what"].startswith("end"):
            start = one.end()
        elif start is not None:
            found.append((start, one.start()))
            start = None
    return found
