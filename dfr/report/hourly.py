"""Isochrones of every hour of the forecast: a sheet of small panels for each day, one scale for all."""

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
from dfr.report.figures import BLUE, GREEN, GREY, RED, STYLE, svg_of
from dfr.report.reach import HourReach, Reach

BANDS_S = (0, 30, 45, 60, 90, 120, 180, 300, 600)
COLUMNS = 6
WIDTH_IN, PANEL_IN, MARGINS_IN = 7.2, 1.15, 0.75
ARROW = 0.13
"""Half the length of a wind arrow, as a share of its panel."""


def hourly_charts(
    hours: Sequence[HourReach], *, keep_in: FloatArray, docks: FloatArray, limit_s: float
) -> tuple[tuple[str, str], ...]:
    """(Day, SVG) of each day: how soon a drone is where in each hour's wind; closed hours are hatched."""
    bands = _bands([hour.reach for hour in hours if hour.reach is not None])
    days = groupby(hours, key=lambda hour: f"{hour.window.start:%A %d %B %Y}")
    return tuple(
        (day, _sheet(day, list(found), bands, keep_in=keep_in, docks=docks, limit_s=limit_s))
        for day, found in days
    )


def shades(count: int) -> FloatArray:
    """Colours of so many bands, shape (count, 4): one hue, each lighter than the one before."""
    return np.asarray(mpl.colormaps["Blues_r"](np.linspace(0.15, 0.95, count)))


def _bands(reaches: Sequence[Reach]) -> list[float]:
    """The bands that anything falls in, the last one open to the slowest place."""
    slowest = max((float(np.nanmax(r.seconds)) for r in reaches if np.isfinite(r.seconds).any()), default=1.0)
    edges = [float(edge) for edge in BANDS_S if edge < slowest]
    return [*edges, max(slowest, edges[-1] + 1.0)]


def _sheet(
    day: str,
    hours: Sequence[HourReach],
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
    colours = shades(len(bands) - 1)
    for axes, hour in zip(panels, hours, strict=False):
        axes.add_patch(Polygon(keep_in, closed=True, facecolor="none", edgecolor=GREEN, linewidth=0.8))
        if hour.reach is None:
            _closed(axes, keep_in)
        else:
            _filled(axes, hour.reach, bands, colours, limit_s)
        axes.plot(docks[:, 0], docks[:, 1], "s", color=BLUE, markeredgecolor="white", markersize=4)
        _wind(axes, hour)
        axes.set(aspect="equal", xticks=[], yticks=[])
    for axes in panels:
        axes.grid(visible=False)
        for spine in axes.spines.values():
            spine.set_visible(False)
    for axes in panels[len(hours) :]:
        axes.set_visible(False)
    _legend(figure, bands, colours, limit_s)
    return svg_of(figure, f"Seconds from lift-off to overhead by hour, {day}")


def _filled(axes: Axes, reach: Reach, bands: Sequence[float], colours: FloatArray, limit_s: float) -> None:
    if not np.isfinite(reach.seconds).any():
        return
    axes.contourf(reach.east_m, reach.north_m, reach.seconds, levels=bands, colors=colours)
    slowest = float(np.nanmax(reach.seconds))
    _lines(axes, reach, [edge for edge in bands[1:-1] if edge < slowest], "#12263a", 0.5)
    if np.nanmin(reach.seconds) < limit_s < slowest:
        _lines(axes, reach, [limit_s], RED, 1.3)


def _lines(axes: Axes, reach: Reach, levels: Sequence[float], colour: str, width: float) -> None:
    if levels:
        axes.contour(
            reach.east_m, reach.north_m, reach.seconds, levels=levels, colors=colour, linewidths=width
        )


def _closed(axes: Axes, keep_in: FloatArray) -> None:
    axes.add_patch(
        Polygon(keep_in, closed=True, facecolor="#eeeeee", edgecolor=GREY, hatch="////", linewidth=0.5)
    )


def _wind(axes: Axes, hour: HourReach) -> None:
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


def _legend(figure: Figure, bands: Sequence[float], colours: FloatArray, limit_s: float) -> None:
    names = [f"{low:.0f} to {high:.0f} s" for low, high in pairwise(bands)]
    handles: list[Patch | Line2D] = [
        Patch(facecolor=tuple(colour), edgecolor="#12263a", linewidth=0.5, label=name)
        for name, colour in zip(names, colours, strict=True)
    ]
    handles += [
        Line2D([], [], color=RED, linewidth=1.3, label=f"limit {limit_s:.0f} s"),
        Patch(facecolor="#eeeeee", edgecolor=GREY, hatch="////", label="not flyable"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=6, fontsize=7.5, frameon=False)
