"""Key figures of a run, from its records and nothing else; every duration says which clock it is.

call -> decision -> airborne -> overhead -> usable video. A call that was never reached has no
response time; it counts against every share "of all calls", so that a deployment which drops hard
calls cannot look quick.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dfr.metrics.measures import (
    BoolArray,
    Kpi,
    RunView,
    of_replications,
    of_share,
    of_values,
    ready_share,
    scaled,
    share_of,
)
from dfr.metrics.use import footprint_kpis, move_kpis, overwatch_kpis, per_day, per_duty_hour
from dfr.sim import events
from dfr.sim.events import Column, Missed, Records
from dfr.sim.inputs import Deployment
from dfr.statistics import FloatArray

CLOCKS = (
    ("call_to_decision_s", "call_s", "decided_s", "call until the decision to send a drone"),
    ("decision_to_dispatch_s", "decided_s", "dispatched_s", "decision until a drone is free and told to go"),
    ("decision_to_airborne_s", "decided_s", "airborne_s", "decision until lift-off"),
    ("call_to_airborne_s", "call_s", "airborne_s", "call until lift-off"),
    ("airborne_to_overhead_s", "airborne_s", "overhead_s", "lift-off until overhead"),
    ("decision_to_overhead_s", "decided_s", "overhead_s", "decision until overhead"),
    ("call_to_overhead_s", "call_s", "overhead_s", "call until overhead"),
    ("overhead_to_video_s", "overhead_s", "video_s", "overhead until usable video in the control room"),
    ("call_to_video_s", "call_s", "video_s", "call until usable video in the control room"),
    ("call_to_ground_s", "call_s", "ground_s", "call until the first officers"),
)
"""Clock pairs: name, first and second clock of a call record, and in words."""

LANDINGS = (
    ("landing_first_try", events.DOCKED, 1, 1, "landings in the dock at the first attempt"),
    ("landing_after_retry", events.DOCKED, 2, 1 << 30, "landings in the dock after a retry"),
    ("landing_diverted", events.DIVERTED, 0, 1 << 30, "landings outside the dock, fetched by a person"),
    ("landing_not_disarmed", events.NOT_DISARMED, 0, 1 << 30, "docked but not disarmed: a person needed"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DockFigures:
    """What one dock did, as shares of the time with people on duty.

    `utilisation` is of the drones that live in it, wherever they are moved up to.
    """

    drones: int
    utilisation: float | None
    drone_ready: float | None
    flights_per_day: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Denominators:
    """What figures "a day" and "an hour on duty" are over: the period, nights included, and its duty."""

    days: float
    duty_h: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The figures of one run."""

    scenario: str
    seed: int
    replications: int
    kpis: dict[str, Kpi]
    missed: dict[str, float]
    docks: dict[str, DockFigures]
    time: Denominators

    def as_dict(self) -> dict[str, object]:
        """The run as it stands in `kpis.json` and on the command line."""
        return {
            "scenario": self.scenario,
            "seed": self.seed,
            "replications": self.replications,
            "time": {"days": self.time.days, "duty_hours": self.time.duty_h},
            "kpis": {name: kpi.as_dict() for name, kpi in self.kpis.items()},
            "missed": self.missed,
            "docks": {
                name: {
                    "drones": dock.drones,
                    "utilisation": dock.utilisation,
                    "drone_ready": dock.drone_ready,
                    "flights_per_day": dock.flights_per_day,
                }
                for name, dock in self.docks.items()
            },
        }


def summarise(records: Records, deployment: Deployment, *, seed: int) -> Summary:
    """Every figure of a run."""
    view = RunView.of(records, deployment)
    kpis = [
        *_clock_kpis(view),
        *_call_kpis(view),
        *_target_kpis(view),
        *_flight_kpis(view),
        *_landing_kpis(view),
        *_time_kpis(view),
        *footprint_kpis(view),
        *overwatch_kpis(view),
        *move_kpis(view),
    ]
    return Summary(
        scenario=deployment.scenario,
        seed=seed,
        replications=view.count,
        kpis={kpi.name: kpi for kpi in kpis},
        missed=_missed(view),
        docks={dock.id: _dock(view, dock.id, dock.drones) for dock in deployment.docks},
        time=Denominators(days=deployment.days, duty_h=view.duty_s / 3600.0),
    )


def clock_seconds(records: Records, name: str) -> FloatArray:
    """Seconds of one clock pair of `CLOCKS`, for every call in which both clocks came."""
    start, end = next((start, end) for known, start, end, _ in CLOCKS if known == name)
    seconds = records.column("calls", end) - records.column("calls", start)
    return np.asarray(seconds[~np.isnan(seconds)], dtype=np.float64)


def _clock_kpis(view: RunView) -> list[Kpi]:
    replication = view.replication("calls")
    return [
        of_values(
            name,
            view.number("calls", end) - view.number("calls", start),
            replication,
            count=view.count,
            unit="s",
            what=what,
        )
        for name, start, end, what in CLOCKS
    ]


def _call_kpis(view: RunView) -> list[Kpi]:
    replication, count = view.replication("calls"), view.count
    missed = view.is_("calls", "outcome", events.MISSED)
    first = view.is_("calls", "outcome", events.FIRST)
    at_once = view.number("calls", "dispatched_s") == view.number("calls", "decided_s")
    traffic = view.is_("calls", "reason", Missed.TRAFFIC) | view.is_("calls", "reason", Missed.RECALLED)
    attended = of_share(
        "attended", ~missed, replication, count=count, what="of all calls: a drone came overhead"
    )
    return [
        attended,
        of_share(
            "first_on_scene",
            first[~missed],
            replication[~missed],
            count=count,
            what="of attended calls: overhead before any officer",
        ),
        of_share(
            "served_at_once", at_once, replication, count=count, what="of all calls: sent at the decision"
        ),
        of_share(
            "missed_for_traffic",
            traffic,
            replication,
            count=count,
            what="of all calls: missed for other traffic",
        ),
        scaled(
            attended,
            view.deployment.cleared_without_patrol,
            name="cleared_without_patrol",
            what="of all calls: attended times the scenario's share closed without officers (assumption)",
        ),
        per_day(view, "calls_per_day", view.counts("calls"), "1/day", "calls"),
        per_duty_hour(view, "calls_per_duty_hour", _on_duty_counts(view, "calls", "call_s"), "1/h", "calls"),
    ]


def _target_kpis(view: RunView) -> list[Kpi]:
    replication, count = view.replication("calls"), view.count
    to_overhead = view.number("calls", "overhead_s") - view.number("calls", "call_s")
    decided = view.number("calls", "overhead_s") - view.number("calls", "decided_s")
    targets = np.full(len(view.records.words), np.nan)
    for grade in view.deployment.grades:
        targets[view.records.code(grade.id)] = grade.target_s
    within: BoolArray = to_overhead <= targets[view.number("calls", "grade").astype(np.int64)]
    kpis = [
        of_share("within_target", within, replication, count=count, what="of all calls: overhead in target")
    ]
    groups = [("priority", "grade", g.id) for g in view.deployment.grades]
    for label, column, word in groups + [("zone", "zone", z.id) for z in view.deployment.zones]:
        mask = view.is_("calls", column, word)
        what = f"of calls of {label} {word}: overhead within their target of the call"
        kpis.append(
            of_share(f"within_target.{label}.{word}", within[mask], replication[mask], count=count, what=what)
        )
    for limit in view.deployment.limits_s:
        what = f"of all calls: overhead within {limit:g} s of the decision"
        kpis.append(of_share(f"within_{limit:g}_s", decided <= limit, replication, count=count, what=what))
    return kpis


def _flight_kpis(view: RunView) -> list[Kpi]:
    replication, count = view.replication("flights"), view.count
    stay_s = view.number("flights", "on_scene_s")
    reserve = view.number("flights", "reserve_fraction")
    return [
        per_day(view, "flights_per_day", view.counts("flights"), "1/day", "flights"),
        per_duty_hour(view, "flights_per_duty_hour", view.counts("flights"), "1/h", "flights"),
        per_day(
            view,
            "on_scene_camera_minutes_per_day",
            view.sums("flights", stay_s) / 60.0,
            "min/day",
            "minutes with a camera on a scene, over homes or not",
        ),
        per_day(
            view,
            "airborne_minutes_per_day",
            view.flown_s("airborne_s") / 60.0,
            "min/day",
            "minutes in the air, all drones together",
        ),
        per_day(
            view,
            "yields_per_day",
            view.counts("yields"),
            "1/day",
            "times that a drone made way for other traffic",
        ),
        per_day(
            view,
            "yield_minutes_per_day",
            view.sums("flights", view.number("flights", "yielded_s")) / 60.0,
            "min/day",
            "minutes spent making way",
        ),
        of_values(
            "on_scene_s",
            np.where(stay_s > 0.0, stay_s, np.nan),
            replication,
            count=count,
            unit="s",
            what="stay overhead",
        ),
        of_values(
            "reserve_at_landing", reserve, replication, count=count, unit="share", what="battery at touchdown"
        ),
    ]


def _landing_kpis(view: RunView) -> list[Kpi]:
    """How the landings of flights and moves went."""

    def both(column: str) -> Column:
        return np.concatenate([view.number("flights", column), view.number("moves", column)])

    landed, attempts = ~np.isnan(both("landed_s")), both("attempts")
    replication = np.concatenate([view.replication("flights"), view.replication("moves")])
    kpis = []
    for name, outcome, least, most, what in LANDINGS:
        hits = (both("landing") == view.records.code(outcome)) & (attempts >= least) & (attempts <= most)
        words = f"of landings: {what}"
        kpis.append(of_share(name, hits[landed], replication[landed], count=view.count, what=words))
    return kpis


def _time_kpis(view: RunView) -> list[Kpi]:
    deployment = view.deployment
    drones = sum(dock.drones for dock in deployment.docks)
    used_s = view.flown_s("dispatched_s")
    span_s = view.number("weather", "end_s") - view.number("weather", "start_s")
    open_s = view.sums("weather", view.is_("weather", "hold", "") * span_s)
    figures = (
        (
            "drone_ready",
            ready_share(view, events.ANY_DOCK),
            "of the time on duty: at least one charged drone in a dock",
        ),
        (
            "utilisation",
            share_of(used_s, drones * view.duty_s),
            "of drone time on duty: between dispatch and touchdown",
        ),
        (
            "crew_utilisation",
            share_of(used_s, view.posts_s),
            "of the drone time that the crew may have in use",
        ),
        ("docks_open", share_of(open_s, deployment.horizon_s), "of all time: weather lets the docks open"),
    )
    return [of_replications(name, values, unit="share", what=what) for name, values, what in figures]


def _on_duty_counts(view: RunView, table: str, clock: str) -> FloatArray:
    """Records of each replication that came while people were on duty."""
    moments = view.number(table, clock)
    return view.sums(table, (view.on_duty_s(moments, np.nextafter(moments, np.inf)) > 0.0).astype(float))


def _missed(view: RunView) -> dict[str, float]:
    """Share of all calls that were missed, by reason, largest first."""
    missed = view.is_("calls", "outcome", events.MISSED)
    codes, counts = np.unique(view.number("calls", "reason")[missed], return_counts=True)
    shares = {view.records.words[code]: int(n) / len(missed) for code, n in zip(codes, counts, strict=True)}
    return dict(sorted(shares.items(), key=lambda item: (-item[1], item[0])))


def _dock(view: RunView, dock: str, drones: int) -> DockFigures:
    here = view.is_("flights", "dock", dock)
    own = [view.records.code(events.drone_id(dock, index)) for index in range(drones)]
    used = 0.0
    for table in ("flights", "moves"):
        seconds = view.ended("landed_s", table) - view.number(table, "dispatched_s")
        used += seconds[np.isin(view.number(table, "drone"), own)].sum()
    share = share_of(np.array([used]), view.count * drones * view.duty_s)[0]
    ready = ready_share(view, dock)
    return DockFigures(
        drones=drones,
        utilisation=None if np.isnan(share) else float(share),
        drone_ready=None if np.isnan(ready).all() else float(np.nanmean(ready)),
        flights_per_day=float(here.sum()) / view.count / view.deployment.days,
    )
