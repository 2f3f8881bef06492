"""Compare the public names of Python packages at two commits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import griffe

from genesis_engineering.release.breakages import judge
from genesis_engineering.release.public_names import (
    Member,
    final,
    is_plumbing,
    load_packages,
    place,
    public_names,
)
from genesis_engineering.release.sources import Package


@dataclass(frozen=True)
class Change:
    """A public name that was `removed`, `changed` or `added`. `what` says how; `file` and `line`
    are where it is now, or where it was when it is gone. `gone` are its parameters that are."""

    name: str
    kind: Literal["removed", "changed", "added"]
    what: str
    is_breaking: bool
    file: str
    line: int | None
    gone: tuple[str, ...] = ()


@dataclass(frozen=True)
class Comparison:
    """The changes of a package's public names, in order of name; `names` is how many it has. Where
    it could not be compared `fault` says why."""

    package: Package
    changes: tuple[Change, ...] = ()
    names: int = 0
    fault: str = ""


def compare_packages(
    now: Sequence[Package], then: Sequence[Package], new: Path, old: Path
) -> list[Comparison]:
    """Compare each package of `now`, whose sources lie below the folder `new`, with that of the
    same name among `then`, below `old`. Never raises for what stands in the sources."""
    old, new = old.resolve(), new.resolve()
    before, after = load_packages(then, old), load_packages(now, new)
    return [_compare(package, before, after, old, new) for package in now]


def _compare(
    package: Package, before: griffe.GriffeLoader, after: griffe.GriffeLoader, old: Path, new: Path
) -> Comparison:
    then = before.modules_collection.members.get(package.name)
    now = after.modules_collection.members.get(package.name)
    if not isinstance(now, griffe.Module):
        return Comparison(package, fault="its sources cannot be read")
    if not isinstance(then, griffe.Module):
        return Comparison(package, fault="it was not there at the last release, or not readable")
    try:
        known = dict(public_names(then))
        offered = {final(member).path: name for name, member in reversed(known.items())}
        verdicts = judge(then, now, offered, griffe.find_breaking_changes(then, now))
        changes = []
        for name, verdict in verdicts.items():
            file, line = place(verdict.member, old if verdict.is_gone else new)
            kind: Literal["removed", "changed"] = "removed" if verdict.is_gone else "changed"
            gone = tuple(verdict.gone_parameters)
            changes.append(Change(name, kind, verdict.what, verdict.is_breaking, file, line, gone))
        names = dict(public_names(now))
        changes += _added(known, names, new)
    except Exception as error:  # noqa: BLE001 - sources of others, read by a library
        return Comparison(package, fault=f"{type(error).__name__}: {error}"[:500])
    return Comparison(package, tuple(sorted(changes, key=lambda one: one.name)), len(names))


def _added(old: dict[str, Member], new: dict[str, Member], folder: Path) -> list[Change]:
    """New names, without those within a new one; and new parameters of functions."""
    changes = []
    for name, member in new.items():
        if name in old:
            changes += _more_parameters(name, old[name], member, folder)
        elif name.rpartition(".")[0] in old and not is_plumbing(member) and "__" not in name:
            file, line = place(member, folder)
            changes.append(
                Change(name, "added", f"a new {final(member).kind.value}", False, file, line)
            )
    return changes


def _more_parameters(name: str, old: Member, new: Member, folder: Path) -> list[Change]:
    before, after = final(old), final(new)
    if not isinstance(before, griffe.Function) or not isinstance(after, griffe.Function):
        return []
    known = {parameter.name for parameter in before.parameters}
    more = [
        one.name
        for one in after.parameters
        if one.name not in known and not one.required and not one.name.startswith("_")
        and one.kind not in (griffe.ParameterKind.var_positional, griffe.ParameterKind.var_keyword)
    ]  # fmt: skip
    if not more:
        return []
    file, line = place(new, folder)
    listed = ", ".join(f"`{one}`" for one in more)
    return [Change(f"{name}()", "added", f"it takes {listed} now", False, file, line)]
