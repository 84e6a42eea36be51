"""Where docks stand: outside, in a keep-out, in a crowd, on water; and the move that clears it does."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from dfr.errors import InfeasibleError
from dfr.findings import Severity
from dfr.geo import Position
from dfr.plan.planner import make_plan
from dfr.scenario import model as m
from dfr.scenario.model import SiteUse

from .compliance_world import crowd, findings, only
from .conftest import Field, at, box, candidate

POND = (("pond", box(-60, -60, 60, 60)),)
MOVE = re.compile(r"move it (\d+) m to ([\d.]+) ([NS]) ([\d.]+) ([EW])")


def forced(field: Field, east_m: float, north_m: float, **parts):
    """The field with one required dock there and one other site."""
    site = candidate("here", east_m, north_m, use=SiteUse.REQUIRED)
    return field(candidates=(site, candidate("east", 400, 0)), **{"site": {"water": ()}, **parts})


FAULTS = [
    (-545, 0, {}, "45 m outside the boundary", -55.0),
    (0, 496, {}, "4 m inside the boundary, less than the 10 m required", -6.0),
    (20, 0, {"site": {"water": (), "keep_outs": (("shed", box(-30, -30, 30, 30)),)}}, "10 m inside", -20.0),
    (34, 0, {"site": {"water": (), "keep_outs": (("shed", box(-30, -30, 30, 30)),)}}, "4 m from", -6.0),
    (0, 0, {"site": {"water": (), "crowds": (crowd(-50, -50, 50, 50),)}}, "50 m inside the crowd", -70.0),
    (62, 0, {"site": {"water": (), "crowds": (crowd(-50, -50, 50, 50),)}}, "12 m from the crowd", -8.0),
    (50, 0, {"site": {"water": POND}}, "10 m inside the water 'pond'", -10.0),
]


@pytest.mark.parametrize(("east_m", "north_m", "parts", "words", "margin_m"), FAULTS)
def test_a_dock_in_the_wrong_place_is_named_with_its_margin(
    field: Field, east_m, north_m, parts, words, margin_m
):
    (found,) = findings(forced(field, east_m, north_m, **parts), "dock-place", Severity.VIOLATION)
    assert words in found.message
    assert found.margin_m == pytest.approx(margin_m, abs=0.1)
    assert found.place is not None


@pytest.mark.parametrize(("east_m", "north_m", "parts", "words", "margin_m"), FAULTS)
def test_the_move_it_proposes_clears_it(field: Field, east_m, north_m, parts, words, margin_m):
    world = forced(field, east_m, north_m, **parts)
    (found,) = findings(world, "dock-place", Severity.VIOLATION)
    metres, lat, north, lon, east = MOVE.search(found.fix).groups()
    assert float(metres) >= -margin_m - 1.0
    there = Position(
        lat_deg=float(lat) * (1 if north == "N" else -1), lon_deg=float(lon) * (1 if east == "E" else -1)
    )
    first, *rest = world.scenario.candidates
    moved = replace(
        world, scenario=replace(world.scenario, candidates=(replace(first, position=there), *rest))
    )
    assert findings(moved, "dock-place", Severity.VIOLATION) == []
    assert any(route.reachable for route in make_plan(moved).routes)


def test_a_site_on_water_is_not_chosen_unless_somebody_insists(field: Field):
    """The middle site would be the soonest to both zones."""
    world = field(site={"water": POND}, targets={"siting_limit_s": 600.0})
    assert "middle" not in {site.id for site in make_plan(world, docks=2).sites}
    (advice,) = findings(world, "dock-place", Severity.ADVICE)
    assert "Middle (60 m inside the water 'pond')" in advice.message
    assert advice.margin_m == pytest.approx(-60.0, abs=1.0)
    with pytest.raises(InfeasibleError, match="middle: the start is on pond"):
        make_plan(world, docks=3)


def test_drones_fly_over_water(field: Field):
    wet = make_plan(field(site={"water": (("pond", box(380, 180, 420, 220)),)}))
    assert wet.routes == make_plan(field(site={"water": ()})).routes


def test_where_nobody_has_said_where_water_is_that_is_said(field: Field):
    (unknown,) = findings(field(site={"water": None}), "dock-place", Severity.UNKNOWN)
    assert "Nobody has said where water is" in unknown.message
    assert "water: []" in unknown.fix
    told = findings(field(site={"water": (), "no_water_source": "Sgt Lee"}), "dock-place")
    assert {finding.severity for finding in told} == {Severity.OK}


def test_a_site_at_sea_without_water_contradicts_itself(field: Field):
    (unknown,) = findings(field(site={"water": (), "surface": m.Surface.SEA}), "dock-place", Severity.UNKNOWN)
    assert "one of them is wrong" in unknown.message


def test_a_rally_point_on_water_is_a_violation_with_its_depth(field: Field):
    world = field(site={"water": (("pond", box(-20, -220, 20, -180)),)})
    found = only(world, "rally-points")
    assert (found.severity, found.margin_m) == (Severity.VIOLATION, -20.0)
    assert "pond" in found.message
    assert at(0, -200) == found.place
