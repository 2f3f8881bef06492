"""The baseline: findings that the maintainer knows and does not want to see, in a file for git.

`.genesis-baseline.json` lies at the top of the repository, sorted, with one finding on a line.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from genesis.contracts import Finding, Severity
from genesis.contracts.judgements import JudgedFinding
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from genesis_engineering.judgement.matching import pair

FILE = ".genesis-baseline.json"
PROBLEM = "baseline-unreadable"
"""The rule of the finding that a file gives which cannot be read."""
_MAX_BYTES = 32 * 2**20


class Entry(BaseModel):
    """A finding that is suppressed. Only `fingerprint` and `message` decide which one it is; rule
    and file are for who reads the file, and `reason` is theirs to write."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    fingerprint: str = Field(pattern=r"^[0-9a-f]{20}:([0-9a-f]{24})?:[1-9][0-9]*$")
    rule: str = Field(min_length=1, max_length=80)
    file: str | None = None
    message: str = Field(min_length=1, max_length=2000)
    reason: str = Field(default="", max_length=500)

    def as_finding(self) -> Finding:
        """The finding as far as it is known here."""
        return Finding(rule=self.rule, severity=Severity.INFO, message=self.message, file=self.file)


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Literal[1]
    findings: tuple[Entry, ...]


@dataclass(frozen=True)
class Baseline:
    """What the file holds; a file that cannot be read holds nothing, and is a finding itself."""

    entries: tuple[Entry, ...] = ()
    problems: tuple[Finding, ...] = ()


def read_baseline(repository: Path) -> Baseline:
    """The baseline of a repository, empty where there is none. Never raises for what is in it."""
    path = repository / FILE
    if not path.is_symlink() and not path.exists():
        return Baseline()
    try:
        if path.is_symlink() or not path.is_file():
            return _unreadable("it is no regular file")
        if path.stat().st_size > _MAX_BYTES:
            return _unreadable(f"it is larger than {_MAX_BYTES // 2**20} MiB")
        document = _Document.model_validate_json(path.read_bytes())
    except OSError as error:
        return _unreadable(error.strerror or type(error).__name__)
    except ValidationError as error:
        return _unreadable(_first(error))
    return Baseline(document.findings)


def entries_of(
    findings: Sequence[JudgedFinding], before: Sequence[Entry], *, keeps_rest: bool
) -> list[Entry]:
    """An entry for each finding, sorted by file, rule and message, with the reason of the entry
    that there was for it. With `keeps_rest`, entries that no finding has stay."""
    known = [(entry.fingerprint, entry.as_finding()) for entry in before]
    pairs = pair(known, [(one.fingerprint, one.finding) for one in findings])
    entries = [
        Entry(
            fingerprint=one.fingerprint,
            rule=one.finding.rule,
            file=one.finding.file,
            message=one.finding.message,
            reason=before[pairs[index]].reason if index in pairs else "",
        )
        for index, one in enumerate(findings)
        if one.finding.rule != PROBLEM
    ]
    found = set(pairs.values())
    entries += [entry for i, entry in enumerate(before) if keeps_rest and i not in found]
    return sorted(entries, key=lambda e: (e.file or "", e.rule, e.message, e.fingerprint))


def write_baseline(repository: Path, entries: Iterable[Entry]) -> Path:
    """Replace the file as a whole; gives its path. Raises OSError."""
    path = repository / FILE
    lines = [json.dumps(_fields(entry), ensure_ascii=False) for entry in entries]
    body = "".join(f"\n    {line}," for line in lines).removesuffix(",")
    end = "\n  " if lines else ""
    text = f'{{\n  "version": 1,\n  "findings": [{body}{end}]\n}}\n'
    scratch = path.with_name(f"{FILE}.{os.getpid()}.tmp")
    try:
        scratch.write_text(text, encoding="utf-8")
        scratch.replace(path)
    finally:
        scratch.unlink(missing_ok=True)
    return path


def _fields(entry: Entry) -> dict[str, str | None]:
    fields = {"rule": entry.rule, "file": entry.file, "message": entry.message}
    why = {"reason": entry.reason} if entry.reason else {}
    return {**fields, **why, "fingerprint": entry.fingerprint}


def _first(error: ValidationError) -> str:
    first = error.errors(include_input=False, include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    return f"{where}: {first['msg']}" if where else first["msg"]


def _unreadable(why: str) -> Baseline:
    problem = Finding(
        rule=PROBLEM,
        severity=Severity.MEDIUM,
        message=f"The baseline cannot be read, so it suppresses nothing: {why}. Correct it, or "
        "remove it and write it anew with `genesis baseline write`."[:2000],
        file=FILE,
        check=f"python -m json.tool {FILE}",
    )
    return Baseline(problems=(problem,))
