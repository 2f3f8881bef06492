"""What is left of a review by hand: parse documents, pages, styles, queries, data and scripts.

`python review_by_hand.py REPOSITORY`: a line for each relative link that leads nowhere and for each
file that its library cannot read. The libraries are those that the engineering plugin uses.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import sqlglot
import tinycss2
import yaml
from justhtml import JustHTML
from markdown_it import MarkdownIt

_NODE = (
    "const fs = require('fs'), vm = require('vm');"
    "for (const path of JSON.parse(fs.readFileSync(0)))"
    " try { new vm.SourceTextModule(fs.readFileSync(path, 'utf8')); }"
    " catch (error) { console.log(path, error.message); }"
)


def read_document(path: Path, text: str) -> Iterator[str]:
    """The relative links that lead nowhere."""
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        for child in token.children or []:
            target = str(child.attrs.get("href") or child.attrs.get("src") or "")
            name = target.partition("#")[0]
            if name and "://" not in target and not (path.parent / name).exists():
                yield f"{path}: {target}"


def read_page(_path: Path, text: str) -> Iterator[str]:
    """Nothing: a page always parses."""
    JustHTML(text, collect_errors=True)
    yield from ()


def read_style(path: Path, text: str) -> Iterator[str]:
    """The rules that do not parse."""
    for rule in tinycss2.parse_stylesheet(text):
        if rule.type == "error":
            yield f"{path}: {rule.message}"
        elif rule.type == "qualified-rule":
            tinycss2.parse_blocks_contents(rule.content)


def read_queries(path: Path, text: str) -> Iterator[str]:
    """Statements that do not parse."""
    try:
        sqlglot.parse(text, read="sqlite")
    except sqlglot.errors.SqlglotError as error:
        yield f"{path}: {error}"


def read_data(path: Path, text: str) -> Iterator[str]:
    """Documents that do not parse."""
    try:
        list(yaml.safe_load_all(text))
    except yaml.YAMLError as error:
        yield f"{path}: {error}"


READERS: dict[str, Callable[[Path, str], Iterator[str]]] = {
    ".md": read_document, ".html": read_page, ".css": read_style, ".sql": read_queries,
    ".yaml": read_data,
}  # fmt: skip


def main() -> None:
    """Read every file of the repository that a library is there for."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=sys.argv[1], stdout=subprocess.PIPE)
    paths = [Path(sys.argv[1], name.decode()) for name in listed.stdout.split(b"\0") if name]
    for path in paths:
        if path.suffix in READERS:
            for line in READERS[path.suffix](path, path.read_text(encoding="utf-8")):
                print(line)
    scripts = json.dumps([str(path) for path in paths if path.suffix == ".js"])
    if shutil.which("node"):
        command = ["node", "--experimental-vm-modules", "--no-warnings", "-e", _NODE]
        subprocess.run(command, input=scripts, text=True, check=True)


if __name__ == "__main__":
    main()
