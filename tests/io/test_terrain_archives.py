"""Archives of terrain as OS ships them: tiles near the site are read, bombs and damage refused."""

from __future__ import annotations

import contextlib
import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Transformer

from dfr.errors import InputError
from dfr.geo import Position
from dfr.io import terrain_files
from dfr.io.terrain_files import load_terrain, read_tiles, square_corner_m
from dfr.scenario.air import TerrainFile

from ..examples import examples

TO_BNG = Transformer.from_crs(4326, 27700, always_xy=True)
SOUTHSEA = Position(lat_deg=50.782, lon_deg=-1.089)


def place(east: float, north: float) -> Position:
    lon, lat = TO_BNG.transform(east, north, direction="INVERSE")
    return Position(lat_deg=lat, lon_deg=lon)


def tile(name: str, height: float, side: int = 200) -> bytes:
    west, south = square_corner_m(name)
    row = " ".join([f"{height:g}"] * side)
    head = f"ncols {side}\nnrows {side}\nxllcorner {west:.0f}\nyllcorner {south:.0f}\ncellsize 50\n"
    return (head + "\n".join([row] * side) + "\n").encode()


def zipped(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def product(squares: dict[str, float]) -> bytes:
    """terr50_gagg_gb.zip: data/sz/sz69_OST50GRID_20230518.zip with SZ69.asc and its companions."""
    return zipped(
        {
            f"data/{name[:2].lower()}/{name.lower()}_OST50GRID_20230518.zip": zipped(
                {f"{name}.asc": tile(name, height), f"{name}.prj": b"PROJCS", f"Metadata_{name}.xml": b"<x/>"}
            )
            for name, height in squares.items()
        }
        | {"readme.txt": b"OS"}
    )


def loaded(path: Path, data: bytes, near: Position | None = SOUTHSEA):
    path.write_bytes(data)
    return load_terrain([TerrainFile(path=str(path), source="OS Terrain 50")], near=near)


@pytest.mark.parametrize(
    ("name", "corner"),
    [("SZ69", (460e3, 90e3)), ("SU60", (460e3, 100e3)), ("TQ38", (530e3, 180e3)), ("HP40", (440e3, 1200e3))],
)
def test_squares_lie_where_the_ordnance_survey_has_them(name, corner):
    assert square_corner_m(name) == corner


def test_the_product_is_read_as_it_is_shipped_and_only_near_the_site(tmp_path: Path):
    data = product({"SZ69": 3.0, "SU60": 20.0, "NT27": 100.0})
    terrain = loaded(tmp_path / "terr50.zip", data)
    assert terrain.ground_m_amsl(place(465_000, 95_000)) == 3.0
    assert terrain.ground_m_amsl(place(465_000, 105_000)) == 20.0
    assert terrain.ground_m_amsl(place(325_000, 675_000)) is None
    assert [Path(grid.name).name for grid in terrain.grids] == ["SZ69.asc", "SU60.asc"]


def test_the_heights_say_what_they_count_from_and_whether_that_is_mixed(tmp_path: Path):
    assert "above Ordnance Datum Newlyn" in loaded(tmp_path / "a.zip", product({"SZ69": 3.0})).source
    srtm = np.full((1201, 1201), 7, ">i2").tobytes()
    both = loaded(tmp_path / "b.zip", zipped({"SZ69.asc": tile("SZ69", 3.0), "N50W002.hgt": srtm}))
    assert "Ordnance Datum Newlyn and EGM96, mixed" in both.source
    assert both.ground_m_amsl(SOUTHSEA) == 3.0


def test_nothing_near_is_refused_by_name(tmp_path: Path):
    with pytest.raises(InputError, match="no tile within 20 km"):
        loaded(tmp_path / "far.zip", product({"NT27": 100.0}))
    with pytest.raises(InputError, match="no tile"):
        loaded(tmp_path / "none.zip", zipped({"readme.txt": b""}), near=None)


def test_bombs_are_refused_without_unpacking_them(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(terrain_files, "MAX_INNER_BYTES", 100_000)
    with pytest.raises(InputError, match="unpacks to more than 100000"):
        loaded(tmp_path / "bomb.zip", zipped({"SZ69.asc": b"0" * 10_000_000}))
    with pytest.raises(InputError, match="within an archive within"):
        loaded(tmp_path / "deep.zip", zipped({"a.zip": zipped({"b.zip": zipped({"SZ69.asc": b""})})}))
    monkeypatch.setattr(terrain_files, "MAX_TILES", 2)
    budget = {f"x{k}.asc": tile("SZ69", 1.0, side=2) for k in range(200)}
    monkeypatch.setattr(terrain_files, "MAX_MEMBERS", 100)
    with pytest.raises(InputError, match="200 members"):
        loaded(tmp_path / "many.zip", zipped(budget))


@examples(150)
@given(
    cut=st.integers(0, 2000), flips=st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 255)), max_size=8)
)
def test_no_damage_does_more_than_refuse(tmp_path_factory, cut, flips):
    data = bytearray(product({"SZ69": 3.0}))
    for place_, value in flips:
        data[place_ % len(data)] = value
    path = tmp_path_factory.getbasetemp() / "damaged.zip"
    path.write_bytes(bytes(data[: len(data) - cut]))
    with contextlib.suppress(InputError):
        assert all(len(tile_) < 1_000_000 for _, tile_ in read_tiles(path))
