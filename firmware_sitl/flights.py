"""Flying a mission with a `SitlClient` and keeping its track: what the tests of a vehicle measure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, radians, sin
from typing import Any, NamedTuple

import numpy as np
from pymavlink.dialects.v20 import ardupilotmega as mavlink

from dfr.ardupilot.commands import Command, Frame
from dfr.ardupilot.items import WireItem
from dfr.ardupilot.modes import CopterMode
from dfr.errors import LinkTimeoutError, VehicleRefusedError
from dfr.geo import Position, offset
from dfr.track import TOUCHED_M, FlightTrack
from firmware_sitl.client import SitlClient

STANDS_S = 8.0
"""A vehicle that has stood armed on the ground for so many of its seconds counts as not disarming."""


class TrackPoint(NamedTuple):
    """Where the vehicle was: its clock, and metres east, north and above home."""

    t_s: float
    east_m: float
    north_m: float
    height_m: float


@dataclass(frozen=True, slots=True, kw_only=True)
class MissionFlight:
    """A flown mission: its track, what was said, and whether the motors stopped by themselves."""

    track: FlightTrack
    disarmed: bool
    total_s: float | None
    texts: tuple[str, ...]
    used_mah: int


def sortie_items(
    home: Position, *, bearing_deg: float, distance_m: float, height_m: float, hold_s: float
) -> list[WireItem]:
    """Home, takeoff, a hold at a point, and RTL: the shape of a dispatch."""
    place = offset(home, bearing_deg=bearing_deg, distance_m=distance_m)
    above_home = Frame.GLOBAL_RELATIVE_ALT
    return [
        WireItem(command=Command.NAV_WAYPOINT, x=_to_e7(home.lat_deg), y=_to_e7(home.lon_deg)),
        WireItem(command=Command.NAV_TAKEOFF, frame=above_home, z=height_m),
        WireItem(
            command=Command.NAV_LOITER_TIME,
            frame=above_home,
            params=(hold_s, 0.0, 0.0, 0.0),
            x=_to_e7(place.lat_deg),
            y=_to_e7(place.lon_deg),
            z=height_m,
        ),
        WireItem(command=Command.NAV_RETURN_TO_LAUNCH),
    ]


def _to_e7(degrees: float) -> int:
    return round(degrees * 1e7)


def target_m(*, bearing_deg: float, distance_m: float) -> tuple[float, float]:
    """Metres east and north of home of a sortie's point."""
    return distance_m * sin(radians(bearing_deg)), distance_m * cos(radians(bearing_deg))


def fly_mission(
    client: SitlClient, items: Sequence[WireItem], *, most_s: float = 3600.0, wall_s: float = 300.0
) -> MissionFlight:
    """Upload, arm, start, and follow to the ground; `most_s` is vehicle time, `wall_s` wall time."""
    client.upload(items)
    client.stream(10)
    client.set_mode(CopterMode.GUIDED)
    client.do(Command.COMPONENT_ARM_DISARM, 1)
    client.send_command(Command.MISSION_START)
    return follow_mission(client, most_s=most_s, wall_s=wall_s)


def follow_mission(client: SitlClient, *, most_s: float, wall_s: float) -> MissionFlight:
    """Follow a started mission until it disarms, stands on the ground, or time is up."""
    rows: list[TrackPoint] = []
    seen = _Seen()
    while True:
        try:
            message = client.receive(
                "LOCAL_POSITION_NED", "STATUSTEXT", "HEARTBEAT", "BATTERY_STATUS", "COMMAND_ACK",
                timeout_s=wall_s,
            )  # fmt: skip
        except LinkTimeoutError:
            break
        if seen.note_message(message, rows) or (rows and rows[-1].t_s - rows[0].t_s > most_s):
            break
    table = np.array(rows).reshape(-1, 4)
    track = FlightTrack(
        name="flown",
        t_s=table[:, 0],
        east_m=table[:, 1],
        north_m=table[:, 2],
        height_m=table[:, 3],
        return_t_s=seen.return_t_s,
    )
    total = None
    if seen.disarmed_t_s is not None and rows:
        total = seen.disarmed_t_s - (seen.started_t_s or rows[0].t_s)
    return MissionFlight(
        track=track,
        disarmed=seen.disarmed_t_s is not None,
        total_s=total,
        texts=tuple(client.texts),
        used_mah=seen.used_mah,
    )


class _Seen:
    """What has been seen of a flight so far."""

    def __init__(self) -> None:
        self.started_t_s: float | None = None
        self.return_t_s: float | None = None
        self.disarmed_t_s: float | None = None
        self.used_mah = 0
        self._t_s = 0.0
        self._grounded_s: float | None = None
        self._flown = False

    def note_message(self, message: Any, rows: list[TrackPoint]) -> bool:
        """Take a message in; True when the flight is over."""
        kind = message.get_type()
        if kind == "BATTERY_STATUS":
            self.used_mah = message.current_consumed
        elif kind == "COMMAND_ACK":
            if message.result != mavlink.MAV_RESULT_ACCEPTED:
                raise VehicleRefusedError(f"command {message.command}: result {message.result}")
            self.started_t_s = self._t_s
        elif kind == "STATUSTEXT" and "RTL" in message.text and self.return_t_s is None:
            self.return_t_s = self._t_s
        elif (
            kind == "HEARTBEAT" and self._flown and not message.base_mode & mavlink.MAV_MODE_FLAG_SAFETY_ARMED
        ):
            self.disarmed_t_s = self._t_s
            return True
        elif kind == "LOCAL_POSITION_NED":
            return self._note_position(message, rows)
        return False

    def _note_position(self, message: Any, rows: list[TrackPoint]) -> bool:
        self._t_s = message.time_boot_ms * 1e-3
        rows.append(TrackPoint(self._t_s, east_m=message.y, north_m=message.x, height_m=-message.z))
        self._flown = self._flown or -message.z > 2.0
        if self._flown and -message.z <= TOUCHED_M:
            self._grounded_s = self._t_s if self._grounded_s is None else self._grounded_s
            return self._t_s - self._grounded_s > STANDS_S
        self._grounded_s = None
        return False
