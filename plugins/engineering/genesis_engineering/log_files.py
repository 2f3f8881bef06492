"""Which files are logs, in which order they were written, and their lines."""

from __future__ import annotations

import bz2
import gzip
import lzma
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from genesis.contracts import Omission

from genesis_engineering.log_times import find_time
from genesis_engineering.reporting import count_of

LONGEST_LINE = 65_536
_OPENERS: dict[str, Callable[[Path], object]] = {
    ".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open,
}  # fmt: skip
_LOG_NAME = re.compile(
    r"log|\.(?:out|err|trace|jsonl|ndjson)(?:\W|$)|^(?:messages|dmesg)", re.IGNORECASE
)
_NO_LOG = frozenset({".py", ".js", ".ts", ".md", ".rst", ".html", ".go", ".rs", ".java", ".toml"})
_MOST_LOGS = 500
_HEAD_LINES = 50
_TICK = 2_000
READ_ERRORS = (OSError, EOFError, zlib.error, lzma.LZMAError)


@dataclass(frozen=True)
class LogFile:
    """A log; `name` is its path in the repository, or the whole path outside of it."""

    path: Path
    name: str

    @property
    def is_packed(self) -> bool:
        return self.path.suffix in _OPENERS


def find_log_files(paths: list[Path], repository: Path) -> tuple[list[LogFile], list[Omission]]:
    """The logs at these paths, oldest first, and what was asked for but is not read.

    A folder stands for the files within it that are named like logs.
    """
    found: dict[Path, LogFile] = {}
    omissions = []
    for path in paths:
        named = name_of(path, repository)
        if path.is_file():
            found.setdefault(path, LogFile(path, named))
        elif path.is_dir():
            inside, others = _in_folder(path)
            found |= {one: LogFile(one, name_of(one, repository)) for one in inside}
            if others:
                what = f"{count_of(others, 'file')} in {named}"
                omissions.append(Omission(what=what[:500], reason="not named like logs"))
        else:
            reason = "it is neither a file nor a folder" if path.exists() else "nothing is there"
            omissions.append(Omission(what=f"the log {named}"[:500], reason=reason))
    logs = _in_order(list(found.values()))
    if len(logs) > _MOST_LOGS:
        left = count_of(len(logs) - _MOST_LOGS, "older log")
        omissions.append(Omission(what=left, reason=f"only the newest {_MOST_LOGS} are read"))
    return logs[-_MOST_LOGS:], omissions


def name_of(path: Path, repository: Path) -> str:
    """How reports call a path: as seen from the repository where it lies inside."""
    name = path.relative_to(repository).as_posix() if path.is_relative_to(repository) else str(path)
    return name.encode("utf-8", errors="replace").decode("utf-8")


def open_log(path: Path) -> BinaryIO:
    """The bytes of a log, unpacked. Raises one of READ_ERRORS, here or while it is read."""
    opener = _OPENERS.get(path.suffix)
    return cast(BinaryIO, opener(path)) if opener else path.open("rb")


def read_lines(stream: BinaryIO, may_go_on: Callable[[], bool]) -> Iterator[bytes]:
    """The lines of a stream; what is beyond 64 kB of a line is dropped.

    `may_go_on` is asked now and then.
    """
    reads = 0
    while line := stream.readline(LONGEST_LINE):
        reads += 1
        rest = line
        while not rest.endswith(b"\n") and (rest := stream.readline(LONGEST_LINE)):
            reads += 1
            if reads % _TICK == 0 and not may_go_on():
                return
        yield line
        if reads % _TICK == 0 and not may_go_on():
            return


def why_unreadable(head: bytes) -> str:
    """Why a file that begins so is no log; "" when it may be one."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "it is written in UTF-16; `iconv -f UTF-16 -t UTF-8` makes it readable"
    return "it is no text" if b"\0" in head else ""


def _in_folder(folder: Path) -> tuple[list[Path], int]:
    """The logs within a folder, links left out, and the number of its other files."""
    logs, others = [], 0
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or not path.is_file():
            continue
        inside = path.relative_to(folder).parts
        is_log = _LOG_NAME.search(path.name) is not None and path.suffix.lower() not in _NO_LOG
        if is_log and not any(part.startswith(".") for part in inside):
            logs.append(path)
        else:
            others += 1
    return logs, others


def _in_order(logs: list[LogFile]) -> list[LogFile]:
    """By the first time within each, where there is one; rotated files without times by number."""
    return sorted(logs, key=lambda log: (_first_minute(log.path), *_rotation(log.path)))


def _first_minute(path: Path) -> float:
    try:
        with open_log(path) as stream:
            for _ in range(_HEAD_LINES):
                line = stream.readline(LONGEST_LINE)
                time = find_time(line.decode("utf-8", errors="replace")) if line else None
                if time and time.minute is not None:
                    return time.minute
    except READ_ERRORS:
        return float("inf")  # said when it is read
    return float("inf")


def _rotation(path: Path) -> tuple[str, int, str]:
    """`app.log.2.gz` before `app.log.1` before `app.log`."""
    name = path.name.removesuffix(path.suffix) if path.suffix in _OPENERS else path.name
    base, _, number = name.rpartition(".")
    if base and number.isdecimal():
        return f"{path.parent}/{base}", -int(number[:9]), path.name
    return f"{path.parent}/{name}", 0, path.name
