"""One `genesis up` for each home: a locked file that says who it is."""

from __future__ import annotations

import fcntl
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import psutil
from pydantic import BaseModel, ConfigDict, ValidationError

from genesis import __version__
from genesis.clock import local_minute, utc_now
from genesis.errors import HomeError
from genesis.home import Home

_TRIES = 20
_TRY_SECONDS = 0.05


class Instance(BaseModel):
    """The process that runs a home: `started_at` in UTC, `url` once it listens, else empty."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    pid: int
    started_at: str
    version: str
    url: str = ""


@dataclass(frozen=True)
class Holder:
    """Somebody holds the lock: who, as far as the file says it."""

    instance: Instance | None


class InstanceLock:
    """The right to be the one process of a home, for as long as this process lives.

    The system gives the lock up with its holder, so a file that a dead process left is no
    obstacle. The file is never removed: whoever waited for a removed one would hold a lock that
    nobody else sees.
    """

    def __init__(self, home: Home) -> None:
        """Take the lock. Raises HomeError that says who has it."""
        self._path = lock_path(home)
        self._file = self._path.open("a+", encoding="utf-8")
        # A plugin may fork: its child would keep the lock alive.
        os.register_at_fork(after_in_child=self._file.close)
        try:
            _take(self._file)
        except BlockingIOError:
            self._file.close()
            raise HomeError(_taken(home)) from None
        self._instance = Instance(pid=os.getpid(), started_at=utc_now(), version=__version__)
        self._write(self._instance.model_dump_json())

    def tell_url(self, url: str) -> None:
        """Say where this process listens."""
        self._instance = self._instance.model_copy(update={"url": url})
        self._write(self._instance.model_dump_json())

    def close(self) -> None:
        """Let another process run this home."""
        if not self._file.closed:
            self._write("")
            self._file.close()

    def _write(self, text: str) -> None:
        # Who reads meanwhile sees the old text, the new one, or that it has to look again.
        try:
            self._file.truncate(0)
            self._file.write(text)
            self._file.flush()
        except OSError as error:
            self._file.close()
            raise HomeError(
                f"{self._path} cannot be written: {error.strerror}. Free space or correct the "
                "permissions of the home folder."
            ) from error


def lock_path(home: Home) -> Path:
    """The lock of `genesis up`."""
    return home.locks / "up.lock"


def find_holder(home: Home) -> Holder | None:
    """The process that runs a home now; None when there is none, whatever was left behind."""
    path = lock_path(home)
    for _ in range(_TRIES):
        try:
            with path.open("r+", encoding="utf-8") as file:
                # Shared: two that look at the same time must not take each other for the holder.
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            return None
        except FileNotFoundError:
            return None
        except BlockingIOError:
            instance = _read(path)
        if instance is not None:
            return Holder(instance)
        time.sleep(_TRY_SECONDS)
    return Holder(None)


def is_process_of(home: Home, pid: int) -> bool:
    """Whether a process has the home's lock open. A number alone is not proof: it may be used
    again, or count in a container."""
    lock = lock_path(home).resolve()
    try:
        return any(Path(file.path) == lock for file in psutil.Process(pid).open_files())
    except psutil.AccessDenied:  # another user's; signals to it are refused as well
        return True
    except psutil.Error:
        return False


def _take(file: IO[str]) -> None:
    """Lock; who only looks whether it is locked holds it for a moment, too."""
    for number in range(_TRIES):
        try:
            return fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if number == _TRIES - 1:
                raise
            time.sleep(_TRY_SECONDS)
    return None


def _read(path: Path) -> Instance | None:
    try:
        return Instance.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, ValidationError, UnicodeDecodeError):
        return None


def _taken(home: Home) -> str:
    instance = _read(lock_path(home))
    if instance is None:
        return f"Another process runs {home.root} already. `genesis down` ends it."
    where = f", on {instance.url}" if instance.url else ""
    since = local_minute(instance.started_at)
    return (
        f"{home.root} is run already: by the process {instance.pid}, since {since}{where}. "
        "`genesis down` ends it; `--home DIR` names another home."
    )
