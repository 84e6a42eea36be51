"""What lies under a map: coast and roads where there is a drawing, else a grid; and how good it is."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import shapely

from dfr.geo import FloatArray
from dfr.io.base_drawing import base_drawing, grid, no_drawing
from dfr.report import svg
from dfr.world.model import World

ToPicture = Callable[[shapely.Geometry], shapely.Geometry]
"""From local metres to units of the picture."""

FILLED = ("sea", "land", "park", "building")
ORDER = (*FILLED, "rail", "road", "coast")


def ground(world: World, to_picture: ToPicture, *, corner: tuple[float, float]) -> list[str]:
    """Shapes under everything, cut to a picture that reaches from (0, 0) to `corner`, and a note in it."""
    drawn = base_drawing(world)
    frame = shapely.box(0.0, 0.0, *corner)
    if drawn is None:
        step_m, lines = grid(world)
        shapes = [_cut(to_picture(shapely.LineString(ends)), frame, "base grid") for ends in lines]
        return [*shapes, _note(no_drawing(step_m), corner)]

    def local(lonlat: FloatArray) -> FloatArray:
        east, north = world.frame.to_enu(lonlat[:, 1], lonlat[:, 0])
        return np.column_stack([east, north])

    shapes = [
        _cut(to_picture(shapely.transform(geometry, local)), frame, f"base {kind}")
        for kind, geometry in sorted(drawn.features, key=lambda feature: ORDER.index(feature[0]))
    ]
    return [*shapes, _note(drawn.note, corner)]


def _cut(shape: shapely.Geometry, frame: shapely.Polygon, css: str) -> str:
    """The part of a shape inside the picture as one path; '' where nothing of it is."""
    inside = shapely.intersection(shapely.make_valid(shape), frame)
    if inside.is_empty:
        return ""
    lines = [
        svg.path_of([(float(x), float(y)) for x, y in part.coords], closed=False)
        for part in shapely.get_parts(inside)
        if part.geom_type == "LineString"
    ]
    path = svg.path_of_area(inside) + "".join(lines)
    return svg.element("path", d=path, class_=css) if path else ""


def _note(words: str, corner: tuple[float, float]) -> str:
    return svg.text(corner[0] - 8, corner[1] - 8, words, class_="base-note") if words else ""
