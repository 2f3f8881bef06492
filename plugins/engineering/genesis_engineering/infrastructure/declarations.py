"""What projects declare that they need, in any ecosystem, and where."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

RUNTIME = ""
BUILD = "build"
CONSTRAINT = "constraint"
MOST_DECLARED = 1000
_MOST_SEARCHES = 600
_DEVELOPMENT = re.compile(
    r"(^|[-_./])(dev|develop|development|devel|tests?|testing|docs?|documentation|lint|linting|"
    r"linters?|typing|types|mypy|style|format|quality|ci|build|release|bench|benchmarks?|tools?|"
    r"tooling|coverage|cov|rtd|readthedocs|nox|tox|pre-?commit|maint|changelog|examples?|check|"
    r"checks|ruff|notebooks?|e2e|integration|unit|local)(?=$|[-_./])",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Declaration:
    """One declared package; `specifier` is in the ecosystem's own notation, "" allows any version.

    `group` is RUNTIME, BUILD, CONSTRAINT, `extra:NAME` or `dev:NAME`. A conditional one has a
    marker, or is optional; a direct one comes from a path, a URL or another repository.
    `remark` tells that its line has a comment: the maintainer's reason for it.
    """

    name: str
    specifier: str
    file: str
    line: int
    group: str = RUNTIME
    is_conditional: bool = False
    is_direct: bool = False
    remark: bool = False

    @property
    def is_runtime(self) -> bool:
        return self.group == RUNTIME

    @property
    def is_development(self) -> bool:
        """Whether only maintainers install it; users of an extra do."""
        return self.group == BUILD or self.group.startswith("dev:")

    @property
    def shown(self) -> str:
        """The package as its line declares it."""
        return f"{self.name}{self.specifier}"


@dataclass
class Declarations:
    """What one file declares; `problems` are lines and messages of what cannot be read.

    `is_dynamic`: code or a plugin computes the rest, so that what is not here may still be
    declared. `includes` are other requirements files with the line that names them.
    """

    found: list[Declaration] = field(default_factory=list)
    is_dynamic: bool = False
    includes: list[tuple[str, int]] = field(default_factory=list)
    problems: list[tuple[int, str]] = field(default_factory=list)


def is_development_name(name: str) -> bool:
    """Whether a group, an extra or a file of that name is for the project's own developers."""
    return bool(_DEVELOPMENT.search(name))


class Lines:
    """Finds the line of a literal in a text whose parser gives no lines."""

    def __init__(self, text: str) -> None:
        self.lines = text.split("\n")
        self._left = _MOST_SEARCHES

    def find(self, literal: str, header: str = "") -> int:
        """The first line with the literal, from the line that starts with `header` on.

        Else that line itself, or 1. Nobody writes thousands of packages by hand: then, too.
        """
        start = 0
        if header:
            start = next(
                (i for i, line in enumerate(self.lines) if line.strip().startswith(header)), 0
            )
        self._left -= 1
        for begin in (start, 0) if self._left > 0 else ():
            for number in range(begin, len(self.lines)):
                if literal in self.lines[number]:
                    return number + 1
        return start + 1

    def at(self, number: int) -> str:
        """Line `number`, "" past the end."""
        return self.lines[number - 1] if 0 < number <= len(self.lines) else ""
