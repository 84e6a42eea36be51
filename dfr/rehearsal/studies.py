"""Further studies of a rehearsal: single losses (N-1), Pareto fronts and the STRESS-DES record."""

from __future__ import annotations

from pathlib import Path

from dfr.io.files import json_text, write_atomically
from dfr.link.operator import Operator
from dfr.metrics.resilience import LossReport, n_minus_1
from dfr.metrics.stress import stress
from dfr.plan.model import Plan
from dfr.plan.objectives import ParetoFronts, pareto_fronts
from dfr.plan.planner import candidate_layouts
from dfr.report.charts import pareto_chart
from dfr.report.html import Studies
from dfr.report.svg import svg_file
from dfr.store.runs import StoredRun
from dfr.world.model import World


def run_further_studies(
    world: World,
    plan: Plan,
    run: StoredRun,
    *,
    losses: bool,
    pareto: bool,
    jobs: int,
    out: Path,
    operator: Operator,
) -> Studies:
    """Studies for the report besides the run: always STRESS-DES, the others if requested."""
    primary = world.scenario.simulation.primary_figure
    return Studies(
        losses=_simulate_losses(run, primary, jobs, out, operator) if losses else (),
        fronts=write_fronts(world, len(plan.sites), out, operator=operator) if pareto else None,
        stress=stress(run.inputs, run.summary, run.manifest),
    )


def write_fronts(world: World, docks: int, folder: Path, *, operator: Operator) -> ParetoFronts:
    """What more docks gain and what fairness costs, written as front.json and front.svg."""
    operator.tell("finding the best layout for each number of docks and objective ...")
    found = pareto_fronts(candidate_layouts(world)[0], docks)
    write_atomically(folder / "front.json", json_text(found.as_dict()))
    write_atomically(folder / "front.svg", svg_file(pareto_chart(found)))
    return found


def _simulate_losses(
    run: StoredRun, primary: str, jobs: int, out: Path, operator: Operator
) -> tuple[LossReport, ...]:
    operator.tell("simulating the loss of each dock, drone and pilot in turn ...")
    reports = n_minus_1(run.inputs, run.summary, primary=primary, jobs=jobs)
    write_atomically(out / "n_minus_1.json", json_text([report.as_dict() for report in reports]))
    return reports
