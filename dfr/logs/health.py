"""Whether a log shows a drone in good order: vibration, compass, satellites, battery, and gaps.

A level is ArduPilot's own where it has one, else it is assumed. What a log does not hold is told as unknown,
never as good.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from dfr.findings import counted_noun
from dfr.geo import FloatArray
from dfr.logs.flights import LoggedFlight
from dfr.logs.model import FlightLog, Quantity

VIBRATION_WATCH_MPS2, VIBRATION_BAD_MPS2 = 30.0, 60.0
"""ArduPilot's documentation: below 30 m/s² is fine, above 60 nearly always trouble (from memory)."""

FIELD_LOW_MGAUSS, FIELD_HIGH_MGAUSS = 185.0, 875.0
"""Outside of these ArduPilot does not arm (AP_Arming)."""

FIELD_SHARE_WATCH = 0.3
"""A field that varies by more than this share of its median is disturbed by the motors (assumed)."""

HDOP_WATCH, SATELLITES_WATCH = 2.0, 8
"""Worse than these is little for a landing on a dock (assumed)."""

FIX_3D = 3.0
SAG_WATCH = 0.15
"""A voltage that falls by more than this share from before the lift-off to its lowest (assumed)."""


class Level(StrEnum):
    """How a part of the drone did."""

    GOOD = "good"
    WATCH = "watch"
    BAD = "bad"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthFinding:
    """What a log shows of one part of the drone, in flight."""

    part: str
    level: Level
    text: str


def assess_health(log: FlightLog, flights: Iterable[LoggedFlight]) -> tuple[HealthFinding, ...]:
    """One finding for each part; only what was logged in flight counts."""
    flown = tuple(flights)
    return tuple(check(log, flown) for check in CHECKS)


def _in_flight(log: FlightLog, quantity: Quantity, flights: tuple[LoggedFlight, ...]) -> FloatArray:
    """The values of a quantity while it flew, shape (n,); none where the log does not hold it."""
    series = log.series.get(quantity)
    if series is None or not flights:
        return np.empty(0)
    return np.concatenate([series.between(flight.start_s, flight.end_s).values for flight in flights])


def _make_finding(part: str, level: Level, text: str) -> HealthFinding:
    return HealthFinding(part=part, level=level, text=text)


def _not_logged(part: str, what: str) -> HealthFinding:
    return _make_finding(part, Level.UNKNOWN, f"the log holds no {what} in flight")


def _assess_vibration(log: FlightLog, flights: tuple[LoggedFlight, ...]) -> HealthFinding:
    shakes, clips = (_in_flight(log, q, flights) for q in (Quantity.VIBRATION_MPS2, Quantity.CLIPS))
    if not shakes.size or log.autopilot != "ArduPilot":
        return _not_logged("vibration", "vibration in ArduPilot's measure")
    high = float(np.percentile(shakes, 95.0))
    clipped = int(clips.max() - clips.min()) if clips.size else 0
    level = Level.GOOD
    if high > VIBRATION_WATCH_MPS2 or clipped:
        level = Level.BAD if high > VIBRATION_BAD_MPS2 else Level.WATCH
    text = f"{high:.0f} m/s² for 95 % of the time (below {VIBRATION_WATCH_MPS2:.0f} is good)"
    return _make_finding(
        "vibration", level, f"{text}, accelerometer at its limit {counted_noun(clipped, 'time')}"
    )


def _assess_compass(log: FlightLog, flights: tuple[LoggedFlight, ...]) -> HealthFinding:
    field = _in_flight(log, Quantity.FIELD_MGAUSS, flights)
    if not field.size:
        return _not_logged("compass", "magnetic field")
    low, middle, high = np.percentile(field, [5.0, 50.0, 95.0])
    share = float((high - low) / middle) if middle > 0.0 else 0.0
    level = Level.WATCH if share > FIELD_SHARE_WATCH else Level.GOOD
    if low < FIELD_LOW_MGAUSS or high > FIELD_HIGH_MGAUSS:
        level = Level.BAD
    text = f"field {middle:.0f} mGauss, {low:.0f} to {high:.0f} for 90 % of the time"
    return _make_finding("compass", level, f"{text} (steady within {FIELD_SHARE_WATCH:.0%} is good)")


def _assess_satellites(log: FlightLog, flights: tuple[LoggedFlight, ...]) -> HealthFinding:
    fix, count, hdop = (
        _in_flight(log, q, flights) for q in (Quantity.GPS_FIX, Quantity.SATELLITES, Quantity.HDOP)
    )
    if not count.size:
        return _not_logged("satellites", "count of satellites")
    lost = float(np.mean(fix < FIX_3D)) if fix.size else 0.0
    least, worst = int(count.min()), float(hdop.max()) if hdop.size else math.nan
    level = Level.GOOD if fix.size and hdop.size else Level.UNKNOWN
    if least < SATELLITES_WATCH or worst > HDOP_WATCH:
        level = Level.WATCH
    level = Level.BAD if lost else level
    text = f"{least} satellites or more"
    text += f", HDOP {worst:.1f} or better" if hdop.size else ", no HDOP logged"
    text += "" if fix.size else ", no fix logged"
    text += f", no position for {lost:.0%} of the flight" if lost else ""
    good = f"{SATELLITES_WATCH} satellites and HDOP {HDOP_WATCH:.0f} are good"
    return _make_finding("satellites", level, f"{text} ({good})")


def _assess_battery(log: FlightLog, flights: tuple[LoggedFlight, ...]) -> HealthFinding:
    volts = _in_flight(log, Quantity.VOLTAGE_V, flights)
    if not volts.size:
        return _not_logged("battery", "voltage")
    low = float(volts.min())
    before = log.series[Quantity.VOLTAGE_V].between(0.0, flights[0].start_s).values
    high = float(np.median(before[-10:])) if before.size else float(volts.max())
    share = (high - low) / high if high > 0.0 else 0.0
    level = Level.WATCH if share > SAG_WATCH else Level.GOOD
    text = f"{high:.1f} V before the first lift-off, {low:.1f} V at the lowest ({share:.0%} less)"
    return _make_finding("battery", level, f"{text}{_tell_resistance(log, flights)}")


def _tell_resistance(log: FlightLog, flights: tuple[LoggedFlight, ...]) -> str:
    """The resistance by which the voltage follows the current from one moment to the next, in words."""
    current, voltage = log.series.get(Quantity.CURRENT_A), log.series.get(Quantity.VOLTAGE_V)
    if current is None or voltage is None:
        return ""
    slopes = []
    for flight in flights:
        amps = current.between(flight.start_s, flight.end_s)
        if amps.t_s.size > 10:
            steps_a, steps_v = np.diff(amps.values), np.diff(voltage.at(amps.t_s))
            if np.any(np.abs(steps_a) > 1.0):
                slopes.append(-float(steps_a @ steps_v / (steps_a @ steps_a)))
    if not slopes or np.median(slopes) <= 0.0:
        return ""
    return f", about {1000.0 * float(np.median(slopes)):.0f} mΩ with its leads"


def _assess_record(log: FlightLog, flights: tuple[LoggedFlight, ...]) -> HealthFinding:
    gaps = [gap for gap in log.gaps for f in flights if gap.start_s < f.end_s and gap.end_s > f.start_s]
    if not flights:
        return _make_finding("record", Level.UNKNOWN, "no flight in it")
    if not gaps:
        return _make_finding("record", Level.GOOD, "no gap in flight")
    longest_s = max(gap.length_s for gap in gaps)
    text = f"{counted_noun(len(gaps), 'gap')} in flight, the longest {longest_s:.0f} s"
    return _make_finding("record", Level.WATCH, text)


Check = Callable[[FlightLog, tuple[LoggedFlight, ...]], HealthFinding]

CHECKS: tuple[Check, ...] = (
    _assess_vibration,
    _assess_compass,
    _assess_satellites,
    _assess_battery,
    _assess_record,
)
