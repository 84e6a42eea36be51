"""Zones that are active by notice only: unknown until somebody reads the NOTAMs, then as these say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dfr.geo import Position
from dfr.io.airspace.files import load_airspace
from dfr.io.airspace.notam import read_notams
from dfr.scenario.air import ZONE_KINDS, AirspaceFile, DataKind, NotamReading
from dfr.world.airspace import Airspace
from dfr.world.airspace_answers import AirspaceState
from dfr.world.notices import is_named_in, with_notams
from dfr.world.terrain import FlatGround

NOON = datetime(2026, 7, 15, 12, tzinfo=UTC)
HERE = Position(lat_deg=51.5, lon_deg=-1.0)
SEA = FlatGround(height_m_amsl=0.0, source="test")
BY_NOTICE = """* dfr-coverage: 50,-3 50,1 53,1 53,-3
* dfr-kinds: airspace, aerodrome zones, unmanned-aircraft zones
AC UNC
AY D
AN {name}
AL GND
AH FL100
{hours}
V X=51:30:00 N 001:00:00 W
DC 5
"""
ACTIVATES = """H1234/26 NOTAMN
Q) EGTT/QRDCA/IV/BO/W/000/100/5130N00100W005
A) EGTT B) 2607151100 C) 2607151300
E) DANGER AREA EGD999 ACTIVATED
F) SFC G) FL100
"""
FAR_OFF = """H1235/26 NOTAMN
Q) EGTT/QRDCA/IV/BO/W/000/100/5530N00300W005
A) EGTT B) 2607151100 C) 2607151300
E) DANGER AREA EGD888 ACTIVATED
F) SFC G) FL100
"""


@pytest.fixture
def loaded(tmp_path: Path):
    def load(name: str = "EG D999 NOWHERE", hours: str = "AA NONE") -> Airspace:
        path = tmp_path / "air.txt"
        path.write_text(BY_NOTICE.format(name=name, hours=hours))
        return load_airspace([AirspaceFile(path=str(path), date="", source="")])

    return load


def reading(**words: object) -> NotamReading:
    return NotamReading(read_by="Sgt Hill", read_at=NOON - timedelta(hours=2), **words)  # type: ignore[arg-type]


def state(space: Airspace, when: datetime = NOON, needs: frozenset[DataKind] = ZONE_KINDS) -> AirspaceState:
    return space.at(HERE, height_m_agl=50.0, when=when, terrain=SEA, needs=needs).state


@pytest.mark.parametrize("hours", ["AA NONE", "AA by NOTAM"])
def test_active_only_when_notified_is_unknown_while_nobody_has_read_the_notams(loaded, hours: str) -> None:
    space = loaded(hours=hours)
    assert state(space) is AirspaceState.UNKNOWN
    assert state(space, needs=frozenset({DataKind.AIRSPACE})) is AirspaceState.UNKNOWN
    assert state(with_notams(space, None, [])) is AirspaceState.UNKNOWN


def test_a_reading_that_does_not_speak_of_activations_leaves_it_unknown(loaded) -> None:
    assert state(with_notams(loaded(), reading(), [])) is AirspaceState.UNKNOWN


def test_a_reader_who_found_no_activation_clears_it_and_one_who_did_does_not(loaded) -> None:
    assert state(with_notams(loaded(), reading(activated=()), [])) is AirspaceState.CLEAR
    assert state(with_notams(loaded(), reading(activated=("D999",)), [])) is AirspaceState.CONFLICT
    assert state(with_notams(loaded(), reading(activated=("EG D123",)), [])) is AirspaceState.CLEAR


def test_the_text_of_a_notam_activates_the_zone_that_it_names_while_it_is_in_force(loaded) -> None:
    space = with_notams(loaded(), reading(), [read_notams(ACTIVATES)])
    (zone,) = (zone for zone in space.zones if zone.name == "EG D999 NOWHERE")
    assert zone.is_active(NOON, NOON) is True
    assert zone.is_active(NOON + timedelta(hours=3), NOON + timedelta(hours=3)) is False
    assert state(space) is AirspaceState.CONFLICT


def test_texts_that_do_not_name_it_leave_it_inactive(loaded) -> None:
    assert state(with_notams(loaded(), reading(), [read_notams(FAR_OFF)])) is AirspaceState.CLEAR


def test_texts_given_later_activate_what_earlier_ones_did_not(loaded) -> None:
    first = with_notams(loaded(), reading(activated=()), [])
    assert (
        state(with_notams(first, reading(activated=()), [read_notams(ACTIVATES)])) is AirspaceState.CONFLICT
    )


def test_without_a_reading_no_place_is_clear_of_restrictions_by_notam(loaded) -> None:
    space = loaded(hours="AA 2020-01-01T00:00Z/2020-01-02T00:00Z")
    assert state(space) is AirspaceState.UNKNOWN
    assert state(with_notams(space, reading(), [])) is AirspaceState.CLEAR
    assert any("Sgt Hill" in source for source in _sources(with_notams(space, reading(), [])))


def test_a_reading_speaks_of_24_hours(loaded) -> None:
    space = with_notams(loaded(), reading(activated=()), [])
    assert state(space, NOON + timedelta(hours=22)) is AirspaceState.CLEAR
    assert state(space, NOON + timedelta(hours=23)) is AirspaceState.UNKNOWN


def _sources(space: Airspace) -> tuple[str, ...]:
    answer = space.at(HERE, height_m_agl=50.0, when=NOON, terrain=SEA)
    return next(cover.sources for cover in answer.covered if cover.kind is DataKind.RESTRICTIONS)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("DANGER AREA EG D999 ACTIVE", True),
        ("EGD999 NOWHERE", True),
        ("D999A ACTIVE", False),
        ("EGD99 ACTIVE", False),
        ("EGR999 ACTIVE", False),
        ("D1999 ACTIVE", False),
        ("NOWHERE", False),
    ],
)
def test_a_zone_is_named_by_its_name_or_designator(loaded, text: str, found: bool) -> None:
    (zone,) = loaded().zones
    assert is_named_in(zone, text) is found
