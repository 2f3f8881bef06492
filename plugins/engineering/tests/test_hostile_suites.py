"""Hostile test suites: whatever they do to their process, a session ends and harms nothing."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from plugins.engineering.tests.hostile import git, make_ordinary, make_outside
from plugins.engineering.tests.reviewing import run_session

DELETES = """
import pathlib, shutil
here = pathlib.Path(__file__).resolve().parent
shutil.rmtree(here.parent, ignore_errors=True)
shutil.rmtree(here, ignore_errors=True)
"""
CONFTESTS = {
    "deletes its parent folder": DELETES,
    "kills its parent": "import os\nos.kill(os.getppid(), 9)\n",
    "kills its group": "import os\nos.killpg(0, 9)\n",
    "ends the interpreter with success": "import os\nos._exit(0)\n",
}


def suite(folder: Path, conftest: str) -> Path:
    """A repository with a suite of one test whose conftest does as given; beside it, a folder."""
    repository = make_ordinary(folder / "beside" / "repository")
    make_outside(folder / "beside" / "outside")
    (repository / "tests").mkdir()
    (repository / "tests" / "conftest.py").write_text(conftest)
    (repository / "tests" / "test_it.py").write_text("def test_it():\n    assert True\n")
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "--message=a suite")
    (repository / ".venv").symlink_to(sys.prefix)
    (repository / ".git" / "info" / "exclude").write_text(".venv\n")
    return repository


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in files
        if ".git" not in path.parts and ".venv" not in path.parts
    }


@pytest.mark.parametrize("name", list(CONFTESTS))
def test_a_session_ends_its_other_findings_are_there_and_nothing_is_harmed(
    tmp_path: Path, name: str
) -> None:
    repository = suite(tmp_path, CONFTESTS[name])
    before = contents(tmp_path / "beside")
    assert any(path.endswith("tests/conftest.py") for path in before)
    tasks = run_session(repository, tmp_path, "--verify-limit", "20", seconds=100)
    assert contents(tmp_path / "beside") == before
    assert "unused-import" in {f.rule for task in tasks for f in task.findings}
    by_specialist = {task.specialist: task for task in tasks}
    unfinished = {
        task.specialist: task.status
        for task in tasks
        if task.status != "completed" and task.specialist != "verification"
    }
    assert unfinished == {}
    verified = by_specialist["verification"]
    assert verified.status in ("completed", "failed", "blocked")
    # A test may have ended before the process died; that the suite passed must never be said.
    assert not verified.summary.startswith("Tests passed")


def test_a_suite_that_does_no_harm_passes(tmp_path: Path) -> None:
    """What the test above must never say is what is said here."""
    tasks = run_session(suite(tmp_path, ""), tmp_path, "--verify-limit", "20", seconds=100)
    (verified,) = (task for task in tasks if task.specialist == "verification")
    assert verified.summary.startswith("Tests passed")
