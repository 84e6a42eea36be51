"""Fence and rally files as Mission Planner and MAVProxy saved them before missions had lists of them.

A fence file has a line for each corner, `lat lng`, after a return point that copters do not use; the last
corner repeats the first. A rally file has lines `RALLY lat lng alt break_alt landdir flags`, metres above
home. Comments begin with `#`. Neither says where home is: the first place stands for it.
"""

from __future__ import annotations

from collections.abc import Iterator

from dfr.errors import MissionFileError
from dfr.geo import Position
from dfr.mission.formats.common import finite_number, read_position, refuse_too_many
from dfr.mission.items import FencePolygon, FlightPlan, RallyPoint

RALLY = "RALLY"
RALLY_FIELDS = 7
LEAST_LINES = 5
"""A return point, three corners, and the first corner again."""


def looks_like_one(data: bytes) -> bool:
    """Whether a text begins, comments aside, with a number or with RALLY.

    >>> looks_like_one(b"50.78 -1.09"), looks_like_one(b"QGC WPL 110")
    (True, False)
    """
    for line in data.decode("utf-8-sig", errors="replace").splitlines():
        if words := line.split("#")[0].split():
            return words[0].upper() == RALLY or words[0].lstrip("+-").replace(".", "", 1).isdigit()
    return False


def read(data: bytes, *, name: str) -> FlightPlan:
    """The fence or the rally points of a text file. Raises MissionFileError, with the line."""
    lines = data.decode("utf-8-sig", errors="replace").splitlines()
    rows = [
        (f"{name}:{number}", fields)
        for number, line in enumerate(lines, start=1)
        if (fields := line.split("#")[0].split())
    ]
    refuse_too_many(rows, where=name)
    if rows and rows[0][1][0].upper() == RALLY:
        points = tuple(_rally_points(rows))
        return _plan_of(name, points[0].position, rally=points)
    places = [_read_corner(where, fields) for where, fields in rows]
    if len(places) < LEAST_LINES or places[1] != places[-1]:
        raise MissionFileError(
            f"{name}: no mission, and no fence: {len(places)} places, and the last is not the second",
            do=f"a mission begins with 'QGC WPL 110'; a fence has a return point and corners, the first of "
            f"them again at the end ({LEAST_LINES} lines or more)",
        )
    area = FencePolygon(ring=tuple(places[1:-1]), inclusion=True)
    return _plan_of(name, places[0], fence=(area,))


def _plan_of(
    name: str, home: Position, *, fence: tuple[FencePolygon, ...] = (), rally: tuple[RallyPoint, ...] = ()
) -> FlightPlan:
    return FlightPlan(name=name, home=home, home_m_amsl=None, items=(), fence=fence, rally=rally, params={})


def _rally_points(rows: list[tuple[str, list[str]]]) -> Iterator[RallyPoint]:
    for where, fields in rows:
        if fields[0].upper() != RALLY or len(fields) != RALLY_FIELDS:
            raise MissionFileError(
                f"{where}: {' '.join(fields)[:60]!r}", do="RALLY lat lng alt break_alt landdir flags"
            )
        lat, lon, height_m = (_number(text, where) for text in fields[1:4])
        yield RallyPoint(position=read_position(lat, lon, where=where), height_m_home=height_m)


def _read_corner(where: str, fields: list[str]) -> Position:
    if len(fields) != 2:
        raise MissionFileError(f"{where}: {' '.join(fields)[:60]!r}", do="give latitude and longitude")
    lat, lon = (_number(text, where) for text in fields)
    return read_position(lat, lon, where=where)


def _number(text: str, where: str) -> float:
    try:
        return finite_number(float(text), where=where)
    except ValueError as error:
        raise MissionFileError(f"{where}: {text!r} is not a number") from error
