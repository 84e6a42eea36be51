"""Altitude profiles of planned routes (`height_profiles`): ground, flight and limit; unknown is hatched."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dfr.geo import FloatArray
from dfr.plan.model import Plan, Route, RouteProfile
from dfr.report.charts import BLUE, GREY, RED, STYLE, svg_of
from dfr.world.model import World

GROUND = "#c9b79c"
MOST_PANELS, COLUMNS = 9, 3
FLAT_M = 2.0
"""Ground that varies by no more is flat: routes over it at the same height look alike."""

ROOM_M = 8.0
"""Room drawn below the lowest ground."""


def height_profiles(world: World, plan: Plan) -> tuple[str, int]:
    """(The chart of heights along the planned routes, how many more are like one that it shows).

    '' where there are no routes. Of routes over flat ground at the same height the longest is drawn.
    """
    routes = [route for route in plan.routes if route.reachable and len(route.points) > 1]
    shown = _distinct_routes(routes)
    ceiling_m = world.scenario.operation.height_limit_m_agl
    return (profiles_chart(shown, ceiling_m_agl=ceiling_m) if shown else "", len(routes) - len(shown))


def _distinct_routes(routes: Sequence[Route]) -> list[Route]:
    """The routes whose profiles differ."""
    longest: dict[object, Route] = {}
    for number, route in enumerate(routes):
        height = _height_over_flat_ground(route.profile)
        key: object = number if height is None else ("flat", height)
        if key not in longest or route.length_m > longest[key].length_m:
            longest[key] = route
    return list(longest.values())


def _height_over_flat_ground(profile: RouteProfile | None) -> int | None:
    """The greatest height above flat ground, in whole metres; None over unknown or uneven ground."""
    if profile is None:
        return None
    ground, high = _known_heights(profile.ground_m_amsl), _known_heights(profile.highest_m_agl)
    if not (np.isfinite(ground).all() and np.isfinite(high).all()) or np.ptp(ground) > FLAT_M:
        return None
    return round(float(high.max()))


def profiles_chart(routes: Sequence[Route], *, ceiling_m_agl: float) -> str:
    """A panel for each route: ground, flight out and home, and limit, in m AMSL over m along the route.

    Of many routes, those with the least or an unknown room under the limit are shown.
    """
    shown = sorted(routes, key=lambda route: _room_m(route, ceiling_m_agl))[:MOST_PANELS]
    columns = min(COLUMNS, len(shown))
    rows = -(-len(shown) // columns)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(7.2, 0.5 + 1.55 * rows), layout="constrained")
        panels = figure.subplots(rows, columns, squeeze=False)
    for axes, route in zip(panels.ravel(), shown, strict=False):
        _draw_panel(axes, route.profile, ceiling_m_agl)
        axes.set_title(f"{route.site_id} to {route.zone_id}", fontsize=8)
        axes.tick_params(labelsize=7)
    for axes in panels.ravel()[len(shown) :]:
        axes.set_visible(False)
    figure.supxlabel("m along the route", fontsize=8.5)
    figure.supylabel("m AMSL", fontsize=8.5)
    named = {
        label: handle
        for axes in panels.ravel()
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)
    }
    figure.legend(
        named.values(), named.keys(), loc="outside upper center", ncols=4, fontsize=8, frameon=False
    )
    return svg_of(figure, "Altitude profiles along the routes")


def _room_m(route: Route, ceiling_m_agl: float) -> float:
    """Least room under the limit; minus infinity where the ground is unknown."""
    heights = _known_heights(route.profile.highest_m_agl) if route.profile else np.array([np.nan])
    return ceiling_m_agl - float(heights.max()) if np.isfinite(heights).all() else -np.inf


def _known_heights(values: Sequence[float | None]) -> FloatArray:
    return np.array([np.nan if value is None else value for value in values])


def _draw_panel(axes: Axes, profile: RouteProfile | None, ceiling_m_agl: float) -> None:
    if profile is None:
        _write_note(axes, "no profile in this plan")
        return
    along, ground = np.asarray(profile.along_m), _known_heights(profile.ground_m_amsl)
    low, high = ground + _known_heights(profile.lowest_m_agl), ground + _known_heights(profile.highest_m_agl)
    known = np.isfinite(low) & np.isfinite(high)
    axes.set_xlim(along[0], max(along[-1], along[0] + 1.0))
    _hatch_unknown(axes, along, known)
    if not known.any():
        _write_note(axes, "ground unknown")
        return
    floor = float(np.nanmin(ground)) - ROOM_M
    axes.fill_between(along, floor, ground, color=GROUND, label="ground")
    axes.plot(along, ground + ceiling_m_agl, "--", color=RED, label=f"limit {ceiling_m_agl:g} m above ground")
    axes.fill_between(along, low, high, color=BLUE, alpha=0.25, linewidth=0)
    axes.plot(along, low, color=BLUE, linewidth=1.5, label="planned flight, out and home")
    axes.plot(along, high, color=BLUE, linewidth=0.9)
    axes.set_ylim(bottom=floor)


def _hatch_unknown(axes: Axes, along: FloatArray, known: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> None:
    """Hatch from the last known point to the next."""
    style: dict[str, Any] = {"facecolor": "#eeeeee", "edgecolor": GREY, "hatch": "///", "linewidth": 0}
    where = np.flatnonzero(~known)
    for run in np.split(where, np.flatnonzero(np.diff(where) > 1) + 1):
        if len(run):
            start, end = along[max(run[0] - 1, 0)], along[min(run[-1] + 1, len(along) - 1)]
            axes.axvspan(start, end, label="ground unknown", **style)


def _write_note(axes: Axes, words: str) -> None:
    axes.text(0.5, 0.5, words, transform=axes.transAxes, ha="center", va="center", color=RED, fontsize=8)
    axes.set_yticks([])
