"""An experiment: many replications of one deployment, in one process or several, always the same result.

A replication depends on its number and the seed alone, and results are put in order of number, so
it does not matter which process runs which.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from dfr.errors import InputError
from dfr.plan.model import Plan
from dfr.sim import worker
from dfr.sim.build import sim_inputs
from dfr.sim.cluster import run_on_cluster
from dfr.sim.engine import replicate_tables
from dfr.sim.events import Records, Tables, vocabulary
from dfr.sim.inputs import SimInputs
from dfr.world.model import World

MAX_REPLICATIONS = 1_000_000
"""More than this is a typing error (assumed)."""

AHEAD = 4
"""Replications queued for each process beyond the one it runs."""

OnDone = Callable[[int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """The records of an experiment and what made them."""

    inputs: SimInputs
    seed: int
    records: Records


def simulate(
    world: World,
    plan: Plan,
    *,
    replications: int,
    seed: int,
    jobs: int = 1,
    on_done: OnDone | None = None,
) -> Run:
    """Simulate a plan in its world. `on_done` hears how many replications are finished.

    Raises InputError for a number of replications or jobs that makes no sense.
    """
    return simulate_inputs(
        sim_inputs(world, plan), replications=replications, seed=seed, jobs=jobs, on_done=on_done
    )


def simulate_inputs(
    inputs: SimInputs,
    *,
    replications: int,
    seed: int,
    jobs: int = 1,
    on_done: OnDone | None = None,
    cluster: str | None = None,
) -> Run:
    """Simulate a deployment that is already plain values."""
    numbers = range(checked_replications(replications))
    done: dict[int, Tables] = {}
    for number, tables in run(
        inputs, seed=seed, numbers=numbers, jobs=jobs, keep=keep_tables, cluster=cluster
    ):
        done[number] = tables
        if on_done is not None:
            on_done(len(done))
    words = vocabulary(inputs)
    records = Records.joined(words, numbers, [done[number] for number in numbers])
    return Run(inputs=inputs, seed=seed, records=records)


def run(
    inputs: SimInputs,
    *,
    seed: int,
    numbers: Sequence[int],
    jobs: int,
    keep: worker.Keep,
    cluster: str | None = None,
) -> Iterator[tuple[int, Any]]:
    """Run replications by number; yields each with what `keep` made of its tables, as it is finished.

    With `jobs` over 1 both run in processes of their own, and the order is that of finishing. With
    the address of a `cluster` they run there, and are kept here.
    """
    if jobs < 1:
        raise InputError(f"{jobs} jobs cannot work", do="give 1 or more")
    if cluster is not None:
        yield from run_on_cluster(cluster, inputs, seed=seed, numbers=numbers, keep=keep)
        return
    if jobs == 1 or len(numbers) < 2:
        words = vocabulary(inputs)
        for number in numbers:
            yield number, keep(number, replicate_tables(inputs, seed=seed, replication=number, words=words))
        return
    yield from _in_processes(inputs, seed, numbers, min(jobs, len(numbers)), keep)


def keep_tables(replication: int, tables: Tables) -> Tables:
    """Hand the tables back as they are."""
    del replication
    return tables


def checked_replications(replications: int) -> int:
    """The number of replications. Raises InputError where it is none, or absurd."""
    if not 1 <= replications <= MAX_REPLICATIONS:
        raise InputError(f"{replications} replications cannot be run", do=f"1 to {MAX_REPLICATIONS}")
    return replications


def _in_processes(
    inputs: SimInputs, seed: int, numbers: Sequence[int], jobs: int, keep: worker.Keep
) -> Iterator[tuple[int, Any]]:
    """Spawned processes, a few replications queued ahead for each."""
    pool = ProcessPoolExecutor(
        jobs,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=worker.start,
        initargs=(inputs, seed, keep),
    )
    waiting, under_way = iter(numbers), set[Future[tuple[int, Any]]]()
    try:
        with suppress(StopIteration):
            while len(under_way) < jobs * (1 + AHEAD):
                under_way.add(pool.submit(worker.run_one, next(waiting)))
        while under_way:
            finished, under_way = wait(under_way, return_when=FIRST_COMPLETED)
            for future in finished:
                number = next(waiting, None)
                if number is not None:
                    under_way.add(pool.submit(worker.run_one, number))
                yield future.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
