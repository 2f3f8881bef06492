"""What a writer was told: one line for each call, before it is made and after it has returned.

The lines are in one file, appended to with single writes, so a killed process leaves all that it
was told. A change that was tried and not acknowledged may have been done or not; one that was
acknowledged must be there.
"""

from __future__ import annotations

import json
import os
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

Key = tuple[str, str]


class Ledger:
    """Writes the lines. Thread-safe; several processes may write to one file."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def note(self, stage: str, kind: str, key: object, value: object = None) -> None:
        """Append a line: `try` before a call, `did` after it, `ran` by a handler, `error`;
        `boot` and `indexed` when the home and its index are open."""
        line = json.dumps([stage, kind, str(key), value]) + "\n"
        os.write(self._file, line.encode())

    @contextmanager
    def changing(self, kind: str, key: object, value: object) -> Iterator[None]:
        """Around a call that gives something this value."""
        self.note("try", kind, key, value)
        yield
        self.note("did", kind, key, value)


class Count(NamedTuple):
    """How often something was acknowledged, and how often it was tried."""

    did: int
    tried: int


@dataclass
class Told:
    """The ledger as it was read so far.

    `values` has what may be there now, of each thing: the value that was acknowledged last, and
    those that were tried since. Counters are counted.
    """

    values: dict[Key, list[object]] = field(default_factory=dict)
    did: Counter[Key] = field(default_factory=Counter)
    tried: Counter[Key] = field(default_factory=Counter)
    ran: Counter[str] = field(default_factory=Counter)
    ran_after_end: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    rebuilt: int = 0
    lines: Counter[str] = field(default_factory=Counter)
    _place: int = 0

    def read(self, path: Path) -> set[Key]:
        """Read what was appended; gives what it is about."""
        if not path.exists():
            return set()
        with path.open("rb") as file:
            file.seek(self._place)
            data = file.read()
        # A kill may have cut the last line.
        whole = data[: data.rfind(b"\n") + 1]
        self._place += len(whole)
        touched = set()
        for line in whole.splitlines():
            stage, kind, key, value = json.loads(line)
            self._take(stage, kind, key, value)
            touched.add((kind, key))
        return touched

    def count(self, kind: str, key: str) -> Count:
        """Of a counter."""
        return Count(self.did[kind, key], self.tried[kind, key])

    def of(self, kind: str) -> dict[str, list[object]]:
        """What may be there now of one kind, by key."""
        return {key: values for (of, key), values in self.values.items() if of == kind}

    def counters(self, kind: str) -> dict[str, Count]:
        """The counters of one kind, by key."""
        found: dict[str, Count] = defaultdict(lambda: Count(0, 0))
        for of, key in self.tried:
            if of == kind:
                found[key] = self.count(of, key)
        return found

    def _take(self, stage: str, kind: str, key: str, value: object) -> None:
        self.lines[f"{stage} {kind}"] += 1
        if stage == "error":
            self.errors.append(f"{kind} {key}: {value}")
        elif stage == "warning":
            self.rebuilt += 1
        elif stage == "ran":
            self.ran[key] += 1
            if self._has_ended(key):
                self.ran_after_end.append(key)
        elif stage == "try":
            self.tried[kind, key] += 1
            self.values.setdefault((kind, key), []).append(value)
        elif stage == "did":
            self.did[kind, key] += 1
            self.values[kind, key] = [value]

    def _has_ended(self, task: str) -> bool:
        return self.values.get(("task", task), ["accepted"]) not in (["accepted"], [])
