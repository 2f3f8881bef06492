"""The tool `assets`: what pages, style sheets and scripts refer to and is not there."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from genesis.contracts import Confidence, Finding, Severity, TaskResult, ToolContext

from genesis_engineering.archives import is_source_archive
from genesis_engineering.documents.sites import Site, find_sites, site_of
from genesis_engineering.files import RepositoryFile, list_files
from genesis_engineering.pages.audience import is_for_users
from genesis_engineering.pages.lookup import Lookup
from genesis_engineering.pages.modules import MODULES, missing_modules, other_spelling
from genesis_engineering.pages.page import Page, full_line, is_page, make_finding, read_page
from genesis_engineering.pages.reading import FileReader, sum_up
from genesis_engineering.pages.references import (
    Reference,
    css_references,
    page_references,
    source_map,
)
from genesis_engineering.pages.static_files import missing_static_files
from genesis_engineering.pages.third_party import is_third_party
from genesis_engineering.reporting import count_of, is_secondary

_PAGE_SUFFIXES = frozenset({".html", ".htm", ".pdf"})
_FILLED_IN = frozenset(
    {"templates", "template", "views", "layouts", "_layouts", "_includes", "partials", "layout",
     "_static", "_templates", "includes", "snippets", "theme", "themes",
     "skeleton", "boilerplate", "scaffold"}
)  # fmt: skip
# What Doxygen puts beside the pages that it makes, for style sheets written for them.
_OF_DOXYGEN = re.compile(
    r"(^|/)(ftv2\w+|doxygen|nav_[fgh]|tab_[abhs]|bc_s|sync_o(n|ff))\.(png|svg)$"
)
_NO_ANCHOR = re.compile(r"^$|^top$|^[!/?]|[/=&]|^:~:|^L\d+", re.IGNORECASE)
_WORDS = {"script": "script", "style": "style sheet", "image": "image", "page": "page",
          "media": "recording", "font": "font", "map": "source map", "file": "file"}  # fmt: skip
_HOOKS = frozenset({"custom.css", "user.css", "local.css"})
_FEW_MAPS = 3
_BUDGETS = {"image": (1_000_000, 2_500_000), "script": (1_000_000, 2_500_000),
            "style": (500_000, 1_500_000), "font": (500_000, 1_500_000)}  # fmt: skip


@dataclass
class _Missing:
    """What is said about a path that is not there, and the files that ask for it."""

    finding: Finding
    files: set[str] = field(default_factory=set)

    def summed_up(self) -> Finding:
        """The finding, with the number of other files that ask for the same."""
        others = len(self.files) - 1
        # What nobody told of a build may make it all the same.
        changes: dict[str, object] = {"confidence": Confidence.LIKELY}
        if others:
            more = f"{count_of(others, 'more file')} ask{'s' if others == 1 else ''} for it."
            changes["message"] = f"{self.finding.message} {more}"[:2000]
        return self.finding.model_copy(update=changes)


def check_assets(context: ToolContext) -> TaskResult:
    """Report references to files of the repository that are missing, misspelled or very heavy.

    - `missing-asset`, `missing-page` (medium): nothing is at the target; low for a font, of which
      there mostly are several, for a style sheet that users may add (`custom.css`), where two
      folders and the name are elsewhere, where the folder is missing, too, and in a style sheet
      where the folder has no file of that ending. Said once for each target, with the number of
      files.
    - `missing-source-map` (info): said once for the repository when there are many.
    - `wrong-case` (medium): the name differs by case, which only some machines forgive.
    - `missing-module` (medium): a relative import of a script that no file answers.
    - `missing-static-file` (medium): `{% static %}` or `url_for("static", ...)` of a template.
    - `missing-anchor` (low): `#name` of a page that has neither such an id nor a script.
    - `heavy-asset` (info, low when 2.5 times over): an image or script above 1 MB, a style sheet
      or font above 500 kB that a page loads.

    Silent where a build, a server's routes or a site generator may put a file there: what git
    ignores, what a build file names, pages with expressions, folders of templates. In an unpacked
    archive of sources, nothing that is missing is more than low.
    """
    files = list_files(context.repository)
    lookup = Lookup(context.repository, files)
    reader = FileReader(context, _is_wanted, files)
    checker = _Checker(lookup, find_sites(files))
    for file in reader.files():
        checker.check(file)
    findings = checker.finish()
    if is_source_archive(context.repository, files):
        findings = [_lowered(finding) for finding in findings]
    return sum_up("assets", reader, findings, "file")


def _lowered(finding: Finding) -> Finding:
    """What is not in an archive may well be in the repository that it was made from."""
    if not finding.rule.startswith("missing-") or finding.severity.rank > Severity.LOW.rank:
        return finding
    return finding.model_copy(update={"severity": Severity.LOW})


class _Checker:
    def __init__(self, lookup: Lookup, sites: list[Site]) -> None:
        self._lookup = lookup
        self._sites = sites
        self._missing: dict[str, _Missing] = {}
        self._maps: dict[str, Finding] = {}
        self._findings: list[Finding] = []
        self._weighed: set[str] = set()
        self._ids: dict[str, frozenset[str] | None] = {}

    def check(self, file: RepositoryFile) -> None:
        """Look at everything that the file refers to."""
        if is_page(file):
            page = read_page(file)
            if page is not None:
                self._check_page(page)
            return
        text = file.read_text()
        if text is None:
            return
        reference = source_map(text) if file.suffix != ".scss" else None
        if reference:
            self._check_map(file, text, reference)
        if file.suffix == ".css" and not is_third_party(file.path, text):
            for reference in css_references(text):
                self._judge(file, text, reference)
        elif file.suffix in MODULES:
            self._check_modules(file, text)

    def finish(self) -> list[Finding]:
        """Every finding, without those about files that git ignores."""
        ignored = self._lookup.ignored([*self._missing, *self._maps])
        kept = [one.summed_up() for path, one in self._missing.items() if path not in ignored]
        maps = [one for path, one in self._maps.items() if path not in ignored]
        return self._findings + kept + _first_map(maps)

    def _note(self, path: str, finding: Finding) -> None:
        """Keep the most severe finding about a path, and count the files."""
        known = self._missing.setdefault(path, _Missing(finding))
        if finding.severity.rank < known.finding.severity.rank:
            known.finding = finding
        known.files.add(finding.file or "")

    def _check_map(self, file: RepositoryFile, text: str, reference: Reference) -> None:
        path = self._lookup.resolve(PurePosixPath(file.path).parent, reference.path)
        if path and not self._lookup.exists(path) and not self._lookup.is_built(path):
            message = (
                f"The source map {path} is not in the repository: debuggers ask for it in vain."
            )
            line = reference.line
            self._maps[path] = make_finding(
                file, text, "missing-source-map", Severity.INFO, message, line, reference.written
            )

    def _check_page(self, page: Page) -> None:
        for line, path, name in missing_static_files(page, self._lookup):
            message = (
                f"The template asks for the static file {name}, which is in no folder of such."
            )
            finding = page.finding("missing-static-file", Severity.MEDIUM, message, line)
            self._note(path, finding)
        if page.is_component or any(tag.name == "base" for tag in page.starts()):
            return
        relative = _is_final(page) and not site_of(page.path, self._sites)
        is_seen = is_for_users(page)
        for reference in page_references(page):
            if reference.path.startswith("/") or (relative and reference.path):
                self._judge(page.file, page.source, reference, is_seen=is_seen)
            if relative and reference.fragment and reference.kind == "page":
                self._check_anchor(page, reference)

    def _judge(
        self, file: RepositoryFile, text: str, reference: Reference, *, is_seen: bool = True
    ) -> None:
        path = self._target(file, reference)
        if path is None:
            return
        if self._lookup.exists(path):
            self._weigh(file, text, reference, path)
            return
        actual = self._lookup.other_case(path)
        word = _WORDS[reference.kind]
        if actual:
            rule = "wrong-case"
            message = f"The {word} {path} is spelled {actual}: most servers tell the two apart."
        elif self._may_be_made(path, reference):
            return
        else:
            rule = "missing-page" if reference.kind == "page" else "missing-asset"
            message = f"The {word} {path} is not in the repository."
            other = self._lookup.elsewhere(path)
            message += f" There is {other}." if other else ""
        is_minor = (
            not is_seen
            or reference.kind == "font"
            or not self._lookup.has_folder(path.rpartition("/")[0])
            or _is_hook(path, reference)
            or self._is_from_above(reference)
            or (file.suffix == ".css" and not self._has_alike(path))
        )
        severity = Severity.LOW if is_minor and not actual else Severity.MEDIUM
        finding = make_finding(
            file, text, rule, severity, message, reference.line, _around(text, reference)
        )
        self._note(path, finding)

    def _target(self, file: RepositoryFile, reference: Reference) -> str | None:
        """The path that a reference means for sure; None when only a server knows."""
        pure = PurePosixPath(file.path)
        if not reference.path.startswith("/"):
            return self._lookup.resolve(pure.parent, reference.path)
        if self._lookup.served_as(reference.path):
            return None
        root = self._lookup.root_of(pure, reference.path)
        if root is None or not PurePosixPath(reference.path).suffix:
            return None
        return self._lookup.resolve(PurePosixPath(root), reference.path.lstrip("/"))

    def _has_source(self, path: str) -> bool:
        """Whether a file of the page's name, but for its ending, lies where the page is missing."""
        start = f"{PurePosixPath(path).stem}."
        return any(name.startswith(start) for name in self._lookup.siblings(path))

    def _has_alike(self, path: str) -> bool:
        """Whether the folder holds other files of that ending: where it holds none, something else
        than the repository puts them there."""
        ending = PurePosixPath(path).suffix
        return any(PurePosixPath(name).suffix == ending for name in self._lookup.siblings(path))

    def _is_from_above(self, reference: Reference) -> bool:
        """Whether the same folders and name are elsewhere: then pages may be served from there."""
        written = reference.path.lstrip("./")
        other = self._lookup.elsewhere(written)
        return other is not None and written.count("/") > 1 and f"/{other}".endswith(f"/{written}")

    def _may_be_made(self, path: str, reference: Reference) -> bool:
        if reference.kind == "page" and PurePosixPath(path).suffix.lower() not in _PAGE_SUFFIXES:
            return True
        if not path or path.endswith("/") or self._lookup.is_built(path):
            return True
        if reference.kind == "style" and self._lookup.in_theme(path):
            return True
        if reference.kind == "page" and self._has_source(path):
            return True
        if reference.kind == "image" and _OF_DOXYGEN.search(path):
            return True
        if reference.kind in ("image", "media"):
            return False
        folder = path.rpartition("/")[0]
        return not self._lookup.has_folder(folder) and self._lookup.is_bundled()

    def _weigh(self, file: RepositoryFile, text: str, reference: Reference, path: str) -> None:
        budget = _BUDGETS.get(reference.kind)
        if budget is None or path in self._weighed or is_secondary(file.path):
            return
        self._weighed.add(path)
        size = self._lookup.size(path)
        if size <= budget[0]:
            return
        severity = Severity.LOW if size > budget[1] else Severity.INFO
        message = (
            f"The {_WORDS[reference.kind]} {path} has {size / 1e6:.1f} MB; "
            f"{budget[0] / 1e6:.1f} MB would be much already."
        )
        self._findings.append(
            make_finding(file, text, "heavy-asset", severity, message, reference.line)
        )

    def _check_anchor(self, page: Page, reference: Reference) -> None:
        if _NO_ANCHOR.search(reference.fragment):
            return
        path = page.path
        if reference.path:
            path = self._lookup.resolve(PurePosixPath(path).parent, reference.path) or ""
        ids = page_ids(page) if path == page.path else self._ids_of(page, path)
        if ids is None or reference.fragment in ids:
            return
        where = "this page" if path == page.path else path
        message = f"Nothing in {where} has the id {reference.fragment}."
        self._findings.append(page.finding("missing-anchor", Severity.LOW, message, reference.line))

    def _ids_of(self, page: Page, path: str) -> frozenset[str] | None:
        if path not in self._ids:
            absolute = page.file.absolute.parents[page.path.count("/")] / path
            self._ids[path] = None
            if (
                absolute.is_file()
                and not absolute.is_symlink()
                and path.endswith((".html", ".htm"))
            ):
                other = read_page(RepositoryFile(path, absolute, absolute.stat().st_size))
                self._ids[path] = page_ids(other) if other and other.is_plain else None
        return self._ids[path]

    def _check_modules(self, file: RepositoryFile, text: str) -> None:
        for line, written, path in missing_modules(file, text, self._lookup):
            actual = other_spelling(path, self._lookup)
            rule = "wrong-case" if actual else "missing-module"
            message = f"The import {written} finds no file at {path}."
            if actual:
                message = f"The import {written} means {actual}: many machines tell the two apart."
            finding = make_finding(file, text, rule, Severity.MEDIUM, message, line)
            self._note(path, finding)


def _is_hook(path: str, reference: Reference) -> bool:
    """Whether a style sheet is one that whoever installs the page may put there."""
    return reference.kind == "style" and PurePosixPath(path).name.lower() in _HOOKS


def _is_final(page: Page) -> bool:
    """Whether a browser gets the page as it is, from where it is."""
    pure = PurePosixPath(page.path)
    folders = {part.lower() for part in pure.parts[:-1]}
    return page.is_plain and not folders & _FILLED_IN and not _FILLED_IN & set(pure.stem.split("."))


def _first_map(maps: list[Finding]) -> list[Finding]:
    if len(maps) <= _FEW_MAPS:
        return maps
    message = f"{maps[0].message} So it is with {len(maps)} source maps; this is the first."
    return [maps[0].model_copy(update={"message": message[:2000]})]


def page_ids(page: Page) -> frozenset[str] | None:
    """The ids of a page; None when a script may add others."""
    scripted = any(tag.name == "script" for tag in page.starts())
    return None if scripted else page.ids


def _is_wanted(file: RepositoryFile) -> bool:
    return is_page(file) or file.suffix == ".css" or file.suffix in MODULES


def _around(text: str, reference: Reference) -> str:
    """The reference with some of its line: lines of pages may be long."""
    line = full_line(text, reference.line)
    start = max(line.find(reference.written) - 60, 0)
    return line[start : start + 300].strip()
