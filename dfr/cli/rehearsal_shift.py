"""A shift of the simulation flown by simulated vehicles: its drones, their docks, and what is compared."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from pymavlink.dialects.v20 import ardupilotmega as dialect

from dfr.aircraft.catalogue import Drone, drone
from dfr.cli.rehearsal_flights import FRAMES, PARAMS, Engine, link_timeout, predicted_phases, ways
from dfr.errors import InputError, LinkError
from dfr.geo import distance_m
from dfr.link.director import DOCK_TOLERANCE_M
from dfr.link.flown import FlownFlight, FlownFlights
from dfr.link.mavlink import MavlinkVehicle, connect
from dfr.link.vehicle_clock import VehicleClock
from dfr.metrics.flown import PhaseComparison, compare_phases
from dfr.metrics.kpi import Summary, summarise
from dfr.metrics.shift import FlownShift, ShiftFlight, airborne_path, kpi_pairs, most_at_once, separations
from dfr.metrics.timeline import Kind, pick
from dfr.mission.compile import compile_dispatch
from dfr.mission.items import FlightPlan
from dfr.plan.model import DockSite, Plan
from dfr.sim.calls import Call, draw_calls
from dfr.sim.engine import replicate
from dfr.sim.events import Records, drone_id, to_tables, vocabulary
from dfr.sim.flight import Order
from dfr.sim.inputs import DockPlace, SimInputs
from dfr.sim.randomness import Streams
from dfr.sim.sortie import Log
from dfr.sim.window import busiest_start_s, calls_within, window
from dfr.store.runs import StoredRun
from dfr.track import Phase, phase_seconds
from dfr.world.model import World
from dfr.world.weather import mean_wind, weather_at
from dfr.world.wind import MeanWind
from firmware_sitl.start import start_vehicle

MOST_VEHICLES = 20
LONGEST_S = 24.0 * 3600.0
SHOWN_KPIS = ("call_to_overhead_s", "attended", "first_on_scene", "reserve_at_landing")
UNITS_S = {"min": 60.0, "h": 3600.0, "s": 1.0}


def shift_seconds(text: str) -> float:
    """The length of a shift, as `60min`, `2h` or `900s`. Raises InputError.

    >>> shift_seconds("60min")
    3600.0
    """
    for unit, factor in UNITS_S.items():
        number = text.strip().removesuffix(unit)
        if number != text.strip():
            try:
                seconds = float(number) * factor
            except ValueError:
                break
            if 0.0 < seconds <= LONGEST_S:
                return seconds
    raise InputError(f"--shift {text!r} is no length up to a day -> for example 60min, 2h or 900s")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """What is flown: the deployment of the window, its calls, and where in the period it lies."""

    inputs: SimInputs
    calls: list[Call]
    start_s: float
    seed: int
    replication: int


def shift_of(run: StoredRun, plan: Plan, *, seconds: float, vehicles: int) -> Shift:
    """The busiest flyable part of a typical replication, with the vehicles spread over the docks.

    Raises InfeasibleError where no part of the period can be flown for so long.
    """
    if not 1 <= vehicles <= MOST_VEHICLES:
        raise InputError(f"--vehicles {vehicles} -> 1 to {MOST_VEHICLES}")
    count = len(plan.sites)
    docks = tuple(
        DockPlace(id=site.id, drones=vehicles // count + (index < vehicles % count))
        for index, site in enumerate(plan.sites)
    )
    inputs = replace(run.inputs, docks=docks)
    replication = pick(run.records, Kind.TYPICAL)
    calls = draw_calls(inputs, Streams(run.seed, replication))
    start_s = busiest_start_s(inputs, calls, seconds=seconds)
    return Shift(
        inputs=replace(window(inputs, start_s=start_s, seconds=seconds), trace=None),
        calls=calls_within(calls, start_s=start_s, seconds=seconds),
        start_s=start_s,
        seed=run.seed,
        replication=replication,
    )


class SitlHangar:
    """Simulated vehicles, each in its dock. A context manager that starts and ends them all."""

    def __init__(self, world: World, plan: Plan, shift: Shift, engine: Engine, folder: Path) -> None:
        self._world, self._plan, self._shift = world, plan, shift
        self._engine, self._folder = engine, folder
        self._craft: Drone = drone(world.scenario.fleet.drone)
        self._stacks: dict[str, ExitStack] = {}
        self._vehicles: dict[str, MavlinkVehicle] = {}
        self._blows: dict[str, MeanWind] = {}
        self.version = ""

    def __enter__(self) -> Self:
        try:
            for name in self.homes():
                self._start(name)
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def homes(self) -> dict[str, DockSite]:
        """The dock of each drone."""
        places = zip(self._plan.sites, self._shift.inputs.docks, strict=True)
        return {drone_id(site.id, n): site for site, dock in places for n in range(dock.drones)}

    def made_ready(self, order: Order) -> MavlinkVehicle:
        """The drone in its dock, in the wind of the hour, its battery as full as the order says."""
        vehicle, home = self._vehicles[order.drone], self.homes()[order.drone].position
        place = vehicle.state.position
        if place is not None and distance_m(place, home) > DOCK_TOLERANCE_M:
            vehicle = self._start(order.drone)
        wind = self.wind(order)
        if self._blows.get(order.drone) != wind:
            vehicle.set_param("SIM_WIND_SPD", wind.speed_mps)
            vehicle.set_param("SIM_WIND_DIR", wind.from_deg)
            self._blows[order.drone] = wind
        full_wh = self._shift.inputs.conditions[0].battery_wh
        share = min(1.0, order.energy_wh / full_wh) if full_wh < float("inf") else 1.0
        vehicle.command(dialect.MAV_CMD_BATTERY_RESET, 1.0, 100.0 * share)
        return vehicle

    def mission(self, order: Order) -> FlightPlan:
        """The compiled dispatch of an order."""
        mission = compile_dispatch(
            self._world, self._plan, site_id=self._plan.sites[order.dock].id, zone_id=self.zone(order)
        )
        return replace(mission, params=mission.params | link_timeout(mission, self._engine.speedup))

    def zone(self, order: Order) -> str:
        """The zone an order flies to."""
        return self._shift.inputs.zones[order.zone].id

    def height_m(self, order: Order) -> float:
        """The height of an order's way above ground."""
        return self._plan.route(self._plan.sites[order.dock].id, self.zone(order)).height_m_agl

    def wind(self, order: Order) -> MeanWind:
        """The wind at the height of the way at the hour of the call: it blows at all heights above 60 m."""
        scenario = self._world.scenario
        when = scenario.period.start + timedelta(
            seconds=self._shift.start_s + self._shift.calls[order.call].t_s
        )
        wind = mean_wind(scenario, weather_at(scenario.weather, when))
        return MeanWind(speed_mps=wind.speed_at_mps(self.height_m(order)), from_deg=wind.from_deg)

    def predicted(self, order: Order) -> Mapping[Phase, float | None]:
        """Seconds of each phase by the flight model, along the mission's own legs."""
        mission = self.mission(order)
        out, back = ways(mission)
        return predicted_phases(
            mission, self._craft, out=out, back=back, height_m=self.height_m(order), wind=self.wind(order)
        )

    def _start(self, name: str) -> MavlinkVehicle:
        """A fresh vehicle in its dock, in the place of the one before: somebody carried it there."""
        self._stacks.setdefault(name, ExitStack()).close()
        self._blows.pop(name, None)
        stack = self._stacks[name] = ExitStack()
        home, number = self.homes()[name].position, list(self.homes()).index(name) + 1
        running = stack.enter_context(
            start_vehicle(
                engine=self._engine.kind,
                home=home,
                home_m_amsl=self._world.terrain.ground_m_amsl(home) or 0.0,
                speedup=self._engine.speedup,
                defaults=[PARAMS / f"{self._craft.key}.parm"],
                frame=FRAMES / f"{self._craft.key}.json",
                system_id=number,
            )
        )
        self.version = f"{running.engine} ({running.version})"
        log = self._folder / f"{name.replace('/', '-')}.tlog"
        log.parent.mkdir(parents=True, exist_ok=True)
        vehicle = stack.enter_context(connect(running.url, simulated=True, tlog=log))
        self._vehicles[name] = vehicle
        return vehicle

    def _end(self) -> None:
        for stack in self._stacks.values():
            stack.close()


def fly_shift(world: World, plan: Plan, shift: Shift, *, engine: Engine, folder: Path) -> FlownShift:
    """The shift flown by vehicles, beside the same shift by the model.

    What goes wrong on the way (a lost vehicle, a failsafe) ends it and is told as its problem.
    """
    modelled = replicate(shift.inputs, seed=shift.seed, replication=shift.replication, calls=shift.calls)
    begun, clock = time.monotonic(), VehicleClock()
    flown: Log | None = None
    problem, flights = "", None
    hangar = SitlHangar(world, plan, shift, engine, folder)
    try:
        with hangar:
            flights = FlownFlights(clock, hangar)
            try:
                flown = _flown(shift, clock, flights)
            finally:
                flights.close()
    except LinkError as error:
        problem = str(error)
    sorties = [flight for flight in (flights.flown if flights else []) if flight.samples]
    frame, drones = world.frame, {flight.order.flight: flight.order.drone for flight in sorties}
    paths = {
        flight.order.flight: path
        for flight in sorties
        if (path := airborne_path(flight.samples, frame)) is not None
    }
    return FlownShift(
        start=world.scenario.period.wall(shift.start_s).isoformat(),
        seconds=shift.inputs.horizon_s,
        calls=len(shift.calls),
        vehicles=tuple(hangar.homes()),
        engine=hangar.version,
        speedup=engine.speedup,
        wall_seconds=time.monotonic() - begun,
        flights=tuple(_compared(hangar, flight) for flight in sorties),
        separations=separations(paths, drones),
        kpis=() if flown is None else kpi_pairs(_summary(shift, modelled), _summary(shift, flown)),
        most_at_once=most_at_once(paths),
        problem=problem,
    )


def _flown(shift: Shift, clock: VehicleClock, flights: FlownFlights) -> Log:
    log = replicate(
        shift.inputs,
        seed=shift.seed,
        replication=shift.replication,
        flights_of=lambda env, field: flights,
        env=clock,
        calls=shift.calls,
    )
    flights.bring_home()
    return log


def _summary(shift: Shift, log: Log) -> Summary:
    words = vocabulary(shift.inputs)
    records = Records.joined(words, (shift.replication,), [to_tables(log, words, shift.replication)])
    return summarise(records, shift.inputs, seed=shift.seed)


def _compared(hangar: SitlHangar, flight: FlownFlight) -> ShiftFlight:
    order = flight.order
    return ShiftFlight(
        flight=order.flight,
        call=order.call,
        drone=order.drone,
        zone=hangar.zone(order),
        vehicle=flight.vehicle,
        phases=_phases(hangar, flight) if flight.outcome else (),
        landing=flight.outcome,
        landing_error_m=flight.landing_error_m,
        energy_wh=flight.used_wh(),
        predicted_energy_wh=order.leg.out_wh
        + order.leg.home_wh
        + order.leg.hover_w * flight.seconds.get(Phase.ON_SCENE, 0.0) / 3600.0,
    )


def _phases(hangar: SitlHangar, flight: FlownFlight) -> tuple[PhaseComparison, ...]:
    """Each phase that was flown; the landing from the height of the way, as everywhere."""
    predicted = dict(hangar.predicted(flight.order))
    predicted[Phase.ON_SCENE] = flight.asked_on_scene_s
    height_m = hangar.height_m(flight.order)
    track = flight.recorder.track("landing")
    landing = phase_seconds(track, target_east_m=0.0, target_north_m=0.0, cruise_height_m=height_m)
    flown = {phase: flight.seconds.get(phase) for phase in Phase} | {Phase.LAND: landing[Phase.LAND]}
    known = {phase: seconds for phase, seconds in predicted.items() if flown[phase] is not None}
    return compare_phases(known, flown)


def shift_lines(shift: FlownShift) -> Iterator[str]:
    """A flown shift in a few lines for a terminal."""
    judged = [flight for flight in shift.flights if flight.agrees is not None]
    yield (
        f"  shift of {shift.seconds / 60.0:.0f} min from {shift.start}: {shift.calls} calls, "
        f"{len(shift.flights)} flights by {len(shift.vehicles)} vehicles ({shift.engine}), "
        f"at most {shift.most_at_once} at once, {sum(map(_agrees, judged))} of {len(judged)} as predicted"
    )
    if shift.separations:
        nearest = shift.separations[0]
        yield f"    nearest two airborne drones: {nearest.distance_m:.0f} m at {nearest.t_s:.0f} s"
    for pair in shift.kpis:
        if pair.name in SHOWN_KPIS:
            yield f"    {pair.what}: modelled {_number(pair.modelled)}, flown {_number(pair.flown)}"
    if shift.problem:
        yield f"    ended early: {shift.problem}"


def _agrees(flight: ShiftFlight) -> bool:
    return flight.agrees is True


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
