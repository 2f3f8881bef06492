"""A release kit from git alone: every state of a repository has a definite answer."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from plugins.engineering.tests.release_repository import ReleaseRepository


@pytest.fixture
def repo(tmp_path: Path) -> ReleaseRepository:
    return ReleaseRepository(tmp_path)


def test_without_commits_it_is_blocked(repo: ReleaseRepository) -> None:
    assert repo.kit().blocked == "There are no commits yet, so there is nothing to release."


def test_without_a_tag_everything_is_new_and_the_version_is_that_of_the_files(
    repo: ReleaseRepository,
) -> None:
    repo.commit("First stone", pyproject_dot_toml='[project]\nname = "shop"\nversion = "0.3.0"\n')
    result = repo.kit()
    assert result.summary.startswith("1 commit and no version tag yet; the next version is 0.3.0")
    assert repo.data["last"] is None
    assert "# shop 0.3.0" in repo.notes


def test_a_tag_that_is_checked_out_leaves_nothing_to_release(repo: ReleaseRepository) -> None:
    repo.commit("First")
    repo.git("tag", "v1.0.0")
    result = repo.kit()
    assert result.summary.startswith("Nothing to release")
    assert (result.findings, result.artifacts) == ((), ())


def test_a_shallow_clone_is_blocked_without_a_tag_and_says_what_may_lack_with_one(
    repo: ReleaseRepository, tmp_path: Path
) -> None:
    for number in range(5):
        repo.commit(f"before {number}")
    repo.git("tag", "-a", "-m", "one", "v1.0.0")
    for name in ("second", "third"):
        repo.commit(name)
    source = f"file://{repo.path}"
    for depth in (2, 3):
        clone = ["git", "clone", "-q", f"--depth={depth}", source, str(tmp_path / str(depth))]
        subprocess.run(clone, check=True)
    repo.path = tmp_path / "2"
    blocked = repo.kit().blocked
    assert blocked is not None
    assert "git fetch --unshallow --tags" in blocked
    repo.path = tmp_path / "3"
    result = repo.kit()
    assert [omission.what for omission in result.omissions] == ["the history before v1.0.0"]


def test_the_highest_version_that_head_contains_counts_and_other_tags_do_not(
    repo: ReleaseRepository,
) -> None:
    for tag in ("v1.9.0", "v1.10.0", "nightly-20260101", "before-the-fire"):
        repo.commit(f"for {tag}")
        repo.git("tag", tag)
    repo.git("checkout", "-q", "-b", "next", "v1.9.0")
    repo.commit("future")
    repo.git("tag", "v2.0.0")
    repo.git("checkout", "-q", "main")
    repo.commit("now")
    assert repo.kit().facts["release-last"] == "v1.10.0"


def test_tags_with_names_count_by_the_name_that_was_released_last(repo: ReleaseRepository) -> None:
    repo.commit("one")
    repo.git("tag", "shop-v9.0")
    repo.commit("two")
    repo.git("tag", "@house/cart@1.2.0")
    repo.commit("three")
    assert repo.kit().facts["release-last"] in ("@house/cart@1.2.0", "shop-v9.0")


def test_conventional_commits_are_grouped_by_their_type(repo: ReleaseRepository) -> None:
    repo.commit("start")
    repo.git("tag", "1.2.3")
    repo.commit("feat(cart): sell bread (#7)")
    repo.commit("fix: round prices", author="Bob")
    repo.commit("feat!: no more cheques", author="Bob")
    repo.commit("chore: tidy\n\nBREAKING CHANGE: the till needs power")
    repo.commit("Something else", author="Cy")
    result = repo.kit()
    assert result.facts["release-next"] == "2.0.0"
    sections = [line for line in repo.changelog.splitlines() if line.startswith("###")]
    assert sections == ["### Breaking", "### Added", "### Fixed", "### Changed", "### Upkeep"]
    assert "- **cart**: sell bread (#7) (" in repo.changelog
    assert "- the till needs power (" in repo.changelog
    assert "Thanks to Ann, Bob, Cy." in repo.notes or "Thanks to Bob, Ann, Cy." in repo.notes


def test_other_commits_are_grouped_by_what_they_touch(repo: ReleaseRepository) -> None:
    repo.commit("start")
    repo.git("tag", "v1.0")
    repo.commit("Sell bread", src__shop__cart__bread_dot_py="x = 1\n", tests__test_b_dot_py="")
    repo.commit("Wash windows", src__shop__front_dot_py="y = 1\n")
    repo.commit("Say more", README_dot_md="# Shop\n")
    repo.commit("Check it", tests__test_c_dot_py="")
    repo.commit("Build it", _dot_github__workflows__ci_dot_yml="on: push\n")
    repo.kit()
    sections = [line for line in repo.changelog.splitlines() if line.startswith("###")]
    assert sections == [
        "### Cart", "### Front", "### The build", "### The documentation", "### The tests"
    ]  # fmt: skip


def test_what_was_taken_back_is_not_listed_and_a_revert_of_a_revert_counts_again(
    repo: ReleaseRepository,
) -> None:
    repo.commit("start")
    repo.git("tag", "v1.0.0")
    repo.commit("Sell cheese", a="1")
    repo.git("revert", "--no-edit", "HEAD")
    repo.commit("Sell wine", b="1")
    repo.git("revert", "--no-edit", "HEAD")
    repo.git("revert", "--no-edit", "HEAD")
    repo.commit("Sell bread", c="1")
    repo.kit()
    assert "Sell cheese" not in repo.changelog
    assert "- Sell wine (" in repo.changelog
    assert "- Sell bread (" in repo.changelog
    assert repo.data["undone"] == 4


def test_a_revert_of_what_was_released_is_a_change(repo: ReleaseRepository) -> None:
    repo.commit("Sell cheese", a="1")
    repo.git("tag", "v1.0.0")
    repo.git("revert", "--no-edit", "HEAD")
    repo.kit()
    assert 'Revert "Sell cheese"' in repo.changelog


def test_merges_are_counted_and_their_commits_listed(repo: ReleaseRepository) -> None:
    repo.commit("start")
    repo.git("tag", "v1.0.0")
    repo.git("checkout", "-q", "-b", "bread")
    repo.commit("Sell bread", bread="1")
    repo.git("checkout", "-q", "main")
    repo.commit("Sell wine", wine="1")
    repo.git("merge", "-q", "--no-ff", "-m", "Merge branch 'bread'", "bread")
    repo.kit()
    assert repo.data["merges"] == 1
    assert "Merge branch" not in repo.changelog
    assert "Sell bread" in repo.changelog


def test_what_is_not_committed_is_said_and_nothing_is_written_to_the_repository(
    repo: ReleaseRepository,
) -> None:
    repo.commit("start", README_dot_md="a\n")
    repo.git("tag", "v1.0.0")
    repo.commit("more", README_dot_md="b\n")
    repo.write("README.md", "c\n")
    before = sorted(path.stat().st_mtime_ns for path in repo.path.rglob("*"))
    result = repo.kit()
    assert sorted(path.stat().st_mtime_ns for path in repo.path.rglob("*")) == before
    assert result.omissions[0].what == "1 changed file"


def test_subjects_with_odd_characters_stay_on_their_line(repo: ReleaseRepository) -> None:
    repo.commit("start")
    repo.git("tag", "v1.0.0")
    repo.commit("Sell \x1b[31mé🍞\x01 now", author="Zoë")
    repo.kit()
    (line,) = [line for line in repo.changelog.splitlines() if "Sell" in line]
    assert line.startswith("- Sell [31mé🍞 now (")
