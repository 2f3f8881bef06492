"""What ruff does not look for: exceptions that nobody raises, and groups that are empty."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from genesis.contracts import TaskResult
from genesis.testing import run_tool
from genesis_engineering.files import RepositoryFile
from genesis_engineering.risky_shapes import find_shapes
from hypothesis import given
from hypothesis import strategies as st

_ERRORS = (
    "class SortError(Exception):\n    pass\n\n\nclass LabelError(\n    ValueError\n):\n    pass\n"
)


def _run(root: Path, files: dict[str, str]) -> TaskResult:
    repository = root / "repository"
    for path, text in files.items():
        (repository / path).parent.mkdir(parents=True, exist_ok=True)
        (repository / path).write_text(text, encoding="utf-8")
    subprocess.run(["git", "init", "-q", str(repository)], check=True)
    tool = "genesis_engineering.risky_calls:find_risky_calls"
    return run_tool(tool, repository, root / "attempt")


def _places(result: TaskResult) -> list[str]:
    return [f"{f.severity} {f.rule} {f.file}:{f.line}" for f in result.findings]


def test_an_exception_of_the_repository_that_is_built_and_dropped_is_reported(
    tmp_path: Path,
) -> None:
    start = "from errors import SortError\n\n\ndef f(x):\n    if x:\n"
    drop = f"{start}        SortError(\n            x)\n"
    files = {"errors.py": _ERRORS, "a.py": drop, "examples/b.py": drop}
    result = _run(tmp_path, files)
    assert _places(result) == [
        "high exception-not-raised a.py:6",
        "low exception-not-raised examples/b.py:6",
    ]
    assert result.findings[0].evidence == "SortError("
    assert result.facts == {"risky-calls": {"exception-not-raised": 2}}


@pytest.mark.parametrize(
    "body",
    [
        "    raise SortError(x)\n",
        "    return [\n        SortError(x),\n        SortError(x),\n    ]\n",
        "    found = \\\n        SortError(x)\n    return found\n",
        "    SortError(x)  # noqa: PLW0133\n",
        "    WinError(x)\n    return (\n        SortError(x)\n    )\n",
        "    '''\n    SortError(x)\n    '''\n",
        "    SortError.raise_for(x)\n",
    ],
)
def test_an_exception_that_is_used_or_of_somebody_else_is_none(tmp_path: Path, body: str) -> None:
    code = f"from ctypes import WinError\nfrom errors import SortError\n\n\ndef f(x):\n{body}"
    found = _places(_run(tmp_path, {"errors.py": _ERRORS, "a.py": code}))
    assert found == []


def test_a_built_in_exception_is_told_once(tmp_path: Path) -> None:
    code = (
        "class KeyError(Exception):\n    pass\n\n\ndef f(x):\n    ValueError(x)\n    KeyError(x)\n"
    )
    found = _places(_run(tmp_path, {"a.py": code}))
    assert found.count("high exception-not-raised a.py:6") == 1


@pytest.mark.parametrize(
    ("line", "is_wrong"),
    [
        ("dict(groupby(x, key=len))", True),
        ("{k: g for k, g in itertools.groupby(x)}", True),
        ("{k: list(g) for k, g in groupby(x)}", False),
        ("{k: k for k, g in groupby(x)}", False),
        ("dict(x.groupby('a'))", False),
        ("{k: g for k, g in x.groupby('a')}", False),
        ("{k: g for (k, _), g in pairs(groupby(x))}", False),
        ("{g: h for y in x for g, h in groupby(y)}", False),
        ("[(k, sum(g)) for k, g in groupby(x)]", False),
    ],
)
def test_groups_that_are_kept_without_a_list_are_empty(
    tmp_path: Path, line: str, is_wrong: bool
) -> None:
    head = "import itertools\nfrom itertools import groupby\n\n\ndef f(x, pairs):\n"
    code = f"{head}    return {line}\n"
    found = _places(_run(tmp_path, {"a.py": code}))
    assert found == (["medium spent-groupby a.py:6"] if is_wrong else [])


@given(st.text(max_size=80))
def test_any_text_is_read(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.getbasetemp() / "shapes.py"
    path.write_text(f"dict(groupby(1))\n{text}", encoding="utf-8", errors="replace")
    file = RepositoryFile("shapes.py", path, path.stat().st_size)
    assert all(shape.line >= 1 for _source, shape in find_shapes([file], lambda: True))
    assert list(find_shapes([file], lambda: False)) == []
