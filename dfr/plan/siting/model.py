"""What siting solvers are asked and answer: checked times and demand, the chosen sites and their proof."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from dfr.errors import InputError
from dfr.geo import FloatArray

IntArray = NDArray[np.int64]
Times = FloatArray | sparse.csr_array

OPTIMAL = "optimal"
FEASIBLE = "feasible"
INFEASIBLE = "infeasible"
UNSOLVED = "unsolved"

PROOF_TIME_LIMIT_S = 300.0
"""For an exact search, unless said otherwise."""

PROOF_TOLERANCE = 1e-9
"""Relative difference of objective and bound that counts as none."""

SCALED_BITS = 10
"""The largest weight is scaled to 2^10: sums stay well above solvers' absolute tolerances."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sites:
    """Chosen sites (columns, ascending) and how good the choice is proven to be.

    `status`: "optimal" (proven), "feasible" (stopped early: `gap` says how far from proven),
    "infeasible" (proven that nothing fits), "unsolved" (stopped before anything was found).
    `gap` is |bound - objective| / |objective|. Without a choice the objective is NaN. `out_of_reach` are
    the rows with demand that no site allowed can serve, where that is why nothing fits.
    """

    chosen: tuple[int, ...]
    objective: float
    bound: float
    gap: float
    status: str
    seconds: float = field(compare=False)
    out_of_reach: tuple[int, ...] = ()


def make_sites(chosen: Sequence[int], *, objective: float, bound: float, seconds: float) -> Sites:
    """A choice with its gap; proven where bound and objective agree."""
    difference = abs(bound - objective)
    gap = difference / abs(objective) if objective else math.inf
    proven = difference <= PROOF_TOLERANCE * max(abs(objective), abs(bound))
    return Sites(
        chosen=tuple(sorted(int(j) for j in chosen)),
        objective=float(objective),
        bound=float(objective if proven else bound),
        gap=0.0 if proven else float(gap),
        status=OPTIMAL if proven else FEASIBLE,
        seconds=seconds,
    )


def no_sites(status: str, *, bound: float, seconds: float, out_of_reach: Sequence[int] = ()) -> Sites:
    """No choice: nothing fits, or nothing was found in time."""
    return Sites(
        chosen=(),
        objective=math.nan,
        bound=bound,
        gap=math.inf,
        status=status,
        seconds=seconds,
        out_of_reach=tuple(int(i) for i in out_of_reach),
    )


def nothing_found(bound: float, lost: Sequence[int] | IntArray, seconds: float) -> Sites:
    """No choice; proven where the bound is infinite."""
    status = INFEASIBLE if np.isinf(bound) else UNSOLVED
    return no_sites(status, bound=bound, seconds=seconds, out_of_reach=[int(i) for i in lost])


MOST_WEIGHT = 1e100
"""Larger weights, and all smaller than its reciprocal, overflow or vanish where they meet times."""


@dataclass(frozen=True, slots=True)
class Request:
    """Checked input of a siting problem.

    `times` has shape (n_demand, n_sites): dense with inf where unreachable, or sparse with
    only the reachable pairs stored. `demand` has shape (n_demand,), all >= 0.
    """

    times: Times
    demand: FloatArray
    forced: tuple[int, ...]
    forbidden: tuple[int, ...]

    @property
    def count(self) -> int:
        """Number of sites."""
        return int(self.times.shape[1])

    @property
    def allowed(self) -> IntArray:
        """Sites that may be chosen, ascending."""
        return np.setdiff1d(np.arange(self.count), np.asarray(self.forbidden, int))

    def unserved_rows(self, limit_s: float = math.inf) -> IntArray:
        """Rows with demand that no site allowed serves within a limit."""
        if isinstance(self.times, np.ndarray):
            within = np.isfinite(self.times) & (self.times <= limit_s)
            served = within[:, self.allowed].any(axis=1)
        else:
            pairs = self.times.tocoo()
            useful = np.isfinite(pairs.data) & (pairs.data <= limit_s)
            useful &= np.isin(pairs.coords[1], self.allowed)
            served = np.zeros(self.times.shape[0], bool)
            served[pairs.coords[0][useful]] = True
        return np.flatnonzero((self.demand > 0) & ~served)

    def dense_times(self) -> FloatArray:
        """Times as a dense array, inf where no pair is stored."""
        if isinstance(self.times, np.ndarray):
            return self.times
        table = np.full(self.times.shape, np.inf)
        pairs = self.times.tocoo()
        table[pairs.coords] = pairs.data
        return table


def make_request(
    times_s: object,
    demand: ArrayLike | None,
    *,
    forced: Sequence[int],
    forbidden: Sequence[int],
    p: int | None,
) -> Request:
    """The input as checked arrays. Raises InputError that names what cannot be used."""
    times = _read_times(times_s)
    n, m = times.shape
    weights = np.ones(n) if demand is None else read_weights(demand, n)
    must, must_not = _sites_of(forced, "forced"), _sites_of(forbidden, "forbidden")
    check_choice(must, must_not, m, p)
    return Request(times, weights, must, must_not)


def read_weights(demand: ArrayLike, n: int) -> FloatArray:
    """A weight of 0 or more for each of n rows. Raises InputError."""
    weights = read_numbers(demand, "demand")
    if weights.shape != (n,):
        raise InputError(
            f"demand has shape {weights.shape}, times_s has {n} rows", do="give one weight for each row"
        )
    if not np.all(np.isfinite(weights)) or np.any(weights < 0):
        raise InputError("demand holds a negative or non-finite weight", do="use weights >= 0")
    most = float(weights.max(initial=0.0))
    if most > MOST_WEIGHT or 0.0 < most < 1.0 / MOST_WEIGHT:
        raise InputError(
            f"the largest weight of demand is {most:g}, beyond what can be added and multiplied",
            do=f"scale the weights to between {1.0 / MOST_WEIGHT:g} and {MOST_WEIGHT:g}",
        )
    return weights


def _sites_of(which: Sequence[int], what: str) -> tuple[int, ...]:
    """Numbers of sites, ascending. Raises InputError."""
    try:
        return tuple(sorted({read_whole(j, "site") for j in which}))
    except TypeError as error:
        raise InputError(f"{what} {which!r}", do="give a list of sites") from error


def fill_up(chosen: Sequence[int], asked: Request, p: int) -> tuple[int, ...]:
    """Exactly p sites: where fewer reach the optimum, the lowest allowed numbers are added."""
    taken = set(chosen)
    spare = [int(j) for j in asked.allowed if int(j) not in taken]
    return (*chosen, *spare[: p - len(chosen)])


def read_numbers(values: ArrayLike, what: str) -> FloatArray:
    """Values as an array of floats. Raises InputError where they are none."""
    try:
        found = np.asarray(values)
        real = found.astype(float) if found.dtype.kind != "c" else None
    except (TypeError, ValueError) as error:
        raise InputError(f"{what}: {error}", do="give an array of numbers") from error
    if real is None:
        raise InputError(f"{what}: complex numbers", do="give an array of numbers")
    return real


def read_whole(value: object, what: str) -> int:
    """A whole number. Raises InputError."""
    try:
        return operator.index(value)  # type: ignore[arg-type]
    except TypeError as error:
        raise InputError(f"{what} {value!r}", do="give a whole number") from error


def at_least_zero(**values: float) -> None:
    """Limits of a search, each by its name. Raises InputError for one that is negative or NaN."""
    for name, value in values.items():
        if not value >= 0.0:
            raise InputError(f"{name} = {value}", do="give 0 or more")


def unit_of(weights: FloatArray) -> float:
    """What weights are divided by in a solver, so that its tolerances fit: the answer scales with them.

    Whole weights stay whole (divided by their common divisor); others by a power of two, without rounding.

    >>> unit_of(np.array([6.0, 9.0])), unit_of(np.array([1e-9])) < 1e-11
    (3.0, True)
    """
    most = float(weights.max(initial=0.0))
    if most == 0.0:
        return 1.0
    if most < 2.0**53 and np.array_equal(weights, np.round(weights)):
        return float(np.gcd.reduce(weights.astype(np.int64), axis=None))
    return 2.0 ** (math.floor(math.log2(most)) - SCALED_BITS)


def fine_unit_of(weights: FloatArray) -> float:
    """As `unit_of`, where parts of a weight count too: the largest is at least 2^10 of these.

    >>> fine_unit_of(np.array([1.0])) == 2.0**-10, fine_unit_of(np.array([1.0, 5e6]))
    (True, 1.0)
    """
    unit, most = unit_of(weights), float(weights.max(initial=0.0))
    spare = SCALED_BITS - math.floor(math.log2(most / unit)) if most > 0.0 else 0
    return unit * 2.0 ** -max(0, spare)


def _read_times(times_s: object) -> Times:
    table: Times
    if isinstance(times_s, (sparse.sparray, sparse.spmatrix)):
        if np.dtype(cast(Any, times_s).dtype).kind == "c":
            raise InputError("times_s: complex numbers", do="give an array of numbers")
        table = sparse.csr_array(cast(Any, times_s), dtype=float)
        table.sum_duplicates()
        if table.nnz < cast(Any, times_s).nnz:
            raise InputError("times_s stores a pair twice", do="give one time for each pair")
        values = np.asarray(table.data, float)
    else:
        given = cast(Any, times_s)
        if np.ma.isMaskedArray(given) and not np.iscomplexobj(given):
            given = np.ma.filled(given.astype(float), np.inf)
        table = values = read_numbers(given, "times_s")
    if len(table.shape) != 2 or table.shape[1] == 0:
        raise InputError(f"times_s has shape {table.shape}", do="give (n_demand, n_sites) with a site")
    if np.any(np.isnan(values)) or np.any(values < 0):
        raise InputError("times_s holds a negative time or NaN", do="use seconds >= 0, inf where unreachable")
    return table


def check_choice(forced: tuple[int, ...], forbidden: tuple[int, ...], m: int, p: int | None) -> None:
    """Raise InputError where no p of m sites have the forced ones and none that is forbidden."""
    for j in (*forced, *forbidden):
        if not 0 <= j < m:
            raise InputError(f"site {j} is not one of the {m} sites", do=f"use 0..{m - 1}")
    both = sorted(set(forced) & set(forbidden))
    if both:
        raise InputError(f"site {both[0]} is both forced and forbidden", do="choose one")
    if p is None:
        return
    p = read_whole(p, "p =")
    if p < max(1, len(forced)):
        raise InputError(
            f"p = {p} with {len(forced)} forced sites", do=f"choose p of at least {max(1, len(forced))}"
        )
    if p > m - len(forbidden):
        raise InputError(
            f"p = {p} of {m - len(forbidden)} allowed sites", do=f"choose p <= {m - len(forbidden)}"
        )
