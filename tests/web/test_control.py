"""Commands: refused where the server is read-only, asked for twice elsewhere, and never by GET."""

import dataclasses
import threading
import time
from types import SimpleNamespace

import pytest
from pymavlink.dialects.v20 import ardupilotmega as mavlink

from dfr.aircraft.catalogue import drone_of, find_dock, find_drone
from dfr.aircraft.landing import Limits
from dfr.ardupilot.modes import CopterMode
from dfr.errors import InfeasibleError, InputError, NonCompliantError, VehicleRefusedError
from dfr.geo import Position, distance_m
from dfr.link.vehicle import OnboardPlan, VehicleState
from dfr.mission import battery
from dfr.web import control as control_module
from dfr.web import live as live_module
from dfr.web.control import Control
from dfr.web.live import FARTHEST_M, TRAFFIC_KEPT_S, LiveVehicle, camera_footprint, energy_home

FLOWN_AWAY = SimpleNamespace(summary="landed, not docked", landing="landed, not docked: 3.00 m away")
ENDED = f"dispatch {FLOWN_AWAY.summary}; {FLOWN_AWAY.landing}"
HERE = Position(lat_deg=50.7789, lon_deg=-1.0890)


class Recorded:
    """A vehicle that writes down what it is told."""

    simulated, target = False, (7, 1)
    plan = OnboardPlan.UNTOUCHED

    def __init__(self):
        self.state = VehicleState(position=HERE)
        self.modes = []

    def set_mode(self, mode):
        self.modes.append(mode)


def nowhere():
    """Served without a scenario."""


@pytest.fixture
def vehicle():
    return Recorded()


def test_read_only_refuses_before_anything_else(vehicle):
    read_only = Control(vehicle, allowed=False, place=nowhere)
    with pytest.raises(VehicleRefusedError, match="--allow-control"):
        read_only.ask_for("return")
    with pytest.raises(InputError):
        read_only.confirm_key("anything")
    assert vehicle.modes == []


def test_asking_does_nothing_and_confirming_does_it_once(vehicle):
    control = Control(vehicle, allowed=True, place=nowhere)
    question = control.ask_for("return")
    assert vehicle.modes == []
    assert "Return to launch" in question["words"]
    control.confirm_key(question["key"])
    assert vehicle.modes == [CopterMode.RTL]
    with pytest.raises(InputError, match="ask again"):
        control.confirm_key(question["key"])
    assert vehicle.modes == [CopterMode.RTL]


def test_a_command_names_the_vehicle_and_where_it_will_be(vehicle):
    home = Position(lat_deg=50.7701, lon_deg=-1.0801)
    vehicle.state = VehicleState(position=HERE, home=home)
    control = Control(vehicle, allowed=True, place=nowhere, number=3)
    for command, place in (("return", home), ("hold", HERE), ("land", HERE)):
        words = control.ask_for(command)["words"]
        assert words.startswith("REAL VEHICLE 3 (system 7): ")
        assert str(place) in words
    vehicle.state = VehicleState()
    assert "a position that it has not reported" in control.ask_for("land")["words"]


def test_a_newer_question_makes_the_older_void(vehicle):
    control = Control(vehicle, allowed=True, place=nowhere)
    land, hold = control.ask_for("land"), control.ask_for("hold")
    with pytest.raises(InputError):
        control.confirm_key(land["key"])
    control.confirm_key(hold["key"])
    assert vehicle.modes == [CopterMode.BRAKE]


def test_a_question_grows_old(vehicle, monkeypatch):
    control = Control(vehicle, allowed=True, place=nowhere)
    question = control.ask_for("land")
    later = time.monotonic() + control_module.ASKED_S + 1
    monkeypatch.setattr(control_module.time, "monotonic", lambda: later)
    with pytest.raises(InputError, match="can no longer be confirmed"):
        control.confirm_key(question["key"])
    assert vehicle.modes == []


def test_an_unknown_command_and_a_dispatch_without_a_plan_are_explained(vehicle):
    control = Control(vehicle, allowed=True, place=nowhere)
    with pytest.raises(InputError, match="no command is called 'explode'"):
        control.ask_for("explode")
    with pytest.raises(InputError, match="no plan is loaded"):
        control.ask_for("dispatch", "castle-stage")


def test_an_exercise_is_flown_on_no_real_vehicle(vehicle, victorious):
    control = Control(vehicle, allowed=True, place=lambda: victorious)
    with pytest.raises(NonCompliantError, match="not marked simulated"):
        control.ask_for("dispatch", "castle-stage")
    assert control.ask_for("return")["words"].startswith("REAL VEHICLE 1 (system 7): ")


def test_a_dispatch_is_refused_once_its_go_has_ended(vehicle, victorious, monkeypatch):
    vehicle.simulated = True
    world, plan = victorious
    monkeypatch.setattr(control_module, "check_plan", lambda *_: plan.findings)
    real = dataclasses.replace(world, scenario=dataclasses.replace(world.scenario, exercise=False))
    over = world.scenario.period.end
    control = Control(vehicle, allowed=True, place=lambda: (real, plan), now=lambda: over)
    with pytest.raises(NonCompliantError, match="the deployment ended"):
        control.ask_for("dispatch", "castle-stage")


def test_a_go_that_ends_before_the_motors_start_is_read_again(vehicle, victorious, monkeypatch):
    vehicle.simulated = True
    world, plan = victorious
    monkeypatch.setattr(control_module, "check_plan", lambda *_: plan.findings)
    real = dataclasses.replace(world, scenario=dataclasses.replace(world.scenario, exercise=False))
    monkeypatch.setattr(control_module, "require_go", lambda verdict, **_: judged.append(verdict.go))
    monkeypatch.setattr(control_module, "upload_verified", lambda *_: clock.append(real.scenario.period.end))
    monkeypatch.setattr(
        control_module, "fly_dispatch", lambda *_, before_arming, **__: before_arming() or FLOWN_AWAY
    )
    clock, judged = [real.scenario.period.start], []
    control = Control(vehicle, allowed=True, place=lambda: (real, plan), now=lambda: clock[-1])
    control.confirm_key(control.ask_for("dispatch", "castle-stage")["key"])
    until = time.monotonic() + 60
    while control.words != ENDED and time.monotonic() < until:
        time.sleep(0.01)
    assert len(judged) == 2
    assert judged[1] is False


def test_a_dispatch_whose_reserve_is_not_known_to_be_on_board_is_refused(vehicle, victorious, monkeypatch):
    """The page asks what `dfr mission` asks: the mission itself and the promises of its scenario."""
    vehicle.simulated = True
    world, plan = victorious
    monkeypatch.setattr(
        battery, "drone_of", lambda fleet: dataclasses.replace(drone_of(fleet), battery_v=None)
    )
    control = Control(vehicle, allowed=True, place=lambda: (world, plan))
    with pytest.raises(NonCompliantError, match=r"the reserve is not on board \(and 1 more\)"):
        control.ask_for("dispatch", "castle-stage")


def test_a_vehicle_must_stand_on_a_dock(vehicle, victorious):
    vehicle.simulated = True
    control = Control(vehicle, allowed=True, place=lambda: victorious)
    words = control.ask_for("dispatch", "castle-stage")["words"]
    assert words.startswith("SIMULATED vehicle 1 (system 7): upload, arm, take off from ")
    assert "(castle-stage)" in words
    away = Position(lat_deg=50.7700, lon_deg=-1.08)
    vehicle.state = dataclasses.replace(vehicle.state, position=away)
    with pytest.raises(InfeasibleError, match="from the nearest dock"):
        control.ask_for("dispatch", "castle-stage")


def test_a_plan_that_is_no_go_is_not_flown(vehicle, victorious):
    world, plan = victorious
    operation = dataclasses.replace(world.scenario.operation, authorisation=None, basis="")
    blocked = dataclasses.replace(world, scenario=dataclasses.replace(world.scenario, operation=operation))
    vehicle.simulated = True
    control = Control(vehicle, allowed=True, place=lambda: (blocked, plan))
    with pytest.raises(NonCompliantError, match=r"EXERCISE: (NO GO|UNKNOWN)"):
        control.ask_for("dispatch", "castle-stage")
    assert control.ask_for("return")["key"], "coming home is never refused"


def test_the_dock_s_own_room_judges_the_landing(vehicle, victorious, monkeypatch):
    vehicle.simulated, asked = True, []
    monkeypatch.setattr(control_module, "upload_verified", lambda *_: None)
    monkeypatch.setattr(
        control_module, "fly_dispatch", lambda *_, **options: asked.append(options) or FLOWN_AWAY
    )
    control = Control(vehicle, allowed=True, place=lambda: victorious)
    control.confirm_key(control.ask_for("dispatch", "castle-stage")["key"])
    until = time.monotonic() + 60
    while control.words != ENDED and time.monotonic() < until:
        time.sleep(0.01)
    fleet = victorious[0].scenario.fleet
    assert (
        asked[0]["dock_tolerance_m"]
        == Limits.for_dock(find_drone(fleet.drone), find_dock(fleet.dock)).lateral_m
    )
    assert control.words == ENDED


def test_no_second_dispatch_starts_while_one_flies(vehicle, victorious, monkeypatch):
    vehicle.simulated, landed = True, threading.Event()
    monkeypatch.setattr(control_module, "upload_verified", lambda *_: landed.wait(10))
    monkeypatch.setattr(control_module, "fly_dispatch", lambda *_, **__: pytest.fail("not reached"))
    control = Control(vehicle, allowed=True, place=lambda: victorious)
    control.confirm_key(control.ask_for("dispatch", "castle-stage")["key"])
    with pytest.raises(InputError, match="a dispatch is in the air"):
        control.ask_for("dispatch", "castle-stage")
    monkeypatch.setattr(
        control_module, "fly_dispatch", lambda *_, **__: (_ for _ in ()).throw(InputError("x"))
    )
    landed.set()


class Told:
    """A vehicle whose messages a test tells."""

    simulated, target, firmware, texts = False, (1, 1), "ArduCopter", ()
    plan, silent_s = OnboardPlan.UNTOUCHED, 0.0

    def __init__(self):
        self.state, self.hear = VehicleState(position=HERE), None
        self.port = SimpleNamespace(listen=self.listen, leave=lambda hear: None, failure=None)

    def listen(self, hear):
        self.hear = hear

    def from_target(self, message):
        return message.get_srcSystem() == self.target[0]


def heard(system, message):
    """A message as it comes off the wire, from a system."""
    sent = message.pack(mavlink.MAVLink(None, srcSystem=system, srcComponent=1))
    (found,) = mavlink.MAVLink(None).parse_buffer(sent)
    return found


def helicopter(*, height_m):
    return mavlink.MAVLink_adsb_vehicle_message(
        0x400F01, 507815000, -10905000, 0, round(1000 * height_m), 9000, 0, 0, b"COAST175", 0, 0, 0, 0
    )


def test_other_traffic_is_told_from_any_receiver_on_the_link_until_it_is_old(monkeypatch):
    vehicle = Told()
    live = LiveVehicle(vehicle, drone=find_drone("arducopter-sitl-quad"))
    vehicle.hear(heard(7, helicopter(height_m=42.0)))
    vehicle.hear(heard(7, helicopter(height_m=43.0)))
    (craft,) = live.as_dict()["traffic"]
    assert (craft["id"], craft["name"], craft["height_m_amsl"]) == ("400f01", "COAST175", 43.0)
    assert craft["at"] == pytest.approx([-1.0905, 50.7815])
    now = time.monotonic()
    monkeypatch.setattr(live_module.time, "monotonic", lambda: now + TRAFFIC_KEPT_S + 1.0)
    assert live.as_dict()["traffic"] == []


def test_wind_and_camera_are_taken_from_the_vehicle_alone():
    vehicle = Told()
    vehicle.state = VehicleState(position=HERE, wind_mps=6.0)
    live = LiveVehicle(vehicle, drone=find_drone("arducopter-sitl-quad"))
    vehicle.hear(heard(9, mavlink.MAVLink_wind_message(10.0, 20.0, 0.0)))
    assert live.as_dict()["wind"] == {"mps": 6.0, "from_deg": None}
    vehicle.hear(heard(1, mavlink.MAVLink_wind_message(-130.0, 6.0, 0.0)))
    assert live.as_dict()["wind"] == {"mps": 6.0, "from_deg": 230.0}
    assert live.as_dict()["footprint_assumed"]
    vehicle.hear(heard(1, mavlink.MAVLink_mount_status_message(0, 0, -9000, 0, 0)))
    assert not live.as_dict()["footprint_assumed"]


def test_where_it_flies_is_kept_from_the_moment_at_which_it_is_armed():
    vehicle = Told()
    live = LiveVehicle(vehicle, drone=find_drone("arducopter-sitl-quad"))
    for second, armed in enumerate((False, True, True)):
        vehicle.state = VehicleState(position=HERE, armed=armed)
        place = (1000 * second, 507789000, -10890000, 0, 3000, 0, 0, 0, 0)
        vehicle.hear(heard(1, mavlink.MAVLink_global_position_int_message(*place)))
    assert live.track.since(0, 0)["points"] == [[1.0, -1.089, 50.7789, 3.0], [2.0, -1.089, 50.7789, 3.0]]


def test_a_link_that_is_lost_and_a_position_that_is_old_are_two_things(monkeypatch):
    vehicle = Told()
    live = LiveVehicle(vehicle, drone=find_drone("arducopter-sitl-quad"))
    vehicle.hear(
        heard(1, mavlink.MAVLink_global_position_int_message(1, 507789000, -10890000, 0, 0, 0, 0, 0, 0))
    )
    assert not live.as_dict()["position_stale"]
    now = time.monotonic()
    monkeypatch.setattr(live_module.time, "monotonic", lambda: now + 2.5)
    told = live.as_dict()
    assert told["position_stale"]
    assert told["position_s"] == pytest.approx(2.5, abs=0.5)
    assert not told["stale"], "it is heard: only where it is has not been told"
    vehicle.silent_s = 5.0
    assert live.as_dict()["stale"]


@pytest.mark.parametrize(("wind_mps", "lost"), [(5.0, False), (20.0, True)])
def test_a_drone_that_the_wind_may_keep_from_home_is_not_merely_unknown(wind_mps, lost):
    """The tilt limit of the SITL copter leaves it no way against 20 m/s."""
    north = Position(lat_deg=HERE.lat_deg + 0.01, lon_deg=HERE.lon_deg)
    state = VehicleState(
        position=north, home=HERE, height_m_home=60.0, wind_mps=wind_mps, battery_remaining=0.8
    )
    told = energy_home(state, find_drone("arducopter-sitl-quad"), 180.0)
    assert told["may_not_return"] is lost
    assert (told["seconds"] is None) is lost
    assert told["enough"] is (None if lost else True)


def test_the_camera_sees_the_ground_ahead_of_it_and_nothing_from_the_pad():
    assert camera_footprint(HERE, 1.0, 90.0, down_deg=45.0) == []
    assert camera_footprint(None, 60.0, 90.0, down_deg=45.0) == []
    ring = camera_footprint(HERE, 60.0, 90.0, down_deg=45.0)
    assert ring[0] == ring[-1]
    assert all(lon > HERE.lon_deg for lon, _ in ring), "heading east"
    low = camera_footprint(HERE, 60.0, 0.0, down_deg=10.0)
    far = max(distance_m(HERE, Position(lat_deg=lat, lon_deg=lon)) for lon, lat in low)
    assert far < 1.4 * FARTHEST_M, "over the horizon it is cut off"
