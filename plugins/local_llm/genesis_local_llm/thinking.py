"""Leave out what a reasoning model thinks before it answers.

Ollama separates it where it knows the model. Models that it does not know write it into the
answer, between the tags that DeepSeek R1 made common.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

_OPEN, _CLOSE = "<think>", "</think>"


def without_thinking(pieces: Iterable[str]) -> Iterator[str]:
    """The pieces of an answer from its first word on, without the thoughts at its beginning.

    What may become a tag is held back until it is clear. Thoughts without an end are no answer.
    """
    stream = iter(pieces)
    begin = ""
    for piece in stream:
        begin = (begin + piece).lstrip()
        if len(begin) >= len(_OPEN) or not _OPEN.startswith(begin):
            break
    if begin.startswith(_OPEN):
        begin = _after_thoughts(begin.removeprefix(_OPEN), stream)
    yield begin
    yield from stream


def _after_thoughts(held: str, stream: Iterator[str]) -> str:
    """Read on until there is a word after the end of the thoughts; empty when none comes."""
    while _CLOSE not in held:
        piece = next(stream, None)
        if piece is None:
            return ""
        # The end tag may have begun in what was read; more of it need not be kept.
        held = held[-len(_CLOSE) :] + piece
    begin = held.partition(_CLOSE)[2].lstrip()
    while not begin:
        piece = next(stream, None)
        if piece is None:
            return ""
        begin = piece.lstrip()
    return begin
