"""The embedder of a home: found and loaded when the first text is embedded, and checked always."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Callable, Sequence

from genesis.contracts.embedders import Embed, Embedder
from genesis.errors import EmbedderError


class Embedding:
    """The embedder that a home uses. Thread-safe; loads nothing before `embed` is called."""

    def __init__(self, embedders: Callable[[], Sequence[Embedder]], chosen: str | None) -> None:
        """`embedders` gives what plugins contribute; `chosen` is the name to use (None: the
        first)."""
        self._embedders = embedders
        self._chosen = chosen
        self._lock = threading.Lock()
        self._found: Embedder | None = None
        self._embed: Embed | None = None

    @property
    def name(self) -> str:
        """The embedder's name. Raises EmbedderError when there is none."""
        return self._resolve().name

    @property
    def dimension(self) -> int:
        """How many numbers a vector has. Raises EmbedderError when there is no embedder."""
        return self._resolve().dimension

    def embed(self, texts: Sequence[str]) -> list[bytes]:
        """One vector for each text: 32-bit floats, little-endian, of unit length.

        Raises EmbedderError when there is no embedder, it cannot be loaded, it raises, or gives
        something else than so many finite vectors of its dimension.
        """
        if not texts:
            return []
        embedder = self._resolve()
        embed = self._load(embedder)
        try:
            given = embed(texts)
        except Exception as error:
            raise EmbedderError(
                f"embedder {embedder.name} failed: {type(error).__name__}: {error}"
            ) from error
        try:
            return unit_vectors(given, embedder.dimension, len(texts))
        except ValueError as error:
            raise EmbedderError(f"embedder {embedder.name} gave {error}") from None

    def _resolve(self) -> Embedder:
        if self._found is None:
            offered = {embedder.name: embedder for embedder in self._embedders()}
            if not offered:
                raise EmbedderError(
                    "no embedder is installed, so memories cannot be searched by meaning; "
                    "run `pip install genesis-minilm`"
                )
            name = self._chosen or next(iter(offered))
            if name not in offered:
                raise EmbedderError(
                    f"the embedder {name!r} is not installed; set `embedder` in [kernel] of "
                    f"genesis.toml to one of: {', '.join(offered)}"
                )
            self._found = offered[name]
        return self._found

    def _load(self, embedder: Embedder) -> Embed:
        with self._lock:
            if self._embed is None:
                module, _, function = embedder.load.partition(":")
                try:
                    self._embed = getattr(importlib.import_module(module), function)()
                except Exception as error:
                    raise EmbedderError(
                        f"embedder {embedder.name} cannot be loaded from {embedder.load}: "
                        f"{type(error).__name__}: {error}"
                    ) from error
            embed = self._embed
        if not callable(embed):
            self._embed = None
            raise EmbedderError(f"embedder {embedder.name}: {embedder.load} gave no function")
        return embed


def unit_vectors(given: object, dimension: int, count: int) -> list[bytes]:
    """Vectors scaled to unit length, as bytes; ValueError says what else was given."""
    import numpy as np

    try:
        vectors = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError):
        raise ValueError("something that is no table of numbers") from None
    if vectors.shape != (count, dimension):
        shape = " x ".join(str(size) for size in vectors.shape)
        raise ValueError(f"an array of {shape} numbers in place of {count} x {dimension}")
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    if not (np.isfinite(lengths).all() and (lengths > 0).all()):
        raise ValueError("a vector that is zero or not finite")
    units = np.ascontiguousarray(vectors / lengths, dtype="<f4")
    return [row.tobytes() for row in units]


def given_vector(given: object) -> bytes:
    """One vector that a caller has: 32-bit floats as bytes, a list, or an array of NumPy.

    Gives it at unit length; ValueError says what is wrong with it.
    """
    import numpy as np

    if isinstance(given, (bytes, bytearray, memoryview)):
        if not given or len(given) % 4:
            raise ValueError("bytes that are no 32-bit floats")
        given = np.frombuffer(given, dtype="<f4")
    try:
        numbers = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError):
        raise ValueError("something that is no list of numbers") from None
    if numbers.ndim != 1 or not numbers.size:
        raise ValueError(f"an array of shape {numbers.shape} in place of one vector")
    return unit_vectors(numbers[None, :], numbers.size, 1)[0]
