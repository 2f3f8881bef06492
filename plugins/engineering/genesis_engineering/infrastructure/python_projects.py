"""The Python projects of a repository: each with its manifests, requirements files and modules."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from packaging.utils import canonicalize_name

from genesis_engineering.files import RepositoryFile
from genesis_engineering.infrastructure.declarations import (
    CONSTRAINT,
    MOST_DECLARED,
    RUNTIME,
    Declaration,
    Declarations,
    is_development_name,
)
from genesis_engineering.infrastructure.pyproject_files import (
    Table,
    TomlSyntaxError,
    parse_toml,
    read_pyproject,
    table_at,
    texts_of,
)
from genesis_engineering.infrastructure.requirements_files import is_compiled, read_requirements
from genesis_engineering.infrastructure.setup_files import read_setup_cfg, read_setup_py
from genesis_engineering.infrastructure.tree import Tree, is_pretend

_REQUIREMENTS = re.compile(r"(^|[-_.])(requirements?|reqs|constraints?)([-_.][\w.-]*)?\.(txt|in)$")
_REQUIREMENTS_FOLDER = re.compile(r"(^|/)(requirements?|reqs|deps)$")
_COMPILED_NAME = re.compile(r"indirect|transitive|freeze|frozen|lock|pinned|compiled|resolved")
_TEMPLATE = re.compile(r"\{\{|\{%")


@dataclass
class RequirementsFile:
    """One requirements file; `group` is what its packages are for, by its name and folder."""

    path: str
    declared: Declarations
    group: str
    is_compiled: bool


@dataclass
class PythonProject:
    """A folder with manifests (or only requirements files) and the Python files that are its own.

    `manifest` is the file that a reader opens to add a dependency. `table` is pyproject.toml.
    `is_package`: others install it, so that a user has only what its manifest declares.
    """

    folder: str
    name: str = ""
    manifest: str = ""
    is_package: bool = False
    is_dynamic: bool = False
    table: Table = field(default_factory=dict)
    declared: list[Declaration] = field(default_factory=list)
    requirements: list[RequirementsFile] = field(default_factory=list)
    modules: list[RepositoryFile] = field(default_factory=list)

    @property
    def all_declared(self) -> list[Declaration]:
        """Those of the manifests, then those of the requirements files."""
        return [*self.declared, *(one for file in self.requirements for one in file.declared.found)]


@dataclass
class PythonProjects:
    """All projects, innermost first, and what could not be read: path, line, message."""

    projects: list[PythonProject]
    problems: list[tuple[str, int, str]]

    def owner_of(self, path: str) -> PythonProject | None:
        """The innermost project around a path."""
        return next((one for one in self.projects if _is_inside(path, one.folder)), None)


def find_python_projects(tree: Tree) -> PythonProjects:
    """Read every manifest that is not a fixture or a template."""
    found: dict[str, PythonProject] = {}
    problems: list[tuple[str, int, str]] = []
    for file in tree.named("pyproject.toml", "setup.cfg", "setup.py"):
        _add_manifest(tree, file.path, found, problems)
    files = list(_requirements_files(tree))
    for requirements in files:
        if not _has_owner(requirements.path, found):
            folder = posixpath.dirname(requirements.path)
            if _REQUIREMENTS_FOLDER.search(folder):
                folder = posixpath.dirname(folder)
            found.setdefault(folder, PythonProject(folder, manifest=requirements.path))
    ordered = sorted(found.values(), key=lambda one: (-len(one.folder), one.folder))
    projects = PythonProjects(ordered, problems)
    for requirements in files:
        owner = projects.owner_of(requirements.path)
        if owner:
            owner.requirements.append(requirements)
    _add_modules(tree, projects)
    return projects


def _is_inside(path: str, folder: str) -> bool:
    return not folder or path.startswith(folder + "/")


def _has_owner(path: str, found: dict[str, PythonProject]) -> bool:
    return any(_is_inside(path, folder) for folder, one in found.items() if one.is_package)


def _add_modules(tree: Tree, projects: PythonProjects) -> None:
    for file in tree.files:
        if file.suffix in (".py", ".pyi"):
            owner = projects.owner_of(file.path)
            if owner:
                owner.modules.append(file)


def _add_manifest(
    tree: Tree,
    path: str,
    found: dict[str, PythonProject],
    problems: list[tuple[str, int, str]],
) -> None:
    text = tree.read(path)
    if text is None or _TEMPLATE.search(text[:4000]):
        return
    folder, name = posixpath.split(path)
    project = found.get(folder) or PythonProject(folder)
    if name == "pyproject.toml":
        try:
            table = parse_toml(text)
        except TomlSyntaxError as problem:
            problems.append((path, problem.line, str(problem)))
            return
        is_project = _read_pyproject_into(project, path, text, table)
    else:
        is_project = _read_setup_into(project, path, text)
    if is_project:
        found[folder] = project


def _read_pyproject_into(project: PythonProject, path: str, text: str, table: Table) -> bool:
    declared = read_pyproject(path, text, table)
    metadata = table_at(table, "project") or table_at(table, "tool", "poetry")
    project.table = table
    project.declared += declared.found[:MOST_DECLARED]
    if not metadata and not declared.found:
        return False
    project.manifest = path
    project.is_dynamic |= declared.is_dynamic
    project.name = canonicalize_name(str(metadata.get("name", ""))) or project.name
    # Groups and tool settings alone make no distribution; poetry can say so, too.
    project.is_package |= bool(metadata) and metadata.get("package-mode") is not False
    return True


def _read_setup_into(project: PythonProject, path: str, text: str) -> bool:
    if path.endswith(".cfg"):
        if "[metadata]" not in text and "[options]" not in text:
            return False
        declared: Declarations | None = read_setup_cfg(path, text)
    else:
        declared = read_setup_py(path, text)
    if declared is None:
        return False
    project.declared += declared.found
    # Requirements files that metadata takes in are read as such, and count as the project's own.
    project.is_dynamic |= declared.is_dynamic
    project.is_package = True
    project.manifest = project.manifest or path
    return True


def _requirements_files(tree: Tree) -> Iterator[RequirementsFile]:
    for file in tree.files:
        folder, name = posixpath.split(file.path)
        in_folder = bool(_REQUIREMENTS_FOLDER.search(folder)) and name.endswith((".txt", ".in"))
        if not (in_folder or _REQUIREMENTS.search(name)) or is_pretend_requirements(file):
            continue
        text = tree.read(file.path)
        if text is None or _TEMPLATE.search(text):
            continue
        group = _group_of(file.path)
        declared = read_requirements(file.path, text, group)
        written = is_compiled(text) or bool(_COMPILED_NAME.search(name))
        yield RequirementsFile(file.path, declared, group, written)


def is_pretend_requirements(file: RepositoryFile) -> bool:
    """Fixtures and templates; `tests/requirements.txt` is what the tests need, and real."""
    folder, name = posixpath.split(file.path)
    is_real = posixpath.basename(folder) in ("test", "tests") and "requirements" in name
    return is_pretend(file) and not is_real


def _group_of(path: str) -> str:
    folder, name = posixpath.split(path)
    if "constraint" in name:
        return CONSTRAINT
    stem = name.rpartition(".")[0]
    where = f"{folder}/{stem}" if folder else stem
    return f"dev:{stem}" if is_development_name(where) else RUNTIME


def dynamic_requirements(project: PythonProject) -> list[str]:
    """The requirements files that setuptools or hatch reads the project's dependencies from."""
    dynamic = table_at(project.table, "tool", "setuptools", "dynamic", "dependencies")
    value = dynamic.get("file")
    names = [value] if isinstance(value, str) else texts_of(value)
    hook = table_at(project.table, "tool", "hatch", "metadata", "hooks", "requirements_txt")
    names += texts_of(hook.get("files"))
    return [posixpath.join(project.folder, name) for name in names]
