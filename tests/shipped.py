"""Shipped scenarios and their plans, made once for all tests of a process: they do not change."""

from __future__ import annotations

from functools import cache

import pytest

from dfr.io.scenario_files import find_scenario, load_world, shipped_scenarios
from dfr.plan.model import Plan
from dfr.plan.planner import make_plan
from dfr.sim.build import sim_inputs
from dfr.sim.inputs import SimInputs
from dfr.world.model import World

FEW = {"victorious-2024", "winter-storm"}
"""The festival of the examples, and a gale; tests of every scenario take the others only as slow."""

EVERY = [
    pytest.param(name, marks=() if name in FEW else pytest.mark.slow) for name in sorted(shipped_scenarios())
]


@cache
def world_of(name: str) -> World:
    """The world of a shipped scenario."""
    return load_world(find_scenario(name))


@cache
def plan_of(name: str) -> Plan:
    """Its own plan."""
    return make_plan(world_of(name))


@cache
def inputs_of(name: str) -> SimInputs:
    """What a simulation of that plan takes."""
    return sim_inputs(world_of(name), plan_of(name))
