"""Whether the landing target is seen, and whether ArduCopter has it: AC_PrecLand's bookkeeping, many at once.

A target is seen inside the camera's reach. It counts as acquired once it has been seen for two seconds
without a gap of half a second, and until two seconds after it was last seen; while acquired, the drone is
led to it. What is known of it then decides what `dfr.aircraft.retrying` does. A rangefinder is assumed to
be fitted, as ArduCopter wants one for all of this.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from dfr.geo import FloatArray

LOOK_S = 0.1
"""Time between looks: every time of the machine is seconds."""

ACQUIRED_AFTER_S, GAP_S = 2.0, 0.5
LOST_AFTER_S = 2.0
"""EKF_INIT_TIME_MS, EKF_INIT_SENSOR_MIN_UPDATE_MS and LANDING_TARGET_TIMEOUT_MS."""

FORGOTTEN_AFTER_S, FORGOTTEN_BEYOND_M = 180.0, 30.0
"""LANDING_TARGET_LOST_TIMEOUT_MS and _DIST_THRESH_M: a target so long ago or so far off was never seen."""

BLIND_SPELL_S = 3.0
"""Mean time a drop on the lens hides the target (assumed)."""

BLINDING_RAIN_MM_H = 100.0
"""Rain of r mm/h hides the target for 1 - exp(-r / this) of the time (assumed: no figure is published)."""

NEVER, FOUND, LOST, OUT_OF_RANGE = 0, 1, 2, 3
"""What is known of the target (AC_PrecLand::TargetState)."""

BY_VIEW, BY_REACH, BY_RAIN = 1, 2, 3
LOST_BY = {BY_VIEW: "view", BY_REACH: "reach", BY_RAIN: "rain"}
"""What took the target out of sight: lean and drift past the edge of the view, distance, rain on the lens."""


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

    def holds(self, height_m: FloatArray) -> np.ndarray:
        """Where the target ought to be in sight."""
        low, high = self.alt_min_m, self.alt_max_m
        inside = np.ones(height_m.shape, dtype=bool)
        if high > 0.0:
            inside &= height_m <= high
        if low > 0.0:
            inside &= height_m >= low
        return inside


class Sight:
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

    def look(
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
        self._acquire(seen, gone, dt_s)
        self.lost_s = np.where(self.acquired, 0.0, self.lost_s + dt_s)
        self.place_m = np.where(self.acquired, own_m + seen_m, self.place_m)
        here = np.concatenate([own_m, height_m[None]])
        self.seen_from_m = np.where(seen, here, self.seen_from_m)
        self._judge(own_m, height_m)

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
            self._rain(LOOK_S)
            why = np.where((why == 0) & self.blind, BY_RAIN, why)
        return why

    def _rain(self, dt_s: float) -> None:
        """Drops come and go: a two-state process with the mean spell and the share of the time."""
        clear_share = 1.0 - self._blind_share
        clears = 1.0 - math.exp(-dt_s / BLIND_SPELL_S)
        hides = clears * self._blind_share / max(clear_share, 1e-9)
        chance = self._rng.random(self.blind.size)
        self.blind = np.where(self.blind, chance >= clears, chance < hides)

    def _acquire(self, seen: np.ndarray, gone: np.ndarray, dt_s: float) -> None:
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

    def _judge(self, own_m: FloatArray, height_m: FloatArray) -> None:
        """AC_PrecLand::check_target_status: a target out of range when it was lost counts as never seen."""
        had = (self.known == FOUND) | (self.known == LOST)
        old = (self.lost_s > FORGOTTEN_AFTER_S) | self._far(self.place_m, own_m)
        old |= self._far(self.seen_from_m[:2], own_m)
        lost = np.where(had & ~old, LOST, NEVER)
        missing = np.where(self.reach.holds(height_m), lost, OUT_OF_RANGE)
        self.known = np.where(self.acquired, FOUND, missing)

    @staticmethod
    def _far(place_m: FloatArray, own_m: FloatArray) -> np.ndarray:
        return np.asarray(np.hypot(*(place_m - own_m)) > FORGOTTEN_BEYOND_M)

    def keep(self, held: np.ndarray) -> None:
        """Only some of the landings."""
        scalars = ("blind", "unseen_s", "steady_s", "lost_s", "acquired", "known", "lost_by")
        keep_columns(self, held, (*scalars, "place_m", "seen_from_m"))


def keep_columns(owner: Any, held: np.ndarray, names: tuple[str, ...]) -> None:
    """Drop vehicles from arrays that have them on their last axis."""
    for name in names:
        setattr(owner, name, getattr(owner, name)[..., held])
