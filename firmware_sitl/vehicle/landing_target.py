"""The precision-landing target: where it was last seen, by the simulated sensor or by LANDING_TARGET."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from math import hypot, isfinite, tan
from typing import Any

from firmware_sitl.vehicle.body import Body
from firmware_sitl.vehicle.origin import LocalPoint, Origin
from firmware_sitl.vehicle.parameters import Parameters

BY_MAVLINK, BY_SIMULATION = 1, 4
LOST_AFTER_S = 2.0
"""Seconds without a sighting after which the target counts as lost (ArduCopter)."""

CYLINDER, CONE, SPHERE = 0, 1, 2
LOCAL_NED, BODY_FRD, BODY_NED = 1, 12, 8


class TargetState(Enum):
    """What is known of the target."""

    FOUND = "found"
    LOST = "recently lost"
    NEVER_SEEN = "never seen"
    OUT_OF_RANGE = "out of range"


class LandingTarget:
    """Sightings of the landing target in local metres."""

    def __init__(
        self,
        parameters: Parameters,
        body: Body,
        origin: Origin,
        *,
        now_s: Callable[[], float],
        say: Callable[[int, str], None],
    ) -> None:
        self._parameters, self._body, self._origin = parameters, body, origin
        self._now_s, self._say = now_s, say
        self.target: tuple[float, float] = (0.0, 0.0)
        self.seen_s = float("-inf")
        self.seen_from: LocalPoint = (0.0, 0.0, 0.0)
        self._said_found = False

    @property
    def enabled(self) -> bool:
        """Whether precision landing is switched on and has a sensor."""
        parameters = self._parameters
        return parameters["PLND_ENABLED"] != 0.0 and int(parameters["PLND_TYPE"]) in (
            BY_MAVLINK,
            BY_SIMULATION,
        )

    @property
    def found(self) -> bool:
        """Whether the target has been seen just now."""
        return self.enabled and self._now_s() - self.seen_s <= LOST_AFTER_S

    @property
    def error_m(self) -> float:
        """Horizontal metres from the vehicle to the target."""
        body = self._body
        return hypot(self.target[0] - body.north, self.target[1] - body.east)

    def sight_from(self, height_m: float) -> TargetState:
        """What is known of the target at a height above home."""
        if self.found:
            return TargetState.FOUND
        low, high = self._parameters["PLND_ALT_MIN"], self._parameters["PLND_ALT_MAX"]
        if (low > 0.0 and height_m < low) or (high > 0.0 and height_m > high):
            return TargetState.OUT_OF_RANGE
        return TargetState.LOST if isfinite(self.seen_s) else TargetState.NEVER_SEEN

    def look_for_target(self, gps_offset: tuple[float, float]) -> None:
        """Look once with the simulated sensor, where it is the source; `gps_offset` is the `Aircraft`'s."""
        if not self.enabled:
            return
        if int(self._parameters["PLND_TYPE"]) == BY_SIMULATION:
            target = self._simulated_target(gps_offset)
            if target is not None:
                self._note_target(target)
        if self._said_found != self.found:
            self._said_found = self.found
            self._say(6, f"PrecLand: Target {'Found' if self.found else 'Lost'}")

    def take_report(self, message: Any, height_m: float) -> None:
        """LANDING_TARGET: a position in local or body axes, or angles below a vehicle at a height."""
        body = self._body
        if not self.enabled or int(self._parameters["PLND_TYPE"]) != BY_MAVLINK:
            return
        if message.position_valid and message.frame == LOCAL_NED:
            self._note_target((message.x, message.y))
            return
        if message.position_valid and message.frame in (BODY_FRD, BODY_NED):
            ahead, right, down = message.x, message.y, message.z
        elif message.position_valid:
            return
        else:
            ahead, right, down = -tan(message.angle_y), tan(message.angle_x), 1.0
        north, east, below = body.to_local(ahead, right, down)
        if below <= 0.05:
            return
        scale = 1.0 if message.position_valid else max(height_m, 0.1) / below
        self._note_target((body.north + north * scale, body.east + east * scale))

    def _note_target(self, target: tuple[float, float]) -> None:
        body = self._body
        self.target, self.seen_s = target, self._now_s()
        self.seen_from = (body.north, body.east, body.up)

    def _simulated_target(self, gps_offset: tuple[float, float]) -> tuple[float, float] | None:
        """The simulated target as the aircraft sees it, where it is within the sensor's reach."""
        body, parameters = self._body, self._parameters
        if not parameters["SIM_PLD_ENABLE"]:
            return None
        lat, lon = parameters["SIM_PLD_LAT"], parameters["SIM_PLD_LON"]
        home = lat == 0.0 and lon == 0.0
        place = (0.0, 0.0) if home else self._origin.to_local(lat, lon)
        target = (place[0] + gps_offset[0], place[1] + gps_offset[1])
        away = hypot(target[0] - body.north, target[1] - body.east)
        above = body.up - parameters["SIM_PLD_HEIGHT"]
        high, far = parameters["SIM_PLD_ALT_LMT"], parameters["SIM_PLD_DIST_LMT"]
        kind = int(parameters["SIM_PLD_TYPE"])
        if above < 0.0 or above > high:
            return None
        if kind == SPHERE:
            return target if hypot(away, above) <= far else None
        reach = far * above / high if kind == CONE and high > 0.0 else far
        return target if away <= reach else None
