"""Both executors keep one contract: every submitted attempt ends exactly once."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from genesis.contracts.executors import AttemptSpec, AttemptUpdate, Executor, ToolCall
from genesis.executors.inline import InlineExecutor
from genesis.executors.process import ProcessExecutor

from tests.support import processes_with, until


@pytest.fixture(params=["inline", "process"])
def executor(
    request: pytest.FixtureRequest, probe_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Executor]:
    """Each executor in turn; stopped at the end."""
    monkeypatch.setenv("PYTHONPATH", str(probe_path))
    monkeypatch.syspath_prepend(probe_path)
    wake = threading.Event()
    made: dict[str, Callable[[], Executor]] = {
        "inline": lambda: InlineExecutor(wake.set),
        "process": lambda: ProcessExecutor(wake.set),
    }
    found = made[request.param]()
    found.start()
    yield found
    found.stop()


def spec(
    folder: Path, *steps: list[object], task: str = "t", attempt: int = 1, seconds: float = 60
) -> AttemptSpec:
    call = ToolCall(tool="act", run="probe_plugin:act", params={"do": list(steps)})
    return AttemptSpec(
        task_id=task, attempt=attempt, specialist="s", kind="work", description=task,
        calls=(call,), repository=str(folder), folder=str(folder / f"{task}-{attempt}"),
        log_file=str(folder / "s.log"), time_limit_seconds=seconds,
    )  # fmt: skip


def endings(executor: Executor, number: int) -> list[AttemptUpdate]:
    """Tick until so many attempts have ended."""
    ended: list[AttemptUpdate] = []

    def look() -> bool:
        ended.extend(update for update in executor.tick() if update.ended is not None)
        return len(ended) >= number

    until(look, f"{number} endings")
    return ended


def test_each_attempt_ends_once_with_its_own_result(executor: Executor, tmp_path: Path) -> None:
    for number in range(5):
        executor.submit(spec(tmp_path, ["find", f"of {number}"], task=f"t{number}"))
    ended = endings(executor, 5)
    assert {u.task_id: u.result.findings[0].message for u in ended} == {
        f"t{number}": f"of {number}" for number in range(5)
    }
    assert {u.ended for u in ended} == {"completed"}
    assert executor.tick() == []


def test_progress_comes_before_the_end(executor: Executor, tmp_path: Path) -> None:
    go = tmp_path / "go"
    executor.submit(spec(tmp_path, ["wait", str(go)]))
    updates: list[AttemptUpdate] = []
    until(lambda: updates.extend(executor.tick()) or updates, "progress")
    assert (updates[0].fraction, updates[0].ended) == (0.5, None)
    go.touch()
    until(lambda: updates.extend(executor.tick()) or updates[-1].ended, "the end")
    assert [u.ended for u in updates].count("completed") == 1
    assert updates[-1].ended == "completed"


def test_a_cancelled_attempt_ends_as_cancelled_and_the_others_go_on(
    executor: Executor, tmp_path: Path
) -> None:
    go = tmp_path / "go"
    for task in ("one", "two"):
        executor.submit(spec(tmp_path, ["wait", str(go)], task=task))
    executor.cancel("one", 1)
    executor.cancel("two", 7)
    executor.cancel("unknown", 1)
    assert [(u.task_id, u.ended) for u in endings(executor, 1)] == [("one", "cancelled")]
    go.touch()
    assert [(u.task_id, u.ended) for u in endings(executor, 1)] == [("two", "completed")]


@pytest.mark.parametrize("step", [["fail", "boom"], ["leave", 0], ["fail-oddly"], ["unknown"]])
def test_a_tool_that_raises_ends_the_attempt_as_failed(
    executor: Executor, tmp_path: Path, step: list[object]
) -> None:
    executor.submit(spec(tmp_path, step))
    (ended,) = endings(executor, 1)
    assert (ended.ended, ended.result) == ("failed", None)
    assert ended.error


@pytest.fixture
def children(probe_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ProcessExecutor]:
    """The executor of child processes."""
    monkeypatch.setenv("PYTHONPATH", str(probe_path))
    made = ProcessExecutor(lambda: None)
    yield made
    made.stop()


def test_a_child_that_dies_says_so_once(children: ProcessExecutor, tmp_path: Path) -> None:
    children.submit(spec(tmp_path, ["die", 1]))
    (ended,) = endings(children, 1)
    assert (ended.ended, ended.result) == ("died", None)
    assert "by signal 9" in ended.error
    assert str(tmp_path / "s.log") in ended.error


def test_a_time_limit_and_a_later_cancellation_end_it_once(
    children: ProcessExecutor, tmp_path: Path
) -> None:
    children.submit(spec(tmp_path, ["wait", str(tmp_path / "never")], seconds=0.2))
    (ended,) = endings(children, 1)
    children.cancel("t", 1)
    assert ended.ended == "timed_out"
    assert children.tick() == []


def test_stopping_kills_every_child(children: ProcessExecutor, tmp_path: Path) -> None:
    marker = f"marker-{tmp_path.name}-{os.getpid()}"
    children.submit(spec(tmp_path, ["spawn", marker], ["hang"]))
    until(lambda: processes_with(marker), "the grandchild runs")
    children.stop()
    until(lambda: not processes_with(marker), "the grandchild is gone")
    assert [p for p in psutil.Process().children() if p.status() != psutil.STATUS_ZOMBIE] == []


def test_a_large_result_comes_through_whole(children: ProcessExecutor, tmp_path: Path) -> None:
    steps = [["find", "x" * 2000] for _ in range(500)]
    children.submit(spec(tmp_path, *steps))
    (ended,) = endings(children, 1)
    assert len(ended.result.findings) == 500
