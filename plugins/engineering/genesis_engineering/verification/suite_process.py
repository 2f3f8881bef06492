"""Run a suite's program under limits, and follow what it records."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

from genesis.contracts import ToolContext
from genesis.errors import AttemptCancelledError

from genesis_engineering.verification.child import CANCELLED, ChildRun, run_child
from genesis_engineering.verification.genesis_recorder.events import RECORD_VARIABLE
from genesis_engineering.verification.launch import Launch, Stage
from genesis_engineering.verification.limits import Limits, usable_memory
from genesis_engineering.verification.missing_modules import lacking_modules
from genesis_engineering.verification.records import RecordReader, Records
from genesis_engineering.verification.report import (
    EVENTS_FILE,
    OUTPUT_FILE,
    RERUNS_FILE,
)
from genesis_engineering.verification.suite_run import SuiteRun
from genesis_engineering.verification.suites import Suite
from genesis_engineering.verification.verdict import decide

_READ_SECONDS = 0.2
_REPORT_SECONDS = 1.0


class SuiteProcess:
    """Runs one suite, whole or in part. Records go to files in the attempt's folder."""

    def __init__(self, context: ToolContext, stage: Stage, suite: Suite, launch: Launch) -> None:
        self._context = context
        self._stage = stage
        self._suite = suite
        self._launch = launch

    def first_run(self, seconds: float) -> SuiteRun:
        """The whole suite for at most `seconds`; this run decides. When it is cancelled, what was
        recorded until then counts."""
        reader = RecordReader(self._stage.folder / EVENTS_FILE, from_end=True)
        events = self._stage.folder / EVENTS_FILE
        started = time.monotonic()
        try:
            child = self._run(self._launch.command, events, reader, seconds, self._told(reader))
        except AttemptCancelledError:
            reader.read()
            now = time.monotonic()
            child = ChildRun(-int(signal.SIGTERM), False, now - started, now, "", over=CANCELLED)
        output = child.output.replace(str(self._stage.copy), str(self._stage.repository))
        child = replace(child, output=output)
        _append(self._stage.folder / OUTPUT_FILE, output.encode("utf-8", errors="replace"))
        _show_checkout(reader.records, self._stage)
        lacking = lacking_modules(reader.records, self._stage.copy, self._launch.lacking)
        return SuiteRun(
            suite=self._suite,
            launch=self._launch,
            records=reader.records,
            child=child,
            verdict=decide(reader.records, child, seconds, lacking),
            limit_seconds=seconds,
            lacking=lacking,
        )

    def again(self, command: list[str], seconds: float) -> Records:
        """Another run, of which only the records count, and those apart from the first one's.

        There are none when it cannot be started, because a test deleted what it needs.
        """
        events = self._stage.folder / RERUNS_FILE
        reader = RecordReader(events, from_end=True)
        tell = partial(self._context.progress, 0.99, f"{self._suite.name}: again")
        with suppress(OSError):
            self._run(command, events, reader, seconds, tell)
        _show_checkout(reader.records, self._stage)
        return reader.records

    def _run(
        self,
        command: list[str],
        events: Path,
        reader: RecordReader,
        seconds: float,
        tell: Callable[[], None],
    ) -> ChildRun:
        translator = None
        if self._launch.translate is not None:
            translator = self._launch.translate(_writer(events, self._suite, self._launch))
        child = run_child(
            command,
            folder=self._launch.folder,
            environment=self._launch.environment | {RECORD_VARIABLE: str(events)},
            temporary=self._stage.temporary,
            limits=Limits(seconds=seconds, memory=usable_memory()),
            on_tick=_follower(reader, tell),
            on_output=translator.feed if translator is not None else None,
        )
        if translator is not None:
            known = not (child.stopped or child.lost or child.over)
            translator.close(child.exit_code if known else None)
        reader.read()
        return child

    def _told(self, reader: RecordReader) -> Callable[[], None]:
        def tell() -> None:
            ended, total = reader.records.ended(), len(reader.records.tests)
            fraction = ended / total if total else 0.0
            self._context.progress(fraction, f"{self._suite.name}: {ended} of {total} tests")

        return tell


def _append(path: Path, text: bytes) -> None:
    """Add to a file of the attempt's. Code of the repository could have made it a link, or deleted
    its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK
    with suppress(OSError), os.fdopen(os.open(path, flags, 0o600), "wb") as file:
        file.write(text)


def _writer(events: Path, suite: Suite, launch: Launch) -> Callable[[dict[str, object]], None]:
    """Appends events to a file, as a recorder in the suite would."""

    def write(event: dict[str, object]) -> None:
        _append(events, json.dumps(event).encode("ascii") + b"\n")

    write({"event": "session", "runner": suite.runner, "version": launch.version})
    return write


def _follower(reader: RecordReader, tell: Callable[[], None]) -> Callable[[], None]:
    """Reads the records while they grow, and tells of progress once a second."""
    read_at = told_at = float("-inf")

    def follow() -> None:
        nonlocal read_at, told_at
        now = time.monotonic()
        if now - read_at < _READ_SECONDS:
            return
        read_at = now
        reader.read()
        if now - told_at >= _REPORT_SECONDS:
            told_at = now
            tell()

    return follow


def _show_checkout(records: Records, stage: Stage) -> None:
    """Name files as they are in the checkout, not as they were in the copy."""
    copy, checkout = str(stage.copy), str(stage.repository)
    for test in records.failing():
        test.message = test.message.replace(copy, checkout)
        test.detail = test.detail.replace(copy, checkout)
    records.collection_errors = [
        replace(
            error,
            message=error.message.replace(copy, checkout),
            detail=error.detail.replace(copy, checkout),
        )
        for error in records.collection_errors
    ]
