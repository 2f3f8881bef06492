"""The composition root: opens a home, loads its plugins, and gives out what works in it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from pydantic import JsonValue
from sqlalchemy import Connection

from genesis.errors import ConflictError, UsageError
from genesis.executors.inline import InlineExecutor
from genesis.executors.process import ProcessExecutor
from genesis.home import Home, OwnerLock, is_owner_alive
from genesis.host.delivery import EventDelivery
from genesis.host.discovery import Candidate, discover
from genesis.host.dispatch import Limits
from genesis.host.host import PluginHost
from genesis.host.loading import StepLimits
from genesis.host.selection import select_by_settings
from genesis.sessions.planner import first_tasks
from genesis.sessions.repository import find_repository
from genesis.sessions.roster import Roster, gather_roster
from genesis.sessions.serving import ServingRunner
from genesis.settings import load_kernel_settings, read_settings_file
from genesis.storage import people, queue, sessions
from genesis.storage.database import Database
from genesis.storage.migrate import KERNEL_REVISIONS, migrate
from genesis.storage.records import SessionRecord, open_sessions, read_session

if TYPE_CHECKING:
    from genesis.minds.store import MindStore


class Kernel:
    """One open home. Use it as a context manager; two can be open in one process."""

    def __init__(
        self,
        home: Home,
        *,
        plugins: str | None = None,
        candidates: list[Candidate] | None = None,
        limits: Limits | None = None,
        step_limits: StepLimits | None = None,
        deliver: bool = True,
    ) -> None:
        """Open the home and start its plugins. `plugins` is the chosen set, `a,b`; `candidates`
        stands in for what is installed. Without `deliver` events stay in the log for another
        process. Raises SettingsError, HomeError, StorageError."""
        self.home = home
        tables = read_settings_file(home.settings_file)
        self.settings = load_kernel_settings(home.settings_file, tables, plugins)
        installed = discover() if candidates is None else candidates
        selection = select_by_settings(installed, self.settings)
        home.prepare()
        with ExitStack() as stack:
            self._lock = OwnerLock(home)
            stack.callback(self._lock.release)
            self.database = Database(home.database, durability=self.settings.durability)
            stack.callback(self.database.close)
            migrate(self.database, "kernel", KERNEL_REVISIONS)
            self.host = PluginHost(
                self.database, tables, home.root / "plugins",
                limits=limits, step_limits=step_limits, minds=lambda: self.minds,
                on_events=self._tell_plugins,
            )  # fmt: skip
            # Plugins may write events while they start; nothing is delivered until then.
            self.delivery = EventDelivery(self.host, self.database)
            stack.callback(self.host.stop)
            self.host.start(selection)
            self.roster: Roster = gather_roster(self.host, home.agents)
            stack.callback(self.delivery.stop)
            if deliver:
                self.delivery.start()
            self._cleanup = stack.pop_all()

    def __enter__(self) -> Kernel:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._cleanup.close()

    def _tell_plugins(self) -> None:
        # By name: the host, which calls it, is there before the delivery.
        self.delivery.wake()

    @cached_property
    def minds(self) -> MindStore:
        """What the minds of this home share: `Mind.load("Atlas", store=kernel.minds)`."""
        # Only a kernel whose minds are asked for imports what they need.
        from genesis.minds.store import MindStore

        store = MindStore(
            self.home, self.database, self.settings, self.host.records,
            on_commit=self.delivery.wake,
        )  # fmt: skip
        self._cleanup.callback(store.close)
        return store

    @property
    def owner(self) -> str:
        """The name under which this process holds sessions and leases."""
        return self._lock.owner

    def create_session(
        self, goal: str, team_id: str, repository: Path, params: Mapping[str, JsonValue]
    ) -> str:
        """Write a new session of this process, ready to run; gives its id. Raises UsageError."""
        session_id, write = self.prepare_session(
            goal, team_id, repository, params, owner=self.owner
        )
        self.database.writer.write(write)
        return session_id

    def prepare_session(
        self,
        goal: str,
        team_id: str,
        repository: Path,
        params: Mapping[str, JsonValue],
        *,
        owner: str | None = None,
    ) -> tuple[str, Callable[[Connection], None]]:
        """The id of a new session, and what writes it in the caller's transaction.

        Without an owner the session is taken up by the next process that looks for work. Raises
        UsageError.
        """
        if not goal.strip():
            raise UsageError('The goal is empty. Say what is to be done, e.g. "nightly review".')
        team = self.roster.team(team_id)
        found = find_repository(repository)
        tasks = first_tasks(self.roster, team_id, goal, params)
        session_id = new_session_id()

        def write(connection: Connection) -> None:
            people.record_team(connection, team, self.roster.members(team_id))
            repository_id = people.record_repository(connection, found.path, team.id, found.origin)
            new = sessions.NewSession(
                id=session_id,
                team=team.id,
                goal=goal,
                repository=str(found.path),
                owner=owner,
                repository_id=repository_id,
                branch=found.branch,
                options=params,
            )
            sessions.create_session(connection, new, tasks)

        return session_id, write

    def interrupted_sessions(self) -> list[SessionRecord]:
        """Open sessions whose process is gone, oldest first."""
        with self.database.read() as connection:
            found = open_sessions(connection)
        return [session for session in found if not self.is_worked_on(session)]

    def is_worked_on(self, session: SessionRecord) -> bool:
        """Whether a living process works on a session, and keeps the leases of its attempts."""
        if session.owner is None or not is_owner_alive(self.home, session.owner):
            return False
        with self.database.read() as connection:
            return not queue.is_overdue(connection, session.id)

    def take_up(self, session_id: str, owner: str | None = None) -> None:
        """Make a session ours that was interrupted or cancelled, or another `owner`'s of this
        process. Raises UsageError otherwise."""
        new_owner = owner or self.owner

        def operation(connection: Connection) -> None:
            # In one transaction, so that of two processes only one takes it up.
            session = read_session(connection, session_id)
            if session.team in self.roster.teams:
                # A plan may name a specialist who has joined since the session began.
                team = self.roster.teams[session.team]
                people.record_team(connection, team, self.roster.members(team.id))
            if session.completed_at is not None and session.status != "cancelled":
                raise ConflictError(f"{session.id} is {session.status}; nothing is left to resume.")
            if session.completed_at is not None:
                sessions.revive(connection, session.id, new_owner)
            elif session.owner != self.owner and self.is_worked_on(session):
                raise ConflictError(f"{session.id} is being worked on by another process.")
            else:
                sessions.take_over(connection, session.id, new_owner)

        self.database.writer.write(operation)

    def runner(
        self, owner: str | None = None, on_end: Callable[[str], None] = lambda _session_id: None
    ) -> ServingRunner:
        """A runner with executors of its own, for the sessions of this process or of an `owner`."""
        wake = threading.Event()

        def notify() -> None:
            wake.set()

        return ServingRunner(
            self.home,
            self.database,
            self.host,
            self.roster,
            owner=owner or self.owner,
            workers=self.settings.workers,
            executors={
                "inline": InlineExecutor(notify),
                "process": ProcessExecutor(notify),
            },
            wake=wake,
            on_commit=self.delivery.wake,
            on_end=on_end,
        )


def new_session_id(now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> str:
    """An id that sorts by time: its four digits count 65,536ths of the second."""
    moment = now()
    return f"session-{moment:%Y%m%dT%H%M%SZ}-{moment.microsecond * 65536 // 1_000_000:04x}"
