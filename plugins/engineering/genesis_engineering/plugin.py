"""The plugin: contributes the team, its tools and its specialists. Imports no tool."""

from __future__ import annotations

from pathlib import Path

from genesis import NoSettings, Plugin, hookspecs, implements, read_specialists
from genesis.contracts import Specialist, Team, Tool
from genesis.contracts.reports import ReportFormat
from genesis.contracts.service import Job

_TOOLS = {
    "plan-review": ("planning:plan_review", "Survey a repository and plan its review"),
    "run-tests": ("verification.run:run_tests", "Run the repository's own tests"),
    "log-errors": ("log_errors:find_log_errors", "Tracebacks and errors in logs"),
    "dead-code": ("dead_code:find_dead_code", "Code that nothing uses"),
    "complexity": ("complexity:find_complexity", "Functions too complex to change safely"),
    "secrets": ("secrets_scan:find_secrets", "Passwords, keys and tokens in files"),
    "risky-calls": ("risky_calls:find_risky_calls", "Calls that are dangerous or surely wrong"),
    "links": ("documents.links:check_links", "Links and anchors of documents"),
    "code-blocks": ("documents.code_blocks:check_code_blocks", "Code blocks that do not parse"),
    "stale-names": ("documents.stale_names:check_stale_names", "Names that the code lost"),
    "learnings": ("learnings:review_learnings", "What earlier sessions have in common"),
    "pattern": ("pattern:find_pattern", "Lines that match a regular expression"),
    "command": ("command:run_command", "A command whose failure is a finding"),
}


class EngineeringPlugin(Plugin[NoSettings]):
    """Ten roles are planned for the team; those that exist are here."""

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
        return read_specialists(Path(__file__).parent / "specialists")

    @implements(hookspecs.genesis_report_formats)
    def report_formats(self) -> list[ReportFormat]:
        """The formats for people, code hosts, editors and CI servers."""
        from genesis_engineering.formats import FORMATS

        return list(FORMATS)

    @implements(hookspecs.genesis_jobs)
    def jobs(self) -> list[Job]:
        """The nightly pair: what was learned from the day's sessions, then the team's own work."""
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
        ]
