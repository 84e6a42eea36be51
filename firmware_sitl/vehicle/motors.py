"""Armed or not, and how far the motors have spooled up."""

from __future__ import annotations

from enum import IntEnum

from firmware_sitl.vehicle.parameters import Parameters

MOTORS, ALL_MOTORS = 4, 0b1111
LEAST_REST = 0.5
"""A motor with less of its thrust left cannot balance the one across it (assumed: hover needs half)."""


class Spool(IntEnum):
    """How far the motors are: ArduCopter's spool states."""

    SHUT_DOWN = 0
    GROUND_IDLE = 1
    SPOOLING_UP = 2
    UNLIMITED = 3
    SPOOLING_DOWN = 4


class Motors:
    """The motors' arming and spooling; `run` is told each step whether flight is wanted."""

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
        self._enter(Spool.SHUT_DOWN)

    def disarm(self) -> None:
        """Stop the motors."""
        self.armed = False
        self._enter(Spool.SHUT_DOWN)

    def run(self, dt: float, *, fly: bool) -> None:
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
            self._enter(Spool.GROUND_IDLE)
        elif self.spool is Spool.GROUND_IDLE and fly and done:
            self._enter(Spool.SPOOLING_UP)
        elif self.spool is Spool.SPOOLING_UP and done:
            self._enter(Spool.UNLIMITED if fly else Spool.SPOOLING_DOWN)
        elif self.spool is Spool.UNLIMITED and not fly:
            self._enter(Spool.SPOOLING_DOWN)
        elif self.spool is Spool.SPOOLING_DOWN and done:
            self._enter(Spool.GROUND_IDLE)

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

    def _enter(self, spool: Spool) -> None:
        self.spool = spool
        self._in_state_s = 0.0
