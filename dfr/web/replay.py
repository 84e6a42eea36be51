"""Data of the replay page: a simulated shift (`shift_of`), stored flights, a flight log (`replay_of_log`)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from dfr.aircraft.catalogue import drone_of
from dfr.api.logs import JudgedDrone
from dfr.errors import InputError
from dfr.geo import LocalFrame, Position
from dfr.io.files import read_bounded
from dfr.io.logs.files import read_log
from dfr.logs.flights import LoggedFlight, find_flights, track_of_log
from dfr.logs.model import FlightLog, Quantity, Series
from dfr.metrics.timeline import ShiftKind, Timeline, pick, timeline
from dfr.plan.model import Plan
from dfr.sim.events import FlightRecord, Records
from dfr.store.tracks import StoredFlight, load_flights
from dfr.track import LIFTED_M, FlightTrack
from dfr.web.layers import to_lonlat
from dfr.web.recorded import recorded_series
from dfr.web.replay_events import log_events, shift_events, waiting_calls
from dfr.world.demand import zone_centres
from dfr.world.model import World

MOST_SAMPLES = 1_500
"""The most samples of a track on the page: more than its chart has pixels."""

SAMPLE_S = 0.5
GAUGE_S = 1.0
BEFORE_LIFT_S = 2.0


def shift_of(world: World, plan: Plan, records: Records, kind: ShiftKind) -> dict[str, Any]:
    """One replication as plain values, with the span of its busiest shift; times in s of the period."""
    found = timeline(records, pick(records, kind))
    start_s, end_s = _busiest_span(world, found)
    zones = zone_centres(world.scenario)
    names = {zone.id: zone.name for zone in world.scenario.demand.zones}
    names |= {site.id: site.name for site in plan.sites}
    flights = [FlightRecord(*row) for row in records.of(found.replication).rows("flights")]
    told = shift_events(found, flights, names)
    return {
        "kind": "shift",
        "names": names,
        "events": [event for event in told if start_s <= event["t_s"] <= end_s],
        "waiting": waiting_calls(found.calls),
        "title": f"Simulated shift, {kind.value} (replication {found.replication})",
        "start_s": start_s,
        "end_s": end_s,
        "epoch": world.scenario.period.start.isoformat(),
        "zone": world.scenario.period.zone.key,
        "height_m": world.scenario.operation.cruise_height_m_agl,
        "ceiling_m": world.scenario.operation.height_limit_m_agl,
        "docks": {site.id: to_lonlat(site.position) for site in plan.sites},
        "bars": [asdict(bar) for bar in found.bars],
        "flights": _shift_flights(world, plan, found, flights),
        "calls": [
            {
                "call": c.call,
                "at": to_lonlat(zones[c.zone]),
                "zone": c.zone,
                "grade": c.grade,
                "call_s": c.call_s,
                "overhead_s": c.overhead_s,
                "ended_s": c.ended_s,
                "outcome": c.outcome,
                "reason": c.reason.replace("_", " "),
            }
            for c in found.calls
        ],
        "holds": [asdict(span) for span in found.holds],
        "visits": [asdict(span) for span in found.visits],
        "wind": [
            [world.scenario.period.t_s(hour.start), hour.wind_mps] for hour in world.scenario.weather.hours
        ],
    }


def _shift_flights(
    world: World, plan: Plan, found: Timeline, flights: Sequence[FlightRecord]
) -> list[dict[str, Any]]:
    battery_wh = drone_of(world.scenario.fleet).battery_wh
    zone_of = {call.call: call.zone for call in found.calls}
    paths = {(r.site_id, r.zone_id): [to_lonlat(p) for p in r.points] for r in plan.routes}
    return [
        {
            "drone": row.drone,
            "dock": row.dock,
            "zone": zone_of.get(row.call, ""),
            "path": paths.get((row.dock, zone_of.get(row.call, "")), []),
            "airborne_s": _finite_or_none(row.airborne_s),
            "landed_s": _finite_or_none(row.landed_s),
            "reserve": _finite_or_none(row.reserve_fraction),
            "used": _finite_or_none(row.energy_wh / battery_wh) if battery_wh else None,
        }
        for row in flights
    ]


def _busiest_span(world: World, found: Timeline) -> tuple[float, float]:
    spans = [(s.start_s, s.end_s) for s in found.shifts] or [(0.0, world.scenario.period.seconds)]
    return max(spans, key=lambda span: sum(span[0] <= call.call_s < span[1] for call in found.calls))


def replay_of_log(
    log: FlightLog, *, ceiling_m: float | None, judged: JudgedDrone | None = None
) -> dict[str, Any]:
    """All flights of a log on its one clock, and each beside its prediction for the drone that is judged by.

    `flights` gives lift-off and touchdown of each, in s from the first lift-off; None where it did not land.
    """
    flights = find_flights(log)
    home, track = track_of_log(log, flights)
    shown = replay_of(home, flown=track, predicted=None, title=log.name, ceiling_m=ceiling_m)
    lift_s = lift_off_s(track)
    hops = [[round(f.start_s - lift_s, 2), round(f.end_s - lift_s, 2) if f.landed else None] for f in flights]
    compared = [] if judged is None else [compare_shown(log, flight, judged) for flight in flights]
    return shown | _recorded(log, track) | {"flights": hops, "compared": compared}


def compare_shown(log: FlightLog, flight: LoggedFlight, judged: JudgedDrone) -> dict[str, Any]:
    """A flight of a log beside its prediction, or why there is none (`why`).

    `energy` has the Wh flown and predicted, by whole dispatch and by its own motion, and the band within
    which nine flights in ten are expected.
    """
    try:
        found = judged.compare(log, flight)
    except InputError as error:
        return {"flight": flight.number, "why": error.what}
    return {
        "flight": flight.number,
        "drone": judged.drone.name,
        "phases": [phase.as_dict() for phase in found.phases],
        "energy": {
            "flown_wh": found.flown_wh,
            "predicted_wh": found.predicted_wh,
            "motion_wh": found.motion_wh,
            "band": found.energy_band,
        },
        "notes": list(found.notes),
    }


def _recorded(log: FlightLog, track: FlightTrack) -> dict[str, Any]:
    """What a log holds beside its track, in s from lift-off."""
    lift_s = lift_off_s(track)
    return {
        "gauges": gauge_series(log, track),
        "series": recorded_series(log, lift_s=lift_s),
        "events": log_events(log, lift_s=lift_s),
    }


def gauge_series(log: FlightLog, track: FlightTrack) -> dict[str, list[tuple[float, float]]]:
    """(s from lift-off, value) of what else a log holds beside its track: battery in %, wind in m/s."""
    north, east = log.series.get(Quantity.WIND_NORTH_MPS), log.series.get(Quantity.WIND_EAST_MPS)
    wind = None
    if north is not None and east is not None:
        wind = Series(t_s=north.t_s, values=np.hypot(north.values, east.at(north.t_s)))
    battery = log.series.get(Quantity.REMAINING)
    return {"battery": _one_a_second(battery, track, scale=100.0), "wind": _one_a_second(wind, track)}


def _one_a_second(
    series: Series | None, track: FlightTrack, *, scale: float = 1.0
) -> list[tuple[float, float]]:
    """A series from the start of a track on, about a value each second."""
    kept: list[tuple[float, float]] = []
    lift_s = lift_off_s(track)
    if series is not None:
        for t_s, value in zip(series.t_s.tolist(), series.values.tolist(), strict=True):
            at_s = round(t_s - lift_s, 2)
            if t_s >= track.t_s[0] and (not kept or at_s >= kept[-1][0] + GAUGE_S):
                kept.append((at_s, round(scale * value, 2)))
    return kept


def replay_of(
    home: Position,
    *,
    flown: FlightTrack,
    predicted: FlightTrack | None,
    title: str,
    ceiling_m: float | None,
) -> dict[str, Any]:
    """A flight as the page plays it: seconds from lift-off, positions, heights, ground speed."""
    return {
        "kind": "flight",
        "title": title,
        "home": to_lonlat(home),
        "ceiling_m": ceiling_m,
        "flown": _even_samples(home, flown),
        "predicted": None if predicted is None else _even_samples(home, predicted),
    }


def stored_flights(folder: Path, *, ceiling_m: float | None) -> dict[str, dict[str, Any]]:
    """The flights of a rehearsal by name; empty where nothing was flown."""
    logs = {path.stem: path for path in (folder / "flights").glob("*.tlog")}
    phases = _measured_phases(folder)
    return {
        kept.name: _stored_replay(kept, logs.get(kept.name), ceiling_m)
        | {"phases": phases.get(kept.name, [])}
        for kept in load_flights(folder)
    }


def _measured_phases(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """The phases of each flight as the rehearsal measured them, predicted beside flown; {} where not kept."""
    path = folder / "rehearsal.json"
    if not path.is_file():
        return {}
    try:
        flights = json.loads(read_bounded(path))["flights"]
        return {f"{flight['site']}-{flight['zone']}": flight["phases"] for flight in flights}
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError(f"{path} is not a rehearsal ({error})", do="rehearse again") from error


def _stored_replay(kept: StoredFlight, log: Path | None, ceiling_m: float | None) -> dict[str, Any]:
    shown = replay_of(
        kept.home, flown=kept.flown, predicted=kept.predicted, title=kept.name, ceiling_m=ceiling_m
    )
    if log is None:
        return shown
    try:
        found = read_log(log)
        _, track = track_of_log(found, find_flights(found))
    except InputError:
        # The stored flight is shown even if its log cannot be read.
        return shown
    return shown | _recorded(found, track)


def _even_samples(home: Position, track: FlightTrack) -> dict[str, Any]:
    """A track at even times that start at lift-off, so that predicted and flown can be compared."""
    lift_s = lift_off_s(track)
    start_s = max(float(track.t_s[0]), lift_s - BEFORE_LIFT_S)
    count = int(min(MOST_SAMPLES, max(2.0, (track.t_s[-1] - start_s) / SAMPLE_S + 1)))
    t_s = np.linspace(start_s, float(track.t_s[-1]), count)
    east, north, height = (
        np.interp(t_s, track.t_s, values) for values in (track.east_m, track.north_m, track.height_m)
    )
    lat, lon = LocalFrame(home).to_geodetic(east, north)
    return {
        "t_s": _round_all(t_s - lift_s, 2),
        "lon": _round_all(lon, 7),
        "lat": _round_all(lat, 7),
        "height_m": _round_all(height, 2),
        "speed_mps": _round_all(np.hypot(np.gradient(east, t_s), np.gradient(north, t_s)), 2),
        "energy_wh": track.energy_wh,
    }


def lift_off_s(track: FlightTrack) -> float:
    """The time of lift-off, interpolated between samples; the first time where it never lifts off."""
    lift_s, above_m = track.lift_t_s, track.ground_before_m + LIFTED_M
    up = int(np.searchsorted(track.t_s, track.t_s[0] if lift_s is None else lift_s))
    if up == 0:
        return float(track.t_s[0])
    before, after = up - 1, up + 1
    return float(np.interp(above_m, track.height_m[before:after], track.t_s[before:after]))


def _round_all(values: np.ndarray[Any, np.dtype[np.float64]], digits: int) -> Sequence[float]:
    return [round(float(value), digits) for value in values]


def _finite_or_none(value: float) -> float | None:
    return value if np.isfinite(value) else None
