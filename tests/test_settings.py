"""Settings: file, environment and option, in this order; what is wrong is named."""

from __future__ import annotations

from pathlib import Path

import pytest
from genesis.errors import HomeError, SettingsError
from genesis.home import Home, OwnerLock, find_home, is_owner_alive
from genesis.settings import KernelSettings, load_kernel_settings, read_settings_file
from genesis.settings_file import set_disabled


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PLUGINS", "DISABLED", "ORDER", "WORKERS", "DURABILITY", "HOME"):
        monkeypatch.delenv(f"GENESIS_{name}", raising=False)


def load(folder: Path, text: str | bytes, plugins: str | None = None) -> KernelSettings:
    path = folder / "genesis.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load_kernel_settings(path, read_settings_file(path), plugins)


def test_without_a_file_there_are_defaults(tmp_path: Path) -> None:
    path = tmp_path / "genesis.toml"
    found = load_kernel_settings(path, read_settings_file(path))
    assert (found.plugins, found.disabled, found.durability) == (None, (), "full")
    assert found.workers >= 2


def test_the_environment_stands_above_the_file_and_the_option_above_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = '[kernel]\nplugins = ["of_file"]\nworkers = 3\n'
    assert load(tmp_path, text).plugins == ("of_file",)
    monkeypatch.setenv("GENESIS_PLUGINS", "of_environment, two,")
    assert load(tmp_path, text).plugins == ("of_environment", "two")
    assert load(tmp_path, text, "of_option,x").plugins == ("of_option", "x")
    assert load(tmp_path, text, "").plugins == ()
    assert load(tmp_path, text, "x").workers == 3


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("[kernel\n", "line 1"),
        ('[kernel]\nplugins = ["probe"\n', "Unclosed array"),
        ("[kernel]\nworkers = 'many'\n", "[kernel] workers"),
        ("[kernel]\nworkers = 0\n", "[kernel] workers"),
        ("[kernel]\nplugins = 5\n", "[kernel] plugins"),
        ("[kernel]\ndisabled = [1]\n", "[kernel] disabled.0"),
        ("[kernel]\ndurability = 'high'\n", "'full' or 'normal'"),
        ("[kernel]\ncolour = 'red'\n", "[kernel] colour is unknown"),
        ("[kernel]\n_env_file = 5\n", "[kernel] _env_file is unknown"),
        ("kernel = 5\n", "must be a table"),
        ("[colours]\n", "[colours] is unknown"),
        (b"[kernel]\n# caf\xe9\n", "line 2 is not UTF-8"),
    ],
)
def test_settings_that_are_wrong_are_named(tmp_path: Path, text: str | bytes, word: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load(tmp_path, text)
    assert str(tmp_path / "genesis.toml") in str(caught.value)
    assert word in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("name", "value"), [("WORKERS", "many"), ("DURABILITY", "high")])
def test_a_variable_that_is_wrong_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"GENESIS_{name}", value)
    with pytest.raises(SettingsError, match=f"the environment: GENESIS_{name}"):
        load(tmp_path, "")


def test_disabling_keeps_comments_and_what_was_disabled(tmp_path: Path) -> None:
    path = tmp_path / "home" / "genesis.toml"
    assert set_disabled(path, "one", disabled=True)
    assert not set_disabled(path, "one", disabled=True)
    path.write_text('# mine\n[kernel]\ndisabled = "a,b"  # as text\nworkers = 2\n')
    assert set_disabled(path, "c", disabled=True)
    text = path.read_text()
    assert text.startswith("# mine\n")
    assert load_kernel_settings(path, read_settings_file(path)).disabled == ("a", "b", "c")
    assert set_disabled(path, "a", disabled=False)
    assert load_kernel_settings(path, read_settings_file(path)).disabled == ("b", "c")
    assert [found.name for found in path.parent.iterdir()] == ["genesis.toml"]


def test_a_file_that_is_not_valid_is_not_changed(tmp_path: Path) -> None:
    path = tmp_path / "genesis.toml"
    for text in ("[kernel", "kernel = 5\n"):
        path.write_text(text)
        with pytest.raises(SettingsError):
            set_disabled(path, "one", disabled=True)
        assert path.read_text() == text


def test_the_home_is_the_option_the_variable_or_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert find_home().root == tmp_path / ".genesis"
    monkeypatch.setenv("GENESIS_HOME", "of-variable")
    assert find_home().root == tmp_path / "of-variable"
    assert find_home("of-option").root == tmp_path / "of-option"
    with pytest.raises(HomeError, match="~nobody-of-this-name"):
        find_home("~nobody-of-this-name")


def test_a_lock_is_alive_until_it_is_released(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.prepare()
    lock = OwnerLock(home)
    assert is_owner_alive(home, lock.owner)
    assert is_owner_alive(home, lock.owner)
    lock.release()
    assert not is_owner_alive(home, lock.owner)
    assert not is_owner_alive(home, "never-there")
    assert list(home.locks.iterdir()) == []
