"""What comes from outside in one replication: calls and visits of other traffic, drawn before it runs.

Both are non-homogeneous Poisson processes by thinning (Lewis & Shedler 1979): candidates at the
highest rate of any hour, each kept with the ratio of its hour's rate to that. Neither looks at the
docks, so layouts are compared on the same incidents.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dfr.sim.inputs import SimInputs, TraceCall
from dfr.sim.randomness import FloatArray, Streams

MAX_CANDIDATES = 5_000_000
"""More candidate calls than this in one replication is a mistake in the rates (assumed)."""

NEGLIGIBLE = 1e-9
"""Fewer expected events than this in a replication are none (and their gaps would overflow)."""

LANDING_DRAWS = 8
"""Landing attempts that have numbers of their own; later ones use the last (retries are few)."""


class Call(NamedTuple):
    """One call and every random number that belongs to it, whatever happens to it.

    `ground_s` is when the first officers reach it, `landing` decides the attempts of its drone.
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


class Visit(NamedTuple):
    """Other traffic in our air: told of at `notice_s`, there from `start_s` to `end_s`."""

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
    factor = streams.gamma_factor("calls/rate", inputs.rate_cv)
    rates = tuple(rate * factor for rate in inputs.rates_per_s)
    times, number = thinned_times(streams, "calls", edges_s=inputs.hour_edges_s, rates_per_s=rates)
    count = int(number[-1]) + 1 if len(number) else 0
    zone_of = _pick(streams, "calls/zone", count, [z.share for z in inputs.zones])
    grade_of = _pick(streams, "calls/grade", count, [g.share for g in inputs.grades])
    return _calls(inputs, streams, times=times, number=number, zone_of=zone_of, grade_of=grade_of)


def _draw_rest(inputs: SimInputs, streams: Streams, trace: tuple[TraceCall, ...]) -> list[Call]:
    """Traced calls with what their log does not tell."""
    made = _calls(
        inputs,
        streams,
        times=np.array([row.t_s for row in trace]),
        number=np.arange(len(trace)),
        zone_of=np.array([row.zone for row in trace], dtype=np.int64),
        grade_of=np.array([row.grade for row in trace], dtype=np.int64),
    )
    return [_as_logged(call, row) for call, row in zip(made, trace, strict=True)]


def _as_logged(call: Call, row: TraceCall) -> Call:
    return call._replace(
        decision_s=_told(row.decision_s, call.decision_s),
        on_scene_s=_told(row.on_scene_s, call.on_scene_s),
        ground_s=_told(row.t_s + row.ground_s, call.ground_s),
    )


def _told(logged: float, drawn: float) -> float:
    return drawn if np.isnan(logged) else logged


def _calls(
    inputs: SimInputs,
    streams: Streams,
    *,
    times: FloatArray,
    number: NDArray[np.int64],
    zone_of: NDArray[np.int64],
    grade_of: NDArray[np.int64],
) -> list[Call]:
    """Calls of these times, whose `number` among the candidates says which draws are theirs."""
    count, zone, grade = len(grade_of), zone_of[number], grade_of[number]
    travel = np.array([z.ground_travel_s for z in inputs.zones])[zone]
    ground = times + streams.delay("calls/ground", inputs.ground_mobilisation, count)[number] + travel
    columns = (
        times,
        zone,
        grade,
        streams.delay("calls/decision", inputs.decision, count)[number],
        streams.delay("calls/launch", inputs.launch, count)[number],
        streams.delay("calls/video", inputs.video, count)[number],
        streams.delays("calls/patience", tuple(g.patience for g in inputs.grades), grade_of)[number],
        streams.delays("calls/on_scene", tuple(g.on_scene for g in inputs.grades), grade_of)[number],
        ground,
        streams.delay("calls/recovery", inputs.recovery, count)[number],
    )
    landing = streams.uniform("calls/landing", count * LANDING_DRAWS).reshape(-1, LANDING_DRAWS)[number]
    cells = (column.tolist() for column in columns)
    rows = zip(range(len(number)), *cells, map(tuple, landing.tolist()), strict=True)
    return list(map(Call._make, rows))


def draw_visits(inputs: SimInputs, streams: Streams) -> list[Visit]:
    """The visits of all other traffic, in the order in which we hear of them."""
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
        raise ValueError(f"{expected:.0f} expected events of {name} is over {MAX_CANDIDATES}")
    generator, chunk = streams.generator(f"{name}/times"), int(expected + 4.0 * expected**0.5) + 16
    times = np.cumsum(generator.standard_exponential(chunk)) / rate
    while times[-1] < horizon:
        more = times[-1] + np.cumsum(generator.standard_exponential(chunk)) / rate
        times = np.concatenate([times, more])
    return times[: np.searchsorted(times, horizon)]


def _pick(streams: Streams, name: str, count: int, shares: list[float]) -> NDArray[np.int64]:
    """Indices drawn in proportion to shares."""
    bounds = np.cumsum(shares)
    picked = np.searchsorted(bounds / bounds[-1], streams.uniform(name, count), side="right")
    return np.minimum(picked, len(shares) - 1).astype(np.int64)
