"""What a rehearsal says on a terminal."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dfr.cli.rehearse import shift_lines
from dfr.metrics.shift import FlownShift, ShiftFlight

QUIET = FlownShift(
    start="2024-08-23T06:00",
    seconds=600.0,
    calls=0,
    vehicles=("dock-1",),
    engine="built-in",
    speedup=40.0,
    wall_seconds=3.0,
    flights=(),
    separations=(),
    kpis=(),
    most_at_once=0,
    problem="",
)
FLIGHT = ShiftFlight(
    flight=0, call=0, drone="drone-1", zone="stage", vehicle="tcp:127.0.0.1:5760", phases=(), landing="",
    landing_error_m=None, energy_wh=0.0, predicted_energy_wh=0.0,
)  # fmt: skip


@pytest.mark.parametrize("flights", [(), (FLIGHT,)])
def test_a_shift_in_which_no_flight_ended_is_said_to_prove_nothing(flights: tuple[ShiftFlight, ...]) -> None:
    assert any("NOTHING COMPARED" in line for line in shift_lines(replace(QUIET, flights=flights)))


def test_a_shift_that_ended_early_says_why_and_no_more() -> None:
    lines = list(shift_lines(replace(QUIET, problem="no heartbeat")))
    assert any("no heartbeat" in line for line in lines)
    assert not any("NOTHING COMPARED" in line for line in lines)


def test_a_shift_with_a_flight_into_its_dock_is_counted() -> None:
    lines = list(shift_lines(replace(QUIET, flights=(replace(FLIGHT, landing="docked"),))))
    assert "1 of 1 as predicted" in lines[0]
    assert not any("NOTHING COMPARED" in line for line in lines)
