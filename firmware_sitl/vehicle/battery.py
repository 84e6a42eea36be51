"""The battery: voltage under load, charge used, and what is left.

An airframe whose battery has a size is ArduPilot's SITL battery: its voltage falls with the charge, and
writing SIM_BATT_VOLTAGE sets the charge at which the cells at rest have that voltage. Without a size the
voltage is SIM_BATT_VOLTAGE, always.
"""

from __future__ import annotations

from bisect import bisect_right

from firmware_sitl.vehicle.airframe import SitlAirframe
from firmware_sitl.vehicle.parameters import Parameters

CELL_CURVE = (
    (0.0, 0.660), (0.02, 0.713), (0.0385, 0.741), (0.0769, 0.758), (0.1154, 0.771), (0.1538, 0.790),
    (0.1923, 0.810), (0.2308, 0.830), (0.2692, 0.839), (0.3077, 0.849), (0.3462, 0.860), (0.3846, 0.871),
    (0.4231, 0.882), (0.4615, 0.890), (0.5, 0.897), (0.5385, 0.907), (0.5769, 0.911), (0.6154, 0.919),
    (0.6538, 0.924), (0.6923, 0.931), (0.7308, 0.936), (0.7692, 0.945), (0.8077, 0.955), (0.8462, 0.968),
    (0.8846, 0.976), (0.9231, 0.979), (0.9615, 0.985), (1.0, 1.0),
)  # fmt: skip
"""Share of charge to share of full voltage, lithium polymer at rest (ArduPilot's SITL; above 0.3 also as
recorded on it in a long hover)."""

VOLT_CURVE = tuple((level, share) for share, level in CELL_CURVE)


def rest_volt(full_volt: float, share: float) -> float:
    """Voltage at rest of a battery with a share of its charge left.

    >>> rest_volt(16.8, 1.0)
    16.8
    """
    return full_volt * _interpolate(CELL_CURVE, min(max(share, 0.0), 1.0))


class Battery:
    """The charge drawn, as the flight controller's monitor counts it and as the cells lose it."""

    def __init__(self, airframe: SitlAirframe, parameters: Parameters) -> None:
        self._airframe, self._parameters = airframe, parameters
        self.used_mah = 0.0
        self.used_wh = 0.0
        self.amperes = 0.0
        self._set_volt = parameters["SIM_BATT_VOLTAGE"]
        self._gone_mah = 0.0
        self.volt = self._rest_volt()

    @property
    def capacity_mah(self) -> float:
        """The capacity that the monitor assumes (BATT_CAPACITY)."""
        return self._parameters["BATT_CAPACITY"]

    @property
    def left_share(self) -> float:
        """Share of the monitor's capacity that is left."""
        capacity = self.capacity_mah
        return max(0.0, 1.0 - self.used_mah / capacity) if capacity > 0.0 else 1.0

    def draw_current(self, dt: float, amperes: float) -> None:
        """Draw a current for a while."""
        self.amperes = amperes
        drawn_mah = amperes * dt / 3.6
        self.used_mah += drawn_mah
        self._gone_mah += drawn_mah
        self.used_wh += self.volt * amperes * dt / 3600.0
        sag = amperes * self._airframe.battery_ohm if self._size_ah > 0.0 else 0.0
        self.volt = max(0.0, self._rest_volt() - sag)

    def report_charge(self, share: float = 1.0) -> None:
        """Tell the monitor that a share of the charge is left; the cells stay as they are."""
        self.used_mah, self.used_wh = (1.0 - share) * self.capacity_mah, 0.0

    @property
    def _size_ah(self) -> float:
        return self._airframe.battery_ah or self._parameters["SIM_BATT_CAP_AH"]

    def _rest_volt(self) -> float:
        """Voltage without load."""
        asked, size_mah = self._parameters["SIM_BATT_VOLTAGE"], 1000.0 * self._size_ah
        full = self._airframe.full_volt if self._airframe.battery_ah > 0.0 else asked
        if asked != self._set_volt:
            self._set_volt = asked
            self._gone_mah = size_mah * (1.0 - share_at(full, asked))
        return full if size_mah <= 0.0 else rest_volt(full, 1.0 - self._gone_mah / size_mah)


def share_at(full_volt: float, volt: float) -> float:
    """Share of the charge at which the cells at rest have a voltage.

    >>> share_at(16.8, rest_volt(16.8, 0.4))
    0.4
    """
    return round(_interpolate(VOLT_CURVE, volt / full_volt), 9)


def _interpolate(curve: tuple[tuple[float, float], ...], place: float) -> float:
    """A piecewise linear curve at a place, constant beyond its ends."""
    if place >= curve[-1][0]:
        return curve[-1][1]
    if place <= curve[0][0]:
        return curve[0][1]
    index = bisect_right(curve, place, key=lambda point: point[0])
    (low, start), (high, end) = curve[index - 1], curve[index]
    return start + (end - start) * (place - low) / (high - low)
