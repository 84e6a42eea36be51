"""`QGC WPL 110`: one line per mission item, 12 tab-separated fields; item 0 is home.

It has no place for fence, rally points and parameters: whoever writes it says so (`HOLDS`).
"""

from __future__ import annotations

import math

from dfr.ardupilot.commands import Command, Frame
from dfr.errors import MissionFileError
from dfr.mission.formats.common import finite_number, mission_item, read_position, refuse_too_many
from dfr.mission.items import FlightPlan, MissionItem

HEADER = "QGC WPL 110"
FIELDS = 12


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


def read(data: bytes, *, name: str) -> FlightPlan:
    """The mission of a `.waypoints` file. Raises MissionFileError, with the line, for what it cannot hold."""
    lines = data.decode("utf-8-sig", errors="replace").splitlines()
    if not lines or lines[0].split() != HEADER.split():
        raise MissionFileError(f"{name}:1: {lines[:1]}", do=f"the first line must be {HEADER!r}")
    rows = [(finite_number, line) for finite_number, line in enumerate(lines[1:], start=2) if line.strip()]
    items = [
        _read_item(line, where=f"{name}:{row}", seq=seq)
        for seq, (row, line) in enumerate(refuse_too_many(rows, where=name))
    ]
    if not items or items[0].position is None:
        raise MissionFileError(f"{name}: no item 0 with a place", do="the first item is home")
    home, *rest = items
    assert home.position is not None
    return FlightPlan(
        name=name,
        home=home.position,
        home_m_amsl=home.z_m,
        items=tuple(rest),
        fence=(),
        rally=(),
        params={},
    )


def _item_line(seq: int, item: MissionItem) -> str:
    lat, lon = (0.0, 0.0) if item.position is None else (item.position.lat_deg, item.position.lon_deg)
    params = "\t".join(repr(value) for value in item.params)
    tail = f"{lat:.9f}\t{lon:.9f}\t{item.z_m:.6f}\t{int(item.autocontinue)}"
    return f"{seq}\t{int(seq == 0)}\t{int(item.frame)}\t{int(item.command)}\t{params}\t{tail}"


def _read_item(line: str, *, where: str, seq: int) -> MissionItem:
    fields = line.split("\t") if "\t" in line else line.split()
    if len(fields) != FIELDS:
        raise MissionFileError(f"{where}: {len(fields)} fields", do=f"give {FIELDS} fields")
    if _parse_integer(fields[0], where=where) != seq:
        raise MissionFileError(
            f"{where}: item {fields[0]}, but {seq} was due", do="number the items in order"
        )
    lat, lon, z_m = (finite_number(_parse_float(text, where=where), where=where) for text in fields[8:11])
    a, b, c, d = (_parse_float(text, where=where) for text in fields[4:8])
    if seq == 0:
        read_position(lat, lon, where=where)
    return mission_item(
        command=_parse_integer(fields[3], where=where),
        frame=_parse_integer(fields[2], where=where),
        params=(a, b, c, d),
        lat_deg=lat,
        lon_deg=lon,
        z_m=z_m,
        autocontinue=_parse_integer(fields[11], where=where) != 0,
        where=where,
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
