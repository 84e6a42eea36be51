"""Read flight logs, calibrate a drone by them, compare them with predictions: `dfr log`."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dfr.aircraft.catalogue import Drone, build_own_drone, drone_of, find_drone
from dfr.errors import InputError
from dfr.io.files import read_bounded
from dfr.io.logs.files import read_log as read_log_file
from dfr.io.own_drone_files import read_own_drone, refuse_known_key, write_own_drone
from dfr.io.plan_files import read_plan_file
from dfr.logs.calibration import LEAST_FLIGHTS, Calibration, calibrate_drone
from dfr.logs.comparison import ComparedFlights, FlightComparison, compare_flight, find_route
from dfr.logs.flights import LoggedFlight, find_flights
from dfr.logs.model import FlightLog
from dfr.mission.formats import read_plan
from dfr.mission.items import MissionItem
from dfr.plan.model import Plan, Route
from dfr.scenario.model import Fleet
from dfr.scenario.own_drone import OwnDrone, OwnFigure
from dfr.statistics import t_value
from dfr.world.weather import MeanWind

LEAST_ENERGY_BAND = 0.05
"""The flight model alone is not better than this (assumed), whatever a calibration says."""

TELEMETRY = ".tlog"
"""What `dfr fly`, a rehearsal and a live shift keep of each vehicle that they hear."""

LOG_SUFFIXES = frozenset({".bin", ".log", TELEMETRY, ".ulg", ".csv", ".tsv", ".gpx"})
"""What is taken from a folder of logs; a file that is named is read whatever its suffix."""


def read_log(path: str | Path, *, system: int | None = None) -> FlightLog:
    """The flight log in a file of any known format; `system` chooses one of several vehicles in a tlog.

    Raises InputError for a file that is no flight log.
    """
    return read_log_file(Path(path), system=system)


def list_flights(log: FlightLog) -> tuple[LoggedFlight, ...]:
    """The flights of a log in order, each with its track and its parts."""
    return find_flights(log)


def calibrate(
    paths: Iterable[str | Path],
    *,
    key: str,
    based_on: str,
    name: str | None = None,
    entered: Mapping[str, float] | None = None,
) -> Calibration:
    """The team's own drone by its logs (files, or folders of them), over a drone of dfr's catalogue.

    `entered` are figures that the team knows, by the fields of the catalogue. Raises InputError for logs
    without flights, and for logs of two different drones.
    """
    refuse_known_key(key)
    logs = [read_log(path) for path in find_logs(paths)]
    return calibrate_drone(logs, key=key, name=name or key, based_on=based_on, entered=entered)


def drone_file_text(calibration: Calibration) -> str:
    """The file of a calibrated drone, which a scenario names by `catalogue:`."""
    return write_own_drone(calibration.own, observed=calibration.observed, missing=calibration.missing)


def find_logs(paths: Iterable[str | Path]) -> list[Path]:
    """The logs that are named, and those in the folders that are. Raises InputError for an empty folder."""
    found: list[Path] = []
    for path in map(Path, paths):
        if path.is_dir():
            inside = sorted(p for p in path.iterdir() if p.suffix.lower() in LOG_SUFFIXES)
            if not inside:
                kinds = ", ".join(sorted(LOG_SUFFIXES))
                raise InputError(f"{path}: no flight log in it", do=f"give a folder with files {kinds}")
            found += inside
        else:
            found.append(path)
    return list(dict.fromkeys(found))


def compare(
    paths: Iterable[str | Path],
    *,
    drone: str,
    plan: str | Path | None = None,
    mission: str | Path | None = None,
    wind: str | None = None,
) -> ComparedFlights:
    """Predicted against flown for every flight of some logs (files, or folders of them).

    `drone` is a key of the catalogue or a file of the team's own drone; `plan` and `mission` are files of
    what was to be flown; `wind` is m/s@degrees. Flights that cannot be compared are left out and named.
    Raises InputError for files that cannot be read, and where no flight is left.
    """
    judged = _judged_drone(drone)
    planned = None if plan is None else read_plan_file(Path(plan))
    path = None if mission is None else Path(mission)
    items = None if path is None else read_plan(read_bounded(path), name=path.name).items
    given = None if wind is None else _read_wind(wind)
    compared: list[FlightComparison] = []
    left_out: list[str] = []
    for log in map(read_log, find_logs(paths)):
        for flight in find_flights(log):
            try:
                route = None if planned is None else find_route(planned, flight)
                compared.append(judged.compare(log, flight, mission=items, route=route, wind=given))
            except InputError as error:
                left_out.append(f"{error}")
    if not compared:
        why = "; ".join(left_out) or "no flight in these logs"
        raise InputError(f"no flight to compare: {why}", do="give logs of dispatches, out and back")
    return ComparedFlights(flights=tuple(compared), left_out=tuple(left_out))


def compare_shift(folder: Path, plan: Plan, fleet: Fleet) -> ComparedFlights:
    """Predicted against flown for the flights of a live shift, by the telemetry that it kept of its drones.

    A flight is set beside the route of the plan that it flew, else beside what its log says it was sent to
    do. Files that cannot be read and flights that cannot be compared are left out and named; nothing is
    there where no telemetry was kept.
    """
    judged = judge_fleet(fleet)
    compared: list[FlightComparison] = []
    left_out: list[str] = []
    for path in sorted(folder.glob(f"*{TELEMETRY}")):
        try:
            log = read_log(path)
            flights = find_flights(log)
        except InputError as error:
            left_out.append(f"{error}")
            continue
        for flight in flights:
            try:
                compared.append(judged.compare(log, flight, route=_route_of(plan, flight)))
            except InputError as error:
                left_out.append(f"{error}")
    return ComparedFlights(flights=tuple(compared), left_out=tuple(left_out))


def _route_of(plan: Plan, flight: LoggedFlight) -> Route | None:
    try:
        return find_route(plan, flight)
    except InputError:
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedDrone:
    """A drone to compare with, and what its calibration gives: band of energy, power, what it measured."""

    drone: Drone
    energy_band: float | None = None
    measured: frozenset[str] = frozenset()
    effort_power_w: float | None = None

    def compare(
        self,
        log: FlightLog,
        flight: LoggedFlight,
        *,
        mission: Sequence[MissionItem] | None = None,
        route: Route | None = None,
        wind: MeanWind | None = None,
    ) -> FlightComparison:
        """One flight beside its prediction: see `compare_flight`."""
        return compare_flight(
            log,
            flight,
            self.drone,
            mission=mission,
            route=route,
            wind=wind,
            energy_band=self.energy_band,
            measured=self.measured,
            effort_power_w=self.effort_power_w,
        )


def judge_fleet(fleet: Fleet) -> JudgedDrone:
    """The drone that a fleet flies, to compare with."""
    own = fleet.own_drone
    if own is None or own.key != fleet.drone:
        return JudgedDrone(drone=drone_of(fleet))
    return judge_own_drone(own)


def _judged_drone(text: str) -> JudgedDrone:
    """A drone by its key or file."""
    if not Path(text).is_file():
        return JudgedDrone(drone=find_drone(text))
    return judge_own_drone(read_own_drone(Path(text)))


def judge_own_drone(own: OwnDrone) -> JudgedDrone:
    """A team's own drone to compare with, by its calibration. Raises InputError for an unknown base."""
    figures = {figure.field: figure for figure in (*own.figures, *own.observed)}
    effort = figures.get("effort_power_w")
    return JudgedDrone(
        drone=build_own_drone(own),
        energy_band=_energy_band(figures.get("hover_power_w")),
        measured=frozenset(figure.field for figure in own.figures if figure.measured),
        effort_power_w=None if effort is None else effort.value,
    )


def _energy_band(power: OwnFigure | None) -> float | None:
    """The share within which nine flights in ten are expected; None where too few flights tell it."""
    if power is None or power.spread is None or power.flights < LEAST_FLIGHTS:
        return None
    # One more flight: its own spread, and that of the mean.
    share = power.spread / power.value * math.sqrt(1.0 + 1.0 / power.flights)
    return max(LEAST_ENERGY_BAND, t_value(power.flights - 1, 0.9) * share)


def _read_wind(text: str) -> MeanWind:
    speed, _, direction = text.partition("@")
    try:
        return MeanWind(speed_mps=float(speed), from_deg=float(direction) % 360.0)
    except ValueError:
        raise InputError(f"wind {text!r}: not m/s@degrees", do="write for example 5@240") from None
