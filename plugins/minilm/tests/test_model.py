"""The model finds by meaning, and embeds any text the same way whatever comes with it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from threading import Barrier, Thread

import pytest
from genesis.contracts.embedders import Embed
from genesis_minilm.model import MOST_CHARACTERS, TOKENS_PER_BATCH, batches, load
from hypothesis import given, settings
from hypothesis import strategies as st

# A memory and a question that it answers, with hardly a word in common.
PAIRS = {
    "Her dog had to be put down last spring.": "Why is she grieving for a pet?",
    "He gets up at five to jog along the river.": "What exercise does this man do in the morning?",
    "The landlord is raising what we owe each month.": "Is housing becoming more expensive?",
    "Peanuts make my throat swell.": "Which food allergy should the cook know about?",
    "Our daughter was born on the third of May.": "When is the child's birthday?",
    "I grew up in a fishing village in Portugal.": "Which country does the user come from?",
    "The build fails because a certificate ran out.": "What is wrong with the SSL setup?",
    "He plays the cello in an amateur orchestra.": "Which musical hobby does he have?",
    "They moved the wedding to October.": "Did the date of the marriage change?",
    "I cannot stand loud open-plan offices.": "What kind of workplace bothers them?",
    "The invoice from the plumber is still unpaid.": "Which bill is overdue?",
    "Grandmother taught me to bake sourdough.": "Who showed you how bread is made?",
    "She is studying for the bar exam.": "Is anyone preparing to become a lawyer?",
    "The nightly dump of the database takes two hours.": "How long do backups run?",
    "My passport expires in August.": "Which travel document needs renewal soon?",
    "We lost the final on penalties.": "How did the football match end?",
    "Green tea keeps him awake.": "Which drink disturbs his sleep?",
    "The old laptop overheats when it compiles.": "Why does the computer get too hot?",
    "He owes his brother four hundred dollars.": "Does he have debts in the family?",
    "Snow blocked the pass, so the parcel came late.": "Why was the delivery delayed?",
}
# The model's card on the same text, in full precision.
EXAMPLE = [0.0677, 0.0635, 0.0487, 0.0793]
POOL = ["", "tea", *PAIRS, " ".join(PAIRS), "7 " * 600]
ODD = {
    "empty": "",
    "blank": " \n\t ",
    "nul": "a\0b\0",
    "only_nul": "\0",
    "lone_surrogate": "\ud800 tea \udfff",
    "special_tokens": "[CLS] [SEP] [PAD] [MASK]",
    "emoji_and_scripts": "\U0001f469\u200d\U0001f680 漢字 العربية \u202e",
    "endless_word": "x" * 100_000,
    "ten_megabytes": "the cat sat " * 900_000,
    "ten_megabytes_of_blanks": " " * 10_000_000,
}


@pytest.fixture(scope="module")
def embed() -> Embed:
    """The model, read once."""
    return load()


def cosine(one: Sequence[float], other: Sequence[float]) -> float:
    """Of two vectors of unit length."""
    return math.fsum(a * b for a, b in zip(one, other, strict=True))


def test_a_question_finds_the_memory_that_answers_it_in_other_words(embed: Embed) -> None:
    memories = embed(list(PAIRS))
    hits = 0
    for place, question in enumerate(embed(list(PAIRS.values()))):
        scores = [cosine(question, memory) for memory in memories]
        hits += scores.index(max(scores)) == place
    # 19 were measured.
    assert hits >= 17


def test_vectors_are_those_of_the_model_that_their_name_stands_for(embed: Embed) -> None:
    [vector] = embed(["This is an example sentence"])
    assert vector[:4] == pytest.approx(EXAMPLE, abs=0.005)


@given(texts=st.lists(st.sampled_from(POOL) | st.text(max_size=40), max_size=24))
@settings(max_examples=20, deadline=None)
def test_a_text_has_the_same_vector_alone_and_among_others(embed: Embed, texts: list[str]) -> None:
    together = embed(texts)
    assert len(together) == len(texts)
    for text, vector in zip(texts, together, strict=True):
        assert cosine(vector, embed([text])[0]) > 0.9999
        assert math.hypot(*vector) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("text", ODD.values(), ids=list(ODD))
def test_an_odd_text_has_a_vector_of_unit_length(embed: Embed, text: str) -> None:
    [vector] = embed([text])
    assert len(vector) == 384
    assert math.hypot(*vector) == pytest.approx(1, abs=1e-5)


def test_what_is_cut_from_a_long_text_is_more_than_the_model_reads(embed: Embed) -> None:
    prose = " ".join(PAIRS) * 12
    assert len(prose) > MOST_CHARACTERS
    whole, half = embed([prose, prose[: MOST_CHARACTERS // 2]])
    assert cosine(whole, half) == pytest.approx(1, abs=1e-6)


def test_no_texts_have_no_vectors(embed: Embed) -> None:
    assert list(embed([])) == []


def test_threads_that_embed_at_once_get_their_own_vectors(embed: Embed) -> None:
    parts = [[text * times for text in PAIRS] for times in (1, 2, 3, 4)]
    expected = [embed(part) for part in parts]
    found: dict[int, Sequence[Sequence[float]]] = {}
    start = Barrier(len(parts))

    def work(number: int) -> None:
        start.wait()
        found[number] = embed(parts[number])

    threads = [Thread(target=work, args=(number,)) for number in range(len(parts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number, vectors in enumerate(expected):
        for one, other in zip(vectors, found[number], strict=True):
            assert cosine(one, other) > 0.9999


@given(lengths=st.lists(st.integers(min_value=1, max_value=600)))
def test_batches_hold_each_text_once_and_stay_small(lengths: list[int]) -> None:
    made = list(batches(lengths))
    order = [place for batch in made for place in batch]
    assert sorted(order) == list(range(len(lengths)))
    assert [lengths[place] for place in order] == sorted(lengths)
    for batch in made:
        tokens = len(batch) * max(lengths[place] for place in batch)
        assert len(batch) == 1 or tokens <= TOKENS_PER_BATCH
    for batch, after in pairwise(made):
        assert (len(batch) + 1) * lengths[after[0]] > TOKENS_PER_BATCH
