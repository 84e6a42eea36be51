"""How quick the simulation is, as ratios measured in this very run.

    python benchmarks/simulation.py [--replications N] [--jobs J]

1. Replications of the Victorious weekend, records and figures kept (aim: 1,000 in 30 s on 2 cores).
2. Calls a second of the real model with everything but the queue switched off, against a bare SimPy
   queue with eight timeouts for each customer (aim: at least 30 %). The model writes its records.
3. The same M/M/4 against ciw, where it is installed.
"""

from __future__ import annotations

import argparse
import importlib.util
import math
import os
import tempfile
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import numpy as np
import simpy

from dfr.io.scenario_files import find_scenario, load_world
from dfr.plan.planner import make_plan
from dfr.sim.engine import replicate_tables
from dfr.sim.events import vocabulary
from dfr.sim.inputs import Condition, DockPlace, Duty, Grade, Landing, Leg, SimInputs, ZoneDemand
from dfr.sim.randomness import Spread
from dfr.store.runs import run_to_store

AIM_S, AIM_OF, AIM_SHARE = 30.0, 1000, 0.30
SERVERS, CALLS_PER_H, SERVICES_PER_H, HOURS = 4, 6.0, 2.0, 3000.0
TIMEOUTS = 8


def plain_queue() -> SimInputs:
    """M/M/4 in the terms of the real model."""
    leg = Leg(climb_s=0.0, out_s=0.0, back_s=0.0, land_s=0.0, out_wh=0.0, home_wh=0.0, hover_w=0.0)
    never = Spread.constant(math.inf)
    grade = Grade(
        id="call",
        rank=0,
        share=1.0,
        target_s=600.0,
        patience=never,
        on_scene=Spread.exponential(3600.0 / SERVICES_PER_H),
    )
    return SimInputs(
        scenario="M/M/4",
        hour_edges_s=(0.0, HOURS * 3600.0),
        rates_per_s=(CALLS_PER_H / 3600.0,),
        rate_cv=0.0,
        zones=(ZoneDemand(id="zone", share=1.0, ground_travel_s=0.0),),
        grades=(grade,),
        decision=Spread.constant(0.0),
        launch=Spread.constant(0.0),
        video=Spread.constant(0.0),
        ground_mobilisation=never,
        docks=(DockPlace(id="dock", drones=SERVERS),),
        conditions=(
            Condition(hold="", legs=((leg,),), nearest=((0,),), landing=Landing(), battery_wh=math.inf),
        ),
        condition_of_hour=(0,),
        duties=(Duty(start_s=0.0, end_s=math.inf, drones=99, remote_pilots=99, safety_pilots=0),),
    )


def model_queue(inputs: SimInputs) -> int:
    """Calls of the real model, with every record of them made as columns."""
    tables = replicate_tables(inputs, seed=1, replication=0, words=vocabulary(inputs))
    return len(tables["calls"]["call"])


def bare_simpy() -> int:
    """Customers of the same queue in SimPy alone, each with eight timeouts."""
    env, rng, served = simpy.Environment(), np.random.default_rng(1), [0]
    desk = simpy.Resource(env, SERVERS)

    def customer() -> Generator[Any, Any, None]:
        with desk.request() as request:
            yield request
            yield env.timeout(rng.exponential(3600.0 / SERVICES_PER_H))
            for _ in range(TIMEOUTS - 1):
                yield env.timeout(0.0)
        served[0] += 1

    def arrivals() -> Generator[Any, Any, None]:
        while True:
            yield env.timeout(rng.exponential(3600.0 / CALLS_PER_H))
            env.process(customer())

    env.process(arrivals())
    env.run(until=HOURS * 3600.0)
    return served[0]


def ciw_queue() -> int:
    """Customers of the same queue in ciw."""
    import ciw

    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Exponential(CALLS_PER_H)],
        service_distributions=[ciw.dists.Exponential(SERVICES_PER_H)],
        number_of_servers=[SERVERS],
    )
    ciw.seed(1)
    queue = ciw.Simulation(network)
    queue.simulate_until_max_time(HOURS)
    return len(queue.get_all_records())


def per_second(*works: Callable[[], int], repeats: int = 7) -> list[float]:
    """The best of a few rates of each, a processor second, turn by turn: what the machine can do alone."""
    best = [0.0] * len(works)
    for _ in range(repeats):
        for place, work in enumerate(works):
            start = time.process_time()
            done = work()
            best[place] = max(best[place], done / (time.process_time() - start))
    return best


def victorious_s(replications: int, jobs: int) -> tuple[float, float]:
    """Seconds on the wall, and of processors, that so many replications take."""
    world = load_world(find_scenario("victorious-2024"))
    plan = make_plan(world)
    with tempfile.TemporaryDirectory() as folder:
        start, used = time.perf_counter(), _processor_s()
        run_to_store(world, plan, folder=Path(folder) / "run", replications=replications, seed=1, jobs=jobs)
        return time.perf_counter() - start, _processor_s() - used


def _processor_s() -> float:
    """Processor seconds of this process and of those it has ended."""
    return sum(os.times()[:4])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--replications", type=int, default=AIM_OF)
    parser.add_argument("--jobs", type=int, default=2)
    asked = parser.parse_args()
    seconds, processor_s = victorious_s(asked.replications, asked.jobs)
    aim = AIM_S * asked.replications / AIM_OF
    asked_for = f"{asked.replications} replications, {asked.jobs} jobs"
    print(
        f"Victorious weekend: {asked_for}: {seconds:.1f} s (aim {aim:.1f} s), "
        f"{processor_s:.1f} s of processors"
    )
    inputs = plain_queue()
    works = [lambda: model_queue(inputs), bare_simpy]
    if with_ciw := importlib.util.find_spec("ciw") is not None:
        works.append(ciw_queue)
    model, bare, *others = per_second(*works)
    print(f"M/M/4: {model:,.0f} calls/s, bare SimPy {bare:,.0f}: {model / bare:.0%} (aim {AIM_SHARE:.0%})")
    if not with_ciw:
        print("ciw is not installed: not compared")
        return
    other = others[0]
    print(f"M/M/4: ciw {other:,.0f} customers/s: ours is {model / other:.2f} times as quick")


if __name__ == "__main__":
    main()
