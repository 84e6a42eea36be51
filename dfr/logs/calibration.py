"""A drone's own figures from its flights, pooled, each with an interval; and what its logs do not show.

Start from `calibrate_drone`. A flight gives one number of each kind (`dfr.logs.measures`); the flights'
numbers are pooled by a trimmed mean, whose interval is Tukey and McLaughlin's (1963): the flight is the unit,
since moments of one flight share its wind, its load and its battery. Drag is fitted to all flights at once
(`dfr.logs.drag`).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dfr.aircraft.catalogue import Drone, find_drone
from dfr.errors import InputError
from dfr.findings import counted_noun
from dfr.geo import FloatArray
from dfr.logs.drag import DragFit, fit_drag, jackknife_half_width
from dfr.logs.effort import flown_wh, hover_seconds
from dfr.logs.flights import LoggedFlight, find_flights
from dfr.logs.measures import measure_flight, turnaround_seconds
from dfr.logs.model import FlightLog
from dfr.logs.wind import steady_motion
from dfr.scenario.own_drone import OwnDrone, OwnFigure
from dfr.statistics import UNKNOWN, Interval, t_value
from dfr.units import AIR_DENSITY_KG_M3, GRAVITY_MPS2

TRIMMED = 0.1
"""The share of flights that is left out at each end."""

LEAST_FLIGHTS = 3
"""Fewer flights give a figure, but no interval."""

FIELDS: dict[str, str] = {
    "hover_power_w": "no flight hovers for 8 s with current and voltage logged",
    "drag_area_m2": "fewer than three flights with attitude and velocity, or too slow ones",
    "momentum_drag": "fewer than three flights with attitude and velocity, or too slow ones",
    "climb_mps": "no flight climbs 8 m straight up",
    "descent_mps": "no flight sinks 8 m above 11 m over the ground",
    "accel_mps2": "no flight starts from rest to 4 m/s",
    "land_mps": "no flight lands by itself with its last 4 m logged",
    "battery_wh": "no flight uses a fifth of its battery with current, voltage and charge logged",
}
"""The figures of a drone that logs can show, and why one is not in them."""

OBSERVED: dict[str, str] = {
    "jerk_mps3": "no flight starts from rest to 4 m/s",
    "effort_power_w": "no flight with current and voltage logged",
    "battery_ohm": "no flight with current and voltage logged, or the voltage does not follow the current",
    "touchdown_detected_s": "no log holds a touchdown",
    "landed_off_m": "no flight was sent home by a return or landing mode",
    "arm_to_lift_s": "no log holds the arming",
    "turnaround_s": "no log holds two flights",
    "most_tilt_deg": "no log holds the attitude",
}
"""What logs show besides: dfr plans without it."""

NEVER_IN_LOGS: dict[str, str] = {
    "mass_kg": "no log holds the mass: enter it with --set mass_kg=...",
    "gnss_error_m": "a log holds the autopilot's own position only, with nothing to hold it against",
    "battery_wh by temperature and age": "needs flights of one battery over months, with its temperature",
    "landing scatter against wind and gusts": "needs twenty landings by themselves in known winds",
}

MOST_HALF_WIDTH = 0.25
"""A figure whose interval reaches further, as a share of it, is shown and not planned with (assumed)."""

DRAG_MODEL_SHARE = 0.02
"""How far the fitted drag is off besides chance, as a share: about so far in logs of simulated flights."""

DRAG_SPEEDS_MPS = 3.0
"""Drag is not told from flights that are slower through the air (assumed)."""

APART: dict[str, float] = {"hover_power_w": 0.25, "battery_start_v": 0.2, "hover_throttle": 0.35}
"""How far the logs of one drone may lie apart with nothing between them, as a share (assumed)."""

SAME_PARAMETERS = ("FRAME", "FRAME_CLASS", "FRAME_TYPE")


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredFlight:
    """What one flight shows: numbers by name. `label` is its log and number."""

    log: FlightLog
    flight: LoggedFlight
    values: Mapping[str, float]

    @property
    def label(self) -> str:
        """`file.bin#2`."""
        return f"{self.log.name}#{self.flight.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """A drone's own figures, what its logs show besides, and why other figures are not in them."""

    own: OwnDrone
    observed: tuple[OwnFigure, ...]
    missing: Mapping[str, str]
    flights: tuple[MeasuredFlight, ...]


def calibrate_drone(
    logs: Sequence[FlightLog],
    *,
    key: str,
    name: str,
    based_on: str,
    entered: Mapping[str, float] | None = None,
) -> Calibration:
    """The team's own drone by its logs, over a row of the catalogue.

    `entered` are figures that the team knows: its mass above all. Raises InputError for an unknown row, for
    logs without flights, and for logs of two different drones.
    """
    base = find_drone(based_on)
    flights = measure_logs(logs, base)
    _refuse_contradictions(logs, flights)
    told = dict(entered or {})
    figures = [OwnFigure(field=f, value=v, measured=False, source="given by hand") for f, v in told.items()]
    mass_kg = told.get("mass_kg", base.mass_kg)
    disc_m2 = told.get("disc_area_m2", base.disc_area_m2)
    pooled = {name: figure for name, figure in _pooled_figures(flights, FIELDS).items() if name not in told}
    wide = {name: figure for name, figure in pooled.items() if _is_wide(figure)}
    measured = {
        **{name: figure for name, figure in pooled.items() if name not in wide},
        **_drag_figures(flights, mass_kg=mass_kg, disc_m2=disc_m2, told=told),
    }
    figures += measured.values()
    observed = {
        **wide,
        **_pooled_figures(flights, OBSERVED),
        **_pooled_figures(flights, _band_names(flights)),
    }
    missing = {
        **{name: why for name, why in (FIELDS | OBSERVED).items() if name not in measured | observed | told},
        **{name: f"it varies too much from flight to flight: {wide[name].status}" for name in wide},
        **{name: why for name, why in NEVER_IN_LOGS.items() if name not in told},
    }
    return Calibration(
        own=OwnDrone(key=key, name=name, based_on=based_on, figures=tuple(figures)),
        observed=tuple(observed.values()),
        missing=missing,
        flights=flights,
    )


def measure_logs(logs: Sequence[FlightLog], base: Drone) -> tuple[MeasuredFlight, ...]:
    """Every flight of some logs with its numbers. Raises InputError where there is no flight in them.

    `base` has the weight and discs by which the effort of a flight counts.
    """
    measured = []
    for log in logs:
        flights = find_flights(log)
        waits = turnaround_seconds(flights)
        for number, flight in enumerate(flights):
            values = measure_flight(log, flight)
            if number < len(waits) and math.isfinite(waits[number]):
                values["turnaround_s"] = waits[number]
            effort_s = hover_seconds(log, flight, base)
            if effort_s:
                values["effort_power_w"] = 3600.0 * (flown_wh(log, flight) or 0.0) / effort_s
            measured.append(MeasuredFlight(log=log, flight=flight, values=values))
    if not measured:
        raise InputError(
            "no flight in these logs", do="give logs of flights; `dfr log show` says what is in them"
        )
    return tuple(measured)


def _band_names(flights: Sequence[MeasuredFlight]) -> list[str]:
    return sorted({name for one in flights for name in one.values if name.startswith("power_over_hover")})


def _pooled_figures(
    flights: Sequence[MeasuredFlight], names: Mapping[str, str] | Sequence[str]
) -> dict[str, OwnFigure]:
    """The figures that some flight shows."""
    found = {}
    for name in names:
        having = [one for one in flights if name in one.values]
        if having:
            values = np.array([one.values[name] for one in having])
            found[name] = _figure(name, *pool_values(values), values=values, source=_name_logs(having))
    return found


def _figure(name: str, value: float, interval: Interval, *, values: FloatArray, source: str) -> OwnFigure:
    return OwnFigure(
        field=name,
        value=value,
        measured=True,
        source=source,
        low=interval.low,
        high=interval.high,
        flights=len(values),
        spread=float(values.std(ddof=1)) if len(values) > 1 else None,
    )


def _is_wide(figure: OwnFigure) -> bool:
    """Whether a figure is too uncertain to plan with, by its interval."""
    if figure.low is None or figure.high is None:
        return False
    return 0.5 * (figure.high - figure.low) > MOST_HALF_WIDTH * figure.value


def _name_logs(flights: Sequence[MeasuredFlight]) -> str:
    names = list(dict.fromkeys(one.log.name for one in flights))
    shown = ", ".join(names[:5])
    return shown if len(names) <= 5 else f"{shown} and {counted_noun(len(names) - 5, 'log')} more"


def pool_values(values: FloatArray) -> tuple[float, Interval]:
    """(trimmed mean, its interval) of one value for each flight; no interval for fewer than three.

    >>> value, interval = pool_values(np.array([1.0, 2.0, 3.0]))
    >>> value
    2.0
    """
    count = len(values)
    cut = int(TRIMMED * count)
    ordered = np.sort(values)
    kept = ordered[cut : count - cut]
    centre = float(kept.mean())
    if count < LEAST_FLIGHTS:
        return centre, UNKNOWN
    winsorised = np.clip(values, kept[0], kept[-1])
    error = float(winsorised.std(ddof=1)) / ((1.0 - 2.0 * cut / count) * math.sqrt(count))
    half = t_value(len(kept) - 1) * error
    return centre, Interval(centre - half, centre + half)


# Drag ------------------------------------------------------------------------------------------------


def _drag_figures(
    flights: Sequence[MeasuredFlight], *, mass_kg: float, disc_m2: float, told: Mapping[str, float]
) -> dict[str, OwnFigure]:
    """Drag area and momentum drag of a mass; none where flights do not tell them, or one is given by hand."""
    moving = [(one, motion) for one in flights if (motion := steady_motion(one.log, one.flight)) is not None]
    fit = fit_drag([motion for _, motion in moving])
    if fit is None or fit.fastest_mps < DRAG_SPEEDS_MPS or _drag_is_wide(fit):
        return {}
    if told.keys() & {"drag_area_m2", "momentum_drag"}:
        return {}
    weight_n = mass_kg * GRAVITY_MPS2
    per_area = 2.0 * mass_kg / AIR_DENSITY_KG_M3
    per_momentum = mass_kg / math.sqrt(AIR_DENSITY_KG_M3 * disc_m2 * weight_n)
    logs, fastest = _name_logs([one for one, _ in moving]), f"{fit.fastest_mps:.0f} m/s"
    source = f"{logs}; with a mass of {mass_kg:g} kg, up to {fastest} through the air"
    return {
        "drag_area_m2": _drag_figure("drag_area_m2", fit, 1, scale=per_area, source=source),
        "momentum_drag": _drag_figure("momentum_drag", fit, 0, scale=per_momentum, source=source),
    }


def _drag_is_wide(fit: DragFit) -> bool:
    """Whether the drag at the fastest flown is too uncertain: the two figures alone may well be."""
    columns = np.array([1.0, fit.fastest_mps])
    drag = float(columns @ [fit.linear_per_s, fit.quadratic_per_m])
    half = jackknife_half_width(fit.without_each @ columns, t_value(fit.flights - 1))
    return half > MOST_HALF_WIDTH * drag


def _drag_figure(name: str, fit: DragFit, column: int, *, scale: float, source: str) -> OwnFigure:
    value = scale * (fit.linear_per_s, fit.quadratic_per_m)[column]
    without = scale * fit.without_each[:, column]
    chance = jackknife_half_width(without, t_value(fit.flights - 1))
    half = math.hypot(chance, DRAG_MODEL_SHARE * value)
    return OwnFigure(
        field=name,
        value=value,
        measured=True,
        source=source,
        low=max(0.0, value - half),
        high=value + half,
        flights=fit.flights,
        spread=chance / t_value(fit.flights - 1) * math.sqrt(fit.flights),
    )


# Two drones ------------------------------------------------------------------------------------------


def _refuse_contradictions(logs: Sequence[FlightLog], flights: Sequence[MeasuredFlight]) -> None:
    """Raises InputError where logs are of different drones by what they say or by what they measure."""
    autopilots = {log.autopilot: log.name for log in logs if log.autopilot}
    if len(autopilots) > 1:
        pairs = "; ".join(f"{name} is of {autopilot}" for autopilot, name in autopilots.items())
        raise _contradiction(f"the logs are of different autopilots: {pairs}")
    for parameter in SAME_PARAMETERS:
        values = {log.parameters[parameter]: log.name for log in logs if parameter in log.parameters}
        if len(values) > 1:
            pairs = "; ".join(f"{name} has {value:g}" for value, name in values.items())
            raise _contradiction(f"the logs differ in {parameter}: {pairs}")
    for name, share in APART.items():
        _refuse_two_groups(flights, name, share)


def _refuse_two_groups(flights: Sequence[MeasuredFlight], name: str, share: float) -> None:
    """Raises InputError where the logs' medians fall into two groups, far apart for what each varies by."""
    by_log: dict[str, list[float]] = {}
    for one in flights:
        if name in one.values:
            by_log.setdefault(one.log.name, []).append(one.values[name])
    ordered = sorted((float(np.median(values)), log) for log, values in by_log.items())
    steps = [after[0] / before[0] - 1.0 for before, after in itertools.pairwise(ordered)]
    if not steps or max(steps) < share:
        return
    cut = steps.index(max(steps)) + 1
    low, high = ordered[:cut], ordered[cut:]
    raise _contradiction(
        f"{name} is {low[-1][0]:.3g} at most in {_names(low)} and {high[0][0]:.3g} at least in {_names(high)}"
    )


def _names(group: Sequence[tuple[float, str]]) -> str:
    return ", ".join(log for _, log in group[:4]) + (" and others" if len(group) > 4 else "")


def _contradiction(what: str) -> InputError:
    return InputError(
        f"these are not flights of one drone: {what}",
        do="calibrate each drone, and each load that differs much, from its own logs",
    )
