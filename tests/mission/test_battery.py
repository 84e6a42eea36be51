"""The reserve a scenario sets is the reserve its vehicle acts on, and no stay may use it up."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from pymavlink.dialects.v20 import ardupilotmega as dialect

import firmware_sitl
from dfr.aircraft.catalogue import find_drone, list_drones
from dfr.aircraft.energy import forward_power_w, usable_wh
from dfr.errors import InfeasibleError
from dfr.geo import bearing_deg, distance_m
from dfr.io.scenario_files import find_scenario, load_world
from dfr.link.dispatch import fly_dispatch
from dfr.link.limits import NO_LIMITS
from dfr.link.mavlink import connect
from dfr.link.transfer import upload_verified
from dfr.link.vehicle import VehicleState
from dfr.mission import battery
from dfr.mission.battery import coldest_c, longest_on_scene_s, reserve_of, usable_sortie_wh
from dfr.mission.carried import plan_hash
from dfr.mission.compile import compile_dispatch
from dfr.mission.reliance import dispatch_findings, promise_findings
from dfr.mission.validate import validate
from dfr.plan.path_times import on_scene_s, sorties_of
from dfr.plan.planner import make_plan
from dfr.plan.routing import FlightPath
from dfr.plan.windows import HourWindow
from dfr.scenario.model import Guidance, LostLink
from dfr.sim.conditions import Conditions
from dfr.world.weather import gusty_wind, weather_at
from firmware_sitl.start import start_vehicle

from ..places import at

FIRMWARE = Path(firmware_sitl.__file__).parent
SPEEDUP = {"builtin": 40.0, "ardupilot": 8.0}


@pytest.fixture(scope="session")
def southsea():
    world = load_world(find_scenario("victorious-2024"))
    return world, make_plan(world)


def with_contingency(world, **changes):
    contingency = replace(world.scenario.contingency, **changes)
    return replace(world, scenario=replace(world.scenario, contingency=contingency))


def with_guidance(world, guidance):
    fleet = replace(world.scenario.fleet, guidance=guidance)
    return replace(world, scenario=replace(world.scenario, fleet=fleet))


def farthest(plan):
    return max((r for r in plan.routes if r.reachable), key=lambda r: r.length_m)


def test_every_drone_of_the_catalogue_has_the_voltage_of_its_simulated_battery():
    for key, craft in list_drones().items():
        volt = craft.battery_v
        frame = json.loads((FIRMWARE / "frames" / f"{key}.json").read_text())
        assert volt in (frame["refVoltage"], frame["maxVoltage"])
        params = dict(line.split() for line in lines_of(FIRMWARE / "params" / f"{key}.parm"))
        if "BATT_CAPACITY" in params:
            assert 1000.0 * craft.battery_wh / volt == pytest.approx(float(params["BATT_CAPACITY"]), abs=1.0)


def lines_of(path):
    return [line for line in path.read_text().splitlines() if not line.startswith("#")]


def test_the_reserve_is_what_the_plan_leaves_in_the_battery(southsea):
    world, _ = southsea
    reserve, craft = reserve_of(world.scenario), find_drone("dji-m3td")
    granted_wh = usable_wh(craft, coldest_c(world.scenario), reserve_fraction=0.25)
    assert reserve.capacity_mah == round(115.2 / 14.8 * 1000.0)
    assert (reserve.capacity_mah - reserve.low_mah) * 14.8 / 1000.0 == pytest.approx(granted_wh, abs=0.03)
    assert 0.25 * reserve.capacity_mah < reserve.low_mah < 0.35 * reserve.capacity_mah
    assert 0 < reserve.critical_mah < reserve.low_mah


def test_in_a_warmer_hour_the_same_reserve_is_less_of_the_battery(southsea):
    world, _ = southsea
    cold, warm = (reserve_of(world.scenario, temperature_c=celsius) for celsius in (0.0, 25.0))
    assert cold.capacity_mah == warm.capacity_mah
    assert warm.low_mah < cold.low_mah


@pytest.mark.parametrize("fraction", [0.0, 0.1, 0.5, 0.9])
def test_a_larger_reserve_acts_earlier_and_always_lets_the_vehicle_arm(southsea, fraction):
    world, _ = southsea
    reserve = reserve_of(with_contingency(world, reserve_fraction=fraction).scenario)
    assert reserve.low_mah >= fraction * 0.95 * reserve.capacity_mah
    assert 0 < reserve.critical_mah < reserve.low_mah < reserve.capacity_mah


def test_an_unknown_battery_is_unknown_and_not_silent(southsea, monkeypatch):
    world, plan = southsea
    monkeypatch.setattr(battery, "drone_of", lambda fleet: replace(find_drone(fleet.drone), battery_v=None))
    route = farthest(plan)
    flight = compile_dispatch(world, plan, site_id=route.site_id, zone_id=route.zone_id)
    assert "BATT_LOW_MAH" not in flight.params
    assert {finding.rule for finding in validate(flight) if finding.blocks} == {"params.battery"}
    assert {f.rule for f in promise_findings(world.scenario) if f.blocks} == {"contingency.reserve"}
    both = {finding.rule for finding in dispatch_findings(flight, world.scenario) if finding.blocks}
    assert both == {"params.battery", "contingency.reserve"}


def test_what_the_vehicle_is_not_told_is_said(southsea):
    world, plan = southsea
    route = farthest(plan)
    params = compile_dispatch(world, plan, site_id=route.site_id, zone_id=route.zone_id).params
    assert (params["PLND_STRICT"], params["PLND_RET_MAX"]) == (1.0, 2.0)
    assert "PLND_ENABLED" not in params
    by_gnss = with_contingency(with_guidance(world, Guidance.GNSS), lost_link=LostLink.HOLD_THEN_RTL)
    params = compile_dispatch(by_gnss, plan, site_id=route.site_id, zone_id=route.zone_id).params
    assert not [name for name in params if name.startswith("PLND_")]
    said = {finding.rule: finding.message for finding in promise_findings(by_gnss.scenario)}
    assert "cannot hold" in said["contingency.lost_link"]
    assert "landing retries (2) are not on board" in said["contingency.landing_retries"]
    reserve = reserve_of(by_gnss.scenario)
    on_board = f"{reserve.low_mah} of {reserve.capacity_mah} mAh"
    assert on_board in said["contingency.reserve"]
    fixes = {finding.rule: finding.fix for finding in promise_findings(by_gnss.scenario)}
    assert fixes["contingency.lost_link"] == "brief the crew on this, or choose rtl"
    assert "use precision guidance" in fixes["contingency.landing_retries"]


def test_a_plan_that_names_no_hour_is_flown_in_the_windiest(southsea):
    world, plan = southsea
    path = farthest(plan).points
    windiest = max(world.scenario.weather.hours, key=lambda hour: hour.wind_mps)
    named = replace(plan, planning_wind=replace(plan.planning_wind, hour=windiest.start.isoformat()))
    alone = replace(plan, planning_wind=None)
    longest = [longest_on_scene_s(world, each, path, height_m=60.0) for each in (named, alone)]
    assert longest[0] == longest[1]


def test_plan_simulation_and_mission_grant_the_same_energy_to_a_flight_against_gusts(southsea):
    """10 m/s on the nose with gusts of 17 m/s: the latest of nine flights in ten, all three alike."""
    world, plan = southsea
    route = farthest(plan)
    usual = weather_at(world.scenario.weather, datetime.fromisoformat(plan.planning_wind.hour))
    ahead_deg = bearing_deg(route.points[0], route.points[-1])
    needed = []
    for gust_mps, intensity in ((17.0, None), (None, 0.0)):
        hour = replace(usual, wind_mps=10.0, wind_from_deg=ahead_deg, gust_mps=gust_mps, temperature_c=15.0)
        weather = replace(world.scenario.weather, hours=(hour,), turbulence_intensity=intensity)
        windy = replace(world, scenario=replace(world.scenario, weather=weather))
        needed.append(away_wh(windy, plan, route, hour))
    for in_gusts, in_steady in zip(*needed, strict=True):
        assert in_gusts > 1.02 * in_steady
    for one in needed:
        assert one == pytest.approx([one[0]] * 3, rel=0.003)


def test_what_a_drone_in_the_air_keeps_for_a_return_against_gusts_is_what_the_latest_returns_take(southsea):
    """Ten metres a second behind it on the way out: the way back is the longer and the thirstier one."""
    world, plan = southsea
    route = farthest(plan)
    usual = weather_at(world.scenario.weather, datetime.fromisoformat(plan.planning_wind.hour))
    behind_deg = bearing_deg(route.points[-1], route.points[0])
    hour = replace(usual, wind_mps=10.0, wind_from_deg=behind_deg, gust_mps=17.0, temperature_c=15.0)
    windy = replace(
        world, scenario=replace(world.scenario, weather=replace(world.scenario.weather, hours=(hour,)))
    )
    drone, sortie = find_drone(windy.scenario.fleet.drone), planned_sortie(windy, route, hour).sortie(0)
    aloft_mps = gusty_wind(windy.scenario, hour).speed_at_mps(route.height_m_agl)
    back_w = forward_power_w(drone, sortie.ground_speed_back_mps + aloft_mps, temperature_c=15.0)
    late_wh = (sortie.back_late_s - sortie.back_s) * sortie.hover_w / 3600.0
    least_wh = (back_w * sortie.back_s + sortie.hover_w * sortie.land_s) / 3600.0 + late_wh
    (condition,) = Conditions(windy, plan).conditions([hour])
    leg = leg_of(condition, windy, plan, route)
    assert leg.home_wh >= least_wh
    assert leg.out_wh + leg.home_wh == pytest.approx(away_wh(windy, plan, route, hour)[0], rel=0.003)


def leg_of(condition, world, plan, route):
    """What the simulation knows of a route."""
    dock = [site.id for site in plan.sites].index(route.site_id)
    return condition.legs[dock][[zone.id for zone in world.scenario.demand.zones].index(route.zone_id)]


def planned_sortie(world, route, hour):
    """The planner's sortie along a route in an hour."""
    scenario, corners = world.scenario, world.frame.points(route.points)
    way = FlightPath(points=tuple(map(tuple, corners.tolist())), length_m=route.length_m)
    window = HourWindow(
        start=hour.start, weather=hour, wind=gusty_wind(scenario, hour), calls_by_zone=(), limited_by=()
    )
    raised_m = route.height_m_agl - scenario.operation.cruise_height_m_agl
    return sorties_of(scenario, [way], [window], [raised_m])


def away_wh(world, plan, route, hour):
    """What a flight needs but for its stay, by the planner, by the simulation and by the mission."""
    scenario = world.scenario
    planned = planned_sortie(world, route, hour)
    stay_wh = planned.hover_w[0] * on_scene_s(scenario) / 3600.0
    (condition,) = Conditions(world, plan).conditions([hour])
    leg = leg_of(condition, world, plan, route)
    longest_s = longest_on_scene_s(world, plan, route.points, height_m=route.height_m_agl)
    granted_wh = usable_sortie_wh(scenario, find_drone(scenario.fleet.drone))
    return [
        planned.late_energy_wh[0] - stay_wh,
        leg.out_wh + leg.home_wh,
        granted_wh - longest_s * leg.hover_w / 3600.0,
    ]


def test_the_hash_of_a_plan_is_of_what_is_flown_and_not_of_what_was_found(southsea):
    _, plan = southsea
    assert plan_hash(replace(plan, findings=())) == plan_hash(plan)
    assert plan_hash(replace(plan, sites=plan.sites[:1])) != plan_hash(plan)


def test_a_stay_longer_than_the_battery_gives_is_refused_with_the_longest(southsea):
    world, plan = southsea
    route = farthest(plan)
    longest_s = longest_on_scene_s(world, plan, route.points, height_m=route.height_m_agl)
    assert 600.0 < longest_s < 60.0 * find_drone("dji-m3td").hover_min
    ids = {"site_id": route.site_id, "zone_id": route.zone_id}
    compile_dispatch(world, plan, **ids, on_scene_s=longest_s - 1.0)
    with pytest.raises(InfeasibleError, match=rf"at most {int(longest_s)} s"):
        compile_dispatch(world, plan, **ids, on_scene_s=longest_s + 1.0)
    thirsty = with_contingency(world, reserve_fraction=0.5)
    assert longest_on_scene_s(thirsty, plan, route.points, height_m=60.0) < 0.7 * longest_s


def test_a_compiled_mission_returns_at_its_reserve(southsea, engine):
    """Charged to a little above the reserve once it is on its way, the drone drains it on scene."""
    world, plan = southsea
    route = farthest(plan)
    mission = compile_dispatch(world, plan, site_id=route.site_id, zone_id=route.zone_id, on_scene_s=900.0)
    mission = replace(mission, params=mission.params | {"FS_GCS_TIMEOUT": 120.0})
    low, capacity = mission.params["BATT_LOW_MAH"], mission.params["BATT_CAPACITY"]
    drained = []
    with (
        start_vehicle(
            engine=engine,
            home=mission.home,
            home_m_amsl=mission.home_m_amsl or 0.0,
            speedup=SPEEDUP[engine],
            defaults=[FIRMWARE / "params" / "dji-m3td.parm"],
            frame=FIRMWARE / "frames" / "dji-m3td.json",
        ) as running,
        connect(running.url, simulated=True) as vehicle,
    ):
        upload_verified(vehicle, mission)

        def drain(state: VehicleState) -> None:
            if not drained and (state.height_m_home or 0.0) > 50.0:
                drained.append(state)
                vehicle.command(dialect.MAV_CMD_BATTERY_RESET, 1.0, 100.0 * low / capacity + 4.0)

        flown = fly_dispatch(vehicle, mission, on_state=drain, limits=NO_LIMITS)
    said = [text.text for text in flown.texts]
    used = [float(found[1]) for text in said if (found := re.search(r"is low .* used (\d+) mAh", text))]
    assert capacity - used[0] == pytest.approx(low, abs=0.005 * capacity), said
    assert any("Battery Failsafe" in text for text in said)
    assert flown.disarmed
    events = [event.what for event in flown.events]
    assert any("RTL" in what and "failsafe" in what.lower() for what in events), events
    places = [mission.home, *(point.position for point in mission.rally)]
    frame = world.frame
    east, north = flown.track.east_m[-1], flown.track.north_m[-1]
    home_east, home_north = frame.point(mission.home)
    landed = frame.position(home_east + east, home_north + north)
    assert min(distance_m(landed, place) for place in places) < 1.0


@pytest.mark.parametrize("longest_s", [None, -5.0])
def test_a_flight_that_the_battery_does_not_hold_is_told_so_and_offered_no_stay(
    southsea, monkeypatch, longest_s
):
    monkeypatch.setattr(battery, "longest_on_scene_s", lambda *_, **__: longest_s)
    world, plan = southsea
    with pytest.raises(InfeasibleError, match="there and back needs more than the battery holds") as refused:
        battery.refuse_too_long(world, plan, [at(0, 200)], height_m=60.0, on_scene_s=60.0)
    assert "choose a nearer dock" in str(refused.value)


@pytest.mark.parametrize(
    ("brief_wh", "long_wh", "seconds"),
    [
        (20.0, 60.0, 3600.0 * 40.0 / 240.0),
        (10.0, 60.0, 3600.0 * 40.0 / 240.0),
        (None, 60.0, None),
        (20.0, None, None),
    ],
)
def test_the_stay_is_what_the_battery_holds_beyond_the_way_at_the_power_of_hovering(
    southsea, monkeypatch, brief_wh, long_wh, seconds
):
    """60 Wh for a sortie; ten minutes at 240 W are 40 Wh, so that the way of the long one takes 20 Wh too."""
    sorties = iter([SimpleNamespace(late_energy_wh=wh, hover_w=240.0) for wh in (brief_wh, long_wh)])
    monkeypatch.setattr(battery, "predict_path", lambda *_, **__: next(sorties))
    monkeypatch.setattr(battery, "usable_sortie_wh", lambda *_: 60.0)
    world, plan = southsea
    dock = plan.sites[0].position
    longest_s = longest_on_scene_s(world, plan, [dock, at(0, 200)], height_m=60.0)
    assert longest_s == (None if seconds is None else pytest.approx(seconds))
