"""Suites of `go test` and `cargo test`: each result is that of the runner itself."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest
from genesis_engineering.verification.go_events import GoEvents
from genesis_engineering.verification.records import RecordedTest
from genesis_engineering.verification.run_findings import _outer_tests

from plugins.engineering.tests.verifying import (
    counts,
    facts,
    make_repository,
    rules,
    verify,
    write,
)

needs_go = pytest.mark.skipif(shutil.which("go") is None, reason="no Go here")
needs_cargo = pytest.mark.skipif(shutil.which("cargo") is None, reason="no Rust here")
GO = {
    "go.mod": "module example.org/thing\n\ngo 1.18\n",
    "thing.go": "package thing\n\nfunc Add(a, b int) int { return a + b }\n",
    "thing_test.go": """package thing

import (
\t"fmt"
\t"testing"
)

func TestGood(t *testing.T) {}

func TestBad(t *testing.T) {
\tfmt.Println("printed")
\tt.Errorf("got %d", Add(1, 1))
}

func TestSkipped(t *testing.T) { t.Skip("later") }

func TestParts(t *testing.T) {
\tt.Run("a b", func(t *testing.T) {})
\tt.Run("c", func(t *testing.T) { t.Fatal("c is bad") })
}

func ExampleAdd() {
\tfmt.Println(Add(1, 2))
\t// Output: 3
}
""",
}
CARGO = '[package]\nname = "thing"\nversion = "0.1.0"\nedition = "2021"\n'
RUST = """/// Adds.
/// ```
/// assert_eq!(thing::add(1, 2), 3);
/// ```
pub fn add(a: i32, b: i32) -> i32 { a + b }

#[cfg(test)]
mod tests {
    #[test]
    fn good() { println!("test tests::fake ... ok"); }
    #[test]
    fn bad() {
        assert_eq!(super::add(1, 1), 3, "the sum");
    }
    #[test]
    #[ignore = "slow"]
    fn later() {}
    #[test]
    #[should_panic]
    fn panics() { panic!("as it should"); }
}
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "repository", own=False)


def counts_of_go(repository: Path) -> dict[str, object]:
    answer = subprocess.run(
        ["go", "test", "-json", "-count=1", "./..."], cwd=repository, capture_output=True,
        env=os.environ | {"GOFLAGS": ""}, timeout=100,
    )  # fmt: skip
    found: Counter[str] = Counter()
    for line in answer.stdout.splitlines():
        event = json.loads(line) if line.startswith(b"{") else {}
        if event.get("Test"):
            found[event["Action"]] += 1
    return {
        "passed": found["pass"], "failed": found["fail"], "errors": 0, "skipped": found["skip"],
    }  # fmt: skip


def counts_of_cargo(repository: Path) -> dict[str, object]:
    copy = repository.parent / "for-cargo"
    subprocess.run(["cp", "-r", str(repository), str(copy)], check=True)
    answer = subprocess.run(
        ["cargo", "test", "--no-fail-fast", "--offline"], cwd=copy, capture_output=True, text=True,
        timeout=100,
    )  # fmt: skip
    results = re.findall(r"(\d+) passed; (\d+) failed; (\d+) ignored", answer.stdout)
    sums = [sum(int(one[place]) for one in results) for place in range(3)]
    return {"passed": sums[0], "failed": sums[1], "errors": 0, "skipped": sums[2]}


@needs_go
def test_each_outcome_of_go_is_that_of_its_json(repository: Path) -> None:
    write(repository, GO)
    result = verify(repository)
    expected = {"passed": 3, "failed": 3, "errors": 0, "skipped": 1}
    assert counts(result) == counts_of_go(repository) == expected
    assert facts(result)["verdict"] == "failed"
    # The test around the part that failed is no finding of its own.
    assert rules(result) == ["test-failed"] * 2
    bad = next(one for one in result.findings if "TestBad" in one.message)
    assert (bad.file, bad.line) == ("thing_test.go", 12)
    assert bad.message.endswith("got 2")
    assert "printed" in bad.evidence
    part = next(one for one in result.findings if "TestParts/c" in one.message)
    again = subprocess.run(part.check, shell=True, cwd=repository, capture_output=True, text=True)
    assert "--- FAIL: TestParts/c" in again.stdout
    assert "TestBad" not in again.stdout
    coverage = facts(result)["coverage"]
    assert isinstance(coverage, dict)
    assert (coverage["percent"], coverage["statements"]) == (100.0, 1)


@needs_go
def test_a_package_of_go_that_does_not_compile_panics_or_exits_is_told(repository: Path) -> None:
    written = {
        "broken/b_test.go": 'package broken\n\nimport "testing"\n\n'
        "func TestX(t *testing.T) { y := 1 }\n",
        "panics/p_test.go": 'package panics\n\nimport "testing"\n\n'
        'func TestX(t *testing.T) { panic("oh") }\n\nfunc TestY(t *testing.T) {}\n',
        "exits/e_test.go": 'package exits\n\nimport (\n\t"os"\n\t"testing"\n)\n\n'
        "func TestMain(m *testing.M) { os.Exit(3) }\n\nfunc TestX(t *testing.T) {}\n",
    }
    write(repository, GO | written)
    result = verify(repository)
    assert counts(result) == counts_of_go(repository)
    assert facts(result)["collection_errors"] == 2
    messages = {one.message for one in result.findings if one.rule == "test-collection-error"}
    assert any("broken" in one and "y declared" in one for one in messages)
    files = {one.file for one in result.findings if one.rule == "test-collection-error"}
    assert files == {"broken/b_test.go", None}
    assert any("exits" in one for one in messages)
    panic = next(one for one in result.findings if "panics::TestX" in one.message)
    assert panic.file == "panics/p_test.go"
    assert "panic: oh" in panic.message


@needs_go
def test_a_test_of_go_that_hangs_is_stopped_and_named_and_much_output_is_dropped(
    repository: Path,
) -> None:
    text = 'package thing\n\nimport (\n\t"fmt"\n\t"strings"\n\t"testing"\n\t"time"\n)\n\n'
    text += "func TestA(t *testing.T) {\n\tfor i := 0; i < 100; i++ {\n"
    text += '\t\tfmt.Println(strings.Repeat("x", 1000000))\n\t}\n}\n\n'
    text += "func TestHangs(t *testing.T) { time.Sleep(time.Hour) }\n"
    write(repository, {"go.mod": GO["go.mod"], "it_test.go": text})
    result = verify(repository, limit_seconds=12)
    assert facts(result)["verdict"] == "incomplete"
    assert facts(result)["passed"] == 1
    assert rules(result) == ["test-hung"]
    assert "::TestHangs" in result.findings[0].message
    assert (repository.parent / "attempt" / "test-events.jsonl").stat().st_size < 20_000


@needs_go
def test_a_module_of_go_that_is_not_here_is_no_failure(repository: Path) -> None:
    mod = GO["go.mod"] + "\nrequire example.com/absent v1.0.0\n"
    text = 'package thing\n\nimport (\n\t"testing"\n\n\t_ "example.com/absent"\n)\n\n'
    text += "func TestX(t *testing.T) {}\n"
    write(repository, {"go.mod": mod, "it_test.go": text})
    result = verify(repository)
    assert facts(result)["verdict"] in ("could_not_run", "incomplete")
    assert "test-failed" not in rules(result)


@needs_cargo
def test_each_outcome_of_cargo_is_that_of_its_own_summary(repository: Path) -> None:
    tests = '#[test]\nfn one() { print!("no newline"); }\n#[test]\nfn two() {\n'
    tests += '    std::process::Command::new("echo").arg("uncaught").status().unwrap(); }\n'
    write(repository, {"Cargo.toml": CARGO, "src/lib.rs": RUST, "tests/it.rs": tests})
    result = verify(repository)
    expected = {"passed": 5, "failed": 1, "errors": 0, "skipped": 1}
    assert counts(result) == counts_of_cargo(repository) == expected
    assert rules(result) == ["test-failed"]
    bad = result.findings[0]
    assert (bad.file, bad.line) == ("src/lib.rs", 13)
    assert "the sum" in bad.message
    assert "tests::bad" in bad.check
    assert not (repository / "target").exists()
    assert not (repository / "Cargo.lock").exists()


@needs_cargo
def test_a_test_of_rust_that_ends_its_process_leaves_its_program_incomplete(
    repository: Path,
) -> None:
    slow = "#[test]\nfn slow() { std::thread::sleep(std::time::Duration::from_secs(3)); }\n"
    files = {
        "Cargo.toml": CARGO,
        "src/lib.rs": "",
        "tests/exits.rs": slow + "#[test]\nfn exits() { std::process::exit(0); }\n",
    }
    write(repository, files)
    result = verify(repository)
    assert facts(result)["verdict"] == "incomplete"
    assert facts(result)["passed"] == 0
    assert facts(result)["interrupted"] == 2
    assert rules(result) == ["exit-code-disagrees"]


@needs_cargo
def test_rust_that_does_not_compile_cannot_run_and_says_why(repository: Path) -> None:
    write(repository, {"Cargo.toml": CARGO, "src/lib.rs": 'pub fn x() -> i32 { "text" }\n'})
    result = verify(repository)
    assert result.blocked is not None
    assert "mismatched types" in result.blocked or "could not compile" in result.blocked
    assert facts(result)["verdict"] == "could_not_run"


@needs_cargo
def test_the_members_of_a_workspace_are_one_suite(repository: Path) -> None:
    test = "#[test]\nfn one() {}\n"
    files = {"Cargo.toml": '[workspace]\nmembers = ["a", "b"]\nresolver = "2"\n'}
    for name in ("a", "b"):
        files[f"{name}/Cargo.toml"] = CARGO.replace("thing", name)
        files[f"{name}/src/lib.rs"] = test
    write(repository, files)
    result = verify(repository)
    assert facts(result)["verdict"] == "passed"
    assert facts(result)["passed"] == 2
    assert len(json.loads(json.dumps(facts(result)["suites"]))) == 1


@needs_go
def test_modules_that_cannot_be_downloaded_are_named_and_the_tests_could_not_be_run(
    repository: Path,
) -> None:
    mod = GO["go.mod"] + "\nrequire (\n\texample.com/absent v1.0.0\n\texample.com/far v1.2.0\n)\n"
    text = GO["thing_test.go"].replace("import (", 'import (\n\t_ "example.com/absent/inner"')
    # With a whole go.sum it is only the download that fails.
    hashed = "h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
    lines = [f"example.com/{one} {hashed}" for one in ("absent v1.0.0", "far v1.2.0")]
    lines += [line.replace(" h1", "/go.mod h1") for line in lines]
    files = {"go.mod": mod, "go.sum": "".join(sorted(lines)), "thing_test.go": text}
    write(repository, GO | files)
    result = verify(repository)
    assert facts(result)["verdict"] == "could_not_run"
    assert "example.com/absent" in (result.blocked or "")
    assert [(one.rule, str(one.severity)) for one in result.findings] == [
        ("test-dependency-missing", "low")
    ]
    assert "example.com/absent is not on this machine" in result.findings[0].message


@pytest.mark.parametrize("is_late", [True, False])
def test_why_a_package_of_go_is_not_set_up_is_told_whichever_pipe_is_first(is_late: bool) -> None:
    said = [
        "FAIL\texample.org/thing [setup failed]",
        "go: downloading example.com/absent v1.0.0",
        "# example.org/thing",
        "a_test.go:4:2: module lookup disabled by GOPROXY=off",
    ]
    events: list[dict[str, object]] = []
    reader = GoEvents(events.append, module="example.org/thing", prefix="", root="/x")
    lines = said if is_late else [*said[1:], said[0]]
    reader.feed("".join(f"{line}\n" for line in lines).encode())
    reader.close(1)
    (failed,) = [one for one in events if one["event"] == "collection"]
    assert str(failed["message"]).startswith("modules that are not here: example.com/absent.")


@needs_go
def test_a_go_that_is_older_than_a_module_wants_is_what_is_lacking(repository: Path) -> None:
    write(repository, GO | {"go.mod": "module example.org/thing\n\ngo 1.999.1\n"})
    result = verify(repository)
    assert facts(result)["verdict"] == "could_not_run"
    (found,) = result.findings
    assert (found.rule, str(found.severity)) == ("test-dependency-missing", "low")
    assert "Go 1.999.1 is not on this machine" in found.message


@needs_go
def test_a_broken_manifest_of_go_is_a_fault_of_the_repository(repository: Path) -> None:
    write(repository, GO | {"go.mod": "module example.org/thing\n\nno such directive\n"})
    result = verify(repository)
    assert facts(result)["verdict"] == "could_not_run"
    (found,) = result.findings
    assert (found.rule, str(found.severity), found.file) == (
        "test-collection-error", "high", "go.mod",
    )  # fmt: skip


@needs_go
def test_a_module_whose_packages_are_all_left_out_has_no_tests(repository: Path) -> None:
    write(repository, {"go.mod": GO["go.mod"], "_old/thing_test.go": "package old\n"})
    result = verify(repository)
    assert facts(result)["verdict"] == "no_tests"


def test_what_go_says_before_it_comes_to_any_package_is_not_lost() -> None:
    events: list[dict[str, object]] = []
    reader = GoEvents(events.append, module="example.org/thing", prefix="in/", root="/x")
    reader.feed(b"go: example.com/absent@v1.0.0: module lookup disabled by GOPROXY=off\n")
    reader.feed(b"go: downloading example.com/far v1.2.0\ngo: downloading example.com/absent v1\n")
    reader.close(1)
    failed, finish = events
    assert (failed["event"], failed["file"]) == ("collection", "in/go.mod")
    assert "not here: example.com/absent, example.com/far. Download" in str(failed["message"])
    assert finish == {"event": "finish", "exit_status": 1}


@pytest.mark.parametrize("has_sums", [True, False])
def test_sums_that_nobody_keeps_are_no_fault_and_one_that_is_forgotten_is(
    tmp_path: Path, *, has_sums: bool
) -> None:
    if has_sums:
        (tmp_path / "go.sum").touch()
    events: list[dict[str, object]] = []
    reader = GoEvents(events.append, module="m", prefix="", root=str(tmp_path))
    reader.feed(b"go: example.com/absent@v1.0.0: missing go.sum entry; to add it:\n")
    reader.close(1)
    assert ("not here: example.com/absent" in str(events[0]["message"])) is not has_sums


@pytest.mark.parametrize(
    ("failing", "outer"),
    [
        (["p::TestA", "p::TestA/b/c"], {"p::TestA", "p::TestA/b"}),
        (["p/q::TestA"], set()),
        (["tests/test_a.py::test_b"], set()),
    ],
)
def test_a_test_of_go_says_nothing_more_than_its_parts(failing: list[str], outer: set[str]) -> None:
    assert _outer_tests([RecordedTest(one) for one in failing]) == outer
