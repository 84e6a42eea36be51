"""Places as people write them, held against published points, and what a place says of clock and country."""

import math
from zoneinfo import ZoneInfo

import airportsdata
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pyproj import Transformer

from dfr.errors import DfrError, InputError
from dfr.geo import Position, distance_m, os_grid_reference
from dfr.io.places import (
    LONGEST_TEXT,
    countries_of_zone,
    country_names,
    read_country,
    read_place,
    zone_at,
)

HEATHROW = Position(lat_deg=51.4775, lon_deg=-0.461389)
"""The reference point of EGLL in the UK AIP: 512839N 0002741W."""

SAME = [
    "51.4775, -0.461389",
    "51.4775 -0.461389",
    "51.4775N 0.461389W",
    "0.461389W 51.4775N",
    "N51.4775 W0.461389",
    "51,4775; -0,461389",
    "512839N 0002741W",
    "512839N0002741W",
    "51°28'39\"N 0°27'41\"W",
    "51°28′39″N, 000°27′41″W",
    "51 28 39 N 0 27 41 W",
    "51-28-39N 000-27-41W",
    "n51 28.65 w000 27.6833",
    "51º28’39’’n 0º27’41’’w",
]


@pytest.mark.parametrize("text", SAME)
def test_every_way_of_writing_degrees_is_the_same_place(text):
    reading = read_place(text)
    assert distance_m(reading.position, HEATHROW) < 5.0
    assert reading.notation in ("decimal degrees", "degrees and minutes")


# Ordnance Survey, OSTN15 and OSGM15 test data: ETRS89 latitude and longitude, OSGB36 easting and northing.
OSTN15_POINTS = [
    (49.92226393730, -6.29977752014, "SV 91492 11318"),
    (49.96006137820, -5.20304609998, "SW 70370 11572"),
    (50.43885825610, -4.10864563561, "SX 50359 62016"),
    (51.42754743020, -2.54407618349, "ST 62269 69978"),
    (51.48936564950, -0.11992557180, "TQ 30624 78388"),
]


@pytest.mark.parametrize(("lat_deg", "lon_deg", "reference"), OSTN15_POINTS)
def test_os_grid_references_are_within_5_m_of_the_survey_s_own_points(lat_deg, lon_deg, reference):
    reading = read_place(reference)
    assert reading.notation == "OS grid reference"
    assert distance_m(reading.position, Position(lat_deg=lat_deg, lon_deg=lon_deg)) < 5.0 + reading.within_m


@given(st.floats(50.0, 58.5), st.floats(-5.0, 1.0))
def test_an_os_grid_reference_reads_back_to_its_own_square(lat_deg, lon_deg):
    position = Position(lat_deg=lat_deg, lon_deg=lon_deg)
    reference = os_grid_reference(position)
    reading = read_place(reference)
    assert distance_m(reading.position, position) <= reading.within_m + 0.1
    assert os_grid_reference(reading.position) == reference


@pytest.mark.parametrize(
    ("reference", "epsg", "east_m", "north_m"),
    [
        ("30U XB 34651 27099", 32630, 634_651.5, 5_627_099.5),
        ("30UXB 346 270", 32630, 634_650.0, 5_627_050.0),
        ("31NAA6602100000", 32631, 166_021.5, 0.5),
        ("56HLH3436850000", 32756, 334_368.5, 6_250_000.5),
    ],
)
def test_mgrs_references_are_the_squares_of_utm(reference, epsg, east_m, north_m):
    pytest.importorskip("mgrs")
    lat_deg, lon_deg = Transformer.from_crs(epsg, 4326).transform(east_m, north_m)
    reading = read_place(reference)
    assert reading.notation == "MGRS"
    # Ten figures are read to their corner, since a finer square has no reference.
    assert distance_m(reading.position, Position(lat_deg=lat_deg, lon_deg=lon_deg)) < 1.0


@pytest.mark.parametrize(
    ("text", "within_m"),
    [("50.782, -1.089", 78.7), ("SZ 6432 9844", 7.1), ("SZ 64 98", 707.2), ("50 46 55 N 1 05 20 W", 21.9)],
)
def test_how_good_a_place_is_follows_from_its_last_figure(text, within_m):
    assert read_place(text).within_m == pytest.approx(within_m, abs=0.1)


BAD = [
    "",
    "Southsea",
    "95, 0",
    "50.782",
    "50.782N 1.089",
    "50.782, -1.089, 30",
    "-50.7N 1W",
    "N50.7N 1W",
    "50N 60N",
    "50 75 0 N 1 0 0 W",
    "50 0 60 N 1 0 0 W",
    "50.5 30 N 1 0 W",
    "50 46 55 1 05 20",
    "1e2, 3",
    "nan, nan",
    "SZ 123 4",
    "SZ 12 34 56",
    "SZ 6",
    "SZ",
    "IZ 6432 9844",
    "JA 1234 5678",
    "J 3380 7400",
    "61UXB1234",
    "30UXB",
    "30IXB1234",
    "464320, 98440",
    "٥٠, ١",
    "1" * (LONGEST_TEXT + 1),
]


@pytest.mark.parametrize("text", BAD)
def test_what_is_no_place_is_refused_in_words(text):
    with pytest.raises(InputError, match="->"):
        read_place(text)


@given(st.text(alphabet="0123456789NSEWSZTQ°'\". ,;-+UXB\n", max_size=LONGEST_TEXT))
@example("9" * LONGEST_TEXT)
@example("1 " * (LONGEST_TEXT // 2))
def test_any_text_is_a_place_on_the_globe_or_refused(text):
    try:
        reading = read_place(text)
    except DfrError:
        return
    assert math.isfinite(reading.within_m)
    assert abs(reading.position.lat_deg) <= 90.0


@pytest.mark.parametrize(
    ("airport", "zone", "country"),
    [
        ("EGLL", "Europe/London", "GB"),
        ("EGJJ", "Europe/Jersey", "JE"),
        ("ENGM", "Europe/Oslo", "NO"),
        ("EIDW", "Europe/Dublin", "IE"),
        ("YSSY", "Australia/Sydney", "AU"),
        ("KSFO", "America/Los_Angeles", "US"),
    ],
)
def test_the_clock_and_the_country_of_a_place_are_those_of_its_airport(airport, zone, country):
    pytest.importorskip("timezonefinder")
    row = airportsdata.load("ICAO")[airport]
    found = zone_at(Position(lat_deg=row["lat"], lon_deg=row["lon"]))
    assert found.key == zone == row["tz"]
    assert countries_of_zone(found) == (country,) == (row["country"],)


def test_at_sea_no_clock_is_guessed():
    pytest.importorskip("timezonefinder")
    assert zone_at(Position(lat_deg=49.0, lon_deg=-30.0)) is None


def test_a_zone_of_no_country_says_none():
    assert countries_of_zone(ZoneInfo("UTC")) == ()


@pytest.mark.parametrize(("text", "code"), [("gb", "GB"), ("UK", "GB"), ("Norway", "NO"), (" us ", "US")])
def test_a_country_is_known_by_code_and_by_name(text, code):
    assert read_country(text) == code
    assert code in country_names()


@pytest.mark.parametrize("text", ["", "XX", "Wessex"])
def test_what_is_no_country_is_refused(text):
    with pytest.raises(InputError, match="->"):
        read_country(text)
