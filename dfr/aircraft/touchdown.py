"""Landings in gusts, many at once: from `Trials` over the pad to contact and after (`fly_landings`).

The drone is `dfr.aircraft.dynamics`' under ArduCopter's horizontal loop; descent follows its LAND
stage (fast above the low height, then slow; `dfr.aircraft.precision` for precision guidance). The target is
seen with a slowly wandering error: of the estimator for GNSS, of the marker for precision guidance. Gusts
along and across the wind are first-order Dryden series at pad height, the mean wind does not change with
height: the recipe of the recorded landings, so that the two can be compared.

On the pad the motors still run, and ArduCopter's land detector has to end the flight (`disarmed_after_s`).
The drone stands level and still, while its position loop goes on asking for a lean: what it held against the
wind, less what it had to spare for its last drift, and growing where the drone stands off its target. The
detector wants the lean asked for within 15 degrees for a second on end, from when the throttle has sunk to
its lower stop. After 0.2 s of that the loop lets its target come to the drone and its integral grow no more
(Copter::update_land_detector, AC_PosControl::soften_for_landing_NE).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np

from dfr.aircraft.catalogue import Drone
from dfr.aircraft.dynamics import VERTICAL_LAG_S, LoopGains, PositionLoop, QuadDynamics
from dfr.aircraft.precision import (
    SENSOR_CORRELATION_S,
    Camera,
    PrecisionSettings,
    TargetTracker,
    keep_columns,
)
from dfr.aircraft.settings import FlightSettings
from dfr.aircraft.sitl_effects import MOST_OFF_RAD, drifted_angle
from dfr.aircraft.trim import air_density, airframe_of, balancing_lean
from dfr.geo import FloatArray
from dfr.scenario.model import Guidance
from dfr.units import GRAVITY_MPS2
from dfr.world.gusts import SLOWEST_AIRSPEED_MPS, scale_lengths_m

GNSS_ERROR_M = 0.03
"""Per-axis estimator error in still air, of the SITL's nearly perfect GNSS."""

GNSS_ERROR_S = 0.003
"""Its growth with the mean wind: a heading error turns the lean's acceleration (m per m/s, recorded)."""

MARKER_ERROR_M = 0.022
"""Per-axis error of the precision target (recorded)."""


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
    the wind, but where it is NaN. `vertical_share` is the deviation of vertical gusts over that along the
    wind, 0 for none.
    `camera`, `precision` and the rain on the lens bear on precision guidance only.
    """

    wind_mps: FloatArray
    intensity: FloatArray
    guidance: Guidance
    start_height_m: float = 15.0
    sensors: Sensors = field(default_factory=Sensors)
    gusts: FloatArray | None = None
    nose_off_wind_deg: FloatArray | None = None
    vertical_share: float = 0.0
    camera: Camera = field(default_factory=Camera)
    precision: PrecisionSettings = field(default_factory=PrecisionSettings)
    rain_mm_h: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Touchdowns:
    """The state just before contact, one entry a trial; `landed` False where it never came down.

    `disarmed_s` is when the land detector ended the flight, after contact: infinite where it did not.
    `retries` is how often ArduCopter went back up to look for its target, `lost_by` what last hid it for
    long (`dfr.aircraft.precision.LOST_BY`, 0: nothing did) and `unguided` that it came down without it.
    """

    error_m: FloatArray
    east_m: FloatArray
    north_m: FloatArray
    tilt_deg: FloatArray
    speed_mps: FloatArray
    descent_mps: FloatArray
    low_error_m: FloatArray
    duration_s: FloatArray
    landed: np.ndarray
    disarmed_s: FloatArray
    retries: np.ndarray
    lost_by: np.ndarray
    unguided: np.ndarray
    vehicle_steps: int

    @property
    def not_disarmed(self) -> np.ndarray:
        """True where the drone stands on the pad leaning into the wind, its motors running."""
        return self.landed & ~np.isfinite(self.disarmed_s)

    def replace_rows(self, chosen: np.ndarray, by: Touchdowns) -> Touchdowns:
        """These landings with some of them flown anew."""
        return self._mapped(lambda name: np.where(chosen, getattr(by, name), getattr(self, name)))

    @classmethod
    def join_parts(cls, parts: Sequence[Touchdowns]) -> Touchdowns:
        """Several sets of landings as one."""
        return parts[0]._mapped(lambda name: np.concatenate([getattr(part, name) for part in parts]))

    def _mapped(self, column: Callable[[str], Any]) -> Touchdowns:
        names = [item.name for item in fields(self) if item.name != "vehicle_steps"]
        return replace(self, **{name: column(name) for name in names})


GUST_HEIGHT_M = 10.0
CROSS_SHARE = 0.8
"""Cross-wind over along-wind gust deviation (ESDU 85020 near the ground)."""

INFLOW_PER_S = GRAVITY_MPS2 / 5.0
"""Acceleration of a vertical gust, m/s² per m/s: an inflow of 5 m/s changes a rotor's thrust by its weight
(assumed: about the induced velocity of these discs)."""

WAITED_S = 10.0
"""Before it came home the drone waited in the wind with a heading that drifted (`dfr.aircraft.sitl_effects`),
at least so long; return and landing hold the heading. From 5 m/s up it stands nearly abeam then."""

LEAST_NOSE_RAD = math.radians(0.5)

GIVEN_STEP_S, GIVEN_LAG_S = 0.1, 0.1
"""Step of given gusts, and SITL's SIM_WIND_TC of the recorded landings."""

LONGEST_S = 240.0
"""A trial still in the air then has not landed."""

DECISION_HEIGHT_M = 2.0
"""Where a director decides between going on and going round."""

LARGEST_LEAN = math.tan(math.radians(15.0))
"""LAND_CHECK_LARGE_ANGLE_CD."""

THROTTLE_DOWN_S = 0.58
"""From contact to the throttle's lower stop, at the landing speeds recorded on SITL."""

MAYBE_AFTER_S = 0.2
"""LAND_DETECTOR_MAYBE_TRIGGER_SEC."""

LANDED_AFTER_S = 1.0
"""LAND_DETECTOR_TRIGGER_SEC."""

SOFTEN_S = 0.16
"""POSCONTROL_RELAX_TC."""

WATCHED_S = 6.0
"""A drone whose motors run so long on the ground has not been disarmed: as the recordings count it."""

STEP_S = 0.02
"""Step of the loops."""

MEASURED = ("east_m", "north_m", "tilt_deg", "speed_mps", "descent_mps", "low_error_m", "duration_s")
"""What is measured of a drone that landed, NaN of any other."""

RESULT = np.dtype(
    [
        *((name, "f8") for name in MEASURED),
        ("landed", "?"),
        ("retries", "i8"),
        ("lost_by", "i8"),
        ("unguided", "?"),
    ]
)
"""What is noted of a landing; the fields are those of `Touchdowns`."""


def fly_landings(
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
    return descent.collect_touchdowns()


class _Descent:
    """All trials in the air, and what became of those on the ground."""

    def __init__(
        self, drone: Drone, trials: Trials, settings: FlightSettings, rng: np.random.Generator, dt_s: float
    ) -> None:
        count = trials.wind_mps.size
        self.settings, self.trials, self.dt_s, self.rng = settings, trials, dt_s, rng
        self.active = np.arange(count)
        self.results = np.zeros(count, dtype=RESULT)
        for name in (
            "east_m",
            "north_m",
            "tilt_deg",
            "speed_mps",
            "descent_mps",
            "low_error_m",
            "duration_s",
        ):
            self.results[name] = np.nan
        self.contacts = Contact.empty_rows(count)
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
            given = np.radians(trials.nose_off_wind_deg)
            heading = np.where(np.isnan(given), heading, given)
        self.given = trials.gusts
        self.given_now = None if trials.gusts is None else trials.gusts[0].copy()
        self.body = QuadDynamics(
            airframe_of(drone),
            vehicles=count,
            heading_rad=heading,
            input_tc_s=settings.input_tc_s,
            density=air_density(0.0),
        )
        self.loop = PositionLoop(LoopGains.from_settings(settings), vehicles=count)
        self.tracker = None
        if trials.guidance is Guidance.PRECISION:
            self.tracker = TargetTracker(
                trials.camera,
                trials.precision,
                settings,
                gnss_m=trials.sensors.error_m(Guidance.GNSS, trials.wind_mps),
                rain_mm_h=trials.rain_mm_h,
                dt_s=dt_s,
                rng=rng.spawn(1)[0],
            )
        self._start_in_balance(trials.start_height_m)

    def _nose_off_wind(self, drone: Drone) -> FloatArray:
        """Noses at random, drifted while the drone waited."""
        count = self.wind.size
        start = np.clip(self.rng.uniform(0.0, 0.5 * np.pi, count), LEAST_NOSE_RAD, MOST_OFF_RAD)
        return drifted_angle(
            start,
            np.full(count, WAITED_S),
            airframe_of(drone),
            speed_mps=self.wind,
            density=np.full(count, air_density(0.0)),
            most_lean=np.full(count, LoopGains.from_settings(self.settings).lean_limit),
            input_tc_s=np.full(count, self.settings.input_tc_s),
        )

    def _start_in_balance(self, height_m: float) -> None:
        """Hovering over the pad, leaning into the present wind as far as the limit lets it."""
        body, wind = self.body, self._blow()
        lean = balancing_lean(body.airframe, -wind[:2], body.heading_rad, body.density)
        lean *= np.minimum(1.0, self.loop.gains.lean_limit / np.maximum(np.hypot(lean[0], lean[1]), 1e-9))
        body.lean, body.lean_target = lean.copy(), lean.copy()
        body.position_m[2] = height_m
        self.loop.settle_at(lean)

    def _blow(self) -> FloatArray:
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
        seen = self._error_m()
        lean = self.loop.lean_command(seen, body.velocity_mps[:2], dt)
        sink = self._descent_mps(body.position_m[2], seen)
        accel = np.clip(
            5.0 * (-sink - body.velocity_mps[2]),
            -self.settings.vertical_accel_mps2,
            self.settings.vertical_accel_mps2,
        )
        body.step(lean, accel, self._blow(), dt)
        self._vertical_gusts()
        self.t_s += dt
        self.vehicle_steps += self.active.size
        self._note_events(seen)
        return bool(self.active.size)

    def _error_m(self) -> FloatArray:
        """The target less the drone, as seen."""
        error = -self.sensor_m * self.sensor
        if self.tracker is not None:
            return self.tracker.error_m(self.body.position_m, self.body.lean, error)
        return error - self.body.position_m[:2]

    def _vertical_gusts(self) -> None:
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
        usual = np.clip(height_m - self.settings.land_low_height_m, low, high)
        return usual if self.tracker is None else self.tracker.sink_mps(height_m, error_m, usual)

    def _note_events(self, seen_m: FloatArray) -> None:
        """Write down those that passed the decision height or touched, and drop the latter."""
        position = self.body.position_m
        low = np.isnan(self.low_error) & (position[2] <= DECISION_HEIGHT_M)
        if low.any():
            self.low_error[low] = np.hypot(position[0, low], position[1, low])
        down = position[2] <= 0.0
        if not down.any():
            return
        self._record_landed(down, landed=True)
        loop = self.loop
        self.contacts.replace_rows(
            self.active[down],
            Contact(
                error_m=seen_m[:, down],
                integral=loop.integral[:, down],
                velocity_error=loop.error[:, down],
                slope=loop.slope[:, down],
                limit=loop.limit[:, down],
                lean_target=self.body.lean_target[:, down],
            ),
        )
        self._keep_only(~down)

    def _record_landed(self, chosen: np.ndarray, *, landed: bool) -> None:
        """Note how some drones in the air landed, or that they had not."""
        rows, results = self.active[chosen], self.results
        results["landed"][rows] = landed
        if self.tracker is not None:
            tracking = self.tracker.so_far()
            for name in tracking._fields:
                results[name][rows] = getattr(tracking, name)[chosen]
        if not landed:
            return
        body = self.body
        position, velocity, lean = (
            array[:, chosen] for array in (body.position_m, body.velocity_mps, body.lean)
        )
        results["east_m"][rows], results["north_m"][rows] = position[0], position[1]
        results["tilt_deg"][rows] = np.degrees(np.arctan(np.hypot(lean[0], lean[1])))
        results["speed_mps"][rows] = np.hypot(velocity[0], velocity[1])
        results["descent_mps"][rows] = -velocity[2]
        results["low_error_m"][rows] = self.low_error[chosen]
        results["duration_s"][rows] = self.t_s

    def _keep_only(self, held: np.ndarray) -> None:
        own = ("active", "wind", "sigma", "keep", "fresh", "gust", "sensor", "sensor_m", "low_error")
        keep_columns(self, held, (*own, "updraft", "taken_back"))
        if self.given_now is not None:
            self.given_now = self.given_now[:, held]
        if self.tracker is not None:
            self.tracker.keep_only(held)
        body = ("position_m", "velocity_mps", "lean", "lean_target", "heading_rad", "thrust_n")
        keep_columns(self.body, held, (*body, "climb_accel_mps2"))
        keep_columns(self.loop, held, ("integral", "error", "slope", "limit"))

    def collect_touchdowns(self) -> Touchdowns:
        """The results in the order of the trials; those still in the air have only their story."""
        if self.active.size:
            self._record_landed(np.ones(self.active.size, dtype=bool), landed=False)
        results = self.results
        down = results["landed"]
        disarmed = np.full(down.size, np.inf)
        disarmed[down] = disarmed_after_s(
            self.contacts.take_rows(down), self.loop.gains, input_tc_s=self.settings.input_tc_s
        )
        return Touchdowns(
            error_m=np.hypot(results["east_m"], results["north_m"]),
            disarmed_s=disarmed,
            **{name: results[name].copy() for name in RESULT.names or ()},
            vehicle_steps=self.vehicle_steps,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Position loops at contact, each (2, n): the error to the target as believed, and the loop's state."""

    error_m: FloatArray
    integral: FloatArray
    velocity_error: FloatArray
    slope: FloatArray
    limit: FloatArray
    lean_target: FloatArray

    @classmethod
    def empty_rows(cls, count: int) -> Contact:
        """Room for that many."""
        return cls(**{item.name: np.zeros((2, count)) for item in fields(cls)})

    def replace_rows(self, rows: np.ndarray, others: Contact) -> None:
        """Others in the place of some."""
        for item in fields(self):
            getattr(self, item.name)[:, rows] = getattr(others, item.name)

    def take_rows(self, chosen: np.ndarray) -> Contact:
        """Some of them."""
        return Contact(**{item.name: getattr(self, item.name)[:, chosen] for item in fields(self)})


def disarmed_after_s(
    contact: Contact, gains: LoopGains, *, input_tc_s: float, dt_s: float = STEP_S
) -> FloatArray:
    """Seconds from contact to the end of the flight, shape (n,); infinite where it did not come."""
    count = contact.error_m.shape[1]
    loop = PositionLoop(gains, vehicles=count)
    loop.resume_from(contact.integral, contact.velocity_error, contact.slope, contact.limit)
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
