"""What git says of a path, in words for a person."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from genesis.errors import UsageError
from genesis.sessions.repository import find_repository

from tests.support import git, make_repository


def test_a_checkout_is_found_from_any_folder_in_it(repository: Path) -> None:
    inside = repository / "a folder"
    inside.mkdir()
    git(repository, "remote", "add", "origin", "https://user:token@host.example/a/b.git")
    found = find_repository(inside)
    assert (found.path, found.branch) == (repository, "main")
    assert found.origin == "https://host.example/a/b.git"


def test_a_detached_head_has_no_branch_and_a_new_repository_no_commit(
    repository: Path, tmp_path: Path
) -> None:
    git(repository, "checkout", "--quiet", "--detach")
    assert find_repository(repository).branch is None
    git(tmp_path, "init", "--quiet", "--initial-branch=first", "empty")
    assert find_repository(tmp_path / "empty").branch == "first"


def test_a_name_that_ends_in_a_space_stays_whole(tmp_path: Path) -> None:
    made = make_repository(tmp_path / "ends in a space ")
    assert find_repository(made).path == made


def test_a_hooks_variables_do_not_name_another_repository(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = make_repository(tmp_path / "other")
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other))
    assert find_repository(repository).path == repository


def a_file(folder: Path) -> Path:
    path = folder / "file"
    path.write_text("no folder")
    return path


def a_bare_repository(folder: Path) -> Path:
    git(folder, "init", "--quiet", "--bare", "bare.git")
    return folder / "bare.git"


def a_worktree_elsewhere(folder: Path) -> Path:
    made, other = make_repository(folder / "made"), folder / "other"
    other.mkdir()
    git(made, "config", "core.worktree", str(other))
    return made


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda folder: folder / "nothing", "does not exist"),
        (a_file, "is not a folder"),
        (lambda folder: folder, "is not a git checkout"),
        (a_bare_repository, "is a bare repository"),
        (a_worktree_elsewhere, "does not lie in"),
        (lambda folder: folder / ("x" * 300), "cannot be read: File name too long"),
    ],
    ids=["nothing", "a file", "no repository", "a bare repository", "elsewhere", "a name too long"],
)
def test_what_is_no_checkout_is_told(
    tmp_path: Path, make: Callable[[Path], Path], told: str
) -> None:
    path = make(tmp_path)
    with pytest.raises(UsageError, match=told) as caught:
        find_repository(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_machine_without_git_is_told(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", os.fspath(tmp_path))
    with pytest.raises(UsageError, match="git is not installed"):
        find_repository(repository)
