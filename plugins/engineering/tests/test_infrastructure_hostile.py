"""Repositories that were made to hurt: each tool ends, gives a result, and changes nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from genesis.testing import run_tool
from genesis_engineering.infrastructure.javascript_tokens import tokens_of

from plugins.engineering.tests.infrastructure_runs import ALL, make_repository

_MANY = 5_000
_HOSTILE: Mapping[str, Mapping[str, str | bytes]] = {
    "invalid UTF-8": {
        "pyproject.toml": b"[project]\nname = '\xff\xfe'\n",
        "package.json": b'{"name": "\xe9"}',
        "Dockerfile": b"FROM \xff\xfe\nCOPY \xe9 /\n",
        ".github/workflows/a.yml": b"on: \xff\n",
        "a.py": b"import \xff\n",
    },
    "binary": dict.fromkeys(("setup.py", "go.mod", "Cargo.toml", "Pipfile"), b"\x00\x01\x02" * 100),
    "deep nesting": {
        "package.json": "[" * 100_000,
        "pyproject.toml": "a = " + "[" * 50_000,
        ".gitlab-ci.yml": "[" * 100_000,
        "compose.yml": "{a: " * 20_000,
        "setup.py": "setup(install_requires=" + "(" * 50_000,
    },
    "dotted keys": {"pyproject.toml": "a" + ".a" * 400_000 + " = 1\n"},
    "aliases": {
        ".github/workflows/a.yml": "a: &a [x]\n"
        + "".join(f"b{n}: &b{n} [*a, *{f'b{n - 1}' if n else 'a'}]\n" for n in range(2000)),
    },
    "huge lines": {
        ".github/workflows/a.yml": "on: push\njobs:\n  a:\n    steps:\n      - run: "
        + "${{ " * 40_000,
        "Dockerfile": "FROM a:1\nRUN " + "curl " * 30_000 + "\nRUN apt-get update " + "-" * 5000,
        "requirements.txt": "a" * 900_000,
        "go.mod": "require " + "a." * 400_000 + "\n",
        "a.js": "import '" + "a" * 900_000,
        "package.json": '{"name": "a", "dependencies": {"b": "1"}}',
    },
    "quotes and slashes": {
        "package.json": '{"name": "a", "dependencies": {"b": "1"}}',
        "a.js": "import x from 'c'\n" + ("/[" * 900 + "\n") * 60,
        "b.js": "import x from 'c'\n" + ('"\\' * 900 + "\n") * 60,
        "c.vue": "<script>" * 100_000,
        "go.mod": "module a.io/b\n",
        "a.go": "import (\n" * 50_000,
        "b.go": "/*" * 300_000,
    },
    "many declarations": {
        "requirements.txt": "".join(f"package-{n}=={n}\n" for n in range(_MANY)),
        "package.json": json.dumps(
            {"dependencies": {f"p{n}": "^1" for n in range(_MANY)}}, indent=1
        ),
        "a.py": "".join(f"import module_{n}\n" for n in range(300)),
        "a.js": "",
    },
    "circles": {
        "requirements.txt": "-r b.txt\n-r requirements.txt\nx==1\n",
        "requirements-b.txt": "-r requirements.txt\n-r requirements-b.txt\nx==2\n",
        "Dockerfile": "ARG A=$A$A\nFROM $A\nFROM b AS b\nCOPY --from=b a a\n",
        "compose.yml": "services:\n  a: &a\n    build: *a\n    depends_on: *a\n",
    },
    "paths out of the tree": {
        "Dockerfile": "FROM a:1\nCOPY ../../../etc/passwd /\nCOPY /../x /\n",
        "requirements.txt": "-r ../../../../etc/passwd\n-r /etc/passwd\n",
        "compose.yml": "services:\n  a:\n    build: ../../..\n    env_file: /etc/passwd\n",
        ".github/workflows/a.yml": "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n"
        "      - uses: actions/checkout@v4\n      - uses: ./../../x\n      - run: bash ../x.sh\n",
    },
}


@pytest.mark.parametrize("what", _HOSTILE)
def test_a_hostile_repository_is_looked_at_to_the_end(tmp_path: Path, what: str) -> None:
    repository = make_repository(tmp_path, _HOSTILE[what])
    before = sorted(path for path in repository.rglob("*") if ".git" not in path.parts)
    for tool in ALL:
        result = run_tool(
            f"genesis_engineering.infrastructure.{tool}", repository, tmp_path / "attempt"
        )
        assert result.summary
        assert not [one for one in result.findings if "passwd" in one.message]
    assert sorted(path for path in repository.rglob("*") if ".git" not in path.parts) == before


def test_templates_in_templates_are_read_without_recursion() -> None:
    text = "`" + "${`" * 5000 + "${a} b" + "`}" * 5000 + "`"
    assert [token.value for token in tokens_of(text)] == ["a"]


def test_when_time_is_over_what_was_not_looked_at_is_named(tmp_path: Path) -> None:
    files = {"pyproject.toml": "[project]\nname = 'a'\ndependencies = ['x<1,>2']\n", "a.py": ""}
    repository = make_repository(tmp_path, files)
    tool = f"genesis_engineering.infrastructure.{ALL[0]}"
    result = run_tool(tool, repository, tmp_path / "attempt", time_limit_seconds=3)
    assert [one.what for one in result.omissions] == ["packages of Python, all or some of them"]
    result = run_tool(tool, repository, tmp_path / "attempt")
    assert [one.rule for one in result.findings] == [
        "conflicting-requirements",
        "unused-dependency",
    ]
    assert result.omissions == ()
