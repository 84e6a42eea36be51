"""Base map drawing: coast, roads and the like under a map, with their source and accuracy."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from dfr.errors import InputError
from dfr.io.files import read_bounded
from dfr.io.scenario_files import shipped_folder
from dfr.world.model import World

KINDS = frozenset({"sea", "land", "coast", "water", "stream", "road", "rail", "building", "park"})
TYPES = frozenset({"Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon"})
MAX_BYTES = 8 * 1024 * 1024
SUFFIX = ".base.geojson"

LEAST_EXTENT = 10.0
"""A shipped drawing is used where the site is at least this many times as wide as the drawing's error: on a
smaller site a planner would trust lines that are wrong (assumed)."""

MOST_NOTE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseDrawing:
    """What is drawn: (kind, geometry in degrees, longitude first); `note` names its source and accuracy."""

    features: tuple[tuple[str, shapely.Geometry], ...]
    note: str


def base_drawing(world: World) -> BaseDrawing | None:
    """The drawing beside the scenario (NAME.base.geojson), else the finest shipped one that fits; or None.

    A shipped one fits where its `bbox` holds the whole keep-in and its `accuracy_m` is small beside it.
    Raises InputError where a file is no such drawing.
    """
    scenario_file = Path(world.scenario.file)
    own = scenario_file.with_name(f"{scenario_file.stem}{SUFFIX}")
    if own.is_file():
        return _read_drawing(_read_document(own), own)
    fitting: list[tuple[float, Path, Mapping[str, Any]]] = []
    for path in sorted(shipped_folder("scenarios").glob(f"*{SUFFIX}")):
        document = _read_document(path)
        if _fits_site(document, world):
            fitting.append((float(document["accuracy_m"]), path, document))
    if not fitting:
        return None
    _, path, document = min(fitting, key=lambda found: found[:2])
    return _read_drawing(document, path)


def _fits_site(document: Mapping[str, Any], world: World) -> bool:
    ring = world.scenario.site.boundary
    keep_in = shapely.Polygon([(p.lon_deg, p.lat_deg) for p in ring])
    west, south, east, north = world.frame.polygon(ring).bounds
    wide_m = max(east - west, north - south)
    inside = bool(shapely.box(*document["bbox"]).contains(keep_in))
    return inside and wide_m >= LEAST_EXTENT * float(document["accuracy_m"])


def _read_document(path: Path) -> Mapping[str, Any]:
    try:
        document = json.loads(read_bounded(path, limit_bytes=MAX_BYTES))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: not JSON ({error})", do="repair or remove it") from error
    if not isinstance(document, dict):
        raise InputError(f"{path}: not a JSON object", do="repair or remove it")
    return document


def _read_drawing(document: Mapping[str, Any], path: Path) -> BaseDrawing:
    try:
        features = tuple(_read_feature(feature) for feature in document["features"])
    except (ValueError, KeyError, TypeError, shapely.errors.ShapelyError) as error:
        raise InputError(
            f"{path}: not a GeoJSON FeatureCollection ({error})", do="repair or remove it"
        ) from error
    return BaseDrawing(features=features, note=str(document.get("note", ""))[:MOST_NOTE])


def _read_feature(feature: Mapping[str, Any]) -> tuple[str, shapely.Geometry]:
    kind = feature["properties"]["kind"]
    if kind not in KINDS:
        raise ValueError(f"kind {kind!r:.30} is not one of {', '.join(sorted(KINDS))}")
    geometry: Mapping[str, Any] = feature["geometry"]
    if geometry["type"] not in TYPES:
        raise ValueError(f"geometry {geometry['type']!r:.30} is not one of {', '.join(sorted(TYPES))}")
    found = shapely.from_geojson(json.dumps(geometry))
    west, south, east, north = found.bounds
    if not (-180.0 <= west <= east <= 180.0 and -90.0 <= south <= north <= 90.0):
        raise ValueError(f"a {kind} has no longitude and latitude in degrees")
    return kind, found


def geometry_to_geojson(found: shapely.Geometry) -> dict[str, Any]:
    """A geometry as GeoJSON."""
    document: dict[str, Any] = json.loads(shapely.to_geojson(found))
    return document


GRID_STEPS_M = (50.0, 100.0, 200.0, 500.0, 1000.0, 2000.0, 5000.0, 10_000.0, 50_000.0)
MOST_LINES = 12.0
"""Over the longer side of a site."""

Line = tuple[tuple[float, float], tuple[float, float]]


def grid_lines(world: World) -> tuple[float, list[Line]]:
    """(Round metres between lines, lines from end to end in local metres) over and around the keep-in."""
    west, south, east, north = world.frame.polygon(world.scenario.site.boundary).bounds
    wide_m = max(east - west, north - south)
    step_m = next((step for step in GRID_STEPS_M if MOST_LINES * step >= wide_m), GRID_STEPS_M[-1])
    low_east, high_east = _round_to_step(west - wide_m, step_m), _round_to_step(east + wide_m, step_m)
    low_north, high_north = _round_to_step(south - wide_m, step_m), _round_to_step(north + wide_m, step_m)
    upright: list[Line] = [
        ((float(e), low_north), (float(e), high_north)) for e in np.arange(low_east, high_east + 1, step_m)
    ]
    across: list[Line] = [
        ((low_east, float(n)), (high_east, float(n))) for n in np.arange(low_north, high_north + 1, step_m)
    ]
    return step_m, upright + across


def _round_to_step(value_m: float, step_m: float) -> float:
    return round(value_m / step_m) * step_m


def describe_no_drawing(step_m: float) -> str:
    """The note of a map without a drawing."""
    return f"No base drawing. Grid: {step_m:.0f} m, from the site's centre."
