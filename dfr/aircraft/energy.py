"""Power and energy by momentum theory, what a battery gives in the cold, and how long a charge takes.

    hover          P = T^1.5 / (sqrt(2 rho A) FM)
    forward        v_i = v_h^2 / sqrt((V cos a)^2 + (V sin a + C cos a + v_i)^2)       (Glauert)
                   P = [kappa T v_i + P0 (1 + 4.65 mu^2) + D V + W C] / chain

D = W tan(a) is the whole drag of the trim, 0.5 rho CdA V^2 and the rotors' momentum drag together. A climb C
sends air through the rotors, which then induce less: straight up at C << v_h it costs half of W C. A descent
counts as level: no momentum theory holds near its own wake, and it is never counted as a gain.
FM is the whole chain's figure of merit, battery to air: one number per drone, fitted to its sheet's
hover time (or flight time), or to a measured hover power. P0 is the profile power that makes the
forward law meet the hover law at rest. Sources: Glauert 1935; Leishman 2006 for kappa and 4.65;
cold capacity and charge shape are from memory of cell data sheets and marked so in the docs.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np

from dfr.aircraft.catalogue import Dock, Drone
from dfr.aircraft.trim import Airframe, air_density, airframe_of, tilt_for_airspeed
from dfr.geo import FloatArray
from dfr.units import GRAVITY_MPS2

INDUCED_FACTOR = 1.15
"""kappa: uneven inflow costs 15 % over the ideal disc (Leishman 2006)."""

PROFILE_GROWTH = 4.65
"""Growth of profile power with the square of the advance ratio (Leishman 2006)."""

TIP_SPEED_MPS = 120.0
"""Assumed tip speed in hover of rotors of this size; enters only through the advance ratio."""

CHAIN = 0.85
"""Assumed efficiency of motors and controllers for the part of the power that is not in FM."""

HOVER_OVER_FLIGHT = 0.87
"""Hover time over flight time: the median of the sheets that state both (0.80, 0.87, 0.88)."""

DEFAULT_MERIT = 0.6
"""Assumed battery-to-air figure of merit where no sheet gives an endurance."""

READY_FRACTION = 0.6
"""A drone may be sent again from this charge on (assumed). Dispatch checks whether it suffices for a call."""

MIN_TURNAROUND_S = 60.0
"""Docked to fit for launch where no charge is needed: lid, log, checks (assumed)."""

USABLE_FRACTION = 0.95
"""Assumed share of the nominal capacity a sheet's endurance uses."""

COLD_C = (-30.0, -20.0, -10.0, 0.0, 10.0, 20.0, 50.0)
COLD_SHARE = (0.50, 0.62, 0.75, 0.87, 0.95, 1.0, 1.0)
"""Share of capacity at a cell temperature [M]: middle of the ranges in the data sheets."""

TAPER_FROM = 0.88
"""State of charge at which constant current ends [M]."""

TAPER_END = 1.02
"""The state of charge the taper tends to; reaching 1 ends the charge at about 14 % of the current [M]."""


def hover_power_w(drone: Drone, *, height_m_amsl: float = 0.0, temperature_c: float = 15.0) -> float:
    """Electrical power of a hover in still air, W."""
    airframe = airframe_of(drone)
    density = air_density(height_m_amsl, temperature_c)
    ideal = airframe.weight_n**1.5 / math.sqrt(2.0 * density * airframe.disc_area_m2)
    return float(ideal / figure_of_merit(drone))


def forward_power_w(
    drone: Drone,
    airspeed_mps: FloatArray | float,
    *,
    climb_mps: FloatArray | float = 0.0,
    height_m_amsl: FloatArray | float = 0.0,
    temperature_c: float | FloatArray = 15.0,
) -> FloatArray:
    """Electrical power of steady flight at an airspeed, W; a descent is not counted as a gain."""
    density = air_density(height_m_amsl, temperature_c)
    return _power_w(
        airframe_of(drone),
        np.asarray(airspeed_mps, dtype=float),
        merit=figure_of_merit(drone),
        climb_mps=climb_mps,
        density=density,
    )


def _power_w(
    airframe: Airframe,
    airspeed: FloatArray,
    *,
    merit: float,
    climb_mps: FloatArray | float,
    density: FloatArray | float,
) -> FloatArray:
    """Electrical power for a figure of merit."""
    tilt = tilt_for_airspeed(airframe, airspeed, density)
    thrust = airframe.weight_n / np.cos(tilt)
    still = airframe.weight_n**1.5 / np.sqrt(2.0 * density * airframe.disc_area_m2)
    profile = still * max(0.0, CHAIN / merit - INDUCED_FACTOR)
    rising = np.maximum(climb_mps, 0.0)
    inflow = induced_velocity_mps(airframe, thrust, airspeed, tilt, density, climb_mps=rising)
    shaft = (
        INDUCED_FACTOR * thrust * inflow
        + profile * (1.0 + PROFILE_GROWTH * (airspeed / TIP_SPEED_MPS) ** 2)
        + airframe.weight_n * np.tan(tilt) * airspeed
        + airframe.weight_n * rising
    )
    power: FloatArray = shaft / max(CHAIN, INDUCED_FACTOR * merit)
    return power


def power_over_hover(
    drone: Drone, *, load: FloatArray, tilt_rad: FloatArray, airspeed_mps: FloatArray, climb_mps: FloatArray
) -> FloatArray:
    """The power of any motion over that of a hover; `load` is thrust over weight. At sea level.

    As for steady flight, with the thrust that the motion takes; the profile power grows with the thrust to
    1.5, as that of propellers of fixed pitch does.

    >>> from dfr.aircraft.catalogue import find_drone
    >>> one, none = np.ones(1), np.zeros(1)
    >>> hover = power_over_hover(
    ...     find_drone("dji-m30t"), load=one, tilt_rad=none, airspeed_mps=none, climb_mps=none
    ... )
    >>> [round(float(share), 6) for share in hover]
    [1.0]
    """
    airframe, density = airframe_of(drone), air_density(0.0)
    rising = np.maximum(climb_mps, 0.0)
    thrust = airframe.weight_n * load
    still = airframe.weight_n**1.5 / math.sqrt(2.0 * density * airframe.disc_area_m2)
    profile = still * max(0.0, CHAIN / figure_of_merit(drone) - INDUCED_FACTOR)
    inflow = induced_velocity_mps(airframe, thrust, airspeed_mps, tilt_rad, density, climb_mps=rising)
    through = airspeed_mps * np.sin(tilt_rad) + rising * np.cos(tilt_rad)
    shaft = (
        thrust * (INDUCED_FACTOR * inflow + through)
        + profile * load**1.5 * (1.0 + PROFILE_GROWTH * (airspeed_mps / TIP_SPEED_MPS) ** 2)
    )  # fmt: skip
    share: FloatArray = shaft / (INDUCED_FACTOR * still + profile)
    return share


def induced_velocity_mps(
    airframe: Airframe,
    thrust_n: FloatArray,
    airspeed_mps: FloatArray,
    tilt_rad: FloatArray,
    density: FloatArray | float,
    *,
    climb_mps: FloatArray | float = 0.0,
) -> FloatArray:
    """Glauert's induced velocity, by Newton steps from the hover value."""
    hover2 = thrust_n / (2.0 * density * airframe.disc_area_m2)
    along = airspeed_mps * np.cos(tilt_rad)
    through = airspeed_mps * np.sin(tilt_rad) + climb_mps * np.cos(tilt_rad)
    inflow = np.sqrt(hover2)
    for _ in range(12):
        total = np.sqrt(along**2 + (through + inflow) ** 2)
        excess = inflow * total - hover2
        slope = total + inflow * (through + inflow) / total
        inflow = inflow - excess / slope
    result: FloatArray = inflow
    return result


@cache
def figure_of_merit(drone: Drone) -> float:
    """The one fitted number of a drone: ideal over electrical hover power.

    Where a sheet gives both hover and flight time, the fit takes the middle between them.
    """
    if drone.efficiency is not None:
        return drone.efficiency
    if drone.hover_power_w is not None:
        return _ideal_hover_w(drone) / drone.hover_power_w
    minutes = drone.hover_min
    if minutes is None and drone.flight_min is not None:
        minutes = drone.flight_min * HOVER_OVER_FLIGHT
    if minutes is None:
        return DEFAULT_MERIT
    merit = _ideal_hover_w(drone) * minutes / _full_wh_minutes(drone)
    if drone.hover_min is not None and drone.flight_min is not None:
        merit *= math.sqrt(drone.flight_min / _flight_minutes(drone, merit))
    return merit


def _ideal_hover_w(drone: Drone) -> float:
    """Induced power of a hover at sea level by momentum theory."""
    weight = drone.mass_kg * GRAVITY_MPS2
    return float(weight**1.5 / math.sqrt(2.0 * air_density(0.0) * drone.disc_area_m2))


def _full_wh_minutes(drone: Drone) -> float:
    """Energy a sheet's endurance uses, W min."""
    return 60.0 * drone.battery_wh * USABLE_FRACTION


def _flight_minutes(drone: Drone, merit: float) -> float:
    """Endurance at the best speed with a figure of merit."""
    speeds = np.linspace(0.0, drone.max_speed_mps, 60)
    power = _power_w(airframe_of(drone), speeds, merit=merit, climb_mps=0.0, density=air_density(0.0))
    return _full_wh_minutes(drone) / float(power.min())


def cold_share(temperature_c: float) -> float:
    """Share of the capacity a cell gives at a temperature.

    >>> cold_share(25.0), cold_share(0.0)
    (1.0, 0.87)
    """
    return float(np.interp(temperature_c, COLD_C, COLD_SHARE))


def usable_wh(
    drone: Drone, temperature_c: float, *, health: float = 1.0, reserve_fraction: float = 0.0
) -> float:
    """Energy a sortie may use: capacity in the cold, aged to `health`, less the reserve."""
    whole = drone.battery_wh * USABLE_FRACTION * cold_share(temperature_c) * health
    return whole * (1.0 - reserve_fraction)


def charge_seconds(dock: Dock, from_fraction: float, to_fraction: float) -> float:
    """Seconds to charge between two states of charge: constant current, then a taper.

    Raises ValueError where a fraction is outside 0 to 1. Charging down takes no time.
    """
    for fraction in (from_fraction, to_fraction):
        if not 0.0 <= fraction <= 1.0:
            raise ValueError(f"a state of charge is 0 to 1, not {fraction!r}")
    stated = _charge_units(dock.charge_to) - _charge_units(dock.charge_from)
    asked = max(0.0, _charge_units(to_fraction) - _charge_units(from_fraction))
    return dock.charge_min * 60.0 * asked / stated


def turnaround_seconds(dock: Dock, left: float, to_fraction: float = READY_FRACTION) -> float:
    """Seconds from docked with a charge left to charged so far, and to fit for launch at least."""
    return max(MIN_TURNAROUND_S, charge_seconds(dock, left, to_fraction))


def _charge_units(fraction: float) -> float:
    """Time to reach a state of charge, in units of a full charge at constant current."""
    if fraction <= TAPER_FROM:
        return fraction
    span = TAPER_END - TAPER_FROM
    return TAPER_FROM + span * math.log(span / (TAPER_END - fraction))
