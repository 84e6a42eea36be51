"""What a verb works on: the plan, from a file or made anew; how much is simulated by how many; --no-cache."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from dfr.errors import InputError
from dfr.io.plan_files import read_plan
from dfr.plan.model import Plan
from dfr.plan.planner import make_plan
from dfr.world.model import World

NoCache = Annotated[
    bool,
    typer.Option("--no-cache", help="Fly the landings anew; neither read nor keep tables of earlier runs."),
]


def plan_of(world: World, path: Path | None, docks: int | None) -> Plan:
    """The plan in a file, which must be of this very scenario, or a new one."""
    if path is None:
        return make_plan(world, docks=docks)
    if docks is not None:
        raise InputError("--plan and --docks exclude each other", do="give one of them")
    return read_plan(path, world.scenario)


def workers(jobs: int) -> int:
    """How many processes `--jobs` means; 0 is one for each processor. Raises InputError below it."""
    if jobs < 0:
        raise InputError(f"--jobs {jobs} cannot work", do="1 or more, or 0 for one on each processor")
    return jobs or len(os.sched_getaffinity(0))
