"""How a suite is run: the record that each runner's module makes, and where it is run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from genesis.errors import GenesisError

from genesis_engineering.verification.suites import Suite


class CannotRunError(GenesisError):
    """What a suite needs is not on this machine; the message says what, and what to do."""


@dataclass(frozen=True)
class Stage:
    """Where suites are run. `copy` is the copy of `repository` in which they run, `folder` the
    attempt's, `temporary` what goes away afterwards.

    `build` allows to install what a suite needs, below `temporary`; `pass_on` names variables of
    the user's environment that the suite gets. All folders are absolute.
    """

    repository: Path
    copy: Path
    folder: Path
    temporary: Path
    build: bool = False
    pass_on: tuple[str, ...] = ()

    def place(self, suite: Suite) -> Path:
        """The suite's folder in the copy."""
        return self.copy / suite.folder


class Translator(Protocol):
    """Reads what a runner prints, and emits the events that a recorder would write."""

    def feed(self, chunk: bytes) -> None:
        """Take what was printed next; a chunk may end anywhere."""

    def close(self, exit_code: int | None) -> None:
        """The program has ended; None when it was stopped or nobody knows how."""


Emit = Callable[[dict[str, object]], None]


@dataclass(frozen=True)
class Launch:
    """How to run a suite, and parts of it. Ids are those of the records.

    `program` is what runs it, as a reader knows it (`.venv/bin/python`, `node`), with its version
    and the reason why that one. `alone` gives the command for one test, `reversed` that for
    these tests alone in reverse order, `shuffled` that for all of them in any other order (None
    when the runner has no such way), `covered` that
    which also measures coverage, into a file. `check` gives the shell line that runs one test, from
    the repository. `lacking` are distributions that the project declares for its tests and the
    environment does not have; `is_own`: what runs it was made for this repository. `translate`
    makes the translator of a runner that has no recorder.
    """

    command: list[str]
    folder: Path
    environment: dict[str, str]
    program: str
    version: str
    reason: str
    check: Callable[[str], str]
    alone: Callable[[str], list[str]]
    reversed: Callable[[Sequence[str]], list[str]] | None = None
    shuffled: list[str] | None = None
    translate: Callable[[Emit], Translator] | None = None
    covered: Callable[[Path], list[str] | None] = lambda _file: None
    installed_copy: str = ""
    lacking: tuple[str, ...] = ()
    is_own: bool = True
