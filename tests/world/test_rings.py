"""Rings that go round poles, cross themselves without end, or need more points than there is room for."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from geographiclib.geodesic import Geodesic

from dfr.geo import LocalFrame, Position
from dfr.world.outlines import Arc, EdgeRule, Vertex, circle
from dfr.world.shapes import Area, RingTable, build_areas


def cap(lat: float, *, eastward: bool = True) -> list[Vertex]:
    lons = range(-180, 180, 10)
    return [Vertex(lat, float(lon)) for lon in (lons if eastward else reversed(lons))]


def contains(area: Area, lat: float, lon: float) -> bool:
    return bool(shapely.intersects_xy(area.polygon, [lon - 360, lon, lon + 360], [lat] * 3).any())


@pytest.mark.parametrize("eastward", [True, False])
@pytest.mark.parametrize("lat", [80.0, -70.0])
def test_a_ring_round_a_pole_holds_the_pole(lat: float, eastward: bool) -> None:
    (built,) = build_areas([cap(lat, eastward=eastward)])
    assert built.code == ""
    assert built.area is not None
    for lon in (-179.9, -90.0, 0.0, 55.5, 180.0):
        assert contains(built.area, lat + np.sign(lat) * 2.0, lon)
        assert not contains(built.area, lat - np.sign(lat) * 2.0, lon)
    assert contains(built.area, np.sign(lat) * 90.0, 12.0)


def test_a_circle_round_a_pole_has_its_radius() -> None:
    (built,) = build_areas([[circle(89.0, 20.0, 500_000.0)]])
    assert built.area is not None
    for azimuth_deg in range(0, 360, 30):
        for distance_m, inside in ((499_000.0, True), (501_000.0, False)):
            place = Geodesic.WGS84.Direct(89.0, 20.0, azimuth_deg, distance_m)
            assert contains(built.area, place["lat2"], place["lon2"]) is inside


def test_a_ring_wider_than_half_the_globe_is_drawn() -> None:
    ring = [Vertex(60.0, float(lon)) for lon in range(-100, 101, 20)]
    (built,) = build_areas([[*ring, Vertex(50.0, 100.0), Vertex(50.0, -100.0)]])
    assert built.code in ("", "too-wide")
    north = [Vertex(60.0, float(lon)) for lon in range(-100, 101, 20)]
    south = [Vertex(50.0, float(lon)) for lon in range(100, -101, -20)]
    (built,) = build_areas([[*north, *south]])
    assert built.area is not None
    assert contains(built.area, 55.0, 0.0)
    assert not contains(built.area, 55.0, 179.0)


def test_a_ring_round_the_equator_is_refused_in_words() -> None:
    (built,) = build_areas([cap(5.0)])
    assert (built.area, built.code) == (None, "too-wide")


def test_rings_too_tangled_to_repair_are_refused_and_their_neighbours_are_not() -> None:
    random = np.random.default_rng(1)
    tangle = [Vertex(*pair) for pair in random.uniform(0, 1, (3000, 2)).tolist()]
    bow_tie = [Vertex(0, 0), Vertex(0, 1), Vertex(1, 0), Vertex(1, 1)]
    built = build_areas([tangle, bow_tie] * 3)
    assert [b.code for b in built] == ["no-area", "self-intersection"] * 3
    assert "too often" in built[0].problem


def test_outlines_of_too_many_points_are_refused_and_their_neighbours_are_not() -> None:
    far = [Vertex(0.0, 0.0), Vertex(0.0, 90.0), Vertex(80.0, 45.0)] * 100
    built = build_areas([far, [circle(50.0, 0.0, 1000.0)], [circle(50.0, 0.0, 3_000_000.0)] * 20])
    assert [b.code for b in built] == ["too-large", "", "too-large"]


def test_outlines_are_drawn_the_same_alone_and_among_thousands() -> None:
    """Corners, arcs between them, circles, and outlines refused, in blocks that are drawn at a time."""
    random = np.random.default_rng(5)
    some: list[list[Vertex | Arc]] = []
    for lat, lon in random.uniform((-70, -180), (70, 180), (400, 2)).tolist():
        corners = [Vertex(lat + a, lon + b) for a, b in ((0, 0), (0.2, 0.01), (0.21, 0.3))]
        turn = Arc(lat, lon + 0.15, 0.0, 0.0, None, None, clockwise=bool(lon > 0))
        some += [corners, [*corners, turn], [circle(lat, lon, 3000.0)], corners[:2], [turn]]
    together = build_areas(some)
    assert [built.code for built in together] == [build_areas([outline])[0].code for outline in some]
    for built, outline in zip(together, some, strict=True):
        alone = build_areas([outline])[0].area
        assert (built.area is None) == (alone is None)
        if built.area is not None and alone is not None:
            assert built.area.drawn == pytest.approx(alone.drawn, abs=1e-8)
            assert built.area.polygon.is_valid


def test_a_bow_tie_whose_untangled_wings_cross_themselves_by_a_rounding_is_drawn() -> None:
    """Two slim wings that meet in the middle, each of a hundredth of a square degree."""
    ring = [Vertex(50.0, -1.0), Vertex(50.2, 1.0), Vertex(50.2, 0.8), Vertex(50.0, -0.8)]
    (built,) = build_areas([ring], edges=EdgeRule.PARALLEL)
    assert (built.code, built.area is not None) == ("self-intersection", True)
    assert built.area is not None
    assert built.area.polygon.is_valid
    assert built.area.polygon.area == pytest.approx(0.02, rel=1e-4)


@pytest.mark.parametrize("circumscribed", [True, False])
@pytest.mark.parametrize("shift", [0, 1, 2])
def test_edges_beside_an_arc_between_azimuths_run_the_shortest_way(circumscribed: bool, shift: int) -> None:
    """Long edges to and from it, and from one such arc to another, wherever the outline begins."""
    west, east = (Arc(lat, lon, 18_520.0, 18_520.0, *ends, clockwise=True) for lat, lon, ends in (
        (55.0, 0.0, (270.0, 90.0)), (54.0, 4.0, (30.0, 200.0)),
    ))  # fmt: skip
    outline = [Vertex(53.0, -6.0), west, east]
    (built,) = build_areas([outline[shift:] + outline[:shift]], circumscribed=circumscribed)
    assert built.area is not None
    wgs84 = Geodesic.WGS84
    corners = [(53.0, -6.0)]
    for arc in (west, east):
        for azimuth in (arc.from_deg, arc.to_deg):
            end = wgs84.Direct(arc.lat, arc.lon, azimuth, arc.from_radius_m)
            corners.append((end["lat2"], end["lon2"]))
    for one, other in ((0, 1), (2, 3), (4, 0)):
        line = wgs84.InverseLine(*corners[one], *corners[other])
        places = [line.Position(line.s13 * share) for share in (0.0, 0.2, 0.45, 0.7, 1.0)]
        edge = shapely.points([(place["lon2"], place["lat2"]) for place in places])
        assert shapely.distance(edge, built.area.polygon.boundary).max() < 2e-6


@pytest.mark.parametrize("edges", EdgeRule)
@pytest.mark.parametrize("end", [(50.7, 1.0), (51.0, 1.0), (50.0, 3.1), (50.701, 0.302)])
def test_out_and_back_along_an_edge_encloses_nothing(end: tuple[float, float], edges: EdgeRule) -> None:
    """Not even where the points on the way there and back differ by a rounding."""
    out_and_back = [Vertex(50.7, 0.3), Vertex(*end)]
    for outline in (out_and_back, [*out_and_back, out_and_back[1], out_and_back[0]]):
        (built,) = build_areas([outline], edges=edges)
        assert (built.area, built.code in ("no-area", "too-few-points")) == (None, True)


HERE = (52.0, 4.0)
RADIUS_M = 5_000.0


def about(azimuth_deg: float, away_m: float) -> tuple[float, float]:
    """Latitude and longitude of a place by its azimuth and distance from the centre of an arc."""
    found = Geodesic.WGS84.Direct(*HERE, azimuth_deg, away_m)
    return found["lat2"], found["lon2"]


def outline_with(shape: str) -> list[Vertex | Arc]:
    """A whole circle, a dome over an arc from west to east, or what is north of it: a hollow arc."""
    if shape == "circle":
        return [circle(*HERE, RADIUS_M)]
    over_north = Arc(*HERE, RADIUS_M, RADIUS_M, 270.0, 90.0, clockwise=True)
    if shape == "dome":
        return [Vertex(*about(180.0, 10_000.0)), over_north]
    back = Arc(*HERE, RADIUS_M, RADIUS_M, 90.0, 270.0, clockwise=False)
    return [Vertex(*about(315.0, 14_000.0)), Vertex(*about(45.0, 14_000.0)), back]


@pytest.mark.parametrize("shape", ["circle", "dome", "hollow"])
def test_a_drawn_arc_takes_nothing_from_the_area_or_adds_nothing_as_it_is_asked_for(shape: str) -> None:
    """Places a millimetre inside the arc are in what may not be smaller, those a millimetre outside are not
    in what may not be larger; which side is inside depends on which way the arc bends."""
    larger, smaller = (build_areas([outline_with(shape)], circumscribed=c)[0].area for c in (True, False))
    assert larger is not None
    assert smaller is not None
    inward_m = 0.001 if shape == "hollow" else -0.001
    for azimuth in np.arange(-60.0, 60.0, 1.7):
        assert contains(larger, *about(azimuth, RADIUS_M + inward_m))
        assert not contains(smaller, *about(azimuth, RADIUS_M - inward_m))


def test_a_ring_of_several_is_given_without_its_closing_corner_and_without_the_next_ring() -> None:
    first, second = (
        [(0.0, 50.0), (1.0, 50.0), (1.0, 51.0)],
        [(4.0, 50.0), (5.0, 50.0), (5.0, 51.0), (4.0, 51.0)],
    )
    lonlat = np.array([*first, first[0], *second, second[0]])
    rings = RingTable(lonlat, np.array([0, 4, 9]))
    assert rings.ring_at(0).tolist() == [list(corner) for corner in first]
    assert rings.ring_at(1).tolist() == [list(corner) for corner in second]


@pytest.mark.parametrize("lon", [-179.0, -60.0, 0.0, 100.0, 179.5])
def test_a_ring_round_a_pole_is_whole_in_a_local_frame_on_both_sides_of_its_origin(lon: float) -> None:
    (built,) = build_areas([cap(70.0)])
    assert built.area is not None
    frame = LocalFrame(Position(lat_deg=72.0, lon_deg=lon))
    shape = built.area.local_shape(frame)
    for aside in (-60.0, -20.0, 0.0, 20.0, 60.0):
        east_lon = (lon + aside + 180.0) % 360.0 - 180.0
        for lat, inside in ((72.0, True), (89.0, True), (69.0, False)):
            point = frame.point(Position(lat_deg=lat, lon_deg=east_lon))
            assert bool(shapely.contains_xy(shape, *point)) is inside
