"""DO_MOTOR_TEST: one motor after another turns for a while, on the ground."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from firmware_sitl.vehicle.vehicle import Vehicle

PERCENT, PULSE, PILOT, COMPASS = range(4)
LEAST_PULSE_US, MOST_PULSE_US = 800, 2200
IDLE_PULSE_US = 1000
LONGEST_S = 600.0


class MotorTest:
    """A test under way; the vehicle counts as armed while it runs."""

    def __init__(self, vehicle: Vehicle) -> None:
        self._vehicle = vehicle
        self._ends_s: float | None = None

    @property
    def running(self) -> bool:
        """Whether a motor is being tested."""
        return self._ends_s is not None

    def start(self, *, kind: int, throttle: float, timeout_s: float, count: int) -> bool:
        """Begin a test, or change the one that runs; False, with the reason said, where it is refused."""
        vehicle = self._vehicle
        if not self.running and not vehicle.craft.landed:
            vehicle.say(2, "Motor Test: vehicle not landed")
            return False
        if not self.running and vehicle.safety_on:
            vehicle.say(2, "Motor Test: Safety switch")
            return False
        if not self.running:
            vehicle.say(6, "starting motor test")
        seconds = min(timeout_s, LONGEST_S)
        motors = max(count, 1)
        self._ends_s = vehicle.craft.t_s + max(seconds * (1.5 * motors - 0.5), 0.0)
        pulse = self._pulse_us(kind, throttle)
        if not LEAST_PULSE_US <= pulse <= MOST_PULSE_US:
            self._ends_s = vehicle.craft.t_s
        return True

    def watch(self, t_s: float) -> None:
        """End the test when its time is over."""
        if self._ends_s is not None and t_s >= self._ends_s:
            self._ends_s = None
            self._vehicle.say(6, "finished motor test")

    def _pulse_us(self, kind: int, throttle: float) -> float:
        """The pulse that a test asks for; 0, which stops it, where it makes no sense."""
        if kind in (PERCENT, COMPASS):
            return 1000.0 + 10.0 * throttle if throttle <= 100.0 else 0.0
        if kind == PULSE:
            return throttle
        return IDLE_PULSE_US if kind == PILOT else 0.0
