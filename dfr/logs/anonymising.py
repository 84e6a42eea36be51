"""A flight log without its place, its date and what names a drone or a person, for sharing it.

Shifted, its first lift-off is at a place in the sea and everything else as far and in the same direction from
it as it was; cut, it has no place at all. What stays: motion, heights above home, attitude, power, modes,
arming, errors, wind. What goes: altitudes above the sea, heights above terrain, dates, texts, missions with
heights of a place, and parameters that number a device or count its life.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from dfr.ardupilot.commands import TERRAIN_FRAMES, Frame
from dfr.geo import LocalFrame, Position
from dfr.logs.flights import find_flights
from dfr.logs.model import EventKind, FlightLog, Quantity, Series
from dfr.mission.items import MissionItem

SEA = Position(lat_deg=1.0, lon_deg=1.0)
"""In the Gulf of Guinea, where nobody flies; not 0, 0, which readers take for no position."""

NAMING = re.compile(
    r"_ID\d*$|_ID_|^ID_|SERIAL|SYSID|^STAT_|DEVID|_DEV_|^SR\d|UUID|_LAT$|_LON$|_LNG$|_LATITUDE"
)
"""Parameters that number a device, count its life, or hold a place."""

FARTHEST_M = 50_000.0
"""A place farther from the first one is damage, and is left out."""

HEIGHTS_OF_PLACE = TERRAIN_FRAMES | {Frame.GLOBAL, Frame.GLOBAL_INT}
"""Frames whose heights tell how high the ground is."""

KEPT_EVENTS = frozenset(EventKind) - {EventKind.MESSAGE}


def anonymise_log(log: FlightLog, *, cut: bool = False) -> FlightLog:
    """The log without place and date; `cut` leaves every position out, else they are shifted."""
    series: dict[Quantity, Series] = dict(log.series)
    series.pop(Quantity.LAT_DEG, None)
    series.pop(Quantity.LON_DEG, None)
    series.pop(Quantity.HEIGHT_M_TERRAIN, None)
    altitude = series.get(Quantity.ALTITUDE_M_AMSL)
    if altitude is not None:
        series[Quantity.ALTITUDE_M_AMSL] = replace(altitude, values=altitude.values - altitude.values[0])
    missions: tuple[tuple[MissionItem, ...], ...] = ()
    home = _first_place(log)
    if home is not None and not cut:
        series |= dict(_shifted_places(log, home))
        missions = tuple(filter(None, (_shifted_mission(items, home) for items in log.missions)))
    return replace(
        log,
        name="flight",
        series=series,
        begins_at=None,
        parameters={key: value for key, value in log.parameters.items() if not NAMING.search(key)},
        missions=missions,
        events=tuple(event for event in log.events if event.kind in KEPT_EVENTS),
        systems=(),
        notes=(),
    )


def _first_place(log: FlightLog) -> Position | None:
    """Where its first flight lifts off, else its first place; None without any."""
    home = next((flight.home for flight in find_flights(log) if flight.home is not None), None)
    lat, lon = log.series.get(Quantity.LAT_DEG), log.series.get(Quantity.LON_DEG)
    if home is None and lat is not None and lon is not None:
        return Position(lat_deg=float(lat.values[0]), lon_deg=float(lon.values[0]))
    return home


def _shifted_places(log: FlightLog, home: Position) -> Iterator[tuple[Quantity, Series]]:
    lat, lon = log.series[Quantity.LAT_DEG], log.series[Quantity.LON_DEG]
    t_s = np.unique(np.concatenate([lat.t_s, lon.t_s]))
    east, north = LocalFrame(home).to_enu(lat.at(t_s), lon.at(t_s))
    near = np.hypot(east, north) < FARTHEST_M
    moved_lat, moved_lon = LocalFrame(SEA).to_geodetic(east[near], north[near])
    yield Quantity.LAT_DEG, Series(t_s=t_s[near], values=moved_lat)
    yield Quantity.LON_DEG, Series(t_s=t_s[near], values=moved_lon)


def _shifted_mission(items: Sequence[MissionItem], home: Position) -> tuple[MissionItem, ...]:
    """A mission as far from the sea's place as it was from home; empty where its heights are of a place."""
    if any(item.position is not None and item.frame in HEIGHTS_OF_PLACE for item in items):
        return ()
    return tuple(_shifted_item(item, home) for item in items)


def _shifted_item(item: MissionItem, home: Position) -> MissionItem:
    if item.position is None:
        return item
    east, north = LocalFrame(home).point(item.position)
    if not math.hypot(east, north) < FARTHEST_M:
        return replace(item, position=None)
    return replace(item, position=LocalFrame(SEA).position(east, north))
