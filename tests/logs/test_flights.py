"""Lift-off, touchdown and the parts of a flight, from series that are known by construction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from dfr.logs.flights import find_flights
from dfr.logs.health import Level, assess_health
from dfr.logs.model import FlightLog, Quantity, Series
from dfr.logs.parts import Part

HOME_LAT, HOME_LON, M_PER_DEG = 50.0, 8.0, 111_229.0
FLIES_WITH = 0.4


def flown(
    path: Sequence[tuple[float, float, float]], *, offset_m: float = 0.0, drift_m: float = 0.0
) -> FlightLog:
    """A log of a flight through (s, metres north, metres up); it stands before and after.

    Its barometer reads `offset_m` on the ground before it, and `drift_m` more after it.
    """
    times, north, up = (np.array(column) for column in zip(*path, strict=True))
    t_s = np.arange(0.0, times[-1] + 10.0, 0.1)
    north_m, height_m = np.interp(t_s, times, north), np.interp(t_s, times, up)
    drift = offset_m + drift_m * np.clip(t_s / times[-1], 0.0, 1.0)
    flies = (t_s > times[0]) & (t_s < times[-1])

    def series(values: object) -> Series:
        return Series(t_s=t_s, values=np.asarray(values, dtype=float) * np.ones(len(t_s)))

    return FlightLog(
        name="made",
        file_format="made",
        autopilot="ArduPilot",
        series={
            Quantity.LAT_DEG: series(HOME_LAT + north_m / M_PER_DEG),
            Quantity.LON_DEG: series(HOME_LON),
            Quantity.HEIGHT_M_HOME: series(height_m + drift),
            Quantity.CLIMB_MPS: series(np.gradient(height_m, t_s)),
            Quantity.SPEED_MPS: series(np.abs(np.gradient(north_m, t_s))),
            Quantity.THROTTLE: series(np.where(flies, FLIES_WITH, 0.05)),
            Quantity.ARMED: Series(
                t_s=np.array([0.0, times[0] - 3.0, times[-1] + 5.0]), values=np.array([0.0, 1.0, 0.0])
            ),
        },
    )


OUT_AND_BACK = ((10, 0, 0), (20, 0, 20), (22, 0, 20), (42, 100, 20), (52, 100, 20), (72, 0, 20), (100, 0, 0))


@pytest.mark.parametrize(("offset_m", "drift_m"), [(0.0, 0.0), (2.2, 0.0), (-2.5, 0.0), (0.5, -2.7)])
def test_a_barometer_that_is_not_at_0_on_the_ground_changes_nothing(offset_m: float, drift_m: float) -> None:
    (flight,) = find_flights(flown(OUT_AND_BACK, offset_m=offset_m, drift_m=drift_m))
    assert flight.landed
    assert flight.start_s == pytest.approx(10.2, abs=0.3)
    assert flight.end_s == pytest.approx(102.0, abs=0.6)
    kinds = [part.kind for part in flight.parts]
    assert kinds == [Part.TAKEOFF, Part.HOVER, Part.LEG, Part.HOVER, Part.RETURN, Part.LANDING] or kinds == [
        Part.TAKEOFF,
        Part.LEG,
        Part.HOVER,
        Part.RETURN,
        Part.LANDING,
    ]


def test_the_parts_of_a_flight_follow_each_other_without_a_gap() -> None:
    (flight,) = find_flights(flown(OUT_AND_BACK))
    for before, after in zip(flight.parts, flight.parts[1:], strict=False):
        assert after.start_s == before.end_s
    assert sum(part.distance_m for part in flight.parts) == pytest.approx(200.0, abs=3.0)


def test_a_landing_that_is_broken_off_low_over_the_ground_is_told() -> None:
    path = ((10, 0, 0), (20, 0, 20), (50, 0, 2), (60, 0, 20), (90, 0, 0))
    (flight,) = find_flights(flown(path))
    assert [part.kind for part in flight.parts] == [
        Part.TAKEOFF,
        Part.ABORTED_LANDING,
        Part.CLIMB,
        Part.LANDING,
    ]


def test_a_flight_that_ends_elsewhere_has_no_return() -> None:
    (flight,) = find_flights(flown(((10, 0, 0), (20, 0, 20), (40, 100, 20), (70, 100, 0))))
    assert Part.RETURN not in {part.kind for part in flight.parts}


def test_a_return_round_a_corner_is_a_return_from_where_it_begins() -> None:
    path = ((10, 0, 0), (20, 0, 20), (40, 200, 20), (60, 200, 20), (75, 90, 20), (79, 90, 20), (90, 0, 20))
    (flight,) = find_flights(flown((*path, (115, 0, 0))))
    moving = [(p.kind, round(p.distance_m, -1)) for p in flight.parts if p.distance_m > 20.0]
    assert moving == [(Part.LEG, 200.0), (Part.RETURN, 110.0), (Part.RETURN, 90.0)]


def test_a_drone_that_is_carried_while_armed_does_not_fly() -> None:
    log = flown(OUT_AND_BACK)
    carried = flown(((10, 0, 0), (12, 0, 3), (30, 80, 3), (35, 80, 0)))
    later = 200.0
    both = replace(
        log,
        series={
            quantity: Series(
                t_s=np.concatenate([s.t_s, carried.series[quantity].t_s + later]),
                values=np.concatenate(
                    [
                        s.values,
                        np.full(len(carried.series[quantity].t_s), 0.05)
                        if quantity is Quantity.THROTTLE
                        else carried.series[quantity].values,
                    ]
                ),
            )
            for quantity, s in log.series.items()
        },
    )
    assert [flight.start_s < later for flight in find_flights(both)] == [True]


def test_a_second_arming_without_a_disarming_ends_the_first_flight() -> None:
    log = flown(OUT_AND_BACK)
    armed = Series(t_s=np.array([7.0, 104.0]), values=np.array([1.0, 1.0]))
    (flight,) = find_flights(replace(log, series={**log.series, Quantity.ARMED: armed}))
    assert flight.landed


def test_energy_is_current_times_voltage_over_the_flight() -> None:
    log = flown(OUT_AND_BACK)
    t_s = log.series[Quantity.LAT_DEG].t_s
    amps, volts = (Series(t_s=t_s, values=np.full(len(t_s), value)) for value in (20.0, 18.0))
    series = {**log.series, Quantity.CURRENT_A: amps, Quantity.VOLTAGE_V: volts}
    (flight,) = find_flights(replace(log, series=series))
    seconds = flight.end_s - flight.start_s
    assert flight.track.energy_wh == pytest.approx(20.0 * 18.0 * seconds / 3600.0, rel=0.01)


def test_what_a_log_does_not_hold_is_unknown_and_never_good() -> None:
    log = flown(OUT_AND_BACK)
    found = {finding.part: finding.level for finding in assess_health(log, find_flights(log))}
    assert found["vibration"] is found["compass"] is found["satellites"] is found["battery"] is Level.UNKNOWN


@pytest.mark.parametrize(
    ("shakes_mps2", "level"), [(10.0, Level.GOOD), (40.0, Level.WATCH), (70.0, Level.BAD)]
)
def test_vibration_is_judged_by_ardupilots_levels(shakes_mps2: float, level: Level) -> None:
    log = flown(OUT_AND_BACK)
    t_s = log.series[Quantity.LAT_DEG].t_s
    series = {**log.series, Quantity.VIBRATION_MPS2: Series(t_s=t_s, values=np.full(len(t_s), shakes_mps2))}
    log = replace(log, series=series)
    found = {finding.part: finding for finding in assess_health(log, find_flights(log))}
    assert found["vibration"].level is level


def test_a_log_that_begins_in_the_air_and_tells_only_of_disarming_holds_a_flight() -> None:
    log = flown(OUT_AND_BACK)
    begins_s = 30.0
    series = {
        quantity: Series(t_s=s.t_s[s.t_s >= begins_s], values=s.values[s.t_s >= begins_s])
        for quantity, s in log.series.items()
    }
    (flight,) = find_flights(replace(log, series=series))
    assert flight.start_s == pytest.approx(begins_s, abs=1.0)
    assert flight.landed


def test_what_was_said_of_the_ground_before_an_arming_no_longer_counts() -> None:
    """Logs that pause while disarmed miss the word that it landed: "in the air" then stands for minutes."""
    log = flown(OUT_AND_BACK)
    shift_s = 200.0
    twice = {
        quantity: Series(
            t_s=np.concatenate([s.t_s, s.t_s + shift_s]), values=np.concatenate([s.values, s.values])
        )
        for quantity, s in log.series.items()
    }
    del twice[Quantity.THROTTLE]
    twice[Quantity.ON_GROUND] = Series(t_s=np.array([10.0, shift_s + 10.0]), values=np.array([0.0, 0.0]))
    first, second = find_flights(replace(log, series=twice))
    assert first.start_s == pytest.approx(10.0, abs=0.5)
    assert second.start_s == pytest.approx(shift_s + 10.0, abs=0.5)


def test_satellites_without_a_fix_or_hdop_are_not_called_good() -> None:
    log = flown(OUT_AND_BACK)
    t_s = log.series[Quantity.LAT_DEG].t_s
    fifteen = Series(t_s=t_s, values=np.full(len(t_s), 15.0))
    log = replace(log, series={**log.series, Quantity.SATELLITES: fifteen})
    found = {finding.part: finding for finding in assess_health(log, find_flights(log))}
    assert found["satellites"].level is Level.UNKNOWN
    assert "no HDOP logged" in found["satellites"].text
