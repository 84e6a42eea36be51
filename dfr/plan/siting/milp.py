"""Mixed-integer programmes solved by HiGHS on one thread, so that the same problem gives the same answer.

Start from `solve_programme`, which takes a whole `Programme`, or from `Blocks`, which builds a covering
programme block by block.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import highspy
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from dfr.geo import FloatArray

Progress = Callable[[float, float], None]
"""Called with the best objective and the bound so far while the solver runs."""

Stop = Callable[[], bool]
"""Asked while a solver runs whether it shall end with the best it has."""

BoolArray = NDArray[np.bool_]


class Deadline:
    """When a search ends: after so many seconds, or once somebody says stop."""

    def __init__(self, seconds: float, stop: Stop | None = None) -> None:
        self._at, self.stop = perf_counter() + seconds, stop

    @property
    def left_s(self) -> float:
        """Seconds left of its time."""
        return self._at - perf_counter()

    @property
    def passed(self) -> bool:
        """True once it shall end."""
        return self.left_s <= 0.0 or (self.stop is not None and self.stop())


def scaled_progress(on_progress: Progress | None, unit: float) -> Progress | None:
    """Progress in the caller's own weights."""
    if on_progress is None:
        return None
    return lambda objective, bound: on_progress(objective * unit, bound * unit)


@dataclass(frozen=True, slots=True, kw_only=True)
class Programme:
    """Minimise cost'x subject to row_lower <= A x <= row_upper and lower <= x <= upper.

    `integer` marks the columns that must be whole. A has shape (rows, columns).
    """

    cost: FloatArray
    lower: FloatArray
    upper: FloatArray
    integer: NDArray[np.bool_]
    matrix: sparse.csr_array
    row_lower: FloatArray
    row_upper: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Solution:
    """What the solver reached: `values` is None where it found no feasible point.

    `proven` is True where the search was completed; `infeasible` where it proved that nothing fits.
    """

    values: FloatArray | None
    objective: float
    bound: float
    proven: bool
    infeasible: bool


class _Quiet(highspy.Highs):
    """HiGHS that is silent from the start: switching its callbacks on prints a banner on stdout otherwise."""

    def enableCallbacks(self) -> None:  # noqa: N802 - the name is highspy's
        """Silence first, then what highspy does."""
        super().setOptionValue("output_flag", False)
        super().enableCallbacks()  # type: ignore[no-untyped-call]


def solve_programme(
    programme: Programme,
    *,
    time_limit_s: float,
    start: FloatArray | None = None,
    relative_gap: float = 0.0,
    stop_at: float | None = None,
    on_progress: Progress | None = None,
    stop: Stop | None = None,
) -> Solution:
    """The optimum of a programme, or the best known and its bound when the time is up or `stop` says so.

    `start` is a feasible point to begin from; the search ends early at an objective of `stop_at`.
    """
    solver = _Quiet()  # type: ignore[no-untyped-call]
    for name, value in _solver_options(time_limit_s, relative_gap, stop_at).items():
        solver.setOptionValue(name, value)
    solver.passModel(_highs_model(programme))
    if start is not None:
        first = highspy.HighsSolution()
        first.col_value = start.tolist()
        solver.setSolution(first)
    if on_progress is not None:
        solver.cbMipLogging.subscribe(_listen_to_progress(on_progress))
    if stop is not None:
        solver.cbMipInterrupt.subscribe(_end_when(stop))
    solver.run()
    return _read_solution(solver)


def _solver_options(
    time_limit_s: float, relative_gap: float, stop_at: float | None
) -> dict[str, str | float]:
    options: dict[str, str | float] = {
        "threads": 1,
        "parallel": "off",
        "random_seed": 0,
        "time_limit": max(time_limit_s, 0.01),
        "mip_rel_gap": relative_gap,
        "mip_abs_gap": 1e-7,
    }
    if stop_at is not None:
        options["objective_target"] = stop_at
    return options


def _highs_model(programme: Programme) -> highspy.HighsLp:
    matrix = programme.matrix.tocsr()
    lp = highspy.HighsLp()
    lp.num_row_, lp.num_col_ = matrix.shape
    lp.col_cost_ = programme.cost
    lp.col_lower_, lp.col_upper_ = programme.lower, programme.upper
    lp.row_lower_, lp.row_upper_ = programme.row_lower, programme.row_upper
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = matrix.indptr
    lp.a_matrix_.index_ = matrix.indices
    lp.a_matrix_.value_ = matrix.data.astype(float)
    kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
    lp.integrality_ = [kinds[int(whole)] for whole in programme.integer]
    return lp


def _listen_to_progress(on_progress: Progress) -> Callable[[Any], None]:
    def heard(event: Any) -> None:
        on_progress(event.data_out.mip_primal_bound, event.data_out.mip_dual_bound)

    return heard


def _end_when(stop: Stop) -> Callable[[Any], None]:
    def heard(event: Any) -> None:
        if stop():
            event.interrupt()

    return heard


def _read_solution(solver: highspy.Highs) -> Solution:
    status, info = solver.getModelStatus(), solver.getInfo()
    feasible = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    return Solution(
        values=np.asarray(solver.getSolution().col_value, float) if feasible else None,
        objective=float(info.objective_function_value) if feasible else np.inf,
        bound=float(info.mip_dual_bound),
        proven=status == highspy.HighsModelStatus.kOptimal,
        infeasible=status == highspy.HighsModelStatus.kInfeasible,
    )


@dataclass(slots=True)
class Blocks:
    """A maximisation built block by block: columns from 0 up, rows of `matrix x <= upper`."""

    gain: list[FloatArray] = field(default_factory=list)
    lower: list[FloatArray] = field(default_factory=list)
    upper: list[FloatArray] = field(default_factory=list)
    integer: list[BoolArray] = field(default_factory=list)
    blocks: list[tuple[list[tuple[slice, Any]], FloatArray]] = field(default_factory=list)
    width: int = 0

    def add_columns(
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
        self.add_rows([(columns, weights[None, :])], upper=limit)

    def add_rows(self, parts: list[tuple[slice, Any]], *, upper: float | FloatArray) -> None:
        """Rows whose parts of columns add up to at most `upper`."""
        height = parts[0][1].shape[0]
        self.blocks.append((parts, np.broadcast_to(np.asarray(upper, float), (height,)).copy()))

    def solve(self, time_limit_s: float, on_progress: Progress | None = None) -> Solution:
        """The optimum as HiGHS finds it: a minimum of minus the gain."""
        matrix = sparse.csr_array(sparse.vstack([self._stack_block(parts) for parts, _ in self.blocks]))
        top = np.concatenate([upper for _, upper in self.blocks])
        return solve_programme(
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

    def _stack_block(self, parts: list[tuple[slice, Any]]) -> sparse.coo_array:
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
