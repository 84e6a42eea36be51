"""Shapefiles and GeoPackages, by GDAL through pyogrio where the extra `gis` is installed.

Each feature is handed on as GeoJSON with its attributes, so that the same words count.

Handed to GDAL: only limits, units and reference systems are ours.
"""

from __future__ import annotations

import io
import json
import warnings
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import shapely
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

from dfr.archives import BROKEN_ARCHIVE
from dfr.errors import AirspaceError
from dfr.extras import install_command
from dfr.geo import FloatArray
from dfr.io.airspace.geojson import read_geojson
from dfr.io.airspace.reading import AirspaceRead

SHAPEFILE = b"\x00\x00\x27\x0a"
GEOPACKAGE = b"SQLite format 3\x00"
MAX_UNPACKED_BYTES = 96 * 1024 * 1024
MAX_FEATURES = 100_000
MAX_LAYERS = 100
BESIDE = (".shx", ".dbf", ".prj")


def read_gis(data: bytes, *, name: str) -> AirspaceRead:
    """The zones of a shapefile (with its files beside it, or zipped) or a GeoPackage.

    Raises AirspaceError where the extra is not installed and for a file that GDAL cannot read.
    """
    text = json.dumps({"type": "FeatureCollection", "features": read_gis_features(data, name=name)})
    kind = "geopackage" if data.startswith(GEOPACKAGE) else "shapefile"
    return replace(read_geojson(text.encode(), name=name), kind=kind)


def read_gis_features(data: bytes, *, name: str) -> list[dict[str, Any]]:
    """The features of a shapefile or GeoPackage as GeoJSON in WGS84. Raises AirspaceError as `read_gis`.

    Where `data` begins like one of several files, `name` is its path, and the others lie beside it.
    """
    pyogrio = _import_pyogrio(name)
    source: str | bytes = data
    if data.startswith(SHAPEFILE):
        source = name
        _check_files_beside(Path(name))
    elif data[:2] == b"PK":
        _check_archive(data, name)
    try:
        with warnings.catch_warnings():
            # GDAL warns of ids and suffixes that change nothing of what is read.
            warnings.simplefilter("ignore", RuntimeWarning)
            layers = [str(layer) for layer, _ in pyogrio.list_layers(source)[:MAX_LAYERS]]
            return [feature for layer in layers for feature in _layer_features(pyogrio, source, layer, name)]
    except pyogrio.errors.DataSourceError as error:
        raise AirspaceError(f"{name}: GDAL cannot read it", do="check the file") from error


def _import_pyogrio(name: str) -> ModuleType:
    try:
        return import_module("pyogrio")
    except ImportError as error:
        words = "is a shapefile or GeoPackage, which needs the extra gis"
        raise AirspaceError(f"{name}: {words}", do=install_command("gis")) from error


def _check_files_beside(path: Path) -> None:
    """Raise AirspaceError where files that belong to a shapefile are missing or too large."""
    for suffix in BESIDE:
        names = (path.with_suffix(suffix), path.with_suffix(suffix.upper()))
        beside = next((name for name in names if name.exists()), None)
        if beside is None:
            what = f"{path}: its {suffix} file is missing"
            raise AirspaceError(f"{what}", do="keep the files of a shapefile together")
        if beside.stat().st_size > MAX_UNPACKED_BYTES:
            raise AirspaceError(f"{beside}: over {MAX_UNPACKED_BYTES} bytes", do="cut it to the area needed")


def _check_archive(data: bytes, name: str) -> None:
    try:
        entries = zipfile.ZipFile(io.BytesIO(data)).infolist()
    except BROKEN_ARCHIVE as error:
        raise AirspaceError(f"{name}: not a readable archive: {error}", do="check the file") from error
    if sum(entry.file_size for entry in entries) > MAX_UNPACKED_BYTES:
        raise AirspaceError(
            f"{name}: over {MAX_UNPACKED_BYTES} bytes unpacked", do="cut it to the area needed"
        )


def _layer_features(
    pyogrio: ModuleType, source: str | bytes, layer: str, name: str
) -> Iterator[dict[str, Any]]:
    """The features of a layer in WGS84; a layer without geometry has none."""
    meta, _, shapes, columns = pyogrio.raw.read(source, layer=layer, max_features=MAX_FEATURES + 1)
    if shapes is None:
        return
    if len(shapes) > MAX_FEATURES:
        raise AirspaceError(f"{name}: more than {MAX_FEATURES} features", do="cut it to the area needed")
    to_degrees = _to_degrees(meta["crs"], name)
    for number, wkb in enumerate(shapes):
        attributes = zip(meta["fields"], columns, strict=True)
        words = {str(key): _json_value(column[number]) for key, column in attributes}
        yield {"type": "Feature", "properties": words, "geometry": _geojson_geometry(wkb, to_degrees)}


def _geojson_geometry(wkb: bytes | None, to_degrees: Callable[[FloatArray], FloatArray]) -> object:
    """A geometry as GeoJSON has it, with its corners in degrees."""
    if wkb is None:
        return None
    shape = shapely.transform(shapely.force_2d(shapely.from_wkb(wkb)), to_degrees)
    return json.loads(shapely.to_geojson(shape))


def _to_degrees(crs: str | None, name: str) -> Callable[[FloatArray], FloatArray]:
    """From the coordinates of a layer to longitude and latitude."""
    if not crs:
        raise AirspaceError(f"{name}: says no coordinate reference system", do="add its .prj file")
    try:
        transformer = Transformer.from_crs(CRS.from_user_input(crs), "EPSG:4326", always_xy=True)
    except CRSError as error:
        what = f"{name}: {crs[:60]}: an unknown reference system"
        raise AirspaceError(f"{what}", do="export it in WGS84") from error

    def to_lonlat(xy: FloatArray) -> FloatArray:
        return np.column_stack(transformer.transform(xy[:, 0], xy[:, 1]))

    return to_lonlat


def _json_value(value: object) -> object:
    """An attribute as JSON has it; None of a missing one."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, (str, int, bool)):
        return value
    if isinstance(value, float):
        return value if np.isfinite(value) else None
    return str(value)
