"""What became of a dispatch is said truly: on the built-in vehicle and on ArduCopter alike."""

from __future__ import annotations

import contextlib
import time
from dataclasses import replace
from types import SimpleNamespace

import pytest
from pymavlink.dialects.v20 import ardupilotmega as dialect

from dfr.ardupilot.commands import Command
from dfr.ardupilot.modes import CopterMode
from dfr.errors import LinkError, NonCompliantError
from dfr.geo import distance_m, offset
from dfr.link.control_authority import ControlAuthority
from dfr.link.dispatch import fly_dispatch
from dfr.link.evidence import landing_s, landing_settings_of
from dfr.link.limits import FlightLimits
from dfr.link.mavlink import connect
from dfr.link.orders import Orders
from dfr.link.outcome import Cut, Ending, Outcome
from dfr.link.status_texts import StatusTexts
from dfr.link.transfer import upload_verified
from dfr.link.vehicle import Text, VehicleState
from dfr.metrics.flown import VERTICAL_TOLERANCE, VERTICAL_TOLERANCE_S

from ..places import at
from .conftest import placed


def told(flown, start):
    return [event.what for event in flown.events if event.what.startswith(start)]


def staying(plan, seconds):
    takeoff, _, home = plan.items
    hold = placed(Command.NAV_LOITER_TIME, at(0, 80), params=(seconds, 0.0, 1.0, 0.0))
    return replace(plan, items=(takeoff, hold, home))


def on_its_way_up(state):
    return (state.height_m_home or 0.0) > 10.0


def once(holds, act):
    """Do something at the first state in which something holds."""
    done: list[VehicleState] = []

    def look(state: VehicleState) -> None:
        if not done and holds(state):
            done.append(state)
            act()

    return look


def on_scene(state):
    return state.position is not None and distance_m(state.position, at(0, 80)) < 2.0


def homeward_below(height_m):
    def holds(state):
        low = (state.height_m_home or 99.0) < height_m and (state.climb_mps or 0.0) < -0.3
        return low and state.position is not None and distance_m(state.position, at(0, 0)) < 3.0 and low

    return holds


def over_dock(state):
    """On its way home and over it, not at the start of the flight."""
    near = state.position is not None and distance_m(state.position, at(0, 0)) < 0.5
    return near and state.mission_seq == 3


def fly(start, plan, *, act=None, when=None, speedup=None, params=None, **options):
    """A dispatch flown, in which something is done to the vehicle once."""
    given = {} if speedup is None else {"speedup": speedup}
    with start(params=params or {}, **given) as running, connect(running.url, simulated=True) as vehicle:
        upload_verified(vehicle, plan)
        look = None if act is None else once(when, lambda: act(vehicle))
        return fly_dispatch(vehicle, plan, on_state=look, **options)


def fail_motor(vehicle):
    vehicle.set_param("SIM_ENGINE_MUL", 0.0)
    vehicle.set_param("SIM_ENGINE_FAIL", 1.0)


def test_a_dispatch_as_planned_is_served(start, dispatch):
    flown = fly(start, dispatch)
    assert flown.outcome is Outcome.SERVED
    assert flown.summary == "completed as planned"
    assert flown.ending.as_asked
    assert flown.ending.on_scene


def test_a_flight_taken_over_on_its_way_home_that_docks_says_so(start, dispatch):
    """Somebody sends it home by RTL while its mission already brings it home."""
    flown = fly(
        start,
        dispatch,
        act=lambda vehicle: vehicle.set_mode(CopterMode.RTL),
        when=lambda state: state.mission_seq == 3 and (state.height_m_home or 0.0) > 10.0,
    )
    assert flown.outcome is Outcome.SERVED
    assert flown.summary.startswith("on scene and docked, but taken over by a pilot on its way home: RTL")


def test_a_drone_that_is_set_to_come_down_fast_does_not_fall(start, dispatch):
    """The Matrice 3TD comes down at 6 m/s; a fall before it lands makes of a slow disarm a wreck."""
    fast = {"RTL_ALT": 8000.0, "RTL_CONE_SLOPE": 0.0, "FENCE_ALT_MAX": 120.0}
    speeds = {"WPNAV_SPEED_UP": 500.0, "WPNAV_SPEED_DN": 600.0}
    plan = replace(dispatch, params=dispatch.params | fast | speeds)
    sinks: list[float] = []
    with start(speedup=10.0) as running, connect(running.url, simulated=True) as vehicle:
        upload_verified(vehicle, plan)
        flown = fly_dispatch(vehicle, plan, on_state=lambda state: sinks.append(-(state.climb_mps or 0.0)))
    assert max(sinks) > 5.5
    assert not told(flown, "FALLING")
    assert flown.outcome is Outcome.SERVED


def test_a_crash_onto_the_dock_is_crashed_and_not_docked(start, dispatch):
    flown = fly(start, dispatch, act=fail_motor, when=homeward_below(15.0), speedup=5.0)
    assert flown.outcome is Outcome.CRASHED
    assert not flown.docked
    assert not flown.ending.as_asked
    assert flown.landing.startswith("CRASHED")


@pytest.mark.parametrize(
    "moment",
    [
        pytest.param(homeward_below(14.0), id="sinking"),
        pytest.param(
            lambda state: over_dock(state) and (state.height_m_home or 0.0) > 19.0,
            id="hovering",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_motors_that_stop_in_the_air_over_the_dock_are_a_crash_whose_fall_is_recorded(
    start, dispatch, moment
):
    flown = fly(start, dispatch, act=lambda v: v.disarm(force=True), when=moment, speedup=5.0)
    assert flown.outcome is Outcome.CRASHED
    assert "stopped in the air" in flown.ending.crash
    assert not flown.docked
    assert flown.track.height_m[-1] < 1.0


def test_a_vehicle_that_restarts_in_the_air_has_not_docked_wherever_it_then_says_it_is(start, dispatch):
    def restart(vehicle):
        with contextlib.suppress(LinkError):
            vehicle.command(dialect.MAV_CMD_PREFLIGHT_REBOOT_SHUTDOWN, 1.0, 0.0, 0.0, 0.0, 0.0, 20190226.0)

    flown = fly(start, dispatch, act=restart, when=homeward_below(14.0), speedup=5.0)
    assert flown.outcome is Outcome.CRASHED
    assert "restarted in the air" in flown.ending.crash
    assert not flown.docked


def test_a_wreck_on_scene_with_its_motors_on_is_told_at_once_and_is_not_on_scene_for_minutes(start, dispatch):
    plan = staying(dispatch, 500.0)
    flown = fly(start, plan, act=fail_motor, when=on_scene, speedup=5.0)
    assert flown.outcome is Outcome.CRASHED
    assert flown.track.t_s[-1] - flown.track.t_s[0] < 120.0
    assert (flown.phases["on_scene"] or 0.0) < 30.0


def test_a_failsafe_has_an_outcome_of_its_own_and_is_named(start, dispatch):
    reserve = {"BATT_CAPACITY": 5000.0, "BATT_LOW_MAH": 1000.0, "BATT_FS_LOW_ACT": 2.0, "BATT_CRT_MAH": 0.0}
    plan = replace(staying(dispatch, 200.0), params={**dispatch.params, **reserve})

    def drain(vehicle):
        # Just above the failsafe: ArduCopter takes a battery that is told to be low for one that it knows of.
        vehicle.command(dialect.MAV_CMD_BATTERY_RESET, 1.0, 20.3)

    limits = FlightLimits(gap_s=None, reserve=False)
    flown = fly(start, plan, act=drain, when=on_scene, limits=limits)
    assert flown.outcome is Outcome.FAILSAFE
    assert told(flown, "failsafe: Battery")
    assert any("Battery" in words for words in flown.failsafes)
    assert "Battery" in flown.summary
    assert not flown.ending.as_asked


def test_a_pilot_who_takes_over_and_lands_has_not_served(start, dispatch):
    flown = fly(start, staying(dispatch, 200.0), act=lambda v: v.set_mode(CopterMode.LAND), when=on_scene)
    assert flown.outcome is Outcome.TAKEN_OVER
    assert told(flown, "pilot has control: LAND")
    assert not flown.ending.as_asked


def test_a_stay_that_somebody_ends_by_moving_the_mission_on_has_not_served(start, dispatch):
    def move_on(vehicle):
        vehicle.command(dialect.MAV_CMD_DO_SET_MISSION_CURRENT, 3.0)

    flown = fly(start, staying(dispatch, 200.0), act=move_on, when=on_scene)
    assert flown.outcome is Outcome.TAKEN_OVER
    assert "stay of 200 s" in flown.summary
    assert not flown.ending.as_asked


def test_a_stay_that_was_cut_short_was_so_before_the_return_however_late_it_is_noticed(dispatch):
    control = ControlAuthority(
        vehicle=SimpleNamespace(state=VehicleState(t_s=41.0)),
        recorder=SimpleNamespace(return_t_s=34.0),
        tell=lambda words: None,
        wrecked=lambda: False,
        returning=True,
    )
    in_auto = VehicleState(mode=CopterMode.AUTO)
    for seq, told_t_s, t_s in ((1, 20.0, 20.0), (3, 37.0, 37.0), (3, 37.0, 41.0)):
        state = replace(in_auto, mission_seq=seq, mission_seq_t_s=told_t_s, t_s=t_s)
        control.watch_stay(staying(dispatch, 200.0), state)
    (cut,) = control.cuts
    assert cut.outcome is Outcome.TAKEN_OVER
    assert cut.before_return


def test_without_a_scene_a_flight_cut_short_was_nowhere(start, dispatch):
    takeoff, _, home = dispatch.items
    plan = replace(dispatch, items=(takeoff, placed(Command.NAV_WAYPOINT, at(0, 80)), home))
    flown = fly(start, plan, act=lambda v: v.set_mode(CopterMode.RTL), when=on_its_way_up)
    assert flown.outcome is Outcome.TAKEN_OVER
    assert not flown.ending.on_scene


@pytest.mark.parametrize("text", ["GCS Failsafe", "GCS Failsafe Cleared"])
def test_a_failsafe_is_named_by_its_end_too_where_its_beginning_was_lost_in_a_gap(text):
    said = StatusTexts()
    said.note_text(Text(t_s=50.0, severity=4, text=text))
    assert said.failsafe_near(50.3) == text


def test_a_flight_given_back_is_brought_to_its_end(start, dispatch):
    plan, handed = staying(dispatch, 20.0), []

    def pilot(state: VehicleState) -> None:
        if on_scene(state) and not handed:
            handed.append(state.t_s)
            vehicle.set_mode(CopterMode.LOITER)
        elif len(handed) == 1 and (state.t_s or 0.0) > handed[0] + 8.0:
            handed.append(state.t_s)
            vehicle.set_mode(CopterMode.AUTO)

    with start(speedup=10.0) as running, connect(running.url, simulated=True) as vehicle:
        upload_verified(vehicle, plan)
        flown = fly_dispatch(vehicle, plan, on_state=pilot)
    assert told(flown, "given back in AUTO")
    assert flown.outcome is Outcome.SERVED
    assert flown.taken_over


def test_a_limit_that_turns_it_back_before_the_scene_has_not_served(start, dispatch):
    reserve = {"BATT_CAPACITY": 5000.0, "BATT_LOW_MAH": 1000.0, "BATT_FS_LOW_ACT": 0.0, "BATT_CRT_MAH": 0.0}
    plan = replace(staying(dispatch, 200.0), params={**dispatch.params, **reserve})

    def drain(vehicle):
        vehicle.command(dialect.MAV_CMD_BATTERY_RESET, 1.0, 20.0)

    flown = fly(start, plan, act=drain, when=lambda s: (s.height_m_home or 0.0) > 18.0, speedup=10.0)
    assert flown.outcome is Outcome.LIMIT
    assert "energy" in flown.summary
    assert not flown.ending.as_asked


def test_after_a_new_task_the_phases_are_those_of_that_task(start, dispatch):
    second, orders = offset(at(0, 0), bearing_deg=45.0, distance_m=120.0), Orders()
    flown = fly(
        start,
        staying(dispatch, 60.0),
        act=lambda _: orders.retask([second], on_scene_s=10.0),
        when=on_scene,
        orders=orders,
    )
    assert flown.outcome is Outcome.SERVED
    assert flown.phases["on_scene"] == pytest.approx(12.0, abs=4.0)
    assert 5.0 < flown.phases["out"] < 40.0
    assert None not in flown.phases.values()


def test_a_position_that_the_vehicle_doubts_is_no_proof_of_docking(start, dispatch):
    def astray(vehicle):
        vehicle.set_param("SIM_GPS1_GLTCH_X", 0.001)

    flown = fly(start, staying(dispatch, 60.0), act=astray, when=on_scene, speedup=10.0)
    assert flown.ending.doubts
    assert not flown.docked
    assert not flown.ending.as_asked


def test_a_flight_that_ends_overdue_keeps_all_that_is_known_of_it(start, dispatch, monkeypatch):
    monkeypatch.setattr("dfr.link.director.longest_s", lambda plan, **_: 40.0)
    flown = fly(start, staying(dispatch, 300.0))
    assert flown.outcome is Outcome.OVERDUE
    assert told(flown, "overdue")
    assert flown.disarmed
    assert len(flown.track.t_s) > 100
    assert flown.phases["out"] is not None
    assert not flown.ending.as_asked


def test_hands_off_goes_on_watching_the_limits(start, dispatch):
    reserve = {"BATT_CAPACITY": 5000.0, "BATT_LOW_MAH": 1000.0, "BATT_FS_LOW_ACT": 0.0, "BATT_CRT_MAH": 0.0}
    plan = replace(staying(dispatch, 200.0), params={**dispatch.params, **reserve})
    began: list[float] = []

    def pilot(state: VehicleState) -> None:
        if on_scene(state) and not began:
            began.append(state.t_s)
            vehicle.set_mode(CopterMode.LOITER)
        elif len(began) == 1 and (state.t_s or 0.0) > began[0] + 6.0:
            began.append(state.t_s)
            vehicle.command(dialect.MAV_CMD_BATTERY_RESET, 1.0, 15.0)
        elif len(began) == 2 and (state.t_s or 0.0) > began[0] + 15.0:
            began.append(state.t_s)
            vehicle.set_mode(CopterMode.LAND)

    with start(speedup=10.0) as running, connect(running.url, simulated=True) as vehicle:
        upload_verified(vehicle, plan)
        flown = fly_dispatch(vehicle, plan, on_state=pilot)
    assert told(flown, "limit energy") == [told(flown, "limit energy")[0]]
    assert told(flown, "limit energy")[0].endswith("a pilot has control, so this is only reported")
    assert flown.outcome is Outcome.TAKEN_OVER


def test_a_wind_limit_on_a_vehicle_that_reports_no_wind_is_refused_before_take_off(
    start, proxy_to, dispatch, engine
):
    """ArduCopter without drag parameters tells a wind of exactly 0; the built-in vehicle is made silent."""

    def deaf(direction, message, frame):
        return [] if direction == "down" and message.get_type() == "WIND" else None

    with start(speedup=10.0) as running, proxy_to(running.url) as proxy:
        proxy.rule = deaf if engine == "builtin" else proxy.rule
        with connect(proxy.url, simulated=True) as vehicle:
            upload_verified(vehicle, dispatch)
            with pytest.raises(NonCompliantError, match="no wind"):
                fly_dispatch(vehicle, dispatch, limits=FlightLimits(gap_s=None, wind_mps=8.0))
            time.sleep(0.1)
            assert vehicle.state.armed is False


@pytest.mark.parametrize(
    ("return_cm", "from_m"), [pytest.param(1000.0, 20.0, marks=pytest.mark.slow), (4000.0, 40.0)]
)
def test_the_landing_flown_is_as_predicted_whatever_height_it_returns_at(start, dispatch, return_cm, from_m):
    plan = replace(dispatch, params={**dispatch.params, "RTL_ALT": return_cm, "RTL_CONE_SLOPE": 0.0})
    with start(speedup=10.0) as running, connect(running.url, simulated=True) as vehicle:
        upload_verified(vehicle, plan)
        predicted_s = landing_s(landing_settings_of(vehicle), from_m)
        flown = fly_dispatch(vehicle, plan)
    tolerance_s = max(VERTICAL_TOLERANCE_S, VERTICAL_TOLERANCE * predicted_s)
    assert flown.phases["land"] == pytest.approx(predicted_s, abs=tolerance_s)


BASE = {"on_scene": True, "at_dock": True, "disarmed": True}


def cut(outcome, *, before_return=True):
    return Cut(outcome=outcome, t_s=1.0, words="", before_return=before_return)


@pytest.mark.parametrize(
    ("ending", "outcome", "as_asked"),
    [
        (Ending(**BASE), Outcome.SERVED, True),
        (Ending(**BASE, crash="it hit the ground at 15.0 m/s"), Outcome.CRASHED, False),
        (Ending(**BASE | {"disarmed": False}), Outcome.LEFT_IN_FLIGHT, False),
        (Ending(**BASE | {"on_scene": False}), Outcome.NEVER_ON_SCENE, False),
        (Ending(**BASE | {"at_dock": False}), Outcome.OFF_DOCK, False),
        (Ending(**BASE, doubts=("GPS Glitch",)), Outcome.POSITION_IN_DOUBT, False),
        (Ending(**BASE, cuts=(cut(Outcome.FAILSAFE),)), Outcome.FAILSAFE, False),
        (Ending(**BASE, cuts=(cut(Outcome.RECALLED),)), Outcome.RECALLED, True),
        (Ending(**BASE | {"on_scene": False}, cuts=(cut(Outcome.RECALLED),)), Outcome.RECALLED, False),
        (Ending(**BASE, cuts=(cut(Outcome.FAILSAFE, before_return=False),)), Outcome.SERVED, True),
        (
            Ending(**BASE | {"at_dock": False}, cuts=(cut(Outcome.FAILSAFE, before_return=False),)),
            Outcome.FAILSAFE,
            False,
        ),
        (Ending(**BASE | {"disarmed": False}, cuts=(cut(Outcome.TAKEN_OVER),)), Outcome.TAKEN_OVER, False),
    ],
)
def test_every_ending_has_one_word_and_only_what_was_asked_is_as_asked(ending, outcome, as_asked):
    assert (ending.outcome, ending.as_asked) == (outcome, as_asked)
