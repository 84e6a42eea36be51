"""The geofence: areas, ceiling, floor and circle; breaches of it, and its checks before arming."""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot, inf

from dfr.ardupilot.commands import Command
from dfr.ardupilot.items import WireItem
from dfr.ardupilot.kept import FENCE_POLYGONS
from firmware_sitl.vehicle.aircraft import Aircraft
from firmware_sitl.vehicle.body import Body
from firmware_sitl.vehicle.parameters import Parameters

CEILING, CIRCLE, POLYGON, FLOOR = 1, 2, 4, 8
ARMING = CEILING | CIRCLE | POLYGON
ALL = ARMING | FLOOR
"""Kinds of fence, as bits of FENCE_TYPE."""

ON_TAKEOFF, FLOOR_ONLY, WHEN_ARMED = 1.0, 2.0, 3.0
"""FENCE_AUTOENABLE: on from a takeoff to the landing; that, with only the floor off for it; while armed."""

LOWEST_FLOOR_M = -100.0

MODE_IS_KEPT = 1
"""FENCE_OPTIONS bit: what the fence has chosen is flown until the aircraft is inside again."""

UNION_OF_INCLUSIONS = 2
"""FENCE_OPTIONS bit: inside any inclusion suffices; without it the vehicle must be inside all."""

BACKUP_M = 20.0
"""Outside by so much more, a breach counts as a new one (ArduCopter's backup fences)."""

RECOVERY_S = 10.0
"""Seconds after a change of mode in which a pilot may bring it back, and no breach acts."""

REPORT_ONLY = 0
"""FENCE_ACTION: a breach is reported, and nothing else is done."""

Corner = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class FenceArea:
    """One inclusion or exclusion: a polygon (corners) or a circle (centre and radius), local metres."""

    inside: bool
    corners: tuple[Corner, ...] = ()
    centre: Corner = (0.0, 0.0)
    radius_m: float = 0.0

    def contains_point(self, north: float, east: float) -> bool:
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

    def __init__(self, aircraft: Aircraft) -> None:
        self._craft, self._parameters = aircraft, aircraft.parameters
        self.areas: tuple[FenceArea, ...] = ()
        self.breached = 0
        self.breach_count = 0
        self.breach_t_s = 0.0
        self.chose_mode = False
        self._kinds = 0
        self._switches = (0.0, 0.0)
        self._floor_stays_on = self._floor_stays_off = False
        self._backup_ceiling_m = self._backup_radius_m = 0.0
        self._recovering_until_s = 0.0

    @property
    def present(self) -> int:
        """Bits of the fences that FENCE_TYPE asks for and that exist."""
        kinds = int(self._parameters["FENCE_TYPE"])
        return kinds & (ALL if self.areas else ALL & ~POLYGON)

    @property
    def enabled(self) -> bool:
        """Whether a fence is watched."""
        self._heed_switch()
        return self._kinds != 0

    @property
    def watched(self) -> int:
        """Bits of the fences watched."""
        self._heed_switch()
        return self._kinds & self.present

    @property
    def keeps_mode(self) -> bool:
        """Whether the mode may not be changed: the fence chose it, and the aircraft is still outside."""
        kept = int(self._parameters["FENCE_OPTIONS"]) & MODE_IS_KEPT
        return bool(kept and self.enabled and self.breached and self.chose_mode)

    def safe_ceiling_m(self) -> float:
        """The height above home that a return keeps under: FENCE_MARGIN below the ceiling, if that is on."""
        self._heed_switch()
        parameters = self._parameters
        return parameters["FENCE_ALT_MAX"] - parameters["FENCE_MARGIN"] if self._kinds & CEILING else inf

    def _heed_switch(self) -> None:
        """FENCE_ENABLE switches what FENCE_TYPE says, but for the floor, where a switch has changed."""
        parameters = self._parameters
        switches = parameters["FENCE_ENABLE"], parameters["FENCE_AUTOENABLE"]
        if switches != self._switches:
            self._switches = switches
            self._kinds = int(parameters["FENCE_TYPE"]) & ~FLOOR if switches[0] else 0

    def load_items(self, items: list[WireItem]) -> None:
        """Take over a list of fence items, in local metres."""
        origin, areas, place = self._craft.origin, [], 0
        while place < len(items):
            item = items[place]
            if item.command in FENCE_POLYGONS:
                count = int(item.params[0])
                corners = tuple(origin.to_local(i.lat_deg, i.lon_deg) for i in items[place : place + count])
                areas.append(
                    FenceArea(
                        inside=item.command == Command.NAV_FENCE_POLYGON_VERTEX_INCLUSION, corners=corners
                    )
                )
                place += count
                continue
            if item.command != Command.NAV_FENCE_RETURN_POINT:
                centre = origin.to_local(item.lat_deg, item.lon_deg)
                inside = item.command == Command.NAV_FENCE_CIRCLE_INCLUSION
                areas.append(FenceArea(inside=inside, centre=centre, radius_m=item.params[0]))
            place += 1
        self.areas = tuple(areas)

    def on_arming(self) -> None:
        """FENCE_AUTOENABLE 3: enabled on arming."""
        if self._parameters["FENCE_AUTOENABLE"] == WHEN_ARMED:
            self._floor_stays_on = self._floor_stays_off = False
            self._switch_kinds("auto-enabled", on=True, kinds=ARMING)

    def on_takeoff(self) -> None:
        """FENCE_AUTOENABLE 1 and 2: enabled once a commanded takeoff has reached its height."""
        if self._parameters["FENCE_AUTOENABLE"] in (ON_TAKEOFF, FLOOR_ONLY):
            self._floor_stays_on = self._floor_stays_off = False
            self._switch_kinds("auto-enabled", on=True, kinds=ALL)

    def on_disarming(self) -> None:
        """FENCE_AUTOENABLE 3: disabled on disarming."""
        if self._parameters["FENCE_AUTOENABLE"] == WHEN_ARMED:
            self._switch_kinds("auto-disabled", on=False, kinds=ALL)

    def on_mode_change(self, t_s: float) -> None:
        """Whoever changes the mode outside the fence has ten seconds to bring the aircraft back."""
        if self.breached and int(self._parameters["FENCE_ACTION"]) != REPORT_ONLY:
            self._recovering_until_s = t_s + RECOVERY_S
            self._craft.say(6, "Manual recovery started")

    def enable_kinds(self, *, on: bool, kinds: int = ALL) -> None:
        """Begin or stop watching some fences."""
        if kinds & int(self._parameters["FENCE_TYPE"]) & FLOOR:
            self._floor_stays_on, self._floor_stays_off = on, not on
        self._set_kinds(on=on, kinds=kinds)

    def _set_kinds(self, *, on: bool, kinds: int) -> int:
        """Switch fences that FENCE_TYPE asks for; bits of those that changed."""
        self._heed_switch()
        before, kinds = self._kinds, kinds & int(self._parameters["FENCE_TYPE"])
        self._kinds = before | kinds if on else before & ~kinds
        changed = before ^ self._kinds
        if not on:
            self.breached &= ~changed
        return changed

    def _switch_kinds(self, what: str, *, on: bool, kinds: int) -> None:
        changed = self._set_kinds(on=on, kinds=kinds)
        if changed:
            self._craft.say(5, f"{fence_names(changed)} {what}")

    def allows_point(self, north: float, east: float, up: float) -> bool:
        """Whether a destination lies within the fences watched."""
        return not self._breaches_at(north, east, up - self._craft.home[2])

    def find_breaches(self, body: Body) -> int:
        """Bits of the fences outside of which the body is."""
        return self._breaches_at(body.north, body.east, body.up - self._craft.home[2])

    def watch_breaches(self, t_s: float, *, position_ok: bool, landing: bool) -> int:
        """Look for a new breach: bits of the fences whose breach calls for an action, 0 for none."""
        aircraft = self._craft
        self._mind_the_floor(landing=landing)
        if not position_ok:
            return 0
        now, before = self.find_breaches(aircraft.body), self.breached
        new = (now & ~before) | self._moved_backups(now)
        self.breached = now
        if before and not now and not aircraft.landed:
            aircraft.say(5, "Fence breach cleared")
        if not new:
            return 0
        self.breach_count += 1
        self.breach_t_s = self.breach_t_s if before else t_s
        if t_s < self._recovering_until_s or not aircraft.motors.armed:
            return 0
        if not aircraft.landed:
            aircraft.say(5, f"{fence_names(new)} breached")
        return new

    def _mind_the_floor(self, *, landing: bool) -> None:
        """The floor counts once the aircraft has been above it, and no longer when it lands.

        With FENCE_AUTOENABLE 1 no fence counts then.
        """
        aircraft, parameters = self._craft, self._parameters
        if landing or aircraft.landed or not aircraft.motors.armed:
            kinds = ALL if parameters["FENCE_AUTOENABLE"] == ON_TAKEOFF else FLOOR
            self._switch_kinds(
                "auto-disabled", on=False, kinds=kinds & ~FLOOR if self._floor_stays_on else kinds
            )
            return
        wanted = int(parameters["FENCE_TYPE"]) & FLOOR and not self._floor_stays_off
        switched = parameters["FENCE_ENABLE"] or parameters["FENCE_AUTOENABLE"] in (FLOOR_ONLY, WHEN_ARMED)
        above = aircraft.height_m >= parameters["FENCE_ALT_MIN"] + parameters["FENCE_MARGIN"]
        if wanted and switched and above and not self._kinds & FLOOR:
            self._set_kinds(on=True, kinds=FLOOR)
            aircraft.say(5, "Min Alt fence enabled (auto enable)")

    def _breaches_at(self, north: float, east: float, height_m: float) -> int:
        parameters, aircraft = self._parameters, self._craft
        kinds, found = self.watched, 0
        if kinds & CEILING and height_m >= parameters["FENCE_ALT_MAX"]:
            found |= CEILING
        if kinds & FLOOR and height_m <= parameters["FENCE_ALT_MIN"]:
            found |= FLOOR
        away = hypot(north - aircraft.home[0], east - aircraft.home[1])
        if kinds & CIRCLE and away >= parameters["FENCE_RADIUS"]:
            found |= CIRCLE
        if kinds & POLYGON and not self._within_areas(north, east):
            found |= POLYGON
        return found

    def _within_areas(self, north: float, east: float) -> bool:
        if any(area.contains_point(north, east) for area in self.areas if not area.inside):
            return False
        inclusions = [area.contains_point(north, east) for area in self.areas if area.inside]
        if not inclusions:
            return True
        either = int(self._parameters["FENCE_OPTIONS"]) & UNION_OF_INCLUSIONS
        return any(inclusions) if either else all(inclusions)

    def _moved_backups(self, now: int) -> int:
        """Bits of ceiling and circle where they are breached by another 20 m (ArduCopter's backup fences)."""
        aircraft, body, moved = self._craft, self._craft.body, 0
        away = hypot(body.north - aircraft.home[0], body.east - aircraft.home[1])
        if not now & CEILING:
            self._backup_ceiling_m = 0.0
        elif aircraft.height_m >= self._backup_ceiling_m:
            moved |= CEILING
            self._backup_ceiling_m = aircraft.height_m + BACKUP_M
        if not now & CIRCLE:
            self._backup_radius_m = 0.0
        elif away >= self._backup_radius_m:
            moved |= CIRCLE
            self._backup_radius_m = away + BACKUP_M
        return moved

    def outside_m(self, kinds: int) -> float:
        """How far outside ceiling, floor or circle."""
        aircraft, parameters = self._craft, self._parameters
        away = hypot(aircraft.body.north - aircraft.home[0], aircraft.body.east - aircraft.home[1])
        distances = (
            (CEILING, aircraft.height_m - parameters["FENCE_ALT_MAX"]),
            (FLOOR, parameters["FENCE_ALT_MIN"] - aircraft.height_m),
            (CIRCLE, away - parameters["FENCE_RADIUS"]),
        )
        return max((distance for kind, distance in distances if kinds & kind), default=0.0)


def fence_names(bits: int) -> str:
    """As ArduCopter names fences.

    >>> fence_names(CEILING), fence_names(CEILING | CIRCLE | POLYGON)
    ('Max Alt fence', 'Max Alt, Circle and Polygon fences')
    """
    names = ((CEILING, "Max Alt"), (CIRCLE, "Circle"), (POLYGON, "Polygon"), (FLOOR, "Min Alt"))
    found = [name for bit, name in names if bits & bit]
    if len(found) < 2:
        return f"{found[0] if found else ''} fence"
    return f"{', '.join(found[:-1])} and {found[-1]} fences"


def fence_problem(fence: Fence, parameters: Parameters, *, position_ok: bool) -> str | None:
    """The first reason of the fence against arming; None where there is none."""
    kinds = int(parameters["FENCE_TYPE"])
    if parameters["FENCE_ENABLE"] and not fence.present:
        return "Fences enabled, but none selected"
    if (not fence.enabled and not parameters["FENCE_AUTOENABLE"]) or not kinds:
        return None
    if kinds & (CIRCLE | POLYGON) and not position_ok:
        return "Fence requires position"
    breached = f"Vehicle breaching {fence_names(fence.breached)}" if fence.breached else ""
    return _bad_sizes(parameters) or breached or _bad_margin(parameters)


def _bad_sizes(p: Parameters) -> str | None:
    if p["FENCE_RADIUS"] < 0.0:
        return "Invalid Circle FENCE_RADIUS value"
    if p["FENCE_RADIUS"] < p["FENCE_MARGIN"]:
        return "Circle FENCE_MARGIN is greater than FENCE_RADIUS"
    if p["FENCE_ALT_MAX"] < 0.0:
        return "Invalid FENCE_ALT_MAX value"
    return "Invalid FENCE_ALT_MIN value" if p["FENCE_ALT_MIN"] < LOWEST_FLOOR_M else None


def _bad_margin(p: Parameters) -> str | None:
    if p["FENCE_MARGIN"] < 0.0:
        return "Invalid FENCE_MARGIN value"
    if p["FENCE_ALT_MAX"] < p["FENCE_ALT_MIN"]:
        return "FENCE_ALT_MAX < FENCE_ALT_MIN"
    if p["FENCE_ALT_MAX"] - p["FENCE_ALT_MIN"] <= 2.0 * p["FENCE_MARGIN"]:
        return "FENCE_MARGIN too big"
    return None
