"""Logs of calls of any layout: times past midnight and across clock changes, duplicates, what is refused."""

from __future__ import annotations

import math
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from dfr.errors import InputError
from dfr.io import sheets
from dfr.io.call_columns import CallColumn, ColumnMatch
from dfr.io.call_dates import DateOrder
from dfr.io.call_logs import (
    CLOCKS,
    EQUAL,
    CallLog,
    middle_of_calls,
    read_call_log,
    read_seconds,
    seconds_after,
)
from dfr.io.flight_tables import FlightRecords, read_flight_log
from tests.shipped import world_of

LONDON = ZoneInfo("Europe/London")
HEAD = "call time,zone,priority,arrived,cleared,disposition\n"


def _write(folder: Path, text: str | bytes) -> Path:
    path = folder / "log.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def _read(folder: Path, text: str | bytes, **options: object) -> CallLog:
    return read_call_log(_write(folder, text), world_of("victorious-2024").scenario, **options)  # type: ignore[arg-type]


def test_times_after_the_call_are_read_as_moments_clocks_and_seconds(tmp_path: Path) -> None:
    rows = "2024-08-24 23:50,castle,immediate,2024-08-25 00:05,00:35,\n"
    rows += "2024-08-24 10:00,castle,prompt,10:07:30,,\n"
    table = _read(tmp_path, HEAD + rows).table
    assert table.arrived_s.tolist() == [450.0, 900.0]
    assert table.cleared_s[1] == 2700.0
    assert math.isnan(table.cleared_s[0])


def test_a_clock_before_that_of_the_call_is_of_the_next_day() -> None:
    called = datetime(2024, 8, 24, 23, 50, tzinfo=LONDON)
    assert seconds_after("00:05", called, DateOrder.ISO, LONDON) == 900.0
    assert seconds_after("23:50:00", called, DateOrder.ISO, LONDON) == 0.0


def test_an_hour_that_the_clocks_skip_is_no_hour_of_waiting() -> None:
    """The clocks went from 01:00 to 02:00: what looks like 70 minutes was 10."""
    called = datetime(2024, 3, 31, 0, 55, tzinfo=LONDON)
    assert seconds_after("2024-03-31 02:05", called, DateOrder.ISO, LONDON) == 600.0


def test_rows_in_an_hour_that_the_clocks_show_twice_are_left_out_and_told(tmp_path: Path) -> None:
    rows = "2024-10-27 01:30,castle,immediate,,,\n2024-10-27 03:30,castle,immediate,,,\n"
    log = _read(tmp_path, HEAD + rows)
    assert len(log.table) == 1
    assert f"1 row left out: {CLOCKS}" in log.notes


def test_rows_of_one_incident_are_one_call_with_its_first_arrival_and_last_clearing(tmp_path: Path) -> None:
    head = "incident number,call time,zone,priority,arrived,cleared\n"
    rows = (
        "7,2024-08-24 10:00,castle,immediate,10:09,10:40\n7,2024-08-24 10:00,castle,immediate,10:05,10:20\n"
        "7,2024-08-24 10:01,castle,immediate,,11:00\n8,2024-08-24 10:00,castle,prompt,,\n"
    )
    log = _read(tmp_path, head + rows)
    assert len(log.table) == 2
    first = int(np.argmin(log.table.grade))
    assert (log.table.arrived_s[first], log.table.cleared_s[first]) == (300.0, 3600.0)
    assert any("another row has too" in note for note in log.notes)


def test_equal_rows_are_one_call_only_where_their_columns_can_tell(tmp_path: Path) -> None:
    """Three calls of one hour look alike in a table that holds no more than hour, zone and grade."""
    row = "2024-08-24 10:00,castle,immediate"
    short = _read(tmp_path, "time,zone,priority\n" + 3 * f"{row}\n")
    assert len(short.table) == 3
    full = _read(tmp_path, HEAD + 3 * f"{row},10:05,10:20,\n")
    assert len(full.table) == 1
    assert f"2 rows left out: {EQUAL}" in full.notes


def test_cancelled_and_duplicate_calls_are_marked(tmp_path: Path) -> None:
    rows = (
        "2024-08-24 10:00,castle,immediate,,10:09,Cancelled by caller\n"
        "2024-08-24 11:00,castle,immediate,11:05,11:30,Duplicate call\n"
    )
    table = _read(tmp_path, HEAD + rows).table
    assert table.cancelled.tolist() == [True, False]
    assert table.duplicate.tolist() == [False, True]


def test_points_of_open_data_portals_are_places(tmp_path: Path) -> None:
    rows = (
        '2024-08-24 10:00,immediate,"(50.7796, -1.0905)"\n2024-08-24 11:00,prompt,POINT (-1.0905 50.7796)\n'
    )
    text = "call time,priority,Location\n" + rows
    log = _read(tmp_path, text)
    castle = [zone.id for zone in log.zones].index("castle")
    assert log.table.zone.tolist() == [castle, castle]
    assert "point: column 'Location'" in log.guessed


def test_a_column_named_location_with_names_of_zones_still_names_zones(tmp_path: Path) -> None:
    log = _read(tmp_path, "call time,priority,Location\n2024-08-24 10:00,immediate,castle\n")
    assert "zone: column 'Location'" in log.guessed


HOSTILE = "<script>alert(1)</script>\x1b[31m =cmd|'/C calc'!A0"


def test_nothing_of_a_row_is_in_what_is_told_of_it(tmp_path: Path) -> None:
    rows = f'"{HOSTILE}",castle,immediate,,,\n2024-08-24 10:00,castle,"{HOSTILE}",99:99,{HOSTILE},\n'
    log = _read(tmp_path, HEAD + rows)
    told = " ".join((*log.notes, log.source, *log.guessed))
    assert "script" not in told
    assert "\x1b" not in told
    assert "calc" not in told
    assert "1 row left out: its date or time cannot be read" in log.notes
    assert log.table.grade.tolist() == [-1]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no row with two cells"),
        ("a,b\n1,2\n", "which column tells when"),
        (HEAD, "no row can be read"),
        (HEAD + "yesterday,castle,immediate,,,\n", "date or time cannot be read"),
        (HEAD + "03/04/2024 10:00,castle,immediate,,,\n", "day first or month first"),
        (HEAD + '"2024-08-24 10:00,castle\n', "not CSV"),
        (b"\x00\x01" + HEAD.encode(), "neither text nor an Excel workbook"),
    ],
)
def test_a_log_that_cannot_be_used_is_refused_in_words(tmp_path: Path, text: str | bytes, words: str) -> None:
    with pytest.raises(InputError, match=words):
        _read(tmp_path, text)


def test_a_column_that_is_not_there_is_refused_with_those_that_are(tmp_path: Path) -> None:
    path = _write(tmp_path, HEAD + "2024-08-24 10:00,castle,immediate,,,\n")
    scenario = world_of("victorious-2024").scenario
    with pytest.raises(InputError, match="no column 'nowhere' for arrived"):
        read_call_log(path, scenario, further={"arrived": "nowhere"})
    with pytest.raises(InputError, match="no column 'nowhere' for grade"):
        read_call_log(path, scenario, match=ColumnMatch(columns={CallColumn.GRADE: "nowhere"}))


def test_one_row_is_a_log(tmp_path: Path) -> None:
    log = _read(tmp_path, HEAD + "2024-08-24 10:00,castle,immediate,10:05,10:30,\n")
    assert log.source == "1 call of 2024-08-24 to 2024-08-24 in log.csv"


def test_a_long_log_is_read_as_a_short_one_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = "".join(
        f"2024-08-{day:02d} {hour:02d}:15,castle,immediate,,,\n" for day in range(1, 29) for hour in range(24)
    )
    text = "Calls of August\n\n" + HEAD + rows
    short = _read(tmp_path, text)
    monkeypatch.setattr(sheets, "MAX_SHEET_BYTES", 1000)
    long = _read(tmp_path, text)
    assert isinstance(sheets.open_sheet(tmp_path / "log.csv"), sheets.LongSheet)
    assert np.array_equal(short.table.t_s, long.table.t_s)
    assert short.notes == long.notes
    monkeypatch.setattr(sheets, "MAX_LONG_ROWS", 100)
    with pytest.raises(InputError, match="more than 100 rows"):
        _read(tmp_path, text)


READ = """
import resource, sys
from pathlib import Path
from dfr.io.call_logs import read_call_log
from dfr.io.scenario_files import find_scenario, load_scenario
log = read_call_log(Path(sys.argv[1]), load_scenario(find_scenario("victorious-2024")))
print(len(log.table), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


@pytest.mark.slow
def test_two_million_rows_need_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    with path.open("w") as file:
        file.write("call time,zone,priority,arrived,remark,operator\n")
        for number in range(2_000_000):
            minute, hour, day = number % 60, number // 60 % 24, number // 1440 % 28 + 1
            month, year = number // 40_320 % 12 + 1, 2019 + number // 483_840
            at = f"{hour:02d}:{minute:02d}"
            file.write(f"{year}-{month:02d}-{day:02d} {at}Z,castle,immediate,{at},remark {number},7\n")
    done = subprocess.run(
        [sys.executable, "-c", READ, str(path)], capture_output=True, text=True, check=True, timeout=1800
    )
    calls, peak_mib = map(int, done.stdout.split())
    assert calls == 2_000_000
    assert peak_mib < 1400


def test_the_middle_of_calls_is_that_of_most_of_them(tmp_path: Path) -> None:
    rows = "".join(f"2024-08-24 10:{minute:02d},50.78,{-1.09 - minute * 1e-5:.5f}\n" for minute in range(60))
    path = _write(tmp_path, "call time,lat,lon\n" + rows + "2024-08-25 10:00,0,0\n")
    middle, away_m, first, last = middle_of_calls(path)
    assert middle.lat_deg == pytest.approx(50.78)
    assert away_m < 100.0
    assert (first.day, last.day) == (24, 24)


def test_what_is_drawn_round_few_calls_would_show_where_they_were(tmp_path: Path) -> None:
    text = "call time,priority,lat,lon\n" + "2024-08-24 10:00,immediate,50.78,-1.09\n"
    with pytest.raises(InputError, match="shows where they were"):
        middle_of_calls(_write(tmp_path, text))
    with pytest.raises(InputError, match="shows where they were"):
        _read(tmp_path, text, zones=1)


def test_seconds_are_read_from_numbers_and_clocks() -> None:
    assert read_seconds("90,5") == 90.5
    assert math.isnan(read_seconds("soon"))
    assert math.isnan(read_seconds("inf"))
    assert read_seconds("0:15:00") == 900.0


def test_a_clock_of_two_parts_is_unknown_unless_its_column_says_which_they_are(tmp_path: Path) -> None:
    """0:15 is 15 minutes as h:mm and 15 seconds as m:ss: spreadsheets show both alike."""
    rows = "2024-08-24 10:00,0:15\n"
    for column, length_s in (("duration (h:mm)", 900.0), ("duration [mm:ss]", 15.0)):
        found = _fly(tmp_path, f"takeoff,{column}\n{rows}", columns={"length": column})
        assert found.table.length_s.tolist() == [length_s]
    found = _fly(tmp_path, f"takeoff,duration min\n{rows}")
    assert np.isnan(found.table.length_s).all()
    assert any("length: 1 cell not read" in note and "h:mm" in note for note in found.notes)
    log = _read(tmp_path, "call time,zone,priority,on scene s\n2024-08-24 10:00,castle,prompt,0:15\n")
    assert np.isnan(log.table.on_scene_s).all()
    assert any("on_scene_s: 1 cell not read" in note and "h:mm" in note for note in log.notes)


def test_a_comma_before_three_digits_is_no_decimal_one(tmp_path: Path) -> None:
    """1,234 is 1234 to one office and 1.234 to another."""
    assert math.isnan(read_seconds("1,234"))
    assert (read_seconds("0,234"), read_seconds("1,23"), read_seconds("1,2345")) == (0.234, 1.23, 1.234)
    log = _read(tmp_path, 'call time,zone,priority,on scene s\n2024-08-24 10:00,castle,prompt,"1,234"\n')
    assert any("on_scene_s: 1 cell not read" in note for note in log.notes)


def test_times_of_a_column_in_utc_are_in_utc(tmp_path: Path) -> None:
    """In summer London is an hour ahead, and past midnight a day too."""
    flown = _fly(tmp_path, "takeoff utc,landing utc\n2024-08-24 23:30,23:45\n")
    assert flown.table.t_s.tolist() == [datetime(2024, 8, 25, 0, 30, tzinfo=LONDON).timestamp()]
    assert (flown.table.hour.tolist(), flown.table.length_s.tolist()) == ([0], [900.0])
    assert "times in 'takeoff utc' are UTC, as its name says" in flown.notes
    mixed = _fly(tmp_path, "takeoff utc,landing\n2024-08-24 10:30,11:45\n")
    assert mixed.table.length_s.tolist() == [900.0]
    assert any(
        note.startswith("times in 'landing' without an offset are taken as local") for note in mixed.notes
    )
    called = _read(
        tmp_path, "time created utc,zone,priority,arrived\n2024-08-24 23:30,castle,prompt,2024-08-25 00:40\n"
    )
    assert called.table.hour.tolist() == [0]
    assert called.table.arrived_s.tolist() == [600.0]
    assert "times in 'time created utc' are UTC, as its name says" in called.notes


FLIGHTS = "takeoff,landing,purpose,overhead,left scene,cleared without patrol\n"


def _fly(folder: Path, text: str, **options: object) -> FlightRecords:
    path = folder / "flights.csv"
    path.write_text(text, encoding="utf-8")
    return read_flight_log(path, zone=LONDON, **options)  # type: ignore[arg-type]


def test_a_log_of_flights_is_read_with_its_times_purposes_and_clearing(tmp_path: Path) -> None:
    rows = (
        "2024-08-24T22:50:00Z,2024-08-24T23:10:00Z,Call for service,22:52:00,23:05:00,yes\n"
        "2024-08-24 23:50,00:08,Call for service,23:52,00:02,no\n,,Training,,,\n"
    )
    table = _fly(tmp_path, FLIGHTS.replace("overhead", "x") + rows.replace("22:52:00,23:05:00", ",")).table
    assert table.length_s.tolist() == [1200.0, 1080.0]
    assert table.cleared.tolist() == [1, 0]
    assert table.hour.tolist() == [23, 23]
    assert table.purposes == ("Call for service",)


def test_lengths_of_flights_are_in_the_unit_of_their_column(tmp_path: Path) -> None:
    rows = "2024-08-24,10:00,13.5\n2024-08-24,11:00,20\n"
    minutes = _fly(tmp_path, "flight date,takeoff time,duration min\n" + rows).table
    seconds = _fly(tmp_path, "flight date,takeoff time,duration s\n" + rows).table
    assert minutes.length_s.tolist() == [810.0, 1200.0]
    assert seconds.length_s.tolist() == [13.5, 20.0]


@pytest.mark.parametrize(
    ("column", "length_s"),
    [
        ("Duration (seconds)", 780.0),
        ("Duration [sec]", 780.0),
        ("Duration (min)", 46_800.0),
        ("Duration (h)", 2.808e6),
    ],
)
def test_a_unit_in_brackets_is_the_unit(tmp_path: Path, column: str, length_s: float) -> None:
    text = f"takeoff,{column}\n2024-08-24 10:00,780\n"
    log = _fly(tmp_path, text, columns={"length": column})
    assert log.table.length_s.tolist() == [length_s]
    assert not any("taken as minutes" in note for note in log.notes)


def test_a_length_without_a_unit_is_taken_as_minutes_and_that_is_said(tmp_path: Path) -> None:
    log = _fly(tmp_path, "takeoff,duration\n2024-08-24 10:00,13\n")
    assert log.table.length_s.tolist() == [780.0]
    assert (
        "length of a flight: numbers in 'duration' are taken as minutes (assumed): it names no unit"
        in log.notes
    )


def test_a_dispatch_is_not_taken_for_the_call(tmp_path: Path) -> None:
    """What came before the dispatch would be missing in the time from the call."""
    log = _fly(tmp_path, "dispatched,takeoff,overhead\n2024-08-24 10:00,2024-08-24 10:01,2024-08-24 10:03\n")
    assert np.isnan(log.table.response_s).all()
    assert log.table.to_scene_s.tolist() == [120.0]


def test_a_log_of_flights_without_take_offs_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="which column tells the take-off"):
        _fly(tmp_path, "pilot,drone\nA,B\n")
    with pytest.raises(InputError, match="no flight can be read"):
        _fly(tmp_path, FLIGHTS + "soon,,,,,\n")
    with pytest.raises(InputError, match="flight-columns pilot"):
        _fly(tmp_path, FLIGHTS + "2024-08-24 10:00,,,,,\n", columns={"pilot": "takeoff"})
