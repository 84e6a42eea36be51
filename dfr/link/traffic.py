"""Other traffic as receivers hear it, a vehicle's own (ADSB_VEHICLE) and others, and how near it is.

A height that a receiver took from air pressure is known within a band alone: `height_error_m` says how far it
may be off, and what counts as separation is what is left at the least. A contact without a height is taken to
be at the drone's own.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from pymavlink.dialects.v20 import ardupilotmega as dialect

from dfr.geo import Position, VerticalDatum, distance_m, offset
from dfr.io.traffic.heard import UNKNOWN_QNH_ERROR_M, HeardAircraft, name_of
from dfr.link.framing import Message
from dfr.link.port import MavlinkPort
from dfr.link.transport import open_transport
from dfr.link.vehicle import VehicleState
from dfr.mission.wire import DEGREE_INT
from dfr.world.zones import flight_level_m_amsl

CONTACT_KEPT_S = 15.0
"""A contact not heard for so long is forgotten, by the vehicle's clock (assumed)."""

MOST_CONTACTS = 2000
"""A receiver on a mountain hears some 400 aircraft; the one not heard for longest goes first."""

MOST_EXTRAPOLATED_S = 5.0
OPEN_S = 10.0
VALID_POSITION = dialect.ADSB_FLAGS_VALID_COORDS
VALID_ALTITUDE = dialect.ADSB_FLAGS_VALID_ALTITUDE
VALID_VELOCITY = dialect.ADSB_FLAGS_VALID_VELOCITY
VALID_CLIMB = dialect.ADSB_FLAGS_VERTICAL_VELOCITY_VALID
RECEIVER_COMPONENT = dialect.MAV_COMP_ID_ADSB


@dataclass(frozen=True, slots=True, kw_only=True)
class TrafficContact:
    """Another aircraft as last heard: `heard_s` by the vehicle's clock; unknown height is None.

    The height is off by `height_error_m` at most. `source` names the receiver, `accuracy_m` is the reported
    accuracy of the position, None where nobody says.
    """

    icao: int
    name: str
    position: Position
    height_m_amsl: float | None
    track_deg: float
    speed_mps: float
    heard_s: float
    height_error_m: float = 0.0
    source: str = "adsb"
    accuracy_m: float | None = None
    on_ground: bool = False

    def position_at(self, t_s: float) -> Position:
        """Where it is by now, carried on along its track for a few seconds at most."""
        gone_s = min(max(0.0, t_s - self.heard_s), MOST_EXTRAPOLATED_S)
        return offset(self.position, bearing_deg=self.track_deg, distance_m=self.speed_mps * gone_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proximity:
    """How near a contact is, or came: metres across and (at the least) in height, by the vehicle's clock."""

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


class TrafficFeed(Protocol):
    """A receiver beside the vehicle's own, which tells listeners of each aircraft as it hears it."""

    def listen(self, heard: Callable[[HeardAircraft], None]) -> None:
        """Tell this listener from now on."""

    def leave(self, heard: Callable[[HeardAircraft], None]) -> None:
        """Tell it no more."""


class TrafficPicture:
    """Every contact heard on a port and by receivers, by the clock of one vehicle, and how near each came.

    `qnh_hpa` turns pressure altitudes into heights above the sea; None: they may be far off. An aircraft that
    stands on the ground is no contact.
    """

    def __init__(self, clock_s: Callable[[], float | None], *, qnh_hpa: float | None = None) -> None:
        self._clock_s, self._qnh_hpa = clock_s, qnh_hpa
        self._contacts: dict[int, TrafficContact] = {}
        self._nearest: dict[int, Proximity] = {}
        self._lock = threading.Lock()

    @contextmanager
    def listening(self, port: MavlinkPort, feeds: Sequence[TrafficFeed] = ()) -> Iterator[TrafficPicture]:
        """Hear a port, and receivers beside it, until the end of the block."""
        port.listen(self.note_message)
        for feed in feeds:
            feed.listen(self.note_aircraft)
        try:
            yield self
        finally:
            port.leave(self.note_message)
            for feed in feeds:
                feed.leave(self.note_aircraft)

    @property
    def contacts(self) -> tuple[TrafficContact, ...]:
        """What is heard now: nothing older than `CONTACT_KEPT_S`."""
        return self._heard_at(self._clock_s() or 0.0)

    def note_message(self, message: Message) -> None:
        """Record a message (in the link's thread)."""
        if message.get_type() == "ADSB_VEHICLE" and message.flags & VALID_POSITION:
            heard = _read_message(message)
            if heard is not None:
                self.note_aircraft(heard)

    def note_aircraft(self, heard: HeardAircraft) -> None:
        """Record what a receiver heard now (in any thread)."""
        contact = _contact_of(heard, heard_s=self._clock_s() or 0.0, qnh_hpa=self._qnh_hpa)
        with self._lock:
            self._contacts.pop(contact.icao, None)
            self._contacts[contact.icao] = contact  # the last in the order, as the freshest
            if len(self._contacts) > MOST_CONTACTS:
                del self._contacts[next(iter(self._contacts))]

    def measure_proximity(self, state: VehicleState) -> tuple[Proximity, ...]:
        """How near each contact is to an airborne vehicle now, nearest first; the nearest is remembered."""
        if state.position is None or state.t_s is None:
            return ()
        t_s = state.t_s
        found = sorted(
            (_measure_proximity(each, state, t_s) for each in self._heard_at(t_s)),
            key=lambda near: near.distance_m,
        )
        for near in found:
            before = self._nearest.get(near.icao)
            if before is None or near.distance_m < before.distance_m:
                self._nearest[near.icao] = near
        return tuple(found)

    def hears(self, icao: int) -> bool:
        """Whether an aircraft was heard lately, in the air or on the ground."""
        t_s = self._clock_s() or 0.0
        with self._lock:
            contact = self._contacts.get(icao)
        return contact is not None and t_s - contact.heard_s <= CONTACT_KEPT_S

    def _heard_at(self, t_s: float) -> tuple[TrafficContact, ...]:
        with self._lock:
            heard = tuple(self._contacts.values())
        return tuple(each for each in heard if not each.on_ground and t_s - each.heard_s <= CONTACT_KEPT_S)

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


def _read_message(message: Message) -> HeardAircraft | None:
    """The aircraft of an ADSB_VEHICLE; None for a place that is not on the globe.

    Its height counts from mean sea level. One from air pressure ought to be on QNH; receivers send it on
    1013.25 hPa too, and the message does not tell which.
    """
    lat_deg, lon_deg = message.lat / DEGREE_INT, message.lon / DEGREE_INT
    if abs(lat_deg) > 90.0 or abs(lon_deg) > 180.0:
        return None
    sent = message.callsign
    callsign = sent if isinstance(sent, str) else bytes(sent).decode("ascii", "replace")
    moves = bool(message.flags & VALID_VELOCITY)
    by_pressure = message.altitude_type != dialect.ADSB_ALTITUDE_TYPE_GEOMETRIC
    return HeardAircraft(
        icao=message.ICAO_address,
        name=name_of(callsign.strip("\0 "), message.ICAO_address),
        position=Position(lat_deg=lat_deg, lon_deg=lon_deg),
        height_m=message.altitude / 1000.0 if message.flags & VALID_ALTITUDE else None,
        height_datum=VerticalDatum.AMSL,
        height_error_m=UNKNOWN_QNH_ERROR_M if by_pressure else 0.0,
        track_deg=message.heading / 100.0,
        speed_mps=message.hor_velocity / 100.0 if moves else None,
        climb_mps=message.ver_velocity / 100.0 if message.flags & VALID_CLIMB else None,
        accuracy_m=None,
        on_ground=False,
        source="adsb",
    )


def _contact_of(heard: HeardAircraft, *, heard_s: float, qnh_hpa: float | None) -> TrafficContact:
    height_m, error_m = heard.height_m, heard.height_error_m
    if height_m is not None and heard.height_datum is VerticalDatum.FLIGHT_LEVEL:
        if qnh_hpa is None:
            error_m += UNKNOWN_QNH_ERROR_M
        else:
            height_m = flight_level_m_amsl(height_m, qnh_hpa)
    return TrafficContact(
        icao=heard.icao,
        name=heard.name,
        position=heard.position,
        height_m_amsl=height_m,
        height_error_m=error_m,
        track_deg=heard.track_deg or 0.0,
        speed_mps=0.0 if heard.track_deg is None else heard.speed_mps or 0.0,
        heard_s=heard_s,
        source=heard.source,
        accuracy_m=heard.accuracy_m,
        on_ground=heard.on_ground,
    )


def _measure_proximity(contact: TrafficContact, state: VehicleState, t_s: float) -> Proximity:
    assert state.position is not None
    vertical_m = 0.0
    if contact.height_m_amsl is not None and state.height_m_amsl is not None:
        vertical_m = max(0.0, abs(contact.height_m_amsl - state.height_m_amsl) - contact.height_error_m)
    return Proximity(
        icao=contact.icao,
        name=contact.name,
        t_s=t_s,
        horizontal_m=distance_m(contact.position_at(t_s), state.position),
        vertical_m=vertical_m,
    )
