"""What older versions kept inside of a mind's file, and in files beside it."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from pathlib import Path

import pytest
from genesis import Mind
from genesis.home import Home
from genesis.importing.legacy import take_over_legacy
from genesis.minds.conversation import ConversationManager
from genesis.minds.mind_file import read_mind_file
from genesis.storage.database import Database
from genesis.storage.memories import read_memory
from genesis.storage.minds import find_minds

from tests.importing import older
from tests.importing.conftest import Import
from tests.importing.older import ATLAS, counted

HISTORY = [
    {"role": "user", "content": "Hello", "timestamp": "2026-01-04T10:00:00Z"},
    {"role": "assistant", "content": "Hi", "timestamp": "2026-01-04T10:00:01Z",
     "metadata": {"api_key_hint": "kept", "token": "a word of the conversation"}},
    {"role": "user", "content": "ok"},
    {"role": "user", "content": "ok"},
    {"role": "banana", "content": "no"},
    "no object",
]  # fmt: skip
MEMORIES = {
    "mem-a": {"content": "likes tea", "type": "semantic", "tags": ["a"], "access_count": 3,
              "timestamp": "2026-01-04T10:00:00Z", "emotion_intensity": 0.7},
    "mem-b": {"content": "", "type": "episodic"},
}  # fmt: skip


@pytest.fixture
def legacy(tmp_path: Path) -> Path:
    """A home with one mind whose file holds its conversation and its memories."""
    document = older.mind_document(ATLAS, "Atlas", conversation_history=HISTORY)
    document["memory"] = {"mind_id": ATLAS, "memories": MEMORIES}
    older.write_mind(tmp_path / "legacy", document)
    return tmp_path / "legacy"


def test_conversation_history_is_imported_and_not_dropped(
    legacy: Path, run: Import, opened: Database
) -> None:
    report = run(legacy)
    messages = ConversationManager(ATLAS, opened).get_recent_messages()
    assert [m["content"] for m in messages] == ["Hello", "Hi", "ok", "ok"]
    assert messages[1]["metadata"] == HISTORY[1]["metadata"]  # type: ignore[index]
    assert messages[2]["timestamp"] == "2026-01-04T10:00:01.000000Z"
    assert dict(report.kinds["message"].skipped_because.counts) == {
        "role 'banana' is unknown; known are assistant, system, user": 1, "it is no object": 1,
    }  # fmt: skip
    assert run(legacy).kinds["message"].present == 4


def test_memories_inside_of_the_file_are_imported(
    legacy: Path, run: Import, opened: Database
) -> None:
    report = run(legacy)
    row = read_memory(opened, ATLAS, "mem-a")
    assert row is not None
    assert {"likes tea", "semantic", 3, 0.7, '["a"]'} <= set(row)
    assert dict(report.kinds["memory"].skipped_because.counts) == {"content is empty": 1}


def test_what_is_no_list_is_named_and_not_dropped(legacy: Path, run: Import) -> None:
    document = older.mind_document(ATLAS, "Atlas", conversation_history="all of it", memory=7)
    older.write_mind(legacy, document)
    report = run(legacy)
    assert (report.kinds["message"].skipped, report.kinds["memory"].skipped) == (1, 1)


def test_the_new_file_is_small_and_the_old_one_stays(legacy: Path, run: Import, home: Home) -> None:
    run(legacy)
    document = read_mind_file(home.minds / f"{ATLAS}.json")
    assert (document.conversation_history, document.memory) == (None, None)
    assert "conversation_history" in (legacy / "minds" / f"{ATLAS}.json").read_text()


def test_loading_an_older_file_and_importing_it_take_each_message_once(
    legacy: Path, run: Import, opened: Database, home: Home
) -> None:
    run(legacy)
    file = legacy / "minds" / f"{ATLAS}.json"
    assert take_over_legacy(home, opened, file, read_mind_file(file)) == 0
    other = older.mind_document(older.NOVA, "Nova", conversation_history=HISTORY)
    path = older.write_mind(legacy, other)
    from genesis.importing.mind_writing import write_mind
    from genesis.importing.sources.mind_files import read_mind_source

    write_mind(home, opened, read_mind_source(path))
    assert take_over_legacy(home, opened, path, read_mind_file(path)) == 4
    assert take_over_legacy(home, opened, path, read_mind_file(path)) == 0
    assert run(legacy).imported == 0
    assert counted(home.database, "conversation_messages") == 8


def test_a_file_that_grew_adds_only_what_is_new(legacy: Path, run: Import) -> None:
    run(legacy)
    path = legacy / "minds" / f"{ATLAS}.json"
    document = json.loads(path.read_text())
    document["conversation_history"].append({"role": "user", "content": "ok"})
    path.write_text(json.dumps(document))
    assert run(legacy).kinds["message"].imported == 1


def test_concerns_of_the_time_before_the_table_are_imported(
    legacy: Path, run: Import, home: Home, opened: Database
) -> None:
    folder = legacy / "data" / "concerns" / ATLAS
    folder.mkdir(parents=True)
    entry = {
        "concern_id": "con-9", "concern_type": "emotion", "description": "was sad",
        "severity": 0.9, "created_at": "2026-01-04T10:00:00Z", "resolved": False,
        "follow_up_at": "2026-01-05T10:00:00Z", "follow_up_count": 2, "urgency": 0.4,
    }  # fmt: skip
    (folder / "concerns.json").write_text(json.dumps([entry, "no object"]))
    (folder / "concerns.json.bak").write_text(json.dumps([entry]))
    report = run(legacy)
    assert (report.kinds["concern"].imported, report.kinds["concern"].skipped) == (1, 1)
    where = "content = 'was sad' AND priority = 'high' AND check_count = 2"
    assert counted(home.database, "concerns", where) == 1
    assert any(left.what.endswith("concerns.json.bak") for left in report.left)
    (folder / "concerns.json").write_text('[{"concern_id": ')
    assert any("concerns.json" in fault for fault in run(legacy).faults)
    assert len(find_minds(opened, ATLAS)) == 1


def test_memories_at_the_top_of_a_file_are_taken_over_by_loading_it(legacy: Path) -> None:
    document = older.mind_document(older.NOVA, "Nova", memories=[{"content": "at the top"}])
    mind = Mind.load(older.write_mind(legacy, document))
    assert [memory.content for memory in mind.memory.get_recent_memories()] == ["at the top"]
    mind.save()
    assert "memories" not in json.loads(mind.path.read_text())


def test_loading_says_how_much_cannot_be_taken_and_where_it_is_kept(
    legacy: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = legacy / "minds" / f"{ATLAS}.json"
    before = path.read_bytes()
    with caplog.at_level(logging.WARNING, "genesis.minds"):
        Mind.load(path)
    assert "3 messages or memories of the older program cannot be taken" in caplog.text
    assert str(legacy / "imports" / "originals") in caplog.text
    (kept,) = (legacy / "imports" / "originals").iterdir()
    assert kept.read_bytes() == before


def test_what_the_older_program_wrote_after_the_loading_is_taken_over_by_the_save(
    legacy: Path,
) -> None:
    path = legacy / "minds" / f"{ATLAS}.json"
    mind = Mind.load(path)
    document = json.loads(path.read_text())
    document["conversation_history"].append({"role": "user", "content": "said meanwhile"})
    path.write_text(json.dumps(document))
    mind.save()
    assert [m["content"] for m in mind.conversation.get_recent_messages(1)] == ["said meanwhile"]
    assert "conversation_history" not in json.loads(path.read_text())


def test_programs_that_load_one_older_file_at_once_take_each_row_once(legacy: Path) -> None:
    path = legacy / "minds" / f"{ATLAS}.json"
    before = path.read_bytes()
    program = (
        "import sys\nfrom pathlib import Path\nfrom genesis import Mind\n"
        "mind = Mind.load(Path(sys.argv[1]))\n"
        "for n in range(20):\n    mind.plugins.setdefault(sys.argv[2], {})[str(n)] = n\n"
        "    mind.save()\n"
    )
    running = [subprocess.Popen([sys.executable, "-c", program, str(path), name]) for name in "abc"]
    assert [process.wait(60) for process in running] == [0, 0, 0]
    mind = Mind.load(path)
    assert mind.conversation.get_stats()["total_messages"] == 4
    assert len(mind.memory.get_recent_memories()) == 1
    assert {name: len(mind.plugins[name]) for name in "abc"} == {"a": 20, "b": 20, "c": 20}  # type: ignore[arg-type]
    kept = [file.read_bytes() for file in (legacy / "imports" / "originals").iterdir()]
    assert kept == [before]
