"""The heights a dispatch is flown at: above home, from heights above the ground at the corners of its way.

Between corners the height is a straight line; the return by RTL is flown level at the highest that any corner
asks for. Where the ground is unknown a height above ground is taken as one above home, and said to be unknown
elsewhere.

A plan may fly the drones of a dock higher or lower than the scenario's heights, out and home alike
(`DockSite.raised_m`), so that they are apart from those of other docks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dfr.geo import Position
from dfr.scenario.model import Scenario
from dfr.world.model import World
from dfr.world.terrain import Terrain


def height_m_home(terrain: Terrain, home: Position, place: Position, height_m_agl: float) -> float:
    """A height above ground at a place as height above home; the same number where the ground is unknown."""
    here, there = terrain.ground_m_amsl(home), terrain.ground_m_amsl(place)
    return height_m_agl if here is None or there is None else height_m_agl + there - here


def out_heights_m_home(terrain: Terrain, way: Sequence[Position], height_m_agl: float) -> list[float]:
    """Heights at the corners on the way out; the takeoff goes to that of the first leg's higher end."""
    heights = [height_m_home(terrain, way[0], place, height_m_agl) for place in way]
    return [max(heights[:2]), *heights[1:]]


def rtl_height_m_home(terrain: Terrain, way: Sequence[Position], return_m_agl: float) -> float:
    """RTL_ALT: the return height above the highest corner."""
    return max(height_m_home(terrain, way[0], place, return_m_agl) for place in way)


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
