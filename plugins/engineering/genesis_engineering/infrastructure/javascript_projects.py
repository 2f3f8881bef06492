"""The npm packages of a repository: their package.json and the scripts that are their own."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field

from genesis_engineering.files import RepositoryFile
from genesis_engineering.infrastructure.declarations import MOST_DECLARED, Declaration, Lines
from genesis_engineering.infrastructure.tree import Tree, is_pretend

SUFFIXES = frozenset(
    {".js", ".jsx", ".mjs", ".cjs", ".ts", ".tsx", ".mts", ".cts", ".vue", ".svelte", ".astro"}
)
_SECTIONS = {
    "dependencies": "",
    "devDependencies": "dev:npm",
    "peerDependencies": "extra:peer",
    "optionalDependencies": "extra:optional",
}


@dataclass
class NodeProject:
    """One package.json that names dependencies or itself; `data` is its content."""

    folder: str
    path: str
    data: Mapping[str, object]
    declared: list[Declaration]
    scripts: list[RepositoryFile] = field(default_factory=list)

    @property
    def name(self) -> str:
        return str(self.data.get("name", ""))


@dataclass
class NodeProjects:
    """All projects, innermost first, and what could not be read: path, line, message."""

    projects: list[NodeProject]
    problems: list[tuple[str, int, str]]

    def above(self, project: NodeProject) -> list[NodeProject]:
        """The projects whose folders enclose this one: their packages are found from it, too."""
        return [
            one
            for one in self.projects
            if one is not project
            and (not one.folder or project.folder.startswith(one.folder + "/"))
        ]


def find_node_projects(tree: Tree) -> NodeProjects:
    """Read every package.json that is not a fixture or a template."""
    found: list[NodeProject] = []
    problems: list[tuple[str, int, str]] = []
    for file in tree.named("package.json"):
        text = tree.read(file.path)
        if text is None:
            continue
        try:
            data = json.loads(text)
        except (ValueError, RecursionError) as error:
            if "{{" in text or "<%" in text:
                continue
            problems.append((file.path, getattr(error, "lineno", 1), str(error)))
            continue
        if isinstance(data, dict) and (data.keys() & _SECTIONS.keys() or data.get("name")):
            folder = posixpath.dirname(file.path)
            found.append(NodeProject(folder, file.path, data, _declared(file.path, text, data)))
    found.sort(key=lambda one: (-len(one.folder), one.folder))
    for file in tree.files:
        if found and file.suffix in SUFFIXES and not is_pretend(file):
            owner = next(
                (one for one in found if not one.folder or file.path.startswith(one.folder + "/")),
                None,
            )
            if owner:
                owner.scripts.append(file)
    return NodeProjects(found, problems)


def _declared(path: str, text: str, data: Mapping[str, object]) -> list[Declaration]:
    lines = Lines(text)
    found = []
    for section, group in _SECTIONS.items():
        table = data.get(section)
        for name, value in table.items() if isinstance(table, dict) else ():
            if isinstance(value, str):
                is_direct = ":" in value or "/" in value
                line = lines.find(f'"{name}"', f'"{section}"')
                found.append(Declaration(name, value, path, line, group, is_direct=is_direct))
    return found[:MOST_DECLARED]
