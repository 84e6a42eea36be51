"""How often ArduCopter's single-precision arithmetic lets a return cut the corner out of its climb.

In the middle of the corner SCurve::advance_target_along_track asks that the vertical acceleration be less
than WPNAV_ACCEL_Z. A climb that brakes at all of it comes out a few bits above or below, depending on how
far from the plumb line it goes: RTL climbs to its stopping point cut to 1e-7 degrees, so up to 1.1 cm
aside. Where the drone stopped within that is chance, so the answer is a share; the arithmetic is
SCurve::calculate_track's, in its order and in float32.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from numpy.typing import NDArray

from dfr.geo import FloatArray

CELL_M = 0.0111319
"""1e-7 degrees of latitude."""

EAST_SHARE = 0.64
"""Of that a step of longitude: at 50 degrees north (assumed)."""

CELL_PARTS = 48
"""Places across the cell, each way, from which the distances aside are drawn."""

ASIDES = 96
"""Distances aside, each as likely."""

Single = NDArray[np.float32]


def corner_cut_share(
    climb_m: FloatArray, accel_mps2: FloatArray, jerk_mps3: FloatArray, snap_mps4: FloatArray
) -> FloatArray:
    """Share of returns that cut the corner out of a climb braking at its full acceleration, shape (n,).

    >>> one = np.array([1.0])
    >>> corner_cut_share(60.0 * one, one, one, 5.23598755 * one)
    array([0.])
    """
    rows, back = np.unique(np.stack([climb_m, accel_mps2, jerk_mps3, snap_mps4]), axis=1, return_inverse=True)
    share = _cut(*(row[:, None] for row in rows)).mean(axis=1)
    found: FloatArray = share[back.ravel()]
    return found


def _cut(
    climb_m: FloatArray, accel_mps2: FloatArray, jerk_mps3: FloatArray, snap_mps4: FloatArray
) -> np.ndarray:
    """Where in the cell (n, places) the braking acceleration comes out below the limit; cm as on board."""
    climb = _single(100.0 * climb_m)
    up = climb / np.sqrt(_asides() * _asides() + climb * climb)
    limit, asked = _single(100.0 * accel_mps2), _single(jerk_mps3) * np.float32(100.0)
    most = limit / up
    per_second = 2.0 * (_single(snap_mps4) * np.float32(100.0)).astype(float) / math.pi
    edge = _single(asked / per_second)
    short = most < asked * edge
    edge = np.where(short, np.minimum(edge, np.sqrt(_single(most / per_second))), edge)
    jerk = np.where(short, _single(per_second * edge), asked)
    hold = np.where(short, np.float32(0.0), most / jerk - edge)
    first = -jerk * np.float32(0.5) * edge
    held = np.where(hold > 0.0, first + -jerk * hold, first)
    braking = held - first + -jerk * edge
    below: np.ndarray = np.abs(up * braking) < limit
    return below


@cache
def _asides() -> Single:
    """How far aside climbs end, cm: evenly spread over the cell, as likely one as the other."""
    part = (np.arange(CELL_PARTS) + 0.5) / CELL_PARTS * 100.0 * CELL_M
    north, east = np.meshgrid(part, EAST_SHARE * part)
    return _single(np.quantile(np.hypot(north, east), (np.arange(ASIDES) + 0.5) / ASIDES))


def _single(values: FloatArray) -> Single:
    return np.asarray(values, dtype=np.float32)
