"""METAR reports against what their groups mean (WMO-No. 306)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from dfr.errors import InputError
from dfr.io.metar import hourly, read_metar, read_metars

UNTIL = datetime(2024, 8, 26, 12, tzinfo=UTC)


def test_a_report_without_a_gust_group_has_an_unknown_gust():
    report = read_metar("EGHI 251150Z AUTO 24012KT 9999 FEW030 19/12 Q1014", until=UNTIL)
    assert report.weather.gust_mps is None
    assert report.weather.wind_mps == pytest.approx(6.17, abs=0.01)
    assert report.weather.wind_from_deg == 240.0
    assert report.weather.start == datetime(2024, 8, 25, 11, 50, tzinfo=UTC)
    assert report.qnh_hpa == 1014.0


@pytest.mark.parametrize(
    ("group", "rain_mm_h", "visibility_m"),
    [
        ("CAVOK", 0.0, 10_000.0),
        ("3000 +SHRA", 15.0, 3000.0),
        ("0800 -DZ FG", 1.0, 800.0),
        ("6000 VCSH", 0.0, 6000.0),
    ],
)
def test_rain_and_visibility(group, rain_mm_h, visibility_m):
    report = read_metar(f"METAR EGHI 251150Z VRB02KT {group} 09/M01 Q0998 BECMG +RA", until=UNTIL)
    assert report.weather.rain_mm_h == rain_mm_h
    assert report.weather.visibility_m == visibility_m
    assert report.variable


def test_american_units_and_frost():
    report = read_metar("KJFK 251151Z 31008MPS 1/2SM M05/M07 A2992 RMK AO2", until=UNTIL)
    assert report.weather.wind_mps == 8.0
    assert report.weather.visibility_m == pytest.approx(804.7, abs=0.1)
    assert report.weather.temperature_c == -5.0
    longer = read_metar("KJFK 251151Z 31008KT 1 1/2SM M05/M07", until=UNTIL)
    assert longer.weather.visibility_m == pytest.approx(2414.0, abs=0.1)
    assert report.qnh_hpa == pytest.approx(1013.2, abs=0.1)


def test_a_late_day_belongs_to_the_month_before():
    report = read_metar("EGHI 302350Z 24012KT 9999 10/08 Q1014", until=datetime(2024, 3, 2, tzinfo=UTC))
    assert report.weather.start == datetime(2024, 1, 30, 23, 50, tzinfo=UTC)


def test_an_hour_is_the_worst_of_its_reports():
    text = b"""# Southampton
EGHI 251120Z 24012KT 9999 19/12 Q1014=
EGHI 251150Z 25018G29KT 4000 RA 17/12 Q1013=
EGHI 251220Z 25010KT 9999 18/12 Q1013=
"""
    hours = hourly(read_metars(text, name="x.txt", until=UNTIL))
    assert [hour.start.hour for hour in hours] == [11, 12]
    assert hours[0].gust_mps == pytest.approx(14.92, abs=0.01)
    assert hours[0].visibility_m == 4000.0
    assert hours[0].temperature_c == 17.0
    assert hours[1].gust_mps is None


def test_every_bad_line_is_named():
    with pytest.raises(InputError) as caught:
        read_metars(b"nonsense\nEGHI 251150Z 24012KT 19/12\n", name="x.txt", until=UNTIL)
    assert "x.txt:1" in str(caught.value)
    assert "no visibility" in str(caught.value)
