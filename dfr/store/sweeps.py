"""Sweeps over docks, drones and crews (`Sweeper`): every design point gets the same calls.

FOLDER/docks-2_pilots-1/...     each design point is a run of its own; it can be resumed and compared
FOLDER/sweep.json               the table
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from dfr.errors import InputError
from dfr.metrics.compare import Difference, compare
from dfr.metrics.kpi import Summary, summarise
from dfr.metrics.precision import replication_numbers
from dfr.metrics.selection import CONFIDENCE, FIRST_STAGE, Selection, select_largest
from dfr.plan.model import Plan
from dfr.plan.planner import make_plan
from dfr.scenario.key_figures import Better, judged_figure
from dfr.sim.build import sim_inputs
from dfr.sim.experiment import simulate_inputs
from dfr.sim.factors import Variant, varied_plan, varied_world
from dfr.sim.inputs import SimInputs
from dfr.statistics import FloatArray
from dfr.store.origin import write_origin
from dfr.store.runs import held_replications, run_to_store
from dfr.world.model import World

OnPoint = Callable[[int, str], None]
"""Called with how many simulations are done and the name of the design point."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """The goal of a selection: a key figure, the smallest difference that matters, and the confidence."""

    kpi: str
    zone: float
    confidence: float = CONFIDENCE
    first_stage: int = FIRST_STAGE

    @property
    def smaller_is_better(self) -> bool:
        """Whether smaller values of the key figure are better."""
        return judged_figure(self.kpi).better is Better.LESS


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """What a dock, a drone and a pilot on duty cost, in one currency; None where nobody has said.

    Without a price of docks the `cost` of their sites counts.
    """

    dock: float | None = None
    drone: float | None = None
    pilot: float | None = None

    @property
    def counted(self) -> tuple[str, ...]:
        """What a cost is of."""
        others = (("drones", self.drone), ("pilots", self.pilot))
        return ("docks", *(name for name, price in others if price is not None))


@dataclass(frozen=True, slots=True, kw_only=True)
class DesignPoint:
    """A simulated design point; `cost` is None where not all of it is priced."""

    variant: Variant
    plan: Plan
    summary: Summary
    cost: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What the next level of a factor brings, all else equal: the goal's figure at `second` less `first`.

    `first` and `second` are places of design points.
    """

    factor: str
    first: int
    second: int
    difference: Difference


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """The design points of a sweep, their order by the goal, and which are selected."""

    scenario: str
    seed: int
    points: tuple[DesignPoint, ...]
    goal: Goal
    order: tuple[int, ...]
    behind: tuple[Difference | None, ...]
    selection: Selection
    steps: tuple[Step, ...] = ()
    prices: Prices = field(default_factory=Prices)

    def as_dict(self) -> dict[str, object]:
        """The sweep as JSON: design points in order of the goal's key figure, the best first."""
        return {
            "scenario": self.scenario,
            "seed": self.seed,
            "goal": {
                "kpi": self.goal.kpi,
                "better": "smaller" if self.goal.smaller_is_better else "larger",
                "indifference_zone": self.goal.zone,
                "confidence": self.goal.confidence,
                "procedure": "Kim & Nelson 2001 (KN), common random numbers",
                "decided": self.selection.decided,
                "replications_used": self.selection.used,
            },
            "cost_of": list(self.prices.counted),
            "points": [self._point_row(rank, index) for rank, index in enumerate(self.order, start=1)],
            "steps": [self._step_row(step) for step in self.steps],
        }

    def _step_row(self, step: Step) -> dict[str, object]:
        gap, ends = step.difference, (self.points[step.first].variant, self.points[step.second].variant)
        return {
            "factor": step.factor,
            "from": ends[0].name,
            "to": ends[1].name,
            "difference": gap.difference,
            "low": gap.low,
            "high": gap.high,
            "clear": gap.clear,
        }

    def _point_row(self, rank: int, index: int) -> dict[str, object]:
        point, gap = self.points[index], self.behind[index]
        return {
            "rank": rank,
            "name": point.variant.name,
            "factors": point.variant.as_dict(),
            "sites": [site.id for site in point.plan.sites],
            "cost": point.cost,
            "predicted_coverage": {f"{limit:g}": share for limit, share in point.plan.coverage.items()},
            "selected": index in self.selection.survivors,
            "dropped_at": self.selection.dropped_at[index],
            "less_best": None
            if gap is None
            else {"difference": gap.difference, "low": gap.low, "high": gap.high, "pairs": gap.pairs},
            **{
                key: value
                for key, value in point.summary.as_dict().items()
                if key in {"replications", "kpis", "missed"}
            },
        }


class Sweeper:
    """Simulates design points, each as often as the selection needs."""

    def __init__(
        self,
        world: World,
        *,
        scenario_file: Path,
        seed: int,
        jobs: int,
        folder: Path | None,
        cluster: str | None = None,
        prices: Prices | None = None,
    ) -> None:
        self._prices = prices or Prices()
        self._world, self._file, self._seed = world, scenario_file, seed
        self._jobs, self._folder, self._cluster = jobs, folder, cluster
        self._plans: dict[int | None, Plan] = {}
        self._inputs: dict[Variant, SimInputs] = {}

    def sweep(
        self, variants: Sequence[Variant], *, replications: int, goal: Goal, on_point: OnPoint
    ) -> Sweep:
        """The sweep, with at most `replications` of each design point; a dropped point gets no more.

        Raises InputError for an unknown key figure, or too few replications for the first stage.
        """
        judged_figure(goal.kpi)
        if replications < goal.first_stage:
            raise InputError(
                f"{replications} replications are fewer than the first stage of {goal.first_stage}",
                do=f"ask for at least {goal.first_stage}",
            )
        summaries: dict[int, Summary] = {}
        racing, done = tuple(range(len(variants))), 0
        selection = None
        for count in replication_numbers(goal.first_stage, replications):
            for index in racing:
                summaries[index] = self._summarise_point(variants[index], count)
                done += 1
                on_point(done, variants[index].name)
            selection = _select_best(summaries, goal)
            racing = selection.survivors
            if selection.decided:
                break
        if selection is None:
            raise AssertionError("no replication numbers")
        return self._sweep_of(variants, summaries, goal, selection)

    def _sweep_of(
        self, variants: Sequence[Variant], summaries: dict[int, Summary], goal: Goal, selection: Selection
    ) -> Sweep:
        order = _rank_points(summaries, goal, selection)
        best = summaries[order[0]]
        points = tuple(
            DesignPoint(
                variant=variant,
                plan=self._plan_of(variant),
                summary=summaries[index],
                cost=self._cost_of(variant),
            )
            for index, variant in enumerate(variants)
        )
        behind = tuple(
            None
            if index == order[0]
            else next((gap for gap in compare(best, summaries[index]) if gap.name == goal.kpi), None)
            for index in range(len(variants))
        )
        return Sweep(
            scenario=self._world.scenario.name,
            seed=self._seed,
            points=points,
            goal=goal,
            order=order,
            behind=behind,
            selection=selection,
            steps=tuple(_find_steps(points, goal.kpi)),
            prices=self._prices,
        )

    def _cost_of(self, variant: Variant) -> float | None:
        """What a design point costs; None where a dock, or a drone or pilot that is varied, has no price."""
        world, plan, prices = varied_world(self._world, variant), self._plan_of(variant), self._prices
        own = {site.id: site.cost for site in world.scenario.candidates}
        docks = [own[site.id] if prices.dock is None else prices.dock for site in plan.sites]
        pilots = max((shift.remote_pilots for shift in world.scenario.crew.shifts), default=0)
        parts = [
            (prices.drone, sum(site.drones for site in plan.sites), variant.drones_per_dock),
            (prices.pilot, pilots, variant.pilots),
        ]
        if any(price is None for price in docks) or any(
            price is None and varied is not None for price, _, varied in parts
        ):
            return None
        return sum(price or 0.0 for price in docks) + sum((price or 0.0) * count for price, count, _ in parts)

    def _summarise_point(self, variant: Variant, count: int) -> Summary:
        world, plan = varied_world(self._world, variant), self._plan_of(variant)
        if variant not in self._inputs:
            self._inputs[variant] = sim_inputs(world, plan)
        inputs = self._inputs[variant]
        if self._folder is None:
            run = simulate_inputs(
                inputs, replications=count, seed=self._seed, jobs=self._jobs, cluster=self._cluster
            )
            return summarise(run.records, run.inputs.deployment, seed=self._seed)
        folder = self._folder / variant.name
        stored = run_to_store(
            world,
            plan,
            folder=folder,
            replications=max(count, held_replications(folder)),
            seed=self._seed,
            jobs=self._jobs,
            inputs=inputs,
            cluster=self._cluster,
        )
        write_origin(folder, self._file, plan=plan, variant=variant)
        return stored.summary

    def _plan_of(self, variant: Variant) -> Plan:
        """The plan for this number of docks, made once, with the drones of the design point."""
        if variant.docks not in self._plans:
            self._plans[variant.docks] = make_plan(self._world, docks=variant.docks)
        return varied_plan(self._plans[variant.docks], variant)


def _find_steps(points: Sequence[DesignPoint], kpi: str) -> Iterator[Step]:
    """Every step from one level of a factor to the next that was simulated, all other factors equal."""
    factors = [point.variant.as_dict() for point in points]
    numbers = {
        name
        for row in factors
        for name, value in row.items()
        if not isinstance(value, str) and len({repr(other.get(name)) for other in factors}) > 1
    }
    for name in sorted(numbers):
        groups: dict[str, list[tuple[float, int]]] = {}
        for index, point in enumerate(points):
            level = getattr(point.variant, name)
            if level is not None:
                rest = repr({key: value for key, value in factors[index].items() if key != name})
                groups.setdefault(rest, []).append((level, index))
        for group in groups.values():
            ordered = [index for _, index in sorted(group)]
            for first, second in itertools.pairwise(ordered):
                gaps = compare(points[first].summary, points[second].summary)
                yield Step(
                    factor=name,
                    first=first,
                    second=second,
                    difference=next(gap for gap in gaps if gap.name == kpi),
                )


def _select_best(summaries: dict[int, Summary], goal: Goal) -> Selection:
    """The selection over all points, by the figure that their table shows."""
    for summary in summaries.values():
        if goal.kpi not in summary.kpis:
            raise InputError(f"there is no key figure {goal.kpi!r}", do=f"choose {', '.join(summary.kpis)}")
    kpis = [summaries[index].kpis[goal.kpi] for index in sorted(summaries)]
    longest = max(len(kpi.tops) for kpi in kpis)
    sign = -1.0 if goal.smaller_is_better else 1.0
    return select_largest(
        sign * _padded([kpi.tops for kpi in kpis], longest),
        _padded([kpi.bottoms for kpi in kpis], longest),
        zone=goal.zone,
        confidence=goal.confidence,
        first_stage=goal.first_stage,
    )


def _padded(rows: Sequence[FloatArray], length: int) -> FloatArray:
    """Rows of one length, those of points that were dropped earlier with NaN at their end."""
    return np.array([np.pad(row, (0, length - len(row)), constant_values=np.nan) for row in rows])


def _rank_points(summaries: dict[int, Summary], goal: Goal, selection: Selection) -> tuple[int, ...]:
    """Indexes of the points by the key figure's mean: those not dropped first, unknown means last."""
    sign = 1.0 if goal.smaller_is_better else -1.0

    def sort_key(index: int) -> tuple[bool, bool, float]:
        mean = summaries[index].kpis[goal.kpi].mean
        return (index not in selection.survivors, mean is None, 0.0 if mean is None else sign * mean)

    return tuple(sorted(summaries, key=sort_key))
