"""Schedules: sessions that are begun again and again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field, RootModel

from genesis.contracts.service import JOB_NAME
from genesis.contracts.web import AnyEndpoint, Call, Endpoint, NoInput
from genesis.errors import NotFoundError, UsageError
from genesis.scheduling.schedules import (
    add_schedule,
    pause_schedule,
    remove_schedule,
    resume_schedule,
    run_now,
)
from genesis.scheduling.zones import find_zone
from genesis.sessions.planner import LONGEST_GOAL
from genesis.storage.schedules import (
    CatchUp,
    Schedule,
    ScheduleRun,
    list_runs,
    list_schedules,
    read_schedule,
)
from genesis.web.api.fields import (
    Answer,
    Input,
    Limit,
    Line,
    Page,
    PageQuery,
    RecordId,
    RepositoryPath,
)
from genesis.web.api.jobs import JobName
from genesis.web.api.sessions import Session, SessionOptions, SessionRoutes
from genesis.web.services import Services

Cron = Annotated[
    str,
    Field(
        # No pattern can say that ranges are in order, and that a month has such a day.
        max_length=200, json_schema_extra={"format": "cron"},
        description="Minute, hour, day of month, month, day of week, e.g. 30 22 * * *.",
    ),
]  # fmt: skip
Zone = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*$", max_length=64,
        description="An IANA time zone, e.g. Europe/Stockholm; by default this machine's.",
    ),
]  # fmt: skip
_ONE = {"id": JOB_NAME}


class _NewSchedule(Input):
    repository: RepositoryPath
    timezone: Zone | None = None
    catch_up: CatchUp = "once"
    overlap: bool = False
    name: JobName | None = None


class JobSchedule(_NewSchedule):
    """A ready-made job, at its usual time unless `cron` says another one."""

    job: JobName
    cron: Cron | None = None


class GoalSchedule(_NewSchedule):
    """A goal for a team at the times of `cron`."""

    goal: Annotated[Line, Field(max_length=LONGEST_GOAL)]
    cron: Cron
    team: RecordId = "engineering"
    options: SessionOptions = SessionOptions()


class ScheduleBody(RootModel[JobSchedule | GoalSchedule]):
    """A schedule of a job or of a goal."""


class RunPage(Answer):
    """Runs of a schedule, newest first; `next` is the number to read on with, null at the end."""

    items: list[ScheduleRun]
    next: int | None


class RunsQuery(Input):
    """Which runs."""

    limit: Limit = 50
    cursor: Annotated[int, Field(ge=1, le=2**62)] = 2**62


class ScheduleRoutes:
    """The endpoints of schedules."""

    def __init__(self, services: Services, sessions: SessionRoutes) -> None:
        self._kernel = services.kernel
        self._wake = services.wake
        self._sessions = sessions

    def endpoints(self) -> tuple[AnyEndpoint, ...]:
        """All of them."""
        one = "/schedules/{id}"
        return (
            Endpoint("GET", "/schedules", "List schedules", self.page, Page[Schedule], PageQuery),
            Endpoint("POST", "/schedules", "Add a schedule", self.create, Schedule,
                     body=ScheduleBody, status=201, problems=(404, 409), creates=True,
                     location="/api/schedules/{id}"),
            Endpoint("GET", one, "Show a schedule", self.show, Schedule,
                     problems=(404,), path_patterns=_ONE),
            Endpoint("DELETE", one, "Remove a schedule; its sessions stay", self.delete, None,
                     problems=(404,), path_patterns=_ONE),
            Endpoint("POST", f"{one}/run-now", "Begin a session of a schedule now", self.run_now,
                     Session, status=201, problems=(404, 409), creates=True, path_patterns=_ONE,
                     location="/api/sessions/{id}"),
            Endpoint("POST", f"{one}/pause", "Let a schedule rest", self.pause, Schedule,
                     problems=(404,), path_patterns=_ONE),
            Endpoint("POST", f"{one}/resume", "Let a schedule go on", self.resume, Schedule,
                     problems=(404, 409), path_patterns=_ONE),
            Endpoint("GET", f"{one}/runs", "List the runs of a schedule", self.runs, RunPage,
                     RunsQuery, problems=(404,), path_patterns=_ONE),
        )  # fmt: skip

    def page(self, call: Call[PageQuery, NoInput]) -> object:
        """A page, by id."""
        limit = call.query.limit
        found = list_schedules(self._kernel.database, limit + 1, call.query.cursor or "")
        more = len(found) > limit
        return {"items": found[:limit], "next": found[limit - 1].id if more else None}

    def create(self, call: Call[NoInput, ScheduleBody]) -> object:
        """Write one."""
        asked = call.body.root
        values = asked.model_dump(exclude_none=True)
        values["repository"] = Path(asked.repository)
        _check_zone(asked.timezone)
        added = add_schedule(self._kernel, **values)
        self._tell()
        return added

    def show(self, call: Call[NoInput, NoInput]) -> object:
        """One."""
        return read_schedule(self._kernel.database, call.path["id"])

    def delete(self, call: Call[NoInput, NoInput]) -> object:
        """Remove one."""
        remove_schedule(self._kernel.database, call.path["id"])
        self._tell()
        return None

    def run_now(self, call: Call[NoInput, NoInput]) -> object:
        """Begin one out of turn."""
        session_id = run_now(self._kernel, call.path["id"])
        self._wake()
        return self._sessions.find(session_id)

    def pause(self, call: Call[NoInput, NoInput]) -> object:
        """Let one rest."""
        paused = pause_schedule(self._kernel.database, call.path["id"])
        self._tell()
        return paused

    def resume(self, call: Call[NoInput, NoInput]) -> object:
        """Let one go on."""
        resumed = resume_schedule(self._kernel.database, call.path["id"])
        self._tell()
        return resumed

    def runs(self, call: Call[RunsQuery, NoInput]) -> object:
        """A page of runs."""
        database, limit = self._kernel.database, call.query.limit
        read_schedule(database, call.path["id"])
        found = list_runs(database, call.path["id"], limit + 1, call.query.cursor)
        more = len(found) > limit
        return {"items": found[:limit], "next": found[limit - 1].number if more else None}

    def _tell(self) -> None:
        self._kernel.delivery.wake()
        self._wake()


def _check_zone(name: str | None) -> None:
    """Raise NotFoundError for a zone that has the form of one and is none."""
    try:
        find_zone(name or "UTC")
    except UsageError as error:
        raise NotFoundError(str(error)) from None
