"""The proposed restricted area: holds everything, few corners, whole seconds, little to spare."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from dfr.errors import InputError
from dfr.geo import GEOD, LocalFrame, Position
from dfr.plan.model import ProposedArea
from dfr.plan.planner import make_plan
from dfr.plan.volumes import GROUND_RISK_BUFFER, aip_corner, propose_area
from dfr.world.terrain import FlatGround, UnknownGround

from ..examples import examples
from .conftest import Field

SOUTHSEA = LocalFrame(Position(lat_deg=50.782, lon_deg=-1.089))
FLAT = FlatGround(height_m_amsl=5.0, source="made up")


def proposed(area: shapely.Geometry, **changes: object) -> ProposedArea:
    return propose_area(SOUTHSEA, area, **{"top_m_agl": 100.0, "terrain": FLAT, **changes})


def holds(found: ProposedArea, area: shapely.Geometry) -> bool:
    return bool(SOUTHSEA.polygon(found.ring).covers(area))


coordinates = st.tuples(st.integers(-2500, 2500), st.integers(-2500, 2500))


@examples(40)
@given(st.lists(coordinates, min_size=2, max_size=7, unique=True), st.integers(20, 200))
def test_any_routes_are_held_by_a_simple_polygon_of_twelve_whole_second_corners(points, aside):
    area = shapely.LineString(points).buffer(aside)
    found = proposed(area)
    assert holds(found, area)
    assert 3 <= len(found.ring) <= 12
    assert SOUTHSEA.polygon(found.ring).is_valid
    for corner in found.ring:
        for degrees in (corner.lat_deg, corner.lon_deg):
            assert degrees * 3600 == pytest.approx(round(degrees * 3600), abs=1e-6)


def test_apart_routes_share_one_area():
    area = shapely.union_all([shapely.Point(-800, 0).buffer(150), shapely.Point(900, 300).buffer(150)])
    assert holds(proposed(area), area)


def test_a_bent_route_costs_less_than_its_hull():
    area = shapely.LineString([(-1500, -1500), (-1500, 1500), (1500, 1500)]).buffer(150)
    found = proposed(area)
    assert holds(found, area)
    assert found.area_m2 < 0.5 * area.convex_hull.area
    assert found.area_m2 < 1.25 * area.area


@pytest.mark.parametrize("lat", [50.782, 64.0, -33.0])
def test_long_routes_are_held_however_the_edges_are_read(lat: float):
    """Edges straight on a map and geodesics part by metres on a route of 20 km along a parallel."""
    frame = LocalFrame(Position(lat_deg=lat, lon_deg=-1.089))
    area = shapely.LineString([(-10_000, 0), (10_000, 0)]).buffer(100)
    found = propose_area(frame, area, top_m_agl=100.0, terrain=FLAT)
    corners = [(c.lat_deg, c.lon_deg) for c in found.ring]
    share = np.linspace(0.0, 1.0, 200, endpoint=False)[:, None]
    straight, geodesic = [], []
    for a, b in zip(corners, corners[1:] + corners[:1], strict=True):
        straight.append(np.array(a) + share * (np.array(b) - np.array(a)))
        geodesic.append(np.array([a[::-1], *GEOD.npts(a[1], a[0], b[1], b[0], 199)])[:, ::-1])
    for edges in (straight, geodesic):
        ring = np.vstack(edges)
        drawn = shapely.Polygon(np.column_stack(frame.to_enu(ring[:, 0], ring[:, 1])))
        assert drawn.covers(area)


def test_across_the_antimeridian_the_area_is_the_same_as_elsewhere():
    area = shapely.LineString([(-1500, -300), (1500, 300)]).buffer(200)
    over = LocalFrame(Position(lat_deg=50.0, lon_deg=-180.0))
    ring = propose_area(over, area, top_m_agl=100.0, terrain=FLAT).ring
    assert over.polygon(ring).covers(area)
    assert {corner.lon_deg > 0.0 for corner in ring} == {True, False}
    here = propose_area(LocalFrame(Position(lat_deg=50.0, lon_deg=0.0)), area, top_m_agl=100.0, terrain=FLAT)
    assert over.polygon(ring).area == pytest.approx(here.area_m2, rel=0.02)


def test_a_disc_costs_a_few_percent():
    """The best 12-gon around a circle is 2.3 % larger than it; whole seconds cost some more."""
    area = shapely.Point(0, 0).buffer(1500, quad_segs=64)
    found = proposed(area)
    assert 1.0 < found.area_m2 / found.needed_m2 < 1.06


def test_fewer_corners_are_kept_to():
    area = shapely.Point(0, 0).buffer(800)
    sizes = []
    for most in (3, 4, 6, 12):
        found = proposed(area, most_corners=most)
        assert len(found.ring) <= most
        assert holds(found, area)
        sizes.append(found.area_m2)
    assert sizes == sorted(sizes, reverse=True)


def test_corners_run_clockwise_and_read_as_in_a_notice():
    found = proposed(shapely.Point(0, 0).buffer(500))
    lons, lats = zip(*((c.lon_deg, c.lat_deg) for c in found.ring), strict=True)
    assert GEOD.polygon_area_perimeter(lons, lats)[0] < 0.0  # PROJ counts anticlockwise as positive
    assert lats[0] == max(lats)
    assert aip_corner(Position(lat_deg=50.7, lon_deg=-1.0)) == "504200N 0010000W"


def test_the_height_is_above_the_highest_ground_inside_in_whole_hundreds_of_feet():
    class Hill:
        source = "one hill"

        def ground_m_amsl(self, position: Position) -> float:
            east, north = SOUTHSEA.point(position)
            return 150.0 if abs(east - 200) < 120 and abs(north) < 120 else 3.0

    found = proposed(shapely.Point(0, 0).buffer(600), terrain=Hill())
    assert found.ground_m_amsl == 150.0
    assert found.upper_m_amsl == pytest.approx(900 * 0.3048)  # 250 m is 820 ft
    assert proposed(shapely.Point(0, 0).buffer(600), terrain=UnknownGround()).upper_m_amsl is None


def test_nothing_flown_is_nothing_to_restrict():
    with pytest.raises(InputError, match="no volume"):
        proposed(shapely.Polygon())


def test_a_plan_proposes_the_area_around_its_ground_risk_buffer(field: Field):
    world = field()
    plan = make_plan(world, docks=2)
    assert plan.restricted_area is not None
    (volume,) = (v for v in plan.volumes if v.id == GROUND_RISK_BUFFER)
    area = world.frame.polygon(plan.restricted_area.ring)
    for ring in volume.rings:
        assert area.covers(world.frame.polygon(ring))
    for route in plan.routes:
        assert area.covers(world.frame.line(route.points))
    assert plan.restricted_area.upper_m_amsl >= volume.top_m_agl + 10.0
