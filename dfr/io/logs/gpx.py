"""A GPX track as one `FlightLog`: places, altitudes and times of its points, and nothing else."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import BinaryIO

from dfr.errors import InputError
from dfr.findings import counted_noun
from dfr.io.airspace.safe_xml import Element, XmlTroubleError, local_name, read_elements
from dfr.io.logs.building import LogBuilder
from dfr.logs.model import FlightLog, Quantity

LOOKED_AT_BYTES = 4_096


def is_gpx(data: bytes) -> bool:
    """Whether bytes look like GPX.

    >>> is_gpx(b'<?xml version="1.0"?><gpx version="1.1">')
    True
    """
    return b"<gpx" in data[:LOOKED_AT_BYTES]


def read_gpx(file: BinaryIO, *, name: str) -> FlightLog:
    """The points of all its tracks. Raises InputError for unreadable XML and for points without times."""
    builder = LogBuilder(name=name, file_format="GPX")
    timeless = 0
    try:
        for point in read_elements(file, "trkpt"):
            timeless += not _take_point(builder, point)
    except XmlTroubleError as error:
        where = "" if error.line is None else f" line {error.line}"
        raise InputError(f"{name}{where}: {error}", do="export it again") from error
    if timeless:
        builder.notes.append(f"{counted_noun(timeless, 'point')} without a time left out")
    return builder.build_log()


def _take_point(builder: LogBuilder, point: Element) -> bool:
    """Take a point in; False for one without a time."""
    moment = _time_of_point(point)
    if moment is None:
        return False
    t_s = builder.clock.read_stamp(moment.timestamp())
    if t_s is None:
        return True
    builder.add_date(t_s, moment.timestamp())
    lat, lon = _parse_number(point.get("lat")), _parse_number(point.get("lon"))
    if abs(lat) <= 90.0 and abs(lon) <= 180.0:
        builder.add_value(Quantity.LAT_DEG, t_s, lat)
        builder.add_value(Quantity.LON_DEG, t_s, lon)
    altitude = _text_of_child(point, "ele")
    if altitude is not None:
        builder.add_value(Quantity.ALTITUDE_M_AMSL, t_s, _parse_number(altitude))
    return True


def _time_of_point(point: Element) -> datetime | None:
    text = _text_of_child(point, "time")
    try:
        found = None if text is None else datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
    except ValueError:
        return None
    if found is None:
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def _text_of_child(point: Element, name: str) -> str | None:
    return next((kid.text for kid in point if local_name(kid) == name and kid.text), None)


def _parse_number(text: str | None) -> float:
    try:
        return float(text or "")
    except ValueError:
        return math.nan
