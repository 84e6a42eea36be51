"""Siting that agrees with its own busy fraction: a fixed point of siting and queueing.

MEXCLP asks how busy drones are before it can place them, and where they stand decides how busy they are.
So both take turns until they agree (the busy fraction found is the one assumed). How busy a layout
is comes from `dfr.plan.busy` by formula, or from a simulation: any function of the chosen sites will do.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from dfr.errors import InputError
from dfr.plan.busy import dock_loads
from dfr.plan.siting.model import Sites, numbers
from dfr.plan.siting.variants import TIME_LIMIT_S, solve_mexclp

ROUNDS = 20
TOLERANCE = 0.002
"""Busy fractions nearer than this place the same drones in practice."""

FIRST_BUSY = 0.3
MOST_BUSY = 0.999


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """Sites and the busy fraction they were placed for; `measured` is what these sites really give.

    `settled` where both agree. `rounds` is how often the sites were placed.
    """

    sites: Sites
    busy: float
    measured: float
    rounds: int
    settled: bool


def settle_busy(
    place: Callable[[float], Sites],
    busy_of: Callable[[tuple[int, ...]], float],
    *,
    first: float = FIRST_BUSY,
    tolerance: float = TOLERANCE,
    rounds: int = ROUNDS,
) -> Settled:
    """Sites by `place(busy)` whose `busy_of(chosen)` is the busy fraction they were placed for.

    Each round takes the busy fraction that the last layout gave, kept between the highest found too low
    and the lowest found too high; these close in where two layouts each ask for the other and
    nothing agrees. A noisy `busy_of` (a simulation) wants a `tolerance` of its half-width.

    >>> from dfr.plan.siting import solve_mclp
    >>> table = [[10.0, 90.0], [90.0, 10.0]]
    >>> settle_busy(lambda busy: solve_mclp(table, [1, 2], limit_s=60, p=1), lambda chosen: 0.4).rounds
    2
    """
    busy, low, high = first, 0.0, 1.0
    for number in range(1, rounds + 1):
        found = place(busy)
        measured = min(busy_of(found.chosen), MOST_BUSY) if found.chosen else busy
        agree = abs(measured - busy) <= tolerance
        low, high = (busy, high) if measured > busy else (low, busy)
        if agree or number == rounds or high - low < tolerance or not found.chosen:
            return Settled(sites=found, busy=busy, measured=measured, rounds=number, settled=agree)
        busy = measured if low < measured < high else 0.5 * (low + high)
    raise InputError(f"rounds = {rounds} -> at least 1")


def solve_queueing(
    times_s: ArrayLike,
    rates_per_s: ArrayLike,
    service_s: ArrayLike,
    *,
    limit_s: float,
    p: int,
    most: int | None = None,
    forced: Sequence[int] = (),
    forbidden: Sequence[int] = (),
    first: float = FIRST_BUSY,
    time_limit_s: float = TIME_LIMIT_S,
) -> Settled:
    """MEXCLP with the busy fraction of its own docks, each an M/M/d queue whose calls the next may take.

    `rates_per_s` are calls of each row, shape (n_demand,); `service_s`, shape (n_demand, n_sites), is how
    long a call keeps a drone. The busy fraction is the mean share of drones in use (`dock_loads`).

    >>> found = solve_queueing([[10.0]], [0.002], [[600.0]], limit_s=60.0, p=3)
    >>> found.settled, found.sites.chosen, abs(found.measured - 0.4 * (1 - 0.089776)) < 1e-6
    (True, (0, 0, 0), True)
    """
    times, rates, service = (
        numbers(values, name)
        for values, name in ((times_s, "times_s"), (rates_per_s, "rates_per_s"), (service_s, "service_s"))
    )

    def place(busy: float) -> Sites:
        return solve_mexclp(
            times, rates, limit_s=limit_s, p=p, busy=busy, most=most, forced=forced, forbidden=forbidden,
            time_limit_s=time_limit_s,
        )  # fmt: skip

    def busy_of(chosen: tuple[int, ...]) -> float:
        docks, drones = np.unique(np.asarray(chosen), return_counts=True)
        loads = dock_loads(times[:, docks], rates, service[:, docks], drones)
        return float(loads.utilisation @ drones / drones.sum())

    return settle_busy(place, busy_of, first=first)
