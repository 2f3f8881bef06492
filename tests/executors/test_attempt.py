"""One attempt: its tools one after another, and what they found as one result."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import pytest
from genesis.contracts.executors import AttemptSpec, AttemptUpdate, ToolCall
from genesis.contracts.findings import Finding, Omission
from genesis.contracts.work import TaskResult, ToolContext
from genesis.errors import AttemptCancelledError
from genesis.executors.attempt import merge_results, run_attempt
from hypothesis import given
from hypothesis import strategies as st


@pytest.fixture
def tools(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A module of its own into which a test puts its tools."""
    module = ModuleType("attempt_tools")
    monkeypatch.setitem(sys.modules, "attempt_tools", module)
    return module


def spec(folder: Path, *names: str, seconds: float = 60) -> AttemptSpec:
    calls = tuple(ToolCall(tool=n, run=f"attempt_tools:{n}", params={"n": n}) for n in names)
    return AttemptSpec(
        task_id="t", attempt=1, specialist="s", kind="work", description="d", calls=calls,
        repository=str(folder), folder=str(folder / "work" / "t-1"),
        log_file=str(folder / "logs" / "s.log"), time_limit_seconds=seconds,
    )  # fmt: skip


def run(folder: Path, *names: str) -> AttemptUpdate:
    return run_attempt(spec(folder, *names), lambda _fraction, _message: None)


def test_each_tool_gets_its_own_params_and_the_same_folder(
    tmp_path: Path, tools: ModuleType
) -> None:
    seen: list[tuple[object, Path, bool]] = []

    def tool(context: ToolContext) -> TaskResult:
        seen.append((context.params["n"], context.folder, context.folder.is_dir()))
        return TaskResult(summary=f"{context.kind} {context.description}")

    tools.one = tools.two = tool
    update = run(tmp_path, "one", "two")
    folder = tmp_path / "work" / "t-1"
    assert seen == [("one", folder, True), ("two", folder, True)]
    assert (update.ended, update.result.summary) == ("completed", "work d; work d")


def test_progress_of_two_tools_is_one_progress(tmp_path: Path, tools: ModuleType) -> None:
    def tool(context: ToolContext) -> TaskResult:
        for fraction in (-1.0, 0.5, 7.0):
            context.progress(fraction)
        return TaskResult(summary="s")

    tools.one = tools.two = tool
    seen: list[tuple[float, str]] = []
    run_attempt(spec(tmp_path, "one", "two"), lambda *update: seen.append(update))
    assert [fraction for fraction, _name in seen] == [0, 0, 0.25, 0.5, 0.5, 0.5, 0.75, 1.0]
    assert [name for _fraction, name in seen] == ["one"] * 4 + ["two"] * 4


def test_a_cancelled_attempt_runs_no_further_tool(tmp_path: Path, tools: ModuleType) -> None:
    calls: list[str] = []

    def one(context: ToolContext) -> TaskResult:
        calls.append("one")
        context.progress(0.5)
        raise AssertionError("not reached")

    tools.one = one
    tools.two = lambda _context: calls.append("two")

    def report(fraction: float, _message: str) -> None:
        if fraction > 0:
            raise AttemptCancelledError("enough")

    update = run_attempt(spec(tmp_path, "one", "two"), report)
    assert (update.ended, calls) == ("cancelled", ["one"])


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (RuntimeError("boom"), "RuntimeError: boom"),
        (SystemExit(3), "SystemExit: 3"),
        (RecursionError(), "RecursionError"),
        (FileNotFoundError("caf\udce9.txt"), r"caf\udce9.txt"),
    ],
    ids=["error", "exit", "recursion", "no text"],
)
def test_a_fault_is_an_ending_and_the_others_findings_stay(
    tmp_path: Path, tools: ModuleType, fault: BaseException, told: str
) -> None:
    def bad(_context: ToolContext) -> TaskResult:
        raise fault

    tools.bad = bad
    tools.good = lambda _context: TaskResult(summary="fine")
    update = run(tmp_path, "bad", "good")
    assert (update.ended, update.result.summary) == ("failed", "fine")
    assert told in update.error
    AttemptUpdate.model_validate_json(update.model_dump_json())
    assert "Traceback" in (tmp_path / "logs" / "s.log").read_text()
    assert run(tmp_path, "bad").result is None


def test_something_else_than_a_result_is_named(tmp_path: Path, tools: ModuleType) -> None:
    tools.bad = lambda _context: {"summary": "a dictionary"}
    assert "returned dict, not a TaskResult" in run(tmp_path, "bad").error


@pytest.mark.parametrize("reference", ["attempt_tools:absent", "no_such_module_here:f"])
def test_a_tool_that_is_not_there_is_named(
    tmp_path: Path, tools: ModuleType, reference: str
) -> None:
    call = ToolCall(tool="x", run=reference, params={})
    update = run_attempt(spec(tmp_path).model_copy(update={"calls": (call,)}), lambda _f, _m: None)
    assert update.ended == "failed"
    assert f"{reference!r} cannot be loaded" in update.error


def test_a_log_that_cannot_be_written_does_not_hide_the_error(
    tmp_path: Path, tools: ModuleType
) -> None:
    (tmp_path / "logs").write_text("a file in the place of the folder")

    def bad(_context: ToolContext) -> TaskResult:
        raise RuntimeError("boom")

    tools.bad = bad
    assert "RuntimeError: boom" in run(tmp_path, "bad").error


def test_seconds_left_run_out_at_the_limit(tmp_path: Path, tools: ModuleType) -> None:
    left: list[float] = []
    tools.one = lambda context: left.append(context.seconds_left) or TaskResult(summary="s")
    run_attempt(spec(tmp_path, "one", seconds=1e-9), lambda _f, _m: None)
    run_attempt(spec(tmp_path, "one", seconds=500), lambda _f, _m: None)
    assert left[0] == 0
    assert 0 < left[1] <= 500


def test_one_blocked_tool_is_an_omission_and_all_blocked_is_blocked() -> None:
    stuck = TaskResult(summary="no runner", blocked="x" * 5000)
    merged = merge_results([stuck, TaskResult(summary="fine")])
    assert merged.blocked is None
    assert [(o.what, len(o.reason)) for o in merged.omissions] == [("no runner", 2000)]
    assert merge_results([stuck, stuck]).blocked is not None
    assert merge_results([stuck, stuck]).omissions == ()


RESULTS = st.builds(
    TaskResult,
    summary=st.text(min_size=1, max_size=2000),
    findings=st.lists(
        st.builds(
            Finding,
            rule=st.sampled_from(["a", "b"]),
            severity=st.sampled_from(["high", "medium", "low", "info"]),
            message=st.just("m"),
            file=st.sampled_from([None, "x", "y"]),
            line=st.sampled_from([None, 1, 2]),
        ),
        max_size=3,
    ).map(tuple),
    omissions=st.lists(st.builds(Omission, what=st.just("w"), reason=st.just("r")), max_size=2)
    .map(tuple),
    blocked=st.one_of(st.none(), st.just(""), st.text(max_size=3000)),
)  # fmt: skip


@given(results=st.lists(RESULTS, min_size=1, max_size=5))
def test_merging_keeps_every_finding_whatever_the_results(results: list[TaskResult]) -> None:
    merged = merge_results(results)
    given_findings = [finding for result in results for finding in result.findings]
    assert sorted(map(repr, merged.findings)) == sorted(map(repr, given_findings))
    assert bool(merged.blocked) == all(result.blocked for result in results)
    if len(results) > 1:
        ranks = [finding.severity.rank for finding in merged.findings]
        assert ranks == sorted(ranks)
    assert len(merged.omissions) >= sum(len(result.omissions) for result in results)


def test_the_summaries_of_several_tools_read_as_one_sentence() -> None:
    results = [
        TaskResult(summary="No logs."),
        TaskResult(summary="2 files"),
        TaskResult(summary="Done."),
    ]
    assert merge_results(results).summary == "No logs; 2 files; Done."
