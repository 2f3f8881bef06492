"""The HR agent: who evaluates the agents, with what, and when."""

from __future__ import annotations

from pathlib import Path

from genesis import read_specialist
from genesis.contracts import Specialist, Team, Tool, ToolUse
from genesis.contracts.service import Job

_FILE = Path(__file__).parent / "specialists" / "hr-agent.md"

TEAM = Team(
    id="system",
    name="System",
    domain="agents",
    description="Looks after the other agents",
)
TOOL = Tool(
    name="agent-review",
    description="Evaluates every agent by its record",
    run="genesis_gamification.reviewing:review_agents",
)
JOB = Job(
    name="hr-review",
    goal="Review the agents",
    team=TEAM.id,
    cron="0 9 * * 1",
    description="Every agent's strengths, weak kinds of task and trend, and what a person should "
    "look into; changes nothing",
    log="hr-review.log",
)


def hr_agent(database: Path) -> Specialist:
    """The specialist. Its tool works in another process and is told where the database is."""
    use = ToolUse(tool=TOOL.name, params={"database": str(database)})
    return read_specialist(_FILE).model_copy(update={"tools": (use,)})
