"""What happens when something goes wrong, and who else flies: each fault in a made-up field is found."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dfr.findings import Severity
from dfr.geo import distance_m
from dfr.plan.contingency import procedure_s
from dfr.plan.planner import make_plan
from dfr.plan.volumes import buffers_of
from dfr.scenario import model as m
from dfr.world.terrain import UnknownGround

from .compliance_world import crowd, findings, only, traffic
from .conftest import Field, at, authorisation, box, candidate, scenario


def test_a_rally_point_outside_the_boundary_is_a_violation(field: Field):
    world = field(contingency={"rally_points": (at(600, 0),)})
    found = only(world, "rally-points")
    assert (found.severity, round(found.margin_m)) == (Severity.VIOLATION, -100)


def test_a_rally_point_in_the_crowd_is_a_violation(field: Field):
    world = field(
        contingency={"rally_points": (at(-200, -200),)}, site={"crowds": (crowd(-250, -250, -150, -150),)}
    )
    assert only(world, "rally-points").severity is Severity.VIOLATION


def test_landing_without_a_link_is_advised_against_and_refused_beside_a_crowd(field: Field):
    landing = {"lost_link": m.LostLink.LAND}
    assert only(field(contingency=landing), "lost-link").severity is Severity.ADVICE
    beside = field(
        contingency=landing,
        site={"crowds": (crowd(390, 60, 410, 120),)},
        candidates=(candidate("east", 400, 0),),
    )
    assert only(beside, "lost-link").severity is Severity.VIOLATION


@pytest.mark.parametrize(
    ("held", "severity"),
    [
        (None, Severity.VIOLATION),
        (authorisation("VLOS", crowd_stand_off_m=20.0), Severity.VIOLATION),
        (authorisation("BVLOS", night=True), Severity.VIOLATION),
        (authorisation("VLOS", crowd_overflight=True), Severity.ADVICE),
    ],
)
def test_a_straight_return_over_the_crowd_is_a_violation_without_a_clause(field: Field, held, severity):
    world = field(
        site={"crowds": (crowd(390, 60, 410, 120),)},
        operation={"authorisation": held},
        contingency={"rally_points": ()},
        candidates=(candidate("east", 400, 0),),
    )
    found = only(world, "lost-link")
    assert found.severity is severity
    assert "Stage" in found.message


def test_a_return_is_tried_from_all_along_the_route(field: Field):
    """From its end the drone turns to a rally point; from half way it flies home over the crowd."""
    far = m.DemandZone(id="right", name="Right", area=box(380, 380, 420, 420), share=1.0)
    world = field(
        site={"crowds": (crowd(390, 60, 410, 120),)},
        demand={"zones": (far,)},
        contingency={"rally_points": (at(400, 440),)},
        candidates=(candidate("east", 400, 0),),
    )
    assert only(world, "lost-link").severity is Severity.VIOLATION


@pytest.mark.parametrize(
    ("reserve", "manual", "severity"),
    [
        (0.1, None, Severity.VIOLATION),
        (0.19, None, Severity.VIOLATION),
        (0.25, 0.3, Severity.VIOLATION),
        (0.25, None, Severity.OK),
        (0.3, 0.3, Severity.OK),
    ],
)
def test_a_reserve_below_the_least_is_a_violation(field: Field, reserve, manual, severity):
    choice = {"reserve_fraction": reserve, "least_reserve_fraction": manual}
    found = only(field(contingency=choice), "reserve-choice")
    assert found.severity is severity
    assert f"at least {max(0.2, manual or 0.0):.0%}" in found.message


def test_a_procedure_slower_than_its_notice_is_a_violation(field: Field):
    landing = traffic(rule=m.DeconflictionRule.LAND)
    quick = only(field(traffic=(replace(landing, notice_s=300.0),)), "other-traffic")
    slow = only(field(traffic=(replace(landing, notice_s=2.0),)), "other-traffic")
    assert (quick.severity, slow.severity) == (Severity.ADVICE, Severity.VIOLATION)


def test_landing_takes_the_flight_to_the_nearest_place_to_land_too(field: Field):
    """A dock or rally point is safe; from anywhere on a way, straight and at cruise speed, then down."""
    world = field(traffic=(traffic(rule=m.DeconflictionRule.LAND),))
    plan = make_plan(world, docks=1)
    (user,) = world.scenario.traffic
    places = [site.position for site in plan.sites]
    places += world.scenario.contingency.rally_points
    flown = [route for route in plan.routes if route.land_s is not None]
    at_the_end_s = max(
        min(distance_m(route.points[-1], place) for place in places) / world.scenario.operation.cruise_mps
        + route.land_s
        for route in flown
    )
    assert procedure_s(world, plan, user) >= at_the_end_s - 0.1
    assert procedure_s(world, plan, user) > max(route.land_s for route in flown) + 5.0
    onward = replace(world.scenario.contingency, rally_points=tuple(route.points[-1] for route in flown))
    near = replace(world, scenario=replace(world.scenario, contingency=onward))
    assert procedure_s(near, plan, user) < procedure_s(world, plan, user)


@pytest.mark.parametrize(
    ("lower", "severity", "margin_m"),
    [
        (0.0, Severity.VIOLATION, -34.0),
        (33.0, Severity.VIOLATION, -1.0),
        (60.0, Severity.ADVICE, 26.0),
        (200.0, Severity.OK, 166.0),
    ],
)
def test_holding_low_separates_only_below_the_others_heights(field: Field, lower, severity, margin_m):
    """Held at 20 m over ground of 10 m, with 4 m of altimetry error: 34 m AMSL. Well clear is 250 ft more."""
    _, hold = findings(field(traffic=(traffic(lower_m_amsl=lower),)), "other-traffic")
    assert (hold.severity, hold.margin_m) == (severity, pytest.approx(margin_m))


def test_a_hold_over_unknown_ground_is_unknown(field: Field):
    world = field(traffic=(traffic(),), of_world={"terrain": UnknownGround()})
    assert findings(world, "other-traffic", Severity.UNKNOWN)


def test_traffic_elsewhere_is_reported_with_its_distance(field: Field):
    found = only(field(traffic=(traffic(area=box(1000, -500, 1500, 500)),)), "other-traffic")
    assert found.severity is Severity.OK
    to_the_corridor = 590.0
    around = buffers_of(scenario())
    buffers_m = around.contingency_m + around.ground_risk_m
    assert found.margin_m == pytest.approx(to_the_corridor - buffers_m, abs=2)
    landing = {"rule": m.DeconflictionRule.LAND, "notice_s": 1.0}
    entered = only(field(traffic=(traffic(area=box(470, -500, 900, 500), **landing),)), "other-traffic")
    assert entered.severity is Severity.VIOLATION


def split_between(lower: float, upper: float, **changes) -> m.OtherTraffic:
    rule = m.DeconflictionRule.HEIGHT_SPLIT
    return traffic(rule=rule, lower_m_amsl=lower, upper_m_amsl=upper, hold_height_m_agl=60.0, **changes)


CALL = "call each launch and landing"
AGREE = "have its operator agree to so little between you"


@pytest.mark.parametrize(
    ("lower", "upper", "severity", "fix"),
    [
        (200.0, 500.0, Severity.OK, ""),
        (60.0, 500.0, Severity.VIOLATION, "agree on other heights"),
        (0.0, 40.0, Severity.ADVICE, f"{AGREE}, and {CALL}"),
        (11.0, 40.0, Severity.ADVICE, f"{AGREE}, and {CALL}"),
        (11.0, 66.0, Severity.ADVICE, f"{AGREE}, and {CALL}"),
        (11.0, 66.5, Severity.VIOLATION, "agree on other heights"),
    ],
)
def test_a_height_split_has_to_separate(field: Field, lower, upper, severity, fix):
    """Ours: 60 m above ground that is 10 m high with 4 m of altimetry error, so from 66 m AMSL up."""
    found = only(field(traffic=(split_between(lower, upper),)), "other-traffic")
    assert (found.severity, found.fix) == (severity, fix)
    assert ("Well clear is 76 m (250 ft" in found.message) == (AGREE in fix)
    assert CALL not in fix or "climb and land through" in found.message


@pytest.mark.parametrize(("east_m", "climbs"), [(900, True), (250, False)])
def test_drones_climb_through_the_heights_of_others_over_a_dock(field: Field, east_m, climbs):
    """The others fly between 11 and 40 m AMSL over ground of 10 m, above a dock or between two."""
    split = split_between(11.0, 40.0, area=box(150, -500, east_m, 500))
    found = only(field(traffic=(split,)), "other-traffic")
    assert (CALL in found.fix, "climb and land through" in found.message) == (climbs, climbs)


@pytest.mark.parametrize(("room_m", "severity"), [(76.0, Severity.ADVICE), (76.3, Severity.OK)])
def test_a_height_split_above_us_is_in_order_from_well_clear_on(field: Field, room_m, severity):
    """250 ft are 76.2 m, above what the drones reach with contingency."""
    meets = only(field(traffic=(split_between(60.0, 900.0),)), "other-traffic")
    top_m = 60.0 - meets.margin_m
    found = only(field(traffic=(split_between(top_m + room_m, 900.0),)), "other-traffic")
    assert (found.severity, found.margin_m) == (severity, pytest.approx(room_m))


@pytest.mark.parametrize(("leave", "severity"), [(None, Severity.VIOLATION), (True, Severity.ADVICE)])
def test_a_rally_point_outside_the_boundary_is_as_the_authorisation_says(field: Field, leave, severity):
    allows = {} if leave is None else {"landing_outside_boundary": leave}
    world = field(
        contingency={"rally_points": (at(600, 0),)},
        operation={"authorisation": authorisation("VLOS", **allows)},
    )
    found = only(world, "rally-points")
    assert (found.severity, "which is allowed by " in found.message) == (severity, bool(leave))
    assert found.margin_m == pytest.approx(-100.0, abs=0.5)
    assert found.fix == ("agree on it with who owns the ground" if leave else "move it inside")
