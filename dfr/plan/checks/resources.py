"""Checks of people and battery: crew, duty hours, energy, safe landing and the airframe's speed."""

from __future__ import annotations

from dfr.aircraft.energy import usable_wh
from dfr.findings import Finding, Severity, counted_noun
from dfr.plan.checks.weather import hour_spans
from dfr.plan.context import Context, finding, route_words
from dfr.plan.matrix import on_scene_s
from dfr.plan.rules import LONGEST_SHIFT_H
from dfr.plan.windows import drones_on_duty, hour_windows
from dfr.scenario.model import OperationKind


def check_crew(context: Context) -> list[Finding]:
    """People for each drone in the air, in every hour with calls; length of shifts."""
    crew, fleet = context.scenario.crew, context.scenario.fleet
    drones = len(context.plan.sites) * fleet.drones_per_dock
    found = [_vlos_safety(context), *_gaps(context)]
    fewest = min(crew.shifts, key=lambda shift: drones_on_duty(context.scenario, shift), default=None)
    able = 0 if fewest is None else drones_on_duty(context.scenario, fewest)
    if fewest is not None and able < drones:
        found.append(
            finding(
                "crew",
                Severity.ADVICE,
                f"The shift from {fewest.start:%a %H:%M} has people for {able} of {drones} drones.",
                fix="add pilots and safety pilots, or expect drones to wait for people",
            )
        )
    elif fewest is not None:
        words = f"Every shift has people for all {counted_noun(drones, 'drone')} at once."
        found.append(finding("crew", Severity.OK, words))
    longest = max(((s.end - s.start).total_seconds() / 3600 for s in crew.shifts), default=0.0)
    if longest > LONGEST_SHIFT_H:
        words = f"The longest shift is {longest:g} hours."
        found.append(finding("duty-hours", Severity.ADVICE, words, fix="split it or add relief"))
    else:
        found.append(finding("duty-hours", Severity.OK, f"The longest shift is {longest:g} hours."))
    return found


def _vlos_safety(context: Context) -> Finding:
    """Under VLOS and EVLOS a second safety pilot for each drone."""
    crew, kind = context.scenario.crew, context.scenario.operation.kind
    if kind is OperationKind.BVLOS:
        return finding("crew", Severity.OK, "No safety pilot beside the drone is required (BVLOS).")
    bare = [s for s in crew.shifts if s.safety_pilots < 1]
    if crew.safety_pilots_per_drone < 1 or bare:
        return finding(
            "crew",
            Severity.VIOLATION,
            f"{kind.value} is flown without a second safety pilot"
            + (f" in the shift from {bare[0].start:%a %H:%M}." if bare else "."),
            fix="put a safety pilot on every shift and set crew.safety_pilots_per_drone to 1",
        )
    return finding("crew", Severity.OK, f"Each drone has a second safety pilot ({kind.value}).")


def _gaps(context: Context) -> list[Finding]:
    """Calls outside every shift."""
    windows, shifts = hour_windows(context.scenario), context.scenario.crew.shifts
    alone = [w for w in windows if not any(s.start <= w.start < s.end for s in shifts)]
    if not alone:
        return []
    share = sum(w.calls for w in alone) / sum(w.calls for w in windows)
    hours = counted_noun(len(alone), "hour")
    words = f"Nobody is on duty in {hours} with {share:.0%} of calls: {hour_spans(alone)}."
    return [finding("crew", Severity.ADVICE, words, fix="add shifts or leave these calls to patrols")]


def check_energy(context: Context) -> list[Finding]:
    """The longest sortie against what the battery gives in the coldest flyable hour, less the reserve."""
    routes = [route for route in context.plan.routes if route.energy_wh is not None]
    hours = [w.weather.temperature_c for w in hour_windows(context.scenario) if w.flyable]
    if not routes or not hours:
        return []
    reserve = context.scenario.contingency.reserve_fraction
    usable = usable_wh(context.craft, min(hours), reserve_fraction=reserve)
    longest = max(routes, key=lambda route: route.energy_wh or 0.0)
    needed, scene = longest.energy_wh or 0.0, on_scene_s(context.scenario) / 60
    words = (
        f"{route_words(longest)}, with {scene:.0f} min on scene, takes {needed:.0f} of the "
        f"{usable:.0f} Wh that are usable above a reserve of {reserve:.0%}."
    )
    short = needed > usable
    fix = "shorten the time on scene or use a larger battery" if short else ""
    return [
        finding("energy-reserve", Severity.VIOLATION if short else Severity.OK, words, fix=fix),
        *_airframe(context),
    ]


def check_safe_landing(context: Context) -> list[Finding]:
    """The route with the least safe-landing coverage, and how much has a place other than its own dock."""
    routes = [route for route in context.plan.routes if route.safe_landing_share is not None]
    if not routes:
        return []
    worst = min(routes, key=lambda route: (route.safe_landing_share or 0.0, route.diversion_share or 0.0))
    share, other = worst.safe_landing_share or 0.0, worst.diversion_share or 0.0
    words = (
        f"{route_words(worst)} has a place to land within reach on {share:.0%} of its length, and one other "
        f"than its dock on {other:.0%}."
    )
    if share < 1.0:
        fix = "add rally points, shorten the time on scene or use a larger battery"
        return [finding("safe-landing", Severity.VIOLATION, words, fix=fix)]
    if other < 1.0:
        fix = "add rally points inside the boundary, clear of people"
        return [finding("safe-landing", Severity.ADVICE, words, fix=fix)]
    return [finding("safe-landing", Severity.OK, words)]


def _airframe(context: Context) -> list[Finding]:
    cruise, top = context.scenario.operation.cruise_mps, context.craft.max_speed_mps
    over = cruise > top
    words = f"The cruise speed is {cruise:g} m/s; {context.craft.name} flies up to {top:g} m/s."
    fix = f"set operation.cruise_mps to {top:g} or less" if over else ""
    return [finding("airframe-limits", Severity.VIOLATION if over else Severity.OK, words, fix=fix)]
