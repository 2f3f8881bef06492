"""Which files are tests, by the names of their folders."""

from __future__ import annotations

from pathlib import Path

import pytest
from genesis_engineering.files import RepositoryFile


@pytest.mark.parametrize(
    ("path", "is_test"),
    [
        ("_fixture/certs/key.pem", True),
        ("_fixtures/a.go", True),
        ("testenv/server/a.py", True),
        ("testsuite/a.c", True),
        ("testbed/a.c", True),
        ("contested/a.py", False),
        ("testimonials/a.html", False),
        ("testify/a.go", False),
    ],
)
def test_folders_that_are_named_for_tests_hold_tests(path: str, is_test: bool) -> None:
    assert RepositoryFile(path, Path(path), 1).is_test is is_test
