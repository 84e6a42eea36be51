"""A go needs every kind of air data that the rules ask for; what is not loaded is unknown and named."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dfr.findings import Severity
from dfr.plan.checks.air_data import kinds_needed
from dfr.scenario import air
from dfr.scenario import model as m
from dfr.scenario.air import ALL_KINDS, DataKind
from dfr.world.airspace import Airspace
from dfr.world.coverage import DATA_NEEDS, AirspaceSource, Coverage
from dfr.world.model import World

from .compliance_world import findings, only, zone
from .conftest import Field, box

COVER = box(-30_000, -30_000, 30_000, 30_000)
CREWED = frozenset({DataKind.AIRSPACE, DataKind.AERODROME_ZONES})


def loaded(kinds: frozenset[DataKind], *zones) -> dict[str, object]:
    cover = Coverage(ring=COVER, kinds=kinds, source="crewed.txt")
    source = AirspaceSource(
        path="crewed.txt",
        date="2024-06-01",
        sha256="",
        what="made up",
        coverage=(cover,),
        coverage_stated=True,
        kinds=kinds,
    )
    space = Airspace(zones=zones, coverage=(cover,), sources=(source,))
    file = air.AirspaceFile(path="crewed.txt", date="2024-06-01", source="made up")
    return {"of_world": {"airspace": space}, "airspace": (file,)}


@pytest.mark.parametrize(
    ("kind", "rule"),
    [
        (DataKind.AERODROME_ZONES, "flight-restriction-zone"),
        (DataKind.UNMANNED_ZONES, "unmanned-aircraft-zone"),
    ],
)
def test_a_kind_that_no_source_holds_is_unknown_and_the_file_to_get_is_named(
    field: Field, kind: DataKind, rule: str
) -> None:
    (found,) = findings(field(**loaded(ALL_KINDS - {kind})), rule)
    assert found.severity is Severity.UNKNOWN
    assert f"No loaded file holds {kind} (crewed.txt of 2024-06-01)" in found.message
    assert found.fix == DATA_NEEDS["uk"].where_to_get(kind)
    assert "No zone of this kind" not in found.message


def test_the_uk_needs_the_restrictions_dataset_of_nats_ais(field: Field) -> None:
    (found,) = findings(field(**loaded(CREWED)), "unmanned-aircraft-zone")
    assert "NATS AIS" in found.fix


def test_an_aerodrome_zone_within_10_km_is_why_it_matters(field: Field) -> None:
    near = zone("TOWN ATZ", "ATZ", east_m=12_000, radius_m=3000)
    far = zone("FAR ATZ", "ATZ", east_m=16_000, radius_m=3000)
    (found,) = findings(field(**loaded(CREWED, near)), "unmanned-aircraft-zone")
    assert "TOWN ATZ" in found.message
    assert "its flight restriction zone, with its runway protection zones, may reach here" in found.message
    (found,) = findings(field(**loaded(CREWED, far)), "unmanned-aircraft-zone")
    assert "FAR ATZ" not in found.message
    loaded_all = field(**loaded(ALL_KINDS, near))
    assert only(loaded_all, "unmanned-aircraft-zone").severity is Severity.OK


def test_class_is_asked_for_beyond_sight_only(field: Field) -> None:
    without = loaded(ALL_KINDS - {DataKind.AIRSPACE})
    assert only(field(**without), "airspace-class").severity is Severity.ADVICE
    beyond = field(**without, operation={"kind": m.OperationKind.BVLOS})
    assert [f.severity for f in findings(beyond, "airspace-class")] == [Severity.UNKNOWN]


def test_which_kinds_a_go_needs_is_data(field: Field) -> None:
    scenario = field().scenario
    assert kinds_needed(scenario) == ALL_KINDS - {DataKind.AIRSPACE}
    beyond = replace(scenario, operation=replace(scenario.operation, kind=m.OperationKind.BVLOS))
    assert kinds_needed(beyond) == ALL_KINDS
    assert {"uk", "eu", "us"} <= set(DATA_NEEDS)


def test_what_a_scenario_only_assumes_of_a_file_is_said(field: Field) -> None:
    world: World = field(**loaded(ALL_KINDS))
    (file,) = world.scenario.airspace
    assumed = replace(file, assumed=True, kinds=ALL_KINDS, source="made up; for an exercise")
    world = replace(world, scenario=replace(world.scenario, airspace=(assumed,)))
    found = only(world, "unmanned-aircraft-zone")
    assert found.severity is Severity.ADVICE
    assert "That it holds them is assumed: made up; for an exercise" in found.message
