"""What a deployment should cover by formula, hour by hour: with every drone free, and with busy ones.

The steady state of each hour (`dfr.plan.siting.queueing`): calls go to the nearest dock with a free drone,
a drone is taken from dispatch until it is charged again, and a crew that may fly fewer drones than there are
is a second bottleneck. Calls that find all busy wait, which keeps drones busy, and are not covered.
Against it stands the simulation, in which weather that changes, patience and other traffic have
their say.
"""

from __future__ import annotations

import math

import numpy as np

from dfr.geo import FloatArray
from dfr.plan.layouts import probability_within
from dfr.plan.siting.queueing import dock_loads, erlang_c
from dfr.scenario.model import Duration
from dfr.sim.inputs import Condition, SimInputs
from dfr.sim.resources import CrewBoard, between


def expected_within(inputs: SimInputs, launch: Duration, limit_s: float, *, busy: bool = True) -> float:
    """Expected share of all calls that have a drone overhead within `limit_s` of the decision.

    Calls in hours that may not be flown, or with nobody on duty, are not covered. Without `busy`
    the nearest dock always has a drone, as in the siting problem.
    """
    crew = CrewBoard.of(inputs.duties)
    covered = total = 0.0
    for hour, rate in enumerate(inputs.rates_per_s):
        start_s, end_s = inputs.hour_edges_s[hour], inputs.hour_edges_s[hour + 1]
        condition = inputs.conditions[inputs.condition_of_hour[hour]]
        total += rate * (end_s - start_s)
        pilots = crew.on_duty(0.5 * (start_s + end_s))
        if condition.hold or pilots == 0 or rate == 0.0:
            continue
        share = _hour(inputs, condition, launch, limit_s, rate if busy else 0.0, pilots)
        covered += share * rate * (end_s - start_s)
    return covered / total if total > 0.0 else 0.0


def _hour(
    inputs: SimInputs, condition: Condition, launch: Duration, limit_s: float, rate: float, pilots: int
) -> float:
    """Covered share of the calls of one hour."""
    flight_s = np.array([[_overhead_s(row[z]) for row in condition.legs] for z in range(len(inputs.zones))])
    shares = np.array([zone.share for zone in inputs.zones])
    drones = [dock.drones for dock in inputs.docks]
    service_s = _service_s(inputs, condition)
    loads = dock_loads(flight_s, rate * shares, service_s, drones)
    chance = probability_within(launch, limit_s - flight_s)
    if rate == 0.0:
        return float(shares @ (loads.serves * chance).sum(axis=1) / shares.sum())
    drones_free = _none_waits(loads.serves, rate * shares, service_s, sum(drones))
    crew_free = 1.0
    if pilots < sum(drones):
        in_hand_s = service_s - _turnaround_s(inputs, condition)
        crew_free = 1.0 - erlang_c(pilots, float(rate * shares @ (loads.serves * in_hand_s).sum(axis=1)))
    return min(drones_free, crew_free) * loads.expected(chance, shares)


def _none_waits(serves: FloatArray, rates: FloatArray, service_s: FloatArray, drones: int) -> float:
    """How much rarer a drone is free where calls wait than where those that find all busy are lost.

    Erlang's C for B: waiting calls keep the drones busy.
    """
    served = float(rates @ serves.sum(axis=1) / rates.sum())
    load = float(rates @ (serves * service_s).sum(axis=1)) / served if served > 0.0 else math.inf
    lost = 1.0 - served
    waits = lost / (1.0 - load / drones * served) if load < drones else 1.0
    return (1.0 - min(1.0, waits)) / served if served > 0.0 else 0.0


def _overhead_s(leg: object) -> float:
    return math.inf if leg is None else float(leg.overhead_s)  # type: ignore[attr-defined]


def _service_s(inputs: SimInputs, condition: Condition) -> FloatArray:
    """Mean seconds that a call of a zone takes a drone of a dock: shape (zones, docks)."""
    stay_s = _mean_stay_s(inputs)
    turnaround_s = _turnaround_s(inputs, condition)
    return (
        np.array(
            [
                [
                    0.0
                    if (leg := row[z]) is None
                    else inputs.launch.mean_s
                    + leg.overhead_s
                    + min(stay_s, _endurance_s(inputs, condition, leg.out_wh + leg.home_wh, leg.hover_w))
                    + leg.home_s
                    for row in condition.legs
                ]
                for z in range(len(inputs.zones))
            ]
        )
        + turnaround_s
    )


def _turnaround_s(inputs: SimInputs, condition: Condition) -> FloatArray:
    """Mean seconds from touchdown to being offered again, by the mean charge left: shape (zones, docks)."""
    stay_s = _mean_stay_s(inputs)
    table = np.zeros((len(inputs.zones), len(inputs.docks)))
    for d, row in enumerate(condition.legs):
        for z, leg in enumerate(row):
            if leg is None:
                continue
            on_scene_s = min(stay_s, _endurance_s(inputs, condition, leg.out_wh + leg.home_wh, leg.hover_w))
            used_wh = leg.out_wh + leg.home_wh + leg.hover_w * on_scene_s / 3600.0
            left = 1.0 - used_wh / condition.battery_wh
            table[z, d] = between(inputs.turnaround.to_ready_s, left)
    return table


def _endurance_s(inputs: SimInputs, condition: Condition, way_wh: float, hover_w: float) -> float:
    """Seconds on scene that a full battery allows."""
    if hover_w <= 0.0:
        return math.inf
    return max(0.0, (condition.battery_wh * (1.0 - inputs.reserve_fraction) - way_wh) * 3600.0 / hover_w)


def _mean_stay_s(inputs: SimInputs) -> float:
    total = sum(grade.share for grade in inputs.grades)
    return sum(grade.share * grade.on_scene.mean_s for grade in inputs.grades) / total
