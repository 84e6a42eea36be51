"""A release of YAIXM: its date, its services and its obstacles, in one file or in several."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dfr.io.airspace.files import load_airspace, read_airspace
from dfr.scenario.air import AirspaceFile, DataKind
from dfr.world.coverage import AERODROME_ZONE_KINDS

AIRSPACE = {
    "name": "NOWHERE",
    "id": "nowhere-atz",
    "type": "ATZ",
    "geometry": [
        {
            "upper": "2000 ft",
            "lower": "SFC",
            "boundary": [{"circle": {"radius": "2 nm", "centre": "513000N 0010000W"}}],
        }
    ],
}
SERVICE = {"callsign": "NOWHERE RADIO", "controls": ["nowhere-atz"], "frequency": "118.080"}
MAST = {"name": "MAST", "type": "MAST", "position": "513000N 0010000W", "elevation": "900 ft"}
RELEASE = {
    "airspace": [AIRSPACE],
    "loa": [],
    "obstacle": [MAST],
    "rat": [],
    "service": [SERVICE],
    "release": {"schema_version": 1, "airac_date": "2024-08-08T00:00:00Z", "note": "", "commit": "unknown"},
}


def load(*files: Path):
    return load_airspace([AirspaceFile(path=str(path), date="2024-08-24", source="t") for path in files])


def test_a_release_as_json_has_its_date_services_and_obstacles(tmp_path: Path) -> None:
    path = tmp_path / "yaixm.json"
    path.write_text(json.dumps(RELEASE))
    read = read_airspace(path.read_bytes(), name="yaixm.json")
    assert (read.kind, read.date) == ("yaixm", "2024-08-08")
    space = load(path)
    (zone,) = space.zones
    assert (zone.kind, zone.contact) == ("ATZ", "NOWHERE RADIO 118.080")
    assert [obstacle.name for obstacle in space.obstacles] == ["MAST"]
    assert space.sources[0].date == "2024-08-08"


def test_the_services_of_one_file_serve_the_zones_of_another(tmp_path: Path) -> None:
    """JSON is YAML too: both files as the release's source has them."""
    zones, services = tmp_path / "airspace.yaml", tmp_path / "service.yaml"
    zones.write_text("airspace:\n- " + json.dumps(AIRSPACE) + "\n")
    services.write_text("service:\n- " + json.dumps(SERVICE) + "\n")
    (zone,) = load(zones, services).zones
    assert zone.contact == "NOWHERE RADIO 118.080"
    (alone,) = load(zones).zones
    assert alone.contact == ""


@pytest.fixture
def snapshot(reference: Path) -> Path:
    return reference / "airspace" / "yaixm-2024-08-24"


def test_the_snapshot_of_2024_names_whom_to_call_and_holds_what_crewed_aviation_has(snapshot: Path) -> None:
    space = load(*sorted(snapshot.glob("*.yaml")))
    by_name = {zone.name: zone for zone in space.zones}
    assert by_name["SOUTHAMPTON CTR"].contact == "SOUTHAMPTON RADAR 120.230"
    assert len(space.obstacles) == 74
    kinds = {Path(source.path).stem: source.kinds for source in space.sources}
    assert kinds["airspace"] == {DataKind.AIRSPACE, DataKind.AERODROME_ZONES}
    assert kinds["obstacle"] == {DataKind.OBSTACLES}
    assert kinds["service"] == kinds["rat"] == frozenset()
    aerodromes = [zone for zone in space.zones if zone.kind in AERODROME_ZONE_KINDS]
    assert len(aerodromes) > 200
