"""`genesis import` as a person uses it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from genesis.cli.importing import import_command
from genesis.errors import UsageError
from genesis.home import Home

from tests.importing import older
from tests.importing.older import ATLAS, counted


def run(home: Home, *arguments: str | Path) -> Result:
    """The command, without what the program around it does with errors."""
    every = [str(argument) for argument in (*arguments, "--home", home.root)]
    return CliRunner().invoke(import_command, every, env={"COLUMNS": "200"})


def test_it_prints_a_table_and_ends_with_0_when_all_is_taken(source: Path, home: Home) -> None:
    done = run(home, source)
    assert done.exit_code == 0, done.output
    rows = {line.split()[0]: line.split()[1:] for line in done.stdout.splitlines() if line}
    assert rows["message"] == ["6", "6", "0", "0"]
    assert "changed background_task: 1 x it was running" in done.stdout
    assert f"secrets left out: {ATLAS}.json: intelligence.api_keys" in done.stdout
    assert "16 rows imported" not in done.stdout
    assert "13 rows imported into" in done.stdout


def test_it_ends_with_1_and_names_samples_when_rows_were_skipped(source: Path, home: Home) -> None:
    older.change(source / "genesis.db", "UPDATE conversation_messages SET role = 'banana'")
    done = run(home, source)
    assert done.exit_code == 1
    assert "skipped message: 6 x role 'banana' is unknown" in done.stdout
    assert "(1, 2, 3)" in done.stdout
    assert "every row that was skipped or changed: " in done.stdout


def test_it_says_how_memories_get_their_vectors(with_memories: Path, home: Home) -> None:
    assert "genesis minds reindex" in run(home, with_memories).stdout
    assert "genesis minds reindex" not in run(home, with_memories).stdout


def test_json_is_one_document(source: Path, home: Home) -> None:
    done = run(home, source, "--json")
    document = json.loads(done.stdout)
    assert document["kinds"]["message"]["imported"] == 6
    assert document["complete"] is True
    assert document["secrets_left_out"] == [
        f"{ATLAS}.json: intelligence.api_keys", f"{older.NOVA}.json: intelligence.api_keys",
    ]  # fmt: skip


def test_a_dry_run_makes_no_home(source: Path, home: Home) -> None:
    done = run(home, source, "--dry-run")
    assert done.exit_code == 0
    assert "13 rows would be imported" in done.stdout
    assert not home.root.exists()


def test_a_path_without_anything_makes_no_home(tmp_path: Path, home: Home) -> None:
    done = run(home, tmp_path)
    assert isinstance(done.exception, UsageError)
    assert not home.root.exists()


def test_in_place_says_the_two_ways_and_then_does_it(source: Path) -> None:
    home = Home(source)
    refused = run(home, source)
    assert isinstance(refused.exception, UsageError)
    assert not (source / "genesis.db-wal").exists()
    assert run(home, source, "--in-place", "--dry-run").exit_code == 0
    assert run(home, source, "--in-place").exit_code == 0
    assert counted(home.database, "conversation_messages") == 6
    assert "0 rows imported" in run(home, source, "--in-place").stdout


def test_waiting_lists_what_waits(tmp_path: Path, home: Home) -> None:
    assert "Nothing waits" in run(home, "--waiting").stdout
    run(home, older.make_service(tmp_path / "service" / ".compound-state"))
    assert "leads: 3 rows wait for the plugin marketing" in run(home, "--waiting").stdout
    listed = json.loads(run(home, "--waiting", "--json").stdout)
    assert {"table": "leads", "plugin": "marketing", "rows": 3}.items() <= listed[1].items()


@pytest.mark.parametrize("markup", ["[red]x[/red]", "\x1b[31mred"])
def test_what_a_source_says_is_not_obeyed_by_the_terminal(
    source: Path, home: Home, markup: str
) -> None:
    older.change(source / "genesis.db", "UPDATE conversation_messages SET role = ?", markup)
    done = run(home, source)
    assert "\x1b" not in done.stdout
    assert "6 x role" in done.stdout
