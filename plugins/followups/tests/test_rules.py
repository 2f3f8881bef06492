"""Rules and settings of one's own, and what is told of those that cannot be used."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from genesis.errors import SettingsError
from genesis_followups.extracting import extract
from genesis_followups.judging import Known, judge
from genesis_followups.rules import Rules, load_rules
from genesis_followups.settings import FollowupsSettings
from genesis_followups.words import phrase_around, stem, stems
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

NOW = datetime(2026, 3, 2, 9, 0)  # noqa: DTZ001 - local times have no zone here
OWN = """
[words]
plant = "fern|cactus"
[[rule]]
name = "plants"
type = "garden"
date = "ignored"
days = 4
ask = "Is the {topic} alive?"
patterns = ['my (?P<topic>{plant}) is dying', 'save my {close}']
"""


def test_rules_of_ones_own_come_first_and_may_use_the_lists_of_words(tmp_path: Path) -> None:
    own = tmp_path / "rules.toml"
    own.write_text(OWN)
    rules = load_rules(own)
    (finding,) = extract("Help, my cactus is dying, I'm so worried about it!", NOW, rules)[:1]
    assert (finding.type, finding.question) == ("garden", "Is the cactus alive?")
    assert str(finding.ask_from) == "2026-03-06 18:00:00"
    assert extract("I have a headache.", NOW, rules)[0].type == "health"


BAD_RULES = {
    "is not valid TOML": "[[rule]\n",
    "rule.0.patterns: Field required": "[[rule]]\nname = 'a'\ntype = 'b'\nask = 'c'\n",
    "no regular expression": OWN.replace("save my", "save (my"),
    "the list of words 'stone'": OWN.replace("{close}", "{stone}"),
    "only {topic} and {sentence}": OWN.replace("{topic} alive", "{name} alive"),
    "Extra inputs": OWN.replace("days = 4", "weeks = 4"),
    "there are two rules 'worry'": OWN.replace('"plants"', '"worry"'),
    "greater than or equal to 1": OWN.replace("days = 4", "days = 0"),
    "fractional part": OWN.replace("days = 4", "days = 0.5"),
    "only [words] and [[rule]]": "[reply]\nover = []\nopen = 'x'\n",
}


@pytest.mark.parametrize(("reason", "text"), BAD_RULES.items(), ids=BAD_RULES.keys())
def test_rules_that_cannot_be_used_are_named_with_their_file(
    tmp_path: Path, reason: str, text: str
) -> None:
    own = tmp_path / "rules.toml"
    own.write_text(text)
    with pytest.raises(SettingsError) as told:
        load_rules(own)
    assert reason in str(told.value)
    assert str(own) in str(told.value)


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    own = tmp_path / "rules.toml"
    own.write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match="cannot be read"):
        load_rules(own)


@pytest.mark.parametrize(
    "setting",
    [
        {"time_zone": "Europe/Atlantis"}, {"time_zone": "../../etc/passwd"}, {"time_zone": ""},
        {"quiet_from": "25:00"}, {"quiet_until": "08:00+02:00"}, {"at_most_a_day": 0},
        {"hours_apart": -1}, {"unanswered": 0}, {"repeat_days": 0}, {"every_seconds": 0},
        {"model_seconds": 60}, {"quiet": True},
    ],
)  # fmt: skip
def test_settings_that_cannot_be_meant_are_refused(setting: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        FollowupsSettings.model_validate(setting)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("submitted", "submit"), ("planning", "plans"), ("paid", "pays"), ("studies", "study"),
        ("teeth", "tooth"), ("moved", "moving"), ("called", "call"), ("wrote", "writing"),
        ("classes", "class"),
    ],
)  # fmt: skip
def test_forms_of_a_word_are_equal(one: str, other: str) -> None:
    assert stem(one) == stem(other)


@given(st.text(max_size=60))
def test_stems_of_any_text_are_its_own_stems_words(text: str) -> None:
    for found in stems(text):
        assert found


def test_a_phrase_is_a_noun_with_what_describes_it() -> None:
    text = "i have a blood test with my doctor on friday"
    start = text.index("test")
    assert phrase_around(text, start, start + 4) == "blood test with my doctor"


def test_long_and_odd_messages_are_read_quickly_enough(rules: Rules) -> None:
    # Patterns must not go back and forth over a text; this would take minutes then.
    for piece in (
        "i have a ",
        "i'll ",
        "my head is ",
        "a' b's ",
        "remind me a ",
        "really so ",
        ", ",
    ):
        extract(piece * 1000, NOW, rules)
        extract("i'm " + piece * 1000 + " is due", NOW, rules)


@pytest.mark.parametrize(
    ("kind", "message", "what"),
    [
        ("garden", "I watered the fern.", "over"), ("garden", "The fern is done.", "over"),
        ("garden", "The fern was cancelled.", "over"),
        ("garden", "The fern has recovered.", "talked"),
        ("health", "The fern has recovered.", "over"),
        ("worry", "The fern thing is solved.", "over"),
        ("appointment", "The fern thing went well.", "over"),
        ("garden", "Yes!", "over"), ("garden", "It's fine, thanks.", "over"),
        ("garden", "No.", "talked"), ("garden", "Not yet.", "talked"),
    ],
)  # fmt: skip
def test_concerns_of_a_type_of_ones_own_end_as_the_how_to_says(
    rules: Rules, kind: str, message: str, what: str
) -> None:
    known = Known("c", kind, "water the fern", "My fern is dying", None)
    assert judge(message, NOW, [known], rules, asked="c")["c"].what == what
