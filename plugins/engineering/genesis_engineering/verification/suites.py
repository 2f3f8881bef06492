"""Find the test suites of a repository, of whatever ecosystem, without running anything."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from genesis_engineering.files import RepositoryFile, list_files

_PYTEST_CONFIGS = {
    "pytest.ini": "",
    ".pytest.ini": "",
    "pytest.toml": "",
    "pyproject.toml": "[tool.pytest",
    "tox.ini": "[pytest]",
    "setup.cfg": "[tool:pytest]",
}
_PYTEST_STYLE = re.compile(
    r"^(async )?def test|^class Test\w*(\(\))?:|^\s*(import|from) pytest\b", re.MULTILINE
)
_UNITTEST_STYLE = re.compile(r"^\s*(import|from)\b.*\bunittest\b|\bTestCase\b", re.MULTILINE)
_SOURCE = frozenset(
    {".py", ".js", ".jsx", ".ts", ".tsx", ".mjs", ".go", ".rs", ".java", ".kt", ".c", ".cc",
     ".cpp", ".h", ".cs", ".rb", ".php", ".swift", ".sh"}
)  # fmt: skip
_READ_AT_MOST = 400


@dataclass(frozen=True)
class OtherSuite:
    """A suite that Genesis cannot run: what it is, and why not."""

    name: str
    reason: str


@dataclass(frozen=True)
class Suites:
    """What there is to run. `runner` is `pytest`, `unittest` or empty; `starts` are for unittest.

    A start is a folder to discover in and the folder that its modules are imported from, both
    relative to the repository. `pytest_config` is the text of pytest's configuration.
    """

    runner: str
    starts: tuple[tuple[str, str], ...]
    pytest_config: str
    others: tuple[OtherSuite, ...]
    has_source: bool


def find_suites(repository: Path) -> Suites:
    """Look at the files' names, and at the texts of Python tests. Raises OSError without git."""
    files = list_files(repository)
    tests = [file for file in files if _is_python_test(file)]
    config = _pytest_config(files)
    starts: tuple[tuple[str, str], ...] = ()
    runner = _python_runner(files, tests, config)
    if runner == "unittest":
        names = {file.path for file in files}
        starts = tuple(sorted({_start(file.path, names) for file in tests}))
    return Suites(
        runner=runner,
        starts=starts,
        pytest_config=config or "",
        others=tuple(_other_suites(files)),
        has_source=any(file.suffix in _SOURCE for file in files),
    )


def _is_python_test(file: RepositoryFile) -> bool:
    name = PurePosixPath(file.path).name
    return file.suffix == ".py" and (name.startswith("test") or name.endswith("_test.py"))


def _pytest_config(files: list[RepositoryFile]) -> str | None:
    by_path = {file.path: file for file in files}
    for name, mark in _PYTEST_CONFIGS.items():
        if name in by_path:
            text = by_path[name].read_text() or ""
            if mark in text:
                return text
    return None


def _python_runner(
    files: list[RepositoryFile], tests: list[RepositoryFile], config: str | None
) -> str:
    """Pytest where anything says so, unittest where only that is used."""
    if config is not None:
        return "pytest"
    texts = [file.read_text() or "" for file in tests[:_READ_AT_MOST]]
    conftest = any(PurePosixPath(file.path).name == "conftest.py" for file in files)
    if tests and (conftest or any(_PYTEST_STYLE.search(text) for text in texts)):
        return "pytest"
    return "unittest" if any(_UNITTEST_STYLE.search(text) for text in texts) else ""


def _start(path: str, names: set[str]) -> tuple[str, str]:
    """Where to discover a test file: below the first folder above it that is no package."""
    top = PurePosixPath(path).parent
    while str(top) != "." and str(top / "__init__.py") in names:
        top = top.parent
    inside = PurePosixPath(path).relative_to(top)
    start = top / inside.parts[0] if len(inside.parts) > 1 else top
    return str(start), str(top)


def _other_suites(files: list[RepositoryFile]) -> list[OtherSuite]:
    names = {PurePosixPath(file.path).name for file in files}
    found = [suite for file in files if (suite := _node_suite(file))]
    if "go.mod" in names and any(file.path.endswith("_test.go") for file in files):
        found.append(_unsupported("Go tests", "go"))
    if "Cargo.toml" in names:
        found.append(_unsupported("Rust tests", "cargo"))
    return found


def _node_suite(file: RepositoryFile) -> OtherSuite | None:
    if PurePosixPath(file.path).name != "package.json":
        return None
    try:
        package = json.loads(file.read_text() or "")
    except ValueError:
        return None
    scripts = package.get("scripts") if isinstance(package, dict) else None
    command = scripts.get("test") if isinstance(scripts, dict) else None
    if not isinstance(command, str) or "no test specified" in command:
        return None
    return _unsupported(f"the test script of {file.path} ({command[:100]})", "npm")


def _unsupported(name: str, tool: str) -> OtherSuite:
    missing = "" if shutil.which(tool) else f", and {tool} is not on PATH"
    return OtherSuite(
        name,
        f"not run: Genesis reads results per test from pytest and unittest only{missing}. "
        f"Run it yourself with {tool}.",
    )
