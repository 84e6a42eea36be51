"""The transmitter's switch of flight modes: FLTMODE1 to FLTMODE6, by the pulse of channel FLTMODE_CH.

RC_Channel::read_6pos_switch and Copter's mode_switch_changed.
"""

from __future__ import annotations

from bisect import bisect_right

from firmware_sitl.vehicle.parameters import Parameters
from firmware_sitl.vehicle.sticks import CHANNELS, Sticks

BOUNDS_US = (1231, 1361, 1491, 1621, 1750)
"""The pulses at which the second to the sixth position begin."""

LEAST_US, MOST_US = 800, 2200
"""A pulse that is not between these is a fault, and no position."""

SETTLE_S = 0.2


class ModeSwitch:
    """Where the switch is; where it stands at power-on is no change."""

    def __init__(self, sticks: Sticks, parameters: Parameters) -> None:
        self._sticks, self._parameters = sticks, parameters
        self._taken: int | None = None
        self._seen: int | None = None
        self._seen_s = 0.0

    def read_change(self, t_s: float) -> int | None:
        """The mode's number, once, where the switch was moved and has rested for 0.2 s; else None."""
        position = self._read_position()
        if position is None:
            return None
        if position != self._seen:
            self._seen, self._seen_s = position, t_s
        if self._taken is None:
            self._taken = position
        if position == self._taken or t_s - self._seen_s < SETTLE_S:
            return None
        self._taken = position
        return int(self._parameters[f"FLTMODE{position}"])

    def _read_position(self) -> int | None:
        """1 to 6; None where no pilot is heard, or no channel is the switch."""
        channel = int(self._parameters["FLTMODE_CH"])
        if not self._sticks.alive or not 1 <= channel <= CHANNELS:
            return None
        pulse = self._sticks.channels[channel - 1]
        return 1 + bisect_right(BOUNDS_US, pulse) if LEAST_US < pulse < MOST_US else None
