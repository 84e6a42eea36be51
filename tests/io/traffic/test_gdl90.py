"""GDL90: the specification's own examples, an encoder written from it, and every kind of damage."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfr.geo import VerticalDatum
from dfr.io.traffic.gdl90 import Gdl90Parser
from dfr.io.traffic.heard import UNNAMED, HeardAircraft

N825V = bytes.fromhex("1400AB45491FEF15A889780F09A907B001200 14E38323556202020 00".replace(" ", ""))
"""The traffic report that the specification works through (560-1058-00 Rev A, section 3.5.4)."""

HEARTBEAT = bytes.fromhex("7E008141DBD00802B38B7E")
"""The heartbeat that the specification gives with flags and check sum (section 2.2.4)."""


def crc(message: bytes) -> int:
    """The remainder of the message, a bit at a time, by the polynomial of CRC-CCITT: no table."""
    value = 0
    for byte in message:
        for bit in range(7, -1, -1):
            value = value << 1 | byte >> bit & 1
            if value & 0x10000:
                value ^= 0x11021
    return value


def frame(message: bytes) -> bytes:
    body = message + crc(message).to_bytes(2, "little")
    stuffed = b"".join(bytes([0x7D, byte ^ 0x20]) if byte in (0x7D, 0x7E) else bytes([byte]) for byte in body)
    return b"\x7e" + stuffed + b"\x7e"


def report(
    *, icao: int = 0x400F01, kind: int = 0, lat: int = 0x241C71, lon: int = -50000, altitude: int = 60,
    misc: int = 0b1001, accuracy: int = 0xA9, speed: int = 100, climb: int = 0, track: int = 64,
    name: bytes = b"HLE51   ",
) -> bytes:  # fmt: skip
    fields = [
        bytes([20, kind]),
        icao.to_bytes(3, "big"),
        lat.to_bytes(3, "big", signed=True),
        lon.to_bytes(3, "big", signed=True),
        (altitude << 4 | misc).to_bytes(2, "big"),
        bytes([accuracy]),
        (speed << 12 | climb & 0xFFF).to_bytes(3, "big"),
        bytes([track, 7]),
        name,
        b"\x00",
    ]
    return b"".join(fields)


def heard(data: bytes) -> list[HeardAircraft]:
    return Gdl90Parser().feed(data, now_s=0.0)


def test_the_specifications_example_is_read_as_it_says() -> None:
    (aircraft,) = heard(frame(N825V))
    assert (aircraft.icao, aircraft.name) == (0xAB4549, "N825V")
    assert aircraft.position.lat_deg == pytest.approx(44.90708, abs=2e-5)
    assert aircraft.position.lon_deg == pytest.approx(-122.99488, abs=2e-5)
    assert aircraft.height_m == pytest.approx(5000 * 0.3048)
    assert aircraft.height_datum is VerticalDatum.FLIGHT_LEVEL
    assert aircraft.speed_mps == pytest.approx(123 * 0.514444, rel=1e-5)
    assert aircraft.climb_mps == pytest.approx(64 * 0.3048 / 60)
    assert (aircraft.track_deg, aircraft.accuracy_m, aircraft.on_ground) == (45.0, 30.0, False)


def test_the_specifications_heartbeat_is_whole_and_no_aircraft() -> None:
    parser = Gdl90Parser()
    assert parser.feed(HEARTBEAT, now_s=0.0) == []
    assert parser.corrupt == 0
    parser.feed(HEARTBEAT.replace(b"\xdb", b"\xdc"), now_s=0.0)
    assert parser.corrupt == 1


def test_what_a_report_does_not_say_is_unknown() -> None:
    (aircraft,) = heard(frame(report(altitude=0xFFF, misc=0b1000, accuracy=0, speed=0xFFF, climb=0x800)))
    unknown = (aircraft.height_m, aircraft.track_deg, aircraft.speed_mps, aircraft.climb_mps)
    assert unknown == (None, None, None, None)
    assert aircraft.accuracy_m is None


def test_a_report_without_a_place_is_none() -> None:
    assert heard(frame(report(lat=0, lon=0, accuracy=0))) == []
    assert heard(frame(report(lat=0x600000))) == []  # 135 degrees north
    assert heard(frame(report()[:-1])) == []


def test_an_address_that_is_no_aircrafts_own_is_never_taken_for_one() -> None:
    (own, tisb, track) = heard(b"".join(frame(report(kind=kind)) for kind in (0, 2, 3)))
    assert own.icao == tisb.icao == 0x400F01
    assert track.icao == 0x400F01 | UNNAMED


def test_a_name_that_is_none_gives_way_to_the_address() -> None:
    (aircraft,) = heard(frame(report(name=b"\x1b[2J\x00\xff  ")))
    assert aircraft.name == "400f01"


def test_an_aircraft_on_the_ground_says_so() -> None:
    (aircraft,) = heard(frame(report(misc=0b0001)))
    assert aircraft.on_ground


REPORTS = st.builds(
    report,
    icao=st.integers(0, 0xFFFFFF),
    lat=st.integers(-(2**22), 2**22),
    lon=st.integers(-(2**23), 2**23 - 1).filter(bool),
    altitude=st.integers(0, 0xFFE),
    speed=st.integers(0, 0xFFE),
    climb=st.integers(-510, 510),
    track=st.integers(0, 255),
)


@given(messages=st.lists(REPORTS, min_size=1, max_size=4), cuts=st.lists(st.integers(0, 300), max_size=6))
def test_frames_in_pieces_of_any_size_are_read_alike(messages: list[bytes], cuts: list[int]) -> None:
    data = b"".join(map(frame, messages))
    whole, parser = heard(data), Gdl90Parser()
    assert len(whole) == len(messages)
    edges = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    pieces = [data[start:end] for start, end in itertools.pairwise(edges)]
    assert [aircraft for piece in pieces for aircraft in parser.feed(piece, now_s=0.0)] == whole
    assert parser.corrupt == 0


@given(message=REPORTS)
def test_an_encoded_report_comes_back(message: bytes) -> None:
    (aircraft,) = heard(frame(message))
    assert aircraft.position.lat_deg == pytest.approx(
        int.from_bytes(message[5:8], "big", signed=True) * 180 / 2**23
    )
    assert aircraft.height_m == pytest.approx(((message[11] << 4 | message[12] >> 4) * 25 - 1000) * 0.3048)


@given(message=REPORTS, place=st.integers(0, 200), bit=st.integers(0, 7))
def test_one_flipped_bit_gives_no_aircraft(message: bytes, place: int, bit: int) -> None:
    data = bytearray(frame(message))
    place = 1 + place % (len(data) - 2)
    data[place] ^= 1 << bit
    assert heard(bytes(data)) == []


@given(data=st.binary(max_size=5000))
def test_noise_is_dropped_and_the_next_frame_is_read(data: bytes) -> None:
    parser = Gdl90Parser()
    parser.feed(data, now_s=0.0)
    assert len(parser.feed(frame(report()), now_s=0.0)) == 1


def test_an_endless_frame_takes_no_endless_room() -> None:
    parser = Gdl90Parser()
    for _ in range(50):
        parser.feed(b"\x00" * 100_000, now_s=0.0)
    assert len(parser._frame) < 3000
    assert len(parser.feed(frame(report()), now_s=0.0)) == 1
