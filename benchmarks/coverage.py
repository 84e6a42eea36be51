"""What the optimiser promises against what the simulation delivers, as a table for the documentation.

python benchmarks/coverage.py [--replications N] [--write docs/validation-coverage.md]
"""

from __future__ import annotations

import argparse
from pathlib import Path

from expected import expected_within

from dfr.io.scenario_files import find_scenario, load_world
from dfr.metrics.kpi import summarise
from dfr.plan.planner import make_plan
from dfr.sim.build import sim_inputs
from dfr.sim.experiment import simulate_inputs

SCENARIOS = ("victorious-2024", "isle-of-wight-2024", "urban-fringe-999", "protest-surge", "winter-storm")
DOCKS = (1, 2, 3)

HEAD = """# Predicted and simulated coverage

The share of all calls with a drone overhead within the siting limit after the decision, including calls in
hours that cannot be flown.

- *Drones free* is what the siting maximises: the nearest dock always has a drone.
- *Busy drones* also counts drones that are out or charging, crews that can fly only some of them, and calls
  that wait (a fixed point of Erlang's formulas for each hour, `benchmarks/expected.py`).
- *Simulated* is the whole model, with its 95 % interval over {n} replications.

A coverage model in which drones are always free promises too much: read *drones free* as an upper bound.
*Busy drones* is too high where other traffic, the end of a shift or the weather would stop a drone before it
is home, and where rates differ from day to day. It is too low where callers give up, and where calls that
waited are still reached in time. It is worst for one drone in a queue that never clears: by the formula
everybody waits, while in the simulation callers give up and leave the drone to the next (protest-surge with
one dock).

Made by `python benchmarks/coverage.py --replications {n} --write docs/validation-coverage.md`.

| scenario | docks | limit, s | free | busy | simulated | 95 % interval | free off by | busy off by |
|---|---|---|---|---|---|---|---|---|
"""


def rows(name: str, replications: int) -> list[str]:
    world = load_world(find_scenario(name))
    launch, limit = world.scenario.crew.launch, world.scenario.targets.siting_limit_s
    lines = []
    for docks in DOCKS:
        inputs = sim_inputs(world, make_plan(world, docks=docks))
        free, busy = (expected_within(inputs, launch, limit, busy=wanted) for wanted in (False, True))
        run = simulate_inputs(inputs, replications=replications, seed=1, jobs=2)
        kpi = summarise(run.records, run.inputs.deployment, seed=1).kpis[f"within_{limit:g}_s"]
        low, high = kpi.interval.low or 0.0, kpi.interval.high or 1.0
        mean = kpi.mean or 0.0
        lines.append(
            f"| {name} | {docks} | {limit:g} | {free:.1%} | {busy:.1%} | {mean:.1%} "
            f"| {low:.1%} to {high:.1%} | {100 * (free - mean):+.1f} | {100 * (busy - mean):+.1f} |"
        )
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--replications", type=int, default=200)
    parser.add_argument("--write", type=Path)
    asked = parser.parse_args()
    table = [line for name in SCENARIOS for line in rows(name, asked.replications)]
    text = HEAD.format(n=asked.replications) + "\n".join(table) + "\n"
    if asked.write:
        asked.write.write_text(text)
    print(text)


if __name__ == "__main__":
    main()
