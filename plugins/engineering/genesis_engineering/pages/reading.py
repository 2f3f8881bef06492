"""Goes through the files of one kind within the attempt's time, and sums up what was found."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import PurePosixPath

from genesis.contracts import Artifact, Finding, Omission, TaskResult, ToolContext

from genesis_engineering.files import MAX_BYTES, RepositoryFile, list_files
from genesis_engineering.pages.page import Page, is_page, read_page
from genesis_engineering.reporting import (
    MOST_OF_A_RULE,
    by_importance,
    count_by_rule,
    count_of,
    limit_per_rule,
)

_MARGIN_SECONDS = 10.0
_MOST_ALIKE = 5
_TESTS = frozenset({"test", "tests", "qunit", "spec", "mock", "fixture"})
_TESTS_OF = re.compile(r"(?<!^ab)[-_]tests$")
_DELIBERATE = frozenset(
    {".github", "corpus", "wpt", "mocks", "__mocks__", "snapshots", "__snapshots__", "cypress",
     "e2e", "qa", "cookiecutter", "test-cases", "testcases", "test_data", "test-data"}
)  # fmt: skip


class FileReader:
    """Gives files one by one while there is time, and counts those that it gave.

    `omissions` tells what it left out. Tests and their data are left out without a word: what is
    wrong there is mostly wrong on purpose.
    """

    def __init__(
        self,
        context: ToolContext,
        wanted: Callable[[RepositoryFile], bool],
        files: Sequence[RepositoryFile] | None = None,
    ) -> None:
        self._context = context
        self.all = list_files(context.repository) if files is None else files
        self._files = [file for file in self.all if wanted(file) and not is_deliberate(file)]
        self.read = 0
        self.omissions: list[Omission] = []

    def files(self) -> Iterator[RepositoryFile]:
        """Each file that is not too large."""
        large = sum(file.size > MAX_BYTES for file in self._files)
        if large:
            self.omissions.append(
                Omission(what=count_of(large, "file"), reason="larger than 1 MB, not read")
            )
        for index, file in enumerate(self._files):
            if self._context.seconds_left < _MARGIN_SECONDS:
                left = count_of(len(self._files) - index, "file")
                self.omissions.append(Omission(what=left, reason="no time was left to read them"))
                return
            if index % 20 == 0:
                self._context.progress(index / len(self._files), f"reading {file.path}")
            if file.size <= MAX_BYTES:
                self.read += 1
                yield file

    def pages(self) -> Iterator[Page]:
        """The pages among the files."""
        for file in self.files():
            page = read_page(file)
            if page is None:
                self.read -= 1
            else:
                yield page


def read_pages(context: ToolContext) -> FileReader:
    """A reader of the repository's pages and templates."""
    return FileReader(context, is_page)


def is_deliberate(file: RepositoryFile) -> bool:
    """Whether a file is a test, data of one, or a template that still has to be filled in."""
    pure = PurePosixPath(file.path)
    words = set(re.split(r"[-_.]", pure.stem.lower()))
    parts = pure.parts[:-1]
    named = bool(words & _TESTS) or "{{" in file.path
    folders = [part.lower() for part in parts]
    is_below = any(one in _DELIBERATE or _TESTS_OF.search(one) for one in folders)
    return file.is_test or named or is_below


def sum_up(
    name: str,
    reader: FileReader,
    findings: Sequence[Finding],
    noun: str,
    *,
    omissions: Sequence[Omission] = (),
    artifacts: Sequence[Artifact] = (),
) -> TaskResult:
    """The result of a tool, with one of many findings that are alike in a file."""
    if not reader.read:
        return TaskResult(
            summary=f"{name}: there is no {noun} to look at.",
            omissions=(*reader.omissions, *omissions),
        )
    findings = _gather(_once(findings))
    kept, more = limit_per_rule(by_importance(findings), MOST_OF_A_RULE)
    found = f"{name}: {count_of(len(findings), 'finding')} in {count_of(reader.read, noun)}"
    return TaskResult(
        summary=(f"{found}, {more}." if more else f"{found}.")[:2000],
        findings=kept,
        omissions=(*reader.omissions, *omissions),
        artifacts=tuple(artifacts),
        facts={name: {"files": reader.read, "rules": dict(count_by_rule(findings))}},
    )


def _gather(findings: Sequence[Finding]) -> list[Finding]:
    """Where a file has more than five of a rule, only the first, which says how many there are."""
    grouped: dict[tuple[str, str | None], list[Finding]] = {}
    for one in sorted(findings, key=lambda one: (one.severity.rank, one.line or 0)):
        grouped.setdefault((one.rule, one.file), []).append(one)
    gathered = []
    for alike in grouped.values():
        if len(alike) <= _MOST_ALIKE:
            gathered += alike
            continue
        message = f"{alike[0].message} The file has {len(alike)} of this kind; this is the first."
        gathered.append(alike[0].model_copy(update={"message": message[:2000]}))
    return gathered


def _once(findings: Sequence[Finding]) -> list[Finding]:
    """One finding per rule, file and line: what a line has twice is mended at once."""
    return list({(one.rule, one.file, one.line): one for one in reversed(findings)}.values())
