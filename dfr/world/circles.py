"""Many points of geodesic circles at the cost of a few: azimuth in, latitude and longitude out.

Latitude and longitude on a geodesic circle are smooth, periodic functions of the azimuth whose k-th
harmonic falls as (radius / (R cos(latitude)))^k. Sixteen exact points (Karney 2013, by PROJ) therefore give
all others by trigonometric interpolation, to well under a millimetre for the circles taken here. The
western ones mirror the eastern.
"""

from __future__ import annotations

import numpy as np

from dfr.geo import GEOD, FloatArray

SAMPLES = 16
MOST_RATIO = 0.02
"""Largest radius, over the distance to the pole's axis, that is interpolated: 0.02^8 R is far below 1 um."""


def interpolates(lat_deg: FloatArray, radius_m: FloatArray) -> np.ndarray:
    """Which circles are small enough, elementwise."""
    return np.asarray(radius_m <= MOST_RATIO * GEOD.a * np.cos(np.radians(lat_deg)), bool)


def circle_points(
    lat_deg: FloatArray, lon_deg: FloatArray, radius_m: FloatArray, azimuth_deg: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """(lat, lon), shape (circles, azimuths), of small circles at the same azimuths."""
    count, half = len(lat_deg), SAMPLES // 2 + 1
    samples = np.arange(half) * 360.0 / SAMPLES
    centre_lat, centre_lon, radius = (np.repeat(column, half) for column in (lat_deg, lon_deg, radius_m))
    lon, lat, _ = GEOD.fwd(centre_lon, centre_lat, np.tile(samples, count), radius)
    east = ((np.asarray(lon) - centre_lon + 180.0) % 360.0 - 180.0).reshape(count, half)
    north = np.asarray(lat, float).reshape(count, half)
    weights = _weights(np.radians(azimuth_deg))
    found_lat = np.hstack((north, north[:, -2:0:-1])) @ weights
    found_lon = lon_deg[:, None] + np.hstack((east, -east[:, -2:0:-1])) @ weights
    return found_lat, found_lon


def _weights(azimuth_rad: FloatArray) -> FloatArray:
    """(samples, azimuths): how much each exact point counts at an azimuth (the periodic sinc)."""
    off = azimuth_rad[None, :] - (np.arange(SAMPLES) * 2.0 * np.pi / SAMPLES)[:, None]
    harmonics = np.arange(1, SAMPLES // 2)
    total = 1.0 + 2.0 * np.cos(harmonics[:, None, None] * off).sum(axis=0) + np.cos(SAMPLES / 2 * off)
    weights: FloatArray = total / SAMPLES
    return weights
