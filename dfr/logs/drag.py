"""The drag of an airframe, fitted to the lean of many flights at once, with an interval.

The drag is that of `dfr.aircraft.trim`: along each axis of the body, air that meets it with v slows it by
v (linear + quadratic |v|), m/s². All flights share it; each has a wind and an error of its level of its own,
which are fitted with it. The forces balance along the vertical too: what drag lifts, the rotors need not.

Gusts matter: the mean of v |v| over gusts is not that of the mean v. How strong they were is taken from what
the fit leaves over.

The fit is least squares with weights that outliers lose (Gauss-Newton steps). A flight's own unknowns are
eliminated from it, so that what the flight says of the drag is a matrix of 2 by 2. The interval is a
jackknife over flights: neighbouring moments of a flight are alike, flights are not.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dfr.aircraft.trim import body_axes
from dfr.geo import FloatArray
from dfr.logs.wind import LEVEL_RAD, OUTLIER_MPS2, SteadyMotion
from dfr.normal import normal_cdf
from dfr.units import GRAVITY_MPS2

WIND_SD_MPS = 10.0
"""A flight whose courses do not tell its wind is held to about this (assumed)."""

MOST_STEPS, SETTLED = 60, 1e-7
STEADY_MPS2 = 0.4
"""A change of speed beside a second makes as much of an error in it: it must be far from one (assumed)."""

LEAST_FLIGHTS = 3
LEAST_MOMENTS = 20

RAYLEIGH_MEDIAN = math.sqrt(2.0 * math.log(2.0))
MOST_GUST_MPS = 3.0
LEAN_STEPS = 5
OUTLIER_MEDIANS = 4.5
"""A misfit of three standard deviations loses weight."""

Matrix = FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class DragFit:
    """The drag that flights share, and what the fit gives without each of them in turn, shape (n, 2).

    Columns: linear, 1/s at hover thrust, and quadratic, 1/m.
    """

    linear_per_s: float
    quadratic_per_m: float
    without_each: FloatArray
    moments: int
    fastest_mps: float

    @property
    def flights(self) -> int:
        """How many flights have been fitted."""
        return len(self.without_each)


def fit_drag(motions: Sequence[SteadyMotion]) -> DragFit | None:
    """The drag that the steady moments of flights of one airframe share; None where they are too few."""
    steady = [motion.where(np.hypot(*motion.accel_mps2.T) < STEADY_MPS2) for motion in motions]
    flights = [_Flight.of(motion) for motion in steady if len(motion.t_s) >= LEAST_MOMENTS]
    if len(flights) < LEAST_FLIGHTS:
        return None
    drag = np.array([0.15, 0.02])
    own = [np.zeros(5) for _ in flights]
    for _ in range(MOST_STEPS):
        pieces = [flight.linearise(drag, mine) for flight, mine in zip(flights, own, strict=True)]
        curvature = sum((piece.curvature for piece in pieces), np.zeros((2, 2)))
        slope = sum((piece.slope for piece in pieces), np.zeros(2))
        step = np.linalg.lstsq(curvature, slope, rcond=None)[0]
        step = np.clip(step, -0.5 * np.maximum(drag, 0.02), np.maximum(drag, 0.02))
        own = [np.clip(p.own_after(mine, step), -60.0, 60.0) for mine, p in zip(own, pieces, strict=True)]
        drag = np.maximum(drag + step, 0.0)
        if np.abs(step).max() < SETTLED:
            break
    pieces = [flight.linearise(drag, mine) for flight, mine in zip(flights, own, strict=True)]
    whole = sum((piece.curvature for piece in pieces), np.zeros((2, 2)))
    rest = sum((piece.slope for piece in pieces), np.zeros(2))
    without = [
        drag + np.linalg.lstsq(whole - piece.curvature, rest - piece.slope, rcond=None)[0] for piece in pieces
    ]
    speeds = [flight.fastest_mps(mine) for flight, mine in zip(flights, own, strict=True)]
    return DragFit(
        linear_per_s=float(drag[0]),
        quadratic_per_m=float(drag[1]),
        without_each=np.array(without),
        moments=sum(len(flight.ground_mps) for flight in flights),
        fastest_mps=float(np.median(sorted(speeds)[-3:])),
    )


@dataclass(frozen=True, slots=True)
class _Piece:
    """What one flight says of the drag once its own unknowns are eliminated."""

    curvature: Matrix
    slope: FloatArray
    _own_slope: NDArray[np.floating[Any]]
    _coupling: NDArray[np.floating[Any]]
    _gust_mps: float

    def own_after(self, own: FloatArray, drag_step: FloatArray) -> FloatArray:
        """Its own unknowns after the drag has moved."""
        return np.append(own[:4] + self._own_slope - self._coupling @ drag_step, self._gust_mps)


@dataclass(frozen=True, slots=True)
class _Flight:
    """The steady moments of one flight: (m, 3) east, north, up, and (m, 2) for what is level."""

    ground_mps: FloatArray
    lean: FloatArray
    accel_mps2: FloatArray
    heading_rad: FloatArray
    ahead: FloatArray

    @classmethod
    def of(cls, motion: SteadyMotion) -> _Flight:
        lean = (motion.push_mps2 + motion.accel_mps2)[:, ::-1] / GRAVITY_MPS2
        ground = np.column_stack([motion.velocity_mps[:, ::-1], motion.climb_mps])
        ahead = np.column_stack([np.sin(motion.heading_rad), np.cos(motion.heading_rad)])
        return cls(ground, lean, motion.accel_mps2[:, ::-1], motion.heading_rad, ahead)

    def fastest_mps(self, own: FloatArray) -> float:
        """The airspeed that a twentieth of its moments exceed."""
        air = self.ground_mps[:, :2] - own[:2]
        return float(np.quantile(np.hypot(*air.T), 0.95))

    def linearise(self, drag: FloatArray, own: FloatArray) -> _Piece:
        """Normal equations about a drag and its own: wind east and north, level ahead and right, gusts."""
        air = self.ground_mps - np.array([own[0], own[1], 0.0])
        right = np.column_stack([self.ahead[:, 1], -self.ahead[:, 0]])
        misfit = GRAVITY_MPS2 * self.lean - self.accel_mps2 - own[2] * self.ahead - own[3] * right
        by_own = np.zeros((len(air), 2, 4))
        by_own[:, :, 2], by_own[:, :, 3] = self.ahead, right
        # The axes are those of the lean that the fit expects: the lean flown follows each gust, which the
        # misfit does too.
        lean = self.accel_mps2 / GRAVITY_MPS2
        for _ in range(LEAN_STEPS):
            by_drag, by_wind = self._by_axes(lean, air, drag, own[4])
            lean = (by_drag @ drag + self.accel_mps2) / GRAVITY_MPS2
        by_own[:, :, :2] = -by_wind
        misfit -= by_drag @ drag
        usual = float(np.median(np.abs(misfit))) * OUTLIER_MEDIANS
        weights = 1.0 / np.sqrt(1.0 + (misfit / max(usual, OUTLIER_MPS2)) ** 2)
        slopes = drag[0] + 2.0 * drag[1] * np.hypot(air[:, 0], air[:, 1])
        gust_mps = float(np.median(np.hypot(*misfit.T) / np.maximum(slopes, 0.05))) / RAYLEIGH_MEDIAN
        return _eliminate(
            by_drag.reshape(-1, 2), by_own.reshape(-1, 4), misfit.ravel(), weights.ravel(), own[:4],
            min(gust_mps, MOST_GUST_MPS),
        )  # fmt: skip

    def _by_axes(
        self, lean: FloatArray, air: FloatArray, drag: FloatArray, gust_mps: float
    ) -> tuple[Matrix, Matrix]:
        """How the level push of a lean changes with the drag, and with the air's velocity, (m, 2, 2) each."""
        by_drag, by_air = np.zeros((len(air), 2, 2)), np.zeros((len(air), 2, 2))
        more_thrust = np.sqrt(np.sqrt(1.0 + (lean**2).sum(axis=1)))
        for axis in (axis.T for axis in body_axes(lean.T, self.heading_rad)):
            speed = (axis * air).sum(axis=1)
            # A push along this axis, level; what it lifts, the rotors need not, and they lean.
            level = axis[:, :2] - axis[:, 2:] * lean
            square, size = _in_gusts(speed, gust_mps)
            by_drag += level[:, :, None] * np.column_stack([speed * more_thrust, square])[:, None, :]
            steeper = drag[0] * more_thrust + 2.0 * drag[1] * size
            by_air += level[:, :, None] * (steeper[:, None] * axis[:, :2])[:, None, :]
        return by_drag, by_air


def _in_gusts(speed: FloatArray, gust_mps: float) -> tuple[FloatArray, FloatArray]:
    """The means of v |v| and of |v| where v varies about a mean by normal gusts of this deviation."""
    sd = max(gust_mps, 1e-6)
    ratio = speed / sd
    density, balance = np.exp(-0.5 * ratio**2) / math.sqrt(2.0 * math.pi), 2.0 * normal_cdf(ratio) - 1.0
    square = (speed**2 + sd**2) * balance + 2.0 * speed * sd * density
    return square, speed * balance + 2.0 * sd * density


def _eliminate(  # noqa: PLR0917 - the parts of one flight's normal equations
    by_drag: Matrix,
    by_own: Matrix,
    misfit: FloatArray,
    weights: FloatArray,
    own: FloatArray,
    gust_mps: float,
) -> _Piece:
    """The normal equations of a flight without its own unknowns, which are held to what is usual."""
    held = np.array([WIND_SD_MPS, WIND_SD_MPS, GRAVITY_MPS2 * LEVEL_RAD, GRAVITY_MPS2 * LEVEL_RAD])
    prior = (OUTLIER_MPS2 / held) ** 2
    weighted_own = by_own * weights[:, None]
    own_curvature = weighted_own.T @ by_own + np.diag(prior)
    mixed = weighted_own.T @ by_drag
    own_slope = weighted_own.T @ misfit - prior * own
    coupling = np.linalg.solve(own_curvature, mixed)
    alone = np.linalg.solve(own_curvature, own_slope)
    weighted_drag = by_drag * weights[:, None]
    return _Piece(
        weighted_drag.T @ by_drag - mixed.T @ coupling,
        weighted_drag.T @ misfit - mixed.T @ alone,
        alone,
        coupling,
        gust_mps,
    )


def jackknife_half_width(without_each: FloatArray, t_quantile: float) -> float:
    """Half the width of the interval of a figure, of what it is without each of n flights in turn."""
    count = len(without_each)
    spread = float(np.sum((without_each - without_each.mean()) ** 2))
    return t_quantile * math.sqrt((count - 1) / count * spread)
