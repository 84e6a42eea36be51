"""A log is read block by block: where a block ends changes nothing, and what is not needed costs nothing."""

from __future__ import annotations

import random
import struct
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from dfr.io.logs import blocks, dataflash
from dfr.io.logs.files import parse_log, read_log
from dfr.logs.flights import find_flights
from dfr.logs.model import FlightLog, Quantity

from .log_samples import SAMPLES, copter_46
from .test_fuzz import damage

MEGABYTE = 1_000_000


def assert_same(log: FlightLog, other: FlightLog) -> None:
    assert log.series.keys() == other.series.keys()
    for quantity, series in log.series.items():
        np.testing.assert_array_equal(series.t_s, other.series[quantity].t_s, quantity)
        np.testing.assert_array_equal(series.values, other.series[quantity].values, quantity)
    assert (log.events, log.missions, log.notes) == (other.events, other.missions, other.notes)
    assert (log.parameters, log.begins_at) == (other.parameters, other.begins_at)


@pytest.mark.parametrize("block_bytes", [509, 30_011])
@pytest.mark.parametrize("name", ["copter-4.6.bin", "copter-3.2.bin", "flight.tlog"])
def test_where_a_block_ends_changes_nothing(
    name: str, block_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = parse_log(SAMPLES[name], name="x")
    monkeypatch.setattr(blocks, "BLOCK_BYTES", block_bytes)
    assert_same(parse_log(SAMPLES[name], name="x"), whole)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("name", ["copter-4.6.bin", "copter-3.2.bin", "flight.tlog"])
def test_where_a_block_ends_changes_nothing_of_a_damaged_log(
    name: str, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = damage(SAMPLES[name], random.Random(seed))
    whole = parse_log(data, name="x")
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 4099)
    assert_same(parse_log(data, name="x"), whole)


def test_where_a_part_of_a_text_log_ends_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    text = text_log()
    whole = parse_log(text, name="x")
    monkeypatch.setattr(dataflash, "LINES", 7)
    assert_same(parse_log(text, name="x"), whole)


def text_log() -> bytes:
    """A log of Copter 3.0 as a ground station printed it: only GPS has a time."""
    lines = ["FMT, 130, 45, GPS, BIHBcLLeeEe, Status,Time,Week,NSats,HDop,Lat,Lng,RelAlt,Alt,Spd,GCrs"]
    lines += ["FMT, 4, 27, CTUN, hcefhhh, ThrIn,SonAlt,BarAlt,WPAlt,DesSonAlt,AngBst,ThrOut"]
    for i in range(60):
        lines.append(f"GPS, 3, {1000 * i}, 1700, 9, 1.2, 50.0, -1.0, {i / 10}, {10 + i / 10}, 1.0, 90.0")
        lines += [f"CTUN, 500, 0, {i / 10}, 0, 0, 0, {400 + part}" for part in range(3)]
    return "\n".join(lines).encode()


def read_with_peak(data: bytes, folder: Path) -> tuple[FlightLog, float]:
    """A log and the most memory that reading it and cutting it into flights took, MB."""
    path = folder / "log"
    path.write_bytes(data)
    find_flights(parse_log(SAMPLES["flight.tlog"], name="what is loaded once"))
    tracemalloc.start()
    log = read_log(path)
    find_flights(log)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return log, peak / MEGABYTE


def full_of(name: str, letters: str, columns: str, megabytes: float) -> bytes:
    """A flight's DataFlash log to which a message has been added that no figure needs."""
    made = copter_46()
    made.declare(name, letters, columns)
    row = struct.pack("<Q", 101_000_000) + bytes(struct.calcsize("<" + letters.replace("Q", "")))
    record = bytes([0xA3, 0x95, made.kind_of(name)]) + row
    return bytes(made.data) + record * int(megabytes * MEGABYTE / len(record))


WIDE = "Q" + "d" * 14
NAMES = "TimeUS," + ",".join("abcdefghijklmn")


@pytest.mark.parametrize("name", ["IMU", "XYZ"])
def test_what_no_figure_needs_of_a_dataflash_log_takes_no_memory(name: str, tmp_path: Path) -> None:
    log, peak_mb = read_with_peak(full_of(name, WIDE, NAMES, 8.0), tmp_path)
    assert len(log.series[Quantity.ROLL_RAD].t_s) > 900
    assert peak_mb < 6.0


def long_table() -> bytes:
    """A table with a column of notes that nothing needs."""
    header, _, rows = SAMPLES["airdata.csv"].partition(b"\n")
    return header + b",note\n" + rows.rstrip().replace(b"\n", b"," + b"x" * 2_500 + b"\n")


def long_track() -> bytes:
    """A track with extensions that nothing needs."""
    extension = b"<extensions><note>" + b"x" * 50_000 + b"</note></extensions></trkpt>"
    return SAMPLES["track.gpx"].replace(b"</trkpt>", extension)


@pytest.mark.parametrize("made", [long_table, long_track])
def test_a_long_text_is_not_held(made: Callable[[], bytes], tmp_path: Path) -> None:
    data = made()
    assert len(data) > 2.4 * MEGABYTE
    _, peak_mb = read_with_peak(data, tmp_path)
    assert peak_mb < 4.0


def test_packets_of_a_telemetry_log_are_not_held(tmp_path: Path) -> None:
    data = SAMPLES["flight.tlog"] * 2
    _, peak_mb = read_with_peak(data, tmp_path)
    assert peak_mb < 3.0
