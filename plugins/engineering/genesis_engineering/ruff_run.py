"""Run ruff over some files and read what it reports."""

from __future__ import annotations

import shlex
import subprocess
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from genesis.contracts import Omission, ToolContext
from pydantic import BaseModel, ConfigDict, TypeAdapter
from ruff import find_ruff_bin  # type: ignore[import-untyped]

from genesis_engineering.files import RepositoryFile, has_long_line, list_files
from genesis_engineering.python_target import python_target
from genesis_engineering.reporting import count_of

_CHUNK = 400
_CHUNK_SECONDS = 60.0
_RESERVE_SECONDS = 3.0
_MOST_OUTPUT = 50_000_000
_MOST_FAILED = 20
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
    """The repository's `*.py` files that can be parsed in reasonable time, tests included.

    Those over 1 MB, with lines over 20,000 characters, generated ones, and those without a name in
    UTF-8 are an omission.
    """
    found = [file for file in list_files(repository) if file.suffix == ".py"]
    kept = [file for file in found if _has_plain_name(file) and _is_readable(file)]
    if len(kept) == len(found):
        return found, []
    what = count_of(len(found) - len(kept), "Python file")
    reason = "generated, not text, larger than 1 MB, with very long lines, or not named in UTF-8"
    return kept, [Omission(what=what, reason=reason)]


def run_ruff(
    context: ToolContext, files: Sequence[RepositoryFile], codes: Sequence[str]
) -> RuffReport:
    """Ask ruff about `files`, some hundred at a time, without any configuration of the repository.

    Comments `# noqa` count. A file at which ruff fails is an omission, and so are those for which
    no time was left. Raises OSError when ruff cannot be run at all.
    """
    report = RuffReport()
    by_path = {str(file.absolute): file for file in files}
    waiting = [files[start : start + _CHUNK] for start in range(0, len(files), _CHUNK)][::-1]
    failed: list[RepositoryFile] = []
    done = 0
    while waiting and len(failed) < _MOST_FAILED:
        chunk = waiting.pop()
        context.progress(done / max(len(files), 1), f"ruff has read {count_of(done, 'file')}")
        if context.seconds_left < _RESERVE_SECONDS:
            waiting.append(chunk)
            break
        found = _run_chunk(chunk, codes, context)
        if found is None and len(chunk) > 1:
            middle = len(chunk) // 2
            waiting += [chunk[middle:], chunk[:middle]]
            continue
        failed += chunk if found is None else []
        report.diagnostics += [
            (by_path[d.filename], d) for d in found or () if d.filename in by_path
        ]
        done += len(chunk)
    report.omissions += _left_out(failed, sum(map(len, waiting)))
    return report


def _left_out(failed: list[RepositoryFile], left: int) -> list[Omission]:
    found = []
    if failed:
        what = f"{count_of(len(failed), 'Python file')}: {', '.join(f.path for f in failed[:5])}"
        found.append(Omission(what=what[:500], reason="ruff fails at them, or does not end"))
    if left:
        reason = (
            "no time was left to run ruff" if len(failed) < _MOST_FAILED else "ruff kept failing"
        )
        found.append(Omission(what=count_of(left, "Python file"), reason=reason))
    return found


def ruff_check(code: str, path: str) -> str:
    """The command that shows a diagnostic again."""
    return f"ruff check --isolated --select {code} {shlex.quote(path)}"


def _run_chunk(
    files: Sequence[RepositoryFile], codes: Sequence[str], context: ToolContext
) -> list[Diagnostic] | None:
    """What ruff says of the files; None when it fails, says too much, or takes too long.

    Raises OSError when it refuses to begin: then it would for other files too.
    """
    command = [
        find_ruff_bin(), "check", "--isolated", "--no-cache", "--exit-zero", "--quiet",
        "--output-format", "json", "--target-version", python_target(context.repository),
        "--select", ",".join(codes), "--",
        *(str(file.absolute) for file in files),
    ]  # fmt: skip
    seconds = min(_CHUNK_SECONDS, context.seconds_left - 1)
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors,
            cwd=context.repository,
        )  # fmt: skip
        assert process.stdout is not None
        timer = threading.Timer(seconds, process.kill)
        timer.start()
        with process.stdout as stream:
            output = stream.read(_MOST_OUTPUT + 1)
            if len(output) > _MOST_OUTPUT:
                process.kill()
        code = process.wait()
        timer.cancel()
        if code > 0:
            errors.seek(0)
            raise OSError(f"ruff ended with {code}: {errors.read(1000).decode(errors='replace')}")
    return _DIAGNOSTICS.validate_json(output) if code == 0 else None


def _is_readable(file: RepositoryFile) -> bool:
    text = file.read_text()
    return text is not None and not has_long_line(text)


def _has_plain_name(file: RepositoryFile) -> bool:
    try:
        str(file.absolute).encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
