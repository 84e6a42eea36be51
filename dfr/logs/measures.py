"""What one flight says of its drone: a number for each thing that it shows, and nothing for what it does not.

Start from `measure_flight`. Numbers are plain, SI, and each is of one flight alone; `dfr.logs.calibration`
pools them.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence

import numpy as np

from dfr.aircraft.trim import air_density
from dfr.geo import FloatArray
from dfr.logs.flights import LoggedFlight, ended_away_m
from dfr.logs.model import FlightLog, Quantity, Series
from dfr.logs.parts import FlightPart, Part
from dfr.track import TOUCHED_M
from dfr.units import AIR_DENSITY_KG_M3

STEP_S = 0.2
"""Motion is looked at in even steps of this."""

SMOOTH_S = 0.6

STILL_MPS, LEVEL_MPS = 1.0, 0.3
HOVER_AT_LEAST_S = 8.0
"""So long at least it hovers, for its power to count (assumed)."""

SPEED_BANDS_MPS = ((3.0, 5.0), (5.0, 7.0), (7.0, 9.0), (9.0, 12.0), (12.0, 16.0))
BAND_AT_LEAST_S = 8.0

CLIMB_AT_LEAST_M = 8.0
MIDDLE = (0.3, 0.8)
"""The share of a climb or descent over which it is taken to be steady (assumed)."""

LAND_LOW_M = 10.0
"""ArduCopter's LAND_ALT_LOW: below it a landing is slow."""

LAND_BETWEEN_M = (0.7, 4.0)
MOST_UNSEEN_S = 3.0
"""A landing with a longer gap in its log is of no known rate, a touchdown after one at no known time."""

DRAWN_AT_LEAST = 0.2
"""A battery's energy is told from a flight that uses a fifth of it at least (assumed)."""

LEAST_SAG_V = 1e-3
"""A voltage that follows the current by less shows no resistance (assumed)."""

VARIES_A = 1.0
"""The current varies by this at least where it tells the battery's resistance (assumed)."""

STARTS_FROM_MPS, STARTS_TO_MPS = 0.7, 4.0
PEAK_SHARES = (0.1, 0.9)


def measure_flight(log: FlightLog, flight: LoggedFlight) -> dict[str, float]:
    """The numbers of one flight by name; a name is absent where the flight does not show it."""
    found: dict[str, float] = {}
    found |= _measure_power(log, flight)
    found |= _measure_climbs(log, flight)
    found |= _measure_landing(log, flight)
    found |= _measure_starts(log, flight)
    found |= _measure_battery(log, flight)
    found |= _measure_ground(log, flight)
    return {name: value for name, value in found.items() if math.isfinite(value)}


def flying_power(log: FlightLog, flight: LoggedFlight) -> Series | None:
    """The electrical power of a flight, W, in even steps; None where a log holds no current or voltage."""
    current, voltage = log.series.get(Quantity.CURRENT_A), log.series.get(Quantity.VOLTAGE_V)
    if current is None or voltage is None:
        return None
    end_s = min(flight.end_s, float(current.t_s[-1]))
    t_s = np.arange(flight.start_s, end_s, STEP_S)
    if len(current.between(flight.start_s, end_s).t_s) < 5 or not len(t_s):
        return None
    return Series(t_s=t_s, values=current.at(t_s) * voltage.at(t_s))


def _measure_power(log: FlightLog, flight: LoggedFlight) -> dict[str, float]:
    """Power of hover at sea level's density, and of level flight at some speeds over that of hover."""
    power = flying_power(log, flight)
    if power is None or flight.home is None:
        return {}
    speed, climb = speed_and_climb(flight, power.t_s)
    level = (np.abs(climb) < LEVEL_MPS) & (_above_ground_m(flight, power.t_s) > 1.0)
    hovers = level & (speed < STILL_MPS)
    if np.count_nonzero(hovers) * STEP_S < HOVER_AT_LEAST_S:
        return {}
    hover_w = float(np.median(power.values[hovers]))
    found = {"hover_power_w": hover_w * math.sqrt(_density(log, flight) / AIR_DENSITY_KG_M3)}
    for low, high in SPEED_BANDS_MPS:
        band = level & (speed >= low) & (speed < high)
        if np.count_nonzero(band) * STEP_S >= BAND_AT_LEAST_S and hover_w > 0.0:
            found[_band_name(low, high)] = float(np.median(power.values[band])) / hover_w
    return found


def _band_name(low: float, high: float) -> str:
    return f"power_over_hover_at_{low:.0f}_to_{high:.0f}_mps"


def _density(log: FlightLog, flight: LoggedFlight) -> float:
    """The air's density by the standard atmosphere, kg/m³; sea level's where no altitude is logged."""
    altitude = log.series.get(Quantity.ALTITUDE_M_AMSL)
    if altitude is None:
        return AIR_DENSITY_KG_M3
    part = altitude.between(flight.start_s, flight.end_s).values
    return air_density(float(np.median(part))) if part.size else AIR_DENSITY_KG_M3


def _measure_climbs(log: FlightLog, flight: LoggedFlight) -> dict[str, float]:
    """How fast it climbs, and sinks above the height from which a landing is slow."""
    climbs, sinks = [], []
    for part in flight.parts:
        rate, low_m = _middle_rate(flight, part)
        if part.kind in (Part.TAKEOFF, Part.CLIMB) and part.climb_m > CLIMB_AT_LEAST_M:
            climbs.append(rate)
        elif part.kind in (Part.DESCENT, Part.LANDING) and part.climb_m < -CLIMB_AT_LEAST_M:
            high = _rate_above(flight, part, LAND_LOW_M + 1.0)
            sinks.append(-rate if low_m > LAND_LOW_M + 1.0 else high)
    found = {}
    if climbs:
        found["climb_mps"] = float(np.median(climbs))
    sinks = [sink for sink in sinks if math.isfinite(sink)]
    if sinks:
        found["descent_mps"] = float(np.median(sinks))
    return found


def _middle_rate(flight: LoggedFlight, part: FlightPart) -> tuple[float, float]:
    """(the climb rate over the middle of a part, its lowest height over the ground)."""
    t_s = np.arange(part.start_s, part.end_s, STEP_S)
    if len(t_s) < 5:
        return math.nan, math.nan
    heights = _above_ground_m(flight, t_s)
    share = (heights - heights[0]) / (heights[-1] - heights[0] or math.nan)
    inside = (share > MIDDLE[0]) & (share < MIDDLE[1])
    if np.count_nonzero(inside) < 4:
        return math.nan, float(heights.min())
    return float(np.polyfit(t_s[inside], heights[inside], 1)[0]), float(heights.min())


def _rate_above(flight: LoggedFlight, part: FlightPart, least_m: float) -> float:
    """How fast it sinks where a descent is steady and this high over the ground."""
    t_s = np.arange(part.start_s, part.end_s, STEP_S)
    heights = _above_ground_m(flight, t_s)
    if not len(t_s) or heights[0] < least_m + CLIMB_AT_LEAST_M:
        return math.nan
    inside = (heights > least_m) & (heights < heights[0] - 0.3 * (heights[0] - least_m))
    if np.count_nonzero(inside) < 5:
        return math.nan
    return -float(np.polyfit(t_s[inside], heights[inside], 1)[0])


def _measure_landing(log: FlightLog, flight: LoggedFlight) -> dict[str, float]:
    """How fast it lands, how far from its lift-off, and how long it takes to know that it stands."""
    if not flight.landed or flight.hop.ground_after_m is None:
        return {}
    found: dict[str, float] = {}
    last = flight.parts[-1] if flight.parts else None
    if last is not None and last.kind is Part.LANDING and _is_seen_to_land(flight, last.start_s):
        t_s = np.arange(last.start_s, flight.end_s, STEP_S / 2.0)
        heights = np.interp(t_s, flight.track.t_s, flight.track.height_m) - flight.hop.ground_after_m
        inside = (heights > LAND_BETWEEN_M[0]) & (heights < LAND_BETWEEN_M[1])
        if np.count_nonzero(inside) >= 8:
            found["land_mps"] = -float(np.polyfit(t_s[inside], heights[inside], 1)[0])
        low = np.flatnonzero(heights > 0.15)
        if low.size:
            found["touchdown_detected_s"] = flight.end_s - float(t_s[low[-1]])
    if flight.home is not None and flight.track.return_t_s is not None:
        found["landed_off_m"] = ended_away_m(flight)
    return found


def _is_seen_to_land(flight: LoggedFlight, start_s: float) -> bool:
    """Whether there is no long gap in a log from where a landing begins to its touchdown."""
    track = flight.track
    begins = int(np.searchsorted(track.t_s, start_s))
    flies = track.height_m[begins:] - (flight.hop.ground_after_m or 0.0) > TOUCHED_M
    until = begins + (int(np.argmin(flies)) if flies.size else 0) + 1
    return float(np.diff(track.t_s[begins:until]).max(initial=0.0)) <= MOST_UNSEEN_S


def _measure_starts(log: FlightLog, flight: LoggedFlight) -> dict[str, float]:
    """The acceleration and jerk of its starts from hover, and the largest tilt it flew."""
    found: dict[str, float] = {}
    roll, pitch = log.series.get(Quantity.ROLL_RAD), log.series.get(Quantity.PITCH_RAD)
    if roll is not None and pitch is not None:
        t_s = np.arange(flight.start_s, flight.end_s, STEP_S)
        tilt = np.arccos(np.clip(np.cos(roll.at(t_s)) * np.cos(pitch.at(t_s)), -1.0, 1.0))
        if tilt.size:
            found["most_tilt_deg"] = math.degrees(float(np.quantile(tilt, 0.995)))
    if flight.home is None:
        return found
    t_s = np.arange(flight.start_s, flight.end_s, STEP_S)
    if len(t_s) < 50:
        return found
    speed = _smooth(speed_and_climb(flight, t_s, log)[0])
    rises = np.gradient(speed, STEP_S)
    peaks, jerks = [], []
    for start, end in _starts(speed):
        peak = float(rises[start:end].max())
        risen = np.flatnonzero(rises[start:end] >= PEAK_SHARES[1] * peak)[0]
        begun = np.flatnonzero(rises[start : start + risen + 1] >= PEAK_SHARES[0] * peak)[0]
        peaks.append(peak)
        if risen > begun:
            jerks.append((PEAK_SHARES[1] - PEAK_SHARES[0]) * peak / ((risen - begun) * STEP_S))
    if peaks:
        found["accel_mps2"] = float(np.median(peaks))
    if jerks:
        found["jerk_mps3"] = float(np.median(jerks))
    return found


def _starts(speed: FloatArray) -> Iterator[tuple[int, int]]:
    """(first step, last step) of each rise from rest to flight."""
    start: int | None = None
    for step, now in enumerate(speed.tolist()):
        if now < STARTS_FROM_MPS:
            start = step
        elif now > STARTS_TO_MPS and start is not None:
            if step - start > 3:
                yield start, step + round(2.0 / STEP_S)
            start = None


def _measure_battery(log: FlightLog, flight: LoggedFlight) -> dict[str, float]:
    """The energy of the whole battery by what is left of it, and its resistance by sag and current."""
    found: dict[str, float] = {}
    remaining = log.series.get(Quantity.REMAINING)
    power = flying_power(log, flight)
    if power is None:
        return found
    if remaining is not None:
        part = remaining.between(flight.start_s, flight.end_s).values
        part = part[part > 0.0]
        drawn = float(part[0] - part[-1]) if part.size > 1 else 0.0
        if drawn >= DRAWN_AT_LEAST:
            found["battery_wh"] = float(np.trapezoid(power.values, power.t_s)) / 3600.0 / drawn
    current, voltage = log.series[Quantity.CURRENT_A], log.series[Quantity.VOLTAGE_V]
    t_s = power.t_s
    amps, volts = current.at(t_s), voltage.at(t_s)
    if amps.std() >= VARIES_A and len(t_s) > 50:
        used = np.cumsum(amps) * STEP_S
        columns = np.column_stack([np.ones(len(t_s)), -amps, -used, -(used**2)])
        scaled = columns / np.maximum(np.abs(columns).max(axis=0), 1e-9)
        fit = np.linalg.lstsq(scaled, volts, rcond=None)[0] / np.maximum(np.abs(columns).max(axis=0), 1e-9)
        if fit[1] * amps.std() > LEAST_SAG_V:
            found["battery_ohm"] = float(fit[1])
    found["battery_start_v"] = float(volts[0])
    return found


def _measure_ground(log: FlightLog, flight: LoggedFlight) -> dict[str, float]:
    """How long from arming to lift-off, and the throttle that it hovers with."""
    found: dict[str, float] = {}
    armed = log.series.get(Quantity.ARMED)
    if armed is not None:
        before = armed.t_s[(armed.values > 0.5) & (armed.t_s <= flight.start_s)]
        if before.size:
            found["arm_to_lift_s"] = flight.start_s - float(before[-1])
    throttle = log.series.get(Quantity.THROTTLE)
    if throttle is not None and flight.home is not None:
        part = throttle.between(flight.start_s, flight.end_s)
        if part.t_s.size > 10:
            speed, climb = speed_and_climb(flight, part.t_s)
            still = (speed < STILL_MPS) & (np.abs(climb) < LEVEL_MPS)
            if np.count_nonzero(still) > 10:
                found["hover_throttle"] = float(np.median(part.values[still]))
    return found


def turnaround_seconds(flights: Sequence[LoggedFlight]) -> list[float]:
    """The time on the ground after each flight of one log but its last; NaN after one that does not land."""
    pairs = itertools.pairwise(flights)
    return [after.start_s - before.end_s if before.landed else math.nan for before, after in pairs]


def speed_and_climb(
    flight: LoggedFlight, t_s: FloatArray, log: FlightLog | None = None
) -> tuple[FloatArray, FloatArray]:
    """Speed over the ground and climb rate at some times, of the velocities logged or the track's own."""
    track = flight.track
    climb = _smooth(np.gradient(np.interp(t_s, track.t_s, track.height_m), t_s))
    north = None if log is None else log.series.get(Quantity.NORTH_MPS)
    east = None if log is None else log.series.get(Quantity.EAST_MPS)
    if north is not None and east is not None:
        return np.hypot(north.at(t_s), east.at(t_s)), climb
    east_m, north_m = (np.interp(t_s, track.t_s, values) for values in (track.east_m, track.north_m))
    return np.hypot(_smooth(np.gradient(east_m, t_s)), _smooth(np.gradient(north_m, t_s))), climb


def _above_ground_m(flight: LoggedFlight, t_s: FloatArray) -> FloatArray:
    return np.interp(t_s, flight.track.t_s, flight.track.height_m) - flight.hop.ground_before_m


def _smooth(values: FloatArray) -> FloatArray:
    width = max(1, round(SMOOTH_S / STEP_S))
    padded = np.pad(values, (width // 2, width - 1 - width // 2), mode="edge")
    return np.convolve(padded, np.full(width, 1.0 / width), mode="valid")
