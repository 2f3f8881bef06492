"""A plugin's settings: the environment above the file, no unknown key, no value in a message."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Literal

import pytest
from genesis import Kernel
from genesis.errors import SettingsError
from genesis.host.plugin import NoSettings
from genesis.host.plugin_settings import load_plugin_settings
from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from tests.host.installing import HEADER, Site, make_home

SECRET = "hunter2-correct-horse"


class Server(BaseModel):
    host: str = "localhost"
    port: int = 80


class Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    greeting: str = "Hello"
    limit: int = Field(default=1, ge=1)
    mode: Literal["fast", "safe"] = "safe"
    token: SecretStr = SecretStr("")
    names: tuple[str, ...] = ()
    server: Server = Server()

    @field_validator("greeting")
    @classmethod
    def _polite(cls, value: str) -> str:
        if value == SECRET:
            raise ValueError(f"{value} is rude")
        return value

    @model_validator(mode="after")
    def _consistent(self) -> Settings:
        if self.mode == "fast" and self.token.get_secret_value():
            raise ValueError(f"no token {self.token.get_secret_value()} when fast")
        return self


def load(**values: object) -> Settings:
    found = load_plugin_settings("polite", Settings, values)
    assert isinstance(found, Settings)
    return found


def refusal(**values: object) -> str:
    with pytest.raises(SettingsError) as caught:
        load(**values)
    assert caught.value.__cause__ is None
    return str(caught.value)


def test_defaults_hold_when_nothing_is_said() -> None:
    assert load() == Settings()
    assert load_plugin_settings("polite", NoSettings, {}) == NoSettings()


def test_the_environment_is_above_the_file_field_by_field(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GENESIS_PLUGINS__POLITE__GREETING", "Good day")
    monkeypatch.setenv("GENESIS_PLUGINS__POLITE__NAMES", '["Ada", "Grace"]')
    found = load(greeting="Hi", limit=3)
    assert (found.greeting, found.limit, found.names) == ("Good day", 3, ("Ada", "Grace"))


def test_the_environment_of_another_plugin_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GENESIS_PLUGINS__OTHER__GREETING", "Good day")
    assert load().greeting == "Hello"


def test_an_unknown_key_is_refused_by_its_name() -> None:
    message = refusal(greting=SECRET)
    assert message.startswith("[plugins.polite] greting: ")
    assert SECRET not in message


def test_an_unknown_variable_is_refused_and_the_known_ones_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GENESIS_PLUGINS__POLITE__GRETING", SECRET)
    message = refusal()
    assert "GENESIS_PLUGINS__POLITE__GRETING names no setting" in message
    assert "GENESIS_PLUGINS__POLITE__GREETING" in message
    assert SECRET not in message


@pytest.mark.parametrize(
    ("values", "key"),
    [
        ({"limit": SECRET}, "limit"),
        ({"limit": 0}, "limit"),
        ({"mode": SECRET}, "mode"),
        ({"token": [SECRET]}, "token"),
        ({"server": {"port": SECRET}}, "server.port"),
        ({"greeting": SECRET}, "greeting"),
        ({"mode": "fast", "token": SECRET}, "(all)"),
    ],
)
def test_a_wrong_value_is_refused_without_being_shown(values: dict[str, object], key: str) -> None:
    message = refusal(**values)
    assert f"[plugins.polite] {key}: " in message
    assert SECRET not in message


def test_what_may_be_chosen_is_told_also_when_another_setting_has_that_value() -> None:
    assert "Input should be 'fast' or 'safe'" in refusal(mode="slow", greeting="fast")


def test_a_wrong_value_in_the_environment_is_refused_without_being_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GENESIS_PLUGINS__POLITE__LIMIT", SECRET)
    message = refusal()
    assert "GENESIS_PLUGINS__POLITE__LIMIT" in message
    assert SECRET not in message


def test_a_list_in_the_environment_that_is_no_json_is_refused_without_being_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GENESIS_PLUGINS__POLITE__NAMES", f"[{SECRET}")
    message = refusal()
    assert "GENESIS_PLUGINS__POLITE__NAMES" in message
    assert SECRET not in message


POLITE = """
class Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    token: SecretStr
    limit: int = 1

class Polite(Plugin[Settings]):
    settings_model = Settings

    async def start(self):
        HEARD.append((self.context.id, self.context.settings, self.context.folder))
"""


def test_a_plugin_receives_its_settings_and_its_own_folder(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:

    package = site.install("polite", HEADER + POLITE, class_name="Polite")
    monkeypatch.setenv("GENESIS_PLUGINS__POLITE__LIMIT", "7")
    home = make_home(tmp_path / "home", f'[plugins.polite]\ntoken = "{SECRET}"\n')
    with Kernel(home, candidates=site.candidates()) as kernel:
        assert [status.reason for status in kernel.host.statuses()] == [""]
    ((plugin, settings, folder),) = importlib.import_module(package).HEARD
    assert plugin == "polite"
    assert settings.limit == 7
    assert settings.token.get_secret_value() == SECRET
    assert SECRET not in repr(settings)
    assert folder == home.root / "plugins" / "polite"
