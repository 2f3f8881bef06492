"""Repositories for the tests of the infrastructure tools, and what the tools find in them."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

from genesis.contracts import TaskResult
from genesis.testing import run_tool

DEPENDENCIES = "dependencies:check_dependencies"
CI_FILES = "ci_files:check_ci_files"
DOCKERFILES = "dockerfiles:check_dockerfiles"
ALL = (DEPENDENCIES, CI_FILES, DOCKERFILES)


def make_repository(root: Path, files: Mapping[str, str | bytes]) -> Path:
    """A new git repository in `root` with these files in its index."""
    repository = root / "repository"
    repository.mkdir()
    for path, text in files.items():
        (repository / path).parent.mkdir(parents=True, exist_ok=True)
        raw = text if isinstance(text, bytes) else text.encode()
        (repository / path).write_bytes(raw)
    subprocess.run(["git", "init", "-q", str(repository)], check=True)
    subprocess.run(["git", "-C", str(repository), "add", "-A"], check=True)
    return repository


def run(root: Path, tool: str, files: Mapping[str, str | bytes]) -> TaskResult:
    """What a tool gives for a repository of these files."""
    repository = make_repository(root, files)
    return run_tool(f"genesis_engineering.infrastructure.{tool}", repository, root / "attempt")


def found(root: Path, tool: str, files: Mapping[str, str | bytes]) -> list[tuple[str, str, str]]:
    """(rule, severity, `file:line`) of each finding, by importance."""
    findings = run(root, tool, files).findings
    return [(one.rule, str(one.severity), f"{one.file}:{one.line}") for one in findings]
