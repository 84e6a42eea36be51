"""TAF forecasts against what their groups mean (WMO-No. 306, FM 51)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from dfr.errors import InputError
from dfr.io.weather.groups import ReportedWeather
from dfr.io.weather.taf import TafForecast, read_taf, read_tafs
from dfr.units import kt_to_mps

UNTIL = datetime(2024, 8, 25, 22, tzinfo=UTC)
CHANGES = """TAF AMD EGLL 251058Z 2512/2618 24015G27KT 9999 SCT030
     BECMG 2515/2518 30010KT
     TEMPO 2512/2516 4000 +SHRA
     PROB30 TEMPO 2520/2522 28025G40KT 2000 TSRAGR
     PROB40 2603/2606 0800 FG
     FM260900 VRB03KT P6SM SKC="""


def forecast(text: str) -> TafForecast:
    found = read_taf(text, until=UNTIL)
    assert found is not None
    return found


def at(text: str, day: int, hour: int) -> ReportedWeather:
    return forecast(text).worst_by_hour()[datetime(2024, 8, day, hour, tzinfo=UTC)]


def test_it_holds_from_its_first_hour_to_its_last():
    hours = list(forecast(CHANGES).worst_by_hour())
    assert (hours[0], hours[-1]) == (
        datetime(2024, 8, 25, 12, tzinfo=UTC),
        datetime(2024, 8, 26, 17, tzinfo=UTC),
    )


def test_what_may_come_for_a_while_stands_beside_what_prevails():
    hour = at(CHANGES, 25, 13)
    assert (hour.wind_mps, hour.wind_from_deg) == (pytest.approx(kt_to_mps(15)), 240.0)
    assert (hour.visibility_m, hour.rain_mm_h) == (4000.0, 15.0)
    assert at(CHANGES, 25, 19).rain_mm_h == 0.0
    assert at(CHANGES, 26, 4).visibility_m == 800.0


def test_an_unlikely_storm_counts():
    hour = at(CHANGES, 25, 21)
    assert (hour.wind_mps, hour.gust_mps) == (pytest.approx(kt_to_mps(25)), pytest.approx(kt_to_mps(40)))


def test_while_it_becomes_the_worse_of_both_holds_and_then_the_new_wind_without_a_gust():
    assert at(CHANGES, 25, 16).gust_mps == pytest.approx(kt_to_mps(27))
    after = at(CHANGES, 25, 18)
    assert (after.wind_from_deg, after.gust_mps) == (300.0, None)
    assert after.visibility_m == 10_000.0


def test_from_replaces_all():
    hour = at(CHANGES, 26, 10)
    assert (hour.wind_from_deg, hour.visibility_m, hour.rain_mm_h) == (None, 10_000.0, 0.0)


def test_midnight_may_be_written_as_hour_24():
    text = "EGHI 250500Z 2506/2524 24010KT 9999 BECMG 2522/2524 18020KT"
    assert list(forecast(text).worst_by_hour())[-1].hour == 23


def test_metres_a_second_and_a_change_within_an_hour():
    text = "TAF YUDO 241800Z 2500/2518 13005MPS 9000 BKN020 FM251230 15014MPS 9999 -RA"
    assert at(text, 25, 12).wind_mps == 14.0
    assert at(text, 25, 12).visibility_m == 9000.0
    assert at(text, 25, 11).wind_mps == 5.0


def test_a_file_of_several_passes_over_those_that_say_nothing():
    text = f"# fetched\nTAF EGHH 251100Z NIL=\n{CHANGES}\n\nEGHI 251100Z 2512/2521 23012KT CAVOK\n".encode()
    assert [one.station for one in read_tafs(text, name="x.txt", until=UNTIL)] == ["EGLL", "EGHI"]


def test_a_stronger_wind_without_a_gust_may_gust_to_just_below_what_is_reported():
    """A gust is reported from 10 kt above the mean: 20 kt without one may gust to nearly 30."""
    hour = at("TAF EGLL 251058Z 2512/2518 24005G15KT 9999 TEMPO 2512/2514 24020KT", 25, 12)
    assert (hour.wind_mps, hour.gust_mps) == (pytest.approx(kt_to_mps(20)), pytest.approx(kt_to_mps(30)))


def test_wind_shear_aloft_is_no_surface_wind():
    assert at("TAF KJFK 251130Z 2512/2618 24015KT P6SM WS020/24055KT", 25, 12).wind_mps == pytest.approx(
        kt_to_mps(15)
    )


def test_a_year_ends_within_a_forecast():
    found = read_taf(
        "TAF EGLL 311058Z 3112/0118 24015KT 9999 FM010600 30020KT", until=datetime(2025, 1, 2, tzinfo=UTC)
    )
    hours = list(found.worst_by_hour().items())
    assert (hours[0][0], hours[-1][0]) == (
        datetime(2024, 12, 31, 12, tzinfo=UTC),
        datetime(2025, 1, 1, 17, tzinfo=UTC),
    )
    assert hours[-1][1].wind_from_deg == 300.0


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("TAF EGLL 251058Z 24015KT 9999", "no period of validity"),
        ("TAF EGLL 251058Z 2512/2618 9999", "no wind"),
        ("TAF EGLL 251058Z 2512/2618 24015KT 9999 TEMPO 4000", "has no time"),
        ("TAF EGLL 251058Z 4512/2618 24015KT 9999", "no such day"),
        ("TAF EGLL 251058Z 2512/2506 24015KT 9999", "valid 2512/2506"),
        ("TAF EGLL 251058Z 2512/1012 24015KT 9999", "valid 2512/1012"),
        ("TAF EGLL 251058Z 2512/2618 24015KT 9999 TEMPO 2516/2514 24040KT", "TEMPO 2516/2514 goes back"),
        ("TAF EGLL 251058Z 2512/2618 24015KT 9999 BECMG 2516/2514 24040KT", "BECMG 2516/2514 goes back"),
        ("TAF EGLL 251058Z 2512/2618 24015KT 9999 FM251800 24040KT FM251500 24010KT", "before the change"),
        ("TAF EGLL 251058Z 2512/2618 24015KT 9999 FM251399 24040KT", "FM251399: there is no such time"),
        ("TAF EGLL 251058Z 2512/2618 24015KT 9999 FM1399 24040KT", "FM1399: there is no such time"),
        ("TAF EGLL 251058Z 2512/2618 24015KT 9999 TEMPO 2512/2514 24P60KT", "24P60KT: no wind can be read"),
        ("hello", "not a forecast"),
    ],
)
def test_what_is_wrong_is_said(text, what):
    with pytest.raises(InputError, match=what):
        read_tafs(text.encode(), name="x.txt", until=UNTIL)


@pytest.mark.parametrize("end", ["=", ""])
def test_metars_beside_forecasts_are_passed_over(end: str):
    metar, taf = "METAR EGLL 251050Z 24012KT 9999 18/09 Q1012", "TAF EGLL 251058Z 2512/2618 24015KT 9999"
    for lines in ([metar, taf], [taf, metar]):
        text = "\n".join(line + end for line in lines)
        assert read_tafs(text.encode(), name="briefing.txt", until=UNTIL) == (forecast(taf),)


def test_metars_alone_are_no_forecast():
    with pytest.raises(InputError, match="not a forecast"):
        read_tafs(b"METAR EGLL 251050Z 24012KT 9999 18/09 Q1012=", name="metar.txt", until=UNTIL)
