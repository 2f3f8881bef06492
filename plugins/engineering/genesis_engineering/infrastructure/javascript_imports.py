"""Which packages JavaScript and TypeScript files import."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from genesis_engineering.infrastructure.javascript_tokens import Token, tokens_of

_SCRIPT = re.compile(r"<script\b[^>]{0,1000}>", re.IGNORECASE)
_SPECIFIER = re.compile(r"(@[a-z0-9~][\w.~-]*/)?[a-z0-9~][\w.~-]*(/.*)?", re.IGNORECASE)
BUILTIN = frozenset(
    [
        "assert",
        "async_hooks",
        "buffer",
        "child_process",
        "cluster",
        "console",
        "constants",
        "crypto",
        "dgram",
        "diagnostics_channel",
        "dns",
        "domain",
        "events",
        "fs",
        "http",
        "http2",
        "https",
        "inspector",
        "module",
        "net",
        "os",
        "path",
        "perf_hooks",
        "process",
        "punycode",
        "querystring",
        "readline",
        "repl",
        "stream",
        "string_decoder",
        "sys",
        "timers",
        "tls",
        "trace_events",
        "tty",
        "url",
        "util",
        "v8",
        "vm",
        "wasi",
        "worker_threads",
        "zlib",
        "sqlite",
        "sea",
        "test",
        "bun",
    ]
)


_QUICK = re.compile(
    r"(?:\bfrom|\bimport|\brequire(?:\.resolve)?\s*\(|\bimport\s*\()\s*[\"']([^\"'\n]{1,200})[\"']"
)


@dataclass(frozen=True)
class ScriptImport:
    """An imported package, such as `react` or `@scope/name`; `line` counts from 1.

    It is plain unless it stands in a `try` or is called for at run time by `import()`; `is_type`
    when only types are taken, which leave no trace in what runs.
    """

    package: str
    line: int
    is_plain: bool
    is_type: bool


def read_script_imports(text: str, suffix: str) -> Iterator[ScriptImport]:
    """The packages that a file imports; of `.vue` and `.svelte` files, what `<script>` holds."""
    if suffix in (".vue", ".svelte", ".astro"):
        for script, before in _scripts(text):
            for one in read_script_imports(script, ".ts"):
                yield ScriptImport(one.package, one.line + before, one.is_plain, one.is_type)
        return
    for specifier, line, is_plain, is_type, _ in _specifiers(list(tokens_of(text))):
        package = package_of(specifier)
        if package:
            yield ScriptImport(package, line, is_plain, is_type)


def read_relative_imports(text: str) -> Iterator[tuple[str, bool]]:
    """The paths that a script imports, such as `./a`, and whether it does so in a `try`."""
    for specifier, _line, _is_plain, is_type, is_tried in _specifiers(list(tokens_of(text))):
        if specifier.startswith(".") and not is_type:
            yield specifier, is_tried


def _scripts(text: str) -> Iterator[tuple[str, int]]:
    """What stands in each `<script>`, and how many lines come before it."""
    position = 0
    while opened := _SCRIPT.search(text, position):
        position = text.find("</script", opened.end())
        if position < 0:
            return
        yield text[opened.end() : position], text.count("\n", 0, opened.end())


def quick_packages(text: str) -> set[str]:
    """The packages that a text looks like importing, comments and all: fast, and never too few."""
    return {package_of(specifier) for specifier in _QUICK.findall(text)} - {""}


def package_of(specifier: str) -> str:
    """The package of a specifier; "" for paths, aliases, URLs and what Node.js has."""
    if not _SPECIFIER.fullmatch(specifier) or ":" in specifier or "!" in specifier:
        return ""
    parts = specifier.split("/")
    name = "/".join(parts[:2]) if specifier.startswith("@") else parts[0]
    return "" if name in BUILTIN or specifier.startswith("~") or "?" in name else name


def _specifiers(tokens: list[Token]) -> Iterator[tuple[str, int, bool, bool, bool]]:
    """Specifier, line, plain, type, tried of each import, export-from, require, dynamic import."""
    tries: list[bool] = []
    for index, token in enumerate(tokens):
        if token.value == "{" and token.kind == "mark":
            tries.append(index > 0 and tokens[index - 1].value == "try")
        elif token.value == "}" and token.kind == "mark" and tries:
            tries.pop()
        elif token.kind == "text" and index:
            found = _import_kind(tokens, index)
            if found:
                call, is_type = found
                is_plain = not call and not any(tries)
                yield token.value, token.line, is_plain, is_type, any(tries)
            elif _is_require(tokens, index):
                yield token.value, token.line, not tries, False, any(tries)


def _import_kind(tokens: list[Token], index: int) -> tuple[bool, bool] | None:
    """(called at run time, only types) of an import whose specifier is at `index`."""
    before = tokens[index - 1]
    if before.value == "import" and before.kind == "word":
        return False, False
    if before.value == "(" and index > 1 and tokens[index - 2].value == "import":
        return True, False
    if before.value != "from" or before.kind != "word":
        return None
    for back in range(index - 2, max(index - 400, -1), -1):
        token = tokens[back]
        if token.kind == "word" and token.value in ("import", "export"):
            following = tokens[back + 1].value
            is_type = following in ("type", "typeof") and tokens[back + 2].value != "from"
            return False, is_type
        if token.kind == "text" or token.value in (";", "="):
            return None
    return None


def _is_require(tokens: list[Token], index: int) -> bool:
    if index < 2 or tokens[index - 1].value != "(":
        return False
    after = tokens[index + 1].value if index + 1 < len(tokens) else ""
    called = tokens[index - 2].value
    owner = tokens[index - 3].value if index > 2 else ""
    if called == "resolve":
        return owner == "." and index > 3 and tokens[index - 4].value == "require"
    return called == "require" and owner != "." and after in (")", ",")
