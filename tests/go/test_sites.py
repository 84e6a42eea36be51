"""From the template to a go at eight places in five countries, and back by each fact that is taken away."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dfr.errors import InputError
from dfr.plan.verdict import VerdictKind, verdict_of

from .deployments import DAY, Data, Place, air_files, changed, planned, ready, verdict
from .mutants import CLEARANCE, over_the_site

EU_ANSWERS = [
    {"topic": "police-law", "answer": "the state's police law", "reference": "order 12/2027"},
    {"topic": "national-zones", "answer": "read with the national zones", "reference": "map of 2027-06-10"},
]
US_ANSWERS = [
    {"topic": "public-aircraft", "answer": "Part 107", "reference": "certificate 4012345"},
    {"topic": "state-law", "answer": "department policy", "reference": "general order 12.3"},
]
EU = (("jurisdiction", "eu"), ("answers", EU_ANSWERS))
US = (("jurisdiction", "us"), ("answers", US_ANSWERS))

PLACES = (
    Place(name="fenland", lat_deg=53.05, lon_deg=-0.30, zone="Europe/London", country="uk"),
    Place(name="perthshire", lat_deg=56.55, lon_deg=-3.60, zone="Europe/London", country="uk"),
    Place(name="powys", lat_deg=52.25, lon_deg=-3.45, zone="Europe/London", country="uk"),
    Place(name="bavaria", lat_deg=48.55, lon_deg=12.10, zone="Europe/Berlin", country="eu", changes=EU),
    Place(name="auvergne", lat_deg=45.60, lon_deg=3.20, zone="Europe/Paris", country="eu", changes=EU),
    Place(name="castile", lat_deg=41.30, lon_deg=-4.40, zone="Europe/Madrid", country="eu", changes=EU),
    Place(name="iowa", lat_deg=42.00, lon_deg=-93.40, zone="America/Chicago", country="us", changes=US),
    Place(
        name="oregon", lat_deg=44.00, lon_deg=-120.50, zone="America/Los_Angeles", country="us", changes=US
    ),
)

ONE_A_COUNTRY = ("fenland", "bavaria", "iowa")
EACH = [
    pytest.param(place, marks=() if place.name in ONE_A_COUNTRY else pytest.mark.slow, id=place.name)
    for place in PLACES
]
"""Every place; those beyond one for each set of rules take their time apart."""

TAKEN: dict[str, tuple[str, object]] = {
    "the rules of a country": ("jurisdiction", "none"),
    "the authorisation": ("operation.authorisation", None),
    "the crowds": ("site.crowds", None),
    "the water": ("site.water", None),
    "the ground": ("site.ground_m_amsl", None),
    "the boundary": ("site.boundary.confirmed", False),
    "the places of docks": ("candidates.confirmed", False),
    "the areas of calls": ("demand.zones.confirmed", False),
    "a post": ("operation.posts.0.confirmed", False),
    "the zones for unmanned aircraft": ("airspace.1.kinds", []),
    "the aerodrome zones": ("airspace.0.kinds", ["airspace"]),
    "the reading of NOTAMs": ("notams", None),
    "the survey of obstacles": ("obstacles", None),
}
"""Facts by name, and how the scenario is without them."""


EACH_WITHOUT = [
    pytest.param(
        place,
        fact,
        marks=() if place is PLACES[0] or (number, k) in ((0, 3), (1, 6)) else pytest.mark.slow,
        id=f"{place.name}-{fact}",
    )
    for k, place in enumerate(PLACES)
    for number, fact in enumerate(TAKEN)
]
"""Every fact at the first place; at one more for each set of rules another fact; all others are slow."""


def now_at(place: Place) -> datetime:
    """An hour before the operation begins, by the clocks of the place."""
    return datetime(DAY.year, DAY.month, DAY.day, 11, tzinfo=ZoneInfo(place.zone))


def judged(folder: Path, place: Place, data: Data) -> VerdictKind:
    return verdict(folder, data, air_files(place), now=now_at(place)).kind


@pytest.mark.parametrize("place", EACH)
def test_a_place_goes_from_the_template_to_a_go(tmp_path: Path, place: Place):
    found = verdict(tmp_path, ready(place), air_files(place), now=now_at(place))
    assert found.headline == "GO for 4 of 4 hours"


@pytest.mark.parametrize(("place", "fact"), EACH_WITHOUT)
def test_each_fact_taken_away_takes_the_go_away(tmp_path: Path, place: Place, fact: str):
    assert judged(tmp_path, place, changed(ready(place), TAKEN[fact])) is not VerdictKind.GO


@pytest.mark.parametrize("place", EACH[3:])
@pytest.mark.parametrize("number", [0, 1])
def test_what_the_rules_leave_to_the_country_has_to_be_answered(tmp_path: Path, place: Place, number: int):
    answers = [answer for k, answer in enumerate(ready(place)["answers"]) if k != number]
    assert judged(tmp_path, place, changed(ready(place), ("answers", answers))) is VerdictKind.UNKNOWN


@pytest.mark.parametrize("place", EACH)
def test_without_the_weather_of_the_day_nothing_is_known_on_the_day(tmp_path: Path, place: Place):
    world, plan = planned(tmp_path, ready(place), air_files(place), forecast=False)
    assert verdict_of(world.scenario, plan, now=now_at(place)).kind is VerdictKind.UNKNOWN


@pytest.mark.parametrize("place", EACH)
def test_a_zone_over_the_place_is_entered_by_a_clearance_alone(tmp_path: Path, place: Place):
    zone, _ = over_the_site(place)
    files, data = air_files(place) | zone, ready(place)
    assert verdict(tmp_path, data, files, now=now_at(place)).kind is VerdictKind.NO_GO
    cleared = changed(data, ("clearances", [CLEARANCE]))
    assert verdict(tmp_path, cleared, files, now=now_at(place)).kind is VerdictKind.GO


@pytest.mark.parametrize("place", EACH[:6])
def test_a_file_with_latitude_and_longitude_changed_over_is_unknown_and_says_both(
    tmp_path: Path, place: Place
):
    world, plan = planned(tmp_path, changed_over(ready(place)), air_files(place))
    assert verdict_of(world.scenario, plan, now=now_at(place)).kind is not VerdictKind.GO
    (found,) = [f for f in plan.findings if f.rule == "jurisdiction" and "other way round" in f.message]
    assert str(world.scenario.site.centre) in found.message


@pytest.mark.parametrize("place", PLACES[6:], ids=lambda place: place.name)
def test_a_longitude_that_is_no_latitude_is_bad_input(tmp_path: Path, place: Place):
    with pytest.raises(InputError):
        planned(tmp_path, changed_over(ready(place)), air_files(place))


def changed_over(item: Any) -> Any:
    """Every place of a file with its latitude and longitude changed over."""
    if isinstance(item, dict):
        turned = {key: changed_over(value) for key, value in item.items()}
        if "lat_deg" in item:
            turned |= {"lat_deg": item["lon_deg"], "lon_deg": item["lat_deg"]}
        return turned
    if isinstance(item, list) and len(item) == 2 and all(isinstance(value, float) for value in item):
        return item[::-1]
    return [changed_over(value) for value in item] if isinstance(item, list) else item
