"""What comes from outside in one replication: calls, visits of other traffic, and failures of parts.

All of it is drawn before the replication runs, from named streams, and does not depend on where docks are
or how drones are sent: layouts and policies meet the same calls and failures.

Calls and visits are non-homogeneous Poisson processes by thinning (Lewis & Shedler 1979): candidates at the
highest rate of any hour, each kept with the ratio of its hour's rate to that. Docks, their command links and
drones are up and down in turn (a renewal process). A dock that is down launches nothing; one whose link is
down launches nothing, and its drones in the air come home by their lost-link procedure. Both still receive
drones. A drone that is down is not offered; one that fails in the air is found so when it is back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import repeat
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dfr.scenario.policing import BurstFigures
from dfr.sim.events import drone_id
from dfr.sim.inputs import DRONE_PART, FailureRate, SimInputs, TraceCall
from dfr.sim.randomness import FloatArray, Streams

MAX_CANDIDATES = 5_000_000
"""More candidate calls than this in one replication is a mistake in the rates (assumed)."""

NEGLIGIBLE = 1e-9
"""Fewer expected events than this in a replication are none (and their gaps would overflow)."""

LANDING_DRAWS = 8
"""Landing attempts that have numbers of their own; later ones use the last (retries are few)."""


class Call(NamedTuple):
    """One call and every random number that belongs to it, whatever happens to it.

    `ground_s` is when the first officers reach it, `landing` decides the attempts of its drone. `second_s` is
    how long it wants a second drone overhead, 0 where it wants none. Where patrols are a queue, `ground_s` is
    when one is asked for until one is there, `patrol_s` how long it is busy, and `clears` whether a drone can
    show that none is needed. `given` is the grade that it is given when it is heard, -1 for its own.
    """

    id: int
    t_s: float
    zone: int
    grade: int
    decision_s: float
    launch_s: float
    video_s: float
    patience_s: float
    on_scene_s: float
    ground_s: float
    recovery_s: float
    landing: tuple[float, ...]
    second_s: float = 0.0
    patrol_s: float = 0.0
    clears: bool = False
    given: int = -1


class Visit(NamedTuple):
    """Other traffic in our air: announced at `notice_s`, there from `start_s` to `end_s`."""

    traffic: int
    notice_s: float
    start_s: float
    end_s: float


def thinned_times(
    streams: Streams, name: str, *, edges_s: tuple[float, ...], rates_per_s: tuple[float, ...]
) -> tuple[FloatArray, NDArray[np.int64]]:
    """Times of a Poisson process with a rate for each hour, and each one's number among the candidates.

    >>> times, _ = thinned_times(Streams(1, 0), "x", edges_s=(0.0, 1e6), rates_per_s=(0.01,))
    >>> 9_500 < len(times) < 10_500
    True
    """
    top, horizon = max(rates_per_s, default=0.0), edges_s[-1]
    if top * horizon < NEGLIGIBLE:
        return np.empty(0), np.empty(0, dtype=np.int64)
    candidates = _poisson_times(streams, name, top, horizon)
    hour = np.clip(np.searchsorted(edges_s, candidates, side="right") - 1, 0, len(rates_per_s) - 1)
    keep = streams.uniform(f"{name}/thinning", len(candidates)) * top < np.asarray(rates_per_s)[hour]
    return candidates[keep], np.flatnonzero(keep)


def draw_calls(inputs: SimInputs, streams: Streams) -> list[Call]:
    """The calls of one replication in order of time; `id` counts them from 0.

    Of a traced call only what its log leaves open is drawn.
    """
    if inputs.trace is not None:
        return _draw_rest(inputs, streams, inputs.trace)
    factor, bursts = streams.gamma_factor("calls/rate", inputs.rate_cv), inputs.policing.bursts
    if bursts is not None:
        factor /= 1.0 + bursts.further_calls
    rates = tuple(rate * factor for rate in inputs.rates_per_s)
    times, number = thinned_times(streams, "calls", edges_s=inputs.hour_edges_s, rates_per_s=rates)
    count = int(number[-1]) + 1 if len(number) else 0
    zone_of = _pick_indices(streams, "calls/zone", count, [z.share for z in inputs.zones])
    grade_of = _pick_indices(streams, "calls/grade", count, [g.share for g in inputs.grades])
    first = _make_calls(inputs, streams, times=times, number=number, zone_of=zone_of, grade_of=grade_of)
    if bursts is None:
        return first
    further = _draw_further(inputs, streams, bursts, times, number, zone_of, grade_of)
    both = sorted((*first, *further), key=lambda call: call.t_s)
    return [call._replace(id=place) for place, call in enumerate(both)]


def _draw_further(  # noqa: PLR0917 - the incidents as they were drawn
    inputs: SimInputs,
    streams: Streams,
    bursts: BurstFigures,
    times: FloatArray,
    number: NDArray[np.int64],
    zone_of: NDArray[np.int64],
    grade_of: NDArray[np.int64],
) -> list[Call]:
    """The further calls of incidents that are calls of their own: a Neyman-Scott process.

    Each incident has a Poisson number of them, each an exponential time after the first call, in its zone and
    of its grade. Those that are joined to the incident, or come after the horizon, are left out.
    """
    many = streams.generator("bursts/count").poisson(bursts.further_calls, len(grade_of))
    incident = np.repeat(np.arange(len(grade_of)), many)
    first_s = np.full(len(grade_of), np.inf)
    first_s[number] = times
    count = len(incident)
    delay_s = streams.generator("bursts/delay").standard_exponential(count) * bursts.within_mean_s
    t_s = first_s[incident] + delay_s
    kept = (t_s < inputs.horizon_s) & (streams.uniform("bursts/joined", count) >= bursts.joined_share)
    chosen = np.flatnonzero(kept)
    return _make_calls(
        inputs, streams, times=t_s[chosen], number=chosen, zone_of=zone_of[incident],
        grade_of=grade_of[incident], name="bursts",
    )  # fmt: skip


def _draw_rest(inputs: SimInputs, streams: Streams, trace: tuple[TraceCall, ...]) -> list[Call]:
    """Traced calls with what their log does not tell."""
    made = _make_calls(
        inputs,
        streams,
        times=np.array([row.t_s for row in trace]),
        number=np.arange(len(trace)),
        zone_of=np.array([row.zone for row in trace], dtype=np.int64),
        grade_of=np.array([row.grade for row in trace], dtype=np.int64),
    )
    queued = inputs.patrols is not None
    return [_as_logged(call, row, queued) for call, row in zip(made, trace, strict=True)]


def _as_logged(call: Call, row: TraceCall, queued: bool) -> Call:
    """A call with what its log tells; where patrols are a queue, that says when officers reach it."""
    return call._replace(
        decision_s=_logged_or_drawn(row.decision_s, call.decision_s),
        on_scene_s=_logged_or_drawn(row.on_scene_s, call.on_scene_s),
        ground_s=call.ground_s if queued else _logged_or_drawn(row.t_s + row.ground_s, call.ground_s),
    )


def _logged_or_drawn(logged: float, drawn: float) -> float:
    return drawn if np.isnan(logged) else logged


def _make_calls(
    inputs: SimInputs,
    streams: Streams,
    *,
    times: FloatArray,
    number: NDArray[np.int64],
    zone_of: NDArray[np.int64],
    grade_of: NDArray[np.int64],
    name: str = "calls",
) -> list[Call]:
    """Calls of these times, whose `number` among the candidates says which draws of `name` are theirs."""
    count, zone, grade = len(grade_of), zone_of[number], grade_of[number]
    travel = np.array([0.0 if inputs.patrols else z.ground_travel_s for z in inputs.zones])[zone]
    ground = times + streams.delay(f"{name}/ground", inputs.ground_mobilisation, count)[number] + travel
    columns = (
        times,
        zone,
        grade,
        streams.delay(f"{name}/decision", inputs.decision, count)[number],
        streams.delay(f"{name}/launch", inputs.launch, count)[number],
        streams.delay(f"{name}/video", inputs.video, count)[number],
        _draw_patience(inputs, streams, name, grade_of)[number] * _patience_factor(inputs, times),
        streams.delays(f"{name}/on_scene", tuple(g.on_scene for g in inputs.grades), grade_of)[number],
        ground,
        streams.delay(f"{name}/recovery", inputs.recovery, count)[number],
    )
    landing = streams.uniform(f"{name}/landing", count * LANDING_DRAWS).reshape(-1, LANDING_DRAWS)[number]
    cells = (column.tolist() for column in columns)
    policed = _draw_policed(inputs, streams, name, grade_of, number)
    rows = zip(range(len(number)), *cells, map(tuple, landing.tolist()), *policed)  # noqa: B905 - repeats
    return list(map(Call._make, rows))


def _draw_policed(
    inputs: SimInputs, streams: Streams, name: str, grade_of: NDArray[np.int64], number: NDArray[np.int64]
) -> tuple[Iterable[Any], ...]:
    """What the policing policies add to calls: `second_s`, `patrol_s`, `clears` and `given`."""
    policing = inputs.policing
    if inputs.patrols is None and not policing.second_drone and not policing.triage:
        return repeat(0.0), repeat(0.0), repeat(False), repeat(-1)
    columns = (
        _draw_seconds(inputs, streams, name, grade_of),
        *_draw_patrols(inputs, streams, name, len(grade_of)),
        _draw_given(inputs, streams, name, grade_of),
    )
    return tuple(column[number].tolist() for column in columns)


def _draw_seconds(inputs: SimInputs, streams: Streams, name: str, grade_of: NDArray[np.int64]) -> FloatArray:
    """How long each candidate wants a second drone overhead; 0 for none."""
    count, shares = len(grade_of), dict(inputs.policing.second_drone)
    if not shares:
        return np.zeros(count)
    share = np.array([shares.get(grade.id, 0.0) for grade in inputs.grades])[grade_of]
    wanted = streams.uniform(f"{name}/second", count) < share
    stay_s = streams.delays(f"{name}/second/on_scene", tuple(g.on_scene for g in inputs.grades), grade_of)
    return np.where(wanted, stay_s, 0.0)


def _draw_patrols(
    inputs: SimInputs, streams: Streams, name: str, count: int
) -> tuple[FloatArray, NDArray[np.bool_]]:
    """How long a patrol is busy at each candidate, and whether a drone can clear it."""
    patrols = inputs.patrols
    if patrols is None:
        return np.zeros(count), np.zeros(count, dtype=np.bool_)
    clears = streams.uniform(f"{name}/cleared", count) < patrols.cleared_share
    return streams.delay(f"{name}/patrol", patrols.on_scene, count), clears


def _draw_given(
    inputs: SimInputs, streams: Streams, name: str, grade_of: NDArray[np.int64]
) -> NDArray[np.int64]:
    """The grade that each candidate is given by what its caller says; -1 for its own."""
    given = np.full(len(grade_of), -1, dtype=np.int64)
    places = {grade.id: place for place, grade in enumerate(inputs.grades)}
    draws = streams.uniform(f"{name}/given", len(grade_of)) if inputs.policing.triage else np.empty(0)
    for grade, shares in inputs.policing.triage:
        mask = grade_of == places[grade]
        bounds = np.cumsum([share for _, share in shares])
        picked = np.minimum(np.searchsorted(bounds / bounds[-1], draws[mask], side="right"), len(shares) - 1)
        given[mask] = np.array([places[name] for name, _ in shares])[picked]
    return given


def _draw_patience(inputs: SimInputs, streams: Streams, name: str, grade_of: NDArray[np.int64]) -> FloatArray:
    """How long each candidate waits by its grade."""
    return streams.delays(f"{name}/patience", tuple(grade.patience for grade in inputs.grades), grade_of)


def _patience_factor(inputs: SimInputs, times: FloatArray) -> FloatArray | float:
    """How much longer callers wait in the hour of their call than their grade says."""
    if not inputs.patience_factors:
        return 1.0
    hour = np.searchsorted(inputs.hour_edges_s, times, side="right") - 1
    return np.asarray(inputs.patience_factors)[np.clip(hour, 0, len(inputs.patience_factors) - 1)]


def draw_visits(inputs: SimInputs, streams: Streams) -> list[Visit]:
    """The visits of all other traffic, in the order in which they are announced."""
    visits: list[Visit] = []
    for index, traffic in enumerate(inputs.traffic):
        name = f"traffic/{traffic.id}"
        times, number = thinned_times(
            streams, name, edges_s=inputs.hour_edges_s, rates_per_s=traffic.rates_per_s
        )
        count = int(number[-1]) + 1 if len(number) else 0
        stays = streams.delay(f"{name}/stay", traffic.stay, count)[number]
        for start, stay in zip(times.tolist(), stays.tolist(), strict=True):
            visits.append(Visit(index, max(0.0, start - traffic.notice_s), start, start + stay))
    return sorted(visits, key=lambda visit: (visit.notice_s, visit.traffic))


def _poisson_times(streams: Streams, name: str, rate: float, horizon: float) -> FloatArray:
    """Arrival times of a homogeneous process up to the horizon."""
    expected = rate * horizon
    if expected > MAX_CANDIDATES:
        raise ValueError(f"{name}: {expected:.0f} events are expected, and the limit is {MAX_CANDIDATES}")
    generator, chunk = streams.generator(f"{name}/times"), int(expected + 4.0 * expected**0.5) + 16
    times = np.cumsum(generator.standard_exponential(chunk)) / rate
    while times[-1] < horizon:
        more = times[-1] + np.cumsum(generator.standard_exponential(chunk)) / rate
        times = np.concatenate([times, more])
    return times[: np.searchsorted(times, horizon)]


def _pick_indices(streams: Streams, name: str, count: int, shares: list[float]) -> NDArray[np.int64]:
    """Indices drawn in proportion to shares."""
    bounds = np.cumsum(shares)
    picked = np.searchsorted(bounds / bounds[-1], streams.uniform(name, count), side="right")
    return np.minimum(picked, len(shares) - 1).astype(np.int64)


class Outage(NamedTuple):
    """A part down from when to when: `part` of a dock, `drone` '' unless it is a drone."""

    start_s: float
    end_s: float
    part: str
    dock: int
    drone: str


def draw_outages(inputs: SimInputs, streams: Streams) -> list[Outage]:
    """The outages of one replication in order of time."""
    outages = [outage for rate in inputs.failures for outage in _of_rate(inputs, streams, rate)]
    return sorted(outages)


def _of_rate(inputs: SimInputs, streams: Streams, rate: FailureRate) -> Iterator[Outage]:
    for number, dock in enumerate(inputs.docks):
        drones = [drone_id(dock.id, index) for index in range(dock.drones)]
        for drone in drones if rate.part == DRONE_PART else [""]:
            name = f"failures/{rate.part}/{drone or dock.id}"
            for start_s, end_s in _down_times(streams, name, rate, inputs.horizon_s):
                yield Outage(start_s, end_s, rate.part, number, drone)


def _down_times(
    streams: Streams, name: str, rate: FailureRate, horizon_s: float
) -> Iterator[tuple[float, float]]:
    """Intervals in which a part is down; it is up at the start."""
    starts, ends = _draw_renewals(streams, name, rate, horizon_s)
    for start_s, end_s in zip(starts.tolist(), ends.tolist(), strict=True):
        if start_s < horizon_s:
            yield start_s, end_s


def _draw_renewals(
    streams: Streams, name: str, rate: FailureRate, horizon_s: float
) -> tuple[FloatArray, FloatArray]:
    """Starts and ends of outages until past the horizon; a longer draw begins with the shorter one."""
    count = 16
    while True:
        up = streams.delay(f"{name}/up", rate.between, count)
        down = streams.delay(f"{name}/down", rate.repair, count)
        ends = np.cumsum(up + down)
        if ends[-1] >= horizon_s:
            return ends - down, ends
        count *= 2
