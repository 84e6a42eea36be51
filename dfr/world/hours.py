"""The local clock hours of a period: what demand, weather and traffic are stated by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from dfr.scenario.model import Period


@dataclass(frozen=True, slots=True, kw_only=True)
class HourSlot:
    """The part of one local clock hour that lies in the period, in simulation seconds."""

    start: datetime
    start_s: float
    end_s: float

    @property
    def seconds(self) -> float:
        """Its length; less than 3600 where the period starts or ends within the hour."""
        return self.end_s - self.start_s


def hour_slots(period: Period) -> tuple[HourSlot, ...]:
    """The local hours of a period in order, from 0 to its end; right across a clock change.

    >>> from zoneinfo import ZoneInfo
    >>> zone = ZoneInfo("Europe/London")
    >>> first, last = datetime(2024, 10, 27, tzinfo=zone), datetime(2024, 10, 28, tzinfo=zone)
    >>> slots = hour_slots(Period(start=first, end=last, zone=zone))
    >>> len(slots), [slot.start.hour for slot in slots][:4]
    (25, [0, 1, 1, 2])
    """
    slots = []
    t_s, end_s = 0.0, period.seconds
    while t_s < end_s:
        start = period.wall(t_s)
        into_hour_s = start.minute * 60 + start.second + start.microsecond / 1e6
        next_s = min(end_s, t_s + 3600.0 - into_hour_s)
        slots.append(HourSlot(start=start, start_s=t_s, end_s=next_s))
        t_s = next_s
    return tuple(slots)


def edges_s(slots: tuple[HourSlot, ...]) -> tuple[float, ...]:
    """The bounds of consecutive slots: one more than there are slots."""
    return (*(slot.start_s for slot in slots), slots[-1].end_s)
