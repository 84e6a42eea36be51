"""Drones of one plan: where the ways of two docks meet, and what keeps them apart."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfr.findings import Severity, compliant
from dfr.geo import Position
from dfr.plan.checks.context import context_of
from dfr.plan.checks.own_drones import _docks, check_own_drones, least_change
from dfr.plan.own_drones import APART_HEIGHT_M, APART_M, DockWays, clear_of, meeting
from dfr.plan.planner import make_plan
from dfr.scenario import model as m
from dfr.world.terrain import UnknownGround

from .compliance_world import findings, only
from .conftest import FRAME, Field, box, candidate

RULE = "own-drones-apart"
WEST, EAST = candidate("west", -400, 0), candidate("east", 400, 0)
TWO = {"fleet": {"docks": 2}, "candidates": (WEST, EAST)}


@dataclass(frozen=True)
class Hill:
    """Ground that rises to the east, so that one height above ground is many above the sea."""

    rise: float
    source: str = "a hill"

    def ground_m_amsl(self, position: Position) -> float | None:
        return 100.0 + self.rise * FRAME.point(position)[0]


def zones_at(*places: tuple[float, float]) -> tuple[m.DemandZone, ...]:
    return tuple(
        m.DemandZone(
            id=f"z{k}", name=f"Z{k}", area=box(e - 20, n - 20, e + 20, n + 20), share=1 / len(places)
        )
        for k, (e, n) in enumerate(places)
    )


def both(world) -> tuple[DockWays, DockWays]:
    first, second = _docks(context_of(world, make_plan(world)))
    return first, second


def too_near(first: DockWays, second: DockWays) -> bool:
    found = meeting(first, second)
    return found is not None and found.ways > 0


def test_two_docks_whose_ways_cross_are_advised_and_may_still_go(field: Field):
    """Each dock flies to both zones: only the ways to the zone beside each dock stay apart."""
    world = field(**TWO)
    plan = make_plan(world)
    found = only(world, RULE)
    assert found.severity is Severity.ADVICE
    assert "3 pairs of ways (2 to the same zone)" in found.message
    assert found.margin_m == pytest.approx(-APART_HEIGHT_M)
    assert found.place is not None
    assert "one at a time" in found.fix
    assert "15 m higher" in found.fix
    assert compliant(plan.findings)


@pytest.mark.parametrize("return_m", [60.0, 80.0, 100.0])
@pytest.mark.parametrize("rise", [0.0, 0.02])
def test_the_advised_change_of_height_clears_the_finding_and_no_smaller_does(
    field: Field, return_m: float, rise: float
):
    world = field(
        **TWO,
        of_world={"terrain": Hill(rise)},
        contingency={"return_height_m_agl": return_m},
        operation={"height_limit_m_agl": 500.0},
    )
    first, second = both(world)
    found = meeting(first, second)
    assert found is not None
    change = least_change(first, second, found, limit_m_agl=500.0)
    assert change is not None
    ways, metres = change
    other = second if ways is first else first
    assert not too_near(ways.raised(metres), other)
    assert all(too_near(ways.raised(less), other) for less in range(1, int(abs(metres))))


@pytest.mark.parametrize(
    ("return_m", "higher_m"), [(60.0, 15), (65.0, 20), (80.0, 35), (90.0, 15), (110.0, 15)]
)
def test_the_least_change_is_that_of_heights_written_down_by_hand(
    field: Field, return_m: float, higher_m: int
):
    """60 m out, 90 m home: 15 m higher flies 75 and 105 m, 15 m from either; 80 m home leaves no such gap."""
    world = field(
        **TWO,
        contingency={"return_height_m_agl": return_m},
        operation={"height_limit_m_agl": 500.0},
    )
    by_hand = next(
        x for x in range(1, 100) if all(abs(a - b - x) >= 15 for a in (60, return_m) for b in (60, return_m))
    )
    assert by_hand == higher_m
    assert f"{higher_m} m higher" in only(world, RULE).fix


def test_a_dock_under_a_way_is_flown_from_below_it_never_from_above(field: Field):
    """West flies over the middle dock: whoever climbs there must stay lower."""
    world = field(
        fleet={"docks": 2},
        candidates=(WEST, candidate("middle", 0, 0)),
        demand={"zones": zones_at((400, 0))},
    )
    first, second = both(world)
    found = meeting(first, second)
    assert found is not None
    west_is_first = first.site_id == "west"
    assert (found.down_m if west_is_first else found.up_m) == pytest.approx(APART_HEIGHT_M)
    assert (found.up_m if west_is_first else found.down_m) is None


def test_docks_under_each_others_ways_are_flown_one_at_a_time(field: Field):
    world = field(**TWO, demand={"zones": zones_at((-450, 0), (450, 0))})
    found = only(world, RULE)
    assert "no change of height" in found.fix
    assert found.margin_m == pytest.approx(-APART_HEIGHT_M)


def test_where_limits_leave_no_room_up_the_change_is_down_and_then_none(field: Field):
    low = field(**TWO, operation={"height_limit_m_agl": 70.0})
    assert "15 m lower" in only(low, RULE).fix
    tight = {"cruise_height_m_agl": 30.0, "height_limit_m_agl": 40.0}
    none = field(**TWO, operation=tight, contingency={"return_height_m_agl": 30.0})
    assert "no change of height" in only(none, RULE).fix


def test_over_unknown_ground_heights_keep_nothing_apart(field: Field):
    found = only(field(**TWO, of_world={"terrain": UnknownGround()}), RULE)
    assert found.severity is Severity.ADVICE
    assert "ground unknown" in found.message
    assert "higher" not in found.fix


def test_ways_that_never_meet_are_reported_with_their_room(field: Field):
    world = field(**TWO)
    plan = make_plan(world)
    own = tuple(r for r in plan.routes if (r.site_id, r.zone_id) in {("west", "left"), ("east", "right")})
    (found,) = check_own_drones(context_of(world, replace(plan, routes=own)))
    assert found.severity is Severity.OK
    assert found.margin_m == pytest.approx(800.0 - APART_M, abs=1.0)


@pytest.mark.parametrize(("aside_m", "near"), [(40.0, True), (49.0, True), (51.0, False)])
def test_ways_side_by_side_are_told_apart_at_the_wanted_distance(field: Field, aside_m: float, near: bool):
    """Two docks fly east along parallel ways, each to the zone ahead of it."""
    world = field(
        fleet={"docks": 2},
        candidates=(candidate("south", -300, 0), candidate("north", -300, aside_m)),
        demand={"zones": zones_at((300, 0), (300, aside_m))},
    )
    plan = make_plan(world)
    ahead = tuple(r for r in plan.routes if (r.site_id, r.zone_id) in {("south", "z0"), ("north", "z1")})
    (found,) = check_own_drones(context_of(world, replace(plan, routes=ahead)))
    assert (found.severity is Severity.ADVICE) is near
    assert found.margin_m == pytest.approx(max(aside_m - APART_M, -APART_HEIGHT_M), abs=0.1)


def test_drones_of_one_dock_share_its_ways(field: Field):
    alone, twins = field(), field(fleet={"drones_per_dock": 2})
    assert only(alone, RULE).severity is Severity.OK
    (found,) = findings(twins, RULE)
    assert found.severity is Severity.ADVICE
    assert "one dock" in found.message


@given(st.lists(st.tuples(st.integers(-60, 60), st.integers(1, 40)), min_size=1, max_size=12))
def test_the_least_clear_changes_are_those_that_trying_every_metre_finds(bars: list[tuple[int, int]]):
    low = np.array([float(start) for start, _ in bars])
    high = low + np.array([float(width) for _, width in bars])
    free = [x for x in range(-200, 201) if not ((low < x) & (x < high)).any()]
    down, up = clear_of(low, high)
    assert up == min(x for x in free if x >= 0)
    assert down == -max(x for x in free if x <= 0)
