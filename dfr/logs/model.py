"""A flight log as one value, whichever autopilot wrote it: series, parameters, mission, events, gaps.

Every series has a clock of its own rate, in seconds from the first record of the log; the clock goes on
through a restart of the vehicle. What a log does not hold is absent, never 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

import numpy as np

from dfr.geo import FloatArray
from dfr.mission.items import MissionItem


class Quantity(StrEnum):
    """What a series counts, with its unit in the name."""

    LAT_DEG = "lat_deg"
    LON_DEG = "lon_deg"
    HEIGHT_M_HOME = "height_m_home"
    """As the vehicle reads it: metres above home by its barometer and estimator, not 0 on the ground."""
    HEIGHT_M_TERRAIN = "height_m_terrain"
    """Metres above the ground that the autopilot's terrain data know below it, as it reads them."""
    ALTITUDE_M_AMSL = "altitude_m_amsl"
    NORTH_MPS = "north_mps"
    EAST_MPS = "east_mps"
    SPEED_MPS = "speed_mps"
    CLIMB_MPS = "climb_mps"
    ROLL_RAD = "roll_rad"
    PITCH_RAD = "pitch_rad"
    HEADING_RAD = "heading_rad"
    THROTTLE = "throttle"
    """A share of 1."""
    VOLTAGE_V = "voltage_v"
    CURRENT_A = "current_a"
    USED_MAH = "used_mah"
    REMAINING = "remaining"
    """What is left in the battery, a share of 1."""
    BATTERY_C = "battery_c"
    VIBRATION_MPS2 = "vibration_mps2"
    """The largest of the three axes of the first accelerometer."""
    CLIPS = "clips"
    """How often the first accelerometer has reached its limit so far."""
    FIELD_MGAUSS = "field_mgauss"
    """Length of the magnetic field that the first compass measures."""
    GPS_FIX = "gps_fix"
    """MAVLink's GPS_FIX_TYPE: 3 and above is a position in three dimensions."""
    SATELLITES = "satellites"
    HDOP = "hdop"
    WIND_NORTH_MPS = "wind_north_mps"
    """Where the air moves to, by the autopilot's own estimate."""
    WIND_EAST_MPS = "wind_east_mps"
    ARMED = "armed"
    """1 from arming to disarming."""
    ON_GROUND = "on_ground"
    """1 where the autopilot itself says that it stands on the ground."""
    MODE = "mode"
    """The flight mode's number, in the autopilot's own count."""


class EventKind(StrEnum):
    """What an event of a log is about."""

    MODE = "mode"
    ARMED = "armed"
    DISARMED = "disarmed"
    ITEM = "item"
    MESSAGE = "message"
    ERROR = "error"
    RESTART = "restart"
    CLOCK = "clock"


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEvent:
    """Something that happened at a moment; `text` is what the log says of it."""

    t_s: float
    kind: EventKind
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A time for which a log holds nothing though it holds something before and after."""

    start_s: float
    end_s: float

    @property
    def length_s(self) -> float:
        """How long it is."""
        return self.end_s - self.start_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """A quantity over time: both arrays have shape (n,), `t_s` never falls."""

    t_s: FloatArray
    values: FloatArray

    def at(self, t_s: FloatArray) -> FloatArray:
        """The values at these times: between two records by the straight line between them."""
        return np.interp(t_s, self.t_s, self.values)

    def last_before(self, t_s: FloatArray, *, before: float = 0.0) -> FloatArray:
        """The values that held at these times, for what changes in steps; `before` ahead of the first."""
        found = np.searchsorted(self.t_s, t_s, side="right") - 1
        return np.where(found < 0, before, self.values[np.maximum(found, 0)])

    def between(self, start_s: float, end_s: float) -> Series:
        """The part of it from one time to another."""
        first, last = np.searchsorted(self.t_s, [start_s, end_s], side="left")
        return Series(t_s=self.t_s[first:last], values=self.values[first:last])


@dataclass(frozen=True, slots=True, kw_only=True)
class FlightLog:
    """One log file of one vehicle. `notes` say what could not be read, and what was left out.

    `begins_at` is the moment of t = 0 in UTC, None where the log holds no date. `systems` are the MAVLink
    systems heard, the one that was read first. `missions` are the whole lists stored on board, in order.
    """

    name: str
    file_format: str
    series: Mapping[Quantity, Series]
    autopilot: str = ""
    """`ArduCopter`, `PX4` or `DJI`; empty where it is unknown."""
    firmware: str | None = None
    begins_at: datetime | None = None
    parameters: Mapping[str, float] = field(default_factory=dict)
    missions: tuple[tuple[MissionItem, ...], ...] = ()
    events: tuple[LogEvent, ...] = ()
    gaps: tuple[Gap, ...] = ()
    systems: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def span_s(self) -> tuple[float, float]:
        """The times of the first and the last record."""
        ends = [(s.t_s[0], s.t_s[-1]) for s in self.series.values() if s.t_s.size]
        if not ends:
            return (0.0, 0.0)
        return (float(min(start for start, _ in ends)), float(max(end for _, end in ends)))

    def moment(self, t_s: float) -> datetime | None:
        """A time of the log in UTC, None where that is unknown."""
        return None if self.begins_at is None else self.begins_at + timedelta(seconds=t_s)
