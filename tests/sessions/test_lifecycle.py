"""Whole sessions with real children on a real repository."""

from __future__ import annotations

import json
import os
import re
import signal
from pathlib import Path

import psutil
import pytest
from genesis.contracts.work import Phase, Status
from genesis.errors import UsageError
from genesis.kernel import Kernel

from tests.sessions.conftest import Lab
from tests.support import acting, processes_with, until, write_plan


def test_a_session_goes_from_plan_to_summary(lab: Lab) -> None:
    session, tasks = lab.run(
        acting("a", ["find", "first"]),
        acting("b", ["find", "second"], depends_on=["a"], specialist="beta"),
        acting("q", kind="quick"),
        acting("v", kind="verify", verifies=True),
    )
    assert (session.status, session.phase, session.exit_code) == (Status.COMPLETED, Phase.DONE, 0)
    assert session.branch == "main"
    assert {key: task.status for key, task in tasks.items()} == dict.fromkeys(
        ["plan", "a", "b", "q", "v"], Status.COMPLETED
    )
    assert tasks["b"].specialist == "beta"
    assert tasks["b"].started_at >= tasks["a"].completed_at
    assert tasks["v"].started_at >= max(tasks[key].completed_at for key in "abq")
    assert [f.message for key in "ab" for f in tasks[key].result.findings] == ["first", "second"]
    assert session.summary["findings"]["low"] == 2
    assert session.owner is None


def test_a_team_without_a_planner_works_too(lab: Lab) -> None:
    session, tasks = lab.run(team="plain")
    assert session.status == Status.COMPLETED
    assert [task.specialist for task in tasks.values()] == ["plain-one"]


def test_a_planner_that_gives_no_plan_failed(lab: Lab) -> None:
    session, tasks = lab.run()
    assert (session.status, session.exit_code) == (Status.FAILED, 1)
    assert "gave no plan" in tasks["plan"].error


def test_a_plan_that_is_refused_fails_with_the_reason(lab: Lab) -> None:
    session, tasks = lab.run(acting("a", specialist="nobody"))
    assert (session.status, session.exit_code) == (Status.FAILED, 1)
    assert "'a' is for 'nobody'" in tasks["plan"].error
    assert list(tasks) == ["plan"]


def test_an_empty_plan_is_a_completed_session(lab: Lab) -> None:
    (lab.repository / ".probe-plan.json").write_text('{"tasks": []}')
    session, tasks = lab.run()
    assert (session.status, session.exit_code) == (Status.COMPLETED, 0)
    assert list(tasks) == ["plan"]


@pytest.mark.parametrize("workers", [1, 3])
def test_no_more_attempts_run_at_once_than_there_are_workers(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, workers: int
) -> None:
    monkeypatch.setenv("GENESIS_WORKERS", str(workers))
    counter = tmp_path / "counter"
    session, _tasks = lab.run(*(acting(f"t{n}", ["meet", str(counter), workers]) for n in range(4)))
    assert session.status == Status.COMPLETED
    at_work, most = 0, 0
    for line in counter.read_text().split():
        at_work += int(line)
        most = max(most, at_work)
    assert most == workers
    assert at_work == 0


def test_a_tool_that_raises_does_not_take_the_findings_of_the_others(lab: Lab) -> None:
    session, tasks = lab.run(acting("p", ["fail", "broken"], kind="pair"), acting("a"))
    assert tasks["p"].status == Status.FAILED
    assert tasks["p"].error == "act: RuntimeError: broken"
    assert [finding.rule for finding in tasks["p"].result.findings] == ["always"]
    assert (session.status, session.exit_code) == (Status.COMPLETED, 1)
    log = lab.home.log_folder(session.id) / "pair.log"
    assert "Traceback" in log.read_text()


@pytest.mark.parametrize("kind", ["work", "quick"])
@pytest.mark.parametrize("step", [["leave", 0], ["leave", 3], ["fail-oddly"]])
def test_odd_endings_of_a_tool_are_failures_and_hang_nothing(
    lab: Lab, kind: str, step: list[object]
) -> None:
    session, tasks = lab.run(acting("a", step, kind=kind))
    assert tasks["a"].status == Status.FAILED
    assert tasks["a"].attempt == 1
    assert tasks["a"].error.startswith("act: ")
    assert session.status == Status.FAILED


def test_a_tool_that_cannot_be_imported_is_named(lab: Lab) -> None:
    _session, tasks = lab.run(acting("a", kind="lost"))
    assert tasks["a"].status == Status.FAILED
    assert "'probe_plugin:absent' cannot be loaded" in tasks["a"].error


def test_what_a_tool_prints_goes_to_its_log(lab: Lab) -> None:
    session, tasks = lab.run(acting("a", ["print", '{"task_id": "x"}'], ["find", "after"]))
    assert tasks["a"].status == Status.COMPLETED
    log = (lab.home.log_folder(session.id) / "alpha.log").read_text()
    assert '{"task_id": "x"}' in log


def test_a_program_that_reads_its_input_finds_the_end_of_it(lab: Lab, tmp_path: Path) -> None:
    _session, tasks = lab.run(acting("a", ["read-input", str(tmp_path / "seen")]))
    assert tasks["a"].status == Status.COMPLETED, tasks["a"].error
    assert (tmp_path / "seen").read_text() == "0 b''\n"


def test_a_name_that_is_no_text_can_be_reported(lab: Lab) -> None:
    _session, tasks = lab.run(acting("a", ["report-oddly"]))
    assert tasks["a"].status == Status.COMPLETED, tasks["a"].error


@pytest.mark.parametrize(("deaths", "status", "attempts"), [(2, "completed", 3), (9, "failed", 3)])
def test_a_child_killed_by_a_signal_is_retried_twice(
    lab: Lab, tmp_path: Path, deaths: int, status: str, attempts: int
) -> None:
    notes = tmp_path / "notes"
    _session, tasks = lab.run(acting("a", ["note", str(notes)], ["die", deaths]))
    assert (tasks["a"].status.value, tasks["a"].attempt) == (status, attempts)
    assert notes.read_text().splitlines() == ["a 1", "a 2", "a 3"]
    if status == "failed":
        assert "ended by signal 9" in tasks["a"].error


def test_what_a_killed_child_had_started_does_not_outlive_it(lab: Lab, tmp_path: Path) -> None:
    marker = f"marker-{tmp_path.name}-{os.getpid()}"
    _session, tasks = lab.run(acting("a", ["spawn", marker], ["die", 9]))
    assert tasks["a"].status == Status.FAILED
    until(lambda: not processes_with(marker), "the grandchildren are gone")


@pytest.mark.parametrize("detached", [False, True])
def test_a_time_limit_ends_a_child_and_its_grandchildren(
    lab: Lab, tmp_path: Path, detached: bool
) -> None:
    marker = f"marker-{tmp_path.name}-{os.getpid()}"
    with lab.live(
        acting("a", ["spawn", marker, detached], ["hang"], time_limit_seconds=1.5)
    ) as live:
        until(lambda: processes_with(marker), "the grandchild runs")
        live.thread.join(30)
        session, tasks = lab.read(live.kernel, live.id)
    assert tasks["a"].status == Status.FAILED
    assert "stopped at its time limit of 1.5 s" in tasks["a"].error
    until(lambda: not processes_with(marker), "the grandchild is gone")
    assert session.status == Status.FAILED


def test_what_a_finished_tool_left_running_is_ended(lab: Lab, tmp_path: Path) -> None:
    marker = f"marker-{tmp_path.name}-{os.getpid()}"
    _session, tasks = lab.run(acting("a", ["spawn", marker, True]))
    assert tasks["a"].status == Status.COMPLETED
    until(lambda: not processes_with(marker), "the grandchild is gone")


def test_a_gate_blocks_one_task_and_what_depends_on_it(lab: Lab) -> None:
    session, tasks = lab.run(
        acting("a", description="a forbidden task"), acting("b", depends_on=["a"]), acting("c")
    )
    assert {key: task.status.value for key, task in tasks.items()} == {
        "plan": "completed", "a": "blocked", "b": "blocked", "c": "completed",
    }  # fmt: skip
    assert "this task is forbidden" in tasks["a"].error
    assert session.status == Status.COMPLETED


def test_a_gate_blocks_a_session_before_its_first_task(lab: Lab, tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    session, tasks = lab.run(acting("a", ["note", str(notes)]), goal="a forbidden goal")
    assert (session.status, session.exit_code) == (Status.BLOCKED, 4)
    assert "the goal is forbidden" in session.reason
    assert tasks["a"].status == Status.BLOCKED
    assert not notes.exists()


def test_an_interrupted_session_is_cancelled_and_names_itself(lab: Lab, tmp_path: Path) -> None:
    with lab.live(
        acting("a", ["wait", str(tmp_path / "go")]), acting("b", depends_on=["a"])
    ) as live:
        until(lambda: live.status("a") == ("in_progress", 1), "a runs")
        live.runner.interrupt("enough of {id}")
        live.thread.join(30)
        session, tasks = lab.read(live.kernel, live.id)
    assert (session.status, session.exit_code) == (Status.CANCELLED, 130)
    assert session.reason == f"enough of {session.id}"
    assert tasks["a"].status == tasks["b"].status == Status.CANCELLED
    (tmp_path / "go").touch()
    session, tasks = lab.resume(session.id)
    assert session.status == Status.COMPLETED
    assert (tasks["a"].attempt, tasks["b"].attempt, tasks["plan"].attempt) == (2, 1, 1)


def test_a_stuck_tool_is_killed_when_its_session_is_cancelled(lab: Lab, tmp_path: Path) -> None:
    marker = f"marker-{tmp_path.name}-{os.getpid()}"
    with lab.live(acting("a", ["spawn", marker, True], ["hang"])) as live:
        until(lambda: processes_with(marker), "the grandchild runs")
        live.runner.interrupt("enough")
        live.thread.join(30)
        _session, tasks = lab.read(live.kernel, live.id)
    assert tasks["a"].status == Status.CANCELLED
    until(lambda: not processes_with(marker), "the grandchild is gone")


def test_a_cancellation_that_nobody_lived_to_carry_out_comes_first(
    lab: Lab, tmp_path: Path
) -> None:
    notes = tmp_path / "notes"
    write_plan(lab.repository, *(acting(f"t{n}", ["note", str(notes)]) for n in range(4)))
    with Kernel(lab.home, plugins="probe") as kernel:
        session_id = kernel.create_session("a goal", "probe", lab.repository, {})
        kernel.database.writer.write(
            lambda c: c.exec_driver_sql("UPDATE sessions SET cancel_requested = 1, reason = 'x' "
                                        "WHERE completed_at IS NULL")
        )  # fmt: skip
    session, tasks = lab.resume(session_id)
    assert session.status == Status.CANCELLED
    assert {task.status for task in tasks.values()} == {Status.CANCELLED}
    session, tasks = lab.resume(session_id)
    assert session.status == Status.COMPLETED
    assert len(notes.read_text().splitlines()) == 4


def test_a_session_that_is_worked_on_is_not_taken_up(lab: Lab, tmp_path: Path) -> None:
    with lab.live(acting("a", ["wait", str(tmp_path / "go")])) as live:
        with (
            Kernel(lab.home, plugins="probe") as other,
            pytest.raises(UsageError, match="worked on by another process"),
        ):
            other.take_up(live.id)
        (tmp_path / "go").touch()
        live.thread.join(30)
        session, _tasks = lab.read(live.kernel, live.id)
        assert session.status == Status.COMPLETED
        with pytest.raises(UsageError, match="nothing is left to resume"):
            live.kernel.take_up(live.id)


def test_a_users_specialist_takes_part_and_a_bad_file_is_left_out(lab: Lab) -> None:
    lab.home.agents.mkdir(parents=True)
    front = "---\nteam: probe\nrole: Mine\nkinds: [mine]\ntools: [{tool}]\n---\nBe kind.\n"
    (lab.home.agents / "own.md").write_text(front.format(tool="find"))
    (lab.home.agents / "toolless.md").write_text(front.format(tool="nothing"))
    (lab.home.agents / "alpha.md").write_text(front.format(tool="find"))
    (lab.home.agents / "broken.md").write_text("---\nrole: [\n---\n")
    session, tasks = lab.run(acting("m", kind="mine"))
    assert session.status == Status.COMPLETED
    assert (tasks["m"].specialist, tasks["m"].result.summary) == ("own", "found one")
    assert tasks["m"].result.findings[0].rule == "always"
    with Kernel(lab.home, plugins="probe") as kernel:
        problems = "\n".join(kernel.roster.problems)
    assert re.search(r"toolless\.md: .*'nothing'", problems)
    assert re.search(r"alpha\.md: there is already a specialist 'alpha'", problems)
    assert re.search(r"broken\.md: the front matter is not valid YAML", problems)
    assert len(problems.splitlines()) == 3


def test_a_plans_keys_cannot_leave_the_sessions_folder(lab: Lab, tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    keys = ["../../../../escaped", "a/b", "..", "é" * 80, "x" * 80]
    session, tasks = lab.run(*(acting(key, ["note", str(notes)]) for key in keys))
    assert session.status == Status.COMPLETED
    assert set(tasks) == {"plan", *keys}
    work = lab.home.session_folder(session.id) / "work"
    assert len([path for path in work.iterdir() if path.is_dir()]) == len(keys)
    assert not list(tmp_path.rglob("escaped*"))


def test_no_child_and_no_zombie_is_left_after_a_session(lab: Lab) -> None:
    session, _tasks = lab.run(*(acting(f"t{n}") for n in range(3)))
    assert session.status == Status.COMPLETED
    assert [
        p for p in psutil.Process().children() if "genesis.executors.child" in p.cmdline()
    ] == []


def test_an_attempt_that_is_stopped_from_outside_is_another_attempts_work(
    lab: Lab, tmp_path: Path
) -> None:
    with lab.live(acting("a", ["wait", str(tmp_path / "go")])) as live:
        until(lambda: live.status("a") == ("in_progress", 1), "a runs")
        (child,) = until(
            lambda: [p for p in psutil.Process().children()
                     if "genesis.executors.child" in p.cmdline()], "the child",
        )  # fmt: skip
        child.send_signal(signal.SIGKILL)
        until(lambda: live.status("a") == ("in_progress", 2), "the second attempt runs")
        (tmp_path / "go").touch()
        live.thread.join(30)
        session, tasks = lab.read(live.kernel, live.id)
    assert (session.status, tasks["a"].attempt) == (Status.COMPLETED, 2)
    state = json.loads((lab.home.session_folder(session.id) / "alpha.json").read_text())
    assert state["tasks"][0]["attempt"] == 2
