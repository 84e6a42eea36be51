"""What leads a precision landing: the target while it is acquired, the drone's own navigation while not.

A camera gives only the direction of the target; its distance comes from the rangefinder, which looks along
the leaning airframe's own axis and so measures more than the height. The target seems farther off than it is,
by a tenth to a fifth in a strong wind, and the position loop works the harder (AC_PrecLand,
construct_pos_meas_using_rangefinder).

Where the target is lost the drone holds the place it last believed it in, by GNSS, whose error wanders;
where ArduCopter goes back up to look again (`dfr.aircraft.retrying`), it flies to the place of the retry.
"""

from __future__ import annotations

import math

import numpy as np

from dfr.aircraft.landing_trials import SENSOR_CORRELATION_S, Trials
from dfr.aircraft.retrying import GO_ROUND, HOVER, RetryMachine
from dfr.aircraft.settings import FlightSettings
from dfr.aircraft.sighting import LOOK_S, Sight, keep_columns
from dfr.geo import FloatArray
from dfr.scenario.model import Guidance

NEAR_LOW_M, NEAR_HIGH_M = 0.35, 2.0
SLOW_ERROR_M = 0.15
SLOWEST_DESCENT_MPS = 0.1
"""Between these heights precision guidance descends at half the landing speed, slower by the error."""


SHORTEST_RANGE_M = 0.2
"""RNGFND1_MIN: nearer than this there is no measurement, and the last estimate stands."""

MOST_STRETCH = 2.0


def stretch(offset_m: FloatArray, height_m: FloatArray, lean: FloatArray) -> FloatArray:
    """How many times too far off a target seems: `offset_m` (2, n) is the target less the drone.

    The range is h / cos t along the axis of a drone leaning by t; the true vector d to the target has only
    d . axis along it, so the estimate is d (h / cos t) / (d . axis), at most `MOST_STRETCH` times d.

    >>> float(stretch(np.zeros((2, 1)), np.ones(1), np.array([[1.0], [0.0]]))[0])  # 45 degrees
    2.0
    """
    height = np.maximum(height_m, SHORTEST_RANGE_M)
    along = height - offset_m[0] * lean[0] - offset_m[1] * lean[1]
    slant = height * (1.0 + lean[0] ** 2 + lean[1] ** 2)
    times: FloatArray = np.minimum(slant / np.maximum(along, slant / MOST_STRETCH), MOST_STRETCH)
    return times


class Lead:
    """The target, the retry machine and GNSS of many landings; the position loop asks it where to go."""

    def __init__(
        self, trials: Trials, settings: FlightSettings, *, dt_s: float, rng: np.random.Generator
    ) -> None:
        count = trials.wind_mps.size
        self.settings, self.precision = settings, trials.precision
        self.sight = Sight(
            trials.camera, trials.precision.reach, count=count, rain_mm_h=trials.rain_mm_h, rng=rng
        )
        self.machine = RetryMachine(trials.precision, count=count)
        self._steps_a_look = max(1, round(LOOK_S / dt_s))
        self._look_s, self._step, self._rng = self._steps_a_look * dt_s, 0, rng
        self.gnss_m = trials.sensors.error_m(Guidance.GNSS, trials.wind_mps)
        self.gnss = rng.standard_normal((2, count))
        self._keep = math.exp(-self._look_s / SENSOR_CORRELATION_S)
        self.aim_m = np.zeros((2, count))
        self.times = np.ones(count)
        self._all_led = False

    def error_m(self, position_m: FloatArray, lean: FloatArray, marker_m: FloatArray) -> FloatArray:
        """Where to go less where the drone believes to be, (2, n); `marker_m` is the error of a sighting."""
        if self._step % self._steps_a_look == 0:
            self._look(position_m, lean, marker_m)
        self._step += 1
        seen = marker_m - self.times * position_m[:2]
        if self._all_led:
            return seen
        return np.where(self.sight.acquired, seen, self.aim_m - self._own(position_m))

    def _own(self, position_m: FloatArray) -> FloatArray:
        """Where the drones believe to be, (2, n)."""
        return position_m[:2] + self.gnss_m * self.gnss

    def _look(self, position_m: FloatArray, lean: FloatArray, marker_m: FloatArray) -> None:
        own_m = self._own(position_m)
        self.times = stretch(-position_m[:2], position_m[2], lean)
        seen_m = marker_m - self.times * position_m[:2]
        fresh = math.sqrt(1.0 - self._keep**2)
        self.gnss = self._keep * self.gnss + fresh * self._rng.standard_normal(self.gnss.shape)
        self.sight.look(
            offset_m=-position_m[:2], height_m=position_m[2], lean=lean, own_m=own_m, seen_m=seen_m,
            dt_s=self._look_s,
        )  # fmt: skip
        self.machine.update(self.sight, np.concatenate([own_m, position_m[2:]]), self._look_s)
        goal = np.where(self.machine.asked == GO_ROUND, self.machine.goal_m[:2], self.aim_m)
        self.aim_m = np.where(self.sight.acquired, self.sight.place_m, goal)
        self._all_led = bool(self.sight.acquired.all())

    def sink_mps(self, height_m: FloatArray, error_m: FloatArray, usual_mps: FloatArray) -> FloatArray:
        """The descent to ask for: the usual one, slower beside a target in sight, none, or a climb."""
        away = np.sqrt(error_m[0] ** 2 + error_m[1] ** 2)
        led, precision, seen_m = self.sight.acquired, self.precision, height_m * self.times
        sink = usual_mps
        if not precision.fast_descent:
            half = 0.5 * self.settings.land_low_mps
            slowed = np.maximum(SLOWEST_DESCENT_MPS, half * (1.0 - away / SLOW_ERROR_M))
            near = (seen_m > NEAR_LOW_M) & (seen_m < NEAR_HIGH_M)
            sink = np.where(near & led, slowed, sink)
        if precision.pause_error_m > 0.0:
            sink = np.where(led & (away > precision.pause_error_m), 0.0, sink)
        asked = self.machine.asked
        if not asked.any():
            return sink
        rise = self._climb_mps(self.machine.goal_m[2] - height_m)
        return np.where(asked == GO_ROUND, -rise, np.where(asked == HOVER, 0.0, sink))

    def _climb_mps(self, rise_m: FloatArray) -> FloatArray:
        """Climb towards a height: linear near (PSC_POSZ_P is 1), square root far, capped."""
        accel = self.settings.vertical_accel_mps2
        far = np.abs(rise_m)
        speed = np.where(far > accel, np.sqrt(2.0 * accel * np.maximum(far - 0.5 * accel, 0.0)), far)
        climb: FloatArray = np.sign(rise_m) * speed
        return np.clip(climb, -self.settings.descent_mps, self.settings.climb_mps)

    def story(self) -> FloatArray:
        """(retries, what last hid the target, came down without it) so far, (3, n)."""
        sight, machine = self.sight, self.machine
        retries = np.minimum(machine.retries, machine.settings.retries_most)
        high = ~(sight.seen_from_m[2] <= max(self.precision.alt_min_m, NEAR_LOW_M))
        unguided = ~sight.acquired & high
        return np.stack([retries.astype(float), sight.lost_by.astype(float), unguided.astype(float)])

    def keep(self, held: np.ndarray) -> None:
        """Only some of the landings."""
        self.sight.keep(held)
        self.machine.keep(held)
        keep_columns(self, held, ("gnss_m", "gnss", "aim_m", "times"))
