"""Whether a vehicle is in the air, by its landed state, its throttle and its motion.

Heights above home do not tell: a barometer that reads 0 at arming has read -2.5 to +2.2 m on the ground after
real flights. So the ground is what the vehicle reads where it stands: taken again before each lift-off and
after each touchdown.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from enum import IntEnum
from statistics import median
from typing import Protocol

from dfr.track import CLEARLY_UP_M, LIFTED_M


class Landed(IntEnum):
    """MAV_LANDED_STATE."""

    UNDEFINED = 0
    ON_GROUND = 1
    IN_AIR = 2
    TAKEOFF = 3
    LANDING = 4


IN_THE_AIR = frozenset({Landed.IN_AIR, Landed.TAKEOFF, Landed.LANDING})

GROUND_OVER_S = 2.0
"""The ground's reading is the median over so long before the lift-off, or after the touchdown (assumed)."""

RISING_MPS = 0.5
STILL_MPS = 0.1
PRESSED_S = 2.0
PRESSED_SHARE = 0.5
"""Still for 2 s with less than half of the throttle that keeps it in the air: it stands (assumed)."""

NEAR_HOME_M = 5.0
"""What begins armed, without a landed state, is taken to stand where it is within this of home's height."""

FALLING_MPS = 1.0
"""A vehicle whose motors stop while it sinks faster has not touched down yet."""

IMPACT_BELOW_M = 5.0
IMPACT_OVER_S = 10.0
THROTTLES_KEPT = 600


class Flying(Protocol):
    """What a vehicle says of itself at a moment; None for what it has not said."""

    @property
    def t_s(self) -> float | None:
        """Seconds of the vehicle's clock."""

    @property
    def armed(self) -> bool | None:
        """Whether its motors may turn."""

    @property
    def landed(self) -> int | None:
        """What its own land detector says."""

    @property
    def height_m_home(self) -> float | None:
        """Metres above home, as it reads them."""

    @property
    def climb_mps(self) -> float | None:
        """Upwards."""

    @property
    def speed_mps(self) -> float | None:
        """Over the ground."""

    @property
    def throttle(self) -> float | None:
        """A share of 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """From a lift-off to a touchdown, by the vehicle's clock; None for what has not come yet.

    `ground_before_m` and `ground_after_m` are what its height above home reads on the ground; `impact_mps`
    is how fast it came down over the last metres.
    """

    lift_t_s: float
    ground_before_m: float
    touch_t_s: float | None = None
    ground_after_m: float | None = None
    impact_mps: float | None = None


class AirborneTracker:
    """Follows one vehicle, state by state; `hops` are its flights so far, oldest first.

    `clearly_up` is whether it has been a metre over the ground: before that it may still be spooling up.
    """

    def __init__(self) -> None:
        self.hops: list[Hop] = []
        self.in_air = False
        self.clearly_up = False
        self._recent: deque[tuple[float, float, float]] = deque()
        self._throttles: deque[float] = deque(maxlen=THROTTLES_KEPT)
        self._ground: deque[tuple[float, float]] = deque()
        self._pressed_since_s: float | None = None

    def __call__(self, state: Flying) -> None:
        """Record a state."""
        t_s, height_m = state.t_s, state.height_m_home
        if t_s is None or height_m is None:
            return
        if self._recent and t_s < self._recent[-1][0]:
            return
        if not self._recent or t_s > self._recent[-1][0]:
            self._recent.append((t_s, height_m, -(state.climb_mps or 0.0)))
        while t_s - self._recent[0][0] > IMPACT_OVER_S:
            self._recent.popleft()
        self._learn_throttle(state, t_s)
        if self.in_air:
            self.clearly_up = self.clearly_up or height_m > self.hops[-1].ground_before_m + CLEARLY_UP_M
            if self._has_touched_down(state):
                self._end_hop(t_s)
        elif self._has_lifted_off(state, height_m):
            self._begin_hop(t_s)
        elif not state.armed or state.landed == Landed.ON_GROUND or abs(height_m) < NEAR_HOME_M:
            self._ground.append((t_s, height_m))
            while t_s - self._ground[0][0] > GROUND_OVER_S:
                self._ground.popleft()

    @property
    def ground_m(self) -> float | None:
        """What the ground reads: now, where it stands, else where it took off; None where that is unknown."""
        if self.in_air:
            return self.hops[-1].ground_before_m
        return median(height for _, height in self._ground) if self._ground else None

    @property
    def pressed(self) -> bool:
        """Whether it has stood still for a while with too little throttle to fly."""
        return self._pressed_since_s is not None and self._recent[-1][0] - self._pressed_since_s >= PRESSED_S

    def _learn_throttle(self, state: Flying, t_s: float) -> None:
        """Learn the throttle that it flies with, and since when it stands with less than half of it."""
        throttle, climb, speed = state.throttle, state.climb_mps, state.speed_mps
        if throttle is None or climb is None or speed is None:
            return
        if self.in_air and abs(climb) < RISING_MPS:
            self._throttles.append(throttle)
        flies_with = median(self._throttles) if self._throttles else 0.0
        still = abs(climb) < STILL_MPS and speed < STILL_MPS
        if not (still and throttle < PRESSED_SHARE * flies_with):
            self._pressed_since_s = None
        elif self._pressed_since_s is None:
            self._pressed_since_s = t_s

    def _has_touched_down(self, state: Flying) -> bool:
        if (state.climb_mps or 0.0) < -FALLING_MPS:
            return False
        return state.armed is False or state.landed == Landed.ON_GROUND or self.pressed

    def _has_lifted_off(self, state: Flying, height_m: float) -> bool:
        if not state.armed or state.landed == Landed.ON_GROUND:
            return False
        if state.landed in IN_THE_AIR and not self.pressed:
            return True
        ground_m = self.ground_m
        if ground_m is None or state.throttle == 0.0:
            return False
        rises = (state.climb_mps or 0.0) >= RISING_MPS
        return height_m > ground_m + (LIFTED_M if rises else CLEARLY_UP_M)

    def _begin_hop(self, t_s: float) -> None:
        ground_m = self.ground_m
        self.in_air = True
        self.hops.append(Hop(lift_t_s=t_s, ground_before_m=0.0 if ground_m is None else ground_m))

    def _end_hop(self, t_s: float) -> None:
        ground_m = median(height for at_s, height, _ in self._recent if at_s >= t_s - GROUND_OVER_S)
        fastest = [sink for _, height, sink in self._recent if height <= ground_m + IMPACT_BELOW_M]
        self.in_air = False
        self._ground = deque([(t_s, ground_m)])
        self.hops[-1] = replace(
            self.hops[-1], touch_t_s=t_s, ground_after_m=ground_m, impact_mps=max([*fastest, 0.0])
        )
