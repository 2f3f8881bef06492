"""Sessions: what ran, what runs, and how to start, cancel and resume one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

from pydantic import Field, JsonValue
from sqlalchemy import Connection

from genesis.contracts.findings import Finding, Severity
from genesis.contracts.judgements import Judgement
from genesis.contracts.web import AnyEndpoint, Call, Endpoint, NoInput
from genesis.contracts.work import Phase, Status
from genesis.errors import ConflictError, NotFoundError
from genesis.home import is_owner_alive
from genesis.sessions.cancelling import cancel_ownerless
from genesis.sessions.planner import LONGEST_GOAL
from genesis.storage.listing import Listing, as_bool, as_json
from genesis.storage.records import read_judgement, read_session
from genesis.storage.sessions import cancel_tasks, revive
from genesis.storage.work_reads import active_sessions, tasks_of
from genesis.storage.work_tables import SessionRow
from genesis.web.api.fields import (
    RECORD_ID,
    Answer,
    Input,
    Json,
    Line,
    Page,
    PageQuery,
    RecordId,
    RepositoryPath,
)
from genesis.web.api.tasks import TaskDetail
from genesis.web.services import Services

_MOST_FINDINGS = 1000
_REASON = "cancelled over the API; `genesis run --resume {id}` goes on"
_RANKS = [severity.value for severity in Severity]


class Session(Answer):
    """A session. `goal` is what was asked for, `reason` why it ended as it did."""

    id: str
    team_id: str
    goal: str
    status: Status
    phase: Phase
    target_repo: str
    repository_id: str | None
    priority_file: str | None
    branch_name: str | None
    pr_url: str | None
    iteration_count: int
    options: dict[str, JsonValue]
    reason: str
    summary: dict[str, JsonValue]
    cancel_requested: bool
    created_at: str
    started_at: str | None
    completed_at: str | None
    duration_seconds: float | None
    exit_code: int | None


class SessionDetail(Session):
    """A session with its tasks in the order of the plan, and the first 1,000 of its findings.

    They are in the order of every report: that of the `judgement`, whose lists hold 1,000 at most
    too, or the most severe first as long as there is none."""

    tasks: list[TaskDetail]
    findings: list[Finding]
    judgement: Judgement | None


class ActiveSession(Answer):
    """A session that has not ended, as the view `v_active_sessions` has it."""

    id: str
    team_id: str
    team_name: str
    status: Status
    target_repo: str
    branch_name: str | None
    agent_count: int
    task_count: int
    started_at: str | None


class SessionsQuery(PageQuery):
    """Which sessions."""

    status: Status | None = None
    team: RecordId | None = None


class SessionOptions(Input):
    """What a session may be told. `verify_limit_seconds` is the most that running the
    repository's own tests may take."""

    verify_limit_seconds: Annotated[float, Field(ge=1, le=86_400)] | None = None


class NewSession(Input):
    """A session to begin."""

    goal: Annotated[Line, Field(max_length=LONGEST_GOAL)]
    repository: RepositoryPath
    team: RecordId = "engineering"
    options: SessionOptions = SessionOptions()


SESSIONS = Listing(
    SessionRow, tuple(Session.model_fields), newest=True,
    read={"options": as_json, "summary": as_json, "cancel_requested": as_bool},
)  # fmt: skip
ONE = {"id": RECORD_ID}


class SessionRoutes:
    """The endpoints of sessions; what starts and stops is also that of jobs."""

    def __init__(self, services: Services) -> None:
        self._kernel = services.kernel
        self._database = services.kernel.database
        self._wake = services.wake

    def endpoints(self) -> tuple[AnyEndpoint, ...]:
        """All of them."""
        return (
            Endpoint("GET", "/sessions", "List sessions, newest first", self.page, Page[Session],
                     SessionsQuery),
            Endpoint("POST", "/sessions", "Start a session", self.create, Session,
                     body=NewSession, status=201, problems=(404, 409), creates=True,
                     location="/api/sessions/{id}"),
            Endpoint("GET", "/sessions/active", "List sessions that have not ended", self.active,
                     Page[ActiveSession], PageQuery),
            Endpoint("GET", "/sessions/{id}", "Show a session with its tasks and findings",
                     self.show, SessionDetail, problems=(404,), path_patterns=ONE),
            Endpoint("POST", "/sessions/{id}/cancel", "Cancel a session", self.cancel, Session,
                     problems=(404, 409), path_patterns=ONE),
            Endpoint("POST", "/sessions/{id}/resume", "Go on with a cancelled session",
                     self.resume, Session, problems=(404, 409), path_patterns=ONE),
        )  # fmt: skip

    def page(self, call: Call[SessionsQuery, NoInput]) -> object:
        """A page."""
        query = call.query
        return SESSIONS.page(
            self._database, query.limit, query.cursor, status=query.status, team_id=query.team
        )

    def active(self, call: Call[PageQuery, NoInput]) -> object:
        """A page of those that have not ended."""
        return active_sessions(self._database, call.query.limit, call.query.cursor)

    def create(self, call: Call[NoInput, NewSession]) -> object:
        """Write a session that this process takes up."""
        new = call.body
        options = new.options.model_dump(exclude_none=True)
        return self.start(new.goal, new.team, new.repository, options)

    def start(self, goal: str, team: str, repository: str, options: Json) -> Json:
        """The new session of a goal. Raises NotFoundError, ConflictError."""
        session_id, write = self._kernel.prepare_session(goal, team, Path(repository), options)
        self._change(write)
        return self.find(session_id)

    def show(self, call: Call[NoInput, NoInput]) -> object:
        """One with all that it did."""
        session = self.find(call.path["id"])
        tasks = tasks_of(self._database, call.path["id"])
        with self._database.read() as connection:
            judgement = read_judgement(connection, call.path["id"])
        if judgement is None:
            return {**session, "tasks": tasks, "findings": _findings(tasks), "judgement": None}
        cut = _cut(judgement)
        findings = [judged.finding.model_dump(mode="json") for judged in cut.findings]
        shown = {"findings": findings, "judgement": cut.model_dump(mode="json")}
        return {**session, "tasks": tasks, **shown}

    def cancel(self, call: Call[NoInput, NoInput]) -> object:
        """End one; what is finished stays finished."""
        session_id = str(self.find(call.path["id"])["id"])
        with self._database.read() as connection:
            session = read_session(connection, session_id)
        reason = _REASON.replace("{id}", session_id)
        if session.completed_at is not None:
            raise ConflictError(f"{session_id} is {session.status} already.")
        if session.owner is not None and is_owner_alive(self._kernel.home, session.owner):
            self._change(lambda connection: cancel_tasks(connection, session_id, reason))
        else:
            cancel_ownerless(self._database, session_id, reason)
            self._tell()
        return self.find(session_id)

    def resume(self, call: Call[NoInput, NoInput]) -> object:
        """Open a cancelled one again, for this process to take up."""
        session_id = str(self.find(call.path["id"])["id"])

        def operation(connection: Connection) -> None:
            session = read_session(connection, session_id)
            if session.completed_at is None:
                raise ConflictError(f"{session_id} has not ended, so it goes on by itself.")
            if session.status != Status.CANCELLED:
                raise ConflictError(f"{session_id} is {session.status}; nothing is left to do.")
            revive(connection, session_id, None)

        self._change(operation)
        return self.find(session_id)

    def find(self, session_id: str) -> Json:
        """A session by its whole id. Raises NotFoundError."""
        found = SESSIONS.find(self._database, session_id)
        if found is None:
            raise NotFoundError(
                f"There is no session {session_id!r}. `/api/sessions` lists those there are."
            )
        return found

    def _change(self, operation: Callable[[Connection], object]) -> None:
        self._database.writer.write(operation)
        self._tell()

    def _tell(self) -> None:
        self._kernel.delivery.wake()
        self._wake()


def _cut(judgement: Judgement) -> Judgement:
    return judgement.model_copy(
        update={
            name: value[:_MOST_FINDINGS] for name, value in judgement if isinstance(value, tuple)
        }
    )


def _findings(tasks: list[Json]) -> list[JsonValue]:
    results = [task["result"] for task in tasks]
    found = [f for result in results if isinstance(result, dict) for f in _listed(result)]
    return [*sorted(found, key=_rank)[:_MOST_FINDINGS]]


def _listed(result: Json) -> list[Json]:
    findings = result.get("findings")
    return [one for one in findings if isinstance(one, dict)] if isinstance(findings, list) else []


def _rank(finding: Json) -> tuple[int, str, int, str]:
    line = finding["line"]
    return (
        _RANKS.index(str(finding["severity"])),
        str(finding["file"] or ""),
        line if isinstance(line, int) else 0,
        str(finding["rule"]),
    )
