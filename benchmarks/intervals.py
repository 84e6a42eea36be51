"""How often intervals hold the truth, by experiments that are drawn again and again from one large run.

    python benchmarks/intervals.py [--experiments N] [--replications N]

A case is many replications of one deployment; its ratio of sums over all of them is the truth. An experiment
draws some of these replications with replacement, and asks whether its interval holds the truth.

1. Means of times: Victorious with 2 and 3 docks (calls to overhead), an overloaded M/M/2 (waits in 8 h that
   begin empty), and log-normal times (sigma 1, 20 calls on average). Aim: 93.5 to 96.5 %.
2. The same where `--until-halfwidth` decides how many replications there are. Aim: 94 % or more.
3. The difference of 3 docks and 2 on the same calls. Beside each: Student's interval as it would be of the
   linearised ratio, and of the mean of the differences of replications.

The numbers of `docs/validation.md` come from here.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator

import numpy as np

from dfr.io.scenario_files import find_scenario, load_world
from dfr.metrics.kpi import Summary, summarise
from dfr.metrics.precision import FIRST_LOOK, narrow_enough, replication_numbers
from dfr.plan.planner import make_plan
from dfr.sim.build import sim_inputs
from dfr.sim.experiment import simulate_inputs
from dfr.statistics import (
    FloatArray,
    Interval,
    mean_interval,
    ratio_difference,
    ratio_interval,
    ratio_variance,
    t_value,
)

Case = tuple[FloatArray, FloatArray]
"""Sums and counts of many replications."""

SIZES, DIFFERENCE_SIZES = (5, 10, 20, 50), (5, 10, 20, 60)
WANTED_AT = (20, 40, 60, 90, 150)
"""Half-widths that a run would have after about so many replications."""

MOST = 400
FIGURES = ("call_to_overhead_s", "within_target", "attended", "utilisation")


def overloaded_queue(count: int, rng: np.random.Generator) -> Case:
    """Waits of an M/M/2 with a load of 1.25 in 8 h that begin empty: 5 calls and 2 services an hour."""
    calls_per_h, services_per_h, hours = 5.0, 2.0, 8.0
    arrived_h, free_h = np.zeros(count), np.zeros((count, 2))
    waits, calls, rows = np.zeros(count), np.zeros(count), np.arange(count)
    while (arrived_h < hours).any():
        arrived_h = arrived_h + rng.exponential(1.0 / calls_per_h, count)
        here, server = arrived_h < hours, free_h.argmin(axis=1)
        start_h = np.maximum(arrived_h, free_h[rows, server])
        waits += np.where(here, start_h - arrived_h, 0.0)
        calls += here
        ends_h = start_h + rng.exponential(1.0 / services_per_h, count)
        free_h[rows, server] = np.where(here, ends_h, free_h[rows, server])
    return waits, calls


def lognormal_times(count: int, rng: np.random.Generator) -> Case:
    """Times of 20 calls on average, each log-normal with a sigma of 1."""
    calls = rng.poisson(20.0, count)
    owners = np.repeat(np.arange(count), calls)
    times = rng.lognormal(0.0, 1.0, len(owners))
    sums = np.bincount(owners, weights=times, minlength=count).astype(np.float64)
    return sums, calls.astype(np.float64)


def victorious(docks: int, count: int) -> Summary:
    """The figures of many replications of the Victorious weekend."""
    world = load_world(find_scenario("victorious-2024"))
    inputs = sim_inputs(world, make_plan(world, docks=docks))
    run = simulate_inputs(inputs, replications=count, seed=7, jobs=1)
    return summarise(run.records, inputs.deployment, seed=7)


def student_interval(tops: FloatArray, bottoms: FloatArray) -> Interval:
    """Student's interval of the linearised ratio, which knows of no skewness."""
    variance, ratio = ratio_variance(tops, bottoms), float(tops.sum() / bottoms.sum())
    half = t_value(len(tops) - 1) * float(np.sqrt(variance or 0.0))
    return Interval(ratio - half, ratio + half)


def coverage(
    case: Case,
    size: int,
    *,
    experiments: int,
    rng: np.random.Generator,
    interval: Callable[[FloatArray, FloatArray], Interval] = ratio_interval,
) -> float:
    """Share of experiments of a size whose interval holds the truth."""
    tops, bottoms = case
    truth = float(tops.sum() / bottoms.sum())
    drawn = rng.integers(0, len(tops), (experiments, size))
    return float(np.mean([holds(interval(tops[rows], bottoms[rows]), truth) for rows in drawn]))


def stopped_coverage(case: Case, wanted_at: int, *, experiments: int, rng: np.random.Generator) -> float:
    """The same where the width decides how many replications there are."""
    tops, bottoms = case
    truth = float(tops.sum() / bottoms.sum())
    variance = ratio_variance(tops, bottoms)
    wanted = 1.96 * float(np.sqrt((variance or 0.0) * len(tops) / wanted_at))
    drawn = rng.integers(0, len(tops), (experiments, MOST))
    ends = (_stopped_interval(tops[rows], bottoms[rows], wanted) for rows in drawn)
    return float(np.mean([holds(interval, truth) for interval in ends]))


def _stopped_interval(tops: FloatArray, bottoms: FloatArray, wanted: float) -> Interval:
    for count in replication_numbers(FIRST_LOOK, MOST):
        found = ratio_interval(tops[:count], bottoms[:count])
        if found.half_width is not None and narrow_enough(found.half_width, wanted, count):
            break
    return found


def difference_coverage(
    first: Case, second: Case, size: int, *, experiments: int, rng: np.random.Generator
) -> tuple[float, float]:
    """Share of the intervals stated that hold the difference of ratios: ours, Student's of the pairs."""
    truth = float(second[0].sum() / second[1].sum() - first[0].sum() / first[1].sum())
    ours, students = [], []
    for rows in rng.integers(0, len(first[0]), (experiments, size)):
        a, b = ((case[0][rows], case[1][rows]) for case in (first, second))
        interval = ratio_difference(a, b)[0]
        if interval.low is not None:
            ours.append(holds(interval, truth))
        with np.errstate(divide="ignore", invalid="ignore"):
            gaps = b[0] / b[1] - a[0] / a[1]
        students.append(holds(mean_interval(gaps[np.isfinite(gaps)]), truth))
    return float(np.mean(ours)), float(np.mean(students))


def holds(interval: Interval, truth: float) -> bool:
    """Whether an interval holds the truth; an unknown one does not."""
    return interval.low is not None and interval.high is not None and interval.low <= truth <= interval.high


def tables(experiments: int, replications: int) -> Iterator[str]:
    """The three tables as Markdown."""
    rng = np.random.default_rng(20261130)
    runs = {docks: victorious(docks, replications) for docks in (2, 3)}
    cases: dict[str, Case] = {
        f"Victorious, {docks} docks, call to overhead": (
            run.kpis["call_to_overhead_s"].tops,
            run.kpis["call_to_overhead_s"].bottoms,
        )
        for docks, run in runs.items()
    }
    cases["M/M/2 with a load of 1.25, wait"] = overloaded_queue(10 * replications, rng)
    cases["log-normal, sigma 1"] = lognormal_times(10 * replications, rng)
    yield "| mean of | " + " | ".join(f"{size} replications" for size in SIZES) + " |"
    yield "|---|" + "---|" * len(SIZES)
    for name, case in cases.items():
        cells = [
            f"{coverage(case, size, experiments=experiments, rng=rng):.1%} "
            f"({coverage(case, size, experiments=experiments, rng=rng, interval=student_interval):.1%})"
            for size in SIZES
        ]
        yield f"| {name} | " + " | ".join(cells) + " |"
    yield ""
    yield "| mean of, until a width of about | " + " | ".join(f"{n} replications" for n in WANTED_AT) + " |"
    yield "|---|" + "---|" * len(WANTED_AT)
    for name, case in cases.items():
        cells = [f"{stopped_coverage(case, n, experiments=experiments, rng=rng):.1%}" for n in WANTED_AT]
        yield f"| {name} | " + " | ".join(cells) + " |"
    yield ""
    yield "| difference of | " + " | ".join(f"{size} replications" for size in DIFFERENCE_SIZES) + " |"
    yield "|---|" + "---|" * len(DIFFERENCE_SIZES)
    for name in FIGURES:
        first, second = ((run.kpis[name].tops, run.kpis[name].bottoms) for run in runs.values())
        both = [
            difference_coverage(first, second, size, experiments=experiments, rng=rng)
            for size in DIFFERENCE_SIZES
        ]
        yield f"| `{name}` | " + " | ".join(f"{ours:.1%} ({student:.1%})" for ours, student in both) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--experiments", type=int, default=10_000)
    parser.add_argument("--replications", type=int, default=4_000)
    asked = parser.parse_args()
    for line in tables(asked.experiments, asked.replications):
        print(line)


if __name__ == "__main__":
    main()
