"""Drives a Chromium of this machine over a pipe: no port, no network, no profile of the user."""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from genesis.errors import GenesisError
from pydantic import BaseModel, ConfigDict, Field, JsonValue

_PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome",
             "chrome-headless-shell", "microsoft-edge", "brave-browser")  # fmt: skip
_FLAGS = (
    "--headless", "--remote-debugging-pipe", "--disable-gpu", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-first-run", "--disable-extensions",
    "--disable-default-apps", "--disable-breakpad", "--disable-crash-reporter", "--mute-audio",
    "--disable-dev-shm-usage", "--hide-scrollbars", "--disable-domain-reliability",
    "--host-resolver-rules=MAP * ~NOTFOUND", "--proxy-server=http://127.0.0.1:9",
    "--proxy-bypass-list=<-loopback>", "--force-color-profile=srgb",
)  # fmt: skip
# The browser reads commands from descriptor 3 and answers on 4.
_LAUNCH = (
    "import fcntl,os,sys; high=[fcntl.fcntl(int(n),fcntl.F_DUPFD,64) for n in sys.argv[1:3]]; "
    "[os.close(int(n)) for n in sys.argv[1:3]]; "
    "[(os.dup2(n,want),os.close(n)) for n,want in zip(high,(3,4))]; "
    "os.execv(sys.argv[3],sys.argv[3:])"
)
_GRACE_SECONDS = 2.0
_LONGEST_ANSWER = 30_000_000


class BrowserError(GenesisError):
    """The browser ended, did not answer in time, or refused a command; the text says which."""


class _Fault(BaseModel):
    model_config = ConfigDict(frozen=True)

    message: str = ""


class _Message(BaseModel):
    """A message of the DevTools protocol: an answer has an `id`, an event a `method`."""

    model_config = ConfigDict(frozen=True)

    id: int | None = None
    method: str | None = None
    session: str | None = Field(default=None, alias="sessionId")
    result: dict[str, JsonValue] = {}
    error: _Fault | None = None


def find_chromium() -> str | None:
    """The path of a Chromium or one of its kin on this machine."""
    return next(filter(None, map(shutil.which, _PROGRAMS)), None)


class Browser:
    """A running browser; `call` sends it a command of the DevTools protocol."""

    def __init__(self, commands: int, answers: int) -> None:
        self._commands = commands
        self._answers = answers
        self._rest = bytearray()
        self._last = 0

    def call(
        self,
        method: str,
        params: Mapping[str, JsonValue] | None = None,
        *,
        session: str | None = None,
        seconds: float = 10,
    ) -> dict[str, JsonValue]:
        """Send a command and give its result. Raises BrowserError."""
        self._last += 1
        message: dict[str, JsonValue] = {
            "id": self._last, "method": method, "params": dict(params or {}),
        }  # fmt: skip
        if session:
            message["sessionId"] = session
        until = time.monotonic() + seconds
        self._send(json.dumps(message).encode() + b"\0", until, method)
        while True:
            answer = self._receive(until, method)
            if answer.id == self._last:
                break
        if answer.error:
            raise BrowserError(f"The browser refused {method}: {answer.error.message[:300]}.")
        return answer.result

    def await_event(self, method: str, session: str, seconds: float) -> None:
        """Wait for an event of a page. Raises BrowserError when it does not come in time."""
        until = time.monotonic() + seconds
        while True:
            message = self._receive(until, method)
            if message.method == method and message.session == session:
                return

    def _send(self, data: bytes, until: float, what: str) -> None:
        left = memoryview(data)
        while left:
            wait = max(0.0, until - time.monotonic())
            if not select.select([], [self._commands], [], wait)[1]:
                raise BrowserError(f"The browser took no command in time ({what}).")
            try:
                left = left[os.write(self._commands, left[:4096]) :]
            except OSError as error:
                raise BrowserError(f"The browser has ended ({what}).") from error

    def _receive(self, until: float, what: str) -> _Message:
        while b"\0" not in self._rest:
            wait = until - time.monotonic()
            if wait <= 0 or not select.select([self._answers], [], [], wait)[0]:
                raise BrowserError(f"The browser gave no answer in time ({what}).")
            chunk = os.read(self._answers, 1 << 16)
            if not chunk or len(self._rest) > _LONGEST_ANSWER:
                raise BrowserError(f"The browser has ended or says too much ({what}).")
            self._rest += chunk
        data, _, rest = self._rest.partition(b"\0")
        self._rest = rest
        return _Message.model_validate_json(bytes(data))


@contextmanager
def open_browser(program: str, folder: Path) -> Iterator[Browser]:
    """Start the browser with all that it writes below `folder`; end it and all its processes.

    It ends by itself when this process dies, since its pipe does then. Raises BrowserError when it
    cannot be started or does not answer within 20 s.
    """
    folder.mkdir(parents=True, exist_ok=True)
    command_end, commands = os.pipe()
    answers, answer_end = os.pipe()
    try:
        process = _start(program, folder, command_end, answer_end)
        try:
            browser = Browser(commands, answers)
            browser.call("Browser.getVersion", seconds=20)
            yield browser
        finally:
            _end(process)
    except OSError as error:
        raise BrowserError(f"{program} cannot be started: {error.strerror}.") from error
    finally:
        for descriptor in (commands, answers):
            os.close(descriptor)


def _start(
    program: str, folder: Path, command_end: int, answer_end: int
) -> subprocess.Popen[bytes]:
    sandbox = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    profile = f"--user-data-dir={folder / 'profile'}"
    try:
        return subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _LAUNCH, str(command_end), str(answer_end), program,
             *_FLAGS, *sandbox, profile, "about:blank"],
            cwd=folder, env=_environment(folder), stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
            pass_fds=(command_end, answer_end),
        )  # fmt: skip
    finally:
        # Only the browser may hold these ends: its death is then seen here, and ours there.
        os.close(command_end)
        os.close(answer_end)


def _environment(folder: Path) -> dict[str, str]:
    """Nothing of the user's but what finds programs and fonts."""
    kept = {
        name: os.environ[name] for name in ("PATH", "LANG", "LD_LIBRARY_PATH") if name in os.environ
    }
    home = str(folder)
    # Its socket lies in TMPDIR, and the name of a socket has room for about a hundred letters.
    return kept | {"HOME": home, "XDG_CONFIG_HOME": home, "XDG_CACHE_HOME": home, "TMPDIR": "."}


def _end(process: subprocess.Popen[bytes]) -> None:
    """SIGTERM to the browser's process group, after two seconds SIGKILL."""
    for number, seconds in ((signal.SIGTERM, _GRACE_SECONDS), (signal.SIGKILL, _GRACE_SECONDS)):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=seconds)
    process.wait(timeout=_GRACE_SECONDS)
