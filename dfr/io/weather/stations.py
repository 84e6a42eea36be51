"""Where weather stations are: the aerodromes of `airportsdata`, which is read only when one is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from dfr.geo import Position

FARTHEST_M = 50_000.0
"""Farther than this a station's weather is not the site's (assumed: a front or a sea breeze wide)."""


def station_position(icao: str) -> Position | None:
    """The position of an aerodrome by its ICAO indicator; None where the table does not hold it.

    >>> str(station_position("EGHI"))
    '50.95030 N 1.35680 W'
    """
    row = _table().get(icao)
    return None if row is None else Position(lat_deg=float(row["lat"]), lon_deg=float(row["lon"]))


@cache
def _table() -> Mapping[str, Any]:
    """The aerodromes by ICAO indicator (airportsdata, MIT licence)."""
    import airportsdata  # 28,000 rows that few runs need

    return airportsdata.load("ICAO")
