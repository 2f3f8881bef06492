"""Run a suite of pytest or unittest, in the repository's environment or in one built for it."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from genesis_engineering.verification.build import build_environment
from genesis_engineering.verification.child_environment import (
    scrubbed_environment,
    with_interpreter,
)
from genesis_engineering.verification.environment import (
    Environment,
    NoEnvironmentError,
    choose_environment,
)
from genesis_engineering.verification.genesis_recorder.events import PREFIX_VARIABLE
from genesis_engineering.verification.launch import Launch, Stage
from genesis_engineering.verification.pytest_runner import pytest_check, pytest_command
from genesis_engineering.verification.recorder import install_recorder
from genesis_engineering.verification.suites import Suite
from genesis_engineering.verification.unittest_runner import (
    unittest_check,
    unittest_command,
)


def launch_python(suite: Suite, stage: Stage, build_seconds: float) -> Launch:
    """How to run the suite. Raises CannotRunError naming each interpreter that was tried, or why
    an environment could not be built within `build_seconds`."""
    chosen = _environment(suite, stage, build_seconds)
    imports = chosen.imports
    path = tuple(
        stage.copy / one.relative_to(stage.repository)
        for one in (*imports.python_path, *imports.editable)
    )
    variables = scrubbed_environment(stage.temporary, stage.pass_on)
    variables = with_interpreter(variables, chosen.python) | {PREFIX_VARIABLE: suite.prefix}
    tests = _PythonTests(suite, stage, chosen)
    return Launch(
        command=tests.command(()),
        folder=stage.place(suite),
        environment=variables | install_recorder(stage.temporary, path),
        program=chosen.shown,
        version=chosen.version,
        reason=chosen.reason,
        check=tests.check,
        alone=lambda name: tests.command((name,)),
        reversed=lambda names: tests.command(tuple(reversed(names))),
        covered=tests.covered,
        installed_copy=imports.installed_copy,
        lacking=chosen.lacking,
        is_own=chosen.is_own,
    )


def _environment(suite: Suite, stage: Stage, build_seconds: float) -> Environment:
    try:
        return choose_environment(stage.repository, suite.folder, suite.runner, stage.temporary)
    except NoEnvironmentError:
        if not stage.build:
            raise
    return build_environment(suite, stage, build_seconds)


def _measures_itself(place: Path) -> bool:
    """Whether the project says what of it is to be measured."""
    marks = {
        ".coveragerc": "", "pyproject.toml": "[tool.coverage.", "setup.cfg": "[coverage:",
        "tox.ini": "[coverage:",
    }  # fmt: skip
    for name, mark in marks.items():
        with suppress(OSError):
            if mark in (place / name).read_text("utf-8", errors="replace"):
                return True
    return False


class _PythonTests:
    """The command lines of one suite."""

    def __init__(self, suite: Suite, stage: Stage, chosen: Environment) -> None:
        self._suite = suite
        self._stage = stage
        self._chosen = chosen

    def command(self, names: Sequence[str]) -> list[str]:
        """All tests, or those of these ids in that order."""
        own = [name.removeprefix(self._suite.prefix) for name in names]
        if self._suite.runner == "unittest":
            return unittest_command(self._chosen.python, self._suite.starts, own)
        # Each attempt has a base folder of its own: pytest empties it first.
        temporary = self._stage.temporary / ("rerun" if names else "first")
        temporary.mkdir(exist_ok=True)
        folder = self._stage.place(self._suite)
        whole = pytest_command(self._chosen.python, folder, temporary, self._suite.config)
        return [*whole, *own]

    def covered(self, data: Path) -> list[str] | None:
        """The whole suite, measured by the environment's own `coverage`."""
        if "coverage" not in self._chosen.distributions:
            return None
        python, *rest = self.command(())
        place = self._stage.place(self._suite)
        source = [] if _measures_itself(place) else [f"--source={place}"]
        return [python, "-m", "coverage", "run", f"--data-file={data}", *source, *rest]

    def check(self, name: str) -> str:
        """A shell line that runs one test, from the repository."""
        own = name.removeprefix(self._suite.prefix)
        place = self._stage.repository / self._suite.folder
        python = self._chosen.shown
        paths = [path for path in self._chosen.imports.python_path if path != place]
        shown = ":".join(
            str(path.relative_to(place) if path.is_relative_to(place) else path) for path in paths
        )
        if self._suite.folder != ".":
            python = str(self._chosen.python)
        if self._suite.runner == "pytest":
            line = pytest_check(python, own, shown)
        else:
            line = unittest_check(python, own, self._suite.starts, shown)
        return (
            line if self._suite.folder == "." else f"cd {shlex.quote(self._suite.folder)} && {line}"
        )
