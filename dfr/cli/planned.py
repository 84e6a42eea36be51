"""The plan a verb works on: from a file, or made anew."""

from __future__ import annotations

from pathlib import Path

from dfr.errors import InputError
from dfr.io.plan_files import read_plan
from dfr.plan.model import Plan
from dfr.plan.planner import make_plan
from dfr.world.model import World


def plan_of(world: World, path: Path | None, docks: int | None) -> Plan:
    """The plan in a file, which must be of this very scenario, or a new one."""
    if path is None:
        return make_plan(world, docks=docks)
    if docks is not None:
        raise InputError("--plan and --docks exclude each other -> give one of them")
    return read_plan(path, world.scenario)
