"""Obstacles from YAIXM, CSV and GeoJSON: places and tops with their datum, and nothing lost in silence."""

from __future__ import annotations

from pathlib import Path

import pytest

from dfr.errors import AirspaceError
from dfr.geo import Position, VerticalDatum
from dfr.io.airspace.files import load_airspace, read_airspace
from dfr.scenario.air import AirspaceFile, DataKind
from dfr.world.airspace import Airspace

YAIXM = b"""obstacle:
- name: RUMSTER FOREST RTM
  type: RTM
  id: UK0150A059F
  position: 581941N 0032217W
  elevation: 1513 ft
"""
POINTS = """{"type": "FeatureCollection", "features": [
{"type": "Feature", "geometry": {"type": "Point", "coordinates": [-1.0, 50.0]},
 "properties": {"name": "mast", "top": "45 m AGL"}},
{"type": "Feature", "geometry": {"type": "Point", "coordinates": [-1.1, 50.1]},
 "properties": {"name": "crane", "top_ft_amsl": 250}}]}"""


def table(*rows: str) -> bytes:
    return "\n".join(("name,lat_deg,lon_deg,top", *rows)).encode()


def test_obstacles_of_yaixm_have_their_elevation_above_the_sea() -> None:
    read = read_airspace(YAIXM, name="obstacle.yaml")
    (mast,) = read.obstacles
    assert (mast.name, mast.line) == ("RUMSTER FOREST RTM", 2)
    assert mast.position.lat_deg == pytest.approx(58 + 19 / 60 + 41 / 3600)
    assert mast.top.value_m == pytest.approx(1513 * 0.3048)
    assert mast.top.datum is VerticalDatum.AMSL
    assert read.held_kinds == {DataKind.OBSTACLES}
    assert read.problems == ()


@pytest.mark.parametrize(
    ("text", "value_m", "datum"),
    [("45 m AGL", 45.0, "AGL"), ("300 ft AMSL", 91.44, "AMSL"), ("1,000ft AGL", 304.8, "AGL")],
)
def test_a_table_gives_the_top_with_unit_and_datum(text: str, value_m: float, datum: str) -> None:
    (mast,) = read_airspace(table(f'mast,50.0,-1.0,"{text}"'), name="o.csv").obstacles
    assert mast.position == Position(lat_deg=50.0, lon_deg=-1.0)
    assert (mast.top.value_m, mast.top.datum.value) == (pytest.approx(value_m), datum)


@pytest.mark.parametrize(
    ("column", "value_m", "datum"),
    [("top_m_agl", 100.0, "AGL"), ("top_ft_amsl", 30.48, "AMSL"), ("top_m_amsl", 100.0, "AMSL")],
)
def test_a_column_may_name_unit_and_datum(column: str, value_m: float, datum: str) -> None:
    data = f"name;latitude;longitude;{column}\nmast;50.0;-1.0;100\n".encode()
    (mast,) = read_airspace(data, name="o.csv").obstacles
    assert (mast.top.value_m, mast.top.datum.value) == (pytest.approx(value_m), datum)


def test_points_of_geojson_are_obstacles() -> None:
    mast, crane = read_airspace(POINTS.encode(), name="o.geojson").obstacles
    assert (mast.name, mast.top.text, mast.line) == ("mast", "45 m AGL", 2)
    assert crane.top.value_m == pytest.approx(76.2)
    assert crane.position == Position(lat_deg=50.1, lon_deg=-1.1)


@pytest.mark.parametrize("top", ["45", "45 m", "FL20", "high", "", "45 m AAL"])
def test_a_top_without_unit_or_datum_is_refused_and_counted_as_lost(top: str) -> None:
    read = read_airspace(table("mast,50.0,-1.0,40 m AGL", f"crane,50.0,-1.0,{top}"), name="o.csv")
    assert ([o.name for o in read.obstacles], read.unplaced) == (["mast"], 1)
    (problem,) = read.problems
    assert (problem.line, problem.code, problem.outcome.value) == (3, "bad-obstacle", "refused")


def test_a_place_that_is_none_is_refused() -> None:
    read = read_airspace(table("mast,north,-1.0,40 m AGL", "crane,95,-1.0,40 m AGL"), name="o.csv")
    assert (read.obstacles, read.unplaced) == ((), 2)


def load(tmp_path: Path, **words: object) -> Airspace:
    path = tmp_path / "o.csv"
    path.write_bytes(table("mast,50.0,-1.0,45 m AGL"))
    return load_airspace([AirspaceFile(path=str(path), date="2024-08-24", source="t", **words)])  # type: ignore[arg-type]


def test_a_list_covers_the_heights_from_which_it_names_every_obstacle(tmp_path: Path) -> None:
    ring = tuple(Position(lat_deg=lat, lon_deg=lon) for lat, lon in ((49, -2), (51, -2), (51, 0), (49, 0)))
    (nothing,) = load(tmp_path, covers=ring).coverage
    assert nothing.kinds == frozenset()
    listed = [c for c in load(tmp_path, covers=ring, obstacles_from_m_agl=30.0).coverage if c.kinds]
    assert [(c.kinds, c.lower.value_m) for c in listed] == [({DataKind.OBSTACLES}, 30.0)]


def test_a_file_without_an_obstacle_cannot_be_said_to_hold_them(tmp_path: Path) -> None:
    path = tmp_path / "air.txt"
    path.write_text("AC D\nAY CTR\nAN A\nAL SFC\nAH FL65\nV X=50:00:00 N 001:00:00 W\nDC 5\n")
    file = AirspaceFile(path=str(path), date="", source="", kinds=frozenset({DataKind.OBSTACLES}))
    with pytest.raises(AirspaceError, match="is said to hold obstacles, but has none"):
        load_airspace([file])
