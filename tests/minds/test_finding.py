"""A mind is found by its path, its GMID and its name, and nothing is made around what is none."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path

import pytest
from genesis import Mind
from genesis.errors import GenesisError, MindError, UsageError
from genesis.home import Home
from genesis.minds.store import MindStore, shared_store
from genesis.storage.pruning import open_tasks


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MindStore:
    """The store of the home that programs find by themselves."""
    monkeypatch.setenv("GENESIS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("GENESIS_PLUGINS", "")
    monkeypatch.chdir(tmp_path)
    return shared_store(Home(tmp_path / "home"))


def moved_away(mind: Mind, folder: Path, gmid: str, name: str) -> Path:
    """The file of another mind, in a folder of no home."""
    document = json.loads(mind.path.read_text())
    document["identity"] |= {"gmid": gmid, "name": name}
    folder.mkdir(parents=True)
    (folder / "other.json").write_text(json.dumps(document))
    return folder / "other.json"


def test_a_path_that_leads_nowhere_makes_no_home(store: MindStore, tmp_path: Path) -> None:
    with pytest.raises(MindError, match="There is no mind file"):
        Mind.load(Path("typo/minds/GMD-2026-0000-0000.json"))
    assert not (tmp_path / "typo").exists()


def test_no_home_is_made_around_a_file_that_is_no_mind(store: MindStore, tmp_path: Path) -> None:
    (tmp_path / "project" / "minds").mkdir(parents=True)
    (tmp_path / "project" / "minds" / "notes.json").write_text('{"notes": []}')
    with pytest.raises(MindError, match="identity"):
        Mind.load(tmp_path / "project" / "minds" / "notes.json")
    assert [path.name for path in (tmp_path / "project").iterdir()] == ["minds"]


def test_a_mind_of_a_relative_path_is_saved_there_wherever_its_program_goes(
    store: MindStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = Mind.birth("Atlas").path
    mind = Mind.load(file.relative_to(tmp_path))
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    mind.state["moved"] = True
    mind.save()
    assert json.loads(file.read_text())["state"] == {"moved": True}
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_mind_that_was_loaded_from_elsewhere_is_found_by_its_gmid_and_name(
    store: MindStore, tmp_path: Path
) -> None:
    file = moved_away(Mind.birth("Atlas"), tmp_path / "away", "GMID-ABCDEFGH", "Zoë")
    mind = Mind.load(file)
    for way in ("GMID-ABCDEFGH", "gmid-abcdefgh", "Zoë", unicodedata.normalize("NFD", "ZOË")):
        assert Mind.load(way).path == file
    mind.config["retention"] = {"max_count": 1, "keep_minimum": 0}
    mind.save()
    store.background_runner(1).run_until_idle()
    assert [str(task.status) for task in mind.background.get_completed_tasks()] == ["completed"]


def test_a_name_with_a_slash_is_a_name(store: MindStore) -> None:
    assert Mind.load(Mind.birth("AC/DC").name).name == "AC/DC"


@pytest.mark.parametrize(
    "which", ["", "\ud800", "\0", "~nobody-of-that-name/minds/x.json", 5, None, "x" * 10_000_000]
)
def test_what_can_name_no_mind_is_refused_with_the_reason(store: MindStore, which: object) -> None:
    with pytest.raises(UsageError):
        Mind.load(which)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "facts",
    [
        {"name": 5},
        {"creator": "\ud800"},
        {"creator": "\0"},
        {"creator": 5},
        {"creator": "x" * 10_000_000},
        {"primary_purpose": "\ud83d"},
        {"intelligence": {"model": object()}},
        {"config": {"ratio": float("nan")}},
        {"autonomy": {5: "no text"}},
    ],
)
def test_a_mind_that_cannot_be_born_leaves_no_file(
    store: MindStore, facts: dict[str, object]
) -> None:
    with pytest.raises(GenesisError):
        Mind.birth(**{"name": "Atlas", **facts})  # type: ignore[arg-type]
    assert list(store.home.minds.glob("*")) == []


@pytest.mark.parametrize(
    ("section", "value", "named"),
    [
        ("plugins", {"mail": {"key": object()}}, r"plugins\.mail\.key is a object"),
        ("plugins", {"mail": {"seen": {1, 2}}}, r"plugins\.mail\.seen is a set"),
        ("plugins", {5: "hush-hush"}, "the key 5"),
        ("state", "hush-hush", "state: "),
        ("emotional_state", None, "emotional_state: "),
    ],
)
def test_what_a_file_cannot_hold_is_named_by_its_key_and_never_shown(
    store: MindStore, section: str, value: object, named: str
) -> None:
    mind = Mind.birth("Atlas")
    before = mind.path.read_bytes()
    setattr(mind, section, value)
    with pytest.raises(MindError, match=named) as caught:
        mind.save()
    assert "hush-hush" not in str(caught.value)
    assert mind.path.read_bytes() == before


def test_a_mind_with_many_open_tasks_has_one_task_of_retention(store: MindStore) -> None:
    mind = Mind.birth("Busy", config={"retention": {"max_count": 3}})
    for number in range(1001):
        mind.background.submit(f"request {number}")
    for _ in range(3):
        mind.save()
    assert len(open_tasks(store.database, mind.gmid, "genesis.retention")) == 1


def test_a_rule_that_was_taken_away_ends_with_its_task(store: MindStore) -> None:
    mind = Mind.birth("Tidy", config={"retention": {"max_count": 3, "keep_minimum": 1}})
    mind.save()
    mind.config.pop("retention")
    mind.save()
    store.background_runner(1).run_until_idle()
    assert mind.background.get_active_tasks() == []
