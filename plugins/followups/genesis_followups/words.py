"""Words as they are compared: "submitted the slides" is about what "submit slides" is about."""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files

_DATA = tomllib.loads(files("genesis_followups").joinpath("words.toml").read_text(encoding="utf-8"))
_IRREGULAR = dict(pair.split(":") for pair in _DATA["irregular"].split())
_WEAK = frozenset(_DATA["weak"].split())
_STOP = frozenset(_DATA["stop"].split())
_VERBS = frozenset(("have", "got", "get", "is", "are", "be", "giv"))
_ENDINGS = (("ies", "y"), ("ied", "y"), ("ing", ""), ("ed", ""), ("es", ""), ("s", ""))
_SHORTEST = 3
_DESCRIBING = 2

_WORD = re.compile(r"[^\W_]+(?:-[^\W_]+)*")
_WITH = re.compile(r" (?:with|to|about) (?:(?:my|the|a|an|our|her|his) )?[\w'-]+")
# Typewriters have one apostrophe, telephones three.
_APOSTROPHES = str.maketrans(dict.fromkeys("\u2018\u2019\u00b4", "'"))


def plain(text: str) -> str:
    """Text with one kind of apostrophe."""
    return text.translate(_APOSTROPHES)


def stem(word: str) -> str:
    """A word without its ending, so that its forms are equal: planned, planning, plans, plan."""
    word = _IRREGULAR.get(word, word)
    for ending, instead in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST:
            if not word.endswith("ss"):
                word = word[: -len(ending)] + instead
            break
    if word.endswith("e") and len(word) > _SHORTEST:
        word = word[:-1]
    if len(word) > _SHORTEST and word[-1] == word[-2]:
        word = word[:-1]
    return word


_WEAK_STEMS = frozenset(stem(word) for word in _WEAK)


def stems(text: str) -> frozenset[str]:
    """The stems of the words that carry meaning."""
    words = words_of(plain(text).replace("'s", ""))
    return frozenset(stem(word) for word in words if word not in _STOP and len(word) > 1)


def telling(found: frozenset[str]) -> frozenset[str]:
    """Of some stems those that tell one thing from another."""
    return found - _WEAK_STEMS


def is_past_form(word: str) -> bool:
    """Whether a word is, or could be, the past form of a verb."""
    return word in _IRREGULAR or (word.endswith("ed") and len(word) > _SHORTEST + 1)


def words_of(text: str) -> list[str]:
    """The words in small letters, in their order."""
    return _WORD.findall(text.lower())


def phrase_around(text: str, start: int, end: int) -> str:
    """A noun with up to two words that describe it, and what it is with, to or about."""
    describing: list[str] = []
    if not text[:start].rstrip().endswith((",", ";", ":", "-")):
        for word in reversed(text[:start].split()[-_DESCRIBING:]):
            if word in _STOP or stem(word) in _VERBS:
                break
            describing.insert(0, word)
    after = _WITH.match(text, end)
    return " ".join([*describing, text[start:end] + (after.group() if after else "")])
