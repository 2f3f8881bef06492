"""Failures that pass when they are run again are told from those that do not."""

from __future__ import annotations

from pathlib import Path

import pytest
from genesis.contracts import Severity

from plugins.engineering.tests.verifying import facts, make_repository, rules, verify, write

FLAKY = """
import pathlib
def test_flaky():
    seen = pathlib.Path(r"{seen}")
    first = not seen.exists()
    seen.touch()
    assert not first
def test_broken(): assert 1 == 2
def test_good(): pass
"""
ORDER = """
state = []
def test_first(): state.append(1)
def test_second(): assert state == []
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "repository")


def test_a_test_that_fails_once_and_then_passes_is_flaky(repository: Path) -> None:
    write(repository, {"test_it.py": FLAKY.format(seen=repository.parent / "seen")})
    result = verify(repository)
    # The counts stay those of the run itself.
    assert (facts(result)["failed"], facts(result)["passed"]) == (2, 1)
    assert (facts(result)["flaky"], facts(result)["order_dependent"]) == (1, 0)
    by_rule = {finding.rule: finding for finding in result.findings}
    assert set(by_rule) == {"test-flaky", "test-failed"}
    flaky = by_rule["test-flaky"]
    assert flaky.severity == Severity.MEDIUM
    assert "in the whole suite: failed; alone: passed, passed, passed" in flaky.message
    assert "assert not first" in flaky.evidence
    assert (flaky.file, flaky.line) == ("test_it.py", 7)
    assert "test_broken" in by_rule["test-failed"].message


def test_a_test_that_fails_only_after_others_is_order_dependent(repository: Path) -> None:
    write(repository, {"test_it.py": ORDER})
    result = verify(repository)
    assert rules(result) == ["test-order-dependent"]
    assert result.findings[0].severity == Severity.MEDIUM
    assert "in the whole suite again: failed" in result.findings[0].message
    assert facts(result)["order_dependent"] == 1
    assert facts(result)["verdict"] == "failed"


def test_a_test_of_unittest_that_fails_only_after_others_is_order_dependent(
    repository: Path,
) -> None:
    text = "import unittest\nstate = []\nclass TestIt(unittest.TestCase):\n"
    text += "    def test_first(self): state.append(1)\n"
    text += "    def test_second(self): self.assertEqual(state, [])\n"
    (repository / "pytest.ini").unlink()
    write(repository, {"test_it.py": text})
    result = verify(repository)
    assert str(facts(result)["runner"]).startswith("unittest")
    assert rules(result) == ["test-order-dependent"]


def test_a_broken_test_that_leaves_traces_does_not_make_others_look_flaky(
    repository: Path,
) -> None:
    text = "import pytest\n@pytest.mark.parametrize('n', range(5))\ndef test_a(n): assert n > 9\n"
    write(repository, {"test_it.py": text})
    result = verify(repository)
    assert rules(result) == ["test-failed"]
    assert result.findings[0].message.startswith("5 tests fail with the same error in test_it.py:3")
    assert facts(result)["rerun"] == "5 of 5 failing tests were run again"


def test_a_suite_that_passes_or_was_stopped_is_not_run_again(repository: Path) -> None:
    runs = repository.parent / "runs"
    text = f"def test_a(): open({str(runs)!r}, 'a').write('x')\n"
    write(repository, {"test_it.py": text})
    assert "rerun" not in facts(verify(repository))
    assert runs.read_text() == "x"
    text += "import time\ndef test_b(): assert 0\ndef test_c(): time.sleep(60)\n"
    write(repository, {"test_it.py": text})
    assert facts(verify(repository, limit_seconds=4))["verdict"] == "failed"
    assert runs.read_text() == "xx"
