"""Review a repository in a test: with all review tools of the team, or in a real session of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from genesis import read_specialists
from genesis.contracts import Finding, TaskResult
from genesis.testing import run_tool
from genesis_engineering import plugin

_SPECIALISTS = Path(plugin.__file__).parent / "specialists"


@dataclass(frozen=True)
class ReviewedTask:
    """A task as its session stored it; `error` is empty for one that was completed."""

    specialist: str
    status: str
    error: str
    summary: str
    findings: tuple[Finding, ...]


def review_tools() -> list[str]:
    """The functions of all tools that specialists of the team review with, each once."""
    names = [
        use.tool
        for specialist in read_specialists(_SPECIALISTS)
        if "review" in specialist.kinds
        for use in specialist.tools
        if not use.kinds or "review" in use.kinds
    ]
    return [f"genesis_engineering.{plugin._TOOLS[name][0]}" for name in dict.fromkeys(names)]


def run_review(repository: Path, folder: Path) -> dict[str, TaskResult]:
    """What each review tool gives for a repository, by its function; raises what one raises."""
    return {tool: run_tool(tool, repository, folder) for tool in review_tools()}


def command_of(repository: Path, *arguments: str) -> list[str]:
    """The command line of a session whose report is JSON."""
    command = [sys.executable, "-m", "genesis.cli.main", "run", "nightly review"]
    return [*command, "--repo", str(repository), "--format", "json", *arguments]


def environment(folder: Path) -> dict[str, str]:
    """The variables of a command whose home lies in `folder`, with this plugin alone."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("GENESIS_", "GIT_"))}
    home = str(folder / "home")
    return kept | {"GENESIS_PLUGINS": "engineering", "GENESIS_HOME": home, "GENESIS_WORKERS": "2"}


def run_session(
    repository: Path, folder: Path, *arguments: str, seconds: float = 300
) -> list[ReviewedTask]:
    """A real session of the engineering team, in a new home inside of `folder`.

    Raises AssertionError with what was printed when there is no report, subprocess.TimeoutExpired
    when the command does not end within `seconds`.
    """
    done = subprocess.run(
        command_of(repository, *arguments),
        cwd=folder, capture_output=True, text=True, errors="replace", timeout=seconds,
        env=environment(folder),
    )  # fmt: skip
    assert done.stdout, done.stderr
    return [
        ReviewedTask(
            task["specialist"],
            task["status"],
            task["error"] or "",
            task["summary"] or "",
            tuple(Finding.model_validate(finding) for finding in task["findings"]),
        )
        for task in json.loads(done.stdout)["tasks"]
    ]
