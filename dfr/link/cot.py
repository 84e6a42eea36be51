"""Cursor on Target: where the drone is, once a second, for the control room's map (TAK and others).

A position is a CoT event (MITRE, CoT base schema 2.0): `uid`, `type` a-f-A-M-H-Q (friendly, air, rotary wing,
unmanned), `how` m-g (machine, GNSS), `time` = `start`, and `stale`, after which it is not to be believed.
`hae` is height above the WGS84 ellipsoid and is written only where that is known: by the receiver's own two
altitudes where they differ, else by mean sea level and PROJ's geoid grid where one is installed. An unknown
`hae`, `ce` or `le` is 9999999.0, as the schema has it.

Sinks: udp:HOST:PORT (also a multicast group), tcp:HOST:PORT, file:PATH (appended). A sink that fails never
touches the flight: it is tried again, and its failure is reported.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self
from xml.etree import ElementTree as ET

from dfr.errors import InputError
from dfr.link.vehicle import VehicleState
from dfr.world.terrain import geoid_height_m

TYPE = "a-f-A-M-H-Q"
HOW = "m-g"
UNKNOWN_M = "9999999.0"
EVERY_S = 1.0
STALE_S = 10.0
AGAIN_S = 5.0
OPEN_S = 2.0
MULTICAST_HOPS = 1
MULTICAST = range(224, 240)


def cot_event(
    state: VehicleState, *, uid: str, callsign: str, now: datetime, stale_s: float = STALE_S
) -> bytes:
    """The event of a vehicle's position as XML in UTF-8. Raises InputError where it has no position yet."""
    if state.position is None:
        raise InputError(f"{uid}: it has not said where it is", do="wait for its position")
    if now.utcoffset() is None:
        raise InputError("the time of an event needs a zone", do="give an aware datetime")
    event = ET.Element(
        "event",
        {
            "version": "2.0",
            "uid": uid,
            "type": TYPE,
            "how": HOW,
            "time": _utc_text(now),
            "start": _utc_text(now),
            "stale": _utc_text(now + timedelta(seconds=stale_s)),
        },
    )
    ET.SubElement(
        event,
        "point",
        {
            "lat": f"{state.position.lat_deg:.7f}",
            "lon": f"{state.position.lon_deg:.7f}",
            "hae": _metres_text(height_m_ellipsoid(state)),
            "ce": _metres_text(state.gps_horizontal_m),
            "le": _metres_text(state.gps_vertical_m),
        },
    )
    detail = ET.SubElement(event, "detail")
    ET.SubElement(detail, "contact", {"callsign": callsign})
    if state.course_deg is not None and state.speed_mps is not None:
        ET.SubElement(
            detail, "track", {"course": f"{state.course_deg:.1f}", "speed": f"{state.speed_mps:.2f}"}
        )
    if state.battery_remaining is not None:
        ET.SubElement(detail, "status", {"battery": f"{100.0 * state.battery_remaining:.0f}"})
    ET.SubElement(detail, "remarks").text = _remarks_text(state)
    return bytes(ET.tostring(event, encoding="utf-8", xml_declaration=True))


def height_m_ellipsoid(state: VehicleState) -> float | None:
    """Height above the WGS84 ellipsoid; None where neither receiver nor geoid grid gives it."""
    if state.height_m_amsl is None or state.position is None:
        return None
    geoid_m = state.gps_geoid_m if state.gps_geoid_m else geoid_height_m(state.position)
    return None if geoid_m is None else state.height_m_amsl + geoid_m


class Sink(Protocol):
    """Where events go."""

    def send(self, event: bytes) -> None:
        """Send one; raises OSError."""

    def close(self) -> None:
        """Let go of it."""


class UdpSink:
    """One datagram for each event; a multicast group is sent to with one hop."""

    def __init__(self, host: str, port: int) -> None:
        self._peer = (host, port)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        first = host.partition(".")[0]
        if first.isdecimal() and int(first) in MULTICAST:
            self._socket.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, MULTICAST_HOPS)

    def send(self, event: bytes) -> None:
        """Send one."""
        self._socket.sendto(event, self._peer)

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()


class TcpSink:
    """Events one after another on a connection that is opened again where it fails."""

    def __init__(self, host: str, port: int) -> None:
        self._peer = (host, port)
        self._socket: socket.socket | None = None

    def send(self, event: bytes) -> None:
        """Send one, connecting first where there is no connection."""
        if self._socket is None:
            self._socket = socket.create_connection(self._peer, timeout=OPEN_S)
        try:
            self._socket.sendall(event + b"\n")
        except OSError:
            self.close()
            raise

    def close(self) -> None:
        """Close the connection."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None


class FileSink:
    """Events appended to a file, one after another."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def send(self, event: bytes) -> None:
        """Append one."""
        with self._path.open("ab") as file:
            file.write(event + b"\n")

    def close(self) -> None:
        """Nothing is kept open."""


def open_sink(url: str) -> Sink:
    """The sink of a URL: udp:HOST:PORT, tcp:HOST:PORT or file:PATH. Raises InputError for any other."""
    kind, _, rest = url.partition(":")
    if kind == "file" and rest:
        return FileSink(Path(rest))
    host, _, port = rest.rpartition(":")
    if kind not in ("udp", "tcp") or not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise InputError(f"{url!r} takes no CoT events", do="udp:HOST:PORT, tcp:HOST:PORT or file:PATH")
    return UdpSink(host, int(port)) if kind == "udp" else TcpSink(host, int(port))


class CotFeed:
    """Sends a vehicle's position to a sink once a second, in a thread of its own, until it is closed.

    `tell` hears what is wrong with the sink, once until it works again.
    """

    def __init__(
        self,
        sink: Sink,
        state: Callable[[], VehicleState],
        *,
        uid: str,
        callsign: str,
        tell: Callable[[str], None],
    ) -> None:
        self._sink, self._state = sink, state
        self._uid, self._callsign, self._tell = uid, callsign, tell
        self._told = False
        self._quiet_until = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._send_regularly, name="cot", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()
        self._send_event()
        with contextlib.suppress(OSError):
            self._sink.close()

    def _send_regularly(self) -> None:
        while not self._stop.wait(EVERY_S):
            if time.monotonic() >= self._quiet_until:
                self._send_event()

    def _send_event(self) -> None:
        state = self._state()
        if state.position is None:
            return
        event = cot_event(state, uid=self._uid, callsign=self._callsign, now=datetime.now(UTC))
        try:
            self._sink.send(event)
        except OSError as error:
            self._quiet_until = time.monotonic() + AGAIN_S
            if not self._told:
                self._told = True
                self._tell(f"CoT events do not go out: {error}; trying again")
        else:
            self._told = False


def _utc_text(moment: datetime) -> str:
    """As xs:dateTime in UTC to the millisecond."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _metres_text(value: float | None) -> str:
    return UNKNOWN_M if value is None else f"{value:.2f}"


def _remarks_text(state: VehicleState) -> str:
    height = "?" if state.height_m_home is None else f"{state.height_m_home:.0f}"
    return f"dfr: {state.mode_name}, {height} m above its dock"
