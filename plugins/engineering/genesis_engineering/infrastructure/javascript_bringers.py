"""Which declared npm package brings another one along, by what is installed in node_modules."""

from __future__ import annotations

import json
import posixpath
from collections import deque

from genesis_engineering.files import read_named
from genesis_engineering.infrastructure.javascript_imports import package_of
from genesis_engineering.infrastructure.javascript_projects import NodeProject
from genesis_engineering.infrastructure.tree import Tree

_MOST_READ = 2000


def find_bringer(tree: Tree, project: NodeProject, package: str) -> str:
    """The declared package of run time that needs `package`, itself or by others that it needs.

    Only what is installed counts: in node_modules of the project's folder or of one above it, as
    Node.js looks for it. "" when nothing there brings it, and when it is not there itself.
    """
    if _installed(tree, project, package) is None:
        return ""
    waiting = deque((one.name, one.name) for one in project.declared if one.is_runtime)
    seen: set[str] = set()
    while waiting and len(seen) < _MOST_READ:
        name, declared = waiting.popleft()
        if name in seen:
            continue
        seen.add(name)
        needs = _installed(tree, project, name) or {}
        if package in needs:
            return declared
        waiting.extend((need, declared) for need in needs)
    return ""


def _installed(tree: Tree, project: NodeProject, name: str) -> dict[str, object] | None:
    """The dependencies of an installed package; None when it is not installed."""
    if package_of(name) != name:
        return None
    folder = project.folder
    while True:
        text = read_named(
            tree.repository, posixpath.join(folder, "node_modules", name, "package.json")
        )
        if text is not None:
            return _dependencies(text)
        if not folder:
            return None
        folder = posixpath.dirname(folder)


def _dependencies(text: str) -> dict[str, object]:
    try:
        manifest = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    found: dict[str, object] = {}
    for key in ("dependencies", "optionalDependencies"):
        table = manifest.get(key) if isinstance(manifest, dict) else None
        found |= table if isinstance(table, dict) else {}
    return found
