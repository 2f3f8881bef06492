"""Find the test suites of a repository, of whatever ecosystem, without running anything."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal, NamedTuple

from genesis_engineering.files import RepositoryFile, list_files
from genesis_engineering.reporting import is_secondary

Runner = Literal["pytest", "unittest", "node", "jest", "vitest", "go", "cargo"]
_SOURCE = frozenset(
    {".py", ".js", ".jsx", ".ts", ".tsx", ".mjs", ".go", ".rs", ".java", ".kt", ".c", ".cc",
     ".cpp", ".h", ".cs", ".rb", ".php", ".swift", ".sh"}
)  # fmt: skip


@dataclass(frozen=True)
class OtherSuite:
    """A suite that Genesis cannot run: what it is, and why not."""

    name: str
    reason: str


class Start(NamedTuple):
    """Where unittest discovers: in `folder`, files named like `pattern`, imported from `top`."""

    folder: str
    top: str
    pattern: str


@dataclass(frozen=True)
class Suite:
    """One suite that can be run. `folder` is where, relative to the repository: `.` or `a/b`.

    `starts` are for unittest, their folders relative to `folder`. `config` is the text of pytest's
    configuration, or the test script of package.json as `node_script` rewrote it.
    """

    runner: Runner
    folder: str = "."
    starts: tuple[Start, ...] = ()
    config: str = ""

    @property
    def prefix(self) -> str:
        """What stands before a path in `folder` to make it one in the repository."""
        return "" if self.folder == "." else f"{self.folder}/"

    @property
    def is_python(self) -> bool:
        return self.runner in ("pytest", "unittest")

    @property
    def name(self) -> str:
        """What it is, in words."""
        known = {"node": "the tests of node's own runner", "go": "Go tests", "cargo": "Rust tests"}
        name = known.get(self.runner, f"the {self.runner} tests")
        return name if self.folder == "." else f"{name} in {self.folder}"


@dataclass(frozen=True)
class Suites:
    """What there is to run, what cannot be run, and whether there is anything to test.

    `unread` are tests of other languages and runners: named where nothing else could be run.
    """

    found: tuple[Suite, ...]
    others: tuple[OtherSuite, ...]
    has_source: bool
    unread: tuple[OtherSuite, ...] = ()


def find_suites(repository: Path) -> Suites:
    """Look at the files' names, at Python tests and at manifests. Raises OSError without git."""
    from genesis_engineering.verification.compiled_suites import cargo_suites, go_suites
    from genesis_engineering.verification.node_suites import node_suites
    from genesis_engineering.verification.python_suites import python_suites
    from genesis_engineering.verification.unrun_tests import unrun_tests

    files = list_files(repository)
    node, others = node_suites(manifests(files, "package.json"))
    found = (*python_suites(files), *node, *go_suites(files), *cargo_suites(files))
    return Suites(
        found=found,
        others=tuple(others),
        has_source=any(file.suffix in _SOURCE for file in files),
        unread=tuple(unrun_tests(files, {suite.runner for suite in found})),
    )


def manifests(files: list[RepositoryFile], name: str) -> list[RepositoryFile]:
    """The files of that name that belong to the project: not its examples, templates or data of
    tests; those nearest to the root first."""
    found = [
        file
        for file in files
        if PurePosixPath(file.path).name == name
        and not file.is_test
        and not is_secondary(file.path)
        and not any(mark in file.path for mark in ("{{", "{%", "template", "fuzz/"))
    ]
    return sorted(found, key=lambda file: (file.path.count("/"), file.path))


def folder_of(path: str) -> str:
    """The folder of a file, `.` for the root."""
    return str(PurePosixPath(path).parent)


def is_below(folder: str, top: str) -> bool:
    """Whether a folder is `top` or lies in it."""
    return top in (".", folder) or folder.startswith(top + "/")
