"""Which suites a repository has, how the checkout is copied, and how runners' words are read."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import pytest
from genesis_engineering.verification.cargo_events import CargoEvents
from genesis_engineering.verification.declared import read_installs
from genesis_engineering.verification.go_events import GoEvents
from genesis_engineering.verification.node_script import read_script, split_script
from genesis_engineering.verification.records import Records
from genesis_engineering.verification.suites import find_suites
from genesis_engineering.verification.working_copy import CopyError, copy_checkout
from hypothesis import given, settings
from hypothesis import strategies as st

from plugins.engineering.tests.verifying import facts, make_repository, suites_of, verify, write

bounded = settings(deadline=None, max_examples=100)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "repository", own=False)


def found(repository: Path) -> list[tuple[str, str]]:
    return [(suite.runner, suite.folder) for suite in find_suites(repository).found]


def test_each_ecosystem_is_found_from_its_manifest(repository: Path) -> None:
    files = {
        "pyproject.toml": "[tool.pytest.ini_options]\n",
        "web/package.json": '{"scripts": {"test": "vitest run"}}',
        "service/go.mod": "module x\n",
        "service/inner/a_test.go": "package x\n",
        "engine/Cargo.toml": '[package]\nname = "x"\n',
    }
    write(repository, files)
    assert found(repository) == [
        ("pytest", "."), ("vitest", "web"), ("go", "service"), ("cargo", "engine"),
    ]  # fmt: skip


def test_a_program_that_is_only_named_like_a_test_is_not_imported(repository: Path) -> None:
    test = "import unittest\n\nclass A(unittest.TestCase):\n    def test_a(self): pass\n"
    files = {"src/test_it.py": test, "src/it_test.py": test, "more/test_a.py": test}
    write(repository, files | {"src/test_run.py": "import sys\n\nopen(sys.argv[1], 'w')\n"})
    starts = [start for suite in find_suites(repository).found for start in suite.starts]
    assert [(one.folder, one.pattern) for one in starts] == [
        ("more", "test*.py"), ("src", "*_test.py"), ("src", "test_it.py"),
    ]  # fmt: skip
    assert facts(verify(repository))["passed"] == 3


def test_examples_fixtures_and_templates_have_no_suites(repository: Path) -> None:
    files = {
        "examples/a/package.json": '{"scripts": {"test": "jest"}}',
        "tests/fixtures/b/Cargo.toml": '[package]\nname = "x"\n',
        "{{name}}/go.mod": "module x\n",
        "{{name}}/a_test.go": "package x\n",
        "go.mod": "module y\n",
    }
    write(repository, files)
    assert found(repository) == []


def test_projects_beside_each_other_are_suites_of_their_own(repository: Path) -> None:
    files = {
        "a/pyproject.toml": "[project]\nname = 'a'\nversion = '1'\n",
        "a/tests/test_it.py": "def test_a(): pass\n",
        "b/setup.py": "",
        "b/test_it.py": "import unittest\nclass T(unittest.TestCase): pass\n",
    }
    write(repository, files)
    assert found(repository) == [("pytest", "a"), ("unittest", "b")]


def test_the_members_of_a_cargo_workspace_are_no_suites_of_their_own(repository: Path) -> None:
    files = {
        "Cargo.toml": '[workspace]\nmembers = ["a"]\nexclude = ["b"]\n',
        "a/Cargo.toml": '[package]\nname = "a"\n',
        "b/Cargo.toml": '[package]\nname = "b"\n',
    }
    write(repository, files)
    assert found(repository) == [("cargo", "."), ("cargo", "b")]


def test_several_suites_are_run_and_their_counts_summed(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository")
    (repository / "pytest.ini").unlink()
    files = {
        "a/pyproject.toml": "[project]\nname = 'a'\nversion = '1'\n",
        "a/tests/test_it.py": "def test_good(): pass\n",
        "b/pyproject.toml": "[project]\nname = 'b'\nversion = '1'\n",
        "b/test_it.py": "def test_good(): pass\ndef test_bad(): assert 0\n",
    }
    write(repository, files)
    result = verify(repository)
    assert facts(result)["verdict"] == "failed"
    assert (facts(result)["passed"], facts(result)["failed"]) == (2, 1)
    assert [suite["verdict"] for suite in suites_of(result)] == ["passed", "failed"]
    (bad,) = result.findings
    assert bad.file == "b/test_it.py"
    assert "b/test_it.py::test_bad" in bad.message
    again = subprocess.run(bad.check, shell=True, cwd=repository, capture_output=True, text=True)
    assert "1 failed" in again.stdout


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("jest", "jest \0jest\0"),
        ("vitest --reporter=dot", "vitest run \0vitest\0"),
        ("A=b cross-env C=d node --test x/*.js", "A=b cross-env C=d node \0node\0 --test x/*.js"),
        ("npm run lint && npm run build && jest", "( tsc ) && jest \0jest\0"),
        ("eslint . && npx jest --watchAll", "npx jest \0jest\0"),
        ("node --test --test-reporter spec a.js", "node \0node\0 --test a.js"),
        ("c8 --reporter lcov node --test", "c8 --reporter lcov node \0node\0 --test"),
        ("echo 'a && jest'", None),
        ("node build.js", None),
        ("mocha", None),
        ("npm test", None),
    ],
)
def test_a_script_of_npm_is_read_as_its_shell_would(script: str, expected: str | None) -> None:
    scripts = {"test": script, "lint": "eslint .", "build": "tsc"}
    read = read_script(scripts, "test")
    assert (read.text if read else None) == expected


@bounded
@given(st.text(alphabet="ab '\"\\&|; \n", max_size=40))
def test_splitting_a_script_loses_nothing_but_blanks(script: str) -> None:
    parts = list(split_script(script))
    whole = "".join(separator + segment for separator, segment in parts)
    assert "".join(whole.split()) == "".join(script.split())


def test_a_copy_has_what_a_build_left_and_no_secrets_environments_or_large_files(
    repository: Path, tmp_path: Path
) -> None:
    files = {
        ".gitignore": "_version.py\n.env\n",
        "a.py": "x = 1\n",
        "_version.py": "made by a build\n",
        ".env": "SECRET=1\n",
        ".env.example": "SECRET=\n",
        "venv/pyvenv.cfg": "",
        "node_modules/left/package.json": "{}",
        "attempt/own": "",
    }
    write(repository, files)
    with (repository / "large").open("wb") as large:
        large.truncate(5 * 2**30)
    os.mkfifo(repository / "pipe")
    (repository / "link").symlink_to("../../outside")
    target = tmp_path / "copy" / "repository"
    copy = copy_checkout(repository, target, repository / "attempt", time.monotonic() + 60)
    names = {path.name for path in target.iterdir()}
    assert names == {
        ".gitignore", "a.py", "_version.py", ".env.example", "node_modules", "link", ".git",
    }  # fmt: skip
    assert copy.left_out == ["large"]
    assert (target / "node_modules" / "left").is_symlink()
    assert not (target / "node_modules").is_symlink()


def test_a_copy_is_a_repository_at_the_same_commit_without_a_remote(
    repository: Path, tmp_path: Path
) -> None:
    write(repository, {"a.py": "x = 1\n", "b.py": "x = 1\n"})
    git = ["git", "-C", str(repository), "-c", "user.name=a", "-c", "user.email=a@example.org"]
    subprocess.run([*git, "add", "a.py"], check=True)
    subprocess.run([*git, "commit", "-qm", "first"], check=True)
    subprocess.run([*git, "tag", "v1"], check=True)
    write(repository, {"a.py": "x = 2\n"})
    target = tmp_path / "copy" / "repository"
    copy_checkout(repository, target, tmp_path, time.monotonic() + 60)

    def ask(*command: str) -> str:
        answer = subprocess.run(
            ["git", "-C", str(target), *command], capture_output=True, text=True
        )
        return answer.stdout

    assert ask("status", "--porcelain") == " M a.py\n?? b.py\n"
    assert ask("describe", "--tags") == "v1\n"
    assert ask("remote") == ""


def test_a_checkout_that_is_too_large_or_slow_to_copy_blocks_with_the_reason(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(repository, {"test_it.py": "def test_a(): pass\n", "b": "x"})
    with pytest.raises(CopyError, match="takes too long to copy"):
        copy_checkout(repository, tmp_path / "copy", tmp_path, time.monotonic() - 1)
    monkeypatch.setattr("genesis_engineering.verification.working_copy.MAX_FILES", 1)
    result = verify(repository)
    assert result.blocked is not None
    assert "has more than 1 files" in result.blocked


def test_what_a_project_needs_for_its_tests_is_read_from_what_it_declares(tmp_path: Path) -> None:
    text = '[project]\nname = "x"\nversion = "1"\n[project.optional-dependencies]\n'
    text += (
        'test = ["a"]\ndocs = ["b"]\n[dependency-groups]\ndev = ["c>=1", {include-group = "z"}]\n'
    )
    text += 'z = ["d", {include-group = "dev"}]\n'
    write(tmp_path, {"pyproject.toml": text, "requirements-dev.txt": "e\n"})
    installs = read_installs(tmp_path)
    assert installs[0] == ".[test]"
    assert {"c>=1", "d"} <= set(installs)
    assert installs[-2:] == ["-r", "requirements-dev.txt"]


@bounded
@given(st.binary(max_size=300), st.integers(1, 50))
def test_whatever_go_prints_is_read_alike_in_any_pieces(noise: bytes, size: int) -> None:
    lines = [
        b'{"Action":"run","Package":"p","Test":"TestA"}',
        b'{"Action":"pass","Package":"p","Test":"TestA","Elapsed":0.1}',
        b'{"Action":"fail","Package":"p","Test":"TestB"}',
    ]
    text = b"\n".join([lines[0], noise.replace(b"{", b""), *lines[1:], b""])
    whole: list[dict[str, object]] = []
    pieces: list[dict[str, object]] = []
    reader = GoEvents(whole.append, module="p", prefix="", root="/x")
    reader.feed(text)
    reader.close(1)
    reader = GoEvents(pieces.append, module="p", prefix="", root="/x")
    for start in range(0, len(text), size):
        reader.feed(text[start : start + size])
    reader.close(1)
    assert whole == pieces
    assert [one["outcome"] for one in whole if one["event"] == "phase"] == ["passed", "failed"]


NAMES = st.from_regex(r"[a-z]{1,5}(::[a-z]{1,5})?", fullmatch=True)


@bounded
@given(
    st.dictionaries(NAMES, st.sampled_from(["ok", "FAILED", "ignored"]), max_size=8),
    st.sets(st.integers(0, 7)),
)
def test_the_counts_of_rust_are_those_of_the_summary_even_where_names_are_hidden(
    tests: dict[str, str], hidden: set[int]
) -> None:
    lines = ["     Running unittests src/lib.rs (target/debug/deps/x-0123456789abcdef)", ""]
    lines += [f"running {len(tests)} tests"]
    for number, (name, outcome) in enumerate(tests.items()):
        lines.append(f"noise{name}" if number in hidden else f"test {name} ... {outcome}")
    kinds = list(tests.values())
    numbers = [kinds.count(kind) for kind in ("ok", "FAILED", "ignored")]
    lines.append(
        f"test result: ok. {numbers[0]} passed; {numbers[1]} failed; {numbers[2]} ignored; "
        "0 measured; 0 filtered out; finished in 0.00s"
    )
    records = Records()
    reader = CargoEvents(records._add_event, prefix="")
    reader.feed("\n".join([*lines, ""]).encode())
    reader.close(101 if numbers[1] else 0)
    told = records.counts()
    assert [told["passed"], told["failed"], told["skipped"]] == numbers
    assert records.finished is not None
