"""Key figures of a run: response times, shares of calls, landings, use of drones, gaps, minutes over homes.

They come from the run's records and nothing else (`summarise`); their names, units and words stand in
`key_figures`. The clocks are call -> decision -> airborne -> overhead -> usable video. A call that no drone
reached has no response time; it counts against every share of all calls, so that a deployment which drops
hard calls cannot look quick. "A day" is 24 h of the simulated period, nights and closed hours included; "an
hour on duty" is one with people on duty (`Summary.time` has the number of each).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

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
from dfr.scenario.key_figures import CLOCKS, KEY_FIGURES
from dfr.sim import events
from dfr.sim.events import Column, Missed, Records
from dfr.sim.inputs import Deployment, Homes
from dfr.statistics import FloatArray

PlaceArray = np.ndarray[tuple[int, ...], np.dtype[np.int64]]
"""Places in a table, or in a list of the deployment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LandingKind:
    """Landings of a figure: how they ended, after `least` to `most` attempts."""

    figure: str
    outcome: str
    least: int
    most: int


CLOCK_S = 1e-6
"""Moments nearer to each other than this are the same, to the rounding of a clock of weeks."""

MANY = 1 << 30
"""More attempts than any landing takes."""

LANDINGS = (
    LandingKind(figure="landing_first_try", outcome=events.DOCKED, least=1, most=1),
    LandingKind(figure="landing_after_retry", outcome=events.DOCKED, least=2, most=MANY),
    LandingKind(figure="landing_diverted", outcome=events.DIVERTED, least=0, most=MANY),
    LandingKind(figure="landing_not_disarmed", outcome=events.NOT_DISARMED, least=0, most=MANY),
)
"""The landings that each figure counts."""


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
        *_weather_kpis(view),
        *_target_kpis(view),
        *_flight_kpis(view),
        *_landing_kpis(view),
        *_time_kpis(view),
        *_footprint_kpis(view),
        *_overwatch_kpis(view),
        *_move_kpis(view),
        *_policing_kpis(view),
    ]
    return Summary(
        scenario=deployment.scenario,
        seed=seed,
        replications=view.count,
        kpis={kpi.name: kpi for kpi in kpis},
        missed=_missed_shares(view),
        docks={dock.id: _dock_figures(view, dock.id, dock.drones) for dock in deployment.docks},
        time=Denominators(days=deployment.days, duty_h=view.duty_s / 3600.0),
    )


def clock_seconds(records: Records, name: str) -> FloatArray:
    """Seconds of one clock pair of `CLOCKS`, for every call in which both clocks came."""
    clock = next(clock for clock in CLOCKS if clock.name == name)
    seconds = records.column("calls", clock.end) - records.column("calls", clock.start)
    return np.asarray(seconds[~np.isnan(seconds)], dtype=np.float64)


def _clock_kpis(view: RunView) -> list[Kpi]:
    replication = view.replication("calls")
    return [
        of_values(
            clock,
            view.number("calls", clock.end) - view.number("calls", clock.start),
            replication,
            count=view.count,
        )
        for clock in CLOCKS
    ]


def _call_kpis(view: RunView) -> list[Kpi]:
    replication, count = view.replication("calls"), view.count
    missed = view.is_("calls", "outcome", events.MISSED)
    first = view.is_("calls", "outcome", events.FIRST)
    at_once = view.number("calls", "dispatched_s") == view.number("calls", "decided_s")
    traffic = view.is_("calls", "reason", Missed.TRAFFIC) | view.is_("calls", "reason", Missed.RECALLED)
    attended = of_share(KEY_FIGURES["attended"], ~missed, replication, count=count)
    cleared = KEY_FIGURES["cleared_without_patrol"]
    return [
        attended,
        of_share(KEY_FIGURES["first_on_scene"], first[~missed], replication[~missed], count=count),
        of_share(KEY_FIGURES["served_at_once"], at_once, replication, count=count),
        of_share(KEY_FIGURES["missed_for_traffic"], traffic, replication, count=count),
        scaled(cleared, attended, view.deployment.cleared_without_patrol),
        _per_day(view, "calls_per_day", view.counts("calls")),
        _per_duty_hour(view, "calls_per_duty_hour", _on_duty_counts(view, "calls", "call_s")),
    ]


def _weather_kpis(view: RunView) -> list[Kpi]:
    """Calls missed for each weather limit, alone or with others: rain counts as rain when it is windy too."""
    replication, reason = view.replication("calls"), view.number("calls", "reason")
    weather = {
        word: events.holding_limits(word.removeprefix(Missed.WEATHER))
        for word in view.records.words
        if word.startswith(Missed.WEATHER)
    }
    kpis = []
    for limit in events.WEATHER_HOLDS:
        figure = KEY_FIGURES["missed_for_{weather}"].of(limit)
        figure = replace(figure, what=figure.what.replace("landing_wind", "wind at the dock"))
        codes = [view.records.code(word) for word, limits in weather.items() if limit in limits]
        kpis.append(of_share(figure, np.isin(reason, codes), replication, count=view.count))
    return kpis


def _target_kpis(view: RunView) -> list[Kpi]:
    replication, count = view.replication("calls"), view.count
    to_overhead = view.number("calls", "overhead_s") - view.number("calls", "call_s")
    decided = view.number("calls", "overhead_s") - view.number("calls", "decided_s")
    targets = np.full(len(view.records.words), np.nan)
    for grade in view.deployment.grades:
        targets[view.records.code(grade.id)] = grade.target_s
    within: BoolArray = to_overhead <= targets[view.number("calls", "grade").astype(np.int64)]
    kpis = [of_share(KEY_FIGURES["within_target"], within, replication, count=count)]
    priority, zone = (KEY_FIGURES[f"within_target.{of}"] for of in ("priority.{priority}", "zone.{zone}"))
    groups = [(priority.of(grade.id), "grade", grade.id) for grade in view.deployment.grades]
    groups += [(zone.of(each.id), "zone", each.id) for each in view.deployment.zones]
    for figure, column, word in groups:
        mask = view.is_("calls", column, word)
        kpis.append(of_share(figure, within[mask], replication[mask], count=count))
    for limit in view.deployment.limits_s:
        figure = KEY_FIGURES["within_{seconds}_s"].of(f"{limit:g}")
        kpis.append(of_share(figure, decided <= limit, replication, count=count))
    return kpis


def _flight_kpis(view: RunView) -> list[Kpi]:
    replication, count = view.replication("flights"), view.count
    stay_s = view.number("flights", "on_scene_s")
    reserve = view.number("flights", "reserve_fraction")
    camera_min = view.sums("flights", stay_s) / 60.0
    yield_min = view.sums("flights", view.number("flights", "yielded_s")) / 60.0
    stays_s = np.where(stay_s > 0.0, stay_s, np.nan)
    return [
        _per_day(view, "flights_per_day", view.counts("flights")),
        _per_duty_hour(view, "flights_per_duty_hour", view.counts("flights")),
        _per_day(view, "on_scene_camera_minutes_per_day", camera_min),
        _per_day(view, "airborne_minutes_per_day", view.flown_s("airborne_s") / 60.0),
        _per_day(view, "yields_per_day", view.counts("yields")),
        _per_day(view, "yield_minutes_per_day", yield_min),
        of_values(KEY_FIGURES["on_scene_s"], stays_s, replication, count=count),
        of_values(KEY_FIGURES["reserve_at_landing"], reserve, replication, count=count),
    ]


def _landing_kpis(view: RunView) -> list[Kpi]:
    """How the landings of flights and moves went."""

    def both(column: str) -> Column:
        return np.concatenate([view.number("flights", column), view.number("moves", column)])

    landed, attempts = ~np.isnan(both("landed_s")), both("attempts")
    replication = np.concatenate([view.replication("flights"), view.replication("moves")])
    kpis = []
    for kind in LANDINGS:
        hits = both("landing") == view.records.code(kind.outcome)
        hits &= (attempts >= kind.least) & (attempts <= kind.most)
        figure = KEY_FIGURES[kind.figure]
        kpis.append(of_share(figure, hits[landed], replication[landed], count=view.count))
    return kpis


def _time_kpis(view: RunView) -> list[Kpi]:
    deployment = view.deployment
    drones = sum(dock.drones for dock in deployment.docks)
    used_s = view.flown_s("dispatched_s")
    span_s = view.number("weather", "end_s") - view.number("weather", "start_s")
    open_s = view.sums("weather", view.is_("weather", "hold", "") * span_s)
    figures = {
        "drone_ready": ready_share(view, events.ANY_DOCK),
        "utilisation": share_of(used_s, drones * view.duty_s),
        "crew_utilisation": share_of(used_s, view.posts_s),
        "docks_open": share_of(open_s, deployment.horizon_s),
    }
    return [of_replications(KEY_FIGURES[name], values) for name, values in figures.items()]


def _on_duty_counts(view: RunView, table: str, clock: str) -> FloatArray:
    """Records of each replication that came while people were on duty."""
    moments = view.number(table, clock)
    return view.sums(table, (view.on_duty_s(moments, np.nextafter(moments, np.inf)) > 0.0).astype(float))


def _footprint_kpis(view: RunView) -> list[Kpi]:
    """Camera minutes over homes (the privacy footprint), unknown where nobody has said where people live."""
    homes = view.deployment.homes
    if homes is None:
        minutes = np.full(view.count, np.nan)
    else:
        zone, dock = _zones_of(view, "flights"), view.places("flights", "dock", view.deployment.docks)
        flown_s = view.ended("landed_s") - view.number("flights", "airborne_s")
        stay_s = view.number("flights", "on_scene_s")
        over_s = np.asarray(homes.by_zone)[zone] * stay_s
        over_s += np.asarray(homes.by_way)[dock, zone] * np.maximum(0.0, flown_s - stay_s)
        others_s = _moves_over_homes_s(view, homes) + _retasks_over_homes_s(view, homes, zone)
        minutes = (view.sums("flights", over_s) + others_s) / 60.0
    return [_per_day(view, "camera_minutes_over_homes_per_day", minutes)]


def _overwatch_kpis(view: RunView) -> list[Kpi]:
    """How well drones relieved each other; nothing where they are not to."""
    if not view.deployment.overwatch:
        return []
    replication, gap_s = view.replication("overwatch"), view.number("overwatch", "gap_s")
    return [
        of_values(KEY_FIGURES["overwatch_gap_s"], gap_s, replication, count=view.count),
        of_share(KEY_FIGURES["overwatch_unbroken"], gap_s <= 0.0, replication, count=view.count),
    ]


def _move_kpis(view: RunView) -> list[Kpi]:
    """How often drones are moved up to another dock; nothing where they are not to be."""
    if not view.deployment.move_up:
        return []
    landed = ~np.isnan(view.number("moves", "landed_s"))
    arrived = view.is_("moves", "turned", "")[landed]
    replication = view.replication("moves")[landed]
    return [
        _per_day(view, "move_ups_per_day", view.counts("moves")),
        of_share(KEY_FIGURES["move_ups_arrived"], arrived, replication, count=view.count),
    ]


def _policing_kpis(view: RunView) -> list[Kpi]:
    """What the policing policies did; nothing of those that are off."""
    policing = view.deployment.policing
    return [
        *(_retask_kpis(view) if policing.re_task else []),
        *(_triage_kpis(view) if policing.triage else []),
        *(_recall_kpis(view) if policing.recall_few else []),
        *(_second_kpis(view) if policing.second_drone else []),
        *(_patrol_kpis(view, policing.patrols.units) if policing.patrols is not None else []),
        *(_stand_down_kpis(view) if policing.stand_down_s is not None else []),
    ]


def _retask_kpis(view: RunView) -> list[Kpi]:
    taken = (~view.is_("retasks", "phase", events.BACK)).astype(float)
    arrived = ~np.isnan(view.number("retasks", "overhead_s"))
    span = int(view.number("calls", "call").max(initial=0)) + 1
    served = view.replication("retasks")[arrived] * span + view.number("retasks", "call")[arrived]
    calls = view.replication("calls") * span + view.number("calls", "call")
    return [
        _per_day(view, "re_tasks_per_day", view.counts("retasks")),
        _per_day(view, "pre_empted_per_day", view.sums("retasks", taken)),
        of_share(
            KEY_FIGURES["served_from_the_air"],
            np.isin(calls, served),
            view.replication("calls"),
            count=view.count,
        ),
    ]


def _triage_kpis(view: RunView) -> list[Kpi]:
    replication, too_low = view.replication("calls"), view.number("misgraded", "too_low") > 0
    kpis = []
    for name, mask in (("graded_too_low", too_low), ("graded_too_high", ~too_low)):
        hits = np.zeros(len(replication), dtype=np.bool_)
        hits[_rows_of(view, "misgraded", "calls", "call")[mask]] = True
        kpis.append(of_share(KEY_FIGURES[name], hits, replication, count=view.count))
    return kpis


def _recall_kpis(view: RunView) -> list[Kpi]:
    cut = [
        view.sums(t, view.is_(t, "cut_by", events.CUT_HOME_BY).astype(float)) for t in ("flights", "retasks")
    ]
    return [_per_day(view, "recalled_for_crew_per_day", sum(cut, np.zeros(view.count)))]


def _second_kpis(view: RunView) -> list[Kpi]:
    replication, overhead_s = view.replication("seconds"), view.number("seconds", "overhead_s")
    wait_s = overhead_s - view.number("seconds", "decided_s")
    arrived = KEY_FIGURES["second_drone_arrived"]
    return [
        _per_day(view, "second_drones_per_day", view.counts("seconds")),
        of_share(arrived, ~np.isnan(overhead_s), replication, count=view.count),
        of_values(KEY_FIGURES["decision_to_second_overhead_s"], wait_s, replication, count=view.count),
    ]


def _patrol_kpis(view: RunView, units: int) -> list[Kpi]:
    replication, sent_s = view.replication("patrols"), view.number("patrols", "sent_s")
    wait_s = sent_s - view.number("patrols", "asked_s")
    freed = view.is_("patrols", "ending", events.CLEARED).astype(float)
    free_s = np.fmin(view.number("patrols", "free_s"), view.deployment.horizon_s)
    busy_s = np.nan_to_num(free_s - sent_s)
    duty_s, rostered_s = _on_duty(view, units, np.nan_to_num(sent_s), np.nan_to_num(free_s))
    there_s = rostered_s + view.sums("patrols", busy_s - duty_s)
    none = np.full(view.count, np.nan)
    use = np.divide(view.sums("patrols", busy_s), there_s, where=there_s > 0.0, out=none)
    return [
        _per_day(view, "patrols_freed_per_day", view.sums("patrols", freed)),
        of_values(KEY_FIGURES["patrol_wait_s"], wait_s, replication, count=view.count),
        of_replications(KEY_FIGURES["patrol_utilisation"], use),
    ]


def _on_duty(view: RunView, units: int, sent_s: FloatArray, free_s: FloatArray) -> tuple[FloatArray, float]:
    """(Seconds on duty of each errand's patrol while it is busy, seconds on duty of all in the period)."""
    steps = view.deployment.patrols_on_duty or ((0.0, units),)
    edges_s = np.array([*(from_s for from_s, _ in steps), view.deployment.horizon_s])
    numbers, seconds = np.array([number for _, number in steps]), np.diff(edges_s)
    found, unit_of = np.zeros(len(sent_s)), view.number("patrols", "unit")
    for unit in range(units):
        own = unit_of == unit
        so_far_s = np.concatenate(([0.0], np.cumsum(seconds * (numbers > unit))))
        found[own] = np.interp(free_s[own], edges_s, so_far_s) - np.interp(sent_s[own], edges_s, so_far_s)
    return found, float(numbers @ seconds)


def _stand_down_kpis(view: RunView) -> list[Kpi]:
    """A call is stood down where it ended so long after the arrival of officers, and not otherwise."""
    in_hand_s = view.number("calls", "ground_s") + (view.deployment.policing.stand_down_s or 0.0)
    ended_s = view.number("calls", "ended_s")
    waited = view.is_("calls", "reason", Missed.IN_HAND)
    there = ~view.is_("calls", "outcome", events.MISSED) & (abs(ended_s - in_hand_s) < CLOCK_S)
    return [of_share(KEY_FIGURES["stood_down"], waited | there, view.replication("calls"), count=view.count)]


def _moves_over_homes_s(view: RunView, homes: Homes) -> FloatArray:
    """Seconds of moves over homes for each replication."""
    if not homes.by_move:
        return np.zeros(view.count)
    start, end = (view.places("moves", name, view.deployment.docks) for name in ("from_dock", "to_dock"))
    flown_s = view.ended("landed_s", "moves") - view.number("moves", "airborne_s")
    return view.sums("moves", np.asarray(homes.by_move)[start, end] * flown_s)


def _retasks_over_homes_s(view: RunView, homes: Homes, zone_of_flight: PlaceArray) -> FloatArray:
    """Seconds over homes that stays at later calls of a flight add to stays at its first, per replication."""
    stay_s, zone = view.number("retasks", "on_scene_s"), _zones_of(view, "retasks")
    first = _rows_of(view, "retasks", "flights", "flight")
    by_zone = np.asarray(homes.by_zone)
    return view.sums("retasks", (by_zone[zone] - by_zone[zone_of_flight[first]]) * stay_s)


def _zones_of(view: RunView, table: str) -> PlaceArray:
    """The zone of the call of each row, counted as in the deployment."""
    zones = view.places("calls", "zone", view.deployment.zones)
    return np.asarray(zones[_rows_of(view, table, "calls", "call")])


def _rows_of(view: RunView, table: str, other: str, number: str) -> PlaceArray:
    """For each row of a table the row of another that has its number in the same replication."""
    span = int(max(view.number(each, number).max(initial=0) for each in (table, other))) + 1
    keys = view.replication(other) * span + view.number(other, number)
    order = np.argsort(keys)
    wanted = view.replication(table) * span + view.number(table, number)
    return np.asarray(order[np.searchsorted(keys[order], wanted)])


def _per_day(view: RunView, name: str, values: FloatArray) -> Kpi:
    """A figure over each 24 h of the period."""
    figure, days = KEY_FIGURES[name], view.deployment.days
    period = f"{days:.2f} days, nights included" if days >= 1.0 else f"{24.0 * days:.1f} h"
    what = f"{figure.what}, for each 24 h of the period ({period})"
    return of_replications(replace(figure, what=what), values / days)


def _per_duty_hour(view: RunView, name: str, values: FloatArray) -> Kpi:
    """A figure over each hour with people on duty."""
    figure, hours = KEY_FIGURES[name], view.duty_s / 3600.0
    what = f"{figure.what}, for each hour with people on duty ({hours:.1f} h of the period)"
    return of_replications(replace(figure, what=what), share_of(values, hours))


def _missed_shares(view: RunView) -> dict[str, float]:
    """Share of all calls that were missed, by reason, largest first."""
    missed = view.is_("calls", "outcome", events.MISSED)
    codes, counts = np.unique(view.number("calls", "reason")[missed], return_counts=True)
    shares = {view.records.words[code]: int(n) / len(missed) for code, n in zip(codes, counts, strict=True)}
    return dict(sorted(shares.items(), key=lambda item: (-item[1], item[0])))


def _dock_figures(view: RunView, dock: str, drones: int) -> DockFigures:
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
