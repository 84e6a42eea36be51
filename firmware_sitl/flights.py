"""Flying a mission with a `SitlClient` and keeping its track: what the tests of a vehicle measure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, hypot, isfinite, radians, sin
from typing import Any, NamedTuple

import numpy as np
from pymavlink.dialects.v20 import ardupilotmega as mavlink

from dfr.ardupilot.commands import Command, Frame
from dfr.ardupilot.items import WireItem
from dfr.ardupilot.modes import CopterMode
from dfr.errors import InputError, LinkTimeoutError, VehicleRefusedError
from dfr.geo import Position, offset
from dfr.track import TOUCHED_M, FlightTrack
from firmware_sitl.client import SitlClient, enum_name

STANDS_S = 8.0
"""A vehicle that has stood armed on the ground for so many of its seconds counts as not disarming."""

HOVERS_S = 10.0
"""So long after its last item a mission that does not land is over."""

COMES_DOWN = frozenset(
    {Command.NAV_RETURN_TO_LAUNCH, Command.NAV_LAND, Command.DO_LAND_START, Command.DO_RETURN_PATH_START}
)
GOES_ON = frozenset({Command.DO_JUMP, Command.DO_SET_MODE})
"""Whatever comes after these, the last item is not the end of the mission."""


class TrackPoint(NamedTuple):
    """Where the vehicle was: its clock, and metres east, north and above home."""

    t_s: float
    east_m: float
    north_m: float
    height_m: float


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class MissionFlight:
    """A flown mission: its track, what was said, whether the motors stopped by themselves, and how it ended.

    `home` is the place that the track is measured from, None where no message told it. `reached` has the
    number of each item that was reached. `least_percent` is the lowest charge that the battery monitor told,
    None where it told none. `whole` is False where it never took off, was lost or was out of time: what holds
    of the track need not hold of the mission.
    """

    track: FlightTrack
    disarmed: bool
    total_s: float | None
    texts: tuple[str, ...]
    used_mah: int
    ended: str = ""
    home: Position | None = None
    reached: tuple[int, ...] = ()
    least_percent: int | None = None
    whole: bool = True

    def __repr__(self) -> str:
        """How it ended and the vehicle's last words: what a failed assertion shows."""
        return f"<flight that {self.ended}; items reached: {list(self.reached)}; {last_words(self.texts)}>"


def last_words(texts: Sequence[str]) -> str:
    """The vehicle's last status texts as part of a sentence."""
    return f"the vehicle's last words: {list(texts[-3:])}" if texts else "the vehicle has said nothing"


def refuse_unflyable(items: Sequence[WireItem]) -> None:
    """Raise InputError for items that no vehicle could take as they are meant."""
    if not isinstance(items, Sequence) or not all(isinstance(item, WireItem) for item in items):
        raise InputError(
            f"the mission is {type(items).__name__}, not a list of WireItem",
            do="give items of dfr.ardupilot.items; a fixture that makes them must return them",
        )
    if len(items) < 2:
        raise InputError("the mission has nothing after its home", do="give home, then what is to be flown")
    for number, item in enumerate(items):
        for name, value in (("x", item.x), ("y", item.y)):
            if isfinite(value) and (value != int(value) or _in_degrees(item)):
                raise InputError(
                    f"item {number} ({command_name(item.command)}): {name}={value} looks like degrees, "
                    "but MISSION_ITEM_INT carries whole numbers of 1e-7 degrees",
                    do=f"write {name}={round(value * 1e7)}",
                )
        if not item.is_somewhere:
            raise InputError(
                f"item {number} ({command_name(item.command)}): x={item.x}, y={item.y}, z={item.z} is no "
                "place",
                do="give 1e-7 degrees of latitude and longitude, and metres",
            )


def _in_degrees(item: WireItem) -> bool:
    """Whether a place of whole numbers is one in degrees: such a place lies in the Gulf of Guinea."""
    return (
        item.command <= Command.NAV_PAYLOAD_PLACE
        and (item.x, item.y) != (0, 0)
        and abs(item.x) <= 90
        and abs(item.y) <= 180
    )


def command_name(number: int) -> str:
    """MAVLink's name of a command, without its prefix."""
    return enum_name("MAV_CMD", number).removeprefix("MAV_CMD_").partition(" (")[0]


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
    """Upload, arm, start, and follow to the ground.

    `most_s` is the budget of the flight in seconds of the vehicle's clock, so that no result depends on how
    busy the machine is; `wall_s` is how long a vehicle that says nothing at all is waited for. Raises
    InputError for items that cannot be meant, and VehicleRefusedError with what the vehicle said.
    """
    refuse_unflyable(items)
    if not most_s > 0.0:
        raise InputError(
            f"most_s={most_s:g}: no budget of a flight", do="give seconds of the vehicle's clock"
        )
    client.upload(items)
    client.stream(10)
    client.set_mode(CopterMode.GUIDED)
    client.do(Command.COMPONENT_ARM_DISARM, 1)
    client.send_command(Command.MISSION_START)
    return follow_mission(client, most_s=most_s, wall_s=wall_s, items=items)


FOLLOWED = (
    "LOCAL_POSITION_NED", "STATUSTEXT", "HEARTBEAT", "BATTERY_STATUS", "COMMAND_ACK", "MISSION_CURRENT",
    "MISSION_ITEM_REACHED", "GPS_GLOBAL_ORIGIN",
)  # fmt: skip


def follow_mission(
    client: SitlClient, *, most_s: float, wall_s: float, items: Sequence[WireItem] = ()
) -> MissionFlight:
    """Follow a started mission until it disarms, stands on the ground, or time is up; `ended` says which."""
    client.mav.command_long_send(
        client.system_id, 1, Command.REQUEST_MESSAGE, 0, mavlink.MAVLINK_MSG_ID_GPS_GLOBAL_ORIGIN, *[0.0] * 6
    )
    rows: list[TrackPoint] = []
    seen = _Seen(items, client.texts)
    while not seen.ended:
        try:
            message = client.receive(*FOLLOWED, timeout_s=wall_s, where=client.is_from_vehicle)
        except LinkTimeoutError:
            seen.give_up(f"was lost: nothing was heard for {wall_s:g} s {seen.place(rows)}")
            break
        seen.note_message(message, rows)
        if not seen.ended and rows and rows[-1].t_s - rows[0].t_s > most_s:
            seen.give_up(f"was not over after {most_s:g} s of the vehicle's clock: {seen.place(rows)}")
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
        ended=seen.ended,
        home=seen.home,
        reached=tuple(seen.reached),
        least_percent=seen.least_percent,
        whole=seen.whole,
    )


class _Seen:
    """What has been seen of a flight so far; `ended` is empty until it is over."""

    def __init__(self, items: Sequence[WireItem], texts: Sequence[str]) -> None:
        self.items, self.texts = items, texts
        self.ended, self.whole = "", True
        self.home: Position | None = None
        self.current = 0
        self.reached: list[int] = []
        self.least_percent: int | None = None
        self._last_t_s: float | None = None
        self.started_t_s: float | None = None
        self.return_t_s: float | None = None
        self.disarmed_t_s: float | None = None
        self.used_mah = 0
        self._t_s = 0.0
        self._grounded_s: float | None = None
        self._flown = self._armed = False

    def give_up(self, why: str) -> None:
        """Over, and not as a mission ends."""
        self.ended, self.whole = why, False

    def place(self, rows: Sequence[TrackPoint]) -> str:
        """Where the flight is, as part of a sentence."""
        if not rows:
            return "before it told any position"
        item = f"at item {self.current}"
        if 0 < self.current < len(self.items):
            name = command_name(self.items[self.current].command)
            item = f"at item {self.current} of {len(self.items) - 1} ({name})"
        at = rows[-1]
        return f"{item}, {at.height_m:.0f} m above home and {hypot(at.east_m, at.north_m):.0f} m from it"

    def note_message(self, message: Any, rows: list[TrackPoint]) -> None:
        """Take a message in."""
        kind = message.get_type()
        if kind == "BATTERY_STATUS":
            self.used_mah = message.current_consumed
            if message.battery_remaining >= 0:
                known = self.least_percent
                told = int(message.battery_remaining)
                self.least_percent = told if known is None else min(known, told)
        elif kind == "COMMAND_ACK":
            self._note_answer(message)
        elif kind == "MISSION_CURRENT":
            self.current = message.seq or self.current
        elif kind == "MISSION_ITEM_REACHED":
            self.reached.append(int(message.seq))
            if self._hovers_after(message.seq):
                self._last_t_s = self._t_s
        elif kind == "GPS_GLOBAL_ORIGIN":
            self.home = Position(lat_deg=message.latitude * 1e-7, lon_deg=message.longitude * 1e-7)
        elif kind == "STATUSTEXT" and "RTL" in message.text and self.return_t_s is None:
            self.return_t_s = self._t_s
        elif kind == "HEARTBEAT":
            self._note_heartbeat(message, rows)
        elif kind == "LOCAL_POSITION_NED":
            self._note_position(message, rows)

    def _note_heartbeat(self, message: Any, rows: Sequence[TrackPoint]) -> None:
        """The motors have stopped where they ran before, or where it has flown."""
        if message.base_mode & mavlink.MAV_MODE_FLAG_SAFETY_ARMED:
            self._armed = True
        elif self._flown:
            self.disarmed_t_s = self._t_s
            self.ended = f"disarmed {self.place(rows)}"
        elif self._armed:
            self.give_up(f"never took off: it disarmed {self.place(rows)}")

    def _note_answer(self, message: Any) -> None:
        if message.command == Command.REQUEST_MESSAGE:
            return
        if message.result != mavlink.MAV_RESULT_ACCEPTED:
            result = enum_name("MAV_RESULT", message.result)
            raise VehicleRefusedError(f"{command_name(message.command)}: {result}; {last_words(self.texts)}")
        self.started_t_s = self._t_s

    def _hovers_after(self, seq: int) -> bool:
        """Whether an item is the last of a mission that has nothing by which it comes down."""
        commands = {item.command for item in self.items}
        return seq == len(self.items) - 1 > 0 and not commands & (COMES_DOWN | GOES_ON)

    def _note_position(self, message: Any, rows: list[TrackPoint]) -> None:
        self._t_s = message.time_boot_ms * 1e-3
        rows.append(TrackPoint(self._t_s, east_m=message.y, north_m=message.x, height_m=-message.z))
        self._flown = self._flown or -message.z > 2.0
        if self._last_t_s is not None and self._t_s - self._last_t_s > HOVERS_S:
            self.ended = (
                f"hovers {self.place(rows)}: the mission has neither RTL nor LAND "
                "-> end it with NAV_RETURN_TO_LAUNCH or NAV_LAND"
            )
        if not self._flown or -message.z > TOUCHED_M:
            self._grounded_s = None
        elif self._grounded_s is None:
            self._grounded_s = self._t_s
        elif self._t_s - self._grounded_s > STANDS_S:
            self.ended = f"stands with its motors on for {STANDS_S:g} s {self.place(rows)}"
