"""More files than anybody writes by hand: a session reads them all, and ends in bounded time."""

from __future__ import annotations

from pathlib import Path

import pytest

from plugins.engineering.tests.hostile import make_ordinary
from plugins.engineering.tests.reviewing import run_session

SUFFIXES = (".py", ".md", ".js", ".txt", ".html", ".css", ".sql", ".yaml", ".json", ".go")
IN_A_FOLDER = 1_000
many = pytest.param(200_000, marks=[pytest.mark.crash, pytest.mark.timeout(900)])


@pytest.mark.parametrize("files", [5_000, many])
def test_a_session_reads_thousands_of_empty_files_and_ends(tmp_path: Path, files: int) -> None:
    repository = make_ordinary(tmp_path / "repository")
    for number in range(files):
        folder = repository / f"d{number // IN_A_FOLDER}"
        if number % IN_A_FOLDER == 0:
            folder.mkdir()
        (folder / f"f{number}{SUFFIXES[number % len(SUFFIXES)]}").touch()
    tasks = run_session(repository, tmp_path, seconds=600)
    assert [(task.specialist, task.error) for task in tasks if task.status != "completed"] == []
    assert f"{files + 1} files" in tasks[0].summary
    assert "unused-import" in {finding.rule for task in tasks for finding in task.findings}
