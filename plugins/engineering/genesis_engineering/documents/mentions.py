"""What a document says of the repository's code: dotted names, imports and paths."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from genesis_engineering.documents.python_code import parse_python
from genesis_engineering.documents.records import CodeBlock, CodeName, ParsedDocument

_DOTTED = re.compile(r"([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+)(?:\([^()]*\))?")
_PATH = re.compile(r"(?:\./)?([A-Za-z0-9_.][\w.-]*(?:/[A-Za-z0-9_][\w.-]*)+)")
# A dotted name that ends like this is a file or a host.
_NOT_CODE = frozenset(
    {"py", "pyi", "toml", "yaml", "yml", "json", "cfg", "ini", "md", "rst", "txt", "com", "org",
     "io", "dev", "net", "html", "svg", "png", "exe", "sh", "log", "lock", "db", "sqlite", "conf",
     "css", "js", "xml", "zip", "gz", "whl", "env", "ai", "app", "so", "local", "localhost",
     "pot", "po", "mo", "csv", "tsv", "ipynb", "jar", "rs", "ts", "tsx", "jsx", "sql", "pdf", "ico",
     "jpg", "gif", "pyc", "pyd", "dll", "j2", "tar", "bz2", "deb", "rpm", "pem"}
)  # fmt: skip
_PYTHON = frozenset({"python", "py", "python3", "pycon"})


@dataclass(frozen=True)
class Mention:
    """A name or a path, the line where it stands, and the literal text around it."""

    name: str
    line: int
    source: str


def dotted_names(document: ParsedDocument) -> Iterator[Mention]:
    """Inline code and roles that hold one dotted name, with or without a call's brackets."""
    for name in document.names:
        match = _DOTTED.fullmatch(name.text.strip())
        if match and match[1].rpartition(".")[2].lower() not in _NOT_CODE:
            yield Mention(match[1], name.line, name.source)


def paths(document: ParsedDocument) -> Iterator[Mention]:
    """Inline code that holds one path of a file, with at least one slash and a suffix."""
    for name in document.names:
        mention = _path_of(name)
        if mention:
            yield mention


def imports(document: ParsedDocument) -> Iterator[Mention]:
    """The full names that Python blocks import: `from a.b import c` gives `a.b.c`."""
    for block in document.blocks:
        if block.language in _PYTHON and "import " in block.code:
            yield from _imports_of(block)


def _imports_of(block: CodeBlock) -> Iterator[Mention]:
    tree = parse_python(block.code)
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [f"{node.module}.{alias.name}".removesuffix(".*") for alias in node.names]
        else:
            continue
        for name in names:
            yield _mention_in(block, name)


def _mention_in(block: CodeBlock, name: str) -> Mention:
    """The line is searched for by its words: fragments are parsed with lines put around them."""
    module, _, last = name.rpartition(".")
    lines = block.code.split("\n")
    starts = [
        number
        for number, line in enumerate(lines)
        if re.search(rf"\b(from|import)\s+{re.escape(module or last)}\b", line)
    ]
    whole = re.compile(rf"\b{re.escape(last)}\b")
    for start in starts:
        for number in range(start, min(start + 40, len(lines))):
            if whole.search(lines[number].partition("import")[2] if number == start else
                            lines[number]):  # fmt: skip
                return Mention(name, block.line + number, lines[number].strip())
            if number > start and "import " in lines[number]:
                break
    number = starts[0] if starts else 0
    return Mention(name, block.line + number, lines[number].strip())


def _path_of(name: CodeName) -> Mention | None:
    match = _PATH.fullmatch(name.text.strip())
    if match is None or "." not in match[1].rpartition("/")[2].strip("."):
        return None
    return Mention(match[1], name.line, name.source)
