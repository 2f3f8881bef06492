"""Look over a repository: what it is made of, without judging it."""

from __future__ import annotations

import re
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from pydantic import JsonValue

from genesis_engineering.files import RepositoryFile, list_files
from genesis_engineering.git import run_git

LANGUAGES = {
    ".py": "Python", ".pyi": "Python", ".js": "JavaScript", ".jsx": "JavaScript",
    ".mjs": "JavaScript", ".cjs": "JavaScript", ".ts": "TypeScript", ".tsx": "TypeScript",
    ".vue": "Vue", ".svelte": "Svelte", ".go": "Go", ".rs": "Rust", ".java": "Java",
    ".kt": "Kotlin", ".c": "C", ".h": "C", ".cc": "C++", ".cpp": "C++", ".hpp": "C++",
    ".cs": "C#", ".rb": "Ruby", ".php": "PHP", ".swift": "Swift", ".sh": "Shell",
    ".sql": "SQL", ".html": "HTML", ".htm": "HTML", ".css": "CSS", ".scss": "CSS",
}  # fmt: skip
PAGE_LANGUAGES = frozenset({"HTML", "CSS", "Vue", "Svelte", "JavaScript", "TypeScript"})
_DOCUMENTS = frozenset({".md", ".rst", ".adoc", ".markdown"})
_MANIFESTS = frozenset(
    {"pyproject.toml", "setup.py", "setup.cfg", "requirements.txt", "Pipfile", "package.json",
     "go.mod", "Cargo.toml", "pom.xml", "build.gradle", "Gemfile", "composer.json", "Makefile",
     "Dockerfile", "docker-compose.yml", "compose.yaml", "tox.ini", "noxfile.py"}
)  # fmt: skip
# The same for another stage or another machine: `Dockerfile.dev`, `requirements-test.txt`.
_MANIFEST_NAMES = re.compile(
    r"([\w.-]*[.-])?(dockerfile|containerfile)([.-][\w.-]+)?|[\w-]*requirements[\w.-]*\.(txt|in)"
    r"|(docker-)?compose([.-][\w.-]+)?\.ya?ml",
    re.IGNORECASE,
)
_CI = (".github/workflows/", ".gitlab-ci.yml", ".circleci/", "azure-pipelines.yml", "Jenkinsfile")
_DATABASE_SUFFIXES = frozenset({".sql", ".db", ".sqlite", ".sqlite3", ".db3"})
_MIGRATIONS = ("migrations/", "db/migrate/", "alembic/versions/")
_COUNT_SECONDS = 5.0


@dataclass
class Survey:
    """What a repository holds: paths are relative to it, sizes are in bytes.

    `lines` is per language and without binary, generated and very large files; it stops after
    five seconds, then `lines_complete` is False. `last_commit` is empty without commits.
    """

    files: int = 0
    size: int = 0
    languages: Counter[str] = field(default_factory=Counter)
    lines: Counter[str] = field(default_factory=Counter)
    lines_complete: bool = True
    tests: int = 0
    documents: int = 0
    manifests: list[str] = field(default_factory=list)
    database_files: int = 0
    last_commit: str = ""

    @property
    def source_files(self) -> int:
        """Files in a programming language, tests included."""
        return sum(count for name, count in self.languages.items() if name not in ("HTML", "CSS"))

    @property
    def page_files(self) -> int:
        """Files that a browser gets, or that become such."""
        return sum(count for name, count in self.languages.items() if name in PAGE_LANGUAGES)

    def as_facts(self) -> dict[str, JsonValue]:
        """As JSON values, languages by their number of files."""
        ranked = self.languages.most_common()
        return {
            "files": self.files,
            "bytes": self.size,
            "languages": {
                name: {"files": count, "lines": self.lines[name]} for name, count in ranked
            },
            "lines_complete": self.lines_complete,
            "source_files": self.source_files,
            "tests": self.tests,
            "documents": self.documents,
            "manifests": list(self.manifests),
            "database_files": self.database_files,
            "last_commit": self.last_commit,
        }


def survey_repository(repository: Path) -> Survey:
    """Count the repository's own files. Raises OSError when git cannot list them."""
    survey = Survey(last_commit=_last_commit(repository))
    until = time.monotonic() + _COUNT_SECONDS
    for file in list_files(repository):
        _count(survey, file)
        language = LANGUAGES.get(file.suffix)
        if language is None:
            continue
        survey.languages[language] += 1
        if time.monotonic() > until:
            survey.lines_complete = False
        else:
            survey.lines[language] += len((file.read_text() or "").splitlines())
    return survey


def _count(survey: Survey, file: RepositoryFile) -> None:
    survey.files += 1
    survey.size += file.size
    survey.tests += file.is_test and file.suffix in LANGUAGES
    survey.documents += file.suffix in _DOCUMENTS
    survey.database_files += file.suffix in _DATABASE_SUFFIXES or any(
        folder in file.path for folder in _MIGRATIONS
    )
    name = PurePosixPath(file.path).name
    is_manifest = name in _MANIFESTS or _MANIFEST_NAMES.fullmatch(name)
    if is_manifest or file.path.startswith(_CI):
        survey.manifests.append(file.path)


def _last_commit(repository: Path) -> str:
    """Short id, day and subject of the last commit; empty when there is none."""
    try:
        answer = run_git(repository, "log", "-1", "--format=%h %cs %s", seconds=30)
    except OSError:
        return ""
    text = answer.stdout.decode("utf-8", errors="replace").strip()
    return text[:200] if answer.returncode == 0 else ""
