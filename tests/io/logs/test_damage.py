"""Damaged, foreign and hostile logs: what is readable is kept and told; nothing but InputError is raised."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfr.errors import InputError
from dfr.io.logs.files import read_log
from dfr.logs.flights import find_flights
from dfr.logs.health import assess_health
from dfr.logs.model import FlightLog, Quantity

from ...examples import examples
from .dataflash_writer import DataflashWriter
from .log_samples import LIFT_S, SAMPLES, copter_46, copter_46_printed, tlog

FMT = bytes([0xA3, 0x95, 0x80])


def _read(folder: Path, data: bytes | bytearray) -> FlightLog:
    path = folder / "log"
    path.write_bytes(data)
    return read_log(path)


def test_junk_between_records_is_stepped_over_and_counted(tmp_path: Path) -> None:
    good = bytes(copter_46().data)
    cut = good.index(bytes([0xA3, 0x95]), len(good) // 2)
    log = _read(tmp_path, good[:cut] + b"\xa3\x95\xff" + bytes(range(97)) + good[cut:])
    assert "100 bytes left out: no record begins there" in log.notes
    assert len(log.series[Quantity.LAT_DEG].t_s) == len(_read(tmp_path, good).series[Quantity.LAT_DEG].t_s)


def test_a_header_within_junk_swallows_no_record(tmp_path: Path) -> None:
    writer = copter_46()
    good = bytes(writer.data)
    cut = good.index(bytes([0xA3, 0x95, writer.kind_of("POS")]), len(good) // 2)
    log = _read(tmp_path, good[:cut] + b"\0" + good[cut : cut + 5] + b"\0\0" + good[cut:])
    assert "8 bytes left out: no record begins there" in log.notes
    for quantity, series in _read(tmp_path, good).series.items():
        np.testing.assert_array_equal(log.series[quantity].values, series.values)


def test_one_bad_description_does_not_lose_the_file(tmp_path: Path) -> None:
    good = bytes(copter_46().data)
    bad = FMT + bytes([5, 9]) + b"\xff" * 84
    log = _read(tmp_path, good + bad + good[len(good) // 2 :])
    assert any("FMT" in note for note in log.notes)
    assert find_flights(log)


def test_a_log_that_ends_in_the_middle_of_a_record_is_read_to_there(tmp_path: Path) -> None:
    good = bytes(copter_46().data)
    log = _read(tmp_path, good[: len(good) // 2 + 5])
    (flight,) = find_flights(log)
    assert not flight.landed


def test_a_mode_without_number_or_name_does_not_lose_the_log(tmp_path: Path) -> None:
    writer = DataflashWriter()
    writer.declare("CTUN", "Qff", "TimeUS,ThO,Alt")
    writer.declare("MODE", "Qf", "TimeUS,Mode")
    for i in range(20):
        writer.write("CTUN", i * 1e5, 0.4, 5.0)
    writer.write("MODE", 1e6, float("nan"))
    log = _read(tmp_path, writer.data)
    assert [event.text for event in log.events] == ["a mode that damage hides"]


def test_a_printed_log_whose_first_time_is_unreadable_is_read(tmp_path: Path) -> None:
    good = copter_46_printed()
    log = _read(
        tmp_path,
        good.replace(b"MSG, 1000000,", b"MSG, 1O00000,", 1).replace(b"PARM, 1000000,", b"PARM, ,", 1),
    )
    (flight,) = find_flights(log)
    assert flight.start_s == pytest.approx(LIFT_S, abs=1.5)
    assert any(note.startswith("2 records left out") for note in log.notes)


@pytest.mark.parametrize(
    ("record", "damaged"),
    [
        (b"ERR, 101000000, 5, 1", b"ERR, 101000000, x, "),
        (b"MODE, 52000000.0, 6, 6, 1", b"MODE, 52000000.0, inf, 1e400, 1"),
        (b"CMD, 101000000, 3, 0, 16,", b"CMD, 101000000, 3, 0, ,"),
        (b"MISE, 101000000, 1,", b"MISE, 101000000, inf,"),
        (b"ARM, 101000000, 0", b"ARM, 101000000, nan"),
        (
            b"GPS, 1000000.0, 0, 4, 100000.0, 2329, 14, 0.7, 50.7826, -1.0893, 4.0, 0.0, 0.0,",
            b"GPS, 1000000.0, 0, 4, 100000.0, 2329, 14, 0.7, 50.7826, -1.0893, 4.0, 1e400, inf,",
        ),
        (b"BAT, 1000000.0, 1, 11.0,", b"BAT, 1000000.0, x, 11.0,"),
    ],
)
def test_a_number_that_is_none_costs_no_more_than_its_record(
    record: bytes, damaged: bytes, tmp_path: Path
) -> None:
    good = copter_46_printed()
    assert good.count(record) == 1, record
    log = _read(tmp_path, good.replace(record, damaged))
    assert len(find_flights(log)) == 1
    assert set(log.series[Quantity.BATTERY_C].values) == {31.5}


def test_an_item_that_has_no_number_for_a_setting_is_still_an_item(tmp_path: Path) -> None:
    """Pitch and yaw of a gimbal may be told as no number."""
    good = copter_46_printed().replace(b"3, 1, 16, 0, 0, 0, 0,", b"3, 1, 1000, nan, 0, 0, 0,")
    ((_, item, _),) = _read(tmp_path, good).missions
    assert item.command == 1000
    assert np.isnan(item.params[0])


def test_what_has_no_time_is_left_out_and_counted(tmp_path: Path) -> None:
    point = b'<trkpt lat="50.0" lon="-1.0"></trkpt>'
    for count, said in ((1, "1 point without a time left out"), (2, "2 points without a time left out")):
        log = _read(tmp_path, SAMPLES["track.gpx"].replace(b"<trkseg>", b"<trkseg>" + count * point, 1))
        assert said in log.notes


def test_a_single_wild_time_is_not_believed(tmp_path: Path) -> None:
    writer = copter_46()
    writer.write("POS", 9e15, 50.0, -1.0, 0.0, 0.0, 0.0)
    for i in range(5):
        writer.write("POS", 101_100_000 + i, 50.7826, -1.0893, 4.0, 0.0, 0.0)
    log = _read(tmp_path, writer.data)
    assert log.span_s[1] < 101.0
    assert any(note.startswith("1 record left out") for note in log.notes)


def test_places_without_a_fix_are_no_places(tmp_path: Path) -> None:
    log = DataflashWriter()
    log.declare("GPS", "QBLLe", "TimeUS,Status,Lat,Lng,Alt")
    log.declare("CTUN", "Qff", "TimeUS,ThO,Alt")
    for i in range(20):
        fixed = i >= 10
        lat_deg = 50.0 if fixed else 12.0
        log.write("GPS", i * 1e5, 3 if fixed else 1, lat_deg, 1.0, 5.0 if fixed else 900.0)
        log.write("CTUN", i * 1e5, 0.0, 0.0)
    found = _read(tmp_path, log.data)
    assert set(found.series[Quantity.LAT_DEG].values) == {50.0}
    assert set(found.series[Quantity.ALTITUDE_M_AMSL].values) == {5.0}


def test_garbage_in_a_tlog_is_stepped_over(tmp_path: Path) -> None:
    good = tlog()
    frame = len(good) // 401 * 100
    log = _read(tmp_path, good[:frame] + b"\xfd\x09" + bytes(300) + good[frame:])
    assert any("bytes left out" in note for note in log.notes)
    assert log.span_s[1] == pytest.approx(100.0, abs=1.0)


def test_a_px4_log_is_read_up_to_where_it_breaks(tmp_path: Path) -> None:
    good = SAMPLES["px4.ulg"]
    broken = good[: len(good) // 2] + b"\xff" * 50 + good[len(good) // 2 :]
    log = _read(tmp_path, broken)
    assert any("damaged from there on" in note for note in log.notes)
    assert 40.0 < log.span_s[1] < 60.0


def test_a_time_years_after_the_first_is_left_out(tmp_path: Path) -> None:
    good = SAMPLES["px4.ulg"]
    stamp = (5_000_000 + 50_000_000).to_bytes(8, "little")
    assert stamp in good
    log = _read(tmp_path, good.replace(stamp, (2**62).to_bytes(8, "little")))
    assert log.span_s[1] == pytest.approx(100.0, abs=0.2)
    assert any(note.startswith("lat_deg: 1 value left out") for note in log.notes)
    assert find_flights(log)


def test_a_px4_log_without_its_second_part_ends(tmp_path: Path) -> None:
    good = SAMPLES["px4.ulg"]
    with pytest.raises(InputError):
        _read(tmp_path, good[:300] + b"D" * 40)


@pytest.mark.parametrize(
    "data", [b"", b"PK\x03\x04", b"hello\n", bytes(1000), b"<kml></kml>", b"latitude,longitude\n1,2\n"]
)
def test_what_is_no_flight_log_is_refused_with_what_to_give(data: bytes, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="->"):
        _read(tmp_path, data)


def test_an_entity_bomb_in_gpx_is_refused(tmp_path: Path) -> None:
    bomb = b'<!DOCTYPE gpx [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><gpx><trk>&b;</trk></gpx>'
    with pytest.raises(InputError, match="entities are refused"):
        _read(tmp_path, bomb)


@examples(60)
@given(
    name=st.sampled_from(sorted(SAMPLES)),
    cuts=st.lists(st.tuples(st.floats(0.0, 1.0), st.binary(max_size=40), st.integers(0, 40)), max_size=4),
)
def test_no_damage_makes_a_reader_fail_otherwise(
    name: str, cuts: list[tuple[float, bytes, int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    data = SAMPLES[name]
    for share, put_in, left_out in cuts:
        at = int(share * len(data))
        data = data[:at] + put_in + data[at + left_out :]
    try:
        log = _read(tmp_path_factory.mktemp("damaged"), data)
    except InputError:
        return
    assess_health(log, find_flights(log))
