"""The tool `ci-files`: workflows of GitHub and pipelines of GitLab."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from genesis.contracts import Finding, Omission, Severity, TaskResult, ToolContext

from genesis_engineering.git import run_git
from genesis_engineering.infrastructure.gitlab_ci import GitlabFile, find_gitlab_faults
from genesis_engineering.infrastructure.outcome import make_finding, make_result
from genesis_engineering.infrastructure.plain_secrets import find_assigned, find_formats
from genesis_engineering.infrastructure.tree import Tree
from genesis_engineering.infrastructure.workflow_breaks import find_breaks
from genesis_engineering.infrastructure.workflow_model import Workflow
from genesis_engineering.infrastructure.workflow_paths import find_missing_paths
from genesis_engineering.infrastructure.workflow_security import find_exposures
from genesis_engineering.infrastructure.yaml_tree import (
    MAX_YAML_BYTES,
    Yaml,
    YamlSyntaxError,
    parse_yaml,
)

# Only what lies there is run; a workflow anywhere else is somebody's template or fixture.
_WORKFLOW = re.compile(r"^\.github/workflows/[^/]+\.ya?ml$")
_GITLAB = ".gitlab-ci.yml"
_OTHER = {
    ".circleci/config.yml": "CircleCI", "azure-pipelines.yml": "Azure Pipelines",
    "Jenkinsfile": "Jenkins", ".travis.yml": "Travis CI", "bitbucket-pipelines.yml": "Bitbucket",
    ".drone.yml": "Drone", "appveyor.yml": "AppVeyor", ".cirrus.yml": "Cirrus CI",
}  # fmt: skip
_OWNER = re.compile(r"(?:github\.com[:/]|\bgithub:)([\w-]+)/")
_MOST_NAMED = 3
_MANIFESTS = ("pyproject.toml", "setup.cfg", "setup.py", "package.json", "Cargo.toml", "go.mod")
_LEAST_SECONDS = 2.0


def check_ci_files(context: ToolContext) -> TaskResult:
    """Report what is unsafe, broken or always green in the repository's CI files.

    Only the live ones: `.github/workflows` and `.gitlab-ci.yml` at the root. Nothing is asked of
    a host; expressions are not evaluated.
    """
    tree = Tree(context.repository)
    paths = [path for path in tree.by_path if _WORKFLOW.match(path) or path == _GITLAB]
    omissions = [
        Omission(what=f"the CI file of {title}", reason="not looked at: not read by this tool")
        for path, title in _OTHER.items()
        if path in tree.by_path
    ]
    if not paths:
        summary = "There are no workflows of GitHub and no pipeline of GitLab."
        return TaskResult(summary=summary, omissions=tuple(omissions))
    if tree.is_export:
        reason = "this is an unpacked source archive, which lacks files of its repository"
        omissions.append(Omission(what="whether files that CI names exist", reason=reason))
    owners = _owners(tree)
    findings: list[Finding] = []
    for index, path in enumerate(sorted(paths)):
        if context.seconds_left < _LEAST_SECONDS:
            what = f"{len(paths) - index} CI files"
            omissions.append(Omission(what=what, reason="no time was left to look at them"))
            break
        context.progress(index / len(paths), f"looking at {path}")
        text = tree.read(path, MAX_YAML_BYTES)
        if text is None:
            omissions.append(Omission(what=path, reason="not text, or larger than 200 kB"))
        else:
            findings += _of_file(tree, path, text, owners)
    return make_result("ci-files", "CI file", len(paths), findings, omissions)


def _owners(tree: Tree) -> frozenset[str]:
    """The accounts that manifests, the remote and, more than others, the README name, in lower
    case: what is theirs is own."""
    texts = [tree.read(path) or "" for path in _MANIFESTS]
    remotes = run_git(tree.repository, "config", "--get-regexp", r"^remote\..*\.url$", seconds=30)
    texts.append(remotes.stdout.decode("utf-8", errors="replace"))
    named = Counter(_OWNER.findall(tree.read("README.md") or "")).most_common(1)
    texts += [f"github:{name}/" for name, count in named if count >= _MOST_NAMED]
    return frozenset(name.lower() for text in texts for name in _OWNER.findall(text))


def _of_file(tree: Tree, path: str, text: str, owners: frozenset[str]) -> Iterator[Finding]:
    yield from find_formats("ci-secret", "in a CI file", path, text)
    try:
        node = parse_yaml(text)
    except YamlSyntaxError as error:
        if not _is_blank_tab(error, text):
            yield _broken(path, error.line, f"does not parse ({error})", text)
        return
    if path == _GITLAB:
        yield from find_gitlab_faults(tree, GitlabFile(path, text, node))
        return
    workflow = Workflow(path, text, node)
    for twice in _repeated(node):
        yield _broken(path, twice[1], f"has the key {twice[0]} twice in one mapping", text)
    yield from find_assigned("ci-secret", "in a CI file", path, _assigned(workflow))
    yield from find_exposures(workflow, owners)
    yield from find_breaks(workflow)
    if not tree.is_export:
        yield from find_missing_paths(tree, workflow)


def _is_blank_tab(error: YamlSyntaxError, text: str) -> bool:
    """Tabs in a line that is blank otherwise: other parsers take no offence."""
    lines = text.split("\n")
    return "'\\t'" in str(error) and not lines[min(error.line, len(lines)) - 1].strip()


def _repeated(node: Yaml) -> Iterator[tuple[str, int]]:
    for one in node.walk():
        yield from one.twice


def _assigned(workflow: Workflow) -> Iterator[tuple[str, str, int]]:
    """Each `env` of the workflow, its jobs and steps; services are test databases and the like."""
    holders = [workflow.node]
    for job in workflow.jobs:
        holders += [job.node, *(step.node for step in job.steps)]
    for holder in holders:
        for name, value in (
            *holder.get("env").entries.items(),
            *holder.get("with").entries.items(),
        ):
            yield name.replace("-", "_"), value.text, value.line


def _broken(path: str, line: int, how: str, text: str) -> Finding:
    lines = text.split("\n")
    host = "GitLab" if path == _GITLAB else "GitHub"
    return make_finding(
        "ci-syntax",
        Severity.HIGH,
        f"{path} {how}: {host} refuses it, and none of its jobs runs.",
        path,
        line,
        lines[min(line, len(lines)) - 1],
        f"sed -n {line}p {path}",
    )
