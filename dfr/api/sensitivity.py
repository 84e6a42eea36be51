"""Which uncertain figure moves the answer most, and what knowing it is worth: `dfr sensitivity`.

Each figure is set to its low and its high end, all else as it is; the docks stay where they are, the plan is
made and checked anew, and the same calls are simulated. Effects of figures together are not looked for.
"""

from __future__ import annotations

import math
import multiprocessing
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from dfr.api.simulation import study_of
from dfr.errors import DfrError, InputError
from dfr.io.what_if import WhatIf
from dfr.metrics.compare import compare
from dfr.metrics.decision_value import DecisionValue, value_of_knowing
from dfr.metrics.kpi import summarise
from dfr.metrics.sensitivity import Decision, Effect, End, Judged, Sensitivity
from dfr.plan.planner import make_plan, plan_with_docks
from dfr.plan.verdict import verdict_of
from dfr.scenario.key_figures import Better, KeyFigure, judged_figure
from dfr.scenario.uncertain import Lever
from dfr.sim.build import sim_inputs
from dfr.sim.experiment import simulate_inputs
from dfr.store.landing_cache import use_landing_cache

BY = 0.2
"""A figure without a range of its own is changed by so much of itself (assumed)."""

OnDone = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked of a scenario: which key figure, and over which ranges of which figures.

    `by` is the part of itself by which a figure without a range is changed; `ranges` are ranges by name, and
    bring in figures that are not assumed; `only` keeps names with one of these texts in them. `now` is the
    moment of the verdicts.
    """

    figure: str = ""
    by: float = BY
    ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    only: Sequence[str] = ()
    decision: Decision | None = None
    now: datetime = field(default_factory=lambda: datetime.now(tz=UTC))
    landing_cache: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """A figure at a value (None: as it is), with docks at these sites."""

    name: str | None
    value: float
    docks: tuple[str, ...]


def levers_of(path: Path, question: Question) -> tuple[Lever, ...]:
    """The figures that would be changed, each with its range. Raises InputError for one that there is not."""
    return _chosen(WhatIf(path), question)


def study_sensitivity(
    path: Path,
    question: Question | None = None,
    *,
    replications: int | None = None,
    seed: int | None = None,
    jobs: int = 1,
    on_done: OnDone = lambda done, of: None,
) -> Sensitivity:
    """The effects of a scenario's uncertain figures on a key figure and on the verdict.

    Raises InputError for an unknown figure, and where the range of one is no range.
    """
    question = question or Question()
    what_if = WhatIf(path)
    world = what_if.world
    judged = judged_figure(question.figure or world.scenario.simulation.primary_figure)
    study = study_of(world, replications=replications, seed=seed)
    levers = _chosen(what_if, question)
    layouts = [tuple(site.id for site in make_plan(world, docks=count).sites) for count in _counts(question)]
    task = _Task(
        path=path,
        replications=study.replications,
        seed=study.seed,
        now=question.now,
        landing_cache=question.landing_cache,
    )
    cases = _list_cases(levers, layouts)
    found = dict(zip(cases, _run(task, cases, jobs, on_done), strict=True))
    outcome = _Outcome(found=found, layouts=layouts, figure=judged, decision=question.decision)
    if outcome.base.summary is None:
        raise InputError(f"{path}: {outcome.base.refused}", do="mend the scenario first: see `dfr check`")
    return Sensitivity(
        scenario=world.scenario.name,
        exercise=world.scenario.exercise,
        figure=judged.name,
        unit=judged.unit,
        base=outcome.base,
        seed=study.seed,
        replications=study.replications,
        docks=layouts[0],
        effects=tuple(sorted(map(outcome.effect_of, levers), key=lambda effect: -effect.swing)),
        decision=question.decision,
    )


def _list_cases(levers: Sequence[Lever], layouts: Sequence[tuple[str, ...]]) -> list[_Case]:
    """Every layout as it is, and with each figure at both ends."""
    return [
        case
        for docks in dict.fromkeys(layouts)
        for case in (
            _as_is(docks),
            *(_Case(name=lever.name, value=value, docks=docks) for lever in levers for value in _ends(lever)),
        )
    ]


def _as_is(docks: tuple[str, ...]) -> _Case:
    return _Case(name=None, value=0.0, docks=docks)


def _counts(question: Question) -> list[int | None]:
    """The numbers of docks that are simulated: the plan's own, then each that can be chosen."""
    return [None, *(question.decision.docks if question.decision else ())]


def _chosen(what_if: WhatIf, question: Question) -> tuple[Lever, ...]:
    known = {lever.name: lever for lever in what_if.levers()}
    if unknown := [name for name in question.ranges if name not in known]:
        raise InputError(
            f"no figure {unknown[0]!r} can be changed", do="`dfr sensitivity SCENARIO --list` names them all"
        )
    levers = [
        _ranged(lever, question)
        for name, lever in known.items()
        if name in question.ranges or (lever.assumed and (lever.scalable or lever.low is not None))
        if not question.only or any(text in name for text in question.only)
    ]
    if not levers:
        raise InputError("no figure to change", do="give --vary NAME=LOW..HIGH, or another --only")
    return tuple(levers)


def _ranged(lever: Lever, question: Question) -> Lever:
    """The lever with the range that is asked for: the person's, its source's, or a part of its value."""
    if lever.name in question.ranges:
        low, high = question.ranges[lever.name]
    elif lever.low is not None and lever.high is not None:
        low, high = lever.low, lever.high
    else:
        low, high = sorted(lever.value * (1.0 + part) for part in (-question.by, question.by))
        low = low if lever.least is None else max(low, lever.least)
        high = high if lever.most is None else min(high, lever.most)
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise InputError(f"{lever.name}: {low:g} to {high:g} is no range", do="give the lower end first")
    return replace(lever, low=low, high=high)


def _ends(lever: Lever) -> tuple[float, float]:
    assert lever.low is not None
    assert lever.high is not None
    return lever.low, lever.high


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    """What came of every case; the first of the layouts is the plan's own, the others can be chosen."""

    found: Mapping[_Case, Judged]
    layouts: Sequence[tuple[str, ...]]
    figure: KeyFigure
    decision: Decision | None

    @property
    def base(self) -> Judged:
        """The plan as it is."""
        return self.found[_as_is(self.layouts[0])]

    def effect_of(self, lever: Lever) -> Effect:
        """What a figure does to the answer."""
        low, high = (self._end_of(lever, value) for value in _ends(lever))
        return Effect(lever=lever, low=low, high=high, worth=self._worth_of(lever))

    def _end_of(self, lever: Lever, value: float) -> End:
        judged = self.found[_Case(name=lever.name, value=value, docks=self.layouts[0])]
        before = self.base.summary
        gaps = () if before is None or judged.summary is None else compare(before, judged.summary)
        difference = next((gap for gap in gaps if gap.name == self.figure.name), None)
        return End(value=value, judged=judged, difference=difference)

    def _worth_of(self, lever: Lever) -> DecisionValue | None:
        """What knowing a figure is worth; None where nothing is to be decided, or an option has no answer."""
        if self.decision is None:
            return None
        low, high = _ends(lever)
        options = []
        for docks in self.layouts[1:]:
            places = (
                _Case(name=lever.name, value=low, docks=docks),
                _as_is(docks),
                _Case(name=lever.name, value=high, docks=docks),
            )
            levels = [summary for place in places if (summary := self.found[place].summary) is not None]
            if len(levels) < len(places):
                return None
            first, as_is, last = (summary.kpis[self.figure.name] for summary in levels)
            options.append((first, as_is, last))
        prices = [count * self.decision.dock_must_bring for count in self.decision.docks]
        return value_of_knowing(options, prices=prices, more_is_better=self.figure.better is Better.MORE)


# The work, in this process or in several ---------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Task:
    """What every case is judged with."""

    path: Path
    replications: int
    seed: int
    now: datetime
    landing_cache: bool


class _Work:
    """Plans, judges and simulates cases of one scenario file."""

    def __init__(self, task: _Task) -> None:
        self._task = task
        use_landing_cache(on=task.landing_cache)
        self._what_if = WhatIf(task.path)

    def judge(self, case: _Case) -> Judged:
        """A case, simulated and judged; what refuses its value is told and stops nothing."""
        task = self._task
        try:
            world = self._what_if.world
            if case.name is not None:
                world = self._what_if.with_figure(case.name, case.value)
            plan = plan_with_docks(world, case.docks)
            verdict = verdict_of(world.scenario, plan, now=task.now)
            run = simulate_inputs(sim_inputs(world, plan), replications=task.replications, seed=task.seed)
        except DfrError as error:
            return Judged(refused=str(error))
        return Judged(
            summary=summarise(run.records, run.inputs.deployment, seed=task.seed),
            verdict=verdict.kind.value,
            stopped_by=frozenset(found.rule for found in plan.findings if verdict.counts(found)),
        )


_working: list[_Work] = []


def _begin(task: _Task) -> None:
    _working[:] = [_Work(task)]


def _judge(case: _Case) -> Judged:
    return _working[0].judge(case)


def _run(task: _Task, cases: Sequence[_Case], jobs: int, on_done: OnDone) -> Iterator[Judged]:
    """Each case's outcome, in order."""
    if jobs == 1:
        work = _Work(task)
        for number, case in enumerate(cases, start=1):
            yield work.judge(case)
            on_done(number, len(cases))
        return
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(jobs, mp_context=context, initializer=_begin, initargs=(task,))
    try:
        for number, judged in enumerate(pool.map(_judge, cases), start=1):
            yield judged
            on_done(number, len(cases))
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
