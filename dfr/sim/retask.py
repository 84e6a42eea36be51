"""Re-tasking: which drone in the air is sent on to a call that waits (`choose_retask`).

The simulation and a live shift ask the same rule, each with what it knows of its drones (`InAir`). A drone on
its way back is free. One that flies to a call, or is overhead, is taken away only for a call of a higher
grade: preemptive priority, assumed, as no force publishes its rule.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class InAir:
    """What a drone in the air could do for another call.

    `rank` is that of the call which it would leave, None on its way back. `overhead_s` is how long it would
    take, `stay_s` how long it could stay there and be home in time with its reserve. `blocked` says why it
    cannot go, '' where nothing stands against it.
    """

    drone: str
    rank: int | None
    overhead_s: float
    stay_s: float
    blocked: str = ""


def choose_retask(
    in_air: Iterable[InAir], *, rank: int, within_s: float, min_stay_s: float = 0.0
) -> InAir | None:
    """The drone in the air to send on to a call of this rank, None where there is none to send.

    Of those overhead `within_s`, the one that is missed least: on its way back, else at the call of the
    lowest grade; of equals the soonest. Where none is in time, the soonest.

    >>> near, back = InAir(drone="a", rank=2, overhead_s=60.0, stay_s=900.0), InAir(
    ...     drone="b", rank=None, overhead_s=100.0, stay_s=300.0)
    >>> choose_retask([near, back], rank=0, within_s=120.0).drone
    'b'
    >>> choose_retask([near, back], rank=0, within_s=90.0).drone
    'a'
    >>> choose_retask([near], rank=2, within_s=120.0) is None
    True
    """
    able = [
        drone
        for drone in in_air
        if not drone.blocked and drone.stay_s >= min_stay_s and (drone.rank is None or drone.rank > rank)
    ]
    in_time = [drone for drone in able if drone.overhead_s <= within_s]
    if in_time:
        return min(in_time, key=lambda drone: (_harm(drone), drone.overhead_s, drone.drone))
    return min(able, key=lambda drone: (drone.overhead_s, _harm(drone), drone.drone), default=None)


def _harm(drone: InAir) -> float:
    """Less for calls of lower grade, least for none."""
    return -math.inf if drone.rank is None else -drone.rank
