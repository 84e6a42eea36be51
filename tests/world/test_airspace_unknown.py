"""Unknown is never clear: each doubt, asked at a point, across a volume and of many points at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from benchmarks.airspace_points import ManyPoints, PointState
from dfr.geo import Position, VerticalDatum, offset
from dfr.scenario.air import ALL_KINDS, DataKind
from dfr.world.airspace import Airspace
from dfr.world.coverage import AirspaceSource, Coverage
from dfr.world.hours import BY_NOTICE
from dfr.world.shapes import area_of_circle
from dfr.world.terrain import FlatGround, Terrain, UnknownGround
from dfr.world.zones import SURFACE, UNLIMITED, Zone, vertical_limit

NOON = datetime(2024, 8, 24, 12, tzinfo=UTC)
HERE = Position(lat_deg=50.0, lon_deg=-1.0)
SEA = FlatGround(height_m_amsl=0.0, source="test")
HEIGHT_M = 60.0


def _square(half_m: float):
    return tuple(offset(HERE, bearing_deg=b, distance_m=half_m * 2**0.5) for b in (45, 135, 225, 315))


WHOLE = Coverage(ring=_square(50_000.0), kinds=ALL_KINDS)


def source(**more: object) -> AirspaceSource:
    given = {
        "path": "air.txt",
        "date": "2024-08-24",
        "sha256": "0",
        "what": "test",
        "coverage": (WHOLE,),
        "coverage_stated": True,
    }
    return AirspaceSource(**{**given, **more})  # type: ignore[arg-type]


def zone(**more: object) -> Zone:
    given = {
        "name": "Z",
        "kind": "P",
        "lower": SURFACE,
        "upper": UNLIMITED,
        "area": area_of_circle(HERE, 2_000.0),
    }
    return Zone(**{**given, **more})  # type: ignore[arg-type]


def airspace(*zones: Zone, coverage: Coverage = WHOLE, **of_source: object) -> Airspace:
    return Airspace(zones=zones, coverage=(coverage,), sources=(source(**of_source),))


def at(space: Airspace, terrain: Terrain) -> str:
    return space.at(HERE, height_m_agl=HEIGHT_M, when=NOON, terrain=terrain).state.value


def volume(space: Airspace, terrain: Terrain) -> str:
    return space.volume_conflicts(
        _square(100.0), lower_m_agl=HEIGHT_M, upper_m_agl=HEIGHT_M, start=NOON, end=NOON, terrain=terrain
    ).state.value


def many(space: Airspace, terrain: Terrain) -> str:
    found = ManyPoints(space).states(
        [HERE.lat_deg] * 3,
        [HERE.lon_deg] * 3,
        height_m_agl=HEIGHT_M,
        time_s=NOON.timestamp(),
        ground_m_amsl=terrain.ground_m_amsl(HERE),
    )
    (state,) = set(found.tolist())
    return PointState(state).name.lower()


asked = pytest.mark.parametrize("ask", [at, volume, many])
Ask = Callable[[Airspace, Terrain], str]

NEAR = vertical_limit(50.0, VerticalDatum.AMSL)
"""A limit that the height flown could be above or below, as the ground lies."""

DOUBTS = {
    "volumes that nobody could place": (airspace(unplaced=1), SEA),
    "a zone whose outline or hours are damaged": (airspace(zone(defect="an arc without a centre")), SEA),
    "a zone that only may be here": (airspace(zone(possible=True)), SEA),
    "hours that only a notice tells": (airspace(zone(activation=BY_NOTICE)), SEA),
    "a floor above sea level over unknown ground": (airspace(zone(lower=NEAR)), UnknownGround()),
    "a ceiling above sea level over unknown ground": (airspace(zone(upper=NEAR)), UnknownGround()),
    "a floor above an unknown aerodrome": (
        airspace(zone(lower=vertical_limit(50.0, VerticalDatum.AERODROME))),
        UnknownGround(),
    ),
    "a flight level near the height without a pressure": (
        airspace(zone(lower=vertical_limit(2.0, VerticalDatum.FLIGHT_LEVEL))),
        SEA,
    ),
}


@asked
@pytest.mark.parametrize("doubt", DOUBTS)
def test_what_is_not_known_is_unknown(ask: Ask, doubt: str) -> None:
    space, terrain = DOUBTS[doubt]
    assert ask(space, terrain) == "unknown"


@asked
@pytest.mark.parametrize("doubt", DOUBTS)
def test_a_zone_that_surely_binds_outranks_a_doubt(ask: Ask, doubt: str) -> None:
    space, terrain = DOUBTS[doubt]
    assert ask(space.with_zones([zone(name="sure")]), terrain) == "conflict"


@asked
@pytest.mark.parametrize("doubt", DOUBTS)
def test_no_coverage_outranks_a_doubt(ask: Ask, doubt: str) -> None:
    space, terrain = DOUBTS[doubt]
    away = Coverage(
        ring=tuple(offset(p, bearing_deg=0.0, distance_m=300_000.0) for p in _square(1e4)), kinds=ALL_KINDS
    )
    assert ask(replace(space, coverage=(away,)), terrain) == "no_coverage"


@asked
def test_only_what_is_known_and_free_is_clear(ask: Ask) -> None:
    assert ask(airspace(), SEA) == "clear"
    assert ask(airspace(), UnknownGround()) == "clear"
    assert ask(airspace(zone(lower=vertical_limit(500.0, VerticalDatum.AMSL))), SEA) == "clear"
    assert ask(airspace(zone(lower=vertical_limit(500.0, VerticalDatum.AGL))), UnknownGround()) == "clear"


@asked
def test_data_of_one_kind_only_leave_the_place_unknown(ask: Ask) -> None:
    some = Coverage(ring=WHOLE.ring, kinds=frozenset({DataKind.AIRSPACE}))
    assert ask(airspace(coverage=some), SEA) == "unknown"
    none = Coverage(ring=WHOLE.ring, kinds=frozenset())
    assert ask(airspace(coverage=none), SEA) == "unknown"


@asked
def test_a_coverage_that_ends_below_the_flight_does_not_cover_it(ask: Ask) -> None:
    low = replace(WHOLE, upper=vertical_limit(30.0, VerticalDatum.AGL))
    assert ask(airspace(coverage=low), SEA) == "no_coverage"


def test_a_volume_that_sticks_out_of_the_coverage_is_not_clear() -> None:
    small = replace(WHOLE, ring=_square(90.0))
    assert at(airspace(coverage=small), SEA) == "clear"
    assert volume(airspace(coverage=small), SEA) != "clear"
    assert volume(airspace(coverage=replace(WHOLE, ring=_square(101.0))), SEA) == "clear"


def test_the_doubt_is_told_with_its_file() -> None:
    space = airspace(unplaced=3)
    point = space.at(HERE, height_m_agl=HEIGHT_M, when=NOON, terrain=SEA)
    across = space.volume_conflicts(_square(100.0), upper_m_agl=HEIGHT_M, start=NOON, end=NOON, terrain=SEA)
    for reasons in (point.reasons, across.reasons):
        assert any("air.txt: 3 volumes" in reason for reason in reasons)
