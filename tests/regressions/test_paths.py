"""Names of folders: what means something to a database, a shell or Python is only a name here."""

from __future__ import annotations

import os
import resource
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from genesis.contracts.plugins import PluginState
from genesis.contracts.work import Status
from genesis.home import Home
from genesis.host.probe import probe_plugins
from genesis.sessions.repository import find_repository
from genesis.storage.database import Database

from tests.cli.test_bad_input import told
from tests.sessions.conftest import Lab
from tests.support import Command, acting, git, make_repository, write_plan

NO_TEXT = b"caf\xe9"
ODD_NAMES = ["what?now", "a%20b", "x#y", "new\nline", "ünï cöde", "file:x?mode=memory", "a'b\"c&d"]
LIBRARIES = ["psutil", "secrets", "queue", "tempfile", "pydantic", "logging"]


@pytest.fixture
def shadowing(repository: Path, tmp_path: Path) -> Path:
    """A repository whose top has modules that are called like libraries; each leaves a trace."""
    traces = tmp_path / "traces"
    traces.mkdir()
    for name in LIBRARIES:
        (repository / f"{name}.py").write_text(
            f"open({str(traces / name)!r}, 'w').close()\nraise ImportError('not the library')\n"
        )
    return traces


@pytest.mark.parametrize("name", ODD_NAMES)
def test_a_home_keeps_its_database_where_it_says(lab: Lab, tmp_path: Path, name: str) -> None:
    lab.home = Home(tmp_path / name)
    session, _tasks = lab.run(team="plain")
    assert session.status == Status.COMPLETED
    with closing(sqlite3.connect(os.fspath(lab.home.database))) as connection:
        assert connection.execute("SELECT id FROM sessions").fetchall() == [(session.id,)]
    assert {path.name for path in tmp_path.iterdir()} == {name, "repository"}


def test_two_homes_that_differ_after_a_question_mark_are_two(tmp_path: Path) -> None:
    one, two = tmp_path / "home?1", tmp_path / "home?2"
    for folder in (one, two):
        folder.mkdir()
        database = Database(folder / "genesis.db", durability="normal")
        database.writer.write(lambda c: c.exec_driver_sql("CREATE TABLE t (x)"))
        database.close()
        assert (folder / "genesis.db").is_file()


def test_the_command_works_in_a_folder_with_an_odd_name(genesis: Command, repository: Path) -> None:
    genesis.folder = genesis.folder / "what? 50%25 #1"
    genesis.folder.mkdir()
    done = genesis("run", "a goal", "--team", "plain", "--repo", str(repository))
    assert done.returncode == 0, done.stderr
    assert (genesis.home / "genesis.db").is_file()
    assert "completed" in genesis("sessions", "list").stdout


def no_text_folder(parent: Path) -> bytes:
    folder = os.path.join(os.fsencode(parent), NO_TEXT)
    try:
        os.mkdir(folder)
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    return folder


def test_a_home_whose_path_is_no_text_is_refused(
    genesis: Command, repository: Path, tmp_path: Path
) -> None:
    folder = no_text_folder(tmp_path)
    arguments = ("run", "a goal", "--team", "probe", "--repo", str(repository))
    told(genesis(*arguments, "--home", folder), 2, "is not valid UTF-8")
    genesis.environment["GENESIS_HOME"] = os.fsdecode(folder)
    told(genesis(*arguments), 3, "is not valid UTF-8", "--home")
    del genesis.environment["GENESIS_HOME"]
    genesis.folder = Path(os.fsdecode(folder))
    told(genesis(*arguments), 3, "is not valid UTF-8", "--home")
    assert os.listdir(folder) == []


def test_a_repository_whose_path_is_no_text_is_refused(genesis: Command, tmp_path: Path) -> None:
    folder = no_text_folder(tmp_path)
    repository = make_repository(Path(os.fsdecode(folder)) / "repository")
    done = genesis("run", "a goal", "--team", "plain", "--repo", os.fsencode(repository))
    told(done, 2, "is not valid UTF-8")
    home = str(tmp_path / "home")
    genesis.folder = repository
    told(genesis("run", "a goal", "--team", "plain", "--home", home), 2, "is not valid UTF-8")


def test_modules_of_the_working_folder_do_not_break_attempts(
    lab: Lab, shadowing: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(lab.repository)
    session, tasks = lab.run(acting("a"))
    assert (session.status, tasks["a"].attempt) == (Status.COMPLETED, 1)
    assert list(shadowing.iterdir()) == []


def test_modules_of_the_working_folder_do_not_break_a_trial_of_the_plugins(
    lab: Lab, shadowing: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(lab.repository)
    states = {status.id: status.state for status in probe_plugins(lab.home, "probe")}
    assert states["probe"] == PluginState.ACTIVE
    assert list(shadowing.iterdir()) == []


def test_the_commands_work_inside_of_such_a_repository(
    lab: Lab, shadowing: Path, tmp_path: Path
) -> None:
    write_plan(lab.repository, acting("a"))
    environment = os.environ | {"GENESIS_PLUGINS": "probe"}
    # As the installed script does: the working folder is not on its path.
    command = [sys.executable, "-P", "-m", "genesis.cli.main"]
    for arguments in (["run", "a goal", "--team", "probe"], ["plugins"]):
        done = subprocess.run(
            [*command, *arguments, "--home", str(lab.home.root)],
            cwd=lab.repository, env=environment, capture_output=True, text=True, timeout=60,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    assert "active" in done.stdout
    assert list(shadowing.iterdir()) == []


def test_a_home_that_cannot_hold_a_file_is_left_without_probe_files(
    genesis: Command, repository: Path
) -> None:
    def no_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))

    for _ in range(2):
        done = genesis(
            "run", "a goal", "--team", "plain", "--repo", str(repository), preexec_fn=no_room
        )
        told(done, 3, str(genesis.home), "cannot be used")
    assert list((genesis.home / "locks").iterdir()) == []


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("https://user:token@host.example/@scope/p.git", "https://host.example/@scope/p.git"),
        ("https://token@host.example/a/b.git", "https://host.example/a/b.git"),
        ("https://user:p@ss@host.example/a.git", "https://host.example/a.git"),
        ("https://host.example/a.git?private_token=abc", "https://host.example/a.git"),
        ("https://host.example/a.git#token=abc", "https://host.example/a.git"),
        ("ssh://git@host.example:2222/a.git", "ssh://host.example:2222/a.git"),
        ("git@host.example:a/b.git", "git@host.example:a/b.git"),
        ("/srv/git/what?now.git", "/srv/git/what?now.git"),
    ],
)
def test_a_remotes_address_is_kept_without_what_is_secret(
    repository: Path, address: str, kept: str
) -> None:
    git(repository, "remote", "add", "origin", address)
    assert find_repository(repository).origin == kept


@pytest.mark.parametrize("address", ["https://user:p[ss@host.example/a.git", "http://[half/a.git"])
def test_a_remotes_address_that_is_none_does_not_end_the_run(
    repository: Path, address: str
) -> None:
    git(repository, "remote", "add", "origin", address)
    assert "p[ss" not in (find_repository(repository).origin or "")
