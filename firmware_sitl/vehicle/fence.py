"""The geofence: polygons, circles, the circle about home, ceiling and floor, and what a breach does."""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot
from typing import TYPE_CHECKING

from firmware_sitl.vehicle import modes
from firmware_sitl.vehicle.items import (
    CIRCLE_INCLUDE,
    FENCE_EXCLUDE,
    FENCE_INCLUDE,
    FENCE_RETURN,
    Item,
)

if TYPE_CHECKING:
    from firmware_sitl.vehicle.body import Body
    from firmware_sitl.vehicle.vehicle import Vehicle

CEILING, CIRCLE, POLYGON, FLOOR = 1, 2, 4, 8
UNION_OF_INCLUSIONS = 2
"""FENCE_OPTIONS bit: inside any inclusion suffices; without it the vehicle must be inside all."""

GIVE_UP_M = 100.0
"""Outside the fence by more than this, the vehicle lands whatever the action says (ArduCopter)."""

NONE, RTL_OR_LAND, ALWAYS_LAND, SMART_OR_RTL_OR_LAND, BRAKE_OR_LAND, SMART_OR_LAND = range(6)

Corner = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """One inclusion or exclusion: a polygon (corners) or a circle (centre and radius), local metres."""

    inside: bool
    corners: tuple[Corner, ...] = ()
    centre: Corner = (0.0, 0.0)
    radius_m: float = 0.0

    def holds(self, north: float, east: float) -> bool:
        """Whether a point lies within the area."""
        if not self.corners:
            return hypot(north - self.centre[0], east - self.centre[1]) <= self.radius_m
        held = False
        before = self.corners[-1]
        for corner in self.corners:
            if (corner[1] > east) != (before[1] > east):
                share = (east - before[1]) / (corner[1] - before[1])
                if north < before[0] + share * (corner[0] - before[0]):
                    held = not held
            before = corner
        return held


class Fence:
    """The fence in force and its breaches."""

    def __init__(self, vehicle: Vehicle) -> None:
        self._vehicle = vehicle
        self.areas: tuple[Area, ...] = ()
        self.breached = 0
        self.breach_count = 0
        self.breach_t_s = 0.0
        self._backup_ceiling_m = 0.0
        self._backup_radius_m = 0.0

    @property
    def enabled(self) -> bool:
        """Whether a fence is watched."""
        return self._vehicle.parameters["FENCE_ENABLE"] != 0.0

    def load(self, items: list[Item]) -> None:
        """Take over a list of fence items, in local metres."""
        origin, areas, place = self._vehicle.craft.origin, [], 0
        while place < len(items):
            item = items[place]
            if item.command in (FENCE_INCLUDE, FENCE_EXCLUDE):
                count = int(item.params[0])
                corners = tuple(origin.local(i.lat_deg, i.lon_deg) for i in items[place : place + count])
                areas.append(Area(inside=item.command == FENCE_INCLUDE, corners=corners))
                place += count
                continue
            if item.command != FENCE_RETURN:
                centre = origin.local(item.lat_deg, item.lon_deg)
                inside = item.command == CIRCLE_INCLUDE
                areas.append(Area(inside=inside, centre=centre, radius_m=item.params[0]))
            place += 1
        self.areas = tuple(areas)

    def on_arming(self) -> None:
        """FENCE_AUTOENABLE 3: enabled on arming."""
        if self._vehicle.parameters["FENCE_AUTOENABLE"] == 3.0:
            self.enable(on=True)

    def enable(self, *, on: bool) -> None:
        """Watch the fence, or no longer."""
        self._vehicle.parameters["FENCE_ENABLE"] = 1.0 if on else 0.0
        if not on:
            self.breached = 0

    def allows(self, north: float, east: float, up: float) -> bool:
        """Whether a destination lies within the fence; always so where none is watched."""
        if not self.enabled:
            return True
        home = self._vehicle.craft.home
        return not self._breaches_at(north, east, up - home[2], margin_m=0.0)

    def breaches(self, body: Body) -> int:
        """Bits of the fences outside of which the body is."""
        return self._breaches_at(body.north, body.east, body.up - self._vehicle.craft.home[2])

    def watch(self, t_s: float) -> None:
        """Look for a new breach, and act on it."""
        vehicle = self._vehicle
        craft = vehicle.craft
        if not self.enabled or not craft.motors.armed or craft.landed:
            self.breached = 0
            self._backup_ceiling_m = self._backup_radius_m = 0.0
            return
        now = self.breaches(craft.body)
        new = now & ~self.breached
        further = self._moved_backups(now)
        self.breached = now
        if not new and not further:
            return
        self.breach_count += 1
        self.breach_t_s = t_s
        vehicle.say(4, f"{_names(new or now)} fence breached")
        self._act(now)

    def _breaches_at(self, north: float, east: float, height_m: float, *, margin_m: float = 0.0) -> int:
        parameters, craft = self._vehicle.parameters, self._vehicle.craft
        kinds, found = int(parameters["FENCE_TYPE"]), 0
        if kinds & CEILING and height_m >= parameters["FENCE_ALT_MAX"] - margin_m:
            found |= CEILING
        if kinds & FLOOR and height_m <= parameters["FENCE_ALT_MIN"]:
            found |= FLOOR
        away = hypot(north - craft.home[0], east - craft.home[1])
        if kinds & CIRCLE and away >= parameters["FENCE_RADIUS"]:
            found |= CIRCLE
        if kinds & POLYGON and not self._within_areas(north, east):
            found |= POLYGON
        return found

    def _within_areas(self, north: float, east: float) -> bool:
        if any(area.holds(north, east) for area in self.areas if not area.inside):
            return False
        inclusions = [area.holds(north, east) for area in self.areas if area.inside]
        if not inclusions:
            return True
        either = int(self._vehicle.parameters["FENCE_OPTIONS"]) & UNION_OF_INCLUSIONS
        return any(inclusions) if either else all(inclusions)

    def _moved_backups(self, now: int) -> bool:
        """Whether ceiling or circle is breached by another 20 m (ArduCopter's backup fences)."""
        craft, parameters, moved = self._vehicle.craft, self._vehicle.parameters, False
        if now & CEILING:
            ceiling = self._backup_ceiling_m or parameters["FENCE_ALT_MAX"] + 20.0
            moved = craft.height_m >= ceiling
            self._backup_ceiling_m = craft.height_m + 20.0 if moved else ceiling
        if now & CIRCLE:
            away = hypot(craft.body.north - craft.home[0], craft.body.east - craft.home[1])
            radius = self._backup_radius_m or parameters["FENCE_RADIUS"] + 20.0
            beyond = away >= radius
            self._backup_radius_m = away + 20.0 if beyond else radius
            moved = moved or beyond
        return moved

    def _act(self, now: int) -> None:
        vehicle, craft = self._vehicle, self._vehicle.craft
        action = int(vehicle.parameters["FENCE_ACTION"])
        if action == NONE:
            return
        over = craft.height_m - vehicle.parameters["FENCE_ALT_MAX"] if now & CEILING else 0.0
        away = hypot(craft.body.north - craft.home[0], craft.body.east - craft.home[1])
        out = away - vehicle.parameters["FENCE_RADIUS"] if now & CIRCLE else 0.0
        if max(over, out) > GIVE_UP_M or action == ALWAYS_LAND:
            vehicle.change_mode(modes.LAND, quiet=True)
            return
        wanted = {
            RTL_OR_LAND: (modes.RTL, modes.LAND),
            SMART_OR_RTL_OR_LAND: (modes.SMART_RTL, modes.RTL, modes.LAND),
            BRAKE_OR_LAND: (modes.BRAKE, modes.LAND),
            SMART_OR_LAND: (modes.SMART_RTL, modes.LAND),
        }.get(action, ())
        vehicle.first_mode_of(wanted)


def _names(bits: int) -> str:
    names = ((CEILING, "Max Alt"), (CIRCLE, "Circle"), (POLYGON, "Polygon"), (FLOOR, "Min Alt"))
    return "+".join(name for bit, name in names if bits & bit)
