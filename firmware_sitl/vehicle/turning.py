"""CIRCLE: round a point CIRCLE_RADIUS ahead, at CIRCLE_RATE, the nose towards it."""

from __future__ import annotations

from math import cos, inf, sin
from typing import TYPE_CHECKING

from firmware_sitl.vehicle.circling import Circling
from firmware_sitl.vehicle.modes import CIRCLE, Mode

if TYPE_CHECKING:
    from firmware_sitl.vehicle.craft import Craft


class Circle(Mode):
    """CIRCLE; a radius of 0 turns on the spot."""

    number = CIRCLE
    allows_arming = False

    def __init__(self, craft: Craft) -> None:
        super().__init__(craft)
        self._circling: Circling | None = None

    def enter(self) -> str | None:
        """The centre lies ahead, so that the craft is on the circle already."""
        craft = self.craft
        craft.navigation.start()
        here = craft.navigation.destination
        radius_m, yaw = craft.parameters["CIRCLE_RADIUS"] * 0.01, craft.body.yaw
        centre = (here[0] + radius_m * cos(yaw), here[1] + radius_m * sin(yaw), here[2])
        way = -1.0 if craft.parameters["CIRCLE_RATE"] < 0.0 else 1.0
        self._circling = Circling(craft, centre, inf, way * radius_m)
        return None

    def run(self, dt: float) -> None:
        """One step round."""
        craft = self.craft
        if craft.landed or self._circling is None:
            craft.control.reset()
            return
        craft.wants_flight = True
        self._circling.run(dt)
