"""Complexity: only functions above the threshold, the highest first, with figures that are true."""

from __future__ import annotations

import subprocess
from pathlib import Path

from genesis.contracts import TaskResult
from genesis.testing import run_tool

_TOOL = "genesis_engineering.complexity:find_complexity"


def _branchy(name: str, branches: int, *, padding: int = 0) -> str:
    """A function of Python with `branches` ifs: a cyclomatic complexity of one more."""
    lines = [f"def {name}(x):"]
    lines += [f"    if x == {number}:\n        return {number}" for number in range(branches)]
    lines += [f"    y{number} = x" for number in range(padding)]
    return "\n".join(lines) + "\n\n\n"


def _run(root: Path, files: dict[str, str], *, seconds: float = 60, commits: int = 1) -> TaskResult:
    repository = root / "repository"
    repository.mkdir()
    git = ["git", "-C", str(repository), "-c", "user.name=a", "-c", "user.email=a@example.org"]
    subprocess.run([*git, "init", "-q"], check=True)
    for number in range(commits):
        for path, text in files.items():
            (repository / path).parent.mkdir(parents=True, exist_ok=True)
            (repository / path).write_text(text + "\n" * number, encoding="utf-8")
        subprocess.run([*git, "add", "-A"], check=True)
        subprocess.run([*git, "commit", "-qm", "x"], check=True)
    return run_tool(_TOOL, repository, root / "attempt", time_limit_seconds=seconds)


def test_a_function_above_the_threshold_is_reported_and_one_at_it_is_not(tmp_path: Path) -> None:
    result = _run(tmp_path, {"a.py": _branchy("at_it", 19) + _branchy("above", 20)}, commits=3)
    assert [(f.file, f.line, f.severity) for f in result.findings] == [("a.py", 42, "low")]
    finding = result.findings[0]
    assert "`above` has 21 independent paths" in finding.message
    assert "complexity 21, 41 lines of code; 3 commits in the last year" in finding.evidence


def test_only_a_long_function_with_many_branches_that_often_changes_is_medium(
    tmp_path: Path,
) -> None:
    code = _branchy("short", 35) + _branchy("long", 35, padding=40)
    files = {"a.py": code, "docs/b.py": _branchy("example", 35, padding=40)}
    result = _run(tmp_path, files, commits=6)
    found = {f.message.split("`")[1]: str(f.severity) for f in result.findings}
    assert found == {"short": "low", "long": "medium", "example": "low"}


def test_a_complex_function_that_nobody_changes_is_low(tmp_path: Path) -> None:
    result = _run(tmp_path, {"a.py": _branchy("long", 35, padding=40)}, commits=5)
    assert [str(f.severity) for f in result.findings] == ["low"]


def test_ten_are_listed_and_the_rest_is_counted(tmp_path: Path) -> None:
    result = _run(tmp_path, {"a.py": "".join(_branchy(f"f{n}", 21 + n) for n in range(13))})
    assert [f.message.split("`")[1] for f in result.findings] == [f"f{n}" for n in range(12, 2, -1)]
    assert "13 functions" in result.summary
    assert "3 more are not" in result.summary
    assert result.facts == {"complex-functions": 13}


def test_other_languages_are_read_and_tests_are_not(tmp_path: Path) -> None:
    branches = "".join(f"  if (x == {n}) return {n};\n" for n in range(25))
    script = f"function pick(x) {{\n{branches}}}\n"
    result = _run(tmp_path, {"a.js": script, "tests/b.js": script, "README.md": "if " * 50})
    assert [(f.file, f.line) for f in result.findings] == [("a.js", 1)]


def test_minified_and_generated_files_are_left_out_and_said(tmp_path: Path) -> None:
    minified = "function a(x){" + "if(x){x++}" * 200 + "}\n"
    result = _run(tmp_path, {"a.js": minified, "b.py": "# @generated\n" + _branchy("f", 30)})
    assert result.findings == ()
    assert [omission.what for omission in result.omissions] == ["2 source files"]


def test_when_the_time_is_over_it_stops_and_says_what_is_left(tmp_path: Path) -> None:
    result = _run(tmp_path, {"a.py": _branchy("f", 30)}, seconds=0.000001)
    assert result.findings == ()
    assert [omission.what for omission in result.omissions] == ["1 source file"]


def test_without_source_files_it_says_so(tmp_path: Path) -> None:
    assert _run(tmp_path, {"a.md": "x\n"}).summary == (
        "There are no source files that lizard can read."
    )
