"""The public names of Python packages, read from their sources: nothing of them is run."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path

import griffe

from genesis_engineering.release.sources import Package

_MOST_NAMES = 200_000
_DEEPEST = 12
_INTERNAL = frozenset({"test", "tests", "conftest", "vendor"})
# Module attributes that nobody imports although no underscore says so.
_PLUMBING = ("TypeVar(", "ParamSpec(", "logging.getLogger(", "getLogger(", "structlog.get_logger(")

Member = griffe.Object | griffe.Alias


def load_packages(packages: Sequence[Package], folder: Path) -> griffe.GriffeLoader:
    """All packages below a folder; they may import from each other. What cannot be read is not in
    the loader's collection.

    Public is what griffe takes for public, and what an `__init__` without `__all__` imports from
    its own package.
    """
    # Its warnings are about docstrings and types, which play no part here.
    logging.getLogger("griffe").setLevel(logging.CRITICAL)
    roots = dict.fromkeys(folder / package.root for package in packages)
    loader = griffe.GriffeLoader(
        search_paths=list(roots), allow_inspection=False, store_source=False
    )
    for package in packages:
        try:
            loader.load(package.name, try_relative_path=False)
        except Exception as error:  # noqa: BLE001 - sources of others, read by a library
            loader.modules_collection.members.pop(package.name, None)
            logging.getLogger(__name__).info("%s cannot be read: %r", package.name, error)
    loader.resolve_aliases(implicit=False, external=False)
    for module in loader.modules_collection.members.values():
        if isinstance(module, griffe.Module):
            _publish_imports(module, module.name)
    return loader


def public_names(module: griffe.Module) -> Iterator[tuple[str, Member]]:
    """Every public name with what it stands for, at most 200,000."""
    waiting: list[tuple[str, Member, int]] = [(module.path, module, 0)]
    count = 0
    while waiting and count < _MOST_NAMES:
        name, member, depth = waiting.pop()
        yield name, member
        count += 1
        found = final(member)
        # What stands behind an import is walked where it is defined.
        if depth >= _DEEPEST or (member.is_alias and (found.is_module or _is_public(found))):
            continue
        for key, inner in found.members.items():
            path = f"{name}.{key}"
            if not is_internal(path) and _is_offered(inner):
                waiting.append((path, inner, depth + 1))


def is_internal(name: str) -> bool:
    """Whether a dotted name lies in tests, or a part of it begins with an underscore."""
    parts = name.split(".")[1:]
    return any(part in _INTERNAL or part.startswith("test_") for part in parts) or any(
        part.startswith("_") and not part.startswith("__") for part in parts
    )


def is_plumbing(member: Member) -> bool:
    """Whether a module's attribute is a logger or a type variable."""
    if member.is_alias or not isinstance(member, griffe.Attribute):
        return False
    value = str(member.value) if member.value is not None else ""
    return value.removeprefix("typing.").startswith(_PLUMBING)


def final(member: Member) -> griffe.Object:
    """What a name stands for. Raises griffe.GriffeError when that is in another distribution."""
    return member.final_target if isinstance(member, griffe.Alias) else member


def place(member: Member, folder: Path) -> tuple[str, int | None]:
    """The file below a folder in which a name is defined, and its line there."""
    try:
        found = final(member)
        path = found.filepath
    except (griffe.GriffeError, RecursionError, AttributeError):
        return "", None
    if not isinstance(path, Path) or not path.is_relative_to(folder):
        return "", None
    return path.relative_to(folder).as_posix(), found.lineno


def _is_public(found: griffe.Object) -> bool:
    return not is_internal(found.path)


def _is_offered(member: Member) -> bool:
    try:
        final(member)
        return bool(member.is_public)
    except (griffe.GriffeError, RecursionError):
        return False  # imported from another distribution


def _publish_imports(module: griffe.Module, package: str) -> None:
    is_offering = module.is_init_module and module.exports is None
    for name, member in module.members.items():
        if isinstance(member, griffe.Alias):
            is_own = member.target_path.startswith(f"{package}.")
            if is_own and is_offering and not name.startswith("_"):
                try:
                    member.public = True
                except (griffe.GriffeError, RecursionError):
                    continue
        elif isinstance(member, griffe.Module):
            _publish_imports(member, package)
