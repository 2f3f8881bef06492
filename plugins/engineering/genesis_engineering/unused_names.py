"""Imports and local variables that are never used, as ruff sees them, without what is meant so."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from pathlib import PurePosixPath

from genesis.contracts import Finding, Omission, Severity, ToolContext

from genesis_engineering.files import RepositoryFile
from genesis_engineering.name_usage import ModuleNames
from genesis_engineering.python_source import PythonSource
from genesis_engineering.reporting import EVIDENCE_LENGTH
from genesis_engineering.ruff_run import Diagnostic, ruff_check, run_ruff

_RULES = {
    "F401": ("unused-import", "it costs start-up time and misleads readers"),
    "F841": ("unused-variable", "either it is left over or its use was forgotten"),
}
# Modules whose names are there for other programs, and imports that are made for what they do.
_RE_EXPORTING = re.compile(
    r"compat|^api$|^six$|^types$|^typing$|^public$|^__main__$", re.IGNORECASE
)
_FOLDERS = re.compile(r"(^|/)(migrations|alembic|versions|stubs|templates?)/|\{\{", re.IGNORECASE)
_ACCEPTED = re.compile(r"\b(pylint:\s*disable|type:\s*ignore|pyflakes:ignore)", re.IGNORECASE)
_EFFECTFUL = frozenset({"readline", "rlcompleter", "this", "antigravity"})


def find_unused_names(
    context: ToolContext, files: Sequence[RepositoryFile]
) -> tuple[list[Finding], list[Omission]]:
    """Findings for `files`; an import that another file takes out of the module counts as used."""
    report = run_ruff(context, files, sorted(_RULES))
    found = [(file, one) for file, one in report.diagnostics if one.code in _RULES]
    names = _names_taken(files, {_module(file.path) for file, one in found if one.code == "F401"})
    findings = []
    sources: dict[str, PythonSource] = {}
    for file, diagnostic in found:
        if _FOLDERS.search(file.path):
            continue
        if file.path not in sources:
            # Diagnostics come by file: one is kept at a time.
            sources = {file.path: PythonSource(file.path, file.read_text() or "")}
        source = sources[file.path]
        is_import = diagnostic.code == "F401"
        if _ACCEPTED.search(source.line(diagnostic.location.row).partition("#")[2]):
            continue
        if is_import and not _is_unused_import(source, diagnostic, names):
            continue
        if is_import or not _is_minor(source, diagnostic):
            findings.append(_finding(source, diagnostic))
    return findings, report.omissions


def _names_taken(files: Sequence[RepositoryFile], modules: set[str]) -> ModuleNames:
    names = ModuleNames()
    for file in files if modules else ():
        names.add(file.read_text() or "", modules)
    return names


def _module(path: str) -> str:
    pure = PurePosixPath(path)
    return pure.parent.name if pure.stem == "__init__" else pure.stem


def _is_unused_import(source: PythonSource, found: Diagnostic, names: ModuleNames) -> bool:
    module = _module(source.path)
    if source.path.endswith("__init__.py") or _RE_EXPORTING.search(module):
        return False
    if "find_spec" in found.message or "redundant alias" in found.message:
        return False
    quoted = re.search(r"`([^`]+)`", found.message)
    full = quoted.group(1) if quoted else ""
    bound = full.rsplit(" as ", 1)[-1].rsplit(".", 1)[-1] if full else ""
    first = full.split(".", 1)[0].split(" ", 1)[0]
    if bound.startswith("__") or _only_imports(source):
        return False
    if first in _EFFECTFUL or _is_for_effect(source.line(found.location.row)):
        return False
    return bool(bound) and not names.has(module, bound) and not names.has(module, first)


def _is_for_effect(line: str) -> bool:
    """`from . import signals` and `import package.plugins` register things by being imported."""
    return bool(re.match(r"from\s+\.+\s+import\b|import\s+\w+\.\w", line))


def _only_imports(source: PythonSource) -> bool:
    """Whether the file is there to gather names for others."""
    body = source.tree.body if source.tree else []
    return not any(
        isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) for one in body
    )


def _is_minor(source: PythonSource, found: Diagnostic) -> bool:
    """`except X as error` without a use, names that say so, and names that debuggers look for."""
    name = re.search(r"`(\w+)`", found.message)
    is_said = name and re.match(r"dummy|unused|ignored?|discard|__\w+__$", name[1])
    return bool(is_said) or source.line(found.location.row).startswith("except")


def _finding(source: PythonSource, found: Diagnostic) -> Finding:
    rule, why = _RULES[found.code or ""]
    row = found.location.row
    return Finding(
        rule=rule,
        severity=Severity.LOW,
        message=f"{found.message.rstrip('.')}: {why}."[:2000],
        file=source.path,
        line=row,
        evidence=source.line(row)[:EVIDENCE_LENGTH],
        check=ruff_check(found.code or "", source.path)[:1000],
    )
