"""Run ruff over some files and read what it reports."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from genesis.contracts import Omission, ToolContext
from pydantic import BaseModel, ConfigDict, TypeAdapter
from ruff import find_ruff_bin  # type: ignore[import-untyped]

from genesis_engineering.files import MAX_BYTES, RepositoryFile, list_files
from genesis_engineering.python_target import python_target
from genesis_engineering.reporting import count_of

_CHUNK = 400
SYNTAX_ERROR = "invalid-syntax"


class Location(BaseModel):
    """A place in a file; rows and columns count from 1."""

    model_config = ConfigDict(frozen=True)

    row: int
    column: int


class Diagnostic(BaseModel):
    """One entry of ruff's JSON output (`ruff check --output-format json`)."""

    model_config = ConfigDict(frozen=True)

    code: str | None
    filename: str
    message: str
    location: Location
    end_location: Location


@dataclass
class RuffReport:
    """What ruff said, as pairs of file and diagnostic, and which files it was not asked about."""

    diagnostics: list[tuple[RepositoryFile, Diagnostic]] = field(default_factory=list)
    omissions: list[Omission] = field(default_factory=list)


_DIAGNOSTICS = TypeAdapter(list[Diagnostic])


def list_python_files(repository: Path) -> tuple[list[RepositoryFile], list[Omission]]:
    """The repository's `*.py` files up to 1 MB, tests included, and an omission for larger ones."""
    found = [file for file in list_files(repository) if file.suffix == ".py"]
    small = [file for file in found if file.size <= MAX_BYTES and _has_plain_name(file)]
    if len(small) == len(found):
        return found, []
    what = count_of(len(found) - len(small), "Python file")
    return small, [Omission(what=what, reason="larger than 1 MB or not named in UTF-8")]


def run_ruff(
    context: ToolContext, files: Sequence[RepositoryFile], codes: Sequence[str]
) -> RuffReport:
    """Ask ruff about `files`, some hundred at a time, without any configuration of the repository.

    Comments `# noqa` count. It stops when the attempt's time is nearly over, and says so in the
    omissions. Raises OSError when ruff cannot be run at all.
    """
    report = RuffReport()
    by_path = {str(file.absolute): file for file in files}
    done = 0
    for chunk in _chunks(files):
        context.progress(done / max(len(files), 1), f"ruff has read {count_of(done, 'file')}")
        limit = context.seconds_left - 2
        found = _run_chunk(chunk, codes, context.repository, limit) if limit > 0 else None
        if found is None:
            left = count_of(len(files) - done, "Python file")
            report.omissions.append(Omission(what=left, reason="no time was left to run ruff"))
            break
        report.diagnostics += [(by_path[d.filename], d) for d in found if d.filename in by_path]
        done += len(chunk)
    return report


def ruff_check(code: str, path: str) -> str:
    """The command that shows a diagnostic again."""
    return f"ruff check --isolated --select {code} {shlex.quote(path)}"


def _run_chunk(
    files: Sequence[RepositoryFile], codes: Sequence[str], folder: Path, limit: float
) -> list[Diagnostic] | None:
    command = [
        find_ruff_bin(), "check", "--isolated", "--no-cache", "--exit-zero", "--quiet",
        "--output-format", "json", "--target-version", python_target(folder),
        "--select", ",".join(codes), "--",
        *(str(file.absolute) for file in files),
    ]  # fmt: skip
    try:
        done = subprocess.run(command, capture_output=True, cwd=folder, timeout=limit)
    except subprocess.TimeoutExpired:
        return None
    if done.returncode != 0:
        raise OSError(f"ruff ended with {done.returncode}: {done.stderr.decode(errors='replace')}")
    return _DIAGNOSTICS.validate_json(done.stdout)


def _chunks(files: Sequence[RepositoryFile]) -> Iterator[Sequence[RepositoryFile]]:
    for start in range(0, len(files), _CHUNK):
        yield files[start : start + _CHUNK]


def _has_plain_name(file: RepositoryFile) -> bool:
    try:
        str(file.absolute).encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
