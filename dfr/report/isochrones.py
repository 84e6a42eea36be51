"""Isochrones: pictures of how soon a drone is overhead, in the winds that matter and in each hour.

`draw_isochrones` draws the times of `times_by_wind`, `draw_isochrones_by_hour` those of `times_by_hour`
(`overhead_times.py`, which loads no matplotlib).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import groupby, pairwise

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Polygon

from dfr.geo import FloatArray
from dfr.plan.model import Plan
from dfr.report.charts import BLUE, GREEN, GREY, RED, STYLE, svg_of
from dfr.report.overhead_times import BANDS_S, HourTimes, TimeGrid, times_by_hour, times_by_wind
from dfr.world.model import World

LEVELS_S = (30, 45, 60, 90, 120, 180, 300)
COLUMNS = 6
WIDTH_IN, PANEL_IN, MARGINS_IN = 7.2, 1.15, 0.75
ARROW = 0.13
"""Half the length of a wind arrow, as a share of its panel."""


def draw_isochrones(world: World, plan: Plan) -> str:
    """Isochrones in still air and in the winds that matter; '' where no hour can be flown."""
    found = times_by_wind(world, plan)
    if not found:
        return ""
    return isochrones_chart(
        found, keep_in=_boundary_points(world), docks=_dock_points(world, plan), limit_s=_limit_s(world, plan)
    )


def draw_isochrones_by_hour(world: World, plan: Plan) -> tuple[tuple[str, str], ...]:
    """(Day, SVG) of each day: a panel for each hour in its own wind, closed hours hatched, on one scale."""
    hours = times_by_hour(world, plan)
    bands = _used_bands([hour.times for hour in hours if hour.times is not None])
    days = groupby(hours, key=lambda hour: f"{hour.window.start:%A %d %B %Y}")
    keep_in, docks, limit_s = _boundary_points(world), _dock_points(world, plan), _limit_s(world, plan)
    return tuple(
        (day, _draw_day(day, list(found), bands, keep_in=keep_in, docks=docks, limit_s=limit_s))
        for day, found in days
    )


def _boundary_points(world: World) -> FloatArray:
    return world.frame.points(world.scenario.site.boundary)


def _dock_points(world: World, plan: Plan) -> FloatArray:
    return world.frame.points(site.position for site in plan.sites)


def _limit_s(world: World, plan: Plan) -> float:
    """The siting limit less the median launch: seconds that are left from lift-off."""
    return plan.siting_limit_s - world.scenario.crew.launch.median_s


def isochrones_chart(
    grids: Sequence[TimeGrid], *, keep_in: FloatArray, docks: FloatArray, limit_s: float | None = None
) -> str:
    """A panel for each wind: lines of equal seconds from lift-off to overhead, metres east and north."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(3.3 * max(1, len(grids)), 2.9), layout="constrained")
        panels = np.atleast_1d(figure.subplots(1, max(1, len(grids)), sharey=True, squeeze=False)[0])
    for axes, grid in zip(panels, grids, strict=False):
        axes.add_patch(Polygon(keep_in, closed=True, facecolor="#eef5f1", edgecolor=GREEN, linewidth=1.2))
        if np.isfinite(grid.seconds).any():
            wanted = sorted({*LEVELS_S, *([] if limit_s is None else [limit_s])})
            levels = [s for s in wanted if np.nanmin(grid.seconds) < s < np.nanmax(grid.seconds)]
            axes.contourf(grid.east_m, grid.north_m, grid.seconds, levels=12, cmap="Blues_r", alpha=0.75)
            if levels:
                lines = axes.contour(
                    grid.east_m,
                    grid.north_m,
                    grid.seconds,
                    levels=levels,
                    colors=[RED if s == limit_s else "#12263a" for s in levels],
                    linewidths=1.0,
                )
                axes.clabel(lines, fmt="%d s", fontsize=7.5)
        axes.plot(docks[:, 0], docks[:, 1], "s", color=BLUE, markeredgecolor="white", markersize=8)
        axes.set(title=grid.name, xlabel="m east", aspect="equal")
        axes.title.set_fontsize(8.5)
        axes.grid(visible=False)
        axes.locator_params(axis="x", nbins=5)
    panels[0].set_ylabel("m north")
    return svg_of(figure, "Seconds from lift-off to overhead by wind")


def band_colours(count: int) -> FloatArray:
    """Colours of so many bands, shape (count, 4): one hue, each lighter than the one before."""
    return np.asarray(mpl.colormaps["Blues_r"](np.linspace(0.15, 0.95, count)))


def _used_bands(grids: Sequence[TimeGrid]) -> list[float]:
    """The bands that anything falls in, the last one open to the slowest place."""
    slowest = max((float(np.nanmax(r.seconds)) for r in grids if np.isfinite(r.seconds).any()), default=1.0)
    edges = [float(edge) for edge in BANDS_S if edge < slowest]
    return [*edges, max(slowest, edges[-1] + 1.0)]


def _draw_day(
    day: str,
    hours: Sequence[HourTimes],
    bands: Sequence[float],
    *,
    keep_in: FloatArray,
    docks: FloatArray,
    limit_s: float,
) -> str:
    rows = -(-len(hours) // COLUMNS)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH_IN, MARGINS_IN + PANEL_IN * rows), layout="constrained")
        panels = figure.subplots(rows, COLUMNS, sharex=True, sharey=True, squeeze=False).ravel()
    colours = band_colours(len(bands) - 1)
    for axes, hour in zip(panels, hours, strict=False):
        axes.add_patch(Polygon(keep_in, closed=True, facecolor="none", edgecolor=GREEN, linewidth=0.8))
        if hour.times is None:
            _hatch_closed(axes, keep_in)
        else:
            _fill_bands(axes, hour.times, bands, colours, limit_s)
        axes.plot(docks[:, 0], docks[:, 1], "s", color=BLUE, markeredgecolor="white", markersize=4)
        _draw_wind(axes, hour)
        axes.set(aspect="equal", xticks=[], yticks=[])
    for axes in panels:
        axes.grid(visible=False)
        for spine in axes.spines.values():
            spine.set_visible(False)
    for axes in panels[len(hours) :]:
        axes.set_visible(False)
    _draw_legend(figure, bands, colours, limit_s)
    return svg_of(figure, f"Seconds from lift-off to overhead by hour, {day}")


def _fill_bands(
    axes: Axes, grid: TimeGrid, bands: Sequence[float], colours: FloatArray, limit_s: float
) -> None:
    if not np.isfinite(grid.seconds).any():
        return
    axes.contourf(grid.east_m, grid.north_m, grid.seconds, levels=bands, colors=colours)
    slowest = float(np.nanmax(grid.seconds))
    _draw_lines(axes, grid, [edge for edge in bands[1:-1] if edge < slowest], "#12263a", 0.5)
    if np.nanmin(grid.seconds) < limit_s < slowest:
        _draw_lines(axes, grid, [limit_s], RED, 1.3)


def _draw_lines(axes: Axes, grid: TimeGrid, levels: Sequence[float], colour: str, width: float) -> None:
    if levels:
        axes.contour(grid.east_m, grid.north_m, grid.seconds, levels=levels, colors=colour, linewidths=width)


def _hatch_closed(axes: Axes, keep_in: FloatArray) -> None:
    axes.add_patch(
        Polygon(keep_in, closed=True, facecolor="#eeeeee", edgecolor=GREY, hatch="////", linewidth=0.5)
    )


def _draw_wind(axes: Axes, hour: HourTimes) -> None:
    """The hour and its wind in words, and an arrow that blows as the wind does."""
    weather = hour.window.weather
    axes.set_title(f"{hour.window.start:%H:%M}  {weather.wind_mps:.1f} m/s {weather.wind_from_deg:.0f}°")
    axes.title.set_fontsize(6.8)
    axes.title.set_fontweight("normal" if hour.window.flyable else "bold")
    to_rad = math.radians(weather.wind_from_deg + 180.0)
    east, north = ARROW * math.sin(to_rad), ARROW * math.cos(to_rad)
    axes.annotate(
        "",
        xy=(0.87 + east, 0.84 + north),
        xytext=(0.87 - east, 0.84 - north),
        xycoords="axes fraction",
        arrowprops={"arrowstyle": "-|>", "color": "#222222", "linewidth": 0.9, "mutation_scale": 7},
        annotation_clip=False,
    )


def _draw_legend(figure: Figure, bands: Sequence[float], colours: FloatArray, limit_s: float) -> None:
    names = [f"{low:.0f} to {high:.0f} s" for low, high in pairwise(bands)]
    handles: list[Patch | Line2D] = [
        Patch(facecolor=tuple(colour), edgecolor="#12263a", linewidth=0.5, label=name)
        for name, colour in zip(names, colours, strict=True)
    ]
    handles += [
        Line2D([], [], color=RED, linewidth=1.3, label=f"limit {limit_s:.0f} s"),
        Patch(facecolor="#eeeeee", edgecolor=GREY, hatch="////", label="cannot be flown"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=6, fontsize=7.5, frameon=False)
