"""What a project says that it needs at run time."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet


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
