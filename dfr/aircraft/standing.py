"""On the pad with the motors running: whether ArduCopter's land detector ends the flight.

The drone stands level and still, while its position loop goes on asking for a lean: what it held against
the wind, less what it had to spare for its last drift, and growing where the drone stands off its target. The
detector wants the lean asked for within 15 degrees for a second on end, from when the throttle has sunk to
its lower stop. After 0.2 s of that the loop lets its target come to the drone and its integral grow no more
(Copter::update_land_detector, AC_PosControl::soften_for_landing_NE).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from dfr.aircraft.dynamics import LoopGains, PositionLoop
from dfr.geo import FloatArray

LARGEST_LEAN = math.tan(math.radians(15.0))
"""LAND_CHECK_LARGE_ANGLE_CD."""

THROTTLE_DOWN_S = 0.58
"""From contact to the throttle's lower stop, at the landing speeds recorded on SITL."""

MAYBE_AFTER_S, LANDED_AFTER_S = 0.2, 1.0
"""LAND_DETECTOR_MAYBE_TRIGGER_SEC and LAND_DETECTOR_TRIGGER_SEC."""

SOFTEN_S = 0.16
"""POSCONTROL_RELAX_TC."""

WATCHED_S = 6.0
"""A drone whose motors run so long on the ground has not been disarmed: as the recordings count it."""

STEP_S = 0.02


@dataclass(frozen=True, slots=True)
class Contact:
    """Position loops at contact, each (2, n): the error to the target as believed, and the loop's state."""

    error_m: FloatArray
    integral: FloatArray
    velocity_error: FloatArray
    slope: FloatArray
    limit: FloatArray
    lean_target: FloatArray


def disarmed_after_s(
    contact: Contact, gains: LoopGains, *, input_tc_s: float, dt_s: float = STEP_S
) -> FloatArray:
    """Seconds from contact to the end of the flight, shape (n,); infinite where it did not come."""
    count = contact.error_m.shape[1]
    loop = PositionLoop(gains, vehicles=count)
    loop.resume(contact.integral, contact.velocity_error, contact.slope, contact.limit)
    error, asked = contact.error_m.copy(), contact.lean_target.copy()
    still = np.zeros((2, count))
    steady_s, ended_s = np.zeros(count), np.full(count, np.inf)
    follows = 1.0 - math.exp(-dt_s / max(input_tc_s, dt_s))
    for step in range(1, round(WATCHED_S / dt_s) + 1):
        maybe = steady_s >= MAYBE_AFTER_S
        error *= np.where(maybe, SOFTEN_S / (SOFTEN_S + dt_s), 1.0)
        loop.hold_integral(maybe)
        asked += (loop.lean_command(error, still, dt_s) - asked) * follows
        small = np.hypot(asked[0], asked[1]) <= LARGEST_LEAN
        steady_s = np.where(small & (step * dt_s > THROTTLE_DOWN_S), steady_s + dt_s, 0.0)
        ends = (steady_s >= LANDED_AFTER_S) & np.isinf(ended_s)
        ended_s[ends] = step * dt_s
    return ended_s
