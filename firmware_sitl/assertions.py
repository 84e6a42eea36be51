"""Assertions about a flown mission that say where, when and by how much, with a small picture.

    flight = fly_mission(items)
    assert_reached(flight, scene, within_m=2.0)
    assert_landed_at(flight, home, within_m=1.0)

Each raises AssertionError, and InputError for a limit that is none. Places are `Position`s; times are
seconds of the vehicle's clock since the first sample of the track.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely

from dfr.errors import InputError
from dfr.geo import FloatArray, LocalFrame, Position
from firmware_sitl.flights import MissionFlight, last_words

WIDE, HIGH = 48, 16
"""Characters of a picture; one is about twice as high as it is wide."""

ON_GROUND_M = 2.0
"""Height above home up to which stopped motors mean a landing: the barometer wanders (assumed)."""

CRASHED = "Crash: Disarming"
"""How ArduCopter's crash check begins to say that it has stopped the motors (crash_check.cpp)."""

FEWEST_CORNERS = 3


def assert_reached(flight: MissionFlight, place: Position, *, within_m: float = 2.0) -> None:
    """The flight was once as near to a place, horizontally."""
    __tracebackhide__ = True
    _refuse_no_limit("within_m", within_m)
    path, target = _path_of(flight), _frame_of(flight).point(place)
    away = np.hypot(*(path - target).T)
    nearest = int(away.argmin())
    if away[nearest] > within_m:
        raise AssertionError(
            f"{place} was not reached: nearest were {away[nearest]:.1f} m {_when(flight, nearest)}, asked "
            f"for {within_m:g} m, short by {away[nearest] - within_m:.1f} m{_tail(flight, nearest, target)}"
        )


def assert_within(flight: MissionFlight, centre: Position, radius_m: float) -> None:
    """The flight was never farther from a place, horizontally."""
    __tracebackhide__ = True
    _refuse_no_limit("radius_m", radius_m)
    path, target = _path_of(flight), _frame_of(flight).point(centre)
    away = np.hypot(*(path - target).T)
    worst = int(away.argmax())
    if away[worst] > radius_m:
        raise AssertionError(
            f"the flight left {radius_m:g} m around {centre}: it was {away[worst]:.1f} m away "
            f"{_when(flight, worst)}, {away[worst] - radius_m:.1f} m too far{_tail(flight, worst, target)}"
        )
    _refuse_part(flight, f"it stayed within {radius_m:g} m")


def assert_landed_at(flight: MissionFlight, place: Position, *, within_m: float = 1.0) -> None:
    """The motors stopped by themselves on the ground, this near to a place."""
    __tracebackhide__ = True
    _refuse_no_limit("within_m", within_m)
    path, target = _path_of(flight), _frame_of(flight).point(place)
    last = len(path) - 1
    if not flight.disarmed:
        raise AssertionError(f"the flight did not land: it {flight.ended}{_tail(flight, last, target)}")
    crashed = next((text for text in flight.texts if text.startswith(CRASHED)), None)
    if crashed is not None:
        raise AssertionError(f"the flight crashed: {crashed!r}{_tail(flight, last, target)}")
    if flight.track.height_m[last] > ON_GROUND_M:
        raise AssertionError(
            f"the motors stopped in the air, {_when(flight, last)}{_tail(flight, last, target)}"
        )
    away_m = float(np.hypot(*(path[last] - target)))
    if away_m > within_m:
        raise AssertionError(
            f"landed {away_m:.1f} m from {place} {_when(flight, last)}, asked for {within_m:g} m, "
            f"{away_m - within_m:.1f} m too far{_tail(flight, last, target)}"
        )


def assert_never_outside(flight: MissionFlight, fence: Sequence[Position]) -> None:
    """Every sample of the track lies in the area with these corners."""
    __tracebackhide__ = True
    path, area = _path_of(flight), _read_area(flight, fence)
    beyond = shapely.distance(area, shapely.points(path))
    worst = int(beyond.argmax())
    if beyond[worst] > 0.0:
        first = int((beyond > 0.0).argmax())
        raise AssertionError(
            f"the flight left the fence {_when(flight, first)} and was at most {beyond[worst]:.1f} m "
            f"outside, {_when(flight, worst)}{_tail(flight, worst, None)}"
        )
    _refuse_part(flight, "it stayed in the fence")


def assert_battery_above(flight: MissionFlight, percent: float) -> None:
    """The battery monitor never told less than this charge; a battery that tells nothing is no pass."""
    __tracebackhide__ = True
    _refuse_no_limit("percent", percent)
    least = flight.least_percent
    if least is None:
        raise AssertionError(
            "the vehicle told no charge -> switch its battery monitor on: params={'BATT_MONITOR': 4}"
        )
    if least < percent:
        raise AssertionError(
            f"the battery fell to {least} % ({flight.used_mah} mAh used), asked for {percent:g} %, "
            f"{percent - least:g} % too low; {last_words(flight.texts)}"
        )
    _refuse_part(flight, f"{least} % was the lowest charge")


def _refuse_part(flight: MissionFlight, so_far: str) -> None:
    """Raise AssertionError where only a part of the mission was flown: the rest might be otherwise."""
    __tracebackhide__ = True
    if not flight.whole:
        raise AssertionError(
            f"only a part was flown: so far {so_far}, but the flight {flight.ended}; "
            f"{last_words(flight.texts)}"
        )


def _refuse_no_limit(name: str, value: float) -> None:
    """Raise InputError for a limit that any flight would keep, or none."""
    if not (np.isfinite(value) and value >= 0.0):
        raise InputError(
            f"{name}={value:g}: no limit that a flight could be held to", do="give a number above 0"
        )


def _read_area(flight: MissionFlight, fence: Sequence[Position]) -> shapely.Polygon:
    """The area of a fence. Raises InputError for corners that enclose none, or more than one."""
    if (
        len(fence) >= FEWEST_CORNERS
        and (area := _frame_of(flight).polygon(tuple(fence))).is_valid
        and area.area > 0.0
    ):
        return area
    raise InputError(
        f"the fence's {len(fence)} corners enclose no area, or its sides cross",
        do="give at least three corners, in order around the area",
    )


def _path_of(flight: MissionFlight) -> FloatArray:
    """Metres east and north of home, shape (n, 2)."""
    __tracebackhide__ = True
    if not len(flight.track.t_s):
        raise AssertionError(f"the flight has no track: it {flight.ended}; {last_words(flight.texts)}")
    return np.column_stack([flight.track.east_m, flight.track.north_m])


def _frame_of(flight: MissionFlight) -> LocalFrame:
    __tracebackhide__ = True
    if flight.home is None:
        raise AssertionError(f"the vehicle has not told where its home is; {last_words(flight.texts)}")
    return LocalFrame(flight.home)


def _when(flight: MissionFlight, sample: int) -> str:
    seconds = flight.track.t_s[sample] - flight.track.t_s[0]
    return f"at {seconds:.1f} s, {flight.track.height_m[sample]:.0f} m above home"


def _tail(flight: MissionFlight, sample: int, target: tuple[float, float] | None) -> str:
    """The place of a sample, how the flight ended, and the picture."""
    at = _frame_of(flight).position(float(flight.track.east_m[sample]), float(flight.track.north_m[sample]))
    words = f"\nthere: {at}; the flight {flight.ended}; {last_words(flight.texts)}"
    return f"{words}\n{picture(_path_of(flight), worst=sample, target=target)}"


def picture(path: FloatArray, *, worst: int, target: tuple[float, float] | None = None) -> str:
    """The track from above in characters, north up, with a line that explains them.

    `path` has shape (n, 2), metres east and north of home.
    """
    marks = [(".", path), ("H", np.zeros((1, 2)))]
    if target is not None:
        marks.append(("X", np.array([target])))
    marks.append(("!", path[worst : worst + 1]))
    places = np.vstack([place for _, place in marks])
    low, high = places.min(axis=0), places.max(axis=0)
    scale_m = max(float((high - low)[0]) / (WIDE - 1), float((high - low)[1]) / (HIGH - 1) / 2.0, 0.1)
    rows = [[" "] * WIDE for _ in range(HIGH)]
    for letter, shown in marks:
        for east, north in shown - low:
            rows[min(HIGH - 1, int(north / (2.0 * scale_m)))][min(WIDE - 1, int(east / scale_m))] = letter
    drawn = [line for line in ("".join(row).rstrip() for row in reversed(rows)) if line]
    key = (
        f"H home, X asked for, ! here, . track; a character is {scale_m:.1f} m wide, {2 * scale_m:.1f} m high"
    )
    return "\n".join([*drawn, key if target is not None else key.replace("X asked for, ", "")])
