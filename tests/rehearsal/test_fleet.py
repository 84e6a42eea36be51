"""A shift flown by vehicles that nobody has said to be simulated: each only after a person's yes."""

from __future__ import annotations

import socket
import threading
from contextlib import ExitStack, nullcontext
from types import SimpleNamespace

import pytest

from dfr.ardupilot.modes import CopterMode
from dfr.errors import InputError, LinkError, VehicleRefusedError
from dfr.geo import offset
from dfr.link import pilot as pilot_module
from dfr.link.flown import FlownFlight
from dfr.link.operator import NOBODY
from dfr.link.recorder import Recorder
from dfr.link.vehicle import VehicleState
from dfr.rehearsal.dispatches import FRAMES, PARAMS, SitlSettings
from dfr.rehearsal.fleet import RealFleet
from dfr.rehearsal.shift import choose_shift, fly_shift
from dfr.sim.events import DIVERTED, DOCKED
from dfr.sim.flight import Order
from dfr.sim.inputs import Leg
from dfr.store.runs import run_to_store
from firmware_sitl.start import start_vehicle
from tests.places import HOME

from ..shipped import plan_of, world_of

SPEEDUP = 40.0
SIMULATED = SitlSettings(kind="builtin", speedup=SPEEDUP)


@pytest.fixture(scope="module")
def wanted(tmp_path_factory):
    """Twenty minutes of the Victorious weekend by one vehicle."""
    world, plan = world_of("victorious-2024"), plan_of("victorious-2024")
    folder = tmp_path_factory.mktemp("field") / "run"
    run = run_to_store(world, plan, folder=folder, replications=4, seed=1, replace=True)
    return world, plan, choose_shift(run, plan, seconds=1200.0, vehicles=1)


@pytest.fixture
def silent():
    """A port at which a vehicle might listen; `accept` fails where nobody has called."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        yield server


def url_of(server: socket.socket) -> str:
    return f"tcp:127.0.0.1:{server.getsockname()[1]}"


def test_without_a_persons_yes_nothing_is_sent(wanted, silent, tmp_path):
    world, plan, shift = wanted
    field = RealFleet(world, plan, shift, [url_of(silent)], tmp_path)
    with pytest.raises(VehicleRefusedError, match="not confirmed, nothing was sent"):
        fly_shift(world, plan, shift, engine=SIMULATED, folder=tmp_path, real=field)
    with pytest.raises(TimeoutError):
        silent.accept()


def test_a_yes_to_another_vehicle_is_none(wanted, silent, tmp_path):
    world, plan, shift = wanted
    field = RealFleet(world, plan, shift, [url_of(silent)], tmp_path)
    with pytest.raises(InputError, match="no --vehicle has this URL"):
        field.confirm_drones(["tcp:127.0.0.1:9"], NOBODY)


def test_each_vehicle_has_a_url_of_its_own(wanted, tmp_path):
    world, plan, shift = wanted
    with pytest.raises(InputError, match="one --vehicle URL for each vehicle"):
        RealFleet(world, plan, shift, ["tcp:127.0.0.1:1", "tcp:127.0.0.1:2"], tmp_path)


class Told:
    """A vehicle that notes what it is told."""

    simulated = True

    simulated, heard, port = True, True, SimpleNamespace(stopped_s=0.0)

    def __init__(self):
        self.told = []
        self.state = VehicleState()

    def watching(self, on_state):
        return nullcontext()

    def set_mode(self, mode):
        self.told.append(mode.name)

    def arm(self):
        self.told.append("ARM")

    def command(self, command, *params):
        self.told.append(command)


def test_one_that_is_still_being_prepared_does_not_lift_off_once_the_shift_is_called_off(monkeypatch):
    for step in ("upload_verified", "wait_ready", "refuse_no_go"):
        monkeypatch.setattr(pilot_module, step, lambda *given: None)
    vehicle, called_off = Told(), threading.Event()

    class Fleet:
        def make_ready(self, order):
            assert called_off.wait(10.0)
            return vehicle

    order = Order(0, 0, "d0/1", 0, 0, Leg(1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0), 1.0, 0.0, (0.5,))
    pilot = pilot_module.Pilot(order, None, Fleet(), confirmed=True)
    pilot.order(lambda: pilot.lift_off(lambda state: None))
    pilot.stop()
    called_off.set()
    pilot.wait_settled()
    pilot.close()
    assert vehicle.told == []
    with pytest.raises(LinkError, match="called off"):
        pilot.wait()


class Commanded:
    """What a flight asks of its pilot, who flies in a mode and is done with what was ordered."""

    def __init__(self, vehicle, mode):
        self._vehicle, self.mode = vehicle, mode

    def wait_settled(self):
        pass

    def require_vehicle(self):
        return self._vehicle

    def wait_for(self, holds, **given):
        return self._vehicle.wait(holds, **given)

    def do_through_gaps(self, act):
        act()


@pytest.mark.parametrize(
    ("mode", "return_t_s", "told"),
    [
        (CopterMode.AUTO, None, ["RTL"]),
        (CopterMode.AUTO, 12.0, []),
        (CopterMode.GUIDED, 12.0, ["RTL"]),
        (CopterMode.LAND, None, []),
    ],
)
def test_called_off_a_drone_comes_home_unless_it_is_on_its_missions_way_there(mode, return_t_s, told):
    vehicle = Told()
    vehicle.state = VehicleState(armed=True, mode=mode)
    vehicle.wait = lambda holds, **given: holds(vehicle.state)
    flight = object.__new__(FlownFlight)
    flight._pilot, flight.recorder = Commanded(vehicle, mode), SimpleNamespace(return_t_s=return_t_s)
    flight.call_home()
    assert vehicle.told == told


def landing_of(*states: tuple[float, float, float, bool]) -> str:
    """What becomes of a drone over its dock: (seconds, height, metres a second down, armed) of each state."""
    flight = object.__new__(FlownFlight)
    flight.plan, flight.recorder = SimpleNamespace(home=HOME), Recorder(HOME)
    flight.outcome, flight.landing_error_m, flight._tolerance_m = "", None, 0.5
    flight._task, flight._fell, flight._fell_t_s = None, False, 0.0
    up = [(-60.0, 0.0, 0.0, False), (-50.0, 5.0, -2.0, True), (-40.0, 20.0, -2.0, True)]
    for t_s, height_m, down_mps, armed in (*up, *states):
        state = VehicleState(t_s=t_s, position=HOME, height_m_home=height_m, climb_mps=-down_mps, armed=armed)
        flight.recorder(state)
        if t_s >= 0.0 and flight._at_rest(state):
            break
    return flight.outcome


def test_a_drone_that_lands_and_disarms_has_docked():
    assert landing_of((0.0, 8.0, 0.5, True), (15.0, 0.1, 0.5, True), (17.0, 0.0, 0.0, False)) == DOCKED


@pytest.mark.parametrize(
    "motors_off",
    [(1.0, 14.0, 0.0, False), (1.0, 14.0, 2.0, False), (1.0, 14.0, 9.0, False)],
    ids=["hovering", "sinking", "falling"],
)
def test_a_drone_whose_motors_stop_over_its_dock_has_not_docked_where_it_falls(motors_off):
    fall = [(1.5, 12.0, 6.0, False), (2.5, 0.0, 15.0, False), (2.6, 0.0, 0.0, False), (6.0, 0.0, 0.0, False)]
    assert landing_of((0.0, 14.0, 0.5, True), motors_off, *fall) == DIVERTED


def flown_in_the_field(wanted, tmp_path, monkeypatch, **start):
    """The shift by a built-in vehicle taken for a real one; its clock runs fast, for the test."""
    world, plan, shift = wanted
    monkeypatch.setattr(RealFleet, "speedup", SPEEDUP)
    home = next(
        site.position for site, dock in zip(plan.sites, shift.inputs.docks, strict=True) if dock.drones
    )
    drone = world.scenario.fleet.drone
    with ExitStack() as stack:
        vehicle = stack.enter_context(
            start_vehicle(
                engine="builtin",
                speedup=SPEEDUP,
                defaults=[PARAMS / f"{drone}.parm"],
                frame=FRAMES / f"{drone}.json",
                **({"home": home, "home_m_amsl": world.terrain.ground_m_amsl(home) or 0.0} | start),
            )
        )
        field = RealFleet(world, plan, shift, [vehicle.url], tmp_path)
        return fly_shift(
            world, plan, shift, engine=SIMULATED, folder=tmp_path, real=field, confirmed=[vehicle.url]
        )


@pytest.mark.slow
def test_a_confirmed_vehicle_flies_the_shift_from_its_dock(wanted, tmp_path, monkeypatch):
    result = flown_in_the_field(wanted, tmp_path, monkeypatch)
    assert result.problem == ""
    assert len(result.flights) >= 1
    landings = [flight.landing for flight in result.flights]
    assert "docked" in landings
    assert set(landings) <= {"docked", ""}  # '' still flew when the shift was over, and was brought home


@pytest.mark.slow
def test_a_vehicle_that_is_not_in_its_dock_is_not_flown(wanted, tmp_path, monkeypatch):
    _world, plan, shift = wanted
    home = next(
        site.position for site, dock in zip(plan.sites, shift.inputs.docks, strict=True) if dock.drones
    )
    astray = offset(home, bearing_deg=90.0, distance_m=40.0)
    result = flown_in_the_field(wanted, tmp_path, monkeypatch, home=astray)
    assert "carry it" in result.problem
    assert not result.flights
