"""Ready-made goals are known by their words; everything else stays free text."""

from __future__ import annotations

from pathlib import Path

import pytest
from genesis.errors import UsageError
from genesis_engineering.goals import Goal, named_logs, read_goal
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("text", "goal"),
    [
        ("nightly review", Goal("review")),
        ("Log triage", Goal("triage")),
        ("log-triage logs/app.log", Goal("triage", ("logs/app.log",))),
        ("LOG TRIAGE: 'my logs/a b.log' c.log", Goal("triage", ("my logs/a b.log", "c.log"))),
        ("log triage bob's.log", Goal("triage", ("bob's.log",))),
        ("release kit.", Goal("release")),
        ("Release-Kit", Goal("release")),
        ("Learnings review", Goal("learn")),
        ("release kit for the friends of the house", Goal("review")),
        ("nightly review of the release kit", Goal("review")),
        ("write a release kit", Goal("review")),
        ("log kit", Goal("review")),
        ("Auto-implementation", Goal("review")),
        ("", Goal("review")),
    ],
)
def test_a_goal_is_read_by_its_words(text: str, goal: Goal) -> None:
    assert read_goal(text) == goal


@given(st.text(max_size=80))
def test_any_text_is_a_goal(text: str) -> None:
    assert read_goal(text).kind in ("review", "triage", "release", "learn")
    assert read_goal(f"log triage {text}").kind in ("triage", "review")


def test_paths_in_a_goal_lie_in_the_repository(tmp_path: Path) -> None:
    repository = tmp_path / "repository"
    repository.mkdir()
    (repository / "app.log").write_text("")
    (tmp_path / "secret.log").write_text("")
    (repository / "link.log").symlink_to(tmp_path / "secret.log")
    assert named_logs(Goal("triage", ("app.log",)), repository) == [str(repository / "app.log")]
    for outside in ("../secret.log", str(tmp_path / "secret.log"), "link.log", "/"):
        with pytest.raises(UsageError, match="lies outside of the repository"):
            named_logs(Goal("triage", (outside,)), repository)
    with pytest.raises(UsageError, match=r"There is no 'gone.log'.*takes files and folders"):
        named_logs(Goal("triage", ("gone.log",)), repository)
