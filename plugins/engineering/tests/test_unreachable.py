"""What follows the end of a program or an endless loop never runs; what only looks so may."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from genesis_engineering.dead_definitions import find_candidates
from genesis_engineering.python_source import PythonSource
from hypothesis import given
from hypothesis import strategies as st

BLOCKS = st.recursive(
    st.sampled_from(["x = 1", "return 1", "raise E", "pass", "yield x", "sys.exit(1)"]),
    lambda inner: st.one_of(
        st.builds(lambda a, b: f"if c:\n{indented(a)}\nelse:\n{indented(b)}", inner, inner),
        st.builds(lambda a, b: f"{a}\n{b}", inner, inner),
        st.builds(lambda a: f"for i in j:\n{indented(a)}\n    break", inner),
        st.builds(lambda a: f"while True:\n{indented(a)}", inner),
        st.builds(lambda a: f"try:\n{indented(a)}\nexcept E:\n    pass", inner),
        st.builds(lambda a: f"with c:\n{indented(a)}", inner),
    ),
    max_leaves=12,
)


def indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.split("\n"))


def unreachable(body: str, head: str = "import os\nimport sys\n") -> list[tuple[int, int]]:
    """First and last lines, counted in the body of a function."""
    source = PythonSource("a.py", f"{head}def f(x):\n{indented(body)}\n")
    before = head.count("\n") + 1
    return [
        (one.line - before, one.last_line - before)
        for one in find_candidates(source)
        if one.kind == "unreachable"
    ]


@pytest.mark.parametrize(
    ("body", "lines"),
    [
        ("sys.exit(2)\nprint(x)\nprint(x)", (2, 3)),
        ("if x:\n    os._exit(0)\n    x = 2\nreturn x", (3, 3)),
        ("while True:\n    print(x)\nprint(x)", (3, 3)),
        ("while 1:\n    for y in x:\n        break\nprint(x)", (4, 4)),
        ("while True:\n    def g():\n        while x:\n            break\nprint(x)", (5, 5)),
        ("return x\nprint(x)", (2, 2)),
        ("if x:\n    return 1\nelse:\n    raise E\nprint(x)", (5, 5)),
    ],
)
def test_statements_that_never_run_are_found(body: str, lines: tuple[int, int]) -> None:
    assert unreachable(body) == [lines]


@pytest.mark.parametrize(
    "body",
    [
        "sys.exit(2)",
        "sys.exit(2)\nreturn None",
        "if x:\n    sys.exit(2)\nprint(x)",
        "while True:\n    if x:\n        break\nprint(x)",
        "while True:\n    for y in x:\n        pass\n    else:\n        break\nprint(x)",
        "while True:\n    try:\n        x()\n    except E:\n        break\nprint(x)",
        "while x:\n    print(x)\nprint(x)",
        "while True:\n    x()\nraise AssertionError",
        "return\nyield",
        "def sys_exit(): pass\nsys_exit()\nprint(x)",
    ],
)
def test_what_may_run_after_all_is_left_alone(body: str) -> None:
    assert unreachable(body) == []


def test_an_exit_of_something_else_is_none() -> None:
    assert unreachable("sys.exit(2)\nprint(x)", head="from tests import sys\n") == []


@given(BLOCKS)
def test_what_is_called_unreachable_never_runs(body: str) -> None:
    """Every line that a run of the function reaches is none of those that are reported."""
    reported = {line for first, last in unreachable(body) for line in range(first + 3, last + 4)}
    program = f"import os\nimport sys\ndef f(x):\n{indented(body)}\n"
    for choice in (True, False):
        assert reported.isdisjoint(_lines_run(program, choice=choice)), program


def _lines_run(program: str, *, choice: bool) -> set[int]:
    import sys
    from contextlib import nullcontext

    reached: set[int] = set()
    steps = 0

    class Stop(BaseException):
        """Ends a run that would not end."""

    def trace(frame: object, event: str, _argument: object) -> object:
        nonlocal steps
        if event == "line":
            reached.add(frame.f_lineno)  # type: ignore[attr-defined]
            steps += 1
            if steps > 300:
                raise Stop
        return trace

    class Condition(nullcontext[None]):
        """The `c` of the program: true or false, and a context that passes everything on."""

        def __bool__(self) -> bool:
            return choice

    names: dict[str, object] = {"c": Condition(), "j": [1, 2], "E": KeyError}
    exec(compile(program, "program", "exec"), names)
    before = sys.gettrace()
    sys.settrace(trace)  # type: ignore[arg-type]
    try:
        result = names["f"](1)  # type: ignore[operator]
        if hasattr(result, "__next__"):
            list(result)
    except (KeyError, SystemExit, Stop):
        pass
    finally:
        sys.settrace(before)
    return reached


def test_a_function_that_only_calls_itself_is_unused(tmp_path: Path) -> None:
    from genesis.testing import run_tool

    (tmp_path / "r").mkdir()
    (tmp_path / "r" / "a.py").write_text(
        "def _walk(x):\n    return [_walk(y) for y in x]\n\n\n"
        "def _wrap():\n    def _wrap():\n        return 1\n    return _wrap\n\n\n"
        "def _down(x):\n    return [_down(y) for y in x]\n\n\nprint(_down([]), _wrap())\n"
    )
    subprocess.run(["git", "init", "-q", str(tmp_path / "r")], check=True)
    tool = "genesis_engineering.dead_code:find_dead_code"
    found = run_tool(tool, tmp_path / "r", tmp_path / "attempt").findings
    assert [(f.rule, f.line) for f in found] == [("unused-private-function", 1)]
