"""Who sees a page: the users of a program, or those who read and try out what a repository has."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from genesis_engineering.manifests import has_manifest
from genesis_engineering.pages.page import PLAIN, Page
from genesis_engineering.pages.references import page_references

# Where servers and bundlers take the pages of an application from.
_SERVED = frozenset(
    {"admin", "app", "apps", "client", "frontend", "front-end", "public", "server", "src",
     "static", "ui", "web", "web-inf", "webapp", "webapps", "webroot", "webui", "wwwroot"}
)  # fmt: skip
# Where pages lie that are read once, were made by a program or go with a site of pages.
_READ = re.compile(
    r"(^|/)(help|manuals?|handbook|release[-_]?notes|licen[sc]es?|javadocs?|jsdoc|apidocs?"
    r"|gh-pages|_site|_static|_includes|_layouts|coverage)/",
    re.IGNORECASE,
)
# The same of plain pages, where no folder says that a server gives them.
_OPENED = re.compile(
    r"(^|/)(guides?|reports?|dist[-\w]*|build|archive|tools|scripts|devtools|misc)/", re.IGNORECASE
)
_TEMPLATES = re.compile(r"(^|/)(templates?|tmpl|views?|layouts|partials)/", re.IGNORECASE)
_OF_SOURCES = re.compile(r"^/?(\./)?(src|app|client)/")


def is_for_users(page: Page) -> bool:
    """Whether the users of the program see a page.

    They see templates and components; other pages in folders that servers give (`public`, `src`),
    in a package of Python, or that load an application's own source; and all pages where there is
    no program at all. Pages of help and those that tell of a program are for readers.
    """
    if _READ.search(page.path):
        return False
    if page.file.suffix not in PLAIN or _TEMPLATES.search(page.path):
        return True
    folders = {part.lower() for part in PurePosixPath(page.path).parts[:-1]}
    if folders & _SERVED:
        return True
    if _OPENED.search(page.path):
        return False
    if _is_in_package(page) or _is_entry(page):
        return True
    return not has_manifest(page.file.absolute.parents[page.path.count("/")])


def _is_in_package(page: Page) -> bool:
    """Whether the page is installed with a package of Python: it lies below an `__init__.py`."""
    depth = page.path.count("/")
    return any((one / "__init__.py").is_file() for one in page.file.absolute.parents[:depth])


def _is_entry(page: Page) -> bool:
    """Whether it is the page of an application that a bundler serves, as Vite does."""
    scripts = (one.path for one in page_references(page) if one.kind == "script")
    return any(_OF_SOURCES.match(path) for path in scripts)
