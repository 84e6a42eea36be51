"""Pieces of SVG: elements, text and paths; escaped, rounded, with titles for pointers and screen readers."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

Points = Iterable[tuple[float, float]]


def element(tag: str, *, title: str = "", body: str = "", **attributes: Any) -> str:
    """One element; attribute names write `_` for `-`, and `class_` for class."""
    pairs = (
        f'{name.rstrip("_").replace("_", "-")}="{escape(_attribute_text(value))}"'
        for name, value in attributes.items()
    )
    inner = (f"<title>{escape(title)}</title>" if title else "") + body
    return f"<{tag} {' '.join(pairs)}>{inner}</{tag}>"


def text(x: float, y: float, words: str, **attributes: Any) -> str:
    """Words at a place."""
    return element("text", x=x, y=y, body=escape(words), **attributes)


def path_of(points: Points, *, closed: bool) -> str:
    """The `d` of a line or ring."""
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points) + ("Z" if closed else "")


def path_of_area(area: shapely.Geometry) -> str:
    """The `d` of a polygon or several, holes included (fill-rule evenodd)."""
    parts = shapely.get_parts(area)
    rings = (
        ring for part in parts if part.geom_type == "Polygon" for ring in (part.exterior, *part.interiors)
    )
    return "".join(path_of(_ring_points(ring), closed=True) for ring in rings)


def _ring_points(ring: shapely.LinearRing) -> list[tuple[float, float]]:
    coords: NDArray[np.float64] = np.asarray(ring.coords)[:-1, :2]
    return [(float(x), float(y)) for x, y in coords]


def _attribute_text(value: object) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def svg_file(picture: str) -> str:
    """An SVG element as a file that opens by itself."""
    return f'<?xml version="1.0" encoding="utf-8"?>\n{picture}'
