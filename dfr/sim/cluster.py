"""The same replications on a Dask cluster: other machines, the same bits.

A worker gets the deployment with each task and gives back the records of one replication; what is
kept, is kept here. A worker that dies loses only what it was at: Dask gives it to another. Workers
must run the versions that are run here, or the bits would not be the same, and say so if they do not.
"""

from __future__ import annotations

import functools
import itertools
import pickle
import zlib
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from typing import Any

import dfr
from dfr.errors import ClusterLostError, InputError
from dfr.extras import install_command
from dfr.sim import worker
from dfr.sim.engine import replicate_tables
from dfr.sim.events import Tables, vocabulary
from dfr.sim.inputs import SimInputs

CONNECT_S = 20.0
"""How long to look for a scheduler."""

QUEUED = 4
"""Replications under way for each thread of the cluster."""

LEAST_QUEUED = 64
"""And in any case so many, for workers that come later."""

Versions = tuple[tuple[str, str], ...]


def run_on_cluster(
    address: str, inputs: SimInputs, *, seed: int, numbers: Sequence[int], keep: worker.Keep
) -> Iterator[tuple[int, Any]]:
    """Run replications on the cluster of a scheduler, such as tcp://10.0.0.5:8786.

    Yields each with what `keep` made of its tables, in order of finishing. Raises InputError where
    there is no such scheduler or a worker has other versions, ClusterLostError where the scheduler is lost.
    """
    distributed = _distributed()
    try:
        client = distributed.Client(address, timeout=CONNECT_S)
    except (OSError, ValueError) as error:
        raise InputError(
            f"--cluster {address}: {error}", do="start one with `dask scheduler`, give tcp://HOST:PORT"
        ) from error
    lost = (distributed.CancelledError, distributed.comm.CommClosedError)
    try:
        with client:
            yield from _run(distributed, client, inputs, seed=seed, numbers=numbers, keep=keep)
    except lost as error:
        raise ClusterLostError(
            f"the scheduler at {address} was lost",
            do="start it again: with --out the same command resumes from what is kept",
        ) from error


def _run(
    distributed: Any, client: Any, inputs: SimInputs, *, seed: int, numbers: Sequence[int], keep: worker.Keep
) -> Iterator[tuple[int, Any]]:
    task = zlib.compress(pickle.dumps((inputs, seed)), 1)
    ours, waiting = versions(), iter(numbers)

    def submit(number: int) -> Any:
        return client.submit(replicate_one, task, number, ours, pure=False)

    ahead = max(LEAST_QUEUED, QUEUED * sum(client.nthreads().values()))
    first = [submit(number) for number in itertools.islice(waiting, ahead)]
    under_way = distributed.as_completed(first)
    for future in under_way:
        number, tables = future.result()
        future.release()
        following = next(waiting, None)
        if following is not None:
            under_way.add(submit(following))
        yield number, keep(number, tables)


def versions() -> Versions:
    """What must agree for bits to agree."""
    return (("dfr", dfr.__version__), *((name, version(name)) for name in ("numpy", "simpy")))


def replicate_one(task: bytes, number: int, expected: Versions) -> tuple[int, Tables]:
    """On a worker: one replication of a deployment. Raises InputError where versions differ."""
    if versions() != expected:
        raise InputError(
            f"a worker has {dict(versions())}, this machine has {dict(expected)}", do="install the same"
        )
    inputs, seed = _deployment(task)
    return number, replicate_tables(inputs, seed=seed, replication=number, words=vocabulary(inputs))


@functools.lru_cache(maxsize=2)
def _deployment(task: bytes) -> tuple[SimInputs, int]:
    """The deployment of a task, unpacked once."""
    inputs, seed = pickle.loads(zlib.decompress(task))
    return inputs, seed


def _distributed() -> Any:
    try:
        import distributed
    except ImportError as error:
        raise InputError("--cluster needs Dask", do=install_command("cluster")) from error
    return distributed
