"""Heights along routes over ground that is not flat, and what hides a drone from a post."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest

from dfr.findings import Severity
from dfr.geo import Position, VerticalDatum
from dfr.mission.compile import compile_dispatch
from dfr.plan.codec import plan_from_dict
from dfr.plan.context import context_of, profile_of
from dfr.plan.planner import make_plan
from dfr.scenario import model as m
from dfr.scenario.air import ALL_KINDS
from dfr.world.airspace import Airspace
from dfr.world.coverage import Coverage
from dfr.world.shapes import area_of_circle
from dfr.world.terrain import UnknownGround
from dfr.world.zones import Zone, vertical_limit

from .conftest import FRAME, START, Field, at, box, candidate

EAST = candidate("east", 400, 0)


@dataclass(frozen=True)
class Step:
    """Ground of one height west of a line and another east of it."""

    west_m: float
    east_m: float
    at_m: float = 0.0
    source: str = "a step"

    def ground_m_amsl(self, position: Position) -> float:
        return self.west_m if FRAME.point(position)[0] < self.at_m else self.east_m


@dataclass(frozen=True)
class Ridge:
    """A ridge across the field, on flat ground; None for a gap in the heights."""

    height_m: float | None
    source: str = "a ridge"

    def ground_m_amsl(self, position: Position) -> float | None:
        return self.height_m if abs(FRAME.point(position)[0] - 100.0) < 20 else 0.0


def found(plan, rule: str) -> list:
    return [f for f in plan.findings if f.rule == rule]


def test_over_a_valley_the_height_above_ground_grows(field: Field):
    world = field(of_world={"terrain": Step(west_m=0.0, east_m=50.0)}, candidates=(EAST,))
    high, low = found(make_plan(world), "terrain-profile")
    assert high.margin_m == pytest.approx(120.0 - 110.0)
    assert 0.0 < low.margin_m < 60.0 - 20.0, "a long leg down begins to sink over the high ground"
    deep = field(of_world={"terrain": Step(west_m=0.0, east_m=75.0)}, candidates=(EAST,))
    high, _ = found(make_plan(deep), "terrain-profile")
    assert (high.severity, high.margin_m) == (Severity.VIOLATION, pytest.approx(-15.0))


def test_the_profile_is_flown_as_the_mission_is(field: Field):
    """Uphill: up to the height of the far end at once, and home by RTL level over the low ground."""
    world = field(
        of_world={"terrain": Step(west_m=0.0, east_m=40.0, at_m=200.0)},
        candidates=(candidate("west", -400, 0),),
    )
    plan = make_plan(world)
    route = plan.route("west", "right")
    flight = compile_dispatch(world, plan, site_id="west", zone_id="right")
    assert (flight.items[0].z_m, flight.params["RTL_ALT"]) == (100.0, 10_000.0)
    context = context_of(world, plan)
    profile = profile_of(context, route, next(line for r, line in context.lines if r is route))
    assert profile.height_m_agl[0] == profile.highest_m_agl[0] == pytest.approx(100.0)
    assert profile.height_m_agl[-1] == profile.highest_m_agl[-1] == pytest.approx(60.0)
    stored = route.profile
    assert stored is not None
    assert stored.highest_m_agl[0] == pytest.approx(100.0, abs=0.1)
    assert stored.ground_m_amsl[-1] == pytest.approx(40.0, abs=0.1)


def test_a_profile_over_unknown_ground_is_unknown_in_the_plan_too(field: Field):
    plan = make_plan(field(of_world={"terrain": UnknownGround()}))
    profile = plan.routes[0].profile
    assert profile is not None
    assert set(profile.ground_m_amsl) == set(profile.highest_m_agl) == set(profile.lowest_m_agl) == {None}
    assert plan_from_dict(json.loads(json.dumps(plan.as_dict()))) == plan


def test_a_hill_on_the_way_leaves_less_room_or_none(field: Field):
    for height, severity in ((30.0, Severity.OK), (40.0, Severity.OK), (70.0, Severity.VIOLATION)):
        world = field(of_world={"terrain": Ridge(height)}, candidates=(EAST,))
        _, low = found(make_plan(world), "terrain-profile")
        assert (low.severity, low.margin_m) == (severity, pytest.approx(60.0 - height - 20.0))


@pytest.mark.parametrize(("height_m", "clearance"), [(59.0, "1"), (50.0, "10"), (40.5, "19.5")])
def test_less_than_20_m_above_a_hill_blocks_and_says_where_and_what_to_do(
    field: Field, height_m: float, clearance: str
):
    plan = make_plan(field(of_world={"terrain": Ridge(height_m)}, candidates=(EAST,)))
    _, low = found(plan, "terrain-profile")
    assert low.severity is Severity.VIOLATION
    assert f"only {clearance} m above the ground at its lowest" in low.message
    assert low.place is not None
    assert abs(FRAME.point(low.place)[0] - 100.0) <= 20.0
    assert "higher or around the hill" in low.fix


def test_a_return_below_the_path_out_is_the_lowest_flight(field: Field):
    """Out 60 m above low ground, home 40 m: 10 m above a ridge of 30 m."""
    world = field(
        of_world={"terrain": Ridge(30.0)}, contingency={"return_height_m_agl": 40.0}, candidates=(EAST,)
    )
    _, low = found(make_plan(world), "terrain-profile")
    assert (low.severity, low.margin_m) == (Severity.VIOLATION, pytest.approx(-10.0))


def test_a_gap_in_the_ground_between_corners_is_unknown(field: Field):
    plan = make_plan(field(of_world={"terrain": Ridge(None)}, candidates=(EAST,)))
    (ground,) = found(plan, "terrain-known")
    assert ground.severity is Severity.UNKNOWN
    assert ground.place is not None
    assert abs(FRAME.point(ground.place)[0] - 100.0) <= 20.0


def test_an_airspace_floor_above_the_valley_counts_from_the_height_of_the_dock(field: Field):
    """The floor is 150 m above the valley: level flight from a dock 75 m up meets it with its buffers."""
    floor = Zone(
        name="TOWN CTA", kind="CTA", airspace_class="C", lower=vertical_limit(150.0, VerticalDatum.AMSL),
        upper=vertical_limit(900.0, VerticalDatum.AMSL), area=area_of_circle(at(-500, 200), 400.0),
    )  # fmt: skip
    cover = box(-30_000, -30_000, 30_000, 30_000)
    airspace = Airspace(zones=(floor,), coverage=(Coverage(ring=cover, kinds=ALL_KINDS),))
    flat = field(of_world={"airspace": airspace, "terrain": Step(0.0, 0.0)}, candidates=(EAST,))
    deep = field(
        of_world={"airspace": airspace, "terrain": Step(west_m=0.0, east_m=75.0)}, candidates=(EAST,)
    )
    assert found(make_plan(flat), "airspace-class")[0].severity is Severity.OK
    assert found(make_plan(deep), "airspace-class")[0].severity is Severity.VIOLATION


def test_a_ridge_hides_the_drone_from_a_post_behind_it(field: Field):
    posts = (m.Observer(id="post", position=at(-200, 0), range_m=900.0),)
    open_ = field(of_world={"terrain": Ridge(5.0)}, operation={"posts": posts}, candidates=(EAST,))
    hidden = field(of_world={"terrain": Ridge(45.0)}, operation={"posts": posts}, candidates=(EAST,))
    assert Severity.VIOLATION not in {f.severity for f in found(make_plan(open_), "visual-line-of-sight")}
    worst = [f for f in found(make_plan(hidden), "visual-line-of-sight") if f.severity is Severity.VIOLATION]
    assert "hides the drone" in worst[0].message
    both = (*posts, m.Observer(id="other", position=at(300, 0), range_m=900.0))
    helped = field(of_world={"terrain": Ridge(45.0)}, operation={"posts": both}, candidates=(EAST,))
    assert Severity.VIOLATION not in {f.severity for f in found(make_plan(helped), "visual-line-of-sight")}


def test_a_crowd_line_hides_a_low_drone_from_a_post_behind_it(field: Field):
    """At 15 m and 700 m away the line of sight is under 2 m until 20 m from the eye."""
    crowd = m.CrowdArea(
        id="c", name="Crowd", area=box(-395, -450, -385, 450), start=START, end=START.replace(hour=14),
        people_per_m2=1.0,
    )  # fmt: skip
    post = (m.Observer(id="post", position=at(-402, 0), range_m=1200.0),)
    low = {"posts": post, "cruise_height_m_agl": 15.0, "crowd_margin_m": None}
    world = field(operation=low, site={"crowds": (crowd,)}, candidates=(EAST,))
    words = [f.message for f in found(make_plan(world), "visual-line-of-sight")]
    assert any("hides the drone" in text for text in words)
    clear = field(operation=low, candidates=(EAST,))
    assert not [f for f in found(make_plan(clear), "visual-line-of-sight") if "hides" in f.message]
