"""Whether what a Dockerfile copies and installs is in its build context."""

from __future__ import annotations

import fnmatch
import posixpath
import re
from collections.abc import Iterator

from genesis.contracts import Finding, Severity

from genesis_engineering.documents.ignored import ignored_paths
from genesis_engineering.infrastructure.dockerfile_parser import (
    Dockerfile,
    Instruction,
    Stage,
    fill,
)
from genesis_engineering.infrastructure.images import read_image
from genesis_engineering.infrastructure.outcome import make_finding
from genesis_engineering.infrastructure.tree import Tree, normalise

_MOST_INSTRUCTIONS = 200
_MOST_SOURCES = 50
# What a file is made from by a step before the build, such as `configure`.
_SOURCES_OF = (".in", ".tmpl", ".template", ".j2")
_BUILT = re.compile(r"^(\./)?(dist|build|target|out|bin|node_modules|wheels?|artifacts?)(/|$)")
_BARE_IMAGES = frozenset({"python", "node", "debian", "ubuntu", "alpine", "golang", "rust"})
# A command that reads a file which only a COPY can have brought, and that file's name.
_READS = (
    (re.compile(r"\bpip3?\s+install\b[^;&|]*?\s(?:-r|--requirement)[ =]*([\w./-]+\.txt)"), ""),
    (re.compile(r"\bnpm\s+ci\b(?!\s+--prefix)"), "package-lock.json"),
    (re.compile(r"\bpoetry\s+install\b"), "pyproject.toml"),
    (re.compile(r"\bgo\s+mod\s+download\b"), "go.mod"),
)
_FETCHES = re.compile(
    r"\b(git|curl|wget|tar|unzip|npm\s+init|poetry\s+new|cp|mv|echo|printf|cat|tee)\b"
)


def find_context_faults(
    tree: Tree, file: Dockerfile, text: str, contexts: set[str]
) -> Iterator[Finding]:
    """COPY of what no possible context has, and installs from a file that no COPY has brought.

    `contexts` are the folders that compose files build this file from; without any, each folder
    from the file's own up to the root is possible. What git ignores or a build makes is left
    alone.
    """
    lines = text.split("\n")
    folders = contexts or _folders(posixpath.dirname(file.path))
    for stage in file.stages:
        arguments = dict(file.arguments)
        for one in stage.instructions[:_MOST_INSTRUCTIONS]:
            if one.name == "ARG":
                name, _, value = one.value.partition("=")
                arguments[name.strip()] = value.strip().strip("\"'")
            elif one.name in ("COPY", "ADD") and "from" not in one.flags and not one.body:
                yield from _absent(tree, file, one, arguments, folders, lines)
        yield from _too_early(file, stage, lines)


def _folders(folder: str) -> set[str]:
    found = {""}
    while folder:
        found.add(folder)
        folder = posixpath.dirname(folder)
    return found


def _absent(
    tree: Tree,
    file: Dockerfile,
    one: Instruction,
    arguments: dict[str, str],
    folders: set[str],
    lines: list[str],
) -> Iterator[Finding]:
    for word in one.words[:-1][:_MOST_SOURCES]:
        source = fill(word, arguments)
        if "$" in source or "://" in source or source.startswith(("git@", "<<")):
            continue
        if _BUILT.match(source) or any(_is_there(tree, folder, source) for folder in folders):
            continue
        clean = [
            normalise(posixpath.join(folder, source.lstrip("/"))) for folder in sorted(folders)
        ]
        if ignored_paths(tree.repository, [path for path in clean if path]):
            continue
        where = " or ".join(folder or "the repository's root" for folder in sorted(folders))
        yield make_finding(
            "docker-missing-source",
            Severity.MEDIUM,
            f"{one.name} takes {word}, and there is nothing of that name in {where}: the build "
            "stops here.",
            file.path,
            one.line,
            lines[one.line - 1],
            f"ls {source}",
        )


def _is_there(tree: Tree, folder: str, source: str) -> bool:
    path = normalise(posixpath.join(folder, source.lstrip("/")))
    if path is None:
        return True
    if not re.search(r"[*?\[]", path):
        return any(tree.exists(path + ending) for ending in ("", *_SOURCES_OF))
    pattern = re.compile(fnmatch.translate(path).replace(".*", "[^/]*"))
    return any(pattern.match(one) for one in (*tree.by_path, *tree.folders))


def _too_early(file: Dockerfile, stage: Stage, lines: list[str]) -> Iterator[Finding]:
    """Only on bare official images: any other may hold the file, or bring it ONBUILD."""
    image = read_image(stage.base)
    if image is None or image.name not in _BARE_IMAGES or "onbuild" in image.tag:
        return
    brought: list[str] = []
    for one in stage.instructions:
        if one.name in ("COPY", "ADD"):
            brought += [word.rstrip("/") for word in one.words] or [""]
        elif one.name == "RUN" and "mount" not in one.flags and not one.body:
            needed = _needed(one)
            later = [other for other in stage.instructions if other.line > one.line]
            if needed and not any(_brings(source, needed) for source in brought):
                if any(_copies(other, needed) for other in later):
                    yield _early(file, one, needed, lines)
                return
            if _FETCHES.search(one.value):
                return


def _needed(one: Instruction) -> str:
    for pattern, name in _READS:
        found = pattern.search(one.value[:5000])
        if found and not _FETCHES.search(one.value[: found.start()]):
            return name or posixpath.basename(found[1])
    return ""


def _brings(source: str, needed: str) -> bool:
    """Whether a copied path may hold the file: a folder, a pattern, or the file itself."""
    name = posixpath.basename(source)
    return "." not in name.strip(".") or fnmatch.fnmatch(needed, name)


def _copies(one: Instruction, needed: str) -> bool:
    return one.name in ("COPY", "ADD") and any(_brings(word, needed) for word in one.words[:-1])


def _early(file: Dockerfile, one: Instruction, needed: str, lines: list[str]) -> Finding:
    return make_finding(
        "docker-copied-too-late",
        Severity.MEDIUM,
        f"This command reads {needed}, which only a later instruction copies: the build stops.",
        file.path,
        one.line,
        lines[one.line - 1],
        f"sed -n {one.line}p {file.path}",
    )
