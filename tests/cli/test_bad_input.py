"""Bad input at every border: one clear line, the documented exit code, and nothing damaged."""

from __future__ import annotations

import json
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tests.support import Command, acting, git, write_plan


def told(done: CompletedProcess[str], code: int, *words: str) -> str:
    """Check that a command refused with one line that names these; gives the line."""
    assert "Traceback" not in done.stderr, done.stderr
    assert done.returncode == code, (done.returncode, done.stderr)
    lines = [line for line in done.stderr.splitlines() if line.startswith("genesis: ")]
    assert len(lines) == 1, done.stderr
    for word in words:
        assert word in lines[0]
    return lines[0]


def run(genesis: Command, goal: str = "a goal", **options: str) -> CompletedProcess[str]:
    values = {"team": "probe", **options}
    flags = [part for name, value in values.items() for part in (f"--{name}", value)]
    return genesis("run", goal, *flags)


def test_a_path_that_is_no_checkout_is_named(genesis: Command, tmp_path: Path) -> None:
    told(run(genesis, repo=str(tmp_path)), 2, str(tmp_path), "is not a git checkout", "git init")
    too_long = "x" * 300
    told(run(genesis, repo=too_long), 2, too_long, "File name too long")


def test_a_checkout_without_commits_and_a_folder_inside_one_will_do(
    genesis: Command, tmp_path: Path
) -> None:
    git(tmp_path, "init", "--quiet", "empty")
    inside = tmp_path / "empty" / "sub folder"
    inside.mkdir()
    write_plan(tmp_path / "empty", acting("a"))
    done = genesis("run", "a goal", "--repo", str(inside), "--team", "probe", "--json")
    assert json.loads(done.stdout)["repository"] == str(tmp_path / "empty")


def test_an_unknown_team_is_told_with_those_there_are(genesis: Command, repository: Path) -> None:
    told(run(genesis, team="nobody", repo=str(repository)), 2, "'nobody'", "plain, probe")


def test_an_unknown_plugin_is_told_wherever_it_was_named(
    genesis: Command, repository: Path
) -> None:
    told(run(genesis, repo=str(repository), plugins="probe,gone"), 2, "'gone'", "--plugins")
    genesis.environment["GENESIS_PLUGINS"] = "gone"
    told(run(genesis, repo=str(repository)), 2, "'gone'", "GENESIS_PLUGINS")
    del genesis.environment["GENESIS_PLUGINS"]
    genesis.removed.add("GENESIS_PLUGINS")
    genesis.home.mkdir(exist_ok=True)
    (genesis.home / "genesis.toml").write_text('[kernel]\nplugins = ["gone"]\n')
    told(run(genesis, repo=str(repository)), 2, "'gone'", "genesis.toml")


def test_an_empty_goal_is_told(genesis: Command, repository: Path) -> None:
    told(run(genesis, " \n", repo=str(repository)), 2, "goal is empty")


def test_a_goal_that_is_too_long_or_no_text_is_told(genesis: Command, repository: Path) -> None:
    told(run(genesis, "x" * 5000, repo=str(repository)), 2, "5000 characters")
    told(genesis("run", b"caf\xe9", "--repo", str(repository)), 2, "not valid UTF-8")


def test_a_goal_and_resume_or_neither_are_told(genesis: Command, repository: Path) -> None:
    for arguments in (["run"], ["run", "a goal", "--resume", "latest"]):
        told(genesis(*arguments), 2, "a goal", "--resume", "not both")
    assert not genesis.home.exists()


def test_a_log_that_is_not_there_is_named(genesis: Command, repository: Path) -> None:
    told(run(genesis, repo=str(repository), log="no.log"), 2, "no.log", "--log")


@pytest.mark.parametrize(
    "arguments",
    [["run", "--verify-limit", "0", "x"], ["sessions", "list", "--limit", "0"], ["nonsense"],
     ["run", "--nonsense"], ["completion", "csh"], ["cancel"], ["sessions", "list", "x"]],
    ids=lambda arguments: " ".join(arguments),
)  # fmt: skip
def test_a_wrong_command_line_is_told_with_its_usage(
    genesis: Command, arguments: list[str]
) -> None:
    done = genesis(*arguments)
    assert done.returncode == 2
    assert done.stderr.startswith("Usage: genesis")
    assert "Error: " in done.stderr


def test_without_a_home_the_commands_that_look_say_so(genesis: Command) -> None:
    for arguments in (["sessions", "list"], ["sessions", "show"], ["cancel", "latest"]):
        told(genesis(*arguments), 2, str(genesis.home), "--home")
    assert not genesis.home.exists()


WEIRD = ["", "%", "../../etc", "\x1b[31m🔍", "session-" + "9" * 5000]


def test_an_unknown_session_is_told_however_it_is_written(used: Command) -> None:
    before = genesis_bytes(used)
    for name in WEIRD:
        told(used("sessions", "show", name), 2, "genesis sessions list")
    told(used("cancel", ""), 2, "genesis sessions list")
    told(used("sessions", "show", b"\xff\xfe"), 2, "not valid UTF-8")
    assert genesis_bytes(used) == before
    told(used("run", "--resume", "nothing"), 2, "no session 'nothing'")


def genesis_bytes(genesis: Command) -> bytes:
    return (genesis.home / "genesis.db").read_bytes()


def test_a_completed_session_is_not_resumed_or_cancelled(used: Command) -> None:
    (session,) = json.loads(used("sessions", "list", "--json").stdout)
    told(used("run", "--resume", session["session_id"]), 2, "nothing is left to resume")
    told(used("cancel", session["session_id"]), 2, "completed already")
    told(used("run", "--resume"), 2, "no session to resume")
    assert json.loads(used("sessions", "list", "--json").stdout) == [session]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (b"[kernel\n", "line 1"),
        (b"[kernel]\nworkers = 'many'\n", "[kernel] workers"),
        (b"[kernel]\ncolour = 'red'\n", "[kernel] colour is unknown"),
    ],
)
def test_settings_that_are_wrong_are_named_and_nothing_is_made(
    genesis: Command, repository: Path, text: bytes, word: str
) -> None:
    genesis.home.mkdir()
    path = genesis.home / "genesis.toml"
    path.write_bytes(text)
    genesis.removed |= {"GENESIS_WORKERS", "GENESIS_PLUGINS"}
    told(run(genesis, repo=str(repository)), 3, str(path), word)
    assert path.read_bytes() == text
    assert [found.name for found in genesis.home.iterdir()] == ["genesis.toml"]


def test_an_environment_variable_that_is_wrong_is_named(genesis: Command, repository: Path) -> None:
    genesis.environment["GENESIS_WORKERS"] = "many"
    told(run(genesis, repo=str(repository)), 3, "the environment: GENESIS_WORKERS")


def test_a_bad_agent_file_is_told_and_left_out(used: Command, repository: Path) -> None:
    agents = used.home / "agents"
    agents.mkdir()
    (agents / "bad.md").write_text("---\nrole: [\n---\n")
    (agents / "worse.md").write_text("nothing")
    write_plan(repository, acting("a"))
    done = run(used, repo=str(repository))
    assert done.returncode == 0
    assert f"Left out: {agents / 'bad.md'}: " in done.stderr
    report = used("doctor").stdout
    assert "bad.md" in report
    assert "worse.md" in report
