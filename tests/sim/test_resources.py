"""Who may fly how many drones until when, and when docks and drones are ready."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from dfr.sim.events import Missed
from dfr.sim.inputs import Duty, SimInputs, Turnaround
from dfr.sim.resources import CrewBoard, FleetDrone, begin_turnaround, next_hold_s


def _duty(start_s: float, end_s: float, drones: int) -> Duty:
    return Duty(start_s=start_s, end_s=end_s, drones=drones, remote_pilots=drones, safety_pilots=0)


def test_overlapping_shifts_add_up_and_nobody_is_there_outside_them() -> None:
    board = CrewBoard.of((_duty(0.0, 100.0, 1), _duty(50.0, 150.0, 2)))
    assert [board.on_duty(t) for t in (-1.0, 0.0, 50.0, 100.0, 150.0)] == [0, 1, 3, 2, 0]


def test_a_flight_is_handed_over_where_the_next_shift_has_room() -> None:
    board = CrewBoard.of((_duty(0.0, 100.0, 2), _duty(100.0, 200.0, 1)))
    assert board.home_by_s(10.0, 1) == 200.0
    assert board.home_by_s(10.0, 2) == 100.0


def test_the_crew_says_why_it_cannot_fly_another() -> None:
    board = CrewBoard.of((_duty(0.0, 100.0, 1),))
    assert board.refusal(10.0) == ""
    board.in_use = 1
    assert board.refusal(10.0) == Missed.CREW_BUSY
    assert board.refusal(100.0) == Missed.NO_CREW


def test_a_shift_that_takes_over_sends_nothing_at_first_and_flies_on_what_is_out() -> None:
    later = replace(_duty(100.0, 200.0, 2), took_over_s=100.0)
    board = CrewBoard.of((_duty(0.0, 130.0, 1), later), handover_s=40.0)
    assert [board.may_send(t) for t in (0.0, 100.0, 130.0, 140.0)] == [1, 1, 0, 2]
    board = CrewBoard.of((_duty(0.0, 130.0, 1), later), handover_s=40.0)
    assert [board.on_duty(t) for t in (100.0, 130.0)] == [3, 2]
    assert board.home_by_s(135.0, 2) == 200.0
    assert board.refusal(139.0) == Missed.HANDOVER
    assert board.refusal(140.0) == ""


def test_an_empty_roster_flies_nothing() -> None:
    assert CrewBoard.of(()).refusal(0.0) == Missed.NO_CREW


def test_charging_goes_on_from_ready_to_full() -> None:
    drone = FleetDrone("d/1", 0)
    charging = Turnaround(ready_fraction=0.6, to_ready_s=(100.0,) * 101, to_full_s=(500.0,) * 101)
    assert begin_turnaround(drone, charging, left=0.2, t_s=1000.0) == (1100.0, 1500.0)
    assert drone.fraction(1100.0) == pytest.approx(0.6)
    assert drone.fraction(1300.0) == pytest.approx(0.8)
    assert drone.fraction(2000.0) == 1.0


def test_a_drone_that_lands_fuller_than_needed_keeps_what_it_has() -> None:
    drone = FleetDrone("d/1", 0)
    charging = Turnaround(ready_fraction=0.6, to_ready_s=(60.0,) * 101, to_full_s=(300.0,) * 101)
    begin_turnaround(drone, charging, left=0.85, t_s=0.0)
    assert drone.fraction(60.0) == pytest.approx(0.85)


def test_each_hour_knows_when_the_docks_shut_next(deployment: SimInputs) -> None:
    shut = replace(deployment.conditions[0], hold="rain")
    inputs = replace(
        deployment,
        conditions=(*deployment.conditions, shut),
        condition_of_hour=(0, 0, 1, 0, *(0,) * 6),
    )
    answers = next_hold_s(inputs)
    assert answers[0] == (7200.0, "weather_rain")
    assert answers[2] == (7200.0, "weather_rain")
    assert answers[3] == (math.inf, "")


def test_a_hair_of_charge_makes_no_step_in_the_turnaround() -> None:
    table = Turnaround(
        ready_fraction=0.9,
        to_ready_s=tuple(10.0 * (100 - percent) for percent in range(101)),
        to_full_s=(1500.0,) * 101,
    )
    below, above = (
        begin_turnaround(FleetDrone("d/1", 0), table, left=0.25 + gap, t_s=0.0) for gap in (-1e-12, 1e-12)
    )
    assert below == pytest.approx(above)
    assert begin_turnaround(FleetDrone("d/1", 0), table, left=0.255, t_s=0.0)[0] == pytest.approx(745.0)
