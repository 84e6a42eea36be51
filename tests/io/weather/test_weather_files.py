"""A scenario's weather from reports and forecasts."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from dfr.errors import InputError
from dfr.io.scenario_files import find_scenario, load_scenario
from dfr.io.weather.files import WeatherFiles, weather_kind, with_weather
from dfr.io.weather.forecast import read_forecast
from dfr.scenario.model import Scenario

LONDON = ZoneInfo("Europe/London")
NOON = datetime(2024, 8, 24, 12, tzinfo=LONDON)


@pytest.fixture(scope="module")
def victorious() -> Scenario:
    return load_scenario(find_scenario("victorious-2024"))


def file(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_report_stands_before_a_taf_and_a_taf_before_the_scenario(tmp_path, victorious):
    metar = file(tmp_path, "metar.txt", "EGHI 241120Z 24010KT 9999 18/12 Q1007=\n")
    taf = file(tmp_path, "taf.txt", "TAF EGHI 241000Z 2411/2414 20020G32KT 5000 RA=\n")
    found = with_weather(victorious, WeatherFiles(metar=metar, taf=taf)).weather
    rows = {row.start: row for row in found.hours}
    own = {row.start: row for row in victorious.weather.hours}
    observed, forecast = rows[NOON], rows[NOON.replace(hour=13)]
    assert observed.wind_mps == pytest.approx(5.14, abs=0.01)
    assert observed.gust_mps is None
    assert forecast.gust_mps == pytest.approx(16.46, abs=0.01)
    assert forecast.rain_mm_h == 5.0
    assert forecast.temperature_c == own[NOON.replace(hour=13)].temperature_c
    assert rows[NOON.replace(hour=18)] == own[NOON.replace(hour=18)]
    assert found.qnh_hpa == 1007.0
    assert "METAR EGHI" in found.source
    assert "TAF EGHI" in found.source


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("taf", "TAF EGHI 241000Z 2411/2418 20020KT 5000=\n"),
        ("metar", "EGHI 241120Z 24010KT 9999 18/12 Q1007=\n"),
    ],
)
def test_the_report_of_today_is_not_taken_for_one_of_the_month_of_the_event(tmp_path, victorious, kind, text):
    files = WeatherFiles(**{kind: file(tmp_path, f"{kind}.txt", text)})
    a_month_before = datetime(2024, 7, 24, 12, tzinfo=UTC)
    with pytest.raises(InputError, match="covers no hour from 2024-08-23"):
        with_weather(victorious, files, now=a_month_before)
    on_the_day = datetime(2024, 8, 24, 12, tzinfo=UTC)
    assert with_weather(victorious, files, now=on_the_day).weather.of_the_day


def test_weather_stays_assumed_until_every_hour_is_told(tmp_path, victorious):
    part = file(tmp_path, "part.txt", "TAF EGHI 241000Z 2411/2414 20020KT 5000=\n")
    each = [f"TAF EGHI {day}1000Z {day + 1}00/{day + 1}24 20012KT 9999=\n" for day in range(22, 26)]
    whole = file(tmp_path, "whole.txt", "".join(each))
    assert with_weather(victorious, WeatherFiles(taf=part)).weather.assumed
    assert not with_weather(victorious, WeatherFiles(taf=whole)).weather.assumed


def test_reports_without_a_wind_leave_the_weather_assumed(tmp_path, victorious):
    """A wind that stays the scenario's own is no more known for a visibility beside it."""
    hours = [row.start.astimezone(UTC) for row in victorious.weather.hours]
    lines = [f"EGHI {hour:%d%H}20Z AUTO /////KT 9999 18/12 Q1007=" for hour in hours]
    blind = file(tmp_path, "blind.txt", "\n".join(lines) + "\n")
    assert with_weather(victorious, WeatherFiles(metar=blind)).weather.assumed
    seen = file(tmp_path, "seen.txt", "\n".join(lines).replace("/////KT", "24012KT") + "\n")
    assert not with_weather(victorious, WeatherFiles(metar=seen)).weather.assumed


def test_a_file_for_another_day_is_refused(tmp_path, victorious):
    taf = file(tmp_path, "taf.txt", "TAF EGHI 011000Z 0111/0114 20020KT 5000=\n")
    with pytest.raises(InputError, match="covers no hour"):
        with_weather(victorious, WeatherFiles(taf=taf))


def test_the_pressure_is_the_last_of_the_scenario_s_own_hours(tmp_path, victorious):
    text = "EGHI 241120Z 24010KT 9999 18/12 Q1007=\nEGHI 301120Z 24010KT 9999 18/12 Q0985=\n"
    text += "EGHI 201120Z 24010KT 9999 18/12 Q1033=\n"
    metar = file(tmp_path, "metar.txt", text)
    assert with_weather(victorious, WeatherFiles(metar=metar)).weather.qnh_hpa == 1007.0


def test_the_last_word_of_each_station_counts_and_the_worst_of_several(tmp_path, victorious):
    text = """TAF AMD EGHI 241100Z 2412/2418 20030KT 9999=
TAF EGHI 241000Z 2412/2418 20010KT 9999=
TAF EGHH 241130Z 2412/2418 20020KT 4000=
"""
    weather = replace(victorious.weather, stations=("EGHH",))
    victorious = replace(victorious, weather=weather)
    found = with_weather(victorious, WeatherFiles(taf=file(tmp_path, "taf.txt", text))).weather
    hour = next(row for row in found.hours if row.start == NOON.replace(hour=15))
    assert (hour.wind_mps, hour.visibility_m) == (pytest.approx(15.43, abs=0.01), 4000.0)


def test_what_an_automatic_station_could_not_see_is_left_to_the_next_source(tmp_path, victorious):
    metar = file(tmp_path, "metar.txt", "EGHI 241120Z AUTO 24010KT //// // ////// 18/12 Q1007=\n")
    taf = file(tmp_path, "taf.txt", "TAF EGHI 241000Z 2411/2414 20020KT 5000 +RA=\n")
    found = with_weather(victorious, WeatherFiles(metar=metar, taf=taf)).weather
    hour = next(row for row in found.hours if row.start == NOON)
    assert (hour.wind_mps, hour.rain_mm_h) == (pytest.approx(5.14, abs=0.01), 15.0)


@pytest.mark.parametrize("kind", ["metar", "taf"])
def test_a_day_of_the_month_must_say_which(tmp_path, victorious, kind):
    """Over more than the shortest month, the 24th may be two days."""
    hours = victorious.weather.hours
    far = replace(hours[0], start=hours[0].start - timedelta(days=30))
    long = replace(victorious, weather=replace(victorious.weather, hours=(far, *hours)))
    path = file(tmp_path, "w.txt", "EGHI 241120Z 2411/2414 24010KT 9999 18/12 Q1007=\n")
    with pytest.raises(InputError, match="days but no month"):
        with_weather(long, WeatherFiles(**{kind: path}))


def open_meteo(**changes: object) -> bytes:
    hourly = {
        "time": ["2024-08-24T12:00", "2024-08-24T13:00", "2024-08-24T14:00"],
        "wind_speed_10m": [18.0, 36.0, 36.0],
        "wind_direction_10m": [240, 250, 250],
        "wind_gusts_10m": [30.0, 54.0, 72.0],
        "precipitation": [0.0, 1.2, 0.0],
        "visibility": [24140.0, 8000.0, None],
        "temperature_2m": [18.4, 19.0, 19.1],
    }
    units = {
        "wind_speed_10m": "km/h",
        "wind_gusts_10m": "km/h",
        "precipitation": "mm",
        "temperature_2m": "°C",
    }
    whole = {"utc_offset_seconds": 3600, "hourly_units": units, "hourly": hourly | changes}
    return json.dumps(whole).encode()


def test_gusts_and_rain_of_open_meteo_belong_to_the_hour_before():
    hours = read_forecast(open_meteo(), name="f.json", zone=UTC)
    first = hours[datetime(2024, 8, 24, 11, tzinfo=UTC)]
    assert (first.wind_mps, first.gust_mps, first.rain_mm_h) == (pytest.approx(5.0), pytest.approx(15.0), 1.2)
    assert first.visibility_m == 24140.0
    assert len(hours) == 3


def test_its_csv_says_the_same():
    text = """latitude,longitude,elevation,utc_offset_seconds,timezone,timezone_abbreviation
50.78,-1.09,3.0,3600,Europe/London,BST

time,wind_speed_10m (km/h),wind_direction_10m (°),wind_gusts_10m (km/h),temperature_2m (°F)
2024-08-24T12:00,18.0,240,30.0,64.4
2024-08-24T13:00,36.0,250,54.0,
"""
    first = read_forecast(text.encode(), name="f.csv", zone=UTC)[datetime(2024, 8, 24, 11, tzinfo=UTC)]
    assert (first.wind_mps, first.gust_mps) == (pytest.approx(5.0), pytest.approx(15.0))
    assert first.temperature_c == pytest.approx(18.0)


def test_a_plain_table_is_in_the_zone_of_the_scenario():
    text = b"time,wind_mps,gust_mps\n2024-08-24 12:00,8.0,\n2024-08-24T12:00Z,9.0,14.0\n"
    hours = read_forecast(text, name="f.csv", zone=LONDON)
    assert hours[NOON.astimezone(UTC)].gust_mps is None
    assert hours[datetime(2024, 8, 24, 12, tzinfo=UTC)].gust_mps == 14.0


def test_a_gust_is_never_below_the_wind_of_its_hour():
    text = b"time,wind_mps,gust_mps\n2024-08-24T12:00,9.0,4.0\n"
    (hour,) = read_forecast(text, name="f.csv", zone=UTC).values()
    assert hour.gust_mps == 9.0


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"{", "not JSON"),
        (b"{}", "no hourly.time"),
        (b"a,b\n1,2\n", "no column `time`"),
        (b"time,gust_mps\n2024-08-24T12:00,3\n", "no wind"),
        (b"time,wind_mps\nnoon,3\n", "f:2.*no time"),
        (b"time,wind_mps\n2024-08-24T12:00,fast\n", "f:2.*cannot be read"),
        (b"time,wind_mps\n2024-08-24T12:00,-3\n", "below zero"),
        (b"time,wind_mps\n2024-08-24T12:00,1e300\n", "f:2.*not 0 to 80"),
        (b"time,wind_mps,wind_from_deg\n2024-08-24T12:00,1,999\n", "f:2.*not 0 to 360"),
        (b"time,wind_mps,temperature_c\n2024-08-24T12:00,1,-99\n", "f:2.*not -60 to 60"),
        (b"time,wind_mps,wind_mps\n2024-08-24T12:00,9,3\n", "two columns give wind_mps"),
        (b"time,wind_mps\n0001-01-01T00:00+10:00,1\n", "f:2.*is not a forecast time"),
        (b"time,wind_mps\n" + b"x" * 200_000 + b",1\n", "not CSV"),
        (
            b"a,utc_offset_seconds\n1,9999999999999999999999\n\ntime,wind_mps\n2024-08-24T12:00,1\n",
            "is not an offset",
        ),
        (b'{"utc_offset_seconds": 1000000, "hourly": {"time": [], "wind_mps": []}}', "is not an offset"),
        (open_meteo(visibility=[1.0]), "1 values for 3"),
        (open_meteo(time=["x", "y", "z"]), "no time"),
    ],
)
def test_what_is_wrong_is_said(data, what):
    with pytest.raises(InputError, match=what):
        read_forecast(data, name="f", zone=UTC)


FAR = {
    "Bournemouth, 3 km too far": ("EGHH", "53 km from the site; a station beyond 50 km"),
    "Aberdeen": ("EGPD", "km from the site; a station beyond 50 km"),
    "a heliport that the table lacks": ("EGLW", "its position is not known"),
}


@pytest.mark.parametrize(("station", "says"), FAR.values(), ids=FAR)
def test_weather_of_a_station_far_away_is_refused_unless_it_is_named(tmp_path, victorious, station, says):
    metar = file(tmp_path, "metar.txt", f"{station} 241120Z 24010KT 9999 18/12 Q1007=\n")
    taf = file(tmp_path, "taf.txt", f"TAF {station} 241000Z 2411/2414 20020KT 9999=\n")
    for files in (WeatherFiles(metar=metar), WeatherFiles(taf=taf)):
        with pytest.raises(InputError, match=says) as refused:
            with_weather(victorious, files)
        assert f"weather.stations: [{station}]" in str(refused.value)
    named = replace(victorious, weather=replace(victorious.weather, stations=(station,)))
    assert station in with_weather(named, WeatherFiles(metar=metar)).weather.reports


def test_the_station_its_distance_and_its_issue_are_kept_with_its_weather(tmp_path, victorious):
    metar = file(
        tmp_path, "m.txt", "EGHI 241020Z 24010KT 9999 18/12 Q1007=\nEGHI 241120Z 24012KT 9999 18/12 Q1007=\n"
    )
    taf = file(tmp_path, "t.txt", "TAF EGHI 241000Z 2411/2414 20020KT 9999=\n")
    found = with_weather(victorious, WeatherFiles(metar=metar, taf=taf)).weather
    assert "METAR EGHI (27 km from the site, issued 2024-08-24 11:20Z) in m.txt (2 h)" in found.reports
    assert "TAF EGHI (27 km from the site, issued 2024-08-24 10:00Z) in t.txt" in found.reports
    assert found.reports in found.source


def test_a_scenario_names_weather_files_beside_it(tmp_path, victorious):
    file(tmp_path, "taf.txt", "TAF EGHI 241000Z 2411/2414 20020G32KT 5000 RA=\n")
    file(tmp_path, "metar.txt", "EGHI 241120Z 24010KT 9999 18/12 Q1007=\n")
    text = (
        find_scenario("victorious-2024")
        .read_text()
        .replace("weather:\n", "weather:\n  files: [taf.txt, metar.txt]\n")
    )
    path = file(tmp_path, "mine.yaml", text)
    named = load_scenario(path).weather
    given = with_weather(
        victorious, WeatherFiles(metar=tmp_path / "metar.txt", taf=tmp_path / "taf.txt")
    ).weather
    assert replace(named, files=()) == given
    path.write_text(text.replace("taf.txt, metar.txt", "taf.txt, nowhere.txt"))
    with pytest.raises(InputError, match=r"weather\.files\[1\]: no file 'nowhere\.txt'"):
        load_scenario(path)
    file(tmp_path, "second.txt", "TAF EGHI 241000Z 2411/2414 20020G32KT 5000 RA=\n")
    path.write_text(text.replace("taf.txt, metar.txt", "taf.txt, second.txt"))
    with pytest.raises(InputError, match=r"second\.txt and taf\.txt are both of the kind taf"):
        load_scenario(path)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("METAR EGHI 241120Z 24010KT", "metar"),
        ("EGHI 241120Z AUTO 24010KT", "metar"),
        ("TAF AMD EGHI 241100Z 2412/2421 24012KT", "taf"),
        ("EGHI 241100Z 2412/2421 24012KT", "taf"),
        ('{"hourly": {"time": []}}', "forecast"),
        ("time,wind_mps\n", "forecast"),
    ],
)
def test_the_kind_of_a_weather_file_is_seen_by_its_content(text: str, kind: str) -> None:
    assert weather_kind(text.encode()) == kind
