"""Whatever lint calls usable loads, answers, and converts to each format and back, as many and as large.

Real files are taken from the folder that `DFR_AIRSPACE_FILES` names, where there is one: national files that
are nobody's to give on.
"""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from dfr.errors import AirspaceError
from dfr.geo import Position
from dfr.io.airspace.convert import FORMATS
from dfr.io.airspace.files import load_airspace, read_airspace
from dfr.io.airspace.lint import files_under
from dfr.io.airspace.reading import AirspaceRead
from dfr.scenario.air import AirspaceFile
from dfr.world.terrain import FlatGround

from ...examples import examples

OWN = sorted((Path(__file__).parents[2] / "data" / "airspace").iterdir())
FOLDER = os.environ.get("DFR_AIRSPACE_FILES", "")
REAL = files_under([Path(FOLDER)]) if FOLDER else []
NOON = datetime(2026, 7, 15, 12, tzinfo=UTC)
GROUND = FlatGround(height_m_amsl=50.0, source="test")
ASKED = 40
"""Zones of a file at whose middle it is asked."""


def km2(read: AirspaceRead) -> float:
    return sum(zone.area.area_m2() for zone in read.zones) / 1e6


def is_mask(read: AirspaceRead) -> bool:
    """Whether a zone goes round the globe: OpenAir cannot have it in one piece."""
    return any(zone.area.polygon.bounds[2] - zone.area.polygon.bounds[0] > 150.0 for zone in read.zones)


def loads_and_answers(path: Path, read: AirspaceRead) -> None:
    """Every zone asked about is found at its own middle."""
    airspace = load_airspace([AirspaceFile(path=str(path), date="", source="")])
    step = max(1, len(read.zones) // ASKED)
    for zone in read.zones[::step]:
        place = zone.area.polygon.representative_point()
        position = Position(lat_deg=place.y, lon_deg=(place.x + 180.0) % 360.0 - 180.0)
        answer = airspace.at(position, height_m_agl=50.0, when=NOON, terrain=GROUND)
        assert zone.name in {found.zone.name for found in answer.zones}


def converts_and_comes_back(read: AirspaceRead) -> None:
    """As many volumes and as large, in each format; those that it cannot carry are counted."""
    for form, write in FORMATS.items():
        if form == "openair" and is_mask(read):
            continue
        text, _, left_out = write(read)
        if len(left_out) == len(read.zones):
            continue
        again = read_airspace(text.encode(), name=f"back.{form}")
        assert again.refused == 0, (form, again.problems[:3])
        assert len(again.zones) == len(read.zones) - len(left_out), form
        if not left_out:
            assert km2(again) == pytest.approx(km2(read), rel=1e-4), form


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.name)
def test_what_lint_calls_usable_of_our_own_files_loads_and_comes_back(path: Path) -> None:
    read = read_airspace(path.read_bytes(), name=str(path))
    loads_and_answers(path, read)
    if read.zones:
        converts_and_comes_back(read)


@pytest.mark.skipif(not REAL, reason="DFR_AIRSPACE_FILES names no folder of airspace files")
@pytest.mark.parametrize("path", REAL, ids=lambda path: path.name)
def test_what_lint_calls_usable_of_real_files_loads_and_comes_back(path: Path) -> None:
    try:
        read = read_airspace(path.read_bytes(), name=str(path))
    except AirspaceError:
        return
    if not read.records_seen:
        return
    loads_and_answers(path, read)
    if read.zones:
        converts_and_comes_back(read)


DEGREES = st.tuples(st.integers(-80, 80), st.integers(-180, 179))
CORNER = st.tuples(st.floats(-1, 1), st.floats(-1, 1))


def dms(value: float, width: int, letters: str) -> str:
    seconds = round(abs(value) * 3600.0)
    degrees, minutes = divmod(seconds // 60, 60)
    return f"{degrees:0{width}d}:{minutes:02d}:{seconds % 60:02d} {letters[value < 0]}"


def point(lat: float, lon: float) -> str:
    return f"{dms(lat, 2, 'NS')} {dms((lon + 180.0) % 360.0 - 180.0, 3, 'EW')}"


@examples(40)
@given(centre=DEGREES, corners=st.lists(CORNER, min_size=3, max_size=9), radius=st.integers(1, 20),
       sweep=st.integers(10, 350), clockwise=st.booleans())  # fmt: skip
def test_any_polygon_and_arc_comes_back_as_one_volume_of_its_size(
    centre: tuple[int, int], corners: list[tuple[float, float]], radius: int, sweep: int, clockwise: bool
) -> None:
    """The corners are in any order, so that rings cross themselves in every way."""
    lat, lon = centre
    head = "AC R\nAN {}\nAL SFC\nAH 2000ft AMSL\n"
    polygon = "".join(f"DP {point(lat + y, lon + x)}\n" for y, x in corners)
    arc = f"V X={point(lat, lon)}\nV D={'+' if clockwise else '-'}\nDA {radius},10,{10 + sweep}\n"
    read = read_airspace((head.format("A") + polygon + head.format("B") + arc).encode(), name="any.txt")
    assert read.records_seen == len(read.zones) + read.refused
    if read.zones:
        converts_and_comes_back(read)


@examples(40)
@example(centre=(0, 178), holes=[2], parts=1)
@given(centre=DEGREES, holes=st.lists(st.integers(0, 8), unique=True, max_size=4), parts=st.integers(1, 3))
def test_any_area_with_holes_and_parts_comes_back_with_them(
    centre: tuple[int, int], holes: list[int], parts: int
) -> None:
    lat, lon = centre
    # Where the United Kingdom lands with its coordinates swapped, an area is refused for that.
    assume(not (-9 <= lat <= 0 and 49 <= lon <= 58))

    def box(x: float, y: float, side: float) -> list[list[float]]:
        corners = [(x, y), (x + side, y), (x + side, y + side), (x, y + side), (x, y)]
        return [[lon + 0.3 * a, lat + 0.3 * b] for a, b in corners]

    inner = [box(1.0 + 3.0 * (k % 3), 1.0 + 3.0 * (k // 3), 1.0) for k in holes]
    polygons = [[box(0.0, 0.0, 10.0), *inner], *([box(11.0 * k, 0.0, 10.0)] for k in range(1, parts))]
    words = {"name": "ALL", "type": "R", "lower": "SFC", "upper": "2000 ft AMSL", "parts": True}
    shape = {"type": "MultiPolygon", "coordinates": polygons}
    feature = {"type": "Feature", "properties": words, "geometry": shape}
    text = json.dumps({"type": "FeatureCollection", "features": [feature]})
    read = read_airspace(text.encode(), name="any.geojson")
    assert (len(read.zones), read.refused) == (1, 0)
    assert sum(len(part.interiors) for part in read.zones[0].area.parts) == len(holes)
    converts_and_comes_back(read)
