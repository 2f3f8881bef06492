"""Paths in documents that lead to no file of the repository."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from genesis.contracts import Finding, Severity

from genesis_engineering.documents.ignored import ignored_paths
from genesis_engineering.documents.mentions import Mention, paths
from genesis_engineering.documents.sources import Document
from genesis_engineering.files import RepositoryFile

_HEDGED = re.compile(
    r"\b(creat\w+|add\w*|new|e\.g|for example|such as|like|generat\w+|will|renam\w+|remov\w+"
    r"|delet\w+|moved|deprecat\w+|no longer|used to|former\w*|previous\w*|was|were|old|legacy|your"
    r"|you|built|output|writ\w+|produc\w+|suppose|imagine|example|planned|future|if|or)\b",
    re.IGNORECASE,
)
_PLACEHOLDER = re.compile(
    r"(^|[/_.-])(foo|bar|baz|example|examples?|my|your|some|new|hello|sample|demo|name|xxx?|dummy"
    r"|path|to|package|module|project|user|username|owner|org|repo)([/_.-]|$)",
    re.IGNORECASE,
)
_MADE_LATER = frozenset(
    {"build", "dist", "_build", "site", "htmlcov", "target", "out", "node_modules", "venv",
     ".venv", "coverage", "tmp", "cache", "data", "logs", "output", "generated"}
)  # fmt: skip


@dataclass(frozen=True)
class _Candidate:
    path: str
    finding: Finding


class StalePaths:
    """Collects the paths that are missing; `finish` drops those that git ignores."""

    def __init__(self, repository: Path, files: list[RepositoryFile]) -> None:
        self._repository = repository
        self._endings = {
            "/".join(parts[start:])
            for file in files
            for parts in [file.path.split("/")]
            for start in range(len(parts))
        }
        self._folders = {
            str(parent) for file in files for parent in PurePosixPath(file.path).parents
        }
        self._candidates: list[_Candidate] = []
        self.checked = 0

    def check(self, document: Document) -> None:
        """Judge every path that a document names."""
        for mention in paths(document.parsed):
            if self._is_of_repository(mention.name):
                self.checked += 1
                if self._is_missing(document, mention.name) and not _is_hedged(document, mention):
                    self._candidates.append(_Candidate(mention.name, _finding(document, mention)))

    def finish(self) -> list[Finding]:
        """The findings about paths that no build makes."""
        ignored = ignored_paths(self._repository, [item.path for item in self._candidates])
        return [item.finding for item in self._candidates if item.path not in ignored]

    def _is_of_repository(self, path: str) -> bool:
        """Whether the path surely means this repository: the folder that it names is there."""
        parts = path.split("/")
        if _PLACEHOLDER.search(path) or not _MADE_LATER.isdisjoint(parts):
            return False
        if "/".join(parts[:-1]) in self._folders:
            return True
        return len(parts) > 3 and "/".join(parts[:2]) in self._folders

    def _is_missing(self, document: Document, path: str) -> bool:
        if path in self._endings or (self._repository / path).exists():
            return False
        return not any((self._repository / base / path).exists() for base in _bases(document))


def _bases(document: Document) -> list[PurePosixPath]:
    return list(PurePosixPath(document.path).parents)


def _is_hedged(document: Document, mention: Mention) -> bool:
    if document.parsed.is_about_the_past(mention.line):
        return True
    return _HEDGED.search(document.parsed.around(mention.line, before=1, after=1)) is not None


def _finding(document: Document, mention: Mention) -> Finding:
    return Finding(
        rule="stale-path",
        severity=Severity.LOW,
        message=f"The document names {mention.name[:500]}, which is not in the repository.",
        file=document.path,
        line=mention.line,
        evidence=mention.source[:500],
        check=f"git ls-files -- {mention.name} prints nothing"[:1000],
    )
