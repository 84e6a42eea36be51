"""A flight log while it is read: its clock, which only goes forward, and its series, which grow."""

from __future__ import annotations

import math
from array import array
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from statistics import median

import numpy as np

from dfr.errors import InputError
from dfr.findings import counted_noun
from dfr.geo import FloatArray
from dfr.logs.model import EventKind, FlightLog, Gap, LogEvent, Quantity, Series
from dfr.mission.items import MissionItem

ORDER_S = 1.0
"""Records may be out of order by this; a clock that goes back by more has started again (assumed)."""

JUMP_S = 600.0
"""A clock that goes forward by more from one record to the next is not believed at once (assumed)."""

STEP_S = 5.0
"""The longest from one record to the next of a clock that runs (assumed)."""

BELIEVED_AFTER = 20
"""So many records in a row that agree with each other are believed (assumed)."""

GAP_S = 3.0
GAP_PERIODS = 5.0
"""A gap is longer than 3 s and than five usual distances between records (assumed)."""

LONGEST_DAYS = 7
LONGEST_S = LONGEST_DAYS * 86_400.0
"""No log is longer than a week: a later time is damage (assumed)."""

EARLIEST_UNIX_S, LATEST_UNIX_S = 946_684_800.0, 4_102_444_800.0
"""The years 2000 to 2099."""

MOST_DATES = 1_000

POSSIBLE: dict[Quantity, tuple[float, float]] = {
    Quantity.LAT_DEG: (-90.0, 90.0),
    Quantity.LON_DEG: (-180.0, 180.0),
    Quantity.HEIGHT_M_HOME: (-9_000.0, 9_000.0),
    Quantity.HEIGHT_M_TERRAIN: (-9_000.0, 9_000.0),
    Quantity.ALTITUDE_M_AMSL: (-9_000.0, 20_000.0),
    Quantity.NORTH_MPS: (-150.0, 150.0),
    Quantity.EAST_MPS: (-150.0, 150.0),
    Quantity.SPEED_MPS: (0.0, 150.0),
    Quantity.CLIMB_MPS: (-150.0, 150.0),
    Quantity.ROLL_RAD: (-7.0, 7.0),
    Quantity.PITCH_RAD: (-7.0, 7.0),
    Quantity.HEADING_RAD: (-7.0, 7.0),
    Quantity.THROTTLE: (-1.0, 2.0),
    Quantity.VOLTAGE_V: (0.0, 500.0),
    Quantity.CURRENT_A: (-2_000.0, 2_000.0),
    Quantity.USED_MAH: (0.0, 1e6),
    Quantity.REMAINING: (-1.0, 1.1),
    Quantity.BATTERY_C: (-60.0, 150.0),
    Quantity.VIBRATION_MPS2: (0.0, 1e4),
    Quantity.CLIPS: (0.0, 1e9),
    Quantity.FIELD_MGAUSS: (0.0, 1e5),
    Quantity.GPS_FIX: (0.0, 20.0),
    Quantity.SATELLITES: (0.0, 200.0),
    Quantity.HDOP: (0.0, 1_000.0),
    Quantity.WIND_NORTH_MPS: (-100.0, 100.0),
    Quantity.WIND_EAST_MPS: (-100.0, 100.0),
    Quantity.ARMED: (0.0, 1.0),
    Quantity.ON_GROUND: (0.0, 1.0),
    Quantity.MODE: (0.0, 2.0**32),
}
"""What a multirotor's log may hold at all; anything else is damage, or a field that is not filled."""

PER_SESSION = (Quantity.LAT_DEG, Quantity.ROLL_RAD, Quantity.HEIGHT_M_HOME)
"""What every flying vehicle reports all the time: where all of these are silent there is a gap."""


class LogClock:
    """Makes one clock of the stamps of a log, which starts at 0 and never goes back.

    A stamp that does not fit is believed only once `believed_after` in a row agree: forward it is then a
    pause of the log, backward a restart of the vehicle.
    """

    def __init__(self, *, believed_after: int = BELIEVED_AFTER, order_s: float = ORDER_S) -> None:
        self.restarts: list[float] = []
        self.dropped = 0
        self._believed_after, self._order_s = believed_after, order_s
        self._offset_s: float | None = None
        self._last_s = 0.0
        self._doubted: list[float] = []

    @property
    def now_s(self) -> float:
        """The time of the last record that had a stamp."""
        return self._last_s

    def read_stamps(self, stamps_s: FloatArray) -> FloatArray:
        """The times of the next records, shape (n,), in the order of the file; NaN where not believed."""
        if not self._doubted and stamps_s.size and np.isfinite(stamps_s).all():
            offset_s = -float(stamps_s[0]) if self._offset_s is None else self._offset_s
            t_s = stamps_s + offset_s
            highest_s = np.maximum.accumulate(np.concatenate([[self._last_s], t_s]))
            steps_s = t_s - highest_s[:-1]
            if np.all(steps_s >= -self._order_s) and np.all(steps_s <= JUMP_S):
                self._offset_s, self._last_s = offset_s, float(highest_s[-1])
                return np.asarray(np.maximum(t_s, 0.0))
        times = map(self.read_stamp, stamps_s.tolist())
        return np.array([math.nan if t_s is None else t_s for t_s in times])

    def read_stamp(self, stamp_s: float, *, elapsed_s: float = 0.0) -> float | None:
        """The time of a record, None for one that is not believed.

        `elapsed_s` is how long the last believed one is ago, where another clock tells.
        """
        if not math.isfinite(stamp_s):
            self.dropped += 1
            return None
        if self._offset_s is None:
            self._offset_s = -stamp_s
        t_s = stamp_s + self._offset_s
        if not self._last_s - self._order_s <= t_s <= self._last_s + max(JUMP_S, 2.0 * elapsed_s):
            self._doubted.append(stamp_s)
            self.dropped += 1
            if not _run_together(self._doubted):
                self._doubted = [stamp_s]
            if len(self._doubted) < self._believed_after:
                return None
            self.dropped -= len(self._doubted)
            if t_s < self._last_s:
                self.restarts.append(self._last_s)
                t_s = self._last_s + elapsed_s
                self._offset_s = t_s - stamp_s
        self._doubted.clear()
        self._last_s = max(self._last_s, t_s)
        return max(0.0, t_s)


def _run_together(stamps: list[float]) -> bool:
    """Whether doubted stamps are those of one clock: the last one a little later than the one before it."""
    return len(stamps) < 2 or -ORDER_S <= stamps[-1] - stamps[-2] <= STEP_S


@dataclass
class _Growing:
    """One series while it grows: whole arrays as they came, after them single values."""

    arrays: list[tuple[FloatArray, FloatArray]] = field(default_factory=list)
    t_s: array[float] = field(default_factory=lambda: array("d"))
    values: array[float] = field(default_factory=lambda: array("d"))

    def join(self) -> tuple[FloatArray, FloatArray]:
        """(times, values), each of shape (n,); an array that is all of them is not copied."""
        parts = [*self.arrays, (np.array(self.t_s), np.array(self.values))] if self.t_s else self.arrays
        if len(parts) == 1:
            return parts[0]
        return np.concatenate([t_s for t_s, _ in parts]), np.concatenate([values for _, values in parts])


@dataclass
class LogBuilder:
    """Collects what a reader finds."""

    name: str
    file_format: str
    clock: LogClock = field(default_factory=LogClock)
    autopilot: str = ""
    firmware: str | None = None
    parameters: dict[str, float] = field(default_factory=dict)
    missions: list[tuple[MissionItem, ...]] = field(default_factory=list)
    events: list[LogEvent] = field(default_factory=list)
    systems: tuple[int, ...] = ()
    notes: list[str] = field(default_factory=list)
    _series: dict[Quantity, _Growing] = field(default_factory=dict)
    _begins_s: list[float] = field(default_factory=list)
    _impossible: Counter[Quantity] = field(default_factory=Counter)

    def add_value(self, quantity: Quantity, t_s: float, value: float) -> None:
        """One value of one series."""
        low, high = POSSIBLE[quantity]
        if not (low <= value <= high and 0.0 <= t_s <= LONGEST_S):
            self._impossible[quantity] += 1
            return
        series = self._series.get(quantity)
        if series is None:
            series = self._series[quantity] = _Growing()
        series.t_s.append(t_s)
        series.values.append(value)

    def add_values(self, quantity: Quantity, t_s: FloatArray, values: FloatArray) -> None:
        """Many values of one series, both arrays of shape (n,), which it keeps: nobody may change them."""
        low, high = POSSIBLE[quantity]
        good = (values >= low) & (values <= high) & (t_s >= 0.0) & (t_s <= LONGEST_S)
        if not good.all():
            self._impossible[quantity] += int(np.count_nonzero(~good))
            t_s, values = t_s[good], values[good]
        if values.size:
            self._series.setdefault(quantity, _Growing()).arrays.append((t_s, np.asarray(values, float)))

    def drop_if_zero(self, quantity: Quantity, why: str) -> None:
        """Leave a quantity out that is 0 all the time: nothing measures it."""
        if self.has_series(quantity) and not self._series[quantity].join()[1].any():
            self.drop_series(quantity)
            self.notes.append(why)

    def change_series(self, quantity: Quantity, by: Callable[[FloatArray], FloatArray]) -> None:
        """Put other values in place of a series' own, if there is one."""
        if self.has_series(quantity):
            t_s, values = self._series[quantity].join()
            self._series[quantity] = _Growing([(t_s, by(values))])

    def has_series(self, quantity: Quantity) -> bool:
        """Whether it has got anything of a quantity."""
        return quantity in self._series

    def drop_series(self, quantity: Quantity) -> None:
        """Leave a quantity out."""
        self._series.pop(quantity, None)

    def add_event(self, t_s: float, kind: EventKind, text: str) -> None:
        """One event; the same words at the same time are one."""
        event = LogEvent(t_s=t_s, kind=kind, text=text)
        if t_s <= LONGEST_S and event not in self.events[-5:]:
            self.events.append(event)

    def add_mission(self, items: tuple[MissionItem, ...]) -> None:
        """A whole list that was stored on board; the same one again is one."""
        if not self.missions or self.missions[-1] != items:
            self.missions.append(items)

    def add_date(self, t_s: float, unix_s: float) -> None:
        """A time of the log was this moment, by the satellites or the computer that wrote it."""
        if EARLIEST_UNIX_S < unix_s < LATEST_UNIX_S and t_s <= LONGEST_S and len(self._begins_s) < MOST_DATES:
            self._begins_s.append(unix_s - t_s)

    def build_log(self) -> FlightLog:
        """The whole log. Raises InputError where nothing of a flight is in it."""
        series = {quantity: self._make_series(quantity) for quantity in Quantity if quantity in self._series}
        if not any(s.t_s.size > 1 for s in series.values()):
            raise InputError(f"{self.name}: no flight data in it", do="give the log of a flight")
        notes = [*self.notes, *self._clock_notes()]
        notes += [
            f"{quantity.value}: {counted_noun(count, 'value')} left out, outside its range or later than "
            f"{LONGEST_DAYS} days after the start of the log"
            for quantity, count in self._impossible.items()
        ]
        self.events += [
            LogEvent(t_s=at, kind=EventKind.RESTART, text="the clock of the log starts again")
            for at in self.clock.restarts
        ]
        return FlightLog(
            name=self.name,
            file_format=self.file_format,
            series=series,
            autopilot=self.autopilot,
            firmware=self.firmware,
            begins_at=self._date_of_start(),
            parameters=dict(self.parameters),
            missions=tuple(self.missions),
            events=tuple(sorted(self.events, key=lambda event: event.t_s)),
            gaps=gaps_of(series),
            systems=self.systems,
            notes=tuple(notes),
        )

    def _make_series(self, quantity: Quantity) -> Series:
        t_s, values = self._series.pop(quantity).join()
        if np.any(np.diff(t_s) < 0.0):
            order = np.argsort(t_s, kind="stable")
            t_s, values = t_s[order], values[order]
        for shared in (t_s, values):  # one message's quantities have one array of times
            shared.setflags(write=False)
        return Series(t_s=t_s, values=values)

    def _date_of_start(self) -> datetime | None:
        if not self._begins_s:
            return None
        return datetime.fromtimestamp(median(self._begins_s), UTC)

    def _clock_notes(self) -> list[str]:
        count = self.clock.dropped
        if count <= 0:
            return []
        return [f"{counted_noun(count, 'record')} left out: the time does not fit those around it"]


def gaps_of(series: Mapping[Quantity, Series]) -> tuple[Gap, ...]:
    """Where a log holds neither place nor attitude nor height though it does before and after."""
    kept = [series[q].t_s for q in PER_SESSION if q in series and series[q].t_s.size > 1]
    if not kept:
        return ()
    t_s = np.unique(np.concatenate(kept))
    steps = np.diff(t_s)
    longest_s = max(GAP_S, GAP_PERIODS * float(np.median(steps))) if steps.size else GAP_S
    return tuple(
        Gap(start_s=float(t_s[i]), end_s=float(t_s[i + 1])) for i in np.flatnonzero(steps > longest_s)
    )
