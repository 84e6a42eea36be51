"""Calibrations that last: of accelerometers, of compasses, and of compasses against the motors' currents.

Nobody turns the vehicle about, so the first two begin and never end by themselves; they are given up by a
command or a reboot. The motors' ends when the ground station acknowledges it, as on ArduCopter.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf
from typing import Any

from pymavlink.dialects.v20 import ardupilotmega as mavlink

from firmware_sitl.vehicle.aircraft import Aircraft

COMPASSES = range(3)
RUNNING, FIRST_ATTEMPT = 2, 1
NO_DIRECTION_SEEN = [0] * 9 + [8]
"""ArduCopter's completion mask of a vehicle that lies still."""

ACCELEROMETERS_REST_S = 5.0
"""So soon after a calibration of the accelerometers ArduCopter takes no other."""

STATUS_EVERY_S = 0.5
STATUSES_PER_TEXT = 10
LEAST_A = 3.0
"""Current from which ArduCopter learns what the motors do to a compass."""

FULL_THROTTLE_A = 1.4
"""Current at full throttle, in reference currents: ArduCopter SITL drew 19.8 A of 29.3 A at 484 per mille."""


@dataclass(slots=True)
class Calibrations:
    """What is being calibrated: compasses by their bits, the sticks by a ground station."""

    accelerometers: bool = False
    accelerometers_done_s: float = -inf
    sticks: bool = False
    compasses: int = 0
    compass_wants_reboot: bool = False
    motors: MotorInterference | None = None

    def start_compasses(self, mask: int) -> bool:
        """Begin with these compasses, 0 all; False where there is none of them."""
        wanted = mask & 0b111 if mask else 0b111
        if wanted != (mask or wanted):
            return False
        self.compasses |= wanted
        self.compass_wants_reboot = True
        return True

    def accept_compasses(self) -> bool:
        """Whether they had come to an end, or none had begun; one that has not is given up."""
        running, self.compasses = self.compasses, 0
        return not running

    def cancel_compasses(self, mask: int) -> None:
        """Give these up, 0 all."""
        self.compasses &= ~mask if mask else 0

    def problems(self) -> Iterator[str]:
        """What speaks against arming."""
        if self.compasses:
            yield "Compass calibration running"
        elif self.compass_wants_reboot:
            yield "Compass calibrated requires reboot"
        if self.sticks:
            yield "RC calibrating"

    def compass_progress(self) -> tuple[Any, ...]:
        """A MAG_CAL_PROGRESS for each compass that is being calibrated."""
        return tuple(
            mavlink.MAVLink_mag_cal_progress_message(
                compass, self.compasses, RUNNING, FIRST_ATTEMPT, 0, NO_DIRECTION_SEEN, 0.0, 0.0, 0.0
            )
            for compass in COMPASSES
            if self.compasses & 1 << compass
        )


class MotorInterference:
    """The compasses against the motors: the pilot opens the throttle and the effect is measured.

    The vehicle counts as armed meanwhile. The simulated motors have no effect on a compass.
    """

    def __init__(self, aircraft: Aircraft, channel: Any, source: tuple[int, int]) -> None:
        self._aircraft, self._channel, self._source = aircraft, channel, source
        self._next_s = aircraft.t_s + STATUS_EVERY_S
        self._statuses = 0
        self._learned = False
        aircraft.say(6, "Starting calibration")
        aircraft.say(6, "Current")

    def watch_time(self, t_s: float) -> None:
        """Tell the one who asked, twice a second."""
        if t_s < self._next_s:
            return
        self._next_s = t_s + STATUS_EVERY_S
        throttle = self._aircraft.sticks.throttle_travel
        amps = FULL_THROTTLE_A * self._aircraft.body.airframe.reference_amp * throttle
        self._learned = self._learned or amps >= LEAST_A
        self._channel.send(
            mavlink.MAVLink_compassmot_status_message(int(1000.0 * throttle), amps, 0, 0.0, 0.0, 0.0)
        )
        if self._statuses % STATUSES_PER_TEXT == 0:
            self._aircraft.say(6, "Initialising ArduPilot")
        self._statuses += 1

    def end(self) -> None:
        """Say what came of it, and answer the command once more."""
        self._aircraft.say(*((6, "Calibration successful") if self._learned else (5, "Failed")))
        self._channel.send(
            mavlink.MAVLink_command_ack_message(mavlink.MAV_CMD_PREFLIGHT_CALIBRATION, 0, 0, 0, *self._source)
        )
