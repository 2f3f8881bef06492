"""The rule `missing-dependency`: Python modules that the code imports and nothing declares."""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from genesis.contracts import Confidence, Finding, Severity
from packaging.utils import canonicalize_name

from genesis_engineering.files import RepositoryFile
from genesis_engineering.infrastructure.declarations import Declaration
from genesis_engineering.infrastructure.mentions import Mentions
from genesis_engineering.infrastructure.outcome import make_finding
from genesis_engineering.infrastructure.python_imports import (
    Import,
    guarded_names,
    is_standard,
    read_imports,
)
from genesis_engineering.infrastructure.python_local import LocalModules
from genesis_engineering.infrastructure.python_names import (
    brought_by,
    distributions_of,
    gives,
    known_modules,
)
from genesis_engineering.infrastructure.python_projects import PythonProject
from genesis_engineering.infrastructure.python_reach import reached_files
from genesis_engineering.infrastructure.tree import Tree, is_pretend
from genesis_engineering.python_source import PythonSource
from genesis_engineering.reporting import is_secondary

_LOOK_AT_MOST = 50
_MOST_MODULES = 300
# Files that tools of the maintainers run, wherever they lie.
_TOOLING_FILE = re.compile(
    r"(^|/)(setup|conftest|noxfile|fabfile|tasks|conf|dodo|wscript|build|hatch_build|_?version|"
    r"versioneer|pavement|locustfile|manage_dev|hubconf|gunicorn[\w.]*)\.py$"
    r"|(^|/)(scripts?|tools?|utils?/dev|ci|\.ci|\.github|dev|devtools|hack|contrib|misc|extras|"
    r"release|packaging|maint|maintenance|admin|notebooks?|asv_bench|perf|profiling|experiments?|"
    r"integration|e2e|qa|stubs|typings|typestubs|plugins?|wheels?|builder|docker|resources|assets|data)/"
)


@dataclass(frozen=True)
class Use:
    """The first import of a module that nothing seems to give, and in how many files it is."""

    file: RepositoryFile
    found: Import
    files: int


class MissingImports:
    """Judges the imports of one project; `locked` are the names in its lock file, if it has one."""

    def __init__(
        self, tree: Tree, project: PythonProject, local: LocalModules, locked: frozenset[str]
    ) -> None:
        self._tree = tree
        self._project = project
        self._local = local
        self._locked = locked
        self._declared = project.all_declared
        self._read: dict[str, tuple[list[Import], set[str]]] = {}
        self._names = frozenset(one.name for one in self._declared)

    def find(self, quick: dict[str, set[str]], mentions: Mentions) -> Iterator[Finding]:
        """One finding per module; `quick` is what each file seems to import, by path."""
        for top, use in self._candidates(quick).items():
            declared = [one for one in self._declared if gives(one.name, use.found.module)]
            if any(not one.is_development for one in declared):
                continue
            if not declared and (self._may_be_given(top, quick) or mentions.of_module(top)):
                continue
            finding = self._judge(top, use, declared)
            if finding:
                yield finding

    def _candidates(self, quick: dict[str, set[str]]) -> dict[str, Use]:
        """Plain imports in runtime files of what neither Python nor the repository has."""
        files: defaultdict[str, list[RepositoryFile]] = defaultdict(list)
        for file in self._project.modules:
            if is_runtime_file(self._project, self._tree, file):
                for top in {name.partition(".")[0] for name in quick.get(file.path, ())}:
                    if not is_standard(top) and not self._local.has(top, file.path):
                        files[top].append(file)
        given = set()
        for top in files:
            self._tree.check_time()
            if self._is_given(top):
                given.add(top)
        vendored = self._local.vendored(files.keys() - given)
        found = {}
        for top in sorted(files.keys() - given - vendored)[:_MOST_MODULES]:
            self._tree.check_time()
            use = self._first_plain(top, files[top])
            if use:
                found[top] = use
        return found

    def _is_given(self, top: str) -> bool:
        if canonicalize_name(top) == self._project.name:
            return True
        return any(gives(one.name, top) for one in self._declared if not one.is_development)

    def _may_be_given(self, top: str, quick: dict[str, set[str]]) -> bool:
        """Whether a declared package that nobody here knows might be what gives the module."""
        if distributions_of(top):
            return False
        imported = {name.partition(".")[0].lower() for names in quick.values() for name in names}
        return any(
            known_modules(one.name) is None and one.name.replace("-", "_") not in imported
            for one in self._declared
            if not one.is_development
        )

    def _judge(self, top: str, use: Use, declared: list[Declaration]) -> Finding | None:
        candidates = distributions_of(top) or {canonicalize_name(top)}
        runtime = frozenset(one.name for one in self._declared if not one.is_development)
        bringers = {brought_by(name, runtime) for name in candidates} - {""}
        is_reached = use.file.path in self._reached
        shown = " or ".join(sorted(candidates))
        if bringers or (self._locked & candidates and not declared):
            via = f"{min(bringers)} brings it" if bringers else "another package brings it"
            how = f"it is there only because {via}, which may end with any release"
            return self._finding(top, use, Severity.LOW, how, shown)
        if declared:
            if not (self._project.is_package and is_reached):
                return None
            group = declared[0]
            how = f"{group.file}:{group.line} declares it for developers only, so users lack it"
            return self._finding(top, use, Severity.MEDIUM, how, shown)
        how = f"nothing in {self._project.manifest} or beside it declares it"
        if self._project.is_package and (not is_reached or self._has_family()):
            # Users may know that this part of the package wants more: an extra would say so.
            return self._finding(top, use, Severity.LOW, how, shown)
        certain = is_reached and (not runtime or bool(self._locked))
        return self._finding(top, use, Severity.HIGH if certain else Severity.MEDIUM, how, shown)

    @cached_property
    def _reached(self) -> frozenset[str]:
        return reached_files(self._tree, self._project)

    def _has_family(self) -> bool:
        """Whether a sibling such as `name-core` is declared: it may bring anything along."""
        own = self._project.name + "-"
        return not self._locked and any(
            name.startswith(own) or own.startswith(name + "-") for name in self._names
        )

    def _first_plain(self, top: str, files: list[RepositoryFile]) -> Use | None:
        """The first plain import; None without any, or when a file can do without the module."""
        first: Use | None = None
        for file in files[:_LOOK_AT_MOST]:
            imports, guarded = self._imports_of(file)
            if top in guarded:
                return None
            plain = next((one for one in imports if one.is_plain and one.top == top), None)
            if plain and first is None:
                first = Use(file, plain, len(files))
        return first

    def _imports_of(self, file: RepositoryFile) -> tuple[list[Import], set[str]]:
        if file.path not in self._read:
            source = PythonSource(file.path, file.read_text() or "")
            self._read[file.path] = (read_imports(source), guarded_names(source))
        return self._read[file.path]

    def _finding(self, top: str, use: Use, severity: Severity, how: str, shown: str) -> Finding:
        more = f" {use.files} files import it." if use.files > 1 else ""
        return make_finding(
            "missing-dependency",
            severity,
            f"The module {top} (package {shown}) is imported, and {how}. "
            f"Declare it in {self._project.manifest}.{more}",
            use.file.path,
            use.found.line,
            PythonSource(use.file.path, use.file.read_text() or "").line(use.found.line),
            f"grep -rn '{top}' {posixpath.join(self._project.folder, '') or '.'}",
            Confidence.LIKELY if severity is Severity.MEDIUM else Confidence.CERTAIN,
        )


def is_runtime_file(project: PythonProject, tree: Tree, file: RepositoryFile) -> bool:
    """Whether users run the file; of a package that others install, only what it ships."""
    if file.suffix != ".py" or is_pretend(file) or is_secondary(file.path):
        return False
    if _TOOLING_FILE.search("/" + file.path.removeprefix(project.folder).lstrip("/")):
        return False
    if not project.is_package:
        return True
    folder, name = posixpath.split(file.path)
    if posixpath.join(folder, "__init__.py") in tree.by_path:
        return True
    roots = {project.folder, posixpath.join(project.folder, "src")}
    return folder in roots and canonicalize_name(name[:-3]) == project.name
