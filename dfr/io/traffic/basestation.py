"""SBS/BaseStation as receivers send it over TCP, port 30003 (`BaseStationParser`): a line a message.

A line tells a part: its call sign (MSG,1), its place and height (2, 3), its speed and track (4) or its height
(5, 7), after Kinetic's description of the socket data. Parts of one aircraft are put together while they are
fresh, and a report is given with each place. The times in a line are the receiver's local ones: they are
passed over, and a report counts as heard when it came in. Altitudes are pressure altitudes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from dfr.geo import Position, VerticalDatum
from dfr.io.traffic.heard import PRESSURE_ERROR_M, UNNAMED, HeardAircraft, name_of
from dfr.units import ft_to_m, kt_to_mps

MAX_LINE_BYTES = 512
"""A message has 22 fields and under 200 letters."""

MOST_AIRCRAFT = 2000
"""A receiver on a mountain hears some 400."""

PART_FRESH_S = 15.0
"""Speed, track and height of an aircraft are unknown after this (assumed: each is sent twice a second)."""

NAME, HEIGHT, SPEED, TRACK, LAT, LON, CLIMB, GROUND = 10, 11, 12, 13, 14, 15, 16, 21
FIELDS = 22
SOURCE = "sbs"


@dataclass
class _Parts:
    """What was last heard of an aircraft, each with the time at which it came."""

    heard_s: float
    name: str = ""
    height_ft: tuple[float, float] | None = None
    speed_kt: tuple[float, float] | None = None
    track_deg: tuple[float, float] | None = None
    climb_fpm: tuple[float, float] | None = None


class BaseStationParser:
    """Bytes as they come in, in pieces of any size; `corrupt` counts the lines that were dropped."""

    def __init__(self) -> None:
        self._rest = b""
        self._aircraft: dict[int, _Parts] = {}
        self.corrupt = 0

    def feed(self, data: bytes, *, now_s: float) -> list[HeardAircraft]:
        """The aircraft whose places are in the lines that end in these bytes."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > MAX_LINE_BYTES:
            self._rest = self._rest[: MAX_LINE_BYTES + 1]
        found = (self._read_line(line, now_s) for line in lines)
        return [heard for heard in found if heard is not None]

    def _read_line(self, line: bytes, now_s: float) -> HeardAircraft | None:
        fields = [field.strip() for field in line.decode("ascii", "replace").split(",")]
        if fields[0] != "MSG":
            self.corrupt += bool(line.strip()) and fields[0] not in ("STA", "SEL", "ID", "AIR", "CLK")
            return None
        icao = _read_address(fields[4]) if len(fields) == FIELDS and len(line) <= MAX_LINE_BYTES else None
        if icao is None:
            self.corrupt += 1
            return None
        parts = self._parts_of(icao, now_s)
        _note_parts(parts, fields, now_s)
        return _read_place(icao, parts, fields, now_s)

    def _parts_of(self, icao: int, now_s: float) -> _Parts:
        parts = self._aircraft.pop(icao, None) or _Parts(heard_s=now_s)
        parts.heard_s = now_s
        self._aircraft[icao] = parts  # the last in the order, as the freshest
        if len(self._aircraft) > MOST_AIRCRAFT:
            del self._aircraft[next(iter(self._aircraft))]
        return parts


def _note_parts(parts: _Parts, fields: list[str], now_s: float) -> None:
    parts.name = fields[NAME] or parts.name
    for name, place in (
        ("height_ft", HEIGHT),
        ("speed_kt", SPEED),
        ("track_deg", TRACK),
        ("climb_fpm", CLIMB),
    ):
        number = _read_number(fields[place])
        if number is not None:
            setattr(parts, name, (number, now_s))


def _read_place(icao: int, parts: _Parts, fields: list[str], now_s: float) -> HeardAircraft | None:
    lat_deg, lon_deg = _read_number(fields[LAT]), _read_number(fields[LON])
    if lat_deg is None or lon_deg is None or abs(lat_deg) > 90.0 or abs(lon_deg) > 180.0:
        return None
    height_ft, speed_kt = _fresh(parts.height_ft, now_s), _fresh(parts.speed_kt, now_s)
    track_deg, climb_fpm = _fresh(parts.track_deg, now_s), _fresh(parts.climb_fpm, now_s)
    return HeardAircraft(
        icao=icao,
        name=name_of(parts.name, icao),
        position=Position(lat_deg=lat_deg, lon_deg=lon_deg),
        height_m=None if height_ft is None else ft_to_m(height_ft),
        height_datum=VerticalDatum.FLIGHT_LEVEL,
        height_error_m=PRESSURE_ERROR_M,
        track_deg=None if track_deg is None else track_deg % 360.0,
        speed_mps=None if speed_kt is None else kt_to_mps(speed_kt),
        climb_mps=None if climb_fpm is None else ft_to_m(climb_fpm) / 60.0,
        accuracy_m=None,
        on_ground=fields[GROUND] in ("-1", "1"),
        source=SOURCE,
    )


def _fresh(part: tuple[float, float] | None, now_s: float) -> float | None:
    return part[0] if part is not None and now_s - part[1] <= PART_FRESH_S else None


def _read_address(text: str) -> int | None:
    """The ICAO address; one with a leading `~` is no aircraft's own."""
    digits = text.removeprefix("~")
    if not 0 < len(digits) <= 6 or set(digits.lower()) - set("0123456789abcdef"):
        return None
    return int(digits, 16) | (UNNAMED if text.startswith("~") else 0)


def _read_number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) and abs(number) < 1e6 else None
