"""What the tests of the verification share: small repositories, a run of the tool, its facts."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import cast
from xml.etree import ElementTree

from genesis.contracts import TaskResult
from genesis.testing import run_tool
from pydantic import JsonValue

TOOL = "genesis_engineering.verification:run_tests"
# They take a second to load, and many runs here last less than that.
WITHOUT = " ".join(f"-p no:{name}" for name in ("schemathesis", "anyio", "hypothesispytest"))
OUTCOMES = ("passed", "failed", "errors", "skipped")


def make_repository(folder: Path, *, own: bool = True) -> Path:
    """An empty repository; with `own`, its environment is the one that runs these tests."""
    folder.mkdir()
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    if own:
        (folder / ".venv").symlink_to(sys.prefix)
        (folder / "pytest.ini").write_text(f"[pytest]\naddopts = {WITHOUT}\n")
    return folder


def write(repository: Path, files: dict[str, str]) -> None:
    """Write files, with the folders that they lie in."""
    for name, text in files.items():
        path = repository / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def verify(repository: Path, **params: JsonValue) -> TaskResult:
    """Run the tool; the attempt's folder lies beside the repository."""
    folder = repository.parent / "attempt"
    return run_tool(TOOL, repository, folder, params, kind="verify", time_limit_seconds=100)


def facts(result: TaskResult) -> dict[str, object]:
    """What the tool says of the verification."""
    return cast(dict[str, object], result.facts["verification"])


def suites_of(result: TaskResult) -> list[dict[str, object]]:
    """The facts of each suite."""
    return cast(list[dict[str, object]], facts(result)["suites"])


def counts(result: TaskResult) -> dict[str, object]:
    """How many tests passed, failed, had errors and were skipped."""
    return {name: facts(result)[name] for name in OUTCOMES}


def rules(result: TaskResult) -> list[str]:
    return [finding.rule for finding in result.findings]


def counts_of_pytest(repository: Path) -> dict[str, object]:
    """What pytest's own JUnit report counts, of a run in a copy."""
    copy = repository.parent / "for-pytest"
    subprocess.run(["cp", "-r", str(repository), str(copy)], check=True)
    report = repository.parent / "own.xml"
    subprocess.run(
        [sys.executable, "-m", "pytest", "-q", f"--junitxml={report}", "-p", "no:cacheprovider"],
        cwd=copy, capture_output=True, timeout=100,
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip
    return junit_counts(report)


def junit_counts(report: Path) -> dict[str, object]:
    """Passed, failed, errors and skipped of a JUnit file, by its test cases."""
    found = dict.fromkeys(OUTCOMES, 0)
    tags = {"failure": "failed", "error": "errors", "skipped": "skipped"}
    for case in ElementTree.parse(report).iter("testcase"):
        # node says of a todo that failed both.
        kinds = {tags[inner.tag] for inner in case if inner.tag in tags}
        name = next((kind for kind in ("skipped", "errors", "failed") if kind in kinds), "passed")
        found[name] += 1
    return dict(found)
