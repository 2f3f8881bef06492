"""The tool `dependencies`: what projects declare, against what they import and what they lock."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from genesis.contracts import Finding, Omission, Severity, TaskResult, ToolContext

from genesis_engineering.infrastructure.end_of_life import today
from genesis_engineering.infrastructure.go_modules import check_go_module, find_go_modules
from genesis_engineering.infrastructure.javascript_dependencies import (
    NodeImports,
    find_npm_drift,
    find_unused_packages,
    quick_imports_of,
)
from genesis_engineering.infrastructure.javascript_projects import find_node_projects
from genesis_engineering.infrastructure.mentions import Mentions
from genesis_engineering.infrastructure.outcome import make_finding, make_result
from genesis_engineering.infrastructure.python_conflicts import find_conflicts
from genesis_engineering.infrastructure.python_imports import quick_imports
from genesis_engineering.infrastructure.python_local import LocalModules
from genesis_engineering.infrastructure.python_locks import (
    find_pipfile_drift,
    find_python_drift,
    read_python_lock,
)
from genesis_engineering.infrastructure.python_missing import MissingImports
from genesis_engineering.infrastructure.python_projects import (
    PythonProject,
    dynamic_requirements,
    find_python_projects,
)
from genesis_engineering.infrastructure.python_requirements import (
    find_broken_includes,
    find_unpinned,
)
from genesis_engineering.infrastructure.python_unused import find_unused
from genesis_engineering.infrastructure.runtimes import (
    find_old_files,
    find_old_node,
    find_old_python,
)
from genesis_engineering.infrastructure.rust_crates import (
    find_crate_drift,
    find_crates,
    find_unused_crates,
)
from genesis_engineering.infrastructure.tree import OutOfTimeError, Tree

_NOT_READ = {
    "Gemfile": "Ruby gems", "composer.json": "PHP packages", "pom.xml": "Maven packages",
    "build.gradle": "Gradle packages", "build.gradle.kts": "Gradle packages",
    "pnpm-lock.yaml": "the lock file of pnpm", "yarn.lock": "the lock file of yarn",
    "bun.lockb": "the lock file of bun", "mix.exs": "Elixir packages",
    "*.csproj": ".NET packages", "Package.swift": "Swift packages",
}  # fmt: skip


def check_dependencies(context: ToolContext) -> TaskResult:
    """Report missing, unused, conflicting, open, outlived and wrongly locked packages.

    Looks at Python, npm, Go and Rust; nothing is installed or asked of a registry. Manifests in
    tests, fixtures and templates are left alone.
    """
    tree = Tree(context.repository, context)
    findings = list(find_old_files(tree, today()))
    omissions: list[Omission] = list(_not_read(tree))
    looked_at = 0
    for share, (name, check) in enumerate(_ECOSYSTEMS.items()):
        context.progress(share / len(_ECOSYSTEMS), f"looking at packages of {name}")
        try:
            looked_at += check(tree, findings)
        except OutOfTimeError:
            what = f"packages of {name}, all or some of them"
            omissions.append(Omission(what=what, reason="no time was left to look at them"))
    if not looked_at and not findings:
        return TaskResult(
            summary="There are no manifests of Python, npm, Go or Rust.",
            omissions=tuple(omissions),
        )
    return make_result("dependencies", "manifest", looked_at, findings, omissions)


def _python(tree: Tree, findings: list[Finding]) -> int:
    projects = find_python_projects(tree)
    findings += [*_unreadable(projects.problems), *find_pipfile_drift(tree)]
    if projects.projects:
        local = LocalModules(tree)
        mentions = Mentions(tree)
        for project in projects.projects:
            tree.check_time()
            findings.extend(_of_project(tree, project, local, mentions))
    return len(projects.projects) + len(projects.problems)


def _of_project(
    tree: Tree, project: PythonProject, local: LocalModules, mentions: Mentions
) -> Iterator[Finding]:
    yield from find_conflicts(tree, project)
    yield from find_broken_includes(tree, project)
    yield from find_unpinned(tree, project)
    yield from find_old_python(tree, project, today())
    lock = read_python_lock(tree, project.folder)
    if lock:
        yield from find_python_drift(project, lock)
    if not project.manifest:
        return
    quick = {}
    for file in project.modules:
        tree.check_time()
        quick[file.path] = quick_imports(file.read_text() or "")
    if not project.is_dynamic or dynamic_requirements(project):
        locked = frozenset(lock.versions) if lock else frozenset()
        yield from MissingImports(tree, project, local, locked).find(quick, mentions)
    yield from find_unused(tree, project, set().union(*quick.values()), mentions)


def _node(tree: Tree, findings: list[Finding]) -> int:
    projects = find_node_projects(tree)
    findings.extend(_unreadable(projects.problems))
    if projects.projects:
        node = NodeImports(tree, projects)
        mentions = Mentions(tree)
        for project in projects.projects:
            tree.check_time()
            quick = quick_imports_of(tree, project)
            findings.extend(find_old_node(tree, project.path, project.data.get("engines"), today()))
            findings.extend(find_npm_drift(tree, project))
            findings.extend(node.missing(project, quick))
            findings.extend(find_unused_packages(project, set().union(*quick.values()), mentions))
    return len(projects.projects) + len(projects.problems)


def _go(tree: Tree, findings: list[Finding]) -> int:
    modules = find_go_modules(tree)
    names = {one.name for one in modules}
    for module in modules:
        findings.extend(check_go_module(tree, module, names - {module.name}))
    return len(modules)


def _rust(tree: Tree, findings: list[Finding]) -> int:
    crates, problems = find_crates(tree)
    findings.extend(_unreadable(problems))
    for crate in crates:
        tree.check_time()
        findings.extend(find_unused_crates(tree, crate, crates))
        findings.extend(find_crate_drift(tree, crate, crates))
    return len(crates) + len(problems)


_ECOSYSTEMS: dict[str, Callable[[Tree, list[Finding]], int]] = {
    "Python": _python, "npm": _node, "Go": _go, "Rust": _rust,
}  # fmt: skip


def _unreadable(problems: Iterable[tuple[str, int, str]]) -> Iterator[Finding]:
    for path, line, message in problems:
        yield make_finding(
            "unreadable-manifest",
            Severity.HIGH,
            f"{path} does not parse: {message}. Nothing can be installed from it.",
            path,
            line,
            check=f"sed -n {line}p {path}",
        )


def _not_read(tree: Tree) -> Iterator[Omission]:
    seen = set()
    for pattern, what in _NOT_READ.items():
        if what not in seen and any(True for _ in tree.named(pattern)):
            seen.add(what)
            yield Omission(what=what, reason="not looked at: this tool does not read them")
