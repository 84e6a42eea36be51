"""The state of the built-in vehicle, which every handler takes: its parts, home, clocks and settings.

`State` holds the parts (aircraft, parameters, estimator, fence, failsafes, lists, modes) and the few facts
that belong to none of them. It imports no handler: modes are changed by `mode_changes`, arming is in
`arming`, messages are built in `telemetry`, and `vehicle.BuiltinVehicle` lets time pass.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from math import degrees, pi, radians
from typing import Any, Protocol

from pymavlink.dialects.v20 import ardupilotmega as mavlink

from dfr.ardupilot.commands import Command
from dfr.ardupilot.items import WireItem
from firmware_sitl.vehicle import modes
from firmware_sitl.vehicle.aircraft import Aircraft
from firmware_sitl.vehicle.airframe import SitlAirframe
from firmware_sitl.vehicle.auto import Auto
from firmware_sitl.vehicle.calibration import Calibrations
from firmware_sitl.vehicle.circle import Circle
from firmware_sitl.vehicle.estimator import Estimator
from firmware_sitl.vehicle.fence import Fence
from firmware_sitl.vehicle.guided import Guided
from firmware_sitl.vehicle.item_lists import FenceList, MissionList, RallyList, home_item
from firmware_sitl.vehicle.mode_switch import ModeSwitch
from firmware_sitl.vehicle.modes import Mode
from firmware_sitl.vehicle.motors import MotorTest
from firmware_sitl.vehicle.origin import LocalPoint, Origin
from firmware_sitl.vehicle.parameters import Generation, Parameters, refuse_unknown
from firmware_sitl.vehicle.rtl import ReturnMode, return_point
from firmware_sitl.vehicle.smart_rtl import Breadcrumbs, SmartRtl

BANNER = "dfr built-in vehicle, not ArduPilot"

VERSIONS = {Generation.V4_6: (4, 6, 0), Generation.V4_7: (4, 7, 0)}
"""The firmware whose parameters and protocol each generation speaks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a vehicle starts."""

    lat_deg: float
    lon_deg: float
    altitude_m: float
    heading_deg: float
    system_id: int = 1
    generation: Generation = Generation.V4_6
    airframe: SitlAirframe = field(default_factory=SitlAirframe)
    defaults: dict[str, float] = field(default_factory=dict)
    started_unix_s: float = field(default_factory=time.time)


class Client(Protocol):
    """One client's end of the vehicle (`channel.Channel`), as far as the state and the receiver need it."""

    mav: Any

    def send(self, message: Any) -> None:
        """Queue a message."""
        ...

    def send_now(self, message_id: int) -> bool:
        """Build and queue a message by its number; False where the vehicle has no such message."""
        ...

    def send_later(self, message_id: int) -> None:
        """Send a message once, after the answer that is being made."""
        ...

    def forward(self, raw: bytes) -> None:
        """Queue another system's message as it came."""
        ...


@dataclass(slots=True)
class Failsafes:
    """Which failsafes are in force, and since when the conditions that trigger them have held.

    `battery_rank` is how grave the battery failsafe is that has acted (0 the gravest), None before any has.
    """

    gcs_lost: bool = False
    ekf_lost: bool = False
    radio_lost: bool = False
    battery_low: bool = False
    battery_critical: bool = False
    battery_rank: int | None = None
    gcs_heard_s: float | None = None
    gcs_heard_link_s: float = 0.0
    battery_low_since_s: float | None = None
    battery_critical_since_s: float | None = None
    no_position_since_s: float | None = None
    no_radio_since_s: float | None = None

    def hear_gcs(self, t_s: float, link_s: float) -> None:
        """A heartbeat of the ground station, by the vehicle's clock and by the link's."""
        self.gcs_heard_s, self.gcs_heard_link_s = t_s, link_s

    @property
    def any(self) -> bool:
        """Whether one is in force."""
        return self.gcs_lost or self.ekf_lost or self.battery_low or self.battery_critical or self.radio_lost


class State:
    """The vehicle's state. `do_item` carries out the DO_ items that a mission comes to."""

    def __init__(self, settings: Settings, do_item: Callable[[State, WireItem], object]) -> None:
        self.generation = settings.generation
        self.parameters = _read_parameters(settings)
        self.aircraft = Aircraft(
            airframe=settings.airframe,
            parameters=self.parameters,
            origin=Origin(lat_deg=settings.lat_deg, lon_deg=settings.lon_deg, altitude_m=settings.altitude_m),
            heading_rad=radians(settings.heading_deg),
        )
        self.estimator = Estimator(self.parameters)
        self.fence = Fence(self.aircraft)
        self.failsafes = Failsafes()
        self.rally: tuple[LocalPoint, ...] = ()
        self.motor_test = MotorTest(self.aircraft.say)
        self.mode_switch = ModeSwitch(self.aircraft.sticks, self.parameters)
        self.breadcrumbs = Breadcrumbs(self.aircraft)
        self.clients: list[Client] = []
        self.home_set = self.home_locked = False
        self.prearm_ok = False
        self.safety_on = False
        self.calibrations = Calibrations()
        self.rebooting = False
        self.last_reached = 0
        self.link_clock: Callable[[], float] = time.monotonic
        self._started_us = round(settings.started_unix_s * 1e6)
        self.mission = MissionList(self._home_item, self._flying_mission, self.say, self._note_mission)
        self.fence_list = FenceList(self._load_fence, self.say)
        self.rally_list = RallyList(self._load_rally)
        self._build_modes(do_item)

    def _build_modes(self, do_item: Callable[[State, WireItem], object]) -> None:
        aircraft = self.aircraft
        ceiling_m = self.fence.safe_ceiling_m
        self.rtl, back = (ReturnMode(aircraft, self._return_point, ceiling_m) for _ in range(2))
        self.auto = Auto(
            aircraft, self.mission, back, lambda item: do_item(self, item), lambda: self.unix_us * 1e-6
        )
        self.guided, self.land = Guided(aircraft, self.fence.on_takeoff), modes.Land(aircraft)
        made: list[Mode] = [
            modes.Stabilize(aircraft), modes.AltHold(aircraft), self.auto, self.guided,
            modes.Loiter(aircraft), self.rtl, self.land, modes.PosHold(aircraft), modes.Brake(aircraft),
            SmartRtl(aircraft, self.breadcrumbs), Circle(aircraft),
        ]  # fmt: skip
        self.modes = {mode.number: mode for mode in made}
        self.mode: Mode = self.modes.get(int(self.parameters["INITIAL_MODE"]), made[0])

    @property
    def system_id(self) -> int:
        """The MAVLink system id."""
        return int(self.parameters["SYSID_THISMAV"])

    @property
    def boot_ms(self) -> int:
        """Milliseconds since power-on, vehicle time."""
        return round(self.aircraft.t_s * 1000)

    @property
    def unix_us(self) -> int:
        """Microseconds since 1970, running at vehicle time."""
        return self._started_us + self.boot_ms * 1000

    @property
    def link_s(self) -> float:
        """Clock of the links, s: clients live in wall time, however fast the vehicle's time runs."""
        return self.link_clock()

    @property
    def altitude_m(self) -> float:
        """Metres above mean sea level."""
        return self.aircraft.origin.altitude_m + self.aircraft.body.up

    @property
    def heading_cdeg(self) -> int:
        """Hundredths of a degree, 0 to 35999."""
        return round(degrees(self.aircraft.body.yaw % (2 * pi)) * 100) % 36000

    def lat_lon_e7(self) -> tuple[int, int]:
        """Position in 1e-7 degrees."""
        lat, lon = self.aircraft.origin.to_global(self.aircraft.body.north, self.aircraft.body.east)
        return round(lat * 1e7), round(lon * 1e7)

    def say(self, severity: int, text: str) -> None:
        """STATUSTEXT to every client."""
        self.aircraft.say(severity, text)

    def say_banner(self) -> None:
        """Tell every client what the vehicle is."""
        version = ".".join(str(part) for part in VERSIONS[self.generation])
        for line in (BANNER, f"speaks ArduCopter V{version} parameters and MAVLink", "Frame: QUAD/PLUS"):
            self.say(6, line)

    def set_home_here(self) -> None:
        """Set home to where the vehicle is."""
        body = self.aircraft.body
        self.set_home((body.north, body.east, body.up))

    def set_home(self, home: LocalPoint) -> None:
        """Set home and tell the clients."""
        self.aircraft.home, self.home_set = home, True
        self.mission.note_home()
        for client in self.clients:
            client.send_later(mavlink.MAVLINK_MSG_ID_GPS_GLOBAL_ORIGIN)
            client.send_later(mavlink.MAVLINK_MSG_ID_HOME_POSITION)

    def keep_from(self, before: State) -> None:
        """Take over what outlasts a reboot: parameters and lists."""
        self.parameters.copy_from(before.parameters)
        self.parameters["STAT_BOOTCNT"] += 1.0
        self.mission.copy_from(before.mission)
        self.fence_list.items = list(before.fence_list.items)
        self.fence.load_items(self.fence_list.items)
        self.rally_list.items = list(before.rally_list.items)
        self.rally = before.rally

    def _home_item(self) -> WireItem:
        if not self.home_set:
            return home_item(0.0, 0.0, 0.0)
        aircraft = self.aircraft
        lat, lon = aircraft.origin.to_global(aircraft.home[0], aircraft.home[1])
        return home_item(lat, lon, aircraft.origin.altitude_m + aircraft.home[2])

    def _return_point(self) -> LocalPoint:
        return return_point(self.aircraft, self.rally, self.fence.allows_point)

    def _flying_mission(self) -> bool:
        return self.aircraft.motors.armed and self.auto.running

    def _note_mission(self, count: int) -> None:
        self.parameters["MIS_TOTAL"] = count

    def _load_fence(self, items: list[WireItem]) -> None:
        self.fence.load_items(items)
        # As ArduCopter counts: its old protocol had two points more, and knew no fence of fewer than three.
        points = sum(item.command != Command.NAV_FENCE_RETURN_POINT for item in items)
        self.parameters["FENCE_TOTAL"] = points + 2 if points >= 3 else 0
        self.say(7, "Fence Indexed OK")

    def _load_rally(self, items: list[WireItem]) -> None:
        aircraft = self.aircraft
        self.parameters["RALLY_TOTAL"] = len(items)
        self.rally = tuple(
            aircraft.local_point(
                item.lat_deg,
                item.lon_deg,
                item.z - aircraft.origin.altitude_m if item.frame == 0 else aircraft.home[2] + item.z,
            )
            for item in items
        )


def _read_parameters(settings: Settings) -> Parameters:
    """The parameters at power-on. Raises InputError for a default that no ArduCopter has."""
    parameters = Parameters(settings.generation)
    parameters["SYSID_THISMAV"] = settings.system_id
    refuse_unknown(settings.defaults)
    for name, value in settings.defaults.items():
        parameters.set_default(name, value)
    parameters.keep_as_defaults()
    return parameters
