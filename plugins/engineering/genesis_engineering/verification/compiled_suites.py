"""Find the suites of `go test` and `cargo test`, one for each module or workspace."""

from __future__ import annotations

import tomllib
from pathlib import PurePosixPath

from genesis_engineering.files import RepositoryFile
from genesis_engineering.verification.suites import Suite, folder_of, is_below, manifests


def go_suites(files: list[RepositoryFile]) -> list[Suite]:
    """The modules that have a `_test.go`; a test belongs to the innermost module around it."""
    modules = {folder_of(file.path) for file in files if _is_module(file)}
    tested = set()
    for file in files:
        if file.path.endswith("_test.go"):
            around = [one for one in modules if is_below(folder_of(file.path), one)]
            tested.add(max(around, key=len, default=""))
    own = [folder_of(file.path) for file in manifests(files, "go.mod")]
    return [Suite("go", folder) for folder in own if folder in tested]


def _is_module(file: RepositoryFile) -> bool:
    return PurePosixPath(file.path).name == "go.mod"


def cargo_suites(files: list[RepositoryFile]) -> list[Suite]:
    """The workspaces, and the packages that are in none."""
    found: list[Suite] = []
    workspaces: list[tuple[str, set[str]]] = []
    for file in manifests(files, "Cargo.toml"):
        folder = folder_of(file.path)
        if any(_has(top, excluded, folder) for top, excluded in workspaces):
            continue
        try:
            manifest = tomllib.loads(file.read_text() or "")
        except (tomllib.TOMLDecodeError, RecursionError):
            manifest = {"package": {}}
        workspace = manifest.get("workspace")
        if isinstance(workspace, dict):
            workspaces.append((folder, _excluded(folder, workspace)))
        if "workspace" in manifest or "package" in manifest:
            found.append(Suite("cargo", folder))
    return found


def _has(top: str, excluded: set[str], folder: str) -> bool:
    """Whether a workspace has a package in it: below its root, and not excluded."""
    return is_below(folder, top) and not any(is_below(folder, one) for one in excluded)


def _excluded(folder: str, workspace: dict[str, object]) -> set[str]:
    names = workspace.get("exclude")
    return {
        str(PurePosixPath(folder) / name)
        for name in (names if isinstance(names, list) else [])
        if isinstance(name, str)
    }
