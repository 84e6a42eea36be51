"""A covering programme built block by block."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from dfr.geo import FloatArray
from dfr.plan.siting.milp import Programme, Progress, Solution, solve

BoolArray = NDArray[np.bool_]


@dataclass(slots=True)
class Blocks:
    """A maximisation built block by block: columns from 0 up, rows of `matrix x <= upper`."""

    gain: list[FloatArray] = field(default_factory=list)
    lower: list[FloatArray] = field(default_factory=list)
    upper: list[FloatArray] = field(default_factory=list)
    integer: list[BoolArray] = field(default_factory=list)
    blocks: list[tuple[list[tuple[slice, Any]], FloatArray]] = field(default_factory=list)
    width: int = 0

    def columns(
        self,
        count: int,
        *,
        gain: FloatArray | None = None,
        lower: FloatArray | None = None,
        upper: FloatArray | None = None,
        integer: bool = False,
    ) -> slice:
        """More columns, each from 0 to 1 unless said otherwise."""
        self.gain.append(np.zeros(count) if gain is None else gain)
        self.lower.append(np.zeros(count) if lower is None else lower)
        self.upper.append(np.ones(count) if upper is None else upper)
        self.integer.append(np.full(count, integer))
        self.width += count
        return slice(self.width - count, self.width)

    def at_most(self, columns: slice, weights: FloatArray, limit: float) -> None:
        """A weighted sum of columns is at most so much."""
        self.rows([(columns, weights[None, :])], upper=limit)

    def rows(self, parts: list[tuple[slice, Any]], *, upper: float | FloatArray) -> None:
        """Rows whose parts of columns add up to at most `upper`."""
        height = parts[0][1].shape[0]
        self.blocks.append((parts, np.broadcast_to(np.asarray(upper, float), (height,)).copy()))

    def solved(self, time_limit_s: float, on_progress: Progress | None = None) -> Solution:
        """The optimum as HiGHS finds it: a minimum of minus the gain."""
        matrix = sparse.csr_array(sparse.vstack([self._block(parts) for parts, _ in self.blocks]))
        top = np.concatenate([upper for _, upper in self.blocks])
        return solve(
            Programme(
                cost=-np.concatenate(self.gain),
                lower=np.concatenate(self.lower),
                upper=np.concatenate(self.upper),
                integer=np.concatenate(self.integer),
                matrix=matrix,
                row_lower=np.full(len(top), -np.inf),
                row_upper=top,
            ),
            time_limit_s=time_limit_s,
            on_progress=on_progress,
        )

    def _block(self, parts: list[tuple[slice, Any]]) -> sparse.coo_array:
        """One block of rows over all columns."""
        height = parts[0][1].shape[0]
        rows, columns, values = [], [], []
        for where, part in parts:
            cells = sparse.coo_array(part)
            rows.append(cells.coords[0])
            columns.append(cells.coords[1] + where.start)
            values.append(cells.data)
        coordinates = (np.concatenate(rows), np.concatenate(columns))
        return sparse.coo_array((np.concatenate(values), coordinates), shape=(height, self.width))
