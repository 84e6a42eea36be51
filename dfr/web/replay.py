"""What the replay page plays: a simulated shift from records, or a flight from a tlog, as plain values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from dfr.aircraft.catalogue import find_drone
from dfr.errors import InputError
from dfr.geo import LocalFrame, Position, centroid
from dfr.io.files import read_bounded
from dfr.link.tlog import flight_states, recorder_of
from dfr.link.vehicle import VehicleState
from dfr.metrics.timeline import Kind, Timeline, pick, timeline
from dfr.plan.model import Plan
from dfr.sim.events import FlightRecord, Records
from dfr.store.tracks import StoredFlight, load_flights
from dfr.track import LIFTED_M, FlightTrack
from dfr.web.layers import lonlat
from dfr.world.model import World

MOST_SAMPLES = 1_500
"""A track is thinned to this for the page: finer than its chart has pixels."""

SAMPLE_S = 0.5
GAUGE_S = 1.0
BEFORE_LIFT_S = 2.0


def shift_of(world: World, plan: Plan, records: Records, kind: Kind) -> dict[str, Any]:
    """One replication, its busiest shift marked: who did what, where and when (s of the period)."""
    found = timeline(records, pick(records, kind))
    start_s, end_s = _busiest(world, found)
    zones = {zone.id: centroid(zone.area) for zone in world.scenario.demand.zones}
    return {
        "kind": "shift",
        "title": f"simulated shift ({kind.value}, replication {found.replication})",
        "start_s": start_s,
        "end_s": end_s,
        "epoch": world.scenario.period.start.isoformat(),
        "zone": world.scenario.period.zone.key,
        "height_m": world.scenario.operation.cruise_height_m_agl,
        "ceiling_m": world.scenario.operation.height_limit_m_agl,
        "docks": {site.id: lonlat(site.position) for site in plan.sites},
        "bars": [[b.drone, b.dock, b.phase, b.start_s, b.end_s] for b in found.bars],
        "flights": _flights(world, plan, found, records),
        "calls": [
            {
                "call": c.call,
                "at": lonlat(zones[c.zone]),
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
        "holds": [[span.label, span.start_s, span.end_s] for span in found.holds],
        "visits": [[span.label, span.start_s, span.end_s] for span in found.visits],
        "wind": [
            [world.scenario.period.t_s(hour.start), hour.wind_mps] for hour in world.scenario.weather.hours
        ],
    }


def _flights(world: World, plan: Plan, found: Timeline, records: Records) -> list[dict[str, Any]]:
    battery_wh = find_drone(world.scenario.fleet.drone).battery_wh
    zone_of = {call.call: call.zone for call in found.calls}
    paths = {(r.site_id, r.zone_id): [lonlat(p) for p in r.points] for r in plan.routes}
    rows = (FlightRecord(*row) for row in records.of(found.replication).rows("flights"))
    return [
        {
            "drone": row.drone,
            "dock": row.dock,
            "zone": zone_of.get(row.call, ""),
            "path": paths.get((row.dock, zone_of.get(row.call, "")), []),
            "airborne_s": _maybe(row.airborne_s),
            "landed_s": _maybe(row.landed_s),
            "reserve": _maybe(row.reserve_fraction),
            "used": _maybe(row.energy_wh / battery_wh) if battery_wh else None,
        }
        for row in rows
    ]


def _busiest(world: World, found: Timeline) -> tuple[float, float]:
    spans = [(s.start_s, s.end_s) for s in found.shifts] or [(0.0, world.scenario.period.seconds)]
    return max(spans, key=lambda span: sum(span[0] <= call.call_s < span[1] for call in found.calls))


def flown_tlog(data: bytes, *, name: str, ceiling_m: float | None) -> dict[str, Any]:
    """What a tlog's bytes tell of: all its flights on one clock, with nothing predicted beside them.

    `flights` are lift-off and touchdown of each, seconds from the first lift-off; None where it did not land.
    """
    states = list(flight_states(data))
    recorder = recorder_of(states, name=name)
    track = recorder.track(name)
    if track.t_s.size < 2:
        raise InputError(f"{name}: fewer than two positions in it", do="give the log of a flight")
    shown = flight(recorder.home, flown=track, predicted=None, title=name, ceiling_m=ceiling_m)
    lift_s = lift_off_s(track)
    hops = [
        [round(hop.lift_t_s - lift_s, 2), None if hop.touch_t_s is None else round(hop.touch_t_s - lift_s, 2)]
        for hop in recorder.air.hops
    ]
    return shown | {"gauges": gauges(states, track), "flights": hops}


def gauges(states: Iterable[VehicleState], track: FlightTrack) -> dict[str, list[tuple[float, float]]]:
    """(s from lift-off, value) of what the log says besides places: battery in %, wind in m/s."""
    lift_s = lift_off_s(track)
    found: dict[str, list[tuple[float, float]]] = {"battery": [], "wind": []}
    for state in states:
        if state.t_s is None or state.t_s < track.t_s[0]:
            continue
        told = {"battery": state.battery_remaining, "wind": state.wind_mps}
        at_s = round(float(state.t_s) - lift_s, 2)
        for name, value in told.items():
            kept = found[name]
            if value is not None and (not kept or at_s >= kept[-1][0] + GAUGE_S):
                kept.append((at_s, round(100.0 * value if name == "battery" else value, 2)))
    return found


def flight(
    home: Position,
    *,
    flown: FlightTrack,
    predicted: FlightTrack | None,
    title: str,
    ceiling_m: float | None,
) -> dict[str, Any]:
    """A flight for the page: seconds from lift-off, places, heights, ground speed."""
    return {
        "kind": "flight",
        "title": title,
        "home": lonlat(home),
        "ceiling_m": ceiling_m,
        "flown": _samples(home, flown),
        "predicted": None if predicted is None else _samples(home, predicted),
    }


def stored_flights(folder: Path, *, ceiling_m: float | None) -> dict[str, dict[str, Any]]:
    """The flights of a rehearsal by name; none where nothing was flown."""
    logs = {path.stem: path for path in (folder / "flights").glob("*.tlog")}
    return {kept.name: _stored(kept, logs.get(kept.name), ceiling_m) for kept in load_flights(folder)}


def _stored(kept: StoredFlight, log: Path | None, ceiling_m: float | None) -> dict[str, Any]:
    shown = flight(
        kept.home, flown=kept.flown, predicted=kept.predicted, title=kept.name, ceiling_m=ceiling_m
    )
    if log is None:
        return shown
    try:
        return shown | {"gauges": gauges(flight_states(read_bounded(log)), kept.flown)}
    except InputError:
        # A log that cannot be read takes nothing from the flight that was kept beside it.
        return shown


def _samples(home: Position, track: FlightTrack) -> dict[str, Any]:
    """A track on an even clock that starts at lift-off, so that predicted and flown lie over each other."""
    lift_s = lift_off_s(track)
    start_s = max(float(track.t_s[0]), lift_s - BEFORE_LIFT_S)
    count = int(min(MOST_SAMPLES, max(2.0, (track.t_s[-1] - start_s) / SAMPLE_S + 1)))
    t_s = np.linspace(start_s, float(track.t_s[-1]), count)
    east, north, height = (
        np.interp(t_s, track.t_s, values) for values in (track.east_m, track.north_m, track.height_m)
    )
    lat, lon = LocalFrame(home).to_geodetic(east, north)
    return {
        "t_s": _rounded(t_s - lift_s, 2),
        "lon": _rounded(lon, 7),
        "lat": _rounded(lat, 7),
        "height_m": _rounded(height, 2),
        "speed_mps": _rounded(np.hypot(np.gradient(east, t_s), np.gradient(north, t_s)), 2),
        "energy_wh": track.energy_wh,
    }


def lift_off_s(track: FlightTrack) -> float:
    """When the drone lifts off, also between sparse samples; the first moment where it never does."""
    lift_s, above_m = track.lift_t_s, track.ground_before_m + LIFTED_M
    up = int(np.searchsorted(track.t_s, track.t_s[0] if lift_s is None else lift_s))
    if up == 0:
        return float(track.t_s[0])
    before, after = up - 1, up + 1
    return float(np.interp(above_m, track.height_m[before:after], track.t_s[before:after]))


def _rounded(values: np.ndarray[Any, np.dtype[np.float64]], digits: int) -> Sequence[float]:
    return [round(float(value), digits) for value in values]


def _maybe(value: float) -> float | None:
    return value if np.isfinite(value) else None
