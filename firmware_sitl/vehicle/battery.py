"""The battery: voltage under load, charge used, and what is left."""

from __future__ import annotations

from itertools import pairwise

from firmware_sitl.vehicle.airframe import Airframe
from firmware_sitl.vehicle.parameters import Parameters

CELL_CURVE = ((0.0, 0.78), (0.05, 0.845), (0.2, 0.875), (0.5, 0.905), (0.8, 0.955), (1.0, 1.0))
"""Share of charge to share of full voltage, lithium polymer at rest (assumed; a cell ends at 3.28 V)."""


class Battery:
    """Charge drawn, as the flight controller's monitor sees it."""

    def __init__(self, airframe: Airframe, parameters: Parameters) -> None:
        self._airframe, self._parameters = airframe, parameters
        self.used_mah = 0.0
        self.used_wh = 0.0
        self.amperes = 0.0
        self.volt = parameters["SIM_BATT_VOLTAGE"]

    @property
    def capacity_mah(self) -> float:
        """What the monitor takes the battery to hold."""
        return self._parameters["BATT_CAPACITY"]

    @property
    def left_share(self) -> float:
        """Share of the monitor's capacity that is left."""
        capacity = self.capacity_mah
        return max(0.0, 1.0 - self.used_mah / capacity) if capacity > 0.0 else 1.0

    def draw(self, dt: float, amperes: float) -> None:
        """Draw a current for a while."""
        self.amperes = amperes
        self.used_mah += amperes * dt / 3.6
        self.used_wh += self.volt * amperes * dt / 3600.0
        sag = amperes * self._airframe.battery_ohm if self._parameters["SIM_BATT_CAP_AH"] > 0.0 else 0.0
        self.volt = max(0.0, self._rest_volt() - sag)

    def refill(self, share: float = 1.0) -> None:
        """A fresh battery, or one with a share of its charge."""
        self.used_mah, self.used_wh = (1.0 - share) * self.capacity_mah, 0.0

    def _rest_volt(self) -> float:
        """Voltage without load: as set, or falling with the charge where the cell has a size."""
        full = self._parameters["SIM_BATT_VOLTAGE"]
        size_ah = self._parameters["SIM_BATT_CAP_AH"]
        if size_ah <= 0.0:
            return full
        left = max(0.0, 1.0 - self.used_mah / (1000.0 * size_ah))
        for (low, v_low), (high, v_high) in pairwise(CELL_CURVE):
            if left <= high:
                return full * (v_low + (v_high - v_low) * (left - low) / (high - low))
        return full
