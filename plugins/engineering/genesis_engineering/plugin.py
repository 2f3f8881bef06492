"""The plugin: contributes the team, its tools and its specialists. Imports no tool."""

from __future__ import annotations

from pathlib import Path

from genesis import Plugin, hookspecs, implements, read_specialists
from genesis.contracts import Specialist, Team, Tool
from genesis.contracts.reports import Judge, ReportFormat
from genesis.contracts.service import Job
from pydantic import BaseModel, ConfigDict, JsonValue

_TOOLS = {
    "plan-review": ("planning:plan_review", "Survey a repository and plan its review"),
    "run-tests": ("verification.run:run_tests", "Run the repository's own tests"),
    "log-errors": ("log_errors:find_log_errors", "Tracebacks and errors in logs"),
    "log-triage": ("log_triage:triage_logs", "What logs of any size hold, and what is new there"),
    "dead-code": ("dead_code:find_dead_code", "Code that nothing uses"),
    "complexity": ("complexity:find_complexity", "Functions too complex to change safely"),
    "secrets": ("secrets_scan:find_secrets", "Passwords, keys and tokens in files"),
    "risky-calls": ("risky_calls:find_risky_calls", "Calls that are dangerous or surely wrong"),
    "links": ("documents.links:check_links", "Links and anchors of documents"),
    "code-blocks": ("documents.code_blocks:check_code_blocks", "Code blocks that do not parse"),
    "stale-names": ("documents.stale_names:check_stale_names", "Names that the code lost"),
    "markup": ("pages.markup:check_markup", "HTML that browsers repair as its author did not mean"),
    "assets": ("pages.assets:check_assets", "Files that pages and scripts ask for in vain"),
    "styles": ("pages.styles:check_styles", "CSS that browsers ignore"),
    "scripts": ("pages.scripts:check_scripts", "Scripts and JSON that do not parse"),
    "accessibility": ("pages.accessibility:check_accessibility", "What keeps people from a page"),
    "release-kit": ("release.kit:prepare_release", "Changelog, version and gaps of a release"),
    "sql-files": ("databases.sql_files:check_sql_files", "SQL files and migrations"),
    "queries": ("databases.queries:check_queries", "Queries that the tables cannot answer"),
    "sqlite-files": ("databases.sqlite_files:check_sqlite_files", "SQLite files, whole or not"),
    "dependencies": (
        "infrastructure.dependencies:check_dependencies",
        "Packages that are missing, unused, in conflict, outlived or locked otherwise",
    ),
    "ci-files": ("infrastructure.ci_files:check_ci_files", "Workflows that are unsafe or broken"),
    "dockerfiles": (
        "infrastructure.dockerfiles:check_dockerfiles",
        "Dockerfiles and compose files that do not build, or show too much",
    ),
    "team-record": ("team_record:record_team", "Who does what well, and what to train"),
    "learnings": ("learnings:review_learnings", "What earlier sessions have in common"),
    "pattern": ("pattern:find_pattern", "Lines that match a regular expression"),
    "command": ("command:run_command", "A command whose failure is a finding"),
}


class EngineeringSettings(BaseModel):
    """`[plugins.engineering]` in genesis.toml: what suites of tests may do and get.

    `build_environment` allows to install what a suite needs (with pip, cargo or go) into folders of
    the run. `environment` names variables of the user's environment that tests get, too.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    build_environment: bool = False
    environment: tuple[str, ...] = ()


class EngineeringPlugin(Plugin[EngineeringSettings]):
    """The team of ten, its tools, its judge, and the formats of its reports."""

    settings_model = EngineeringSettings

    @implements(hookspecs.genesis_teams)
    def teams(self) -> list[Team]:
        """The engineering team."""
        return [
            Team(
                id="engineering",
                name="Engineering",
                domain="software",
                description="Reviews repositories and runs their tests",
            )
        ]

    @implements(hookspecs.genesis_tools)
    def tools(self) -> list[Tool]:
        """The tools, each by the name of its function."""
        return [
            Tool(name=name, description=description, run=f"genesis_engineering.{function}")
            for name, (function, description) in _TOOLS.items()
        ]

    @implements(hookspecs.genesis_specialists)
    def specialists(self) -> list[Specialist]:
        """The specialists, as their Markdown files describe them."""
        # Tools run in another process, where no plugin is: this is all that they get of ours.
        settings = self.context.settings
        told: dict[str, dict[str, JsonValue]] = {
            "team-record": {"database": str(self.context.database.path)},
            "run-tests": {
                "build_environment": settings.build_environment,
                "environment": list(settings.environment),
            },
        }
        found = read_specialists(Path(__file__).parent / "specialists")
        return [_told(specialist, told) for specialist in found]

    @implements(hookspecs.genesis_report_formats)
    def report_formats(self) -> list[ReportFormat]:
        """The formats for people, code hosts, editors and CI servers."""
        from genesis_engineering.formats import FORMATS

        return list(FORMATS)

    @implements(hookspecs.genesis_judges)
    def judges(self) -> list[Judge]:
        """Who decides which findings stand, in which order, and what is new since last time."""
        from genesis_engineering.judgement import JUDGE

        return [JUDGE]

    @implements(hookspecs.genesis_jobs)
    def jobs(self) -> list[Job]:
        """The nightly pair (what was learned from the day's sessions, then the team's own work),
        and the other ready-made goals of the team."""
        return [
            Job(
                name="learnings-review",
                goal="Learnings review",
                team="engineering",
                cron="30 22 * * *",
                description="What the day's sessions found again and again, what failed, what is "
                "new",
                log="compound-review.log",
                options={"learn": True},
            ),
            Job(
                name="auto-implementation",
                goal="Auto-implementation",
                team="engineering",
                cron="0 23 * * *",
                description="The team's session: reviews the repository and runs its tests; "
                "changes nothing",
                log="auto-compound.log",
            ),
            Job(
                name="nightly-review",
                goal="nightly review",
                team="engineering",
                cron="0 2 * * *",
                description="Reviews the repository and runs its tests: a short list for the "
                "morning",
                log="nightly-review.log",
            ),
            Job(
                name="log-triage",
                goal="log triage",
                team="engineering",
                cron="0 6 * * *",
                description="What the repository's logs hold, how often, and what is new since "
                "yesterday",
                log="log-triage.log",
            ),
            Job(
                name="release-kit",
                goal="release kit",
                team="engineering",
                cron="0 5 * * MON",
                description="What a release would bring now: changelog, version, and what is not "
                "ready",
                log="release-kit.log",
            ),
        ]


def _told(specialist: Specialist, params: dict[str, dict[str, JsonValue]]) -> Specialist:
    """The specialist, whose tools get these parameters, by the names of the tools."""
    tools = tuple(
        use.model_copy(update={"params": params.get(use.tool, {}) | use.params})
        for use in specialist.tools
    )
    return specialist.model_copy(update={"tools": tools})
