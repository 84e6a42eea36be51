"""Simulate a plan over many replications: `dfr simulate`, with the records as Arrow tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dfr.errors import InputError
from dfr.metrics.kpi import Summary, summarise
from dfr.plan.model import Plan
from dfr.plan.planner import make_plan
from dfr.scenario.model import Study
from dfr.sim.build import sim_inputs, with_move_up, with_overwatch, with_policies
from dfr.sim.dispatch import Policy
from dfr.sim.engine import FlightsOf, replicate
from dfr.sim.event_log import to_tables
from dfr.sim.events import FIELDS, Records, vocabulary
from dfr.sim.experiment import OnDone, checked_replications, simulate_inputs
from dfr.sim.inputs import SimInputs, TraceCall
from dfr.store.runs import arrow_table, run_to_store
from dfr.world.model import World

if TYPE_CHECKING:
    import pyarrow


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulationRun:
    """A finished simulation: its key figures and the records that they are made from.

    `manifest` describes a run that is kept in a folder; None if it is not kept.
    """

    inputs: SimInputs
    seed: int
    summary: Summary
    records: Records
    manifest: Mapping[str, Any] | None = None

    @property
    def tables(self) -> dict[str, pyarrow.Table]:
        """Every table of records by name."""
        return {name: self.table(name) for name in FIELDS}

    def table(self, name: str) -> pyarrow.Table:
        """One table of records (`calls`, `flights`, ...): `.to_pandas()`, or `polars.from_arrow(...)`.

        Raises InputError for an unknown table.
        """
        if name not in FIELDS:
            raise InputError(f"there is no table {name!r}", do=f"one of {', '.join(FIELDS)}")
        return arrow_table(self.records, name)


def simulate(
    world: World,
    plan: Plan | None = None,
    *,
    replications: int | None = None,
    seed: int | None = None,
    jobs: int = 1,
    cluster: str | None = None,
    dispatch: str | Policy | None = None,
    failures: Sequence[str] = (),
    overwatch: bool | None = None,
    move_up: bool | None = None,
    without: Sequence[str] = (),
    calls: Sequence[TraceCall] | None = None,
    flights: FlightsOf | None = None,
    folder: Path | None = None,
    on_done: OnDone | None = None,
) -> SimulationRun:
    """Replications of a plan's deployment; the same seed gives the same figures, whatever `jobs` is.

    Without a plan one is made; `replications` and `seed` are the scenario's unless given. `dispatch`,
    `failures`, `overwatch` and `move_up` replace what the scenario says; `dispatch` is the name of a policy,
    or a function of your own that chooses the drone. `without` names policing policies of the scenario that
    are off. `calls` are simulated instead of random ones: those of a
    log, or of a demand model of your own. `flights` makes the flights instead of the flight model, in this
    process only. With `folder`, replications are kept there as they finish, and the same call resumes after
    an interruption.
    Raises InputError for a number, policy or folder that cannot be used.
    """
    study = study_of(world, replications=replications, seed=seed)
    plan = make_plan(world) if plan is None else plan
    inputs = simulation_inputs(
        world,
        plan,
        dispatch=dispatch,
        failures=failures,
        overwatch=overwatch,
        move_up=move_up,
        without=without,
        calls=calls,
    )
    if flights is not None:
        return _with_flights(inputs, study, flights)
    return run_simulation(
        world,
        plan,
        inputs,
        study=study,
        jobs=jobs,
        cluster=cluster,
        folder=folder,
        on_done=on_done,
    )


def study_of(world: World, *, replications: int | None = None, seed: int | None = None) -> Study:
    """The scenario's replications and seed, or those given instead."""
    study = world.scenario.study
    return replace(
        study,
        replications=study.replications if replications is None else replications,
        seed=study.seed if seed is None else seed,
    )


def simulation_inputs(
    world: World,
    plan: Plan,
    *,
    dispatch: str | Policy | None = None,
    failures: Sequence[str] = (),
    overwatch: bool | None = None,
    move_up: bool | None = None,
    without: Sequence[str] = (),
    calls: Sequence[TraceCall] | None = None,
) -> SimInputs:
    """The deployment of a plan as plain values, with what is given in place of the scenario's."""
    inputs = with_policies(sim_inputs(world, plan), failures=failures, dispatch=dispatch, without=without)
    inputs = with_move_up(with_overwatch(inputs, overwatch), move_up)
    return inputs if calls is None else replace(inputs, trace=tuple(calls))


def run_simulation(
    world: World,
    plan: Plan,
    inputs: SimInputs,
    *,
    study: Study,
    jobs: int = 1,
    cluster: str | None = None,
    folder: Path | None = None,
    on_done: OnDone | None = None,
) -> SimulationRun:
    """The replications of a study, kept in a folder if one is given."""
    if folder is None:
        run = simulate_inputs(
            inputs,
            replications=study.replications,
            seed=study.seed,
            jobs=jobs,
            on_done=on_done,
            cluster=cluster,
        )
        return _summarised(inputs, study.seed, run.records)
    stored = run_to_store(
        world,
        plan,
        folder=folder,
        replications=study.replications,
        seed=study.seed,
        jobs=jobs,
        on_done=on_done,
        inputs=inputs,
        cluster=cluster,
    )
    return SimulationRun(
        inputs=inputs,
        seed=study.seed,
        summary=stored.summary,
        records=stored.records,
        manifest=stored.manifest,
    )


def _with_flights(inputs: SimInputs, study: Study, flights: FlightsOf) -> SimulationRun:
    """The replications with flights that the flight model does not make, one after the other."""
    words, numbers = vocabulary(inputs), range(checked_replications(study.replications))
    logs = (replicate(inputs, seed=study.seed, replication=n, flights_of=flights) for n in numbers)
    tables = [to_tables(log, words, number) for number, log in zip(numbers, logs, strict=True)]
    return _summarised(inputs, study.seed, Records.joined(words, numbers, tables))


def _summarised(inputs: SimInputs, seed: int, records: Records) -> SimulationRun:
    summary = summarise(records, inputs.deployment, seed=seed)
    return SimulationRun(inputs=inputs, seed=seed, summary=summary, records=records)
