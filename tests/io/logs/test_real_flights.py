"""Logs of real flights by five autopilots' generations, where the reference data is present."""

from __future__ import annotations

from pathlib import Path

import pytest

from dfr.io.logs.files import read_log
from dfr.logs.flights import find_flights
from dfr.logs.model import FlightLog, Quantity
from dfr.logs.parts import Part


@pytest.fixture
def real(reference: Path) -> Path:
    return reference / "real-flights"


def _log(folder: Path, number: str) -> FlightLog:
    (path,) = folder.glob(f"{number}_*")
    return read_log(path)


def test_all_five_flights_of_a_tlog_with_a_restart_are_found(real: Path) -> None:
    flights = find_flights(_log(real, "01"))
    assert len(flights) == 5
    for flight in flights:
        takeoff, landing = flight.parts[0], flight.parts[-1]
        assert (takeoff.kind, landing.kind) == (Part.TAKEOFF, Part.LANDING)
        (leg,) = [part for part in flight.parts if part.kind is Part.LEG]
        assert leg.length_s == pytest.approx(23.3, abs=2.0)
        assert leg.distance_m == pytest.approx(94.0, abs=4.0)


def test_a_crash_ends_the_log_in_flight(real: Path) -> None:
    (flight,) = find_flights(_log(real, "03"))
    assert not flight.landed
    legs = [part for part in flight.parts if part.kind is Part.LEG]
    assert [round(leg.distance_m, -1) for leg in legs[:2]] == [330.0, 210.0]


def test_a_log_before_the_fix_has_no_places_from_then(real: Path) -> None:
    lat = _log(real, "06").series[Quantity.LAT_DEG]
    assert lat.t_s[0] == pytest.approx(33.7, abs=0.5)
    assert abs(lat.values).min() > 35.0


@pytest.mark.parametrize("number", ["11", "13"])
def test_a_current_of_nothing_is_no_current(real: Path, number: str) -> None:
    log = _log(real, number)
    assert Quantity.CURRENT_A not in log.series
    assert any("no current" in note for note in log.notes)


def test_flights_ten_minutes_apart_are_two(real: Path) -> None:
    first, second = find_flights(_log(real, "09"))
    assert first.end_s < 45.0
    assert second.start_s > 670.0


def test_a_dji_table_in_feet_and_mph_is_read(real: Path) -> None:
    log = _log(real, "15")
    (flight,) = find_flights(log)
    assert float(flight.track.height_m.max()) == pytest.approx(55.8, abs=0.2)
    takeoff = flight.parts[0]
    assert takeoff.climb_m / takeoff.length_s == pytest.approx(2.6, abs=0.3)
    assert log.series[Quantity.CURRENT_A].values.min() > 0.0


def test_a_px4_log_is_read(real: Path) -> None:
    pytest.importorskip("pyulog")
    log = _log(real, "19")
    (flight,) = find_flights(log)
    assert log.firmware is not None
    assert log.firmware.startswith("PX4")
    assert float(flight.track.height_m.max()) == pytest.approx(9.9, abs=0.2)
    volt, amps = log.series[Quantity.VOLTAGE_V], log.series[Quantity.CURRENT_A]
    hover = amps.between(flight.start_s + 12.0, flight.start_s + 15.0)
    assert float((hover.values * volt.at(hover.t_s)).mean()) == pytest.approx(103.0, abs=5.0)


def test_a_log_without_any_time_is_timed_by_its_rate(real: Path) -> None:
    log = _log(real, "20")
    assert log.span_s[1] == pytest.approx(430.0, abs=1.0)
    assert any("10 times a second" in note for note in log.notes)
