"""`genesis backup`, `restore` and `verify`, as a person uses them."""

from __future__ import annotations

import json
import os
import sqlite3
import stat
import subprocess
import sys
import zipfile
from contextlib import closing
from pathlib import Path

import pytest
from genesis import Mind
from genesis.home import Home, OwnerLock

from tests.cli.test_bad_input import told
from tests.cli.test_minds import document, done
from tests.support import Command


@pytest.fixture
def ann(command: Command) -> Command:
    """The command in a home with a mind, which nobody holds."""
    done(command, "minds", "create", "Ann")
    return command


def say(command: Command, text: str) -> None:
    """Let a program of its own add a message; it has ended when this returns."""
    program = (
        f"from genesis import Mind; Mind.load('Ann').conversation.add_message('user', {text!r})"
    )
    environment = {**os.environ, "GENESIS_HOME": str(command.home), "GENESIS_PLUGINS": ""}
    subprocess.run([sys.executable, "-c", program], env=environment, check=True)


def said(command: Command) -> list[str]:
    found = document(command, "minds", "messages", "Ann")
    assert isinstance(found, list)
    return [message["content"] for message in found]


def test_a_home_comes_back_as_it_was_and_what_was_there_is_set_aside(
    ann: Command, tmp_path: Path
) -> None:
    command, file = ann, tmp_path / "backup.zip"
    say(command, "before")
    memory = done(command, "minds", "remember", "Ann", "likes tea").strip()
    printed = done(command, "backup", str(file))
    assert printed.startswith(f"{file}: 2 files, ")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    say(command, "after")
    printed = done(command, "restore", str(file), "--replace")
    assert said(command) == ["before"]
    aside = Path(printed.splitlines()[1].rpartition(" ")[2])
    assert aside.is_dir()
    assert done(command, "verify", "--home", str(aside)).startswith("Everything agrees.")
    (found,) = document(command, "minds", "recall", "Ann", "tea")  # type: ignore[misc]
    assert found["id"] == memory


def test_a_backup_can_be_restored_into_a_new_home(
    command: Command, mind: Mind, tmp_path: Path
) -> None:
    done(command, "backup", "b.zip")
    elsewhere = ["--home", str(tmp_path / "new")]
    assert "2 files, as of " in done(command, "restore", "b.zip", *elsewhere)
    assert mind.gmid in done(command, "minds", "list", *elsewhere)
    assert done(command, "verify", *elsewhere) == "Everything agrees.\n"


def test_backup_and_restore_print_nothing_but_their_result_into_a_pipe(ann: Command) -> None:
    for arguments in (["backup", "b.zip"], ["restore", "b.zip", "--replace"], ["verify"]):
        ended = ann(*arguments)
        assert ended.returncode == 0
        assert ended.stderr == ""


def test_no_file_is_replaced_by_a_backup(command: Command, mind: Mind) -> None:
    (command.folder / "b.zip").write_text("precious")
    told(command("backup", "b.zip"), 2, "b.zip", "replaces nothing")
    assert (command.folder / "b.zip").read_text() == "precious"


def test_a_backup_that_cannot_be_written_is_told_and_leaves_nothing(
    command: Command, mind: Mind
) -> None:
    told(command("backup", "no/such/folder/b.zip"), 3, "no/such/folder")
    assert sorted(path.name for path in command.folder.iterdir()) == [".genesis"]


@pytest.mark.parametrize("content", [b"", b"This is a diary.\n", b"PK\x03\x04half"])
def test_a_file_that_is_no_backup_changes_nothing(
    command: Command, mind: Mind, content: bytes
) -> None:
    (command.folder / "b.zip").write_bytes(content)
    mind.conversation.add_message("user", "hello")
    told(command("restore", "b.zip", "--replace"), 3, "b.zip", "no backup")
    told(command("restore", "gone.zip", "--replace"), 2, "gone.zip")
    assert said(command) == ["hello"]


def test_another_zip_is_no_backup(command: Command) -> None:
    with zipfile.ZipFile(command.folder / "b.zip", "w") as archive:
        archive.writestr("notes.txt", "hello")
    told(command("restore", "b.zip"), 3, "b.zip")
    assert not command.home.exists()


def test_a_home_with_something_in_it_is_only_replaced_when_that_is_said(
    command: Command, mind: Mind
) -> None:
    done(command, "backup", "b.zip")
    mind.conversation.add_message("user", "later")
    told(command("restore", "b.zip"), 2, str(command.home), "--replace")
    assert said(command) == ["later"]


def test_a_home_that_a_process_works_in_is_not_replaced(ann: Command) -> None:
    done(ann, "backup", "b.zip")
    lock = OwnerLock(Home(ann.home))
    told(ann("restore", "b.zip", "--replace"), 2, "Stop it first")
    lock.release()
    done(ann, "restore", "b.zip", "--replace")


def test_a_home_in_which_a_program_holds_a_mind_is_not_replaced(
    command: Command, mind: Mind
) -> None:
    done(command, "backup", "b.zip")
    told(command("restore", "b.zip", "--replace"), 2, "Stop it first")
    mind.conversation.add_message("user", "still kept")
    assert said(command) == ["still kept"]


def spoil(command: Command, mind: Mind) -> None:
    """A counter that --fix mends, and a file that a person must put back."""
    other = Mind.birth("Broken", store=mind._store)
    other.path.write_bytes(other.path.read_bytes()[:50])
    mind.conversation.add_message("user", "hello")
    # A deletion counts all that is not counted yet.
    mind.conversation.delete_message(mind.conversation.add_message("user", "gone").id)
    with closing(sqlite3.connect(command.home / "genesis.db")) as connection, connection:
        connection.execute("UPDATE conversation_threads SET user_messages = 99")


def test_verify_names_what_is_wrong_and_ends_with_1(command: Command, mind: Mind) -> None:
    assert done(command, "verify") == "Everything agrees.\n"
    assert document(command, "verify") == []
    spoil(command, mind)
    lines = done(command, "verify", code=1).splitlines()
    assert [line.partition(":")[0] for line in lines] == ["conversations", "minds"]
    assert lines[0].endswith("[--fix mends it]")
    assert lines[1].endswith("[by hand]")
    assert lines == done(command, "verify", code=1).splitlines()


def test_verify_fix_mends_what_it_can_and_ends_with_1_while_something_is_left(
    command: Command, mind: Mind
) -> None:
    spoil(command, mind)
    lines = done(command, "verify", "--fix", code=1).splitlines()
    assert lines[0].endswith("[fixed]")
    assert len(done(command, "verify", code=1).splitlines()) == 1
    done(command, "minds", "delete", "Broken", "--yes")
    assert done(command, "verify", "--fix") == "Everything agrees.\n"


def test_verify_prints_one_document(command: Command, mind: Mind) -> None:
    os.chmod(mind.path, 0o644)
    problem = {"what": "minds", "message": f"{mind.path} can be read by other users"}
    found = json.loads(done(command, "verify", "--json", code=1))
    assert found == [{**problem, "fixed": False}]
    assert document(command, "verify", "--fix") == [{**problem, "fixed": True}]
    assert document(command, "verify") == []
