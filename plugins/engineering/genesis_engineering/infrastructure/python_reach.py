"""Which files run as soon as a package is imported or one of its commands starts."""

from __future__ import annotations

import posixpath

from genesis_engineering.infrastructure.pyproject_files import table_at
from genesis_engineering.infrastructure.python_imports import read_imports, relative_imports
from genesis_engineering.infrastructure.python_projects import PythonProject
from genesis_engineering.infrastructure.tree import Tree
from genesis_engineering.python_source import PythonSource

_MOST_FILES = 2000


def reached_files(tree: Tree, project: PythonProject) -> frozenset[str]:
    """The paths that plain imports lead to, from the package's `__init__` and its entry points.

    The package is the one that is named as the project; a project with another name is entered
    only where an entry point says so.
    """
    roots = [root for root in _roots(project) if root == project.folder or root in tree.folders]
    pending = [path for root in roots for path in _entries(tree, project, root)]
    seen = set(pending)
    while pending and len(seen) < _MOST_FILES:
        path = pending.pop()
        for found in _imported(tree, roots, path) - seen:
            seen.add(found)
            pending.append(found)
    return frozenset(seen)


def _roots(project: PythonProject) -> list[str]:
    return [posixpath.join(project.folder, part) for part in ("src", "lib", "python")] + [
        project.folder
    ]


def _entries(tree: Tree, project: PythonProject, root: str) -> set[str]:
    modules = {project.name.replace("-", "_")} | _scripts(project)
    return {path for module in modules for path in _files_of(tree, root, module)}


def _scripts(project: PythonProject) -> set[str]:
    found = set()
    for keys in (("project", "scripts"), ("project", "gui-scripts"), ("tool", "poetry", "scripts")):
        for value in table_at(project.table, *keys).values():
            if isinstance(value, str):
                found.add(value.partition(":")[0].strip())
    return found


def _files_of(tree: Tree, root: str, module: str) -> set[str]:
    """The file of a dotted module and those of the packages around it, where they exist."""
    found = set()
    parts = module.split(".")
    for length in range(1, len(parts) + 1):
        place = posixpath.join(root, *parts[:length]) if module else root
        for path in (f"{place}/__init__.py", f"{place}.py"):
            if path.lstrip("/") in tree.by_path:
                found.add(path.lstrip("/"))
    return found


def _imported(tree: Tree, roots: list[str], path: str) -> set[str]:
    source = PythonSource(path, tree.read(path) or "")
    found = set()
    for one in read_imports(source):
        if one.is_plain:
            for root in roots:
                found |= _files_of(tree, root, one.module)
    for level, module, names in relative_imports(source):
        folder = posixpath.dirname(path)
        for _ in range(level - 1):
            folder = posixpath.dirname(folder)
        for name in (module, *(f"{module}.{name}".strip(".") for name in names)):
            found |= _files_of(tree, folder, name) if name else set()
    return found
