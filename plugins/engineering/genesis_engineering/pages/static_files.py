"""Static files that Django's and Flask's templates ask for by name."""

from __future__ import annotations

import re
from collections.abc import Iterator

from genesis_engineering.pages.lookup import Lookup
from genesis_engineering.pages.page import Page

_DJANGO = re.compile(r"\{%-?\s*static\s+[\"']([\w./ @-]+)[\"']\s*(?:as \w+\s*)?-?%\}")
# Django's own admin ships these; a project may have a folder of that name beside them.
_OF_DJANGO = ("admin/js/", "admin/css/", "admin/img/", "admin/fonts/")
_FLASK = re.compile(
    r"url_for\(\s*[\"']static[\"']\s*,\s*filename\s*=\s*[\"']([\w./ @-]+)[\"']\s*\)"
)


def missing_static_files(page: Page, lookup: Lookup) -> Iterator[tuple[int, str, str]]:
    """Line, expected path and name of each file that a folder `static` should have and has not.

    A name is judged only when one folder `static` of the repository holds the name's own folder:
    `admin/css/base.css` comes from an app that is installed elsewhere.
    """
    if "static" not in page.source:
        return
    for pattern in (_DJANGO, _FLASK):
        for found in pattern.finditer(page.source):
            name = found[1].strip("/")
            if name.startswith(_OF_DJANGO):
                continue
            folder = name.rpartition("/")[0]
            roots = lookup.static_roots(folder)
            if not roots or lookup.served_as(f"static/{name}") or lookup.is_built(name):
                continue
            if not any(lookup.exists(f"{root}/{name}") for root in roots):
                yield page.source.count("\n", 0, found.start()) + 1, f"{roots[0]}/{name}", name
