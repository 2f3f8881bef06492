"""Read one line of a log: its level, its time and its message."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import NamedTuple

from genesis_engineering.log_times import Time, find_time, minute_of

LEVELS = ("fatal", "error", "warning", "info", "debug", "")
"""From the most severe; "" is a line that names none."""
_NAMES = {
    "fatal": "CRITICAL CRIT FATAL ALERT EMERG PANIC",
    "error": "ERROR ERR SEVERE",
    "warning": "WARN WARNING",
    "info": "INFO NOTICE",
    "debug": "DEBUG TRACE",
}
_LEVEL_OF = {word: level for level, words in _NAMES.items() for word in words.split()}
_LEVEL_OF |= {"F": "fatal", "E": "error", "W": "warning", "I": "info", "D": "debug", "V": "debug"}
_LEVEL_WORD = "|".join(word for words in _NAMES.values() for word in words.split())
# `ERROR: x`, `ERROR:logger:x`, `[ERROR] x`, `[core:error] x`
_AT_START = re.compile(rf"^\[?({_LEVEL_WORD})(?:\]|:|\s+-|\s{{2,}})\s*")
_BRACKETED = re.compile(rf"\[(?:\w+:)?({_LEVEL_WORD})\s*\]", re.IGNORECASE)
_WORD = re.compile(rf"(?<![\w.=/'\"-])({_LEVEL_WORD})(?![\w/'\"-]|\.\w)")
# Right after the time, or with a colon as the first word of a syslog message, in any case.
_AFTER_TIME = re.compile(rf"[\s,|\])-]*({_LEVEL_WORD})(?=[\s:|,\]])", re.IGNORECASE)
_SYSLOG = re.compile(r"\S*\s+[\w./-]+(?:\[\d+\])?: (error|fatal|warning|critical|panic): ")
_KEY = re.compile(rf"\b(?:level|lvl|severity)=[\"']?({_LEVEL_WORD})\b", re.IGNORECASE)
_KEY_MESSAGE = re.compile(r"\b(?:msg|message|error)=(\"(?:[^\"\\]|\\.)*\"|\S+)")
_GLOG = re.compile(r"^([EFWI])\d{4} (\d\d:\d\d:\d\d\.\d+)\s+\d+ [\w.-]+:\d+\] (.*)")
_ANDROID = re.compile(r"\s+\d+\s+\d+ ([VDIWEF]) ")
_SERVER_ERROR = re.compile(r"\" 5\d\d (?:\d+|-)(?: |$)")
_HEAD = 160
_SEPARATORS = " :-]|\t"
_LEVEL_KEYS = ("level", "levelname", "severity", "lvl", "log.level")
_MESSAGE_KEYS = ("message", "msg", "event", "error")
_TIME_KEYS = ("timestamp", "time", "ts", "@timestamp", "asctime")


class LogRecord(NamedTuple):
    """What a line says: its level (one of `LEVELS`), its time as written ("" where there is none),
    the minute of that time, and what is left, the message."""

    level: str
    time: str
    minute: int | None
    message: str


@dataclass(frozen=True)
class LogLine:
    """A line that reports a failure; `time` is as written, "" where there is none."""

    is_severe: bool
    time: str
    message: str


def read_time(line: str) -> str:
    """The first time in the line's head, as written."""
    found = find_time(line)
    return found.text if found else ""


def read_line(line: str) -> LogLine | None:
    """The failure that a line reports; None for other levels, other text and unknown formats.

    The first word for a level decides: `INFO no ERROR found` is none. A word counts after a time,
    in brackets, or at the start of the line; JSON and logfmt by their keys.
    """
    level, time, _minute, message = read_record(line)
    if level not in ("fatal", "error"):
        return None
    return LogLine(level == "fatal", time, message.strip())


def read_record(line: str) -> LogRecord:
    """What any line says. A line of an access log whose status is 500 or above is an error."""
    if line.startswith("{"):
        record = _read_json(line)
        if record is not None:
            return record
    time = find_time(line)
    if time is None:
        return _read_without_time(line)
    found = _AFTER_TIME.match(line, time.end)
    if found is None and "=" in line:
        key = _KEY.search(line)
        if key:
            return _keyed(key, line, time)
    found = found or _BRACKETED.search(line, 0, _HEAD) or _WORD.search(line, 0, _HEAD)
    if found:
        message = line[found.end() :].lstrip(_SEPARATORS)
        return LogRecord(_LEVEL_OF[found[1].upper()], time.text, time.minute, message or line)
    return _read_timed(line, time)


def _read_timed(line: str, time: Time) -> LogRecord:
    """A line with a time and without a common word for its level."""
    message = line[time.end :].lstrip(_SEPARATORS) if time.end <= len(time.text) + 2 else line
    level = ""
    if " HTTP/" in line:
        level = "error" if _SERVER_ERROR.search(line) else ""
    elif android := _ANDROID.match(line, time.end):
        level, message = _LEVEL_OF[android[1]], line[android.end() :]
    elif syslog := _SYSLOG.match(message):
        level = _LEVEL_OF[syslog[1].upper()]
    return LogRecord(level, time.text, time.minute, message or line)


def _read_without_time(line: str) -> LogRecord:
    glog = _GLOG.match(line)
    if glog:
        return LogRecord(_LEVEL_OF[glog[1]], glog[2], None, glog[3])
    if "=" in line[:10] and line.startswith(("level=", "lvl=", "time=", "ts=", "severity=")):
        key = _KEY.search(line)
        if key:
            return _keyed(key, line, None)
    found = _AT_START.match(line) or ("[" in line and _BRACKETED.search(line, 0, _HEAD))
    if not found:
        return LogRecord("", "", None, line)
    message = line[found.end() :].lstrip(_SEPARATORS)
    return LogRecord(_LEVEL_OF[found[1].upper()], "", None, message or line)


def _keyed(key: re.Match[str], line: str, time: Time | None) -> LogRecord:
    message = _KEY_MESSAGE.search(line)
    text = message[1].strip('"') if message else line
    level = _LEVEL_OF[key[1].upper()]
    return LogRecord(level, time.text if time else "", time.minute if time else None, text)


def _read_json(line: str) -> LogRecord | None:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(record, dict):
        return None
    level = _first_text(record, _LEVEL_KEYS).upper()
    message = _first_text(record, _MESSAGE_KEYS)
    if not message:
        return None
    time = _first_text(record, _TIME_KEYS)
    read = find_time(time) if time else None
    minute = read.minute if read else None
    if not time:
        time, minute = _number_time(record)
    return LogRecord(_LEVEL_OF.get(level, ""), time, minute, message)


def _number_time(record: dict[str, object]) -> tuple[str, int | None]:
    """A time that is a number, as written, and its minute."""
    for name in _TIME_KEYS:
        value = record.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return str(value)[:40], minute_of(value)
    return "", None


def _first_text(record: dict[str, object], names: tuple[str, ...]) -> str:
    values = (record.get(name) for name in names)
    text = next((value for value in values if isinstance(value, str) and value), "")
    # JSON can name halves of characters, which no report could be written with.
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
