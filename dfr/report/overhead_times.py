"""How soon a drone is overhead anywhere on the site: in the winds that matter, and in each hour.

Start with `times_by_wind` and `times_by_hour`; `isochrones.py` draws them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely

from dfr.geo import FloatArray
from dfr.plan.flight_path import raised_scenario
from dfr.plan.matrix import path_finder
from dfr.plan.model import Plan
from dfr.plan.path_times import sorties_of
from dfr.plan.routing import FlightPath
from dfr.plan.windows import HourWindow, hour_windows, planning_window
from dfr.scenario.model import Scenario
from dfr.world.model import World
from dfr.world.weather import MeanWind

CELLS = 26
"""Grid points along the longer side of the site: about 60 m apart on a festival ground."""

HOURLY_CELLS = 18
"""Of the small pictures of each hour."""

BANDS_S = (0, 30, 45, 60, 90, 120, 180, 300, 600)
"""Edges of the areas of one colour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeGrid:
    """Seconds on a grid, shape (north, east); NaN outside the site and where no route leads."""

    name: str
    east_m: FloatArray
    north_m: FloatArray
    seconds: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class HourTimes:
    """An hour with calls and the times in its wind; None where it cannot be flown."""

    window: HourWindow
    times: TimeGrid | None


def times_by_wind(world: World, plan: Plan) -> tuple[TimeGrid, ...]:
    """Times from the nearest dock in still air, in the planning wind and in the strongest flyable wind."""
    return _times_in_winds(world, plan, _named_winds(world))


def times_by_hour(world: World, plan: Plan) -> tuple[HourTimes, ...]:
    """Times from the nearest dock in each hour with calls, in order; none where no hour can be flown."""
    windows = hour_windows(world.scenario)
    flyable = [window for window in windows if window.flyable]
    named = [(_name_with_wind(f"{w.start:%H:%M}", w), w) for w in flyable]
    found = _times_in_winds(world, plan, named, cells=HOURLY_CELLS)
    if not found:
        return ()
    by_start = {window.start: grid for window, grid in zip(flyable, found, strict=True)}
    return tuple(HourTimes(window=window, times=by_start.get(window.start)) for window in windows)


def _times_in_winds(
    world: World, plan: Plan, windows: Sequence[tuple[str, HourWindow]], *, cells: int = CELLS
) -> tuple[TimeGrid, ...]:
    """Times from the nearest dock in each named wind; none where there is no wind, dock or place."""
    east, north, inside = _site_grid(world, cells)
    places = [(float(east[j]), float(north[i])) for i, j in np.argwhere(inside)]
    homes = [world.frame.point(site.position) for site in plan.sites]
    if not windows or not homes or not places:
        return ()
    find = path_finder(world, planning_window(hour_windows(world.scenario)))
    times = np.stack(
        [
            _seconds_along(
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
        found.append(TimeGrid(name=name, east_m=east, north_m=north, seconds=seconds))
    return tuple(found)


def _seconds_along(
    scenario: Scenario, paths: Sequence[FlightPath], windows: Sequence[tuple[str, HourWindow]]
) -> FloatArray:
    """Seconds from lift-off to overhead, shape (winds, paths); inf where it cannot be flown."""
    sorties = sorties_of(scenario, paths, [window for _, window in windows])
    seconds = np.where(np.isfinite(sorties.out_s), sorties.climb_s + sorties.out_s, np.inf)
    return seconds.reshape(len(windows), len(paths))


def _named_winds(world: World) -> list[tuple[str, HourWindow]]:
    """(Name, hour) of each wind shown; an hour whose wind is shown already is left out."""
    flyable = [window for window in hour_windows(world.scenario) if window.flyable]
    if not flyable:
        return []
    usual = planning_window(flyable)
    strongest = max(flyable, key=lambda window: (window.weather.wind_mps, window.start))
    still = replace(usual, wind=MeanWind(speed_mps=0.0, from_deg=0.0))
    shown = [("still air", still), (_name_with_wind("planning wind", usual), usual)]
    if strongest is not usual:
        shown.append((_name_with_wind("strongest wind flown in", strongest), strongest))
    return shown


def _name_with_wind(name: str, window: HourWindow) -> str:
    weather = window.weather
    return f"{name}, {weather.wind_mps:.1f} m/s from {weather.wind_from_deg:.0f}°"


def _site_grid(
    world: World, cells: int
) -> tuple[FloatArray, FloatArray, np.ndarray[tuple[int, ...], np.dtype[np.bool_]]]:
    keep_in = world.frame.polygon(world.scenario.site.boundary)
    west, south, east, north = keep_in.bounds
    step = max(east - west, north - south) / cells
    xs, ys = np.arange(west, east + step, step), np.arange(south, north + step, step)
    grid_east, grid_north = np.meshgrid(xs, ys)
    return xs, ys, np.asarray(shapely.contains_xy(keep_in, grid_east, grid_north))
