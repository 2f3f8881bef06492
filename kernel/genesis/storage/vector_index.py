"""One mind's Chroma folder: the nearest of many vectors. Made from the record, never the record.

Chroma holds numbers of memories and vectors only, no text. Its parameters are its own defaults
(M 16, ef 100), which find all of the nearest 10 in clustered vectors; closing gives back its files
and threads without touching other open folders (chromadb 1.5.9 counts references by path).

Run as a module, it opens a folder and proves that it answers: damaged files end Chroma with a
signal, so that is tried in a process of its own before this one opens them.
"""

from __future__ import annotations

import base64
import json
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, cast

from genesis.storage.clean_memory import clear_allocations

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SPARE_BYTES = 512 * 1024 * 1024
TRIAL_SECONDS, TRIAL_VECTORS_A_SECOND = 20, 4_000
_COLLECTION = "memories"
_ALIKE = 0.999


class IndexFaultError(Exception):
    """Chroma failed; the index is to be looked at, and rebuilt from the record if need be."""


@contextmanager
def _faults() -> Iterator[None]:
    try:
        yield
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # a panic of Chroma's core is no Exception
        raise IndexFaultError(f"{type(error).__name__}: {error}"[:300]) from error


class VectorIndex:
    """An open folder. Several threads may search it while one feeds it."""

    def __init__(self, folder: Path) -> None:
        """Open the folder or begin it. Raises IndexFaultError; damaged files kill the process."""
        # Chroma starts a thread for each core and open folder, as if each were a server.
        os.environ.setdefault("TOKIO_WORKER_THREADS", "2")
        with _faults():
            from chromadb.api.client import Client
            from chromadb.config import Settings

            self._client = Client(
                settings=Settings(
                    anonymized_telemetry=False, is_persistent=True, persist_directory=str(folder)
                )
            )
            try:
                self._collection = self._client.get_or_create_collection(
                    _COLLECTION,
                    embedding_function=None,
                    configuration={"hnsw": {"space": "cosine"}},
                )
            except BaseException:
                self._client.close()
                raise

    def nearest(self, vector: bytes, count: int) -> list[tuple[int, float]]:
        """(number, cosine similarity) of the `count` nearest, best first."""
        with _faults():
            found = self._collection.query(
                query_embeddings=_matrix([vector]), n_results=count, include=["distances"]
            )
        distances = found["distances"] or [[]]
        return [
            (int(name), 1.0 - distance)
            for name, distance in zip(found["ids"][0], distances[0], strict=True)
        ]

    def put(self, vectors: Sequence[tuple[int, bytes]]) -> None:
        """Add vectors, or replace those of the same number."""
        if vectors:
            with _faults():
                self._collection.upsert(
                    ids=[str(number) for number, _ in vectors],
                    embeddings=_matrix([vector for _, vector in vectors]),
                )

    def remove(self, numbers: Sequence[int]) -> None:
        """Take vectors out; numbers that are not there do not matter."""
        if numbers:
            with _faults():
                self._collection.delete(ids=[str(number) for number in numbers])

    def numbers(self) -> set[int]:
        """The numbers of all vectors."""
        with _faults():
            return {int(name) for name in self._collection.get(include=[])["ids"]}

    def differing(self, vectors: Sequence[tuple[int, bytes]]) -> list[int]:
        """Of these vectors, the numbers of those that the index does not have like this."""
        with _faults():
            found = self._collection.get(
                ids=[str(number) for number, _ in vectors], include=["embeddings"]
            )
        held = cast("NDArray[np.float32]", found["embeddings"])
        kept = dict(zip(map(int, found["ids"]), held, strict=True))
        given = _matrix([vector for _, vector in vectors])
        return [
            number
            for (number, _), row in zip(vectors, given, strict=True)
            if number not in kept or not float(kept[number] @ row) >= _ALIKE
        ]

    def lost(self, vectors: Sequence[tuple[int, bytes]]) -> list[int]:
        """Of these vectors, those that searching for them does not find; none if only a few.

        Such an index is approximate: of 10,000 sound vectors, some are not found even so.
        """
        unfound = [
            number
            for number, vector in vectors
            if not any(score >= _ALIKE for _, score in self.nearest(vector, 1))
        ]
        return unfound if len(unfound) > len(vectors) // 20 else []

    def close(self) -> None:
        """Give its files and threads back."""
        with _faults():
            self._client.close()


def _matrix(vectors: Sequence[bytes]) -> NDArray[np.float32]:
    import numpy as np

    return np.frombuffer(b"".join(vectors), dtype="<f4").reshape(len(vectors), -1)


def _limit_memory(folder: Path) -> None:
    """Let this process have no more memory than a sound folder needs: what a damaged file says
    is taken for a length, and would take all of the machine's."""
    import resource

    import chromadb.api.client  # noqa: F401 - what the import takes is not the folder's
    import psutil

    used = getattr(psutil.Process().memory_info(), "data", None)
    if used is None:
        return  # only Linux can count and limit it
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    most = used + SPARE_BYTES + 8 * size
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))


def _prove(folder: Path) -> dict[str, int]:
    """Open a folder and search it for the vectors that stand in JSON on standard input."""
    sample = [(number, base64.b64decode(text)) for number, text in json.load(sys.stdin)]
    # As in the process that is to open it: memory is filled, so that all that is asked for counts.
    clear_allocations()
    _limit_memory(folder)
    index = VectorIndex(folder)
    held = index.numbers()
    wrong = {*index.differing(sample), *index.lost(sample)} if sample else set()
    index.close()
    return {"count": len(held), "wrong": len(wrong)}


if __name__ == "__main__":
    # Whoever started it may be gone.
    signal.alarm(int(sys.argv[2]))
    sys.stdout.write(json.dumps(_prove(Path(sys.argv[1]))) + "\n")
