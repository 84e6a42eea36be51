"""One flight, written in each format, reads as the same flight."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from dfr.errors import InputError
from dfr.io.logs.files import read_log
from dfr.logs.flights import find_flights
from dfr.logs.model import EventKind, FlightLog, Quantity
from dfr.logs.parts import Part

from .log_samples import (
    EPOCH_S,
    LIFT_S,
    SAMPLES,
    TOUCH_S,
    airdata,
    copter_32,
    copter_46,
    tlog,
    ulog,
)


def _read(folder: Path, name: str, data: bytes | bytearray, *, system: int | None = None) -> FlightLog:
    path = folder / name
    path.write_bytes(data)
    return read_log(path, system=system)


@pytest.mark.parametrize("name", SAMPLES)
def test_every_format_tells_the_same_flight(name: str, tmp_path: Path) -> None:
    log = _read(tmp_path, name, SAMPLES[name])
    (flight,) = find_flights(log)
    assert flight.start_s == pytest.approx(LIFT_S, abs=1.5)
    assert flight.end_s == pytest.approx(TOUCH_S, abs=9.0)
    assert flight.home is not None
    assert flight.home.lat_deg == pytest.approx(50.7826, abs=2e-6)
    assert float(flight.track.height_m.max()) == pytest.approx(20.0, abs=0.1)
    assert float(flight.track.north_m.max()) == pytest.approx(94.0, abs=0.5)
    kinds = [part.kind for part in flight.parts]
    assert kinds[0] is Part.TAKEOFF
    assert kinds[-1] is Part.LANDING
    assert Part.LEG in kinds
    assert Part.RETURN in kinds
    out = next(part for part in flight.parts if part.kind is Part.LEG)
    assert out.distance_m == pytest.approx(94.0, abs=3.0)
    assert out.length_s == pytest.approx(19.0, abs=2.0)


def test_a_current_that_px4_does_not_know_is_none(tmp_path: Path) -> None:
    log = _read(tmp_path, "a.ulg", ulog(current_known=False))
    assert Quantity.VOLTAGE_V in log.series
    assert Quantity.CURRENT_A not in log.series
    assert not log.notes
    assert [flight.track.energy_wh for flight in find_flights(log)] == [None]


def test_an_empty_file_is_said_to_be_empty(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the file is empty"):
        _read(tmp_path, "a.bin", b"")


def test_a_log_of_copter_4_has_its_own_units_made_si(tmp_path: Path) -> None:
    log = _read(tmp_path, "a.bin", copter_46().data)
    assert log.firmware == "ArduCopter 4.6.3 (3fc7011a)"
    assert log.parameters == {"WPNAV_SPEED": 500.0}
    assert log.series[Quantity.ROLL_RAD].values[0] == pytest.approx(np.radians(1.0))
    assert log.series[Quantity.CLIMB_MPS].values.max() == pytest.approx(2.0)
    assert log.series[Quantity.VOLTAGE_V].values[0] == pytest.approx(22.0)
    assert set(log.series[Quantity.BATTERY_C].values) == {31.5}
    assert log.series[Quantity.WIND_NORTH_MPS].values[0] == pytest.approx(3.0)
    assert log.begins_at == datetime(2024, 8, 25, 0, 1, 22, tzinfo=UTC)


def test_a_height_above_terrain_counts_once_the_autopilot_has_terrain(tmp_path: Path) -> None:
    writer = copter_46()
    writer.declare("TERR", "QBffHH", "TimeUS,Status,TerrH,CHeight,Pending,Loaded")
    for i, (height_m, loaded) in enumerate([(0.0, 0), (20.5, 1), (21.0, 8)]):
        writer.write("TERR", 101_000_000 + 1e6 * i, 2, 4.0, height_m, 0, loaded)
    terrain = _read(tmp_path, "a.bin", writer.data).series[Quantity.HEIGHT_M_TERRAIN]
    assert terrain.values.tolist() == [20.5, 21.0]
    assert terrain.t_s.tolist() == pytest.approx([101.0, 102.0])


@pytest.mark.parametrize("name", SAMPLES)
def test_no_series_of_a_log_can_be_changed_in_place(name: str, tmp_path: Path) -> None:
    """Quantities of one message share their array of times."""
    for series in _read(tmp_path, name, SAMPLES[name]).series.values():
        with pytest.raises(ValueError, match="read-only"):
            series.t_s[0] = 1.0
        with pytest.raises(ValueError, match="read-only"):
            series.values[0] = 0.0


def test_a_log_of_copter_3_2_times_what_has_no_time_by_its_neighbours(tmp_path: Path) -> None:
    log = _read(tmp_path, "a.bin", copter_32().data)
    assert log.firmware == "ArduCopter 3.2.1 (36b405fb)"
    assert log.series[Quantity.VOLTAGE_V].values[0] == pytest.approx(22.0)
    assert log.series[Quantity.CURRENT_A].values.max() == pytest.approx(20.0)
    assert log.series[Quantity.THROTTLE].values.max() == pytest.approx(0.4)
    modes = {e.text: e.t_s for e in log.events if e.kind is EventKind.MODE}
    assert modes["RTL"] == pytest.approx(51.0, abs=0.11)
    assert log.series[Quantity.LAT_DEG].t_s[-1] == pytest.approx(100.0)


def test_a_wind_of_exactly_nothing_is_no_estimate(tmp_path: Path) -> None:
    writer = copter_46()
    still = bytes(writer.data).replace(b"\x2c\x01\x70\xfe", b"\x00\x00\x00\x00")
    assert still != bytes(writer.data)
    log = _read(tmp_path, "a.bin", still)
    assert Quantity.WIND_NORTH_MPS not in log.series


def test_feet_and_metres_are_the_same_flight(tmp_path: Path) -> None:
    feet, metres = (_read(tmp_path, "a.csv", airdata(feet=feet)) for feet in (True, False))
    for quantity in (Quantity.HEIGHT_M_HOME, Quantity.SPEED_MPS, Quantity.CLIMB_MPS):
        np.testing.assert_allclose(feet.series[quantity].values, metres.series[quantity].values, atol=1e-3)
    assert metres.series[Quantity.CURRENT_A].values.max() == pytest.approx(20.0)


def test_a_column_without_a_unit_is_left_out_and_said(tmp_path: Path) -> None:
    log = _read(tmp_path, "a.csv", airdata(feet=True).replace(b"speed(mph)", b"speed", 1))
    assert Quantity.SPEED_MPS not in log.series
    assert any("'speed'" in note and "unit" in note for note in log.notes)


def test_a_restart_in_flight_does_not_turn_the_clock_back(tmp_path: Path) -> None:
    log = _read(tmp_path, "a.tlog", tlog(restart_at_s=30.0))
    assert log.span_s[1] == pytest.approx(100.0, abs=1.0)
    assert [e.t_s for e in log.events if e.kind is EventKind.RESTART] == [pytest.approx(30.0, abs=1.0)]
    t_s = log.series[Quantity.LAT_DEG].t_s
    assert np.all(np.diff(t_s) >= 0.0)
    (flight,) = find_flights(log)
    assert flight.end_s == pytest.approx(93.0, abs=2.0)


def test_the_stamps_of_a_tlog_date_it(tmp_path: Path) -> None:
    log = _read(tmp_path, "a.tlog", tlog())
    assert log.begins_at is not None
    assert log.begins_at.timestamp() == pytest.approx(EPOCH_S, abs=1.0)


def test_one_of_two_systems_is_read_and_the_other_can_be_chosen(tmp_path: Path) -> None:
    both = tlog(systems=(1, 7))
    first, second = _read(tmp_path, "a.tlog", both), _read(tmp_path, "a.tlog", both, system=7)
    assert (first.systems, second.systems) == ((1, 7), (7, 1))
    assert second.series[Quantity.LON_DEG].values[0] - first.series[Quantity.LON_DEG].values[0] > 0.01
    with pytest.raises(InputError, match="no system 3 in it -> choose one of: 1, 7"):
        _read(tmp_path, "a.tlog", both, system=3)


def test_a_pause_of_the_telemetry_is_a_gap(tmp_path: Path) -> None:
    whole = tlog()
    frame = len(whole) // 401
    log = _read(tmp_path, "a.tlog", whole[: 120 * frame] + whole[200 * frame :])
    (gap,) = log.gaps
    assert gap.length_s == pytest.approx(20.0, abs=1.5)
