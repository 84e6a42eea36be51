"""Other traffic near any of several drones in the air (`TrafficWatch`): it comes, and it is gone."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from dfr.link.limits import TrafficLimit
from dfr.link.traffic import Proximity, TrafficPicture
from dfr.link.vehicle import VehicleState

ALOFT_M = 2.0
"""Higher than this above home a drone has to give way."""


class TrafficWatch:
    """Watches for all drones of a shift what receivers hear; `look` at them once or twice a second.

    The `picture` goes by `clock_s`, a clock of our own: each vehicle has another. `comes` gets the words when
    traffic is near that was not, `is_gone` is called once none has been near for the limit's `clear_s`.
    """

    def __init__(
        self,
        picture: TrafficPicture,
        limit: TrafficLimit,
        *,
        clock_s: Callable[[], float],
        comes: Callable[[str], None],
        is_gone: Callable[[], None],
    ) -> None:
        self._picture, self._limit, self._clock_s = picture, limit, clock_s
        self._comes, self._is_gone = comes, is_gone
        self._near_at_s: float | None = None

    @property
    def is_near(self) -> bool:
        """Whether traffic is near, or was within the limit's `clear_s`."""
        return self._near_at_s is not None

    def look(self, states: Iterable[VehicleState]) -> None:
        """Look at the drones as they are now; those on the ground have nothing to give way with."""
        now_s = self._clock_s()
        intruder = self._find_intruder(states, now_s)
        if intruder is not None:
            if self._near_at_s is None:
                across, height = intruder.horizontal_m, intruder.vertical_m
                self._comes(f"{intruder.name}: {across:.0f} m across, at least {height:.0f} m in height")
            self._near_at_s = now_s
        elif self._near_at_s is not None and now_s - self._near_at_s >= self._limit.clear_s:
            self._near_at_s = None
            self._is_gone()

    def _find_intruder(self, states: Iterable[VehicleState], now_s: float) -> Proximity | None:
        aloft = (state for state in states if (state.height_m_home or 0.0) > ALOFT_M)
        near = (self._picture.measure_proximity(replace(state, t_s=now_s)) for state in aloft)
        return next((found for each in near if (found := self._limit.find_intruder(each))), None)
