"""Requirements files: includes that lead nowhere, and versions that a deployment leaves open."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from genesis.contracts import Finding, Severity

from genesis_engineering.infrastructure.declarations import CONSTRAINT, Declaration
from genesis_engineering.infrastructure.outcome import make_finding
from genesis_engineering.infrastructure.python_projects import PythonProject, RequirementsFile
from genesis_engineering.infrastructure.tree import Tree, normalise

_DEPLOYMENTS = (
    "Dockerfile", "*.dockerfile", "Dockerfile.*", "Containerfile", "Procfile", "app.yaml",
    "runtime.txt", "zappa_settings.json", "serverless.yml", "wrangler.toml",
)  # fmt: skip
# Hosts that install `requirements.txt` of the root on their own.
_IMPLICIT = frozenset({"Procfile", "app.yaml", "runtime.txt", "zappa_settings.json"})
_NAMED = 8


def find_broken_includes(tree: Tree, project: PythonProject) -> Iterator[Finding]:
    """`-r other.txt` where there is no such file: pip stops at that line."""
    if tree.is_export:
        return
    for file in project.requirements:
        for name, line in file.declared.includes:
            if "://" in name or "$" in name:
                continue
            path = normalise(posixpath.join(posixpath.dirname(file.path), name))
            if path is not None and not tree.exists(path):
                yield make_finding(
                    "missing-requirements-file",
                    Severity.MEDIUM,
                    f"{file.path} includes {name}, and there is no {path}: pip stops here.",
                    file.path,
                    line,
                    f"-r {name}",
                    f"ls {path}",
                )


def find_unpinned(tree: Tree, project: PythonProject) -> Iterator[Finding]:
    """One finding per deployed requirements file that leaves versions open altogether.

    A lower bound alone counts as open too when nothing else bounds the file's packages: the same
    commit then gives another image tomorrow. Files of libraries, compiled files and files with
    constraints are left alone.
    """
    deployment = _deployments(tree)
    for file in project.requirements:
        name = posixpath.basename(file.path)
        where = next((path for path, text in deployment if _installs(path, text, name)), "")
        if not where or file.is_compiled or file.group or project.is_package:
            continue
        if any(_is_constraint(project, include) for include, _ in file.declared.includes):
            continue
        loose = [one for one in file.declared.found if _is_open(one)]
        if loose:
            yield _unpinned(file, loose, where)


def _deployments(tree: Tree) -> list[tuple[str, str]]:
    return [(file.path, tree.read(file.path) or "") for file in tree.named(*_DEPLOYMENTS)]


def _installs(path: str, text: str, name: str) -> bool:
    if posixpath.basename(path) in _IMPLICIT:
        return name == "requirements.txt"
    if re.search(r"(?:-c|--constraint)[ =]", text):
        return False
    return bool(re.search(rf"install\b[^\n]*(-r|--requirement)[ =]*\S*{re.escape(name)}", text))


def _is_constraint(project: PythonProject, include: str) -> bool:
    name = posixpath.basename(include)
    return any(
        one.group == CONSTRAINT and posixpath.basename(one.path) == name
        for one in project.requirements
    )


def _is_open(one: Declaration) -> bool:
    return not one.specifier and not one.is_direct


def _unpinned(file: RequirementsFile, loose: list[Declaration], where: str) -> Finding:
    names = ", ".join(one.name for one in loose[:_NAMED])
    more = f" and {len(loose) - _NAMED} more" if len(loose) > _NAMED else ""
    return make_finding(
        "unpinned-requirement",
        Severity.LOW,
        f"{where} installs {file.path}, which allows any version of {names}{more}: "
        "the same commit gives another result tomorrow. Pin them, or add a constraints file.",
        file.path,
        loose[0].line,
        loose[0].shown,
        f"sed -n {loose[0].line}p {file.path}",
    )
