"""Which documents of a repository are read, and reading them within the time of the task."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath

from genesis.contracts import Omission, ToolContext

from genesis_engineering.documents.markdown import parse_markdown
from genesis_engineering.documents.records import ParsedDocument
from genesis_engineering.documents.restructured import parse_restructured
from genesis_engineering.files import LONGEST_LINE, RepositoryFile, has_long_line

MARKDOWN = frozenset({".md", ".markdown"})
_RESTRUCTURED = frozenset({".rst"})
_TEMPLATE = re.compile(
    r"[{}$<>%]|cookiecutter|(^|/)(issue_template|pull_request_template)", re.IGNORECASE
)
_HISTORY = re.compile(
    r"change(s|log)?|history|news|releases?|release[-_ ]?notes|migrat\w*|upgrad\w*|whats[-_]?new"
    r"|breaking[-_ ]changes|deprecat\w+|archived?|v?\d+([._]\d+)+",
    re.IGNORECASE,
)
_PLAN = re.compile(
    r"plans?|proposals?|rfcs?|adrs?|decisions?|roadmap|todo|designs?|specs?|drafts?|ideas?",
    re.IGNORECASE,
)
_CREDITS = re.compile(
    r"authors?|contributors?|credits|thanks|acknowledge?ments?|copyright|hall[-_ ]of[-_ ]fame",
    re.IGNORECASE,
)
# What authors say at the top of a text that does not tell the present state.
_UNFINISHED = re.compile(r"\bwork[- ]in[- ]progress\b|\bout of date\b|\boutdated\b", re.IGNORECASE)
_HEAD_LINES = 12
_NOT_FOR_READERS = frozenset(
    {"test", "tests", "testdata", "fixtures", "__tests__", "__snapshots__", "_sources"}
)
_RESERVE_SECONDS = 1.0


@dataclass(frozen=True)
class Document:
    """A file of documentation together with what is in it."""

    file: RepositoryFile
    parsed: ParsedDocument

    @property
    def path(self) -> str:
        return self.file.path

    @property
    def folder(self) -> PurePosixPath:
        """The folder of the document, relative to the repository."""
        return PurePosixPath(self.file.path).parent

    @property
    def is_markdown(self) -> bool:
        return self.file.suffix in MARKDOWN

    @property
    def is_history(self) -> bool:
        """Whether it names removed things on purpose: a changelog, a guide to migrate."""
        return _any_part(self.path, _HISTORY)

    @property
    def is_credits(self) -> bool:
        """Whether it says who did what, by the names that things had then."""
        return bool(_CREDITS.fullmatch(PurePosixPath(self.path).stem))

    @property
    def is_plan(self) -> bool:
        """Whether it names things that may not exist yet."""
        return _any_part(self.path, _PLAN) or bool(
            _UNFINISHED.search("\n".join(self.parsed.lines[:_HEAD_LINES]))
        )


class DocumentReader:
    """Iterates over the documents until the time is nearly up; `omissions` says what is left."""

    def __init__(self, context: ToolContext, files: Iterable[RepositoryFile]) -> None:
        self._context = context
        self._files = [file for file in files if is_document(file)]
        self.read = 0
        self.omissions: list[Omission] = []

    @property
    def total(self) -> int:
        return len(self._files)

    def __iter__(self) -> Iterator[Document]:
        for index, file in enumerate(self._files):
            if self._context.seconds_left < _RESERVE_SECONDS:
                self._leave_out(self._files[index:])
                return
            if index % 20 == 0:
                self._context.progress(index / len(self._files), file.path)
            document = read_document(file)
            if document is not None:
                self.read += 1
                yield document

    def _leave_out(self, files: list[RepositoryFile]) -> None:
        what = f"{len(files)} of {self.total} documents, from {files[0].path} on"
        self.omissions.append(Omission(what=what[:500], reason="the time of the task was up"))


def is_document(file: RepositoryFile) -> bool:
    """Whether a file is a document for readers: no test data, no template of another document."""
    if file.suffix not in MARKDOWN | _RESTRUCTURED or _TEMPLATE.search(file.path):
        return False
    # `RepositoryFile.is_test` would take docs/testing/ and docs/spec/ for tests.
    return _NOT_FOR_READERS.isdisjoint(PurePosixPath(file.path.lower()).parts[:-1])


def read_document(file: RepositoryFile) -> Document | None:
    """The parsed document, or None where the file has no text."""
    try:
        status = file.absolute.stat()
    except OSError:
        return None
    parsed = _parse(file.absolute, file.suffix, status.st_mtime_ns, status.st_size)
    return Document(file, parsed) if parsed else None


@lru_cache(maxsize=4000)
def _parse(absolute: Path, suffix: str, _modified: int, size: int) -> ParsedDocument | None:
    # Cached because the tools of one attempt read the same documents one after another.
    text = RepositoryFile(absolute.name, absolute, size).read_text()
    if text is None:
        return None
    if has_long_line(text):
        # An embedded picture, most often; the lines keep their numbers.
        text = "\n".join("" if len(line) > LONGEST_LINE else line for line in text.split("\n"))
    return parse_markdown(text) if suffix in MARKDOWN else parse_restructured(text)


def _any_part(path: str, pattern: re.Pattern[str]) -> bool:
    *folders, name = PurePosixPath(path).parts
    stem = name.split(".")[0] if not name[:1].isdigit() else PurePosixPath(name).stem
    words = [stem, *re.split(r"[-_ ]", stem), *folders]
    return any(pattern.fullmatch(word) for word in words)
