"""Failing tests that have one cause: the same error, raised at the same place."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TypeVar

from genesis_engineering.verification.records import CollectionError, RecordedTest

Failed = TypeVar("Failed", RecordedTest, CollectionError)
LEAST = 3
"""So many tests with one cause are told together; fewer are shorter one by one."""
# pytest ends a failure with a place, Python's own traceback has one above each line of code.
_PLACE = re.compile(
    r"^(?P<short>[^\s:][^:\n]*):(?P<number>\d+): (?:in )?\S+$"
    r'|^\s*File "(?P<file>[^"\n]+)", line (?P<line>\d+)',
    re.MULTILINE,
)
_CASE = re.compile(r"\[.*\]$", re.DOTALL)
_NUMBER = re.compile(r"0x[0-9a-fA-F]+|\d+")


def group_failures(tests: Sequence[RecordedTest]) -> list[list[RecordedTest]]:
    """The tests in their order, those of one cause together at the place of their first."""
    grouped: dict[object, list[RecordedTest]] = {}
    said = Counter(_error(test) for test in tests)
    for test in tests:
        error = _error(test)
        # One line in which several tests fail alike is what they share, such as `setUp`.
        cause = error if error and said[error] >= LEAST else _case(test)
        grouped.setdefault(cause or test.id, []).append(test)
    groups: dict[str, list[RecordedTest]] = {}
    for alike in grouped.values():
        if len(alike) >= LEAST:
            groups[alike[0].id] = alike
        else:
            groups |= {test.id: [test] for test in alike}
    return [groups[test.id] for test in tests if test.id in groups]


def group_alike(failed: Sequence[Failed], words: Callable[[Failed], str]) -> list[list[Failed]]:
    """What failed, in its order, with those together of which the same is said but for numbers.

    `words` gives what is said of one; "" keeps it by itself.
    """
    grouped: dict[str, list[Failed]] = {}
    for place, one in enumerate(failed):
        said = _NUMBER.sub("0", words(one).partition("\n")[0])
        grouped.setdefault(said or f"\n{place}", []).append(one)
    return [
        group
        for alike in grouped.values()
        for group in ([alike] if len(alike) >= LEAST else [[one] for one in alike])
    ]


def raised_at(test: RecordedTest) -> tuple[str, int] | None:
    """The file and line that the report of a failure names last; None when it names none."""
    places = list(_PLACE.finditer(test.detail))
    if not places:
        return None
    last = places[-1]
    return last["short"] or last["file"], int(last["number"] or last["line"])


def _error(test: RecordedTest) -> tuple[object, ...] | None:
    """The place of a failure with what is said there but for numbers; None when neither is told."""
    place = raised_at(test)
    if place is None or not test.message:
        return None
    return (*place, _NUMBER.sub("0", test.message.partition("\n")[0]))


def _case(test: RecordedTest) -> tuple[object, ...] | None:
    """What the cases of one function share that fail in one line of the test's own file; None for
    other failures."""
    place = raised_at(test)
    if place is None or not test.message or not (test.file and place[0].endswith(test.file)):
        return None
    return (*place, _CASE.sub("", test.id))
