"""`genesis minds`: what a person sees, what a program reads, and what is said about bad input."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from genesis import Mind

from tests.cli.test_bad_input import told
from tests.support import Command


def done(command: Command, *arguments: str, code: int = 0) -> str:
    """What a command prints; it must end with that code and without a traceback."""
    ended = command(*arguments)
    assert "Traceback" not in ended.stderr, ended.stderr
    assert ended.returncode == code, (ended.returncode, ended.stderr)
    return ended.stdout


def document(command: Command, *arguments: str) -> object:
    return json.loads(done(command, *arguments, "--json"))


def test_a_new_user_makes_a_mind_lets_it_remember_and_finds_it_again(command: Command) -> None:
    gmid = done(command, "minds", "create", "Ann", "--purpose", "company").strip()
    assert done(command, "minds", "list") == f"{gmid}  active    Ann: company\n"
    memory = done(command, "minds", "remember", "Ann", "Likes [bold]green[/bold] tea").strip()
    done(command, "minds", "remember", "ann", "has a cat")
    (line, *_) = done(command, "minds", "recall", gmid, "green tea").splitlines()
    score, kind, found, text = line.split(maxsplit=3)
    assert (kind, found, text) == ("semantic", memory, "Likes [bold]green[/bold] tea")
    assert 0 < float(score) <= 1
    shown = done(command, "minds", "show", "Ann")
    assert "memories   2\n" in shown
    assert gmid in shown


def test_create_prints_one_line_or_one_document(command: Command) -> None:
    assert done(command, "minds", "create", "Ann").startswith("GMD-")
    made = document(command, "minds", "create", "Bob", "--creator", "me", "--role", "helps")
    assert isinstance(made, dict)
    path = Path(made["file"])
    assert json.loads(path.read_text())["identity"]["primary_role"] == "helps"
    assert path.parent == command.home / "minds"


def test_a_memory_of_one_user_is_told_to_nobody_else(command: Command, mind: Mind) -> None:
    done(command, "minds", "remember", "Ann", "is allergic to nuts", "--user", "bob@example.org")
    ended = command("minds", "recall", "Ann", "nuts")
    assert (ended.stdout, ended.returncode) == ("", 0)
    assert "Nothing is remembered" in ended.stderr
    assert document(command, "minds", "recall", "Ann", "nuts", "--user", "eve@example.org") == []
    (memory,) = document(command, "minds", "recall", "Ann", "nuts", "--user", "bob@example.org")  # type: ignore[misc]
    assert memory["content"] == "is allergic to nuts"


def test_show_tells_how_much_a_mind_keeps(command: Command, mind: Mind) -> None:
    mind.conversation.add_message("user", "hello")
    mind.conversation.add_message("assistant", "hi")
    mind.concerns.add("a cold", "health")
    mind.background.submit("a letter")
    shown = document(command, "minds", "show", "Ann")
    assert isinstance(shown, dict)
    assert shown["gmid"] == mind.gmid
    assert shown["messages"]["total_messages"] == 2
    assert shown["concerns"]["active"] == 1
    assert shown["open_tasks"] == 1
    assert set(shown["feeling"]) == {"emotion", "intensity"}
    text = done(command, "minds", "show", "Ann")
    assert "purpose    to [remember]\n" in text
    assert "messages   2 (1 by users)" in text
    assert "concerns   1 active\n" in text
    assert all(line == line.rstrip() for line in text.splitlines())


def test_a_mind_is_meant_by_name_gmid_or_path(command: Command, mind: Mind) -> None:
    for which in ("Ann", " ann ", mind.gmid, mind.gmid.lower(), str(mind.path)):
        assert mind.gmid in done(command, "minds", "show", which)


# --- messages -----------------------------------------------------------------------------------


def said(command: Command, *options: str) -> list[str]:
    found = document(command, "minds", "messages", "Ann", *options)
    assert isinstance(found, list)
    return [message["content"] for message in found]


def test_messages_are_shown_in_the_order_in_which_they_were_said(
    command: Command, talk: Mind
) -> None:
    lines = done(command, "minds", "messages", "Ann").splitlines()
    assert lines[0] == "1  2026-03-01 12:00  bob@example.org: day 1"
    assert lines[1] == "2  2026-03-02 12:00  assistant: day 2"
    assert len(lines) == 7


def test_pages_lead_to_the_pages_before(command: Command, talk: Mind) -> None:
    ended = command("minds", "messages", "Ann", "--limit", "3")
    assert [line[-5:] for line in ended.stdout.splitlines()] == ["day 5", "day 6", "day 7"]
    assert ended.stderr == "The page before: --before 5\n"
    assert said(command, "--limit", "3", "--before", "5") == ["day 2", "day 3", "day 4"]
    assert command("minds", "messages", "Ann", "--before", "4").stderr == ""


@pytest.mark.parametrize(
    ("options", "days"),
    [
        (["--since", "2026-03-06"], [6, 7]),
        (["--since", "2026-03-02", "--until", "2026-03-04"], [2, 3]),
        (["--until", "2026-03-02T12:00:00Z"], [1]),
        (["--until", "2026-03-02T12:00"], [1]),
        (["--role", "assistant"], [2, 4, 6]),
        (["--search", "DAY 3"], [3]),
        (["--search", "day", "--since", "2026-03-06"], [6, 7]),
        (["--user", "eve@example.org"], []),
        (["--since", "2027-01-01"], []),
    ],
)
def test_messages_are_chosen_by_time_role_user_and_words(
    command: Command, talk: Mind, options: list[str], days: list[int]
) -> None:
    assert said(command, *options) == [f"day {day}" for day in days]


def test_a_message_cannot_command_the_terminal(command: Command, mind: Mind) -> None:
    mind.conversation.add_message("user", "red \x1b[31m and [bold]\nsecond line", "a\x1b@x")
    shown = done(command, "minds", "messages", "Ann")
    assert "\x1b" not in shown
    assert "[bold]\n    second line" in shown


# --- bad input ----------------------------------------------------------------------------------

LOOKS = [
    ["minds", "list"], ["minds", "show", "Ann"], ["minds", "messages", "Ann"],
    ["minds", "recall", "Ann", "x"], ["minds", "remember", "Ann", "x"],
    ["minds", "concerns", "Ann"], ["minds", "prune"], ["minds", "prune", "Ann"],
    ["minds", "reindex", "Ann"], ["minds", "erase", "Ann", "x", "--yes"],
    ["minds", "delete", "Ann", "--yes"], ["tasks", "list"], ["tasks", "list", "Ann"],
    ["tasks", "show", "x"], ["tasks", "cancel", "x"], ["tasks", "work", "--until-idle"],
    ["verify"], ["verify", "--fix"], ["backup", "x.zip"],
]  # fmt: skip
OF_A_MIND = [arguments for arguments in LOOKS if "Ann" in arguments]
# One of each way to open a home.
SOME = [LOOKS[0], LOOKS[1], LOOKS[6], LOOKS[10], LOOKS[11], LOOKS[15], LOOKS[16]]


@pytest.mark.parametrize("arguments", LOOKS, ids=" ".join)
def test_a_folder_that_is_no_home_is_told_and_nothing_is_made_in_it(
    command: Command, arguments: list[str]
) -> None:
    strange = command.folder / "strange"
    strange.mkdir()
    (strange / "notes.txt").write_text("precious")
    told(command(*arguments, "--home", str(strange)), 2, str(strange), "--home", "minds create")
    assert [path.name for path in strange.iterdir()] == ["notes.txt"]
    assert [path.name for path in command.folder.iterdir()] == ["strange"]


@pytest.mark.parametrize("arguments", OF_A_MIND, ids=" ".join)
def test_a_mind_that_is_not_there_is_told_with_those_that_are(
    command: Command, mind: Mind, arguments: list[str]
) -> None:
    unknown = ["Nobody" if word == "Ann" else word for word in arguments]
    told(command(*unknown), 2, "'Nobody'", f"Ann ({mind.gmid})")


def test_a_name_that_two_minds_have_is_asked_about(command: Command, mind: Mind) -> None:
    other = Mind.birth("Ann", store=mind._store)
    for arguments in OF_A_MIND:
        told(command(*arguments), 2, mind.gmid, other.gmid)


@pytest.mark.parametrize("name", ["", "  ", "\x1b[31m", "x" * 300, "a\nb", "../../etc/passwd.json"])
def test_a_name_that_can_be_none_is_told(command: Command, mind: Mind, name: str) -> None:
    ended = command("minds", "show", name)
    assert ended.returncode in (2, 3)
    assert "\x1b" not in ended.stderr
    told(ended, ended.returncode)
    if not name.startswith(".."):
        told(command("minds", "create", name), 2)


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["messages", "Ann", "--since", "yesterday"], "'yesterday'"),
        (["messages", "Ann", "--until", "2026-13-45"], "'2026-13-45'"),
        (["messages", "Ann", "--search", "x", "--since", "99999"], "'99999'"),
        (["messages", "Ann", "--role", "banana"], "'banana'"),
        (["messages", "Ann", "--before", "1", "--role", "banana"], "'banana'"),
        (["messages", "Ann", "--before", "1", "--since", "2026-01-01"], "--before"),
        (["messages", "Ann", "--before", "1", "--search", "x"], "--before"),
        (["recall", "Ann", "x", "--type", "banana"], "'banana'"),
        (["remember", "Ann", "x", "--type", "banana"], "'banana'"),
        (["remember", "Ann", " "], "empty"),
        (["remember", "Ann", "x", "--tag", ""], "tag"),
        (["remember", "Ann", "x", "--importance", "nan"], "importance"),
        (["concerns", "Ann", "--status", "banana"], "'banana'"),
    ],
)
def test_what_does_not_fit_is_told_in_one_line(
    command: Command, mind: Mind, arguments: list[str], word: str
) -> None:
    told(command("minds", *arguments), 2, word)


def test_without_an_embedder_recall_says_what_to_install(command: Command, mind: Mind) -> None:
    command.environment["GENESIS_PLUGINS"] = ""
    assert done(command, "minds", "remember", "Ann", "kept all the same")
    told(command("minds", "recall", "Ann", "x"), 1, "no embedder is installed")


def test_a_mind_file_of_another_user_is_told(command: Command, mind: Mind) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give files away")
    os.chown(mind.path, 12345, -1)
    for arguments in OF_A_MIND[:3]:
        told(command(*arguments), 3, str(mind.path), "another user")


@pytest.mark.skipif(shutil.which("setpriv") is None, reason="needs Linux's setpriv")
def test_a_home_of_another_user_is_told(command: Command, mind: Mind) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can work as somebody else")
    as_nobody = ("setpriv", "--reuid=65534", "--clear-groups")
    for arguments in (*SOME, ["minds", "create", "Bob"]):
        told(command(*arguments, wrap=as_nobody), 3, str(command.home), "ermission")


@pytest.mark.parametrize("arguments", SOME, ids=" ".join)
def test_a_damaged_database_is_told_in_one_line(
    command: Command, mind: Mind, tmp_path: Path, arguments: list[str]
) -> None:
    home = tmp_path / "damaged"
    shutil.copytree(command.home, home)
    with closing(sqlite3.connect(home / "genesis.db")) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    data = (home / "genesis.db").read_bytes()
    for name in ("genesis.db-wal", "genesis.db-shm"):
        (home / name).unlink(missing_ok=True)
    (home / "genesis.db").write_bytes(data[: len(data) // 2])
    told(command(*arguments, "--home", str(home)), 3, str(home / "genesis.db"), "damaged")


@pytest.mark.parametrize("arguments", SOME, ids=" ".join)
def test_a_home_of_the_older_system_is_left_alone(command: Command, arguments: list[str]) -> None:
    command.home.mkdir()
    path = command.home / "genesis.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE minds (gmid TEXT PRIMARY KEY, consciousness_level REAL)")
    told(command(*arguments), 3, str(path), "genesis import")
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table'"
        ).fetchall() == [("minds",)]


def test_the_shell_can_complete_the_new_commands(command: Command) -> None:
    command.environment |= {"_GENESIS_COMPLETE": "bash_complete", "COMP_CWORD": "1"}
    command.environment["COMP_WORDS"] = "genesis "
    names = {line.partition(",")[2] for line in done(command, "").splitlines()}
    assert {"minds", "tasks", "import", "backup", "restore", "verify"} <= names
    command.environment |= {"COMP_WORDS": "genesis tasks ", "COMP_CWORD": "2"}
    names = {line.partition(",")[2] for line in done(command, "").splitlines()}
    assert names == {"list", "show", "cancel", "work"}
