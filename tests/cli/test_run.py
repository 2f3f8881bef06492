"""The `genesis` command as a person and a program use it: a process of its own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from genesis import __version__
from genesis.cli.main import cli

from tests.support import Command, acting, write_plan


def work(genesis: Command, repository: Path, *more: str) -> dict[str, object]:
    """Run a session of the probe's team; gives its document."""
    done = genesis("run", "a goal", "--repo", str(repository), "--team", "probe", "--json", *more)
    return json.loads(done.stdout)


def test_run_prints_one_document_on_stdout_and_progress_on_stderr(
    genesis: Command, repository: Path
) -> None:
    write_plan(repository, acting("a", ["find", "an émoji 🔍"]), acting("q", kind="quick"))
    done = genesis("run", "a goal", "--repo", str(repository), "--team", "probe", "--json")
    assert done.returncode == 0
    document = json.loads(done.stdout)
    assert document["session_id"].startswith("session-")
    assert (document["status"], document["goal"]) == ("completed", "a goal")
    assert document["duration_seconds"] >= 0
    assert document["repository"] == str(repository)
    tasks = {task["key"]: task for task in document["tasks"]}
    assert list(tasks) == ["plan", "a", "q"]
    for task in tasks.values():
        assert {"id", "specialist", "status", "duration_seconds", "findings"} <= set(task)
        assert task["status"] == "completed"
    assert [finding["message"] for finding in tasks["a"]["findings"]] == ["an émoji 🔍"]
    assert "alpha: completed" in done.stderr


def test_the_document_is_the_whole_of_stdout(genesis: Command, repository: Path) -> None:
    write_plan(repository, acting("a", ["print", "a tool that prints"]))
    done = genesis("run", "a goal", "--repo", str(repository), "--team", "probe", "--json")
    _document, end = json.JSONDecoder().raw_decode(done.stdout)
    assert done.stdout[end:].strip() == ""


def test_the_report_for_a_person_tells_tasks_findings_and_omissions(
    genesis: Command, repository: Path
) -> None:
    write_plan(repository, acting("a", ["find", "look [here]"]), acting("b", ["fail", "a [/x] b"]))
    done = genesis("run", "a [/goal]", "--repo", str(repository), "--team", "probe")
    assert done.returncode == 1
    assert "a [/goal]" in done.stdout
    assert "look [here]" in done.stdout
    assert "RuntimeError: a [/x] b" in done.stdout
    assert "LOW (1)" in done.stdout
    assert "Traceback" not in done.stderr


def test_a_terminal_shows_names_that_look_like_markup(
    genesis: Command, repository: Path, tmp_path: Path
) -> None:
    write_plan(
        repository,
        acting("a", ["meet", str(tmp_path / "c"), 1], ["pause", 0.5], description="[/x] y"),
    )
    genesis.environment |= {"TERM": "xterm-256color", "TTY_COMPATIBLE": "1", "FORCE_COLOR": "1"}
    done = genesis("run", "a [/goal]", "--repo", str(repository), "--team", "probe")
    assert done.returncode == 0, done.stderr
    assert "[/x] y" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("tasks", "goal", "code"),
    [
        ([acting("a")], "a goal", 0),
        ([acting("a"), acting("b", ["fail", "x"])], "a goal", 1),
        ([acting("a", ["fail", "x"])], "a goal", 1),
        ([acting("a")], "a forbidden goal", 4),
    ],
    ids=["completed", "with a failed task", "failed", "blocked"],
)
def test_the_exit_code_tells_how_the_session_ended(
    genesis: Command, repository: Path, tasks: list[dict[str, object]], goal: str, code: int
) -> None:
    write_plan(repository, *tasks)
    done = genesis("run", goal, "--repo", str(repository), "--team", "probe", "--json")
    assert done.returncode == code
    assert json.loads(done.stdout)["exit_code"] == code


def test_sessions_are_listed_page_by_page_and_shown(genesis: Command, repository: Path) -> None:
    write_plan(repository, acting("a", ["find", "seen"]))
    first, second = (work(genesis, repository) for _ in range(2))
    ids = sorted((first["session_id"], second["session_id"]), reverse=True)
    listed = json.loads(genesis("sessions", "list", "--json").stdout)
    assert [session["session_id"] for session in listed] == ids
    page = json.loads(genesis("sessions", "list", "--json", "--limit", "1").stdout)
    assert [session["session_id"] for session in page] == ids[:1]
    rest = json.loads(genesis("sessions", "list", "--json", "--before", ids[0]).stdout)
    assert [session["session_id"] for session in rest] == ids[1:]
    plain = genesis("sessions", "list").stdout.splitlines()
    assert [line.split()[0] for line in plain] == ids
    shown = genesis("sessions", "show", str(first["session_id"]), "--json")
    assert json.loads(shown.stdout) == first
    part = str(second["session_id"]).removeprefix("session-")
    assert json.loads(genesis("sessions", "show", part, "--json").stdout) == second
    assert "seen" in genesis("sessions", "show").stdout


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_terminal_that_lacks_a_character_gets_a_report_all_the_same(
    genesis: Command, repository: Path, encoding: str
) -> None:
    write_plan(repository, acting("a", ["find", "é — 🔍"]))
    genesis.environment["PYTHONIOENCODING"] = encoding
    document = work(genesis, repository)
    finding = document["tasks"][1]["findings"][0]
    assert finding["message"] == "é — 🔍"
    genesis.environment["PYTHONUTF8"] = "0"
    for arguments in (["sessions", "show"], ["sessions", "list"]):
        done = genesis(*arguments)
        assert (done.returncode, "Traceback" in done.stderr) == (0, False)


def test_a_reader_that_goes_away_causes_no_traceback(genesis: Command, repository: Path) -> None:
    write_plan(repository, acting("a", *(["find", "x" * 1000] for _ in range(300))))
    work(genesis, repository)
    process = genesis.start("sessions", "show", "--json")
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    assert "Traceback" not in process.stderr.read()
    process.stderr.close()
    assert process.wait(30) in (0, 1)


def test_the_option_for_plugins_stands_above_the_environment(
    genesis: Command, repository: Path
) -> None:
    genesis.environment["GENESIS_PLUGINS"] = "engineering"
    write_plan(repository, acting("a"))
    assert work(genesis, repository, "--plugins", "probe")["status"] == "completed"


def test_a_hooks_variables_do_not_send_git_elsewhere(
    genesis: Command, repository: Path, tmp_path: Path
) -> None:
    genesis.environment |= {"GIT_DIR": str(tmp_path / "elsewhere"), "GIT_WORK_TREE": "/"}
    write_plan(repository, acting("a"))
    assert work(genesis, repository)["repository"] == str(repository)


def test_help_of_every_command_ends_with_0(genesis: Command) -> None:
    runner = CliRunner()
    for command in ("", "run", "sessions", "sessions list", "sessions show", "cancel", "plugins",
                    "doctor", "completion"):  # fmt: skip
        shown = runner.invoke(cli, [*command.split(), "--help"], prog_name="genesis")
        assert (shown.exit_code, shown.stderr) == (0, ""), command
        assert shown.stdout.startswith("Usage: genesis"), command
    codes = genesis("--help").stdout
    for code in ("0 ", "1 ", "2 ", "3 ", "4 ", "130 "):
        assert f"\n    {code}" in codes
    assert genesis("--version").stdout.strip() == f"genesis {__version__}"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script(genesis: Command, tmp_path: Path, shell: str) -> None:
    done = genesis("completion", shell)
    assert done.returncode == 0
    assert "_GENESIS_COMPLETE" in done.stdout
    if shell == "bash":
        script = tmp_path / "script"
        script.write_text(done.stdout)
        assert genesis(wrap=["bash", "-n", str(script)]).returncode == 0


def test_completion_completes_commands_and_options(genesis: Command) -> None:
    genesis.environment |= {
        "_GENESIS_COMPLETE": "bash_complete", "COMP_WORDS": "genesis ses", "COMP_CWORD": "1",
    }  # fmt: skip
    assert genesis().stdout.split(",")[-1].strip() == "sessions"
    genesis.environment |= {"COMP_WORDS": "genesis run --re", "COMP_CWORD": "2"}
    assert {line.split(",")[-1] for line in genesis().stdout.split()} == {"--repo", "--resume"}
