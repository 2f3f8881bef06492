"""Find which frames of a stack trace lie in the repository's own files."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from genesis_engineering.files import RepositoryFile, list_files
from genesis_engineering.stack_traces import Frame, Trace

_FOREIGN = re.compile(
    r"(^|/)(site-packages|dist-packages|node_modules|lib/python3[\d.]*|vendor)/|^[<(]"
)


@dataclass(frozen=True)
class OwnFrame:
    """A frame in a repository's file; `text` is its line today, "" when the file is shorter."""

    file: RepositoryFile
    line: int
    text: str


class FrameFinder:
    """Knows the files of one repository by the ends of their paths."""

    def __init__(self, repository: Path) -> None:
        self._root = str(repository)
        self._by_name: defaultdict[str, list[RepositoryFile]] = defaultdict(list)
        for file in list_files(repository):
            self._by_name[file.absolute.name].append(file)

    def innermost(self, trace: Trace) -> OwnFrame | None:
        """The innermost frame in the repository's own files, or None."""
        for frame in reversed(trace.frames):
            file = self._file_of(frame)
            if file:
                lines = (file.read_text() or "").split("\n")
                text = lines[frame.line - 1].strip() if 0 < frame.line <= len(lines) else ""
                return OwnFrame(file, frame.line, text)
        return None

    def _file_of(self, frame: Frame) -> RepositoryFile | None:
        """By the whole path, or for another machine's log by two last parts that fit one file."""
        path = frame.file.replace("\\", "/")
        inside = path.removeprefix(f"{self._root}/")
        if _FOREIGN.search(inside):
            return None
        named = self._by_name.get(PurePosixPath(path).name, [])
        for file in named:
            if file.path == inside:
                return file
        fitting = [file for file in named if f"/{path}".endswith(f"/{file.path}")]
        if not fitting:
            fitting = [file for file in named if _shared_parts(file.path, path) >= 2]
        return fitting[0] if len(fitting) == 1 else None


def _shared_parts(first: str, second: str) -> int:
    shared = 0
    for one, other in zip(reversed(first.split("/")), reversed(second.split("/")), strict=False):
        if one != other:
            break
        shared += 1
    return shared
