"""The plugin: reads the event log into the ledger, and answers what it says."""

from __future__ import annotations

import math
from collections.abc import Iterable
from types import ModuleType
from typing import ClassVar

from genesis import Plugin, PluginContext, implements
from genesis import hookspecs as kernel_hooks
from genesis.contracts import Specialist, Team, Tool
from genesis.contracts.events import Event
from genesis.contracts.plugins import Tables
from genesis.contracts.service import Job, Periodic
from genesis.contracts.web import Endpoints

from genesis_gamification import hookspecs, hr, manual, rederive, verify
from genesis_gamification.ingest import Engine
from genesis_gamification.leaderboards import today
from genesis_gamification.manual import Award, Said
from genesis_gamification.rederive import Change
from genesis_gamification.replay import Replayed, replay
from genesis_gamification.rulesets import load_ruleset
from genesis_gamification.settings import GamificationSettings
from genesis_gamification.snapshots import take_snapshots
from genesis_gamification.tables import OWNED
from genesis_gamification.verify import Report

_HOUR = 3600.0


class GamificationPlugin(Plugin[GamificationSettings]):
    """Experience, levels, streaks and achievements of agents.

    `engine` is what writes the ledger; `problems` are sentences about rules and achievements that
    cannot be used.
    """

    settings_model = GamificationSettings
    own_hooks: ClassVar[ModuleType | type | None] = hookspecs

    def __init__(self, context: PluginContext[GamificationSettings]) -> None:
        super().__init__(context)
        self.engine = Engine(context)
        self.problems: list[str] = []

    @implements(kernel_hooks.genesis_tables)
    def tables(self) -> Iterable[Tables]:
        """The ledger and what is projected from it."""
        return [OWNED]

    async def start(self) -> None:
        """Take the rules in force, and replay what a rule failed on that no longer does."""
        self.read_rules()
        replay(self.engine, self.context)

    @implements(kernel_hooks.genesis_event)
    async def hear(self, event: Event) -> None:
        """Read the log up to this event."""
        if self.engine.hears(event.type):
            self.engine.pull(event.id)

    @implements(kernel_hooks.genesis_endpoints)
    def endpoints(self) -> Iterable[Endpoints]:
        """What the API answers."""
        from genesis_gamification.api import endpoints

        return [endpoints(self)]

    @implements(kernel_hooks.genesis_periodic)
    def periodic(self) -> Iterable[Periodic]:
        """The look at which days, weeks and months are over."""
        run = self.keep_snapshots
        return [Periodic(name="leaderboard-snapshots", every_seconds=_HOUR, run=run)]

    @implements(kernel_hooks.genesis_teams)
    def teams(self) -> Iterable[Team]:
        """The team of the HR agent."""
        return [hr.TEAM]

    @implements(kernel_hooks.genesis_tools)
    def tools(self) -> Iterable[Tool]:
        """What the HR agent works with."""
        return [hr.TOOL]

    @implements(kernel_hooks.genesis_specialists)
    def specialists(self) -> Iterable[Specialist]:
        """The HR agent."""
        return [hr.hr_agent(self.context.database.path)]

    @implements(kernel_hooks.genesis_jobs)
    def jobs(self) -> Iterable[Job]:
        """The weekly review of the agents."""
        return [hr.JOB]

    def keep_snapshots(self) -> None:
        """See `snapshots.take_snapshots`."""
        take_snapshots(self.context, today(self.engine.terms()))

    def catch_up(self) -> int:
        """Read all of the log; gives the id of the last event that was read."""
        return self.engine.pull(seconds=math.inf)

    def award_xp(self, agent_id: str, amount: int, reason: str, key: str, actor: str) -> Award:
        """See `manual.award_xp`."""
        return manual.award_xp(self.engine, self.context, agent_id, amount, reason, key, actor)

    def praise(self, subject: str) -> Said:
        """See `manual.praise`."""
        return manual.praise(self.engine, self.context, subject)

    def merged(self, url: str, session_id: str) -> Said:
        """See `manual.merged`."""
        return manual.merged(self.engine, self.context, url, session_id)

    def verify(self) -> Report:
        """See `verify.verify`."""
        return verify.verify(self.context)

    def repair(self) -> Report:
        """See `verify.repair`; keeps periods that are over anew, too."""
        before = verify.repair(self.engine, self.context)
        if before.snapshots:
            self.keep_snapshots()
        return before

    def rederive(self) -> list[Change]:
        """See `rederive.rederive`."""
        return rederive.rederive(self.engine, self.context)

    def adopt(self, actor: str) -> list[Change]:
        """See `rederive.adopt`."""
        return rederive.adopt(self.engine, self.context, actor)

    def replay(self) -> Replayed:
        """See `replay.replay`."""
        return replay(self.engine, self.context)

    def read_rules(self) -> None:
        """Read settings, files and other plugins' rules again; what differs is in force from the
        next event on. A file with an error leaves in force what was."""
        context = self.context
        live, problems, is_broken = load_ruleset(
            context.settings,
            context.folder,
            context.hooks.collect(hookspecs.gamification_rules),
            context.hooks.collect(hookspecs.gamification_achievements),
        )
        self.problems = problems
        for problem in problems:
            context.logger.warning("%s", problem)
        if self.engine.adopt(live, is_broken=is_broken):
            verify.rewrite(self.engine)
