"""The lines that findings point to, read from the repository: each file once, and no more of it."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path, PurePosixPath

from genesis.contracts import Finding

from genesis_engineering.files import MAX_BYTES

NEIGHBOURS = 3
"""How many lines before and after a line tell it from others with the same text."""
_FARTHEST = 30
_SAYS_SOMETHING = re.compile(r"\w+\W+\w")


@dataclass(frozen=True)
class Place:
    """A line, the line above it, and the nearest lines of two words or more before and after it,
    from the nearest on: `pass` and `}` stand beside too many."""

    text: str
    above: str
    before: tuple[str, ...]
    after: tuple[str, ...]


class Places:
    """The places of some findings; what cannot be read has none.

    Only regular files inside the repository are read, of at most 1 MB, and no link is followed out
    of it.
    """

    def __init__(self, repository: Path, findings: Iterable[Finding]) -> None:
        self._repository = repository
        wanted: defaultdict[str, set[int]] = defaultdict(set)
        for finding in findings:
            if finding.file is not None and finding.line is not None:
                wanted[finding.file].add(finding.line)
        self._places: dict[tuple[str, int], Place] = {}
        for file, numbers in wanted.items():
            text = self.read(file)
            lines = text.split("\n") if text is not None else []
            for number in numbers:
                if number <= len(lines):
                    self._places[file, number] = _place(lines, number - 1)

    def of(self, finding: Finding) -> Place | None:
        """The place of a finding; None without a line, and where none could be read."""
        if finding.file is None or finding.line is None:
            return None
        return self._places.get((finding.file, finding.line))

    def is_gone(self, file: str) -> bool:
        """Whether a file that was named relative to the repository is no longer there."""
        path = self._inside(file)
        return path is not None and self._repository.is_dir() and not os.path.lexists(path)

    def read(self, file: str) -> str | None:
        """The text of a file of the repository, or None."""
        path = self._inside(file)
        try:
            if path is None or not path.is_file() or path.stat().st_size > MAX_BYTES:
                return None
            if not path.resolve().is_relative_to(self._repository.resolve()):
                return None
            return path.read_bytes().decode("utf-8", errors="replace")
        except (OSError, ValueError):  # gone meanwhile, or a name that no file can have
            return None

    def _inside(self, file: str) -> Path | None:
        pure = PurePosixPath(file)
        if pure.is_absolute() or ".." in pure.parts or "\0" in file:
            return None
        return self._repository / pure


def _place(lines: list[str], index: int) -> Place:
    return Place(
        text=lines[index],
        above=lines[index - 1] if index else "",
        before=_telling(reversed(lines[max(0, index - _FARTHEST) : index])),
        after=_telling(lines[index + 1 : index + 1 + _FARTHEST]),
    )


def _telling(lines: Iterable[str]) -> tuple[str, ...]:
    telling = (line for line in lines if _SAYS_SOMETHING.search(line))
    return tuple(islice(telling, NEIGHBOURS))
