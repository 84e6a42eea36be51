"""The pilot's sticks: RC overrides and MANUAL_CONTROL, or a transmitter with throttle low."""

from __future__ import annotations

from collections.abc import Callable
from math import copysign, radians
from typing import Any

from firmware_sitl.vehicle.parameters import Parameters
from firmware_sitl.vehicle.shaping import clamp

MIDDLE, SPAN = 1500.0, 500.0
AT_REST = (1500, 1500, 1000, 1500, 1800, 1000, 1000, 1800)
"""What the simulated transmitter sends: sticks centred, throttle low (ArduPilot's SITL)."""

CHANNELS = 16
"""What ArduPilot keeps; the transmitter sends the first eight of them."""

MOST_DEAD_THROTTLE = 0.4
"""THR_DZ counts up to here."""

LEFT, RELEASED = 65535, 65534


class Sticks:
    """Roll, pitch, throttle and yaw, each between -1 and 1; throttle 0 is the middle."""

    def __init__(self, parameters: Parameters, now_s: Callable[[], float]) -> None:
        self._parameters, self._now_s = parameters, now_s
        self._override: dict[int, int] = {}
        self._set_s = float("-inf")

    @property
    def channels(self) -> list[int]:
        """All channels as received, microseconds; 0 for one that nobody sends."""
        found = [*AT_REST, *[0] * (CHANNELS - len(AT_REST))]
        hold = self._parameters["RC_OVERRIDE_TIME"]
        if hold < 0.0 or self._now_s() - self._set_s <= hold:
            for index, value in self._override.items():
                found[index] = value
        return found

    def take_override(self, values: list[int]) -> None:
        """RC_CHANNELS_OVERRIDE: 65535 leaves a channel as it is, 0 gives it back to the transmitter.

        From the ninth on 0 leaves it too, and 65534 gives it back (MAVLink).
        """
        self._set_s = self._now_s()
        for index, value in enumerate(values[:CHANNELS]):
            first = index < len(AT_REST)
            if value == LEFT or (value == 0 and not first):
                continue
            if value == (0 if first else RELEASED):
                self._override.pop(index, None)
            else:
                self._override[index] = value

    def take_manual(self, message: Any) -> None:
        """MANUAL_CONTROL: x pitch, y roll, z throttle 0 to 1000, r yaw."""
        self._set_s = self._now_s()
        for index, value in ((0, message.y), (1, -message.x), (3, message.r)):
            if abs(value) <= 1000:
                self._override[index] = round(MIDDLE + 0.5 * value)
        if 0 <= message.z <= 1000:
            self._override[2] = 1000 + message.z

    def read_axis(self, index: int) -> float:
        """One stick, -1 to 1, with its channel's dead band about the middle (RC_Channel::norm_input_dz)."""
        dead = self._parameters[f"RC{index + 1}_DZ"] / SPAN
        value = clamp((self.channels[index] - MIDDLE) / SPAN, -1.0, 1.0)
        if abs(value) <= dead:
            return 0.0
        return (value - copysign(dead, value)) / (1.0 - dead)

    @property
    def heard(self) -> bool:
        """Whether the receiver hears the transmitter."""
        return self._parameters["SIM_RC_FAIL"] == 0.0

    @property
    def throttle_low(self) -> bool:
        """Whether the throttle is below FS_THR_VALUE: how some receivers say that they hear nobody."""
        return self.heard and self.channels[2] < self._parameters["FS_THR_VALUE"]

    @property
    def alive(self) -> bool:
        """Whether the sticks say what a pilot wants."""
        return self.heard and not (self.throttle_low and self._parameters["FS_THR_ENABLE"])

    @property
    def throttle_travel(self) -> float:
        """How far the throttle is pushed, 0 to 1 of its way above its dead zone."""
        return self._travel(self.channels[2])

    @property
    def throttle(self) -> float:
        """The throttle, 0 to 1, where the middle of the stick is 0.5 (Mode::get_pilot_desired_throttle)."""
        middle, travel = self._travel(MIDDLE), self.throttle_travel
        return 0.5 * travel / middle if travel < middle else 0.5 + 0.5 * (travel - middle) / (1.0 - middle)

    def climb_rate(self) -> float:
        """Climb rate asked for by the throttle, m/s, none in its dead band or without a receiver.

        Copter::get_pilot_desired_climb_rate.
        """
        if not self.alive:
            return 0.0
        up = self._parameters["PILOT_SPEED_UP"] * 0.01
        down = self._parameters["PILOT_SPEED_DN"] * 0.01 or up
        dead = clamp(0.001 * self._parameters["THR_DZ"], 0.0, MOST_DEAD_THROTTLE)
        bottom, top = self._travel(MIDDLE) - dead, self._travel(MIDDLE) + dead
        travel = self.throttle_travel
        if travel < bottom:
            return down * (travel - bottom) / bottom
        return up * max(travel - top, 0.0) / (1.0 - top)

    def turn_rate(self) -> float:
        """Turn rate asked for, rad/s."""
        return self.read_axis(3) * radians(self._parameters["PILOT_Y_RATE"]) if self.alive else 0.0

    def _travel(self, pulse_us: float) -> float:
        """A throttle's pulse as a share of its way above the dead zone (RC_Channel::pwm_to_range_dz)."""
        dead = max(self._parameters["RC3_DZ"], 0.0) / (2.0 * SPAN)
        share = clamp((pulse_us - MIDDLE) / (2.0 * SPAN) + 0.5, 0.0, 1.0)
        return (share - dead) / (1.0 - dead) if share > dead else 0.0
