"""A mind's file: nothing that it holds is lost, what is wrong is named.

How it is replaced, and what a kill leaves, is in `test_durable_file.py`; what counts as a secret
in `test_secret_keys.py`.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from genesis.errors import MindError, MindTooLargeError, NewerMindError
from genesis.minds.identity import Identity, MindStatus, new_identity
from genesis.minds.json_text import MOST_LEVELS
from genesis.minds.mind_file import (
    MOST_BYTES,
    MOST_BYTES_READ,
    MindDocument,
    read_mind_file,
    write_mind_file,
)
from hypothesis import given
from hypothesis import strategies as st

NOW = "2026-11-22T12:00:00.000000Z"
GMID = "GMD-2026-B361-F5F0"
IDENTITY = {"gmid": GMID, "name": "Atlas", "birth_timestamp": NOW}
WHOLE_IDENTITY = Identity.model_validate(IDENTITY).model_dump(mode="json")
# What genesis-minds 0.1.x wrote: no schema version, local times, its own words.
OLDER: dict[str, Any] = {
    "identity": {
        "gmid": GMID, "name": "Atlas", "digital_fingerprint": "7F4A:2B9C",
        "birth_timestamp": "2026-01-05T12:00:00.123456", "birth_location": "local",
        "creator": "ada", "creator_email": None, "template": "base/curious_explorer",
        "primary_purpose": "General companion and assistant", "specialization": None,
        "lifespan_years": 5, "status": "alive", "gens": 1000, "is_public": False,
        "genesis_version": "0.1.5",
    },
    "intelligence": {"reasoning_model": "groq/llama", "max_tokens": 8000, "api_keys": {}},
    "autonomy": {"proactive_actions": False, "initiative_level": "medium"},
    "state": {"status": "idle", "current_thought": "hm", "consciousness_active": False},
    "emotional_state": {
        "primary_emotion": "nostalgia", "intensity": 0.8, "emotions": {"nostalgia": 0.8},
        "mood": "contentment", "mood_stability": 0.7, "arousal": 0.5, "valence": 0.5,
        "last_updated": "2026-01-05T12:00:00", "trigger": "birth",
    },
    "memory": {"mind_id": GMID, "total_memories": 1, "working_memory_ids": ["m1"]},
    "config": {"plugins": [{"name": "tasks", "version": "1.0", "config": {}}]},
    "plugins": {"gen": {"balance": 10.5}, "unheard_of": {"x": [1, 1.0, None, True, {"y": "é"}]}},
    "goals": [{"id": 1}],
}  # fmt: skip
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(), max_size=8),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "minds" / f"{GMID}.json"


def put(path: Path, content: object) -> Path:
    """A file as somebody else wrote it."""
    path.parent.mkdir(exist_ok=True)
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    path.write_bytes(data)
    return path


def document(**parts: object) -> MindDocument:
    return MindDocument.model_validate({"identity": IDENTITY, **parts})


def refusal(path: Path) -> str:
    """Why a file cannot be read; it is as it was afterwards."""
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(MindError) as caught:
        read_mind_file(path)
    assert caught.value.exit_code == 3
    assert path.name in str(caught.value)
    assert before is None or path.read_bytes() == before
    return str(caught.value)


# --- round trips --------------------------------------------------------------------------------


def test_a_newborn_is_small_readable_and_comes_back_as_it_was(path: Path) -> None:
    newborn = MindDocument(identity=new_identity("Atlas"))
    size = write_mind_file(path, newborn)
    assert read_mind_file(path) == newborn
    text = path.read_text(encoding="utf-8")
    assert size == len(path.read_bytes()) < 2048
    assert list(json.loads(text)) == [
        "schema_version", "identity", "emotional_state", "state", "intelligence", "autonomy",
        "config", "plugins",
    ]  # fmt: skip
    assert '\n  "identity": {\n    "gmid": "GMD-' in text
    assert text.endswith("}\n")


def test_saving_what_was_read_changes_no_byte(path: Path) -> None:
    put(path, OLDER)
    write_mind_file(path, read_mind_file(path))
    once = path.read_bytes()
    for _ in range(2):
        write_mind_file(path, read_mind_file(path))
        assert path.read_bytes() == once


def test_a_file_of_the_earlier_program_is_understood_and_nothing_in_it_is_lost(path: Path) -> None:
    put(path, OLDER)
    read = read_mind_file(path)
    assert read.schema_version == 1
    assert read.identity.status is MindStatus.ACTIVE
    assert read.identity.birth_timestamp.endswith(".123456Z")
    assert read.memory == OLDER["memory"]
    write_mind_file(path, read)
    written = json.loads(path.read_bytes())
    assert written["schema_version"] == 1
    for key in ("autonomy", "state", "memory", "config", "plugins", "goals", "intelligence"):
        assert json.dumps(written[key]) == json.dumps(OLDER[key])
    changed = {"birth_timestamp", "status"}
    for key in OLDER["identity"].keys() - changed:
        assert written["identity"][key] == OLDER["identity"][key]
    for key in OLDER["emotional_state"].keys() - {"last_updated"}:
        assert written["emotional_state"][key] == OLDER["emotional_state"][key]


def test_an_old_history_of_several_megabytes_is_read_and_is_saved_once_it_is_taken_out(
    path: Path,
) -> None:
    history = [{"role": "user", "content": f"message {n} " * 20} for n in range(20_000)]
    put(path, {**OLDER, "conversation_history": history})
    assert path.stat().st_size > 4_000_000
    read = read_mind_file(path)
    assert read.conversation_history == history
    with pytest.raises(MindTooLargeError, match=r"largest section is conversation_history: \d,"):
        write_mind_file(path, read)
    assert path.stat().st_size > 4_000_000
    write_mind_file(path, read.model_copy(update={"conversation_history": None}))
    assert "conversation_history" not in json.loads(path.read_bytes())


@given(
    plugins=st.dictionaries(st.text(max_size=8), JSON_VALUES, max_size=3),
    extra=st.dictionaries(st.text(max_size=8), JSON_VALUES, max_size=3),
)
def test_whatever_plugins_and_later_programs_keep_survives_as_it_stands(
    tmp_path: Path, plugins: dict[str, object], extra: dict[str, object]
) -> None:
    path = tmp_path / "mind.json"
    named = {"other": extra, **{f"x{key}": value for key, value in extra.items()}}
    put(path, {"identity": {**IDENTITY, **named}, "plugins": plugins, **named})
    write_mind_file(path, read_mind_file(path))
    written = json.loads(path.read_bytes())
    # Text, because 1, 1.0 and true are equal in Python and -0.0 equals 0.
    assert json.dumps(written["plugins"]) == json.dumps(plugins)
    for key, value in named.items():
        assert json.dumps(written[key]) == json.dumps(value)
        assert json.dumps(written["identity"][key]) == json.dumps(value)


def test_half_a_character_is_kept_and_the_file_stays_utf_8(path: Path) -> None:
    put(path, b'{"identity": %s, "plugins": {"a\\ud83d": "cut \\ud83d", "b": "\\ud83d\\ude00"}}'
        % json.dumps(IDENTITY).encode())  # fmt: skip
    write_mind_file(path, read_mind_file(path))
    assert '"a\\ud83d": "cut \\ud83d"' in path.read_bytes().decode("utf-8")
    assert read_mind_file(path).plugins == {"a\ud83d": "cut \ud83d", "b": "\U0001f600"}


def test_names_of_keys_that_python_objects_have_are_only_keys(path: Path) -> None:
    keys = {"model_dump": 1, "copy": 2, "__class__": 3, "_x": 4, "model_config": 5, "": 6}
    put(path, {"identity": {**IDENTITY, **keys}, **keys})
    write_mind_file(path, read_mind_file(path))
    written = json.loads(path.read_bytes())
    assert keys.items() <= written.items()
    assert keys.items() <= written["identity"].items()


def test_a_byte_order_mark_of_an_editor_does_no_harm(path: Path) -> None:
    put(path, b"\xef\xbb\xbf" + json.dumps(OLDER).encode())
    assert read_mind_file(path).identity.name == "Atlas"


# --- what is no mind's file ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "it is empty"),
        (b" \n\n", "it is empty"),
        (b"\0" * 4096, "it is not JSON: Expecting value at line 1, column 1"),
        (b"hello", "it is not JSON: Expecting value at line 1, column 1"),
        (b'{\n  "identity": {},\n  x\n}', "at line 3, column 3"),
        (b'{"a": 1} {"b": 2}', "it is not JSON: Extra data at line 1, column 10"),
        (b'{"a": "\xff"}', "it is not UTF-8 from byte 7 on"),
        (b'{"a": "caf\xc3', "it is not UTF-8 from byte 10 on"),
        (b"[]", "it holds a list, not an object"),
        (b'"text"', "it holds a text, not an object"),
        (b"12", "it holds a number, not an object"),
        (b"null", "it holds null, not an object"),
        (b'{"a": {"b": 1, "c": 2, "b": 3}}', "the key b occurs twice in one object"),
        (b'{"plugins": {"events": [{"score": NaN}]}}', "plugins.events[0].score is nan"),
        (b'{"plugins": {"x": -Infinity}}', "plugins.x is -inf"),
        (b'{"plugins": {"x": 1e999}}', "plugins.x is inf"),
        (b'{"x": ' + b"9" * 5000 + b"}", "a number with thousands of digits"),
        (b'{"x": ' + b"[" * 200 + b"]" * 200 + b"}", "is nested deeper than 100 levels"),
        (b'{"x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested deeper than 100 levels"),
        (b"{}", "identity: Field required"),
        (b'{"identity": null}', "identity: Input should be"),
        (b'{"identity": {"name": "x", "birth_timestamp": "2026-01-01"}}', "identity.gmid: Field"),
    ],
)
def test_the_message_says_what_is_wrong_and_where(path: Path, content: bytes, reason: str) -> None:
    told = refusal(put(path, content))
    assert reason in told
    assert "put a backup in its place" in told
    assert len(told) < 1200


def test_a_file_that_is_cut_off_anywhere_is_refused_as_such(tmp_path: Path) -> None:
    write_mind_file(tmp_path / "mind.json", document(plugins={"a": {"b": [1, 2.5, "text"]}}))
    whole = (tmp_path / "mind.json").read_bytes().rstrip()
    named = 0
    for length in range(1, len(whole)):
        told = refusal(put(tmp_path / "cut.json", whole[:length]))
        named += "it is cut off at line" in told
    # Behind an inner object's end it cannot be told from a lost bracket, except by the place.
    assert named == len(whole) - 1


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ({"plugins": []}, "plugins: Input should be a valid dictionary"),
        ({"config": "x"}, "config: Input should be a valid dictionary"),
        ({"schema_version": "1"}, "schema_version: Input should be a valid integer"),
        ({"schema_version": True}, "schema_version: Input should be a valid integer"),
        ({"schema_version": 0}, "schema_version: Input should be greater"),
        ({"schema_version": None}, "schema_version: Input should be a valid integer"),
        ({"emotional_state": {"arousal": "high"}}, "emotional_state.arousal: Input should be"),
        ({"emotional_state": {"last_updated": "soon"}}, "emotional_state.last_updated: 'soon' is"),
        ({"identity": {**IDENTITY, "name": "a\nb"}}, "identity.name: it holds a control character"),
        ({"identity": {**IDENTITY, "gmid": "../x"}}, "identity.gmid: it is no GMID like GMD-2026"),
        ({"identity": {**IDENTITY, "creator": 5}}, "identity.creator: Input should be"),
        ({"identity": {**IDENTITY, "status": 5}}, "identity.status"),
        ({"state": 1, "config": 2, "plugins": 3, "autonomy": 4, "intelligence": 5}, "and 2 more"),
    ],
)
def test_a_value_of_the_wrong_type_is_named_by_its_key(
    path: Path, parts: dict[str, object], reason: str
) -> None:
    assert reason in refusal(put(path, {"identity": IDENTITY, **parts}))


def test_a_message_never_repeats_a_value_that_may_be_secret(path: Path) -> None:
    parts = {"config": "sk-live-123", "emotional_state": {"arousal": "sk-live-123"}}
    assert "sk-live" not in refusal(put(path, {"identity": IDENTITY, **parts}))


def test_the_file_of_a_later_release_is_left_alone(path: Path) -> None:
    put(path, {"schema_version": 2, "identity": ["of", "another", "shape"]})
    told = refusal(path)
    assert "later release of Genesis (schema version 2; this one knows 1)" in told
    with pytest.raises(NewerMindError):
        read_mind_file(path)


def test_a_file_beyond_all_measure_is_not_read(path: Path) -> None:
    put(path, b"{}")
    os.truncate(path, MOST_BYTES_READ + 1)
    with pytest.raises(MindError, match="more than 67,108,864 bytes"):
        read_mind_file(path)


# --- what stands in the file's place ------------------------------------------------------------


def test_a_mind_that_has_no_file_is_named_with_what_to_check(path: Path) -> None:
    assert "There is no mind file" in refusal(path)
    assert "Not a directory" in refusal(put(path, {}) / "x.json")
    for odd in ("\0", "x" * 300):
        with pytest.raises(MindError, match="cannot be read"):
            read_mind_file(path.with_name(odd))
        with pytest.raises(MindError, match=r"cannot be written|could not be written"):
            write_mind_file(path.with_name(odd), document())


def test_a_folder_or_a_pipe_in_the_place_of_the_file_is_named(path: Path) -> None:
    path.mkdir(parents=True)
    assert "Is a directory" in refusal(path)
    with pytest.raises(MindError, match="is not a file"):
        write_mind_file(path, document())
    pipe = path.with_name("pipe.json")
    os.mkfifo(pipe)
    assert "is not a file" in refusal(pipe)
    with pytest.raises(MindError, match="is not a file"):
        write_mind_file(pipe, document())


def test_a_symbolic_link_is_never_followed_when_writing(path: Path) -> None:
    target = put(path.with_name("target.json"), OLDER)
    before = target.read_bytes()
    path.symlink_to(target)
    assert read_mind_file(path).identity.name == "Atlas"
    with pytest.raises(MindError, match="symbolic link"):
        write_mind_file(path, document())
    assert path.is_symlink()
    assert target.read_bytes() == before
    path.unlink()
    path.symlink_to(path.with_name("nowhere.json"))
    with pytest.raises(MindError, match="symbolic link"):
        write_mind_file(path, document())
    assert not path.exists()


def test_a_file_of_another_user_is_neither_read_nor_replaced(path: Path) -> None:
    if os.geteuid() == 0:
        os.chown(put(path, OLDER), 12_345, -1)
    else:
        path = Path("/etc/passwd")  # anybody may read it, and it is root's
    before = path.read_bytes()
    assert "belongs to another user" in refusal(path)
    with pytest.raises(MindError, match="belongs to another user"):
        write_mind_file(path, document())
    assert path.read_bytes() == before


# --- the limit ----------------------------------------------------------------------------------


def test_a_save_that_would_be_too_large_keeps_the_old_file(path: Path) -> None:
    small = document(plugins={"events": {"text": ""}, "other": {"text": "ä" * 5_000}})
    room = MOST_BYTES - write_mind_file(path, small)
    full = document(plugins={"events": {"text": "x" * room}, "other": {"text": "ä" * 5_000}})
    assert write_mind_file(path, full) == MOST_BYTES == path.stat().st_size
    before = path.read_bytes()
    over = document(plugins={"events": {"text": "x" * (room + 1)}, "other": {"text": "ä" * 5_000}})
    with pytest.raises(MindTooLargeError) as caught:
        write_mind_file(path, over)
    told = str(caught.value)
    assert "51,201 bytes, and 51,200 are the limit" in told
    assert f"plugins.events: {room // 1000}," in told
    assert path.read_bytes() == before
    assert os.listdir(path.parent) == [path.name]


@pytest.mark.parametrize("section", ["state", "goals", "identity.notes"])
def test_the_largest_section_is_named_wherever_it_is(path: Path, section: str) -> None:
    lines = [f"line {n}" for n in range(10_000)]
    top, _, key = section.partition(".")
    value = {**IDENTITY, key: lines} if key else {"lines": lines}
    with pytest.raises(MindTooLargeError, match=f"largest section is {top}: "):
        write_mind_file(path, document(**{"plugins": {"a": "x" * 9000}, top: value}))
    assert not path.exists()


def test_what_json_does_not_have_is_never_written(path: Path) -> None:
    write_mind_file(path, document())
    before = path.read_bytes()
    for wrong, reason in [
        ({"x": float("nan")}, "plugins.x is nan"),
        ({"x": [{1, 2}]}, r"plugins.x\[0\] is a set"),
        ({"x": {1: 2}}, "plugins.x has the key 1"),
        ({"x": b"bytes"}, "plugins.x is a bytes"),
        ([], "plugins: Input should be a valid dictionary"),
    ]:
        with pytest.raises(MindError, match=reason):
            write_mind_file(path, document().model_copy(update={"plugins": wrong}))
    looped: list[object] = []
    looped.append(looped)
    with pytest.raises(MindError, match="nested deeper"):
        write_mind_file(path, document().model_copy(update={"plugins": {"x": looped}}))
    assert path.read_bytes() == before


def test_the_deepest_value_that_is_read_is_also_written(path: Path) -> None:
    def nested(levels: int) -> bytes:
        return b'{"identity": %s, "x": ' % json.dumps(IDENTITY).encode() + (
            b'{"":' * (levels - 1) + b"1" + b"}" * levels
        )

    write_mind_file(path, read_mind_file(put(path, nested(MOST_LEVELS))))
    read_mind_file(path)
    assert "nested deeper" in refusal(put(path, nested(MOST_LEVELS + 1)))
