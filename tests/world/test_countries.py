"""In whose country a place lies: sure inside, undecided along borders and coasts, never the wrong one."""

from __future__ import annotations

import airportsdata
import pytest

from dfr.geo import Position
from dfr.world.countries import CountryFit, country_fit, rules_at, swap_coordinates

EU_CODES = "AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT RO SK SI ES SE CH NO IS LI"
COUNTRIES = {"uk": {"GB"}, "eu": set(EU_CODES.split()), "us": {"US", "PR", "VI"}}


def at(lat: float, lon: float) -> Position:
    return Position(lat_deg=lat, lon_deg=lon)


PLACES = {
    "Southsea": (50.78, -1.09, "uk"),
    "Newquay": (50.41, -5.08, "uk"),
    "Dover": (51.13, 1.31, "uk"),
    "Lerwick": (60.15, -1.14, "uk"),
    "Belfast": (54.60, -5.93, "uk"),
    "Munich": (48.14, 11.58, "eu"),
    "Geneva": (46.20, 6.14, "eu"),
    "Oslo": (59.91, 10.75, "eu"),
    "Dublin": (53.35, -6.26, "eu"),
    "Denver": (39.74, -104.99, "us"),
    "Honolulu": (21.30, -157.86, "us"),
    "Anchorage": (61.20, -149.90, "us"),
}


@pytest.mark.parametrize(("lat", "lon", "rules"), PLACES.values(), ids=PLACES)
def test_a_place_well_inside_a_country_is_known(lat, lon, rules):
    assert rules_at(at(lat, lon)) == (rules,)


ABROAD = {
    "Douglas, Isle of Man": (54.15, -4.48),
    "Belgrade": (44.80, 20.46),
    "Edirne": (41.67, 26.55),
    "Toronto": (43.65, -79.38),
    "Tijuana": (32.50, -117.00),
    "Dundalk, for the UK": (54.00, -6.40),
    "Kaliningrad": (54.70, 20.50),
    "Tokyo": (35.68, 139.69),
    "the middle of the North Sea": (56.0, 3.0),
    "off Somalia": (-1.09, 50.78),
}


@pytest.mark.parametrize(("lat", "lon"), ABROAD.values(), ids=ABROAD)
def test_no_place_abroad_is_taken_for_a_country_of_the_rules(lat, lon):
    assert rules_at(at(lat, lon)) == ()


@pytest.mark.parametrize(
    "place", [(54.18, -6.34), (55.0, -7.3), (42.33, -83.05)], ids=["Newry", "Derry", "Detroit"]
)
def test_at_a_border_the_country_is_undecided(place):
    fits = {country_fit(key, at(*place)) for key in COUNTRIES}
    assert CountryFit.UNDECIDED in fits
    assert CountryFit.INSIDE not in fits


@pytest.mark.parametrize("key", COUNTRIES)
def test_no_aerodrome_of_another_country_lies_inside_and_few_own_ones_are_in_doubt(key):
    """An outside table: 28,000 aerodromes with their countries."""
    table = airportsdata.load("ICAO").values()
    own, foreign = [], []
    for row in table:
        (own if row["country"] in COUNTRIES[key] else foreign).append(at(row["lat"], row["lon"]))
    assert [place for place in foreign if country_fit(key, place) is CountryFit.INSIDE] == []
    sure = sum(country_fit(key, place) is CountryFit.INSIDE for place in own)
    assert sure / len(own) > 0.98


def test_a_swapped_place_is_read_the_other_way():
    assert swap_coordinates(at(-1.09, 50.78)) == at(50.78, -1.09)
    assert swap_coordinates(at(39.74, -104.99)) is None, "there is no latitude of -105"
