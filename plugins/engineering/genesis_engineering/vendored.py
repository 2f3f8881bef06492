"""Which folders of a repository are the work of others, as their licences and manifests tell."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from itertools import islice

# Folders that hold what a project is built with, each in a folder of its own.
_BUNDLES = frozenset({"deps", "libs", "external", "externals", "extern", "3rdparty", "third-party"})
# Libraries for pages that are mostly copied whole, demonstrations included, and not installed.
_LIBRARIES = frozenset(
    {"ace", "ace-builds", "bootstrap", "ckeditor", "ckeditor4", "codemirror", "colorbox",
     "datatables", "dojo", "dropzone", "elfinder", "extjs", "fancybox", "fckeditor", "flot",
     "font-awesome", "fontawesome", "fullcalendar", "highlight", "highlightjs", "jquery",
     "jquery-ui", "jqueryui", "katex", "leaflet", "lightbox", "mathjax", "openlayers",
     "pdfjs", "plupload", "prettify", "select2", "summernote", "swagger-ui",
     "syntaxhighlighter", "tiny_mce", "tinymce", "yui"}
)  # fmt: skip
_SERVED = frozenset(
    {"assets", "htdocs", "javascript", "javascripts", "js", "lib", "libs", "media", "plugins",
     "public", "resources", "share", "shared", "static", "vendors", "web", "webroot", "www"}
)  # fmt: skip
_VERSION = re.compile(r"[-_.]?v?\d[\w.]*$")
_LICENCE = re.compile(
    r"(licen[sc]es?|copying|copyright)([-_.][\w.-]+)?(?<!\.py)(?<!\.js)(?<!\.ts)", re.IGNORECASE
)
_HOLDER = re.compile(r"copyright\W+(?:\(c\)\W*|©\W*)*([^\n]{3,200})", re.IGNORECASE)
_NOT_A_NAME = re.compile(r"\b(c|present|all rights reserved)\b|[\W\d_]+", re.IGNORECASE)
_OWNER = re.compile(r"(?:github|gitlab|bitbucket)\.\w+[:/]([\w.-]+)/|^(?:\w+:)?([\w.-]+)/[\w.-]+$")
_MANIFESTS = ("composer.json", "package.json")
_SCOPE = re.compile(r"@?([\w.-]+)/")
_PLUGIN_README = re.compile(r"((?:.+/)?wp-content/plugins/)([^/]+)/readme\.txt", re.IGNORECASE)
_STABLE = re.compile(r"^Stable tag:", re.MULTILINE | re.IGNORECASE)
# A script and its minified form, side by side: `x.js` and `x.min.js`, or `x_src.js` and `x.js`.
_TWICE = re.compile(r"(.+?)(?:[.-]min|[-_.]src)\.js")
_AUTHORS = re.compile(r"authors(\.\w+)?", re.IGNORECASE)
_PART_OF_MOST = 2 / 3
_MOST_READ = 300

Read = Callable[[str], str | None]


def bundled_folders(names: Collection[str], read: Read, own_name: str) -> set[str]:
    """The folders that others wrote; `read` gives the text of a listed path, or None.

    One in `deps/`, `libs/` or the like has a licence that is neither the root's nor of anyone whom
    the root's names; one elsewhere has a manifest that names another vendor, too. A plugin of
    WordPress is another's when it is published (has a stable tag), does not stand alone, and is
    not named like the repository, `own_name`. So is a folder with a licence or authors of its own
    that has a script plain and minified, no manifest, and not most of the repository's files, and
    one named like a library for pages below `static/` or the like. At most 300 folders of each kind
    are looked at.
    """
    licences = _by_folder(names, _LICENCE)
    found = {*_foreign_plugins(names, read, own_name), *_known_libraries(names, own_name)}
    own = [text for path in licences.pop("", []) if (text := read(path))]
    found |= _copied_libraries(names, licences, own, read)
    if not own:
        return found
    in_bundles = sorted(folder for folder in licences if _is_bundle(folder))
    found.update(one for one in in_bundles[:_MOST_READ] if _is_foreign(licences[one], own, read))
    vendors = _vendors("", names, read)
    elsewhere = sorted(one for one in licences if vendors and _has_manifest(one, names))
    for one in elsewhere[:_MOST_READ]:
        theirs = _vendors(one, names, read)
        if theirs and theirs.isdisjoint(vendors) and _is_foreign(licences[one], own, read):
            found.add(one)
    return found


def _known_libraries(names: Collection[str], own_name: str) -> Iterator[str]:
    """The folders of libraries that a page asks for, but in the repository of that library."""
    for folder in {name.rpartition("/")[0] for name in names}:
        parts = folder.split("/")
        for place, part in enumerate(parts[1:], 1):
            plain = _VERSION.sub("", part.lower())
            if (
                plain in _LIBRARIES
                and plain not in own_name.lower()
                and parts[place - 1].lower() in _SERVED
            ):
                yield "/".join(parts[: place + 1])
                break


def _by_folder(names: Collection[str], pattern: re.Pattern[str]) -> dict[str, list[str]]:
    """The paths whose last part has that form, by folder."""
    folders: dict[str, list[str]] = {}
    for name in names:
        folder, _, base = name.rpartition("/")
        if pattern.fullmatch(base):
            folders.setdefault(folder, []).append(name)
    return folders


def _copied_libraries(
    names: Collection[str], licences: dict[str, list[str]], own: list[str], read: Read
) -> set[str]:
    """The folders that somebody copied here as their authors publish them."""
    signed = _by_folder(names, _AUTHORS)
    for folder, paths in licences.items():
        signed.setdefault(folder, []).extend(paths)
    twice = {name.rpartition("/")[0] for name in names if _is_twice(name, names)}
    candidates = sorted(
        one for one in twice & signed.keys() if one and not _has_manifest(one, names)
    )
    foreign = {one for one in candidates[:_MOST_READ] if _is_foreign(signed[one], own, read)}
    sizes = _sizes(foreign, names)
    return {one for one in foreign if sizes[one] <= _PART_OF_MOST * len(names)}


def _is_twice(name: str, names: Collection[str]) -> bool:
    found = _TWICE.fullmatch(name) if name.endswith(("min.js", "src.js")) else None
    return found is not None and f"{found[1]}.js" in names


def _sizes(folders: set[str], names: Collection[str]) -> Counter[str]:
    """How many files lie in each folder and below it."""
    sizes: Counter[str] = Counter()
    for name in names if folders else ():
        end = name.rfind("/")
        while end > 0:
            if name[:end] in folders:
                sizes[name[:end]] += 1
            end = name.rfind("/", 0, end)
    return sizes


def _has_manifest(folder: str, names: Collection[str]) -> bool:
    return any(f"{folder}/{one}" in names for one in _MANIFESTS)


def _is_bundle(folder: str) -> bool:
    return folder.rpartition("/")[0].rpartition("/")[2].lower() in _BUNDLES


def _is_foreign(paths: list[str], own: list[str], read: Read) -> bool:
    """Whether licences share no text and no holder with the repository's own."""
    texts = [text for path in paths if (text := read(path))]
    holders = {name for text in own for name in _holders(text)}
    known = {_plain(text) for text in own}
    return bool(texts) and not any(
        _plain(text) in known or holders & _holders(text) for text in texts
    )


def _plain(text: str) -> str:
    return _NOT_A_NAME.sub(" ", text[:5000].lower())


def _holders(text: str) -> set[str]:
    """Who holds the copyright, in plain words: `copyright 2009-2024, Jo Doe.` gives `jo doe`."""
    lines = (_plain(match[1]).strip() for match in islice(_HOLDER.finditer(text[:20_000]), 50))
    return {line for line in lines if line}


def _vendors(folder: str, names: Collection[str], read: Read) -> set[str]:
    """Whom manifests name: the vendor of a Composer package; of npm the owner, else the scope."""
    start = f"{folder}/" if folder else ""
    found = set()
    for base in _MANIFESTS:
        table = _table(read(start + base)) if start + base in names else {}
        name, repository = table.get("name"), table.get("repository")
        if isinstance(repository, dict):
            repository = repository.get("url")
        owner = _OWNER.search(repository[:300]) if isinstance(repository, str) else None
        scope = _SCOPE.match(name) if isinstance(name, str) else None
        if owner:
            found.add((owner[1] or owner[2]).lower())
        elif scope:
            found.add(scope[1].lower())
    return found


def _table(text: str | None) -> dict[str, object]:
    try:
        table = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return {}
    return table if isinstance(table, dict) else {}


def _foreign_plugins(names: Collection[str], read: Read, own_name: str) -> Iterator[str]:
    readmes = [match for name in names if (match := _PLUGIN_README.fullmatch(name))]
    published = [one for one in readmes[:_MOST_READ] if _STABLE.search(read(one[0]) or "")]
    for one in published:
        site = one[1][: -len("wp-content/plugins/")]
        alone = len(published) == 1 and f"{site}wp-includes/version.php" not in names
        if not alone and one[2].lower() != own_name.lower():
            yield one[1] + one[2]
