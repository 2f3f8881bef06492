"""Which files are tests, by the names of their folders."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from genesis_engineering.files import RepositoryFile, list_files


@pytest.mark.parametrize(
    ("path", "is_test"),
    [
        ("_fixture/certs/key.pem", True),
        ("_fixtures/a.go", True),
        ("testenv/server/a.py", True),
        ("testsuite/a.c", True),
        ("testbed/a.c", True),
        ("contested/a.py", False),
        ("tests_disabled/a.py", True),
        ("src/mock-server.key", True),
        ("src/test-stream.c", True),
        ("src/mock-static/a.html", True),
        ("core/src/it/a/foo.jsp", True),
        ("issue.features/steps/a.py", True),
        ("features/web/step_definitions/a.rb", True),
        ("features/a.py", False),
        ("shop/tests.py", True),
        (".github/workflows/tests.yml", False),
        ("src/features/checkout/steps/payment.ts", False),
        ("src/items/a.py", False),
        ("mocking/a.py", False),
        ("testimonials/a.html", False),
        ("testify/a.go", False),
    ],
)
def test_folders_that_are_named_for_tests_hold_tests(path: str, is_test: bool) -> None:
    assert RepositoryFile(path, Path(path), 1).is_test is is_test


def test_what_is_copied_or_made_there_is_not_the_repository_s_own(tmp_path: Path) -> None:
    copied = (
        "_site/a.html",
        "dist-dev/a.html",
        "build/lib/a.py",
        "build/lib.linux-x86_64/a.py",
        "third-party/a.py",
        "ez_setup.py",
    )
    (tmp_path / ".gitmodules").write_text('[submodule "x"]\n\tpath = other/x\n')
    (tmp_path / "other/x").mkdir(parents=True)
    (tmp_path / "other/x/a.py").touch()
    for name in (*copied, "coverage/lcov-report/index.html", "build/a.py", "lib/a.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    assert [file.path for file in list_files(tmp_path)] == [
        ".gitmodules", "build/a.py", "lib/a.py",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("head", "is_own"),
    [
        ("## This file was copied for use here from the 2.7.7 distribution.\n", False),
        ("# This module is vendored from shop 1.2.\n", False),
        ("# This code was copied from an answer and adapted.\n", True),
        ("# This file was copied from settings.example.py: fill in yours.\n", True),
        ("# Copied into the cart when somebody asks.\n", True),
        ("TEXT = 'This file was copied'\n", True),
    ],
)
def test_a_file_that_says_that_it_is_copied_is_another_project_s(
    tmp_path: Path, head: str, *, is_own: bool
) -> None:
    (path := tmp_path / "a.py").write_text(head)
    assert (RepositoryFile("a.py", path, 1).read_text() == head) is is_own
