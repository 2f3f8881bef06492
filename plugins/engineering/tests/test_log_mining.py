"""Templates of logs: what is counted is what stands there, however the words change."""

from __future__ import annotations

from collections import Counter

import pytest
from genesis_engineering.log_counts import Clock, Entry, Seen
from genesis_engineering.log_folding import Folder
from genesis_engineering.log_mining import ANY, Mine
from genesis_engineering.log_tally import Tally
from genesis_engineering.log_templates import mask_words
from genesis_engineering.log_times import find_time, minute_of
from hypothesis import given, settings
from hypothesis import strategies as st

_WORDS = st.sampled_from(["user", "disk", "alice", "bob", "carol", "dave", "erin", "is", "full"])
_LINES = st.lists(
    st.one_of(
        st.builds(" ".join, st.lists(_WORDS, max_size=7)),
        # These have words that turn out to be values.
        st.builds("user {} has {} the house".format, _WORDS, _WORDS),
        st.builds(
            "2026-11-22 08:{:02}:00 {} {}".format,
            st.integers(0, 59),
            st.sampled_from(["INFO", "ERROR", "WARNING", "FATAL"]),
            st.builds(" ".join, st.lists(_WORDS, min_size=1, max_size=7)),
        ),
        st.sampled_from(
            ["", "  ", "Traceback (most recent call last):", '  File "/a/b.py", line 1, in f',
             "ValueError: no", "    at f (/a/b.js:1:2)", "TypeError: x", "java.io.IOException: y",
             "\tat com.a.B.c(B.java:1)", "Caused by: java.lang.Error: z", "panic: q", "}",
             "goroutine 1 [running]:", "\t/src/main.go:10 +0x1d"]
        ),
        st.text(max_size=20).map(lambda text: text.replace("\n", " ").replace("\r", " ")),
    ),
    max_size=120,
)  # fmt: skip


def count(lines: list[str]) -> tuple[Tally, list[tuple[Entry, int, int]]]:
    """What the lines come to; and the entry, first line and lines of each record."""
    tally, folder, records = Tally(), Folder(), []
    blocks = [block for number, line in enumerate(lines, 1) for block in folder.read(line, number)]
    for block in [*blocks, *folder.finish()]:
        seen = Seen(block.number, "a.log", block.number, block.head.time)
        records.append((tally.count(block, seen), block.number, block.lines))
    tally.settle()
    return tally, records


def mined(messages: list[str]) -> dict[str, int]:
    tally, _records = count([f"INFO: {message}" for message in messages])
    assert all(entry.lines == entry.count for entry in tally.entries())
    return {entry.template: entry.count for entry in tally.entries()}


@given(_LINES)
@settings(max_examples=300)
def test_every_line_belongs_to_one_record_and_all_counts_add_up(lines: list[str]) -> None:
    tally, records = count(lines)
    at = 1
    for _entry, number, length in records:
        assert number == at
        at += length
    assert at == len(lines) + 1
    assert sum(entry.lines for entry in tally.entries()) == len(lines)
    assert sum(entry.count for entry in tally.entries()) == len(records)


_JOINED = st.lists(
    st.builds(
        "2026-11-22 08:{:02}:00 INFO user {} has {} the house".format,
        st.integers(0, 9), _WORDS, st.sampled_from(["left", "seen", "sold", "kept", "hit", "met"]),
    ),
    min_size=30, max_size=80,
)  # fmt: skip


@given(_LINES | _JOINED)
@settings(max_examples=300)
def test_counts_and_places_are_those_of_a_naive_count(lines: list[str]) -> None:
    tally, records = count(lines)
    by_entry: dict[Entry, list[tuple[int, int]]] = {}
    for entry, number, length in records:
        by_entry.setdefault(entry.final(), []).append((number, length))
    assert set(by_entry) == set(tally.entries())
    for entry, places in by_entry.items():
        assert entry.count == len(places)
        assert entry.lines == sum(length for _number, length in places)
        assert (entry.first.line, entry.last.line) == (places[0][0], places[-1][0])
        heads = [lines[number - 1] for number, _length in places]
        minutes = [int(head[14:16]) for head in heads if head.startswith("2026-11-22 08:")]
        if len(minutes) == entry.count:
            assert sum(entry.cells.values()) == entry.count
            assert {cell % 60 for cell in entry.cells} == set(minutes)


@given(_LINES)
@settings(max_examples=300)
def test_a_template_fits_each_message_that_it_counts(lines: list[str]) -> None:
    tally, records = count(lines)
    texts = dict(enumerate(lines, 1))
    for entry, number, _length in records:
        final = entry.final()
        if final.trace is None and tally.is_template(final):
            words = mask_words(texts[number])
            for expected, word in zip(reversed(final.words), reversed(words), strict=False):
                assert expected in (ANY, word) or {expected, word} <= {"<n>", "<id>", "<hex>"}


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["order {} paid", "mail {} to <{}@example.org>", "{} rows in {} ms",
                             "cannot open /srv/{}/x: no such file", "key '{}' was evicted"]),
            st.integers(0, 10**9), st.integers(0, 10**9),
        ),
        max_size=200,
    )
)  # fmt: skip
def test_known_formats_are_counted_exactly(drawn: list[tuple[str, int, int]]) -> None:
    expected = sorted(Counter(form for form, _first, _second in drawn).values())
    found = mined([form.format(first, second) for form, first, second in drawn])
    assert sorted(found.values()) == expected


def test_a_word_that_takes_four_values_is_a_variable_and_one_of_three_is_not() -> None:
    people = [f"user {name} has logged in" for name in ("ann", "bob", "cy", "dee", "eve", "ann")]
    states = [f"payment of order {state} today" for state in ("accepted", "refused", "held")]
    assert mined(people + states) == {
        f"user {ANY} has logged in": 6,
        "payment of order accepted today": 1,
        "payment of order refused today": 1,
        "payment of order held today": 1,
    }


def test_what_follows_a_label_is_a_variable_and_a_word_alone_is_none() -> None:
    names = ["bash", "dash", "fish", "zsh", "tcsh"]
    found = mined([f"Package: {name}" for name in names] + [f"started {name}" for name in names])
    assert found == {f"Package: {ANY}": 5} | {f"started {name}": 1 for name in names}


def test_two_words_that_change_independently_become_one_template() -> None:
    names = ["ann", "bob", "cy", "dee", "eve"]
    doings = ["opened", "closed", "moved", "sent", "read"]
    assert mined([f"user {a} {b} the door" for a in names for b in doings]) == {
        f"user {ANY} {ANY} the door": 25
    }


def test_words_that_change_together_become_one_template() -> None:
    def word(number: int) -> str:
        return "".join(chr(97 + int(digit)) for digit in str(number)) + "x"

    messages = [
        f"user {word(n)} with mail {word(n * 7)} from host {word(n * 13)} has logged in today"
        for n in range(100, 400)
    ]
    assert mined(messages) == {
        f"user {ANY} with mail {ANY} from host {ANY} has logged in today": 300
    }


def test_ids_with_and_without_letters_are_one_template() -> None:
    found = mined(["queued as 7f3a9c21bb", "queued as 1234567890", "queued as 9b2c44d1e0"])
    assert list(found.values()) == [3]


def test_twenty_thousand_different_lines_keep_few_templates_and_lose_no_count() -> None:
    tally = Tally()
    folder = Folder()
    for number in range(1, 20_001):
        word = "".join(chr(97 + int(digit)) for digit in str(number * 7919))
        line = f"2026-11-22 08:00:00 INFO {word} {word[::-1]} {word[1:]}{word[:1]}"
        for block in folder.read(line, number):
            tally.count(block, Seen(block.number, "a", block.number, ""))
    for block in folder.finish():
        tally.count(block, Seen(block.number, "a", block.number, ""))
    tally.settle()
    assert len(tally.mine.entries) <= 2000
    assert sum(entry.lines for entry in tally.entries()) == 20_000
    assert tally.other["info"].count > 10_000


def test_an_error_still_gets_its_template_when_other_levels_have_used_up_their_room() -> None:
    mine = Mine()
    for number in range(5000):
        word = "".join(chr(97 + int(digit)) for digit in f"{number:05}")
        mine.find("info", [word, word[::-1]], word, Seen(number, "a", number, ""))
    assert mine.find("error", ["disk", "full"], "disk full", Seen(9, "a", 9, "")) is not None


def test_the_same_message_at_another_level_is_another_kind() -> None:
    tally, _records = count(["INFO: disk full", "ERROR: disk full"])
    assert sorted(entry.level for entry in tally.entries()) == ["error", "info"]


@given(st.lists(st.integers(0, 600_000), min_size=1, max_size=60), st.integers(1, 3))
def test_cells_stay_exact_when_they_become_longer(minutes: list[int], times: int) -> None:
    clock, entry = Clock(), Entry("", ("x",), "", Seen(1, "a", 1, ""), Seen(1, "a", 1, ""))
    for minute in minutes:
        clock.count(entry, minute)
    for _ in range(times):
        clock.widen([entry])
    assert entry.cells == Counter(minute // clock.width for minute in minutes)
    assert (clock.earliest, clock.latest) == (min(minutes), max(minutes))


@pytest.mark.parametrize(
    ("line", "text", "minute"),
    [
        ("2026-11-22T08:05:09.123+02:00 x", "2026-11-22T08:05:09.123+02:00", "2026-11-22 08:05"),
        ("[2026/11/22 08:05:09] x", "2026/11/22 08:05:09", "2026-11-22 08:05"),
        ("Nov 22 08:05:09 host app: x", "Nov 22 08:05:09", "2000-11-22 08:05"),
        ("Feb 29 08:05:09 host app: x", "Feb 29 08:05:09", "2000-02-29 08:05"),
        ('1.2.3.4 - - [22/Nov/2026:08:05:09 +0000] "GET /"', "22/Nov/2026:08:05:09 +0000",
         "2026-11-22 08:05"),
        ("261122 080509 148 INFO dfs: x", "261122 080509", "2026-11-22 08:05"),
        ("11-22 08:05:09.811  1702  2395 D Tag: x", "11-22 08:05:09.811", "2000-11-22 08:05"),
        ("26/11/22 08:05:09 INFO x", "26/11/22 08:05:09", "2026-11-22 08:05"),
    ],
)  # fmt: skip
def test_the_usual_times_are_read(line: str, text: str, minute: str) -> None:
    from datetime import UTC, datetime

    found = find_time(line)
    assert found is not None
    assert found.text == text
    expected = datetime.strptime(minute, "%Y-%m-%d %H:%M").replace(tzinfo=UTC).timestamp() // 60
    assert found.minute == expected


def test_a_time_that_cannot_be_has_no_minute() -> None:
    found = find_time("2026-02-31 08:05:09 x")
    assert found is not None
    assert found.minute is None
    assert minute_of(1_790_000_000) == minute_of(1_790_000_000_000) == 1_790_000_000 // 60
