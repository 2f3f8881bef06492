"""Find a repository's suites of pytest and unittest."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from genesis_engineering.files import RepositoryFile
from genesis_engineering.verification.suites import (
    Runner,
    Start,
    Suite,
    folder_of,
    is_below,
    manifests,
)

_PYTEST_CONFIGS = {
    "pytest.ini": "",
    ".pytest.ini": "",
    "pytest.toml": "",
    "pyproject.toml": "[tool.pytest",
    "tox.ini": "[pytest]",
    "setup.cfg": "[tool:pytest]",
}
_PROJECT_FILES = ("pyproject.toml", "setup.py", "setup.cfg", "pytest.ini")
_PYTEST_STYLE = re.compile(
    r"^(async )?def test|^class Test\w*(\(\))?:|^\s*(import|from) pytest\b", re.MULTILINE
)
_UNITTEST_STYLE = re.compile(r"^\s*(import|from)\b.*\bunittest\b|\bTestCase\b", re.MULTILINE)
# Anything by which a file could give unittest a test, of its own or by what it builds on.
_HOLDS_TESTS = re.compile(r"\bclass\b|\bdef test|unittest|TestCase|load_tests|doctest|import \*")
_READS_COMMAND = re.compile(r"\bsys\.(argv|stdin|exit)\b|\b(argparse|optparse|getopt)\b")
_READ_AT_MOST = 400
# Pytest's two and unittest's one are among them; the last is that of projects of unittest alone.
_NAMES = ("test*.py", "*_test.py", "*_tests.py")


def python_suites(files: list[RepositoryFile]) -> list[Suite]:
    """One suite for the repository; one for each project in it where the root has no tests and no
    configuration of its own."""
    tests = [file for file in files if _is_python_test(file)]
    folders = ["."]
    if _pytest_config(files, ".") is None:
        projects = {
            folder_of(file.path) for name in _PROJECT_FILES for file in manifests(files, name)
        } - {"."}
        if tests and all(_owner(file, projects) for file in tests):
            folders = sorted({_owner(file, projects) for file in tests})
    found = [_suite(files, tests, folder) for folder in folders]
    return [suite for suite in found if suite is not None]


def _owner(file: RepositoryFile, projects: set[str]) -> str:
    """The outermost project that a file lies in, or ""."""
    inside = [folder for folder in projects if is_below(folder_of(file.path), folder)]
    return min(inside, key=len, default="")


def _suite(files: list[RepositoryFile], tests: list[RepositoryFile], folder: str) -> Suite | None:
    inside = [file for file in files if is_below(folder_of(file.path), folder)]
    own_tests = [file for file in tests if is_below(folder_of(file.path), folder)]
    config = _pytest_config(files, folder)
    runner = _runner(inside, own_tests, config)
    if runner is None:
        return None
    starts: tuple[Start, ...] = ()
    if runner == "unittest":
        names = {_inside(file.path, folder) for file in inside}
        starts = _starts(own_tests, folder, names)
    return Suite(runner, folder, starts, config or "")


def _starts(tests: list[RepositoryFile], folder: str, names: set[str]) -> tuple[Start, ...]:
    """Where to discover; beside programs that are only named like tests, each test by its name.

    Discovery imports all that has such a name, and a program then runs as if it was started.
    """
    found = {file.path: _start(_inside(file.path, folder), names) for file in tests}
    programs = [file.path for file in tests if _is_program(file.read_text() or "")]
    shared = {found.pop(path) for path in programs}
    starts = {
        start._replace(pattern=PurePosixPath(path).name) if start in shared else start
        for path, start in found.items()
    }
    return tuple(sorted(starts))


def _is_program(text: str) -> bool:
    """Whether a file holds nothing that could be a test, and reads what a command is given."""
    return _READS_COMMAND.search(text) is not None and not _HOLDS_TESTS.search(text)


def _inside(path: str, folder: str) -> str:
    return path if folder == "." else path.removeprefix(folder + "/")


def _is_python_test(file: RepositoryFile) -> bool:
    name = PurePosixPath(file.path).name
    return file.suffix == ".py" and (_pattern(name) is not None)


def _pattern(name: str) -> str | None:
    """The pattern of test files that a name has, of those in use."""
    return next((pattern for pattern in _NAMES if fnmatchcase(name, pattern)), None)


def _pytest_config(files: list[RepositoryFile], folder: str) -> str | None:
    by_path = {file.path: file for file in files if folder_of(file.path) == folder}
    for name, mark in _PYTEST_CONFIGS.items():
        path = name if folder == "." else f"{folder}/{name}"
        if path in by_path:
            text = by_path[path].read_text() or ""
            if mark in text:
                return text
    return None


def _runner(
    files: list[RepositoryFile], tests: list[RepositoryFile], config: str | None
) -> Runner | None:
    """Pytest where anything says so, unittest where only that is used."""
    if config is not None:
        return "pytest"
    texts = [file.read_text() or "" for file in tests[:_READ_AT_MOST]]
    conftest = any(PurePosixPath(file.path).name == "conftest.py" for file in files)
    if tests and (conftest or any(_PYTEST_STYLE.search(text) for text in texts)):
        return "pytest"
    return "unittest" if any(_UNITTEST_STYLE.search(text) for text in texts) else None


def _start(path: str, names: set[str]) -> Start:
    """Where to discover a test file: below the first folder above it that is no package."""
    top = PurePosixPath(path).parent
    while str(top) != "." and str(top / "__init__.py") in names:
        top = top.parent
    inside = PurePosixPath(path).relative_to(top)
    start = top / inside.parts[0] if len(inside.parts) > 1 else top
    return Start(str(start), str(top), _pattern(PurePosixPath(path).name) or _NAMES[0])
