"""Find the tests of languages and runners whose results Genesis cannot read, to say so."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container, Iterator, Sequence
from pathlib import PurePosixPath

from genesis_engineering.files import RepositoryFile
from genesis_engineering.reporting import count_of, is_secondary
from genesis_engineering.verification.suites import OtherSuite

_LANGUAGES = {
    "C": ".c", "C++": ".cc .cpp .cxx", "Ruby": ".rb", "PHP": ".php .phpt", "Java": ".java",
    "Kotlin": ".kt .kts", "Scala": ".scala", "Groovy": ".groovy", "Perl": ".t .pl", "Tcl": ".tcl",
    "shell": ".sh .bash .bats", "JavaScript": ".js .cjs .mjs .jsx .ts .tsx .mts .coffee",
    "Go": ".go", "Rust": ".rs", "Lua": ".lua", "C#": ".cs", "Swift": ".swift", "Haskell": ".hs",
    "Elixir": ".exs", "Erlang": ".erl", "Clojure": ".clj", "Dart": ".dart", "OCaml": ".ml",
    "R": ".r", "Julia": ".jl", "Objective-C": ".m .mm", "F#": ".fs", "Vim": ".vim .vader",
}  # fmt: skip
_BY_SUFFIX = {suffix: name for name, all_ in _LANGUAGES.items() for suffix in all_.split()}
_FOLDER = re.compile(
    r"tests?|t|specs?|testing|testsuite|__tests__|regress\w*|(unit|integration|functional|e2e)"
    r"[-_]?tests?"
)
_NAMED = re.compile(r"(test[-_].+|.+[-_](tests?|spec)|.+\.(test|spec|cy)|run[-_]?tests?)")
# Of languages that name files like classes.
_CAMEL = re.compile(r"\w*[a-z0-9](Tests?|Spec|IT)")
_CAMEL_SUFFIXES = frozenset({".php", ".java", ".kt", ".scala", ".groovy", ".cs", ".swift"})
# In their libraries are helpers for those who write tests: `lib/thing/testing`, `src/main/…/test`.
_WITH_HELPERS = _CAMEL_SUFFIXES | {".rb"}
_LIBRARIES = frozenset({"lib", "library", "libraries", "main"})
_OTHERS = frozenset({"deps", "external", "extern", "bundled"})
_PRETEND = frozenset({"fixtures", "fixture", "testdata", "templates", "stubs"})
_RECIPE = re.compile(
    r"^(check|tests?|installcheck)[ \t]*:(?!=)[^\n]*\n(\t[^\n]*\n){0,5}?"
    r"\t[^\n]*(test|check|prove|regress|spec)",
    re.MULTILINE,
)
_ELSEWHERE = re.compile(r"\b(pytest|tox|nox|unittest|npm|npx|yarn|pnpm|go test|cargo)\b")
_BUILD_FILES = {
    "Makefile": _RECIPE,
    "GNUmakefile": _RECIPE,
    "Makefile.am": re.compile(r"^TESTS[ \t]*\+?=[ \t]*\S", re.MULTILINE),
    "CMakeLists.txt": re.compile(
        r"(?i:^[ \t]*(add_test|gtest_discover_tests)[ \t]*\()", re.MULTILINE
    ),
    "meson.build": re.compile(r"^[ \t]*test[ \t]*\(", re.MULTILINE),
}
_RUST_TEST = re.compile(r"^[ \t]*#\[(cfg\(test\)|test)\]", re.MULTILINE)
_MOST_READ = 300
_MOST_TOLD = 6
_WHY = (
    "not run: Genesis reads results per test from pytest, unittest, node's own runner, jest, "
    "vitest, go test and cargo test only. Run them as the project does."
)

_OF_RUNNER = {"Go": "go", "Rust": "cargo"}
_NEEDS = {
    "Go": "not run: there is no go.mod above them, which `go test` needs.",
    "Rust": "not run: there is no Cargo.toml above them, which `cargo test` needs.",
}


def unrun_tests(files: Sequence[RepositoryFile], runners: Container[str] = ()) -> list[OtherSuite]:
    """The tests that files are named as, or lie in a folder as; else those that a build file has a
    target for, or Rust files have in them. One entry a language, with where most of them are.

    Python files are none: where they hold tests, `python_suites` finds them. Nor are a library's
    own helpers for tests (`lib/x/testing`), fixtures, templates and what is bundled. `runners` are
    those that run suites here: what they did not find is no test.
    """
    found: dict[str, Counter[str]] = {}
    for file in files:
        language = _BY_SUFFIX.get(file.suffix)
        if language and _OF_RUNNER.get(language) in runners:
            continue
        if language and file.size and (top := _folder_of_test(file)):
            found.setdefault(language, Counter())[top] += 1
    told = [_told(language, places) for language, places in found.items()]
    return (told or list(_of_contents(files, runners)))[:_MOST_TOLD]


def _told(language: str, places: Counter[str]) -> OtherSuite:
    place, _ = min(places.items(), key=lambda one: (-one[1], one[0]))
    number = count_of(sum(places.values()), "file")
    where = "beside the code" if place == "." else f"in {place}/"
    return OtherSuite(f"the {language} tests {where} ({number})", _NEEDS.get(language, _WHY))


def _folder_of_test(file: RepositoryFile) -> str:
    """The folder of tests that a file lies in, its own folder when it is named as one, or ""."""
    path = PurePosixPath(file.path)
    folders = [part.lower() for part in path.parts[:-1]]
    if is_secondary(file.path) or "{{" in file.path or not (_OTHERS | _PRETEND).isdisjoint(folders):
        return ""
    number = next((n for n, folder in enumerate(folders) if _FOLDER.fullmatch(folder)), None)
    if number is not None:
        is_helper = file.suffix in _WITH_HELPERS and not _LIBRARIES.isdisjoint(folders[:number])
        is_data = "data" in folders[number:]
        return "" if is_helper or is_data else "/".join(path.parts[: number + 1])
    stem = path.name.removesuffix(path.suffix)
    pattern = _CAMEL if file.suffix in _CAMEL_SUFFIXES else _NAMED
    is_named = bool(pattern.fullmatch(stem)) or file.suffix in (".bats", ".phpt")
    return str(path.parent) if is_named else ""


def _of_contents(files: Sequence[RepositoryFile], runners: Container[str]) -> Iterator[OtherSuite]:
    build = [file for file in files if PurePosixPath(file.path).name in _BUILD_FILES]
    for file in sorted(build, key=lambda one: one.path.count("/"))[:_MOST_READ]:
        match = _BUILD_FILES[PurePosixPath(file.path).name].search(file.read_text() or "")
        if match and not is_secondary(file.path) and not _ELSEWHERE.search(match[0]):
            yield OtherSuite(f"the tests that {file.path} runs", _WHY)
            return
    rust = [file for file in files if file.suffix == ".rs" and "cargo" not in runners]
    for file in rust[:_MOST_READ]:
        if _RUST_TEST.search(file.read_text() or ""):
            yield OtherSuite(f"the Rust tests beside the code ({file.path})", _NEEDS["Rust"])
            return
