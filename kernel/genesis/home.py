"""The home folder: where everything lives, whether it can be used, and who is alive in it."""

from __future__ import annotations

import fcntl
import os
import secrets
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from genesis.errors import HomeError


@dataclass(frozen=True)
class Home:
    """The paths of one home folder; nothing is created until `prepare`."""

    root: Path

    @property
    def settings_file(self) -> Path:
        return self.root / "genesis.toml"

    @property
    def database(self) -> Path:
        return self.root / "genesis.db"

    @property
    def minds(self) -> Path:
        return self.root / "minds"

    @property
    def indexes(self) -> Path:
        """The vector index of each mind, made from the database."""
        return self.root / "data" / "chroma"

    @property
    def backups(self) -> Path:
        return self.root / "backups"

    @property
    def agents(self) -> Path:
        return self.root / "agents"

    @property
    def locks(self) -> Path:
        return self.root / "locks"

    @property
    def token(self) -> Path:
        """What the web server asks of everybody; for its owner's eyes only."""
        return self.root / "token"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    def session_folder(self, session_id: str) -> Path:
        """The JSON state of a session."""
        return self.root / "sessions" / session_id

    def log_folder(self, session_id: str) -> Path:
        """One log for each specialist of a session."""
        return self.root / "logs" / "orchestrator-sessions" / session_id

    def prepare(self) -> None:
        """Create the folder and prove that it can be written. Raises HomeError."""
        try:
            # What minds remember is their owner's alone.
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.locks.mkdir(exist_ok=True)
            ignore = self.root / ".gitignore"
            if not ignore.exists():
                # In a checkout, nothing of ours shall be committed or reviewed.
                ignore.write_text("*\n", encoding="utf-8")
            probe = self.locks / f"probe-{secrets.token_hex(4)}"
            try:
                probe.write_bytes(b"\0" * 4096)
            finally:
                probe.unlink(missing_ok=True)
        except OSError as error:
            raise HomeError(
                f"The home folder {self.root} cannot be used: {error.strerror or error}. "
                "Free space or correct its permissions, or name another folder with --home."
            ) from error


def find_home(chosen: str | None = None) -> Home:
    """The home that was named (`--home`), or GENESIS_HOME, or `.genesis` in the working folder.

    Raises HomeError when that names no place.
    """
    named = chosen or os.environ.get("GENESIS_HOME") or ".genesis"
    try:
        found = Path(named).expanduser().absolute()
        str(found).encode()
        return Home(found)
    except UnicodeEncodeError:
        raise HomeError(
            f"The path of the home folder {named!r} is not valid UTF-8. Name another one with "
            "--home."
        ) from None
    except (OSError, RuntimeError) as error:  # an unknown ~user; a working folder that is gone
        raise HomeError(
            f"The home folder {named} cannot be found: {error}. Name another one with --home."
        ) from error


class OwnerLock:
    """This process's mark of life: a locked file that the system releases however it ends.

    A process id can be used again and a heartbeat takes its time to run out; a file lock is
    gone in the instant in which its holder is.
    """

    def __init__(self, home: Home) -> None:
        self.owner = secrets.token_hex(8)
        self._path = _lock_path(home, self.owner)
        self._file = self._path.open("w")
        fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self._file.write(f"{os.getpid()}\n")
        self._file.flush()

    def release(self) -> None:
        """End the life of this owner; its leases may be taken over."""
        with suppress(OSError):  # a disk that became read-only; who finds the file clears it
            self._path.unlink()
        self._file.close()


def is_owner_alive(home: Home, owner: str) -> bool:
    """Whether the process that took this owner's lock still runs; clears what a dead one left."""
    path = _lock_path(home, owner)
    try:
        with path.open("r+") as file:
            # Shared: two that look at the same time must not take each other for the owner.
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            path.unlink(missing_ok=True)
            return False
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True


def living_owners(home: Home) -> list[str]:
    """The owners whose processes run now; clears what dead ones left."""
    names = [path.stem.removeprefix("owner-") for path in home.locks.glob("owner-*.lock")]
    return sorted(owner for owner in names if is_owner_alive(home, owner))


def _lock_path(home: Home, owner: str) -> Path:
    return home.locks / f"owner-{owner}.lock"
