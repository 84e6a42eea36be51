"""Precision landing, many at once: the target seen, lost and looked for, and what the drone is led by.

Start with `TargetTracker`, which the landings of `dfr.aircraft.touchdown` ask where to go. In turn:

- *Target detection* (`TargetDetector`, AC_PrecLand's bookkeeping): a target is seen inside the camera's
  reach. It counts as acquired once it has been seen for two seconds without a gap of half a second, and
  until two seconds after it was last seen; while acquired, the drone is led to it. A rangefinder is assumed
  to be fitted, as ArduCopter wants one for all of this.
- *Retries* (`RetryMachine`, AC_PrecLand_StateMachine): a lost target is first waited for while the descent
  goes on (PLND_TIMEOUT, counted from when it counted as lost); then the drone climbs 1.5 m above where it
  last saw it, or above the target's last place (PLND_RET_BEHAVE), and comes down again to that height: a
  retry. One that ends without the target, or one too many (PLND_RET_MAX), ends in the failsafe, which
  PLND_STRICT chooses: land on the spot (0), hover for seven seconds and then land (1), or hover for good (2).
  Seeing the target again at any time goes on with the landing; the retries stay counted.
- *Tracking* (`TargetTracker`): a camera gives only the direction of the target; its distance comes from the
  rangefinder, which looks along the leaning airframe's own axis and so measures more than the height. The
  target seems farther off than it is, by a tenth to a fifth in a strong wind, and the position loop works
  the harder (AC_PrecLand, construct_pos_meas_using_rangefinder). Where the target is lost the drone holds the
  place it last believed it in, by GNSS, whose error wanders; on a retry it flies to the retry's place.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from dfr.aircraft.settings import FlightSettings
from dfr.errors import InputError
from dfr.geo import FloatArray

SENSOR_CORRELATION_S = 15.0
"""Correlation time of the errors of GNSS and target (assumed); long against the loops: only size matters."""

LOOK_S = 0.1
"""Time between looks: every time of the machine is seconds."""

ACQUIRED_AFTER_S = 2.0
"""EKF_INIT_TIME_MS."""

GAP_S = 0.5
"""EKF_INIT_SENSOR_MIN_UPDATE_MS."""

LOST_AFTER_S = 2.0
"""LANDING_TARGET_TIMEOUT_MS."""

FORGOTTEN_AFTER_S = 180.0
"""LANDING_TARGET_LOST_TIMEOUT_MS: a target seen so long ago counts as never seen."""

FORGOTTEN_BEYOND_M = 30.0
"""LANDING_TARGET_LOST_DIST_THRESH_M: a target so far off counts as never seen, too."""

BLIND_SPELL_S = 3.0
"""Mean time a drop on the lens hides the target (assumed)."""

BLINDING_RAIN_MM_H = 100.0
"""Rain of r mm/h hides the target for 1 - exp(-r / this) of the time (assumed: no figure is published)."""

NEVER, FOUND, LOST, OUT_OF_RANGE = 0, 1, 2, 3
"""What is known of the target (AC_PrecLand::TargetState)."""

BY_VIEW, BY_REACH, BY_RAIN = 1, 2, 3
"""What took the target out of sight: lean and drift past the edge of the view, distance, rain on the lens."""

LOST_BY = {BY_VIEW: "view", BY_REACH: "reach", BY_RAIN: "rain"}
"""The words for it."""

RISE_M = 1.5
"""RETRY_OFFSET_ALT_M: a retry climbs so far above where the target was seen."""

CLOSE_M = 0.75
"""MAX_POS_ERROR_M: within this distance the drone counts as there."""

HOVER_S = 7.0
"""FAILSAFE_INIT_TIMEOUT_MS: how long the failsafe hovers before it lands."""

NOT_STRICT, NORMAL, VERY_STRICT = 0, 1, 2
"""Values of PLND_STRICT."""

FAST_DESCENT = 4
"""Bit of PLND_OPTIONS: no slowing just above the pad."""

GO_DOWN, GO_ROUND, HOVER = 0, 1, 2
"""What the machine asks for."""

START, WAIT, RETRY, STRAIGHT_DOWN = 0, 1, 2, 3
"""The machine's states."""

BEGIN, CLIMB, DESCEND, DONE = 0, 1, 2, 3
"""The stages of a retry."""

NEAR_LOW_M, NEAR_HIGH_M = 0.35, 2.0
"""Between these heights precision guidance descends at half the landing speed, slower by the error."""

SLOW_ERROR_M = 0.15
"""An error as large slows the descent there to its slowest."""

SLOWEST_DESCENT_MPS = 0.1
"""The slowest descent there."""

SHORTEST_RANGE_M = 0.2
"""RNGFND1_MIN: nearer than this there is no measurement, and the last estimate stands."""

MOST_STRETCH = 2.0
"""A target seems at most so many times as far off as it is (assumed)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Camera:
    """Where a target is seen: within a radius and a height of it, and within the lens' half angle.

    The lens is fixed to the airframe and leans with it. At 90 degrees it sees all before its own plane, as
    ArduPilot SITL's sensor: a drone that leans back to a target beside and little below it sees none.
    """

    half_view_deg: float = 90.0
    radius_m: float = 10.0
    height_m: float = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorRange:
    """Heights between which a missing target matters: PLND_ALT_MIN and PLND_ALT_MAX, 0 for no limit."""

    alt_min_m: float = 0.75
    alt_max_m: float = 8.0

    def reaches_height(self, height_m: FloatArray) -> np.ndarray:
        """Where the target ought to be in sight."""
        low, high = self.alt_min_m, self.alt_max_m
        inside = np.ones(height_m.shape, dtype=bool)
        if high > 0.0:
            inside &= height_m <= high
        if low > 0.0:
            inside &= height_m >= low
        return inside


class TargetDetector:
    """The target of many landings, shape (n,): seen now, acquired, and what is known of it.

    `place_m` (2, n) is where it was last believed to be and `seen_from_m` (3, n) where the drone was when
    it last saw it, both as the drone's own navigation has them.
    """

    def __init__(
        self, camera: Camera, reach: SensorRange, *, count: int, rain_mm_h: float, rng: np.random.Generator
    ) -> None:
        self.camera, self.reach, self._rng = camera, reach, rng
        self._blind_share = 1.0 - math.exp(-rain_mm_h / BLINDING_RAIN_MM_H)
        self.blind = rng.random(count) < self._blind_share
        self.unseen_s = np.zeros(count)
        self.steady_s = np.full(count, np.nan)
        self.lost_s = np.zeros(count)
        self.acquired = np.zeros(count, dtype=bool)
        self.known = np.full(count, NEVER)
        self.lost_by = np.zeros(count, dtype=int)
        self.place_m = np.zeros((2, count))
        self.seen_from_m = np.full((3, count), np.nan)
        self._begun = False

    def look_once(
        self, *, offset_m: FloatArray, height_m: FloatArray, lean: FloatArray, own_m: FloatArray,
        seen_m: FloatArray, dt_s: float,
    ) -> None:  # fmt: skip
        """Look once: target less drone `offset_m` (2, n), where the drone believes to be `own_m` (2, n).

        `seen_m` (2, n) is the offset as it seems. The first look counts for those behind it: a drone that
        starts in sight of its target has had it for a while.
        """
        why = self._hidden_by(offset_m, height_m, lean)
        seen = why == 0
        gone = self.acquired & (self.unseen_s + dt_s > LOST_AFTER_S) & ~seen
        self.lost_by = np.where(gone, why, self.lost_by)
        self.unseen_s = np.where(seen, 0.0, self.unseen_s + dt_s)
        self._update_estimator(seen, gone, dt_s)
        self.lost_s = np.where(self.acquired, 0.0, self.lost_s + dt_s)
        self.place_m = np.where(self.acquired, own_m + seen_m, self.place_m)
        here = np.concatenate([own_m, height_m[None]])
        self.seen_from_m = np.where(seen, here, self.seen_from_m)
        self._judge_target(own_m, height_m)

    def _hidden_by(self, offset_m: FloatArray, height_m: FloatArray, lean: FloatArray) -> np.ndarray:
        """0 where the target is seen, else what hides it."""
        camera = self.camera
        away = np.hypot(offset_m[0], offset_m[1])
        why = np.where((away > camera.radius_m) | (height_m > camera.height_m), BY_REACH, 0)
        along = height_m - offset_m[0] * lean[0] - offset_m[1] * lean[1]
        far = np.hypot(away, height_m) * np.sqrt(1.0 + lean[0] ** 2 + lean[1] ** 2)
        outside = along < far * math.cos(math.radians(camera.half_view_deg))
        why = np.where((why == 0) & outside, BY_VIEW, why)
        if self._blind_share > 0.0:
            self._hide_in_rain(LOOK_S)
            why = np.where((why == 0) & self.blind, BY_RAIN, why)
        return why

    def _hide_in_rain(self, dt_s: float) -> None:
        """Drops come and go: a two-state process with the mean spell and the share of the time."""
        clear_share = 1.0 - self._blind_share
        clears = 1.0 - math.exp(-dt_s / BLIND_SPELL_S)
        hides = clears * self._blind_share / max(clear_share, 1e-9)
        chance = self._rng.random(self.blind.size)
        self.blind = np.where(self.blind, chance >= clears, chance < hides)

    def _update_estimator(self, seen: np.ndarray, gone: np.ndarray, dt_s: float) -> None:
        """The target estimator: started by a sighting, trusted once settled, dropped when it starves."""
        if not self._begun:
            self.acquired, self._begun = seen.copy(), True
            return
        self.acquired &= ~gone
        settling = ~self.acquired & ~np.isnan(self.steady_s)
        starved = settling & (self.unseen_s > GAP_S)
        grown = np.where(settling & ~starved, self.steady_s + dt_s, np.nan)
        self.steady_s = np.where(seen & np.isnan(grown) & ~self.acquired, 0.0, grown)
        settled = self.steady_s > ACQUIRED_AFTER_S
        self.acquired |= settled
        self.steady_s = np.where(self.acquired, np.nan, self.steady_s)

    def _judge_target(self, own_m: FloatArray, height_m: FloatArray) -> None:
        """AC_PrecLand::check_target_status: a target out of range when it was lost counts as never seen."""
        had = (self.known == FOUND) | (self.known == LOST)
        old = (self.lost_s > FORGOTTEN_AFTER_S) | self._far_from(self.place_m, own_m)
        old |= self._far_from(self.seen_from_m[:2], own_m)
        lost = np.where(had & ~old, LOST, NEVER)
        missing = np.where(self.reach.reaches_height(height_m), lost, OUT_OF_RANGE)
        self.known = np.where(self.acquired, FOUND, missing)

    @staticmethod
    def _far_from(place_m: FloatArray, own_m: FloatArray) -> np.ndarray:
        return np.asarray(np.hypot(*(place_m - own_m)) > FORGOTTEN_BEYOND_M)

    def keep_only(self, held: np.ndarray) -> None:
        """Only some of the landings."""
        scalars = ("blind", "unseen_s", "steady_s", "lost_s", "acquired", "known", "lost_by")
        keep_columns(self, held, (*scalars, "place_m", "seen_from_m"))


@dataclass(frozen=True, slots=True, kw_only=True)
class PrecisionSettings:
    """ArduCopter's PLND_ parameters, SI; the defaults are its own."""

    timeout_s: float = 4.0
    retries_most: int = 4
    over_target: bool = False
    strict: int = NORMAL
    pause_error_m: float = 2.5
    alt_min_m: float = 0.75
    alt_max_m: float = 8.0
    fast_descent: bool = False

    @property
    def reach(self) -> SensorRange:
        """The heights between which a missing target matters."""
        return SensorRange(alt_min_m=self.alt_min_m, alt_max_m=self.alt_max_m)

    @classmethod
    def from_params(cls, params: Mapping[str, float]) -> PrecisionSettings:
        """The settings of ArduPilot parameters, over the defaults; others are passed over.

        Raises InputError where a value is none that ArduCopter takes.

        >>> PrecisionSettings.from_params({"PLND_STRICT": 2, "PLND_TIMEOUT": 3}).timeout_s
        3.0
        """
        chosen: dict[str, Any] = {}
        for name, known in PRECISION_PARAMETERS.items():
            if name not in params:
                continue
            value = params[name]
            if not known.allows(value):
                what = "whole number" if known.whole else "number"
                raise InputError(
                    f"{name}: {value!r} is not a {what} from {known.least:g} to {known.most:g}",
                    do="correct it",
                )
            chosen[known.field] = _from_field(known.field, value)
        return cls(**chosen)


class ParameterRange(NamedTuple):
    """What an ArduPilot parameter sets here, and the values that its description allows."""

    field: str
    least: float
    most: float
    whole: bool = False

    def allows(self, value: object) -> bool:
        """Whether a parameter may have a value."""
        if not isinstance(value, int | float) or not math.isfinite(value):
            return False
        return self.least <= value <= self.most and (not self.whole or value == int(value))


PRECISION_PARAMETERS: dict[str, ParameterRange] = {
    "PLND_TIMEOUT": ParameterRange("timeout_s", least=0.0, most=20.0),
    "PLND_RET_MAX": ParameterRange("retries_most", least=0.0, most=10.0, whole=True),
    "PLND_RET_BEHAVE": ParameterRange("over_target", least=0.0, most=1.0, whole=True),
    "PLND_STRICT": ParameterRange("strict", least=0.0, most=2.0, whole=True),
    "PLND_XY_DIST_MAX": ParameterRange("pause_error_m", least=0.0, most=10.0),
    "PLND_ALT_MIN": ParameterRange("alt_min_m", least=0.0, most=5.0),
    "PLND_ALT_MAX": ParameterRange("alt_max_m", least=0.0, most=50.0),
    "PLND_OPTIONS": ParameterRange("fast_descent", least=0.0, most=7.0, whole=True),
}
"""The parameters of a precision landing that are known here."""


def _from_field(field: str, value: float) -> float | bool:
    if field == "fast_descent":
        return bool(int(value) & FAST_DESCENT)
    if field == "over_target":
        return bool(value)
    return int(value) if field in {"retries_most", "strict"} else float(value)


class RetryMachine:
    """The state of many landings that may lose their target; `asked` is what each is to do now."""

    def __init__(self, settings: PrecisionSettings, *, count: int) -> None:
        self.settings = settings
        self.asked = np.full(count, GO_DOWN)
        self.state = np.full(count, START)
        self.stage = np.full(count, BEGIN)
        self.retries = np.zeros(count, dtype=int)
        self.failed_s = np.full(count, np.nan)
        self.goal_m = np.zeros((3, count))

    def take_turn(self, target: TargetDetector, own_m: FloatArray, dt_s: float) -> None:
        """One turn: `own_m` (3, n) is where each drone believes to be."""
        known = target.known
        held = (known == FOUND) | (known == OUT_OF_RANGE)
        self.asked = np.full(known.size, GO_DOWN)
        if held.all():
            self._start_anew(held)
            return
        self.failed_s = self.failed_s + dt_s
        self._start_anew(held)
        fails = known == NEVER
        missing = known == LOST
        retrying = missing & (self.state == RETRY)
        waiting = missing & (self.state == WAIT)
        fresh = missing & (self.state == START)
        first = STRAIGHT_DOWN if self.settings.strict == NOT_STRICT else WAIT
        self.state = np.where(fresh, first, self.state)
        overdue = waiting & (target.lost_s >= self.settings.timeout_s)
        self.state = np.where(overdue, RETRY, self.state)
        self.stage = np.where(overdue, BEGIN, self.stage)
        fails |= self._fly_retries(retrying, target, own_m)
        self._fall_back(fails)

    def _start_anew(self, held: np.ndarray) -> None:
        """Start anew where the target is in sight, or need not be."""
        self.state = np.where(held, START, self.state)
        self.stage = np.where(held, BEGIN, self.stage)
        self.failed_s = np.where(held, np.nan, self.failed_s)

    def _fly_retries(self, on: np.ndarray, target: TargetDetector, own_m: FloatArray) -> np.ndarray:
        """Turn the retries that are on; True where the failsafe has to take over."""
        most = self.settings.retries_most
        out = on & ((most == 0) | (self.retries > most))
        on = on & ~out
        if not on.any():
            return out
        begin, climb, descend = (on & (self.stage == stage) for stage in (BEGIN, CLIMB, DESCEND))
        out |= on & (self.stage == DONE)
        self.asked = np.where(begin | climb | descend, GO_ROUND, self.asked)
        self.retries = self.retries + begin
        goal = target.seen_from_m.copy()
        if self.settings.over_target:
            goal[:2] = target.place_m
        goal[2] += RISE_M
        there = np.sqrt(((goal - own_m) ** 2).sum(axis=0)) < CLOSE_M
        down = np.stack([own_m[0], own_m[1], target.seen_from_m[2]])
        low = np.abs(own_m[2] - down[2]) < CLOSE_M
        self.goal_m = np.where(begin | climb, goal, np.where(descend, down, self.goal_m))
        self.stage = np.select([begin, climb & there, descend & low], [CLIMB, DESCEND, DONE], self.stage)
        return out

    def _fall_back(self, fails: np.ndarray) -> None:
        """The last resort: what PLND_STRICT says."""
        self.failed_s = np.where(fails & np.isnan(self.failed_s), 0.0, self.failed_s)
        if self.settings.strict == VERY_STRICT:
            self.asked = np.where(fails, HOVER, self.asked)
        elif self.settings.strict == NORMAL:
            self.asked = np.where(fails & (self.failed_s < HOVER_S), HOVER, self.asked)

    def keep_only(self, held: np.ndarray) -> None:
        """Only some of the landings."""
        keep_columns(self, held, ("asked", "state", "stage", "retries", "failed_s", "goal_m"))


def offset_stretch(offset_m: FloatArray, height_m: FloatArray, lean: FloatArray) -> FloatArray:
    """How many times too far off a target seems: `offset_m` (2, n) is the target less the drone.

    The range is h / cos t along the axis of a drone leaning by t; the true vector d to the target has only
    d . axis along it, so the estimate is d (h / cos t) / (d . axis), at most `MOST_STRETCH` times d.

    >>> float(offset_stretch(np.zeros((2, 1)), np.ones(1), np.array([[1.0], [0.0]]))[0])  # 45 degrees
    2.0
    """
    height = np.maximum(height_m, SHORTEST_RANGE_M)
    along = height - offset_m[0] * lean[0] - offset_m[1] * lean[1]
    slant = height * (1.0 + lean[0] ** 2 + lean[1] ** 2)
    times: FloatArray = np.minimum(slant / np.maximum(along, slant / MOST_STRETCH), MOST_STRETCH)
    return times


class Tracking(NamedTuple):
    """How landings tracked their target, shape (n,): see `dfr.aircraft.touchdown.Touchdowns`."""

    retries: np.ndarray
    lost_by: np.ndarray
    unguided: np.ndarray


class TargetTracker:
    """The target, the retry machine and GNSS of many landings; the position loop asks it where to go."""

    def __init__(
        self,
        camera: Camera,
        precision: PrecisionSettings,
        settings: FlightSettings,
        *,
        gnss_m: FloatArray,
        rain_mm_h: float,
        dt_s: float,
        rng: np.random.Generator,
    ) -> None:
        count = gnss_m.size
        self.settings, self.precision = settings, precision
        self.target = TargetDetector(camera, precision.reach, count=count, rain_mm_h=rain_mm_h, rng=rng)
        self.machine = RetryMachine(precision, count=count)
        self._steps_a_look = max(1, round(LOOK_S / dt_s))
        self._look_s, self._step, self._rng = self._steps_a_look * dt_s, 0, rng
        self.gnss_m = gnss_m
        self.gnss = rng.standard_normal((2, count))
        self._keep = math.exp(-self._look_s / SENSOR_CORRELATION_S)
        self.aim_m = np.zeros((2, count))
        self.times = np.ones(count)
        self._all_led = False

    def error_m(self, position_m: FloatArray, lean: FloatArray, marker_m: FloatArray) -> FloatArray:
        """Where to go less where the drone believes to be, (2, n); `marker_m` is the error of a sighting."""
        if self._step % self._steps_a_look == 0:
            self._look_once(position_m, lean, marker_m)
        self._step += 1
        seen = marker_m - self.times * position_m[:2]
        if self._all_led:
            return seen
        return np.where(self.target.acquired, seen, self.aim_m - self._believed_position(position_m))

    def _believed_position(self, position_m: FloatArray) -> FloatArray:
        """Where the drones believe to be, (2, n)."""
        return position_m[:2] + self.gnss_m * self.gnss

    def _look_once(self, position_m: FloatArray, lean: FloatArray, marker_m: FloatArray) -> None:
        own_m = self._believed_position(position_m)
        self.times = offset_stretch(-position_m[:2], position_m[2], lean)
        seen_m = marker_m - self.times * position_m[:2]
        fresh = math.sqrt(1.0 - self._keep**2)
        self.gnss = self._keep * self.gnss + fresh * self._rng.standard_normal(self.gnss.shape)
        self.target.look_once(
            offset_m=-position_m[:2], height_m=position_m[2], lean=lean, own_m=own_m, seen_m=seen_m,
            dt_s=self._look_s,
        )  # fmt: skip
        self.machine.take_turn(self.target, np.concatenate([own_m, position_m[2:]]), self._look_s)
        goal = np.where(self.machine.asked == GO_ROUND, self.machine.goal_m[:2], self.aim_m)
        self.aim_m = np.where(self.target.acquired, self.target.place_m, goal)
        self._all_led = bool(self.target.acquired.all())

    def sink_mps(self, height_m: FloatArray, error_m: FloatArray, usual_mps: FloatArray) -> FloatArray:
        """The descent to ask for: the usual one, slower beside a target in sight, none, or a climb."""
        away = np.sqrt(error_m[0] ** 2 + error_m[1] ** 2)
        led, precision, seen_m = self.target.acquired, self.precision, height_m * self.times
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

    def so_far(self) -> Tracking:
        """How the target was tracked so far."""
        target, machine = self.target, self.machine
        high = ~(target.seen_from_m[2] <= max(self.precision.alt_min_m, NEAR_LOW_M))
        return Tracking(
            retries=np.minimum(machine.retries, machine.settings.retries_most),
            lost_by=target.lost_by,
            unguided=~target.acquired & high,
        )

    def keep_only(self, held: np.ndarray) -> None:
        """Only some of the landings."""
        self.target.keep_only(held)
        self.machine.keep_only(held)
        keep_columns(self, held, ("gnss_m", "gnss", "aim_m", "times"))


def keep_columns(owner: Any, held: np.ndarray, names: tuple[str, ...]) -> None:
    """Drop vehicles from arrays that have them on their last axis."""
    for name in names:
        setattr(owner, name, getattr(owner, name)[..., held])
