"""How the time of a plan and of a simulation grows with its zones, sites, hours, docks and calls.

`python benchmarks/growth.py [--turns N]`: a force area (`benchmarks/force.py`) of three sizes in each
dimension, a half, once and twice, all in this process; the least processor time of some turns each. The
exponent is the slope of the logarithm of the time over that of the size: 1 for linear growth. As one JSON
document on stdout.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Mapping
from time import process_time

import numpy as np
from force import force_area, load_area

from dfr.plan.planner import make_plan
from dfr.sim.build import sim_inputs
from dfr.sim.engine import replicate_tables
from dfr.sim.events import vocabulary

SCALES = (0.5, 1.0, 2.0)
PLANNED = {"zones": 40, "sites": 40, "hours": 168, "docks": 6}
SIMULATED = {"calls": 1200, "docks": 8}

Timed = Callable[[Mapping[str, int]], float]


def seconds_to_plan(sizes: Mapping[str, int]) -> float:
    """Processor time of a plan."""
    world = load_area(
        force_area(sizes["zones"], sizes["sites"], sizes["hours"], seed=1, docks=sizes["docks"])
    )
    started = process_time()
    make_plan(world)
    return process_time() - started


def seconds_to_simulate(sizes: Mapping[str, int]) -> float:
    """Processor time of one replication of ten days, with all records, once it is set up."""
    world = load_area(force_area(30, 30, 240, seed=1, docks=sizes["docks"], calls=sizes["calls"]))
    inputs = sim_inputs(world, make_plan(world))
    started = process_time()
    replicate_tables(inputs, seed=1, replication=0, words=vocabulary(inputs))
    return process_time() - started


def growth(sizes: Mapping[str, int], seconds: Timed, turns: int) -> dict[str, object]:
    """The exponent of each dimension, and the seconds it is of."""
    seconds(sizes)  # whatever is worked out once in a process
    found: dict[str, object] = {}
    for name, whole in sizes.items():
        counts = [round(scale * whole) for scale in SCALES]
        took = [min(seconds({**sizes, name: count}) for _ in range(turns)) for count in counts]
        slope = float(np.polyfit(np.log(counts), np.log(took), 1)[0])
        found[name] = {"exponent": slope, "sizes": counts, "seconds": took}
        print(f"{name}: {slope:.2f}", file=sys.stderr, flush=True)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--turns", type=int, default=2)
    chosen = parser.parse_args()
    report = {
        "plan": {"sizes": PLANNED, **growth(PLANNED, seconds_to_plan, chosen.turns)},
        "simulation": {"sizes": SIMULATED, **growth(SIMULATED, seconds_to_simulate, chosen.turns)},
        "load": os.getloadavg()[0],
    }
    json.dump(report, sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main()
