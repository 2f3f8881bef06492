"""Hostile files: every review tool gives a result, of the ordinary files too, and of no others."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from genesis.contracts import TaskResult

from plugins.engineering.tests.hostile import (
    SECRET,
    SPOILERS,
    git,
    make_ordinary,
    make_outside,
)
from plugins.engineering.tests.reviewing import review_tools, run_review, run_session

DEAD_CODE = "genesis_engineering.dead_code:find_dead_code"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with one defect."""
    return make_ordinary(tmp_path / "repository")


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A folder beside it."""
    return make_outside(tmp_path / "outside")


def places(results: dict[str, TaskResult]) -> set[tuple[str, str | None]]:
    return {(f.rule, f.file) for result in results.values() for f in result.findings}


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.parametrize("spoil", SPOILERS, ids=lambda spoil: spoil.__name__)
def test_every_tool_reviews_what_is_ordinary_and_reads_nothing_outside(
    repository: Path, outside: Path, spoil: Callable[[Path, Path], None]
) -> None:
    spoil(repository, outside)
    before = contents(outside)
    results = run_review(repository, repository.parent / "attempt")
    assert set(results) == set(review_tools())
    assert ("unused-import", "ordinary.py") in places(results)
    assert contents(outside) == before
    shown = "".join(result.model_dump_json() for result in results.values())
    assert SECRET[:8] not in shown
    assert "gone.md" not in shown


def test_what_lies_behind_a_link_is_found_where_it_is_no_link(
    repository: Path, outside: Path
) -> None:
    """The test above can fail: the same files inside are reported."""
    (repository / "inside").mkdir()
    for path in outside.iterdir():
        (repository / "inside" / path.name).write_bytes(path.read_bytes())
    found = places(run_review(repository, repository.parent / "attempt"))
    assert {("github-token", "inside/secret.py"), ("broken-link", "inside/page.md")} <= found


def test_files_that_come_go_and_change_while_they_are_read_cost_nothing_else(
    repository: Path,
) -> None:
    done = threading.Event()
    moving = [repository / f"moving{number}" for number in range(40)]

    def stir() -> None:
        turn = 0
        while not done.is_set():
            turn += 1
            for number, path in enumerate(moving):
                suffix = (".py", ".md", ".js", ".yaml")[number % 4]
                target = path.with_suffix(suffix)
                if (turn + number) % 2:
                    target.write_text("import sys\n# [x](y.md)\n" * (turn % 50))
                else:
                    target.unlink(missing_ok=True)

    thread = threading.Thread(target=stir)
    thread.start()
    try:
        results = [run_review(repository, repository.parent / "attempt") for _ in range(3)]
    finally:
        done.set()
        thread.join()
    for one in results:
        assert ("unused-import", "ordinary.py") in places(one)


def test_a_real_session_over_everything_hostile_at_once_is_completed(
    repository: Path, outside: Path
) -> None:
    for spoil in SPOILERS:
        # Several want the same names; the first one has them.
        part = make_ordinary(repository.parent / "parts" / spoil.__name__)
        spoil(part, outside)
        part.rename(repository / spoil.__name__)
        for name in (".git", "ordinary.py"):
            hidden = repository / spoil.__name__ / name
            if name == ".git":
                hidden.rename(repository.parent / f"{spoil.__name__}.git")
    git(repository, "add", "ordinary.py")
    before = contents(outside)
    tasks = run_session(repository, repository.parent, "--verify-limit", "20", seconds=110)
    reviews = [task for task in tasks if task.specialist != "verification"]
    assert [(task.specialist, task.error) for task in reviews if task.status != "completed"] == []
    imports = {f.file for task in tasks for f in task.findings if f.rule == "unused-import"}
    assert {"ordinary.py", *(f"{spoil.__name__}/ordinary.py" for spoil in SPOILERS)} <= imports
    assert contents(outside) == before
