"""Choose the Python environment that a repository's tests belong to. Nothing is ever installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from genesis.errors import GenesisError
from packaging.utils import canonicalize_name

from genesis_engineering.verification.child_environment import scrubbed_environment, search_path
from genesis_engineering.verification.declared import Declared, read_declared
from genesis_engineering.verification.import_roots import (
    Imports,
    find_import_root,
    resolve_imports,
)
from genesis_engineering.verification.interpreter_probe import Probe, probe_interpreter

_VENV_FOLDERS = (".venv", "venv", "env", ".env")
_ENV_TOOLS = {
    "poetry.lock": ["poetry", "env", "info", "--path"],
    "Pipfile": ["pipenv", "--venv"],
    "hatch.toml": ["hatch", "env", "find"],
}


class NoEnvironmentError(GenesisError):
    """No interpreter can run the repository's tests; the message says which were tried."""


@dataclass(frozen=True)
class Candidate:
    """An interpreter that could be the right one, and why."""

    python: Path
    reason: str


@dataclass(frozen=True)
class Environment:
    """The interpreter to use. `shown` is its path, relative when it is inside the repository."""

    python: Path
    shown: str
    version: str
    reason: str
    imports: Imports


def choose_environment(repository: Path, runner: str, temporary: Path) -> Environment:
    """The repository's own environment; without one, an interpreter that has all it declares.

    `runner` is `pytest` or `unittest`; probes leave what they leave behind in `temporary`.
    Raises NoEnvironmentError naming each interpreter that was tried and what it lacks.
    """
    own = list(_own_candidates(repository))
    candidates = own or list(_outside_candidates())
    declared = Declared() if own else read_declared(repository)
    root = find_import_root(repository)
    environment = scrubbed_environment(temporary)
    tried = []
    for candidate in candidates:
        shown = _shown(candidate.python, repository)
        probe = probe_interpreter(candidate.python, list(root.packages), repository, environment)
        problem = _problem(probe, runner, declared)
        if probe is not None and not problem:
            imports = resolve_imports(root, probe.origins)
            return Environment(candidate.python, shown, probe.version, candidate.reason, imports)
        tried.append(f"{shown} ({candidate.reason}) {problem}")
    raise NoEnvironmentError(
        f"No Python environment can run this repository's {runner} suite: {'; '.join(tried)}. "
        "Create a .venv in the repository and install the project with what its tests need there."
    )


def _own_candidates(repository: Path) -> Iterator[Candidate]:
    for name in _VENV_FOLDERS:
        yield from _venv(repository / name, f"the repository's own {name}")
    for tool in (".tox", ".nox"):
        for venv in sorted((repository / tool).glob("*/")):
            yield from _venv(venv, f"the repository's own {tool} environment")
    for marker, command in _ENV_TOOLS.items():
        if (repository / marker).is_file() and shutil.which(command[0], path=search_path()):
            yield from _venv(_ask(command, repository), f"the environment of {command[0]}")


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


def _outside_candidates() -> Iterator[Candidate]:
    seen = set()
    for name in ("python", "python3"):
        found = shutil.which(name, path=search_path())
        if found and Path(found).resolve() not in seen:
            seen.add(Path(found).resolve())
            yield Candidate(Path(found), f"`{name}` on PATH; the repository has no environment")
    yield Candidate(Path(sys.executable), "Genesis' own; the repository has no environment")


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
