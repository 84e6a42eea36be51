"""How much the drones are there: by day and hour on duty, over homes, and without a break.

"A day" is 24 h of the simulated period, nights and closed hours included; "an hour on duty" is one
with people on duty. Both stand in the figures' words, and their number in `Summary.time`.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from dfr.metrics.key_figures import KEY_FIGURES
from dfr.metrics.measures import Kpi, RunView, of_replications, of_share, of_values, share_of
from dfr.sim.inputs import Homes
from dfr.statistics import FloatArray


def per_day(view: RunView, name: str, values: FloatArray) -> Kpi:
    """A figure over each 24 h of the period."""
    figure, days = KEY_FIGURES[name], view.deployment.days
    what = f"{figure.what}, for each 24 h of the period ({days:.2f} days, nights included)"
    return of_replications(replace(figure, what=what), values / days)


def per_duty_hour(view: RunView, name: str, values: FloatArray) -> Kpi:
    """A figure over each hour with people on duty."""
    figure, hours = KEY_FIGURES[name], view.duty_s / 3600.0
    what = f"{figure.what}, for each hour with people on duty ({hours:.1f} h of the period)"
    return of_replications(replace(figure, what=what), share_of(values, hours))


def footprint_kpis(view: RunView) -> list[Kpi]:
    """Camera minutes over homes (the privacy footprint), unknown where nobody has said where people live."""
    homes = view.deployment.homes
    if homes is None:
        minutes = np.full(view.count, np.nan)
    else:
        zone, dock = _zones_of_flights(view), view.places("flights", "dock", view.deployment.docks)
        flown_s = view.ended("landed_s") - view.number("flights", "airborne_s")
        stay_s = view.number("flights", "on_scene_s")
        over_s = np.asarray(homes.by_zone)[zone] * stay_s
        over_s += np.asarray(homes.by_way)[dock, zone] * np.maximum(0.0, flown_s - stay_s)
        minutes = (view.sums("flights", over_s) + _moves_over_homes_s(view, homes)) / 60.0
    return [per_day(view, "camera_minutes_over_homes_per_day", minutes)]


def overwatch_kpis(view: RunView) -> list[Kpi]:
    """How well drones relieved each other; nothing where they are not to."""
    if not view.deployment.overwatch:
        return []
    replication, gap_s = view.replication("overwatch"), view.number("overwatch", "gap_s")
    return [
        of_values(KEY_FIGURES["overwatch_gap_s"], gap_s, replication, count=view.count),
        of_share(KEY_FIGURES["overwatch_unbroken"], gap_s <= 0.0, replication, count=view.count),
    ]


def move_kpis(view: RunView) -> list[Kpi]:
    """How often drones are moved up to another dock; nothing where they are not to be."""
    if not view.deployment.move_up:
        return []
    landed = ~np.isnan(view.number("moves", "landed_s"))
    arrived = view.is_("moves", "turned", "")[landed]
    replication = view.replication("moves")[landed]
    return [
        per_day(view, "move_ups_per_day", view.counts("moves")),
        of_share(KEY_FIGURES["move_ups_arrived"], arrived, replication, count=view.count),
    ]


def _moves_over_homes_s(view: RunView, homes: Homes) -> FloatArray:
    """Seconds of moves over homes for each replication."""
    if not homes.by_move:
        return np.zeros(view.count)
    start, end = (view.places("moves", name, view.deployment.docks) for name in ("from_dock", "to_dock"))
    flown_s = view.ended("landed_s", "moves") - view.number("moves", "airborne_s")
    return view.sums("moves", np.asarray(homes.by_move)[start, end] * flown_s)


def _zones_of_flights(view: RunView) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    """The zone of each flight's call, counted as in the deployment."""
    span = (
        int(max(view.number("calls", "call").max(initial=0), view.number("flights", "call").max(initial=0)))
        + 1
    )
    keys = view.replication("calls") * span + view.number("calls", "call")
    order = np.argsort(keys)
    wanted = view.replication("flights") * span + view.number("flights", "call")
    zones = view.places("calls", "zone", view.deployment.zones)
    return np.asarray(zones[order[np.searchsorted(keys[order], wanted)]])
