"""The repository that a session works on, as git knows it."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from genesis.errors import ConflictError, NotFoundError, UsageError


@dataclass(frozen=True)
class Repository:
    """A checkout: its top folder, the branch it is on (None: detached), where it came from."""

    path: Path
    branch: str | None
    origin: str | None


def find_repository(path: Path) -> Repository:
    """The checkout at a path or above it. Raises NotFoundError where nothing is, or ConflictError
    that says what is wrong with it."""
    try:
        exists, is_folder = path.exists(), path.is_dir()
    except OSError as error:  # no permission to look, or a name that is too long
        raise ConflictError(
            f"{path} cannot be read: {error.strerror}. Give the path of another one."
        ) from error
    if not exists:
        raise NotFoundError(f"{path} does not exist. Give the path of a git checkout.")
    if not is_folder:
        raise ConflictError(f"{path} is not a folder. Give the path of a git checkout.")
    code, top = _git(path, "rev-parse", "--show-toplevel")
    if code != 0:
        raise ConflictError(_refusal(path, top))
    try:
        top.encode()
    except UnicodeEncodeError:
        raise ConflictError(f"The path {top!r} is not valid UTF-8. Rename the folder.") from None
    if not path.resolve().is_relative_to(Path(top).resolve()):
        raise ConflictError(
            f"{path} does not lie in {top}, the folder that its git settings name (core.worktree). "
            "Correct them, or give the path of that folder."
        )
    code, branch = _git(path, "symbolic-ref", "--short", "-q", "HEAD")
    origin_code, origin = _git(path, "config", "--get", "remote.origin.url")
    return Repository(
        path=Path(top),
        branch=branch if code == 0 else None,
        origin=_without_secret(origin) if origin_code == 0 else None,
    )


def _refusal(path: Path, message: str) -> str:
    if "dubious ownership" in message:
        return (
            f"git does not trust {path}, which belongs to another user. If you do, run "
            f"`git config --global --add safe.directory {path}`."
        )
    if "must be run in a work tree" in message:
        return f"{path} is a bare repository. Clone it, and give the path of the clone."
    told = message.splitlines()[0] if message else "git failed"
    return (
        f"{path} is not a git checkout ({told}). Run `git init` there, or give the path of "
        "another one."
    )


def _git(path: Path, *arguments: str) -> tuple[int, str]:
    try:
        done = subprocess.run(
            ["git", "-C", str(path), *arguments],
            capture_output=True, text=True, errors="surrogateescape", timeout=30,
            env=_environment(),
        )  # fmt: skip
    except FileNotFoundError:
        raise UsageError("git is not installed. Install it and start again.") from None
    except subprocess.TimeoutExpired:
        raise ConflictError(f"git did not answer within 30 s for {path}.") from None
    return done.returncode, (done.stdout if done.returncode == 0 else done.stderr).strip("\n")


def _environment() -> dict[str, str]:
    """Without the variables that a git hook sets: they name its repository, whatever `-C` says."""
    return {k: v for k, v in os.environ.items() if k not in ("GIT_DIR", "GIT_WORK_TREE")}


def _without_secret(url: str) -> str | None:
    """A remote's address without the user and token that may stand before its host."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None  # where its secret stands cannot be told
    if not parts.scheme:
        return url  # user@host:path, which holds no password
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path, "", ""))
