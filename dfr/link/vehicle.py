"""What the rest of the link asks of a vehicle, and what is known about one at a moment."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from dfr.ardupilot.modes import CopterMode, mode_name
from dfr.geo import Position


class OnboardPlan(StrEnum):
    """What we know of the plan a vehicle carries."""

    UNTOUCHED = "untouched"
    VERIFIED = "verified"
    UNKNOWN = "unknown"


ANSWER_S = 1.0
"""A vehicle that was commanded to arm shows it by then (it reports its state once a second)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VehicleState:
    """What a vehicle has said of itself; None for what it has not said yet.

    `t_s` is its own clock (seconds since boot), the only clock deadlines of a flight are counted in;
    `armed_t_s` and `mission_seq_t_s` are what it read when that was last told.
    `gps_geoid_m` is the receiver's height of mean sea level above the ellipsoid; None too where it gives two
    equal altitudes, as one that does not know it does. `remote_id` is empty where Remote ID is fit to arm.
    """

    t_s: float | None = None
    armed: bool | None = None
    armed_t_s: float | None = None
    mode: int | None = None
    position: Position | None = None
    height_m_home: float | None = None
    height_m_amsl: float | None = None
    east_mps: float | None = None
    north_mps: float | None = None
    climb_mps: float | None = None
    roll_rad: float | None = None
    pitch_rad: float | None = None
    throttle: float | None = None
    landed: int | None = None
    mission_seq: int | None = None
    mission_seq_t_s: float | None = None
    mission_total: int | None = None
    home: Position | None = None
    home_m_amsl: float | None = None
    battery_volt: float | None = None
    battery_amp: float | None = None
    battery_remaining: float | None = None
    battery_used_mah: float | None = None
    sensors_enabled: int | None = None
    sensors_healthy: int | None = None
    ekf_flags: int | None = None
    gps_fix: int | None = None
    satellites: int | None = None
    gps_geoid_m: float | None = None
    gps_horizontal_m: float | None = None
    gps_vertical_m: float | None = None
    remote_id: str | None = None
    wind_mps: float | None = None
    reboots: int = 0

    def disarmed_since(self, earlier: VehicleState) -> bool:
        """Whether it is disarmed, and said so late enough to know of all that was commanded at `earlier`."""
        if self.armed is not False or self.armed_t_s is None:
            return False
        restarted = self.reboots > earlier.reboots
        return restarted or self.armed_t_s > (earlier.t_s or 0.0) + ANSWER_S

    @property
    def speed_mps(self) -> float | None:
        """Ground speed."""
        if self.east_mps is None or self.north_mps is None:
            return None
        return math.hypot(self.east_mps, self.north_mps)

    @property
    def course_deg(self) -> float | None:
        """Course over ground, true; None while it stands."""
        if self.east_mps is None or self.north_mps is None or not (self.east_mps or self.north_mps):
            return None
        return math.degrees(math.atan2(self.east_mps, self.north_mps)) % 360.0

    @property
    def mode_name(self) -> str:
        """The flight mode in words."""
        return mode_name(self.mode)


@dataclass(frozen=True, slots=True, kw_only=True)
class Firmware:
    """What runs on the vehicle."""

    version: tuple[int, int, int]
    development: bool
    name: str
    built_in: bool = False

    def __str__(self) -> str:
        return f"{self.name} {'.'.join(map(str, self.version))}{'-dev' if self.development else ''}"


SEVERITIES = ("emergency", "alert", "critical", "error", "warning", "notice", "info", "debug")
"""MAV_SEVERITY, from 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A STATUSTEXT: what the vehicle said in words, and when."""

    t_s: float | None
    severity: int
    text: str

    @property
    def severity_name(self) -> str:
        """MAV_SEVERITY in words."""
        return SEVERITIES[self.severity] if self.severity < len(SEVERITIES) else f"severity {self.severity}"


class Vehicle(Protocol):
    """A vehicle as director, preflight and transfer see it."""

    simulated: bool
    plan: OnboardPlan
    firmware: Firmware

    @property
    def state(self) -> VehicleState:
        """What is known now."""
        ...

    @property
    def texts(self) -> tuple[Text, ...]:
        """What it has said in words, oldest first."""
        ...

    def wait(
        self,
        holds: Callable[[VehicleState], bool],
        *,
        vehicle_s: float,
        what: str,
    ) -> VehicleState:
        """The first state in which something holds, within so many seconds of the vehicle's clock."""
        ...

    def command(self, number: int, *params: float, timeout_s: float = 3.0) -> None:
        """Send a command and have it accepted; raises VehicleRefusedError or LinkTimeoutError."""
        ...

    def set_mode(self, mode: CopterMode) -> None:
        """Change the flight mode and see it changed."""
        ...

    def arm(self) -> None:
        """Arm, and see the armed bit."""
        ...

    def disarm(self, *, force: bool = False) -> None:
        """Disarm, and see the armed bit gone."""
        ...

    def get_param(self, name: str) -> float | None:
        """A parameter by its 4.5/4.6 name and unit; None where the vehicle has none of that name."""
        ...

    def set_param(self, name: str, value: float) -> None:
        """Set a parameter by its 4.5/4.6 name and unit, confirmed by the echoed value."""
        ...
