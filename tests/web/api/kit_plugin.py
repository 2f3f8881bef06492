"""A throw-away plugin: a team that finds something, a job, and an embedder that knows spelling."""

from __future__ import annotations

from genesis import NoSettings, Plugin, hookspecs, implements
from genesis.contracts import Finding, Specialist, TaskResult, Team, Tool, ToolUse
from genesis.contracts.embedders import Embedder
from genesis.contracts.service import Job
from genesis.testing.embedders import HASHING


def look(context, /):
    """Two findings, the less severe first, and what a model cost."""
    context.log("looked at everything")
    findings = [
        Finding(rule="odd", severity="low", message="odd", file="b.py", line=2),
        Finding(rule="bad", severity="high", message="<b>bad</b>", file="a.py", line=1),
    ]
    facts = {"llm": "small", "input_tokens": 100, "output_tokens": 20, "cost_usd": 0.5}
    return TaskResult(summary="looked", findings=findings, facts=facts)


class KitPlugin(Plugin[NoSettings]):
    @implements(hookspecs.genesis_teams)
    def teams(self):
        return [Team(id="kit", name="Kit", domain="tests")]

    @implements(hookspecs.genesis_tools)
    def tools(self):
        return [Tool(name="look", description="looks", run=f"{__name__}:look")]

    @implements(hookspecs.genesis_specialists)
    def specialists(self):
        use = ToolUse(tool="look")
        return [Specialist(id="looker", team="kit", role="Looks", kinds=("work",), tools=(use,),
                           executor="inline", emoji="L")]  # fmt: skip

    @implements(hookspecs.genesis_jobs)
    def jobs(self):
        return [Job(name="auto-implementation", goal="improve", team="kit", cron="0 23 * * *",
                    description="Improves.", log="auto-compound.log")]  # fmt: skip

    @implements(hookspecs.genesis_embedders)
    def embedders(self) -> list[Embedder]:
        return [HASHING]
