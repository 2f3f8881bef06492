"""Which modules a repository itself provides, seen as generously as `sys.path` can be."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable

from genesis_engineering.git import run_git
from genesis_engineering.infrastructure.tree import Tree

_SOURCES = (".py", ".pyi", ".pyx", ".pxd", ".so", ".pyd", ".c", ".cpp", ".cc", ".rs", ".f90", ".i")
_MARKERS = frozenset({"__init__.py", "__init__.pyi", "__init__.pyx"})


class LocalModules:
    """Top-level names that files of the repository can answer to."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        packages = {
            posixpath.dirname(path) for path in tree.by_path if posixpath.basename(path) in _MARKERS
        }
        self._names: set[str] = set()
        for path in tree.by_path:
            folder, name = posixpath.split(path)
            stem, dot, suffix = name.partition(".")
            if dot and f".{suffix.rpartition('.')[2]}" in _SOURCES:
                if folder not in packages:
                    self._names.add(stem)
                self._add_folders(folder, packages)

    def _add_folders(self, folder: str, packages: set[str]) -> None:
        while folder:
            parent, name = posixpath.split(folder)
            if parent not in packages:
                if name in self._names:
                    return
                self._names.add(name)
            folder = parent

    def has(self, top: str, importer: str) -> bool:
        """Whether a file or folder of that name lies where it could be imported from.

        Any folder that is no package may be on `sys.path`, and the importer's own folder is when
        the file runs as a script.
        """
        if top in self._names or top.startswith("_"):
            return True
        beside = posixpath.join(posixpath.dirname(importer), top)
        return self._tree.exists(f"{beside}.py") or self._tree.exists(beside)

    def vendored(self, tops: Iterable[str]) -> set[str]:
        """Those of the names that files have which git knows of and the tools leave out."""
        found = set()
        wanted = set(tops)
        for path in _all_names(self._tree) if wanted else ():
            parts = path.split("/")
            found |= wanted.intersection(parts[:-1])
            found |= wanted.intersection({parts[-1].partition(".")[0]})
        return found


def _all_names(tree: Tree) -> list[str]:
    """Every path in the index, submodules as one path each."""
    listed = run_git(tree.repository, "ls-files", "-z", "--cached", seconds=120)
    names = listed.stdout.decode("utf-8", errors="replace").split("\0")
    own = (".py", ".pyi", ".so", ".pyd")
    return [name for name in names if name.endswith(own) or "." not in posixpath.basename(name)]
