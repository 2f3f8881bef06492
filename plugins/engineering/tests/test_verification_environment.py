"""Which environment and which runner a repository gets, and what its tests can see of ours."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import cast

import pytest
from genesis.contracts import TaskResult
from genesis.testing import run_tool
from pydantic import JsonValue

NODE = '{"scripts": {"test": "node --test"}}'
UNITTEST = """
import unittest

class TestThing(unittest.TestCase):
    def test_good(self): pass
    def test_bad(self):
        self.assertEqual(1, 2)
    def test_raises(self): raise ValueError("wrong size")
    @unittest.skip("later")
    def test_skipped(self): pass
    @unittest.expectedFailure
    def test_known(self): self.fail()
    def test_parts(self):
        for n in range(3):
            with self.subTest(n=n): self.assertLess(n, 2)

class TestFixture(unittest.TestCase):
    @classmethod
    def setUpClass(cls): raise OSError("no server")
    def test_one(self): pass
    def test_two(self): pass
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """An empty repository without an environment, as seen by a user without secrets."""
    folder = tmp_path / "repository"
    folder.mkdir()
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    return folder


@pytest.fixture
def own(repository: Path) -> Path:
    """The same, with an environment of its own."""
    (repository / ".venv").symlink_to(sys.prefix)
    return repository


def write(repository: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = repository / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def verify(repository: Path, **params: JsonValue) -> TaskResult:
    folder = repository.parent / "attempt"
    return run_tool("genesis_engineering.verification:run_tests", repository, folder, params)


def facts(result: TaskResult) -> dict[str, object]:
    return cast(dict[str, object], result.facts["verification"])


@pytest.mark.parametrize("init", [{}, {"tests/__init__.py": ""}])
def test_a_unittest_suite_is_run_by_unittest_with_each_result(
    own: Path, init: dict[str, str]
) -> None:
    write(own, {"tests/test_it.py": UNITTEST, **init})
    result = verify(own)
    counted = facts(result)
    assert str(counted["runner"]).startswith("unittest")
    expected = {"passed": 1, "failed": 2, "errors": 3, "skipped": 1, "xfailed": 1, "collected": 8}
    assert {name: counted[name] for name in expected} == expected
    assert counted["verdict"] == "failed"
    bad = next(finding for finding in result.findings if "test_bad" in finding.message)
    assert (bad.file, bad.line) == ("tests/test_it.py", 7)
    assert "AssertionError: 1 != 2" in bad.message
    fixture = next(finding for finding in result.findings if "test_one" in finding.message)
    assert (fixture.file, fixture.line) == ("tests/test_it.py", 19)
    again = subprocess.run(bad.check, shell=True, cwd=own, capture_output=True, text=True)
    assert "FAILED (failures=1)" in again.stderr


def test_unittest_files_named_as_any_project_names_them_are_run_once(own: Path) -> None:
    case = "import unittest\nclass TestIt(unittest.TestCase):\n    def test_a(self): pass\n"
    names = ("test_one", "two_test", "three_tests", "test_four_test", "test_five_tests", "latest")
    write(own, {f"tests/{name}.py": case for name in names} | {"broken_test.py": "import absent"})
    result = verify(own)
    counted = facts(result)
    assert str(counted["runner"]).startswith("unittest")
    assert (counted["collected"], counted["passed"]) == (5, 5)
    assert "broken_test" in result.findings[0].check


def test_a_unittest_module_that_cannot_be_imported_blocks_when_there_is_no_other(
    own: Path,
) -> None:
    write(own, {"tests/test_it.py": "import no_such_library, unittest\n"})
    result = verify(own)
    assert result.blocked is not None
    assert "No module named 'no_such_library'" in result.blocked
    assert result.findings[0].file == "tests/test_it.py"


def test_a_unittest_suite_that_exits_with_0_in_the_middle_is_incomplete(own: Path) -> None:
    text = "import os, unittest\nclass TestA(unittest.TestCase):\n    def test_a(self): pass\n"
    text += "    def test_b(self): os._exit(0)\n    def test_c(self): pass\n"
    write(own, {"test_it.py": text})
    counted = facts(verify(own))
    assert counted["verdict"] == "incomplete"
    assert (counted["passed"], counted["interrupted"], counted["not_reached"]) == (1, 1, 1)


def test_tests_see_no_secret_and_nothing_of_genesis(
    own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hidden = [
        "GITHUB_TOKEN",
        "MY_API_KEY",
        "db_password",
        "AWS_PROFILE",
        "GENESIS_HOME",
        "X_SECRET",
    ]
    for name in [*hidden, "PLAIN_SETTING"]:
        monkeypatch.setenv(name, "hidden")
    monkeypatch.setenv("https_proxy", "http://me:hidden@example.org")
    monkeypatch.setenv("WANTED_SETTING", "shown")
    text = "import os, sys\ndef test_a():\n    assert 'hidden' not in str(os.environ)\n"
    text += "    assert os.environ['WANTED_SETTING'] == 'shown' and 'PATH' in os.environ\n"
    text += "    assert sys.stdin.read() == ''\n"
    write(own, {"test_it.py": text, "pytest.ini": "[pytest]\naddopts = -s\n"})
    result = verify(own, environment=["WANTED_SETTING"])
    assert facts(result)["verdict"] == "passed", result.findings


def test_without_an_environment_the_one_that_has_what_is_declared_is_taken(
    repository: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(_folder_with_git(tmp_path)))
    project = '[project]\nname = "x"\nversion = "1"\ndependencies = ["click>=8"]\n'
    write(repository, {"pyproject.toml": project, "test_it.py": "def test_a(): import click\n"})
    result = verify(repository)
    assert facts(result)["verdict"] == "passed", result
    assert facts(result)["python"] == sys.executable
    assert "Genesis' own" in str(facts(result)["python_reason"])


def test_no_environment_with_what_is_declared_blocks_and_says_what_each_one_lacks(
    repository: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(_folder_with_git(tmp_path)))
    project = '[project]\nname = "x"\nversion = "1"\ndependencies = ["no-such-library"]\n'
    write(repository, {"pyproject.toml": project, "test_it.py": "def test_a(): pass\n"})
    result = verify(repository)
    assert result.blocked is not None
    assert f"{sys.executable} (Genesis' own; the repository has no environment)" in result.blocked
    assert "lacks no-such-library" in result.blocked


def test_an_own_environment_without_pytest_blocks_instead_of_borrowing_another(
    repository: Path,
) -> None:
    subprocess.run(
        [sys.executable, "-m", "venv", "--without-pip", str(repository / ".venv")], check=True
    )
    write(repository, {".gitignore": ".venv\n", "test_it.py": "def test_a(): pass\n"})
    result = verify(repository)
    assert result.blocked is not None
    assert ".venv/bin/python (the repository's own .venv) lacks pytest" in result.blocked
    assert facts(result)["verdict"] == "could_not_run"


@pytest.mark.parametrize(
    ("files", "what", "reason"),
    [
        ({"package.json": NODE}, "node's own runner", "no Node here"),
        ({"go.mod": "module x\n", "a_test.go": "package x\n"}, "Go tests", "no Go here"),
        ({"Cargo.toml": "[package]\n", "src/lib.rs": ""}, "Rust tests", "no Rust here"),
    ],
)
def test_tests_whose_tool_is_missing_are_left_out_openly(
    repository: Path,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    files: dict[str, str],
    what: str,
    reason: str,
) -> None:
    monkeypatch.setenv("PATH", str(_folder_with_git(tmp_path)))
    write(repository, files)
    result = verify(repository)
    assert result.blocked is not None
    assert result.blocked.startswith(f"not looked at: {reason}")
    assert facts(result)["verdict"] == "could_not_run"
    assert what in result.omissions[0].what


@pytest.mark.skipif(shutil.which("node") is None, reason="no Node here")
def test_a_runner_that_is_not_installed_is_left_out_openly(repository: Path) -> None:
    write(repository, {"package.json": NODE.replace("node --test", "jest"), "a.js": "1\n"})
    result = verify(repository)
    assert result.blocked is not None
    assert "jest is not installed in node_modules" in result.blocked


def test_other_runners_of_node_are_left_out_openly(repository: Path) -> None:
    write(repository, {"package.json": NODE.replace("node --test", "mocha"), "a.js": "1\n"})
    result = verify(repository)
    assert result.blocked is not None
    assert "package.json (mocha)" in result.omissions[0].what
    assert result.omissions[0].reason.startswith("not run: ")


def test_the_placeholder_of_npm_is_no_test_suite(repository: Path) -> None:
    script = 'echo \\"Error: no test specified\\" && exit 1'
    write(repository, {"package.json": f'{{"scripts": {{"test": "{script}"}}}}', "a.js": "1\n"})
    result = verify(repository)
    assert result.blocked is None
    assert facts(result)["verdict"] == "no_tests"
    assert [finding.rule for finding in result.findings] == ["no-tests"]


def test_suites_without_their_tools_beside_python_leave_its_verdict_alone(
    own: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(_folder_with_git(tmp_path)))
    write(own, {"go.mod": "module x\n", "a_test.go": "package x\n", "rs/Cargo.toml": "[package]\n"})
    write(own, {"test_it.py": "def test_a(): pass\n"})
    result = verify(own)
    assert facts(result)["verdict"] == "passed"
    assert [omission.what for omission in result.omissions] == ["Go tests", "Rust tests in rs"]


def test_an_empty_repository_has_no_tests_and_no_finding(repository: Path) -> None:
    result = verify(repository)
    assert result.summary == "There are no tests to run in this repository."
    assert not result.findings
    assert result.blocked is None


def _folder_with_git(tmp_path: Path) -> Path:
    """A PATH on which there is git and no Python."""
    folder = tmp_path / "bin"
    folder.mkdir()
    found = subprocess.run(["which", "git"], capture_output=True, text=True, check=True)
    (folder / "git").symlink_to(found.stdout.strip())
    return folder


LACKS_FIXTURE = """
import pytest
def test_a(): raise RuntimeError("install flask-absent to use this")
def test_b(): raise RuntimeError("Please install flask_absent")
def test_c(): assert 1 == 2
"""


def test_failures_for_lack_of_what_tests_declare_are_told_once(own: Path) -> None:
    extras = '[project]\nname = "a"\nversion = "1"\n[project.optional-dependencies]\n'
    extras += 'test = ["flask-absent"]\n'
    write(own, {"pyproject.toml": extras, "test_it.py": LACKS_FIXTURE})
    result = verify(own)
    found = [(f.rule, str(f.severity)) for f in result.findings]
    assert found == [("test-failed", "high"), ("test-dependency-missing", "low")]
    assert "2 tests failed for lack of flask-absent" in result.findings[1].message
    assert facts(result)["failed"] == 3


def lacks(own: Path, *errors: str) -> list[tuple[str, str, str]]:
    tests = (f"def test_{n}(): {error}\n" for n, error in enumerate(errors))
    write(own, {"test_it.py": "import socket\n" + "".join(tests)})
    return [(f.rule, str(f.severity), f.message) for f in verify(own).findings]


def test_tests_that_fail_for_lack_of_a_network_are_told_once_with_what_they_say(own: Path) -> None:
    (found,) = lacks(
        own,
        "raise OSError(101, 'Network is unreachable')",
        "raise socket.gaierror(-2, 'Name or service not known')",
    )
    assert found[:2] == ("test-needs-network", "low")
    assert found[2].startswith("2 tests failed for lack of a network")
    assert "[Errno 101] Network is unreachable" in found[2]


def test_failures_beside_those_for_lack_of_a_network_are_doubtful_in_that_file(own: Path) -> None:
    far = (
        "def test_a(): raise OSError(101, 'Network is unreachable')\ndef test_b(): assert 1 == 2\n"
    )
    write(own, {"test_far.py": far, "test_near.py": "def test_c(): assert 1 == 2\n"})
    found = {(f.rule, str(f.severity), f.file) for f in verify(own).findings}
    assert found == {
        ("test-failed", "high", "test_near.py"),
        ("test-environment-incomplete", "low", "test_far.py"),
        ("test-needs-network", "low", "test_far.py"),
    }


def test_a_program_that_lacks_what_other_tests_lack_is_no_failure_either(own: Path) -> None:
    started = "import subprocess, sys\ndef test_a():\n    done = subprocess.run("
    started += "[sys.executable, '-c', 'import no_such_library'], capture_output=True, text=True)"
    started += "\n    assert done.returncode == 0, done.stderr\n"
    write(own, {"test_it.py": started, "test_other.py": "import no_such_library\n" + FAILS})
    assert {f.rule for f in verify(own).findings} == {"test-dependency-missing"}


@pytest.mark.parametrize(
    ("error", "lack"),
    [
        ("raise RuntimeError(\"Install it with the 'async' extra for that\")", "the extra async"),
        ("raise ImportError('run `pip install thing[fast]` first')", "thing[fast]"),
        ("import no_such_library", "no_such_library"),
    ],
)
def test_a_test_that_names_what_is_not_installed_is_no_failure_of_the_repository(
    own: Path, error: str, lack: str
) -> None:
    (found,) = lacks(own, error)
    assert found[:2] == ("test-dependency-missing", "low")
    assert f"1 test failed for lack of {lack}, which .venv/bin/python does not have" in found[2]


def test_an_extension_that_is_not_built_is_told_once_and_no_failure(own: Path) -> None:
    write(own, {"quick/__init__.py": "", "quick/_core.pyx": "def add(a, b): return a + b\n"})
    found = lacks(own, "from quick import _core", "from quick import _core as core")
    assert [(rule, severity) for rule, severity, _ in found] == [("test-dependency-missing", "low")]
    assert "2 tests failed for lack of the built extension quick._core" in found[0][2]


def test_tests_that_want_django_s_settings_could_not_be_run_here(own: Path) -> None:
    message = "Requested setting A, but settings are not configured. Define DJANGO_SETTINGS_MODULE"
    write(own, {"test_it.py": f"def test_a(): pass\nraise RuntimeError({message!r})\n"})
    assert [(f.rule, str(f.severity)) for f in verify(own).findings] == [
        ("test-dependency-missing", "low")
    ]


def test_a_name_that_the_repository_has_nowhere_is_a_failure(own: Path) -> None:
    write(own, {"quick/__init__.py": "", "quick/_other.pyx": ""})
    (found,) = lacks(own, "from quick import _core")
    assert found[:2] == ("test-failed", "high")


@pytest.mark.parametrize(
    "error",
    [
        "assert 'pip install thing' in 'a text that lacks it'",
        "raise AssertionError('it should tell to install the async extra')",
        "raise OSError(111, 'Connection refused')",
    ],
)
def test_a_test_that_only_speaks_of_installing_failed(own: Path, error: str) -> None:
    (found,) = lacks(own, error)
    assert found[:2] == ("test-failed", "high")


def test_a_compiled_package_without_its_environment_is_not_tested(repository: Path) -> None:
    backend = '[build-system]\nrequires = ["maturin"]\nbuild-backend = "maturin"\n'
    write(repository, {"pyproject.toml": backend, "test_it.py": "def test_a(): pass\n"})
    result = verify(repository)
    assert result.blocked is not None
    assert "compiled by maturin" in result.blocked


def test_settings_of_tests_are_copied_and_those_of_the_user_are_not(own: Path) -> None:
    text = "from pathlib import Path\ndef test_a():\n    here = Path(__file__).parent\n"
    text += "    assert (here / '.env').exists() and not (here.parent / '.env').exists()\n"
    write(own, {"tests/test_it.py": text, "tests/.env": "A=1\n", ".env": "KEY=secret\n"})
    assert facts(verify(own))["verdict"] == "passed"


FAILS = "def test_a(): assert 1 == 2\ndef test_b(): assert 2 == 3\n"
WANTS = '[project]\nname = "a"\nversion = "1"\n[dependency-groups]\ndev = ["a[full]"]\n'
WANTS += (
    '[project.optional-dependencies]\nfull = ["not-there-at-all", "a[more]"]\nmore = ["nor-this"]\n'
)


def test_in_an_interpreter_of_others_that_lacks_what_tests_need_failures_are_told_once_as_low(
    repository: Path,
) -> None:
    write(repository, {"pyproject.toml": WANTS, "test_it.py": FAILS})
    result = verify(repository)
    (found,) = result.findings
    assert (found.rule, str(found.severity)) == ("test-environment-incomplete", "low")
    assert "2 tests (or test files) failed" in found.message
    assert "lacks of what it declares for its tests: not-there-at-all, nor-this" in found.message
    assert "test_it.py::test_b: AssertionError: assert 2 == 3" in found.evidence
    assert (facts(result)["failed"], facts(result)["verdict"]) == (2, "failed")


@pytest.mark.parametrize(
    ("wanted", "rules"),
    [
        ("not-there-at-all", ["test-environment-incomplete"]),
        ("pytest", ["test-failed"] * 2),
        ("not-there; python_version < '3'", ["test-failed"] * 2),
    ],
)
def test_what_a_setup_py_asks_for_is_needed_for_its_tests(
    repository: Path, wanted: str, rules: list[str]
) -> None:
    setup = f'from setuptools import setup\nsetup(install_requires=["{wanted}"])\n'
    write(repository, {"setup.py": setup, "test_it.py": FAILS})
    assert [found.rule for found in verify(repository).findings] == rules


def test_in_the_repository_s_own_environment_failures_are_failures_whatever_it_lacks(
    own: Path,
) -> None:
    write(own, {"pyproject.toml": WANTS, "test_it.py": FAILS})
    assert [(f.rule, str(f.severity)) for f in verify(own).findings] == [
        ("test-failed", "high")
    ] * 2


def test_a_file_of_tests_that_is_no_python_is_told_in_any_environment(repository: Path) -> None:
    write(repository, {"pyproject.toml": WANTS, "test_it.py": FAILS, "test_no.py": "def (:\n"})
    found = [(f.rule, str(f.severity)) for f in verify(repository).findings]
    assert found == [("test-collection-error", "high"), ("test-environment-incomplete", "low")]


def test_an_archive_without_the_conftest_of_its_tests_has_no_failures(own: Path) -> None:
    tests = "def test_a(settings): pass\ndef test_b(client): pass\ndef test_c(): assert 1 == 2\n"
    write(own, {"PKG-INFO": "Name: a\n", "tests/test_it.py": tests})
    found = {(f.rule, str(f.severity)): f.message for f in verify(own).findings}
    assert set(found) == {
        ("test-dependency-missing", "low"),
        ("test-environment-incomplete", "low"),
    }
    told = "2 tests failed for lack of conftest.py, which is not in this source archive"
    assert told in found["test-dependency-missing", "low"]
    write(own, {"tests/conftest.py": ""})
    assert [f.rule for f in verify(own).findings] == ["test-failed"] * 3


@pytest.mark.parametrize(("mark", "severity"), [("PKG-INFO", "low"), ("README", "high")])
def test_a_failure_in_an_unpacked_source_archive_is_low(
    own: Path, mark: str, severity: str
) -> None:
    write(own, {mark: "Name: a\n", "test_it.py": "def test_a(): assert 1 == 2\n"})
    assert [(f.rule, str(f.severity)) for f in verify(own).findings] == [("test-failed", severity)]


@pytest.mark.parametrize(
    ("more", "severity"),
    [
        ({"configure.ac": "AC_INIT\n"}, "low"),
        ({"configure.ac": "AC_INIT\n", "pyproject.toml": "[project]\nname = 'a'\n"}, "high"),
        ({"Makefile": "all:\n"}, "high"),
        ({"configure.ac": "AC_INIT\n", "tools/setup.py": "from setuptools import setup\nsetup()\n"},
         "high"),
    ],
)  # fmt: skip
def test_a_failure_of_python_that_only_helps_a_compiled_program_is_low(
    own: Path, more: dict[str, str], severity: str
) -> None:
    write(own, {"tools/test_it.py": "def test_a(): assert 1 == 2\n"} | more)
    assert [(f.rule, str(f.severity)) for f in verify(own).findings] == [("test-failed", severity)]


def test_a_failure_in_examples_is_low(own: Path) -> None:
    code = "def test_a(): assert 1 == 2\n"
    write(own, {"pytest.ini": "[pytest]\n", "examples/test_a.py": code, "tests/test_a.py": code})
    found = [(f.file, str(f.severity)) for f in verify(own).findings]
    assert sorted(found) == [("examples/test_a.py", "low"), ("tests/test_a.py", "high")]


def test_options_of_pytest_cov_do_not_keep_tests_from_running_without_it(own: Path) -> None:
    config = "[pytest]\naddopts = --cov=a --cov-branch --cov-report term-missing --no-cov-on-fail\n"
    write(own, {"pytest.ini": config, "test_it.py": FAILS})
    assert facts(verify(own))["failed"] == 2
