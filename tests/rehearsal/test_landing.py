"""Landings of a rehearsal by GNSS and on a marker, with satellites gone astray: the same on both engines."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from dfr.geo import Position, distance_m
from dfr.io.scenario_files import find_scenario, load_world
from dfr.metrics.flown import GNSS_LANDING_TOLERANCE_M, PRECISION_LANDING_TOLERANCE_M
from dfr.plan.planner import make_plan
from dfr.rehearsal.dispatches import SitlSettings, choose_routes, fly_route
from dfr.rehearsal.landing import marker_at
from dfr.scenario.model import Guidance
from dfr.world.weather import mean_wind, weather_at

SPEEDUP = {"builtin": 60.0, "ardupilot": 12.0}
DRIFT_M = 1.5

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def land(engine, tmp_path_factory):
    world = load_world(find_scenario("victorious-2024"))
    plan = make_plan(world)
    (route,) = choose_routes(plan, world, 1)
    hour = weather_at(world.scenario.weather, datetime.fromisoformat(plan.planning_wind.hour))
    wind = mean_wind(world.scenario, hour)

    def flown(guidance: Guidance, drift_m: float):
        fleet = replace(world.scenario.fleet, guidance=guidance)
        here = replace(world, scenario=replace(world.scenario, fleet=fleet))
        how = SitlSettings(kind=engine, speedup=SPEEDUP[engine], gnss_drift_m=drift_m)
        return fly_route(here, plan, route, wind=wind, engine=how, folder=tmp_path_factory.mktemp("flights"))

    return flown


def test_satellites_that_lead_astray_lead_a_gnss_landing_as_far_from_the_dock(land):
    flight = land(Guidance.GNSS, DRIFT_M)
    assert flight.landing_error_m == pytest.approx(DRIFT_M, abs=0.2)
    assert flight.landing_tolerance_m == GNSS_LANDING_TOLERANCE_M
    assert (flight.landed, flight.docked, flight.agrees) == (False, False, False)
    assert "1.5 m astray" in flight.notes[1]


def test_a_marker_brings_it_home_all_the_same(land):
    flight = land(Guidance.PRECISION, DRIFT_M)
    assert flight.landing_error_m < 0.25
    assert flight.landing_tolerance_m == PRECISION_LANDING_TOLERANCE_M
    assert flight.landed
    assert flight.agrees
    assert "PrecLand: Target Found" in flight.notes[2]
    assert flight.as_dict()["landing_guidance"] == "precision"


def test_a_marker_lies_where_single_precision_puts_it():
    home = Position(lat_deg=50.7789, lon_deg=-1.0890)
    assert distance_m(marker_at(home), home) < 0.22
    assert marker_at(marker_at(home)) == marker_at(home)
