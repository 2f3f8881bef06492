"""Findings about migrations that are programs: of Alembic, Django, Rails and JavaScript."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from genesis.contracts import Finding, Severity

from genesis_engineering.databases.alembic_files import (
    Revision,
    ages,
    check_revisions,
    read_revision,
)
from genesis_engineering.databases.alembic_steps import find_alembic_steps
from genesis_engineering.databases.course import Step
from genesis_engineering.databases.django_files import (
    DjangoMigration,
    check_migrations,
    find_labels,
    read_migration,
)
from genesis_engineering.databases.django_steps import find_django_steps
from genesis_engineering.databases.migrations import REMEMBERED, is_announced, series_folder
from genesis_engineering.databases.model import Schema
from genesis_engineering.databases.script_steps import find_script_steps, is_script_migration
from genesis_engineering.databases.step_findings import judge_step
from genesis_engineering.files import RepositoryFile
from genesis_engineering.python_source import PythonSource

_FOLDERS = re.compile(r"(?:^|/)(?:migrations?|versions?|alembic\w*|migrate)(?:/|$)")
_MOVES_DATA = re.compile(
    r"\bRunPython\b|\bop\.bulk_insert\b|\bget_bind\b|\bINSERT\s+INTO\b", re.IGNORECASE
)
_MYSQL = re.compile(r"\bmysql\b", re.IGNORECASE)


@dataclass
class ProgramMigrations:
    """Those of a repository, tests left out."""

    revisions: list[Revision] = field(default_factory=list)
    django: list[DjangoMigration] = field(default_factory=list)
    scripts: dict[str, str] = field(default_factory=dict)

    @property
    def count(self) -> int:
        return len(self.revisions) + len(self.django) + len(self.scripts)


def read_programs(files: Sequence[RepositoryFile]) -> ProgramMigrations:
    """Read what lies in folders of migrations."""
    found = ProgramMigrations()
    own = [file for file in files if not file.is_test]
    apps = [_source(file) for file in own if PurePosixPath(file.path).name == "apps.py"]
    labels = find_labels(apps)
    for file in own:
        if is_script_migration(file.path):
            found.scripts[file.path] = file.read_text() or ""
        elif file.suffix == ".py" and _FOLDERS.search(str(PurePosixPath(file.path).parent)):
            source = _source(file)
            revision = read_revision(source)
            migration = None if revision else read_migration(source, labels)
            if revision is not None:
                found.revisions.append(revision)
            elif migration is not None:
                found.django.append(migration)
    return found


def check_programs(found: ProgramMigrations) -> Iterator[Finding]:
    """The findings about all of them."""
    yield from check_revisions(found.revisions)
    yield from check_migrations(found.django)
    yield from _alembic(found.revisions)
    yield from _django(found.django)
    yield from _scripts(found.scripts)
    yield from _repeated(found.scripts)


def _source(file: RepositoryFile) -> PythonSource:
    return PythonSource(file.path, file.read_any_text() or "")


def _alembic(revisions: Sequence[Revision]) -> Iterator[Finding]:
    age = ages(revisions)
    # There, the column gets the zero of its type: not certain to fail.
    dialect = "mysql" if any(_MYSQL.search(one.source.text) for one in revisions) else ""
    for revision in revisions:
        steps = find_alembic_steps(revision.source, dialect)
        yield from _judge(steps, revision.source, age.get(revision.id, REMEMBERED))


def _django(migrations: Iterable[DjangoMigration]) -> Iterator[Finding]:
    apps: defaultdict[str, list[DjangoMigration]] = defaultdict(list)
    for migration in migrations:
        apps[migration.folder].append(migration)
    for own in apps.values():
        own.sort(key=lambda one: one.name)
        models = Schema()
        for place, migration in enumerate(own):
            steps = list(find_django_steps(migration, models))
            yield from _judge(steps, migration.source, len(own) - 1 - place)


def _judge(steps: Iterable[Step], source: PythonSource, after: int) -> Iterator[Finding]:
    name = PurePosixPath(source.path).stem
    announced = is_announced(name) or _MOVES_DATA.search(source.text) is not None
    for step in steps:
        finding = judge_step(step, source.path, source.text, after=after, is_announced=announced)
        if finding is not None:
            yield finding


def _scripts(scripts: dict[str, str]) -> Iterator[Finding]:
    folders: defaultdict[str, list[str]] = defaultdict(list)
    for path in sorted(scripts, key=_in_order):
        folders[series_folder(PurePosixPath(path).parent)].append(path)
    for own in folders.values():
        for place, path in enumerate(own):
            for step in find_script_steps(path, scripts[path]):
                after = len(own) - 1 - place
                announced = is_announced(PurePosixPath(path).stem)
                finding = judge_step(step, path, scripts[path], after=after, is_announced=announced)
                if finding is not None:
                    yield finding


def _in_order(path: str) -> list[tuple[int, str]]:
    """Sorts paths by the numbers in them."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", path)]


def _repeated(scripts: dict[str, str]) -> Iterator[Finding]:
    """Migrations of Rails with the same number: it refuses all of them."""
    first: dict[tuple[str, str], str] = {}
    for path in sorted(scripts):
        pure = PurePosixPath(path)
        number = re.match(r"\d{3,14}(?=_)", pure.name)
        if pure.suffix != ".rb" or number is None:
            continue
        known = first.setdefault((str(pure.parent), number.group()), path)
        if known != path:
            yield Finding(
                rule="duplicate-version",
                severity=Severity.HIGH,
                message=f"{pure.name} has the version of {PurePosixPath(known).name}: Rails stops "
                "with DuplicateMigrationVersionError.",
                file=path,
                line=1,
                evidence=f"{known}\n{path}"[:300],
                check=f"ls {str(pure.parent)!r} | grep {number.group()}"[:1000],
            )
