"""The log of `genesis up`: JSON lines in `logs/genesis.log`, and the same in words on stderr.

A line has `time` (UTC), `level`, `logger`, `message`, and where it fits `plugin` and `exception`.
A logger below `genesis.plugins.<id>` belongs to that plugin and may have a level of its own.
"""

from __future__ import annotations

import json
import logging
import os
import re
import sys
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path

from genesis.errors import GenesisError
from genesis.minds.secret_keys import is_secret
from genesis.settings import KernelSettings

_PLUGINS = "genesis.plugins."
_HIDDEN = "***"
_COMPLAIN_SECONDS = 600.0
_LEAST_SECRET = 8
# What is written like `api_key=...`, `"password": "..."` or `Authorization: Bearer ...`.
_NAMED = re.compile(
    r"""(?ix)(
        (?: api[_-]?key | access[_-]?key | secret | passw(?:or)?d | passphrase | token
               | ticket | authorization | cookie )
        ["']? \s* [:=] \s* ["']? (?: (?:bearer|basic) \s+ )?
    ) ([^\s"',;&]+)"""
)
_BEARER = re.compile(r"(?i)\b(bearer\s+)([\w.~+/=-]{8,})")


class Secrets:
    """Takes secrets out of texts: values that are known, and what is named like one."""

    def __init__(self, values: Iterable[str] = ()) -> None:
        known = [value for name, value in os.environ.items() if is_secret(name, value)]
        self._known = {v for v in (*known, *values) if len(v) >= _LEAST_SECRET}

    def add(self, value: str) -> None:
        """Hide this from now on."""
        self._known = self._known | {value}

    def hide(self, text: str) -> str:
        """The text without secrets."""
        for value in self._known:
            text = text.replace(value, _HIDDEN)
        return _BEARER.sub(rf"\1{_HIDDEN}", _NAMED.sub(rf"\1{_HIDDEN}", text))


class JsonLines(logging.Formatter):
    """One JSON object on a line."""

    def __init__(self, secrets: Secrets) -> None:
        super().__init__()
        self._secrets = secrets

    def format(self, record: logging.LogRecord) -> str:
        """A record as a line; what cannot be put into words is no reason to lose it."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": self._secrets.hide(_message(record)),
        }
        if record.name.startswith(_PLUGINS):
            line["plugin"] = record.name.removeprefix(_PLUGINS).partition(".")[0]
        if record.exc_info and record.exc_info[0] is not None:
            line["exception"] = self._secrets.hide(self.formatException(record.exc_info))
        return json.dumps(line)


class Words(logging.Formatter):
    """A line for a person to read."""

    def __init__(self, secrets: Secrets) -> None:
        super().__init__()
        self._secrets = secrets

    def format(self, record: logging.LogRecord) -> str:
        """Local time, level, logger and message; an exception is in the file."""
        moment = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(record.created))
        text = " ".join(self._secrets.hide(_message(record)).split())
        return f"{moment} {record.levelname:<7} {record.name.removeprefix('genesis.')}: {text}"


class LogFile(RotatingFileHandler):
    """A log file that never raises: what cannot be written is said on stderr, now and then, and
    tried again with the next record. A file that was moved away is begun anew."""

    def __init__(self, path: Path, most_bytes: int, older: int) -> None:
        super().__init__(path, maxBytes=most_bytes, backupCount=older, encoding="utf-8", delay=True)
        self._complain_at = 0.0

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record."""
        try:
            if self.stream is not None and not os.path.exists(self.baseFilename):
                self._drop()
            if self.stream is None:
                Path(self.baseFilename).parent.mkdir(parents=True, exist_ok=True)
        except OSError:
            self.handleError(record)
            return
        super().emit(record)

    def _open(self) -> TextIOWrapper:
        stream = super()._open()
        with open(self.baseFilename, "rb") as written:
            # A line that was cut off by a full disk or a kill must not spoil the next one.
            if stream.tell() and written.seek(-1, os.SEEK_END) and written.read() != b"\n":
                stream.write("\n")
        return stream

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: ARG002, N802 - logging's name
        """Say that the log cannot be written; the next record opens it anew."""
        error = sys.exc_info()[1]
        self._drop()
        now = time.monotonic()
        if now >= self._complain_at:
            self._complain_at = now + _COMPLAIN_SECONDS
            why = error.strerror if isinstance(error, OSError) else error
            with suppress(OSError, ValueError):
                sys.stderr.write(
                    f"genesis: the log {self.baseFilename} cannot be written: {why}. Free space or "
                    "correct its permissions; it is tried again with every line.\n"
                )

    def _drop(self) -> None:
        # What could not be written would be tried again before everything else.
        stream, self.stream = self.stream, None
        with suppress(OSError, ValueError):
            if stream is not None:
                stream.close()


class _Stderr(logging.StreamHandler):  # type: ignore[type-arg]  # generic for type checkers only
    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """Nobody reads it any more; the file has it."""


def begin_logging(folder: Path, settings: KernelSettings, level: str | None = None) -> Secrets:
    """Send what this process logs to `genesis.log` in a folder and to stderr; gives what hides
    secrets. `level` stands above that of the settings."""
    secrets = Secrets()
    file = LogFile(
        folder / "genesis.log", int(settings.log_megabytes * 1024 * 1024), settings.log_files
    )
    file.setFormatter(JsonLines(secrets))
    words = _Stderr(sys.stderr)
    words.setFormatter(Words(secrets))
    # Each write of the API is a line: for who looks for it, not for who watches.
    words.addFilter(lambda record: record.name != "genesis.web.audit")
    root = logging.getLogger()
    # Libraries have much to say, and addresses with keys in them, below a warning.
    root.setLevel(logging.WARNING)
    root.handlers[:] = [file, words]
    logging.getLogger("genesis").setLevel((level or settings.log_level).upper())
    for plugin, own in settings.log_levels.items():
        logging.getLogger(_PLUGINS + plugin).setLevel(own.upper())
    logging.captureWarnings(True)
    threading.excepthook = _log_uncaught
    return secrets


def note_failure(folder: Path, error: BaseException) -> None:
    """Append to `genesis.log` why a start came to nothing, whether its log was begun or not: a
    system's service that cannot start has no other place for it."""
    record = logging.LogRecord(
        "genesis.service", logging.ERROR, "", 0, "it could not run: %s",
        (str(error) or type(error).__name__,),
        None if isinstance(error, GenesisError) else (type(error), error, error.__traceback__),
    )  # fmt: skip
    with suppress(OSError):  # it was said on stderr
        folder.mkdir(exist_ok=True)
        with (folder / "genesis.log").open("a", encoding="utf-8") as file:
            file.write(JsonLines(Secrets()).format(record) + "\n")


def _log_uncaught(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None and args.exc_type is not SystemExit:
        name = args.thread.name if args.thread is not None else "a thread"
        logging.getLogger("genesis").error(
            "%s ended with an error", name,
            exc_info=(args.exc_type, args.exc_value, args.exc_traceback),
        )  # fmt: skip


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception as error:  # noqa: BLE001 - a wrong format string, or a __str__ that raises
        return f"{record.msg!s} (its arguments do not fit: {type(error).__name__})"
