"""Tests in JavaScript and TypeScript that check nothing, or keep the others from running."""

from __future__ import annotations

import re
from collections.abc import Iterator

from genesis_engineering.python_source import PythonSource
from genesis_engineering.risky_shapes import Shape
from genesis_engineering.unreachable_lines import blank_text

SUFFIXES = frozenset({".js", ".mjs", ".cjs", ".jsx", ".ts", ".tsx", ".mts", ".cts"})
_MAY_HAVE = re.compile(r"\.only\b|\bfit\(|\bfdescribe\(|\bexpect\(")
_FOCUSED = re.compile(
    r"^\s*((?:describe|context|suite|it|test|specify)\.only(?:\.each)?|fit|fdescribe)\s*[(`]"
)
_NOT_CALLED = re.compile(
    r"^\s*(?:await )?expect\(.*\)(?:\.(?:not|resolves|rejects))*\.(to[A-Z]\w*)\s*;\s*$"
)
# QUnit's `expect(3)` tells how many assertions there are.
_NO_MATCHER = re.compile(r"^\s*expect\((?!\s*\d+\s*\))[^()]*(?:\([^()]*\)[^()]*)*\)\s*;\s*$")
# There it may be told by an expression, too.
_QUNIT = re.compile(r"\bQUnit\b|^\s*(equal|deepEqual|strictEqual|notEqual|ok)\(", re.MULTILINE)
# A file that has a function of its own by such a name.
_OWN = re.compile(r"\b(function|const|let|var)\s+(fit|fdescribe|expect)\b")


def find_vain_scripts(source: PythonSource) -> Iterator[Shape]:
    """`focused-test`: `it.only` and the like, by the runners that have it (mocha, jest, vitest,
    jasmine). `matcher-not-called`: `expect(a).toBeTrue;`, and `expect(a);` alone."""
    text = source.text
    is_counted = _QUNIT.search(text) is not None
    if not _MAY_HAVE.search(text) or _OWN.search(text):
        return
    for number, line in enumerate(blank_text(text).split("\n"), 1):
        if found := _FOCUSED.match(line):
            message = f"`{found[1]}`: of this file no other test runs."
            yield Shape("focused-test", message, number)
        elif found := _NOT_CALLED.match(line):
            message = f"`{found[1]}` is named and not called: nothing is checked."
            yield Shape("matcher-not-called", message, number)
        elif not is_counted and _NO_MATCHER.match(line):
            message = "`expect` without a matcher checks nothing."
            yield Shape("matcher-not-called", message, number)
