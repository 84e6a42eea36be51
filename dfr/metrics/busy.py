"""Docks sited for the busy fraction that a simulation of them gives: location and queueing agreed.

MEXCLP needs to know how busy drones are, and where they stand decides that. `dfr.plan.siting.queueing`
answers by formula (M/M/d at each dock); here the simulation does, with its patience, shifts, weather,
charging and traffic. Both take turns on common random numbers until a busy fraction gives the layout that
gives it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from dfr.errors import InputError
from dfr.metrics.measures import RunView
from dfr.plan.model import Plan
from dfr.plan.objectives import Objective, SitingObjective
from dfr.plan.planner import make_plan
from dfr.sim.build import sim_inputs
from dfr.sim.events import Records
from dfr.sim.experiment import simulate_inputs
from dfr.sim.inputs import Deployment
from dfr.statistics import FloatArray
from dfr.world.model import World

FIRST_BUSY, MOST_BUSY, ROUNDS = 0.3, 0.999, 8

Measure = Callable[[Plan], float]
"""The busy fraction of a plan's drones."""

Place = Callable[[float], Plan]
"""A plan for drones that are busy so much of the time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """A layout, the busy fraction it was sited for and the one it has; `agreed` where that gives it again."""

    plan: Plan
    sited_for: float
    measured: float
    rounds: int
    agreed: bool


def drones_busy(records: Records, deployment: Deployment) -> FloatArray:
    """Share of the time on duty in which a drone of each dock is not ready: out, landing or charging.

    NaN for a dock without drones, or where nobody is on duty.
    """
    view = RunView.of(records, deployment)
    seconds = view.on_duty_s(view.number("readiness", "start_s"), view.number("readiness", "end_s"))
    ready_s = seconds * view.number("readiness", "ready")
    whole_s = np.array([dock.drones for dock in deployment.docks]) * view.duty_s * view.count
    there_s = np.array([ready_s[view.is_("readiness", "dock", dock.id)].sum() for dock in deployment.docks])
    share: FloatArray = np.full(len(whole_s), np.nan)
    np.divide(whole_s - there_s, whole_s, out=share, where=whole_s > 0.0)
    return share


def sited_for_simulated_busy(
    world: World, *, docks: int | None, replications: int, seed: int, jobs: int = 1
) -> Agreement:
    """The layout of MEXCLP that agrees with its own simulation."""

    def place(busy: float) -> Plan:
        return make_plan(world, docks=docks, sited_for=SitingObjective(objective=Objective.MEXCLP, busy=busy))

    def measure(plan: Plan) -> float:
        inputs = sim_inputs(world, plan)
        run = simulate_inputs(inputs, replications=replications, seed=seed, jobs=jobs)
        drones = np.array([dock.drones for dock in inputs.docks])
        return float(np.nan_to_num(drones_busy(run.records, inputs.deployment)) @ drones / drones.sum())

    return agree(place, measure)


def agree(place: Place, measure: Measure, *, first: float = FIRST_BUSY, rounds: int = ROUNDS) -> Agreement:
    """Place and measure in turn until the layout stays as it is.

    Where layouts ask for each other for ever, the last is given as not agreed. Raises InputError for
    no rounds.
    """
    if rounds < 1:
        raise InputError(f"rounds = {rounds}", do="at least 1")
    busy, before = first, None
    plan, measured = place(busy), first
    for number in range(1, rounds + 1):
        sites = tuple((site.id, site.drones) for site in plan.sites)
        if sites == before:
            return Agreement(plan=plan, sited_for=busy, measured=measured, rounds=number, agreed=True)
        measured, before = min(measure(plan), MOST_BUSY), sites
        if number < rounds:
            busy = measured
            plan = place(busy)
    return Agreement(plan=plan, sited_for=busy, measured=measured, rounds=rounds, agreed=False)
