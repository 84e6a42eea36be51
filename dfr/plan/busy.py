"""How busy docks are when calls find the nearest free drone: the other half of coverage.

Each dock with d drones is an M/G/d loss system, whose blocking depends on the mean service time
alone (Erlang B). A call that finds its nearest dock busy goes to the next, so docks load each
other: their blocking chances are a fixed point, taken as independent (Kelly 1986; Larson's 1975
hypercube approximation with one drone each). What finds all busy waits or is lost, and is not
covered.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from dfr.errors import InputError
from dfr.geo import FloatArray

TOLERANCE = 1e-12
MOST_ROUNDS = 10_000


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
            f"times {times.shape}, service {service.shape}, {len(rates)} rates, {len(count)} docks "
            "-> (rows, docks) twice, one rate for each row, one number of drones for each dock"
        )
    order = np.argsort(times, axis=1, kind="stable")
    reach = np.isfinite(times)
    held = np.where(reach, service, 0.0)
    blocked = np.where(count > 0, 0.0, 1.0)
    for _ in range(MOST_ROUNDS):
        load = (rates[:, None] * _offered(order, reach, blocked) * held).sum(axis=0)
        fresh = np.array([erlang_b(int(d), float(a)) for d, a in zip(count, load, strict=True)])
        step = float(np.abs(fresh - blocked).max(initial=0.0))
        blocked = 0.5 * (blocked + fresh)
        if step < TOLERANCE:
            break
    serves = _offered(order, reach, blocked) * (1.0 - blocked)
    carried = (rates[:, None] * serves * held).sum(axis=0)
    return DockLoads(
        blocked=blocked,
        utilisation=np.divide(carried, count, out=np.zeros(len(count)), where=count > 0),
        serves=serves,
    )


def _offered(
    order: np.ndarray[tuple[int, ...], np.dtype[np.intp]], reach: FloatArray, blocked: FloatArray
) -> FloatArray:
    """Chance that a call of a row comes to each dock: all that are nearer are busy."""
    busy = np.where(np.take_along_axis(reach, order, axis=1), blocked[order], 1.0)
    before = np.cumprod(np.concatenate([np.ones((len(order), 1)), busy[:, :-1]], axis=1), axis=1)
    offered = np.empty(order.shape)
    np.put_along_axis(offered, order, before, axis=1)
    return np.where(reach, offered, 0.0)
