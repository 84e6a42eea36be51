"""Where a mission's landing sequence or return path is joined (DO_LAND_START, DO_RETURN_PATH_START)."""

from __future__ import annotations

from collections.abc import Iterator
from math import dist

from dfr.ardupilot.commands import Command
from dfr.ardupilot.kept import has_place
from firmware_sitl.vehicle.automatic import Auto
from firmware_sitl.vehicle.mission_order import is_navigation
from firmware_sitl.vehicle.navigation import Point


def landing_start(auto: Auto, here: Point) -> int | None:
    """The nearest Command.DO_LAND_START: by its own place, or by the place of what is flown after it."""
    found = [
        (dist(place, here), seq)
        for seq in auto.route.places_of(Command.DO_LAND_START)
        if (place := _own_place(auto, seq) or next((p for _, p in _places(auto, seq)), None)) is not None
    ]
    return min(found)[1] if found else None


def return_leg(auto: Auto, here: Point) -> int | None:
    """The end of the leg nearest to a point, of all legs that follow a Command.DO_RETURN_PATH_START."""
    found = []
    for start in auto.route.places_of(Command.DO_RETURN_PATH_START):
        before: Point | None = None
        for seq, place in _places(auto, start):
            away = dist(place, here) if before is None else _distance_to_leg(here, before, place)
            found.append((away, -seq))
            before = place
    return -min(found)[1] if found else None


def _own_place(auto: Auto, seq: int) -> Point | None:
    item = auto.plan.read(seq)
    return auto.place_of(item) if item is not None and (item.x or item.y) else None


def _places(auto: Auto, seq: int) -> Iterator[tuple[int, Point]]:
    """Items with a place that are flown after one, up to the landing sequence."""
    for later in range(seq + 1, auto.plan.count()):
        item = auto.plan.read(later)
        if item is None or item.command == Command.DO_LAND_START:
            return
        if is_navigation(item.command) and has_place(item.command) and (item.x or item.y):
            yield later, auto.place_of(item)


def _distance_to_leg(here: Point, start: Point, end: Point) -> float:
    along = tuple(b - a for a, b in zip(start, end, strict=True))
    length_squared = sum(part * part for part in along)
    if length_squared < 1e-9:
        return dist(here, end)
    share = sum((h - a) * d for h, a, d in zip(here, start, along, strict=True)) / length_squared
    share = min(max(share, 0.0), 1.0)
    return dist(here, tuple(a + share * d for a, d in zip(start, along, strict=True)))
