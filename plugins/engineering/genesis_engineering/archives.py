"""Whether a tree is an unpacked archive of sources, which lacks files that its repository has."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from genesis_engineering.files import RepositoryFile, read_named

# What a build tool adds to an archive (core metadata of Python, cargo's note of the commit).
_MARKS = frozenset({"PKG-INFO", ".cargo_vcs_info.json"})
# What the tools of CPAN add, beside a list of all files.
_OF_CPAN = frozenset({"META.json", "META.yml"})
# What npm never packs (docs of `npm pack`), or what no repository of a package does without.
_NEVER_PACKED = frozenset(
    {".gitignore", ".npmignore", ".npmrc", ".gitlab-ci.yml", "package-lock.json",
     "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock",
     "bun.lockb"}
)  # fmt: skip
_PUBLISHED = ("name", "version", "license", "repository")


def is_marked_archive(repository: Path) -> bool:
    """Whether a build tool left its mark, which is certain; an npm package is told by its looks."""
    if (repository / "MANIFEST").is_file() and any(
        (repository / mark).is_file() for mark in _OF_CPAN
    ):
        return True
    return any((repository / mark).is_file() for mark in _MARKS)


def is_source_archive(repository: Path, files: Iterable[RepositoryFile]) -> bool:
    """Whether the tree is what a registry hands out: an sdist, a crate, a distribution of
    CPAN or an npm package.

    An npm package leaves no mark; it is one by a manifest fit to be published and by lacking all
    that a checkout has and npm never packs.
    """
    names = {file.path for file in files}
    if names & _MARKS or ("MANIFEST" in names and names & _OF_CPAN):
        return True
    if "package.json" not in names or names & _NEVER_PACKED:
        return False
    manifest = _manifest(repository)
    return not manifest.get("private") and all(manifest.get(key) for key in _PUBLISHED)


def _manifest(repository: Path) -> dict[str, object]:
    try:
        manifest = json.loads(read_named(repository, "package.json") or "{}")
    except (ValueError, RecursionError):
        return {}
    return manifest if isinstance(manifest, dict) else {}
