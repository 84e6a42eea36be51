"""In which set of rules' countries a place lies, by coarse outlines that say where they do not know.

The outlines (`countries.json`, [lon, lat]) are drawn about the aerodromes of each country (airportsdata, MIT
licence): 40 to 60 km around its own, less as much around those of its neighbours. Inside one, the country is
sure; within a degree outside, and along every border, it is undecided.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from importlib.resources import files

import shapely

from dfr.geo import Position

UNDECIDED_DEG = 1.0


class CountryFit(StrEnum):
    """Whether a place is in the countries of a set of rules."""

    INSIDE = "inside"
    UNDECIDED = "undecided"
    OUTSIDE = "outside"


def country_fit(jurisdiction: str, position: Position) -> CountryFit:
    """Whether a place lies in the countries of a set of rules; `outside` where it has no outline.

    >>> country_fit("uk", Position(lat_deg=50.78, lon_deg=-1.09))
    <CountryFit.INSIDE: 'inside'>
    """
    outline = _country_outlines().get(jurisdiction)
    if outline is None:
        return CountryFit.OUTSIDE
    away_deg = float(shapely.distance(outline, shapely.Point(position.lon_deg, position.lat_deg)))
    return (
        CountryFit.INSIDE
        if away_deg <= 0.0
        else CountryFit.UNDECIDED
        if away_deg < UNDECIDED_DEG
        else CountryFit.OUTSIDE
    )


def rules_at(position: Position) -> tuple[str, ...]:
    """The sets of rules of the countries in which a place surely is."""
    return tuple(key for key in _country_outlines() if country_fit(key, position) is CountryFit.INSIDE)


def swap_coordinates(position: Position) -> Position | None:
    """The place with latitude and longitude exchanged; None where there is no such place."""
    if abs(position.lon_deg) > 90.0:
        return None
    return Position(lat_deg=position.lon_deg, lon_deg=position.lat_deg)


@cache
def _country_outlines() -> Mapping[str, shapely.MultiPolygon]:
    raw = json.loads(files("dfr.world").joinpath("countries.json").read_text("utf-8"))
    return {
        key: shapely.MultiPolygon([shapely.Polygon(rings[0], rings[1:]) for rings in parts])
        for key, parts in raw.items()
    }
