"""Predicted against flown, for flights in logs: phases by the rule of `dfr.track`, energy, many flights.

Start from `compare_flight`. What a flight was sent to do is its mission where it flew it (each waypoint is
passed near), else straight to the place farthest from its lift-off at which it stayed. The prediction is for
the wind of the flight, the parameters in its log and the stay it made on scene.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

import numpy as np

from dfr.aircraft.catalogue import Drone
from dfr.aircraft.energy import hover_power_w
from dfr.aircraft.leash import LeashSettings, is_flown_on_a_leash, leash_path_seconds
from dfr.aircraft.performance import SortiePrediction, predict_path
from dfr.aircraft.settings import PARAMETERS, FlightSettings, flight_settings
from dfr.ardupilot.commands import Command
from dfr.errors import InputError
from dfr.findings import counted_noun
from dfr.geo import FloatArray, LocalFrame, Position
from dfr.logs.effort import hover_seconds
from dfr.logs.flights import LoggedFlight, ended_away_m, gone_m, height_series
from dfr.logs.measures import MOST_UNSEEN_S
from dfr.logs.model import EventKind, FlightLog, Quantity
from dfr.logs.parts import HOME_M, Part
from dfr.logs.wind import FlightWind, UnknownWind, WindSource, estimate_wind
from dfr.metrics.flown import PhaseComparison, PredictedPhases, compare_phases
from dfr.mission.items import MissionItem
from dfr.plan.model import Plan, Route
from dfr.track import (
    REACHED_M,
    FlightTrack,
    Phase,
    landing_seconds,
    phase_seconds,
    unseen_before_touchdown_s,
)
from dfr.world.weather import MeanWind

PASSED_WITHIN_M = 15.0
"""A mission was flown if each waypoint was passed within this (assumed; old firmware cuts corners)."""

LEAST_GONE_M = 20.0
"""A flight that stays nearer to its lift-off has no legs to compare (assumed)."""

PLACED = frozenset(
    {Command.NAV_WAYPOINT, Command.NAV_LOITER_UNLIM, Command.NAV_LOITER_TURNS, Command.NAV_LOITER_TIME}
)
HOLDS = PLACED - {Command.NAV_WAYPOINT}
SETTINGS: dict[str, str] = {
    "climb_mps": "climb_mps",
    "descent_mps": "descent_mps",
    "land_mps": "land_low_mps",
}
"""Figure of a drone -> the setting that it is."""

MOST_WIND_ERROR_MPS = 1.5
"""A wind by lean that is known no better says less than none does (assumed). The error of an autopilot's own
estimate is how much the wind varied with time and height, which says nothing against it."""

STRAIGHT = 1.15
"""A way that is longer than so many times the straight one was not flown straight (assumed)."""

LEAST_TOP_M = 2.0
"""No landing is predicted from lower."""

COMES_DOWN_S = 20.0
"""The terrain where it lands is that of so long before the touchdown (assumed)."""

DJI = "DJI"
DJI_LAND_LOW_M, DJI_LAND_MPS = 3.0, 0.3
"""DJI's autopilots sink as asked down to this height and land so fast from there: measured on a Phantom 4 Pro
(0.4 m/s) and an Inspire 2 (0.2 m/s); others may differ."""

ENDS = frozenset({Command.NAV_RETURN_TO_LAUNCH, Command.NAV_LAND})

ENERGY_BAND = 0.10
"""Nine flights in ten take within this of what one measured hover power gives; without a calibration.
Measured on 12 recorded flights of four drones: median 3 %, 90th percentile 9 %."""

OUTLIER_SPREADS = 3.5
"""A flight is an outlier so many robust standard deviations from the median (Iglewicz and Hoaglin 1993)."""

LEAST_FOR_DRIFT = 5
"""So many flights at least tell a drift (assumed)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FlightComparison:
    """One flight beside its prediction. Energies in Wh, None where a log or a model does not tell them.

    `planned_s` and `planned_wh` are what its plan said, in the plan's own wind; nothing without a plan.
    `motion_wh` is what its own motion takes by the model of power, whatever it was sent to do.
    `energy_band` is the share of the prediction within which nine flights in ten are expected.
    `notes` say what the prediction stands on.
    """

    label: str
    began: datetime | None
    phases: tuple[PhaseComparison, ...]
    planned_s: Mapping[str, float | None]
    predicted_wh: float | None
    planned_wh: float | None
    flown_wh: float | None
    energy_band: float
    notes: tuple[str, ...]
    motion_wh: float | None = None

    @property
    def motion_error(self) -> float | None:
        """Flown over what its motion takes, less 1."""
        if not self.motion_wh or self.flown_wh is None:
            return None
        return self.flown_wh / self.motion_wh - 1.0

    @property
    def energy_error(self) -> float | None:
        """Flown over predicted, less 1."""
        if self.predicted_wh is None or self.flown_wh is None or self.predicted_wh <= 0.0:
            return None
        return self.flown_wh / self.predicted_wh - 1.0

    @property
    def errors(self) -> dict[str, float]:
        """Flown over predicted, less 1, of each phase and of the energy; what is not known is absent."""
        found = {
            phase.phase.value: phase.flown_s / phase.predicted_s - 1.0
            for phase in self.phases
            if phase.flown_s is not None and phase.predicted_s and phase.phase is not Phase.ON_SCENE
        }
        if self.energy_error is not None:
            found["energy"] = self.energy_error
        if self.motion_error is not None:
            found["energy_of_motion"] = self.motion_error
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Sortie:
    """What a flight was sent to do: the paths out and back in metres about its lift-off, shape (n, 2) each.

    `given` is whether a mission or plan says so.
    """

    out_m: FloatArray
    back_m: FloatArray
    source: str
    given: bool


def compare_flight(
    log: FlightLog,
    flight: LoggedFlight,
    drone: Drone,
    *,
    mission: Sequence[MissionItem] | None = None,
    route: Route | None = None,
    wind: MeanWind | None = None,
    energy_band: float | None = None,
    measured: frozenset[str] = frozenset(),
    effort_power_w: float | None = None,
) -> FlightComparison:
    """One flight beside its prediction.

    `measured` names the figures of the drone that its own flights gave: they count before the parameters of
    the log, which say what was asked and not what was flown. `effort_power_w` is the power of a second of
    hover by the whole of its flights (`dfr.logs.effort`), else the hover power of the drone.

    `mission` is what it was sent to do, by default what its log says, or the `route` of a plan, whose own
    times stand beside; `wind` is the wind at its height, by default the flight's own. Raises InputError for a
    flight without positions, for one that goes nowhere, and for one that flew another mission or route.
    """
    label = f"{log.name}#{flight.number}"
    if flight.home is None or gone_m(flight) < LEAST_GONE_M:
        raise InputError(
            f"{label}: no legs to compare, it stays within {LEAST_GONE_M:.0f} m of its lift-off",
            do="give the log of a flight that goes somewhere",
        )
    sortie = _sortie_of(log, flight, mission, route)
    aloft, wind_note = _wind_of(log, flight, wind)
    settings, settings_note = _settings_of(log, flight, drone, measured)
    flown, away_note = _flown_phases(log, flight, sortie)
    if flown[Phase.OUT] is None and flown[Phase.BACK] is None:
        raise InputError(
            f"{label}: no way out or back to compare ({away_note or 'it never reached its target'})",
            do="give the mission or the plan that it was flown for",
        )
    leash = _leash_of(log, settings)
    if leash is not None:
        settings_note += "; legs by the profile of its firmware, before 4.1"
    predicted, predicted_wh = _predicted_phases(
        log, flight, sortie, flown, drone=drone, settings=settings, wind=aloft
    )
    seconds, bands = dict(predicted.seconds), dict(predicted.bands)
    if leash is not None:
        seconds[Phase.OUT] = leash_path_seconds(sortie.out_m, leash)
        bands.pop(Phase.OUT, None)
    planned = {} if route is None else _planned_phases(route)
    return FlightComparison(
        label=label,
        began=log.moment(flight.start_s),
        phases=compare_phases(
            seconds, flown, precision=log.parameters.get("PLND_ENABLED", 0.0) > 0.0, bands=bands
        ),
        planned_s={phase.value: seconds for phase, seconds in planned.items()},
        predicted_wh=predicted_wh if all(flown[phase] is not None for phase in Phase) else None,
        planned_wh=None if route is None else route.energy_wh,
        flown_wh=flight.track.energy_wh,
        energy_band=ENERGY_BAND if energy_band is None else energy_band,
        motion_wh=_motion_wh(log, flight, drone, effort_power_w),
        notes=tuple(note for note in (sortie.source, away_note, wind_note, settings_note) if note),
    )


def _flown_phases(
    log: FlightLog, flight: LoggedFlight, sortie: Sortie
) -> tuple[dict[Phase, float | None], str]:
    """(the phases as flown, None for what was not flown as a dispatch is, and why)."""
    track = _with_return(log, flight, sortie)
    east_m, north_m = (float(x) for x in sortie.out_m[-1])
    flown = phase_seconds(
        track, target_east_m=east_m, target_north_m=north_m, cruise_height_m=_cruise_height_m(flight)
    )
    notes = []
    if ended_away_m(flight) > HOME_M:
        notes.append(f"it ends {ended_away_m(flight):.0f} m from its lift-off, so that it has no way back")
        track = _about_its_end(track)
        flown |= {Phase.BACK: None, Phase.LAND: landing_seconds(track)}
    if (unseen_s := unseen_before_touchdown_s(track)) > MOST_UNSEEN_S:
        notes.append(
            f"its log has a gap of {unseen_s:.0f} s at its touchdown, so that its landing is unknown"
        )
        flown[Phase.LAND] = None
    if not sortie.given:
        out_m = _flown_m(track, until_s=_there_s(track, sortie))
        back_m = _flown_m(track, from_s=track.return_t_s)
        if out_m > STRAIGHT * _length_m(sortie.out_m):
            notes.append("its way out was not straight, and no mission says what it was sent to do")
            flown[Phase.OUT] = None
        if flown[Phase.BACK] is not None and back_m > STRAIGHT * _length_m(sortie.back_m):
            notes.append("its way back was not straight, and no mission says what it was sent to do")
            flown[Phase.BACK] = None
    return flown, "; ".join(notes)


def _motion_wh(log: FlightLog, flight: LoggedFlight, drone: Drone, power_w: float | None) -> float | None:
    """What the motion of a flight takes; None where its power is not logged."""
    seconds = hover_seconds(log, flight, drone)
    return None if seconds is None else seconds * (power_w or hover_power_w(drone)) / 3600.0


def _about_its_end(track: FlightTrack) -> FlightTrack:
    """The track about where it ends, for a landing that is not at home: it returns once it stays there."""
    east_m, north_m = track.east_m - track.east_m[-1], track.north_m - track.north_m[-1]
    away = np.flatnonzero(np.hypot(east_m, north_m) > REACHED_M)
    stays_s = float(track.t_s[away[-1] if away.size else 0])
    return replace(track, east_m=east_m, north_m=north_m, return_t_s=stays_s)


def _there_s(track: FlightTrack, sortie: Sortie) -> float:
    """When it is nearest to its target for the first time."""
    gone = np.hypot(track.east_m - sortie.out_m[-1, 0], track.north_m - sortie.out_m[-1, 1])
    return float(track.t_s[int(np.argmax(gone <= max(REACHED_M, float(gone.min()))))])


def _flown_m(track: FlightTrack, *, from_s: float | None = None, until_s: float | None = None) -> float:
    """The length of its path over the ground, taken every two seconds so that noise adds nothing."""
    start = track.t_s[0] if from_s is None else from_s
    end = track.t_s[-1] if until_s is None else until_s
    t_s = np.arange(start, max(end, start + 1e-3), 2.0)
    east, north = np.interp(t_s, track.t_s, track.east_m), np.interp(t_s, track.t_s, track.north_m)
    return float(np.hypot(np.diff(east), np.diff(north)).sum())


def _length_m(path: FloatArray) -> float:
    return float(np.hypot(*np.diff(path, axis=0).T).sum())


def _predicted_phases(
    log: FlightLog,
    flight: LoggedFlight,
    sortie: Sortie,
    flown: Mapping[Phase, float | None],
    *,
    drone: Drone,
    settings: FlightSettings,
    wind: MeanWind,
) -> tuple[PredictedPhases, float | None]:
    """(the phases of the sortie by the flight model with the stay that it made, its energy in Wh)."""
    height_m = _cruise_height_m(flight) - flight.track.ground_before_m
    if flown[Phase.BACK] is None or flight.track.return_t_s is None:
        settings = replace(settings, return_height_m=None)
    predict = partial(
        _predict_along,
        height_m=height_m,
        on_scene_s=flown[Phase.ON_SCENE] or 0.0,
        wind=wind,
        drone=drone,
        settings=settings,
    )
    there, home = predict(sortie.out_m), predict(sortie.back_m[::-1])
    lands = predict(sortie.out_m, **_above_its_ground(log, flight, settings))
    phases = PredictedPhases.of_sorties(there, home)
    made = {Phase.ON_SCENE: flown[Phase.ON_SCENE], Phase.LAND: lands.land_s}
    return replace(phases, seconds={**phases.seconds, **made}), there.energy_wh


def _above_its_ground(log: FlightLog, flight: LoggedFlight, settings: FlightSettings) -> dict[str, Any]:
    """What a landing is predicted with: heights over the ground it ends on, as the vehicle reads that.

    It slows down where its own height says so: that above its terrain data where it has some, else that
    above home. DJI's drones and those with a rangefinder measure the ground.
    """
    ground_m = flight.hop.ground_after_m or 0.0
    ranging = any(log.parameters.get(name, 0.0) > 0.0 for name in ("RNGFND_TYPE", "RNGFND1_TYPE"))
    reads_m = 0.0 if ranging or log.autopilot == DJI else ground_m + _terrain_below_home_m(log, flight)
    slow_m = settings.land_low_height_m - reads_m
    top_m = settings.return_height_m
    return {
        "height_m": max(_cruise_height_m(flight) - ground_m, LEAST_TOP_M),
        "settings": replace(
            settings,
            land_low_height_m=max(slow_m, 0.0),
            return_height_m=None if top_m is None else max(top_m - ground_m, LEAST_TOP_M),
        ),
    }


def _terrain_below_home_m(log: FlightLog, flight: LoggedFlight) -> float:
    """How far its terrain data have the ground below home's where it comes down; 0 where it has none."""
    terrain, height = log.series.get(Quantity.HEIGHT_M_TERRAIN), height_series(log)
    if terrain is None or height is None:
        return 0.0
    last = terrain.between(flight.end_s - COMES_DOWN_S, flight.end_s)
    return float(np.median(last.values - height.at(last.t_s))) if last.t_s.size else 0.0


def _predict_along(
    path: FloatArray,
    *,
    height_m: float,
    on_scene_s: float,
    wind: MeanWind,
    drone: Drone,
    settings: FlightSettings,
) -> SortiePrediction:
    step = np.diff(path, axis=0)
    return predict_path(
        np.hypot(*step.T).tolist(),
        (np.degrees(np.arctan2(step[:, 0], step[:, 1])) % 360.0).tolist(),
        height_m=height_m,
        on_scene_s=on_scene_s,
        wind=wind,
        drone=drone,
        settings=settings,
    )


def _planned_phases(route: Route) -> dict[Phase, float | None]:
    """What the plan says of a route, in its planning wind."""
    return {
        Phase.CLIMB: route.climb_s,
        Phase.OUT: route.out_s,
        Phase.BACK: route.back_s,
        Phase.LAND: route.land_s,
    }


def find_route(plan: Plan, flight: LoggedFlight) -> Route:
    """The route of a plan that a flight flew: it lifts off at its dock and passes its target.

    Raises InputError where it is none of them.
    """
    if flight.home is not None:
        frame, track = LocalFrame(flight.home), flight.track
        for route in plan.routes:
            start, target = frame.points([route.points[0], route.points[-1]])
            nearest = float(np.hypot(track.east_m - target[0], track.north_m - target[1]).min())
            if math.hypot(*start) <= PASSED_WITHIN_M and nearest <= PASSED_WITHIN_M:
                return route
    raise InputError(
        f"flight {flight.number}: no route of the plan begins where it lifts off and ends where it flew to",
        do="give the plan that it was flown for, or leave --plan out",
    )


# What it was sent to do ------------------------------------------------------------------------------


def _sortie_of(
    log: FlightLog, flight: LoggedFlight, mission: Sequence[MissionItem] | None, route: Route | None
) -> Sortie:
    """The route or mission where it flew one, else straight to the place where it stayed."""
    assert flight.home is not None
    if route is not None:
        path = LocalFrame(flight.home).points(route.points)
        source = f"the plan's route from {route.site_id} to {route.zone_id}"
        return Sortie(out_m=path, back_m=path[::-1], source=source, given=True)
    for items in [mission] if mission is not None else reversed(log.missions):
        told = "the mission in the log" if mission is None else "the mission given"
        if (sortie := _sortie_of_mission(flight, items, told)) is not None:
            return sortie
    if mission is not None:
        raise InputError(
            f"{log.name}#{flight.number}: it did not fly this mission (a waypoint was not passed within "
            f"{PASSED_WITHIN_M:.0f} m)",
            do="give the mission that was flown, or leave --mission out",
        )
    track, home = flight.track, np.zeros((1, 2))
    farthest = int(np.argmax(np.hypot(track.east_m, track.north_m)))
    target = np.array([[track.east_m[farthest], track.north_m[farthest]]])
    return Sortie(
        out_m=np.vstack([home, target]),
        back_m=np.vstack([target, home]),
        source="straight to the farthest place it flew to, since its log holds no mission that it flew",
        given=False,
    )


def _sortie_of_mission(flight: LoggedFlight, items: Sequence[MissionItem], source: str) -> Sortie | None:
    """The paths of a mission; None where it has no legs, or was not the one flown."""
    assert flight.home is not None
    ends = next((n for n, item in enumerate(items) if item.command in ENDS), len(items))
    placed = [(n, item.position) for n, item in enumerate(items[:ends]) if item.command in PLACED]
    frame = LocalFrame(flight.home)
    # The list of a vehicle begins with its home, which is no leg.
    known = [
        (n, place) for n, place in placed if place is not None and (n or _gone_m(frame, place) > REACHED_M)
    ]
    if not known:
        return None
    points = frame.points([place for _, place in known])
    track = flight.track
    nearest = np.hypot(track.east_m[:, None] - points[:, 0], track.north_m[:, None] - points[:, 1]).min(
        axis=0
    )
    if nearest.max() > PASSED_WITHIN_M:
        return None
    returns = ends < len(items) and items[ends].command == Command.NAV_RETURN_TO_LAUNCH
    back_at = _goes_back_at(items)
    if back_at is not None and back_at < ends:
        turn = max(sum(n < back_at for n, _ in known) - 1, 0)
    else:
        turn = len(points) - 1 if returns else int(np.argmax(np.hypot(*points.T)))
    home = np.zeros((1, 2))
    back = np.vstack([points[turn:], home])
    return Sortie(out_m=np.vstack([home, points[: turn + 1]]), back_m=back, source=source, given=True)


def _goes_back_at(items: Sequence[MissionItem]) -> int | None:
    """The place in a mission of its first leg after its last hold; without a hold, of its RTL."""
    held = [n for n, item in enumerate(items) if item.command in HOLDS]
    ends = PLACED | ENDS if held else {Command.NAV_RETURN_TO_LAUNCH}
    after = held[-1] + 1 if held else 0
    return next((n for n, item in enumerate(items) if n >= after and item.command in ends), None)


def _gone_m(frame: LocalFrame, place: Position) -> float:
    """How far a place is from home."""
    return math.hypot(*frame.point(place))


def _with_return(log: FlightLog, flight: LoggedFlight, sortie: Sortie) -> FlightTrack:
    """The track with the moment its return began: as commanded, else when it leaves its target."""
    track = flight.track
    if track.return_t_s is not None:
        return track
    begun_s = _return_item_s(log, flight)
    if begun_s is not None:
        return replace(track, return_t_s=begun_s)
    target = sortie.out_m[-1]
    near = np.flatnonzero(np.hypot(track.east_m - target[0], track.north_m - target[1]) <= 2.0 * REACHED_M)
    return replace(track, return_t_s=float(track.t_s[near[-1]]) if near.size else None)


def _return_item_s(log: FlightLog, flight: LoggedFlight) -> float | None:
    """When the flight began the item of its mission that sends it home; None where the log does not tell."""
    begins_at = _goes_back_at(log.missions[-1]) if log.missions else None
    begun = (
        event for event in log.events if event.kind is EventKind.ITEM and event.text == f"item {begins_at}"
    )
    return next((event.t_s for event in begun if flight.start_s < event.t_s < flight.end_s), None)


def _cruise_height_m(flight: LoggedFlight) -> float:
    """The height, as the vehicle reads it, at which it flies its first leg."""
    track = flight.track
    leg = next((part for part in flight.parts if part.kind in (Part.LEG, Part.RETURN)), None)
    if leg is None:
        return float(track.height_m.max())
    inside = (track.t_s >= leg.start_s) & (track.t_s <= leg.end_s)
    return float(np.median(track.height_m[inside])) if inside.any() else float(track.height_m.max())


def _wind_of(log: FlightLog, flight: LoggedFlight, given: MeanWind | None) -> tuple[MeanWind, str]:
    """(the wind aloft, where it is from)."""
    if given is not None:
        return given, f"in the wind given: {given.speed_mps:.1f} m/s from {given.from_deg:.0f}°"
    wind = estimate_wind(log, flight)
    by_lean = isinstance(wind, FlightWind) and wind.source is WindSource.LEAN
    if isinstance(wind, FlightWind) and by_lean and wind.error_mps > MOST_WIND_ERROR_MPS:
        wind = UnknownWind(reason=f"its log tells it to {wind.error_mps:.1f} m/s only")
    if isinstance(wind, FlightWind):
        mean = MeanWind(speed_mps=wind.speed_mps, from_deg=wind.from_deg)
        said = f"{wind.speed_mps:.1f} ± {wind.error_mps:.1f} m/s from {wind.from_deg:.0f}°"
        return mean, f"in the wind of the flight: {said}"
    return MeanWind(speed_mps=0.0, from_deg=0.0), f"in still air, since its wind is unknown: {wind.reason}"


def _settings_of(
    log: FlightLog, flight: LoggedFlight, drone: Drone, measured: frozenset[str]
) -> tuple[FlightSettings, str]:
    """(how it flies, where that is from): as measured, else by its parameters, else by the catalogue."""
    base = flight_settings(drone)
    if log.autopilot == DJI:
        base = replace(base, land_low_height_m=DJI_LAND_LOW_M, land_high_mps=base.descent_mps)
        if "land_mps" not in measured:
            base = replace(base, land_low_mps=DJI_LAND_MPS)
    known = {name: value for name, value in log.parameters.items() if name in PARAMETERS and value >= 0.0}
    if not known:
        cruise_mps = _leg_speed_mps(flight)
        note = f"at the {cruise_mps:.1f} m/s that it flew, since the log does not say what was asked"
        return replace(base, cruise_mps=cruise_mps), note
    told = FlightSettings.from_params(known, base=base)
    kept = {setting: getattr(base, setting) for field, setting in SETTINGS.items() if field in measured}
    note = f"with {counted_noun(len(known), 'flight parameter')} of its log"
    if kept:
        note += f", and {', '.join(sorted(measured & SETTINGS.keys()))} as measured"
    return replace(told, **kept), note


def _leash_of(log: FlightLog, settings: FlightSettings) -> LeashSettings | None:
    """How an ArduCopter before 4.1 flies its legs; None for any other."""
    version = re.search(r"V?(\d+)\.(\d+)", log.firmware or "")
    if version is None or log.autopilot != "ArduPilot":
        return None
    if not is_flown_on_a_leash((int(version[1]), int(version[2]))):
        return None
    gains = (("POS_XY_P", "PSC_POSXY_P"), ("VEL_XY_P", "PSC_VELXY_P"))
    position_p, velocity_p = (
        next((log.parameters[name] for name in names if log.parameters.get(name, 0.0) > 0.0), 1.0)
        for names in gains
    )
    return LeashSettings(
        speed_mps=settings.cruise_mps,
        accel_mps2=settings.accel_mps2,
        position_p=position_p,
        velocity_p=velocity_p,
    )


def _leg_speed_mps(flight: LoggedFlight) -> float:
    """The ground speed that a tenth of its legs' moments exceed."""
    track = flight.track
    speed = np.hypot(np.gradient(track.east_m, track.t_s), np.gradient(track.north_m, track.t_s))
    legs = [part for part in flight.parts if part.kind in (Part.LEG, Part.RETURN)]
    inside = np.zeros(len(track.t_s), dtype=bool)
    for part in legs:
        inside |= (track.t_s >= part.start_s) & (track.t_s <= part.end_s)
    return max(1.0, float(np.quantile(speed[inside], 0.9))) if inside.any() else 1.0


# Many flights ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorSummary:
    """How far flown was from predicted over many flights, as shares of the predicted.

    `drift_per_30_days` is Theil and Sen's slope, None where the flights do not tell one; `drifts` is whether
    its 95 % interval leaves out 0.
    """

    quantity: str
    flights: int
    median: float
    median_size: float
    p90_size: float
    drift_per_30_days: float | None
    drifts: bool
    outliers: tuple[str, ...]


def summarise_comparisons(compared: Sequence[FlightComparison]) -> tuple[ErrorSummary, ...]:
    """The distribution, the drift over time and the outliers of each phase and of the energy."""
    names = list(dict.fromkeys(name for one in compared for name in one.errors))
    return tuple(_summarise(name, [one for one in compared if name in one.errors]) for name in names)


def _summarise(name: str, compared: Sequence[FlightComparison]) -> ErrorSummary:
    errors = np.array([one.errors[name] for one in compared])
    middle = float(np.median(errors))
    spread = 1.4826 * float(np.median(np.abs(errors - middle)))
    far = np.abs(errors - middle) > OUTLIER_SPREADS * max(spread, 0.01)
    slope, shown = _drift(compared, errors)
    return ErrorSummary(
        quantity=name,
        flights=len(errors),
        median=middle,
        median_size=float(np.median(np.abs(errors))),
        p90_size=float(np.quantile(np.abs(errors), 0.9)),
        drift_per_30_days=slope,
        drifts=shown,
        outliers=tuple(one.label for one, is_far in zip(compared, far, strict=True) if is_far),
    )


def _drift(compared: Sequence[FlightComparison], errors: FloatArray) -> tuple[float | None, bool]:
    """(Theil and Sen's slope in 30 days, whether its interval leaves out 0)."""
    dated = [(one.began.timestamp(), e) for one, e in zip(compared, errors, strict=True) if one.began]
    if len(dated) < LEAST_FOR_DRIFT:
        return None, False
    days, values = np.array([t for t, _ in dated]) / 86_400.0, np.array([e for _, e in dated])
    if np.ptp(days) < 1.0 or math.isclose(float(np.ptp(values)), 0.0):
        return None, False
    from scipy.stats import theilslopes  # not part of an installation for SITL alone

    slope, _, low, high = theilslopes(values, days)
    return 30.0 * float(slope), not low <= 0.0 <= high


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedFlights:
    """Many flights beside their predictions, what they show together, and why others are left out."""

    flights: tuple[FlightComparison, ...]
    left_out: tuple[str, ...]

    @property
    def summaries(self) -> tuple[ErrorSummary, ...]:
        """The errors of each phase and of the energy over all flights."""
        return summarise_comparisons(self.flights)
