"""A file at which ruff fails, or of which it says too much, costs that file and no other."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from genesis.contracts import TaskResult
from genesis.testing import run_tool
from genesis_engineering import ruff_run

TOOLS = ("risky_calls:find_risky_calls", "dead_code:find_dead_code")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with a risky line and an unused import in one of thirty files."""
    folder = tmp_path / "repository"
    folder.mkdir()
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    for number in range(30):
        (folder / f"plain{number}.py").write_text("x = 1\n")
    (folder / "risky.py").write_text("import os\n\n\ndef f(x):\n    return x is 'a'\n")
    return folder


def run(repository: Path, tool: str) -> TaskResult:
    return run_tool(f"genesis_engineering.{tool}", repository, repository.parent / "attempt")


@pytest.mark.parametrize("tool", TOOLS)
def test_a_file_that_overflows_its_stack_is_named_and_the_rest_is_checked(
    repository: Path, tool: str
) -> None:
    (repository / "deep.py").write_text("x = " + "-" * 19_000 + "1\n")
    result = run(repository, tool)
    assert {f.file for f in result.findings} == {"risky.py"}
    told = [o.what for o in result.omissions if "ruff fails" in o.reason]
    assert told == ["1 Python file: deep.py"]


def test_a_file_of_which_it_says_too_much_is_named(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ruff_run, "_MOST_OUTPUT", 3_000)
    (repository / "noisy.py").write_text("def g(x):\n" + "    x is 'a'\n" * 500)
    result = run(repository, TOOLS[0])
    assert {f.file for f in result.findings} == {"risky.py"}
    assert "1 Python file: noisy.py" in [o.what for o in result.omissions]


def test_a_file_with_a_line_that_no_one_wrote_is_not_parsed(repository: Path) -> None:
    (repository / "data.py").write_text("X = '" + "a" * 20_000 + "'\nimport os\n")
    result = run(repository, TOOLS[1])
    assert {f.file for f in result.findings} == {"risky.py"}
    assert any("very long lines" in omission.reason for omission in result.omissions)
