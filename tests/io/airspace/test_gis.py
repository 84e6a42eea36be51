"""Shapefiles and GeoPackages written by GDAL itself, with the attributes that national layers have."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest
import shapely

from dfr.errors import AirspaceError
from dfr.geo import Position
from dfr.io.airspace import gis
from dfr.io.airspace.files import read_airspace
from dfr.io.airspace.reading import AirspaceRead

pyogrio = pytest.importorskip("pyogrio")

BOX = shapely.box(-1.2, 50.7, -1.0, 50.9)
WORDS = {
    "NAME": "TOWN CTR", "CLASS": "D", "LOWER_VAL": "0", "LOWER_UOM": "FT", "LOWER_CODE": "SFC",
    "UPPER_VAL": "2500", "UPPER_UOM": "FT", "UPPER_CODE": "MSL",
}  # fmt: skip


def written(path: Path, shape: shapely.Geometry = BOX, crs: str | None = "EPSG:4326") -> Path:
    columns = [np.array([value], dtype=object) for value in WORDS.values()]
    pyogrio.raw.write(
        str(path), geometry=np.array([shapely.to_wkb(shape)], dtype=object), field_data=columns,
        fields=list(WORDS), geometry_type=shape.geom_type, crs=crs,
    )  # fmt: skip
    return path


def read(path: Path) -> AirspaceRead:
    return read_airspace(path.read_bytes(), name=str(path))


@pytest.mark.parametrize("name", ["a.shp", "a.gpkg"])
def test_a_zone_of_a_layer_has_its_limits_and_place(tmp_path: Path, name: str) -> None:
    result = read(written(tmp_path / name))
    (zone,) = result.zones
    assert (zone.name, zone.airspace_class, zone.lower.text, zone.upper.text) == (
        "TOWN CTR",
        "D",
        "SFC",
        "2500 ft AMSL",
    )
    assert zone.distance_m(Position(lat_deg=50.8, lon_deg=-1.1)) == 0.0
    assert zone.area.polygon.bounds == pytest.approx(BOX.bounds)


def test_a_zipped_shapefile_is_read_as_one(tmp_path: Path) -> None:
    written(tmp_path / "a.shp")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for path in sorted(tmp_path.glob("a.*")):
            if path.suffix != ".zip":
                archive.write(path, path.name)
    assert len(read(tmp_path / "a.zip").zones) == 1


def test_coordinates_of_another_system_become_degrees(tmp_path: Path) -> None:
    grid = shapely.box(460_000.0, 100_000.0, 470_000.0, 110_000.0)
    (zone,) = read(written(tmp_path / "a.gpkg", grid, "EPSG:27700")).zones
    assert zone.distance_m(Position(lat_deg=50.84, lon_deg=-1.08)) == 0.0


@pytest.mark.parametrize("suffix", [".prj", ".dbf", ".shx"])
def test_a_file_missing_beside_a_shapefile_is_named(tmp_path: Path, suffix: str) -> None:
    path = written(tmp_path / "a.shp")
    path.with_suffix(suffix).unlink()
    with pytest.raises(AirspaceError, match=suffix):
        read(path)


def test_what_gdal_cannot_read_is_an_error_in_words(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    path.write_bytes(b"SQLite format 3\x00" + bytes(200))
    with pytest.raises(AirspaceError, match="GDAL cannot read it"):
        read(path)


def test_without_the_extra_the_way_to_get_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path / "a.gpkg")

    def missing(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(gis, "import_module", missing)
    with pytest.raises(AirspaceError, match=r"pip install 'dfr-planner\[gis\]'"):
        read(path)
