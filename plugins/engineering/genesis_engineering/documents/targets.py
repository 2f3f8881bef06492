"""What the target of a link points to: a file of the repository, the web, or nothing."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

_SCHEME = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*:")
_TEMPLATE = re.compile(r"[{}<>$*|]|%\(|^@|^~|\[|\]|\.\.\.|…")
_PLACEHOLDER = re.compile(
    r"^(url|link|path|href|target|todo|tbd|xxx+|foo|bar|example|image|your[-_ ].*|my[-_ ].*"
    r"|.*path/to/.*|.*_HERE)$",
    re.IGNORECASE,
)
_HOST_PAGES = re.compile(
    r"(^|/)(issues|pulls?|releases|wiki|actions|discussions|blob|tree|raw|commits?|compare"
    r"|security/(advisories|policy)|graphs|stargazers|network|milestones?|labels|projects)(/|$)"
)
_PAGE_SUFFIXES = (".md", ".markdown", ".mdx", ".rst", ".ipynb", ".html", ".txt", ".adoc")
_PAGE_NAMES = ("index", "README", "_index", "readme")


@dataclass(frozen=True)
class Target:
    """The two parts of a link into the repository; an empty `path` is the document itself."""

    path: str
    fragment: str


def is_web(link: str) -> bool:
    """Whether only a network could tell that the link is good."""
    return link.lower().startswith(("http:", "https:", "ftp:", "//"))


def parse_target(link: str) -> Target | None:
    """The parts of a link into the repository; None for any other link, and for a placeholder."""
    link = link.strip()
    if not link or _SCHEME.match(link) or link.startswith("//"):
        return None
    if _TEMPLATE.search(link) or _PLACEHOLDER.match(link) or _HOST_PAGES.search(link):
        return None
    location, _, fragment = link.partition("#")
    path = unquote(location.partition("?")[0]).replace("\\", "/")
    return Target(path, unquote(fragment))


class Repository:
    """Answers which paths exist; remembers the folders that it has listed."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._folders: dict[str, frozenset[str]] = {}

    def resolve(self, folder: PurePosixPath, path: str) -> str | None:
        """The path relative to the repository without dots; None when it leads out of it."""
        parts: list[str] = []
        for part in (*folder.parts, *path.split("/")):
            if part == "..":
                if not parts:
                    return None
                parts.pop()
            elif part not in ("", "."):
                parts.append(part)
        return "/".join(parts)

    def exists(self, path: str) -> bool:
        """Whether a path relative to the repository is there; a link counts, whatever its end."""
        *folders, name = path.split("/") if path else ["."]
        if name in (".", ""):
            return True
        return name in self._names("/".join(folders)) or os.path.lexists(self.root / path)

    def other_case(self, path: str) -> str | None:
        """The path as it is really spelled, when only upper and lower case differ."""
        found: list[str] = []
        for part in path.split("/"):
            names = self._names("/".join(found))
            same = [name for name in names if name.casefold() == part.casefold()]
            if not same:
                return None
            found.append(part if part in same else min(same))
        return "/".join(found)

    def _names(self, folder: str) -> frozenset[str]:
        if folder not in self._folders:
            try:
                names = frozenset(os.listdir(self.root / folder))
            except OSError:
                names = frozenset()
            self._folders[folder] = names
        return self._folders[folder]


def page_candidates(path: str) -> Iterator[str]:
    """The files that a site generator may show under the path `path`, nearest first."""
    path = path.rstrip("/")
    yield path
    stem = path.removesuffix(".html").removesuffix(".htm")
    for suffix in _PAGE_SUFFIXES:
        yield stem + suffix
    for name in _PAGE_NAMES:
        for suffix in _PAGE_SUFFIXES[:5]:
            yield f"{stem}/{name}{suffix}"
    if stem.endswith(("/index", "/README")):
        yield stem.rpartition("/")[0] + ".md"
