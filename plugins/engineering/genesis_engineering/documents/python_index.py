"""Answers whether a dotted name still exists in the repository's Python code."""

from __future__ import annotations

import builtins
from dataclasses import dataclass
from enum import Enum
from itertools import islice

from genesis_engineering.documents.packages import PythonFiles
from genesis_engineering.documents.scopes import ClassScope, ModuleScope, read_scope

_PLAIN_BASES = frozenset(
    {"Generic", "typing.Generic", "t.Generic", "Protocol", "typing.Protocol", "t.Protocol",
     "ABC", "abc.ABC"}
)  # fmt: skip
_GENERATED = ("_version", "version", "__version__", "_build", "_generated")
_IMPLICIT = frozenset(
    {"__name__", "__file__", "__doc__", "__path__", "__package__", "__spec__", "__all__",
     "__dict__", "__annotations__", "__loader__"}
)  # fmt: skip
_MAX_HOPS = 20
_MOST_TREES = 1000


class Verdict(Enum):
    """Whether a name exists; UNKNOWN wherever the code could give it a name while it runs."""

    PRESENT = "present"
    ABSENT = "absent"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Answer:
    """A verdict; for ABSENT, `part` is the segment that is missing and `owner` what lacks it."""

    verdict: Verdict
    part: str = ""
    owner: str = ""
    is_module: bool = False


_PRESENT = Answer(Verdict.PRESENT)
_UNKNOWN = Answer(Verdict.UNKNOWN)


class PythonIndex:
    """Looks names up; a module is parsed when a document first names it."""

    def __init__(self, files: PythonFiles) -> None:
        self.files = files
        self._scopes: dict[str, ModuleScope | None] = {}
        self._others: dict[str, list[PythonIndex]] = {}

    def look_up(self, dotted: str) -> Answer:
        """Whether `package.module.Class.method` exists, starting at a package of the repository."""
        parts = dotted.split(".")
        if parts[0] not in self.files.roots:
            return _UNKNOWN
        answer = self.look_into(parts)
        top = self._scope(parts[0]) if answer.owner == parts[0] else None
        # A package that gives something its own name: `tqdm.write` is of the class.
        is_own = top is not None and parts[0] in {*top.names, *top.classes, *top.imports}
        if is_own or (answer.verdict is Verdict.ABSENT and self._is_elsewhere(parts)):
            return _UNKNOWN
        return answer

    def _is_elsewhere(self, parts: list[str]) -> bool:
        """Whether another folder with the package's name has the name, or may have it."""
        top = parts[0]
        if top not in self._others:
            trees = islice(self.files.other_trees(top), _MOST_TREES)
            self._others[top] = [PythonIndex(tree) for tree in trees]
        first = ".".join(parts[:2])
        return any(
            (tree.files.module_file(top) or tree.files.module_file(first)
             or tree.files.is_package(first))
            and tree.look_into(parts).verdict is not Verdict.ABSENT
            for tree in self._others[top]
        )  # fmt: skip

    def look_into(self, parts: list[str]) -> Answer:
        """The same of a dotted name's parts, in the package's one folder that is known here."""
        return self._in_module(parts[0], parts[1:], _MAX_HOPS)

    def _in_module(self, module: str, rest: list[str], hops: int) -> Answer:
        if not rest:
            return _PRESENT
        if hops <= 0 or self.files.has_other_code(module):
            return _UNKNOWN
        name, submodule = rest[0], f"{module}.{rest[0]}"
        scope = self._scope(module)
        if scope and (name in scope.classes or name in scope.imports) and len(rest) > 1:
            return self._through(module, scope, rest, hops)
        if self.files.module_file(submodule) or self.files.is_package(submodule):
            return self._in_module(submodule, rest[1:], hops - 1)
        if scope is None or scope.is_dynamic:
            return _UNKNOWN
        if name in scope.names or name in _IMPLICIT:
            return _PRESENT if len(rest) == 1 else _UNKNOWN
        if name.startswith(_GENERATED) or self.files.has_other_code(submodule):
            return _UNKNOWN
        if scope.stars:
            return self._through_stars(scope, rest, hops) or Answer(Verdict.ABSENT, name, module)
        return Answer(Verdict.ABSENT, name, module, is_module=True)

    def _through(self, module: str, scope: ModuleScope, rest: list[str], hops: int) -> Answer:
        """Go on in a class of the module, or where the module has the name from."""
        name = rest[0]
        if name in scope.classes and name in scope.imports:
            return _UNKNOWN
        if name in scope.classes:
            return self._in_class(module, name, rest[1:], hops - 1)
        source, original = scope.imports[name]
        if source.partition(".")[0] not in self.files.roots:
            return _UNKNOWN
        following = [original, *rest[1:]] if original else rest[1:]
        answer = self._in_module(source, following, hops - 1)
        # That the import itself leads nowhere is not what the document got wrong.
        lost = answer.verdict is Verdict.ABSENT and answer.part == original
        return _UNKNOWN if lost else answer

    def _through_stars(self, scope: ModuleScope, rest: list[str], hops: int) -> Answer | None:
        """The answer of what the module imports with `*`; None when none of it has the name."""
        for source in scope.stars:
            if source.partition(".")[0] not in self.files.roots:
                return _UNKNOWN
            answer = self._in_module(source, rest, hops - 1)
            if answer.verdict is not Verdict.ABSENT:
                return answer
        return None

    def _in_class(self, module: str, name: str, rest: list[str], hops: int) -> Answer:
        scope = self._scope(module)
        if scope is None or not rest:
            return _PRESENT
        found = self._has_attribute(module, scope.classes[name], rest[0], hops)
        if found is None or (found and len(rest) > 1):
            return _UNKNOWN
        return _PRESENT if found else Answer(Verdict.ABSENT, rest[0], f"{module}.{name}")

    def _has_attribute(self, module: str, scope: ClassScope, name: str, hops: int) -> bool | None:
        """Whether a class or one of its bases has an attribute; None when it cannot be known."""
        if name in scope.names or hasattr(object, name):
            return True
        if scope.is_dynamic or hops <= 0:
            return None
        unknown = False
        for base in scope.bases:
            found = self._base_has(module, base, name, hops - 1)
            if found:
                return True
            unknown |= found is None
        return None if unknown else False

    def _base_has(self, module: str, base: str, name: str, hops: int) -> bool | None:
        scope = self._scope(module)
        if scope is None or not base or hops <= 0:
            return None
        if base in scope.classes:
            return self._has_attribute(module, scope.classes[base], name, hops)
        first, _, rest = base.partition(".")
        if first in scope.imports:
            source, original = scope.imports[first]
            return self._imported_has(source, [*filter(None, [original]), *filter(None, [rest])],
                                      base, name, hops)  # fmt: skip
        if base in scope.names or "." in base or not hasattr(builtins, base):
            return None
        return hasattr(getattr(builtins, base), name)

    def _imported_has(
        self, source: str, path: list[str], base: str, name: str, hops: int
    ) -> bool | None:
        """The same for a base class that came by an import; `path` leads to it from `source`."""
        if source.partition(".")[0] not in self.files.roots:
            return False if base in _PLAIN_BASES else None
        *modules, last = ".".join(path).split(".")
        module = ".".join([source, *modules])
        scope = self._scope(module)
        if scope is None or hops <= 0:
            return None
        if last in scope.classes:
            return self._has_attribute(module, scope.classes[last], name, hops - 1)
        if last in scope.imports:
            origin, original = scope.imports[last]
            return self._imported_has(origin, [original or last], base, name, hops - 1)
        return None

    def _scope(self, module: str) -> ModuleScope | None:
        if module not in self._scopes:
            file = self.files.module_file(module)
            text = file.read_text() if file else None
            is_package = file is not None and file.path.endswith("/__init__.py")
            self._scopes[module] = (
                read_scope(text, module, is_package=is_package) if text is not None else None
            )
        return self._scopes[module]
