"""The fleet of a flown shift: what each drone flies, and the vehicles, simulated or real, in their docks."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from dfr.aircraft.catalogue import Drone, drone_of, find_dock
from dfr.aircraft.energy import usable_wh
from dfr.aircraft.landing import Limits
from dfr.ardupilot.commands import Command
from dfr.errors import InputError, VehicleRefusedError
from dfr.geo import distance_m
from dfr.link.mavlink import MavlinkVehicle, connect
from dfr.link.operator import Operator
from dfr.link.preflight import HOME_TOLERANCE_M
from dfr.metrics.flown import PredictedPhases
from dfr.mission.battery import battery_params
from dfr.mission.compile import compile_dispatch
from dfr.mission.items import FlightPlan
from dfr.plan.model import DockSite, Plan
from dfr.rehearsal.dispatches import (
    FRAMES,
    PARAMS,
    SitlSettings,
    legs_out_and_back,
    link_timeout,
    predicted_phases,
)
from dfr.scenario.air import HourWeather
from dfr.scenario.model import DeconflictionRule
from dfr.sim.calls import Call, Visit
from dfr.sim.events import drone_id
from dfr.sim.flight import Order
from dfr.sim.inputs import DockPlace, SimInputs
from dfr.world.model import World
from dfr.world.weather import MeanWind, mean_wind, weather_at
from firmware_sitl.start import start_vehicle
from firmware_sitl.vehicle.airframe import read_airframe
from firmware_sitl.vehicle.battery import rest_volt

REPORT_TIMEOUT_S = 60.0
CHARGE_TOLERANCE = 0.05
"""A battery may have so much less charge than the order needs (assumed)."""

NEW_VOLT = 0.005
"""SITL sets its cells' charge when SIM_BATT_VOLTAGE changes; by less than this it may not notice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftToFly:
    """A shift to fly: the deployment in its time window, its calls and visits, and when the window starts."""

    inputs: SimInputs
    calls: list[Call]
    visits: list[Visit]
    start_s: float
    seed: int
    replication: int


def place_drones(plan: Plan, vehicles: int) -> tuple[DockPlace, ...]:
    """So many drones spread over the docks of a plan."""
    count = len(plan.sites)
    return tuple(
        DockPlace(id=site.id, drones=vehicles // count + (index < vehicles % count))
        for index, site in enumerate(plan.sites)
    )


class ShiftFleet:
    """The docks of a shift's drones, and what each order is to fly.

    A `shift` of None is still to be worked out (`serve`); `docks` then says where the drones are.
    """

    speedup = 1.0

    def __init__(
        self, world: World, plan: Plan, shift: ShiftToFly | None, *, docks: Sequence[DockPlace] = ()
    ) -> None:
        self._world, self._plan, self._served = world, plan, shift
        self._missions: dict[tuple[str, str], FlightPlan] = {}
        self._compiling = threading.Lock()
        self._docks = tuple(docks) if shift is None else shift.inputs.docks
        fleet = world.scenario.fleet
        self._drone: Drone = drone_of(fleet)
        self.tolerance_m = Limits.for_dock(self._drone, find_dock(fleet.dock)).lateral_m
        self.version = ""
        self.urls: dict[str, tuple[str, ...]] = {}

    @property
    def _shift(self) -> ShiftToFly:
        assert self._served is not None
        return self._served

    def serve(self, shift: ShiftToFly) -> None:
        """The shift that is flown."""
        self._served = shift

    def docks_of_drones(self) -> dict[str, DockSite]:
        """The dock of each drone."""
        places = zip(self._plan.sites, self._docks, strict=True)
        return {drone_id(site.id, n): site for site, dock in places for n in range(dock.drones)}

    def mission(self, order: Order) -> FlightPlan:
        """The compiled dispatch of an order, with the battery reserve for the temperature of its hour."""
        mission = self.planned_mission(self._plan.sites[order.dock].id, self.zone_id(order))
        reserve = battery_params(self._world.scenario, temperature_c=self._weather_hour(order).temperature_c)
        own = link_timeout(mission, self.speedup)
        return replace(mission, params=mission.params | reserve | own)

    def planned_mission(self, site_id: str, zone_id: str) -> FlightPlan:
        """The compiled dispatch of a route; compiled once, which takes a second."""
        route = (site_id, zone_id)
        if route in self._missions:  # nobody waits for another route's
            return self._missions[route]
        with self._compiling:
            if route not in self._missions:
                self._missions[route] = compile_dispatch(
                    self._world, self._plan, site_id=site_id, zone_id=zone_id
                )
            return self._missions[route]

    def zone_id(self, order: Order) -> str:
        """The id of the zone that an order flies to."""
        return self._shift.inputs.zones[order.zone].id

    def height_m(self, order: Order) -> float:
        """The height of an order's route above ground."""
        return self.cruise_m(order.dock, order.zone)

    def cruise_m(self, dock: int, zone: int) -> float:
        """The height of a route above ground, by the numbers of its dock and zone."""
        return self._plan.route(self._plan.sites[dock].id, self._shift.inputs.zones[zone].id).height_m_agl

    def wind_aloft(self, order: Order) -> MeanWind:
        """The wind at the height of the route in the hour of the call; in SITL it blows from 60 m up."""
        wind = mean_wind(self._world.scenario, self._weather_hour(order))
        return MeanWind(speed_mps=wind.speed_at_mps(self.height_m(order)), from_deg=wind.from_deg)

    def hold_low_m(self, order: Order) -> float:
        """The height at which drones wait below other traffic; half the route's height if not stated."""
        users = [user for user in self._world.scenario.traffic if user.rule is DeconflictionRule.HOLD_LOW]
        return min((user.hold_height_m_agl for user in users), default=0.5 * self.height_m(order))

    def predict_phases(self, order: Order) -> PredictedPhases:
        """The phases by the flight model, along the mission's own legs."""
        mission = self.mission(order)
        out, back = legs_out_and_back(mission)
        return predicted_phases(
            mission,
            self._drone,
            out=out,
            back=back,
            height_m=self.height_m(order),
            wind=self.wind_aloft(order),
        )

    def _charge_share(self, order: Order) -> float:
        """The share of a full battery that the order counts on, in the cold of its hour."""
        full_wh = usable_wh(self._drone, self._weather_hour(order).temperature_c)
        return 1.0 - max(0.0, full_wh - order.energy_wh) / self._drone.battery_wh

    def _weather_hour(self, order: Order) -> HourWeather:
        """The weather of the hour of an order's call."""
        scenario, call = self._world.scenario, self._shift.calls[order.call]
        return weather_at(
            scenario.weather, scenario.period.start + timedelta(seconds=self._shift.start_s + call.t_s)
        )


class SimulatedFleet(ShiftFleet):
    """Simulated vehicles, each in its dock. A context manager that starts and ends them all."""

    def __init__(
        self, world: World, plan: Plan, shift: ShiftToFly, engine: SitlSettings, folder: Path
    ) -> None:
        super().__init__(world, plan, shift)
        self._engine, self._folder, self.speedup = engine, folder, engine.speedup
        self._stacks: dict[str, ExitStack] = {}
        self._vehicles: dict[str, MavlinkVehicle] = {}
        self._winds: dict[str, MeanWind] = {}

    def __enter__(self) -> Self:
        try:
            for name in self.docks_of_drones():
                self._start_vehicle(name)
        except BaseException:
            self._end_vehicles()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end_vehicles()

    def make_ready(self, order: Order) -> MavlinkVehicle:
        """The drone in its dock, in the wind of the hour, with the charge of the order."""
        vehicle, home = self._vehicles[order.drone], self.docks_of_drones()[order.drone].position
        place = vehicle.state.position
        if place is not None and distance_m(place, home) > self.tolerance_m:
            vehicle = self._start_vehicle(order.drone)
        wind = self.wind_aloft(order)
        if self._winds.get(order.drone) != wind:
            vehicle.set_param("SIM_WIND_SPD", wind.speed_mps)
            vehicle.set_param("SIM_WIND_DIR", wind.from_deg)
            self._winds[order.drone] = wind
        give_charge(vehicle, self._drone, self._charge_share(order))
        return vehicle

    def _start_vehicle(self, name: str) -> MavlinkVehicle:
        """A new vehicle in its dock, replacing the one before, as if somebody had carried it back."""
        self._stacks.setdefault(name, ExitStack()).close()
        self._winds.pop(name, None)
        stack = self._stacks[name] = ExitStack()
        home, number = self.docks_of_drones()[name].position, list(self.docks_of_drones()).index(name) + 1
        running = stack.enter_context(
            start_vehicle(
                engine=self._engine.kind,
                home=home,
                home_m_amsl=self._world.terrain.ground_m_amsl(home) or 0.0,
                speedup=self._engine.speedup,
                defaults=[PARAMS / f"{self._drone.key}.parm"],
                frame=FRAMES / f"{self._drone.key}.json",
                system_id=number,
            )
        )
        self.version = f"{running.engine} ({running.version})"
        log = self._folder / f"{name.replace('/', '-')}.tlog"
        log.parent.mkdir(parents=True, exist_ok=True)
        vehicle = stack.enter_context(connect(running.url, simulated=True, tlog=log))
        self._vehicles[name] = vehicle
        self.urls[name] = running.urls
        return vehicle

    def _end_vehicles(self) -> None:
        for stack in self._stacks.values():
            stack.close()


def give_charge(vehicle: MavlinkVehicle, drone: Drone, share: float) -> None:
    """Give a simulated vehicle a share of its charge: its cells by their voltage, its monitor by the share.

    Energy that the cold withholds is in the battery too, and the monitor counts it.
    """
    airframe = read_airframe(FRAMES / f"{drone.key}.json")
    if airframe.battery_ah > 0.0:
        volt = rest_volt(airframe.full_volt, share)
        now = vehicle.get_param("SIM_BATT_VOLTAGE")
        same = now is not None and abs(now - volt) < NEW_VOLT
        vehicle.set_param("SIM_BATT_VOLTAGE", volt - 2.0 * NEW_VOLT if same else volt)
    vehicle.command(Command.BATTERY_RESET, 1.0, 100.0 * share)


class RealFleet(ShiftFleet):
    """Vehicles at URLs, in the order of `docks_of_drones`; dfr only flies them."""

    def __init__(
        self,
        world: World,
        plan: Plan,
        shift: ShiftToFly | None,
        urls: Sequence[str],
        folder: Path,
        *,
        docks: Sequence[DockPlace] = (),
    ) -> None:
        super().__init__(world, plan, shift, docks=docks)
        if len(set(urls)) != len(self.docks_of_drones()):
            raise InputError(
                f"{len(self.docks_of_drones())} vehicles need a URL each, but {len(set(urls))} are given",
                do="give one --vehicle URL for each vehicle",
            )
        self._at = dict(zip(self.docks_of_drones(), urls, strict=True))
        self._folder = folder
        self._stack = ExitStack()
        self._vehicles: dict[str, MavlinkVehicle] = {}

    def confirm_drones(self, given: Sequence[str], operator: Operator) -> frozenset[str]:
        """The drones that a person lets fly: each by its URL beforehand, or by a yes on the terminal.

        Raises VehicleRefusedError if one is not confirmed; nothing has been sent by then.
        """
        for url in given:
            if url not in self._at.values():
                raise InputError(f"--confirm {url}: no --vehicle has this URL")
        for name, url in self._at.items():
            if url not in given:
                self._ask_person(name, url, operator)
        return frozenset(self._at)

    def _ask_person(self, name: str, url: str, operator: Operator) -> None:
        if operator.confirm is None:
            raise VehicleRefusedError(
                f"{name} at {url} is not confirmed, nothing was sent",
                do=f"give --confirm {url}, one for each vehicle",
            )
        place = self.docks_of_drones()[name].position
        question = f"Upload to {url}, ARM it and fly it from {name} ({place}) whenever the shift calls?"
        if not operator.confirm(question):
            raise VehicleRefusedError(f"{name} at {url}: not confirmed, nothing was sent")

    def __enter__(self) -> Self:
        self._folder.mkdir(parents=True, exist_ok=True)
        with ExitStack() as opened:
            for name, url in self._at.items():
                log = self._folder / f"{name.replace('/', '-')}.tlog"
                self._vehicles[name] = opened.enter_context(connect(url, tlog=log))
            self._stack = opened.pop_all()
        firmware = sorted({str(vehicle.firmware) for vehicle in self._vehicles.values()})
        self.version = f"vehicles ({', '.join(firmware)})"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def make_ready(self, order: Order) -> MavlinkVehicle:
        """The drone, if it stands in its dock with the charge of the order.

        Raises VehicleRefusedError if it does not: dfr can neither carry it nor charge it.
        """
        vehicle, home = self._vehicles[order.drone], self.docks_of_drones()[order.drone].position
        known = vehicle.wait(
            lambda state: state.position is not None and state.battery_remaining is not None,
            vehicle_s=REPORT_TIMEOUT_S,
            what=f"{order.drone} saying where it is and how full its battery is",
        )
        place = known.position
        away_m = float("inf") if place is None else distance_m(place, home)
        if away_m > HOME_TOLERANCE_M:
            raise VehicleRefusedError(
                f"{order.drone} is {away_m:.0f} m from its dock (at most {HOME_TOLERANCE_M:g} m)",
                do="carry it",
            )
        self._refuse_low_charge(order, known.battery_remaining or 0.0)
        return vehicle

    def _refuse_low_charge(self, order: Order, left: float) -> None:
        wanted = self._charge_share(order)
        if left < wanted - CHARGE_TOLERANCE:
            raise VehicleRefusedError(
                f"{order.drone} has {left:.0%} of its charge, the shift counts on {wanted:.0%}",
                do="charge it, or exchange the battery",
            )
