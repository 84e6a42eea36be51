"""How a dispatch is flown: the path out and the return leg, the heights of both, and what legs cost in wind.

The drone flies home along the path out, reversed: as waypoints to the first bend, then straight by RTL. A
path bends only where the straight leg is not open (no detour between two points is quicker in any steady
wind), so the path reversed is straight wherever straight home keeps every margin. RTL goes to the nearest of
home and the rally points; where a rally point is nearer to where RTL would begin, the drone flies over home
as a waypoint first. The matrix, the simulation, the compiled mission and its prediction all use these
functions.

Heights are above home, from heights above the ground at the corners. Between corners the height is a straight
line; the return by RTL is flown level at the highest that any corner asks for. Where the ground is unknown a
height above ground is taken as one above home, and said to be unknown elsewhere. A plan may fly the drones of
a dock higher or lower than the scenario's heights, out and home alike (`DockSite.raised_m`), so that they are
apart from those of other docks.

A leg in a steady wind (`WindLegCost`): the drone holds its course at cruise ground speed, or at what its tilt
limit leaves of it:

    v = min(cruise, w_along + sqrt(V^2 - w_cross^2)),   V the airspeed at the tilt limit

The ground velocities it can hold are a disc about the origin cut by a disc about the wind, a convex set; so
time is a gauge of the leg, and no detour between two points is quicker than the straight leg. Paths are
chosen by it; what a leg may need of the battery counts the gusts too (`late_energy_wh`). Stops and corners
are left to `dfr.aircraft.performance`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from dfr.aircraft.catalogue import Drone, drone_of
from dfr.aircraft.energy import forward_power_w
from dfr.aircraft.gusty_legs import Gusts, ground_speed_in_gusts, time_deviation_s
from dfr.aircraft.performance import FlightSettings, flight_settings
from dfr.aircraft.return_leg import late_share
from dfr.aircraft.trim import air_density, airframe_of, airspeed_at_tilt
from dfr.geo import FloatArray, LocalFrame, Position
from dfr.plan.windows import HourWindow
from dfr.scenario.model import Scenario
from dfr.world.gusts import scale_lengths_m
from dfr.world.model import World
from dfr.world.terrain import Terrain

LEAST_MPS = 1e-6
"""Slower than this is no headway. As good as nothing: a limit that could be felt would leave straight legs
without headway between two slow ones that have it, and time would no longer be a gauge."""


def over_home_first(begins_m: ArrayLike, home_m: ArrayLike, rally_m: ArrayLike) -> bool:
    """Whether RTL begun at a place would go to a rally point, local metres: it goes to the nearest.

    >>> over_home_first((0.0, 300.0), (0.0, 0.0), [(0.0, 400.0)])
    True
    """
    begins, rally = np.asarray(begins_m, float), np.asarray(rally_m, float).reshape(-1, 2)
    home = float(np.hypot(*(np.asarray(home_m, float) - begins)))
    return bool((np.hypot(*(rally - begins).T) < home).any())


def waypoints_home(
    frame: LocalFrame, path: Sequence[Position], rally: Sequence[Position]
) -> tuple[Position, ...]:
    """Places to pass after the hold at the end of a path and before RTL, in order."""
    bends = tuple(reversed(path[1:-1]))
    begins, *places = frame.points(((bends or path[-1:])[-1], path[0], *rally))
    return (*bends, path[0]) if over_home_first(begins, places[0], places[1:]) else bends


def sortie_legs(
    frame: LocalFrame, paths_m: Sequence[FloatArray], rally: Sequence[Position]
) -> tuple[FloatArray, FloatArray]:
    """(lengths in m, true courses in degrees), shape (paths, most legs), as `predict_paths` takes them.

    `paths_m` are local points from the dock out, shape (n, 2); none for no path. Shorter paths are padded
    with legs of length 0. A first leg of length 0 is the RTL of a drone that comes home over its dock.
    """
    rally_m = frame.points(rally)
    rows = []
    for path in paths_m:
        corners = np.asarray(path, float).reshape(-1, 2)
        if len(corners) > 1 and over_home_first(corners[1], corners[0], rally_m):
            corners = np.vstack((corners[:1], corners))
        rows.append(np.diff(corners, axis=0))
    most = max((len(row) for row in rows), default=1)
    lengths, courses = np.zeros((len(rows), max(most, 1))), np.zeros((len(rows), max(most, 1)))
    for k, legs in enumerate(rows):
        lengths[k, : len(legs)] = np.hypot(legs[:, 0], legs[:, 1])
        courses[k, : len(legs)] = np.degrees(np.arctan2(legs[:, 0], legs[:, 1])) % 360.0
    return lengths, courses


def dispatch_settings(scenario: Scenario) -> FlightSettings:
    """How a scenario's drone flies a dispatch: at its cruise speed, home at the return height."""
    settings = flight_settings(drone_of(scenario.fleet), cruise_mps=scenario.operation.cruise_mps)
    return replace(settings, return_height_m=scenario.contingency.return_height_m_agl)


def height_m_home(terrain: Terrain, home: Position, place: Position, height_m_agl: float) -> float:
    """A height above ground at a place as height above home; the same number where the ground is unknown."""
    here, there = terrain.ground_m_amsl(home), terrain.ground_m_amsl(place)
    return height_m_agl if here is None or there is None else height_m_agl + there - here


def out_heights_m_home(terrain: Terrain, path: Sequence[Position], height_m_agl: float) -> list[float]:
    """Heights at the corners on the path out; the takeoff goes to that of the first leg's higher end."""
    heights = [height_m_home(terrain, path[0], place, height_m_agl) for place in path]
    return [max(heights[:2]), *heights[1:]]


def rtl_height_m_home(terrain: Terrain, path: Sequence[Position], return_m_agl: float) -> float:
    """RTL_ALT: the return height above the highest corner."""
    return max(height_m_home(terrain, path[0], place, return_m_agl) for place in path)


def raised_scenario(scenario: Scenario, raised_m: float) -> Scenario:
    """A scenario whose drones cruise and return so much higher than its own say, less than 0 for lower."""
    if raised_m == 0.0:
        return scenario
    operation, contingency = scenario.operation, scenario.contingency
    return replace(
        scenario,
        operation=replace(operation, cruise_height_m_agl=operation.cruise_height_m_agl + raised_m),
        contingency=replace(contingency, return_height_m_agl=contingency.return_height_m_agl + raised_m),
    )


def raised_world(world: World, raised_m: float) -> World:
    """A world whose scenario is `raised_scenario`."""
    return replace(world, scenario=raised_scenario(world.scenario, raised_m))


def return_height_m_agl(scenario: Scenario, cruise_height_m_agl: float) -> float:
    """The return height of a route flown at a cruise height: the scenario's, raised as the cruise is."""
    raised_m = cruise_height_m_agl - scenario.operation.cruise_height_m_agl
    return scenario.contingency.return_height_m_agl + raised_m


@dataclass(frozen=True, slots=True, kw_only=True)
class WindLegCost:
    """Seconds and energy of straight legs of one drone at one height in one wind, elementwise.

    `gusts`, of shape (1,), and `most_lean`, the tangent of the tilt limit, count in `late_energy_wh` alone.
    """

    drone: Drone
    cruise_mps: float
    most_airspeed_mps: float
    wind_east_mps: float
    wind_north_mps: float
    temperature_c: float
    gusts: Gusts | None = None
    most_lean: float = 1.0

    def __call__(self, east_m: FloatArray, north_m: FloatArray) -> FloatArray:
        """Seconds of legs; inf where there is no headway."""
        length, along, cross = self._resolve_wind(east_m, north_m)
        speed = self._ground_speed_mps(along, cross)
        with np.errstate(divide="ignore", invalid="ignore"):
            seconds = np.where(speed >= LEAST_MPS, length / speed, np.inf)
        return np.where(length == 0.0, 0.0, seconds)

    def energy_wh(self, east_m: FloatArray, north_m: FloatArray) -> FloatArray:
        """Energy of legs; inf where there is no headway."""
        _, along, cross = self._resolve_wind(east_m, north_m)
        speed = self._ground_speed_mps(along, cross)
        airspeed = np.hypot(np.maximum(speed, 0.0) - along, cross)
        power = forward_power_w(self.drone, airspeed, temperature_c=self.temperature_c)
        seconds = self(east_m, north_m)
        finite = np.isfinite(seconds)
        return np.where(finite, power * np.where(finite, seconds, 0.0) / 3600.0, np.inf)

    def late_energy_wh(self, east_m: FloatArray, north_m: FloatArray) -> FloatArray:
        """Energy of legs that nine flights in ten keep within: gusts at the tilt limit prolong them."""
        mean_wh = self.energy_wh(east_m, north_m)
        if self.gusts is None:
            return mean_wh
        length, along, cross = (part.reshape(-1, 1) for part in self._resolve_wind(east_m, north_m))
        steady = self._ground_speed_mps(along, cross)
        gusty = ground_speed_in_gusts(
            np.full_like(along, self.cruise_mps),
            along + np.sqrt(np.maximum(self.most_airspeed_mps**2 - cross**2, 0.0)),
            along=along,
            cross=cross,
            lean=np.full_like(along, self.most_lean),
            gusts=self.gusts,
        )
        speed = np.maximum(gusty.mean_mps, LEAST_MPS)
        gusts_s = time_deviation_s(length, speed, gusty)
        late = late_share(gusts_s / np.maximum(length / speed, 1e-9).ravel())
        longer = (np.maximum(steady, speed) / speed).ravel() / (1.0 - late)
        return mean_wh * longer.reshape(mean_wh.shape)

    def _resolve_wind(
        self, east_m: FloatArray, north_m: FloatArray
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """(lengths, the wind along and across each leg)."""
        length = np.hypot(east_m, north_m)
        unit = np.maximum(length, 1e-9)
        along = (self.wind_east_mps * east_m + self.wind_north_mps * north_m) / unit
        cross = (self.wind_east_mps * north_m - self.wind_north_mps * east_m) / unit
        return length, along, cross

    def _ground_speed_mps(self, along: FloatArray, cross: FloatArray) -> FloatArray:
        """What is held along a course; negative where the cross wind alone is too much."""
        spare = self.most_airspeed_mps**2 - cross**2
        able = along + np.sqrt(np.maximum(spare, 0.0))
        return np.where(spare > 0.0, np.minimum(self.cruise_mps, able), -1.0)


def wind_leg_cost(scenario: Scenario, hour: HourWindow) -> WindLegCost:
    """What legs cost a scenario's drone at its flight height in the wind of an hour."""
    drone, height = drone_of(scenario.fleet), scenario.operation.cruise_height_m_agl
    settings = flight_settings(drone, cruise_mps=scenario.operation.cruise_mps)
    lean = settings.lean_limit_deg
    temperature = hour.weather.temperature_c
    top = airspeed_at_tilt(airframe_of(drone), np.radians(lean), air_density(height, temperature))
    east, north = hour.wind.components_mps(height)
    deviation = np.array([hour.wind.gust_deviation_mps])
    gusts = Gusts(deviation_mps=deviation, length_m=np.array([scale_lengths_m(height)[0]]))
    return WindLegCost(
        drone=drone,
        cruise_mps=settings.cruise_mps,
        most_airspeed_mps=float(np.ravel(top)[0]),
        wind_east_mps=east,
        wind_north_mps=north,
        temperature_c=temperature,
        gusts=gusts if deviation[0] > 0.0 else None,
        most_lean=float(np.tan(np.radians(lean))),
    )
