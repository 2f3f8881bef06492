"""Suites that hang, crash, print without end or are cancelled: what is known, and what is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest
from genesis.contracts import TaskResult
from genesis.contracts.executors import AttemptSpec, AttemptUpdate, ToolCall
from genesis.errors import AttemptCancelledError
from genesis.executors.attempt import run_attempt
from genesis.testing import run_tool
from genesis_engineering.verification import run_findings

TOOL = "genesis_engineering.verification:run_tests"
HANGS = """
import os, pathlib, subprocess, time

def test_good(): pass

def test_hangs():
    child = subprocess.Popen(["sleep", "60"])
    pathlib.Path(r"{pids}.new").write_text(f"{{os.getpid()}} {{child.pid}}")
    pathlib.Path(r"{pids}.new").rename(r"{pids}")
    time.sleep(60)

def test_later(): pass
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """An empty repository whose own environment is the one that runs these tests."""
    folder = tmp_path / "repository"
    folder.mkdir()
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    (folder / ".venv").symlink_to(sys.prefix)
    # They take a second to load, and the limits here are short.
    without = " ".join(f"-p no:{name}" for name in ("schemathesis", "anyio", "hypothesispytest"))
    (folder / "pytest.ini").write_text(f"[pytest]\naddopts = {without}\n")
    return folder


def verify(repository: Path, text: str, **params: float) -> TaskResult:
    (repository / "test_it.py").write_text(text, encoding="utf-8")
    return run_tool(TOOL, repository, repository.parent / "attempt", dict(params), kind="verify")


def facts(result: TaskResult) -> dict[str, object]:
    return cast(dict[str, object], result.facts["verification"])


def is_running(pid: int) -> bool:
    """Whether a process does anything; one that only waits to be reaped does not."""
    answer = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True)
    return not answer.stdout.startswith("Z") and bool(answer.stdout.strip())


def assert_all_end(pids: Path) -> None:
    """All the recorded processes end within five seconds."""
    numbers = [int(word) for word in pids.read_text().split()]
    assert len(numbers) == 2
    until = time.monotonic() + 5
    while any(is_running(number) for number in numbers) and time.monotonic() < until:
        time.sleep(0.05)
    assert not any(is_running(number) for number in numbers)


def test_a_suite_that_hangs_is_stopped_and_the_test_that_hung_is_named(repository: Path) -> None:
    pids = repository.parent / "pids"
    started = time.monotonic()
    result = verify(repository, HANGS.format(pids=pids), limit_seconds=4)
    assert time.monotonic() - started < 30
    assert facts(result)["verdict"] == "incomplete"
    counted = {name: facts(result)[name] for name in ("passed", "interrupted", "not_reached")}
    assert counted == {"passed": 1, "interrupted": 1, "not_reached": 1}
    assert [finding.rule for finding in result.findings] == ["test-hung"]
    assert "test_it.py::test_hangs" in result.findings[0].message
    assert result.omissions[0].what == "1 of 3 tests were not reached in 4 s"
    assert_all_end(pids)


@pytest.mark.parametrize(("patience", "severity"), [(30.0, "low"), (1.0, "high")])
def test_a_test_is_called_hung_at_high_only_after_it_ran_for_long(
    repository: Path, monkeypatch: pytest.MonkeyPatch, patience: float, severity: str
) -> None:
    monkeypatch.setattr(run_findings, "_PATIENCE_SECONDS", patience)
    text = "import time\ndef test_a(): time.sleep(60)\n"
    found = verify(repository, text, limit_seconds=4).findings
    assert [(one.rule, str(one.severity)) for one in found] == [("test-hung", severity)]


def test_a_suite_that_is_only_slow_is_incomplete_and_accuses_no_test(repository: Path) -> None:
    text = "import pytest, time\n@pytest.mark.parametrize('n', range(90))\n"
    result = verify(repository, text + "def test_a(n): time.sleep(0.1)\n", limit_seconds=1.5)
    assert facts(result)["verdict"] == "incomplete"
    assert not result.findings
    assert "of 90 tests were not reached" in result.omissions[0].what


def test_a_suite_that_ignores_sigterm_is_killed(repository: Path) -> None:
    text = "import signal, time\ndef test_a():\n    signal.signal(15, signal.SIG_IGN)\n"
    result = verify(repository, text + "    time.sleep(60)\n", limit_seconds=1)
    assert facts(result)["exit_code"] == -signal.SIGKILL
    assert facts(result)["verdict"] == "incomplete"


def test_a_failure_that_was_seen_counts_although_the_rest_was_not_reached(
    repository: Path,
) -> None:
    text = "import time\ndef test_a(): assert 0\ndef test_b(): time.sleep(60)\n"
    result = verify(repository, text, limit_seconds=4)
    assert facts(result)["verdict"] == "failed"
    assert [finding.rule for finding in result.findings] == ["test-hung", "test-failed"]


def test_a_test_that_ends_the_interpreter_with_0_is_not_a_success(repository: Path) -> None:
    text = "import os\ndef test_a(): pass\ndef test_b(): os._exit(0)\ndef test_c(): pass\n"
    result = verify(repository, text)
    assert facts(result)["verdict"] == "incomplete"
    assert (facts(result)["passed"], facts(result)["not_reached"]) == (1, 1)
    assert [finding.rule for finding in result.findings] == ["exit-code-disagrees"]
    assert "test_it.py::test_b was running" in result.findings[0].message


def test_a_segmentation_fault_is_reported_with_the_test_that_caused_it(repository: Path) -> None:
    text = "import ctypes\ndef test_a(): pass\ndef test_b(): ctypes.string_at(0)\n"
    result = verify(repository, text + "def test_c(): pass\n")
    assert facts(result)["verdict"] == "incomplete"
    assert [finding.rule for finding in result.findings] == ["test-run-died"]
    assert "SIGSEGV" in result.findings[0].message
    assert "test_it.py::test_b" in result.findings[0].message
    assert result.findings[0].file == "test_it.py"


def test_a_suite_that_never_ends_although_every_test_passed_is_incomplete(
    repository: Path,
) -> None:
    text = "import threading, time\ndef test_a():\n"
    text += "    threading.Thread(target=time.sleep, args=(60,)).start()\n"
    result = verify(repository, text, limit_seconds=1.5)
    assert facts(result)["verdict"] == "incomplete"
    assert facts(result)["passed"] == 1


def test_a_suite_that_prints_much_is_read_to_its_end_and_little_is_kept(repository: Path) -> None:
    text = "import os\ndef test_a(capfd):\n    with capfd.disabled():\n"
    text += "        for _ in range(60): os.write(1, b'x' * 1_000_000)\n"
    result = verify(repository, text)
    assert facts(result)["verdict"] == "passed"
    kept = (repository.parent / "attempt" / "test-output.txt").read_text()
    assert len(kept) < 2_100_000
    assert "bytes left out" in kept
    assert "1 passed" in kept


def test_a_process_that_a_test_leaves_behind_is_ended(repository: Path) -> None:
    pids = repository.parent / "pids"
    text = "import os, subprocess, pathlib\ndef test_a():\n"
    text += "    child = subprocess.Popen(['sleep', '60'])\n"
    text += f"    pathlib.Path(r'{pids}').write_text(f'{{os.getpid()}} {{child.pid}}')\n"
    text += "    child.returncode = 0\n"
    assert facts(verify(repository, text))["verdict"] == "passed"
    assert_all_end(pids)


def run_cancelled(repository: Path, text: str, when: Callable[[str], bool]) -> AttemptUpdate:
    """An attempt on these tests, cancelled at the first report for whose message `when` holds."""
    if text:
        (repository / "test_it.py").write_text(text, encoding="utf-8")
    folder = repository.parent / "attempt"

    def report(_fraction: float, message: str) -> None:
        if when(message):
            raise AttemptCancelledError("cancelled")

    spec = AttemptSpec(
        task_id="t", attempt=1, specialist="verification", kind="verify", description="",
        calls=(ToolCall(tool="run-tests", run=TOOL, params={}),), repository=str(repository),
        folder=str(folder), log_file=str(folder / "a.log"), time_limit_seconds=60,
    )  # fmt: skip
    return run_attempt(spec, report)


def test_cancelling_ends_every_process_and_what_was_counted_until_then_is_reported(
    repository: Path,
) -> None:
    pids = repository.parent / "pids"
    text = HANGS.format(pids=pids) + "\ndef test_last(): assert 0\n"
    update = run_cancelled(repository, text, lambda _message: pids.exists())
    assert_all_end(pids)
    result = update.result
    assert result is not None
    counted = {name: facts(result)[name] for name in ("passed", "interrupted", "not_reached")}
    assert counted == {"passed": 1, "interrupted": 1, "not_reached": 2}
    assert facts(result)["verdict"] == "incomplete"
    assert "it was cancelled" in str(facts(result)["reason"])
    assert result.findings == ()
    assert result.omissions[0].what.startswith("2 of 4 tests were not reached")


def test_failures_that_were_seen_before_a_cancellation_are_reported(repository: Path) -> None:
    pids = repository.parent / "pids"
    text = "def test_bad(): assert 1 == 2\n" + HANGS.format(pids=pids)
    update = run_cancelled(repository, text, lambda _message: pids.exists())
    assert update.result is not None
    assert [one.rule for one in update.result.findings] == ["test-failed"]
    assert facts(update.result)["verdict"] == "failed"
    assert facts(update.result)["failed"] == 1


def test_a_cancellation_while_failures_are_run_again_leaves_the_counts_whole(
    repository: Path,
) -> None:
    text = "import os, time\nfrom pathlib import Path\nmark = Path(__file__).with_name('ran')\n"
    text += "def test_good(): pass\ndef test_bad():\n    if mark.exists(): time.sleep(60)\n"
    text += "    mark.touch()\n    assert 0\n"
    update = run_cancelled(repository, text, lambda message: message.endswith(": again"))
    assert update.result is not None
    counted = {name: facts(update.result)[name] for name in ("passed", "failed", "not_reached")}
    assert counted == {"passed": 1, "failed": 1, "not_reached": 0}
    assert facts(update.result)["verdict"] == "failed"


def test_a_cancellation_before_any_suite_runs_ends_the_attempt_without_a_result(
    repository: Path,
) -> None:
    update = run_cancelled(
        repository, "def test_a(): pass\n", lambda message: message.endswith("copying the checkout")
    )
    assert (update.ended, update.result) == ("cancelled", None)


def test_suites_after_the_one_that_was_cancelled_are_named_and_not_run(repository: Path) -> None:
    pids = repository.parent / "pids"
    (repository / "pytest.ini").unlink()
    for name in ("a", "b"):
        (repository / name).mkdir()
        (repository / name / "setup.py").touch()
        path = repository / name / "test_it.py"
        path.write_text(HANGS.format(pids=pids), encoding="utf-8")
    update = run_cancelled(repository, "", lambda _message: pids.exists())
    assert update.result is not None
    assert [one.what for one in update.result.omissions][-1] == "the pytest tests in b"
    assert update.result.omissions[-1].reason == "not run: the session was cancelled"


def test_killing_the_attempt_itself_leaves_no_process_of_the_suite(repository: Path) -> None:
    pids = repository.parent / "pids"
    (repository / "test_it.py").write_text(HANGS.format(pids=pids), encoding="utf-8")
    code = "import sys; from pathlib import Path; from genesis.testing import run_tool\n"
    code += f"run_tool({TOOL!r}, Path(sys.argv[1]), Path(sys.argv[2]))"
    folder = repository.parent / "attempt"
    attempt = subprocess.Popen([sys.executable, "-c", code, str(repository), str(folder)])
    until = time.monotonic() + 20
    while not pids.exists() and time.monotonic() < until:
        time.sleep(0.05)
    os.kill(attempt.pid, signal.SIGKILL)
    attempt.wait()
    assert_all_end(pids)
