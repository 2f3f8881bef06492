"""Choose the Python environment that a repository's tests belong to. Nothing is installed here."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from packaging.utils import canonicalize_name

from genesis_engineering.verification.child_environment import (
    scrubbed_environment,
    search_path,
)
from genesis_engineering.verification.declared import (
    Declared,
    read_compiler,
    read_declared,
    read_for_tests,
)
from genesis_engineering.verification.import_roots import (
    Imports,
    find_import_root,
    resolve_imports,
)
from genesis_engineering.verification.interpreter_probe import Probe, probe_interpreter
from genesis_engineering.verification.launch import CannotRunError

_VENV_FOLDERS = (".venv", "venv", "env", ".env")
# The file, what it has to say, and the command that tells the environment without making one.
_ENV_TOOLS = (
    ("pyproject.toml", "[tool.poetry]", ["poetry", "env", "info", "--path"]),
    ("poetry.lock", "", ["poetry", "env", "info", "--path"]),
    ("Pipfile", "", ["pipenv", "--venv"]),
    ("pyproject.toml", "[tool.hatch.envs", ["hatch", "env", "find"]),
    ("hatch.toml", "", ["hatch", "env", "find"]),
)


class NoEnvironmentError(CannotRunError):
    """No interpreter can run the repository's tests; the message says which were tried."""


@dataclass(frozen=True)
class Candidate:
    """An interpreter that could be the right one, and why; `is_own`: made for the repository."""

    python: Path
    reason: str
    is_own: bool = True


@dataclass(frozen=True)
class Environment:
    """The interpreter to use. `shown` is its path, relative when it is inside the repository;
    `distributions` are what is installed there, by canonical names, `lacking` what the project
    declares for its tests and is not; `is_own` as of its candidate."""

    python: Path
    shown: str
    version: str
    reason: str
    imports: Imports
    distributions: frozenset[str]
    lacking: tuple[str, ...] = ()
    is_own: bool = True


def choose_environment(repository: Path, folder: str, runner: str, temporary: Path) -> Environment:
    """The repository's own environment; without one, an interpreter that has all it declares.

    `folder` is that of the suite, relative to the repository: an environment in it comes before
    those of the repository. `runner` is `pytest` or `unittest`; probes leave what they leave behind
    in `temporary`. Raises NoEnvironmentError naming each interpreter that was tried and what it
    lacks.
    """
    place = repository / folder
    own = [one for top in dict.fromkeys((place, repository)) for one in _own_candidates(top)]
    if not own and (compiler := read_compiler(place)):
        raise NoEnvironmentError(
            f"The package is compiled by {compiler}, and the repository has no environment with "
            "what it makes: an installed copy would be tested. Create a .venv in the repository "
            "and install the project there."
        )
    declared = Declared() if own else read_declared(place)
    tried = []
    for candidate in own or outside_candidates():
        found = examine(candidate, repository, place, runner, declared, temporary)
        if isinstance(found, Environment):
            return found
        tried.append(found)
    raise NoEnvironmentError(
        f"No Python environment can run this repository's {runner} suite: {'; '.join(tried)}. "
        "Create a .venv in the repository and install the project with what its tests need there."
    )


def examine(
    candidate: Candidate,
    repository: Path,
    place: Path,
    runner: str,
    declared: Declared,
    temporary: Path,
) -> Environment | str:
    """The environment of an interpreter for a suite in `place`, or what is wrong with it."""
    shown = _shown(candidate.python, repository)
    root = find_import_root(place)
    environment = scrubbed_environment(temporary)
    probe = probe_interpreter(candidate.python, list(root.packages), place, environment, temporary)
    problem = _problem(probe, runner, declared)
    if probe is None or problem:
        return f"{shown} ({candidate.reason}) {problem}"
    return Environment(
        candidate.python,
        shown,
        probe.version,
        candidate.reason,
        resolve_imports(root, probe.origins),
        probe.distributions,
        tuple(
            name
            for name in read_for_tests(place)
            if canonicalize_name(name) not in probe.distributions
        ),
        candidate.is_own,
    )


def _own_candidates(folder: Path) -> Iterator[Candidate]:
    for name in _VENV_FOLDERS:
        yield from _venv(folder / name, f"the repository's own {name}")
    for tool in (".tox", ".nox"):
        for venv in sorted((folder / tool).glob("*/"), key=_suits_tests):
            yield from _venv(venv, f"the repository's own {tool} environment")
    asked: set[str] = set()
    for marker, mark, command in _ENV_TOOLS:
        known = command[0] in asked or shutil.which(command[0], path=search_path()) is None
        if not known and _mentions(folder / marker, mark):
            asked.add(command[0])
            yield from _venv(_ask(command, folder), f"the environment of {command[0]}")


def _suits_tests(venv: Path) -> tuple[bool, str]:
    """Those that are named for tests or a version of Python first: others lint or build."""
    return not venv.name.startswith(("py", "test", "3.")), venv.name


def _mentions(path: Path, mark: str) -> bool:
    try:
        return mark in path.read_text("utf-8", errors="replace")
    except OSError:
        return False


def _venv(folder: Path | None, reason: str) -> Iterator[Candidate]:
    """The interpreter of a virtual environment; also a dangling link, to say that it is broken."""
    for name in ("bin/python", "bin/python3", "Scripts/python.exe"):
        if folder is not None and os.path.lexists(folder / name):
            yield Candidate(folder / name, reason)
            return


def _ask(command: list[str], repository: Path) -> Path | None:
    """Where a tool keeps the repository's environment; none of these commands creates one."""
    environment = {**os.environ, "PATH": search_path()}
    environment.pop("VIRTUAL_ENV", None)
    try:
        answer = subprocess.run(
            command, cwd=repository, env=environment, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, errors="replace", timeout=30,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return None
    lines = answer.stdout.strip().splitlines()
    return Path(lines[-1]) if answer.returncode == 0 and lines else None


def outside_candidates() -> Iterator[Candidate]:
    seen = set()
    for name in ("python", "python3"):
        found = shutil.which(name, path=search_path())
        if found and Path(found).resolve() not in seen:
            seen.add(Path(found).resolve())
            reason = f"`{name}` on PATH; the repository has no environment"
            yield Candidate(Path(found), reason, is_own=False)
    reason = "Genesis' own; the repository has no environment"
    yield Candidate(Path(sys.executable), reason, is_own=False)


def _shown(python: Path, repository: Path) -> str:
    return str(python.relative_to(repository) if python.is_relative_to(repository) else python)


def _problem(probe: Probe | None, runner: str, declared: Declared) -> str:
    if probe is None:
        return "does not start, or is older than Python 3.8"
    if probe.version not in declared.python:
        return f"is Python {probe.version}, and the project requires {declared.python}"
    wanted = declared.names(probe.version) + (["pytest"] if runner == "pytest" else [])
    missing = [name for name in wanted if canonicalize_name(name) not in probe.distributions]
    return f"lacks {', '.join(missing)}" if missing else ""
