"""Every plan that ArduCopter would refuse or change is found before upload."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import pytest

from dfr.ardupilot.commands import Command, Frame, command_name
from dfr.findings import Severity, is_compliant
from dfr.geo import Position, offset
from dfr.mission.items import FenceCircle, FencePolygon, MissionItem, RallyPoint
from dfr.mission.validate import validate
from dfr.mission.validate_items import looks_swapped

HOME = Position(lat_deg=50.781, lon_deg=-1.089)
NORTH = Position(lat_deg=50.7828, lon_deg=-1.089)


def blocking_rules(plan) -> set[str]:
    """The rules that block a plan; every finding of it must be in words."""
    found = list(validate(plan))
    for finding in found:
        assert isinstance(finding.severity, Severity)
        assert all(isinstance(words, str) for words in (finding.rule, finding.message, finding.fix))
        assert finding.message
        assert finding.fix or not finding.blocks, f"{finding.message}: and what is to do?"
    return {finding.rule for finding in found if finding.blocks}


def blocking_words(plan, rule: str) -> str:
    return next(finding.message for finding in validate(plan) if finding.blocks and finding.rule == rule)


def with_hold(plan, **changes):
    """The plan with its third item, the hold, changed."""
    items = list(plan.items)
    items[2] = replace(items[2], **changes)
    return replace(plan, items=tuple(items))


def test_a_sound_dispatch_has_nothing_against_it(dispatch):
    assert blocking_rules(dispatch) == set()
    assert is_compliant(validate(dispatch))


def test_the_room_to_the_fence_is_told(dispatch):
    way = next(finding for finding in validate(dispatch) if finding.rule == "fence.way")
    assert way.margin_m == pytest.approx(149.5, abs=0.5)


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"params": (math.nan, 0.0, 0.0, 0.0)}, "mission.not_a_number"),
        ({"params": (math.inf, 0.0, 0.0, 0.0)}, "mission.not_a_number"),
        ({"params": (60.5, 0.0, 0.0, 0.0)}, "mission.dropped_param"),
        ({"params": (60.0, 0.0, 40.0, 0.0)}, "mission.dropped_param"),
        ({"frame": Frame.MISSION}, "mission.frame"),
        ({"frame": 1}, "mission.frame"),
        ({"z_m": 90_000.0}, "mission.height"),
        ({"z_m": math.nan}, "mission.height"),
        ({"command": 9999}, "mission.command"),
        ({"position": Position(lat_deg=-1.089, lon_deg=50.7828)}, "mission.swapped"),
        ({"position": Position(lat_deg=52.0, lon_deg=-1.089)}, "mission.far"),
        ({"position": Position(lat_deg=50.79, lon_deg=-1.089)}, "fence.way"),
        ({"z_m": 61.0}, "fence.height"),
    ],
)
def test_a_bad_item_is_found(dispatch, changes, rule):
    assert rule in blocking_rules(with_hold(dispatch, **changes))
    if rule.startswith("mission."):
        assert blocking_words(with_hold(dispatch, **changes), rule).startswith("item 3 "), "counted from 1"


def test_a_place_too_far_away_is_found_with_how_far_it_is(dispatch):
    """A minute of latitude is a nautical mile: 73.14 of them to 52 degrees north, of 50 km at most."""
    far = with_hold(dispatch, position=Position(lat_deg=52.0, lon_deg=-1.089))
    found = next(finding for finding in validate(far) if finding.rule == "mission.far")
    assert found.margin_m == pytest.approx(50_000.0 - 73.14 * 1852.0, rel=0.01)
    assert found.fix == "check the coordinates"


def test_auto_needs_a_takeoff_first_and_one_that_climbs(dispatch):
    assert "mission.takeoff" in blocking_rules(replace(dispatch, items=dispatch.items[1:]))
    takeoff = replace(dispatch.items[0], frame=Frame.GLOBAL, z_m=4.0)
    assert "mission.takeoff_height" in blocking_rules(replace(dispatch, items=(takeoff, *dispatch.items[1:])))
    assert blocking_rules(replace(dispatch, items=())) >= {"mission.empty"}


def test_a_height_that_may_only_be_missing_is_told_but_a_valley_is_not_refused(dispatch):
    assert "mission.low" not in {finding.rule for finding in validate(dispatch)}
    low = validate(with_hold(dispatch, z_m=0.0))
    assert [finding.severity for finding in low if finding.rule == "mission.low"] == [Severity.ADVICE]


def test_a_jump_out_of_the_mission_is_found(dispatch):
    jump = MissionItem(command=Command.DO_JUMP, frame=Frame.MISSION, params=(9.0, 1.0, 0.0, 0.0))
    assert "mission.jump" in blocking_rules(replace(dispatch, items=(*dispatch.items, jump)))


def fence_with(dispatch, area):
    return replace(dispatch, fence=(dispatch.fence[0], area))


@pytest.mark.parametrize(
    ("area", "rule"),
    [
        (FencePolygon(ring=(HOME, NORTH), inclusion=False), "fence.corners"),
        (FenceCircle(centre=NORTH, radius_m=0.0, inclusion=False), "fence.radius"),
        (FenceCircle(centre=NORTH, radius_m=30.0, inclusion=False), "fence.way"),
    ],
)
def test_a_bad_fence_is_found(dispatch, area, rule):
    assert rule in blocking_rules(fence_with(dispatch, area))
    named = "leg 1" if rule == "fence.way" else "fence area 2"
    assert blocking_words(fence_with(dispatch, area), rule).startswith(named)


def test_a_fence_that_crosses_itself_is_found(dispatch):
    a, b, c, d = dispatch.fence[0].ring
    bow_tie = FencePolygon(ring=(a, c, b, d), inclusion=True)
    assert "fence.shape" in blocking_rules(replace(dispatch, fence=(bow_tie,)))


def test_a_fence_with_too_many_corners_is_found(dispatch):
    ring = tuple(
        Position(lat_deg=50.781 + 0.01 * math.sin(t / 40.8), lon_deg=-1.089 + 0.01 * math.cos(t / 40.8))
        for t in range(256)
    )
    rules = blocking_rules(replace(dispatch, fence=(FencePolygon(ring=ring, inclusion=True),)))
    assert {"fence.corners", "fence.size"} <= rules


@pytest.mark.parametrize(
    ("corners", "severity"),
    [
        (36, Severity.OK),
        (37, Severity.OK),
        (38, Severity.ADVICE),
        (69, Severity.ADVICE),
        (70, Severity.UNKNOWN),
    ],
)
def test_what_a_fence_needs_is_set_against_what_boards_hold(dispatch, corners, severity):
    """304 bytes on the smallest boards, 560 on the others: 4, 2 a polygon and 8 a corner."""
    ring = tuple(
        offset(dispatch.home, bearing_deg=360.0 * n / corners, distance_m=400.0) for n in range(corners)
    )
    plan = replace(dispatch, fence=(FencePolygon(ring=ring, inclusion=True),))
    (found,) = (finding for finding in validate(plan) if finding.rule == "fence.size")
    assert found.severity is severity


def ring_about(middle: Position, *corners_m: tuple[float, float]) -> tuple[Position, ...]:
    """Corners so many metres east and north of a place."""
    return tuple(
        offset(offset(middle, bearing_deg=90.0, distance_m=east), bearing_deg=0.0, distance_m=north)
        for east, north in corners_m
    )


@pytest.mark.parametrize(("aside_m", "rules"), [(0.0, {"fence.way"}), (60.0, set())])
def test_17_a_leg_through_a_keep_out_is_found_though_both_its_ends_are_clear(dispatch, aside_m, rules):
    halfway = offset(offset(HOME, bearing_deg=0.0, distance_m=100.0), bearing_deg=90.0, distance_m=aside_m)
    ring = ring_about(halfway, (10.0, 10.0), (10.0, -10.0), (-10.0, -10.0), (-10.0, 10.0))
    plan = replace(dispatch, fence=(*dispatch.fence, FencePolygon(ring=ring, inclusion=False)))
    assert blocking_rules(plan) == rules


@pytest.mark.parametrize(("notch_east_m", "rules"), [(-20.0, {"fence.way"}), (40.0, set())])
def test_17_a_leg_out_of_the_keep_in_and_back_is_found_though_both_its_ends_are_inside(
    dispatch, notch_east_m, rules
):
    ring = ring_about(
        HOME, (-90.0, -90.0), (90.0, -90.0), (90.0, 90.0), (notch_east_m, 100.0), (90.0, 110.0),
        (90.0, 300.0), (-90.0, 300.0),
    )  # fmt: skip
    plan = replace(dispatch, fence=(FencePolygon(ring=ring, inclusion=True),), rally=())
    assert blocking_rules(plan) == rules


def test_18_two_keep_ins_mean_both_unless_fence_options_say_either(dispatch):
    keep_in = dispatch.fence[0]
    far = FencePolygon(
        ring=tuple(Position(lat_deg=c.lat_deg + 0.1, lon_deg=c.lon_deg) for c in keep_in.ring), inclusion=True
    )
    both = replace(dispatch, fence=(keep_in, far))
    assert "fence.no_inside" in blocking_rules(both)
    either = replace(both, params={**both.params, "FENCE_OPTIONS": 2.0})
    assert blocking_rules(either) == set()


def test_the_default_home_circle_is_too_small_for_a_dispatch(dispatch):
    params = {**dispatch.params, "FENCE_TYPE": 7.0, "FENCE_RADIUS": 150.0}
    assert "fence.home_circle" in blocking_rules(replace(dispatch, params=params))
    unset = {key: value for key, value in dispatch.params.items() if key != "FENCE_TYPE"}
    assert "fence.home_circle" in blocking_rules(replace(dispatch, params=unset))


def test_rally_heights_must_be_whole_metres(dispatch):
    point = replace(dispatch.rally[0], height_m_home=30.6)
    assert "rally.height" in blocking_rules(replace(dispatch, rally=(point,)))


@pytest.mark.parametrize("height_m", [-40_000.0, 40_000.0])
def test_a_rally_height_that_16_bits_do_not_hold_is_refused_in_words(dispatch, height_m):
    plan = replace(dispatch, rally=(replace(dispatch.rally[0], height_m_home=height_m),))
    (found,) = [each for each in validate(plan) if each.rule == "rally.height"]
    assert (found.severity, f"{height_m:g} m is refused" in found.message) == (Severity.VIOLATION, True)


@pytest.mark.parametrize(
    ("rtl_cm", "bad"), [(29.0, True), (30.0, False), (300_000.0, False), (300_001.0, True)]
)
def test_a_return_height_out_of_range_is_found_with_the_range(dispatch, rtl_cm, bad):
    """ArduCopter's range of RTL_ALT is 30 to 300,000 cm; zero, which it takes too, is no plan of ours."""
    plan = replace(dispatch, params={**dispatch.params, "RTL_ALT": rtl_cm})
    found = [each for each in validate(plan) if each.rule == "params.rtl_alt"]
    assert bool(found) is bad
    assert all(each.blocks and "out of range" in each.message for each in found)


def test_a_height_within_the_fences_margin_is_advice_and_above_it_a_violation(dispatch):
    """At 60 m of FENCE_ALT_MAX the vehicle breaches; FENCE_MARGIN is how far inside it means to stop."""

    def found(height_m: float):
        plan = with_hold(replace(dispatch, params={**dispatch.params, "FENCE_MARGIN": 2.0}), z_m=height_m)
        return next(each for each in validate(plan) if each.rule == "fence.height")

    assert [found(z).severity for z in (58.0, 59.0, 60.0)] == [
        Severity.OK,
        Severity.ADVICE,
        Severity.VIOLATION,
    ]
    assert "within FENCE_MARGIN" in found(59.0).message
    assert found(59.0).fix == "fly lower"


@pytest.mark.parametrize(("action", "told"), [(2.0, True), (1.0, False), (0.0, False)])
def test_a_parachute_that_an_item_releases_is_told(dispatch, action, told):
    """PARACHUTE_ACTION: 0 disables it, 1 enables it, 2 releases it."""
    release = MissionItem(command=Command.DO_PARACHUTE, frame=Frame.MISSION, params=(action, 0.0, 0.0, 0.0))
    plan = replace(dispatch, items=(*dispatch.items[:3], release, *dispatch.items[3:]))
    found = [each for each in validate(plan) if each.rule == "mission.parachute"]
    assert [each.severity for each in found] == [Severity.ADVICE] * told
    assert all("stops the motors in flight" in each.message for each in found)


def test_a_rally_point_in_another_country_is_found(dispatch):
    swapped = Position(lat_deg=HOME.lon_deg, lon_deg=HOME.lat_deg)
    assert "rally.far" in blocking_rules(
        replace(dispatch, rally=(replace(dispatch.rally[0], position=swapped),))
    )
    plan = replace(dispatch, rally=(replace(dispatch.rally[0], position=swapped),))
    assert blocking_words(plan, "rally.far").endswith("is far from home: latitude and longitude look swapped")


def test_a_rally_point_outside_the_fence_is_found(dispatch):
    point = RallyPoint(position=Position(lat_deg=50.79, lon_deg=-1.089), height_m_home=30.0)
    assert "fence.rally" in blocking_rules(replace(dispatch, rally=(point,)))


def test_rtl_that_would_go_to_a_rally_point_is_found(dispatch):
    near_target = RallyPoint(position=Position(lat_deg=50.7826, lon_deg=-1.089), height_m_home=30.0)
    assert "rally.diverts_return" in blocking_rules(replace(dispatch, rally=(near_target,)))


@pytest.mark.parametrize("name", ["ARMING_CHECK", "ARMING_SKIPCHK"])
def test_arming_check_is_not_translated(dispatch, name):
    plan = replace(dispatch, params={**dispatch.params, name: 0.0})
    assert "params.inverted" in blocking_rules(plan)


BATTERY = {"BATT_CAPACITY": 7784.0, "BATT_LOW_MAH": 2419.0, "BATT_CRT_MAH": 1523.0, "BATT_FS_LOW_ACT": 2.0}


@pytest.mark.parametrize(
    ("changes", "severity"),
    [
        ({}, "ok"),
        ({"BATT_LOW_MAH": 0.0}, "unknown"),
        ({"BATT_CAPACITY": 0.0}, "unknown"),
        ({"BATT_CAPACITY": None}, "unknown"),
        ({"BATT_LOW_MAH": None}, "unknown"),
        ({"BATT_CRT_MAH": 2419.0}, "violation"),
        ({"BATT_LOW_MAH": 8000.0}, "violation"),
    ],
)
def test_a_battery_failsafe_without_a_charge_to_act_at_is_found(dispatch, changes, severity):
    params = dispatch.params | BATTERY | changes
    plan = replace(dispatch, params={name: value for name, value in params.items() if value is not None})
    found = [finding.severity for finding in validate(plan) if finding.rule == "params.battery"]
    assert found == [severity]


def of_rule(plan, rule: str):
    return [finding for finding in validate(plan) if finding.rule == rule]


def test_unknown_ground_at_the_dock_is_unknown(dispatch):
    (found,) = of_rule(replace(dispatch, home_m_amsl=None), "mission.ground")
    assert found.severity is Severity.UNKNOWN
    assert not of_rule(dispatch, "mission.ground")


@pytest.mark.parametrize(
    ("frame", "height_m", "says"),
    [
        (Frame.GLOBAL_RELATIVE_ALT, 1.9, "is flown 1.9 m above home"),
        (Frame.GLOBAL_RELATIVE_ALT, 2.0, None),
        (Frame.GLOBAL, 1.9, None),
        (Frame.GLOBAL, 0.0, "has the height 0"),
    ],
)
def test_an_item_flown_on_the_ground_is_told_where_its_height_is_above_home(dispatch, frame, height_m, says):
    found = of_rule(with_hold(dispatch, frame=frame, z_m=height_m), "mission.low")
    assert [says in finding.message for finding in found] == ([] if says is None else [True])


@pytest.mark.parametrize(("lon_deg", "swapped"), [(89.9, True), (90.0, True), (90.1, False), (-90.0, False)])
def test_a_longitude_beyond_90_degrees_is_no_latitude(lon_deg, swapped):
    assert looks_swapped(
        Position(lat_deg=10.0, lon_deg=lon_deg), home=Position(lat_deg=89.9, lon_deg=10.0)
    ) is swapped  # fmt: skip


@pytest.mark.parametrize(("inside_m", "told"), [(0.6, False), (-0.6, True)])
def test_a_rally_point_is_in_the_fence_or_is_named_with_how_far_it_is_outside(dispatch, inside_m, told):
    """The keep-in reaches 400 m to the south."""
    second = RallyPoint(
        position=offset(HOME, bearing_deg=180.0, distance_m=400.0 - inside_m), height_m_home=30
    )
    found = of_rule(replace(dispatch, rally=(*dispatch.rally, second)), "fence.rally")
    assert [finding.message for finding in found] == ["rally point 2 lies 1 m outside the fence"] * told
    assert all(finding.margin_m == pytest.approx(inside_m, abs=0.01) for finding in found)


def test_a_leg_in_the_fences_margin_is_advice_and_one_outside_says_by_how_much(dispatch):
    """The hold is 200 m north of home in a keep-in that reaches 400 m."""

    def held(north_m: float):
        place = offset(HOME, bearing_deg=0.0, distance_m=north_m)
        return replace(with_hold(dispatch, position=place), params={**dispatch.params, "FENCE_MARGIN": 2.0})

    assert not of_rule(held(397.0), "fence.margin")
    near = of_rule(held(399.0), "fence.margin")
    assert near
    assert {(each.severity, "is 1.0 m from the fence" in each.message) for each in near} == {
        (Severity.ADVICE, True)
    }
    out = [finding for finding in of_rule(held(410.0), "fence.way") if finding.blocks]
    assert [finding.margin_m for finding in out] == pytest.approx([-10.0] * len(out), abs=0.1)
    assert out


def test_an_item_that_is_to_stop_the_mission_is_told_that_it_does_not(dispatch):
    (found,) = of_rule(with_hold(dispatch, autocontinue=False), "mission.autocontinue")
    assert (found.severity, found.fix) == (
        Severity.ADVICE,
        "let it continue, or hold with NAV_LOITER_UNLIM",
    )


@pytest.mark.parametrize("index", range(4))
def test_a_parameter_that_is_no_number_is_named_by_its_place(dispatch, index):
    params = [0.0] * 4
    params[index] = math.inf
    words = blocking_words(with_hold(dispatch, params=tuple(params)), "mission.not_a_number")
    assert words.endswith(f"param{index + 1} is inf, refused with INVALID_PARAM{index + 1}")


def test_a_far_item_is_told_with_its_distance_in_kilometres(dispatch):
    far = with_hold(dispatch, position=Position(lat_deg=52.0, lon_deg=-1.089))
    assert blocking_words(far, "mission.far").endswith(" is 136 km from home")


def test_each_list_is_set_against_what_boards_hold_in_words(dispatch):
    (mission,) = of_rule(dispatch, "mission.length")
    assert mission.message.startswith("the mission, with home, needs room for 6 items; the smallest boards")
    many = replace(dispatch, items=(*dispatch.items[:4], *(dispatch.items[2:3] * 900), dispatch.items[4]))
    (mission,) = of_rule(many, "mission.length")
    assert re.search(r"needs room for 906 items; .* with 16, \d+ with 32$", mission.message)
    ring = tuple(offset(HOME, bearing_deg=8.0 * n, distance_m=400.0) for n in range(45))
    (fence,) = of_rule(replace(dispatch, fence=(FencePolygon(ring=ring, inclusion=True),)), "fence.size")
    assert fence.message.endswith(" with 16"), "32 KiB hold no more of a fence"


def test_a_fence_without_a_keep_in_is_advice(dispatch):
    (found,) = of_rule(replace(dispatch, fence=dispatch.fence[1:]), "fence.keep_in")
    assert (found.severity, found.fix) == (Severity.ADVICE, "upload the flight volume")
    assert not of_rule(dispatch, "fence.keep_in")


def test_an_item_below_the_fences_floor_is_a_violation_and_nothing_flown_is_0_m_high(dispatch):
    params = {"FENCE_TYPE": 8.0, "FENCE_ALT_MIN": 30.5, "FENCE_ENABLE": 1.0}
    (found,) = of_rule(replace(dispatch, params=params), "fence.height")
    assert (found.margin_m, found.fix, found.blocks) == (-0.5, "fly higher", True)
    grounded = replace(dispatch, items=dispatch.items[4:], rally=(), params={"FENCE_ALT_MAX": 60.0})
    (found,) = of_rule(grounded, "fence.height")
    assert found.message == "highest point 0 m above home, FENCE_ALT_MAX 60 m"


def test_the_margin_of_the_fence_is_the_plans(dispatch):
    held = with_hold(dispatch, position=offset(HOME, bearing_deg=0.0, distance_m=394.0))
    for margin_m, told in ((5.0, False), (7.0, True)):
        plan = replace(held, params={**held.params, "FENCE_MARGIN": margin_m})
        assert bool(of_rule(plan, "fence.margin")) is told


def test_a_mission_that_does_not_come_down_is_told(dispatch):
    (found,) = of_rule(replace(dispatch, items=dispatch.items[:-1]), "mission.end")
    assert found.message.endswith("ArduCopter then loiters until the battery failsafe")
    assert (found.severity, found.fix) == (Severity.ADVICE, "end with RTL")


@pytest.mark.parametrize("end", [Command.NAV_RETURN_TO_LAUNCH, Command.NAV_LAND])
def test_what_comes_after_the_landing_is_told_to_be_not_flown(dispatch, end):
    *way, last = dispatch.items
    takeoff, scene = way[0], next(item for item in way if item.command == Command.NAV_LOITER_TIME)
    down, number = replace(last, command=end), len(dispatch.items)
    (found,) = of_rule(replace(dispatch, items=(*way, down, scene)), "mission.end")
    lands = f"item {number} {command_name(end)}"
    later = f"item {number + 1} NAV_LOITER_TIME"
    assert found.message == f"{later} is not flown: after {lands} the vehicle stays on the ground"
    assert (found.severity, found.fix) == (Severity.ADVICE, f"end with item {number}, or take it out")
    assert not of_rule(replace(dispatch, items=(*way, down, takeoff, scene, down)), "mission.end")


def test_what_is_in_order_asks_for_nothing(dispatch):
    fixes = {finding.fix for finding in validate(dispatch) if finding.severity is Severity.OK}
    assert fixes == {""}


def test_a_battery_failsafe_that_never_acts_is_told_in_words(dispatch):
    plan = replace(dispatch, params=dispatch.params | BATTERY | {"BATT_LOW_MAH": 0.0})
    assert "no charge at which it acts: the reserve is not on board" in blocking_words(plan, "params.battery")
