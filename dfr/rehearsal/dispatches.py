"""Flies a plan's dispatches on a simulated vehicle and compares each with its prediction: `fly_route`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

import firmware_sitl
from dfr.aircraft.catalogue import Dock, Drone, drone_of, find_dock
from dfr.aircraft.landing import Limits
from dfr.aircraft.performance import (
    FlightSettings,
    SitlEffects,
    SortiePrediction,
    flight_settings,
    predict_path,
)
from dfr.ardupilot.commands import Command
from dfr.geo import FloatArray, LocalFrame, Position, bearing_deg, distance_m
from dfr.io.files import write_atomically
from dfr.link.dispatch import fly_dispatch
from dfr.link.mavlink import connect
from dfr.link.outcome import FlownDispatch
from dfr.link.transfer import upload_verified
from dfr.metrics.flown import PredictedPhases, RehearsedFlight, compare_phases, landing_tolerance_m
from dfr.mission.compile import HOLDS, compile_dispatch, return_seq
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

LEAST_ASIDE_M = 2.0
"""A camera's target less far aside has no steady bearing for a drone that sways in the wind (assumed)."""

ON_SCENE_S = 60.0
"""Shorter than a real stay: hovering longer proves nothing more."""

PLACES = frozenset({Command.NAV_WAYPOINT, Command.NAV_LOITER_TIME})


@dataclass(frozen=True, slots=True, kw_only=True)
class SitlSettings:
    """Which engine flies, and how fast: `builtin`, `ardupilot` or `auto` (ArduCopter if one is named).

    `gnss_drift_m` is the error of its satellite position once it is airborne.
    """

    kind: SitlEngine
    speedup: float
    gnss_drift_m: float = 0.0


def choose_dispatches(plan: Plan, shares: dict[str, float]) -> list[Route]:
    """For each chosen dock, its route to the zone with most demand among those it reaches first.

    From a dock that reaches no zone first, the route to the zone with most demand that it reaches.
    """
    soonest = [route for zone in shares if (route := plan.soonest_route(zone)) is not None]
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

    The wind at cruise height blows from 60 m up; below that, ArduPilot's SITL reduces it with the square root
    of the height.
    Raises LinkError if the vehicle does not start, the upload is not verified or the flight is lost.
    """
    mission = compile_dispatch(
        world, plan, site_id=route.site_id, zone_id=route.zone_id, on_scene_s=ON_SCENE_S
    )
    mission = replace(mission, params=mission.params | link_timeout(mission, engine.speedup))
    drone, dock = drone_of(world.scenario.fleet), find_dock(world.scenario.fleet.dock)
    name = f"{route.site_id}-{route.zone_id}"
    write_atomically(folder / f"{name}.plan", format_of("x.plan").write(mission))
    aloft = MeanWind(speed_mps=wind.speed_at_mps(route.height_m_agl), from_deg=wind.from_deg)
    out, back = legs_out_and_back(mission)
    predicted = predicted_phases(mission, drone, out=out, back=back, height_m=route.height_m_agl, wind=aloft)
    precision = world.scenario.fleet.guidance is Guidance.PRECISION
    flown, vehicle, error_m = _fly_mission(
        mission,
        drone,
        dock_tolerance_m=Limits.for_dock(drone, dock).lateral_m,
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
        airframe=drone.key,
        wind=f"wind {aloft.speed_mps:.1f} m/s from {aloft.from_deg:.0f}° at {route.height_m_agl:.0f} m",
        phases=compare_phases(predicted.seconds, measured, precision=precision, bands=predicted.bands),
        predicted=_predicted_track(
            name, predicted.seconds, mission, drone, out=out, height_m=route.height_m_agl
        ),
        flown=flown.track,
        landed=_down_whole(flown) and _is_within(error_m, landing_tolerance_m(precision=precision)),
        docked=_down_whole(flown) and _is_within(error_m, flown.dock_tolerance_m),
        dock_tolerance_m=flown.dock_tolerance_m,
        landing_error_m=error_m,
        precision=precision,
        notes=(
            _airframe_note(drone),
            _landing_note(flown, dock, error_m, precision=precision, drift_m=engine.gnss_drift_m),
            "Messages from the vehicle: " + "; ".join(text.text for text in flown.texts),
            f"Outcome of the dispatch: {flown.summary}.",
        ),
    )


def link_timeout(mission: FlightPlan, speedup: float) -> dict[str, float]:
    """The link timeout in vehicle time: longer at speed-up, because our heartbeats come in real time."""
    return {"FS_GCS_TIMEOUT": min(MAX_GCS_TIMEOUT_S, mission.params["FS_GCS_TIMEOUT"] * speedup)}


def _down_whole(flown: FlownDispatch) -> bool:
    return flown.disarmed and not flown.ending.crash


def _is_within(error_m: float | None, tolerance_m: float) -> bool:
    return error_m is not None and error_m <= tolerance_m


def _landing_note(
    flown: FlownDispatch, dock: Dock, error_m: float | None, *, precision: bool, drift_m: float
) -> str:
    """How the landing was flown and judged."""
    how = "on the simulator's marker" if precision else "by GNSS"
    astray = f" with a satellite position {drift_m:g} m off" if drift_m else ""
    at = "nowhere" if error_m is None else f"{error_m:.2f} m from the centre"
    most_m = landing_tolerance_m(precision=precision)
    fits = "within" if _down_whole(flown) and _is_within(error_m, flown.dock_tolerance_m) else "outside"
    return (
        f"The drone landed {how}{astray}. The tolerance is {most_m:g} m. By the simulator's true position it "
        f"came to rest {at}, {fits} the {flown.dock_tolerance_m:g} m that {dock.name} allows."
    )


def _airframe_note(drone: Drone) -> str:
    return (
        "The simulator flies an airframe with the mass, speed and tilt limit that the catalogue gives "
        f"{drone.name}, under ArduCopter. It proves the mission and its times, not the maker's own autopilot."
    )


def legs_out_and_back(mission: FlightPlan) -> tuple[FloatArray, FloatArray]:
    """The path out and the path back, metres east and north of home, home included, each of shape (n, 2)."""
    frame = LocalFrame(mission.home)
    turn = return_seq(mission.items) or len(mission.items) + 1
    placed = [(seq, item.position) for seq, item in enumerate(mission.items, 1) if item.command in PLACES]
    out = [place for seq, place in placed if place is not None and seq < turn]
    back = [place for seq, place in placed if place is not None and seq >= turn]
    return frame.points([mission.home, *out]), frame.points([out[-1], *back, mission.home])


def predicted_phases(
    mission: FlightPlan, drone: Drone, *, out: FloatArray, back: FloatArray, height_m: float, wind: MeanWind
) -> PredictedPhases:
    """The phases by the flight model; the return is predicted along its own legs."""

    def predict_along(path: FloatArray) -> SortiePrediction:
        step = np.diff(path, axis=0)
        return predict_path(
            np.hypot(*step.T).tolist(),
            (np.degrees(np.arctan2(step[:, 0], step[:, 1])) % 360.0).tolist(),
            height_m=height_m,
            on_scene_s=ON_SCENE_S,
            wind=wind,
            drone=drone,
            settings=_settings_in_flight(mission, drone),
            sitl=SitlEffects(looks_down=looks_down(mission), scene_heading_deg=scene_heading_deg(mission)),
        )

    return PredictedPhases.of_sorties(predict_along(out), predict_along(back[::-1]))


def looks_down(mission: FlightPlan) -> bool:
    """Whether the camera's target on scene is the place that the drone holds over."""
    seen = _hold_and_target(mission)
    return seen is not None and distance_m(*seen) < LEAST_ASIDE_M


def scene_heading_deg(mission: FlightPlan) -> float | None:
    """The true heading on scene, to the camera's target; None without one aside of where the drone holds."""
    seen = _hold_and_target(mission)
    return None if seen is None or distance_m(*seen) < LEAST_ASIDE_M else bearing_deg(*seen)


def _hold_and_target(mission: FlightPlan) -> tuple[Position, Position] | None:
    """Where the drone holds on scene and what its camera looks at there."""
    target = None
    for item in mission.items:
        if item.command == Command.DO_SET_ROI:
            target = item.position
        elif item.command in HOLDS and target is not None and item.position is not None:
            return item.position, target
    return None


def _settings_in_flight(mission: FlightPlan, drone: Drone) -> FlightSettings:
    """The drone's own settings, replaced by those that the mission sets."""
    return FlightSettings.from_params(mission.params, base=flight_settings(drone))


def _predicted_track(
    name: str,
    phases: Mapping[Phase, float | None],
    mission: FlightPlan,
    drone: Drone,
    *,
    out: FloatArray,
    height_m: float,
) -> FlightTrack:
    settings = _settings_in_flight(mission, drone)
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


def _fly_mission(
    mission: FlightPlan,
    drone: Drone,
    *,
    dock_tolerance_m: float,
    wind: MeanWind,
    engine: SitlSettings,
    precision: bool,
    tlog: Path,
) -> tuple[FlownDispatch, str, float | None]:
    """The mission flown on a new vehicle, what that vehicle says it is, and how far off it really landed.

    That is in metres from the dock's centre, or from the marker on it.
    """
    marker = marker_params(mission.home) if precision else {}
    with (
        start_vehicle(
            engine=engine.kind,
            home=mission.home,
            home_m_amsl=mission.home_m_amsl or 0.0,
            speedup=engine.speedup,
            defaults=[PARAMS / f"{drone.key}.parm"],
            frame=FRAMES / f"{drone.key}.json",
            params={"SIM_WIND_SPD": wind.speed_mps, "SIM_WIND_DIR": wind.from_deg, **marker},
        ) as running,
        connect(running.url, simulated=True, tlog=tlog) as vehicle,
        TruePosition(vehicle).listening() as truth,
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


def choose_routes(plan: Plan, world: World, most: int) -> Sequence[Route]:
    """The dispatches to fly, at most `most`."""
    return choose_dispatches(plan, shares_of(world))[:most]
