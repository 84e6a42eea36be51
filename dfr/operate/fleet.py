"""The vehicles of a live shift, each of a drone and its dock: connected, heard, fit to be sent or why not.

A vehicle that does not answer holds up nobody: it is tried again until it does.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from dfr.errors import DfrError, InputError, VehicleRefusedError
from dfr.geo import Position, distance_m
from dfr.link.dispatch import is_flying
from dfr.link.flown_track import FlownTrack
from dfr.link.lost_link import LostLinkBehaviour
from dfr.link.mavlink import MavlinkVehicle, connect
from dfr.link.operator import NOBODY, Operator
from dfr.link.pacing import now_s
from dfr.link.params import get_param
from dfr.link.port import GCS_SYSTEM
from dfr.link.preflight import HOME_TOLERANCE_M, LEAST_BATTERY
from dfr.link.vehicle import Text, VehicleState
from dfr.mission.changes import look_at
from dfr.mission.items import FlightPlan
from dfr.mission.onward import OnwardRoutes, Way
from dfr.plan.model import Plan, Route
from dfr.plan.windows import HourWindow
from dfr.rehearsal.fleet import RealFleet, ShiftToFly, give_charge, place_drones
from dfr.sim.flight import Order
from dfr.sim.inputs import MOVING, RouteKey
from dfr.world.model import World
from dfr.world.weather import gusty_wind

TRY_AGAIN_S = 1.0
CONNECT_S = 30.0


@dataclass(slots=True)
class Berth:
    """One drone's vehicle: where it is reached, what is known of it, and why it is not there."""

    drone: str
    url: str
    vehicle: MavlinkVehicle | None = None
    lost_link: LostLinkBehaviour | None = None
    icao: int | None = None
    problem: str = "not connected yet"
    track: FlownTrack = field(default_factory=FlownTrack)
    _position: Position | None = None
    _position_at: float = 0.0

    def note_state(self, state: VehicleState) -> None:
        """Note where it is, and when it told so (in the link's thread)."""
        place = state.position
        if place is self._position:
            return
        self._position, self._position_at = place, now_s()
        if place is not None and state.t_s is not None and state.height_m_home is not None:
            lonlat = (place.lon_deg, place.lat_deg)
            self.track.note(state.t_s, lonlat, state.height_m_home, armed=state.armed is True)

    def position_age_s(self) -> float:
        """How old its position is, by our own clock; infinite where it has told none."""
        return float("inf") if self._position is None else now_s() - self._position_at


class LiveFleet(RealFleet):
    """Vehicles at URLs (`URL` or `URL#SYSTEM`), in the order of the docks' drones.

    A context manager that goes on trying to reach them until its end. `simulated` says that all are SITL.
    """

    def __init__(
        self,
        world: World,
        plan: Plan,
        urls: Sequence[str],
        folder: Path,
        *,
        simulated: bool,
        speedup: float = 1.0,
        source_system: int = GCS_SYSTEM,
        operator: Operator = NOBODY,
    ) -> None:
        check_urls(urls)
        super().__init__(world, plan, None, urls, folder, docks=place_drones(plan, len(urls)))
        self.simulated, self.speedup = simulated, speedup
        self._our_system, self._operator = source_system, operator
        self.on_text: Callable[[str, Text], None] = _ignore_text
        self.look_at: dict[int, Position] = {}
        self.routes_out: Callable[[str], Iterable[RouteKey]] = _nobody_out
        self._onward = OnwardRoutes(world, plan)
        self.berths = {name: Berth(drone=name, url=url) for name, url in self._at.items()}
        self._ended = threading.Event()
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Self:
        self._folder.mkdir(parents=True, exist_ok=True)
        for berth in self.berths.values():
            thread = threading.Thread(target=self._reach, args=(berth,), name=berth.drone, daemon=True)
            self._threads.append(thread)
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for berth in self.berths.values():
            if berth.vehicle is not None:
                berth.vehicle.close()

    def serve(self, shift: ShiftToFly) -> None:
        """The shift that is flown; its missions are compiled meanwhile, so that no yes waits for them."""
        super().serve(shift)
        thread = threading.Thread(target=self._compile_missions, args=(shift,), name="missions", daemon=True)
        thread.start()

    def _compile_missions(self, shift: ShiftToFly) -> None:
        legs = shift.inputs.conditions[shift.inputs.condition_of_hour[0]].legs
        for site, to_zones in zip(self._plan.sites, legs, strict=True):
            for zone, leg in zip(shift.inputs.zones, to_zones, strict=True):
                if leg is not None and not self._ended.is_set():
                    with suppress(DfrError):  # said again when it is asked for
                        self.planned_mission(site.id, zone.id)
        if not self._ended.is_set():
            self._onward.make_finders()

    def read_failsafe(self, drone: str) -> None:
        """Read again what a drone does without us: an upload sets its parameters."""
        berth = self.berths[drone]
        if berth.vehicle is not None:
            with suppress(DfrError):
                berth.lost_link = LostLinkBehaviour.read_from(berth.vehicle)

    @property
    def icao_addresses(self) -> frozenset[int]:
        """The addresses by which receivers hear our own drones, where they carry a transponder."""
        return frozenset(berth.icao for berth in self.berths.values() if berth.icao is not None)

    def highest_m(self, drone: str) -> float:
        """The greatest height above ground of any route of a drone's dock; 0 where it has none."""
        site = self.docks_of_drones()[drone].id
        return max((route.height_m_agl for route in self._plan.routes if route.site_id == site), default=0.0)

    def wait_reached(self, timeout_s: float) -> None:
        """Wait until every vehicle is connected, or has had its time."""
        for thread in self._threads:
            thread.join(timeout=timeout_s)

    def vehicles(self) -> list[MavlinkVehicle]:
        """Those that were reached."""
        return [berth.vehicle for berth in self.berths.values() if berth.vehicle is not None]

    def make_ready(self, order: Order) -> MavlinkVehicle:
        """The drone, in its dock and with the charge of the order; one in the air as it is.

        Raises VehicleRefusedError where it is not fit.
        """
        vehicle = self.berths[order.drone].vehicle
        if vehicle is None:
            raise VehicleRefusedError(f"{order.drone}: {self.berths[order.drone].problem}")
        if is_flying(vehicle):
            return vehicle
        self._vehicles[order.drone] = vehicle
        if self.simulated:
            give_charge(vehicle, self._drone, self._charge_share(order))
            return vehicle
        return super().make_ready(order)

    def mission(self, order: Order) -> FlightPlan:
        """The planned flight to the zone of a call; on scene the camera looks at the call itself."""
        return look_at(super().mission(order), self.look_at[order.call], self._world.terrain)

    # -- sent on in the air --

    def onward(self, order: Order, path: Sequence[Position]) -> FlightPlan:
        """The flight to a call, begun in the air along a path to where it holds."""
        return self._onward.compile_flight(self.mission(order), path, height_m_agl=self.height_m(order))

    def onward_path(self, order: Order, here: Position) -> tuple[Position, ...]:
        """The planner's path from here to a call. Raises InfeasibleError where there is none."""
        return self._onward.find_path(self.mission(order), here, raised_m=self._raised_m(order))

    def check_onward(self, order: Order, path: Sequence[Position]) -> None:
        """Raise NonCompliantError where a path breaks a limit, or meets a route that is flown now."""
        others = [self._route(dock, zone) for dock, zone in self.routes_out(order.drone) if zone != MOVING]
        self._onward.refuse_unchecked(self._route(order.dock, order.zone), path, others=others)

    def way_of(self, order: Order, path: Sequence[Position]) -> Way:
        """What a path takes at the height and in the wind of a call's flight."""
        scenario, weather = self._world.scenario, self._weather_hour(order)
        hour = HourWindow(
            start=scenario.period.start,
            weather=weather,
            wind=gusty_wind(scenario, weather),
            calls_by_zone=(),
            limited_by=(),
        )
        return self._onward.predict_way(
            path, hour=hour, raised_m=self._raised_m(order), hover_w=order.leg.hover_w
        )

    def holds_at(self, dock: int, zone: int) -> Position:
        """Where a drone of a dock holds over a zone."""
        return self._route(dock, zone).points[-1]

    def least_stay_s(self) -> float:
        """How long a drone must be able to stay, or it is not sent."""
        return self._shift.inputs.min_on_scene_s

    def _route(self, dock: int, zone: int) -> Route:
        return self._plan.route(self._plan.sites[dock].id, self._shift.inputs.zones[zone].id)

    def _raised_m(self, order: Order) -> float:
        return self._plan.sites[order.dock].raised_m

    @property
    def urls_by_drone(self) -> dict[str, str]:
        """Where each drone's vehicle is reached."""
        return {berth.drone: berth.url for berth in self.berths.values()}

    def measured_charge(self, drone: str) -> float | None:
        """What a drone says of its battery; None where that does not count, as of a simulated one."""
        vehicle = self.berths[drone].vehicle
        return None if vehicle is None or self.simulated else vehicle.state.battery_remaining

    def _hear_texts(self, drone: str, vehicle: MavlinkVehicle) -> None:
        self._stack.enter_context(vehicle.overhearing(lambda text: self.on_text(drone, text)))
        self._stack.enter_context(vehicle.watching(self.berths[drone].note_state))

    def unfit(self, drone: str) -> str:
        """Why a drone on the ground cannot be sent whatever the call; '' where it can."""
        berth = self.berths[drone]
        vehicle = berth.vehicle
        if vehicle is None:
            return berth.problem
        if not vehicle.heard:
            return f"not heard for {vehicle.silent_s:.0f} s"
        state = vehicle.state
        if state.armed is not False:
            return "armed" if state.armed else "it does not say whether it is armed"
        if state.position is None:
            return "it does not say where it is"
        away_m = distance_m(state.position, self.docks_of_drones()[drone].position)
        if away_m > HOME_TOLERANCE_M:
            return f"{away_m:.0f} m from its dock"
        return "" if self.simulated else _battery_problem(state.battery_remaining)

    def _reach(self, berth: Berth) -> None:
        """Connect, and try again until it works."""
        address, _, system = berth.url.partition("#")
        while not self._ended.is_set():
            try:
                vehicle = connect(
                    address,
                    system=int(system) if system else None,
                    simulated=self.simulated,
                    timeout_s=CONNECT_S,
                    our_system=self._our_system,
                    tlog=self._tlog_of(berth.drone),
                )
            except DfrError as error:
                berth.problem = str(error)
                self._operator.tell(f"{berth.drone} at {berth.url}: {error}: trying again")
                self._ended.wait(TRY_AGAIN_S)
                continue
            self._hear_texts(berth.drone, vehicle)
            berth.vehicle, berth.problem = vehicle, ""
            self.read_failsafe(berth.drone)
            berth.icao = _read_icao(vehicle)
            self.version = str(vehicle.firmware)
            return

    def _tlog_of(self, drone: str) -> Path:
        """A file of its own for each connection: what a killed process recorded stays."""
        stamp = datetime.now(tz=UTC).strftime("%Y%m%dT%H%M%S%f")
        return self._folder / f"{drone.replace('/', '-')}-{stamp}.tlog"


def _read_icao(vehicle: MavlinkVehicle) -> int | None:
    """The address that its transponder sends, by its parameters; None where it has none, or is not known.

    Source: ArduPilot, AP_ADSB: 0 draws one at random, -1 sends none.
    """
    with suppress(DfrError):
        address = get_param(vehicle, "ADSB_ICAO_ID")
        if address is not None and address > 0.0:
            return int(address)
    return None


def _ignore_text(drone: str, text: Text) -> None:
    """Nobody listens."""


def _nobody_out(drone: str) -> Iterable[RouteKey]:
    """No other drone flies."""
    return ()


def _battery_problem(left: float | None) -> str:
    if left is None:
        return "it does not say how full its battery is"
    return "" if left >= LEAST_BATTERY else f"battery at {left:.0%}, at least {LEAST_BATTERY:.0%} is needed"


def check_urls(urls: Sequence[str]) -> None:
    """Raise InputError for a system id that is none."""
    for url in urls:
        _, mark, system = url.partition("#")
        if mark and not system.isdecimal():
            raise InputError(f"--vehicle {url}: {system!r} is not a system id", do="write for example URL#1")
