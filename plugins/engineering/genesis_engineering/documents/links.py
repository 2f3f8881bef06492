"""Links and images of documents that lead nowhere."""

from __future__ import annotations

import posixpath
import re
import shlex
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from genesis.contracts import Finding, Omission, Severity, TaskResult, ToolContext

from genesis_engineering.archives import is_source_archive
from genesis_engineering.documents.anchors import AnchorBook, may_pull_text_in
from genesis_engineering.documents.ignored import ignored_paths
from genesis_engineering.documents.records import Link
from genesis_engineering.documents.reporting import report
from genesis_engineering.documents.sites import Site, find_sites, site_of
from genesis_engineering.documents.sources import Document, DocumentReader
from genesis_engineering.documents.targets import (
    Repository,
    Target,
    is_web,
    page_candidates,
    parse_target,
)
from genesis_engineering.files import list_files, read_named

_SOURCE_SUFFIXES = frozenset({".md", ".markdown", ".rst", ".ipynb", ".py", ".pdf"})
_LICENCES = ("LICENSE", "LICENSE.txt", "LICENSE.md", "LICENCE", "COPYING", "MIT-LICENSE.txt")
_IMAGE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".gif", ".svg", ".webp"})
_HOST_NAME = re.compile(r"^(www\.|[\w-]+\.(com|org|io|net|dev)(/|$))", re.IGNORECASE)
# What `make dist` and `git archive` leave out: what serves the repository and not its users.
_NOT_RELEASED = re.compile(
    r"(^|.*/)(\..+|(contributing|security|code[-_]of[-_]conduct|support|governance|maintainers"
    r"|codeowners)(\.\w+)?)",
    re.IGNORECASE,
)
_OF_CHECKOUTS = (".github/", ".gitignore", ".gitattributes")
# The text of these documents is that of the action, whose repository has what they lead to.
_ACTIONS = re.compile(r"(^|/)\.github/actions/")
_OF_API = re.compile(r"(^|/)(apidocs?|api-docs|javadocs?|xref|doxygen)/([^/]+/)*[^/]+\.html?$")
# So many links into one missing folder are no slips.
_SEVERAL = 3
# What a generator makes a page of, in its place.
_SOURCES = (".erb", ".md", ".rst", ".j2", ".jinja", ".ejs", ".haml", ".slim", ".adoc")
_RESERVED = re.compile(r"(^|/)(genindex|modindex|py-modindex|search|_modules|_static|_images)\b")


def check_links(context: ToolContext) -> TaskResult:
    """Report links, images and anchors in Markdown and reStructuredText that lead nowhere."""
    files = list_files(context.repository)
    reader = DocumentReader(context, files)
    checker = _Checker(
        context.repository,
        find_sites(files),
        is_archive=is_source_archive(context.repository, files),
        is_release=not any(file.path.startswith(_OF_CHECKOUTS) for file in files),
    )
    for document in reader:
        checker.check(document)
    findings = checker.finish()
    return report("links", reader, findings, checked=checker.checked, omissions=checker.omissions())


@dataclass(frozen=True)
class _Missing:
    """A finding about a path; it is dropped when git ignores one of `paths`: a build makes it."""

    paths: tuple[str, ...]
    finding: Finding


class _Checker:
    def __init__(
        self, repository: Path, sites: list[Site], *, is_archive: bool, is_release: bool
    ) -> None:
        """`is_release`: the tree lacks all that a checkout has, so that a release made it."""
        self._is_archive = is_archive
        self._is_release = is_release
        self._root = repository
        self._repository = Repository(repository)
        self._sites = sites
        self._anchors = AnchorBook(repository)
        self._missing: dict[tuple[str, str, bool], _Missing] = {}
        self._repeats: Counter[tuple[str, str, bool]] = Counter()
        self._findings: list[Finding] = []
        self.checked = 0
        self._web = 0
        self._for_site = 0

    def check(self, document: Document) -> None:
        site = site_of(document.path, self._sites)
        for link in document.parsed.links:
            self._check_link(document, link, site)
        if not (site and site.adds_references) and not may_pull_text_in(document):
            self._check_references(document)

    def finish(self) -> list[Finding]:
        """Every finding, without those about files that git ignores."""
        asked = [path for item in self._missing.values() for path in item.paths]
        ignored = ignored_paths(self._repository.root, asked)
        kept = [
            (item.paths[0], _with_repeats(item.finding, self._repeats[key]))
            for key, item in self._missing.items()
            if ignored.isdisjoint(item.paths)
        ]
        return self._findings + self._lessened(kept)

    def _lessened(self, found: Sequence[tuple[str, Finding]]) -> list[Finding]:
        """The findings about paths; low where a whole folder is missing to which several lead, or
        at the top one image: it was left out of what is looked at here, or something makes it."""
        folders = Counter(self._absent_folder(path) for path, _ in found)
        return [
            finding.model_copy(update={"severity": Severity.LOW})
            if folder
            and (folders[folder] >= _SEVERAL or _is_picture_folder(finding, folder))
            and finding.severity is Severity.MEDIUM
            else finding
            for path, finding in found
            for folder in (self._absent_folder(path),)
        ]

    def _absent_folder(self, path: str) -> str:
        """The uppermost folder of a path that is not there; "" when all of them are."""
        parents = [str(one) for one in reversed(PurePosixPath(path).parents) if str(one) != "."]
        return next((one for one in parents if not self._repository.exists(one)), "")

    def omissions(self) -> list[Omission]:
        """What was seen and could not be judged."""
        found = []
        if self._web:
            found.append(
                Omission(what=f"{self._web} links to the web", reason="no network is used")
            )
        if self._for_site:
            what = f"{self._for_site} links that a site generator may resolve"
            found.append(Omission(what=what, reason="the pages that it makes are not known"))
        return found

    def _check_link(self, document: Document, link: Link, site: Site | None) -> None:
        if is_web(link.target):
            self._web += 1
            return
        target = parse_target(link.target)
        if target is None or not (target.path or target.fragment):
            return
        self.checked += 1
        if not target.path:
            self._check_anchor(document, link, document.path, target.fragment, site)
            return
        found = self._find(document, target, site)
        if found is not None:
            if target.fragment:
                self._check_anchor(document, link, found, target.fragment, site)
        else:
            self._report_path(document, link, target, site)

    def _find(self, document: Document, target: Target, site: Site | None) -> str | None:
        """The path that the target means; None when nothing is there."""
        for base in self._bases(document, target, site):
            path = self._repository.resolve(base, target.path)
            if path is None:
                continue
            for candidate in page_candidates(path):
                if self._repository.exists(candidate):
                    return candidate
        return None

    def _bases(self, document: Document, target: Target, site: Site | None) -> list[PurePosixPath]:
        bases = _bases(document, target, site)
        if site is None and not document.is_markdown:
            # A changelog or a readme outside of the site may be text that a page includes.
            bases += [site.root for site in self._sites]
        return bases

    def _report_path(
        self, document: Document, link: Link, target: Target, site: Site | None
    ) -> None:
        absolute = target.path.startswith("/")
        folder = PurePosixPath() if absolute else document.folder
        path = self._repository.resolve(folder, target.path)
        if path is None or _looks_like_prose(link, target):
            return
        unseen = any(_is_dotted(item.label) for item in document.parsed.references)
        if unseen or _may_be_made_by_site(target, site, absolute=absolute):
            self._for_site += 1
            return
        if absolute and not self._repository.exists(path.partition("/")[0]):
            return
        key = (document.path, path, link.is_image)
        self._repeats[key] += 1
        if key not in self._missing:
            bases = self._bases(document, target, site)
            resolved = [self._repository.resolve(base, target.path) for base in bases]
            finding = self._path_finding(document, link, target, path)
            self._missing[key] = _Missing((path, *filter(None, resolved)), finding)

    def _path_finding(self, document: Document, link: Link, target: Target, path: str) -> Finding:
        noun = "image" if link.is_image else "link"
        message, severity = self._judge(document, target, path)
        if document.is_history or _ACTIONS.search(document.path):
            # A history is written once, and about then: nobody is misled by it.
            severity = Severity.LOW
        return Finding(
            rule=f"broken-{noun}",
            severity=severity,
            message=f"The {noun} leads to {path}{message}"[:2000],
            file=document.path,
            line=link.line,
            evidence=link.source[:500],
            check=f"git ls-files -- {shlex.quote(path)} prints nothing"[:1000],
        )

    def _judge(self, document: Document, target: Target, path: str) -> tuple[str, Severity]:
        """What is to be said after the path, and how much it matters."""
        absent = ", which is not in the repository."
        if actual := self._repository.other_case(path):
            return f"; the repository spells it {actual}.", Severity.MEDIUM
        if self._is_copy(document):
            return f"{absent} The document is a copy of the one in the top folder.", Severity.LOW
        if self._is_bundled(document):
            return (
                f"{absent} The folder has a licence of its own, so others wrote it.",
                Severity.LOW,
            )
        if above := self._above(document, target):
            served = f" Who serves a folder above finds {above}; readers of the file do not."
            return absent + served, Severity.LOW
        if page := self._as_published(document, target):
            published = f" It is the address of {page} on a site where each page is a folder."
            return absent + published, Severity.LOW
        if right := self._from_root(document, target):
            return f"{absent} From here, the path to that file is {right}.", Severity.MEDIUM
        if _HOST_NAME.match(target.path):
            return f"{absent} It looks like a web address without https://.", Severity.MEDIUM
        if self._is_made(path):
            return f"{absent} A build may make it.", Severity.LOW
        if self._is_archive or (self._is_release and _NOT_RELEASED.fullmatch(path)):
            return ", which was not packed into this source archive.", Severity.LOW
        return absent, Severity.MEDIUM

    def _is_copy(self, document: Document) -> bool:
        """Whether the top folder has the same text under the same name."""
        name = PurePosixPath(document.path).name
        if name == document.path:
            return False
        original = read_named(self._root, name)
        return original is not None and original == document.file.read_text()

    def _is_bundled(self, document: Document) -> bool:
        """Whether the document came with a library that somebody copied here."""
        folder = document.path.rpartition("/")[0]
        return bool(folder) and any(self._repository.exists(f"{folder}/{one}") for one in _LICENCES)

    def _is_made(self, path: str) -> bool:
        """Whether the source of a page stands where the page is missing, or a build makes a folder
        of pages on an API."""
        if _OF_API.search(path) and not self._repository.exists(path.rpartition("/")[0]):
            return True
        return any(self._repository.exists(path + suffix) for suffix in _SOURCES)

    def _as_published(self, document: Document, target: Target) -> str | None:
        """The page that `../name/` leads to where each page is shown as a folder of its own."""
        if not target.path.startswith("../") or PurePosixPath(target.path).suffix:
            return None
        own = document.folder / PurePosixPath(document.path).stem
        path = self._repository.resolve(own, target.path)
        candidates = page_candidates(path) if path else ()
        return next((one for one in candidates if self._repository.exists(one)), None)

    def _from_root(self, document: Document, target: Target) -> str | None:
        """The relative path that the author wanted, where theirs begins at the repository."""
        path = self._repository.resolve(PurePosixPath(), target.path)
        if not path or target.path.startswith("/") or not self._repository.exists(path):
            return None
        return posixpath.relpath(path, str(document.folder))

    def _above(self, document: Document, target: Target) -> str | None:
        """Where the target is when the paths of a document begin at a folder above it, as those of
        a site do; not the repository itself."""
        for folder in list(document.folder.parents)[:-1]:
            path = self._repository.resolve(folder, target.path.lstrip("/"))
            if path is not None and self._repository.exists(path):
                return path
        return None

    def _check_anchor(
        self, document: Document, link: Link, path: str, fragment: str, site: Site | None
    ) -> None:
        if self._anchors.may_have(path, fragment, site):
            return
        where = "this document" if path == document.path else path
        self._findings.append(
            Finding(
                rule="broken-anchor",
                severity=Severity.LOW,
                message=f"No heading or id of {where} has the anchor #{fragment}."[:2000],
                file=document.path,
                line=link.line,
                evidence=link.source[:500],
                check=f"look through the headings of {path} for one that gives #{fragment}"[:1000],
            )
        )

    def _check_references(self, document: Document) -> None:
        for reference in document.parsed.references:
            if _is_dotted(reference.label):
                continue
            self._findings.append(
                Finding(
                    rule="undefined-reference",
                    severity=Severity.LOW,
                    message=f"The label [{reference.label}] is not defined in this document, "
                    "so the brackets are shown as they are.",
                    file=document.path,
                    line=reference.line,
                    evidence=document.parsed.lines[reference.line - 1].strip()[:500],
                    check=f"search the document for a line that starts [{reference.label}]:"[:1000],
                )
            )


def _is_picture_folder(finding: Finding, folder: str) -> bool:
    """Whether an image should lie in a folder at the top, which a package often goes without."""
    return finding.rule == "broken-image" and "/" not in folder


def _with_repeats(finding: Finding, count: int) -> Finding:
    if count == 1:
        return finding
    message = f"{finding.message} The document has it {count} times; this is the first."
    return finding.model_copy(update={"message": message[:2000]})


def _bases(document: Document, target: Target, site: Site | None) -> list[PurePosixPath]:
    """The folders that the target may be relative to."""
    root = PurePosixPath()
    if target.path.startswith("/"):
        if site is None:
            return [root, document.folder]
        return [root, site.root, *(site.root / name for name in ("static", "public", "docs"))]
    bases = [document.folder]
    if site is not None:
        # A page with a pretty URL is a folder of its own to the browser.
        bases += [document.folder / PurePosixPath(document.path).stem, document.folder.parent]
        bases += [site.root, site.root / "static", site.root / "public", root]
    elif not document.is_markdown:
        bases.append(root)
    return bases


def _may_be_made_by_site(target: Target, site: Site | None, *, absolute: bool) -> bool:
    if site is None:
        return absolute and not PurePosixPath(target.path).suffix
    suffix = PurePosixPath(target.path).suffix.lower()
    if absolute or _RESERVED.search(target.path):
        return True
    if suffix in _IMAGE_SUFFIXES:
        return False
    return suffix not in _SOURCE_SUFFIXES or site.generates_pages


def _is_dotted(label: str) -> bool:
    """Whether a label is a name of Python: mkdocstrings resolves it, in a site made elsewhere."""
    return re.fullmatch(r"[\w`]+(\.\w+)+`?", label) is not None


def _looks_like_prose(link: Link, target: Target) -> bool:
    """Whether the link is one by accident, such as `list[int](values)` in running text."""
    if not re.fullmatch(r"[\w, =+*-]+", target.path):
        return False
    if re.fullmatch(r"(?=[a-f]*\d)[0-9a-f]{10,64}", target.path):
        return True  # the name of a version, which a host turns into its page
    return len(target.path) <= 2 or re.search(r"[\w\])]\[[^\[]*$", link.before) is not None
