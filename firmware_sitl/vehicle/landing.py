"""Coming down: ArduCopter's two-speed descent to the ground."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firmware_sitl.vehicle.motors import Spool
from firmware_sitl.vehicle.shaping import clamp, root_control

if TYPE_CHECKING:
    from firmware_sitl.vehicle.craft import Craft


class Landing:
    """A landing in progress; `run` each step, `down` once the motors idle on the ground."""

    def __init__(self, craft: Craft) -> None:
        self._craft = craft
        self.started_s = craft.t_s
        craft.heading.hold()

    @property
    def down(self) -> bool:
        """Landed, and the motors at idle."""
        craft = self._craft
        return craft.landed and craft.motors.spool in (Spool.GROUND_IDLE, Spool.SHUT_DOWN)

    def run(self, dt: float, *, pause: bool = False) -> None:
        """One step down, or one step of waiting at this height."""
        craft = self._craft
        if craft.landed:
            craft.control.reset()
            return
        craft.wants_flight = True
        if craft.landed_maybe:
            craft.control.relax(dt)
        craft.control.glide(dt)
        craft.control.climb_at(dt, 0.0 if pause else self.rate())

    def rate(self) -> float:
        """Climb rate: fast down to LAND_ALT_LOW, then LAND_SPEED, m/s."""
        craft, parameters = self._craft, self._craft.parameters
        control = craft.control
        slow = abs(parameters["LAND_SPEED"]) * 0.01
        fast = max(parameters["LAND_SPEED_HIGH"] * 0.01 or control.descent, slow)
        above = craft.height_m - max(parameters["LAND_ALT_LOW"] * 0.01, 1.0)
        return clamp(root_control(-above, control.gains.pos_up_p, control.accel_up), -fast, -slow)
