"""A repository for the tests of the db-architect, and its tools."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

from genesis.contracts import Finding, TaskResult
from genesis.testing import run_tool

_TOOLS = {
    "sql-files": "sql_files:check_sql_files",
    "queries": "queries:check_queries",
    "sqlite-files": "sqlite_files:check_sqlite_files",
}


def make_repository(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """A git repository with these files, not committed."""
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["git", "init", "--quiet", str(folder)], check=True)
    for path, content in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def check(tool: str, repository: Path, seconds: float = 60) -> TaskResult:
    """Run a tool as a real attempt would."""
    run = f"genesis_engineering.databases.{_TOOLS[tool]}"
    return run_tool(run, repository, repository.parent / "work", time_limit_seconds=seconds)


def found(tool: str, folder: Path, files: Mapping[str, str | bytes]) -> list[Finding]:
    """The findings of a tool on these files."""
    return list(check(tool, make_repository(folder / "repository", files)).findings)


def told(findings: list[Finding]) -> list[tuple[str, str, int | None]]:
    """Severity, rule and line of each, in the order of lines."""
    return sorted(
        ((one.severity.value, one.rule, one.line) for one in findings),
        key=lambda item: (item[2] or 0, item[1]),
    )
