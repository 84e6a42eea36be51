"""The whole vehicle: flight core, plans, fence, failsafes and what it says to its clients."""

from __future__ import annotations

import time
from collections.abc import Callable
from math import degrees, pi, radians
from typing import Any

from pymavlink.dialects.v20 import ardupilotmega as mavlink

from firmware_sitl.vehicle import arming, modes
from firmware_sitl.vehicle.actions import do_item
from firmware_sitl.vehicle.automatic import Auto
from firmware_sitl.vehicle.call import ACCEPTED, DENIED, done
from firmware_sitl.vehicle.channel import Channel
from firmware_sitl.vehicle.craft import Craft, Origin
from firmware_sitl.vehicle.estimator import Estimator
from firmware_sitl.vehicle.failsafes import Failsafes
from firmware_sitl.vehicle.fence import Fence
from firmware_sitl.vehicle.files import FileServer
from firmware_sitl.vehicle.guided import Guided
from firmware_sitl.vehicle.identity import BANNER, CAPABILITIES, VERSIONS, Settings
from firmware_sitl.vehicle.items import Item
from firmware_sitl.vehicle.modes import Mode
from firmware_sitl.vehicle.motor_test import MotorTest
from firmware_sitl.vehicle.navigation import Point
from firmware_sitl.vehicle.parameters import Parameter, Parameters, refuse_unknown
from firmware_sitl.vehicle.plans import (
    FENCE,
    MISSION,
    RALLY,
    FencePlan,
    MissionPlan,
    Plan,
    RallyPlan,
    home_item,
)
from firmware_sitl.vehicle.receiver import Receiver
from firmware_sitl.vehicle.refuge import best_refuge
from firmware_sitl.vehicle.retracing import Breadcrumbs, SmartRtl
from firmware_sitl.vehicle.returning import ReturnMode
from firmware_sitl.vehicle.sequences import landing_start, return_leg
from firmware_sitl.vehicle.telemetry import mission_current
from firmware_sitl.vehicle.texts import Texts
from firmware_sitl.vehicle.transfer import Transfers
from firmware_sitl.vehicle.turning import Circle

STEP_S = 0.02
"""Seconds of one step of flight: the S-curves and lags it resolves are an order slower."""

WATCH_EVERY = 5
"""Steps between two looks at fence and failsafes: 10 Hz."""

CUSTOM_MODE, SAFETY = 1, 128
"""Bits of a base mode: the custom mode counts; the custom mode is the safety switch's position."""

AUTO_RETURNS = (("return path", 0), ("landing sequence", 1))
HEARTBEAT, ORIGIN, HOME = 0, 49, 242
PREARM_SAY_S = 30.0
UNLISTED = 65535


class Vehicle:
    """One vehicle. `step` advances it; `receive` hands it a client's message."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.parameters = Parameters(settings.generation)
        self.parameters["SYSID_THISMAV"] = settings.system_id
        refuse_unknown(settings.defaults)
        for name, value in settings.defaults.items():
            self.parameters.set_default(name, value)
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
        self.safety_on = False
        self.last_reached = 0
        self.motor_test = MotorTest(self)
        self._texts = Texts()
        self.link_clock: Callable[[], float] = time.monotonic
        self._build_plans()
        self._build_modes()
        self.channels: list[Channel] = []
        plans: dict[int, Plan] = {MISSION: self.mission, FENCE: self.fence_plan, RALLY: self.rally_plan}
        self.transfers = Transfers(plans, self.say, self._set_current)
        self.files = FileServer(self.parameters, plans)
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
        self.fence_plan = FencePlan(self._load_fence)
        self.rally_plan = RallyPlan(self._load_rally)

    def _build_modes(self) -> None:
        craft = self.craft
        self.breadcrumbs = Breadcrumbs(craft)
        ceiling_m = self.fence.safe_ceiling_m
        self.rtl, back = (ReturnMode(craft, lambda: best_refuge(self), ceiling_m) for _ in range(2))
        self.auto = Auto(craft, self.mission, back, self._do, lambda: self.unix_us * 1e-6)
        self.guided, self.land = Guided(craft), modes.Land(craft)
        made: list[Mode] = [
            modes.Stabilize(craft), modes.AltHold(craft), self.auto, self.guided, modes.Loiter(craft),
            self.rtl, self.land, modes.PosHold(craft), modes.Brake(craft),
            SmartRtl(craft, self.breadcrumbs), Circle(craft),
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

    def lat_lon_e7(self) -> tuple[int, int]:
        """Position in 1e-7 degrees."""
        lat, lon = self.craft.origin.globe(self.craft.body.north, self.craft.body.east)
        return round(lat * 1e7), round(lon * 1e7)

    def say(self, severity: int, text: str) -> None:
        """STATUSTEXT to every client."""
        self.craft.say(severity, text)

    def step(self) -> None:
        """Advance by one step."""
        was_armed = self.craft.motors.armed
        self.craft.step(STEP_S)
        if was_armed and not self.craft.motors.armed:
            arming.after_disarming(self)
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

    def mode_by_message(self, base: int, custom: int) -> int:
        """SET_MODE or DO_SET_MODE: by ArduCopter's number, or the safety switch; a MAV_RESULT."""
        if base & CUSTOM_MODE:
            return done(ok=self.change_mode(custom & 0xFF))
        if base != SAFETY or custom not in (0, 1):
            return DENIED
        self.safety_on = custom == 1
        return ACCEPTED

    def change_mode(self, number: int) -> bool:
        """Switch modes; False, with the reason said, where that is refused."""
        if number == modes.AUTO_RTL:
            return self.auto_return(path=True, landing=True)
        mode = self.modes.get(number)
        if mode is self.mode:
            return True
        if mode is None:
            self._refuse_unflown(number)
            return False
        reason = self._reason_against(mode) or mode.enter()
        if reason is not None:
            self.say(4, f"Mode change to {mode.name} failed: {reason}")
            return False
        if self.mode is self.auto:
            self.auto.leave()
        self.mode = self.craft.mode = mode
        self.fence.on_mode_change(self.craft.t_s)
        for channel in self.channels:
            channel.one(HEARTBEAT)
        return True

    def _refuse_unflown(self, number: int) -> None:
        name = modes.UNFLOWN.get(number)
        self.say(4, f"Mode change to {name} failed: not flown here" if name else f"No such mode {number}")

    def _reason_against(self, mode: Mode) -> str | None:
        """Why a mode may not be entered now; disarmed, any may but a manual one without radio."""
        if self.craft.motors.armed and mode.needs_position and not self.estimator.position_ok:
            return "requires position"
        return "in RC failsafe" if mode.manual and self.failsafes.radio_lost else None

    def auto_return(self, *, path: bool, landing: bool) -> bool:
        """AUTO_RTL: home along the mission's return path, or by its landing sequence."""
        body = self.craft.body
        here = body.north, body.east, body.up
        leg = return_leg(self.auto, here) if path else None
        start = landing_start(self.auto, here) if landing and leg is None else None
        if leg is None and start is None:
            if landing:
                self.say(4, "Unable to start landing sequence")
            found = " or ".join(name for name, asked in AUTO_RETURNS if (path, landing)[asked])
            self.say(4, f"Mode change to AUTO RTL failed: No {found} found")
            return False
        if leg is not None:
            self.auto.return_from(leg, "Return path started")
        elif start is not None:
            self.auto.return_from(start, "Landing sequence start")
        if not self.change_mode(modes.AUTO):
            return False
        self.auto.returning = True
        return True

    def first_mode_of(self, wanted: tuple[int, ...]) -> None:
        """The first of some modes that can be entered."""
        for number in wanted:
            if self.change_mode(number):
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
            channel.owe(ORIGIN)
            channel.owe(HOME)

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

    def say_banner(self) -> None:
        """Tell every client what the vehicle is."""
        for line in self.banner():
            self.say(6, line)

    def _watch(self, t_s: float) -> None:
        self.estimator.glitching = self.craft.glitch.glitching
        self.estimator.update(t_s)
        if self.estimator.position_ok and not self.home_set:
            self.set_home_here()
            self.say(6, "EKF3 IMU0 is using GPS")
        self.fence.watch(t_s)
        self.failsafes.watch(t_s)
        self.motor_test.watch(t_s)
        self.breadcrumbs.drop(position_ok=self.estimator.position_ok)
        if self.craft.motors.armed:
            self.prearm_ok = True
            self._disarm_idle()
            return
        self._idle_since_s = None
        found = arming.prearm_problems(self)
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
        if self.auto.reached:
            self.last_reached = self.auto.reached[-1]
            for seq in self.auto.reached:
                for channel in self.channels:
                    channel.send(mavlink.MAVLink_mission_item_reached_message(seq))
                    channel.one(42)
            self.auto.reached.clear()
        says = self.craft.says
        while says:
            severity, text = says.popleft()
            for message in self._texts.messages(severity, text):
                for channel in self.channels:
                    channel.send(message)

    def _home_item(self) -> Item:
        if not self.home_set:
            return home_item(0.0, 0.0, 0.0)
        craft = self.craft
        lat, lon = craft.origin.globe(craft.home[0], craft.home[1])
        return home_item(lat, lon, craft.origin.altitude_m + craft.home[2])

    def _flying_mission(self) -> bool:
        return self.craft.motors.armed and self.auto.running

    def _set_current(self, seq: int, channel: Any) -> None:
        """MISSION_SET_CURRENT: clients take the number they sent, come back, for the answer."""
        if self.auto.set_current(seq):
            channel.send(mission_current(self, seq))

    def _do(self, item: Item) -> None:
        do_item(self, item)

    def _load_fence(self, items: list[Item]) -> None:
        self.fence.load(items)
        self.say(7, "Fence Indexed OK")

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
