"""Read logs from their first to their last line and count what they hold."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import pairwise

from genesis.contracts import Omission, ToolContext

from genesis_engineering.log_counts import Seen
from genesis_engineering.log_files import (
    READ_ERRORS,
    LogFile,
    open_log,
    read_lines,
    why_unreadable,
)
from genesis_engineering.log_folding import Block, Folder
from genesis_engineering.log_tally import Tally

_MARGIN_SECONDS = 20.0
_HEAD_BYTES = 8192
_COLOURS = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


@dataclass
class ReadLog:
    """How far a log was read; times are of its first and last record with one, as written."""

    log: LogFile
    lines: int = 0
    first_time: str = ""
    last_time: str = ""
    is_whole: bool = False


@dataclass
class LogSurvey:
    """The logs that were read, what they hold, and what could not be read of them."""

    tally: Tally = field(default_factory=Tally)
    logs: list[ReadLog] = field(default_factory=list)
    omissions: list[Omission] = field(default_factory=list)

    @property
    def lines(self) -> int:
        """All lines that were read."""
        return sum(log.lines for log in self.logs)


def survey_logs(logs: list[LogFile], context: ToolContext) -> LogSurvey:
    """Read all logs, or as much as there is time for."""
    survey = LogSurvey()
    sizes = [0]
    for log in logs:
        sizes.append(sizes[-1] + max(_size(log), 1))
    for log, (before, after) in zip(logs, pairwise(sizes), strict=True):
        context.log(f"reading {log.name}")
        reading = _Reading(context, survey, log, before / sizes[-1], after / sizes[-1])
        try:
            reading.read()
        except READ_ERRORS as error:
            reason = getattr(error, "strerror", None) or f"it is damaged: {error}"
            reading.omit(reason)
    survey.tally.settle()
    return survey


def _size(log: LogFile) -> int:
    try:
        return log.path.stat().st_size
    except OSError:
        return 0


class _Reading:
    """One log; `begin` and `end` are the progress before and after it."""

    def __init__(
        self, context: ToolContext, survey: LogSurvey, log: LogFile, begin: float, end: float
    ) -> None:
        self._context = context
        self._survey = survey
        self._begin, self._end = begin, end
        self._size = max(_size(log), 1)
        self._bytes = 0
        self._before = survey.lines
        self._state = ReadLog(log)

    def read(self) -> None:
        """Read it to its end. Raises one of READ_ERRORS; what was read until then is counted."""
        log, state = self._state.log, self._state
        with open_log(log.path) as stream:
            refused = why_unreadable(stream.read(_HEAD_BYTES))
        if refused:
            self.omit(refused)
            return
        self._survey.logs.append(state)
        folder = Folder()
        try:
            with open_log(log.path) as stream:
                self._is_stopped = False
                for raw in read_lines(stream, self._may_go_on):
                    state.lines += 1
                    self._bytes += len(raw)
                    for block in folder.read(_text(raw), state.lines):
                        self._count(block)
        finally:
            for block in folder.finish():
                self._count(block)
        state.is_whole = not self._is_stopped
        if self._is_stopped:
            self.omit("no time was left to read it")

    def omit(self, reason: str) -> None:
        """Say that the log, or the rest of it, was not read."""
        where = f" from line {self._state.lines + 1} on" if self._state.lines else ""
        what = f"the log {self._state.log.name}{where}"
        self._survey.omissions.append(Omission(what=what[:500], reason=reason[:2000]))

    def _may_go_on(self) -> bool:
        # A packed log is longer than its file: its share is reached too early, and no more.
        done = min(self._bytes / self._size, 1.0)
        message = f"reading {self._state.log.name}"
        self._context.progress(self._begin + (self._end - self._begin) * done, message)
        self._is_stopped = self._context.seconds_left <= _MARGIN_SECONDS
        return not self._is_stopped

    def _count(self, block: Block) -> None:
        time = block.head.time
        if time:
            self._state.first_time = self._state.first_time or time
            self._state.last_time = time
        name = self._state.log.name
        self._survey.tally.count(block, Seen(self._before + block.number, name, block.number, time))


def _text(raw: bytes) -> str:
    line = raw.decode("utf-8", errors="replace").rstrip("\r\n")
    return _COLOURS.sub("", line) if "\x1b" in line else line
