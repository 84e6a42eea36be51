"""ArduCopter's answer to a landing target it has lost: go on down, go back up and look again, hover, or land.

AC_PrecLand_StateMachine, many landings at once. A lost target is first waited for while the descent goes
on (PLND_TIMEOUT, counted from when it counted as lost); then the drone climbs 1.5 m above where it last saw
it, or above the target's last place (PLND_RET_BEHAVE), and comes down again to that height: a retry. One
that ends without the target, or one too many (PLND_RET_MAX), ends in the failsafe, which PLND_STRICT
chooses: land on the spot (0), hover for seven seconds and then land (1), or hover for good (2). Seeing the
target again at any time goes on with the landing; the retries stay counted.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from dfr.aircraft.sighting import FOUND, LOST, NEVER, OUT_OF_RANGE, SensorRange, Sight, keep_columns
from dfr.errors import InputError
from dfr.geo import FloatArray

RISE_M, CLOSE_M = 1.5, 0.75
HOVER_S = 7.0
"""RETRY_OFFSET_ALT_M, MAX_POS_ERROR_M and FAILSAFE_INIT_TIMEOUT_MS."""

NOT_STRICT, NORMAL, VERY_STRICT = 0, 1, 2
FAST_DESCENT = 4
"""Bit of PLND_OPTIONS: no slowing just above the pad."""

GO_DOWN, GO_ROUND, HOVER = 0, 1, 2
"""What the machine asks for."""

START, WAIT, RETRY, STRAIGHT_DOWN = 0, 1, 2, 3
BEGIN, CLIMB, DESCEND, DONE = 0, 1, 2, 3
"""Its states, and those of a retry."""


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
        for name, (field, least, most, whole) in PARAMETERS.items():
            if name not in params:
                continue
            value = params[name]
            sound = isinstance(value, int | float) and math.isfinite(value) and least <= value <= most
            if not sound or (whole and value != int(value)):
                what = "whole number" if whole else "number"
                raise InputError(f"{name}: {value!r} is no {what} of {least:g} to {most:g}", do="correct it")
            chosen[field] = _of(field, value)
        return cls(**chosen)


PARAMETERS: dict[str, tuple[str, float, float, bool]] = {
    "PLND_TIMEOUT": ("timeout_s", 0.0, 20.0, False),
    "PLND_RET_MAX": ("retries_most", 0.0, 10.0, True),
    "PLND_RET_BEHAVE": ("over_target", 0.0, 1.0, True),
    "PLND_STRICT": ("strict", 0.0, 2.0, True),
    "PLND_XY_DIST_MAX": ("pause_error_m", 0.0, 10.0, False),
    "PLND_ALT_MIN": ("alt_min_m", 0.0, 5.0, False),
    "PLND_ALT_MAX": ("alt_max_m", 0.0, 50.0, False),
    "PLND_OPTIONS": ("fast_descent", 0.0, 7.0, True),
}
"""Parameter -> (field, least, most, whole number): the ranges of its description."""


def _of(field: str, value: float) -> float | bool:
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

    def update(self, sight: Sight, own_m: FloatArray, dt_s: float) -> None:
        """One turn: `own_m` (3, n) is where each drone believes to be."""
        known = sight.known
        held = (known == FOUND) | (known == OUT_OF_RANGE)
        self.asked = np.full(known.size, GO_DOWN)
        if held.all():
            self._forget(held)
            return
        self.failed_s = self.failed_s + dt_s
        self._forget(held)
        fails = known == NEVER
        missing = known == LOST
        retrying = missing & (self.state == RETRY)
        waiting = missing & (self.state == WAIT)
        fresh = missing & (self.state == START)
        first = STRAIGHT_DOWN if self.settings.strict == NOT_STRICT else WAIT
        self.state = np.where(fresh, first, self.state)
        overdue = waiting & (sight.lost_s >= self.settings.timeout_s)
        self.state = np.where(overdue, RETRY, self.state)
        self.stage = np.where(overdue, BEGIN, self.stage)
        fails |= self._retry(retrying, sight, own_m)
        self._fail(fails)

    def _forget(self, held: np.ndarray) -> None:
        """Start anew where the target is in sight, or need not be."""
        self.state = np.where(held, START, self.state)
        self.stage = np.where(held, BEGIN, self.stage)
        self.failed_s = np.where(held, np.nan, self.failed_s)

    def _retry(self, on: np.ndarray, sight: Sight, own_m: FloatArray) -> np.ndarray:
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
        goal = sight.seen_from_m.copy()
        if self.settings.over_target:
            goal[:2] = sight.place_m
        goal[2] += RISE_M
        there = np.sqrt(((goal - own_m) ** 2).sum(axis=0)) < CLOSE_M
        down = np.stack([own_m[0], own_m[1], sight.seen_from_m[2]])
        low = np.abs(own_m[2] - down[2]) < CLOSE_M
        self.goal_m = np.where(begin | climb, goal, np.where(descend, down, self.goal_m))
        self.stage = np.select([begin, climb & there, descend & low], [CLIMB, DESCEND, DONE], self.stage)
        return out

    def _fail(self, fails: np.ndarray) -> None:
        """The last resort: what PLND_STRICT says."""
        self.failed_s = np.where(fails & np.isnan(self.failed_s), 0.0, self.failed_s)
        if self.settings.strict == VERY_STRICT:
            self.asked = np.where(fails, HOVER, self.asked)
        elif self.settings.strict == NORMAL:
            self.asked = np.where(fails & (self.failed_s < HOVER_S), HOVER, self.asked)

    def keep(self, held: np.ndarray) -> None:
        """Only some of the landings."""
        keep_columns(self, held, ("asked", "state", "stage", "retries", "failed_s", "goal_m"))
