"""Failures for lack of a program or of an optional package are none of the repository."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from plugins.engineering.tests.test_verification_environment import facts, verify, write

START = "import subprocess\n\n\ndef test_a():\n    subprocess.run([{program!r}], check=True)\n"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with an environment of its own."""
    folder = tmp_path / "repository"
    folder.mkdir()
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    (folder / ".venv").symlink_to(sys.prefix)
    return folder


@pytest.mark.parametrize(
    ("program", "files", "told"),
    [
        ("a-shell-that-nobody-has", {}, "for lack of the program a-shell-that-nobody-has"),
        ("./build/server", {"Makefile": "all:\n"}, "for lack of the built program build/server"),
    ],
)
def test_a_program_that_is_not_there_is_told_once_as_low(
    repository: Path, program: str, files: dict[str, str], told: str
) -> None:
    write(repository, {"test_it.py": START.format(program=program), **files})
    result = verify(repository)
    assert facts(result)["failed"] == 1
    (finding,) = result.findings
    assert (finding.rule, finding.severity) == ("test-dependency-missing", "low")
    assert told in finding.message


@pytest.mark.parametrize("program", ["./build/server", "/nowhere/server", "./data.txt"])
def test_a_file_that_no_build_makes_is_a_failure(repository: Path, program: str) -> None:
    write(repository, {"test_it.py": START.format(program=program)})
    assert [one.rule for one in verify(repository).findings] == ["test-failed"]


def test_a_missing_file_that_nothing_starts_is_a_failure(repository: Path) -> None:
    write(repository, {"test_it.py": "def test_a():\n    open('nothing-of-that-name')\n"})
    assert [one.rule for one in verify(repository).findings] == ["test-failed"]


def test_what_a_failed_import_leaves_as_none_is_lacking(repository: Path) -> None:
    text = (
        "try:\n    from package_that_nobody_has import open_box\nexcept ImportError:\n"
        "    open_box = None\n\nother = None\n\n\ndef test_a():\n    open_box(1)\n\n\n"
        "def test_b():\n    other(1)\n"
    )
    write(repository, {"test_it.py": text})
    found = {one.rule: one.message for one in verify(repository).findings}
    assert set(found) == {"test-failed", "test-dependency-missing"}
    assert "test_b" in found["test-failed"]
    assert "the optional package that gives open_box" in found["test-dependency-missing"]
