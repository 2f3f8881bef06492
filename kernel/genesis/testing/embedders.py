"""A small embedder for tests: it knows spelling, not meaning. The kernel never uses it."""

from __future__ import annotations

import math
import re
import zlib
from collections.abc import Sequence

from genesis.contracts.embedders import Embed, Embedder

DIMENSION = 256
HASHING = Embedder(
    name="test-hashing", dimension=DIMENSION, load="genesis.testing.embedders:load_hashing"
)
_WORD = re.compile(r"\w+")


def load_hashing() -> Embed:
    """What `HASHING` is loaded from."""
    return hash_texts


def hash_texts(texts: Sequence[str]) -> list[list[float]]:
    """Vectors of unit length; texts that share words, or parts of words, are similar.

    Every word, and every four characters that follow each other in one, adds to a place that its
    CRC-32 names (the hashing trick; Weinberger et al., ICML 2009). The same on every machine.
    """
    return [_hashed(text) for text in texts]


def _hashed(text: str) -> list[float]:
    vector = [0.0] * DIMENSION
    for word in _WORD.findall(text.casefold()):
        pieces = {word: 1.0} | {f"_{word}_"[i : i + 4]: 0.5 for i in range(len(word) - 1)}
        for piece, weight in pieces.items():
            place = zlib.crc32(piece.encode("utf-8", "surrogatepass"))
            vector[place % DIMENSION] += weight if place & 0x8000_0000 else -weight
    length = math.hypot(*vector)
    if length == 0:
        # A text without words still needs a direction.
        vector[0] = length = 1.0
    return [number / length for number in vector]
