"""How often intervals of `dfr learn` hold what is true: logs of known figures, by two generators.

python benchmarks/learning.py [--logs N] [--days N]

Each log goes through a CSV file, as a user's does. The other generator (`draw_other`) shares no code with
dfr: days differ by a gamma factor, officers come after a gamma-distributed time, some callers give up.
"""

from __future__ import annotations

import argparse
import csv
import io
import math
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

import numpy as np
from scipy import stats

from dfr.io.call_logs import read_call_log
from dfr.io.scenario_files import find_scenario, load_world
from dfr.plan.planner import make_plan
from dfr.scenario.policing import BurstFigures
from dfr.sim.build import sim_inputs
from dfr.sim.calls import draw_calls
from dfr.sim.inputs import SimInputs
from dfr.sim.randomness import Spread, Streams
from dfr.statistics import Interval
from dfr.world.learning.figures import LearnedFigure, Lesson
from dfr.world.learning.learn import learn_calls
from dfr.world.model import World

SCENARIO = "victorious-2024"
CALLS_PER_DAY = 60.0
HOUR_SHARES = np.array([1.0] * 8 + [2.0] * 8 + [3.0] * 8) / 48.0
FURTHER, WITHIN_S = 0.5, 240.0
DAY_CV = 0.3
PATIENCE_S, PATIENCE_P90_S = 900.0, 1800.0
ARRIVAL = stats.gamma(2.0, scale=200.0)
GIVEN_WRONG = 0.2
MONDAY = (2024, 4, 8)
COLUMNS = ("time", "zone", "priority", "initial priority", "arrived", "closed", "disposition", "on_scene_s")
Row = tuple[str, str, str, str, str, str, str, str]
Truths = dict[str, float]


@cache
def world() -> World:
    """The deployment whose zones and grades the logs are of."""
    return load_world(find_scenario(SCENARIO))


@cache
def own_inputs(days: int) -> SimInputs:
    """Days of dfr's own calls: bursts, triage, and the durations of the scenario."""
    inputs = sim_inputs(world(), make_plan(world()))
    grades = [grade.id for grade in inputs.grades]
    given = tuple(
        (
            name,
            tuple(
                (other, 1.0 - GIVEN_WRONG if other == name else GIVEN_WRONG / (len(grades) - 1))
                for other in grades
            ),
        )
        for name in grades
    )
    bursts = BurstFigures(further_calls=FURTHER, within_mean_s=WITHIN_S, joined_share=0.0)
    return replace(
        inputs,
        hour_edges_s=tuple(3600.0 * hour for hour in range(24 * days + 1)),
        rates_per_s=tuple(CALLS_PER_DAY * HOUR_SHARES[hour % 24] / 3600.0 for hour in range(24 * days)),
        rate_cv=0.0,
        patience_factors=(),
        policing=replace(inputs.policing, bursts=bursts, triage=given),
    )


def draw_own(seed: int, days: int) -> tuple[list[Row], Truths]:
    """(A log of dfr's own calls, the figures it was drawn with)."""
    inputs = own_inputs(days)
    rows = []
    for call in draw_calls(inputs, Streams(seed, 0)):
        grade, given = (inputs.grades[number].id for number in (call.grade, max(call.given, 0)))
        at, arrived = _clock(call.t_s), _clock(call.ground_s)
        rows.append((at, inputs.zones[call.zone].id, grade, given, arrived, "", "", f"{call.on_scene_s:.1f}"))
    truths = _shared_truths() | {"bursts/further": FURTHER, "bursts/within": WITHIN_S, "day_cv": 0.0}
    truths |= _spread_truths("mobilisation", inputs.ground_mobilisation)
    for grade in inputs.grades:
        truths |= _spread_truths(f"on_scene/{grade.id}", grade.on_scene)
        truths |= {
            f"triage/{grade.id}/{other}": share for other, share in dict(inputs.policing.triage)[grade.id]
        }
    return rows, truths


def draw_other(seed: int, days: int) -> tuple[list[Row], Truths]:
    """(A log by a generator that shares no code with dfr, the figures it was drawn with)."""
    rng, demand = np.random.default_rng(seed), world().scenario.demand
    factor = rng.gamma(DAY_CV**-2, DAY_CV**2, days)
    expected = CALLS_PER_DAY * factor[:, None] * HOUR_SHARES[None, :]
    hours = np.repeat(np.arange(24 * days), rng.poisson(expected.ravel()))
    t_s = np.sort(3600.0 * hours + 3600.0 * rng.random(len(hours)))
    zone = rng.choice(len(demand.zones), len(t_s), p=[each.share for each in demand.zones])
    grade = rng.choice(len(demand.priorities), len(t_s), p=[each.share for each in demand.priorities])
    arrived_s = ARRIVAL.rvs(len(t_s), random_state=rng)
    spread = math.log(PATIENCE_P90_S / PATIENCE_S) / stats.norm.ppf(0.9)
    patience_s = PATIENCE_S * np.exp(spread * rng.standard_normal(len(t_s)))
    rows = []
    for number, at_s in enumerate(t_s.tolist()):
        lost = patience_s[number] < arrived_s[number]
        name = demand.priorities[grade[number]].id
        arrived = "" if lost else _clock(at_s + arrived_s[number])
        closed = _clock(at_s + (patience_s[number] if lost else arrived_s[number] + 600.0))
        zone_id = demand.zones[zone[number]].id
        rows.append((_clock(at_s), zone_id, name, name, arrived, closed, "Cancelled" if lost else "", ""))
    truths = _shared_truths() | {
        "day_cv": DAY_CV,
        "patience/median": PATIENCE_S,
        "patience/p90": PATIENCE_P90_S,
    }
    return rows, truths


def _shared_truths() -> Truths:
    demand = world().scenario.demand
    zones = {f"zones/{zone.name}": zone.share for zone in demand.zones}
    grades = {f"grades/{grade.id}": grade.share for grade in demand.priorities}
    days = {f"days/{day.date.date().isoformat()}": CALLS_PER_DAY for day in demand.days}
    return {**zones, **grades, **days}


def _spread_truths(name: str, spread: Spread) -> Truths:
    return {
        f"{name}/median": spread.median_s,
        f"{name}/p90": spread.median_s * math.exp(spread.sigma * 1.2815515655446),
    }


def _clock(at_s: float) -> str:
    start = datetime(*MONDAY, tzinfo=world().scenario.period.zone)
    return (start + timedelta(seconds=at_s)).isoformat(timespec="milliseconds")


def learn_rows(rows: list[Row]) -> Lesson:
    """What is learned from a log, by way of a CSV file."""
    out = io.StringIO()
    csv.writer(out).writerows([COLUMNS, *rows])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "log.csv"
        path.write_text(out.getvalue(), encoding="utf-8")
        log = read_call_log(path, world().scenario)
    return learn_calls(log.table, world().scenario, source=log.source, notes=log.notes)[0]


def intervals_of(lesson: Lesson) -> dict[str, Interval]:
    """The intervals of a lesson by the names of the truths."""
    found = dict(_figures(lesson))
    named = {name: figure.interval for name, figure in found.items()}
    for key, duration in lesson.durations.items():
        named |= {f"{key}/median": duration.median, f"{key}/p90": duration.p90}
    return named


def _figures(lesson: Lesson) -> Iterator[tuple[str, LearnedFigure]]:
    for kind, figures in (("zones", lesson.zones), ("grades", lesson.grades), ("days", lesson.days)):
        yield from ((f"{kind}/{name}", figure) for name, figure in figures.items())
    for grade, given in lesson.triage.items():
        yield from ((f"triage/{grade}/{other}", figure) for other, figure in given.items())
    if lesson.bursts is not None and lesson.bursts.within is not None:
        yield "bursts/further", lesson.bursts.further
        yield "bursts/within", lesson.bursts.within
    yield from (("day_cv", figure) for figure in lesson.figures if "coefficient of variation" in figure.name)


def count_held(
    draw: Callable[[int, int], tuple[list[Row], Truths]], *, logs: int, days: int
) -> dict[str, tuple[int, int]]:
    """For each kind of figure how many intervals hold what is true, of how many that were told."""
    held, asked = Counter[str](), Counter[str]()
    for seed in range(logs):
        rows, truths = draw(seed, days)
        intervals = intervals_of(learn_rows(rows))
        for name, true in truths.items():
            kind = name.split("/")[0]
            interval = intervals.get(name, Interval(None, None))
            if interval.low is not None and interval.high is not None:
                asked[kind] += 1
                held[kind] += interval.low <= true <= interval.high
    return {kind: (held[kind], asked[kind]) for kind in asked}


def main() -> None:
    """Print the table of the documentation."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--logs", type=int, default=200)
    parser.add_argument("--days", type=int, default=42)
    options = parser.parse_args()
    print("| generator | figure | intervals | hold what is true |\n|---|---|---|---|")
    for name, draw in (("dfr", draw_own), ("independent", draw_other)):
        for kind, (held, asked) in count_held(draw, logs=options.logs, days=options.days).items():
            print(f"| {name} | {kind} | {asked} | {held / asked:.1%} |")


if __name__ == "__main__":
    main()
