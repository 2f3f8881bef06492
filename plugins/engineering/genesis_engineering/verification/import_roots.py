"""Where a repository's packages are imported from, and whether a test run sees the checkout."""

from __future__ import annotations

from dataclasses import dataclass
from filecmp import cmp
from itertools import islice
from pathlib import Path

_NO_PACKAGES = frozenset(
    {"test", "tests", "testing", "doc", "docs", "example", "examples", "scripts", "tools",
     "benchmarks", "setup", "conftest", "noxfile", "tasks"}
)  # fmt: skip
_COMPILED = frozenset({".pyx", ".c", ".cc", ".cpp", ".rs"})
_LOOK_AT_MOST = 5000


@dataclass(frozen=True)
class ImportRoot:
    """A folder (`src`, or the repository itself) and the names that are imported from it."""

    folder: Path
    packages: tuple[str, ...]
    is_src: bool


@dataclass(frozen=True)
class Imports:
    """What to put on PYTHONPATH, and where an installed copy hides the checkout.

    `editable` is the folder of the checkout that the environment imports from: in a copy of the
    checkout, that of the copy has to come first.
    """

    python_path: tuple[Path, ...] = ()
    editable: tuple[Path, ...] = ()
    installed_copy: str = ""


def find_import_root(repository: Path) -> ImportRoot:
    """`src` when it holds packages, else the repository."""
    src = repository / "src"
    if src.is_dir() and not (src / "__init__.py").exists() and (found := _packages(src, True)):
        return ImportRoot(src, found, is_src=True)
    return ImportRoot(repository, _packages(repository, False), is_src=False)


def resolve_imports(root: ImportRoot, origins: dict[str, str | None]) -> Imports:
    """Compare with where an interpreter finds the packages (path of each, None: nowhere).

    Uninstalled, or installed as a copy of other code: the root goes first. A copy of the same
    code stays as it is when run by hand: it also has what only a build makes (styles, scripts, a
    version). So does one with compiled modules, which the checkout does not have; for a flat
    layout pytest puts the checkout first anyway.
    """
    places = [Path(origins[name] or "") for name in root.packages if origins.get(name)]
    if any(_is_checkout(place, root.folder) for place in places):
        return Imports(editable=(root.folder,))
    if root.packages and all(_is_same(root, name, origins.get(name)) for name in root.packages):
        return Imports()
    if places and root.is_src and _has_compiled_sources(root.folder):
        return Imports(installed_copy=str(places[0].parent))
    return Imports(python_path=(root.folder,) if root.packages else ())


def _packages(folder: Path, namespaces: bool) -> tuple[str, ...]:
    """Names of packages and modules in a folder; in `src`, a package needs no `__init__.py`."""
    found = []
    for entry in sorted(folder.iterdir()):
        if entry.stem in _NO_PACKAGES or entry.name.startswith((".", "test", "_")):
            continue
        module = entry.suffix == ".py" and entry.is_file()
        package = (entry / "__init__.py").is_file() or (
            namespaces and entry.is_dir() and any(entry.glob("*/*.py"))
        )
        if (module or package) and entry.stem.isidentifier():
            found.append(entry.stem)
    return tuple(found)


def _is_checkout(place: Path, root: Path) -> bool:
    return place.is_relative_to(root) and "site-packages" not in place.relative_to(root).parts


def _is_same(root: ImportRoot, name: str, origin: str | None) -> bool:
    """Whether what is installed of a package has each of its Python files, byte for byte."""
    if not origin:
        return False
    installed, own = Path(origin), root.folder / name
    if not own.is_dir():
        return _is_equal(own.with_suffix(".py"), installed)
    if installed.suffix == ".py":
        installed = installed.parent
    files = list(islice(own.rglob("*.py"), _LOOK_AT_MOST + 1))
    return len(files) <= _LOOK_AT_MOST and all(
        _is_equal(file, installed / file.relative_to(own)) for file in files
    )


def _is_equal(one: Path, other: Path) -> bool:
    try:
        return cmp(one, other, shallow=False)
    except OSError:
        return False


def _has_compiled_sources(folder: Path) -> bool:
    for number, path in enumerate(folder.rglob("*")):
        if path.suffix in _COMPILED:
            return True
        if number >= _LOOK_AT_MOST:
            break
    return False
