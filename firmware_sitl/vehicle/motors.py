"""The motors: armed or not, how far they have spooled up, and their test (DO_MOTOR_TEST)."""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum

from firmware_sitl.vehicle.parameters import Parameters

MOTORS, ALL_MOTORS = 4, 0b1111
LEAST_REST = 0.5
"""A motor with less of its thrust left cannot balance the one across it (assumed: hover needs half)."""

PERCENT, PULSE, PILOT, COMPASS = range(4)
"""Kinds of throttle in a motor test."""

LEAST_PULSE_US, MOST_PULSE_US = 800, 2200
IDLE_PULSE_US = 1000
LONGEST_S = 600.0


class Spool(IntEnum):
    """How far the motors are: ArduCopter's spool states."""

    SHUT_DOWN = 0
    GROUND_IDLE = 1
    SPOOLING_UP = 2
    UNLIMITED = 3
    SPOOLING_DOWN = 4


class Motors:
    """The motors' arming and spooling; `spool_step` is told each step whether flight is wanted."""

    def __init__(self, parameters: Parameters) -> None:
        self._parameters = parameters
        self.armed = False
        self.spool = Spool.SHUT_DOWN
        self.armed_s = 0.0
        self._in_state_s = 0.0

    def arm(self) -> None:
        """Arm; the motors idle once the safety time has passed."""
        self.armed = True
        self.armed_s = 0.0
        self._enter_spool(Spool.SHUT_DOWN)

    def disarm(self) -> None:
        """Stop the motors."""
        self.armed = False
        self._enter_spool(Spool.SHUT_DOWN)

    def spool_step(self, dt: float, *, fly: bool) -> None:
        """One step towards full range if flight is wanted, towards idle if not."""
        if not self.armed:
            return
        self.armed_s += dt
        self._in_state_s += dt
        if self.armed_s < self._parameters["MOT_SAFE_TIME"]:
            return
        spool_s = self._parameters["MOT_SPOOL_TIME"]
        done = self._in_state_s >= spool_s
        if self.spool is Spool.SHUT_DOWN:
            self._enter_spool(Spool.GROUND_IDLE)
        elif self.spool is Spool.GROUND_IDLE and fly and done:
            self._enter_spool(Spool.SPOOLING_UP)
        elif self.spool is Spool.SPOOLING_UP and done:
            self._enter_spool(Spool.UNLIMITED if fly else Spool.SPOOLING_DOWN)
        elif self.spool is Spool.UNLIMITED and not fly:
            self._enter_spool(Spool.SPOOLING_DOWN)
        elif self.spool is Spool.SPOOLING_DOWN and done:
            self._enter_spool(Spool.GROUND_IDLE)

    @property
    def working_share(self) -> float:
        """Share of the thrust that is left: SIM_ENGINE_FAIL names motors by bits, SIM_ENGINE_MUL their rest.

        A quadrotor with a motor too weak to balance turns over, so that no thrust holds it up.
        """
        if not self.armed:
            return 0.0
        failed = (int(self._parameters["SIM_ENGINE_FAIL"]) & ALL_MOTORS).bit_count()
        rest = min(max(self._parameters["SIM_ENGINE_MUL"], 0.0), 1.0)
        if failed == 0:
            return 1.0
        return 1.0 - failed * (1.0 - rest) / MOTORS if rest >= LEAST_REST else 0.0

    def _enter_spool(self, spool: Spool) -> None:
        self.spool = spool
        self._in_state_s = 0.0


class MotorTest:
    """One motor after another turns for a while, on the ground; the vehicle counts as armed meanwhile."""

    def __init__(self, say: Callable[[int, str], None]) -> None:
        self._say = say
        self._ends_s: float | None = None

    @property
    def running(self) -> bool:
        """Whether a motor is being tested."""
        return self._ends_s is not None

    def start_test(self, t_s: float, *, kind: int, throttle: float, timeout_s: float, count: int) -> None:
        """Begin a test, or change the one that runs."""
        if not self.running:
            self._say(6, "starting motor test")
        seconds = min(timeout_s, LONGEST_S)
        motors = max(count, 1)
        self._ends_s = t_s + max(seconds * (1.5 * motors - 0.5), 0.0)
        pulse = self._pulse_us(kind, throttle)
        if not LEAST_PULSE_US <= pulse <= MOST_PULSE_US:
            self._ends_s = t_s

    def watch_time(self, t_s: float) -> None:
        """End the test when its time is over."""
        if self._ends_s is not None and t_s >= self._ends_s:
            self._ends_s = None
            self._say(6, "finished motor test")

    def _pulse_us(self, kind: int, throttle: float) -> float:
        """The pulse that a test asks for; 0, which stops it, where it makes no sense."""
        if kind in (PERCENT, COMPASS):
            return 1000.0 + 10.0 * throttle if throttle <= 100.0 else 0.0
        if kind == PULSE:
            return throttle
        return IDLE_PULSE_US if kind == PILOT else 0.0
