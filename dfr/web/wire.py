"""What comes over the wire: requests as checked values."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from dfr.errors import InputError
from dfr.geo import Position

MOST_CORNERS = 500


def object_of(body: bytes) -> dict[str, Any]:
    """The JSON object in a body; no body is an empty one. Raises InputError where it is not there."""
    try:
        document = json.loads(body or b"{}")
    except (ValueError, RecursionError) as error:
        raise InputError(f"not JSON: {error}", do="send a JSON object") from error
    if not isinstance(document, dict):
        raise InputError("no JSON object", do="send one")
    return document


def text_of(document: Mapping[str, Any], key: str) -> str:
    """A text of a document. Raises InputError where it is not there."""
    value = document.get(key)
    if not isinstance(value, str):
        raise InputError(f"{key} is missing", do="send it as text")
    return value


def number_of(document: Mapping[str, Any], key: str) -> float:
    """A number of a document. Raises InputError where it is not there."""
    value = document.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float) or not -1e15 < value < 1e15:
        raise InputError(f"{key} is missing", do="send it as a number")
    return float(value)


def whole_of(document: Mapping[str, Any], key: str) -> int:
    """A whole number of a document. Raises InputError for a fraction: nothing is rounded to a vehicle."""
    value = number_of(document, key)
    if not value.is_integer():
        raise InputError(f"{key} {value:g} is no whole number", do="send one")
    return int(value)


def int_of(query: Mapping[str, str], key: str) -> int:
    """A whole number of a query. Raises InputError where it is not there."""
    value = query.get(key, "")
    if not value.isdecimal() or len(value) > 9:
        raise InputError(f"{key}={value!r:.20} is no number", do="give one")
    return int(value)


def position_of(document: Mapping[str, Any]) -> Position:
    """The `lat_deg` and `lon_deg` of a document. Raises InputError where it is not there."""
    return Position(lat_deg=number_of(document, "lat_deg"), lon_deg=number_of(document, "lon_deg"))


def ring_of(document: Mapping[str, Any]) -> tuple[Position, ...]:
    """The `ring` of a document: [lon, lat] corners. Raises InputError where it is not there."""
    corners = document.get("ring")
    if not isinstance(corners, list) or not 3 <= len(corners) <= MOST_CORNERS:
        raise InputError("ring is missing", do=f"send 3 to {MOST_CORNERS} corners")
    pairs = [pair if isinstance(pair, list) and len(pair) == 2 else (None, None) for pair in corners]
    return tuple(position_of({"lon_deg": lon, "lat_deg": lat}) for lon, lat in pairs)
