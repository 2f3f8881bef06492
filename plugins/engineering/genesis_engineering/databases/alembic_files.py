"""Revisions of Alembic, read without importing them, and what is wrong with their graph."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from genesis.contracts import Finding, Severity

from genesis_engineering.databases.migrations import REMEMBERED
from genesis_engineering.python_source import PythonSource


@dataclass(frozen=True)
class Revision:
    """One revision; `downs` is None where its predecessors are not written out."""

    source: PythonSource
    id: str
    line: int
    downs: tuple[str, ...] | None
    down_line: int
    has_label: bool

    @property
    def folder(self) -> str:
        return str(PurePosixPath(self.source.path).parent)


def read_revision(source: PythonSource) -> Revision | None:
    """The revision that a file holds: `revision` and `down_revision` at its top level."""
    if "down_revision" not in source.text or source.tree is None:
        return None
    values: dict[str, ast.expr] = {}
    for node in source.tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            values[node.targets[0].id] = node.value
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
            values[node.target.id] = node.value
    named = values.get("revision")
    down = values.get("down_revision")
    if not isinstance(named, ast.Constant) or not isinstance(named.value, str) or down is None:
        return None
    label = values.get("branch_labels")
    has_label = label is not None and not (isinstance(label, ast.Constant) and not label.value)
    return Revision(source, named.value, named.lineno, _downs(down), down.lineno, has_label)


def ages(revisions: Sequence[Revision]) -> dict[str, int]:
    """How many revisions follow each, by id, up to ten: 0 for a head."""
    by_id = {revision.id: revision for revision in revisions}
    level = {revision.id for revision in _heads(revisions)}
    found: dict[str, int] = {}
    for age in range(REMEMBERED):
        found = dict.fromkeys(level, age) | found
        level = {down for one in level if one in by_id for down in by_id[one].downs or ()}
    return found


def check_revisions(revisions: Sequence[Revision]) -> Iterator[Finding]:
    """What Alembic stops at: a predecessor that is nowhere, two heads, an id that is twice."""
    everywhere = {revision.id for revision in revisions}
    folders: defaultdict[str, list[Revision]] = defaultdict(list)
    for revision in revisions:
        folders[revision.folder].append(revision)
    for own in folders.values():
        yield from _missing(own, everywhere)
        yield from _repeated(own)
        yield from _several_heads(own, revisions)


def _downs(node: ast.expr) -> tuple[str, ...] | None:
    if isinstance(node, ast.Constant):
        if node.value is None:
            return ()
        return (node.value,) if isinstance(node.value, str) else None
    if isinstance(node, ast.Tuple | ast.List):
        parts = [_downs(element) for element in node.elts]
        return None if None in parts else tuple(name for part in parts for name in part or ())
    return None


def _missing(own: Iterable[Revision], everywhere: set[str]) -> Iterator[Finding]:
    for revision in own:
        for down in revision.downs or ():
            if down not in everywhere:
                message = (
                    f"The revision {revision.id} follows {down}, which no file defines: Alembic "
                    'stops with "Can\'t locate revision".'
                )
                yield _finding("alembic-missing-revision", message, revision, revision.down_line,
                               f"grep -rn {down!r} {revision.folder}")  # fmt: skip


def _repeated(own: Iterable[Revision]) -> Iterator[Finding]:
    first: dict[str, Revision] = {}
    for revision in own:
        known = first.setdefault(revision.id, revision)
        if known is not revision:
            message = f"The revision {revision.id} is also that of {known.source.path}."
            yield _finding("duplicate-version", message, revision, revision.line,
                           f"grep -rn {revision.id!r} {revision.folder}")  # fmt: skip


def _several_heads(own: Sequence[Revision], revisions: Sequence[Revision]) -> Iterator[Finding]:
    """Two heads of one folder, unless labels say that branches are meant."""
    if any(one.has_label or one.downs is None for one in own):
        return
    heads = [head for head in _heads(revisions) if head.folder == own[0].folder]
    ids = sorted(head.id for head in heads)
    if len(set(ids)) < 2:
        return
    last = max(heads, key=lambda head: head.source.path)
    others = ", ".join(one for one in ids if one != last.id)
    message = (
        f"The revision {last.id} and {others} are heads of one history: `alembic upgrade head` "
        'stops with "Multiple head revisions are present". `alembic merge heads` joins them.'
    )
    yield _finding("alembic-heads", message[:2000], last, last.down_line, "alembic heads")


def _heads(revisions: Iterable[Revision]) -> list[Revision]:
    known = list(revisions)
    followed = {down for revision in known for down in revision.downs or ()}
    return [revision for revision in known if revision.id not in followed]


def _finding(rule: str, message: str, revision: Revision, line: int, check: str) -> Finding:
    source = revision.source
    return Finding(
        rule=rule, severity=Severity.HIGH, message=message, file=source.path, line=line,
        evidence=source.line(line)[:300], check=check[:1000],
    )  # fmt: skip
