"""The director's own limits in flight: wind, energy to home, gaps in the link, other traffic.

They act before the vehicle's failsafes do and on things that those do not know. Each looks at what is known
now and says either nothing or what is wrong and what is to be done about it. What is not known limits
nothing: preflight is where an unknown stops a flight.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise

from dfr.errors import VehicleRefusedError
from dfr.geo import Position, distance_m
from dfr.link.traffic import Proximity
from dfr.link.vehicle import VehicleState
from dfr.mission.items import FlightPlan
from dfr.units import FOOT_M

WELL_CLEAR_ACROSS_M = 2000.0 * FOOT_M
WELL_CLEAR_HEIGHT_M = 250.0 * FOOT_M
"""Well clear of ASTM F3442 (to be confirmed); no UK figure is published."""

WIND_LASTS_S = 5.0
"""A wind over the limit for so long is no gust (assumed)."""

HOME_MARGIN = 1.3
"""Share more than the straight path home at cruise and the landing needs by the current now (assumed)."""

LAND_MPS = 0.5
DEFAULT_CRUISE_MPS = 10.0
DEFAULT_HOLD_LOW_M = 20.0
TRAFFIC_CLEAR_S = 10.0
"""No traffic has been near for so long: it has passed (assumed)."""

GAP_S = 3.0
"""Not heard for longer, a drone is called home when it is heard again (assumed)."""

GIVE_UP_S = 3600.0
"""No battery of the catalogue lasts an hour in the air (the makers' flight times)."""


class Action(StrEnum):
    """What the director does about a breach."""

    HOLD_LOW = "hold_low"
    RETURN = "return"
    LAND = "land"


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """A limit that does not hold, in words, and what is to be done."""

    limit: str
    words: str
    action: Action


@dataclass(frozen=True, slots=True, kw_only=True)
class TrafficLimit:
    """Other traffic nearer than `across_m` and within `height_m` of the drone's height: `action`.

    HOLD_LOW goes straight down to `hold_low_m` above home, waits until the air has been clear for
    `clear_s`, and goes on; the drone's height while it holds does not count as separation.
    """

    across_m: float = WELL_CLEAR_ACROSS_M
    height_m: float = WELL_CLEAR_HEIGHT_M
    action: Action = Action.HOLD_LOW
    hold_low_m: float = DEFAULT_HOLD_LOW_M
    clear_s: float = TRAFFIC_CLEAR_S

    def find_intruder(
        self, contacts: tuple[Proximity, ...], *, spare_height_m: float = 0.0
    ) -> Proximity | None:
        """The nearest contact that is too near, for a drone that means to climb so much more."""
        return next(iter(self.find_intruders(contacts, spare_height_m=spare_height_m)), None)

    def find_intruders(
        self, contacts: Sequence[Proximity], *, spare_height_m: float = 0.0
    ) -> list[Proximity]:
        """The contacts that are too near, as they come."""
        limit_m = self.height_m + spare_height_m
        return [near for near in contacts if near.horizontal_m < self.across_m and near.vertical_m < limit_m]


@dataclass(frozen=True, slots=True, kw_only=True)
class FlightLimits:
    """What the director holds a flight to; None is no limit.

    `wind_mps` against the vehicle's own estimate; `gap_s` is how long the vehicle may be unheard: it is
    called home when it is heard again. `give_up_s` is how long after the flight should have ended an armed
    vehicle is still watched, or waited for: longer than any battery lasts. `reserve` holds the drone to the
    reserve of its plan's BATT_CAPACITY and BATT_LOW_MAH when it is down, and turns it round before the
    vehicle's failsafe would.
    """

    wind_mps: float | None = None
    gap_s: float | None = GAP_S
    give_up_s: float = GIVE_UP_S
    reserve: bool = True
    traffic: TrafficLimit | None = TrafficLimit()


SIMULATED = FlightLimits(gap_s=None, give_up_s=600.0)
"""Limits of a simulated vehicle, which may be given up without harm (assumed)."""

NO_LIMITS = FlightLimits(gap_s=None, reserve=False, traffic=None)


class LimitMonitor:
    """The limits of one flight, looked at state by state."""

    def __init__(self, limits: FlightLimits, plan: FlightPlan) -> None:
        self._limits, self._plan = limits, plan
        self._windy_since_s: float | None = None

    def find_breach(self, state: VehicleState, *, unheard_s: float) -> Breach | None:
        """What no longer holds, most urgent first; None where all is well."""
        return self._energy_breach(state) or self._gap_breach(unheard_s) or self._wind_breach(state)

    def _wind_breach(self, state: VehicleState) -> Breach | None:
        limit, wind, now_s = self._limits.wind_mps, state.wind_mps, state.t_s
        if limit is None or wind is None or now_s is None or wind <= limit:
            self._windy_since_s = None
            return None
        since_s = self._windy_since_s = now_s if self._windy_since_s is None else self._windy_since_s
        if now_s - since_s < WIND_LASTS_S:
            return None
        return Breach(
            limit="wind",
            words=f"wind {wind:.1f} m/s by its own estimate, limit {limit:g} m/s",
            action=Action.RETURN,
        )

    def _gap_breach(self, unheard_s: float) -> Breach | None:
        limit = self._limits.gap_s
        if limit is None or unheard_s <= limit:
            return None
        return Breach(
            limit="link",
            words=f"it was not heard for {unheard_s:.1f} s, limit {limit:g} s",
            action=Action.RETURN,
        )

    def _energy_breach(self, state: VehicleState) -> Breach | None:
        low_mah = self._plan.params.get("BATT_LOW_MAH")
        left, needed = left_mah(state, self._plan), home_mah(state, self._plan)
        if not self._limits.reserve or low_mah is None or left is None or needed is None:
            return None
        if left - needed >= low_mah:
            return None
        return Breach(
            limit="energy",
            words=f"{left:.0f} mAh are left, the return needs {needed:.0f} and the reserve is {low_mah:.0f}",
            action=Action.RETURN,
        )


def left_mah(state: VehicleState, plan: FlightPlan) -> float | None:
    """Charge left by the vehicle's monitor; None where plan or vehicle does not say."""
    capacity_mah = plan.params.get("BATT_CAPACITY")
    if capacity_mah is None or state.battery_used_mah is None:
        return None
    return capacity_mah - state.battery_used_mah


def home_mah(state: VehicleState, plan: FlightPlan) -> float | None:
    """Charge that the straight path home and the landing take at the current drawn now, with a margin."""
    place, height_m, amp = state.position, state.height_m_home, state.battery_amp
    if place is None or height_m is None or amp is None:
        return None
    cruise_mps = _cruise_mps(plan)
    down_s = min(height_m, 10.0) / LAND_MPS + max(0.0, height_m - 10.0) / (2.0 * LAND_MPS)
    seconds = distance_m(place, plan.home) / cruise_mps + down_s
    return HOME_MARGIN * amp * seconds / 3.6


def refuse_without_energy(
    state: VehicleState, plan: FlightPlan, *, path: Sequence[Position], on_scene_s: float
) -> None:
    """Raise VehicleRefusedError where a new task would use the plan's reserve, by the current drawn now."""
    low_mah, left, amp = plan.params.get("BATT_LOW_MAH"), left_mah(state, plan), state.battery_amp
    if low_mah is None or left is None or amp is None or state.position is None:
        return
    cruise_mps = _cruise_mps(plan)
    there_s = sum(distance_m(a, b) for a, b in pairwise([state.position, *path])) / cruise_mps
    needed = HOME_MARGIN * amp * (there_s + on_scene_s) / 3.6
    home = home_mah(replace(state, position=path[-1]), plan) or 0.0
    if left - needed - home < low_mah:
        raise VehicleRefusedError(
            f"{left:.0f} mAh are left, the new task needs {needed + home:.0f} and the reserve is "
            f"{low_mah:.0f}",
            do="send another drone",
        )


def _cruise_mps(plan: FlightPlan) -> float:
    return plan.params.get("WPNAV_SPEED", 100.0 * DEFAULT_CRUISE_MPS) / 100.0
