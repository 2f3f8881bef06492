"""The tool `dockerfiles`: Dockerfiles and compose files."""

from __future__ import annotations

from collections.abc import Iterator

from genesis.contracts import Finding, Omission, TaskResult, ToolContext

from genesis_engineering.infrastructure.compose_files import (
    COMPOSE_NAMES,
    ComposeFile,
    find_compose_faults,
)
from genesis_engineering.infrastructure.docker_context import find_context_faults
from genesis_engineering.infrastructure.docker_rules import find_dockerfile_faults
from genesis_engineering.infrastructure.dockerfile_parser import parse_dockerfile
from genesis_engineering.infrastructure.outcome import make_result
from genesis_engineering.infrastructure.plain_secrets import find_formats
from genesis_engineering.infrastructure.tree import Tree
from genesis_engineering.infrastructure.yaml_tree import MAX_YAML_BYTES, YamlSyntaxError, parse_yaml

DOCKERFILE_NAMES = (
    "Dockerfile", "Dockerfile.*", "*.Dockerfile", "*.dockerfile", "Containerfile",
    "Containerfile.*",
)  # fmt: skip
_NO_DOCKERFILE = (
    ".dockerignore",
    ".md",
    ".j2",
    ".jinja",
    ".jinja2",
    ".tmpl",
    ".tpl",
    ".in",
    ".erb",
)
_LEAST_SECONDS = 2.0


def check_dockerfiles(context: ToolContext) -> TaskResult:
    """Report what breaks a build of an image, outlives its support, or shows a secret.

    No image is built or asked for; templates, fixtures and tests are left alone.
    """
    tree = Tree(context.repository)
    omissions: list[Omission] = []
    composed = list(_compose_files(tree, omissions))
    paths = [
        file.path
        for file in tree.named(*DOCKERFILE_NAMES)
        if not file.path.endswith(_NO_DOCKERFILE)
    ]
    if not paths and not composed:
        summary = "There are no Dockerfiles and no compose files."
        return TaskResult(summary=summary, omissions=tuple(omissions))
    if tree.is_export:
        reason = "this is an unpacked source archive, which lacks files of its repository"
        omissions.append(Omission(what="whether files to copy exist", reason=reason))
    findings: list[Finding] = []
    for file in composed:
        findings += find_compose_faults(tree, file)
    contexts = _contexts(composed)
    for index, path in enumerate(paths):
        if context.seconds_left < _LEAST_SECONDS:
            what = f"{len(paths) - index} Dockerfiles"
            omissions.append(Omission(what=what, reason="no time was left to look at them"))
            break
        context.progress(index / len(paths), f"looking at {path}")
        findings += _of_dockerfile(tree, path, contexts.get(path, set()))
    return make_result(
        "dockerfiles", "container file", len(paths) + len(composed), findings, omissions
    )


def _compose_files(tree: Tree, omissions: list[Omission]) -> Iterator[ComposeFile]:
    for file in tree.named(*COMPOSE_NAMES):
        text = tree.read(file.path, MAX_YAML_BYTES)
        if text is None:
            omissions.append(Omission(what=file.path, reason="not text, or larger than 200 kB"))
        elif "{{" not in text and "{%" not in text:
            try:
                yield ComposeFile(file.path, text, parse_yaml(text))
            except YamlSyntaxError as error:
                reason = f"it does not parse: {error} (line {error.line})"
                omissions.append(Omission(what=file.path, reason=reason))


def _contexts(composed: list[ComposeFile]) -> dict[str, set[str]]:
    """Path of a Dockerfile to the folders that compose files build it from."""
    found: dict[str, set[str]] = {}
    for file in composed:
        for folder, dockerfile, _ in file.builds():
            found.setdefault(dockerfile, set()).add(folder)
    return found


def _of_dockerfile(tree: Tree, path: str, contexts: set[str]) -> Iterator[Finding]:
    text = tree.read(path, MAX_YAML_BYTES)
    if text is None or "{{" in text or "{%" in text:
        return
    file = parse_dockerfile(path, text)
    yield from find_formats("docker-secret", "in a Dockerfile", path, text)
    yield from find_dockerfile_faults(file, text)
    if not tree.is_export:
        yield from find_context_faults(tree, file, text, contexts)
