"""Which documents a site generator turns into pages: it resolves links that GitHub would not."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath

from genesis_engineering.files import RepositoryFile

_CONFIGS = {
    "mkdocs.yml": "mkdocs", "mkdocs.yaml": "mkdocs", "zensical.toml": "mkdocs",
    "zensical.yml": "mkdocs",
    "properdocs.yml": "mkdocs", "conf.py": "sphinx", "_toc.yml": "sphinx", "myst.yml": "sphinx",
    "_config.yml": "jekyll", "hugo.toml": "hugo", "hugo.yaml": "hugo", "book.toml": "mdbook",
    "antora.yml": "antora", "mint.json": "mintlify", "docs.json": "mintlify",
    "_sidebar.md": "docsify", "docusaurus.config.js": "docusaurus",
    "docusaurus.config.ts": "docusaurus", "astro.config.mjs": "astro", "astro.config.ts": "astro",
    "next.config.js": "next", "next.config.mjs": "next", ".eleventy.js": "eleventy",
    "gatsby-config.js": "gatsby", "gatsby-config.ts": "gatsby",
}  # fmt: skip
_BESIDE = frozenset({"docusaurus", "mkdocs", "mintlify", "astro", "next", "gatsby"})
_MOUNTING = frozenset({"hugo", "antora", "nikola", "astro", "next", "gatsby"})
_GENERATING = re.compile(
    r"gen-files|literate-nav|autoapi|multirepo|monorepo|^hooks:|macros", re.MULTILINE
)
# Nikola's is named like that of Sphinx; the sources that it lists need not be documents.
_NIKOLA = re.compile(r"^(POSTS|PAGES)\s*=\s*[(\[]", re.MULTILINE)
_CROSS_REFERENCES = re.compile(r"autorefs|mkdocstrings|auto_append|snippets|hooks:")


@dataclass(frozen=True)
class Site:
    """A site generator's reach: every document below `root` (the repository is `.`).

    `generates_pages`: it may make pages that no file of the repository stands for.
    `adds_references`: it may define labels of links outside of the document.
    """

    kind: str
    root: PurePosixPath
    generates_pages: bool = False
    adds_references: bool = False


def find_sites(files: Iterable[RepositoryFile]) -> list[Site]:
    """The sites that configuration files tell of, the innermost first."""
    sites: list[Site] = []
    for file in files:
        pure = PurePosixPath(file.path)
        kind = _CONFIGS.get(pure.name) or ("vitepress" if ".vitepress" in pure.parts else "")
        if kind and not file.is_test:
            sites += _sites_of(kind, file, pure)
    return sorted(set(sites), key=lambda site: -len(site.root.parts))


def site_of(path: str, sites: Iterable[Site]) -> Site | None:
    """The site that a document belongs to; a page of the repository's own host belongs to none."""
    pure = PurePosixPath(path)
    if len(pure.parts) == 1 and pure.stem.isupper():
        return None
    return next((site for site in sites if site.root in pure.parents), None)


def _sites_of(kind: str, file: RepositoryFile, pure: PurePosixPath) -> list[Site]:
    text = file.read_text() or ""
    if pure.name == "conf.py" and not _is_sphinx(text):
        if not _NIKOLA.search(text):
            return []
        kind = "nikola"
    if kind == "vitepress":
        return [Site(kind, PurePosixPath(*pure.parts[: pure.parts.index(".vitepress")]), True)]
    generates = bool(_GENERATING.search(text)) or kind in _MOUNTING
    references = bool(_CROSS_REFERENCES.search(text)) or kind == "sphinx"
    roots = [pure.parent / _docs_folder(kind, text)]
    if kind in _BESIDE and kind != "mkdocs":
        roots += [pure.parent, pure.parent.parent / "docs"]
    return [Site(kind, root, generates, references) for root in roots]


def _docs_folder(kind: str, text: str) -> str:
    if kind == "mkdocs":
        match = re.search(r"^docs_dir\s*[:=]\s*[\"']?([^\"'\s#]+)", text, re.MULTILINE)
        return match[1] if match else "docs"
    return "."


def _is_sphinx(text: str) -> bool:
    return bool(re.search(r"^(extensions|project|html_theme|master_doc)\s*=", text, re.MULTILINE))
