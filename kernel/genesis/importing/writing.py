"""Write rows of older systems: five hundred in one transaction, each with its note in the ledger.

So a process that is killed at any point and starts again takes every row once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal, TypeAlias

from sqlalchemy import Connection, insert, select
from sqlmodel import SQLModel

from genesis.importing.rows import SourceRow
from genesis.storage.background_tables import BackgroundTaskRow
from genesis.storage.concern_tables import ConcernRow, EnvironmentRow, RelationshipRow
from genesis.storage.events import NewEvent, append_events
from genesis.storage.imported_rows import find_digest, mind_key, note_imported
from genesis.storage.memories import Draft, insert_memories
from genesis.storage.messages import import_messages
from genesis.storage.mind_tables import MindRow
from genesis.storage.statements import Values, table
from genesis.storage.work_tables import AgentRow, RepositoryRow, SessionRow, TaskRow, TeamRow

BATCH = 500
State: TypeAlias = Literal["imported", "present", "skipped"]
Refused: TypeAlias = dict[str, tuple[State, str]]
Insert: TypeAlias = Callable[[Connection, Sequence[SourceRow]], Refused]
"""Writes rows; gives, by source id, what became of each that it did not write, and why."""


@dataclass(frozen=True)
class Outcome:
    """What became of one row; `reason` says why it was skipped."""

    row: SourceRow
    state: State
    reason: str = ""


def write_rows(
    connection: Connection,
    system: str,
    rows: Sequence[SourceRow],
    unknown: Mapping[str, str],
    barred: Mapping[str, str],
) -> list[Outcome]:
    """Write those rows of one kind that are new; one outcome for each, in their order.

    `unknown` says of minds that are not here why they are not; `barred` of others why their rows
    must not be taken although a mind of that GMID is here.
    """
    minds = set(connection.execute(select(table(MindRow).c.gmid)).scalars())
    outcomes: dict[int, Outcome] = {}
    fresh: dict[str, int] = {}
    for place, row in enumerate(rows):
        known = find_digest(connection, system, row.kind, mind_key(row.mind, row.source_id))
        if known is None and row.source_id in fresh:
            known = rows[fresh[row.source_id]].digest
        if known is not None:
            outcomes[place] = _known(row, known)
        elif row.mind is not None and row.mind in barred:
            outcomes[place] = Outcome(row, "skipped", f"its mind: {barred[row.mind]}")
        elif row.mind is not None and row.mind not in minds:
            reason = unknown.get(row.mind, "there is no file of it in minds/")
            outcomes[place] = Outcome(row, "skipped", f"its mind {row.mind} is not here: {reason}")
        else:
            fresh[row.source_id] = place
    new = [rows[place] for place in fresh.values()]
    refused = _INSERTS[rows[0].kind](connection, new) if new else {}
    written = [row for row in new if row.source_id not in refused]
    note_rows(connection, system, written)
    _tell(connection, system, written)
    for source_id, place in fresh.items():
        outcomes[place] = Outcome(rows[place], *refused.get(source_id, ("imported", "")))
    return [outcomes[place] for place in range(len(rows))]


def note_rows(connection: Connection, system: str, rows: Sequence[SourceRow]) -> None:
    """Note rows as taken, in the transaction that writes them."""
    notes: list[Values] = [
        {
            "source": system,
            "kind": row.kind,
            "source_id": mind_key(row.mind, row.source_id),
            "digest": row.digest,
        }
        for row in rows
    ]
    note_imported(connection, notes)


def _known(row: SourceRow, digest: str) -> Outcome:
    if digest and row.digest and digest != row.digest:
        return Outcome(
            row, "skipped",
            "a row of this id was taken before, and this one says something else; what is here "
            "is kept",
        )  # fmt: skip
    return Outcome(row, "present")


def _tell(connection: Connection, system: str, rows: Sequence[SourceRow]) -> None:
    """One event for each mind in a transaction: what reacts to what happens today must not react
    to the past. Messages and memories tell of themselves."""
    if rows and rows[0].kind not in ("message", "memory"):
        events = [
            NewEvent(
                "rows.imported", mind or system, None,
                {"source": system, "kind": rows[0].kind, "count": len(group)},
            )
            for mind, group in _by_mind(rows)
        ]  # fmt: skip
        append_events(connection, events)


def _messages(connection: Connection, rows: Sequence[SourceRow]) -> Refused:
    for _mind, group in _by_mind(rows):
        import_messages(connection, [row.values for row in group])
    return {}


def _memories(connection: Connection, rows: Sequence[SourceRow]) -> Refused:
    refused: Refused = {}
    for mind, group in _by_mind(rows):
        drafts = [Draft(row.values, row.tags, None) for row in group]
        added, _ = insert_memories(connection, mind, drafts, None, given=False)
        names = [str(draft.values["memory_id"]) for draft in drafts]
        refused |= dict.fromkeys(set(names).difference(added), _TAKEN)
    return refused


_TAKEN: tuple[State, str] = (
    "skipped",
    "its id is taken by a row that did not come from there; what is here is kept",
)
_SAME: tuple[State, str] = ("present", "")


def _by_mind(rows: Sequence[SourceRow]) -> Iterator[tuple[str, list[SourceRow]]]:
    """The rows of each mind, in their order."""
    ordered = sorted(rows, key=lambda row: row.mind or "")
    for mind, group in groupby(ordered, key=lambda row: row.mind or ""):
        yield mind, list(group)


def _plainly(
    model: type[SQLModel],
    key: str,
    needs: Mapping[str, type[SQLModel]],
    taken_means: tuple[State, str] = _TAKEN,
) -> Insert:
    """Write rows of a table whose `key` names them; `needs` are columns that refer to others."""
    target = table(model)

    def write(connection: Connection, rows: Sequence[SourceRow]) -> Refused:
        names = [str(row.values[key]) for row in rows]
        taken = set(
            connection.execute(select(target.c[key]).where(target.c[key].in_(names))).scalars()
        )
        refused = {r.source_id: taken_means for r in rows if r.values[key] in taken}
        for column, other in needs.items():
            refused |= _without(connection, rows, column, other)
        values = [dict(row.values) for row in rows if row.source_id not in refused]
        if values:
            connection.execute(insert(target), values)
        return refused

    return write


def _without(
    connection: Connection, rows: Sequence[SourceRow], column: str, model: type[SQLModel]
) -> Refused:
    """The rows that refer to something that is not here."""
    ids = table(model).c.id
    wanted = {str(row.values[column]) for row in rows if row.values[column] is not None}
    there = set(connection.execute(select(ids).where(ids.in_(wanted))).scalars())
    return {
        row.source_id: ("skipped", f"its {column} {row.values[column]!s} is not here")
        for row in rows
        if row.values[column] is not None and row.values[column] not in there
    }


def _relationships(connection: Connection, rows: Sequence[SourceRow]) -> Refused:
    target = table(RelationshipRow)
    minds = {row.mind for row in rows}
    found = connection.execute(
        select(target.c.from_gmid, target.c.to_gmid).where(target.c.from_gmid.in_(minds))
    )
    taken = {f"{one}/{other}" for one, other in found}
    new = [dict(row.values) for row in rows if row.source_id not in taken]
    if new:
        connection.execute(insert(target), new)
    return {row.source_id: _TAKEN for row in rows if row.source_id in taken}


def _named(model: type[SQLModel], key: str, *unique: str) -> Insert:
    """Like `_plainly`, for what has an id that people chose: one that is here already is the same,
    and another one of the same name has its id added to it."""
    target = table(model)
    needs = {"team_id": TeamRow} if "team_id" in target.c else {}
    write = _plainly(model, key, needs, _SAME)
    columns = [target.c[name] for name in unique]

    def rename(connection: Connection, rows: Sequence[SourceRow]) -> Refused:
        taken = {tuple(row) for row in connection.execute(select(*columns))}
        renamed = []
        for row in rows:
            values = dict(row.values)
            place = tuple(values[name] for name in unique)
            if place in taken:
                values["name"] = f"{values['name']!s} ({values[key]!s})"
            taken.add(tuple(values[name] for name in unique))
            renamed.append(SourceRow(row.kind, row.source_id, row.digest, values))
        return write(connection, renamed)

    return rename


def _repositories(connection: Connection, rows: Sequence[SourceRow]) -> Refused:
    """A path that is known is that repository, under whatever id."""
    paths = table(RepositoryRow).c.path
    wanted = [str(row.values["path"]) for row in rows]
    known = set(connection.execute(select(paths).where(paths.in_(wanted))).scalars())
    refused: Refused = {}
    new: list[SourceRow] = []
    for row in rows:
        path = str(row.values["path"])
        if path in known:
            refused[row.source_id] = _SAME
        else:
            known.add(path)
            new.append(row)
    return refused | (_named(RepositoryRow, "id", "name")(connection, new) if new else {})


_INSERTS: dict[str, Insert] = {
    "environment": _plainly(EnvironmentRow, "env_id", {}),
    "relationship": _relationships,
    "message": _messages,
    "memory": _memories,
    "concern": _plainly(ConcernRow, "concern_id", {}),
    "background_task": _plainly(BackgroundTaskRow, "task_id", {}),
    "team": _named(TeamRow, "id", "name"),
    "agent": _named(AgentRow, "id", "team_id", "name"),
    "repository": _repositories,
    "session": _plainly(SessionRow, "id", {"team_id": TeamRow}),
    "task": _plainly(TaskRow, "id", {"session_id": SessionRow, "agent_id": AgentRow}),
}
"""How each kind is written."""
