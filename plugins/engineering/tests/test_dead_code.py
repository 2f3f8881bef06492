"""Dead code: what nothing uses is reported; what anything may use never is."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from genesis.contracts import TaskResult
from genesis.testing import run_tool

_TOOL = "genesis_engineering.dead_code:find_dead_code"


def _run(root: Path, files: dict[str, str], *, seconds: float = 60) -> TaskResult:
    repository = root / "repository"
    repository.mkdir(parents=True)
    for path, text in files.items():
        (repository / path).parent.mkdir(parents=True, exist_ok=True)
        (repository / path).write_text(text, encoding="utf-8")
    subprocess.run(["git", "init", "-q", str(repository)], check=True)
    subprocess.run(["git", "-C", str(repository), "add", "-A"], check=True)
    return run_tool(_TOOL, repository, root / "attempt", time_limit_seconds=seconds)


def _found(result: TaskResult) -> list[tuple[str, str | None, int | None]]:
    return [(finding.rule, finding.file, finding.line) for finding in result.findings]


def test_private_definitions_that_nothing_names_are_reported(tmp_path: Path) -> None:
    code = (
        "def _old():\n    return 1\n\n\n"
        "class _Gone:\n    pass\n\n\n"
        "class Shop:\n    def _spare(self):\n        return 2\n\n"
        "    def _used(self):\n        return self._used_too()\n\n"
        "    def _used_too(self):\n        return self._used\n"
    )
    assert _found(_run(tmp_path, {"shop.py": code})) == [
        ("unused-private-class", "shop.py", 5),
        ("unused-private-function", "shop.py", 1),
        ("unused-private-method", "shop.py", 10),
    ]


def test_public_names_are_never_reported(tmp_path: Path) -> None:
    code = "def total():\n    return 1\n\n\nclass Shop:\n    def open(self):\n        return 2\n"
    assert _run(tmp_path, {"shop.py": code}).findings == ()


@pytest.mark.parametrize(
    "user",
    [
        {"tests/test_shop.py": "from shop import _helper\n"},
        {"docs/usage.md": "Call `_helper` first.\n"},
        {"pyproject.toml": '[project.scripts]\nshop = "shop:_helper"\n'},
        {"page.html": "{{ shop._helper() }}\n"},
        {"other.py": 'import shop\n\n\ndef call(kind):\n    return getattr(shop, "_hel_" + kind)\n',
         "shop.py": "def _hel_per():\n    return 1\n"},
        {"other.py": 'import shop\n\n\ndef call(kind):\n    return getattr(shop, f"_hel_{kind}")\n',
         "shop.py": "def _hel_per():\n    return 1\n"},
    ],
)  # fmt: skip
def test_a_name_that_is_written_anywhere_counts_as_used(
    tmp_path: Path, user: dict[str, str]
) -> None:
    assert _run(tmp_path, {"shop.py": "def _helper():\n    return 1\n", **user}).findings == ()


def test_what_a_framework_may_call_is_left_alone(tmp_path: Path) -> None:
    code = (
        "from json import JSONEncoder\nfrom typing import TYPE_CHECKING\n\n"
        "from app import route\n\n\n"
        "@route('/')\ndef _index():\n    return 1\n\n\n"
        "class Encoder(JSONEncoder):\n    def _hook(self):\n        return 1\n\n\n"
        "class _Plugin(JSONEncoder):\n    pass\n\n\n"
        "class HookMixin:\n    def _hook_two(self):\n        return 1\n\n\n"
        "class Rich:\n    def _repr_html_(self):\n        return ''\n\n\n"
        "if TYPE_CHECKING:\n\n    def _check(x: Rich) -> Rich:\n        return x\n"
    )
    assert _run(tmp_path, {"shop.py": code}).findings == ()


def test_unreachable_statements_are_reported_at_their_first_line(tmp_path: Path) -> None:
    code = (
        "def price(item):\n    if item:\n        return 1\n        log(item)\n"
        "    raise KeyError\n    print()\n"
    )
    assert _found(_run(tmp_path, {"shop.py": code})) == [
        ("unreachable-code", "shop.py", 4),
        ("unreachable-code", "shop.py", 6),
    ]


def test_code_that_only_looks_unreachable_is_left_alone(tmp_path: Path) -> None:
    code = (
        "from contextlib import suppress\n\n\n"
        "def empty():\n    return\n    yield\n\n\n"
        "def swallow():\n    with suppress(KeyError):\n        raise KeyError\n    return 2\n\n\n"
        "def leave(rows):\n    while True:\n        for row in rows:\n            if row:\n"
        "                break\n        else:\n            break\n    return rows\n"
    )
    assert _run(tmp_path, {"shop.py": code}).findings == ()


def test_unused_imports_and_variables_are_reported(tmp_path: Path) -> None:
    code = "import os\nimport re\n\n\ndef f(x):\n    size = 3\n    return re.sub('a', '', x)\n"
    assert _found(_run(tmp_path, {"shop.py": code})) == [
        ("unused-import", "shop.py", 1),
        ("unused-variable", "shop.py", 6),
    ]


def test_imports_for_others_or_for_their_effect_are_left_alone(tmp_path: Path) -> None:
    files = {
        "pack/__init__.py": "from pack.core import price\n",
        "pack/core.py": (
            "import readline\nimport pack.plugins\nimport os  # noqa: F401\n"
            "from typing import TYPE_CHECKING\nfrom math import pi, tau as tau\n\n"
            "try:\n    import yaml\nexcept ImportError:\n    pass\n\n"
            "if TYPE_CHECKING:\n    from pathlib import Path\n\n\n"
            "def price(of: 'Path') -> float:\n    return 1.0\n"
        ),
        "pack/plugins.py": "def add() -> None: ...\n",
        "pack/user.py": "from pack.core import pi\n\nprint(pi)\n",
        "pack/names.py": "from math import e\n",
    }
    assert _run(tmp_path, files).findings == ()


def test_tests_are_no_source_of_findings(tmp_path: Path) -> None:
    files = {"tests/test_a.py": "import os\n\n\ndef _old():\n    return 1\n", "a.py": "x = 1\n"}
    assert _run(tmp_path, files).findings == ()


def test_without_python_it_says_so_and_which_programs_it_did_not_look_at(tmp_path: Path) -> None:
    result = _run(tmp_path / "one", {"a.css": "1", "tests/b.js": "1"})
    assert result.summary == "There are no programs to look at."
    assert result.omissions == ()
    (omission,) = _run(tmp_path / "two", {"c.go": "1"}).omissions
    assert omission.what == "unused code in other languages"


def test_without_time_it_calls_nothing_unused_and_says_so(tmp_path: Path) -> None:
    result = _run(tmp_path, {"shop.py": "import os\n"}, seconds=1)
    assert result.findings == ()
    assert [omission.reason for omission in result.omissions] == ["no time was left to run ruff"]
