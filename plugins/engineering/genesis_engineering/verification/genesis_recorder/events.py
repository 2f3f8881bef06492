"""Append one JSON line per event, so that a run which is killed still says what it did."""

from __future__ import annotations

import json
import os

RECORD_VARIABLE = "GENESIS_TEST_RECORD"
PREFIX_VARIABLE = "GENESIS_TEST_PREFIX"
MAX_DETAIL = 6000


class EventFile:
    """A file of JSON lines. Each event is one write, so it is there at once and never torn.

    The file is opened for each event, because tests close descriptors that they did not open; the
    functions of `os` are kept, because tests replace those. A fork of the process writes nothing.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._prefix = os.environ.get(PREFIX_VARIABLE, "")
        self._owner = os.getpid()
        self._getpid = os.getpid
        self._open = os.open
        self._write = os.write
        self._close = os.close
        self._dumps = json.dumps

    def write(self, event: str, **values: object) -> None:
        """Append `{"event": event, ...}`; a full disk must not fail the test that runs."""
        if self._getpid() != self._owner:
            return
        for name in ("id", "file", "ids"):
            if self._prefix and values.get(name):
                values[name] = self._prefixed(values[name])
        line = self._dumps({"event": event, **values}).encode("ascii") + b"\n"
        try:
            descriptor = self._open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        except OSError:
            return
        try:
            self._write(descriptor, line)
        except OSError:
            return
        finally:
            self._close(descriptor)

    def _prefixed(self, value: object) -> object:
        """An id, or a list of them, as seen from the repository and not from the suite's folder."""
        if isinstance(value, list):
            return [self._prefix + str(one) for one in value]
        return self._prefix + str(value)


def last_part(text: str) -> str:
    """The end of a long report, where the error is."""
    return text[-MAX_DETAIL:]
