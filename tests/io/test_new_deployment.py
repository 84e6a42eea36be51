"""A new deployment: what a place decides itself, what is asked, and what is refused in words."""

from datetime import timedelta
from pathlib import Path

import pytest

from dfr.errors import InputError
from dfr.io.new_deployment import NewDeployment, read_new_deployment, write_new_deployment
from dfr.io.place_names import NamedPlace, PlaceNames
from dfr.io.places import read_place

SOUTHSEA = "50.7820, -1.0890"
ASKED = {"name": "fete", "place": SOUTHSEA, "first_day": "2025-06-21"}


def write(**answers):
    return write_new_deployment(read_new_deployment({**ASKED, **answers}), folder=Path())


def test_the_clock_and_the_rules_are_those_of_the_place_and_it_says_so():
    pytest.importorskip("timezonefinder")
    written = write()
    assert (written.scenario.period.zone.key, written.scenario.jurisdiction) == ("Europe/London", "uk")
    assert any("Europe/London" in words for words in written.notes)
    assert any("United Kingdom" in words for words in written.notes)


def test_abroad_no_british_clock_and_no_british_rules_are_taken():
    pytest.importorskip("timezonefinder")
    written = write(place="-33.8568, 151.2153")
    assert (written.scenario.period.zone.key, written.scenario.jurisdiction) == ("Australia/Sydney", "none")
    assert any("in which country" in words for words in written.notes)


def test_at_sea_the_time_zone_is_asked_for():
    with pytest.raises(InputError, match=r"time zone of .* is not known"):
        write(place="49.0, -30.0")
    assert write(place="49.0, -30.0", zone="Etc/UTC").scenario.period.zone.key == "Etc/UTC"


def test_a_clock_other_than_the_place_s_is_used_and_told():
    pytest.importorskip("timezonefinder")
    written = write(place="59.91, 10.75", zone="Europe/London", country="NO")
    assert written.scenario.period.zone.key == "Europe/London"
    assert any("on the clock of Europe/Oslo" in words for words in written.notes)


@pytest.mark.parametrize(
    ("place", "country", "rules"),
    [(SOUTHSEA, "GB", "uk"), ("59.91, 10.75", "Norway", "eu"), ("49.2, -2.1", "JE", "none")],
)
def test_the_country_decides_the_rules(place, country, rules):
    assert write(place=place, country=country, zone="Europe/London").scenario.jurisdiction == rules


@pytest.mark.parametrize(("place", "country"), [(SOUTHSEA, "FR"), (SOUTHSEA, "US"), ("-1.089, 50.782", "GB")])
def test_a_country_in_which_the_place_is_not_is_refused(place, country):
    pytest.importorskip("timezonefinder")
    with pytest.raises(InputError, match=r"(not in|far from) .* -> check the country, and that latitude"):
        write(place=place, country=country, zone="Europe/London")


def test_a_last_day_and_hours_make_the_period_the_shifts_and_the_weather():
    scenario = write(last_day="2025-06-23", hours="8:00-24:00", title="Fête\n no 1").scenario
    assert scenario.title == "Fête no 1"
    assert scenario.period.start.isoformat() == "2025-06-21T08:00:00+01:00"
    assert scenario.period.end.isoformat() == "2025-06-24T00:00:00+01:00"
    assert len(scenario.weather.hours) == 64
    assert [shift.end - shift.start for shift in scenario.crew.shifts] == [timedelta(hours=16)] * 3


def test_a_name_of_the_index_is_a_place():
    names = PlaceNames([NamedPlace(name="Common", position=read_place(SOUTHSEA).position)])
    new = NewDeployment(**{**ASKED, "place": "common"})
    assert write_new_deployment(new, folder=Path(), names=names).scenario.site.centre == names.find_one(
        "common"
    )
    with pytest.raises(InputError, match="not a position"):
        write_new_deployment(NewDeployment(**{**ASKED, "place": "comon"}), folder=Path(), names=names)


BAD = {
    "name": "Beach Day",
    "place": "here",
    "first_day": "21/06/2025",
    "last_day": "2025-06-20",
    "days": 400,
    "hours": "22:00-06:00",
    "zone": "Europe/Londen",
    "country": "Wessex",
    "title": "x" * 200,
    "operation": "by eye",
    "drone": "kite",
    "dock": "shed",
    "docks": 50,
    "radius_m": float("nan"),
    "ground_m_amsl": float("inf"),
    "authorisation": " ",
    "no_crowd": "yes",
    "../evil": 1,
}


@pytest.mark.parametrize(("field", "value"), BAD.items(), ids=BAD)
def test_an_answer_that_cannot_be_is_refused_in_words(field, value):
    with pytest.raises(InputError, match="->"):
        write(**{field: value})


def test_two_ways_of_saying_how_long_are_not_weighed_against_each_other():
    with pytest.raises(InputError, match="give one of them"):
        write(last_day="2025-06-22", days=2)
