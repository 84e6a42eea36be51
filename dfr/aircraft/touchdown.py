"""Landings in gusts, many at once: from over the pad down to the state just before contact.

The drone is `dfr.aircraft.dynamics`' under ArduCopter's horizontal loop; descent follows its LAND
stage (fast above the low height, then slow; with precision guidance slower still just above the pad,
and paused while far off). The target is seen with a slowly wandering error: of the estimator for GNSS,
of the marker for precision guidance. Gusts along and across the wind are first-order Dryden series at
pad height, the mean wind does not change with height: the recipe of the recorded landings, so that the
two can be compared.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np

from dfr.aircraft.catalogue import Drone
from dfr.aircraft.dynamics import VERTICAL_LAG_S, LoopGains, PositionLoop, QuadDynamics
from dfr.aircraft.nose import MOST_OFF_RAD, drifted
from dfr.aircraft.settings import FlightSettings
from dfr.aircraft.trim import air_density, airframe_of, balancing_lean
from dfr.geo import FloatArray
from dfr.scenario.model import Guidance
from dfr.units import GRAVITY_MPS2
from dfr.world.gusts import SLOWEST_AIRSPEED_MPS, scale_lengths_m

GUST_HEIGHT_M = 10.0
CROSS_SHARE = 0.8
"""Cross-wind over along-wind gust deviation (ESDU 85020 near the ground)."""

GNSS_ERROR_M = 0.03
"""Per-axis estimator error in still air, of the SITL's nearly perfect GNSS."""

GNSS_ERROR_S = 0.003
"""Its growth with the mean wind: a heading error turns the lean's acceleration (m per m/s, recorded)."""

MARKER_ERROR_M = 0.022
"""Per-axis error of the precision target (recorded)."""

SENSOR_CORRELATION_S = 15.0
"""Assumed correlation time of both errors; long against the loops, so only their size matters."""

INFLOW_PER_S = GRAVITY_MPS2 / 5.0
"""Acceleration of a vertical gust, m/s2 per m/s: an inflow of 5 m/s changes a rotor's thrust by its weight
(assumed: about the induced velocity of these discs)."""

WAITED_S = 10.0
"""Before the descent the drone waited in the wind with a nose that drifted (`dfr.aircraft.nose`): about so
long in the recorded landings."""

LEAST_NOSE_RAD = math.radians(0.5)

PAUSE_ERROR_M = 2.5
"""PLND_XY_DIST_MAX: farther off than this the precision descent waits."""

SEEN_WITHIN_M = 10.0
"""The target is seen within a cylinder of this radius (SITL's sensor). Out of it the descent goes on, as
ArduCopter's does with a target recently lost."""

NEAR_LOW_M, NEAR_HIGH_M = 0.35, 2.0
SLOW_ERROR_M = 0.15
SLOWEST_DESCENT_MPS = 0.1
"""Between these heights precision guidance descends at half the landing speed, slower by the error."""

GIVEN_STEP_S, GIVEN_LAG_S = 0.1, 0.1
"""Step of given gusts, and SITL's SIM_WIND_TC of the recorded landings."""

LONGEST_S = 240.0
"""A trial still in the air then has not landed."""

ANGLE_REQUEST_LIMIT_DEG = 15.0
"""ArduCopter's land detector waits while more tilt than this is asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensors:
    """Per-axis errors of what guides the landing, m (and m per m/s of wind for GNSS)."""

    gnss_m: float = GNSS_ERROR_M
    gnss_s: float = GNSS_ERROR_S
    marker_m: float = MARKER_ERROR_M

    def error_m(self, guidance: Guidance, wind_mps: FloatArray) -> FloatArray:
        """Per-axis error in a wind."""
        if guidance is Guidance.PRECISION:
            return np.full_like(wind_mps, self.marker_m)
        return np.hypot(self.gnss_m, self.gnss_s * wind_mps)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trials:
    """What the landings start from. Arrays have one entry a trial.

    `gusts`, where given, replaces the drawn gusts: along and across the wind every 0.1 s, m/s,
    shape (steps, 2, trials), held at its last row; `nose_off_wind_deg` the drawn angle of the nose to
    the wind. `vertical_share` is the deviation of vertical gusts over that along the wind, 0 for none.
    """

    wind_mps: FloatArray
    intensity: FloatArray
    guidance: Guidance
    start_height_m: float = 15.0
    sensors: Sensors = field(default_factory=Sensors)
    gusts: FloatArray | None = None
    nose_off_wind_deg: FloatArray | None = None
    vertical_share: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Touchdowns:
    """The state just before contact, one entry a trial; `landed` False where it never came down."""

    error_m: FloatArray
    east_m: FloatArray
    north_m: FloatArray
    tilt_deg: FloatArray
    asked_tilt_deg: FloatArray
    speed_mps: FloatArray
    descent_mps: FloatArray
    low_error_m: FloatArray
    duration_s: FloatArray
    landed: np.ndarray
    vehicle_steps: int

    @property
    def not_disarmed(self) -> np.ndarray:
        """True where the drone stands on the pad leaning into the wind, its motors running."""
        return self.landed & (self.asked_tilt_deg > ANGLE_REQUEST_LIMIT_DEG)

    def replaced(self, chosen: np.ndarray, by: Touchdowns) -> Touchdowns:
        """These landings with some of them flown anew."""
        return self._mapped(lambda name: np.where(chosen, getattr(by, name), getattr(self, name)))

    @classmethod
    def joined(cls, parts: Sequence[Touchdowns]) -> Touchdowns:
        """Several sets of landings as one."""
        return parts[0]._mapped(lambda name: np.concatenate([getattr(part, name) for part in parts]))

    def _mapped(self, column: Callable[[str], Any]) -> Touchdowns:
        names = [item.name for item in fields(self) if item.name != "vehicle_steps"]
        return replace(self, **{name: column(name) for name in names})


def land(
    drone: Drone,
    trials: Trials,
    *,
    settings: FlightSettings,
    seed: int,
    dt_s: float = 0.02,
    longest_s: float = LONGEST_S,
) -> Touchdowns:
    """Fly every trial to the ground, or for `longest_s`. The same seed gives the same landings."""
    descent = _Descent(drone, trials, settings, np.random.default_rng(seed), dt_s)
    for _ in range(int(longest_s / dt_s)):
        if not descent.step():
            break
    return descent.touchdowns()


class _Descent:
    """All trials in the air, and what became of those on the ground."""

    def __init__(
        self, drone: Drone, trials: Trials, settings: FlightSettings, rng: np.random.Generator, dt_s: float
    ) -> None:
        count = trials.wind_mps.size
        self.settings, self.trials, self.dt_s, self.rng = settings, trials, dt_s, rng
        self.active = np.arange(count)
        self.results = np.full((9, count), np.nan)
        self.t_s, self.vehicle_steps = 0.0, 0
        speed = np.maximum(trials.wind_mps, SLOWEST_AIRSPEED_MPS)
        self.wind, self.sigma = trials.wind_mps.copy(), trials.intensity * trials.wind_mps
        self.keep = np.exp(-speed * dt_s / scale_lengths_m(GUST_HEIGHT_M)[0])
        self.fresh = np.sqrt(1.0 - self.keep**2)
        self.gust = rng.standard_normal((2, count))
        self.sensor_m = trials.sensors.error_m(trials.guidance, trials.wind_mps)
        self.sensor_keep = math.exp(-dt_s / SENSOR_CORRELATION_S)
        self.sensor = rng.standard_normal((2, count))
        self.low_error = np.full(count, np.nan)
        self.updraft_rng = rng.spawn(1)[0]
        self.updraft = self.updraft_rng.standard_normal(count)
        self.taken_back = np.zeros(count)
        heading = self._nose_off_wind(drone)
        if trials.nose_off_wind_deg is not None:
            heading = np.radians(trials.nose_off_wind_deg)
        self.given = trials.gusts
        self.given_now = None if trials.gusts is None else trials.gusts[0].copy()
        self.body = QuadDynamics(
            airframe_of(drone),
            vehicles=count,
            heading_rad=heading,
            input_tc_s=settings.input_tc_s,
            density=float(air_density(0.0)),
        )
        self.loop = PositionLoop(LoopGains.of(settings), vehicles=count)
        self._start_in_balance(trials.start_height_m)

    def _nose_off_wind(self, drone: Drone) -> FloatArray:
        """Noses at random, drifted while the drone waited."""
        count = self.wind.size
        start = np.clip(self.rng.uniform(0.0, 0.5 * np.pi, count), LEAST_NOSE_RAD, MOST_OFF_RAD)
        return drifted(
            start,
            np.full(count, WAITED_S),
            airframe_of(drone),
            speed_mps=self.wind,
            density=np.full(count, float(air_density(0.0))),
            most_lean=np.full(count, LoopGains.of(self.settings).lean_limit),
            input_tc_s=np.full(count, self.settings.input_tc_s),
        )

    def _start_in_balance(self, height_m: float) -> None:
        """Hovering over the pad, leaning into the present wind as far as the limit lets it."""
        body, wind = self.body, self._wind()
        lean = balancing_lean(body.airframe, -wind[:2], body.heading_rad, body.density)
        lean *= np.minimum(1.0, self.loop.gains.lean_limit / np.maximum(np.hypot(lean[0], lean[1]), 1e-9))
        body.lean, body.lean_target = lean.copy(), lean.copy()
        body.position_m[2] = height_m
        self.loop.settle(lean)

    def _wind(self) -> FloatArray:
        """Wind from the south, so that north is along it."""
        if self.given_now is not None:
            across, along = self.given_now[1], self.wind + self.given_now[0]
            return np.stack([across, along, np.zeros_like(along)])
        along = self.wind + self.sigma * self.gust[0]
        return np.stack([CROSS_SHARE * self.sigma * self.gust[1], along, np.zeros_like(along)])

    def step(self) -> bool:
        """Fly on by one step; False when none is left in the air."""
        body, dt = self.body, self.dt_s
        noise = self.rng.standard_normal((4, self.active.size))
        self.gust = self.keep * self.gust + self.fresh * noise[:2]
        self._follow_given()
        self.sensor = self.sensor_keep * self.sensor + math.sqrt(1.0 - self.sensor_keep**2) * noise[2:]
        seen = -body.position_m[:2] - self.sensor_m * self.sensor
        lean = self.loop.lean_command(seen, body.velocity_mps[:2], dt)
        sink = self._descent_mps(body.position_m[2], np.sqrt(seen[0] ** 2 + seen[1] ** 2))
        accel = np.clip(
            5.0 * (-sink - body.velocity_mps[2]),
            -self.settings.vertical_accel_mps2,
            self.settings.vertical_accel_mps2,
        )
        body.step(lean, accel, self._wind(), dt)
        self._heave()
        self.t_s += dt
        self.vehicle_steps += self.active.size
        self._note(lean)
        return bool(self.active.size)

    def _heave(self) -> None:
        """Vertical gusts: what they do to the thrust before the vertical loop has taken it back."""
        if self.trials.vertical_share <= 0.0:
            return
        dt = self.dt_s
        self.updraft = self.keep * self.updraft + self.fresh * self.updraft_rng.standard_normal(
            self.active.size
        )
        lift = INFLOW_PER_S * self.trials.vertical_share * self.sigma * self.updraft
        self.taken_back += (lift - self.taken_back) * (1.0 - math.exp(-dt / VERTICAL_LAG_S))
        self.body.velocity_mps[2] += (lift - self.taken_back) * dt

    def _follow_given(self) -> None:
        """The given gusts, through the lag with which the simulator takes up a new wind."""
        if self.given is not None and self.given_now is not None:
            row = min(int(self.t_s / GIVEN_STEP_S + 1e-9), len(self.given) - 1)
            share = 1.0 - math.exp(-self.dt_s / GIVEN_LAG_S)
            self.given_now += (self.given[row][:, self.active] - self.given_now) * share

    def _descent_mps(self, height_m: FloatArray, error_m: FloatArray) -> FloatArray:
        """ArduCopter's landing descent at a height, and with precision guidance at an error."""
        low, high = self.settings.land_low_mps, self.settings.effective_land_high_mps
        wanted = np.clip(height_m - self.settings.land_low_height_m, low, high)
        if self.trials.guidance is Guidance.GNSS:
            return wanted
        near = (height_m > NEAR_LOW_M) & (height_m < NEAR_HIGH_M)
        slowed = np.maximum(SLOWEST_DESCENT_MPS, 0.5 * low * (1.0 - error_m / SLOW_ERROR_M))
        seen = error_m < SEEN_WITHIN_M
        wanted = np.where(near & seen, slowed, wanted)
        return np.where(seen & (error_m > PAUSE_ERROR_M), 0.0, wanted)

    def _note(self, lean: FloatArray) -> None:
        """Write down those that passed the decision height or touched, and drop the latter."""
        position, velocity = self.body.position_m, self.body.velocity_mps
        low = np.isnan(self.low_error) & (position[2] <= DECISION_HEIGHT_M)
        if low.any():
            self.low_error[low] = np.hypot(position[0, low], position[1, low])
        down = position[2] <= 0.0
        if not down.any():
            return
        self.results[:, self.active[down]] = np.stack(
            [
                position[0, down],
                position[1, down],
                np.degrees(self.body.tilt_rad()[down]),
                np.degrees(np.arctan(np.hypot(lean[0], lean[1])))[down],
                np.hypot(velocity[0], velocity[1])[down],
                -velocity[2, down],
                self.low_error[down],
                np.full(int(down.sum()), self.t_s),
                np.ones(int(down.sum())),
            ]
        )
        self._keep_only(~down)

    def _keep_only(self, held: np.ndarray) -> None:
        self.active = self.active[held]
        if self.given_now is not None:
            self.given_now = self.given_now[:, held]
        for name in ("wind", "sigma", "keep", "fresh", "sensor_m", "low_error", "updraft", "taken_back"):
            setattr(self, name, getattr(self, name)[held])
        for owner, names in (
            (self, ("gust", "sensor")),
            (self.body, ("position_m", "velocity_mps", "lean", "lean_target")),
            (self.loop, ("integral", "error", "slope", "limit")),
        ):
            for name in names:
                setattr(owner, name, getattr(owner, name)[:, held])
        self.body.climb_accel_mps2 = self.body.climb_accel_mps2[held]
        self.body.heading_rad = self.body.heading_rad[held]
        self.body.thrust_n = self.body.thrust_n[held]

    def touchdowns(self) -> Touchdowns:
        """The results in the order of the trials."""
        east, north, tilt, asked, speed, sink, low, seconds, landed = self.results
        return Touchdowns(
            error_m=np.hypot(east, north),
            east_m=east,
            north_m=north,
            tilt_deg=tilt,
            asked_tilt_deg=asked,
            speed_mps=speed,
            descent_mps=sink,
            low_error_m=low,
            duration_s=seconds,
            landed=landed == 1.0,
            vehicle_steps=self.vehicle_steps,
        )


DECISION_HEIGHT_M = 2.0
"""Where a director decides between going on and going round."""
