"""SBS/BaseStation: published lines, parts put together while fresh, pieces of any size, and noise."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfr.geo import VerticalDatum
from dfr.io.traffic.basestation import MOST_AIRCRAFT, BaseStationParser
from dfr.io.traffic.heard import UNNAMED, HeardAircraft

STAMPS = "2008/11/28,14:53:50.594,2008/11/28,14:58:51.153"
PUBLISHED = (
    "STA,,5,179,400AE7,10103,2008/11/28,14:58:51.153,2008/11/28,14:58:51.153,RM\r\n"
    f"MSG,1,5,211,4CA2D6,10057,{STAMPS},RYR1427,,,,,,,,,,,\r\n"
    f"MSG,4,5,211,4CA2D6,10057,{STAMPS},,,408.3,146.4,,,64,,,,,\r\n"
    f"MSG,8,5,211,4CA2D6,10057,{STAMPS},,,,,,,,,,,,0\r\n"
    f"MSG,3,5,211,4CA2D6,10057,{STAMPS},,37000,,,51.45735,-1.02826,,,0,0,0,0\r\n"
).encode()
"""Lines as Kinetic's socket sends them, as published examples show them."""


def place(
    icao: str = "4CA2D6", lat: object = 51.45735, lon: object = -1.02826, height: object = 37000
) -> bytes:
    return f"MSG,3,5,211,{icao},10057,{STAMPS},,{height},,,{lat},{lon},,,0,0,0,0\r\n".encode()


def heard(data: bytes) -> list[HeardAircraft]:
    return BaseStationParser().feed(data, now_s=0.0)


def test_published_lines_give_one_aircraft_with_all_its_parts() -> None:
    (aircraft,) = heard(PUBLISHED)
    assert (aircraft.icao, aircraft.name) == (0x4CA2D6, "RYR1427")
    assert (aircraft.position.lat_deg, aircraft.position.lon_deg) == (51.45735, -1.02826)
    assert aircraft.height_m == pytest.approx(11277.6)
    assert aircraft.height_datum is VerticalDatum.FLIGHT_LEVEL
    assert aircraft.speed_mps == pytest.approx(408.3 * 1852 / 3600)
    assert aircraft.climb_mps == pytest.approx(64 * 0.3048 / 60)
    assert (aircraft.track_deg, aircraft.on_ground) == (146.4, False)


def test_parts_that_are_not_fresh_are_unknown() -> None:
    parser = BaseStationParser()
    parser.feed(PUBLISHED, now_s=0.0)
    (aircraft,) = parser.feed(place(height=""), now_s=15.0)
    assert aircraft.speed_mps is not None
    (aircraft,) = parser.feed(place(height=""), now_s=15.1)
    assert (aircraft.height_m, aircraft.speed_mps, aircraft.track_deg) == (None, None, None)
    assert aircraft.name == "RYR1427"


def test_an_aircraft_on_the_ground_says_so() -> None:
    (aircraft,) = heard(place().replace(b"0,0,0,0\r\n", b"0,0,0,-1\r\n"))
    assert aircraft.on_ground


def test_an_address_that_is_no_aircrafts_own_is_never_taken_for_one() -> None:
    (aircraft,) = heard(place(icao="~4CA2D6"))
    assert aircraft.icao == 0x4CA2D6 | UNNAMED


@pytest.mark.parametrize(
    "line",
    [
        place(lat="NaN"),
        place(lat="91"),
        place(lon="-181"),
        place(lat="", lon=""),
        place(icao="XYZ"),
        place(icao=""),
        place(icao="4CA2D6F"),
        place().replace(b",0,0,0,0", b""),
        place().replace(b"MSG", b"GSM"),
        place().replace(b"10057", b"1" * 600),
        b"\xff\x00\n",
        b"\n\n\r\n",
    ],
)
def test_lines_that_tell_no_place_give_no_aircraft(line: bytes) -> None:
    parser = BaseStationParser()
    assert parser.feed(line, now_s=0.0) == []
    assert len(parser.feed(place(), now_s=0.0)) == 1


def test_numbers_that_are_none_are_unknown() -> None:
    (aircraft,) = heard(place(height="1e999"))
    assert aircraft.height_m is None


@given(cuts=st.lists(st.integers(0, len(PUBLISHED) - 1), max_size=8))
def test_lines_in_pieces_of_any_size_are_read_alike(cuts: list[int]) -> None:
    edges = sorted({0, len(PUBLISHED), *cuts})
    parser = BaseStationParser()
    pieces = [PUBLISHED[start:end] for start, end in itertools.pairwise(edges)]
    found = [aircraft for piece in pieces for aircraft in parser.feed(piece, now_s=0.0)]
    assert found == heard(PUBLISHED)
    assert parser.corrupt == 0


@given(data=st.binary(max_size=2000) | st.text("MSG,0123456789.-~\n", max_size=500).map(str.encode))
def test_noise_is_dropped_and_the_next_line_is_read(data: bytes) -> None:
    parser = BaseStationParser()
    parser.feed(data, now_s=0.0)
    found = parser.feed(b"\n" + place(), now_s=0.0)
    assert [aircraft.icao for aircraft in found][-1:] == [0x4CA2D6]


def test_an_endless_line_and_a_flood_of_addresses_take_no_endless_room() -> None:
    parser = BaseStationParser()
    for _ in range(50):
        parser.feed(b"x" * 100_000, now_s=0.0)
    assert len(parser._rest) < 1000
    parser.feed(
        b"\n" + b"".join(place(icao=f"{number:x}") for number in range(1, MOST_AIRCRAFT + 50)), now_s=0.0
    )
    assert len(parser._aircraft) == MOST_AIRCRAFT
