"""Relative imports of scripts that no file answers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from genesis_engineering.files import RepositoryFile
from genesis_engineering.pages.lookup import Lookup
from genesis_engineering.pages.page import full_line
from genesis_engineering.pages.third_party import is_third_party

MODULES = frozenset({".js", ".mjs", ".cjs", ".jsx", ".ts", ".mts", ".cts", ".tsx"})
_TYPED = frozenset({".ts", ".mts", ".cts", ".tsx"})
_IMPORT = re.compile(
    r"(?:\bfrom|\bimport|\bimport\s*\(|\brequire\s*\()\s*([\"'])(\.\.?/[^\"'\n]{1,300})\1"
)
_STRANGE = re.compile(r"[!*{}<>$|]|\.$|(^|/)node_modules/")
_BUNDLE = re.compile(
    r"function\s*\(\w+,\s*module,\s*exports|__webpack_require__|__commonJS"
    r"|\(function \w\(\w,\w,\w\)"
    # Modules of AMD that name themselves: several in a file, found by those names.
    r"|\bdefine\s*\(\s*[\"'][^\"'\n]+[\"']\s*,"
)
_GOES_ON = re.compile(r"\s*[+.`]")
_SILENCED = re.compile(r"eslint-disable|@ts-(ignore|expect-error|nocheck)|webpackIgnore")
_TRY = re.compile(r"\btry\s*\{[^}]{0,300}\Z|\bcatch\b[^}]{0,200}\Z")
_ENDING = re.compile(r"\.(jsx?|mjs|cjs)$")
_MOST = 50
_MADE = frozenset(
    {"dist", "build", "generated", "__generated__", "_generated", "out", "target", "pkg", "gen",
     "wasm", "prebuilds", "binding", "bindings", "coverage"}
)  # fmt: skip


def missing_modules(
    file: RepositoryFile, text: str, lookup: Lookup
) -> Iterator[tuple[int, str, str]]:
    """Line, text and path of each relative import in code (no comment, no string) that is broken.

    Whatever stands in the target's folder under that name with any suffix counts as an answer, so
    do an index file and another spelling of a script's suffix. Not judged: what a build makes, an
    import in a `try`, a line with a linter's or compiler's exemption, minified files.
    """
    if "'." not in text and '".' not in text:
        return
    if is_third_party(file.path, text) or _BUNDLE.search(text):
        return
    broken = [
        found
        for found in _IMPORT.finditer(text)
        if not _GOES_ON.match(text, found.end()) and _is_broken(file, found[2], lookup)
    ]
    if not broken:
        return
    code = _code_ranges(file, text)
    for found in broken[:_MOST]:
        line = text.count("\n", 0, found.start()) + 1
        near = full_line(text, max(line - 1, 1)) + full_line(text, line)
        if found.start() not in code or _SILENCED.search(near):
            continue
        if _TRY.search(text[max(found.start() - 400, 0) : found.start()]):
            continue
        path = lookup.resolve(PurePosixPath(file.path).parent, found[2])
        if path is not None:
            yield line, found[2], path


def _is_broken(file: RepositoryFile, written: str, lookup: Lookup) -> bool:
    if _STRANGE.search(written):
        return False
    target = re.split(r"[?#]", written)[0]
    path = lookup.resolve(PurePosixPath(file.path).parent, target)
    if not path or path.endswith("/") or lookup.exists(path):
        return False
    folder, _, name = path.rpartition("/")
    if _MADE & set(path.split("/")[:-1]) or not lookup.has_folder(folder):
        return False
    return not any(_answers(sibling, path) for sibling in lookup.siblings(path)) and not (
        lookup.is_built(name)
    )


def other_spelling(path: str, lookup: Lookup) -> str | None:
    """The file that answers an import when upper and lower case are not told apart."""
    folder = path.rpartition("/")[0]
    for sibling in lookup.siblings(path):
        if _answers(sibling.lower(), path.lower()):
            return f"{folder}/{sibling}" if folder else sibling
    return None


def _answers(sibling: str, path: str) -> bool:
    name = path.rpartition("/")[2]
    stem = _ENDING.sub("", name)
    return sibling in (name, stem) or sibling.startswith((f"{name}.", f"{stem}."))


def _code_ranges(file: RepositoryFile, text: str) -> set[int]:
    """The places where a word of the program begins: neither in a comment nor in a string."""
    from pygments.lexers.javascript import (  # type: ignore[import-untyped]
        JavascriptLexer,
        TypeScriptLexer,
    )
    from pygments.token import Comment, String  # type: ignore[import-untyped]

    lexer = TypeScriptLexer() if file.suffix in _TYPED else JavascriptLexer()
    return {
        index
        for index, kind, _value in lexer.get_tokens_unprocessed(text)
        if kind not in Comment and kind not in String
    }
