"""A session's JSON files: whole at every moment, one for each specialist."""

from __future__ import annotations

import json
import os
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from genesis.contracts.work import Status, TaskResult
from genesis.sessions.journal import Journal

from tests.sessions.conftest import Lab
from tests.sessions.test_outcome import session, task
from tests.support import acting, until


def states(folder: Path) -> dict[str, dict[str, object]]:
    return {path.stem: json.loads(path.read_text("utf-8")) for path in folder.glob("*.json")}


def test_the_files_are_whole_whenever_one_looks(lab: Lab, tmp_path: Path) -> None:
    reads, faults = 0, []
    stop = threading.Event()
    root = lab.home.root / "sessions"

    def look() -> None:
        nonlocal reads
        while not stop.is_set():
            for path in root.glob("*/*.json"):
                try:
                    json.loads(path.read_text("utf-8"))
                    reads += 1
                except ValueError as error:
                    faults.append(f"{path.name}: {error}")

    reader = threading.Thread(target=look)
    reader.start()
    try:
        waits = [["wait", str(tmp_path / "go")], ["find", "ü" * 1500]]
        tasks = [acting(f"t{n}", *waits, kind=("work", "quick")[n % 2]) for n in range(12)]
        with lab.live(*tasks) as live:
            until(lambda: reads > 20, "the files are read while it runs")
            (tmp_path / "go").touch()
            live.thread.join(60)
    finally:
        stop.set()
        reader.join(10)
    assert faults == []
    assert reads > 20


def test_each_specialist_has_its_file_and_the_orchestrator_has_the_session(lab: Lab) -> None:
    ended, tasks = lab.run(
        acting("a", ["find", "seen"]), acting("b", specialist="beta"), acting("q", kind="quick"),
        acting("v", kind="verify", verifies=True),
    )  # fmt: skip
    found = states(lab.home.session_folder(ended.id))
    assert set(found) == {"orchestrator", "planner", "alpha", "beta", "quick", "verification"}
    whole = found["orchestrator"]
    assert (whole["status"], whole["phase"], whole["session_id"]) == ("completed", "done", ended.id)
    assert [one["key"] for one in whole["tasks"]] == list(tasks)
    assert {one["status"] for one in whole["tasks"]} == {"completed"}
    assert whole["summary"] == ended.summary
    assert [one["key"] for one in whole["plan"]["plan"]["tasks"]] == ["a", "b", "q", "v"]
    (alpha,) = found["alpha"]["tasks"]
    assert alpha["result"]["findings"][0]["message"] == "seen"
    assert found["verification"]["tasks"][0]["key"] == "v"


@pytest.mark.parametrize(
    ("goal", "why"), [("a goal", "no such task planned"), ("forbidden", "the goal is forbidden")]
)
def test_verification_json_tells_when_nothing_was_verified(lab: Lab, goal: str, why: str) -> None:
    ended, _tasks = lab.run(acting("a"), goal=goal)
    found = states(lab.home.session_folder(ended.id))["verification"]
    assert found["tasks"] == []
    assert why in str(found["reason"])


def test_progress_is_seen_while_an_attempt_runs(lab: Lab, tmp_path: Path) -> None:
    with lab.live(acting("a", ["wait", str(tmp_path / "go")])) as live:
        path = lab.home.session_folder(live.id) / "orchestrator.json"

        def progress() -> object:
            tasks = json.loads(path.read_text())["tasks"] if path.exists() else []
            return [one for one in tasks if one.get("progress")]

        (running,) = until(progress, "progress in the file")
        (tmp_path / "go").touch()
        live.thread.join(30)
        after = json.loads(path.read_text())["tasks"]
    assert running["progress"] == 0.5
    assert running["message"].startswith("waits for")
    assert all("progress" not in one for one in after)


def test_no_half_file_and_no_scratch_is_left(tmp_path: Path, monkeypatch: object) -> None:
    """A file is replaced as a whole: whoever opened the old one keeps reading the old one."""
    journal = Journal(tmp_path, session(), [task(Status.PENDING)])
    journal.flush(now=True)
    with (tmp_path / "alpha.json").open() as old:
        number = os.fstat(old.fileno()).st_ino
        ended = replace(task(Status.COMPLETED), result=TaskResult(summary="done"))
        journal.update(ended)
        journal.flush(now=True)
        assert json.load(old)["tasks"][0]["status"] == "pending"
    assert (tmp_path / "alpha.json").stat().st_ino != number
    assert states(tmp_path)["alpha"]["tasks"][0]["status"] == "completed"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["alpha.json", "orchestrator.json"]


def test_only_what_changed_is_written(tmp_path: Path) -> None:
    other = replace(task(Status.PENDING), id="u", specialist="beta")
    journal = Journal(tmp_path, session(), [task(Status.PENDING), other])
    journal.flush(now=True)
    before = {path.name: path.stat().st_ino for path in tmp_path.iterdir()}
    journal.flush(now=True)
    assert {path.name: path.stat().st_ino for path in tmp_path.iterdir()} == before
    journal.update(replace(other, status=Status.COMPLETED))
    journal.flush(now=True)
    after = {path.name: path.stat().st_ino for path in tmp_path.iterdir()}
    assert after["alpha.json"] == before["alpha.json"]
    assert after["beta.json"] != before["beta.json"]


def test_figures_that_json_lacks_do_not_spoil_a_file(tmp_path: Path) -> None:
    result = TaskResult(summary="s", facts={"ratio": float("nan")})
    journal = Journal(tmp_path, session(), [task(Status.COMPLETED, result=result)])
    journal.close("nothing")

    def refuse(name: str) -> None:
        raise AssertionError(name)

    text = (tmp_path / "alpha.json").read_text()
    found = json.loads(text, parse_constant=refuse)
    assert found["tasks"][0]["result"]["facts"] == {"ratio": None}
