"""An environment that is built for the run, when that is allowed; and coverage beside it."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from genesis.errors import PluginError

from plugins.engineering.tests.verifying import facts, make_repository, rules, verify, write

UNITTEST = "import unittest, tinything\nclass TestIt(unittest.TestCase):\n"
UNITTEST += "    def test_a(self): self.assertEqual(tinything.size, 3)\n"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository whose own environment is broken, and whose suite needs a package."""
    folder = make_repository(tmp_path / "repository", own=False)
    (folder / ".venv" / "bin").mkdir(parents=True)
    (folder / ".venv" / "bin" / "python").symlink_to("/nowhere/python")
    write(folder, {".gitignore": ".venv\n", "test_it.py": UNITTEST})
    write(folder, {"requirements-test.txt": "tinything\n"})
    return folder


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An index with one package, in place of that of the internet."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    with zipfile.ZipFile(folder / "tinything-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("tinything.py", "size = 3\n")
        about = "Metadata-Version: 2.1\nName: tinything\nVersion: 1.0\n"
        wheel.writestr("tinything-1.0.dist-info/METADATA", about)
        tags = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        wheel.writestr("tinything-1.0.dist-info/WHEEL", tags)
        wheel.writestr("tinything-1.0.dist-info/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


@pytest.mark.usefixtures("wheels")
def test_an_environment_is_built_when_that_is_allowed_and_goes_away(repository: Path) -> None:
    result = verify(repository, build_environment=True)
    assert facts(result)["verdict"] == "passed", result
    assert "built for this run" in str(facts(result)["python_reason"])
    assert not Path(str(facts(result)["python"])).exists()


@pytest.mark.usefixtures("wheels")
def test_nothing_is_built_unless_that_is_allowed(repository: Path) -> None:
    result = verify(repository)
    assert result.blocked is not None
    assert "does not start" in result.blocked


@pytest.mark.usefixtures("wheels")
def test_a_requirement_that_cannot_be_installed_blocks_and_is_named(repository: Path) -> None:
    write(repository, {"requirements-test.txt": "no-such-thing\n"})
    result = verify(repository, build_environment=True)
    assert result.blocked is not None
    assert "No environment could be built" in result.blocked
    assert "no-such-thing" in result.blocked


@pytest.mark.parametrize(
    ("name", "value"), [("build_environment", "yes"), ("environment", "PATH"), ("environment", [1])]
)
def test_a_parameter_that_does_not_fit_is_refused(
    repository: Path, name: str, value: str | list[int]
) -> None:
    with pytest.raises(PluginError, match=f"{name} of run-tests must be"):
        verify(repository, **{name: value})


@pytest.mark.skipif(importlib.util.find_spec("coverage") is None, reason="no coverage here")
def test_coverage_is_measured_apart_and_changes_no_result(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository")
    text = "def half(x):\n    if x:\n        return 1\n    return 2\n"
    test = "import sys, thing\ndef test_a():\n    assert thing.half(1) == 1\n"
    test += "def test_traced(): assert sys.gettrace() is None\n"
    write(repository, {"thing.py": text, "test_it.py": test})
    result = verify(repository)
    assert facts(result)["verdict"] == "passed"
    assert rules(result) == []
    coverage = facts(result)["coverage"]
    assert isinstance(coverage, dict)
    assert (coverage["statements"], coverage["covered"], coverage["percent"]) == (4, 3, 75.0)


def test_an_environment_beside_the_suite_comes_before_that_of_the_repository(
    tmp_path: Path,
) -> None:
    repository = make_repository(tmp_path / "repository")
    (repository / "pytest.ini").unlink()
    venv = repository / "a" / ".venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True)
    text = UNITTEST.replace(", tinything", "").replace("tinything.size", "3")
    write(repository, {".gitignore": ".venv\n", "a/setup.py": "", "a/test_it.py": text})
    result = verify(repository)
    assert facts(result)["verdict"] == "passed", result
    assert facts(result)["python"] == "a/.venv/bin/python"
