"""What the loss of one part costs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dfr.metrics.kpi import summarise
from dfr.metrics.resilience import losses, n_minus_1
from dfr.sim.experiment import simulate_inputs
from dfr.sim.inputs import DockPlace, Duty, SimInputs


@pytest.fixture
def two_docks(inputs: SimInputs) -> SimInputs:
    """A dock with two drones, and one with one that is as near, two pilots."""
    (condition,) = inputs.conditions
    legs = (condition.legs[0], condition.legs[0])
    return replace(
        inputs,
        rates_per_s=(0.002,) * 48,
        docks=(DockPlace(id="east", drones=2), DockPlace(id="west", drones=1)),
        conditions=(replace(condition, legs=legs, nearest=((0, 1), (0, 1))),),
        duties=(Duty(start_s=0.0, end_s=172800.0, drones=2, remote_pilots=2, safety_pilots=0),),
        traffic=(),
    )


def test_each_part_is_lost_once_and_alone(two_docks: SimInputs) -> None:
    found = {(loss.kind, loss.what): loss.inputs for loss in losses(two_docks)}
    assert set(found) == {
        ("dock_or_its_link", "east"),
        ("dock_or_its_link", "west"),
        ("drone", "east"),
        ("remote_pilot", "every shift"),
    }
    drones = {key: [dock.drones for dock in inputs.docks] for key, inputs in found.items()}
    assert drones["dock_or_its_link", "east"] == [0, 1]
    assert drones["dock_or_its_link", "west"] == [2, 0]
    assert drones["drone", "east"] == [1, 1]
    assert drones["remote_pilot", "every shift"] == [2, 1]
    assert found["remote_pilot", "every shift"].duties[0].drones == 1


def test_a_lost_dock_sends_nothing_and_the_worst_loss_comes_first(two_docks: SimInputs) -> None:
    run = simulate_inputs(two_docks, replications=12, seed=2)
    reports = n_minus_1(two_docks, summarise(run.records, run.inputs.deployment, seed=2))
    costs = [report.changes[0].difference for report in reports]
    assert costs == sorted(costs)
    worst = reports[0].changes[0]
    assert worst.high is not None
    assert worst.high < 0.0
    lost = next(loss.inputs for loss in losses(two_docks) if loss.what == "east")
    without = simulate_inputs(lost, replications=2, seed=2).records
    assert set(without.text("flights", "dock")) == {"west"}
    assert len(without.column("calls", "call")) == len(
        simulate_inputs(two_docks, replications=2, seed=2).records.column("calls", "call")
    )


def test_the_worst_loss_is_that_of_the_primary_figure(two_docks: SimInputs) -> None:
    run = simulate_inputs(two_docks, replications=8, seed=2)
    whole = summarise(run.records, run.inputs.deployment, seed=2)
    reports = n_minus_1(two_docks, whole, primary="call_to_overhead_s")
    costs = [report.changes[0].difference for report in reports]
    assert {report.changes[0].name for report in reports} == {"call_to_overhead_s"}
    assert costs == sorted(costs, reverse=True)
