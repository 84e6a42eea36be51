"""The wind of a flight, against winds that are known: made ones, and those of a recorded ArduCopter SITL."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from dfr.geo import FloatArray
from dfr.logs.flights import find_flights
from dfr.logs.model import FlightLog, Quantity, Series
from dfr.logs.wind import FlightWind, UnknownWind, WindSource, estimate_wind

G = 9.80665
LINEAR, QUADRATIC = 0.2, 0.03


def _made(velocity_mps: FloatArray, wind_mps: tuple[float, float], *, level_rad: float = 0.0) -> FlightLog:
    """A log of a drone that flies these velocities, north and east, and leans as its drag asks."""
    count = len(velocity_mps)
    t_s = np.arange(count) * 0.1
    air = velocity_mps - np.array(wind_mps)
    heading = np.full(count, 0.4)
    ahead = air[:, 0] * np.cos(heading) + air[:, 1] * np.sin(heading)
    right = air[:, 1] * np.cos(heading) - air[:, 0] * np.sin(heading)
    push = [v * (LINEAR + QUADRATIC * np.abs(v)) for v in (ahead, right)]
    pitch = -np.arctan(push[0] / G)
    place_m = np.cumsum(velocity_mps, axis=0) * 0.1
    flies = (t_s > 5.0) & (t_s < t_s[-1] - 5.0)

    def series(values: FloatArray) -> Series:
        return Series(t_s=t_s, values=np.asarray(values, dtype=float) * np.ones(count))

    return FlightLog(
        name="made",
        file_format="made",
        series={
            Quantity.LAT_DEG: series(50.0 + place_m[:, 0] / 111_229.0),
            Quantity.LON_DEG: series(8.0 + place_m[:, 1] / 71_700.0),
            Quantity.HEIGHT_M_HOME: series(np.where(flies, 30.0, 0.0)),
            Quantity.ON_GROUND: series(np.where(flies, 0.0, 1.0)),
            Quantity.NORTH_MPS: series(velocity_mps[:, 0]),
            Quantity.EAST_MPS: series(velocity_mps[:, 1]),
            Quantity.PITCH_RAD: series(pitch + level_rad),
            Quantity.ROLL_RAD: series(np.arctan(push[1] * np.cos(pitch) / G)),
            Quantity.HEADING_RAD: series(heading),
        },
    )


def _square(speed_mps: float = 8.0, side_s: float = 20.0) -> FloatArray:
    courses = np.repeat(np.radians([0.0, 90.0, 180.0, 270.0]), int(side_s * 10))
    return speed_mps * np.column_stack([np.cos(courses), np.sin(courses)])


@pytest.mark.parametrize("wind_mps", [(0.0, 0.0), (3.0, -4.0), (-7.0, 1.0)])
def test_a_square_gives_the_wind_it_was_flown_in(wind_mps: tuple[float, float]) -> None:
    log = _made(_square(), wind_mps)
    (flight,) = find_flights(log)
    wind = estimate_wind(log, flight)
    assert isinstance(wind, FlightWind)
    assert wind.source is WindSource.LEAN
    assert wind.speed_mps == pytest.approx(math.hypot(*wind_mps), abs=0.1)
    if any(wind_mps):
        from_deg = math.degrees(math.atan2(-wind_mps[1], -wind_mps[0])) % 360.0
        assert wind.from_deg == pytest.approx(from_deg, abs=2.0)


def test_a_level_that_is_a_degree_off_does_not_pass_for_wind() -> None:
    log = _made(_square(), (3.0, -4.0), level_rad=math.radians(1.0))
    (flight,) = find_flights(log)
    wind = estimate_wind(log, flight)
    assert isinstance(wind, FlightWind)
    assert abs(wind.speed_mps - 5.0) < 2.0 * wind.error_mps


def test_on_one_course_the_wind_is_unknown() -> None:
    log = _made(np.tile([8.0, 0.0], (600, 1)), (3.0, -4.0))
    (flight,) = find_flights(log)
    found = estimate_wind(log, flight)
    assert isinstance(found, UnknownWind)
    assert "two courses" in found.reason


def test_without_an_attitude_the_wind_is_unknown() -> None:
    log = _made(_square(), (3.0, -4.0))
    (flight,) = find_flights(log)
    bare = {q: s for q, s in log.series.items() if q is not Quantity.PITCH_RAD}
    found = estimate_wind(FlightLog(name="bare", file_format="made", series=bare), flight)
    assert isinstance(found, UnknownWind)


def test_the_autopilots_own_estimate_comes_first() -> None:
    log = _made(_square(), (3.0, -4.0))
    t_s = log.series[Quantity.LAT_DEG].t_s
    told = {
        Quantity.WIND_NORTH_MPS: Series(t_s=t_s, values=np.full(len(t_s), 0.0)),
        Quantity.WIND_EAST_MPS: Series(t_s=t_s, values=np.full(len(t_s), -6.0)),
    }
    log = FlightLog(name="told", file_format="made", series={**log.series, **told})
    (flight,) = find_flights(log)
    wind = estimate_wind(log, flight)
    assert isinstance(wind, FlightWind)
    assert (wind.source, wind.speed_mps, wind.from_deg) == (WindSource.AUTOPILOT, 6.0, 90.0)


def _recorded(path: Path) -> FlightLog:
    rows = np.genfromtxt(path, delimiter=",", names=True)

    def series(values: FloatArray) -> Series:
        return Series(t_s=rows["t"], values=values)

    return FlightLog(
        name=path.stem,
        file_format="recorded",
        series={
            Quantity.LAT_DEG: series(50.781 + rows["n"] / 111_242.0),
            Quantity.LON_DEG: series(-1.089 + rows["e"] / 70_450.0),
            Quantity.HEIGHT_M_HOME: series(rows["alt"]),
            Quantity.NORTH_MPS: series(rows["vx"]),
            Quantity.EAST_MPS: series(rows["vy"]),
            Quantity.CLIMB_MPS: series(-rows["vz"]),
            Quantity.SPEED_MPS: series(np.hypot(rows["vx"], rows["vy"])),
            Quantity.ROLL_RAD: series(rows["roll"]),
            Quantity.PITCH_RAD: series(rows["pitch"]),
            Quantity.HEADING_RAD: series(rows["yaw"]),
        },
    )


def test_recorded_sorties_out_and_back_give_the_simulators_wind(reference: Path) -> None:
    """The wind was constant with height (SIM_WIND_T 1); nine in ten lie within twice the stated error."""
    folder = reference / "arducopter"
    told = {}
    for line in (folder / "legs.jsonl").read_text().splitlines():
        case = json.loads(line)["case"]
        told[case["name"]] = (case["w"], case["wd"], case.get("params", {}).get("SIM_WIND_T"))
    misses = []
    for path in sorted((folder / "tracks").glob("*.csv")):
        w, wd, same_at_all_heights = told.get(path.stem, (None, None, None))
        log = _recorded(path)
        for flight in find_flights(log):
            wind = estimate_wind(log, flight)
            if w is None or (w and not same_at_all_heights) or isinstance(wind, UnknownWind):
                continue
            toward = [math.radians(degrees + 180.0) for degrees in (wind.from_deg, wd)]
            north = wind.speed_mps * math.cos(toward[0]) - w * math.cos(toward[1])
            east = wind.speed_mps * math.sin(toward[0]) - w * math.sin(toward[1])
            misses.append(math.hypot(north, east) / wind.error_mps)
    assert len(misses) >= 15
    assert np.mean(np.array(misses) < 2.0) >= 0.9
