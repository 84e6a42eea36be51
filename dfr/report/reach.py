"""How soon a drone is where: seconds from lift-off to overhead on a grid of the site, in a given wind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely

from dfr.geo import FloatArray
from dfr.plan.flight_path import raised_scenario
from dfr.plan.matrix import sorties_of, way_finder
from dfr.plan.model import Plan
from dfr.plan.routing import Way
from dfr.plan.windows import HourWindow, hour_windows, planning_window
from dfr.scenario.model import Scenario
from dfr.world.model import World
from dfr.world.wind import MeanWind

CELLS = 26
"""Grid points along the longer side of the site: about 60 m apart on a festival ground."""

HOURLY_CELLS = 18
"""Of the small pictures of each hour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Seconds on a grid, shape (north, east); NaN outside the site and where no way leads."""

    name: str
    east_m: FloatArray
    north_m: FloatArray
    seconds: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class HourReach:
    """An hour with calls and the reach in its wind; None where it cannot be flown."""

    window: HourWindow
    reach: Reach | None


def reaches(world: World, plan: Plan) -> tuple[Reach, ...]:
    """The reach of the plan's docks in still air, in the planning wind and in the strongest flyable wind."""
    return _reached(world, plan, _winds(world))


def hourly(world: World, plan: Plan) -> tuple[HourReach, ...]:
    """The reach of the plan's docks in each hour with calls, in order; none where no hour can be flown."""
    windows = hour_windows(world.scenario)
    flyable = [window for window in windows if window.flyable]
    named = [(_words(f"{w.start:%H:%M}", w), w) for w in flyable]
    found = _reached(world, plan, named, cells=HOURLY_CELLS)
    if not found:
        return ()
    by_start = {window.start: reach for window, reach in zip(flyable, found, strict=True)}
    return tuple(HourReach(window=window, reach=by_start.get(window.start)) for window in windows)


def _reached(
    world: World, plan: Plan, windows: Sequence[tuple[str, HourWindow]], *, cells: int = CELLS
) -> tuple[Reach, ...]:
    """The reach in each named wind; none where there is no wind, dock or place."""
    east, north, inside = _grid(world, cells)
    places = [(float(east[j]), float(north[i])) for i, j in np.argwhere(inside)]
    homes = [world.frame.point(site.position) for site in plan.sites]
    if not windows or not homes or not places:
        return ()
    find = way_finder(world, planning_window(hour_windows(world.scenario)))
    times = np.stack(
        [
            _seconds(
                raised_scenario(world.scenario, site.raised_m),
                [find(home, place) for place in places],
                windows,
            )
            for site, home in zip(plan.sites, homes, strict=True)
        ],
        axis=1,
    )
    found = []
    for (name, _), nearest in zip(windows, times.min(axis=1), strict=True):
        seconds = np.full(inside.shape, np.nan)
        seconds[inside] = np.where(np.isfinite(nearest), nearest, np.nan)
        found.append(Reach(name=name, east_m=east, north_m=north, seconds=seconds))
    return tuple(found)


def _seconds(
    scenario: Scenario, ways: Sequence[Way], windows: Sequence[tuple[str, HourWindow]]
) -> FloatArray:
    """Seconds from lift-off to overhead along ways in each wind, shape (winds, ways); inf where not flown."""
    sorties = sorties_of(scenario, ways, [window for _, window in windows])
    seconds = np.where(np.isfinite(sorties.out_s), sorties.climb_s + sorties.out_s, np.inf)
    return seconds.reshape(len(windows), len(ways))


def _winds(world: World) -> list[tuple[str, HourWindow]]:
    """(Name, hour) of each wind shown; an hour whose wind is shown already is left out."""
    flyable = [window for window in hour_windows(world.scenario) if window.flyable]
    if not flyable:
        return []
    usual = planning_window(flyable)
    strongest = max(flyable, key=lambda window: (window.weather.wind_mps, window.start))
    still = replace(usual, wind=MeanWind(speed_mps=0.0, from_deg=0.0))
    shown = [("still air", still), (_words("planning wind", usual), usual)]
    if strongest is not usual:
        shown.append((_words("strongest flyable", strongest), strongest))
    return shown


def _words(name: str, window: HourWindow) -> str:
    weather = window.weather
    return f"{name}, {weather.wind_mps:.1f} m/s from {weather.wind_from_deg:.0f}°"


def _grid(
    world: World, cells: int
) -> tuple[FloatArray, FloatArray, np.ndarray[tuple[int, ...], np.dtype[np.bool_]]]:
    keep_in = world.frame.polygon(world.scenario.site.boundary)
    west, south, east, north = keep_in.bounds
    step = max(east - west, north - south) / cells
    xs, ys = np.arange(west, east + step, step), np.arange(south, north + step, step)
    grid_east, grid_north = np.meshgrid(xs, ys)
    return xs, ys, np.asarray(shapely.contains_xy(keep_in, grid_east, grid_north))
