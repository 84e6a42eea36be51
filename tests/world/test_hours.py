"""Night by the sun, on whatever date it is there; held against astral, an independent almanac."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfr.geo import Position
from dfr.world.hours import ALWAYS, BY_NOTICE, DailyHours, SunEvent, is_night, sun_time

astral = pytest.importorskip("astral")
from astral import sun as almanac  # noqa: E402

PLACES = {
    "Los Angeles": (Position(lat_deg=34.05, lon_deg=-118.24), ZoneInfo("America/Los_Angeles")),
    "Sydney": (Position(lat_deg=-33.87, lon_deg=151.21), ZoneInfo("Australia/Sydney")),
    "Auckland": (Position(lat_deg=-36.85, lon_deg=174.76), ZoneInfo("Pacific/Auckland")),
    "Portsmouth": (Position(lat_deg=50.79, lon_deg=-1.09), ZoneInfo("Europe/London")),
}
LONGYEARBYEN = Position(lat_deg=78.22, lon_deg=15.65)
SLACK = timedelta(minutes=2)


def _almanac(place: Position, day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    observer = astral.Observer(place.lat_deg, place.lon_deg, 0.0)
    return almanac.sunrise(observer, day, zone), almanac.sunset(observer, day, zone)


@pytest.mark.parametrize("month", [1, 3, 6, 9, 12])
@pytest.mark.parametrize("name", PLACES)
def test_night_begins_at_sunset_and_ends_at_sunrise_of_the_local_date(name: str, month: int) -> None:
    place, zone = PLACES[name]
    day = date(2026, month, 21)
    rises, sets = _almanac(place, day, zone)
    assert rises.date() == sets.date() == day
    assert not is_night(rises + SLACK, place)
    assert is_night(rises - SLACK, place)
    assert not is_night(sets - SLACK, place)
    assert is_night(sets + SLACK, place)
    for hour in range(24):
        moment = datetime.combine(day, time(hour, 30), tzinfo=zone)
        if min(abs(moment - rises), abs(moment - sets)) > SLACK:
            assert is_night(moment, place) == (not rises < moment < sets), moment


@pytest.mark.parametrize("name", PLACES)
def test_sunrise_and_sunset_are_those_of_the_local_date(name: str) -> None:
    place, zone = PLACES[name]
    for month in range(1, 13):
        day = date(2026, month, 15)
        for event, known in zip((SunEvent.SR, SunEvent.SS), _almanac(place, day, zone), strict=True):
            found = sun_time(event, day, place)
            assert found is not None
            assert abs(found - known) < SLACK, (event, day)


@pytest.mark.parametrize(("day", "night"), [(date(2026, 6, 21), False), (date(2026, 12, 21), True)])
def test_on_svalbard_it_is_day_all_summer_and_night_all_winter(day: date, night: bool) -> None:
    zone = ZoneInfo("Arctic/Longyearbyen")
    hours = [datetime.combine(day, time(hour), tzinfo=zone) for hour in range(24)]
    assert {is_night(hour, LONGYEARBYEN) for hour in hours} == {night}


@given(
    st.datetimes(datetime(2000, 1, 1), datetime(2049, 12, 31)),  # noqa: DTZ001 - made aware below
    st.floats(-89.0, 89.0),
    st.floats(-180.0, 180.0),
)
def test_the_sun_stands_anywhere_where_the_almanac_has_it(
    when: datetime, lat_deg: float, lon_deg: float
) -> None:
    moment = when.replace(tzinfo=UTC)
    known = almanac.elevation(astral.Observer(lat_deg, lon_deg, 0.0), moment, with_refraction=False)
    if abs(known + 0.833) > 0.1:
        assert is_night(moment, Position(lat_deg=lat_deg, lon_deg=lon_deg)) == (known < -0.833)


@pytest.mark.parametrize("name", PLACES)
def test_a_zone_active_by_daylight_is_active_by_the_places_own_daylight(name: str) -> None:
    place, zone = PLACES[name]
    hours = DailyHours(days=frozenset(range(7)), start=SunEvent.SR, end=SunEvent.SS)
    for month in (1, 6):
        for hour in range(48):
            moment = datetime(2026, month, 10, tzinfo=zone) + timedelta(minutes=30 + 60 * hour)
            assert hours.overlaps(moment, moment, place) == (not is_night(moment, place)), moment


@pytest.mark.parametrize("name", PLACES)
@pytest.mark.parametrize("clock", [time(2), time(6), time(12), time(20)])
def test_hours_from_a_clock_time_to_sunrise_end_at_the_next_sunrise(name: str, clock: time) -> None:
    place, zone = PLACES[name]
    hours = DailyHours(days=frozenset(range(7)), start=clock, end=SunEvent.SR)
    for step in range(0, 48 * 60, 30):
        moment = datetime(2026, 6, 10, tzinfo=UTC) + timedelta(minutes=step + 15)
        begun = datetime.combine(moment.date(), clock, tzinfo=UTC)
        begun -= timedelta(days=1) if begun > moment else timedelta(0)
        rises = [_almanac(place, begun.date() + timedelta(days=n), zone)[0] for n in range(-1, 3)]
        ends = min(rise for rise in rises if rise > begun)
        if min(abs(moment - ends), abs(moment - begun)) > SLACK:
            assert hours.overlaps(moment, moment, place) == (moment < ends), moment


def test_at_a_time_without_a_zone_only_what_always_holds_is_known() -> None:
    place, _ = PLACES["Portsmouth"]
    noon = datetime(2026, 6, 1, 12)  # noqa: DTZ001 - as somebody writes it who leaves the zone away
    known = noon.replace(tzinfo=UTC)
    assert ALWAYS.is_active(noon, noon, place) is True
    assert replace(ALWAYS, otherwise=False).is_active(noon, noon, place) is None
    assert replace(ALWAYS, otherwise=False).is_active(known, known, place) is False
    assert ALWAYS.is_active(noon, known, place) is True
    assert BY_NOTICE.is_active(known, known, place) is None
