"""A mind as programs hold it: born, found, saved, loaded, and shared with other programs."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from genesis import ConversationManager, MemoryManager, MemoryType, Mind
from genesis.errors import MindError, MindTooLargeError, NewerMindError, UsageError
from genesis.home import Home
from genesis.minds.store import MindStore, shared_store
from genesis.storage.backup import make_backup, restore_backup
from genesis.storage.minds import find_minds

SCHEMA_KEYS = {
    "schema_version", "identity", "emotional_state", "state", "intelligence", "autonomy",
    "config", "plugins",
}  # fmt: skip


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """The home that programs find by themselves."""
    found = Home(tmp_path / "home")
    monkeypatch.setenv("GENESIS_HOME", str(found.root))
    monkeypatch.setenv("GENESIS_PLUGINS", "")
    return found


@pytest.fixture
def store(home: Home) -> MindStore:
    """Kept open as long as a test runs."""
    return shared_store(home)


def on_disk(mind: Mind) -> dict[str, object]:
    found: dict[str, object] = json.loads(mind.path.read_text())
    return found


def test_a_name_alone_is_enough_to_be_born(store: MindStore) -> None:
    mind = Mind.birth("Atlas")
    assert mind.path == store.home.minds / f"{mind.gmid}.json"
    assert stat.S_IMODE(mind.path.stat().st_mode) == 0o600
    assert set(on_disk(mind)) == SCHEMA_KEYS
    assert [known.name for known in find_minds(store.database, mind.gmid)] == ["Atlas"]
    mind.conversation.add_message("user", "right after birth")


def test_a_mind_is_found_by_path_gmid_and_name(store: MindStore) -> None:
    mind = Mind.birth("Atlas")
    ways = (mind.path, str(mind.path), mind.gmid, mind.gmid.lower(), "Atlas", " atlas ")
    assert {Mind.load(way).gmid for way in ways} == {mind.gmid}


def test_a_name_that_two_minds_have_is_asked_about(store: MindStore) -> None:
    first, second = Mind.birth("Twin"), Mind.birth("Twin")
    with pytest.raises(UsageError, match="2 minds are called 'Twin'") as caught:
        Mind.load("Twin")
    assert first.gmid in str(caught.value)
    assert second.gmid in str(caught.value)


def test_a_mind_that_is_not_there_is_told_with_those_that_are(store: MindStore) -> None:
    Mind.birth("Atlas")
    with pytest.raises(UsageError, match=r"no mind 'Nobody'.*Atlas \(GMD-"):
        Mind.load("Nobody")
    with pytest.raises(MindError, match="no mind file"):
        Mind.load(store.home.minds / "GMD-2026-0000-0000.json")


def test_a_file_of_the_older_id_form_that_was_put_here_loads(store: MindStore) -> None:
    mind = Mind("Older", gmid="gmid-12345678")
    assert mind.gmid == "GMID-12345678"
    assert Mind.load(Path(store.home.minds / "GMID-12345678.json")).name == "Older"
    with pytest.raises(UsageError, match="There is a mind GMID-12345678 already"):
        Mind("Other", gmid="GMID-12345678")


def test_a_mind_whose_file_is_in_no_home_is_kept_in_the_one_that_is_found(
    store: MindStore, tmp_path: Path
) -> None:
    mind = Mind.birth("Traveller")
    elsewhere = tmp_path / "elsewhere.json"
    mind.save(elsewhere)
    assert Mind.load(elsewhere).gmid == mind.gmid


def test_what_is_changed_is_there_after_the_next_load(store: MindStore) -> None:
    mind = Mind.birth("Atlas", intelligence={"reasoning_model": "one"}, primary_purpose="to keep")
    mind.feel("joy", 0.9, "a letter")
    mind.plugins["nobody_knows"] = {"kept": [1, None, {"deep": True}]}
    mind.intelligence["reasoning_model"] = "two"
    mind.save()
    again = Mind.load(mind.gmid)
    assert again.emotional_state == mind.emotional_state
    assert again.plugins == {"nobody_knows": {"kept": [1, None, {"deep": True}]}}
    # In the older program, changing the model made every later save write nothing at all.
    assert again.intelligence == {"reasoning_model": "two"}
    assert again.identity.primary_purpose == "to keep"
    again.emotional_state.update_emotion("sadness", 0.123)
    again.save()
    assert Mind.load(mind.gmid).emotional_state.intensity == 0.123


def test_two_programs_that_save_one_mind_keep_each_others_changes(store: MindStore) -> None:
    first = Mind.birth("Shared")
    second = Mind.load(first.gmid)
    first.plugins["one"] = {"n": 1}
    second.plugins["two"] = {"n": 2}
    second.feel("joy")
    first.save()
    second.save()
    assert Mind.load(first.gmid).plugins == {"one": {"n": 1}, "two": {"n": 2}}
    first.state["later"] = True
    first.save()
    kept = Mind.load(first.gmid)
    assert kept.emotional_state.primary_emotion == "joy"
    assert kept.state == {"later": True}


def test_a_section_that_grows_is_named_and_the_old_file_stays(store: MindStore) -> None:
    mind = Mind.birth("Atlas")
    mind.plugins["events"] = {"log": ["x" * 100] * 600}
    before = mind.path.read_bytes()
    with pytest.raises(MindTooLargeError, match=r"plugins\.events"):
        mind.save()
    assert mind.path.read_bytes() == before
    mind.plugins["events"] = {}
    mind.save()


def test_the_file_stays_small_whatever_a_mind_keeps(store: MindStore) -> None:
    mind = Mind.birth("Atlas")
    for number in range(100):
        mind.conversation.add_message("user", f"message {number}")
        mind.relationships.record_interaction(f"friend{number}@example.com", positive=True)
        mind.concerns.add(f"concern {number}", "health")
        mind.environments.create(f"place {number}")
    mind.save()
    assert mind.path.stat().st_size < 2_000


def test_secrets_are_never_written(store: MindStore) -> None:
    mind = Mind.birth("Atlas")
    mind.intelligence["api_keys"] = {"somewhere": "sk-very-secret"}
    mind.save()
    assert b"sk-very-secret" not in mind.path.read_bytes()


def test_a_newer_file_is_refused_and_left_alone(store: MindStore) -> None:
    mind = Mind.birth("Atlas")
    newer = {**on_disk(mind), "schema_version": 99}
    mind.path.write_text(json.dumps(newer))
    before = mind.path.read_bytes()
    with pytest.raises(NewerMindError, match="later release"):
        Mind.load(mind.gmid)
    mind.feel("joy")
    with pytest.raises(NewerMindError):
        mind.save()
    assert mind.path.read_bytes() == before


LEGACY = {
    "identity": {
        "gmid": "GMID-12345678",
        "name": "Older",
        "birth_timestamp": "2025-12-30T10:00:00",
        "creator": "somebody",
        "favourite": "kept",
    },
    "conversation_history": [
        {"role": "user", "content": "Hello from before", "timestamp": "2025-12-30T10:01:00"},
        {"role": "assistant", "content": "Hello", "timestamp": "2025-12-30T10:01:05"},
    ],
    "memory": {
        "memories": [
            {"id": "m-1", "type": "semantic", "content": "The cellar is damp", "importance": 0.9}
        ]
    },
    "plugins": {"events": {"n": 1}},
}


def test_a_file_of_the_older_program_loses_nothing(store: MindStore) -> None:
    store.home.minds.mkdir(exist_ok=True)
    path = store.home.minds / "GMID-12345678.json"
    path.write_text(json.dumps(LEGACY))
    original = path.read_bytes()
    mind = Mind.load(Path(path))
    said = [message["content"] for message in mind.conversation.get_recent_messages(limit=10)]
    assert said == ["Hello from before", "Hello"]
    assert [memory.content for memory in mind.memory.get_recent_memories()] == [
        "The cellar is damp"
    ]
    with pytest.warns(DeprecationWarning, match="get_recent_messages"):
        history = mind.conversation_history
    assert [message["content"] for message in history[-10:]] == said
    mind.save()
    assert "conversation_history" not in on_disk(mind)
    again = Mind.load(path)
    assert again.conversation.get_stats()["total_messages"] == 2
    assert again.identity.model_extra == {"favourite": "kept"}
    assert again.plugins == {"events": {"n": 1}}
    (kept,) = (store.home.root / "imports" / "originals").iterdir()
    assert kept.read_bytes() == original
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_every_line_of_the_seed_runs_as_it_stands(store: MindStore, tmp_path: Path) -> None:
    gmid = Mind("Seed", gmid="GMID-12345678").gmid
    program = f"""
from pathlib import Path
from genesis import Mind, MemoryType
mind = Mind.load(Path("home/minds/{gmid}.json"))
recent_msgs = mind.conversation.get_recent_messages(limit=10)
context = mind.conversation.get_conversation_context(max_messages=10)
mind.conversation.add_message(
    role="user",
    content="Hello",
    user_email="user@example.com"
)
mind.memory.add_memory(content="...", memory_type=MemoryType.EPISODIC)
memories = mind.memory.search_memories(query="...", limit=5)
mind.save()
print(len(mind.conversation.get_recent_messages(limit=10)), len(memories))
"""
    environment = {key: value for key, value in os.environ.items() if key != "GENESIS_PLUGINS"}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=environment, text=True,
        capture_output=True, timeout=60,
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("1 1\n", "")


def test_a_memory_is_kept_without_an_embedder_and_searching_says_what_is_missing(
    store: MindStore,
) -> None:
    mind = Mind.birth("Atlas")
    memory = mind.memory.add_memory("kept all the same", MemoryType.SEMANTIC)
    assert mind.memory.get_memory(memory.id) is not None
    with pytest.raises(Exception, match="genesis-minilm"):
        mind.memory.search_memories("kept")


def test_conversations_and_memories_open_by_the_id_alone_as_older_programs_do(
    store: MindStore,
) -> None:
    gmid = Mind.birth("Atlas").gmid
    ConversationManager(gmid).add_message("user", "Hello")
    assert ConversationManager(gmid).get_stats()["total_messages"] == 1
    MemoryManager(gmid).add_memory("kept", MemoryType.SEMANTIC)
    assert [m.content for m in MemoryManager(gmid).get_recent_memories()] == ["kept"]


def test_what_searches_counted_is_written_when_the_program_ends(
    store: MindStore, tmp_path: Path
) -> None:
    mind = Mind.birth("Atlas")
    mind.memory.add_memory("found again and again", MemoryType.SEMANTIC, embedding=[1.0, 0.0])
    program = (
        "from genesis import Mind\n"
        "print(Mind.load('Atlas').memory.search_memories('', embedding=[1.0, 0.0])[0].access_count)"
    )
    for time in (1, 2):
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
        assert (done.stdout, done.stderr) == (f"{time}\n", "")


def test_a_home_in_which_a_program_holds_a_mind_is_not_restored_over(
    store: MindStore, tmp_path: Path
) -> None:
    mind = Mind.birth("Atlas")
    make_backup(store.home, tmp_path / "kept.zip")
    with pytest.raises(UsageError, match="A process works in"):
        restore_backup(store.home, tmp_path / "kept.zip", replace=True)
    assert mind.path.exists()


def test_importing_a_mind_imports_neither_chroma_nor_numpy_nor_alembic() -> None:
    program = (
        "import sys\nfrom genesis import Mind, MemoryType\n"
        "heavy = {'chromadb', 'numpy', 'alembic', 'onnxruntime', 'rich', 'pluggy'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_the_rule_of_retention_is_a_task_of_its_own(store: MindStore) -> None:
    mind = Mind.birth("Tidy", config={"retention": {"max_count": 3, "keep_minimum": 1}})
    for number in range(8):
        mind.conversation.add_message("user", f"message {number}")
    mind.save()
    mind.save()
    assert [task.handler for task in mind.background.get_active_tasks()] == ["genesis.retention"]
    store.background_runner(1).run_until_idle()
    said = [m["content"] for m in mind.conversation.get_recent_messages()]
    assert said == ["message 5", "message 6", "message 7"]
    (done,) = mind.background.get_completed_tasks()
    assert done.result == {"deleted": 5}
    (following,) = mind.background.get_active_tasks()
    assert following.run_at is not None
    mind.config["retention"] = {"max_count": "many"}
    with pytest.raises(MindError, match=r"config.retention.max_count"):
        mind.save()
