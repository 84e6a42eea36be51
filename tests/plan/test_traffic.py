"""Other traffic against the heights that are flown over the ground as it is."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from dfr.findings import Severity
from dfr.geo import Position
from dfr.plan.checks.traffic import flown_of, in_way, routes_shared
from dfr.plan.planner import make_plan
from dfr.scenario import model as m
from dfr.sim.build import sim_inputs
from dfr.world.terrain import UnknownGround

from .compliance_world import findings, only, traffic
from .conftest import FRAME, Field, candidate

EAST = candidate("east", 400, 0)
RETURN = {"rule": m.DeconflictionRule.RETURN}


@dataclass(frozen=True)
class Slope:
    """Ground that rises to the east from 100 m in the middle, known only from so far east."""

    rise: float = 0.1
    known_from_m: float = -1e9
    source: str = "a slope"

    def ground_m_amsl(self, position: Position) -> float | None:
        east_m = FRAME.point(position)[0]
        return 100.0 + self.rise * east_m if east_m >= self.known_from_m else None


def test_heights_flown_follow_the_terrain_not_the_sites_one_height(field: Field):
    world = field(of_world={"terrain": Slope()}, candidates=(EAST,))
    assert world.scenario.site.ground_m_amsl == 10.0
    route = min(make_plan(world).routes, key=lambda r: FRAME.point(r.points[-1])[0])
    west_m = FRAME.point(route.points[-1])[0]
    flown = flown_of(world, route)
    assert flown is not None
    assert flown.ground_m_amsl == pytest.approx(100.0 + 0.1 * west_m, abs=0.1)
    assert flown.highest_m_amsl >= 100.0 + 0.1 * 400 + 60.0 - 0.1


@pytest.mark.parametrize(("lower_m_amsl", "shared"), [(150.0, True), (260.0, False)])
def test_a_dock_on_a_hill_flies_into_heights_that_the_lowland_leaves_free(
    field: Field, lower_m_amsl: float, shared: bool
):
    """By the site's stated 10 m our 60 m would end at 70 m AMSL; over the hill they end near 200 m."""
    user = traffic(lower_m_amsl=lower_m_amsl, upper_m_amsl=500.0, **RETURN)
    world = field(traffic=(user,), of_world={"terrain": Slope()}, candidates=(EAST,))
    plan = make_plan(world)
    assert {in_way(world, user, route) for route in plan.routes} == {shared}
    assert {way for row in sim_inputs(world, plan).traffic[0].blocks for way in row} == {shared}


def test_over_unknown_ground_every_visit_counts_and_the_findings_say_so(field: Field):
    high = traffic(lower_m_amsl=5000.0, upper_m_amsl=6000.0, **RETURN)
    world = field(traffic=(high,), of_world={"terrain": UnknownGround()})
    plan = make_plan(world)
    assert all(way for row in sim_inputs(world, plan).traffic[0].blocks for way in row)
    (unknown,) = findings(world, "other-traffic", Severity.UNKNOWN)
    assert "Each visit counts as in their way, in the simulation too" in unknown.message
    assert unknown.fix


def test_only_the_ways_over_unknown_ground_are_counted_as_blind(field: Field):
    user = traffic(lower_m_amsl=5000.0, upper_m_amsl=6000.0, **RETURN)
    plan = make_plan(field(traffic=(user,)))
    westernmost = [min(FRAME.point(place)[0] for place in route.points) for route in plan.routes]
    half_known = Slope(known_from_m=(min(westernmost) + max(westernmost)) / 2.0)
    blind = sum(east_m < half_known.known_from_m for east_m in westernmost)
    world = field(traffic=(user,), of_world={"terrain": half_known})
    assert 0 < blind < len(plan.routes)
    assert routes_shared(world, plan, user) == (blind, blind, len(plan.routes))


def test_where_heights_are_known_the_finding_counts_the_ways_that_share_them(field: Field):
    below = only(field(traffic=(traffic(**RETURN),)), "other-traffic")
    above = only(field(traffic=(replace(traffic(**RETURN), lower_m_amsl=200.0),)), "other-traffic")
    assert "on 0 of" in above.message
    assert "on 0 of" not in below.message
