"""The flights in a log: from each lift-off to its touchdown, as tracks, and what each consists of.

Start from `find_flights`. Lift-off and touchdown are found as they are in a live flight
(`dfr.logs.airborne`), so that every phase is measured by the one rule of `dfr.track`. Its parts are told by
`dfr.logs.parts`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from dfr.ardupilot.modes import RETURN_MODES
from dfr.errors import InputError
from dfr.geo import FloatArray, LocalFrame, Position
from dfr.logs.airborne import NEAR_HOME_M, PRESSED_SHARE, AirborneTracker, Hop, Landed
from dfr.logs.model import FlightLog, Quantity, Series
from dfr.logs.parts import FlightPart, find_parts
from dfr.track import CLEARLY_UP_M, FlightTrack

AROUND_S = 1.0
"""A flight's track begins so long before its lift-off, and a vertical speed is taken over so long."""

LEAST_FLIGHT_S = 5.0
"""Shorter, and never a metre over the ground: a hop while it stands (assumed)."""

STATES_AT_ONCE = 20_000
"""The moments of a long log are gone through in such parts: they take more memory than the log."""

LATE_S = 2.0
"""What is told so long after the last height still belongs to it (assumed)."""

ARMED_ABOVE = 0.5
JUST_AFTER_S = 1e-3

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
    for start in range(0, len(t_s), STATES_AT_ONCE):
        part_s = t_s[start : start + STATES_AT_ONCE]
        rows = [
            np.full(len(part_s), before) if series is None else series.last_before(part_s, before=before)
            for series, before in ((told[q], armed_before if q is Quantity.ARMED else math.nan) for q in TOLD)
        ]
        for row in zip(part_s.tolist(), *(values.tolist() for values in rows), strict=True):
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
    flown = height.between(hop.lift_t_s - AROUND_S, np.nextafter(until_s, math.inf))
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
        if t_s >= end_s - AROUND_S:
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


def _climb_of_heights(t_s: FloatArray, values: FloatArray) -> FloatArray:
    """How fast a series rises, over a second: for logs without a vertical speed."""
    if len(t_s) < 2:
        return np.zeros(len(t_s))
    before = np.interp(t_s - AROUND_S, t_s, values)
    return (values - before) / AROUND_S


def gone_m(flight: LoggedFlight) -> float:
    """The farthest that it gets from its lift-off, m."""
    return float(np.max(np.hypot(flight.track.east_m, flight.track.north_m)))


def ended_away_m(flight: LoggedFlight) -> float:
    """How far from its lift-off it ends, m."""
    return math.hypot(float(flight.track.east_m[-1]), float(flight.track.north_m[-1]))
