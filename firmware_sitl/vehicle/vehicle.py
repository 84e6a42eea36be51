"""The whole vehicle: flight core, plans, fence, failsafes and what it says to its clients."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from math import degrees, pi, radians
from typing import Any

from pymavlink.dialects.v20 import ardupilotmega as mavlink

from firmware_sitl.vehicle import arming, modes
from firmware_sitl.vehicle.actions import do_item
from firmware_sitl.vehicle.airframe import Airframe
from firmware_sitl.vehicle.automatic import Auto
from firmware_sitl.vehicle.channel import Channel
from firmware_sitl.vehicle.craft import Craft, Origin
from firmware_sitl.vehicle.estimator import Estimator
from firmware_sitl.vehicle.failsafes import Failsafes
from firmware_sitl.vehicle.fence import Fence
from firmware_sitl.vehicle.files import FileServer
from firmware_sitl.vehicle.items import Item
from firmware_sitl.vehicle.modes import Mode
from firmware_sitl.vehicle.navigation import Point
from firmware_sitl.vehicle.parameters import Generation, Parameter, Parameters
from firmware_sitl.vehicle.plans import FENCE, MISSION, RALLY, FencePlan, MissionPlan, RallyPlan, home_item
from firmware_sitl.vehicle.receiver import Receiver
from firmware_sitl.vehicle.refuge import best_refuge
from firmware_sitl.vehicle.retracing import Breadcrumbs, SmartRtl
from firmware_sitl.vehicle.returning import ReturnMode
from firmware_sitl.vehicle.transfer import Transfers

STEP_S = 0.02
"""Seconds of one step of flight: the S-curves and lags it resolves are an order slower."""

WATCH_EVERY = 5
"""Steps between two looks at fence and failsafes: 10 Hz."""

PREARM_SAY_S = 30.0
UNLISTED = 65535
BANNER = "dfr built-in vehicle, not ArduPilot"

CAPABILITIES = 1 | 2 | 4 | 8 | 128 | 256 | 2048 | 8192 | 16384 | 32768
"""Float and int missions, float parameters, COMMAND_INT, local and global targets, flight termination,
MAVLink 2, fence and rally by the mission protocol."""

VERSIONS = {Generation.V4_6: (4, 6, 0), Generation.V4_7: (4, 7, 0)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a vehicle starts."""

    lat_deg: float
    lon_deg: float
    altitude_m: float
    heading_deg: float
    system_id: int = 1
    generation: Generation = Generation.V4_6
    airframe: Airframe = field(default_factory=Airframe)
    defaults: dict[str, float] = field(default_factory=dict)
    started_unix_s: float = field(default_factory=time.time)


class Vehicle:
    """One vehicle. `step` advances it; `receive` hands it a client's message."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.parameters = Parameters(settings.generation)
        self.parameters["SYSID_THISMAV"] = settings.system_id
        self.unknown_defaults = [
            name for name, value in settings.defaults.items() if not self.parameters.set_default(name, value)
        ]
        self.parameters.keep_as_defaults()
        origin = Origin(lat_deg=settings.lat_deg, lon_deg=settings.lon_deg, altitude_m=settings.altitude_m)
        self.craft = Craft(
            airframe=settings.airframe,
            parameters=self.parameters,
            origin=origin,
            heading_rad=radians(settings.heading_deg),
        )
        self._started_us = round(settings.started_unix_s * 1e6)
        self.generation = settings.generation
        self.estimator = Estimator(self.parameters)
        self.fence = Fence(self)
        self.failsafes = Failsafes(self)
        self.rally: tuple[Point, ...] = ()
        self.home_set = False
        self.prearm_ok = False
        self._prearm_said_s = 0.0
        self._idle_since_s: float | None = None
        self._steps = 0
        self.rebooting = False
        self.link_clock: Callable[[], float] = time.monotonic
        self._build_plans()
        self._build_modes()
        self.channels: list[Channel] = []
        self.transfers = Transfers(
            {MISSION: self.mission, FENCE: self.fence_plan, RALLY: self.rally_plan},
            self.say,
            self._set_current,
        )
        self.files = FileServer(self.parameters)
        self.receiver = Receiver(self)

    def reborn(self) -> Vehicle:
        """The vehicle after a reboot: parameters and plans are kept, everything else starts afresh."""
        vehicle = Vehicle(self._settings)
        vehicle.parameters.copy_from(self.parameters)
        vehicle.mission.copy_from(self.mission)
        vehicle.fence_plan.items = list(self.fence_plan.items)
        vehicle.fence.load(vehicle.fence_plan.items)
        vehicle.rally_plan.items = list(self.rally_plan.items)
        vehicle.rally = self.rally
        return vehicle

    def _build_plans(self) -> None:
        self.mission = MissionPlan(self._home_item, self._flying_mission)
        self.fence_plan = FencePlan(self.fence.load)
        self.rally_plan = RallyPlan(self._load_rally)

    def _build_modes(self) -> None:
        craft = self.craft
        self.breadcrumbs = Breadcrumbs(craft)
        self.rtl = ReturnMode(craft, lambda: best_refuge(self))
        self.auto = Auto(craft, self.mission, ReturnMode(craft, lambda: best_refuge(self)), self._do)
        self.guided = modes.Guided(craft)
        made: list[Mode] = [
            modes.Stabilize(craft), modes.AltHold(craft), self.auto, self.guided, modes.Loiter(craft),
            self.rtl, modes.Land(craft), modes.PosHold(craft), modes.Brake(craft),
            SmartRtl(craft, self.breadcrumbs),
        ]  # fmt: skip
        self.modes = {mode.number: mode for mode in made}
        first = self.modes.get(int(self.parameters["INITIAL_MODE"]), made[0])
        self.mode: Mode = first
        craft.mode = first

    @property
    def system_id(self) -> int:
        """The MAVLink system id."""
        return int(self.parameters["SYSID_THISMAV"])

    @property
    def capabilities(self) -> int:
        """MAV_PROTOCOL_CAPABILITY bits."""
        return CAPABILITIES

    @property
    def firmware_version(self) -> int:
        """The firmware version whose parameters and protocol the vehicle speaks, marked as official."""
        major, minor, patch = VERSIONS[self.generation]
        return major << 24 | minor << 16 | patch << 8 | 255

    @property
    def boot_ms(self) -> int:
        """Milliseconds since power-on, vehicle time."""
        return round(self.craft.t_s * 1000)

    @property
    def unix_us(self) -> int:
        """Microseconds since 1970, running at vehicle time."""
        return self._started_us + self.boot_ms * 1000

    @property
    def link_s(self) -> float:
        """Seconds by which clients are judged: they live in wall time, however fast the vehicle's runs."""
        return self.link_clock()

    @property
    def altitude_m(self) -> float:
        """Metres above mean sea level."""
        return self.craft.origin.altitude_m + self.craft.body.up

    @property
    def heading_cdeg(self) -> int:
        """Hundredths of a degree, 0 to 35999."""
        return round(degrees(self.craft.body.yaw % (2 * pi)) * 100) % 36000

    @property
    def taking_off(self) -> bool:
        """Whether a takeoff is under way."""
        return not self.craft.landed and self.craft.control.v_up > 0.0 and self.craft.height_m < 2.0

    def lat_lon_e7(self) -> tuple[int, int]:
        """Position in 1e-7 degrees."""
        lat, lon = self.craft.origin.globe(self.craft.body.north, self.craft.body.east)
        return round(lat * 1e7), round(lon * 1e7)

    def say(self, severity: int, text: str) -> None:
        """STATUSTEXT to every client."""
        self.craft.say(severity, text)

    def step(self) -> None:
        """Advance by one step."""
        self.craft.step(STEP_S)
        self._steps += 1
        t_s = self.craft.t_s
        self.transfers.tick(self.link_s)
        if self._steps % WATCH_EVERY == 0:
            self._watch(t_s)
        self._tell()
        for channel in self.channels:
            channel.tick(t_s)

    def receive(self, channel: Channel, message: Any) -> None:
        """A message from a client."""
        self.receiver.receive(channel, message)

    def change_mode(self, number: int, *, quiet: bool = False) -> bool:
        """Switch modes; False, with the reason said, where that is refused."""
        mode = self.modes.get(number)
        if mode is None:
            self.say(4, f"No such mode {number}")
            return False
        if mode is self.mode:
            return True
        armed = self.craft.motors.armed
        reason = None
        if armed and mode.needs_position and not self.estimator.position_ok:
            reason = "requires position"
        reason = reason or mode.enter()
        if reason is not None and armed:
            if not quiet:
                self.say(4, f"Mode change to {mode.name} failed: {reason}")
            return False
        self.mode = self.craft.mode = mode
        return True

    def first_mode_of(self, wanted: tuple[int, ...]) -> None:
        """The first of some modes that can be entered."""
        for number in wanted:
            if self.change_mode(number, quiet=True):
                return

    def set_home_here(self) -> None:
        """Home is where the vehicle is."""
        body = self.craft.body
        self.set_home((body.north, body.east, body.up))

    def set_home(self, home: Point) -> None:
        """Set home and tell the clients."""
        self.craft.home, self.home_set = home, True
        self.mission.note_home()
        for channel in self.channels:
            channel.one(242)

    def parameter_message(self, parameter: Parameter, *, listed: bool = True) -> Any:
        """PARAM_VALUE; by its place in the list, or (as ArduPilot answers for a name) without one."""
        index = parameter.index if listed else UNLISTED
        return mavlink.MAVLink_param_value_message(
            parameter.name.encode(), parameter.value, parameter.type, len(self.parameters), index
        )

    def parameter_changed(self) -> None:
        """Take a changed parameter into account."""
        self.craft.control.refresh()

    def banner(self) -> list[str]:
        """What the vehicle says of itself."""
        version = ".".join(str(part) for part in VERSIONS[self.generation])
        return [f"{BANNER}", f"speaks ArduCopter V{version} parameters and MAVLink", "Frame: QUAD/PLUS"]

    def _watch(self, t_s: float) -> None:
        self.estimator.update(t_s)
        if self.estimator.position_ok and not self.home_set:
            self.set_home_here()
            self.say(6, "EKF3 IMU0 is using GPS")
        self.fence.watch(t_s)
        self.failsafes.watch(t_s)
        self.breadcrumbs.drop()
        if self.craft.motors.armed:
            self.prearm_ok = True
            self._disarm_idle()
            return
        self._idle_since_s = None
        found = arming.problems(self)
        self.prearm_ok = not found
        if found and t_s - self._prearm_said_s > PREARM_SAY_S:
            self._prearm_said_s = t_s
            for reason in found:
                self.say(2, f"PreArm: {reason}")

    def _disarm_idle(self) -> None:
        """DISARM_DELAY: armed on the ground with nothing asked of it for so long, the motors stop."""
        delay, now = self.parameters["DISARM_DELAY"], self.link_s
        if not self.craft.landed or self.craft.wants_flight:
            self._idle_since_s = None
        elif self._idle_since_s is None:
            self._idle_since_s = now
        elif 0.0 < delay <= now - self._idle_since_s:
            arming.disarm(self)

    def _tell(self) -> None:
        says = self.craft.says
        while says:
            severity, text = says.popleft()
            message = mavlink.MAVLink_statustext_message(severity, text.encode()[:50])
            for channel in self.channels:
                channel.send(message)
        if self.auto.reached:
            for seq in self.auto.reached:
                for channel in self.channels:
                    channel.send(mavlink.MAVLink_mission_item_reached_message(seq))
                    channel.one(42)
            self.auto.reached.clear()

    def _home_item(self) -> Item:
        if not self.home_set:
            return home_item(0.0, 0.0, 0.0)
        craft = self.craft
        lat, lon = craft.origin.globe(craft.home[0], craft.home[1])
        return home_item(lat, lon, craft.origin.altitude_m + craft.home[2])

    def _flying_mission(self) -> bool:
        return self.craft.motors.armed and self.mode is self.auto and self.auto.running

    def _set_current(self, seq: int, channel: Any) -> None:
        if self.auto.set_current(seq):
            channel.one(42)

    def _do(self, item: Item) -> None:
        do_item(self, item)

    def _load_rally(self, items: list[Item]) -> None:
        craft = self.craft
        self.rally = tuple(
            craft.point(
                item.lat_deg,
                item.lon_deg,
                item.z - craft.origin.altitude_m if item.frame == 0 else craft.home[2] + item.z,
            )
            for item in items
        )
