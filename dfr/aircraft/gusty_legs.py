"""What gusts leave of a leg's ground speed, and how far its time spreads by them: `ground_speed_in_gusts`.

Gusts cost time where the tilt limit binds, and scatter it. At the limit a drone's ground speed goes with the
wind. Where it falls short of the wanted speed the leg's target waits; in a lull the drone flies no faster
than wanted, so that a gust is not given back. Gusts across the course count too: the drone holds its line
first, and the more of its airspeed that takes, the more a little more takes of the rest. And a leg meets only
so many gusts: their mean over its time is not zero, and a slow path against the wind scatters.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from dfr.geo import FloatArray
from dfr.normal import normal_cdf
from dfr.units import GRAVITY_MPS2

CROSS_GUST_SHARE = 0.8
"""Cross-wind over along-wind gust deviation (ESDU 85020 near the ground)."""

NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(9)
"""Deviations at which gusts across the course are taken, and how much each counts (Gauss and Hermite)."""

LEAST_AIRSPEED_MPS = 1.0
CALM_MPS = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Gusts:
    """Gusts at flight height over each path, shape (n,): deviation along the wind, and their length.

    A drone meets them as fast as it flies through the air; simulated ones that are the same `everywhere` come
    with the wind alone.
    """

    deviation_mps: FloatArray
    length_m: FloatArray
    everywhere: bool = False

    def rows(self, index: np.ndarray) -> Gusts:
        """Those of some paths, in the order of an index."""
        return replace(self, deviation_mps=self.deviation_mps[index], length_m=self.length_m[index])


@dataclass(frozen=True, slots=True, kw_only=True)
class GustySpeed:
    """The ground speed of legs, (n, legs): its mean, the deviation that gusts leave it, and their time."""

    mean_mps: FloatArray
    deviation_mps: FloatArray
    gust_s: FloatArray


def ground_speed_in_gusts(
    wanted: FloatArray,
    able: FloatArray,
    *,
    along: FloatArray,
    cross: FloatArray,
    lean: FloatArray,
    gusts: Gusts | None,
) -> GustySpeed:
    """Ground speed of legs that want a speed and are able to another at the tilt limit, in wind and gusts.

    At a fixed lean a drone takes the time constant v / (2 g lean) to a new wind, v its airspeed; a
    first-order gust that takes T to pass moves it by the root of T / (T + that).
    """
    if gusts is None:
        calm = np.zeros_like(able)
        return GustySpeed(mean_mps=np.minimum(wanted, able), deviation_mps=calm, gust_s=calm)
    wind = np.maximum(np.hypot(along, cross), CALM_MPS)
    air = np.maximum(np.hypot(able - along, cross), LEAST_AIRSPEED_MPS)
    passes_s = gusts.length_m[:, None] / (np.maximum(wind, 1.0) if gusts.everywhere else air)
    lag_s = air / (2.0 * GRAVITY_MPS2 * lean)
    deviation = gusts.deviation_mps[:, None] * np.sqrt(passes_s / (passes_s + lag_s))
    # The gusts' deviations along and across the course, of those along and across the wind.
    # In calm air they blow as if along it.
    cosine, sine = np.where(wind > CALM_MPS, along / wind, 1.0), np.where(wind > CALM_MPS, cross / wind, 0.0)
    lengthwise = np.hypot(cosine, CROSS_GUST_SHARE * sine)
    aside = np.hypot(sine, CROSS_GUST_SHARE * cosine)
    shared = (1.0 - CROSS_GUST_SHARE**2) * cosine * sine / (lengthwise * aside)
    rest = deviation * lengthwise * np.sqrt(1.0 - shared**2)
    # Moments about the wanted speed: far from the tilt limit nothing is left of them, to the last bit.
    mean, square = np.zeros_like(able), np.zeros_like(able)
    usual = np.sqrt(np.maximum(air**2 - cross**2, 0.0))
    for node, weight in zip(NODES, WEIGHTS / WEIGHTS.sum(), strict=True):
        spare = air**2 - (cross + deviation * aside * node) ** 2
        # Less than none where a gust blows the drone off its line: it has to come back to it.
        left = np.sign(spare) * np.sqrt(np.abs(spare))
        over = able - wanted + left - usual + deviation * lengthwise * shared * node
        first, second = moments_of_lesser(np.zeros_like(over), over, rest)
        mean, square = mean + weight * first, square + weight * second
    return GustySpeed(
        mean_mps=np.where(deviation > 0.0, wanted + mean, np.minimum(wanted, able)),
        deviation_mps=np.where(deviation > 0.0, np.sqrt(np.maximum(square - mean**2, 0.0)), 0.0),
        gust_s=passes_s + lag_s,
    )


def moments_of_lesser(
    wanted: FloatArray, able: FloatArray, deviation: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Mean and mean square of the lesser of a wanted speed and one that varies normally about `able`.

    >>> [round(float(moment), 3) for moment in moments_of_lesser(*np.array([10.0, 10.0, 1.0]))]
    [9.601, 92.521]
    """
    spread = np.maximum(deviation, 1e-9)
    over = (wanted - able) / spread
    below, density = normal_cdf(over), np.exp(-0.5 * over**2) / math.sqrt(2.0 * math.pi)
    mean = able * below - spread * density + wanted * (1.0 - below)
    square = (able**2 + spread**2) * below - spread * (wanted + able) * density + wanted**2 * (1.0 - below)
    return mean, square


def time_deviation_s(lengths_m: FloatArray, speed_mps: FloatArray, gusty: GustySpeed) -> FloatArray:
    """Deviation of the time of paths from flight to flight, shape (n,): of their gusts' mean over each leg.

    The mean of a first-order process of time T over t >> T has the deviation sigma sqrt(2 T / t).
    """
    seconds = np.maximum(lengths_m / speed_mps, 1e-9)
    averaged = np.minimum(2.0 * gusty.gust_s / seconds, 1.0)
    legs = (seconds * gusty.deviation_mps / speed_mps) ** 2 * averaged
    scatter: FloatArray = np.sqrt(legs.sum(axis=1))
    return scatter
