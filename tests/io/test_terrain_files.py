"""Terrain files against heights computed by hand, and against damage."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Transformer

from dfr.errors import InputError, ScenarioError
from dfr.geo import Position
from dfr.io.scenario_files import find_scenario, load_world
from dfr.io.terrain_files import load_terrain, parse_terrain, read_terrain
from dfr.scenario.air import TerrainFile

from ..examples import examples

TO_BNG = Transformer.from_crs(4326, 27700, always_xy=True)


def position(east: float, north: float) -> Position:
    lon, lat = TO_BNG.transform(east, north, direction="INVERSE")
    return Position(lat_deg=lat, lon_deg=lon)


def os_terrain_50(heights: np.ndarray, *, west: int = 460_000, south: int = 90_000) -> bytes:
    rows = "\n".join(" ".join(f"{h:.1f}" for h in row) for row in heights)
    head = f"ncols {heights.shape[1]}\nnrows {heights.shape[0]}\nxllcorner {west}\nyllcorner {south}\n"
    return f"{head}cellsize 50\n{rows}\n".encode()


PLANE = np.add.outer(-2.0 * np.arange(200), 0.5 * np.arange(200)) + 400.0
"""Rises half a metre for each cell east and two for each cell north."""


def expected(east: float, north: float) -> float:
    column, row = (east - 460_025) / 50, (99_975 - north) / 50
    return 400.0 - 2.0 * row + 0.5 * column


@pytest.mark.parametrize(("east", "north"), [(462_000.0, 95_000.0), (465_313.0, 91_777.0), (460_025, 99_975)])
def test_an_os_tile_is_bilinear_between_cell_centres(tmp_path: Path, east: float, north: float) -> None:
    path = tmp_path / "sz69.asc"
    path.write_bytes(os_terrain_50(PLANE))
    terrain = load_terrain([TerrainFile(path=str(path), source="OS Terrain 50")])
    assert terrain.ground_m_amsl(position(east, north)) == pytest.approx(expected(east, north), abs=0.02)
    assert terrain.source == "OS Terrain 50; heights above Ordnance Datum Newlyn"


def test_abutting_tiles_leave_no_seam_and_outside_is_unknown(tmp_path: Path) -> None:
    paths = [tmp_path / "a.asc", tmp_path / "b.asc"]
    paths[0].write_bytes(os_terrain_50(PLANE))
    paths[1].write_bytes(os_terrain_50(PLANE + 100.0, west=470_000))
    terrain = load_terrain([TerrainFile(path=str(path), source="OS") for path in paths])
    for east in (469_975.0, 469_990.0, 469_999.0, 470_001.0, 470_020.0, 479_990.0):
        assert terrain.ground_m_amsl(position(east, 95_000.0)) is not None
    for east, north in ((459_990.0, 95_000.0), (480_010.0, 95_000.0), (465_000.0, 100_010.0)):
        assert terrain.ground_m_amsl(position(east, north)) is None


def test_beside_an_unknown_post_the_ground_is_unknown(tmp_path: Path) -> None:
    heights = PLANE.copy()
    heights[100, 100] = -9999.0
    path = tmp_path / "hole.asc"
    path.write_bytes(os_terrain_50(heights))
    grid = read_terrain(path)
    terrain = load_terrain([TerrainFile(path=str(path), source="OS")])
    assert np.isnan(grid.heights[100, 100])
    assert terrain.ground_m_amsl(position(460_025 + 100 * 50 + 10, 99_975 - 100 * 50)) is None
    assert terrain.ground_m_amsl(position(460_025 + 102 * 50, 99_975 - 100 * 50)) is not None


def test_an_srtm_tile_lies_where_its_name_says() -> None:
    heights = np.tile(np.arange(1201, dtype=">i2"), (1201, 1))
    heights[0, 0] = -32768
    grid = parse_terrain(heights.tobytes(), name="/maps/N50W002.hgt")
    assert float(grid.heights_m_amsl(50.5, -1.5)) == pytest.approx(600.0)
    assert float(grid.heights_m_amsl(50.25, -1.0)) == pytest.approx(1200.0)
    assert np.isnan(grid.heights_m_amsl(51.0, -2.0))
    assert np.isnan(grid.heights_m_amsl(49.9, -1.5))


def geotiff(heights: np.ndarray, *, epsg: int, point: bool, west: float, north: float, step: float) -> bytes:
    from PIL import Image, TiffImagePlugin

    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[33550] = (step, step, 0.0)
    tags[33922] = (0.0, 0.0, 0.0, west, north, 0.0)
    key = 2048 if epsg == 4326 else 3072
    tags[34735] = (
        1,
        1,
        0,
        3,
        1024,
        0,
        1,
        2 if key == 2048 else 1,
        1025,
        0,
        1,
        2 if point else 1,
        key,
        0,
        1,
        epsg,
    )
    tags.tagtype.update({33550: 12, 33922: 12, 34735: 3, 42113: 2})
    tags[42113] = "-9999"
    out = io.BytesIO()
    Image.fromarray(heights.astype(np.float32)).save(out, format="TIFF", tiffinfo=tags)
    return out.getvalue()


def test_a_geotiff_on_the_british_grid_agrees_with_the_ascii_grid() -> None:
    tiff = parse_terrain(
        geotiff(PLANE, epsg=27700, point=False, west=460_000, north=100_000, step=50), name="a.tif"
    )
    ascii_ = parse_terrain(os_terrain_50(PLANE), name="a.asc")
    places = [position(461_000 + 731 * k, 91_000 + 517 * k) for k in range(12)]
    lat, lon = [p.lat_deg for p in places], [p.lon_deg for p in places]
    assert tiff.heights_m_amsl(lat, lon) == pytest.approx(ascii_.heights_m_amsl(lat, lon), abs=1e-3)


def test_pixel_is_point_moves_a_geotiff_by_half_a_cell() -> None:
    heights = np.tile(np.arange(11.0), (11, 1))
    options = {"epsg": 4326, "west": -2.0, "north": 51.0, "step": 0.1}
    point = parse_terrain(geotiff(heights, point=True, **options), name="a.tif")
    area = parse_terrain(geotiff(heights, point=False, **options), name="a.tif")
    assert float(point.heights_m_amsl(50.5, -1.5)) == pytest.approx(5.0)
    assert float(area.heights_m_amsl(50.5, -1.5)) == pytest.approx(4.5)


HEAD = b"ncols 2\nnrows 2\nxllcorner 460000\nyllcorner 90000\ncellsize 50\n"


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.asc", b"ncols 3\nnrows 2\nxllcorner 1\nyllcorner 1\ncellsize 50\n1 2 3 4 5\n", "2 x 3 should be"),
        ("a.asc", b"ncols 2\nnrows 2\nxllcorner 1\nyllcorner 1\ncellsize 50\n1 2 3 x\n", "numbers"),
        ("a.asc", b"ncols 2\nnrows 2\nxllcorner 1\ncellsize 50\n1 2 3 4\n", "yllcorner"),
        (
            "a.asc",
            HEAD.replace(b"460000", b"4600000") + b"1 2 3 4\n",
            "off the British",
        ),
        (
            "a.asc",
            HEAD + b"-9999 -9999 -9999 -9999\n",
            "no height",
        ),
        ("a.asc", b"ncols 1e9\nnrows 1e9\nxllcorner 1\nyllcorner 1\ncellsize 50\n", "whole number"),
        ("N50W002.hgt", b"123", "not the size of an SRTM tile"),
        ("tile.hgt", b"\0" * 1201 * 1201 * 2, "such as N50W002.hgt"),
        ("a.tif", b"II*\0rubbish", "not a readable GeoTIFF"),
        ("a.zip", b"PK\3\4", "unknown terrain format"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(name: str, data: bytes, said: str) -> None:
    with pytest.raises(InputError, match=said) as caught:
        parse_terrain(data, name=name)
    assert str(caught.value).startswith(name)


@examples(150)
@given(st.binary(max_size=200), st.sampled_from([b"ncols 2 nrows 2 ", b"II*\0", b"MM\0*", b"", b"ncols 2 "]))
def test_no_bytes_make_the_reader_raise_anything_else(data: bytes, head: bytes) -> None:
    for name in ("x.asc", "N50W002.hgt"):
        try:
            parse_terrain(head + data, name=name)
        except InputError:
            continue


def test_a_scenario_names_its_terrain(tmp_path: Path) -> None:
    """The plane at Southsea Common replaces the flat ground; a missing file is named with its line."""
    text = find_scenario("victorious-2024").read_text()
    (tmp_path / "s.asc").write_bytes(os_terrain_50(PLANE))
    path = tmp_path / "with.yaml"
    path.write_text(text + "\nterrain:\n  - {file: s.asc, source: OS Terrain 50}\n")
    world = load_world(path)
    centre = world.scenario.site.centre
    east, north = TO_BNG.transform(centre.lon_deg, centre.lat_deg)
    assert world.terrain.ground_m_amsl(centre) == pytest.approx(expected(east, north), abs=0.02)
    assert world.terrain.source == "OS Terrain 50; heights above Ordnance Datum Newlyn"
    path.write_text(text + "\nterrain:\n  - {file: none.asc, source: OS Terrain 50}\n")
    with pytest.raises(ScenarioError, match=r"terrain\[0\].file: no file 'none.asc'"):
        load_world(path)
