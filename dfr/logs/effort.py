"""How hard a flight was for its drone: its motion as so many seconds of hover, by the model of power.

A flight by hand at 40 degrees of tilt draws more than a hover, one of a few seconds less, so that the mean
power of one tells little of the other. What each takes over a hover follows from its own motion: the thrust
by lean and vertical acceleration, the air through the rotors by speed, lean and climb.
"""

from __future__ import annotations

import numpy as np

from dfr.aircraft.catalogue import Drone
from dfr.aircraft.energy import power_over_hover
from dfr.logs.flights import LoggedFlight
from dfr.logs.measures import STEP_S, flying_power, speed_and_climb
from dfr.logs.model import FlightLog, Quantity
from dfr.units import GRAVITY_MPS2

MOST_LEAN_RAD = 1.1
"""A greater lean is an upset: the thrust is not what it would ask for (assumed)."""

LEAST_LOAD, MOST_LOAD = 0.2, 3.0
"""Between which the thrust is over the weight (assumed)."""


def hover_seconds(log: FlightLog, flight: LoggedFlight, drone: Drone) -> float | None:
    """The seconds of hover that take as much energy as the flight by its motion; None where power is unknown.

    `drone` gives the weight and discs by which speed and climb count; its hover power does not enter. The
    motion is that over the ground: still air.
    """
    power = flying_power(log, flight)
    if power is None or flight.home is None:
        return None
    speed, climb = speed_and_climb(flight, power.t_s)
    roll, pitch = log.series.get(Quantity.ROLL_RAD), log.series.get(Quantity.PITCH_RAD)
    lean = np.zeros(len(power.t_s))
    if roll is not None and pitch is not None:
        lean = np.arccos(np.cos(roll.at(power.t_s)) * np.cos(pitch.at(power.t_s)))
    lean = np.minimum(lean, MOST_LEAN_RAD)
    load = (1.0 + np.gradient(climb, power.t_s) / GRAVITY_MPS2) / np.cos(lean)
    share = power_over_hover(
        drone,
        load=np.clip(load, LEAST_LOAD, MOST_LOAD),
        tilt_rad=lean,
        airspeed_mps=speed,
        climb_mps=climb,
    )
    return float(share.sum()) * STEP_S


def flown_wh(log: FlightLog, flight: LoggedFlight) -> float | None:
    """The energy of a flight in the same steps, Wh; None where its log holds no current or no voltage."""
    power = flying_power(log, flight)
    return None if power is None else float(power.values.sum()) * STEP_S / 3600.0
