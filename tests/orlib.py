"""OR-Library p-median graphs (Beasley 1990) as times between all vertices."""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import shortest_path

from dfr.errors import InputError
from dfr.geo import FloatArray


def read_pmed(text: str) -> tuple[FloatArray, int]:
    """(all-pairs shortest distances (n, n), p) of a pmed file.

    First line: vertices, edges, p; then `i j cost`. An edge given twice takes its *last* cost.
    """
    try:
        numbers = [int(word) for word in text.split()]
    except ValueError as error:
        raise InputError(f"not an OR-Library graph: {error} -> whole numbers only") from error
    if len(numbers) < 3 or len(numbers) != 3 + 3 * numbers[1]:
        raise InputError("not an OR-Library graph -> 'vertices edges p', then 'i j cost' for each edge")
    n, _, p = numbers[:3]
    edges = np.asarray(numbers[3:]).reshape(-1, 3)
    lengths = np.zeros((n, n))
    for i, j, cost in edges:
        lengths[i - 1, j - 1] = lengths[j - 1, i - 1] = cost
    return np.asarray(shortest_path(sparse.csr_array(lengths), method="D", directed=False)), p
