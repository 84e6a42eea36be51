"""Obstacles: what stands within the volume, and whether somebody knows of all that reach the drones."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from dfr.findings import Finding, Severity
from dfr.geo import Position, VerticalDatum, distance_m
from dfr.plan.checks.heights import check_obstacles, least_height_m_agl
from dfr.plan.context import context_of
from dfr.plan.planner import make_plan
from dfr.scenario import model as m
from dfr.scenario.air import ALL_KINDS, DataKind, ObstacleSurvey
from dfr.world.airspace import Airspace
from dfr.world.coverage import Coverage
from dfr.world.model import World
from dfr.world.shapes import area_of_circle
from dfr.world.terrain import UnknownGround
from dfr.world.zones import SURFACE, Obstacle, Zone, vertical_limit

from .conftest import FRAME, START, Field, at, box, candidate

SURVEY = ObstacleSurvey(surveyed_by="PC Reed", read_at=START, tallest_m_agl=30.0)
COVER = box(-30_000, -30_000, 30_000, 30_000)


DOCK = at(-400.0, 0.0)
"""Where the only dock of these tests stands: the volume lies around it."""


def mast(top_m: float, *, east_m: float = -400.0, datum: VerticalDatum = VerticalDatum.AGL) -> Obstacle:
    return Obstacle(name="mast", position=at(east_m, 0.0), top=vertical_limit(top_m, datum), source="o.csv")


def world(
    field: Field,
    *obstacles: Obstacle,
    survey: ObstacleSurvey | None = SURVEY,
    coverage: tuple[Coverage, ...] = (),
    zones: tuple[Zone, ...] = (),
    **parts: object,
) -> World:
    zonal = Coverage(ring=COVER, kinds=ALL_KINDS - {DataKind.OBSTACLES})
    space = Airspace(zones=zones, coverage=(zonal, *coverage), obstacles=obstacles)
    return field(
        of_world={"airspace": space}, obstacles=survey, candidates=(candidate("west", -400, 0),), **parts
    )


def found(made: World) -> list[Finding]:
    return check_obstacles(context_of(made, make_plan(made)))


def test_nobody_knowing_of_all_obstacles_is_unknown(field: Field) -> None:
    (finding,) = found(world(field, survey=None))
    assert finding.severity is Severity.UNKNOWN
    assert "Nobody has surveyed this place for obstacles" in finding.message
    assert "obstacles: {surveyed_by, read_at, tallest_m_agl}" in finding.fix


def test_a_survey_states_its_margin_below_the_lowest_flight(field: Field) -> None:
    (finding,) = found(world(field))
    assert (finding.severity, finding.margin_m) == (Severity.OK, 10.0)
    assert "PC Reed" in finding.message
    (finding,) = found(world(field, survey=replace(SURVEY, tallest_m_agl=40.5)))
    assert (finding.severity, finding.margin_m) == (Severity.VIOLATION, -0.5)
    assert "fly 1 m higher" in finding.fix


def test_an_assumed_survey_counts_in_an_exercise_only(field: Field) -> None:
    assumed = replace(SURVEY, assumed=True)
    (finding,) = found(world(field, survey=assumed, exercise=True))
    assert finding.severity is Severity.ADVICE
    (finding,) = found(world(field, survey=assumed, exercise=False))
    assert finding.severity is Severity.UNKNOWN
    assert "counts in an exercise only" in finding.message


@pytest.mark.parametrize(
    ("from_m", "severity"), [(40.0, Severity.OK), (41.0, Severity.UNKNOWN), (100.0, Severity.UNKNOWN)]
)
def test_a_list_that_begins_above_the_drones_says_nothing_of_what_reaches_them(
    field: Field, from_m: float, severity: Severity
) -> None:
    least = vertical_limit(from_m, VerticalDatum.AGL)
    listed = Coverage(ring=COVER, kinds=frozenset({DataKind.OBSTACLES}), lower=least, source="folder/o.csv")
    (finding,) = found(world(field, survey=None, coverage=(listed,)))
    assert finding.severity is severity


def test_an_obstacle_within_the_volume_is_a_violation_by_what_is_missing(field: Field) -> None:
    tall, _ = found(world(field, mast(45.0)))
    assert (tall.severity, tall.margin_m, tall.source) == (Severity.VIOLATION, -5.0, "o.csv")
    assert tall.place is not None
    assert tall.place.lat_deg == pytest.approx(DOCK.lat_deg, abs=1e-6)
    assert len(found(world(field, mast(40.0)))) == 1


def test_a_top_above_the_sea_counts_from_the_ground_under_it(field: Field) -> None:
    """The field lies 10 m above the sea."""
    tall, _ = found(world(field, mast(55.0, datum=VerticalDatum.AMSL)))
    assert tall.margin_m == -5.0
    assert len(found(world(field, mast(50.0, datum=VerticalDatum.AMSL)))) == 1


def test_a_top_above_the_sea_over_unknown_ground_is_unknown(field: Field) -> None:
    made = replace(world(field, mast(55.0, datum=VerticalDatum.AMSL)), terrain=UnknownGround())
    unknown, _ = found(made)
    assert unknown.severity is Severity.UNKNOWN


def test_an_obstacle_beside_the_volume_is_named_with_its_distance(field: Field) -> None:
    (finding,) = found(world(field, mast(400.0, east_m=1500.0)))
    assert finding.severity is Severity.OK
    assert "Listed near: mast (1312 ft AGL)" in finding.message


@pytest.mark.parametrize(("height_m", "margin_m"), [(45.0, -5.0), (40.0, None)])
def test_what_stands_beside_a_dock_is_an_obstacle_too(
    field: Field, height_m: float, margin_m: float | None
) -> None:
    """A crane drawn on the map, 30 m from the dock: the drones fly at 60 m and keep 20 m above it."""
    crane = m.DockObstacle(name="Crane", height_m=height_m, width_m=3.0, distance_m=30.0, bearing_deg=90.0)
    made = world(field)
    (dock,) = made.scenario.candidates
    beside = replace(made.scenario, candidates=(replace(dock, obstacles=(crane,)),))
    hit = [f for f in found(replace(made, scenario=beside)) if f.severity is Severity.VIOLATION]
    assert [f.margin_m for f in hit] == ([] if margin_m is None else [margin_m])
    assert all(f.message.startswith("Crane (beside ") for f in hit)
    if hit:
        assert hit[0].place is not None
        assert distance_m(hit[0].place, at(-368.5, 0.0)) < 1.0, "its middle, 31.5 m east of the dock"


def test_a_crane_of_a_notam_is_an_obstacle(field: Field) -> None:
    crane = Zone(
        name="C1/24 CRANE",
        kind="OBSTACLE",
        lower=SURFACE,
        upper=vertical_limit(60.0, VerticalDatum.AMSL),
        area=area_of_circle(DOCK, 50.0),
        source="notams.txt",
    )
    made = world(field, zones=(crane,))
    tall, _ = found(made)
    assert (tall.severity, tall.margin_m) == (Severity.VIOLATION, -10.0)
    assert not [f for f in make_plan(made).findings if f.rule == "airspace-zone" and f.blocks]


@dataclass(frozen=True)
class RidgeAlong:
    """A ridge 30 m high across the way from the dock in the west, on ground at sea level; a gap far east."""

    gap_from_m: float = 1000.0
    source: str = "a ridge"

    def ground_m_amsl(self, position: Position) -> float | None:
        if FRAME.point(position)[0] > self.gap_from_m:
            return None
        return 30.0 if abs(FRAME.point(position)[0]) < 60.0 else 0.0


ON_RIDGE = Obstacle(
    name="mast", position=at(0.0, 100.0), top=vertical_limit(36.0, VerticalDatum.AGL), source="o.csv"
)
"""Half way from the dock to the zone in the east: legs stay at 60 m above the sea there."""


def over_ridge(field: Field, *obstacles: Obstacle, tallest_m: float = 5.0) -> list[Finding]:
    survey = replace(SURVEY, tallest_m_agl=tallest_m)
    return found(replace(world(field, *obstacles, survey=survey), terrain=RidgeAlong()))


def test_a_mast_on_a_ridge_is_held_against_the_height_flown_over_it(field: Field) -> None:
    """60 m above the sea, the drone passes 6 m below the top of a mast of 36 m on ground at 30 m."""
    tall, _ = over_ridge(field, ON_RIDGE)
    assert (tall.severity, tall.margin_m) == (Severity.VIOLATION, -26.0)
    assert "The lowest flight near it is 6 m below its top" in tall.message
    assert "fly 26 m higher" in tall.fix


def test_a_mast_beside_the_ridge_is_held_against_the_height_flown_there(field: Field) -> None:
    assert len(over_ridge(field, mast(40.0))) == 1
    tall, _ = over_ridge(field, mast(45.0))
    assert tall.margin_m == -5.0
    assert "The lowest flight near it is 15 m above its top" in tall.message


def test_a_survey_is_held_against_the_lowest_height_flown_over_any_ground(field: Field) -> None:
    (finding,) = over_ridge(field, tallest_m=10.0)
    assert (finding.severity, finding.margin_m) == (Severity.OK, 0.0)
    (finding,) = over_ridge(field, tallest_m=12.0)
    assert (finding.severity, finding.margin_m) == (Severity.VIOLATION, -2.0)
    assert "The lowest flight is at 30 m" in finding.message


def test_unknown_ground_elsewhere_does_not_hide_the_ridge(field: Field) -> None:
    survey = replace(SURVEY, tallest_m_agl=12.0)
    made = replace(world(field, survey=survey), terrain=RidgeAlong(gap_from_m=300.0))
    (finding,) = found(made)
    assert finding.severity is Severity.VIOLATION


def test_a_list_has_to_reach_down_to_the_lowest_flight_over_any_ground(field: Field) -> None:
    """30 m above the ridge less the clearance: whatever is taller than 10 m counts."""
    for from_m, severity in ((10.0, Severity.OK), (11.0, Severity.UNKNOWN)):
        least = vertical_limit(from_m, VerticalDatum.AGL)
        listed = Coverage(
            ring=COVER, kinds=frozenset({DataKind.OBSTACLES}), lower=least, source="folder/o.csv"
        )
        made = replace(world(field, survey=None, coverage=(listed,)), terrain=RidgeAlong())
        (finding,) = found(made)
        assert finding.severity is severity


def test_the_heights_of_docks_stay_above_what_was_surveyed(field: Field) -> None:
    assert least_height_m_agl(world(field).scenario) == 50.0
    assert least_height_m_agl(world(field, survey=None).scenario) == 0.0
