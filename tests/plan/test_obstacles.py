"""Obstacles: what stands within the volume, and whether somebody knows of all that reach the drones."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dfr.findings import Finding, Severity
from dfr.geo import VerticalDatum
from dfr.plan.checks.heights import check_obstacles, least_height_m_agl
from dfr.plan.context import context_of
from dfr.plan.planner import make_plan
from dfr.scenario.air import ALL_KINDS, DataKind, ObstacleSurvey
from dfr.world.airspace import Airspace
from dfr.world.coverage import Coverage
from dfr.world.model import World
from dfr.world.shapes import area_of_circle
from dfr.world.terrain import UnknownGround
from dfr.world.zones import SURFACE, Obstacle, Zone, vertical_limit

from .conftest import START, Field, at, box, candidate

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


def test_the_heights_of_docks_stay_above_what_was_surveyed(field: Field) -> None:
    assert least_height_m_agl(world(field).scenario) == 50.0
    assert least_height_m_agl(world(field, survey=None).scenario) == 0.0
