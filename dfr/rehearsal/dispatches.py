"""Flying a plan's dispatches on a simulated vehicle, each beside its prediction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

import firmware_sitl
from dfr.aircraft.catalogue import Dock, Drone, find_dock, find_drone
from dfr.aircraft.landing import Limits
from dfr.aircraft.performance import (
    FlightSettings,
    SitlEffects,
    SortiePrediction,
    flight_settings,
    predict_path,
)
from dfr.ardupilot.commands import Command
from dfr.geo import FloatArray, LocalFrame
from dfr.io.files import write_atomically
from dfr.link.dispatch import fly_dispatch
from dfr.link.mavlink import connect
from dfr.link.outcome import FlownDispatch
from dfr.link.transfer import upload_verified
from dfr.metrics.flown import RehearsedFlight, compare_phases, landing_tolerance_m
from dfr.mission.compile import compile_dispatch, return_seq
from dfr.mission.formats import format_of
from dfr.mission.items import FlightPlan
from dfr.plan.model import Plan, Route
from dfr.rehearsal.landing import GnssDrift, TruePosition, marker_at, marker_params
from dfr.scenario.model import Guidance
from dfr.track import FlightTrack, Phase, phase_seconds, track_of_phases
from dfr.world.model import World
from dfr.world.weather import MeanWind
from firmware_sitl.start import SitlEngine, start_vehicle

FIRMWARE = Path(firmware_sitl.__file__).parent
PARAMS, FRAMES = FIRMWARE / "params", FIRMWARE / "frames"

MAX_GCS_TIMEOUT_S = 120.0
"""The largest FS_GCS_TIMEOUT that ArduCopter takes."""

ON_SCENE_S = 60.0
"""Shorter than a real stay: hovering longer proves nothing more."""

PLACES = frozenset({Command.NAV_WAYPOINT, Command.NAV_LOITER_TIME})


@dataclass(frozen=True, slots=True, kw_only=True)
class SitlSettings:
    """What flies: `builtin`, `ardupilot`, or `auto` (a real ArduCopter where one is named).

    `gnss_drift_m` is how far its satellites lead it astray once it is up.
    """

    kind: SitlEngine
    speedup: float
    gnss_drift_m: float = 0.0


def dispatches(plan: Plan, shares: dict[str, float]) -> list[Route]:
    """For each chosen dock its route to the zone with most demand among those it is soonest at.

    A dock that is soonest nowhere is flown to its own busiest reachable zone.
    """
    soonest = [route for zone in shares if (route := plan.soonest(zone)) is not None]
    chosen = []
    for site in plan.sites:
        own = [r for r in plan.routes if r.site_id == site.id and r.overhead_s is not None]
        first = [route for route in soonest if route.site_id == site.id] or own
        if first:
            chosen.append(max(first, key=lambda r: (shares[r.zone_id], r.zone_id)))
    return chosen


def fly_route(
    world: World, plan: Plan, route: Route, *, wind: MeanWind, engine: SitlSettings, folder: Path
) -> RehearsedFlight:
    """One dispatch compiled, uploaded, flown and compared with its prediction.

    The wind's speed at cruise height blows from 60 m up; below that ArduPilot's SITL lets it fall with
    the square root of the height.
    Raises LinkError where the vehicle does not start, the upload is not verified or the flight is lost.
    """
    mission = compile_dispatch(
        world, plan, site_id=route.site_id, zone_id=route.zone_id, on_scene_s=ON_SCENE_S
    )
    mission = replace(mission, params=mission.params | link_timeout(mission, engine.speedup))
    craft, box = find_drone(world.scenario.fleet.drone), find_dock(world.scenario.fleet.dock)
    name = f"{route.site_id}-{route.zone_id}"
    write_atomically(folder / f"{name}.plan", format_of("x.plan").write(mission))
    aloft = MeanWind(speed_mps=wind.speed_at_mps(route.height_m_agl), from_deg=wind.from_deg)
    out, back = ways(mission)
    predicted = predicted_phases(mission, craft, out=out, back=back, height_m=route.height_m_agl, wind=aloft)
    precision = world.scenario.fleet.guidance is Guidance.PRECISION
    flown, vehicle, error_m = _flown(
        mission,
        craft,
        dock_tolerance_m=Limits.for_dock(craft, box).lateral_m,
        wind=aloft,
        engine=engine,
        precision=precision,
        tlog=folder / f"{name}.tlog",
    )
    east, north = out[-1]
    measured = phase_seconds(
        flown.track, target_east_m=east, target_north_m=north, cruise_height_m=route.height_m_agl
    )
    return RehearsedFlight(
        site_id=route.site_id,
        zone_id=route.zone_id,
        vehicle=vehicle,
        airframe=craft.key,
        wind=f"wind {aloft.speed_mps:.1f} m/s from {aloft.from_deg:.0f} deg at {route.height_m_agl:.0f} m",
        phases=compare_phases(predicted, measured, precision=precision),
        predicted=_predicted_track(name, predicted, mission, craft, out=out, height_m=route.height_m_agl),
        flown=flown.track,
        landed=_down_whole(flown) and _within(error_m, landing_tolerance_m(precision=precision)),
        docked=_down_whole(flown) and _within(error_m, flown.dock_tolerance_m),
        dock_tolerance_m=flown.dock_tolerance_m,
        landing_error_m=error_m,
        precision=precision,
        notes=(
            _airframe_note(craft),
            _landing_note(flown, box, error_m, precision=precision, drift_m=engine.gnss_drift_m),
            "The vehicle said: " + "; ".join(text.text for text in flown.texts),
            f"The dispatch: {flown.summary}.",
        ),
    )


def link_timeout(mission: FlightPlan, speedup: float) -> dict[str, float]:
    """The link timeout runs on vehicle time: at speed-up it is as long as it was for our heartbeats."""
    return {"FS_GCS_TIMEOUT": min(MAX_GCS_TIMEOUT_S, mission.params["FS_GCS_TIMEOUT"] * speedup)}


def _down_whole(flown: FlownDispatch) -> bool:
    return flown.disarmed and not flown.ending.crash


def _within(error_m: float | None, tolerance_m: float) -> bool:
    return error_m is not None and error_m <= tolerance_m


def _landing_note(
    flown: FlownDispatch, box: Dock, error_m: float | None, *, precision: bool, drift_m: float
) -> str:
    """How the landing was flown and judged."""
    how = "on the simulator's marker" if precision else "by GNSS"
    astray = f", its satellites {drift_m:g} m astray" if drift_m else ""
    at = "nowhere" if error_m is None else f"{error_m:.2f} m from the centre"
    most_m = landing_tolerance_m(precision=precision)
    fits = "within" if _down_whole(flown) and _within(error_m, flown.dock_tolerance_m) else "outside"
    return (
        f"The landing was flown {how}{astray}, and is judged by a tolerance of {most_m:g} m; "
        f"it came to rest {at}, {fits} the room of {box.name} ({flown.dock_tolerance_m:g} m), "
        "by the simulator's own truth."
    )


def _airframe_note(craft: Drone) -> str:
    return (
        f"The simulator flies an airframe of {craft.name}'s mass, speed and tilt as the catalogue has them, "
        "under ArduCopter: it proves the mission and the times, not that maker's own autopilot."
    )


def ways(mission: FlightPlan) -> tuple[FloatArray, FloatArray]:
    """Metres east and north of home along the way out and the way back, home included, shape (n, 2)."""
    frame = LocalFrame(mission.home)
    turn = return_seq(mission.items) or len(mission.items) + 1
    placed = [(seq, item.position) for seq, item in enumerate(mission.items, 1) if item.command in PLACES]
    out = [place for seq, place in placed if place is not None and seq < turn]
    back = [place for seq, place in placed if place is not None and seq >= turn]
    return frame.points([mission.home, *out]), frame.points([out[-1], *back, mission.home])


def predicted_phases(
    mission: FlightPlan, craft: Drone, *, out: FloatArray, back: FloatArray, height_m: float, wind: MeanWind
) -> dict[Phase, float | None]:
    """Seconds of each phase by the flight model; the way back is predicted along its own legs."""

    def along(path: FloatArray) -> SortiePrediction:
        step = np.diff(path, axis=0)
        return predict_path(
            np.hypot(*step.T).tolist(),
            (np.degrees(np.arctan2(step[:, 0], step[:, 1])) % 360.0).tolist(),
            height_m=height_m,
            on_scene_s=ON_SCENE_S,
            wind=wind,
            drone=craft,
            settings=_settings(mission, craft),
            sitl=SitlEffects(),
        )

    there, home = along(out), along(back[::-1])
    return {
        Phase.CLIMB: there.climb_s,
        Phase.OUT: there.out_s,
        Phase.ON_SCENE: there.on_scene_s,
        Phase.BACK: home.back_s,
        Phase.LAND: home.land_s,
    }


def _settings(mission: FlightPlan, craft: Drone) -> FlightSettings:
    """The drone's own settings under those that the mission sets."""
    return FlightSettings.from_params(mission.params, base=flight_settings(craft))


def _predicted_track(
    name: str,
    phases: dict[Phase, float | None],
    mission: FlightPlan,
    craft: Drone,
    *,
    out: FloatArray,
    height_m: float,
) -> FlightTrack:
    settings = _settings(mission, craft)
    return track_of_phases(
        name,
        phases,
        path_m=out,
        height_m=height_m,
        top_m=settings.asked_return_height_m,
        wait_s=settings.return_loiter_s,
        slow_below_m=settings.land_low_height_m,
        slow_mps=settings.land_low_mps,
    )


def _flown(
    mission: FlightPlan,
    craft: Drone,
    *,
    dock_tolerance_m: float,
    wind: MeanWind,
    engine: SitlSettings,
    precision: bool,
    tlog: Path,
) -> tuple[FlownDispatch, str, float | None]:
    """The mission flown on a vehicle of its own, what that vehicle says it is, and where it really stands.

    That is metres from the dock's centre, or from the marker on it.
    """
    marker = marker_params(mission.home) if precision else {}
    with (
        start_vehicle(
            engine=engine.kind,
            home=mission.home,
            home_m_amsl=mission.home_m_amsl or 0.0,
            speedup=engine.speedup,
            defaults=[PARAMS / f"{craft.key}.parm"],
            frame=FRAMES / f"{craft.key}.json",
            params={"SIM_WIND_SPD": wind.speed_mps, "SIM_WIND_DIR": wind.from_deg, **marker},
        ) as running,
        connect(running.url, simulated=True, tlog=tlog) as vehicle,
        TruePosition(vehicle).told() as truth,
    ):
        upload_verified(vehicle, mission)
        astray = GnssDrift(vehicle, engine.gnss_drift_m)
        flown = fly_dispatch(vehicle, mission, dock_tolerance_m=dock_tolerance_m, on_state=astray)
        error_m = truth.error_m(marker_at(mission.home) if precision else mission.home)
        known_m = flown.dock_error_m if error_m is None else error_m
        return flown, f"{running.engine} ({running.version})", known_m


def shares_of(world: World) -> dict[str, float]:
    """Each zone's share of demand."""
    return {zone.id: zone.share for zone in world.scenario.demand.zones}


def routes_flown(plan: Plan, world: World, most: int) -> Sequence[Route]:
    """The dispatches to fly, at most so many."""
    return dispatches(plan, shares_of(world))[:most]
