"""What a project says that it needs, at run time and for its tests."""

from __future__ import annotations

import tomllib
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from genesis_engineering.infrastructure.declarations import RUNTIME
from genesis_engineering.infrastructure.setup_files import read_setup_cfg, read_setup_py

_FOR_TESTS = ("test", "tests", "testing", "dev")
_REQUIREMENTS = (
    "requirements.txt", "requirements-test.txt", "requirements-tests.txt", "requirements-dev.txt",
    "test-requirements.txt", "dev-requirements.txt", "requirements_test.txt",
    "requirements_dev.txt", "requirements/test.txt", "requirements/tests.txt",
    "requirements/dev.txt",
)  # fmt: skip
_COMPILERS = frozenset({"maturin", "mesonpy", "scikit_build_core.build"})
_MOST_DEPTH = 10


@dataclass(frozen=True)
class Declared:
    """The versions of Python that a project supports, and its dependencies."""

    python: SpecifierSet = field(default_factory=SpecifierSet)
    dependencies: tuple[Requirement, ...] = ()

    def names(self, python_version: str) -> list[str]:
        """The distributions that are needed with that version of Python (such as `3.11.7`)."""
        values = {
            "python_version": ".".join(python_version.split(".")[:2]),
            "python_full_version": python_version,
        }
        return [
            one.name for one in self.dependencies if not one.marker or one.marker.evaluate(values)
        ]


def read_declared(repository: Path) -> Declared:
    """Read pyproject.toml (PEP 621). What is absent or cannot be read counts as not declared."""
    try:
        project = tomllib.loads((repository / "pyproject.toml").read_text("utf-8"))["project"]
        python = SpecifierSet(str(project.get("requires-python", "")), prereleases=True)
        texts = [str(text) for text in project.get("dependencies", [])]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, InvalidSpecifier):
        return Declared()
    found = []
    for text in texts:
        try:
            found.append(Requirement(text))
        except InvalidRequirement:
            continue
    return Declared(python, tuple(found))


def read_installs(folder: Path) -> list[str]:
    """What pip has to install for a project's tests, as its arguments: the project itself, with the
    extras and groups that are named for tests or development, and files of requirements. What
    cannot be read counts as not declared."""
    try:
        manifest = tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        manifest = {}
    project = _table(manifest, "project")
    arguments: list[str] = []
    if project or "build-system" in manifest or (folder / "setup.py").is_file():
        extras = [name for name in _table(project, "optional-dependencies") if name in _FOR_TESTS]
        arguments.append(f".[{','.join(extras)}]" if extras else ".")
    groups = _table(manifest, "dependency-groups")
    for name in _FOR_TESTS:
        arguments += _group(groups, name, 0)
    for path in _REQUIREMENTS:
        if (folder / path).is_file():
            arguments += ["-r", path]
    return arguments


def read_compiler(folder: Path) -> str:
    """The build backend of pyproject.toml that makes compiled modules of Rust or C; "" if none."""
    try:
        manifest = tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return ""
    backend = str(_table(manifest, "build-system").get("build-backend", ""))
    return backend if backend in _COMPILERS else ""


def read_for_tests(folder: Path) -> list[str]:
    """The distributions that a project's tests need beside itself, as `read_installs` finds them,
    and those that its setup.cfg or setup.py asks for.

    Requirements whose markers do not hold for this Python are none; nor are references to files.
    """
    found = []
    for argument in _named_for_tests(folder):
        try:
            requirement = Requirement(argument.partition(" #")[0].strip())
        except InvalidRequirement:
            continue
        if requirement.marker is None or requirement.marker.evaluate():
            found.append(requirement.name)
    found += _of_setup(folder)
    return list(dict.fromkeys(found))


def _of_setup(folder: Path) -> list[str]:
    """The distributions that setup.cfg and setup.py always ask for; those of pyproject.toml are in
    `read_declared`, and no environment is chosen without them."""
    found: list[str] = []
    for name, reads in (("setup.cfg", read_setup_cfg), ("setup.py", read_setup_py)):
        with suppress(OSError, ValueError, RecursionError):
            told = reads(name, (folder / name).read_text("utf-8"))
            found += [
                one.name
                for one in (told.found if told else ())
                if one.group == RUNTIME and not one.is_conditional
            ]
    return found


def _named_for_tests(folder: Path) -> list[str]:
    installs = read_installs(folder)
    files = [path for mark, path in pairwise(installs) if mark == "-r"]
    found = [one for one in installs if one not in ("-r", *files) and not one.startswith(".")]
    with suppress(OSError, ValueError, RecursionError):
        manifest = tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))
        extras = _table(_table(manifest, "project"), "optional-dependencies")
        for name in _FOR_TESTS:
            entries = extras.get(name)
            found += [str(one) for one in entries] if isinstance(entries, list) else []
        found = _without_itself(found, str(_table(manifest, "project").get("name")), extras)
    for path in files:
        with suppress(OSError):
            found += (folder / path).read_text("utf-8", errors="replace").splitlines()
    return found


def _without_itself(named: list[str], project: str, extras: dict[str, object]) -> list[str]:
    """The requirements, those of its extras in place of each in which a project names itself."""
    found: list[str] = []
    waiting, seen = named[::-1], set[str]()
    while waiting:
        text = waiting.pop()
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            requirement = None
        if requirement is None or canonicalize_name(requirement.name) != canonicalize_name(project):
            found.append(text)
            continue
        for extra in sorted(requirement.extras - seen):
            entries = extras.get(extra)
            waiting += [str(one) for one in reversed(entries)] if isinstance(entries, list) else []
        seen |= requirement.extras
    return found


def _table(values: dict[str, object], name: str) -> dict[str, object]:
    found = values.get(name)
    return found if isinstance(found, dict) else {}


def _group(groups: dict[str, object], name: str, depth: int) -> list[str]:
    """The requirements of a dependency group (PEP 735), those that it includes among them."""
    entries = groups.get(name)
    found: list[str] = []
    for entry in entries if isinstance(entries, list) and depth < _MOST_DEPTH else []:
        if isinstance(entry, str):
            found.append(entry)
        elif isinstance(entry, dict) and isinstance(entry.get("include-group"), str):
            found += _group(groups, entry["include-group"], depth + 1)
    return found
