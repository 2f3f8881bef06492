"""Judge what griffe reports of two versions of a package: does it break callers for certain?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import griffe

from genesis_engineering.release.public_names import Member, final, is_internal, is_plumbing

_KINDS = griffe.BreakageKind
# What changes without breaking a caller for certain: a default, a type, a base class.
_SOFT = frozenset(
    {
        _KINDS.PARAMETER_CHANGED_DEFAULT,
        _KINDS.RETURN_CHANGED_TYPE,
        _KINDS.ATTRIBUTE_CHANGED_TYPE,
        _KINDS.ATTRIBUTE_CHANGED_VALUE,
        _KINDS.CLASS_REMOVED_BASE,
    }
)
_VARIADIC = frozenset({griffe.ParameterKind.var_positional, griffe.ParameterKind.var_keyword})
_UNNAMED = _VARIADIC | {griffe.ParameterKind.positional_only}
_SENTENCES = {
    _KINDS.PARAMETER_REMOVED: "the parameter {} is gone",
    _KINDS.PARAMETER_CHANGED_REQUIRED: "the parameter {} is required now",
    _KINDS.PARAMETER_ADDED_REQUIRED: "it requires the new parameter {}",
    _KINDS.RETURN_CHANGED_TYPE: "what it returns is declared differently",
    _KINDS.ATTRIBUTE_CHANGED_TYPE: "its type is declared differently",
    _KINDS.ATTRIBUTE_CHANGED_VALUE: "its value is another",
    _KINDS.CLASS_REMOVED_BASE: "it has fewer base classes",
}
_SHOWN = 4


@dataclass
class Verdict:
    """What became of one public name: sentences, whether any of it breaks callers for certain, and
    the parameters that are gone."""

    member: Member
    is_gone: bool = False
    is_breaking: bool = False
    told: list[str] = field(default_factory=list)
    gone_parameters: list[str] = field(default_factory=list)
    moved_parameters: list[str] = field(default_factory=list)

    @property
    def what(self) -> str:
        """All of it in one sentence."""
        told = list(self.told)
        if self.moved_parameters:
            names = ", ".join(f"`{name}`" for name in self.moved_parameters)
            verb = "stands" if len(self.moved_parameters) == 1 else "stand"
            told.append(f"{names} {verb} at another position")
        more = len(told) - _SHOWN
        shown = told[:_SHOWN] if more > 1 else told
        return "; ".join(shown) + (f"; and {more} more changes" if more > 1 else "")


def judge(
    before: griffe.Module,
    after: griffe.Module,
    offered: Mapping[str, str],
    breakages: Iterable[griffe.Breakage],
) -> dict[str, Verdict]:
    """The verdicts by public name. `offered` has the public name of each object by the path at
    which it is defined. What a subclass inherits is told of the public class that defines it, and
    what nobody offers is nobody's business."""
    found: dict[str, Verdict] = {}
    for breakage in breakages:
        name = _public_name(breakage.obj.path, offered)
        if name is None or _is_inherited(breakage.obj, before.path, offered):
            continue
        told = _gone(breakage, after) if breakage.kind is _KINDS.OBJECT_REMOVED else _changed(
            breakage, before
        )  # fmt: skip
        if told is None:
            continue
        what, is_breaking = told
        verdict = found.setdefault(name, Verdict(breakage.obj))
        verdict.is_breaking |= is_breaking
        verdict.is_gone |= breakage.kind is _KINDS.OBJECT_REMOVED
        if breakage.kind is _KINDS.PARAMETER_MOVED:
            verdict.moved_parameters.append(_name(breakage.old_value))
        elif what not in verdict.told:
            verdict.told.append(what)
        if breakage.kind is _KINDS.PARAMETER_REMOVED:
            verdict.gone_parameters.append(_name(breakage.old_value))
    return found


def _gone(breakage: griffe.Breakage, after: griffe.Module) -> tuple[str, bool] | None:
    name = breakage.obj.name
    is_of_module = breakage.obj.parent is not None and breakage.obj.parent.is_module
    if is_plumbing(breakage.obj) or (is_of_module and name.startswith("__")):
        return None
    return "is gone", not _has_getattr(breakage.obj.path, after)


def _changed(breakage: griffe.Breakage, before: griffe.Module) -> tuple[str, bool] | None:
    kind, old, new = breakage.kind, breakage.old_value, breakage.new_value
    if kind is _KINDS.OBJECT_CHANGED_KIND:
        return _other_kind(breakage, before)
    if isinstance(old, griffe.Parameter) or isinstance(new, griffe.Parameter):
        return _parameter(breakage, before)
    return _SENTENCES.get(kind, kind.value), kind not in _SOFT


def _parameter(breakage: griffe.Breakage, before: griffe.Module) -> tuple[str, bool] | None:
    kind, old, new = breakage.kind, breakage.old_value, breakage.new_value
    name = _name(old) or _name(new)
    if name in ("self", "cls") or (name.startswith("_") and kind is not _KINDS.OBJECT_REMOVED):
        return None
    if kind is _KINDS.PARAMETER_ADDED_REQUIRED and _replaces(breakage, before):
        return None
    if kind is _KINDS.PARAMETER_REMOVED and getattr(old, "kind", None) in _VARIADIC:
        return f"it takes no further arguments as `{name}`", False
    if kind is _KINDS.PARAMETER_CHANGED_DEFAULT:
        values = [f"`{str(getattr(one, 'default', ''))[:60]}`" for one in (old, new)]
        return f"the default of `{name}` was {values[0]} and is {values[1]}", False
    if kind is _KINDS.PARAMETER_CHANGED_KIND:
        kinds = [getattr(getattr(one, "kind", None), "value", "") for one in (old, new)]
        return f"the parameter `{name}` was {kinds[0]} and is {kinds[1]}", True
    return _SENTENCES.get(kind, kind.value).format(f"`{name}`"), kind not in _SOFT


def _replaces(breakage: griffe.Breakage, before: griffe.Module) -> bool:
    """Whether a required parameter only renames one that callers could not, or should not, name:
    a positional-only one, `__x`, as these were written before Python 3.8, or `*x`."""
    now = final(breakage.obj)
    then = _find(before, breakage.obj.path)
    if not isinstance(now, griffe.Function) or not isinstance(then, griffe.Function):
        return False
    name = _name(breakage.new_value)
    at = next((at for at, one in enumerate(now.parameters) if one.name == name), None)
    if at is None or at >= len(then.parameters):
        return False
    old = list(then.parameters)[at]
    return old.name in ("self", "cls") or old.name.startswith("_") or old.kind in _UNNAMED


def _other_kind(breakage: griffe.Breakage, before: griffe.Module) -> tuple[str, bool]:
    """A property that became a method breaks, an attribute that holds a function does not."""
    old, new = (str(getattr(v, "value", v)) for v in (breakage.old_value, breakage.new_value))
    then, now = _find(before, breakage.obj.path), final(breakage.obj)
    was_property = then is not None and "property" in then.labels
    is_property = "property" in now.labels
    breaks = was_property or is_property or (old, new) in (
        ("class", "function"), ("module", "function"), ("module", "class"), ("module", "attribute"),
    )  # fmt: skip
    words = {"attribute": "an attribute"}
    was = "a property" if was_property else words.get(old, f"a {old}")
    now_is = "a property" if is_property else words.get(new, f"a {new}")
    return f"it was {was} and is {now_is}", breaks


def _public_name(path: str, offered: Mapping[str, str]) -> str | None:
    """The name under which users know what is defined at a path; None when it is private."""
    if not is_internal(path):
        return path
    owner, inner = path, ""
    while "." in owner:
        if owner in offered:
            name = f"{offered[owner]}{inner}"
            return None if is_internal(name) else name
        owner, _, last = owner.rpartition(".")
        inner = f".{last}{inner}"
    return None


def _is_inherited(member: Member, package: str, offered: Mapping[str, str]) -> bool:
    """Whether a public class of the package, not this one, defines the member."""
    if not isinstance(member, griffe.Alias) or not member.inherited:
        return False
    try:
        defined = member.final_target.path
    except (griffe.GriffeError, RecursionError):
        return False
    return defined.startswith(f"{package}.") and _public_name(defined, offered) is not None


def _has_getattr(name: str, after: griffe.Module) -> bool:
    """Whether the module may still answer for a name, with a `__getattr__` of its own."""
    module = after
    for part in name.split(".")[1:-1]:
        found = module.members.get(part)
        if not isinstance(found, griffe.Module):
            break
        module = found
    return "__getattr__" in module.members


def _find(module: griffe.Module, path: str) -> griffe.Object | None:
    try:
        return final(module[path.split(".")[1:]])
    except (KeyError, griffe.GriffeError, RecursionError, ValueError):
        return None


def _name(parameter: object) -> str:
    return str(getattr(parameter, "name", ""))
