"""Read one line of a log: its level, its time and its message."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

_LEVEL_WORD = (
    r"TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|ERR|CRITICAL|CRIT|FATAL|SEVERE|ALERT|EMERG|PANIC"
)
_SEVERE = frozenset({"CRITICAL", "CRIT", "FATAL", "ALERT", "EMERG", "PANIC"})
_FAILED = _SEVERE | {"ERROR", "ERR", "SEVERE"}
_TIME = re.compile(
    r"\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:\s?(?:Z|[+-]\d\d:?\d\d))?"
    r"|(?:[A-Z][a-z]{2} )?[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d(?:\.\d+)?(?: \d{4})?"
)
# `ERROR: x`, `ERROR:logger:x`, `[ERROR] x`, `[core:error] x`
_AT_START = re.compile(rf"^\[?({_LEVEL_WORD})(?:\]|:|\s+-|\s{{2,}})\s*")
_BRACKETED = re.compile(rf"\[(?:\w+:)?({_LEVEL_WORD})\s*\]", re.IGNORECASE)
_WORD = re.compile(rf"(?<![\w.=/'\"-])({_LEVEL_WORD})(?![\w/'\"-]|\.\w)")
_KEY = re.compile(rf"\b(?:level|lvl|severity)=[\"']?({_LEVEL_WORD})\b", re.IGNORECASE)
_KEY_MESSAGE = re.compile(r"\b(?:msg|message|error)=(\"(?:[^\"\\]|\\.)*\"|\S+)")
_GLOG = re.compile(r"^([EF])\d{4} (\d\d:\d\d:\d\d\.\d+)\s+\d+ [\w.-]+:\d+\] (.*)")
_HEAD = 160


@dataclass(frozen=True)
class LogLine:
    """A line that reports a failure; `time` is as written, "" where there is none."""

    is_severe: bool
    time: str
    message: str


def read_time(line: str) -> str:
    """The first time in the line's head, as written."""
    found = _TIME.search(line[:_HEAD])
    return found[0] if found else ""


def read_line(line: str) -> LogLine | None:
    """The failure that a line reports; None for other levels, other text and unknown formats.

    The first word for a level decides: `INFO no ERROR found` is none. A word counts after a time,
    in brackets, or at the start of the line; JSON and logfmt by their keys.
    """
    if line.startswith("{"):
        return _read_json(line)
    glog = _GLOG.match(line)
    if glog:
        return LogLine(glog[1] == "F", glog[2], glog[3])
    time = read_time(line)
    key = _KEY.search(line)
    if key and (time or line.startswith(("level=", "lvl=", "time=", "ts=", "severity="))):
        message = _KEY_MESSAGE.search(line)
        return _of_level(key[1], time, message[1].strip('"') if message else line)
    return _read_word(line, time)


def _read_word(line: str, time: str) -> LogLine | None:
    head = line[:_HEAD]
    found = _AT_START.match(head) or _BRACKETED.search(head)
    if not found and time:
        found = _WORD.search(head)
    if not found:
        return None
    message = line[found.end() :].lstrip(" :-]|\t")
    return _of_level(found[1], time, message or line)


def _read_json(line: str) -> LogLine | None:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(record, dict):
        return None
    level = _first_text(record, ("level", "levelname", "severity", "lvl", "log.level"))
    message = _first_text(record, ("message", "msg", "event", "error"))
    time = _first_text(record, ("timestamp", "time", "ts", "@timestamp", "asctime"))
    return _of_level(level, time, message) if level and message else None


def _first_text(record: dict[str, object], names: tuple[str, ...]) -> str:
    return next((v for v in (record.get(name) for name in names) if isinstance(v, str) and v), "")


def _of_level(level: str, time: str, message: str) -> LogLine | None:
    name = level.upper()
    return LogLine(name in _SEVERE, time, message.strip()) if name in _FAILED else None
