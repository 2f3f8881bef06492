"""Jobs: ready-made sessions that plugins contribute, and sessions by the older name."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field, RootModel

from genesis.contracts.service import JOB_NAME, Job
from genesis.contracts.web import AnyEndpoint, Call, Endpoint, NoInput
from genesis.scheduling.jobs import start_job
from genesis.storage.listing import JsonRow
from genesis.web.api.fields import Answer, Input, Page, RepositoryPath, whole
from genesis.web.api.session_logs import LogNames, LogRoutes
from genesis.web.api.sessions import ONE, NewSession, Session, SessionRoutes
from genesis.web.services import Services

JobName = Annotated[str, Field(pattern=JOB_NAME, max_length=64)]
_NIGHTLY = "auto-implementation"


class ReadyJob(Answer):
    """A job, with its usual time as a cron expression."""

    name: str
    description: str
    goal: str
    team: str
    cron: str


class NamedJob(Input):
    """A job by its name, for a repository."""

    name: JobName
    repository: RepositoryPath


class JobStart(RootModel[NamedJob | NewSession]):
    """A job by its name, or a goal for a team."""


class Trigger(Input):
    """A job of the night, now."""

    repository: RepositoryPath
    job: JobName = _NIGHTLY


class JobRoutes:
    """The endpoints of jobs. The id of what runs of a job is that of its session."""

    def __init__(self, services: Services, sessions: SessionRoutes, logs: LogRoutes) -> None:
        self._kernel = services.kernel
        self._wake = services.wake
        self._sessions = sessions
        self._logs = logs

    def endpoints(self) -> tuple[AnyEndpoint, ...]:
        """All of them."""
        return (
            Endpoint("GET", "/jobs", "List ready-made jobs", self.page, Page[ReadyJob]),
            Endpoint("POST", "/jobs/start", "Start a job", self.start, Session,
                     body=JobStart, status=201, problems=(404, 409), creates=True,
                     location="/api/sessions/{id}"),
            Endpoint("POST", "/jobs/{id}/stop", "Cancel the session of a job",
                     self._sessions.cancel, Session, problems=(404, 409), path_patterns=ONE),
            Endpoint("GET", "/jobs/{id}/status", "Show the session of a job", self.status, Session,
                     problems=(404,), path_patterns=ONE),
            Endpoint("GET", "/jobs/{id}/logs", "List the logs of a job", self._logs.names, LogNames,
                     problems=(404,), path_patterns=ONE),
            Endpoint("POST", "/nightly/trigger", "Start a job of the night now", self.trigger,
                     Session, body=Trigger, status=201, problems=(404, 409), creates=True,
                     location="/api/sessions/{id}"),
        )  # fmt: skip

    def page(self, _call: Call[NoInput, NoInput]) -> object:
        """All of them; they are few."""
        return whole([_ready(job) for job in self._kernel.host.records(Job)])

    def start(self, call: Call[NoInput, JobStart]) -> object:
        """Begin a session of a job or of a goal."""
        asked = call.body.root
        if isinstance(asked, NamedJob):
            return self._start(asked.name, asked.repository)
        options = asked.options.model_dump(exclude_none=True)
        return self._sessions.start(asked.goal, asked.team, asked.repository, options)

    def trigger(self, call: Call[NoInput, Trigger]) -> object:
        """Begin a session of a job."""
        return self._start(call.body.job, call.body.repository)

    def status(self, call: Call[NoInput, NoInput]) -> object:
        """How a session stands."""
        return self._sessions.find(call.path["id"])

    def _start(self, name: str, repository: str) -> JsonRow:
        session_id = start_job(self._kernel, name, Path(repository))
        self._wake()
        return self._sessions.find(session_id)


def _ready(job: Job) -> JsonRow:
    return {
        "name": job.name, "description": job.description, "goal": job.goal, "team": job.team,
        "cron": job.cron,
    }  # fmt: skip
