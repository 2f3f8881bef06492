"""`genesis minds prune`, `reindex`, `erase` and `delete`."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from genesis import Mind
from genesis.minds.retention import RetentionPolicy

from tests.cli.test_bad_input import told
from tests.cli.test_minds import document, done, said
from tests.support import Command


def test_prune_follows_each_minds_own_rule(command: Command, talk: Mind) -> None:
    assert "has no rule" in done(command, "minds", "prune")
    talk.config["retention"] = {"max_count": 5, "keep_minimum": 1}
    talk.save()
    assert done(command, "minds", "prune").endswith("Ann: messages deleted: 2\n")
    assert done(command, "minds", "prune", "Ann").endswith("Ann: messages deleted: 0\n")


def test_prune_follows_the_rule_it_is_given(command: Command, talk: Mind) -> None:
    rule = ["--max-count", "4", "--keep-minimum", "2"]
    assert done(command, "minds", "prune", "Ann", *rule).endswith("messages deleted: 3\n")
    assert said(command) == ["day 4", "day 5", "day 6", "day 7"]
    assert talk.conversation.prune(RetentionPolicy(max_count=4, keep_minimum=2)) == 0


def test_pruning_goes_on_past_a_mind_that_cannot_be_used(command: Command, talk: Mind) -> None:
    broken = Mind.birth("Broken", store=talk._store)
    broken.path.write_text("{")
    talk.config["retention"] = {"max_count": 1, "keep_minimum": 1}
    talk.save()
    ended = command("minds", "prune")
    told(ended, 3, str(broken.path))
    assert ended.stdout.endswith("Ann: messages deleted: 6\n")


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (["--max-age-days", "1e300"], "--max-age-days"),
        (["--max-age-days", "nan"], "--max-age-days"),
        (["--max-age-days", "-1"], "--max-age-days"),
        (["--max-count", "9" * 30], "--max-count"),
        (["--max-count", "1", "--keep-minimum", "-5"], "--keep-minimum"),
        (["--keep-minimum", "5"], "--max-count"),
    ],
)
def test_a_rule_that_is_none_is_told_and_nothing_is_deleted(
    command: Command, talk: Mind, options: list[str], word: str
) -> None:
    told(command("minds", "prune", "Ann", *options), 2, word)
    assert len(said(command)) == 7


def test_a_rule_in_a_file_that_is_none_is_told(command: Command, talk: Mind) -> None:
    text = json.loads(talk.path.read_text())
    text["config"]["retention"] = {"max_count": "many"}
    talk.path.write_text(json.dumps(text))
    ended = command("minds", "prune", "Ann")
    assert ended.returncode == 3
    assert "config.retention.max_count" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert len(said(command)) == 7


def test_reindex_makes_what_is_missing(command: Command, mind: Mind) -> None:
    mind.memory.add_memory("kept without an embedder")
    assert "cannot be found by meaning" in done(command, "minds", "show", "Ann")
    assert "vectors made: 1; the index is complete" in done(command, "minds", "reindex", "Ann")
    assert "vectors made: 0; the index is complete" in done(command, "minds", "reindex", "Ann")
    assert "without an embedder" in done(command, "minds", "recall", "Ann", "without embedder")


def test_erasing_asks_and_nothing_happens_without_a_yes(command: Command, mind: Mind) -> None:
    memory = done(command, "minds", "remember", "Ann", "a secret").strip()
    for answer in (subprocess.DEVNULL, None):
        arguments = ["minds", "erase", "Ann", memory]
        if answer is None:
            process = command.start(*arguments, stdin=subprocess.PIPE)
            output, errors = process.communicate("n\n", timeout=60)
            code = process.returncode
        else:
            ended = command(*arguments, stdin=answer)
            output, errors, code = ended.stdout, ended.stderr, ended.returncode
        assert (output, code) == ("", 130)
        assert "Nothing was changed" in errors
        assert "--resume" not in errors
    assert done(command, "minds", "erase", "Ann", memory, "--yes").startswith("Memories erased: 1.")
    assert document(command, "minds", "recall", "Ann", "a secret") == []


def test_erasing_everything_about_a_user_leaves_the_rest(command: Command, mind: Mind) -> None:
    done(command, "minds", "remember", "Ann", "bob likes tea", "--user", "bob@example.org")
    done(command, "minds", "remember", "Ann", "tea is a plant")
    erased = done(command, "minds", "erase", "Ann", "--user", "bob@example.org", "--yes")
    assert erased.startswith("Memories erased: 1.")
    assert "tea is a plant" in done(command, "minds", "recall", "Ann", "tea")


def test_an_id_of_no_memory_erases_nothing(command: Command, mind: Mind) -> None:
    """A mistyped id must not look as if something had been erased."""
    memory = done(command, "minds", "remember", "Ann", "a secret").strip()
    told(command("minds", "erase", "Ann", memory, "typo", "--yes"), 2, "'typo'", "nothing was")
    told(command("minds", "erase", "Ann", "--yes"), 2, "--user")
    assert "memories   1\n" in done(command, "minds", "show", "Ann")


@pytest.mark.parametrize("spoil", ["nothing", "truncate", "remove"])
def test_delete_removes_a_mind_whatever_its_file_is_like(
    command: Command, talk: Mind, spoil: str
) -> None:
    if spoil == "truncate":
        talk.path.write_bytes(talk.path.read_bytes()[:50])
    if spoil == "remove":
        talk.path.unlink()
    assert command("minds", "delete", "Ann", stdin=subprocess.DEVNULL).returncode == 130
    assert f"{talk.gmid}  Ann is deleted" in done(command, "minds", "delete", "Ann", "--yes")
    assert document(command, "minds", "list") == []
    told(command("minds", "delete", "Ann", "--yes"), 2, "no mind 'Ann'")
    assert done(command, "verify") == "Everything agrees.\n"


def test_a_file_elsewhere_is_not_deleted(command: Command, mind: Mind, tmp_path: Path) -> None:
    copy = mind.save(tmp_path / f"{mind.gmid}.json")
    told(command("minds", "delete", str(copy), "--yes"), 2, str(copy))
    assert copy.exists()
    assert mind.path.exists()
