"""The Python packages that a repository itself provides, and the files of their modules."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterable, Iterator
from copy import copy
from functools import cached_property
from pathlib import PurePosixPath

from genesis_engineering.files import RepositoryFile
from genesis_engineering.reporting import is_secondary

_PROJECT_FILES = frozenset({"pyproject.toml", "setup.py", "setup.cfg"})
_SOURCE_FOLDERS = ("src", "lib", "python")
# A document that says `app.main` or `tests.helpers` most often means the reader's project.
_COMMON_NAMES = frozenset(
    {"app", "main", "api", "src", "lib", "core", "config", "models", "project", "package",
     "mypackage", "myapp", "mymodule", "test", "tests", "testing", "docs", "doc", "example",
     "examples", "script", "scripts", "tool", "tools", "utils", "util", "benchmark", "benchmarks",
     "setup", "conftest", "noxfile", "tasks", "build", "hello", "foo", "bar", "demo", "self"}
)  # fmt: skip
_OTHER_CODE = (".pyi", ".pyx", ".pyd", ".so", ".c", ".cpp", ".rs", ".in", ".j2", ".tmpl", ".pxd")


class PythonFiles:
    """Finds the file of a dotted module name."""

    def __init__(self, files: Iterable[RepositoryFile]) -> None:
        self.by_path = {file.path: file for file in files}
        self._folders = {str(parent) for path in self.by_path for parent in _parents(path)}
        self.roots = _package_roots(self.by_path)

    def module_file(self, module: str) -> RepositoryFile | None:
        """The source of a module or package; None where there is no Python source."""
        place = self._place(module)
        if place is None:
            return None
        return self.by_path.get(f"{place}/__init__.py") or self.by_path.get(f"{place}.py")

    def is_package(self, module: str) -> bool:
        """Whether a folder stands for the module, with or without `__init__.py`."""
        return (self._place(module) or "") in self._folders

    def has_other_code(self, module: str) -> bool:
        """Whether something else than Python source may provide the module or its names."""
        place = self._place(module)
        if place is None:
            return True
        stems = (place, f"{place}/__init__", f"{place}.py", f"{place}/__init__.py")
        return any(stem + suffix in self.by_path for stem in stems for suffix in _OTHER_CODE)

    def path_of(self, module: str) -> str:
        """The path that a module of this name would have as a file."""
        return f"{self._place(module)}.py"

    def other_trees(self, top: str) -> Iterator[PythonFiles]:
        """The same files, with another folder named like the package `top` in its place.

        A repository may hold several: bundled collections each have a folder `plugins`.
        """
        root = self.roots[top]
        for folder in self._python_folders.get(top, []):
            if not f"{folder}/".startswith(f"{root}/"):
                other = copy(self)
                other.roots = {**self.roots, top: folder}
                yield other

    @cached_property
    def _python_folders(self) -> dict[str, list[str]]:
        """Folders with Python source at any depth, no tests or examples, by their own name."""
        folders: set[str] = set()
        for path, file in self.by_path.items():
            if file.suffix == ".py" and not file.is_test and not is_secondary(path):
                folder = path.rpartition("/")[0]
                while folder and folder not in folders:
                    folders.add(folder)
                    folder = folder.rpartition("/")[0]
        found: dict[str, list[str]] = {}
        for folder in sorted(folders):
            found.setdefault(folder.rpartition("/")[2], []).append(folder)
        return found

    def _place(self, module: str) -> str | None:
        top, _, rest = module.partition(".")
        root = self.roots.get(top)
        if root is None:
            return None
        return f"{root}/{rest.replace('.', '/')}" if rest else root


def _parents(path: str) -> list[PurePosixPath]:
    return list(PurePosixPath(path).parents)[:-1]


def _package_roots(files: dict[str, RepositoryFile]) -> dict[str, str]:
    """Top-level package to its folder; a name that two folders claim belongs to none."""
    claims: dict[str, set[str]] = {}
    for base in _bases(files):
        for path in files:
            pure = PurePosixPath(path)
            if pure.name == "__init__.py" and pure.parent.parent == base and pure.parent != base:
                claims.setdefault(pure.parent.name, set()).add(str(pure.parent))
    return {
        name: min(folders)
        for name, folders in claims.items()
        if len(folders) == 1 and name not in _COMMON_NAMES and name not in sys.stdlib_module_names
    }


def _bases(files: dict[str, RepositoryFile]) -> set[PurePosixPath]:
    """The folders that packages are imported from."""
    bases = set()
    for path, file in files.items():
        pure = PurePosixPath(path)
        # A name like that of an example's project means the reader's own.
        is_minor = file.is_test or is_secondary(path)
        if pure.name in _PROJECT_FILES and not is_minor:
            bases.add(pure.parent)
            bases.update(pure.parent / name for name in _SOURCE_FOLDERS)
            if pure.name == "pyproject.toml":
                bases.update(pure.parent / name for name in _declared_folders(file))
    return bases


def _declared_folders(file: RepositoryFile) -> list[str]:
    """The folders that hatch's wheel target names packages in."""
    try:
        table: object = tomllib.loads(file.read_text() or "")
    except (tomllib.TOMLDecodeError, RecursionError):
        return []
    for key in ("tool", "hatch", "build", "targets", "wheel", "packages"):
        table = table.get(key) if isinstance(table, dict) else None
    packages = table if isinstance(table, list) else []
    return [str(PurePosixPath(name).parent) for name in packages if isinstance(name, str)]
