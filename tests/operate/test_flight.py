"""A flight of a live shift by a built-in vehicle in its dock."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime

import pytest

from dfr.ardupilot.modes import CopterMode
from dfr.errors import DfrError, TransferError
from dfr.geo import distance_m
from dfr.io.incidents.report import IncidentReport, IncidentStatus, Place
from dfr.link.flown import BEGINS_WITHIN_S
from dfr.operate.clock import FleetTime, LiveClock
from dfr.operate.fleet import LiveFleet
from dfr.operate.flight import Adoption, LiveFlight, Stage
from dfr.operate.incidents import IncidentBook
from dfr.operate.replay import AGENCY
from dfr.operate.setup import shift_to_operate
from dfr.operate.simulated import start_fleet
from dfr.sim.events import DIVERTED, DOCKED
from dfr.sim.flight import Order
from dfr.track import Phase
from dfr.world.demand import zone_centres
from tests.shipped import plan_of, world_of

SCENARIO = "victorious-2024"
START = datetime(2024, 8, 23, 11, 0, tzinfo=UTC)


@pytest.fixture
def rig(tmp_path):
    """A fleet of one built-in vehicle, its shift and its clock."""
    with fleet_of("builtin", tmp_path, speedup=20.0) as made:
        yield made


@contextmanager
def fleet_of(engine, folder, *, speedup):
    """A fleet of one vehicle of an engine, its shift and its clock."""
    world, plan = world_of(SCENARIO), plan_of(SCENARIO)
    with ExitStack() as stack:
        started = start_fleet(world, plan, 1, engine=engine, speedup=speedup, stack=stack)
        urls = [vehicle.url for vehicle in started]
        fleet = stack.enter_context(LiveFleet(world, plan, urls, folder, simulated=True, speedup=speedup))
        shift = shift_to_operate(world, plan, vehicles=1, start=START)
        fleet.serve(shift)
        fleet.wait_reached(300.0)
        yield world, shift, fleet, LiveClock(FleetTime(fleet.vehicles))


@pytest.mark.slow
def test_a_phase_that_the_vehicle_does_not_begin_is_said_to_be_late(rig):
    world, shift, fleet, clock = rig
    flight = flight_of(world, shift, fleet, clock)
    clock.run(until=flight.prepare())
    flight._pilot.take_on(flight._follow_state)
    flight.go_home()
    clock.run(until=clock.timeout(1.5 * BEGINS_WITHIN_S))
    flight._pilot.close()
    assert "back has not begun" in flight.overdue
    assert flight.failure is None


@pytest.mark.slow
def test_a_drone_that_is_held_hovers_and_flies_on_out_and_home(rig):
    world, shift, fleet, clock = rig
    flight = flight_of(world, shift, fleet, clock)
    clock.run(until=flight.prepare())
    clock.run(until=flight.launch())
    flight.arrive()
    clock.run(until=clock.timeout(5.0))
    assert hover(flight, clock) < 1.0
    clock.run(until=flight.arrive())
    flight.hold(20.0)
    clock.run(until=clock.timeout(20.0))
    flight.go_home()
    clock.run(until=clock.timeout(12.0))
    assert hover(flight, clock) < 1.0
    assert flight._way_home() == flight._resume_mission, "not back to where the return begins"
    clock.run(until=flight.go_home())
    clock.run(until=flight.land())
    assert (flight.landed(), flight.failure) == ((DOCKED,), None)
    assert flight.seconds[Phase.BACK] < 30.0 + 2.0 * flight.order.leg.back_s, (
        "the wait on its way counts once"
    )


def hover(flight, clock):
    """How far it moved in 10 s, once it was stopped for 20 s."""
    flight.break_off()
    flight._pilot.wait_settled()
    flight.stay_here()
    clock.run(until=clock.timeout(20.0))
    before = flight.vehicle.state
    assert (before.mode, flight.may_stop) == (CopterMode.GUIDED, True)
    clock.run(until=clock.timeout(10.0))
    return distance_m(before.position, flight.vehicle.state.position)


@pytest.mark.slow
def test_a_drone_whose_process_was_killed_before_it_was_told_to_go_home_is_told_then(rig):
    """By the log it was on its way home, but it still stays on scene, in its mission."""
    world, shift, fleet, clock = rig
    before = flight_of(world, shift, fleet, clock)
    clock.run(until=before.prepare())
    clock.run(until=before.launch())
    clock.run(until=before.arrive())
    before._close_phase()
    before._pilot.close()
    flight = flight_of(world, shift, fleet, clock, adoption=Adoption(stage=Stage.BACK))
    clock.run(until=flight.prepare())
    assert flight.launch() is flight.arrive() is None
    clock.run(until=flight.go_home())
    clock.run(until=flight.land())
    assert (flight.landed(), flight.failure) == ((DOCKED,), None)


@pytest.mark.slow
def test_a_drone_whose_new_mission_did_not_arrive_comes_straight_home(rig, monkeypatch):
    """What is on board may be half of either mission: neither is flown."""

    def lose(vehicle, plan):
        raise TransferError("the new mission did not arrive")

    monkeypatch.setattr("dfr.link.pilot.replace_mission", lose)
    world, shift, fleet, clock = rig
    flight = flight_of(world, shift, fleet, clock)
    clock.run(until=flight.prepare())
    clock.run(until=flight.launch())
    flight.arrive()
    clock.run(until=clock.timeout(5.0))
    flight.break_off()
    clock.run(until=flight.fly_on(flight.order._replace(flight=1)))
    assert "did not arrive" in flight.refused_onward
    assert flight.failure is None
    clock.run(until=flight.go_home())
    assert flight.vehicle.state.mode == CopterMode.RTL
    clock.run(until=flight.land())
    assert flight.landed() == ("docked",)
    assert flight.failure is None


@pytest.mark.slow
def test_a_drone_is_held_and_sent_on_to_another_call_and_comes_home_on_each_engine(engine, tmp_path):
    """The new mission is uploaded, proven and flown in the air; fence and rally points stay."""
    with fleet_of(engine, tmp_path, speedup=5.0) as (world, shift, fleet, clock):
        flight = flight_of(world, shift, fleet, clock)
        clock.run(until=flight.prepare())
        clock.run(until=flight.launch())
        flight.arrive()
        clock.run(until=clock.timeout(5.0))
        assert hover(flight, clock) < 2.0
        order = other_order(world, shift, fleet, flight.order)
        clock.run(until=flight.fly_on(order))
        assert (flight.refused_onward, flight.failure) == ("", None)
        clock.run(until=flight.arrive())
        holds = fleet.holds_at(order.dock, order.zone)
        assert distance_m(flight.vehicle.state.position, holds) < 20.0
        flight.hold(10.0)
        clock.run(until=clock.timeout(10.0))
        clock.run(until=flight.go_home())
        clock.run(until=flight.land())
        assert (flight.landed()[0] in {DOCKED, DIVERTED}, flight.failure) == (True, None)
        assert flight.landing_error_m < 5.0


def other_order(world, shift, fleet, order) -> Order:
    """The order to another zone, as the next call's."""
    legs = shift.inputs.conditions[shift.inputs.condition_of_hour[0]].legs[0]
    zone, leg = next((zone, leg) for zone, leg in enumerate(legs) if leg is not None and zone != order.zone)
    place = zone_centres(world.scenario)[shift.inputs.zones[zone].id]
    fleet.look_at[1] = place
    shift.calls.append(shift.calls[0]._replace(id=1, zone=zone))
    return order._replace(flight=1, call=1, zone=zone, leg=leg)


def flight_of(world, shift, fleet, clock, *, adoption=None) -> LiveFlight:
    """A flight to the first zone that the drone reaches."""
    condition = shift.inputs.conditions[shift.inputs.condition_of_hour[0]]
    zone, leg = next((zone, leg) for zone, leg in enumerate(condition.legs[0]) if leg is not None)
    place = zone_centres(world.scenario)[shift.inputs.zones[zone].id]
    book = IncidentBook(world, shift.inputs)
    report = IncidentReport(
        agency=AGENCY, id="1", time=START, status=IncidentStatus.OPEN, place=Place(position=place)
    )
    call = book.sim_call(book.add(report, 0.0, key=report.key))
    shift.calls.append(call)
    fleet.look_at[0] = place
    drone = next(iter(fleet.berths))
    energy_wh = condition.battery_wh
    return LiveFlight(
        Order(0, 0, drone, 0, zone, leg, energy_wh, 0.2 * energy_wh, call.landing),
        fleet,
        clock,
        dock_tolerance_m=1.0,
        tell=print,
        note=lambda kind, content: None,
        failed=fail,
        read_failsafe=fleet.read_failsafe,
        adoption=adoption,
    )


def fail(flight: LiveFlight) -> None:
    """It was to stay ours."""
    raise DfrError(str(flight.failure))
