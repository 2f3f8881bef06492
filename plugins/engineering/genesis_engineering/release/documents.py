"""Documents that lag behind: they name what has changed since the last release, and have not."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from packaging.version import Version

from genesis_engineering.files import MAX_BYTES
from genesis_engineering.release.api import Change
from genesis_engineering.release.sources import Blob

_SUFFIXES = frozenset({".md", ".rst", ".adoc", ".markdown"})
_CHANGELOG = re.compile(
    r"(?:changelog|changes|history|news|release[-_ ]?notes)(?:\.(?:md|rst|txt|adoc))?",
    re.IGNORECASE,
)
_FRAGMENTS = re.compile(
    r"(?:^|/)(?:changelog\.d|newsfragments|\.changeset|changes?|news|changelog|unreleased)/"
    r"(?!README|_)[^/]+\.(?:md|rst|txt|\w+)$",
    re.IGNORECASE,
)
# These tell of the past: what they name may well be gone.
_OF_THE_PAST = re.compile(r"change|history|news|release|migrat|upgrad|deprecat|legacy|archive|adr")
_WORD = re.compile(r"(?<![\w.])[A-Za-z_][\w.]*(\(?)")
_AUTOMATIC = re.compile(r"\s*(?:\.\. auto|:::|\.\. currentmodule)")
_DISTINCT_LENGTH = 8


@dataclass(frozen=True)
class Mention:
    """A line of a document that names what is gone: a public name, or a parameter of one."""

    file: str
    line: int
    text: str
    change: Change


def find_changelog(blobs: Iterable[Blob]) -> str | None:
    """The path of the changelog, at the top or in a folder of documents."""
    found = [
        blob.path
        for blob in blobs
        if _CHANGELOG.fullmatch(PurePosixPath(blob.path).name)
        and blob.path.count("/") <= 1 and blob.path.split("/")[0] in ("doc", "docs", blob.path)
    ]  # fmt: skip
    return min(found, key=lambda path: (path.count("/"), path), default=None)


def has_fragments(blobs: Iterable[Blob]) -> bool:
    """Whether notes of single changes wait to be put into the changelog, as towncrier does it."""
    return any(_FRAGMENTS.search(blob.path) for blob in blobs)


def has_entry(changelog: str, version: Version | None) -> bool:
    """Whether a changelog tells of a version, or has anything below `Unreleased` or `dev`."""
    versions = {str(version), version.base_version} if version else set()
    lines = changelog.splitlines()
    for number, line in enumerate(lines):
        head = line.strip("#=*[]_` \t").lower()
        words = re.split(r"[^\w.+-]+", head)[:4]
        if any(word.removeprefix("v").rstrip(".") in versions for word in words):
            return True
        if re.match(r"(?:\W|version )*(?:unreleased|upcoming|next|in development|dev\b)", head):
            return _has_text(lines[number + 1 :])
    return False


def lagging(
    changes: Sequence[Change],
    now: Iterable[Blob],
    then: Iterable[Blob],
    read: Callable[[Blob], str | None],
) -> Iterator[Mention]:
    """Where documents that are the same as at the last release name what is gone."""
    gone = [one for one in changes if one.is_breaking and (one.kind == "removed" or one.gone)]
    wanted = _wanted(gone)
    if not wanted:
        return
    before = {blob.path: blob.id for blob in then}
    for blob in now:
        pure = PurePosixPath(blob.path)
        is_document = pure.suffix.lower() in _SUFFIXES and blob.size <= MAX_BYTES
        if not is_document or before.get(blob.path) != blob.id:
            continue
        if not _OF_THE_PAST.search(blob.path.lower()):
            yield from _mentions(blob.path, read(blob) or "", wanted)


def _mentions(path: str, text: str, wanted: dict[str, Change]) -> Iterator[Mention]:
    """The first mention of each name."""
    seen: set[str] = set()
    for number, line in enumerate(text.split("\n"), 1):
        if _AUTOMATIC.match(line):
            continue
        for found in _WORD.finditer(line):
            change = _change_of(found, line, wanted)
            if change is None or change.name in seen:
                continue
            if change.kind == "removed" or any(_passes(line, name) for name in change.gone):
                seen.add(change.name)
                yield Mention(path, number, line.strip()[:300], change)


def _passes(line: str, parameter: str) -> bool:
    return re.search(rf"\b{re.escape(parameter)}\s*=", line) is not None


def _change_of(found: re.Match[str], line: str, wanted: dict[str, Change]) -> Change | None:
    word = found[0].rstrip("(.")
    if word in wanted:
        is_qualified = "." in word
        before = line[: found.start()]
        in_code = before.endswith(("`", "import ", ", ")) or found[1] == "("
        return wanted[word] if is_qualified or in_code else None
    last = word.rpartition(".")[2]
    # `client.fetch_all(`: whose method it is cannot be seen, but the name is like no other.
    return wanted.get(last) if found[1] == "(" and "_" in last.strip("_") else None


def _wanted(changes: Sequence[Change]) -> dict[str, Change]:
    """The changes by how documents would name them: with a part of the path before the name, or
    by the name alone where it is like no ordinary word."""
    found: dict[str, Change] = {}
    for change in changes:
        parts = change.name.split(".")
        keys = [".".join(parts[at:]) for at in range(len(parts) - 1)]
        keys.append(f"{parts[0]}.{parts[-1]}")
        name = parts[-1]
        is_distinct = "_" in name.strip("_") or re.search(r"[a-z][A-Z]", name) is not None
        if is_distinct and len(name) >= _DISTINCT_LENGTH and not name.startswith("__"):
            keys.append(name)
        for key in keys:
            found.setdefault(key, change)
    return found


def _has_text(lines: Sequence[str]) -> bool:
    """Whether anything stands there before the next version."""
    for line in lines:
        text = line.strip("#=-*~^ \t")
        if re.match(r"\[?v?\d+\.\d+", text):
            return False
        if text and not re.fullmatch(r"(?:added|changed|fixed|removed|deprecated|security)", text,
                                     re.IGNORECASE):  # fmt: skip
            return True
    return False
