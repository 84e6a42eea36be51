"""The shipped airspace around the Solent against the published facts."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from dfr.geo import Position, VerticalDatum
from dfr.io.airspace.files import load_airspace, read_airspace
from dfr.io.airspace.openair import read_openair
from dfr.io.airspace.openair_write import write_openair
from dfr.io.airspace.reading import AirspaceRead
from dfr.io.airspace.yaixm import read_yaixm
from dfr.scenario.air import AirspaceFile, DataKind
from dfr.world.airspace import Airspace
from dfr.world.airspace_answers import AirspaceState
from dfr.world.terrain import UnknownGround
from dfr.world.zones import Zone
from tests.places import edge_distance_m

SOUTHSEA = Position(lat_deg=50.7820, lon_deg=-1.0890)
SEACLOSE = Position(lat_deg=50.7085, lon_deg=-1.2835)
LOCAL_KINDS = {"D_OTHER": "D"}

MISSING_KM = {"D037": (18.8, 20.0), "D038": (31.4, 24.1), "D036": (33.4, 24.9)}
"""Nearest edges from Southsea Common and Seaclose Park of volumes without geometry."""


@pytest.fixture(scope="module")
def solent_file(repository: Path) -> Path:
    return repository / "airspace" / "solent-2024-08.txt"


@pytest.fixture(scope="module")
def read(solent_file: Path) -> AirspaceRead:
    return read_openair(solent_file.read_bytes(), name="solent")


@pytest.fixture(scope="module")
def solent(solent_file: Path) -> Airspace:
    return load_airspace([AirspaceFile(path=str(solent_file), date="", source="")])


@pytest.fixture(scope="module")
def table(reference: Path) -> list[dict[str, object]]:
    rows = json.loads((reference / "airspace" / "within-30-km-2024-08-24.json").read_text())
    assert len(rows) == 35
    return rows


def _name(row: dict[str, object]) -> str:
    return f"{row['name']}-{row['seq']}" if row["seq"] else str(row["name"])


def test_the_file_reads_without_a_problem(read: AirspaceRead) -> None:
    assert read.problems == ()
    assert read.records_seen == len(read.zones) == 48
    assert read.date == "2024-08-24"


def test_every_volume_of_the_table_is_there_with_its_limits_and_distances(
    read: AirspaceRead, table: list[dict[str, object]]
) -> None:
    for row in table:
        kind = str(row["localtype"] or row["type"])
        (zone,) = (
            z
            for z in read.zones
            if (z.name, z.kind) == (_name(row), LOCAL_KINDS.get(kind, kind))
            and (z.lower.text, z.upper.text) == (row["lower"], row["upper"])
        )
        assert zone.airspace_class == row["cls"]
        assert edge_distance_m(zone, SOUTHSEA) == pytest.approx(
            1000 * float(str(row["southsea_edge"])), abs=50
        )
        assert edge_distance_m(zone, SEACLOSE) == pytest.approx(
            1000 * float(str(row["seaclose_edge"])), abs=50
        )


@pytest.mark.parametrize(
    ("name", "southsea_km", "seaclose_km"),
    [
        ("RU014A FLEETLANDS FRZ", 4.5, 13.7),
        ("RU013A LEE-ON-SOLENT FRZ", 5.4, 9.4),
        ("LEE-ON-SOLENT RPZ 23", 8.0, 15.5),
        ("LEE-ON-SOLENT RPZ 05", 10.6, 8.0),
        ("RU012A SOUTHAMPTON FRZ", 22.9, 23.7),
    ],
)
def test_constructed_zones_lie_at_the_distances_on_record(
    read: AirspaceRead, name: str, southsea_km: float, seaclose_km: float
) -> None:
    (zone,) = (z for z in read.zones if z.name == name)
    assert round(edge_distance_m(zone, SOUTHSEA) / 1000, 1) == southsea_km
    assert round(edge_distance_m(zone, SEACLOSE) / 1000, 1) == seaclose_km
    assert zone.remarks.startswith("constructed: ")


def test_only_class_a_from_flight_level_65_is_overhead_both_sites(solent: Airspace) -> None:
    for site in (SOUTHSEA, SEACLOSE):
        ((overhead, away_m),) = solent.zones_near(site)
        assert (overhead.name, overhead.airspace_class, overhead.lower.text) == (
            "PORTSMOUTH CTA-1",
            "A",
            "FL65",
        )
        assert overhead.lower.datum is VerticalDatum.FLIGHT_LEVEL
        assert away_m == 0.0


def test_both_sites_are_clear_at_120_m_without_terrain_or_pressure(solent: Airspace) -> None:
    for site in (SOUTHSEA, SEACLOSE):
        answer = solent.at(
            site,
            height_m_agl=120.0,
            when=datetime(2024, 8, 24, 12, tzinfo=UTC),
            terrain=UnknownGround(),
            needs=(DataKind.AIRSPACE, DataKind.AERODROME_ZONES),
        )
        assert answer.state is AirspaceState.CLEAR
        assert any("Class G by inference" in reason for reason in answer.reasons)


def test_the_coverage_leaves_out_what_is_known_to_be_missing(read: AirspaceRead) -> None:
    """A missing volume is at least so far from each site: no point nearer to one of them is in it."""
    nearest_southsea = min(km[0] for km in MISSING_KM.values()) - 0.05
    nearest_seaclose = min(km[1] for km in MISSING_KM.values()) - 0.05
    (ring,) = read.coverage
    zone = Zone(
        name="coverage", kind="", lower=read.zones[0].lower, upper=read.zones[0].upper, area=_area(read)
    )
    assert zone.distance_m(SOUTHSEA) == zone.distance_m(SEACLOSE) == 0.0
    for corner in ring:
        from_southsea, from_seaclose = _km(SOUTHSEA, corner), _km(SEACLOSE, corner)
        assert from_southsea < nearest_southsea or from_seaclose < nearest_seaclose
    assert all(any(name in omission for omission in read.omissions) for name in MISSING_KM)


@pytest.mark.parametrize(("site", "column"), [(SOUTHSEA, "southsea_edge"), (SEACLOSE, "seaclose_edge")])
def test_the_zones_near_a_site_are_those_of_the_table(
    solent: Airspace, table: list[dict[str, object]], site: Position, column: str
) -> None:
    """Every row within 29.9 km is answered; what the table lacks says how it came about."""
    near = solent.zones_near(site, within_m=30_000)
    answered = {
        (zone.name, zone.lower.text, zone.upper.text): away_m or edge_distance_m(zone, site)
        for zone, away_m in near
    }
    rows = {(_name(row), str(row["lower"]), str(row["upper"])): row for row in table}
    within = {
        key: 1000 * float(str(row[column])) for key, row in rows.items() if float(str(row[column])) < 29.9
    }
    assert {key: answered[key] for key in within} == pytest.approx(within, abs=50)
    more = [zone for zone, _ in near if (zone.name, zone.lower.text, zone.upper.text) not in rows]
    assert all(zone.remarks.startswith(("constructed: ", "assumed: ")) for zone in more)


@pytest.mark.parametrize("name", ["airspace.yaml", "rat.yaml", "loa.yaml"])
def test_openair_and_yaixm_agree_on_every_zone_of_the_snapshot(reference: Path, name: str) -> None:
    """A zone in several parts is one volume in OpenAir, its parts joined by slits."""
    data = (reference / "airspace" / "yaixm-2024-08-24" / name).read_bytes()
    yaixm = read_airspace(data, name=name)
    assert (yaixm.kind, yaixm.refused) == ("yaixm", 0)
    assert yaixm.records_seen == {"airspace.yaml": 1032, "rat.yaml": 11}.get(name, len(yaixm.zones))
    openair = read_openair(write_openair(yaixm)[0].encode(), name="uk.txt")
    assert openair.refused == 0
    for zone, volume in zip(yaixm.zones, openair.zones, strict=True):
        assert (volume.name, volume.kind, volume.airspace_class) == (
            zone.name,
            zone.kind,
            zone.airspace_class,
        )
        assert (volume.lower, volume.upper) == (zone.lower, zone.upper)
        assert volume.area.area_m2() == pytest.approx(zone.area.area_m2(), rel=1e-3)


def test_temporary_restrictions_of_yaixm_have_dates_nobody_can_read(reference: Path) -> None:
    read = read_yaixm((reference / "airspace" / "yaixm-2024-08-24" / "rat.yaml").read_bytes(), name="rat")
    assert len(read.zones) == 11
    assert {zone.kind for zone in read.zones} == {"RA(T)"}
    noon = datetime(2024, 8, 24, tzinfo=UTC)
    assert {zone.is_active(noon, noon) for zone in read.zones} == {None}


def test_letters_of_agreement_inform_and_take_nothing_away(reference: Path) -> None:
    data = (reference / "airspace" / "yaixm-2024-08-24" / "loa.yaml").read_bytes()
    read = read_airspace(data, name="loa.yaml")
    assert (read.kind, read.refused) == ("yaixm", 0)
    letters = yaml.safe_load(data)["loa"]
    added = [feature for letter in letters for area in letter["areas"] for feature in area.get("add", [])]
    assert len(read.zones) == read.records_seen == sum(len(feature["geometry"]) for feature in added)
    assert not any(zone.binding for zone in read.zones)
    assert any("AMPIT TRIANGLE" in zone.remarks and "CTA C" in zone.remarks for zone in read.zones)
    notes = [p for p in read.problems if p.code == "letter-replaces"]
    assert len(notes) > 10
    assert all("nothing changes for others" in note.message for note in notes)


def _km(a: Position, b: Position) -> float:
    from dfr.geo import distance_m

    return distance_m(a, b) / 1000.0


def _area(read: AirspaceRead):
    from dfr.world.outlines import EdgeRule
    from dfr.world.shapes import area_of_ring

    return area_of_ring(read.coverage[0], edges=EdgeRule.PARALLEL).area
