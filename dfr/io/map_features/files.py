"""Files of map features of every supported format, recognised by their content (`read_features`)."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

from dfr.archives import BROKEN_ARCHIVE, entry_names
from dfr.errors import InputError
from dfr.io.airspace.gis import GEOPACKAGE, SHAPEFILE, read_gis_features
from dfr.io.files import decode_text, read_bounded
from dfr.io.map_features.geojson import features_of_geojson, read_geojson_features
from dfr.io.map_features.gpx import read_gpx_features
from dfr.io.map_features.kml import read_kml_features
from dfr.io.map_features.model import FeatureFile

MAX_FEATURE_BYTES = 32 * 1024 * 1024
READ = "KML, KMZ, GeoJSON, GPX, or a shapefile with its .prj in a zip"
OF_A_SHAPEFILE = frozenset(
    {".shp", ".shx", ".dbf", ".prj", ".cpg", ".qpj", ".qmd", ".sbn", ".sbx", ".xml", ".txt"}
)
"""What a zipped shapefile may hold: anything else could be a driver of GDAL's that reads other files."""

_ROOT = re.compile(r"(?:\s|<\?.*?\?>|<!--.*?-->)*<(?:\w+:)?(\w+)", re.DOTALL)


def read_feature_file(path: Path) -> FeatureFile:
    """The features of a file. Raises InputError where it cannot be read."""
    data = read_bounded(path, limit_bytes=MAX_FEATURE_BYTES)
    if data.startswith((SHAPEFILE, GEOPACKAGE)):
        return features_of_geojson(read_gis_features(data, name=str(path)), name=path.name, kind="shapefile")
    return read_features(data, name=path.name)


def read_features(data: bytes, *, name: str) -> FeatureFile:
    """The features of a file's bytes; `name` is for messages alone. Raises InputError."""
    if data[:2] == b"PK":
        return _read_archive(data, name)
    if data.startswith(GEOPACKAGE):
        return features_of_geojson(read_gis_features(data, name=name), name=name, kind="geopackage")
    if data.startswith(SHAPEFILE):
        raise InputError(f"{name}: is one of several files", do="zip the .shp with its .shx, .dbf and .prj")
    head = decode_text(data[:65_536])[0].lstrip("\ufeff \t\r\n")
    if head.startswith("{"):
        return read_geojson_features(data, name=name)
    root = _ROOT.match(head)
    word = root[1].lower() if root else ""
    if word == "kml":
        return read_kml_features(data, name=name)
    if word == "gpx":
        return read_gpx_features(data, name=name)
    raise InputError(f"{name}: holds no features in a format that dfr reads", do=f"export it as {READ}")


def _read_archive(data: bytes, name: str) -> FeatureFile:
    try:
        names = [entry.lower() for entry in entry_names(data)]
    except BROKEN_ARCHIVE as error:
        raise InputError(f"{name}: not a readable archive: {error}", do="zip it again") from error
    if any(entry.endswith(".shp") for entry in names):
        others = [entry for entry in names if PurePosixPath(entry).suffix not in (*OF_A_SHAPEFILE, "")]
        if others:
            raise InputError(f"{name}: {others[0]!r:.60} is no part of a shapefile", do="zip it alone")
        return features_of_geojson(read_gis_features(data, name=name), name=name, kind="shapefile")
    if any(entry.endswith(".kml") for entry in names):
        return read_kml_features(data, name=name)
    raise InputError(f"{name}: holds no features in a format that dfr reads", do=f"give {READ}")
