"""What a live shift is run with, made of a scenario and its plan (`shift_to_operate`)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from dfr.errors import InputError
from dfr.plan.model import Plan
from dfr.rehearsal.fleet import ShiftToFly, place_drones
from dfr.scenario.model import Assumption
from dfr.sim.build import sim_inputs, with_overwatch
from dfr.sim.inputs import HEIGHT_SPLIT, RETURN, SimInputs, Traffic
from dfr.sim.window import window
from dfr.world.model import World

INBOUND = "inbound"
"""The traffic of a plan that names none, announced by a press: every drone is recalled."""

INBOUND_RULE = Assumption(
    path="operate.inbound",
    value=RETURN,
    assumed=True,
    source="the scenario names no other traffic with a rule: every drone comes home",
)


def shift_to_operate(world: World, plan: Plan, *, vehicles: int, start: datetime) -> ShiftToFly:
    """The deployment from a moment on, with so many drones in its docks; no call is drawn.

    Raises InputError for a moment outside the scenario's period.
    """
    period = world.scenario.period
    start_s = period.t_s(start)
    if not 0.0 <= start_s < period.seconds:
        raise InputError(
            f"{start.isoformat()} is outside the scenario's period ({period.start.isoformat()} to "
            f"{period.end.isoformat()})",
            do="set the scenario's period to the shift, or begin another moment with --start",
        )
    inputs = replace(sim_inputs(world, plan), docks=place_drones(plan, vehicles), move_up=False)
    ahead = window(inputs, start_s=start_s, seconds=period.seconds - start_s)
    served = replace(with_overwatch(ahead, True), traffic=traffic_for_all(ahead), trace=None, failures=())
    return ShiftToFly(inputs=served, visits=[], calls=[], start_s=start_s, seed=0, replication=0)


def traffic_for_all(inputs: SimInputs) -> tuple[Traffic, ...]:
    """The other traffic that a press announces: by its rule in the plan, on every route."""
    docks, zones = range(len(inputs.docks)), range(len(inputs.zones))
    everywhere = tuple(tuple(True for _ in zones) for _ in docks)
    named = tuple(replace(item, blocks=everywhere) for item in inputs.traffic if item.rule != HEIGHT_SPLIT)
    if named:
        return named
    hours = len(inputs.condition_of_hour)
    return (
        Traffic(
            id=INBOUND,
            rule=RETURN,
            rates_per_s=(0.0,) * hours,
            stay=inputs.video,
            notice_s=0.0,
            blocks=everywhere,
        ),
    )
