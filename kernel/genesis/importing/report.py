"""What an import did: counts that add up, and the reason for every row that was not taken."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from pydantic import JsonValue

from genesis.importing.recognise import Left
from genesis.importing.rows import Unfit
from genesis.importing.writing import Outcome

_SAMPLES = 3


@dataclass
class Reasons:
    """How often something was said of a kind of row, and of which rows first."""

    counts: Counter[str] = field(default_factory=Counter)
    samples: dict[str, list[str]] = field(default_factory=dict)

    def add(self, reason: str, source_id: str) -> None:
        """Count it."""
        self.counts[reason] += 1
        samples = self.samples.setdefault(reason, [])
        if len(samples) < _SAMPLES:
            samples.append(source_id)

    def document(self) -> list[JsonValue]:
        """As JSON, the most frequent first."""
        return [
            {"reason": reason, "count": count, "samples": list(self.samples[reason])}
            for reason, count in self.counts.most_common()
        ]


@dataclass
class KindReport:
    """One kind of row. `found` is what the sources themselves count; the others are what was done,
    and together they must be as many."""

    found: int = 0
    imported: int = 0
    present: int = 0
    skipped: int = 0
    skipped_because: Reasons = field(default_factory=Reasons)
    changed_because: Reasons = field(default_factory=Reasons)

    @property
    def handled(self) -> int:
        """The rows of which it is known what became of them."""
        return self.imported + self.present + self.skipped


@dataclass
class ImportReport:
    """The result of one import.

    `left` was not taken on purpose; `faults` are sources that could not be read, or not to their
    end; `secrets` are keys whose values were left out; `row_log` is the file that names every row
    that was skipped or changed (None: there was none, or it was a dry run).
    """

    path: Path
    home: Path
    dry_run: bool
    kinds: dict[str, KindReport] = field(default_factory=dict)
    sources: list[str] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    secrets: list[str] = field(default_factory=list)
    row_log: Path | None = None

    def kind(self, name: str) -> KindReport:
        """The counts of one kind of row."""
        return self.kinds.setdefault(name, KindReport())

    @property
    def imported(self) -> int:
        """How many rows were taken in."""
        return sum(kind.imported for kind in self.kinds.values())

    @property
    def skipped(self) -> int:
        """How many rows could not be taken."""
        return sum(kind.skipped for kind in self.kinds.values())

    @property
    def is_complete(self) -> bool:
        """Whether everything that was to be taken is in the home now."""
        return not self.skipped and not self.faults

    def document(self) -> dict[str, JsonValue]:
        """As one JSON document."""
        return {
            "path": str(self.path),
            "home": str(self.home),
            "dry_run": self.dry_run,
            "complete": self.is_complete,
            "sources": list(self.sources),
            "kinds": {
                name: {
                    "found": kind.found,
                    "imported": kind.imported,
                    "there_already": kind.present,
                    "skipped": kind.skipped,
                    "skipped_because": kind.skipped_because.document(),
                    "changed_because": kind.changed_because.document(),
                }
                for name, kind in self.kinds.items()
            },
            "left": [{"what": x.what, "rows": x.rows, "reason": x.reason} for x in self.left],
            "faults": list(self.faults),
            "secrets_left_out": list(self.secrets),
            "row_log": None if self.row_log is None else str(self.row_log),
        }


class Recorder:
    """Counts outcomes into a report, and writes those that need a reason to its row log."""

    def __init__(self, report: ImportReport, log: Path | None) -> None:
        """`log` is created with its first line; None writes none."""
        self.report = report
        self._path = log
        self._file: TextIO | None = None

    def outcomes(self, origin: str, found: Iterable[Outcome]) -> None:
        """What became of rows that were fit."""
        for one in found:
            kind = self.report.kind(one.row.kind)
            if one.state == "skipped":
                self.skip(origin, one.row.kind, one.row.source_id, one.reason)
                continue
            kind.imported += one.state == "imported"
            kind.present += one.state == "present"
            if one.state == "imported":
                for note in one.row.notes:
                    kind.changed_because.add(note, one.row.source_id)
                    self._write(origin, one.row.kind, one.row.source_id, "changed", note)

    def unfit(self, origin: str, row: Unfit) -> None:
        """A row that could not be taken."""
        self.skip(origin, row.kind, row.source_id, row.reason)

    def skip(self, origin: str, kind: str, source_id: str, reason: str) -> None:
        """Count and log a row that was not taken."""
        counts = self.report.kind(kind)
        counts.skipped += 1
        counts.skipped_because.add(reason, source_id)
        self._write(origin, kind, source_id, "skipped", reason)

    def close(self) -> None:
        """End the row log."""
        if self._file is not None:
            self._file.close()

    def _write(self, origin: str, kind: str, source_id: str, state: str, reason: str) -> None:
        if self._path is None:
            return
        if self._file is None:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._file = self._path.open("a", encoding="utf-8", errors="backslashreplace")
            self.report.row_log = self._path
        line = {"origin": origin, "kind": kind, "id": source_id, "state": state, "reason": reason}
        self._file.write(json.dumps(line) + "\n")
