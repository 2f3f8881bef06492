"""A team of two in a database, and short names for what a runner does to its sessions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from genesis.contracts.specialists import Specialist, Team, ToolUse
from genesis.contracts.work import Phase, PlannedTask, Status
from genesis.storage import people, sessions
from genesis.storage.database import Database
from genesis.storage.records import SessionRecord, TaskRecord, read_session, read_tasks
from genesis.storage.tasks import ClaimedTask, Ending, EndStatus, NewTask, claim_tasks
from sqlalchemy import Connection, text

T = TypeVar("T")
TEAM = Team(id="probe", name="Probe", domain="tests")


def planned(
    key: str, *depends_on: str, specialist: str = "alpha", phase: Phase = Phase.RUN
) -> NewTask:
    """A task of a plan."""
    task = PlannedTask(
        key=key, kind="work", description=key, depends_on=depends_on,
        verifies=phase == Phase.VERIFY,
    )  # fmt: skip
    return NewTask(task, specialist, phase)


def specialist(name: str) -> Specialist:
    """A member of the team."""
    tools = (ToolUse(tool="act"),)
    return Specialist(id=name, team="probe", role="Tests", kinds=("work",), tools=tools)


class Work:
    """What is done to sessions, as one process after another would."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.members = [specialist("alpha"), specialist("beta")]
        self.write(lambda c: people.record_team(c, TEAM, self.members))
        self.repository = self.write(
            lambda c: people.record_repository(c, Path("/somewhere/probe"), "probe", None)
        )

    def write(self, operation: Callable[[Connection], T]) -> T:
        return self.database.writer.write(operation)

    def session(self, session_id: str, *tasks: NewTask, owner: str = "me") -> None:
        new = sessions.NewSession(
            id=session_id, team="probe", goal="a goal", repository="/somewhere/probe",
            owner=owner, repository_id=self.repository,
        )  # fmt: skip
        self.write(lambda c: sessions.create_session(c, new, tasks))

    def open_gates(self, session_id: str) -> None:
        self.write(lambda c: sessions.open_gates(c, session_id))

    def claim(self, session_id: str, at_most: int = 9, owner: str = "me") -> list[ClaimedTask]:
        return self.write(lambda c: claim_tasks(c, session_id, owner, at_most))

    def end(
        self,
        task: ClaimedTask,
        status: EndStatus = Status.COMPLETED,
        *,
        seconds: float = 1.0,
        plan: list[NewTask] | None = None,
    ) -> None:
        ending = Ending(task, status, seconds)
        plans = {} if plan is None else {task.lease.item: plan}
        self.write(lambda c: sessions.settle(c, [ending], plans))

    def run_all(self, session_id: str, failing: tuple[str, ...] = ()) -> list[str]:
        """Claim and end one task after another; gives their keys in that order."""
        done = []
        while claimed := self.claim(session_id, 1):
            (task,) = claimed
            done.append(task.key)
            self.end(task, Status.FAILED if task.key in failing else Status.COMPLETED)
        return done

    def read(self, session_id: str) -> SessionRecord:
        with self.database.read() as connection:
            return read_session(connection, session_id)

    def tasks(self, session_id: str) -> dict[str, TaskRecord]:
        with self.database.read() as connection:
            return {task.key: task for task in read_tasks(connection, session_id)}

    def statuses(self, session_id: str) -> dict[str, str]:
        return {key: task.status.value for key, task in self.tasks(session_id).items()}

    def count(self, query: str) -> int:
        with self.database.read() as connection:
            return int(connection.execute(text(query)).scalar_one())

    def events(self, kind: str) -> list[str]:
        """The subjects of the events of one kind, in order."""
        query = text("SELECT subject FROM events WHERE type = :kind ORDER BY id")
        with self.database.read() as connection:
            return list(connection.execute(query, {"kind": kind}).scalars())
