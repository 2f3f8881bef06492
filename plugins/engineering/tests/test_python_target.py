"""The oldest Python that a repository promises."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from genesis.testing import run_tool
from genesis_engineering.python_target import python_target


@pytest.mark.parametrize(
    ("declared", "target"),
    [
        (">=3.9", "py39"),
        (">3.8", "py38"),
        (">=3.9.2,<4", "py39"),
        ("~=3.10", "py310"),
        (">=2.7, !=3.0.*", "py37"),
        (">=3.20", "py314"),
        ("nonsense", "py314"),
    ],
)
def test_it_is_the_lowest_that_requires_python_allows(
    tmp_path: Path, declared: str, target: str
) -> None:
    (tmp_path / "pyproject.toml").write_text(f'[project]\nrequires-python = "{declared}"\n')
    assert python_target(tmp_path) == target


@pytest.mark.parametrize("text", ["", "not toml", "[project]\nname = 'a'\n", "project = 1\n"])
def test_without_a_promise_it_is_the_newest(tmp_path: Path, text: str) -> None:
    assert python_target(tmp_path) == "py314"
    (tmp_path / "pyproject.toml").write_text(text)
    assert python_target(tmp_path) == "py314"


def test_syntax_newer_than_our_own_python_is_no_file_that_cannot_be_imported(
    tmp_path: Path,
) -> None:
    repository = tmp_path / "repository"
    (repository / "tools").mkdir(parents=True)
    (repository / "pyproject.toml").write_text('[project]\nrequires-python = ">=3.10"\n')
    (repository / "tools/late.py").write_text('def f(x):\n    return f"{".".join(x)}"\n')
    (repository / "tools/broken.py").write_text("def f(x:\n    return x\n")
    subprocess.run(["git", "init", "-q", str(repository)], check=True)
    tool = "genesis_engineering.risky_calls:find_risky_calls"
    found = run_tool(tool, repository, tmp_path / "attempt").findings
    assert {(f.rule, f.file, str(f.severity)) for f in found} == {
        ("newer-syntax", "tools/late.py", "low"),
        ("syntax-error", "tools/broken.py", "high"),
    }


def test_syntax_that_the_promised_python_does_not_have_is_found(tmp_path: Path) -> None:
    repository = tmp_path / "repository"
    repository.mkdir()
    (repository / "pyproject.toml").write_text('[project]\nrequires-python = ">=3.9"\n')
    (repository / "late.py").write_text("match 1:\n    case 1:\n        x = 2\n")
    subprocess.run(["git", "init", "-q", str(repository)], check=True)
    tool = "genesis_engineering.risky_calls:find_risky_calls"
    found = run_tool(tool, repository, tmp_path / "attempt").findings
    assert [(f.rule, f.file, f.line) for f in found] == [("newer-syntax", "late.py", 1)]
