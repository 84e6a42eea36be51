"""Other traffic as a vehicle's receiver hears it (ADSB_VEHICLE), and how near it is.

An altitude is taken as height above mean sea level. Where a receiver gives pressure altitude on the standard
atmosphere it is off by about 8 m for each hPa of QNH. A contact without an altitude is taken to be at the
drone's own height.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from pymavlink.dialects.v20 import ardupilotmega as dialect

from dfr.geo import Position, distance_m, offset
from dfr.link.framing import Message
from dfr.link.port import MavlinkPort
from dfr.link.transport import open_transport
from dfr.link.vehicle import VehicleState
from dfr.mission.wire import DEGREE_INT

CONTACT_KEPT_S = 15.0
"""A contact not heard for so long is forgotten, by the vehicle's clock (assumed)."""

MOST_EXTRAPOLATED_S = 5.0
OPEN_S = 10.0
VALID_POSITION = dialect.ADSB_FLAGS_VALID_COORDS
VALID_ALTITUDE = dialect.ADSB_FLAGS_VALID_ALTITUDE
VALID_VELOCITY = dialect.ADSB_FLAGS_VALID_VELOCITY
RECEIVER_COMPONENT = dialect.MAV_COMP_ID_ADSB


@dataclass(frozen=True, slots=True, kw_only=True)
class TrafficContact:
    """Another aircraft as last heard: `heard_s` by the vehicle's clock; unknown height is None."""

    icao: int
    name: str
    position: Position
    height_m_amsl: float | None
    track_deg: float
    speed_mps: float
    heard_s: float

    def position_at(self, t_s: float) -> Position:
        """Where it is by now, carried on along its track for a few seconds at most."""
        gone_s = min(max(0.0, t_s - self.heard_s), MOST_EXTRAPOLATED_S)
        return offset(self.position, bearing_deg=self.track_deg, distance_m=self.speed_mps * gone_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proximity:
    """How near a contact is, or came: metres across, metres in height, when by the vehicle's clock."""

    icao: int
    name: str
    t_s: float
    horizontal_m: float
    vertical_m: float

    @property
    def distance_m(self) -> float:
        """Straight distance."""
        return math.hypot(self.horizontal_m, self.vertical_m)

    def as_dict(self) -> dict[str, object]:
        """As it appears in JSON."""
        return {
            "icao": f"{self.icao:06x}",
            "name": self.name,
            "t_s": self.t_s,
            "distance_m": self.distance_m,
            "horizontal_m": self.horizontal_m,
            "vertical_m": self.vertical_m,
        }


class TrafficPicture:
    """Every contact heard on a port, by the clock of one vehicle, and how near each came while it flew."""

    def __init__(self, clock_s: Callable[[], float | None]) -> None:
        self._clock_s = clock_s
        self._contacts: dict[int, TrafficContact] = {}
        self._nearest: dict[int, Proximity] = {}
        self._lock = threading.Lock()

    @contextmanager
    def listening(self, port: MavlinkPort) -> Iterator[TrafficPicture]:
        """Hear a port until the end of the block."""
        port.listen(self.note_message)
        try:
            yield self
        finally:
            port.leave(self.note_message)

    def note_message(self, message: Message) -> None:
        """Record a message (in the link's thread)."""
        if message.get_type() != "ADSB_VEHICLE" or not message.flags & VALID_POSITION:
            return
        contact = _read_contact(message, self._clock_s() or 0.0)
        with self._lock:
            self._contacts[contact.icao] = contact

    def measure_proximity(self, state: VehicleState) -> tuple[Proximity, ...]:
        """How near each contact is to an airborne vehicle now, nearest first; the nearest is remembered."""
        if state.position is None or state.t_s is None:
            return ()
        t_s = state.t_s
        with self._lock:
            heard = [each for each in self._contacts.values() if t_s - each.heard_s <= CONTACT_KEPT_S]
        found = sorted(
            (_measure_proximity(each, state, t_s) for each in heard), key=lambda near: near.distance_m
        )
        for near in found:
            before = self._nearest.get(near.icao)
            if before is None or near.distance_m < before.distance_m:
                self._nearest[near.icao] = near
        return tuple(found)

    @property
    def nearest(self) -> tuple[Proximity, ...]:
        """How near each contact came, nearest first."""
        return tuple(sorted(self._nearest.values(), key=lambda near: near.distance_m))


class Transponder:
    """Other traffic made up for a rehearsal: speaks on one line of a simulated vehicle as its receiver."""

    def __init__(self, url: str, *, system: int) -> None:
        self._port = MavlinkPort(
            open_transport(url, timeout_s=OPEN_S), system=system, component=RECEIVER_COMPONENT
        )
        self._port.heartbeat_s = None

    def send(
        self,
        icao: int,
        name: str,
        place: Position,
        *,
        height_m_amsl: float,
        track_deg: float = 0.0,
        speed_mps: float = 0.0,
    ) -> None:
        """Say where an aircraft is. Raises LinkError on a dead line."""
        flags = VALID_POSITION | VALID_ALTITUDE | VALID_VELOCITY | dialect.ADSB_FLAGS_VALID_HEADING
        message = dialect.MAVLink_adsb_vehicle_message(
            icao,
            round(place.lat_deg * DEGREE_INT),
            round(place.lon_deg * DEGREE_INT),
            dialect.ADSB_ALTITUDE_TYPE_GEOMETRIC,
            round(1000.0 * height_m_amsl),
            round(100.0 * (track_deg % 360.0)) % 36000,
            round(100.0 * speed_mps),
            0,
            name.encode("ascii", "replace")[:8],
            dialect.ADSB_EMITTER_TYPE_ROTOCRAFT,
            1,
            flags,
            0,
        )
        self._port.send(message)

    def close(self) -> None:
        """Close the line."""
        self._port.close()


def _read_contact(message: Message, heard_s: float) -> TrafficContact:
    sent = message.callsign
    name = sent if isinstance(sent, str) else bytes(sent).decode("ascii", "replace")
    moves = bool(message.flags & VALID_VELOCITY)
    return TrafficContact(
        icao=message.ICAO_address,
        name=name.strip("\0 ") or f"{message.ICAO_address:06x}",
        position=Position(lat_deg=message.lat / DEGREE_INT, lon_deg=message.lon / DEGREE_INT),
        height_m_amsl=message.altitude / 1000.0 if message.flags & VALID_ALTITUDE else None,
        track_deg=message.heading / 100.0,
        speed_mps=message.hor_velocity / 100.0 if moves else 0.0,
        heard_s=heard_s,
    )


def _measure_proximity(contact: TrafficContact, state: VehicleState, t_s: float) -> Proximity:
    assert state.position is not None
    apart = contact.height_m_amsl is not None and state.height_m_amsl is not None
    vertical_m = abs((contact.height_m_amsl or 0.0) - (state.height_m_amsl or 0.0)) if apart else 0.0
    return Proximity(
        icao=contact.icao,
        name=contact.name,
        t_s=t_s,
        horizontal_m=distance_m(contact.position_at(t_s), state.position),
        vertical_m=vertical_m,
    )
