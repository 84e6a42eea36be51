"""METAR reports against what their groups mean (WMO-No. 306)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from dfr.errors import InputError
from dfr.io.weather.metar import read_metar, read_metars, weather_by_hour

UNTIL = datetime(2024, 8, 26, 12, tzinfo=UTC)


def test_a_report_without_a_gust_group_has_an_unknown_gust():
    report = read_metar("EGHI 251150Z AUTO 24012KT 9999 FEW030 19/12 Q1014", until=UNTIL)
    assert report.seen.gust_mps is None
    assert report.seen.wind_mps == pytest.approx(6.17, abs=0.01)
    assert report.seen.wind_from_deg == 240.0
    assert report.start == datetime(2024, 8, 25, 11, 50, tzinfo=UTC)
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
    assert report.seen.rain_mm_h == rain_mm_h
    assert report.seen.visibility_m == visibility_m
    assert report.seen.wind_mps == pytest.approx(1.03, abs=0.01)
    assert report.seen.wind_from_deg is None


def test_american_units_and_frost():
    report = read_metar("KJFK 251151Z 31008MPS 1/2SM M05/M07 A2992 RMK AO2", until=UNTIL)
    assert report.seen.wind_mps == 8.0
    assert report.seen.visibility_m == pytest.approx(804.7, abs=0.1)
    assert report.seen.temperature_c == -5.0
    longer = read_metar("KJFK 251151Z 31008KT 1 1/2SM M05/M07", until=UNTIL)
    assert longer.seen.visibility_m == pytest.approx(2414.0, abs=0.1)
    assert report.qnh_hpa == pytest.approx(1013.2, abs=0.1)


def test_a_late_day_belongs_to_the_month_before():
    report = read_metar("EGHI 302350Z 24012KT 9999 10/08 Q1014", until=datetime(2024, 3, 2, tzinfo=UTC))
    assert report.start == datetime(2024, 1, 30, 23, 50, tzinfo=UTC)


def test_an_hour_is_the_worst_of_its_reports():
    text = b"""# Southampton
EGHI 251120Z 24012KT 9999 19/12 Q1014=
EGHI 251150Z 25018G29KT 4000 RA 17/12 Q1013=
EGHI 251220Z 25010KT 9999 18/12 Q1013=
"""
    by_hour = weather_by_hour(read_metars(text, name="x.txt", until=UNTIL))
    assert [hour.hour for hour in by_hour] == [11, 12]
    hours = list(by_hour.values())
    assert hours[0].gust_mps == pytest.approx(14.92, abs=0.01)
    assert hours[0].visibility_m == 4000.0
    assert hours[0].temperature_c == 17.0
    assert hours[1].gust_mps is None


def test_every_bad_line_is_named():
    with pytest.raises(InputError) as caught:
        read_metars(b"nonsense\n\nEGHI 251150Z ///// FEW030\n", name="x.txt", until=UNTIL)
    assert "x.txt:1" in str(caught.value)
    assert "x.txt:3" in str(caught.value)
    assert "no wind" in str(caught.value)


def test_a_wind_from_beyond_the_compass_is_refused():
    with pytest.raises(InputError, match=r"x.txt:1.*no wind blows from 999 degrees"):
        read_metars(b"EGHI 251150Z 99912KT 9999 18/12 Q1015\n", name="x.txt", until=UNTIL)


@pytest.mark.parametrize(
    ("groups", "what"),
    [
        ("24P99KT 9999", "24P99KT: no wind can be read"),
        ("P99KT 9999", "P99KT: no wind can be read"),
        ("24O12KT 9999", "24O12KT: no wind can be read"),
        ("24012 KT 9999", "24012: no wind can be read"),
        ("24045kt 9999", "24045kt: no wind can be read"),
        ("24045G60 9999", "24045G60: no wind can be read"),
        ("24045KN 9999", "24045KN: no wind can be read"),
        ("24020G12KT 9999", "gust is below its mean"),
        ("240999KT 9999", "no wind is over 80"),
        ("24012KT 9999 99/12", "99 °C is not a believable temperature"),
        ("24012KT 9999 18/12 Q9999", "no QNH is 9999"),
    ],
)
def test_what_cannot_be_is_refused_and_not_taken_for_unknown(groups, what):
    """An unread wind would leave the scenario's own, perhaps calm, in a storm's place."""
    with pytest.raises(InputError, match=what):
        read_metar(f"EGHI 251150Z {groups}", until=UNTIL)


def test_the_visibility_is_the_least_in_any_direction():
    assert read_metar("EGHI 251150Z 24012KT 4000 1200SW RA 18/12", until=UNTIL).seen.visibility_m == 1200.0


def test_weather_that_a_station_could_not_see_is_unknown_and_not_dry():
    seen = read_metar("EGHI 251150Z AUTO 24012KT 9999 // ////// 17/12 Q1014", until=UNTIL).seen
    assert seen.rain_mm_h is None
    assert read_metar("EGHI 251150Z 24012KT 9999 17/12 Q1014", until=UNTIL).seen.rain_mm_h == 0.0


def test_no_report_is_from_after_the_moment_asked_about():
    assert read_metar("EGHI 271150Z 24012KT", until=UNTIL).start == datetime(2024, 7, 27, 11, 50, tzinfo=UTC)
    assert read_metar("EGHI 311150Z 24012KT", until=datetime(2025, 1, 2, tzinfo=UTC)).start == datetime(
        2024, 12, 31, 11, 50, tzinfo=UTC
    )


@pytest.mark.parametrize(
    ("text", "wind_mps", "from_deg", "gust_mps", "visibility_m", "temperature_c"),
    [
        ("METAR COR EGPH 251150Z 00000KT CAVOK 10/05 Q1020", 0.0, 0.0, None, 10_000.0, 10.0),
        (
            "SPECI UUEE 251130Z 18007G12MPS 150V210 9999 -SHRA SCT020CB 18/14 Q1009 R24L/290050",
            7,
            180,
            12,
            1e4,
            18,
        ),
        ("METAR ZBAA 251130Z 36018KMH 6000 HZ NSC 28/18 Q1003 NOSIG", 5.0, 0.0, None, 6000.0, 28.0),
        ("KDEN 251153Z AUTO VRB06G17KT 10SM CLR 25/04 A3012 RMK AO2 SLP123", 3.09, None, 8.75, 1e4, 25.0),
        ("EGHI 251150Z AUTO /////KT //// // ////// 17/12 Q1014", None, None, None, None, 17.0),
        ("EGXX 251150Z 240P99KT 0050 R06/0200 FG VV001 M01/M01 Q0995", 50.9, 240.0, None, 50.0, -1.0),
        (
            "CYYZ 251200Z 24015G25KT M1/4SM R05/1000FT/D -SN FZFG VV002 M05/M06 A2975",
            7.7,
            240.0,
            12.9,
            402.3,
            -5.0,
        ),
    ],
)
def test_reports_of_the_world(text, wind_mps, from_deg, gust_mps, visibility_m, temperature_c):
    seen = read_metar(text, until=UNTIL).seen
    assert seen.wind_mps == (None if wind_mps is None else pytest.approx(wind_mps, abs=0.05))
    assert seen.wind_from_deg == from_deg
    assert seen.gust_mps == (None if gust_mps is None else pytest.approx(gust_mps, abs=0.05))
    assert seen.visibility_m == (None if visibility_m is None else pytest.approx(visibility_m, abs=0.1))
    assert seen.temperature_c == temperature_c


def test_nil_reports_are_passed_over_and_indented_lines_go_on():
    text = b"METAR EGHI 251150Z NIL=\nMETAR EGHI 251220Z 24012KT\n     9999 19/12 Q1014=\n"
    (report,) = read_metars(text, name="x.txt", until=UNTIL)
    assert report.seen.visibility_m == 10_000.0
    assert report.start.hour == 12
