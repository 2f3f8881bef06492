"""Thoughts are left out wherever the pieces of an answer happen to end."""

from __future__ import annotations

import itertools
import re

from genesis_local_llm.thinking import without_thinking
from hypothesis import example, given
from hypothesis import strategies as st

TEXT = st.lists(
    st.sampled_from(["<think>", "</think>", "<", "th", "</", "Yes", " ", "\n", "ink>"]), max_size=12
).map("".join)


def told(text: str) -> str:
    """The rule, for a whole text."""
    text = text.lstrip()
    if not text.startswith("<think>"):
        return text
    found = re.search(r"</think>\s*(.*)", text, flags=re.DOTALL)
    return found.group(1) if found else ""


@given(TEXT, st.lists(st.integers(0, 60)))
@example("<think>a</think> b", [3, 10, 14, 17])
@example("<think></think>", [7])
def test_pieces_give_what_the_whole_text_gives(text: str, places: list[int]) -> None:
    ends = [0, *sorted(place % (len(text) + 1) for place in places), len(text)]
    pieces = [text[a:b] for a, b in itertools.pairwise(ends)]
    assert "".join(without_thinking(pieces)) == told(text)


def test_an_answer_without_thoughts_is_not_held_back() -> None:
    def pieces() -> object:
        yield "Yes"
        raise AssertionError("read too far")

    assert next(without_thinking(pieces())) == "Yes"  # type: ignore[arg-type]


def test_long_thoughts_cost_no_more_than_their_length() -> None:
    pieces = ["<think>", *["hm " * 100] * 20_000, "</think>", "Yes"]
    assert "".join(without_thinking(pieces)) == "Yes"
