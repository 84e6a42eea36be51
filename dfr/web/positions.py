"""Positions as the plan page shows and finds them: the grid reference of a place, a place from a text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dfr.errors import InputError
from dfr.geo import Position, os_grid_reference
from dfr.io.places import mgrs_reference, read_place


def describe_place(position: Position) -> dict[str, Any]:
    """A place with its reference on the Ordnance Survey grid, or where that ends on the MGRS."""
    return {**position.as_dict(), "grid": os_grid_reference(position) or mgrs_reference(position) or ""}


def find_place(text: str) -> dict[str, Any]:
    """The place that a text names by coordinates. Raises InputError for any other text."""
    found = read_place(text)
    words = f"{found.notation}: {found.position}, to {max(1.0, found.within_m):.0f} m"
    return {**found.position.as_dict(), "words": words}


def place_of(query: Mapping[str, str]) -> Position:
    """The `lat` and `lon` of a query. Raises InputError where one is missing or no number."""
    try:
        return Position(lat_deg=float(query["lat"]), lon_deg=float(query["lon"]))
    except (KeyError, ValueError) as error:
        raise InputError("lat or lon is not a number", do="give both in degrees") from error
