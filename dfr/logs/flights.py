"""The flights in a log: from each lift-off to its touchdown, as tracks, and what each consists of.

Start from `find_flights`. Lift-off and touchdown are found as they are in a live flight
(`dfr.logs.airborne`), so that every phase is measured by the one rule of `dfr.track`. The parts of a flight
(`FlightPart`) are told from its motion alone: no autopilot's own messages are needed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from dfr.ardupilot.modes import RETURN_MODES
from dfr.errors import InputError
from dfr.geo import FloatArray, LocalFrame, Position
from dfr.logs.airborne import NEAR_HOME_M, PRESSED_SHARE, AirborneTracker, Hop, Landed
from dfr.logs.model import FlightLog, Quantity, Series
from dfr.track import CLEARLY_UP_M, FlightTrack

STEP_S = 0.2
"""Motion is looked at in even steps of this."""

MOVES_MPS, RESTS_MPS = 1.5, 0.7
"""It flies along from the first of these speeds until it is below the second (assumed)."""

CLIMBS_MPS, SINKS_MPS = 0.5, 0.3
TURNS_RAD_S = math.radians(15.0)
SMOOTH_S = 1.0
SHORTEST_S = 1.5
"""A shorter part belongs to the one before it (assumed)."""

LEAST_FLIGHT_S = 5.0
"""Shorter, and never a metre over the ground: a hop while it stands (assumed)."""

LOW_END_M = 1.0
"""A log whose last record is this low over the ground ends with its landing (assumed)."""

LATE_S = 2.0
"""What is told so long after the last height still belongs to it (assumed)."""

ARMED_ABOVE = 0.5
JUST_AFTER_S = 1e-3

HOME_M = 10.0
"""A way that ends within this of the lift-off is a return (assumed: as far as a return's landing drifts)."""

LOW_M = 5.0
REGAINS_M = 3.0
"""A descent below 5 m over the ground after which it climbs 3 m again is a landing that was broken off
(assumed)."""

TOLD = (
    Quantity.HEIGHT_M_HOME,
    Quantity.CLIMB_MPS,
    Quantity.SPEED_MPS,
    Quantity.THROTTLE,
    Quantity.ARMED,
    Quantity.ON_GROUND,
)
"""What tells whether a drone flies, in the order of `_flying_states`."""

LANDED_BY_FLAG = {1.0: Landed.ON_GROUND, 0.0: Landed.IN_AIR}


class Part(StrEnum):
    """What a drone does for a while."""

    TAKEOFF = "takeoff"
    CLIMB = "climb"
    LEG = "leg"
    TURN = "turn"
    HOVER = "hover"
    RETURN = "return"
    DESCENT = "descent"
    LANDING = "landing"
    ABORTED_LANDING = "aborted_landing"


@dataclass(frozen=True, slots=True, kw_only=True)
class FlightPart:
    """One part of a flight, on the log's clock; `distance_m` is over the ground."""

    kind: Part
    start_s: float
    end_s: float
    distance_m: float
    climb_m: float

    @property
    def length_s(self) -> float:
        """How long it takes."""
        return self.end_s - self.start_s


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedFlight:
    """One flight of a log. `home` is where it lifts off; `track` is in metres about it.

    Where a log holds no place `home` is None, and the track only goes up and down.
    """

    number: int
    hop: Hop
    home: Position | None
    track: FlightTrack
    parts: tuple[FlightPart, ...]

    @property
    def start_s(self) -> float:
        """The lift-off, s of the log."""
        return self.hop.lift_t_s

    @property
    def end_s(self) -> float:
        """The touchdown, or the last record of a flight that the log does not end."""
        return float(self.track.t_s[-1]) if self.hop.touch_t_s is None else self.hop.touch_t_s

    @property
    def landed(self) -> bool:
        """Whether the log holds its touchdown."""
        return self.hop.touch_t_s is not None


@dataclass(frozen=True, slots=True)
class _FlyingState:
    """What the rule of lift-off and touchdown asks of a moment."""

    t_s: float
    armed: bool
    landed: int
    height_m_home: float
    climb_mps: float | None
    speed_mps: float | None
    throttle: float | None


def find_flights(log: FlightLog) -> tuple[LoggedFlight, ...]:
    """The flights of a log in order; none where it holds no height.

    What never gets a metre over the ground, or has less than half of the throttle of the log's other flights,
    is no flight: a drone that is carried while it is armed, or a barometer that drifts.
    """
    height = height_series(log)
    if height is None:
        return ()
    air = AirborneTracker()
    for state in _flying_states(log, height):
        air(state)
    hops = [(hop, _until_s(hop, height)) for hop in air.hops]
    hops = [(hop, end_s) for hop, end_s in hops if _is_flight(log, hop, height.between(hop.lift_t_s, end_s))]
    flights = enumerate(_with_throttle(log, hops), 1)
    return tuple(_make_flight(log, height, hop, end_s, number=number) for number, (hop, end_s) in flights)


def track_of_log(log: FlightLog, flights: Sequence[LoggedFlight]) -> tuple[Position, FlightTrack]:
    """(where its first flight lifts off, the whole log as one track about it).

    Raises InputError for a log without positions or heights.
    """
    height = height_series(log)
    lat, lon = log.series.get(Quantity.LAT_DEG), log.series.get(Quantity.LON_DEG)
    if height is None or lat is None or lon is None or len(lat.t_s) < 2 or len(height.t_s) < 2:
        raise InputError(f"{log.name}: no position in it", do="give the log of a flight with positions")
    told = height.between(lat.t_s[0], np.nextafter(lat.t_s[-1], math.inf))
    first = next((flight for flight in flights if flight.home is not None), None)
    home = None if first is None else first.home
    home = home or Position(lat_deg=float(lat.values[0]), lon_deg=float(lon.values[0]))
    east, north = LocalFrame(home).to_enu(lat.at(told.t_s), lon.at(told.t_s))
    return home, FlightTrack(
        name=log.name,
        t_s=told.t_s,
        east_m=east,
        north_m=north,
        height_m=told.values,
        return_t_s=None if first is None else first.track.return_t_s,
        energy_wh=energy_wh(log, *log.span_s),
        ground_before_m=0.0 if first is None else first.hop.ground_before_m,
        ground_after_m=flights[-1].hop.ground_after_m if flights else None,
        flies_t_s=None if first is None else first.start_s,
    )


def _until_s(hop: Hop, height: Series) -> float:
    """When a flight ends: its touchdown, or just after the last record."""
    return float(np.nextafter(height.t_s[-1], math.inf)) if hop.touch_t_s is None else hop.touch_t_s


def _is_flight(log: FlightLog, hop: Hop, height: Series) -> bool:
    """Whether it gets a metre over the ground, or the autopilot itself says for a while that it flies."""
    if len(height.t_s) < 2:
        return False
    if np.any(height.values > hop.ground_before_m + CLEARLY_UP_M):
        return True
    grounded = log.series.get(Quantity.ON_GROUND)
    return grounded is not None and height.t_s[-1] - height.t_s[0] >= LEAST_FLIGHT_S


def _with_throttle(log: FlightLog, hops: list[tuple[Hop, float]]) -> list[tuple[Hop, float]]:
    """Those that have the throttle of a flight; all of them where a log holds none."""
    throttle = log.series.get(Quantity.THROTTLE)
    if throttle is None or not hops:
        return hops
    shares = [throttle.between(hop.lift_t_s, end_s).values for hop, end_s in hops]
    medians = [float(np.median(values)) if values.size else math.inf for values in shares]
    most = max((share for share in medians if math.isfinite(share)), default=0.0)
    return [hop for hop, share in zip(hops, medians, strict=True) if share >= PRESSED_SHARE * most]


def height_series(log: FlightLog) -> Series | None:
    """Heights above home, or, where a log has none, altitudes above its first one."""
    if (height := log.series.get(Quantity.HEIGHT_M_HOME)) is not None:
        return height
    altitude = log.series.get(Quantity.ALTITUDE_M_AMSL)
    return None if altitude is None else replace(altitude, values=altitude.values - altitude.values[0])


def _flying_states(log: FlightLog, height: Series) -> Iterator[_FlyingState]:
    """A state for each moment at which something is told, with what was told last, as in a live flight."""
    told: dict[Quantity, Series | None] = {quantity: log.series.get(quantity) for quantity in TOLD}
    told[Quantity.ARMED] = armed = _armed_series(log, height)
    told[Quantity.ON_GROUND] = _forgotten_when_armed(told[Quantity.ON_GROUND], armed)
    told[Quantity.HEIGHT_M_HOME] = height
    if told[Quantity.CLIMB_MPS] is None:
        told[Quantity.CLIMB_MPS] = replace(height, values=_climb_of_heights(height.t_s, height.values))
    t_s = np.unique(np.concatenate([series.t_s for series in told.values() if series is not None]))
    t_s = t_s[(t_s >= height.t_s[0]) & (t_s <= height.t_s[-1] + LATE_S)]
    # What is disarmed first was armed before; a log that does not tell of arming is taken to be of a flight.
    armed_before = 1.0 if armed is None else 1.0 - float(armed.values[0])
    if told[Quantity.ON_GROUND] is None and height.values[0] > height.values.min() + NEAR_HOME_M:
        # It begins high up: the first moment alone has to tell that it flies.
        first = height.t_s[:2]
        told[Quantity.ON_GROUND] = Series(t_s=first, values=np.array([0.0, math.nan]))
    rows = [
        np.full(len(t_s), before) if series is None else series.last_before(t_s, before=before)
        for series, before in ((told[q], armed_before if q is Quantity.ARMED else math.nan) for q in TOLD)
    ]
    for row in zip(t_s.tolist(), *(values.tolist() for values in rows), strict=True):
        at_s, height_m, climb_mps, speed_mps, throttle, is_armed, on_ground = row
        yield _FlyingState(
            t_s=at_s,
            armed=bool(is_armed),
            landed=LANDED_BY_FLAG.get(on_ground, Landed.UNDEFINED),
            height_m_home=height_m,
            climb_mps=_known(climb_mps),
            speed_mps=_known(speed_mps),
            throttle=_known(throttle),
        )


def _forgotten_when_armed(on_ground: Series | None, armed: Series | None) -> Series | None:
    """What the autopilot says of the ground; what it said before it was armed again no longer counts."""
    if on_ground is None or armed is None:
        return on_ground
    again_s = armed.t_s[armed.values > ARMED_ABOVE]
    t_s = np.concatenate([again_s, on_ground.t_s])
    values = np.concatenate([np.full(len(again_s), math.nan), on_ground.values])
    order = np.argsort(t_s, kind="stable")
    return Series(t_s=t_s[order], values=values[order])


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value


def _armed_series(log: FlightLog, height: Series) -> Series | None:
    """Arming and disarming; None where a log does not tell.

    Logs before 3.3 tell arming alone: armed once more means that it was disarmed after the record before.
    """
    series = log.series.get(Quantity.ARMED)
    if series is None:
        return None
    again = np.flatnonzero((series.values[1:] > ARMED_ABOVE) & (series.values[:-1] > ARMED_ABOVE)) + 1
    last = np.searchsorted(height.t_s, series.t_s[again]) - 1
    ends_s = height.t_s[last[last >= 0]] + JUST_AFTER_S
    t_s = np.concatenate([series.t_s, ends_s])
    values = np.concatenate([series.values, np.zeros(len(ends_s))])
    order = np.argsort(t_s, kind="stable")
    return Series(t_s=t_s[order], values=values[order])


def _make_flight(log: FlightLog, height: Series, hop: Hop, until_s: float, *, number: int) -> LoggedFlight:
    """One flight with the track about its lift-off; where no place is known, about nowhere."""
    flown = height.between(hop.lift_t_s - SMOOTH_S, np.nextafter(until_s, math.inf))
    home, east, north = _places_about_home(log, hop, flown.t_s)
    track = FlightTrack(
        name=f"{log.name}#{number}",
        t_s=flown.t_s,
        east_m=east,
        north_m=north,
        height_m=flown.values,
        return_t_s=_return_s(log, hop.lift_t_s, until_s),
        energy_wh=energy_wh(log, hop.lift_t_s, until_s),
        ground_before_m=hop.ground_before_m,
        ground_after_m=hop.ground_after_m,
        flies_t_s=hop.lift_t_s,
    )
    return LoggedFlight(number=number, hop=hop, home=home, track=track, parts=find_parts(track))


def _places_about_home(
    log: FlightLog, hop: Hop, t_s: FloatArray
) -> tuple[Position | None, FloatArray, FloatArray]:
    """(where it lifts off, metres east of it, metres north of it); None and zeros without any place."""
    lat, lon = log.series.get(Quantity.LAT_DEG), log.series.get(Quantity.LON_DEG)
    if lat is None or lon is None or lat.between(t_s[0], t_s[-1]).t_s.size < 2:
        return None, np.zeros(len(t_s)), np.zeros(len(t_s))
    lift_s = np.array([hop.lift_t_s])
    home = Position(lat_deg=float(lat.at(lift_s)[0]), lon_deg=float(lon.at(lift_s)[0]))
    return home, *LocalFrame(home).to_enu(lat.at(t_s), lon.at(t_s))


def _return_s(log: FlightLog, start_s: float, end_s: float) -> float | None:
    """When an ArduPilot's mode sends it home or down for good; None where a pilot or a mission lands it."""
    modes = log.series.get(Quantity.MODE)
    if modes is None or log.autopilot != "ArduPilot":
        return None
    commanded: float | None = None
    for t_s, mode in zip(modes.t_s.tolist(), modes.values.tolist(), strict=True):
        if t_s >= end_s - SMOOTH_S:
            break
        if mode not in RETURN_MODES:
            commanded = None
        elif commanded is None:
            commanded = max(start_s, t_s)
    return commanded


def energy_wh(log: FlightLog, start_s: float, end_s: float) -> float | None:
    """Energy drawn between two times, Wh, by current and voltage; None where a log has not both."""
    current, voltage = log.series.get(Quantity.CURRENT_A), log.series.get(Quantity.VOLTAGE_V)
    if current is None or voltage is None:
        return None
    drawn = current.between(start_s, min(end_s, float(current.t_s[-1])))
    if len(drawn.t_s) < 2:
        return None
    power_w = drawn.values * voltage.at(drawn.t_s)
    return float(np.trapezoid(power_w, drawn.t_s)) / 3600.0


def find_parts(track: FlightTrack) -> tuple[FlightPart, ...]:
    """What a flight consists of, without a gap from its lift-off to its end."""
    start_s = track.t_s[0] if track.lift_t_s is None else track.lift_t_s
    end_s = float(track.t_s[-1])
    count = int((end_s - start_s) / STEP_S)
    if count < 2:
        return ()
    motion = _EvenMotion.of(track, np.linspace(start_s, end_s, count + 1))
    edges = _merge_short(_runs_of_kinds(motion.kinds()))
    parts = [motion.part(kind, first, last) for kind, first, last in edges]
    return tuple(_name_by_place(parts, motion, track))


@dataclass(frozen=True, slots=True)
class _EvenMotion:
    """A track in even steps, smoothed over a second; all arrays have shape (n,)."""

    t_s: FloatArray
    east_m: FloatArray
    north_m: FloatArray
    height_m: FloatArray
    speed_mps: FloatArray
    climb_mps: FloatArray
    turn_rad_s: FloatArray

    @classmethod
    def of(cls, track: FlightTrack, t_s: FloatArray) -> _EvenMotion:
        east, north, height = (
            _smooth_values(np.interp(t_s, track.t_s, values))
            for values in (track.east_m, track.north_m, track.height_m)
        )
        east_mps, north_mps = np.gradient(east, t_s), np.gradient(north, t_s)
        course = np.unwrap(np.arctan2(east_mps, north_mps))
        return cls(
            t_s=t_s,
            east_m=east,
            north_m=north,
            height_m=height,
            speed_mps=np.hypot(east_mps, north_mps),
            climb_mps=np.gradient(height, t_s),
            turn_rad_s=np.abs(np.gradient(_smooth_values(course), t_s)),
        )

    def kinds(self) -> list[Part]:
        """What it does at each step, told from this moment's motion."""
        moves, kinds = False, []
        for speed, climb, turn in zip(
            self.speed_mps.tolist(), self.climb_mps.tolist(), self.turn_rad_s.tolist(), strict=True
        ):
            moves = speed > (RESTS_MPS if moves else MOVES_MPS)
            if moves:
                kinds.append(Part.TURN if turn > TURNS_RAD_S else Part.LEG)
            elif climb > CLIMBS_MPS:
                kinds.append(Part.CLIMB)
            else:
                kinds.append(Part.DESCENT if climb < -SINKS_MPS else Part.HOVER)
        return kinds

    def part(self, kind: Part, first: int, last: int) -> FlightPart:
        """The part from one step to another."""
        steps = slice(first, last + 1)
        gone = np.hypot(np.diff(self.east_m[steps]), np.diff(self.north_m[steps]))
        return FlightPart(
            kind=kind,
            start_s=float(self.t_s[first]),
            end_s=float(self.t_s[last]),
            distance_m=float(gone.sum()),
            climb_m=float(self.height_m[last] - self.height_m[first]),
        )


def _smooth_values(values: FloatArray) -> FloatArray:
    width = max(1, round(SMOOTH_S / STEP_S))
    padded = np.pad(values, (width // 2, width - 1 - width // 2), mode="edge")
    return np.convolve(padded, np.full(width, 1.0 / width), mode="valid")


def _climb_of_heights(t_s: FloatArray, values: FloatArray) -> FloatArray:
    """How fast a series rises, over a second: for logs without a vertical speed."""
    if len(t_s) < 2:
        return np.zeros(len(t_s))
    before = np.interp(t_s - SMOOTH_S, t_s, values)
    return (values - before) / SMOOTH_S


def _runs_of_kinds(kinds: list[Part]) -> list[tuple[Part, int, int]]:
    """(kind, first step, last step) of each run of equal kinds; one ends where the next begins."""
    edges = [i for i in range(1, len(kinds)) if kinds[i] is not kinds[i - 1]]
    starts = [0, *edges]
    ends = [*edges, len(kinds) - 1]
    return [(kinds[first], first, last) for first, last in zip(starts, ends, strict=True)]


def _merge_short(runs: list[tuple[Part, int, int]]) -> list[tuple[Part, int, int]]:
    """Runs of which each is long enough: a short one joins the one before it."""
    least = round(SHORTEST_S / STEP_S)
    merged: list[tuple[Part, int, int]] = []
    for kind, first, last in runs:
        if merged and (last - first < least or merged[-1][0] is kind):
            merged[-1] = (merged[-1][0], merged[-1][1], last)
        elif merged and merged[-1][2] - merged[-1][1] < least:
            merged[-1] = (kind, merged[-1][1], last)
        else:
            merged.append((kind, first, last))
    return merged


def _name_by_place(parts: list[FlightPart], motion: _EvenMotion, track: FlightTrack) -> list[FlightPart]:
    """Name takeoff, return, landing and landings broken off by where in the flight they lie."""
    named = list(parts)
    if named and named[0].kind is Part.CLIMB:
        named[0] = replace(named[0], kind=Part.TAKEOFF)
    for i, part in enumerate(named):
        if part.kind is Part.DESCENT and _broken_off(parts[i:], motion, track):
            named[i] = replace(part, kind=Part.ABORTED_LANDING)
    landing = _last_descent(named)
    down = track.ground_after_m is not None or track.height_m[-1] - track.ground_before_m < LOW_END_M
    if landing is not None and down:
        named[landing:] = [_join_parts(Part.LANDING, named[landing:])]
    _name_return(named, motion, track)
    return named


def _last_descent(parts: list[FlightPart]) -> int | None:
    """The descent that ends the flight: nothing after it but standing still."""
    for i in range(len(parts) - 1, -1, -1):
        if parts[i].kind is Part.DESCENT:
            return i if all(part.kind in (Part.HOVER, Part.DESCENT) for part in parts[i:]) else None
    return None


def _join_parts(kind: Part, parts: list[FlightPart]) -> FlightPart:
    return FlightPart(
        kind=kind,
        start_s=parts[0].start_s,
        end_s=parts[-1].end_s,
        distance_m=sum(part.distance_m for part in parts),
        climb_m=sum(part.climb_m for part in parts),
    )


def _broken_off(parts: list[FlightPart], motion: _EvenMotion, track: FlightTrack) -> bool:
    """Whether a descent comes low over the ground and it climbs again without having touched."""
    low_m = float(np.interp(parts[0].end_s, motion.t_s, motion.height_m)) - track.ground_before_m
    higher = next((part for part in parts[1:] if part.kind not in (Part.HOVER, Part.DESCENT)), None)
    return low_m < LOW_M and higher is not None and higher.kind is Part.CLIMB and higher.climb_m > REGAINS_M


def _name_return(parts: list[FlightPart], motion: _EvenMotion, track: FlightTrack) -> None:
    """The last legs are the return where they were commanded as one, or end at the lift-off's place."""
    moving = [i for i, part in enumerate(parts) if part.kind in (Part.LEG, Part.TURN)]
    if not moving:
        return
    last = moving[-1]
    end_s = parts[last].end_s
    home_m = math.hypot(
        float(np.interp(end_s, motion.t_s, motion.east_m)),
        float(np.interp(end_s, motion.t_s, motion.north_m)),
    )
    first = last
    while first - 1 in moving:
        first -= 1
    commanded = track.return_t_s
    if commanded is not None:
        first = next((i for i in moving if parts[i].end_s > commanded), last + 1)
    elif home_m > HOME_M:
        return
    for i in moving:
        if i >= first:
            parts[i] = replace(parts[i], kind=Part.RETURN)


def gone_m(flight: LoggedFlight) -> float:
    """The farthest that it gets from its lift-off, m."""
    return float(np.max(np.hypot(flight.track.east_m, flight.track.north_m)))


def ended_away_m(flight: LoggedFlight) -> float:
    """How far from its lift-off it ends, m."""
    return math.hypot(float(flight.track.east_m[-1]), float(flight.track.north_m[-1]))
