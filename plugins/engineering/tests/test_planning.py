"""The plan of a review follows from what the repository holds and who is there."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import cast

import pytest
from genesis.contracts import SessionPlan, TaskResult
from genesis.errors import PluginError
from genesis.testing import run_tool
from pydantic import JsonValue

TEAM: list[JsonValue] = [
    {"id": "orchestrator", "kinds": ["plan"], "role": "plans"},
    {"id": "backend", "kinds": ["review"], "role": "server"},
    {"id": "docs-expert", "kinds": ["review"], "role": "documents"},
    {"id": "db-architect", "kinds": ["review"], "role": "schema"},
    {"id": "verification", "kinds": ["verify"], "role": "tests"},
    {"id": "poet", "kinds": ["review"], "role": "Finds ugly names"},
]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository without commits."""
    folder = tmp_path / "repository"
    folder.mkdir()
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    return folder


def plan(repository: Path, **params: JsonValue) -> tuple[TaskResult, SessionPlan]:
    folder = repository.parent / "attempt"
    given: dict[str, JsonValue] = {"roster": TEAM, **params}
    result = run_tool("genesis_engineering.planning:plan_review", repository, folder, given)
    assert result.plan is not None
    return result, result.plan


def survey(result: TaskResult) -> dict[str, object]:
    return cast(dict[str, object], result.facts["survey"])


def test_each_specialist_with_something_to_look_at_gets_one_task(repository: Path) -> None:
    (repository / "thing.py").write_text("x = 1\ny = 2\n")
    (repository / "README.md").write_text("# Thing\n")
    result, made = plan(repository)
    assert [task.specialist for task in made.tasks] == [
        "backend", "poet", "docs-expert", "verification",
    ]  # fmt: skip
    assert len({task.key for task in made.tasks}) == 4
    described = {task.specialist: task.description for task in made.tasks}
    assert "links, anchors and code blocks of 1 document." in described["docs-expert"]
    assert "Finds ugly names" in described["poet"]
    assert "The goal: a test" in described["backend"]
    assert survey(result)["languages"] == {"Python": {"files": 1, "lines": 2}}


def test_who_has_nothing_to_look_at_is_left_out_openly(repository: Path) -> None:
    (repository / "notes.txt").write_text("hello\n")
    result, made = plan(repository)
    assert [task.specialist for task in made.tasks] == ["poet", "verification"]
    left_out = {omission.what: omission.reason for omission in result.omissions}
    assert left_out["a review by docs-expert"] == "the repository has no documents"
    assert left_out["a review by backend"] == "the repository has no source files"
    assert "the repository has no documents" in made.reason


def test_the_one_who_verifies_comes_last_with_a_limit_and_time_to_report(repository: Path) -> None:
    (repository / "test_a.py").write_text("def test_a(): pass\n")
    _, made = plan(repository, verify_limit_seconds=120, logs=["logs/a.log"])
    last = made.tasks[-1]
    assert last.verifies
    assert last.params == {"limit_seconds": 120, "logs": ["logs/a.log"]}
    assert 120 < last.time_limit_seconds <= 240
    assert all(task.params == {"logs": ["logs/a.log"]} for task in made.tasks[:-1])
    assert not any(task.verifies for task in made.tasks[:-1])


def test_an_empty_repository_without_commits_gives_an_empty_plan_and_says_so(
    repository: Path,
) -> None:
    result, made = plan(repository)
    assert made.tasks == ()
    assert "empty" in made.reason
    assert survey(result)["last_commit"] == ""


def test_the_last_commit_is_part_of_the_survey(repository: Path) -> None:
    (repository / "a.go").write_text("package a\n")
    author = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    subprocess.run(["git", "-C", str(repository), "add", "."], check=True)
    subprocess.run(
        ["git", "-C", str(repository), *author, "commit", "-qm", "First stone"], check=True
    )
    assert str(survey(plan(repository)[0])["last_commit"]).endswith("First stone")


def test_thousands_of_odd_files_are_counted_and_nothing_is_raised(repository: Path) -> None:
    for number in range(5000):
        (repository / f"f{number}.js").write_bytes(b"\xff\xfe\n\0" if number % 2 else b"a\n\xe9")
    (repository / "bad\udcff.py").write_bytes(b"x = '\xff'\n")
    (repository / "broken").symlink_to("nowhere")
    result, made = plan(repository)
    assert survey(result)["files"] == 5001
    assert made.tasks[0].specialist == "backend"


def test_a_specialist_that_is_listed_twice_is_planned_once(repository: Path) -> None:
    (repository / "a.py").write_text("x = 1\n")
    _, made = plan(repository, roster=[TEAM[1], TEAM[1]])
    assert len(made.tasks) == 1


@pytest.mark.parametrize("roster", [None, [{"kinds": ["review"]}], ["backend"]])
def test_a_roster_that_cannot_be_read_is_refused_with_what_it_should_be(
    repository: Path, roster: JsonValue
) -> None:
    with pytest.raises(PluginError, match=r"roster.*kinds"):
        plan(repository, roster=roster)


def test_a_look_back_plans_only_that_even_in_an_empty_repository(repository: Path) -> None:
    team: list[JsonValue] = [*TEAM, {"id": "elder", "kinds": ["review", "learn"], "role": "old"}]
    _, made = plan(repository, roster=team, learn=True)
    assert [(task.specialist, task.kind, task.verifies) for task in made.tasks] == [
        ("elder", "learn", False)
    ]
    (repository / "a.py").write_text("x = 1\n")
    _, usual = plan(repository, roster=team)
    assert {task.kind for task in usual.tasks} == {"review", "verify"}
