"""What is there only at some hours is kept off at all of them, and the cost of that is said."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from dfr.findings import Severity
from dfr.plan.planner import make_plan
from dfr.scenario import air

from .compliance_world import airspace, crowd, findings, zone
from .conftest import ORIGIN, START, Field


def at_hours(field: Field, first: int, last: int, *bounds: float):
    """A crowd that is there from one hour to another of the four with calls."""
    people = replace(crowd(*bounds), start=START + timedelta(hours=first), end=START + timedelta(hours=last))
    return field(site={"crowds": (people,)})


def said(world) -> list:
    return [f for f in findings(world, "crowd") if "at all hours" in f.message]


def test_a_crowd_of_one_hour_is_kept_off_at_all_and_its_cost_is_said(field: Field):
    """The crowd stands between the east dock and the zone left; the way round is that much longer."""
    world = at_hours(field, 1, 2, -100, 60, 100, 300)
    (found,) = said(world)
    assert found.severity is Severity.ADVICE
    assert "in only 1 of 4 hours" in found.message
    routes = {route.zone_id: route.length_m for route in make_plan(world).routes}
    open_ = {route.zone_id: route.length_m for route in make_plan(field()).routes}
    longest = max(routes[zone] - open_[zone] for zone in routes)
    assert f"{longest:.0f} m shorter" in found.message


def test_a_crowd_that_is_there_all_the_time_or_in_nobodys_way_costs_nothing(field: Field):
    assert said(at_hours(field, 0, 4, -100, 60, 100, 300)) == []
    (found,) = said(at_hours(field, 1, 2, -100, -300, 100, -200))
    assert found.severity is Severity.OK


@pytest.mark.parametrize(("first", "last", "hours"), [(1, 2, 1), (0.5, 2.5, 3), (3, 9, 1)])
def test_the_hours_of_a_restriction_are_counted(field: Field, first, last, hours):
    notice = air.TemporaryRestriction(
        name="Event RA(T)",
        centre=ORIGIN,
        radius_m=2000.0,
        upper_m_amsl=600.0,
        start=START + timedelta(hours=first),
        end=START + timedelta(hours=last),
        status="confirmed",
        source="made up",
    )
    found = findings(field(restrictions=(notice,)), "temporary-restriction", Severity.ADVICE)
    assert any(f"active in {hours} of 4 hours" in f.message for f in found)


def test_clear_of_a_zone_that_is_only_assumed_is_advice_that_says_so(field: Field):
    near = zone("Prison", "R", east_m=2000.0, radius_m=500.0, possible=True, remarks="assumed: ask")
    (found,) = findings(field(**airspace(near)), "airspace-zone")
    assert found.severity is Severity.ADVICE
    assert "[possible, assumed]" in found.message
    assert "assumed: ask" in found.message
