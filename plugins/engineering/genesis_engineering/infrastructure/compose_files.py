"""Compose files: services and files that they name and that are not there; outlived images."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass

from genesis.contracts import Finding, Severity

from genesis_engineering.documents.ignored import ignored_paths
from genesis_engineering.infrastructure.images import image_ended
from genesis_engineering.infrastructure.outcome import make_finding
from genesis_engineering.infrastructure.plain_secrets import find_assigned
from genesis_engineering.infrastructure.tree import Tree, normalise
from genesis_engineering.infrastructure.yaml_tree import Yaml

COMPOSE_NAMES = (
    "docker-compose.yml", "docker-compose.yaml", "compose.yml", "compose.yaml",
    "docker-compose.*.yml", "docker-compose.*.yaml", "compose.*.yml", "compose.*.yaml",
)  # fmt: skip


@dataclass(frozen=True)
class ComposeFile:
    """One compose file."""

    path: str
    text: str
    node: Yaml

    @property
    def services(self) -> dict[str, Yaml]:
        return self.node.get("services").entries

    @property
    def is_overlay(self) -> bool:
        """Whether it is laid over another one, which has the services that it does not."""
        name = posixpath.basename(self.path)
        return name.count(".") > 1 or self.node.has("include")

    def builds(self) -> Iterator[tuple[str, str, Yaml]]:
        """(folder of the context, path of the Dockerfile, node) of each service that is built."""
        here = posixpath.dirname(self.path)
        for service in self.services.values():
            build = service.get("build")
            context = build.text or build.get("context").text or ("." if build.entries else "")
            if not context or "$" in context or "://" in context or context.startswith("git@"):
                continue
            folder = normalise(posixpath.join(here, context))
            name = build.get("dockerfile").text or "Dockerfile"
            if folder is not None and "$" not in name and not build.has("dockerfile_inline"):
                yield folder, posixpath.normpath(posixpath.join(folder, name)), build

    def finding(self, rule: str, severity: Severity, message: str, line: int) -> Finding:
        """A finding at a line, with that line as evidence."""
        lines = self.text.split("\n")
        evidence = lines[line - 1] if line <= len(lines) else ""
        check = f"docker compose -f {self.path} config -q"
        return make_finding(rule, severity, message, self.path, line, evidence, check)


def find_compose_faults(tree: Tree, file: ComposeFile) -> Iterator[Finding]:
    """All of them, service by service."""
    for name, service in file.services.items():
        if not file.is_overlay and not service.has("extends"):
            yield from _dependencies(file, name, service)
        old = image_ended(service.get("image").text)
        if old:
            message = (
                f"{service.get('image').text} is {old[0]}, which has had no fixes since {old[1]}."
            )
            line = service.get("image").line
            yield file.finding("end-of-life-image", Severity.LOW, message, line)
        pairs = list(_environment(service))
        yield from find_assigned("docker-secret", "in a compose file", file.path, pairs)
    if not tree.is_export:
        yield from _builds(tree, file)
        yield from _env_files(tree, file)


def _dependencies(file: ComposeFile, name: str, service: Yaml) -> Iterator[Finding]:
    node = service.get("depends_on")
    wanted = [(one.text, one.line) for one in node.items]
    wanted += [
        (key, node.lines[key])
        for key, one in node.entries.items()
        if one.get("required").text != "false"
    ]
    for other, line in wanted:
        if other and other not in file.services and "$" not in other:
            message = f"The service {name} depends on {other}, and there is no such service: "
            message += "compose refuses the whole file."
            yield file.finding("compose-unknown-service", Severity.HIGH, message, line)


def _environment(service: Yaml) -> Iterator[tuple[str, str, int]]:
    node = service.get("environment")
    for name, value in node.entries.items():
        yield name, value.text, value.line
    for item in node.items:
        name, _, text = item.text.partition("=")
        yield name, text, item.line


def _builds(tree: Tree, file: ComposeFile) -> Iterator[Finding]:
    for folder, dockerfile, build in file.builds():
        context = build.get("context")
        if _is_absent(tree, folder):
            line = context.line if context.text else build.line
            message = f"There is no folder {folder} to build from: `compose build` fails."
            yield file.finding("compose-missing-path", Severity.MEDIUM, message, line)
        elif _is_absent(tree, dockerfile):
            node = build.get("dockerfile")
            line = node.line if node.text else (context.line if context.text else build.line)
            message = f"There is no {dockerfile} to build with: `compose build` fails."
            yield file.finding("compose-missing-path", Severity.MEDIUM, message, line)


def _env_files(tree: Tree, file: ComposeFile) -> Iterator[Finding]:
    """Files of variables that are absent and that git does not ignore: nobody makes them.

    One whose name is that of an example beside it is made by hand from that example.
    """
    here = posixpath.dirname(file.path)
    for service in file.services.values():
        node = service.get("env_file")
        for one in (*node.items, node):
            name = one.text or one.get("path").text
            if not name or "$" in name or one.get("required").text == "false":
                continue
            path = normalise(posixpath.join(here, name))
            beside = [f"{path}{end}" for end in (".example", ".sample", ".template", ".dist")]
            if path and _is_absent(tree, path) and not any(tree.exists(one) for one in beside):
                if posixpath.basename(path).startswith(".env"):
                    continue
                message = f"There is no {path}, which the service reads: `compose up` fails."
                yield file.finding("compose-missing-path", Severity.MEDIUM, message, one.line)


def _is_absent(tree: Tree, path: str) -> bool:
    return not tree.exists(path) and not ignored_paths(tree.repository, [path])
