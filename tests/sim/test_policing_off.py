"""Without policing policies a run is what it was before there were any: its records, rounded, are pinned."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from dfr.sim.build import failure_rate
from dfr.sim.engine import replicate_tables
from dfr.sim.events import vocabulary
from dfr.sim.inputs import Condition, DockPlace, Leg, SimInputs, Traffic, Turnaround, ZoneDemand
from dfr.sim.randomness import Spread

PINNED = "fedce074f18c554088c7b3265a060a01716ca51cb0db0e8c6347bc1d6ec802d2"
"""SHA-256 of three replications' records, times to the microsecond, from before such policies."""

TABLES = ("calls", "flights", "phases", "yields", "landings", "charges", "readiness", "moves", "overwatch")


def records_digest(inputs: SimInputs) -> str:
    words, sha = vocabulary(inputs), hashlib.sha256()
    texts = np.array(words, dtype=object)
    for replication in range(3):
        tables = replicate_tables(inputs, seed=7, replication=replication, words=words)
        for table in TABLES:
            for field, column in tables[table].items():
                told = texts[column].tolist() if column.dtype == np.dtype("<i2") else column.tolist()
                cells = [cell if isinstance(cell, str) else f"{cell + 0.0:.6f}" for cell in told]
                sha.update(f"{table}.{field}:{','.join(cells)};".encode())
    return sha.hexdigest()


def busy_deployment(deployment: SimInputs, condition: Callable[..., Condition], leg: Leg) -> SimInputs:
    """Two docks and two zones with everything on: traffic, failures, overwatch, moves, charging."""
    far = leg._replace(out_s=90.0, back_s=100.0, out_wh=10.0, home_wh=12.0)
    urgent, routine = deployment.grades
    return replace(
        deployment,
        rates_per_s=(6.0 / 3600.0,) * 10,
        rate_cv=0.4,
        zones=(*deployment.zones, ZoneDemand(id="beach", share=0.5, ground_travel_s=300.0)),
        grades=(
            replace(urgent, on_scene=Spread.lognormal(400.0, 900.0), patience=Spread.exponential(900.0)),
            replace(routine, on_scene=Spread.exponential(500.0)),
        ),
        decision=Spread.exponential(20.0),
        ground_mobilisation=Spread.lognormal(60.0, 200.0),
        docks=(DockPlace(id="east", drones=2, spare=1), DockPlace(id="west", drones=1, spare=1)),
        conditions=(condition(((leg, far), (far, leg)), moves=((None, far), (far, None))),),
        traffic=(
            Traffic(
                id="helicopter",
                rule="hold_low",
                rates_per_s=(1.0 / 3600.0,) * 10,
                stay=Spread.exponential(300.0),
                notice_s=60.0,
                blocks=((True, False), (True, True)),
                yield_s=20.0,
            ),
        ),
        turnaround=Turnaround(ready_fraction=0.9, to_ready_s=(400.0,) * 101, to_full_s=(700.0,) * 101),
        reserve_fraction=0.2,
        min_on_scene_s=30.0,
        failures=(failure_rate("dock:4:0.5"), failure_rate("link:6:0.2")),
        overwatch=True,
        handover_s=30.0,
        move_up=True,
        keep_within_s=80.0,
    )


def test_a_run_without_policing_policies_is_what_it_was_before_there_were_any(
    deployment: SimInputs, condition: Callable[..., Condition], leg: Leg
) -> None:
    assert records_digest(busy_deployment(deployment, condition, leg)) == PINNED
