"""Zones written in one format and read back: the same place, the same limits with their datum, or a word."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from dfr.geo import Position, VerticalDatum
from dfr.io.airspace.convert import FORMATS
from dfr.io.airspace.files import read_airspace
from dfr.io.airspace.limits import limit_text, parse_limit, plain_words
from dfr.io.airspace.reading import AirspaceRead
from dfr.units import FOOT_M
from dfr.world.zones import Zone, vertical_limit

EARTH = Geod(ellps="WGS84")
BACK = {"openair": "back.txt", "geojson": "back.geojson", "ed318": "back.json", "kml": "back.kml"}
NOON = datetime(2024, 6, 21, 12, tzinfo=UTC)


def openair(limits: str = "AL SFC\nAH 2000ft AMSL\n", kind: str = "AC D\nAY CTR\n", shape: str = "") -> bytes:
    drawn = shape or "V X=50:00:00 N 001:00:00 W\nDC 5\n"
    return f"{kind}AN HERE\n{limits}{drawn}".encode()


def zones_of(read: AirspaceRead) -> tuple[Zone, ...]:
    assert read.refused == 0
    return read.zones


def back(
    data: bytes, form: str, name: str = "there.txt"
) -> tuple[tuple[Zone, ...], tuple[Zone, ...], list[str]]:
    """(the zones of a file, those after they were written and read again, what was said to be lost)."""
    first = read_airspace(data, name=name)
    text, changed, left_out = FORMATS[form](first)
    again = read_airspace(text.encode(), name=BACK[form]) if len(left_out) < len(first.zones) else None
    return zones_of(first), zones_of(again) if again else (), [*changed, *left_out]


def sector_m2(from_deg: float, sweep_deg: float, radius_m: float) -> float:
    """The area between an arc about 50 N 1 W, drawn in a thousand steps, and its chord."""
    azimuth = from_deg + sweep_deg * np.linspace(0.0, 1.0, 1001)
    lon, lat, _ = EARTH.fwd(
        *(np.full(1001, value) for value in (-1.0, 50.0)), azimuth, np.full(1001, radius_m)
    )
    return abs(EARTH.polygon_area_perimeter(lon, lat)[0])


@pytest.mark.parametrize("form", list(FORMATS))
@settings(max_examples=15, deadline=None)
@given(
    from_deg=st.integers(0, 359), sweep_deg=st.integers(30, 330), radius_nm=st.integers(1, 25),
    clockwise=st.booleans(),
)  # fmt: skip
def test_an_arc_on_its_own_stays_the_segment_that_it_is(
    form: str, from_deg: int, sweep_deg: int, radius_nm: int, clockwise: bool
) -> None:
    sign, direction = (1, "+") if clockwise else (-1, "-")
    to_deg = (from_deg + sign * sweep_deg) % 360
    shape = f"V X=50:00:00 N 001:00:00 W\nV D={direction}\nDA {radius_nm}, {from_deg}, {to_deg}\n"
    _, after, _ = back(openair(shape=shape), form)
    found = sum(zone.area.area_m2() for zone in after)
    assert found == pytest.approx(sector_m2(from_deg, sign * sweep_deg, radius_nm * 1852.0), rel=4e-3)


LIMITS = [
    ("SFC", "2000ft AMSL"), ("100m AGL", "200m AGL"), ("500ft AGL", "1500m AMSL"), ("2,500 ft", "5500ALT"),
    ("FL65", "FL195"), ("1000ft STD", "UNL"), ("100 m WGS84", "1000 ft WGS84"), ("33.35m AMSL", "UNLIM"),
]  # fmt: skip


@pytest.mark.parametrize("form", list(FORMATS))
@pytest.mark.parametrize(("lower", "upper"), LIMITS)
def test_limits_keep_their_height_and_their_datum(form: str, lower: str, upper: str) -> None:
    before, after, lost = back(openair(f"AL {lower}\nAH {upper}\n"), form)
    if not after:
        assert VerticalDatum.FLIGHT_LEVEL in (before[0].lower.datum, before[0].upper.datum)
        assert "left out" in lost[0]
        return
    for one, other in ((before[0].lower, after[0].lower), (before[0].upper, after[0].upper)):
        assert other.datum is one.datum
        assert other.value_m == pytest.approx(one.value_m, abs=1e-3)


@given(value_m=st.floats(1.0, 30_000.0), datum=st.sampled_from(["AGL", "AMSL", "WGS84", "FL"]))
def test_any_limit_in_words_is_read_back_to_the_centimetre(value_m: float, datum: str) -> None:
    level = vertical_limit(value_m, VerticalDatum(datum))
    for words in (plain_words(level), limit_text(level)):
        found = parse_limit(words)
        assert found is not None
        assert found.datum is level.datum
        assert found.value_m == pytest.approx(value_m, abs=0.006)


@pytest.mark.parametrize("form", list(FORMATS))
def test_a_binding_zone_stays_binding_and_one_that_informs_binds_nobody(form: str) -> None:
    for kind, binding in (("AC G\nAY ATZ\n", True), ("AC P\n", True), ("AC UNC\nAY INFO\n", False)):
        _, after, _ = back(openair(kind=kind), form)
        assert [zone.binding for zone in after] == [binding], kind


def test_a_prohibited_zone_is_written_as_prohibited() -> None:
    _, (zone,), _ = back(openair(kind="AC P\n"), "ed318")
    assert zone.kind == "PROHIBITED"


ZONE = {
    "identifier": "GBR0001", "country": "GBR", "name": "HERE", "type": "COMMON", "restriction": "PROHIBITED",
    "regulationExemption": "police", "zoneAuthority": [{"name": "Tower", "phone": "01 23"}],
    "applicability": [{"permanent": "YES"}],
    "geometry": [{
        "uomDimensions": "M", "lowerLimit": 0, "lowerVerticalReference": "AGL", "upperLimit": 120,
        "upperVerticalReference": "AGL",
        "horizontalProjection": {"type": "Polygon", "coordinates": [
            [[-4.0, 50.0], [-1.0, 50.0], [-1.0, 51.0], [-4.0, 51.0], [-4.0, 50.0]]]},
    }],
}  # fmt: skip


def ed269(**changes: object) -> bytes:
    return json.dumps({"features": [{**ZONE, **changes}]}).encode()


@pytest.mark.parametrize("form", list(FORMATS))
def test_who_to_ask_and_who_is_exempt_are_kept_or_said_to_be_lost(form: str) -> None:
    (before,), (after,), lost = back(ed269(), form, "zones.json")
    assert (before.contact, before.exempt) == ("Tower, 01 23", "police")
    assert after.contact == before.contact
    assert after.exempt == before.exempt or any("police" in line for line in lost)


def test_a_long_edge_along_a_parallel_is_still_one_in_openair() -> None:
    (before,), (after,), _ = back(ed269(), "openair", "zones.json")
    inside = Position(lat_deg=50.002, lon_deg=-2.5)
    assert before.distance_m(inside) == 0.0
    assert after.distance_m(inside) == 0.0
    assert after.area.area_m2() == pytest.approx(before.area.area_m2(), rel=1e-5)


@pytest.mark.parametrize("form", list(FORMATS))
def test_hours_are_kept_or_said_to_be_lost(form: str) -> None:
    seconds = openair() + b"AA 2024-06-21T11:00:30Z/2024-06-21T12:00:59Z\n"
    (_,), (after,), lost = back(seconds, form)
    inside, outside = NOON.replace(second=30), NOON.replace(minute=2)
    kept = after.is_active(inside, inside), after.is_active(outside, outside)
    assert kept == (True, False) or (kept == (True, True) and any("hours" in line for line in lost))


def test_feet_are_exact() -> None:
    assert limit_text(vertical_limit(2000 * FOOT_M, VerticalDatum.AMSL)) == "2000 ft AMSL"


@pytest.mark.parametrize("form", list(FORMATS))
def test_a_zone_that_only_may_exist_stays_one_or_is_said_to_be_certain(form: str) -> None:
    (before,), (after,), lost = back(openair() + b"* dfr-possible: asked for, not published\n", form)
    assert before.possible
    assert after.possible or any("may or may not exist" in line for line in lost)


@pytest.mark.parametrize("form", list(FORMATS))
def test_what_a_file_says_of_itself_is_kept_or_said_to_be_lost(form: str) -> None:
    head = "* dfr-date: 2024-08-24\n* dfr-coverage: 49,-2 51,-2 51,0 49,0\n* dfr-ground-m-amsl: -5 300\n"
    first = read_airspace(head.encode() + b"* dfr-omits: D036\n" + openair(), name="there.txt")
    text, lost, _ = FORMATS[form](first)
    again = read_airspace(text.encode(), name=BACK[form])
    assert again.date == "2024-08-24"
    assert again.coverage == first.coverage or any("coverage" in line for line in lost)
    assert again.omissions == first.omissions or any("D036" in line for line in lost)
    assert again.ground_m_amsl == first.ground_m_amsl or any("ground" in line for line in lost)


@pytest.mark.parametrize("form", list(FORMATS))
def test_a_hole_stays_a_hole(form: str) -> None:
    hole = [[-2.0, 50.4], [-1.5, 50.4], [-1.5, 50.6], [-2.0, 50.6], [-2.0, 50.4]]
    shape = ZONE["geometry"][0]["horizontalProjection"]  # type: ignore[index]
    outer = shape["coordinates"][0]
    volume = {**ZONE["geometry"][0], "horizontalProjection": {**shape, "coordinates": [outer, hole]}}  # type: ignore[index]
    (before,), after, lost = back(ed269(geometry=[volume]), form, "zones.json")
    assert sum(zone.area.area_m2() for zone in after) == pytest.approx(before.area.area_m2(), rel=1e-4)
    for lon, inside in ((-1.75, False), (-2.2, True), (-1.2, True)):
        place = Position(lat_deg=50.5, lon_deg=lon)
        assert any(zone.distance_m(place) == 0.0 for zone in after) is inside, lon
    assert len(after) == 1 or any("2 volumes" in line for line in lost)
