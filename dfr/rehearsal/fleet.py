"""The fleet of a flown shift: what each drone flies, and simulated vehicles made ready in their docks."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from dfr.aircraft.catalogue import Drone, find_dock, find_drone
from dfr.aircraft.energy import usable_wh
from dfr.aircraft.landing import Limits
from dfr.ardupilot.commands import Command
from dfr.geo import distance_m
from dfr.link.mavlink import MavlinkVehicle, connect
from dfr.mission.battery import battery_params
from dfr.mission.compile import compile_dispatch
from dfr.mission.items import FlightPlan
from dfr.plan.model import DockSite, Plan
from dfr.rehearsal.dispatches import FRAMES, PARAMS, SitlSettings, link_timeout, predicted_phases, ways
from dfr.scenario.air import HourWeather
from dfr.scenario.model import DeconflictionRule
from dfr.sim.calls import Call, Visit
from dfr.sim.events import drone_id
from dfr.sim.flight import Order
from dfr.sim.inputs import SimInputs
from dfr.track import Phase
from dfr.world.model import World
from dfr.world.weather import MeanWind, mean_wind, weather_at
from firmware_sitl.start import start_vehicle
from firmware_sitl.vehicle.airframe import read_airframe
from firmware_sitl.vehicle.battery import rest_volt

NEW_VOLT = 0.005
"""SITL sets its cells' charge when SIM_BATT_VOLTAGE changes; by less than this it may not notice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftToFly:
    """What is flown: the deployment of the window, its calls and visits, and where in the period it lies."""

    inputs: SimInputs
    calls: list[Call]
    visits: list[Visit]
    start_s: float
    seed: int
    replication: int


class ShiftFleet:
    """Where the drones of a shift stand, and what each is to fly."""

    speedup = 1.0

    def __init__(self, world: World, plan: Plan, shift: ShiftToFly) -> None:
        self._world, self._plan, self._shift = world, plan, shift
        fleet = world.scenario.fleet
        self._craft: Drone = find_drone(fleet.drone)
        self.tolerance_m = Limits.for_dock(self._craft, find_dock(fleet.dock)).lateral_m
        self.version = ""
        self.urls: dict[str, tuple[str, ...]] = {}

    def homes(self) -> dict[str, DockSite]:
        """The dock of each drone."""
        places = zip(self._plan.sites, self._shift.inputs.docks, strict=True)
        return {drone_id(site.id, n): site for site, dock in places for n in range(dock.drones)}

    def mission(self, order: Order) -> FlightPlan:
        """The compiled dispatch of an order, with the reserve in the cold of its hour: that of its energy."""
        mission = compile_dispatch(
            self._world, self._plan, site_id=self._plan.sites[order.dock].id, zone_id=self.zone(order)
        )
        reserve = battery_params(self._world.scenario, temperature_c=self._hour(order).temperature_c)
        own = link_timeout(mission, self.speedup)
        return replace(mission, params=mission.params | reserve | own)

    def zone(self, order: Order) -> str:
        """The zone an order flies to."""
        return self._shift.inputs.zones[order.zone].id

    def height_m(self, order: Order) -> float:
        """The height of an order's way above ground."""
        return self._plan.route(self._plan.sites[order.dock].id, self.zone(order)).height_m_agl

    def wind(self, order: Order) -> MeanWind:
        """The wind at the height of the way at the hour of the call: it blows at all heights above 60 m."""
        wind = mean_wind(self._world.scenario, self._hour(order))
        return MeanWind(speed_mps=wind.speed_at_mps(self.height_m(order)), from_deg=wind.from_deg)

    def hold_low_m(self, order: Order) -> float:
        """Where the scenario has drones wait under other traffic; half the way's height where it does not."""
        users = [user for user in self._world.scenario.traffic if user.rule is DeconflictionRule.HOLD_LOW]
        return min((user.hold_height_m_agl for user in users), default=0.5 * self.height_m(order))

    def predicted(self, order: Order) -> Mapping[Phase, float | None]:
        """Seconds of each phase by the flight model, along the mission's own legs."""
        mission = self.mission(order)
        out, back = ways(mission)
        return predicted_phases(
            mission, self._craft, out=out, back=back, height_m=self.height_m(order), wind=self.wind(order)
        )

    def _hour(self, order: Order) -> HourWeather:
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
        self._airframe = read_airframe(FRAMES / f"{self._craft.key}.json")
        self._stacks: dict[str, ExitStack] = {}
        self._vehicles: dict[str, MavlinkVehicle] = {}
        self._blows: dict[str, MeanWind] = {}

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

    def made_ready(self, order: Order) -> MavlinkVehicle:
        """The drone in its dock, in the wind of the hour, its battery as full as the order says."""
        vehicle, home = self._vehicles[order.drone], self.homes()[order.drone].position
        place = vehicle.state.position
        if place is not None and distance_m(place, home) > self.tolerance_m:
            vehicle = self._start(order.drone)
        wind = self.wind(order)
        if self._blows.get(order.drone) != wind:
            vehicle.set_param("SIM_WIND_SPD", wind.speed_mps)
            vehicle.set_param("SIM_WIND_DIR", wind.from_deg)
            self._blows[order.drone] = wind
        self._charge(vehicle, order)
        return vehicle

    def _charge(self, vehicle: MavlinkVehicle, order: Order) -> None:
        """Give the vehicle the order's charge: its cells by their voltage, its monitor by the share left.

        What the cold withholds is in the battery all the same, and counted by the monitor.
        """
        full_wh = usable_wh(self._craft, self._hour(order).temperature_c)
        share = 1.0 - max(0.0, full_wh - order.energy_wh) / self._craft.battery_wh
        if self._airframe.battery_ah > 0.0:
            volt = rest_volt(self._airframe.full_volt, share)
            now = vehicle.get_param("SIM_BATT_VOLTAGE")
            same = now is not None and abs(now - volt) < NEW_VOLT
            vehicle.set_param("SIM_BATT_VOLTAGE", volt - 2.0 * NEW_VOLT if same else volt)
        vehicle.command(Command.BATTERY_RESET, 1.0, 100.0 * share)

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
        self.urls[name] = running.urls
        return vehicle

    def _end(self) -> None:
        for stack in self._stacks.values():
            stack.close()
