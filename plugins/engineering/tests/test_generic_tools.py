"""The tools for specialists that users write: a pattern and a command."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from genesis.contracts import TaskResult
from genesis.contracts.executors import AttemptSpec, ToolCall
from genesis.errors import AttemptCancelledError, PluginError
from genesis.executors.attempt import run_attempt
from genesis.testing import run_tool
from pydantic import JsonValue

_PATTERN = "genesis_engineering.pattern:find_pattern"
_COMMAND = "genesis_engineering.command:run_command"


def _repository(root: Path, files: dict[str, str]) -> Path:
    repository = root / "repository"
    repository.mkdir()
    for path, text in files.items():
        (repository / path).parent.mkdir(parents=True, exist_ok=True)
        (repository / path).write_text(text, encoding="utf-8")
    subprocess.run(["git", "init", "-q", str(repository)], check=True)
    subprocess.run(["git", "-C", str(repository), "add", "-A"], check=True)
    return repository


def _search(root: Path, files: dict[str, str], params: dict[str, JsonValue]) -> TaskResult:
    settings: dict[str, JsonValue] = {"pattern": "TODO", "message": "A note was left.", **params}
    return run_tool(_PATTERN, _repository(root, files), root / "attempt", settings)


def _run(root: Path, code: str, *, seconds: float = 60, **params: JsonValue) -> TaskResult:
    settings: dict[str, JsonValue] = {"command": [sys.executable, "-c", code], **params}
    repository = _repository(root, {"a.txt": "x\n"})
    return run_tool(_COMMAND, repository, root / "attempt", settings, time_limit_seconds=seconds)


def test_each_line_that_matches_is_one_finding(tmp_path: Path) -> None:
    files = {"a.py": "x = 1\n  # TODO TODO\n", "b/c.txt": "TODO\n", "b/d.py": "todo\n# TODO\n"}
    result = _search(tmp_path, files, {"files": "*.py", "severity": "info", "rule": "no-todo"})
    found = [(f.rule, str(f.severity), f.file, f.line, f.evidence) for f in result.findings]
    assert found == [
        ("no-todo", "info", "a.py", 2, "# TODO TODO"),
        ("no-todo", "info", "b/d.py", 2, "# TODO"),
    ]


def test_five_hundred_are_listed_and_all_are_counted(tmp_path: Path) -> None:
    result = _search(tmp_path, {"a.txt": "TODO\n" * 523}, {})
    assert len(result.findings) == 500
    assert result.summary == "pattern: 523 lines matched in 1 file; 23 more are not listed."


def test_long_lines_and_binary_files_are_left_out_and_said(tmp_path: Path) -> None:
    result = _search(tmp_path, {"a.txt": "TODO" * 3000 + "\n", "b.bin": "TODO\0"}, {})
    assert result.findings == ()
    assert [omission.what for omission in result.omissions] == ["1 file", "1 line"]


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"pattern": "("}, "'pattern' is not a regular expression"),
        ({"pattern": 7}, "'pattern' must be a text"),
        ({"message": ""}, "'message' must be a text"),
        ({"severity": "urgent"}, "'severity' must be one of high, medium, low, info"),
        ({"rule": "No Todo"}, "'rule' must be like"),
        ({"files": []}, "'files' must be a text"),
    ],
)
def test_a_setting_that_does_not_fit_names_itself(
    tmp_path: Path, params: dict[str, JsonValue], message: str
) -> None:
    with pytest.raises(PluginError, match=message):
        _search(tmp_path, {"a.txt": "x\n"}, params)


def test_a_glob_without_files_is_said(tmp_path: Path) -> None:
    result = _search(tmp_path, {"a.txt": "TODO\n"}, {"files": "*.rs"})
    assert result.summary == "No files match '*.rs'."


def test_a_command_that_succeeds_finds_nothing(tmp_path: Path) -> None:
    result = _run(tmp_path, "print('fine')", rule="lint")
    assert result.findings == ()
    assert result.summary.startswith("lint: ")
    assert "ended with 0" in result.summary


def test_a_command_that_fails_is_one_finding_with_its_last_lines(tmp_path: Path) -> None:
    code = "import sys\nfor n in range(50): print(n)\nsys.stdout.flush()\nsys.exit('no')"
    finding = _run(tmp_path, code, message="Lint failed.", severity="low").findings[0]
    assert finding.message.startswith("Lint failed. (exit code 1")
    assert finding.evidence.splitlines() == [*(str(n) for n in range(31, 50)), "no"]
    assert finding.severity == "low"


def test_a_command_runs_in_the_repository_and_endless_output_is_bounded(tmp_path: Path) -> None:
    code = (
        "import os, sys\nfor _ in range(300): print('x' * 10000)\nprint(os.listdir())\nsys.exit(3)"
    )
    finding = _run(tmp_path, code).findings[0]
    assert "a.txt" in finding.evidence
    assert len(finding.evidence) <= 4000


def test_a_command_that_does_not_end_is_ended_with_its_children_and_blocks(tmp_path: Path) -> None:
    mark = tmp_path / "pid"
    code = (
        "import subprocess, time\n"
        "child = subprocess.Popen(['sleep', '60'])\n"
        f"open({str(mark)!r}, 'w').write(str(child.pid))\ntime.sleep(60)"
    )
    started = time.monotonic()
    result = _run(tmp_path, code, seconds=3)
    assert result.blocked is not None
    assert "did not end within" in result.blocked
    assert time.monotonic() - started < 10
    assert _is_gone(int(mark.read_text()))


def test_a_cancelled_task_ends_its_command(tmp_path: Path) -> None:
    mark = tmp_path / "pid"
    code = f"import os, time\nopen({str(mark)!r}, 'w').write(str(os.getpid()))\ntime.sleep(60)"

    def cancel(_fraction: float, message: str) -> None:
        if message == "the command is running" and mark.exists() and mark.read_text():
            raise AttemptCancelledError

    spec = AttemptSpec(
        task_id="t", attempt=1, specialist="s", kind="review", description="d",
        calls=(ToolCall(tool="command", run=_COMMAND,
                        params={"command": [sys.executable, "-c", code]}),),
        repository=str(_repository(tmp_path, {"a.txt": "x\n"})), folder=str(tmp_path / "attempt"),
        log_file=str(tmp_path / "attempt" / "log"), time_limit_seconds=30,
    )  # fmt: skip
    assert run_attempt(spec, cancel).ended == "cancelled"
    assert _is_gone(int(mark.read_text()))


def _is_gone(pid: int) -> bool:
    """Whether a process has ended; one that no parent has collected yet counts as ended."""
    for _ in range(50):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        state = Path(f"/proc/{pid}/stat")
        if state.exists() and state.read_text().rsplit(")", 1)[-1].split()[0] == "Z":
            return True
        time.sleep(0.05)
    return False


def test_a_program_that_is_not_there_blocks(tmp_path: Path) -> None:
    repository = _repository(tmp_path, {})
    result = run_tool(_COMMAND, repository, tmp_path / "attempt", {"command": ["no-such-program"]})
    assert result.blocked == "no-such-program cannot be started: No such file or directory"


@pytest.mark.parametrize("command", [None, [], "make lint", ["make", 7]])
def test_a_command_that_is_no_list_of_texts_names_the_setting(
    tmp_path: Path, command: JsonValue
) -> None:
    params: dict[str, JsonValue] = {} if command is None else {"command": command}
    with pytest.raises(PluginError, match="'command'"):
        run_tool(_COMMAND, _repository(tmp_path, {}), tmp_path / "attempt", params)
