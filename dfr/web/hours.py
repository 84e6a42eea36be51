"""The Plan page hour by hour: weather and times (`hours_of`), times over the whole site (`isochrones_of`)."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any, cast

import contourpy
import numpy as np
from numpy.typing import NDArray

from dfr.plan.model import CoverageHour, Plan
from dfr.plan.windows import HourWindow, hour_windows, wind_margin_mps
from dfr.report.overhead_times import BANDS_S, TimeGrid, times_by_hour
from dfr.scenario.model import Scenario
from dfr.world.model import World
from dfr.world.weather import gust_of_hour

Outlines = tuple[list[NDArray[np.float64]], list[NDArray[np.uint32]]]
"""Points of each area, and where its rings start among them."""

DIGITS = 6
"""Of a degree on the map: 0.1 m, far finer than the grid of the times."""


def hours_of(world: World, plan: Plan) -> list[dict[str, Any]]:
    """Each hour with calls: weather, whether it is flown, times and calls by zone.

    `zones` are seconds from lift-off to overhead from the soonest dock, None where no drone gets there and
    back in that hour; `from` names that dock. `share` and `mean_s` are as in the plan's own hours.
    """
    windows = {window.start.isoformat(): window for window in hour_windows(world.scenario)}
    return [_hour_of(world.scenario, hour, windows[hour.hour]) for hour in plan.coverage_by_hour]


def _hour_of(scenario: Scenario, hour: CoverageHour, window: HourWindow) -> dict[str, Any]:
    gust, margin_mps = gust_of_hour(scenario, window.weather), wind_margin_mps(scenario, window.weather)
    soonest = {zone.id: _soonest(hour.overhead_s, zone.id) for zone in scenario.demand.zones}
    return {
        "hour": hour.hour,
        "flyable": hour.flyable,
        "limited_by": hour.limited_by,
        "wind_mps": hour.wind_mps,
        "wind_from_deg": hour.wind_from_deg,
        "gust_mps": gust.mps,
        "gust_estimated": gust.estimated,
        "rain_mm_h": window.weather.rain_mm_h,
        "margin_mps": margin_mps if np.isfinite(margin_mps) else None,
        "calls": window.calls,
        "share": hour.share,
        "mean_s": hour.mean_s,
        "worst_s": hour.worst_s,
        "zones": {zone: found[0] for zone, found in soonest.items()},
        "from": {zone: found[1] for zone, found in soonest.items()},
        "calls_by_zone": {
            zone.id: calls for zone, calls in zip(scenario.demand.zones, window.calls_by_zone, strict=True)
        },
    }


def _soonest(
    overhead_s: Mapping[str, Mapping[str, float | None]], zone: str
) -> tuple[float | None, str | None]:
    """(Seconds, dock) of the soonest dock that reaches a zone; (None, None) where none does."""
    reached = [(zones[zone], dock) for dock, zones in overhead_s.items() if zones.get(zone) is not None]
    return min(reached, key=lambda found: (found[0] or 0.0, found[1]), default=(None, None))


def isochrones_of(world: World, plan: Plan) -> list[dict[str, Any]]:
    """For each hour, GeoJSON areas by seconds from lift-off to overhead; an hour not flown has none.

    Each area has `from_s` and `to_s`. The times are those of the report's isochrones, on the same grid.
    """
    return [
        {
            "hour": hour.window.start.isoformat(),
            "areas": {
                "type": "FeatureCollection",
                "features": [] if hour.times is None else _bands_of(world, hour.times),
            },
        }
        for hour in times_by_hour(world, plan)
    ]


def _bands_of(world: World, grid: TimeGrid) -> list[dict[str, Any]]:
    lines = contourpy.contour_generator(
        grid.east_m,
        grid.north_m,
        np.ma.masked_invalid(grid.seconds),
        fill_type=contourpy.FillType.OuterOffset,
    )
    features = []
    for low, high in pairwise(BANDS_S):
        points, offsets = cast("Outlines", lines.filled(float(low), float(high)))
        shapes = [_rings_of(world, p, o) for p, o in zip(points, offsets, strict=True)]
        if shapes:
            geometry = {"type": "MultiPolygon", "coordinates": shapes}
            features.append(
                {"type": "Feature", "properties": {"from_s": low, "to_s": high}, "geometry": geometry}
            )
    return features


def _rings_of(
    world: World, points: NDArray[np.float64], offsets: NDArray[np.uint32]
) -> list[list[list[float]]]:
    """The outline and holes of one area as [lon, lat]."""
    lat, lon = world.frame.to_geodetic(points[:, 0], points[:, 1])
    pairs = np.column_stack([lon, lat]).round(DIGITS).tolist()
    return [pairs[start:end] for start, end in pairwise(offsets)]
