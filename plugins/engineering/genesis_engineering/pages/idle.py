"""Templates that nothing renders, includes or extends: nobody sees what is wrong in them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from pathlib import PurePosixPath

from genesis.contracts import Finding, Severity

from genesis_engineering.files import RepositoryFile
from genesis_engineering.pages.demonstrations import lowered
from genesis_engineering.pages.mentions import Name
from genesis_engineering.pages.page import Page

_ENDINGS = ("html", "htm", "xhtml", "jinja", "jinja2", "j2", "njk", "twig", "ejs", "mako", "mak")
_SUFFIXES = frozenset(f".{ending}" for ending in _ENDINGS)
_ROOT = re.compile(r"^(?:.*?/)?(?:templates?|views)/")
_NAME = re.compile(rf"(?<![\w.@-])[\w@-][\w.@-]{{0,120}}\.(?:{'|'.join(_ENDINGS)})\b")
# What a framework finds without being told the name, or an installed package asks for.
_CONVENTION = re.compile(
    r"(^|/)(admin|registration|account|socialaccount|errors?|layouts?|themes?|app)/"
    r"|(^|/)(\d{3}[\w-]*|\w+_(form|list|detail|confirm_delete|archive\w*))\.[\w.]+$"
)
_FEWEST = 4
_MOST = 40


class IdleTemplates:
    """Finds those of some templates whose names no other text of the repository has.

    It is a judge only where names are written out: below the same folder `templates` or `views`
    there are four or more other templates, and most of their names stand in some text.
    """

    def __init__(self, files: Sequence[RepositoryFile]) -> None:
        self._names: defaultdict[str, set[str]] = defaultdict(set)
        for file in files:
            root = _root_of(file.path)
            if root:
                self._names[root].add(PurePosixPath(file.path).name)
        self._suspects: dict[str, Name] = {}
        self._heard: set[str] = set()

    def suspect(self, page: Page, findings: Sequence[Finding]) -> None:
        """Look for the name of a template about which something above low is said."""
        root = _root_of(page.path)
        if page.is_plain or not root or _CONVENTION.search(page.path):
            return
        if all(one.severity.rank >= Severity.LOW.rank for one in findings):
            return
        if len(self._names[root]) > _FEWEST and len(self._suspects) < _MOST:
            pure = PurePosixPath(page.path)
            inner = pure.parent.name if str(pure.parent) + "/" != root else ""
            self._suspects[page.path] = Name(_bare(pure.name), inner)

    @property
    def is_waiting(self) -> bool:
        return bool(self._suspects)

    def hear(self, file: RepositoryFile, text: str) -> None:
        """Take note of a text."""
        if any(f".{ending}" in text for ending in _ENDINGS):
            self._heard.update(_NAME.findall(text))
        for path, name in list(self._suspects.items()):
            if path != file.path and name.is_in(text):
                del self._suspects[path]

    def lessen(self, findings: Sequence[Finding]) -> list[Finding]:
        """The findings, low at most in what nothing names; to be asked when all was heard."""
        idle = {path for path in self._suspects if self._are_named(path)}
        return [lowered(one) if one.file in idle else one for one in findings]

    def _are_named(self, path: str) -> bool:
        others = self._names[_root_of(path)] - {PurePosixPath(path).name}
        return len(others) >= _FEWEST and len(others & self._heard) * 2 > len(others)


def _root_of(path: str) -> str:
    """The folder of templates that a template is named from; "" where there is none."""
    found = _ROOT.match(path)
    return found[0] if found and PurePosixPath(path).suffix.lower() in _SUFFIXES else ""


def _bare(name: str) -> str:
    """The name without the endings of templates; of `a.b.html` the part that stands alone."""
    parts = name.split(".")
    while len(parts) > 1 and parts[-1].lower() in _ENDINGS:
        parts.pop()
    return max(parts, key=len)
