"""`QGC WPL 110`: one line per mission item, 12 tab-separated fields; item 0 is home.

It has no place for fence, rally points and parameters: whoever writes it says so (`HOLDS`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from dfr.ardupilot.commands import Command, Frame, command_name
from dfr.ardupilot.items import Params, WireItem
from dfr.ardupilot.kept import FENCE_COMMANDS
from dfr.errors import MissionFileError
from dfr.geo import Position
from dfr.mission.formats.common import finite_number, mission_item, read_position, refuse_too_many
from dfr.mission.items import FlightPlan, MissionItem, RallyPoint
from dfr.mission.wire import DEGREE_INT, fence_from_wire

HEADER = "QGC WPL 110"
FIELDS = 12
HOME_COMMANDS = (0, Command.NAV_WAYPOINT)
FENCE_AREAS = FENCE_COMMANDS - {Command.NAV_FENCE_RETURN_POINT}
"""Copters have no return point of a fence."""

AREA_COMMANDS = FENCE_COMMANDS | {Command.NAV_RALLY_POINT}


def write(plan: FlightPlan) -> str:
    """The text of a `.waypoints` file: home and the mission, nothing else."""
    home = MissionItem(
        command=Command.NAV_WAYPOINT,
        frame=Frame.GLOBAL,
        position=plan.home,
        z_m=plan.home_m_amsl or 0.0,
    )
    lines = [_item_line(seq, item) for seq, item in enumerate((home, *plan.items))]
    return "\n".join([HEADER, *lines]) + "\n"


def read(data: bytes, *, name: str, home: Position | None = None) -> FlightPlan:
    """The mission, fence or rally points of a `.waypoints` file.

    Ground stations save each list in a file of its own; one that holds fence areas or rally points has no
    mission, and its home is the file's item 0 or its first place. `home` stands for an item 0 without a
    place. Raises MissionFileError, with the line.
    """
    lines = data.decode("utf-8-sig", errors="replace").splitlines()
    if not lines or lines[0].split() != HEADER.split():
        raise MissionFileError(f"{name}:1: {lines[:1]}", do=f"the first line must be {HEADER!r}")
    rows = [
        _split_row(line, where=f"{name}:{number}")
        for number, line in enumerate(lines[1:], start=2)
        if line.strip() and not line.startswith("#")
    ]
    refuse_too_many(rows, where=name)
    if any(row.command in FENCE_COMMANDS or row.command == Command.NAV_RALLY_POINT for row in rows):
        return _read_areas(rows, name=name)
    _refuse_unclear_jumps(rows, name=name)
    items = [_mission_item(row, is_home=place == 0) for place, row in enumerate(rows)]
    place = items[0].position if items else None
    here = place or home
    if here is None:
        raise MissionFileError(
            f"{name}: no item 0 with a place",
            do="the first item is home: save the file with it, or use `dfr mission-file convert --home`",
        )
    return FlightPlan(
        name=name,
        home=here,
        home_m_amsl=items[0].z_m if place else None,
        items=tuple(items[1:]),
        fence=(),
        rally=(),
        params={},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """A line of the file, as numbers."""

    where: str
    seq: int
    frame: int
    command: int
    params: Params
    lat_deg: float
    lon_deg: float
    z_m: float
    autocontinue: bool


def _read_areas(rows: list[_Row], *, name: str) -> FlightPlan:
    """A file of a fence or of rally points; the first row may be home."""
    head, rest = rows[0], rows[1:]
    areas = rest if head.command in HOME_COMMANDS else rows
    stray = next((row for row in areas if row.command not in AREA_COMMANDS), None)
    if stray is not None:
        raise MissionFileError(
            f"{stray.where}: {command_name(stray.command)} among fence areas and rally points",
            do="save the mission in a file of its own",
        )
    fence = tuple(_wire_item(row) for row in areas if row.command in FENCE_AREAS)
    rally = [row for row in areas if row.command == Command.NAV_RALLY_POINT]
    return FlightPlan(
        name=name,
        home=_place_of(head),
        home_m_amsl=head.z_m if head.command in HOME_COMMANDS else None,
        items=(),
        fence=fence_from_wire(fence),
        rally=tuple(
            RallyPoint(
                position=read_position(row.lat_deg, row.lon_deg, where=row.where), height_m_home=row.z_m
            )
            for row in rally
        ),
        params={},
    )


def _place_of(row: _Row) -> Position:
    return read_position(row.lat_deg, row.lon_deg, where=row.where)


def _wire_item(row: _Row) -> WireItem:
    place = _place_of(row)
    x, y = round(place.lat_deg * DEGREE_INT), round(place.lon_deg * DEGREE_INT)
    return WireItem(seq=row.seq, command=row.command, params=row.params, x=x, y=y)


def _refuse_unclear_jumps(rows: list[_Row], *, name: str) -> None:
    """Lines are flown in their order, as ground stations read them; jumps need numbers that agree."""
    in_order = all(row.seq == place for place, row in enumerate(rows))
    if not in_order and any(row.command == Command.DO_JUMP for row in rows):
        raise MissionFileError(
            f"{name}: the items are not numbered 0, 1, 2, ..., so that it is not clear where DO_JUMP leads",
            do="number the items in order",
        )


def _item_line(seq: int, item: MissionItem) -> str:
    lat, lon = item.numbers if item.position is None else (item.position.lat_deg, item.position.lon_deg)
    params = "\t".join(repr(value) for value in item.params)
    tail = f"{lat:.9f}\t{lon:.9f}\t{item.z_m:.6f}\t{int(item.autocontinue)}"
    return f"{seq}\t{int(seq == 0)}\t{int(item.frame)}\t{int(item.command)}\t{params}\t{tail}"


def _split_row(line: str, *, where: str) -> _Row:
    """A line's fields: between tabs, where an empty one is 0, or between blanks; autocontinue may lack."""
    fields = line.rstrip("\r\n").split("\t")
    if len(fields) != FIELDS or any(len(field.split()) > 1 for field in fields):
        fields = line.split()
    if len(fields) == FIELDS - 1:
        fields.append("1")
    if len(fields) != FIELDS:
        raise MissionFileError(
            f"{where}: {len(fields)} fields", do=f"give {FIELDS} fields, or {FIELDS - 1} without autocontinue"
        )
    texts = [field.strip() or "0" for field in fields]
    lat, lon, z_m = (finite_number(_parse_float(text, where=where), where=where) for text in texts[8:11])
    a, b, c, d = (_parse_float(text, where=where) for text in texts[4:8])
    return _Row(
        where=where,
        seq=_parse_integer(texts[0], where=where),
        frame=_parse_integer(texts[2], where=where),
        command=_parse_integer(texts[3], where=where),
        params=(a, b, c, d),
        lat_deg=lat,
        lon_deg=lon,
        z_m=z_m,
        autocontinue=_parse_integer(texts[11], where=where) != 0,
    )


def _mission_item(row: _Row, *, is_home: bool) -> MissionItem:
    """An item; Mission Planner writes command 0 for home."""
    if is_home:
        read_position(row.lat_deg, row.lon_deg, where=row.where)
    command = Command.NAV_WAYPOINT if is_home and row.command == 0 else row.command
    return mission_item(
        command=command,
        frame=row.frame,
        params=row.params,
        lat_deg=row.lat_deg,
        lon_deg=row.lon_deg,
        z_m=row.z_m,
        autocontinue=row.autocontinue,
        where=row.where,
    )


def _parse_integer(text: str, *, where: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise MissionFileError(f"{where}: {text!r} is not a whole number") from error


def _parse_float(text: str, *, where: str) -> float:
    try:
        value = float(text)
    except ValueError as error:
        raise MissionFileError(f"{where}: {text!r} is not a number") from error
    if math.isinf(value):
        raise MissionFileError(f"{where}: {text!r} is not finite")
    return value
