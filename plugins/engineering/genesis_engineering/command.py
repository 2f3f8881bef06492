"""The generic tool `command`: run a command of a user's specialist; exit code 0 finds nothing."""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
import threading
import time
from dataclasses import dataclass
from typing import IO

from genesis.contracts import Finding, Severity, TaskResult, ToolContext
from pydantic import JsonValue

from genesis_engineering.parameters import read_severity, read_text, read_texts
from genesis_engineering.reporting import count_of

_TAIL_LINES = 20
_TAIL_BYTES = 64_000
_MARGIN_SECONDS = 1.0


@dataclass(frozen=True)
class _Command:
    arguments: list[str]
    message: str
    severity: Severity
    rule: str

    @property
    def shown(self) -> str:
        return shlex.join(self.arguments)[:500]


class _Tail:
    """Reads a stream to its end in a thread and keeps only the last 64 kB."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._kept = b""
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        while chunk := os.read(self._stream.fileno(), 65_536):
            self._kept = (self._kept + chunk)[-_TAIL_BYTES:]

    def lines(self) -> list[str]:
        """The last 20 lines; call it once the writing processes have ended."""
        self._thread.join(timeout=5)
        return self._kept.decode("utf-8", errors="replace").splitlines()[-_TAIL_LINES:]


def run_command(context: ToolContext) -> TaskResult:
    """Run `params["command"]` in the repository; one finding when its exit code is not 0.

    Params: `command` (list of texts, no shell); optionally `message`, `severity` (medium) and
    `rule` (command). It ends with its whole process group when the attempt's time is over or the
    task is cancelled; without an end in time, or without the program, the result is blocked.
    Raises ValueError for settings that do not fit.
    """
    command = _read(context.params)
    started = time.monotonic()
    try:
        process = subprocess.Popen(
            command.arguments, cwd=context.repository, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
    except OSError as error:
        return _blocked(command, f"{command.shown} cannot be started: {error.strerror}")
    assert process.stdout is not None
    with process.stdout as stream:
        tail = _Tail(stream)
        try:
            code = _wait(process, context)
        finally:
            _end_group(process)
        lines = tail.lines()
    seconds = time.monotonic() - started
    if code is None:
        return _blocked(command, f"{command.shown} did not end within {seconds:.0f} s")
    return _result(command, code, lines, seconds)


def _read(params: dict[str, JsonValue]) -> _Command:
    arguments = read_texts(params, "command")
    if not arguments:
        raise ValueError('The setting \'command\' is missing: a list such as ["make", "lint"].')
    message = read_text(params, "message", f"The command {shlex.join(arguments)[:500]} failed.")
    rule = read_text(params, "rule", "command")
    return _Command(arguments, message[:1500], read_severity(params, Severity.MEDIUM), rule)


def _wait(process: subprocess.Popen[bytes], context: ToolContext) -> int | None:
    """The exit code, or None when the time was over."""
    while context.seconds_left > _MARGIN_SECONDS:
        try:
            return process.wait(timeout=0.2)
        except subprocess.TimeoutExpired:
            context.progress(0.5, "the command is running")
    return None


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """End whatever the command left behind: it would outlive the attempt and hold the output."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _blocked(command: _Command, reason: str) -> TaskResult:
    return TaskResult(summary=f"{command.rule}: no result of {command.shown}.", blocked=reason)


def _result(command: _Command, code: int, lines: list[str], seconds: float) -> TaskResult:
    ended = f"{command.shown} ended with {code} after {seconds:.1f} s"
    if code == 0:
        return TaskResult(summary=f"{command.rule}: {ended}.")
    shown = count_of(len(lines), "line")
    finding = Finding(
        rule=command.rule,
        severity=command.severity,
        message=f"{command.message} (exit code {code}, its last {shown} below)",
        evidence="\n".join(lines)[-4000:],
        check=command.shown,
    )
    return TaskResult(summary=f"{command.rule}: {ended}.", findings=(finding,))
