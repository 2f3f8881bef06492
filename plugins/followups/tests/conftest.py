"""A mind in a home of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from genesis import Mind
from genesis_followups.listening import Ear
from genesis_followups.rules import Rules, load_rules
from genesis_followups.settings import FollowupsSettings

MakeEar = Callable[..., Ear]


@pytest.fixture(scope="session")
def rules() -> Rules:
    return load_rules()


@pytest.fixture
def mind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Mind:
    """A mind whose home is this test's."""
    monkeypatch.setenv("GENESIS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("GENESIS_DURABILITY", "normal")
    return Mind.birth("Atlas")


@pytest.fixture
def make_ear(mind: Mind, rules: Rules) -> MakeEar:
    """Makes an ear for the mind with some settings; users are in UTC unless these say otherwise."""

    def make(**settings: object) -> Ear:
        chosen = FollowupsSettings.model_validate({"time_zone": "UTC", **settings})
        return Ear(mind.conversation, mind.concerns, rules, chosen)

    return make


@pytest.fixture
def ear(make_ear: MakeEar) -> Ear:
    """The mind's conversation and concerns, with the usual settings."""
    return make_ear()
