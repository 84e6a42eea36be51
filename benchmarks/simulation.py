"""How quick the simulation is, as ratios measured in this very run.

    python benchmarks/simulation.py [--replications N] [--jobs J]

1. Replications of the Victorious weekend, records and figures kept (aim: 1,000 in 30 s on 2 cores).
2. Calls a second of the real model with everything but the queue switched off, against a bare SimPy
   queue with eight timeouts for each customer (aim: at least 30 %). The model writes its records.
3. The same M/M/4 against ciw, where it is installed (aim: as quick).

The queues run in alternation, 30,000 h a turn. A ratio is given twice: the median over turns, each against
the turn beside it, and the best turn of each. Short turns tell little: the garbage collector makes those of
ciw swing.
"""

from __future__ import annotations

import argparse
import importlib.util
import math
import os
import tempfile
import time
from collections.abc import Callable, Generator, Sequence
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
from dfr.statistics import FloatArray
from dfr.store.runs import run_to_store

AIM_S, AIM_OF, AIM_SHARE = 30.0, 1000, 0.30
SERVERS, CALLS_PER_H, SERVICES_PER_H, HOURS = 4, 6.0, 2.0, 30_000.0
TURNS = 5
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


def rates_by_turn(works: Sequence[Callable[[], int]], turns: int = TURNS) -> FloatArray:
    """What each work gets done in a processor second, of shape (turns, works); they run in alternation."""
    rates = np.empty((turns, len(works)))
    for turn in range(turns):
        for place, work in enumerate(works):
            start = time.process_time()
            done = work()
            rates[turn, place] = done / (time.process_time() - start)
    return rates


def ratio_words(ours: FloatArray, theirs: FloatArray) -> str:
    """How quick ours is: the median of the ratios of turns, and the ratio of the best turns."""
    by_turn, best = np.median(ours / theirs), ours.max() / theirs.max()
    return f"ours is {by_turn:.2f} times as quick by the median turn, {best:.2f} by the best of each"


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
    works = {"ours": lambda: model_queue(inputs), "bare SimPy": bare_simpy}
    if with_ciw := importlib.util.find_spec("ciw") is not None:
        works["ciw"] = ciw_queue
    rates = rates_by_turn(list(works.values()))
    print(f"M/M/4: {np.median(rates[:, 0]):,.0f} calls/s by the median of {TURNS} turns")
    aims = {"bare SimPy": AIM_SHARE, "ciw": 1.0}
    for place, (name, aim) in enumerate(aims.items(), start=1):
        if name in works:
            theirs = rates[:, place]
            print(f"{name}: {np.median(theirs):,.0f}/s: {ratio_words(rates[:, 0], theirs)} (aim {aim:.2f})")
    if not with_ciw:
        print("ciw is not installed: not compared")


if __name__ == "__main__":
    main()
