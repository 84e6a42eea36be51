"""What gusts do to the time of a leg: cost where the tilt limit binds, and scatter.

At the tilt limit a drone's ground speed goes with the wind. Where it falls short of the wanted speed the
leg's target waits; in a lull the drone flies no faster than wanted, so that a gust is not given back. And a
leg meets only so many gusts: their mean over its time is not nought, and a slow way against the wind
scatters.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from dfr.geo import FloatArray
from dfr.units import GRAVITY_MPS2

CROSS_GUST_SHARE = 0.8
"""Cross-wind over along-wind gust deviation (ESDU 85020 near the ground)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gusts:
    """Gusts at flight height over each path, shape (n,): deviation along the wind, and their length."""

    deviation_mps: FloatArray
    length_m: FloatArray

    def rows(self, index: np.ndarray) -> Gusts:
        """Those of some paths, in the order of an index."""
        return Gusts(deviation_mps=self.deviation_mps[index], length_m=self.length_m[index])


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """The ground speed of legs, (n, legs): its mean, the deviation that gusts leave it, and their time."""

    mean_mps: FloatArray
    deviation_mps: FloatArray
    gust_s: FloatArray


def pace(
    wanted: FloatArray,
    able: FloatArray,
    *,
    along: FloatArray,
    cross: FloatArray,
    lean: FloatArray,
    gusts: Gusts | None,
) -> Pace:
    """The pace of legs that want a speed and are able to another at the tilt limit, in a mean wind and gusts.

    At a fixed lean a drone takes the time constant v / (2 g lean) to a new wind, v its airspeed; a
    first-order gust that takes T to pass moves it by the root of T / (T + that).
    """
    if gusts is None:
        calm = np.zeros_like(able)
        return Pace(mean_mps=np.minimum(wanted, able), deviation_mps=calm, gust_s=calm)
    speed2 = np.maximum(along**2 + cross**2, 1e-9)
    toward = np.sqrt((along**2 + (CROSS_GUST_SHARE * cross) ** 2) / speed2)
    air = np.maximum(np.hypot(able - along, cross), 1.0)
    passes_s = gusts.length_m[:, None] / air
    felt = np.sqrt(passes_s / (passes_s + air / (2.0 * GRAVITY_MPS2 * lean)))
    deviation = gusts.deviation_mps[:, None] * toward * felt
    binds = ndtr((wanted - able) / np.maximum(deviation, 1e-9))
    return Pace(
        mean_mps=mean_of_lesser(wanted, able, deviation), deviation_mps=deviation * binds, gust_s=passes_s
    )


def mean_of_lesser(wanted: FloatArray, able: FloatArray, deviation: FloatArray) -> FloatArray:
    """Mean of the lesser of a wanted speed and one that varies normally about `able`, m/s.

    >>> round(float(mean_of_lesser(np.array(10.0), np.array(10.0), np.array(1.0))), 3)
    9.601
    """
    spread = np.maximum(deviation, 1e-9)
    over = (able - wanted) / spread
    lost = spread * (over * ndtr(over) + np.exp(-0.5 * over**2) / math.sqrt(2.0 * math.pi))
    return np.where(deviation > 0.0, able - lost, np.minimum(wanted, able))


def deviation_s(lengths_m: FloatArray, speed_mps: FloatArray, gusty: Pace) -> FloatArray:
    """Deviation of the time of paths from flight to flight, shape (n,): of their gusts' mean over each leg.

    The mean of a first-order process of time T over t >> T has the deviation sigma sqrt(2 T / t).
    """
    seconds = np.maximum(lengths_m / speed_mps, 1e-9)
    averaged = np.minimum(2.0 * gusty.gust_s / seconds, 1.0)
    legs = (seconds * gusty.deviation_mps / speed_mps) ** 2 * averaged
    scatter: FloatArray = np.sqrt(legs.sum(axis=1))
    return scatter
