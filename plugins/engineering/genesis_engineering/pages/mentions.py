"""One pass over a repository's texts, for what no single page tells: whether a name is used."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Protocol

from genesis.contracts import ToolContext

from genesis_engineering.files import MAX_BYTES, RepositoryFile
from genesis_engineering.pages.page import PLAIN, TEMPLATES

_CODE = PLAIN | TEMPLATES | frozenset(
    {".py", ".js", ".mjs", ".cjs", ".ts", ".jsx", ".tsx", ".rb", ".go", ".rs", ".java", ".kt",
     ".cs", ".ex", ".exs", ".pl", ".pm", ".inc", ".haml", ".slim", ".pug", ".json", ".yml", ".yaml",
     ".toml", ".ini", ".cfg", ".xml", ".xhtml"}
)  # fmt: skip
_SEPARATOR = re.compile(r"[-_.]")
_OPENS = r"(?:[\"'`{%$<]|#\{)"
_CLOSES = r"(?:[\"'`})>]|%s)"
_MOST_BYTES = 100_000_000
_MARGIN_SECONDS = 15.0


class Listener(Protocol):
    """Something that waits for a text."""

    @property
    def is_waiting(self) -> bool:
        """Whether another text may still change its mind."""

    def hear(self, file: RepositoryFile, text: str) -> None:
        """Take note of a text."""


def read_texts(
    context: ToolContext, files: Sequence[RepositoryFile], listeners: Sequence[Listener]
) -> bool:
    """Show every text of program and template to who still waits for one.

    False when not all could be read, for want of time or for their sheer mass (100 MB): then
    nobody knows that a name is used nowhere. Prose and catalogues of translations are no use.
    """
    wanted = [file for file in files if file.suffix in _CODE and file.size <= MAX_BYTES]
    waiting = [one for one in listeners if one.is_waiting]
    if waiting and sum(file.size for file in wanted) > _MOST_BYTES:
        return False
    for index, file in enumerate(wanted):
        if not waiting:
            return True
        if context.seconds_left < _MARGIN_SECONDS:
            return False
        if index % 200 == 0:
            context.progress(0.9, f"looking for names in {file.path}")
        text = file.read_text() or ""
        for one in waiting:
            one.hear(file, text)
        waiting = [one for one in waiting if one.is_waiting]
    return True


class Name:
    """A name that a text may hold, or put together: `"row_" + kind`, `f"{kind}_row.html"`."""

    def __init__(self, name: str, folder: str = "") -> None:
        self._name = name
        self._parts: list[tuple[str, re.Pattern[str]]] = []
        for found in _SEPARATOR.finditer(name):
            before, after = name[: found.end()], name[found.start() :]
            if len(before) > 2:
                self._parts.append((before, re.compile(re.escape(before) + _OPENS)))
            if len(after) > 2:
                end = re.compile(_CLOSES + re.escape(after) + r"[.\"'`]")
                self._parts.append((after, end))
        if folder:
            pattern = rf"[\"'`/]{re.escape(folder)}/{_OPENS}"
            self._parts.append((f"{folder}/", re.compile(pattern)))

    def is_in(self, text: str) -> bool:
        """Whether the text holds the name, or parts that may become it."""
        return self._name in text or any(
            part in text and pattern.search(text) for part, pattern in self._parts
        )
