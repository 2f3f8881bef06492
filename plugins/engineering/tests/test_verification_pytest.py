"""Real pytest suites in small repositories: each result is reported as it was."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import cast

import pytest
from genesis.contracts import TaskResult
from genesis.errors import PluginError
from genesis.testing import run_tool

TOOL = "genesis_engineering.verification:run_tests"
EVERY_OUTCOME = """
import pytest

@pytest.fixture
def broken():
    raise RuntimeError("no database")

@pytest.fixture
def leaky():
    yield
    raise OSError("cannot clean up")

def test_good(): pass

def test_bad():
    total = 1 + 1
    assert total == 3

def test_raises(): raise ValueError("wrong size")
def test_setup(broken): pass
def test_teardown(leaky): pass

@pytest.mark.skip(reason="later")
def test_skipped(): pass

@pytest.mark.xfail
def test_known(): assert False

@pytest.mark.xfail
def test_fixed(): pass

@pytest.mark.parametrize("size", [1, 2])
def test_many(size): pass
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """An empty repository whose own environment is the one that runs these tests."""
    folder = tmp_path / "repository"
    folder.mkdir()
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    (folder / ".venv").symlink_to(sys.prefix)
    return folder


def write(repository: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = repository / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def verify(repository: Path, **params: float) -> TaskResult:
    return run_tool(TOOL, repository, repository.parent / "attempt", dict(params), kind="verify")


def facts(result: TaskResult) -> dict[str, object]:
    return cast(dict[str, object], result.facts["verification"])


def rules(result: TaskResult) -> list[str]:
    return [finding.rule for finding in result.findings]


def test_a_suite_that_passes_is_passed_and_leaves_the_checkout_as_it_was(repository: Path) -> None:
    tests = "import thing\ndef test_a(): pass\ndef test_b(tmp_path): (tmp_path / 'f').touch()\n"
    write(repository, {"thing.py": "x = 1\n", "tests/test_it.py": tests})
    before = sorted(repository.rglob("*"))
    result = verify(repository)
    assert facts(result)["verdict"] == "passed", result
    assert facts(result)["passed"] == facts(result)["collected"] == 2
    assert facts(result)["python"] == ".venv/bin/python"
    assert not result.findings
    assert result.blocked is None
    assert sorted(repository.rglob("*")) == before


def test_temporary_files_of_the_suite_are_outside_of_any_checkout_and_go_away(
    repository: Path,
) -> None:
    told = repository.parent / "told"
    test = f"import tempfile\ndef test_a(): open({str(told)!r}, 'w').write(tempfile.gettempdir())\n"
    write(repository, {"test_it.py": test})
    folder = repository / "attempt"
    run_tool("genesis_engineering.verification.run:run_tests", repository, folder)
    temporary = Path(told.read_text())
    assert repository not in temporary.parents
    assert not temporary.exists()


def test_every_outcome_is_counted_and_every_failure_is_a_finding_with_its_place(
    repository: Path,
) -> None:
    write(repository, {"tests/test_it.py": EVERY_OUTCOME})
    result = verify(repository)
    counted = facts(result)
    expected = {"passed": 3, "failed": 2, "errors": 2, "skipped": 1, "xfailed": 1, "xpassed": 1}
    assert {name: counted[name] for name in expected} == expected
    assert counted["collected"] == 10
    assert counted["verdict"] == "failed"
    assert rules(result) == ["test-failed"] * 4
    bad = next(finding for finding in result.findings if "test_bad" in finding.message)
    assert (bad.file, bad.line) == ("tests/test_it.py", 17)
    assert "AssertionError: assert 2 == 3" in bad.message
    assert bad.check == ".venv/bin/python -m pytest tests/test_it.py::test_bad"
    assert "assert total == 3" in bad.evidence
    assert any("RuntimeError: no database" in finding.message for finding in result.findings)
    assert any("in teardown: OSError" in finding.message for finding in result.findings)
    again = subprocess.run(bad.check.split(), cwd=repository, capture_output=True, text=True)
    assert "1 failed" in again.stdout


def test_the_counts_are_those_of_pytest_itself(repository: Path) -> None:
    write(repository, {"test_it.py": EVERY_OUTCOME})
    output = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=repository, capture_output=True, text=True,
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
    ).stdout  # fmt: skip
    assert "2 failed, 4 passed, 1 skipped, 1 xfailed, 1 xpassed, 2 errors" in output
    counted = facts(verify(repository))
    assert (counted["failed"], counted["errors"]) == (2, 2)
    assert counted["passed"] == 3, "the one whose teardown failed is an error, not both"


def test_a_suite_with_more_failures_than_a_report_can_hold_counts_the_rest(
    repository: Path,
) -> None:
    text = "".join(f"def test_{n}(): assert not 1\n" for n in range(510))
    write(repository, {"test_it.py": text})
    result = verify(repository)
    assert len(result.findings) == 500
    assert "10 more findings" in result.summary
    assert facts(result)["failed"] == 510


def test_exit_code_0_does_not_hide_a_test_that_failed(repository: Path) -> None:
    conftest = "import os\ndef pytest_unconfigure(config): os._exit(0)\n"
    write(repository, {"conftest.py": conftest, "test_it.py": "def test_a(): assert 0\n"})
    result = verify(repository)
    assert facts(result)["verdict"] == "failed"
    assert rules(result) == ["exit-code-disagrees", "test-failed"]
    assert "exit code 0, although 1 failed" in result.findings[0].message


def test_a_bad_exit_code_is_not_passed_although_every_test_passed(repository: Path) -> None:
    conftest = "def pytest_sessionfinish(session): session.exitstatus = 9; print('Error: 40 %')\n"
    write(repository, {"conftest.py": conftest, "test_it.py": "def test_a(): pass\n"})
    result = verify(repository)
    assert facts(result)["verdict"] == "failed"
    assert rules(result) == ["exit-code-disagrees"]
    assert "exit code 9" in result.findings[0].message


def test_a_missing_dependency_blocks_and_is_named(repository: Path) -> None:
    write(repository, {"test_it.py": "import no_such_library\ndef test_a(): pass\n"})
    result = verify(repository)
    assert result.blocked is not None
    assert "No module named 'no_such_library'" in result.blocked
    assert ".venv/bin/python" in result.blocked
    assert facts(result)["verdict"] == "could_not_run"
    assert rules(result) == ["test-dependency-missing"]


def test_a_dependency_that_some_files_lack_is_not_a_failure_of_the_repository(
    repository: Path,
) -> None:
    missing = "import no_such_library\ndef test_a(): pass\n"
    write(repository, {"test_it.py": "def test_a(): pass\n", "test_other.py": missing})
    result = verify(repository)
    assert facts(result)["verdict"] == "incomplete"
    assert rules(result) == ["test-dependency-missing"]
    assert result.findings[0].file == "test_other.py"
    assert "no_such_library" in result.summary


def test_a_module_that_the_repository_should_have_is_a_failure(repository: Path) -> None:
    broken = "from helpers.gone import a\ndef test_a(): pass\n"
    files = {
        "test_it.py": "def test_a(): pass\n",
        "test_other.py": broken,
        "helpers/__init__.py": "",
    }
    write(repository, files)
    result = verify(repository)
    assert facts(result)["verdict"] == "failed"
    assert rules(result) == ["test-collection-error"]


def test_an_error_in_conftest_blocks_and_is_named(repository: Path) -> None:
    write(
        repository, {"conftest.py": "import absent_thing\n", "test_it.py": "def test_a(): pass\n"}
    )
    result = verify(repository)
    assert result.blocked is not None
    assert "ModuleNotFoundError: No module named 'absent_thing'" in result.blocked


def test_an_option_of_a_plugin_that_is_not_installed_blocks_and_is_named(repository: Path) -> None:
    config = "[pytest]\naddopts = --no-such-option\n"
    write(repository, {"pytest.ini": config, "test_it.py": "def test_a(): pass\n"})
    result = verify(repository)
    assert result.blocked is not None
    assert "--no-such-option" in result.blocked


def test_a_file_that_cannot_be_loaded_does_not_keep_the_others_from_running(
    repository: Path,
) -> None:
    write(repository, {"test_bad.py": "def test_(:\n", "test_good.py": "def test_a(): pass\n"})
    result = verify(repository)
    assert facts(result)["verdict"] == "failed"
    assert (facts(result)["passed"], facts(result)["collection_errors"]) == (1, 1)
    assert result.findings[0].file == "test_bad.py"
    assert "SyntaxError" in result.findings[0].message


def test_skipped_tests_alone_prove_nothing(repository: Path) -> None:
    text = "import pytest\n@pytest.mark.skip\ndef test_a(): pass\n"
    write(repository, {"test_it.py": text})
    assert facts(verify(repository))["verdict"] == "incomplete"


def test_a_configured_suite_that_collects_nothing_has_no_tests(repository: Path) -> None:
    write(repository, {"pytest.ini": "[pytest]\n", "thing.py": "x = 1\n"})
    result = verify(repository)
    assert facts(result)["verdict"] == "no_tests"
    assert result.summary == "There are no tests to run in this repository."
    assert rules(result) == ["no-tests"]


def test_an_uninstalled_package_below_src_can_be_tested(repository: Path) -> None:
    write(
        repository,
        {
            "src/rocket/__init__.py": "fuel = 3\n",
            "tests/test_it.py": "import rocket\ndef test_a(): assert rocket.fuel == 4\n",
        },
    )
    result = verify(repository)
    assert facts(result)["failed"] == 1
    check = result.findings[0].check
    assert check == "PYTHONPATH=src .venv/bin/python -m pytest tests/test_it.py::test_a"
    again = subprocess.run(check, shell=True, cwd=repository, capture_output=True, text=True)
    assert "1 failed" in again.stdout


def test_the_repository_s_own_settings_hold_even_those_that_need_the_cache(
    repository: Path,
) -> None:
    config = (
        "[pytest]\naddopts = --ff --strict-config -m 'not slow'\nmarkers = slow\ncache_dir = c\n"
    )
    text = "import pytest\ndef test_a(): pass\n@pytest.mark.slow\ndef test_b(): assert 0\n"
    write(repository, {"pytest.ini": config, "test_it.py": text})
    result = verify(repository)
    assert facts(result)["verdict"] == "passed", result
    assert facts(result)["deselected"] == 1
    assert not (repository / "c").exists()


def test_a_limit_that_is_no_number_is_refused(repository: Path) -> None:
    write(repository, {"test_it.py": "def test_a(): pass\n"})
    with pytest.raises(PluginError, match="limit_seconds of run-tests must be a number"):
        verify(repository, limit_seconds=-1)


def test_tests_that_fail_for_one_cause_are_told_once_and_others_one_by_one(
    repository: Path,
) -> None:
    calls = "".join(f"def test_{n}(): thing.open_box({n})\n" for n in range(4))
    others = "".join(f"def test_other_{n}(): thing.check({n}, {word!r})\n"
                     for n, word in enumerate(("oak", "ash", "elm")))  # fmt: skip
    write(
        repository,
        {
            "thing.py": "def open_box(n):\n    raise OSError(f'box {n} is locked')\n"
            "def check(n, name):\n    raise ValueError(f'{name} is no number')\n",
            "test_it.py": f"import thing\n{calls}{others}",
        },
    )
    result = verify(repository)
    assert facts(result)["failed"] == 7
    first, *rest = [finding.message for finding in result.findings]
    assert first.startswith("4 tests fail with the same error in thing.py:2; the first is")
    assert "test_it.py::test_3" in result.findings[0].evidence
    assert [message.partition(":")[0] for message in rest] == ["test_it.py"] * 3


def test_tests_that_fail_alike_in_what_their_file_shares_are_told_once(repository: Path) -> None:
    tests = "".join(f"def test_{n}(): opened()\n" for n in range(4))
    write(repository, {"test_it.py": f"def opened():\n    return box.open()\n{tests}"})
    result = verify(repository)
    assert facts(result)["failed"] == 4
    assert [finding.rule for finding in result.findings] == ["test-failed"]
    assert "4 tests fail with the same error in test_it.py:2" in result.findings[0].message


def test_two_tests_of_the_same_name_are_counted_as_two(repository: Path) -> None:
    conftest = (
        "import pytest\ndef pytest_collection_modifyitems(items):\n"
        "    items.append(pytest.Function.from_parent(items[0].parent, name=items[0].name,\n"
        "        callobj=lambda: 1 / 0))\n"
    )
    write(repository, {"conftest.py": conftest, "test_it.py": "def test_a(): pass\n"})
    counted = facts(verify(repository))
    assert (counted["passed"], counted["failed"], counted["not_reached"]) == (1, 1, 0)


def test_files_that_cannot_be_loaded_for_one_cause_are_told_once(repository: Path) -> None:
    files = {f"tests/test_{n}.py": "from thing import gone\n" for n in range(4)}
    broken = {f"tests/test_broken_{n}.py": "def test_a(:\n" for n in range(3)}
    write(repository, {"thing.py": "here = 1\n", **files, **broken})
    result = verify(repository)
    told = sorted(one.message.partition(" cannot")[0] for one in result.findings)
    assert told[0].startswith("The tests of 4 files, tests/test_0.py and others,")
    assert len(told) == 4
