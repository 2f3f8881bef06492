"""Who a mind is: identifiers that are safe as names of files, names that can be shown."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from genesis.errors import UsageError
from genesis.minds.identity import (
    MOST_NAME_CHARACTERS,
    Identity,
    MindStatus,
    fingerprint,
    is_gmid,
    new_gmid,
    new_identity,
    parse_gmid,
    parse_name,
)
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import ValidationError

NOW = "2026-11-22T12:00:00.000000Z"
GMIDS = ["GMD-2026-B361-F5F0", "GMD-0001-0000-0000", "GMID-12345678", "GMID-AB12ZZ99"]


def identity(**changes: object) -> Identity:
    facts = {"gmid": GMIDS[0], "name": "Atlas", "birth_timestamp": NOW}
    return Identity.model_validate(facts | changes)


@pytest.mark.parametrize("gmid", GMIDS)
def test_both_forms_are_gmids(gmid: str) -> None:
    assert is_gmid(gmid)
    assert parse_gmid(gmid) == gmid
    assert identity(gmid=gmid).gmid == gmid


def test_a_person_may_type_small_letters_and_blanks() -> None:
    assert parse_gmid(" gmd-2026-b361-f5f0\n") == "GMD-2026-B361-F5F0"
    assert not is_gmid("gmd-2026-b361-f5f0")


@pytest.mark.parametrize(
    "text",
    [
        "", ".", "..", "/", "atlas", "GMD-2026-B361", "GMD-2026-B361-F5F0-", "GMD-2026-G361-F5F0",
        "GMD-26-B361-F5F0", "GMID-1234567", "GMID-123456789", "GMID-1234/678", "GMID-../../..",
        "../GMID-12345678", "GMID-12345678/..", "GMID-12345678\0", "GMID-12345678.json",
        "GMID-1234 678", "GMID-1234\n678", "GMD-\uff12\uff10\uff12\uff16-B361-F5F0",
        "GMID-1234567\u0668", "GM\u0131D-12345678", "GMID-1234567\u00df",
        "\ud800", "GMID-12345678" * 1000,
    ],
)  # fmt: skip
def test_what_is_no_gmid_is_refused_everywhere_with_an_example(text: str) -> None:
    assert not is_gmid(text)
    with pytest.raises(UsageError, match="looks like GMD-2026-B361-F5F0") as caught:
        parse_gmid(text)
    assert len(str(caught.value)) < 700
    assert caught.value.exit_code == 2
    with pytest.raises(ValidationError):
        identity(gmid=text)


def test_a_line_end_after_a_gmid_does_not_slip_through() -> None:
    assert not is_gmid("GMID-12345678\n")


@given(st.text(max_size=30) | st.from_regex(r"(GMD|GMID)[-./\\0-9A-Za-z]{0,20}"))
@example("GMID-\u017f\u017f\u017f\u017f\u017f\u017f\u017f\u017f")
def test_whatever_passes_names_a_file_in_its_folder_and_only_one(text: str) -> None:
    try:
        gmid = parse_gmid(text)
    except UsageError:
        return
    path = Path("/minds") / f"{gmid}.json"
    assert path.resolve().parent == Path("/minds")
    assert gmid.isascii()
    assert gmid == gmid.upper()
    assert parse_gmid(gmid) == gmid


def test_a_new_gmid_has_the_year_and_is_drawn_anew() -> None:
    drawn = {new_gmid("2031-01-01T00:00:00Z") for _ in range(200)}
    assert len(drawn) == 200
    assert all(is_gmid(gmid) and gmid.startswith("GMD-2031-") for gmid in drawn)
    # Every one of the 32 bits is drawn.
    digits = [gmid[9:].replace("-", "") for gmid in drawn]
    assert all(len({text[place] for text in digits}) > 8 for place in range(8))
    assert is_gmid(new_gmid())


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Atlas", "Atlas"),
        ("  Ada Lovelace ", "Ada Lovelace"),
        ("e\u0301", "\u00e9"),
        ("👩\u200d🔬 王小明", "👩\u200d🔬 王小明"),
        (
            "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
            "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        ),
        ("../etc/passwd", "../etc/passwd"),  # a name is never a path
        ("x" * MOST_NAME_CHARACTERS, "x" * MOST_NAME_CHARACTERS),
    ],
)
def test_a_name_is_kept_in_one_normal_form(text: str, name: str) -> None:
    assert parse_name(text) == name
    assert identity(name=text).name == name


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "nothing that can be seen"),
        (" \t ", "nothing that can be seen"),
        ("\u200b\u200d", "nothing that can be seen"),
        ("\u00ad", "nothing that can be seen"),
        ("x" * (MOST_NAME_CHARACTERS + 1), "more than 200 characters"),
        ("a\nb", "control character"),
        ("a\x1b[31mb", "control character"),
        ("a\0b", "control character"),
        ("a\ud800b", "control character"),
        ("a\u2028b", "end of a line"),
        ("a\x85b", "control character"),
        ("a\u202eb", "turns the direction"),
        ("a\u2066b", "turns the direction"),
    ],
)
def test_a_name_that_cannot_be_shown_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        parse_name(text)
    with pytest.raises(UsageError, match=reason):
        new_identity(text)
    with pytest.raises(ValidationError, match=reason):
        identity(name=text)


@given(st.text())
@example("\ud83d")
def test_a_name_that_is_accepted_is_accepted_again_unchanged(text: str) -> None:
    try:
        name = parse_name(text)
    except UsageError:
        return
    assert parse_name(name) == name
    assert unicodedata.is_normalized("NFC", name)
    assert name.encode()


def test_a_new_identity_says_all_that_is_known_at_birth() -> None:
    born = new_identity(
        "Atlas", creator="Ada", creator_email="ada@example.org", template="base/x",
        primary_purpose="to help", primary_role="librarian", now=NOW,
    )  # fmt: skip
    assert born.model_dump() == {
        "gmid": born.gmid,
        "name": "Atlas",
        "digital_fingerprint": fingerprint(born.gmid, NOW, "Ada"),
        "birth_timestamp": NOW,
        "creator": "Ada",
        "creator_email": "ada@example.org",
        "template": "base/x",
        "primary_purpose": "to help",
        "primary_role": "librarian",
        "status": "active",
    }
    assert is_gmid(born.gmid)


def test_a_fingerprint_can_be_computed_again_and_tells_births_apart() -> None:
    prints = {fingerprint(*facts) for facts in [("a", "b", "c"), ("a", "b", "d"), ("ab", "", "c")]}
    assert len(prints) == 3
    assert fingerprint("a", "b", "c") in prints
    assert all(len(text.split(":")) == 8 and len(text) == 39 for text in prints)


@pytest.mark.parametrize(
    ("older", "status"),
    [("alive", MindStatus.ACTIVE), ("sleeping", MindStatus.DORMANT),
     ("terminated", MindStatus.ARCHIVED), ("archived", MindStatus.ARCHIVED)],
)  # fmt: skip
def test_a_status_of_an_older_file_is_understood(older: str, status: MindStatus) -> None:
    assert identity(status=older).status is status


def test_a_status_that_nobody_knows_is_kept_and_is_not_active() -> None:
    kept = identity(status="ascended")
    assert kept.model_dump()["status"] == "ascended"
    assert kept.status != MindStatus.ACTIVE


def test_keys_of_older_files_are_kept() -> None:
    older = identity(gens=1000, avatar_url=None, lifespan_years=5, birth_location="local")
    assert older.model_dump()["gens"] == 1000
    assert list(older.model_dump())[-4:] == [
        "gens", "avatar_url", "lifespan_years", "birth_location",
    ]  # fmt: skip
    assert identity(birth_timestamp="2026-11-22T13:00:00+01:00").birth_timestamp == NOW
