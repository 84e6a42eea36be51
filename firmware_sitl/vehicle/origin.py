"""Local metres about the EKF's origin on ArduPilot's flat earth, and latitude and longitude."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, radians, remainder

LocalPoint = tuple[float, float, float]
"""Metres north, east and up of the origin."""

METRES_PER_DEGREE = 111318.84502145034
"""ArduPilot's flat earth: metres in a degree of latitude."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where local north, east and up are zero: home at power-on, the EKF's origin."""

    lat_deg: float
    lon_deg: float
    altitude_m: float

    def to_local(self, lat_deg: float, lon_deg: float) -> tuple[float, float]:
        """Metres north and east, the short way over the antimeridian."""
        scale = METRES_PER_DEGREE * cos(radians(0.5 * (lat_deg + self.lat_deg)))
        return (lat_deg - self.lat_deg) * METRES_PER_DEGREE, remainder(lon_deg - self.lon_deg, 360.0) * scale

    def to_global(self, north: float, east: float) -> tuple[float, float]:
        """Latitude and longitude, degrees."""
        lat = self.lat_deg + north / METRES_PER_DEGREE
        scale = METRES_PER_DEGREE * cos(radians(0.5 * (lat + self.lat_deg)))
        return lat, remainder(self.lon_deg + east / scale, 360.0)
