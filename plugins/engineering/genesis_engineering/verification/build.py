"""Build a Python environment for a suite, when that is allowed and none is there.

It lies in the run's temporary folder and goes away with it. The project is built by its own build
backend, whose code is as little trusted as its tests: it runs under the same limits.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

from genesis_engineering.verification.child import ChildRun, run_child
from genesis_engineering.verification.child_environment import scrubbed_environment
from genesis_engineering.verification.declared import Declared, read_declared, read_installs
from genesis_engineering.verification.environment import (
    Candidate,
    Environment,
    NoEnvironmentError,
    examine,
    outside_candidates,
)
from genesis_engineering.verification.interpreter_probe import probe_interpreter
from genesis_engineering.verification.launch import Stage
from genesis_engineering.verification.limits import Limits, usable_memory
from genesis_engineering.verification.suites import Suite
from genesis_engineering.verification.verdict import telling_line

_VENV_SECONDS = 120.0


def build_environment(suite: Suite, stage: Stage, seconds: float) -> Environment:
    """Make a virtual environment and install there what the project declares, within `seconds`.

    Raises NoEnvironmentError saying what failed: no Python of a version that the project supports,
    a requirement that cannot be installed, or the time.
    """
    until = time.monotonic() + seconds
    place = stage.place(suite)
    declared = read_declared(place)
    base = _base(declared, stage)
    venv = stage.temporary / "environment"
    _step([str(base), "-m", "venv", "--clear", str(venv)], stage, place, _VENV_SECONDS)
    python = venv / "bin" / "python"
    wanted = read_installs(place) + (["pytest"] if suite.runner == "pytest" else [])
    pip = [str(python), "-m", "pip", "install", "--no-input", "--disable-pip-version-check"]
    if wanted:
        _step([*pip, *wanted], stage, place, until - time.monotonic())
    took = seconds - (until - time.monotonic())
    candidate = Candidate(python, f"built for this run in {took:.0f} s, with what pip resolves now")
    found = examine(
        candidate, stage.repository, stage.repository / suite.folder, suite.runner, Declared(),
        stage.temporary,
    )  # fmt: skip
    if isinstance(found, str):
        raise NoEnvironmentError(f"The environment that was built cannot run the tests: {found}.")
    return found


def _base(declared: Declared, stage: Stage) -> Path:
    environment = scrubbed_environment(stage.temporary)
    seen = []
    for candidate in outside_candidates():
        probe = probe_interpreter(candidate.python, [], stage.copy, environment, stage.temporary)
        if probe is not None and probe.version in declared.python:
            return candidate.python
        seen.append(f"{candidate.python} is {probe.version if probe else 'broken'}")
    raise NoEnvironmentError(
        f"No environment can be built: the project requires Python {declared.python}, and "
        f"{'; '.join(seen)}. Install a Python that it supports."
    )


def _step(command: list[str], stage: Stage, place: Path, seconds: float) -> None:
    """One command of the build. Only pip gets to know where packages come from."""
    settings = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
    config = Path.home() / ".config" / "pip" / "pip.conf"
    if "PIP_CONFIG_FILE" not in settings and config.is_file():
        settings["PIP_CONFIG_FILE"] = str(config)
    try:
        done = run_child(
            command,
            folder=place,
            environment=scrubbed_environment(stage.temporary, stage.pass_on) | settings,
            temporary=stage.temporary,
            limits=Limits(seconds=max(seconds, 1.0), memory=usable_memory()),
            on_tick=lambda: None,
        )
    except OSError as error:
        raise NoEnvironmentError(f"No environment can be built: {error}") from error
    if done.exit_code != 0 or done.stopped:
        raise NoEnvironmentError(_failure(command, done))


def _failure(command: list[str], done: ChildRun) -> str:
    how = f"stopped after {done.seconds:.0f} s" if done.stopped else done.ending()
    words = " ".join(command[1:5])
    return (
        f"No environment could be built: `python {words} ...` ended with {how}: "
        f"{telling_line(done.output)}. Create a .venv in the repository yourself."
    )
