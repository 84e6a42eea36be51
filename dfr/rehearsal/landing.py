"""How a rehearsed flight finds its dock, by GNSS (with an error) or by a marker, and where it truly lands."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
from pymavlink.dialects.v20 import ardupilotmega as dialect

from dfr.ardupilot.commands import Command
from dfr.geo import Position, distance_m, offset
from dfr.link.framing import Message
from dfr.link.mavlink import MavlinkVehicle
from dfr.link.vehicle import VehicleState
from dfr.mission.wire import DEGREE_INT

BY_SIMULATION = 4.0
"""PLND_TYPE of SITL's own marker."""

RANGEFINDER = {
    "RNGFND1_TYPE": 100.0,
    "RNGFND1_MIN_CM": 20.0,
    "RNGFND1_MAX_CM": 4000.0,
    "RNGFND1_ORIENT": 25.0,
}
"""SITL's own rangefinder, looking down: ArduCopter turns the bearing of a marker into a position by the
measured height. It must not measure below ArduPilot's default of 0.2 m: on the ground the bearing is nearly
level, and the position would be far off."""

TRUTH_HZ = 5.0
DRIFT_ABOVE_M = 10.0


def marker_params(home: Position) -> dict[str, float]:
    """Precision landing switched on, with SITL's marker on the dock."""
    place = marker_at(home)
    return {
        "PLND_ENABLED": 1.0,
        "PLND_TYPE": BY_SIMULATION,
        "SIM_PLD_ENABLE": 1.0,
        "SIM_PLD_LAT": place.lat_deg,
        "SIM_PLD_LON": place.lon_deg,
        **RANGEFINDER,
    }


def marker_at(home: Position) -> Position:
    """Where SITL really puts a marker that should lie on a dock: its parameters have single precision.

    It is up to 0.21 m off at 50 degrees. A landing on the marker is measured from the marker.
    """
    return Position(lat_deg=float(np.float32(home.lat_deg)), lon_deg=float(np.float32(home.lon_deg)))


@dataclass
class TruePosition:
    """Where the simulator says that a vehicle really is (SIMSTATE)."""

    vehicle: MavlinkVehicle
    place: Position | None = field(default=None)

    @contextmanager
    def listening(self) -> Iterator[TruePosition]:
        """Follow it until the end of the block."""
        self.vehicle.command(
            Command.SET_MESSAGE_INTERVAL, float(dialect.MAVLINK_MSG_ID_SIMSTATE), 1e6 / TRUTH_HZ
        )
        self.vehicle.port.listen(self._take_position)
        try:
            yield self
        finally:
            self.vehicle.port.leave(self._take_position)

    def error_m(self, goal: Position) -> float | None:
        """Distance from where it should stand; None if the simulator never sent its position."""
        return None if self.place is None else distance_m(self.place, goal)

    def _take_position(self, message: Message) -> None:
        if message.get_type() == "SIMSTATE" and self.vehicle.from_target(message) and message.lat:
            self.place = Position(lat_deg=message.lat / DEGREE_INT, lon_deg=message.lng / DEGREE_INT)


@dataclass
class GnssDrift:
    """Watches a flight and, once it is airborne, shifts its satellite position by so many metres north."""

    vehicle: MavlinkVehicle
    north_m: float
    done: bool = False

    def __call__(self, state: VehicleState) -> None:
        """Take one state of the vehicle."""
        high = (state.height_m_home or 0.0) > DRIFT_ABOVE_M
        if self.done or not self.north_m or not high or state.position is None:
            return
        self.done = True
        there = offset(state.position, bearing_deg=0.0, distance_m=abs(self.north_m))
        degrees = math.copysign(there.lat_deg - state.position.lat_deg, self.north_m)
        self.vehicle.set_param("SIM_GPS1_GLTCH_X", degrees)
