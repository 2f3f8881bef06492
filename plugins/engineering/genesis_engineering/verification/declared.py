"""What a project says that it needs, at run time and for its tests."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet

_FOR_TESTS = ("test", "tests", "testing", "dev")
_REQUIREMENTS = (
    "requirements.txt", "requirements-test.txt", "requirements-tests.txt", "requirements-dev.txt",
    "test-requirements.txt", "dev-requirements.txt", "requirements_test.txt",
    "requirements_dev.txt", "requirements/test.txt", "requirements/tests.txt",
    "requirements/dev.txt",
)  # fmt: skip
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
