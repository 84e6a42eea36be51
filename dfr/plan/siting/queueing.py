"""Siting with busy drones: how busy docks are by queueing theory, and sites that agree with it.

Start from `dock_loads` (how busy given docks are) or `solve_queueing` (where to put them).

Each dock with d drones is an M/G/d loss system, whose blocking depends on the mean service time
alone (Erlang B). A call that finds its nearest dock busy goes to the next, so docks load each
other: their blocking probabilities are a fixed point, taken as independent (Kelly 1986; Larson's 1975
hypercube approximation with one drone each). A call that finds all drones busy waits or is lost, and is not
covered.

MEXCLP asks how busy drones are before it can place them, and where they stand decides how busy they are.
So `find_agreed_sites` lets both take turns until they agree. How busy a layout is comes from `dock_loads`,
or from a simulation: any function of the chosen sites will do.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from dfr.errors import InputError
from dfr.geo import FloatArray
from dfr.plan.siting.model import Sites, read_numbers
from dfr.plan.siting.variants import TIME_LIMIT_S, solve_mexclp

BLOCKING_TOLERANCE = 1e-12
MOST_BLOCKING_ROUNDS = 10_000

ROUNDS = 20
TOLERANCE = 0.002
"""Busy fractions nearer than this place the same drones in practice."""

FIRST_BUSY = 0.3
MOST_BUSY = 0.999


@dataclass(frozen=True, slots=True, kw_only=True)
class DockLoads:
    """The steady state of some docks.

    `blocked` is the chance that all of a dock's drones are busy, `utilisation` the share of its
    drones in use, `serves[row, dock]` the chance that a call is served by a dock (by its nearest free one).
    """

    blocked: FloatArray
    utilisation: FloatArray
    serves: FloatArray

    def expected(self, worth: ArrayLike, rates_per_s: ArrayLike) -> float:
        """Expected worth of a call, where `worth[row, dock]` is that of being served by a dock."""
        rates = np.asarray(rates_per_s, float)
        return float(rates @ (self.serves * np.asarray(worth, float)).sum(axis=1) / rates.sum())


def erlang_b(servers: int, load: float) -> float:
    """Chance that all servers are busy, of a load in erlangs, where nobody waits.

    >>> round(erlang_b(3, 1.2), 6), erlang_b(0, 1.0)
    (0.089776, 1.0)
    """
    blocked = 1.0
    for n in range(1, servers + 1):
        blocked = load * blocked / (n + load * blocked)
    return blocked


def erlang_c(servers: int, load: float) -> float:
    """Chance that a call has to wait where all wait; 1 where the load is too much.

    >>> round(erlang_c(3, 2.0), 6)
    0.444444
    """
    if load >= servers:
        return 1.0
    blocked = erlang_b(servers, load)
    return blocked / (1.0 - load / servers * (1.0 - blocked))


def dock_loads(
    times_s: ArrayLike, rates_per_s: ArrayLike, service_s: ArrayLike, drones: ArrayLike
) -> DockLoads:
    """How busy docks are. `times_s` and `service_s` have shape (rows, docks), times inf where out of reach.

    `rates_per_s` are calls of each row, `drones` those of each dock. Raises InputError for shapes that
    do not fit. One dock is Erlang's loss formula to the last digit:

    >>> loads = dock_loads([[1.0]], [0.002], [[600.0]], [3])
    >>> bool(abs(loads.blocked[0] - erlang_b(3, 1.2)) < 1e-12)
    True
    """
    times, rates = np.asarray(times_s, float), np.asarray(rates_per_s, float)
    service, count = np.asarray(service_s, float), np.asarray(drones, int)
    if times.ndim != 2 or service.shape != times.shape or (len(rates), len(count)) != times.shape:
        raise InputError(
            f"times {times.shape}, service {service.shape}, {len(rates)} rates, {len(count)} docks",
            do="give (rows, docks) twice, one rate for each row, one number of drones for each dock",
        )
    order = np.argsort(times, axis=1, kind="stable")
    reach = np.isfinite(times)
    held = np.where(reach, service, 0.0)
    blocked = np.where(count > 0, 0.0, 1.0)
    for _ in range(MOST_BLOCKING_ROUNDS):
        load = (rates[:, None] * _offer_calls(order, reach, blocked) * held).sum(axis=0)
        fresh = np.array([erlang_b(int(d), float(a)) for d, a in zip(count, load, strict=True)])
        step = float(np.abs(fresh - blocked).max(initial=0.0))
        blocked = 0.5 * (blocked + fresh)
        if step < BLOCKING_TOLERANCE:
            break
    serves = _offer_calls(order, reach, blocked) * (1.0 - blocked)
    carried = (rates[:, None] * serves * held).sum(axis=0)
    return DockLoads(
        blocked=blocked,
        utilisation=np.divide(carried, count, out=np.zeros(len(count)), where=count > 0),
        serves=serves,
    )


def _offer_calls(
    order: np.ndarray[tuple[int, ...], np.dtype[np.intp]], reach: FloatArray, blocked: FloatArray
) -> FloatArray:
    """Chance that a call of a row comes to each dock: all that are nearer are busy."""
    busy = np.where(np.take_along_axis(reach, order, axis=1), blocked[order], 1.0)
    before = np.cumprod(np.concatenate([np.ones((len(order), 1)), busy[:, :-1]], axis=1), axis=1)
    offered = np.empty(order.shape)
    np.put_along_axis(offered, order, before, axis=1)
    return np.where(reach, offered, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreedSites:
    """Sites and the busy fraction they were placed for; `measured` is what these sites really give.

    `agreed` where both agree. `rounds` is how often the sites were placed.
    """

    sites: Sites
    busy: float
    measured: float
    rounds: int
    agreed: bool


def find_agreed_sites(
    place: Callable[[float], Sites],
    busy_of: Callable[[tuple[int, ...]], float],
    *,
    first: float = FIRST_BUSY,
    tolerance: float = TOLERANCE,
    rounds: int = ROUNDS,
) -> AgreedSites:
    """Sites by `place(busy)` whose `busy_of(chosen)` is the busy fraction they were placed for.

    Each round takes the busy fraction that the last layout gave, kept between the highest found too low
    and the lowest found too high; these close in where two layouts each ask for the other and
    nothing agrees. A noisy `busy_of` (a simulation) wants a `tolerance` of its half-width.

    >>> from dfr.plan.siting import solve_mclp
    >>> table = [[10.0, 90.0], [90.0, 10.0]]
    >>> find_agreed_sites(lambda busy: solve_mclp(table, [1, 2], limit_s=60, p=1), lambda chosen: 0.4).rounds
    2
    """
    busy, low, high = first, 0.0, 1.0
    for number in range(1, rounds + 1):
        found = place(busy)
        measured = min(busy_of(found.chosen), MOST_BUSY) if found.chosen else busy
        agree = abs(measured - busy) <= tolerance
        low, high = (busy, high) if measured > busy else (low, busy)
        if agree or number == rounds or high - low < tolerance or not found.chosen:
            return AgreedSites(sites=found, busy=busy, measured=measured, rounds=number, agreed=agree)
        busy = measured if low < measured < high else 0.5 * (low + high)
    raise InputError(f"rounds = {rounds}", do="allow at least 1")


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
) -> AgreedSites:
    """MEXCLP with the busy fraction of its own docks, each an M/M/d queue whose calls the next may take.

    `rates_per_s` are calls of each row, shape (n_demand,); `service_s`, shape (n_demand, n_sites), is how
    long a call keeps a drone. The busy fraction is the mean share of drones in use (`dock_loads`).

    >>> found = solve_queueing([[10.0]], [0.002], [[600.0]], limit_s=60.0, p=3)
    >>> found.agreed, found.sites.chosen, abs(found.measured - 0.4 * (1 - 0.089776)) < 1e-6
    (True, (0, 0, 0), True)
    """
    times, rates, service = (
        read_numbers(values, name)
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

    return find_agreed_sites(place, busy_of, first=first)
