"""The only place where feet, knots, nautical miles and flight levels become SI."""

from __future__ import annotations

FOOT_M = 0.3048
"""International foot, exact (ICAO Annex 5)."""

NAUTICAL_MILE_M = 1852.0
"""International nautical mile, exact (ICAO Annex 5)."""

KNOT_MPS = NAUTICAL_MILE_M / 3600.0

GRAVITY_MPS2 = 9.80665
"""Standard gravity (ISO 80000-3)."""

AIR_DENSITY_KG_M3 = 1.225
"""ICAO standard atmosphere at mean sea level, 15 degrees C."""

QNH_STANDARD_HPA = 1013.25


def ft_to_m(feet: float) -> float:
    """Metres of so many feet.

    >>> ft_to_m(400)
    121.92
    """
    return feet * FOOT_M


def m_to_ft(metres: float) -> float:
    """Feet of so many metres."""
    return metres / FOOT_M


def nm_to_m(nautical_miles: float) -> float:
    """Metres of so many nautical miles.

    >>> nm_to_m(2)
    3704.0
    """
    return nautical_miles * NAUTICAL_MILE_M


def m_to_nm(metres: float) -> float:
    """Nautical miles of so many metres."""
    return metres / NAUTICAL_MILE_M


def kt_to_mps(knots: float) -> float:
    """Metres per second of so many knots."""
    return knots * KNOT_MPS


def mps_to_kt(mps: float) -> float:
    """Knots of so many metres per second."""
    return mps / KNOT_MPS


def flight_level_to_m_std(flight_level: float) -> float:
    """Pressure altitude of a flight level: metres above the 1013.25 hPa surface, not above mean sea level.

    >>> round(flight_level_to_m_std(65), 2)
    1981.2
    """
    return ft_to_m(flight_level * 100.0)


def wh_to_j(watt_hours: float) -> float:
    """Joules of so many watt-hours."""
    return watt_hours * 3600.0
