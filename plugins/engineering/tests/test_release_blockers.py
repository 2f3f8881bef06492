"""What stands in the way of a release is a finding, and nothing else is."""

from __future__ import annotations

from pathlib import Path

import pytest
from genesis_engineering.release.documents import has_entry
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from plugins.engineering.tests.release_repository import ReleaseRepository

_PROJECT = '[project]\nname = "shop"\nversion = "{}"\n'
_OLD = "def sell_bread(loaf, price=1): ...\ndef bake(): ...\n"


@pytest.fixture
def repo(tmp_path: Path) -> ReleaseRepository:
    """Version 1.2.0 is released; since then one parameter and one function are gone."""
    made = ReleaseRepository(tmp_path)
    made.write("pyproject.toml", _PROJECT.format("1.2.0"))
    made.write("shop/__init__.py", _OLD)
    made.write("README.md", "# Shop\n\nCall `shop.sell_bread(loaf)`.\n")
    made.commit("one")
    made.git("tag", "v1.2.0")
    return made


def told(repo: ReleaseRepository) -> list[tuple[str, str, str | None, int | None]]:
    return [(one.rule, one.severity.value, one.file, one.line) for one in repo.kit().findings]


def test_a_release_that_is_ready_has_no_findings(repo: ReleaseRepository) -> None:
    repo.write("pyproject.toml", _PROJECT.format("1.2.1"))
    repo.write("CHANGELOG.md", "# Changes\n\n## 1.2.1\n\n- Mended\n")
    repo.commit("fix")
    assert told(repo) == []


def test_a_version_that_was_released_already_is_told_with_the_next(
    repo: ReleaseRepository,
) -> None:
    repo.write("shop/__init__.py", _OLD + "def more(): ...\n")
    repo.commit("more")
    result = repo.kit()
    (finding,) = result.findings
    assert (finding.rule, finding.severity) == ("version-not-bumped", "medium")
    assert (finding.file, finding.line) == ("pyproject.toml", 3)
    assert finding.message.endswith("still names 1.2.0, and v1.2.0 is released. "
                                    "Changes ask for 1.3.0.")  # fmt: skip
    assert finding.evidence == 'version = "1.2.0"'


@pytest.mark.parametrize(
    ("version", "is_found"),
    [("1.2.1", True), ("1.3.0", True), ("2.0.0", False), ("2.0.0.dev0", False)],
)
def test_a_breaking_change_behind_a_small_step_is_high(
    repo: ReleaseRepository, version: str, is_found: bool
) -> None:
    repo.write("pyproject.toml", _PROJECT.format(version))
    repo.write("shop/__init__.py", "def sell_bread(loaf, price=1): ...\n")
    repo.commit("less")
    found = [("breaking-change", "high", "pyproject.toml", 3)] if is_found else []
    assert told(repo) == found


def test_before_version_1_a_breaking_change_wants_the_second_number(tmp_path: Path) -> None:
    repo = ReleaseRepository(tmp_path)
    repo.write("shop/__init__.py", "def bake(): ...\n__version__ = '0.3.0'\n")
    repo.commit("one")
    repo.git("tag", "v0.3.0")
    repo.write("shop/__init__.py", "__version__ = '0.3.1'\n")
    repo.commit("two")
    assert told(repo) == [("breaking-change", "high", "shop/__init__.py", 1)]
    repo.write("shop/__init__.py", "__version__ = '0.4.0'\n")
    repo.commit("three")
    assert told(repo) == []


def test_files_that_name_different_versions_are_told_at_the_other_place(
    repo: ReleaseRepository,
) -> None:
    repo.write("pyproject.toml", _PROJECT.format("1.2.1"))
    repo.write("shop/__init__.py", _OLD + "__version__ = '1.2.0'\n")
    repo.write("CITATION.cff", "cff-version: 1.2.0\nversion: 1.1.0\n")
    repo.write("docs/conf.py", 'release = "1.2.1"\n')
    repo.write("package.json", '{"version": "9.9.9"}')  # of the tools, not of the project
    repo.commit("two")
    assert told(repo) == [
        ("versions-disagree", "medium", "CITATION.cff", 2),
        ("versions-disagree", "medium", "shop/__init__.py", 3),
    ]


@pytest.mark.parametrize(
    "project",
    ['[project]\nname = "shop"\ndynamic = ["version"]\n[tool.setuptools_scm]\n',
     '[project]\ndynamic = ["version"]\n[tool.hatch.version]\nsource = "vcs"\n',
     '[tool.poetry]\nversion = "0.0.0"\n[tool.poetry-dynamic-versioning]\nenable = true\n'],
)  # fmt: skip
def test_a_version_from_tags_need_not_stand_in_a_file(
    repo: ReleaseRepository, project: str
) -> None:
    repo.write("pyproject.toml", project)
    repo.commit("two")
    assert told(repo) == []


@pytest.mark.parametrize(
    ("name", "text", "is_found"),
    [
        ("CHANGELOG.md", "# Changes\n\n## 1.2.0\n\n- Old\n", True),
        ("CHANGELOG.md", "## [Unreleased]\n\n## [1.2.0]\n\n- Old\n", True),
        ("CHANGELOG.md", "## [Unreleased]\n\n### Added\n\n- New\n\n## [1.2.0]\n", False),
        ("CHANGELOG.md", "## [1.2.1] - 2026-11-22\n\n- New\n", False),
        ("CHANGES.rst", "1.2.1 (unreleased)\n------------------\n\n* New\n", False),
        ("docs/changelog.rst", "v1.2.1\n======\n", False),
        ("HISTORY.md", "dev\n---\n\n- new\n", False),
        ("news.txt", "Version 1.2.0\n", True),
    ],
)
def test_a_changelog_must_tell_of_the_new_version(
    repo: ReleaseRepository, name: str, text: str, is_found: bool
) -> None:
    repo.write("pyproject.toml", _PROJECT.format("1.2.1"))
    repo.write(name, text)
    repo.commit("two")
    assert told(repo) == ([("changelog-entry", "medium", name, 1)] if is_found else [])


def test_notes_of_single_changes_stand_for_an_entry(repo: ReleaseRepository) -> None:
    repo.write("pyproject.toml", _PROJECT.format("1.2.1"))
    repo.write("CHANGELOG.md", "# Changes\n")
    repo.write("newsfragments/12.bugfix.md", "Mended\n")
    repo.commit("two")
    assert told(repo) == []


def test_a_document_that_names_what_is_gone_lags_behind(repo: ReleaseRepository) -> None:
    repo.write("docs/use.md", "Use `shop.bake`.\n\n    sell_bread(loaf, price=2)\n\nbake a cake\n")
    repo.write("docs/new.md", "x\n")
    repo.write("docs/migration.md", "`shop.bake` will go\n")
    repo.commit("docs")
    repo.git("tag", "-f", "v1.2.0")
    repo.write("pyproject.toml", _PROJECT.format("2.0.0"))
    repo.write("shop/__init__.py", "def sell_bread(loaf): ...\n")
    repo.write("docs/new.md", "`shop.bake` is gone\n")
    repo.commit("two")
    assert told(repo) == [
        ("document-lags", "medium", "docs/use.md", 1),
        ("document-lags", "medium", "docs/use.md", 3),
    ]


@pytest.mark.parametrize(
    "text",
    ["We bake and sell_bread every day.", "`sell_bread(loaf)` still works", "`oven.bake()`",
     ".. autofunction:: shop.bake", "The price = 2 of a loaf"],
)  # fmt: skip
def test_a_document_that_names_something_else_does_not(repo: ReleaseRepository, text: str) -> None:
    repo.write("docs/use.rst", text + "\n")
    repo.commit("docs")
    repo.git("tag", "-f", "v1.2.0")
    repo.write("pyproject.toml", _PROJECT.format("2.0.0"))
    repo.write("shop/__init__.py", "def sell_bread(loaf): ...\n")
    repo.commit("two")
    assert told(repo) == []


def test_manifests_that_are_broken_name_no_version(repo: ReleaseRepository) -> None:
    for name, text in (
        ("pyproject.toml", "[project\n"), ("setup.cfg", "version\n"), ("setup.py", "setup(:"),
        ("package.json", "{"), ("Cargo.toml", "= 1"), ("VERSION", "no version\n"),
    ):  # fmt: skip
        repo.write(name, text)
    repo.commit("two")
    assert told(repo) == []


@given(st.text(max_size=200))
def test_any_changelog_can_be_read(text: str) -> None:
    assert has_entry(text, Version("1.2.3")) in (True, False)
    assert has_entry(text + "\n## 1.2.3\n", Version("1.2.3"))
