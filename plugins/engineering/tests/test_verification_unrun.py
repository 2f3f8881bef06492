"""Tests that Genesis cannot run are named, and a repository without any is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from genesis.contracts import TaskResult
from genesis_engineering.files import RepositoryFile
from genesis_engineering.verification.unrun_tests import unrun_tests
from hypothesis import given, settings
from hypothesis import strategies as st

from plugins.engineering.tests.verifying import facts, make_repository, rules, verify, write


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "repository", own=False)


def run(repository: Path, files: dict[str, str]) -> TaskResult:
    write(repository, files)
    return verify(repository)


MAKEFILE = "all:\n\tcc main.c\n\ncheck: all\n\t@echo running\n\t./run-tests\n"


@pytest.mark.parametrize(
    ("path", "text", "name"),
    [
        ("tests/parse.c", "int main(void) {}", "the C tests in tests/ (1 file)"),
        ("src/t/test_array.c", "int main(void) {}", "the C tests in src/t/ (1 file)"),
        ("src/queue_test.c", "int main(void) {}", "the C tests in src/ (1 file)"),
        ("lib/tests/parse.c", "int main(void) {}", "the C tests in lib/tests/ (1 file)"),
        ("tests/lib/parse.c", "int main(void) {}", "the C tests in tests/ (1 file)"),
        ("src/data/parse_test.c", "int main(void) {}", "the C tests in src/data/ (1 file)"),
        ("t/basic.t", "use Test::More;", "the Perl tests in t/ (1 file)"),
        ("spec/models/user_spec.rb", "describe User", "the Ruby tests in spec/ (1 file)"),
        ("lib/thing/user_spec.rb", "describe User", "the Ruby tests in lib/thing/ (1 file)"),
        ("app/UserTest.php", "<?php", "the PHP tests in app/ (1 file)"),
        ("src/test/java/a/UserTest.java", "class A {}", "the Java tests in src/test/ (1 file)"),
        ("core/src/UserIT.java", "class A {}", "the Java tests in core/src/ (1 file)"),
        ("tests/unit/type/list.tcl", "start_server", "the Tcl tests in tests/ (1 file)"),
        ("scripts/test-install.sh", "true", "the shell tests in scripts/ (1 file)"),
        ("regress/format.sh", "true", "the shell tests in regress/ (1 file)"),
        ("testing/run.lua", "return 1", "the Lua tests in testing/ (1 file)"),
        ("src/__tests__/a.js", "it()", "the JavaScript tests in src/__tests__/ (1 file)"),
        ("a.test.js", "it()", "the JavaScript tests beside the code (1 file)"),
        ("thing_test.go", "package x", "the Go tests beside the code (1 file)"),
        ("src/lib.rs", "#[cfg(test)]\nmod t {}", "the Rust tests beside the code (src/lib.rs)"),
        ("Makefile", MAKEFILE, "the tests that Makefile runs"),
        ("Makefile.am", "TESTS = one\n", "the tests that Makefile.am runs"),
        ("CMakeLists.txt", "enable_testing()\nadd_test(a b)\n", "the tests that CMakeLists.txt ru"),
        ("meson.build", "exe = executable('a')\ntest('a', exe)\n", "the tests that meson.build r"),
    ],
)
def test_tests_that_cannot_be_run_are_named_and_are_no_finding(
    repository: Path, path: str, text: str, name: str
) -> None:
    result = run(repository, {"main.c": "int main(void) { return 0; }\n", path: text})
    assert rules(result) == []
    assert facts(result)["verdict"] == "could_not_run"
    (omission,) = result.omissions
    assert omission.what.startswith(name)
    assert omission.reason.startswith("not run: ")
    assert name in (result.blocked or "")


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("library/Thing/Test/BaseTestCase.php", "<?php"),
        ("library/Thing/Test/DbTest.php", "<?php"),
        ("lib/thing/testing/inline.rb", "module A"),
        ("src/main/java/a/test/UserTest.java", "class A {}"),
        ("tests/data/a.c", "int x;"),
        ("install/cli_test.php", "<?php"),
        ("commands/TestCommand.php", "<?php"),
        ("deps/other/test/a.c", "int x;"),
        ("lib/generators/templates/job_test.rb", "class A"),
        ("docs/test/a.c", "int x;"),
        ("tests/fixtures/a.c", "int x;"),
        ("tests/empty.c", ""),
        ("tests/data.json", "{}"),
        ("tests/__init__.py", "x = 1"),
        ("spec.md", "# A"),
        ("src/contest.c", "int x;"),
        ("src/latest.rb", "x = 1"),
        ("Makefile", "check:\n\truff .\n"),
        ("Makefile", "test := 1\nall:\n\tcc main.c\n"),
        ("Makefile", "test:\n\tpython -m pytest\n"),
        ("Makefile", "test:\n\n\nclean:\n\trm -r tests\n"),
        ("Makefile.am", "check_PROGRAMS = fuzzer\nTESTSUITE = a\n"),
        ("meson.build", "# test('a')\ncontest('a')\n"),
    ],
)
def test_what_only_looks_like_tests_is_a_repository_without_any(
    repository: Path, path: str, text: str
) -> None:
    result = run(repository, {"main.c": "int main(void) { return 0; }\n", path: text})
    assert rules(result) == ["no-tests"]
    assert facts(result)["verdict"] == "no_tests"


def test_each_language_is_named_once_with_the_folder_of_most_of_its_tests(
    repository: Path,
) -> None:
    files = {f"tests/{number}.c": "int x;" for number in range(3)}
    files |= {"other_test.c": "int x;", "tests/run.sh": "true", "main.c": "int x;"}
    result = run(repository, files)
    assert [one.what for one in result.omissions] == [
        "the C tests in tests/ (4 files)",
        "the shell tests in tests/ (1 file)",
    ]


def test_a_runner_that_finds_no_tests_does_not_hide_those_of_another_language(
    tmp_path: Path,
) -> None:
    repository = make_repository(tmp_path / "repository")
    result = run(repository, {"src/a.c": "int x;", "tests/a_test.c": "int x;", "a.py": "x = 1\n"})
    assert rules(result) == []
    assert [one.what for one in result.omissions] == ["the C tests in tests/ (1 file)"]


def test_where_a_suite_was_run_tests_of_other_languages_are_not_listed(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository")
    files = {"test_it.py": "def test_a(): pass\n", "tests/helper.sh": "true\n"}
    result = run(repository, files)
    assert facts(result)["verdict"] == "passed"
    assert result.omissions == ()


@given(
    st.lists(
        st.from_regex(r"([a-z_-]{1,8}/){0,3}[A-Za-z_.-]{1,9}\.(c|rb|php|t|sh|rs)", fullmatch=True),
        max_size=8,
    )
)
@settings(deadline=None, max_examples=100)
def test_any_names_are_read_and_few_are_told(names: list[str]) -> None:
    files = [RepositoryFile(name, Path("/nowhere") / name, 10) for name in sorted(set(names))]
    told = unrun_tests(files)
    assert len(told) <= 6
    assert all(len(one.name) < 500 for one in told)
