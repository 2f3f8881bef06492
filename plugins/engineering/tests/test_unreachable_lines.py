"""Lines that never run in languages with braces, found without a grammar."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from genesis.testing import run_tool
from genesis_engineering.unreachable_lines import LANGUAGES, find_unreachable_lines
from hypothesis import given, settings
from hypothesis import strategies as st

_DEAD = {
    ".go": "func f(a int) int {\n\treturn a + 1\n\tlog(a)\n}\n",
    ".ts": "function f(a) {\n  throw new Error('a; b');\n\n  save(a);\n}\n",
    ".c": "int f(int a) {\n    while (a) {\n        break;\n        a--;\n    }\n}\n",
    ".php": "function f($a) {\n    return $a;\n    $b = 2;\n}\n",
    ".java": "int f(int a) {\n    if (a) {\n        return 1;\n        a = 2;\n    }\n}\n",
}
_ALIVE = {
    "a condition without braces": "function f(a) {\n  if (a)\n  return 1;\n  save(a);\n}\n",
    "a deeper line": "function f(a) {\n  if (a)\n    return 1;\n  save(a);\n}\n",
    "a case": "switch (a) {\n  case 1:\n  return 1;\n  case 2:\n  return 2;\n  default:\n}\n",
    "a guard": "switch (a) {\n  case 1:\n    return 1;\n    break;\n}\n",
    "a function that is lifted": "function f(a) {\n  return g(a);\n  function g(b) {}\n}\n",
    "several lines": "function f(a) {\n  return (\n  a +\n  b);\n}\n",
    "a call over lines": "function f(a) {\n  return g(a,\n  b);\n}\n",
    "a comment": "function f(a) {\n  /*\n  return a;\n  save(a);\n  */\n}\n",
    "a text": "const a = `\n  return a;\n  save(a);\n`;\n",
    "a label": "void f(void) {\n    return;\n    out: free(a);\n}\n",
    "a preprocessor": "int f(void) {\n    return 1;\n#if A\n    a();\n#endif\n}\n",
}


@pytest.mark.parametrize("suffix", _DEAD)
def test_what_stands_behind_a_return_is_found(suffix: str) -> None:
    (found,) = find_unreachable_lines(_DEAD[suffix], suffix)
    dead = {".go": 3, ".ts": 4, ".c": 4, ".php": 3, ".java": 4}
    assert (found.line, found.is_known) == (dead[suffix], False)


@pytest.mark.parametrize("name", _ALIVE)
def test_what_may_be_reached_is_left_alone(name: str) -> None:
    for suffix in LANGUAGES:
        if suffix != ".go":
            assert list(find_unreachable_lines(_ALIVE[name], suffix)) == []


@given(st.text("return;\n {}()'\"`/*#ab\t", max_size=300), st.sampled_from(sorted(LANGUAGES)))
@settings(max_examples=300)
def test_any_text_is_read_to_its_end_and_lines_lie_in_it(text: str, suffix: str) -> None:
    for found in find_unreachable_lines(text, suffix):
        assert 1 < found.line <= text.count("\n") + 1


def test_a_line_that_never_runs_is_told_and_low_where_a_comment_tells_why(tmp_path: Path) -> None:
    files = {
        "a.go": _DEAD[".go"],
        "b.ts": "function f(a) {\n  // slow, see the issue\n  return;\n  save(a);\n}\n",
        "a_test.go": _DEAD[".go"],
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    run = "genesis_engineering.dead_code:find_dead_code"
    result = run_tool(run, tmp_path, tmp_path / "attempt")
    assert [(one.file, one.line, str(one.severity)) for one in result.findings] == [
        ("a.go", 3, "medium"),
        ("b.ts", 4, "low"),
    ]
