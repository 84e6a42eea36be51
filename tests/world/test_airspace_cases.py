"""The cases that an airspace checker must get right."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
import shapely
from geographiclib.geodesic import Geodesic
from hypothesis import given
from hypothesis import strategies as st

from dfr.geo import Position, Ring, VerticalDatum, distance_m, offset
from dfr.io.airspace.files import load_airspace
from dfr.io.airspace.openair import read_openair
from dfr.scenario.air import ALL_KINDS, AirspaceFile, TemporaryRestriction
from dfr.world.airspace import Airspace
from dfr.world.airspace_answers import AirspaceState, ZoneState, ZoneVerdict
from dfr.world.coverage import Coverage
from dfr.world.hours import Activation, DailyHours, TimeInterval
from dfr.world.outlines import Arc, EdgeRule, Vertex
from dfr.world.shapes import Area, area_of_circle, area_of_ring, build_areas
from dfr.world.terrain import FlatGround, Terrain, UnknownGround
from dfr.world.zones import (
    SURFACE,
    UNLIMITED,
    HeightReference,
    VerticalLimit,
    Zone,
    limit_m_agl,
    vertical_limit,
    zone_of_restriction,
)
from tests.places import edge_distance_m

from ..examples import examples

NOON = datetime(2024, 8, 24, 12, tzinfo=UTC)
SEA = FlatGround(height_m_amsl=0.0, source="test")
SEACLOSE = Position(lat_deg=50.7085, lon_deg=-1.2835)
HERE = Position(lat_deg=50.75, lon_deg=-1.2)


def at(lat: float, lon: float) -> Position:
    return Position(lat_deg=lat, lon_deg=lon)


def box(south: float, west: float, north: float, east: float) -> Ring:
    return (at(south, west), at(north, west), at(north, east), at(south, east))


def area(ring: Ring, edges: EdgeRule = EdgeRule.GEODESIC) -> Area:
    built = area_of_ring(ring, edges=edges)
    assert built.area is not None
    return built.area


def zone(where: Area | Ring, **words: object) -> Zone:
    shape = where if isinstance(where, Area) else area(where)
    given_words = {"name": "Z", "kind": "P", "lower": SURFACE, "upper": UNLIMITED, "area": shape, **words}
    return Zone(**given_words)  # type: ignore[arg-type]


EUROPE = box(45.0, -10.0, 60.0, 10.0)


def airspace(*zones: Zone, coverage: Ring = EUROPE) -> Airspace:
    return Airspace(zones=zones, coverage=(Coverage(ring=coverage, kinds=ALL_KINDS),))


def state(
    space: Airspace, place: Position, height_m: float = 50.0, terrain: Terrain = SEA, qnh: float | None = None
) -> AirspaceState:
    return space.at(place, height_m_agl=height_m, when=NOON, terrain=terrain, qnh_hpa=qnh).state


def volume(
    space: Airspace, ring: Ring, top_m: float = 120.0, terrain: Terrain = SEA, when: datetime = NOON
) -> AirspaceState:
    return space.volume_conflicts(ring, upper_m_agl=top_m, start=when, end=when, terrain=terrain).state


def leg_conflicts(space: Airspace, leg: Ring) -> list[ZoneVerdict]:
    """The zones that a leg at 50 m runs into, in the order of their names."""
    answer = space.volume_conflicts(
        leg, lower_m_agl=50.0, upper_m_agl=50.0, start=NOON, end=NOON, terrain=SEA
    )
    found = [verdict for verdict in answer.verdicts if verdict.verdict is ZoneState.CONFLICT]
    return sorted(found, key=lambda verdict: verdict.zone.name)


def square(centre: Position, half_m: float) -> Ring:
    return tuple(
        offset(centre, bearing_deg=b, distance_m=half_m * math.sqrt(2.0)) for b in (45, 135, 225, 315)
    )


def test_case_01_a_zone_across_the_antimeridian_contains_points_either_side() -> None:
    over = zone(box(50.0, 179.5, 51.0, -179.5))
    shifted = zone(box(50.0, 9.5, 51.0, 10.5))
    space = airspace(over, coverage=box(40.0, 170.0, 60.0, -170.0))
    for lon in (179.6, 179.9999, 180.0, -180.0, -179.9999, -179.6):
        assert state(space, at(50.5, lon)) is AirspaceState.CONFLICT, lon
    for lon in (179.4, -179.4):
        assert state(space, at(50.5, lon)) is AirspaceState.CLEAR, lon
    assert over.area.area_m2() == pytest.approx(shifted.area.area_m2(), rel=1e-3)


def test_case_02_a_two_mile_circle_is_drawn_outside_for_what_is_prohibited_and_inside_for_keep_in() -> None:
    outside = area_of_circle(HERE, 3704.0)
    inside = area_of_circle(HERE, 3704.0, circumscribed=False)
    earth = Geodesic.WGS84
    for shape in (outside, inside):
        for corner in shape.ring:
            away = earth.Inverse(HERE.lat_deg, HERE.lon_deg, corner.lat_deg, corner.lon_deg)["s12"]
            assert abs(away - 3704.0) < 0.5
    for azimuth in range(0, 360, 7):
        edge = earth.Direct(HERE.lat_deg, HERE.lon_deg, azimuth, 3704.0)
        on_edge = shapely.Point(edge["lon2"], edge["lat2"])
        assert outside.polygon.buffer(1e-8).covers(on_edge)
        assert not inside.polygon.buffer(-1e-7).covers(on_edge)


def test_case_03_an_arc_whose_ends_have_unequal_radii_is_valid_through_both_ends() -> None:
    start, end = offset(HERE, bearing_deg=0, distance_m=9260), offset(HERE, bearing_deg=120, distance_m=9373)
    lines = ("AC D\nAN MONA\nAL SFC\nAH FL65\nV X={c}\nDB {a}, {b}\nDP {c}\n").format(
        **{k: dms(p) for k, p in {"c": HERE, "a": start, "b": end}.items()}
    )
    read = read_openair(lines.encode(), name="mona.txt")
    assert [p.code for p in read.problems] == ["arc-radii"]
    ring = read.zones[0].area
    assert ring.polygon.is_valid
    for place in (start, end):
        assert min(distance_m(place, corner) for corner in ring.ring) < 0.5


@pytest.mark.parametrize("between", [False, True])
def test_case_04_arcs_either_way_round_are_complementary(between: bool) -> None:
    a, b = offset(HERE, bearing_deg=20, distance_m=5000), offset(HERE, bearing_deg=110, distance_m=5000)

    def half(clockwise: bool) -> float:
        ends = (None, None) if between else (20.0, 110.0)
        arc = Arc(HERE.lat_deg, HERE.lon_deg, 5000.0, 5000.0, *ends, clockwise)
        drawn = [Vertex(a.lat_deg, a.lon_deg), arc, Vertex(b.lat_deg, b.lon_deg)] if between else [arc]
        built = build_areas([drawn])[0]
        assert built.area is not None
        return built.area.area_m2()

    whole = area_of_circle(HERE, 5000.0).area_m2()
    assert half(True) == pytest.approx(0.25 * math.pi * 5000**2 - 0.5 * 5000**2, rel=2e-3)
    assert half(True) + half(False) == pytest.approx(whole, rel=1e-4)


def test_case_04_the_direction_starts_clockwise_in_every_record() -> None:
    c, a, b = (
        dms(p)
        for p in (
            HERE,
            offset(HERE, bearing_deg=0, distance_m=5000),
            offset(HERE, bearing_deg=90, distance_m=5000),
        )
    )
    record = "AC D\nAN {n}\nAL SFC\nAH UNL\n{v}V X={c}\nDB {a}, {b}\n"
    text = record.format(n="ccw", v="V D=-\n", c=c, a=a, b=b) + record.format(n="cw", v="", c=c, a=a, b=b)
    ccw, cw = read_openair(text.encode(), name="t").zones
    assert ccw.area.area_m2() > 5 * cw.area.area_m2()


def test_case_05_a_centre_before_the_class_serves_the_next_record() -> None:
    there = at(51.5, -2.0)
    record = "AC P\nAN {n}\nAL SFC\nAH UNL\nDC {r}\n"
    text = f"V X={dms(HERE)}\n" + record.format(n="ONE", r=2) + f"*\nV X={dms(there)}\n"
    text += record.format(n="TWO", r=3) + record.format(n="THREE", r=4)
    read = read_openair(text.encode(), name="t")
    one, two, three = read.zones
    assert one.distance_m(HERE) == 0.0
    assert two.distance_m(there) == 0.0
    assert edge_distance_m(two, there) == pytest.approx(3 * 1852, abs=1)
    assert edge_distance_m(three, there) == pytest.approx(4 * 1852, abs=1)
    assert [(p.code, p.line) for p in read.problems] == [("shared-centre", 18)]


def test_case_06_a_bow_tie_keeps_both_wings() -> None:
    built = area_of_ring((at(0, 0), at(2, 2), at(0, 2), at(2, 0)), edges=EdgeRule.PARALLEL)
    assert built.area is not None
    assert built.area.polygon.area == pytest.approx(2.0)
    assert built.code == "self-intersection"
    bow_tie = zone(built.area)
    space = airspace(bow_tie, coverage=box(-5, -5, 5, 5))
    assert state(space, at(1.0, 0.5)) is AirspaceState.CONFLICT
    assert state(space, at(1.0, 1.5)) is AirspaceState.CONFLICT
    assert state(space, at(0.3, 1.0)) is AirspaceState.CLEAR


def test_case_07_repairing_a_slightly_invalid_ring_hardly_changes_it_and_warns() -> None:
    good = box(50.0, -1.0, 50.2, -0.8)
    tick = at(50.1, -1.0)
    bad = (good[0], tick, at(50.1001, -1.00001), at(50.0999, -1.00001), tick, *good[1:])
    built = area_of_ring(bad)
    assert built.area is not None
    assert built.code == "self-intersection"
    assert built.area.polygon.is_valid
    assert built.area.area_m2() == pytest.approx(area(good).area_m2(), rel=1e-4)


def test_case_08_a_point_in_a_hole_is_outside_and_on_its_edge_inside() -> None:
    outer, hole = area(box(50, -1, 51, 0)), area(box(50.4, -0.6, 50.6, -0.4))
    holed = zone(replace(outer, polygon=shapely.difference(outer.polygon, hole.polygon)))
    space = airspace(holed)
    assert state(space, at(50.5, -0.5)) is AirspaceState.CLEAR
    assert state(space, at(50.5, -0.6)) is AirspaceState.CONFLICT
    assert state(space, at(50.45, -0.7)) is AirspaceState.CONFLICT


def test_case_09_touching_a_prohibited_zone_is_a_conflict() -> None:
    prohibited = zone(box(50, -1, 50.1, -0.9))
    space = airspace(prohibited)
    assert state(space, at(50.05, -0.9)) is AirspaceState.CONFLICT
    assert volume(space, box(50.02, -0.9, 50.04, -0.85)) is AirspaceState.CONFLICT
    assert volume(space, box(50.02, -0.8999, 50.04, -0.85)) is AirspaceState.CLEAR


def test_case_10_abutting_zones_leave_no_gap() -> None:
    a, b = at(50.8, -1.5), at(50.7, -1.1)
    north = zone((a, at(51, -1.5), at(51, -1.1), b), name="north")
    south = zone((b, at(50.5, -1.1), at(50.5, -1.5), a), name="south")
    space = airspace(north, south)
    for lon in (-1.45, -1.3, -1.123456):
        leg = (at(50.9, lon), at(50.6, lon))
        assert [hit.zone.name for hit in leg_conflicts(space, leg)] == ["north", "south"]
        # The border is a geodesic, some metres off the straight line in degrees.
        border = at(50.8 - 0.25 * (lon + 1.5), lon)
        for north_m in range(-30, 31):
            assert state(space, offset(border, bearing_deg=0, distance_m=north_m)) is AirspaceState.CONFLICT


def test_case_11_a_leg_that_enters_a_zone_by_a_metre_between_clear_waypoints_is_reported() -> None:
    corner = at(50.75, -1.2)
    inner = zone(
        square(offset(offset(corner, bearing_deg=90, distance_m=1000), bearing_deg=0, distance_m=0), 1000.0)
    )
    west = offset(corner, bearing_deg=90, distance_m=1.0)
    start, end = (offset(west, bearing_deg=b, distance_m=3000) for b in (0, 180))
    space = airspace(inner)
    for place in (start, end):
        assert state(space, place) is AirspaceState.CLEAR
    (hit,) = leg_conflicts(space, (start, end))
    assert hit.horizontal_margin_m == pytest.approx(-1.0, abs=0.1)
    assert distance_m(hit.place, west) < 1001.0


def test_case_12_a_tangent_leg_is_a_conflict_without_dwell() -> None:
    diamond = zone(tuple(offset(HERE, bearing_deg=b, distance_m=1000) for b in (0, 90, 180, 270)))
    tip = offset(HERE, bearing_deg=0, distance_m=1000)
    leg = [offset(tip, bearing_deg=b, distance_m=2000) for b in (270, 90)]
    (hit,) = leg_conflicts(airspace(diamond), (leg[0], leg[1]))
    assert hit.horizontal_margin_m == pytest.approx(0.0, abs=0.05)
    assert distance_m(hit.place, tip) < 0.5


def test_case_13_winding_and_the_closing_corner_change_nothing() -> None:
    ring = (at(50, -1), at(50.2, -1.1), at(50.3, -0.8), at(50.1, -0.7))
    variants = [ring, tuple(reversed(ring)), (*ring, ring[0]), (*ring[2:], *ring[:2])]
    areas = [area(variant) for variant in variants]
    for other in areas[1:]:
        assert other.area_m2() == pytest.approx(areas[0].area_m2(), rel=1e-9)
        assert edge_distance_m(zone(other), HERE) == pytest.approx(
            edge_distance_m(zone(areas[0]), HERE), abs=0.01
        )


def test_case_14_a_long_edge_follows_the_geodesic_and_says_so() -> None:
    west, east = at(50.7, -1.5), at(50.7, -1.5 + 26_600 / (111_320 * math.cos(math.radians(50.7)) * 1.0017))
    assert distance_m(west, east) == pytest.approx(26_600, abs=50)
    ring = (west, east, at(50.5, east.lon_deg), at(50.5, -1.5))
    geodesic, parallel = area(ring), area(ring, EdgeRule.PARALLEL)
    middle = at(50.7, (west.lon_deg + east.lon_deg) / 2.0)
    assert edge_distance_m(zone(geodesic), middle) == pytest.approx(17.0, abs=0.5)
    assert edge_distance_m(zone(parallel), middle) == pytest.approx(0.0, abs=0.5)
    assert (geodesic.edges.value, parallel.edges.value) == ("geodesic", "parallel")


def test_case_15_height_over_a_hill_counts_against_a_floor_above_sea_level() -> None:
    floor = zone(box(50, -2, 51, -1), lower=vertical_limit(170.0, VerticalDatum.AMSL))
    hill = FlatGround(height_m_amsl=60.0, source="test")
    space = airspace(floor)
    assert state(space, HERE, 120.0, hill) is AirspaceState.CONFLICT
    assert state(space, HERE, 120.0, SEA) is AirspaceState.CLEAR
    assert volume(space, square(HERE, 500), 120.0, hill) is AirspaceState.CONFLICT
    assert volume(space, square(HERE, 500), 120.0, SEA) is AirspaceState.CLEAR


def test_case_15_a_narrow_hill_between_far_waypoints_is_seen() -> None:
    class Hill:
        source = "a hill of 60 m, 120 m across"

        def ground_m_amsl(self, position: Position) -> float:
            return 60.0 if distance_m(position, HERE) < 60.0 else 0.0

    space = airspace(zone(box(50, -2, 51, -1), lower=vertical_limit(170.0, VerticalDatum.AMSL)))
    assert volume(space, square(offset(HERE, bearing_deg=70, distance_m=700), 1400), 120.0, Hill()) is (
        AirspaceState.CONFLICT
    )
    corridor = square(offset(HERE, bearing_deg=90, distance_m=400), 1900)
    assert volume(space, corridor, 120.0, Hill()) is AirspaceState.CONFLICT
    assert volume(space, corridor, 120.0, SEA) is AirspaceState.CLEAR


@pytest.mark.parametrize(
    ("lower", "height_m", "terrain", "qnh"),
    [
        (vertical_limit(170.0, VerticalDatum.AMSL), 120.0, UnknownGround(), 1013.0),
        (vertical_limit(170.0, VerticalDatum.AMSL), 10.0, UnknownGround(), 1013.0),
        (vertical_limit(1981.2, VerticalDatum.FLIGHT_LEVEL), 1900.0, SEA, None),
        (vertical_limit(1981.2, VerticalDatum.FLIGHT_LEVEL), 100.0, UnknownGround(), None),
        (vertical_limit(300.0, VerticalDatum.ELLIPSOID), 100.0, UnknownGround(), 1013.0),
    ],
)
def test_case_16_unknown_terrain_geoid_or_pressure_is_unknown(
    lower: VerticalLimit, height_m: float, terrain: Terrain, qnh: float | None
) -> None:
    space = airspace(zone(box(50, -2, 51, -1), lower=lower))
    assert state(space, HERE, height_m, terrain, qnh) is AirspaceState.UNKNOWN
    answer = space.volume_conflicts(
        square(HERE, 200), upper_m_agl=height_m, start=NOON, end=NOON, terrain=terrain, qnh_hpa=qnh
    )
    assert answer.state is AirspaceState.UNKNOWN
    assert answer.reasons


def test_case_16_a_height_above_the_ellipsoid_without_a_geoid_is_no_number() -> None:
    level = vertical_limit(300.0, VerticalDatum.ELLIPSOID)
    assert isinstance(limit_m_agl(level, HeightReference(ground_m_amsl=(0.0, 0.0))), str)
    assert limit_m_agl(level, HeightReference(ground_m_amsl=(10.0, 10.0), geoid_m=46.0)) == (244.0, 244.0)


def test_case_16_a_flight_level_is_decided_where_no_pressure_could_reach_it() -> None:
    space = airspace(zone(box(50, -2, 51, -1), lower=vertical_limit(1981.2, VerticalDatum.FLIGHT_LEVEL)))
    assert state(space, HERE, 120.0, SEA, None) is AirspaceState.CLEAR
    assert state(space, HERE, 1735.0, SEA, 983.0) is AirspaceState.CONFLICT
    assert state(space, HERE, 1735.0, SEA, 1035.0) is AirspaceState.CLEAR


@pytest.mark.parametrize("level_ft", [1000, 6500, 10_000, 24_500])
def test_case_16_a_flight_level_of_unknown_pressure_lies_anywhere_that_weather_may_put_it(
    level_ft: int,
) -> None:
    """27 ft for each hPa beside 1013, and 4 % of the height for each 10 °C (ICAO Doc 8168)."""
    level = vertical_limit(level_ft * 0.3048, VerticalDatum.FLIGHT_LEVEL)
    found = limit_m_agl(level, HeightReference(ground_m_amsl=(0.0, 0.0)))
    assert not isinstance(found, str)
    cold_low = (level_ft - 27.0 * (1013.0 - 950.0)) * 0.3048
    warm_high = (level_ft + 27.0 * (1045.0 - 1013.0)) * 0.3048
    assert found[0] < cold_low - 0.04 * 3.0 * abs(cold_low)
    assert found[1] > warm_high * (1.0 + 0.04 * 3.0)


def test_case_17_surface_and_unlimited_are_no_heights() -> None:
    everything = zone(box(50, -2, 51, -1))
    for height in (-20.0, 0.0, 120.0, 20_000.0):
        assert state(airspace(everything), HERE, height, UnknownGround()) is AirspaceState.CONFLICT
    overhead = zone(box(50, -2, 51, -1), lower=vertical_limit(600.0, VerticalDatum.AGL))
    assert state(airspace(overhead), HERE, 120.0, UnknownGround()) is AirspaceState.CLEAR
    assert math.isinf(SURFACE.value_m)
    assert math.isinf(UNLIMITED.value_m)


@pytest.mark.parametrize(
    ("lower", "upper"),
    [
        ("2500ft AMSL", "1500ft AMSL"),
        ("2000 ft", "600m AMSL"),
        ("FL195", "FL65"),
        ("UNL", "FL65"),
        ("FL65", "SFC"),
        ("FL100", "500 ft"),
        ("FL100", "500 ft AGL"),
        ("6500 ft AMSL", "1000 ft AGL"),
        ("5000 ft AGL", "500 ft AMSL"),
    ],
)
def test_case_18_an_upper_limit_under_the_lower_is_refused_with_its_line(lower: str, upper: str) -> None:
    text = f"AC D\nAN UPSIDE DOWN\nAL {lower}\nAH {upper}\nV X={dms(HERE)}\nDC 2\n"
    read = read_openair(text.encode(), name="t")
    assert (len(read.zones), read.refused) == (0, 1)
    assert [(p.code, p.line) for p in read.problems] == [("limits-inverted", 4)]
    assert state(airspace(*read.defects), HERE) is AirspaceState.UNKNOWN


@pytest.mark.parametrize(
    ("lower", "upper"),
    [("2000 ft AMSL", "500 ft AGL"), ("1000 ft AGL", "1500 ft AMSL"), ("SFC", "500 ft AGL")],
)
def test_case_18_limits_that_enclose_air_over_some_ground_are_kept(lower: str, upper: str) -> None:
    text = f"AC D\nAN HILLS\nAL {lower}\nAH {upper}\nV X={dms(HERE)}\nDC 2\n"
    read = read_openair(text.encode(), name="t")
    assert (len(read.zones), read.refused, read.problems) == (1, 0, ())


def test_case_19_local_and_utc_hours_part_at_the_change_of_clocks() -> None:
    every_day = frozenset(range(7))
    london = ZoneInfo("Europe/London")
    local = Activation(
        periods=(DailyHours(days=every_day, start=time(9), end=time(17), zone=london),), otherwise=False
    )
    utc = Activation(periods=(DailyHours(days=every_day, start=time(9), end=time(17)),), otherwise=False)

    def active(hours: Activation, moment: datetime) -> bool | None:
        return hours.is_active(moment, moment, HERE)

    before, after = datetime(2024, 10, 26, 8, 30, tzinfo=UTC), datetime(2024, 10, 27, 8, 30, tzinfo=UTC)
    assert (active(local, before), active(local, after)) == (True, False)
    assert (active(utc, before), active(utc, after)) == (False, False)
    assert active(local, after + timedelta(hours=1)) is True
    assert active(local, datetime(2024, 10, 27, 16, 59, tzinfo=UTC)) is True
    assert active(local, datetime(2024, 10, 26, 16, 1, tzinfo=UTC)) is False


def test_case_19_overnight_hours_wrap_and_belong_to_the_day_they_begin() -> None:
    friday_night = DailyHours(days=frozenset({4}), start=time(22), end=time(4))
    hours = Activation(periods=(friday_night,), otherwise=False)
    friday = datetime(2024, 8, 23, tzinfo=UTC)
    expected = {21.9: False, 22.0: True, 26.0: True, 27.9: True, 28.0: False, 2.0: False, 46.5: False}
    for hour, active in expected.items():
        moment = friday + timedelta(hours=hour)
        assert hours.is_active(moment, moment, HERE) is active, hour


def test_case_19_a_zone_never_active_is_listed_and_clear() -> None:
    sleeping = zone(box(50, -2, 51, -1), activation=Activation(otherwise=False, text="closed for good"))
    answer = airspace(sleeping).at(HERE, height_m_agl=50, when=NOON, terrain=SEA, qnh_hpa=None)
    assert answer.state is AirspaceState.CLEAR
    assert [(a.active, a.contains) for a in answer.zones] == [(False, True)]


def test_case_20_a_file_with_latitude_and_longitude_swapped_is_refused() -> None:
    corners = ("001:17:00 S 050:42:30 E", "001:16:00 S 050:42:30 E", "001:16:00 S 050:43:30 E")
    text = "AC P\nAN SWAPPED\nAL SFC\nAH UNL\n" + "".join(f"DP {corner}\n" for corner in corners)
    read = read_openair(text.encode(), name="t")
    assert not read.zones
    assert read.refused == read.records_seen == 1
    assert {p.code for p in read.problems} == {"lat-lon-swapped"}


def test_case_20_one_swapped_volume_among_good_ones_is_refused_and_doubted() -> None:
    good = f"AC P\nAN GOOD\nAL SFC\nAH UNL\nV X={dms(HERE)}\nDC 2\n"
    swapped = "AC P\nAN SWAPPED\nAL SFC\nAH UNL\nV X=001:17:00 S 050:42:30 E\nDC 2\n"
    abroad = "AC P\nAN ABROAD\nAL SFC\nAH UNL\nV X=020:17:00 N 050:42:30 E\nDC 2\n"
    read = read_openair((good + swapped).encode(), name="t")
    assert ([zone.name for zone in read.zones], read.unplaced) == (["GOOD"], 1)
    assert [(p.code, p.line) for p in read.problems] == [("lat-lon-swapped", 7)]
    assert not read_openair((abroad + swapped).encode(), name="t").refused


def test_case_21_seaclose_is_inside_the_restriction_of_2025_in_its_dates_only() -> None:
    restriction = TemporaryRestriction(
        name="RA(T) Isle of Wight Festival", centre=at(50 + 43 / 60 + 18 / 3600, -(1 + 15 / 60 + 57 / 3600)),
        radius_m=3704.0, upper_m_amsl=2000 * 0.3048, status="published", source="test",
        start=datetime(2025, 6, 18, tzinfo=UTC), end=datetime(2025, 6, 24, tzinfo=UTC),
    )  # fmt: skip
    assert restriction.centre is not None
    space = airspace().with_restrictions([restriction])
    assert distance_m(SEACLOSE, restriction.centre) == pytest.approx(1920, abs=5)

    def on(day: int) -> AirspaceState:
        when = datetime(2025, 6, day, 12, tzinfo=UTC)
        return space.at(SEACLOSE, height_m_agl=60, when=when, terrain=SEA, qnh_hpa=None).state

    assert on(20) is AirspaceState.CONFLICT
    assert on(24) is AirspaceState.CLEAR
    assert on(17) is AirspaceState.CLEAR
    possible = airspace(zone_of_restriction(replace(restriction, status="possible")))
    assert possible.volume_conflicts(
        square(SEACLOSE, 300), upper_m_agl=60, start=datetime(2025, 6, 20, tzinfo=UTC),
        end=datetime(2025, 6, 21, tzinfo=UTC), terrain=SEA,
    ).state is AirspaceState.UNKNOWN  # fmt: skip


def test_case_22_the_buffered_volume_is_what_conflicts() -> None:
    near = zone(square(offset(HERE, bearing_deg=90, distance_m=2000), 1000))
    space = airspace(near)
    assert volume(space, square(HERE, 900)) is AirspaceState.CLEAR
    assert volume(space, square(HERE, 1010)) is AirspaceState.CONFLICT


@examples(40)
@given(
    bearing=st.floats(0, 360), away_m=st.floats(0, 4000), half_m=st.floats(50, 3000),
    more_m=st.floats(0, 2000), top_m=st.floats(10, 400), higher_m=st.floats(0, 400),
)  # fmt: skip
def test_case_22_enlarging_a_volume_never_removes_a_conflict(
    bearing: float, away_m: float, half_m: float, more_m: float, top_m: float, higher_m: float
) -> None:
    space = airspace(zone(area_of_circle(HERE, 1500.0), lower=vertical_limit(150.0, VerticalDatum.AMSL)))
    centre = offset(HERE, bearing_deg=bearing, distance_m=away_m)
    if volume(space, square(centre, half_m), top_m) is AirspaceState.CONFLICT:
        assert volume(space, square(centre, half_m + more_m), top_m + higher_m) is AirspaceState.CONFLICT


def test_case_23_order_duplicates_and_ring_start_change_nothing(tmp_path) -> None:
    corners = [at(50.7, -1.3), at(50.8, -1.3), at(50.8, -1.1), at(50.7, -1.1)]
    circle = f"AC P\nAN ROUND\nAL SFC\nAH UNL\nV X={dms(HERE)}\nDC 2\n"

    def polygon(start: int) -> str:
        return "AC D\nAN SQUARE\nAL SFC\nAH FL65\n" + "".join(
            f"DP {dms(corners[(start + i) % 4])}\n" for i in range(4)
        )

    def report(*records: str) -> tuple[object, ...]:
        path = tmp_path / "t.txt"
        path.write_text("* dfr-coverage: 50,-2 52,-2 52,0 50,0\n" + "".join(records))
        space = load_airspace([AirspaceFile(path=str(path), date="", source="")])
        answer = space.at(HERE, height_m_agl=60, when=NOON, terrain=SEA, qnh_hpa=None)
        return answer.state, [a.zone.label for a in answer.zones], answer.reasons

    expected = report(circle, polygon(0))
    for records in itertools.permutations([circle, polygon(2), polygon(1), circle]):
        assert report(*records) == expected


def test_case_24_outside_the_loaded_data_is_no_coverage(repository) -> None:
    path = repository / "airspace" / "solent-2024-08.txt"
    space = load_airspace([AirspaceFile(path=str(path), date="", source="")])
    for place in (at(50.3, -1.2), at(55.0, -3.0), at(51.2, -1.0)):
        assert state(space, place, 50, UnknownGround()) is AirspaceState.NO_COVERAGE
    assert state(space, at(50.95, -1.357), 50, UnknownGround()) is AirspaceState.CONFLICT
    assert state(airspace(), at(60.1, 0.0)) is AirspaceState.NO_COVERAGE
    partly = airspace().volume_conflicts(
        square(at(60.0, 0.0), 1000), upper_m_agl=50, start=NOON, end=NOON, terrain=SEA
    )
    assert partly.state is AirspaceState.NO_COVERAGE
    (share,) = {cover.uncovered_share for cover in partly.covered}
    assert share == pytest.approx(0.5, abs=0.02)


def test_intervals_end_before_their_end() -> None:
    hours = Activation(periods=(TimeInterval(start=NOON, end=NOON + timedelta(hours=1)),), otherwise=False)
    assert hours.is_active(NOON, NOON, HERE) is True
    assert hours.is_active(NOON + timedelta(hours=1), NOON + timedelta(hours=1), HERE) is False
    assert hours.is_active(NOON - timedelta(hours=2), NOON + timedelta(hours=3), HERE) is True


def dms(place: Position) -> str:
    def part(value: float, letters: str) -> str:
        return f"{abs(value):.7f} {letters[value < 0]}"

    return f"{part(place.lat_deg, 'NS')} {part(place.lon_deg, 'EW')}"
