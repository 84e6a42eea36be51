"""Many replications: the same records in one process as in two, in order, and every one told of."""

from __future__ import annotations

import copy

import numpy as np
import pytest

from dfr.errors import InputError
from dfr.sim.engine import replicate
from dfr.sim.events import FIELDS, Records
from dfr.sim.experiment import simulate_inputs
from dfr.sim.inputs import SimInputs


def _same(a: Records, b: Records) -> bool:
    return all(
        np.array_equal(a.column(table, field), b.column(table, field), equal_nan=True)
        for table in FIELDS
        for field in ("replication", *FIELDS[table])
    )


def test_two_processes_make_the_records_of_one(deployment: SimInputs) -> None:
    one = simulate_inputs(deployment, replications=7, seed=4, jobs=1)
    two = simulate_inputs(deployment, replications=7, seed=4, jobs=2)
    assert _same(one.records, two.records)
    assert one.records.replications == tuple(range(7))


def test_a_replication_does_not_depend_on_how_many_there_are(deployment: SimInputs) -> None:
    few = simulate_inputs(deployment, replications=2, seed=4)
    many = simulate_inputs(deployment, replications=5, seed=4)
    assert _same(few.records.of(1), many.records.of(1))


def test_another_seed_makes_other_calls(deployment: SimInputs) -> None:
    times = [
        simulate_inputs(deployment, replications=1, seed=seed).records.column("calls", "call_s")
        for seed in (1, 2)
    ]
    assert not np.array_equal(times[0], times[1])


def test_it_says_how_many_are_done(deployment: SimInputs) -> None:
    heard: list[int] = []
    simulate_inputs(deployment, replications=3, seed=4, on_done=heard.append)
    assert heard == [1, 2, 3]


@pytest.mark.parametrize(("replications", "jobs"), [(0, 1), (-1, 1), (10**9, 1), (1, 0)])
def test_numbers_that_make_no_sense_are_refused(deployment: SimInputs, replications: int, jobs: int) -> None:
    with pytest.raises(InputError, match="->"):
        simulate_inputs(deployment, replications=replications, seed=1, jobs=jobs)


def test_the_digest_tells_deployments_apart_and_survives_a_copy(
    deployment: SimInputs, changed: type[SimInputs]
) -> None:
    assert copy.deepcopy(deployment).digest() == deployment.digest()
    assert changed(deployment, retry_s=1.0).digest() != deployment.digest()


def test_records_come_back_as_they_were_written(deployment: SimInputs) -> None:
    run = simulate_inputs(deployment, replications=2, seed=4)
    log = replicate(deployment, seed=4, replication=1)
    for table in FIELDS:
        assert list(map(repr, run.records.of(1).rows(table))) == list(map(repr, log[table]))
