"""What verification is to find: a suite of which some tests fail, each in its own way."""

from __future__ import annotations

_CODE = '''"""Dates and sums of the {a} office."""

from __future__ import annotations

import datetime as dt


def due(day: dt.date, days: int) -> dt.date:
    return day + dt.timedelta(days=days)


def shares(total: int, parts: int) -> list[int]:
    """`total` in so many whole parts, as equal as can be."""
    return [total // parts] * parts


def label(name: str) -> str:
    return name.strip().upper()


def read(table: dict[str, int], name: str) -> int:
    return table[name]
'''

_TESTS = '''"""The {a} office."""

import datetime as dt
import sys

import pytest

from office_{a} import due, label, read, shares


def test_due_the_next_day():
    assert due(dt.date(2026, 2, 28), 1) == dt.date(2026, 3, 1)


def test_shares_add_up():
    assert sum(shares(12, 4)) == 12
    assert sum(shares(10, 4)) == 10 ⟦test-failed⟧


@pytest.mark.parametrize(("name", "expected"), [("a ", "A"), ("b", "B")])
def test_label(name, expected):
    assert label(name) == expected


def test_label_of_{b}():
    assert label("{b}") == "{b}" ⟦test-failed⟧


def test_read_without_the_name():
    with pytest.raises(KeyError):
        read({}, "{c}")


@pytest.mark.skipif(sys.version_info >= (3, 8), reason="only for old ones")
def test_old():
    assert False


@pytest.mark.xfail(reason="not rounded yet")
def test_shares_are_rounded():
    assert shares(10, 4) == [3, 3, 2, 2]


def test_log(capsys):
    print("error: this is only printed, FAILED is too")
    assert "FAILED" in capsys.readouterr().out


class TestTable:
    """Tests in a class, with a fixture."""

    @pytest.fixture
    def table(self):
        return {"{c}": 3}

    def test_read(self, table):
        assert read(table, "{c}") == 3

    def test_read_twice(self, table):
        table.clear()
        assert read(table, "{c}") == 3 ⟦test-failed⟧
'''

_FIXTURES = """import pytest

from office_{a} import shares


@pytest.fixture
def drawer():
    raise OSError("the {d} drawer is locked") ⟦test-failed⟧


@pytest.fixture
def open_drawer():
    yield [1, 2]


def test_drawer(drawer):
    assert drawer


def test_open_drawer(open_drawer):
    assert shares(4, 2) == [2, 2]
    assert open_drawer
"""

_UNITTEST = '''import unittest

from office_{a} import label


class LabelTest(unittest.TestCase):
    """The same suite runs what is written for unittest."""

    def test_upper(self):
        self.assertEqual(label("x"), "X")

    def test_lower(self):
        self.assertEqual(label("x"), "x") ⟦test-failed⟧

    @unittest.skip("no {d} here")
    def test_skipped(self):
        self.fail("{d}")
'''

_GONE = """from office_{a} import due, gone_{e} ⟦test-collection-error⟧


def test_gone():
    assert gone_{e}(due)
"""

PLANTED: dict[str, str] = {
    "pytest.ini": "[pytest]\ntestpaths = checks\n",
    "checks/conftest.py": "import os\n\nos.environ['OFFICE'] = '{a}'\n",
    "checks/office_{a}.py": _CODE,
    "checks/test_office.py": _TESTS,
    "checks/test_drawer.py": _FIXTURES,
    "checks/test_labels.py": _UNITTEST,
    "checks/test_gone.py": _GONE,
}
