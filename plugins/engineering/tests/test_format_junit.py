"""The JUnit report: the tests of real runs, and of records with any text in them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from xml.etree import ElementTree

from genesis.contracts import TaskResult
from genesis.testing import run_tool
from genesis_engineering.formats.junit import write_junit
from hypothesis import given
from hypothesis import strategies as st

from plugins.engineering.tests.reports import report_of, report_task, reports, some, texts

OUTCOMES = """
import pytest

@pytest.fixture
def broken():
    raise RuntimeError("no database")

class TestIt:
    def test_good(self): pass
    def test_bad(self): assert 1 == 2, "\\x00\\x1b[31m ]]> <b>"

def test_setup(broken): pass

@pytest.mark.skip(reason="later")
def test_skipped(): pass

@pytest.mark.xfail
def test_known(): assert False

@pytest.mark.parametrize("name", ["a.b", "a::b", "a b"])
def test_many(name): pass
"""
COUNTS = ("tests", "failures", "errors", "skipped")


def verify(root: Path, tests: str, name: str = "test_it.py") -> tuple[TaskResult, Path]:
    """Run a repository's tests with the tool; gives the result and the attempt's folder."""
    repository = root / "repository"
    (repository / "tests").mkdir(parents=True)
    subprocess.run(["git", "init", "-q", str(repository)], check=True)
    (repository / ".venv").symlink_to(sys.prefix)
    (repository / "tests" / name).write_text(tests)
    folder = root / "attempt"
    tool = "genesis_engineering.verification:run_tests"
    return run_tool(tool, repository, folder, {}, kind="verify"), folder


def suite_of(result: TaskResult, folder: Path | None) -> ElementTree.Element:
    task = report_task(facts=result.facts, folder=folder)
    text = write_junit(report_of(task))
    root = ElementTree.fromstring(text.encode())
    (suite,) = root
    assert [root.get(name) for name in COUNTS] == [suite.get(name) for name in COUNTS]
    return suite


def counts(suite: ElementTree.Element) -> dict[str, int]:
    return {name: int(suite.get(name, "-1")) for name in COUNTS}


def test_the_cases_are_those_of_the_runners_own_report(tmp_path: Path) -> None:
    result, folder = verify(tmp_path, OUTCOMES)
    own = tmp_path / "own.xml"
    subprocess.run(
        [sys.executable, "-m", "pytest", "-q", f"--junitxml={own}", "-p", "no:cacheprovider"],
        cwd=tmp_path / "repository", capture_output=True, check=False,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip
    (theirs,) = ElementTree.parse(own).getroot()
    ours = suite_of(result, folder)
    assert counts(ours) == counts(theirs) == {
        "tests": 8, "failures": 1, "errors": 1, "skipped": 2,
    }  # fmt: skip

    def cases(suite: ElementTree.Element) -> list[tuple[str | None, str | None, list[str]]]:
        return [
            (case.get("classname"), case.get("name"), [inner.tag for inner in case])
            for case in suite.iter("testcase")
        ]

    assert sorted(cases(ours)) == sorted(cases(theirs))
    (failure,) = ours.iter("failure")
    assert "<b>" in f"{failure.text}{failure.get('message')}"


def test_unittests_have_their_classes_and_places(tmp_path: Path) -> None:
    code = (
        "import unittest\n\nclass Case(unittest.TestCase):\n"
        "    def test_good(self): pass\n    def test_bad(self): self.fail('wrong. really')\n"
    )
    result, folder = verify(tmp_path, code)
    suite = suite_of(result, folder)
    assert counts(suite) == {"tests": 2, "failures": 1, "errors": 0, "skipped": 0}
    names = {case.get("name"): str(case.get("classname")) for case in suite.iter("testcase")}
    assert set(names) == {"test_good", "test_bad"}
    assert all(name.endswith("test_it.Case") for name in names.values())


def test_without_its_record_a_suite_has_the_counts_and_no_cases(tmp_path: Path) -> None:
    result, folder = verify(tmp_path, OUTCOMES)
    whole = suite_of(result, folder)
    (folder / "test-events.jsonl").unlink()
    assert counts(suite_of(result, folder)) == counts(whole)
    assert list(suite_of(result, folder).iter("testcase")) == []
    assert counts(suite_of(result, None)) == counts(whole)


def test_a_record_that_became_a_link_is_not_followed(tmp_path: Path) -> None:
    result, folder = verify(tmp_path, OUTCOMES)
    record = folder / "test-events.jsonl"
    record.rename(tmp_path / "elsewhere")
    record.symlink_to(tmp_path / "elsewhere")
    assert list(suite_of(result, folder).iter("testcase")) == []


def test_a_run_that_ended_badly_without_a_failing_test_is_no_success(tmp_path: Path) -> None:
    code = "import atexit, os\natexit.register(os._exit, 3)\ndef test_a(): pass\n"
    result, folder = verify(tmp_path, code)
    assert result.facts["verification"]["verdict"] == "failed"
    for where in (folder, None):
        suite = suite_of(result, where)
        assert counts(suite) == {"tests": 2, "failures": 0, "errors": 1, "skipped": 0}
        (error,) = suite.iter("error")
        assert "failed:" in str(error.get("message"))


def test_tests_that_never_ended_or_began_are_told_apart(tmp_path: Path) -> None:
    events = [
        {"event": "collected", "ids": ["a.py::one", "a.py::two", "a.py::three"]},
        {"event": "start", "id": "a.py::one"},
        {"event": "phase", "id": "a.py::one", "when": "call", "outcome": "passed", "seconds": 1.5},
        {"event": "end", "id": "a.py::one"},
        {"event": "start", "id": "a.py::two"},
    ]
    (tmp_path / "test-events.jsonl").write_text("\n".join(map(json.dumps, events)) + "\n")
    task = report_task(facts={"verification": {"verdict": "incomplete"}}, folder=tmp_path)
    ((one, two, three, _out),) = ElementTree.fromstring(write_junit(report_of(task)))
    assert (one.get("name"), one.get("time"), len(one)) == ("one", "1.500", 0)
    assert (two[0].tag, two[0].get("message")) == ("error", "it did not end")
    assert (three[0].tag, three[0].get("message")) == ("skipped", "it was not reached")


surrogates = st.text(st.characters(), max_size=20)


@some
@given(st.lists(st.tuples(st.one_of(texts, surrogates).filter(bool), texts, surrogates), max_size=5,
                unique_by=lambda one: one[0]))  # fmt: skip
def test_any_text_in_a_record_gives_xml_that_can_be_read(tests: list[tuple[str, ...]]) -> None:
    lines = []
    for name, message, detail in tests:
        about = {"id": name, "message": message, "detail": detail, "file": message, "line": 3}
        lines.append({"event": "phase", "when": "call", "outcome": "failed", **about})
        lines.append({"event": "end", "id": name})
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "test-events.jsonl").write_text("\n".join(map(json.dumps, lines)) + "\n")
        task = report_task(facts={"verification": {"verdict": "failed"}}, folder=Path(folder))
        text = write_junit(report_of(task))
    (suite,) = ElementTree.fromstring(text.encode())
    assert len(list(suite.iter("failure"))) == len(tests)
    assert {child.tag for child in suite} <= {"testcase", "system-out"}


@some
@given(reports())
def test_a_session_that_verified_nothing_has_no_suite(report: object) -> None:
    root = ElementTree.fromstring(write_junit(report).encode())
    assert (root.tag, len(root), root.get("tests")) == ("testsuites", 0, "0")
