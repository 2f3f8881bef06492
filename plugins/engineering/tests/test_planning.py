"""The plan of a review follows from what the repository holds and who is there."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import cast

import pytest
from genesis.contracts import SessionPlan, TaskResult
from genesis.errors import PluginError
from genesis.testing import run_tools
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


def plan(
    repository: Path, goal: str = "a test", **params: JsonValue
) -> tuple[TaskResult, SessionPlan]:
    folder = repository.parent / "attempt"
    given: dict[str, JsonValue] = {"roster": TEAM, **params}
    calls = [("genesis_engineering.planning:plan_review", given)]
    update = run_tools(calls, repository, folder, kind="plan", description=goal)
    if update.result is None:
        raise PluginError(update.error)
    result = update.result
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


ALL: list[JsonValue] = [
    {"id": "orchestrator", "kinds": ["plan"], "role": ""},
    {"id": "backend", "kinds": ["review", "triage"], "role": ""},
    {"id": "frontend", "kinds": ["review"], "role": ""},
    {"id": "infrastructure", "kinds": ["review"], "role": ""},
    {"id": "senior-reviewer", "kinds": ["review", "learn"], "role": ""},
    {"id": "db-architect", "kinds": ["review"], "role": ""},
    {"id": "ux-designer", "kinds": ["review"], "role": ""},
    {"id": "docs-expert", "kinds": ["review", "release"], "role": ""},
    {"id": "levelup", "kinds": ["learn"], "role": ""},
    {"id": "verification", "kinds": ["verify"], "role": ""},
]


def test_the_ten_specialists_get_one_task_each_where_there_is_something_for_each(
    repository: Path,
) -> None:
    for name in ("a.py", "index.html", "style.css", "pyproject.toml", "schema.sql", "README.md"):
        (repository / name).write_text("")
    _, made = plan(repository, "nightly review", roster=ALL)
    assert sorted(task.specialist or "" for task in made.tasks) == [
        "backend", "db-architect", "docs-expert", "frontend", "infrastructure",
        "senior-reviewer", "ux-designer", "verification",
    ]  # fmt: skip
    assert {task.kind for task in made.tasks} == {"review", "verify"}


def test_a_triage_is_planned_for_who_takes_it_with_the_paths_and_without_tests(
    repository: Path,
) -> None:
    (repository / "app.log").write_text("")
    result, made = plan(repository, "log triage app.log", roster=ALL, paths=["/var/log/x"])
    (task,) = made.tasks
    assert (task.specialist, task.kind, task.verifies) == ("backend", "triage", False)
    assert task.params == {"paths": ["/var/log/x", str(repository / "app.log")]}
    assert "Only logs are looked at" in result.summary
    _, named = plan(repository, "log triage", roster=ALL, logs=["/var/log/y"])
    assert named.tasks[0].params == {"paths": ["/var/log/y"]}
    _, bare = plan(repository, "log triage", roster=ALL)
    assert bare.tasks[0].params == {}


def test_a_path_outside_of_the_repository_is_refused_in_the_text_of_a_goal(
    repository: Path,
) -> None:
    with pytest.raises(PluginError, match="lies outside of the repository"):
        plan(repository, "log triage /etc/passwd", roster=ALL)


@pytest.mark.parametrize(
    ("goal", "specialists"),
    [("release kit", ["docs-expert"]), ("learnings review", ["senior-reviewer", "levelup"])],
)
def test_other_ready_made_goals_go_to_who_takes_their_kind(
    repository: Path, goal: str, specialists: list[str]
) -> None:
    _, made = plan(repository, goal, roster=ALL)
    assert [task.specialist for task in made.tasks] == specialists


def test_a_goal_whose_kind_nobody_takes_is_refused(repository: Path) -> None:
    with pytest.raises(PluginError, match="Nobody in the team takes tasks of the kind 'release'"):
        plan(repository, "release kit")


def test_paths_that_a_goal_has_no_use_for_are_said(repository: Path) -> None:
    (repository / "a.py").write_text("")
    for goal in ("nightly review", "release kit"):
        result, _ = plan(repository, goal, roster=ALL, paths=["/x/a.log"])
        assert "/x/a.log" in [omission.what for omission in result.omissions]
