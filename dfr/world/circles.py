"""Many points of geodesic circles at the cost of a few: azimuth in, latitude and longitude out.

Latitude and longitude on a geodesic circle are smooth, periodic functions of the azimuth: the first even,
the second odd about the meridian of the centre, and their k-th harmonic falls as
(radius / (R cos(latitude)))^k. Nine exact points of the eastern half (Karney 2013, by PROJ) therefore give
all others by a Fourier series, to well under a millimetre for the circles taken here.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dfr.geo import GEOD, FloatArray

SAMPLES = 16
EASTERN = SAMPLES // 2 + 1
"""Exact points from north by east to south, and harmonics, from the zeroth."""

MOST_RATIO = 0.02
"""Largest radius, over the distance to the pole's axis, that is interpolated: 0.02^8 R is far below 1 um."""


TOLERANCE_M = 1e-4
"""Harmonics smaller than this are left away."""


def interpolates(lat_deg: FloatArray, radius_m: FloatArray) -> np.ndarray:
    """Which circles are small enough, elementwise."""
    return np.asarray(radius_m <= MOST_RATIO * GEOD.a * np.cos(np.radians(lat_deg)), bool)


def circle_points(
    lat_deg: FloatArray, lon_deg: FloatArray, radius_m: FloatArray, azimuth_deg: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """(lat, lon), shape (circles, azimuths), of small circles at the same azimuths."""
    north, east = harmonics(lat_deg, lon_deg, radius_m)
    cosines, sines = _waves(np.radians(azimuth_deg))
    return north @ cosines, lon_deg[:, None] + east @ sines


def even_circles(lat_deg: FloatArray, lon_deg: FloatArray, radius_m: FloatArray, count: int) -> FloatArray:
    """(circles, count, 2): lon and lat of `count` points, half a step from north and even steps apart."""
    half = (count + 1) // 2
    north, east = harmonics(lat_deg, lon_deg, radius_m)
    cosines, sines = _even_waves(count)
    found = np.empty((len(lat_deg), count, 2))
    found[:, :half, 1], found[:, :half, 0] = north @ cosines, east @ sines
    found[:, half:, 1] = found[:, : count - half, 1][:, ::-1]
    found[:, half:, 0] = -found[:, : count - half, 0][:, ::-1]
    found[:, :, 0] += lon_deg[:, None]
    return found


class Bands(NamedTuple):
    """Rings of ground, each between two small circles about a centre."""

    lat_deg: FloatArray
    lon_deg: FloatArray
    near_m: FloatArray
    far_m: FloatArray

    def points(
        self, which: NDArray[np.int64], azimuth_rad: FloatArray, radius_m: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """(lat, lon) of points, each at an azimuth and a radius in the band `which`.

        Between circles 100 m apart a position goes evenly with the radius, to about a millimetre.
        """
        share = (radius_m - self.near_m[which]) / (self.far_m - self.near_m)[which]
        inner, outer = (harmonics(self.lat_deg, self.lon_deg, m) for m in (self.near_m, self.far_m))
        lat, lon = np.zeros(len(which)), self.lon_deg[which]
        cosine, sine = np.ones(len(which)), np.zeros(len(which))
        first_cosine, first_sine = np.cos(azimuth_rad), np.sin(azimuth_rad)
        for k in range(self._harmonics()):
            north, east = ((a[:, k], (b - a)[:, k]) for a, b in zip(inner, outer, strict=True))
            lat += cosine * (north[0][which] + share * north[1][which])
            lon += sine * (east[0][which] + share * east[1][which])
            cosine, sine = (
                cosine * first_cosine - sine * first_sine,
                sine * first_cosine + cosine * first_sine,
            )
        return lat, lon

    def _harmonics(self) -> int:
        """How many are as large as the tolerance."""
        ratio = float((self.far_m / (GEOD.a * np.cos(np.radians(self.lat_deg)))).max())
        return min(int(np.ceil(np.log(TOLERANCE_M / GEOD.a) / np.log(ratio))) + 1, EASTERN)


def harmonics(
    lat_deg: FloatArray, lon_deg: FloatArray, radius_m: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """(factors of cos(k azimuth) in the latitude, of sin(k azimuth) in the longitude less the centre's).

    Both have the shape (circles, 9); degrees.
    """
    count = len(lat_deg)
    samples_deg = np.arange(EASTERN) * 360.0 / SAMPLES
    centre_lat, centre_lon, radius = (np.repeat(column, EASTERN) for column in (lat_deg, lon_deg, radius_m))
    lon, lat, _ = GEOD.fwd(centre_lon, centre_lat, np.tile(samples_deg, count), radius)
    east = (np.asarray(lon) - centre_lon + 180.0) % 360.0 - 180.0
    return np.asarray(lat, float).reshape(count, EASTERN) @ _COSINE, east.reshape(count, EASTERN) @ _SINE


def _waves(azimuth_rad: FloatArray) -> tuple[FloatArray, FloatArray]:
    """(cos(k azimuth), sin(k azimuth)), shape (9, azimuths)."""
    angle = np.arange(EASTERN)[:, None] * azimuth_rad[None, :]
    return np.cos(angle), np.sin(angle)


@lru_cache(maxsize=64)
def _even_waves(count: int) -> tuple[FloatArray, FloatArray]:
    """The waves at the eastern of even azimuths, half a step from north; at most 600 of them."""
    return _waves((np.arange((count + 1) // 2) + 0.5) * 2.0 * np.pi / count)


def _transforms() -> tuple[FloatArray, FloatArray]:
    """From eastern points to factors of cosines and of sines: the discrete Fourier transform, folded."""
    cosines, sines = _waves(np.arange(EASTERN) * 2.0 * np.pi / SAMPLES)
    twice = np.full(EASTERN, 2.0)
    twice[[0, -1]] = 1.0
    return cosines * np.outer(twice, twice) / SAMPLES, sines * np.outer(twice, twice) / SAMPLES


_COSINE, _SINE = _transforms()
