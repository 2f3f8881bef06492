"""The rule `end-of-life-runtime`: projects that ask only for interpreters without fixes."""

from __future__ import annotations

import datetime
import posixpath
import re
from collections.abc import Iterator

from genesis.contracts import Finding, Severity
from packaging.specifiers import InvalidSpecifier, SpecifierSet

from genesis_engineering.infrastructure.declarations import Lines
from genesis_engineering.infrastructure.end_of_life import DATES, ended, supported
from genesis_engineering.infrastructure.npm_versions import meets
from genesis_engineering.infrastructure.outcome import make_finding
from genesis_engineering.infrastructure.poetry_versions import poetry_specifier
from genesis_engineering.infrastructure.pyproject_files import table_at, texts_of
from genesis_engineering.infrastructure.python_projects import PythonProject
from genesis_engineering.infrastructure.tree import Tree

_SETUP_PYTHON = re.compile(r"^\s*python_requires\s*=\s*[\"']?([^\"'\n]+)", re.MULTILINE)
_CLASSIFIER = re.compile(r"Programming Language :: Python :: (\d\.\d+)$")
# Versions after the newest of the table, so that an open bound never looks closed.
_COMING_PYTHON = tuple(f"3.{minor}" for minor in range(15, 30))
_PATCHES = (0, 99)
_FILES = {
    ".python-version": ("python", re.compile(r"^(?:python-?)?(\d[\w.]*)$")),
    "runtime.txt": ("python", re.compile(r"^python-(\d[\w.]*)$")),
    ".nvmrc": ("node", re.compile(r"^(?:v|lts/)?(\w[\w.]*)$")),
    ".node-version": ("node", re.compile(r"^v?(\d[\w.]*)$")),
}


def find_old_python(tree: Tree, project: PythonProject, day: datetime.date) -> Iterator[Finding]:
    """`requires-python` (or the classifiers) that allow no version which still gets fixes."""
    metadata = table_at(project.table, "project")
    poetry = table_at(project.table, "tool", "poetry", "dependencies").get("python")
    declared = metadata.get("requires-python")
    path = posixpath.join(project.folder, "pyproject.toml")
    if not isinstance(declared, str) and isinstance(poetry, str):
        declared = poetry_specifier(poetry)
    if not isinstance(declared, str):
        path, declared = _from_setup(tree, project)
    if declared:
        newest = newest_ended_python(declared, day)
        if newest:
            yield _old(tree, path, ("python",), f"{declared} allows", "python", newest, day)
    elif project.is_package:
        yield from _by_classifiers(tree, path, texts_of(metadata.get("classifiers")), day)


def newest_ended_python(specifier: str, day: datetime.date) -> str:
    """The newest Python that a specifier allows when all that it allows are past their end.

    "" when a supported version is allowed, none at all, or the text is not PEP 440.
    """
    try:
        allowed = SpecifierSet(specifier)
    except InvalidSpecifier:
        return ""
    if any(_allows(allowed, one) for one in (*supported("python", day), *_COMING_PYTHON)):
        return ""
    return next((one for one in reversed(list(DATES["python"])) if _allows(allowed, one)), "")


def _allows(allowed: SpecifierSet, minor: str) -> bool:
    return any(allowed.contains(f"{minor}.{patch}", prereleases=True) for patch in _PATCHES)


def _from_setup(tree: Tree, project: PythonProject) -> tuple[str, str]:
    for name in ("setup.cfg", "setup.py"):
        path = posixpath.join(project.folder, name)
        found = _SETUP_PYTHON.search(tree.read(path) or "")
        if found:
            return path, found[1].strip()
    return posixpath.join(project.folder, "pyproject.toml"), ""


def _by_classifiers(
    tree: Tree, path: str, classifiers: list[str], day: datetime.date
) -> Iterator[Finding]:
    versions = [found[1] for one in classifiers if (found := _CLASSIFIER.search(one))]
    if versions and all(ended("python", one, day) for one in versions):
        newest = max(versions, key=lambda one: [int(part) for part in one.split(".")])
        what = "the classifiers name"
        old = _old(tree, path, ("Python :: " + newest,), what, "python", newest, day)
        # Classifiers keep nobody from a newer one.
        yield old.model_copy(update={"severity": Severity.LOW})


def find_old_files(tree: Tree, day: datetime.date) -> Iterator[Finding]:
    """Files that choose the version of a whole checkout, such as `.python-version`."""
    for file in tree.named(*_FILES):
        product, pattern = _FILES[posixpath.basename(file.path)]
        text = tree.read(file.path, 2000) or ""
        chosen = [line.strip() for line in text.split("\n") if line.strip()]
        versions = [found[1] for line in chosen if (found := pattern.match(line))]
        is_whole = versions and len(versions) == len(chosen)
        if is_whole and all(ended(product, one, day) for one in versions):
            what = "this file chooses"
            yield _old(tree, file.path, (versions[0],), what, product, versions[0], day)


def _old(
    tree: Tree,
    path: str,
    literals: tuple[str, ...],
    what: str,
    product: str,
    version: str,
    day: datetime.date,
) -> Finding:
    gone = ended(product, version, day)
    assert gone is not None, "the caller asks only for versions that have ended"
    title, date = gone
    lines = Lines(tree.read(path) or "")
    line = next((n for one in literals if (n := _line_of(lines, one))), 1)
    nothing = "nothing newer" if what.endswith("allows") else ""
    return make_finding(
        "end-of-life-runtime",
        Severity.MEDIUM,
        f"{what.capitalize() if what[0].islower() else what} {title}"
        f"{' and ' + nothing if nothing else ''}; it has had no security fixes since {date}.",
        path,
        line,
        lines.at(line),
        f"sed -n {line}p {path}",
    )


def _line_of(lines: Lines, literal: str) -> int:
    """The line of `requires-python` and its like, or of another literal; 0 when it is nowhere."""
    keys = re.compile(r"^\s*(requires-python|python_requires|python)\s*=")
    for number, line in enumerate(lines.lines, start=1):
        if keys.match(line) if literal == "python" else literal in line:
            return number
    return 0


def node_range_ended(text: str, day: datetime.date) -> str:
    """The newest Node.js major that a range allows when none that it allows gets fixes any more.

    "" otherwise. Ranges are npm's.
    """

    def allows(major: int) -> bool:
        versions = (f"{major}.0.0", f"{major}.9.0", f"{major}.99.99")
        return any(meets(one, text) is not False for one in versions)

    known = {int(version): date for version, date in DATES["node"].items()}
    coming = range(max(known) + 1, max(known) + 40)
    alive = [major for major, date in known.items() if date >= day]
    if any(allows(major) for major in (*alive, *coming)):
        return ""
    return str(next((major for major in sorted(known, reverse=True) if allows(major)), ""))


def find_old_node(tree: Tree, path: str, engines: object, day: datetime.date) -> Iterator[Finding]:
    """`engines.node` of a package.json that allows only versions without fixes."""
    wanted = engines.get("node") if isinstance(engines, dict) else None
    newest = node_range_ended(wanted, day) if isinstance(wanted, str) and len(wanted) < 200 else ""
    if newest:
        literal = f'"{wanted}"'
        yield _old(tree, path, (literal,), f"{wanted} allows", "node", newest, day)
