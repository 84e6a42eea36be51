"""The risk worksheet: all inputs are there, and no class is made up."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dfr.plan.planner import make_plan
from dfr.plan.worksheet import igrc_of, make_worksheet
from dfr.scenario import model as m
from dfr.world.airspace import Airspace

from .conftest import START, Field, box


def crowd(people_per_m2: float) -> m.CrowdArea:
    end = START + timedelta(hours=4)
    area = box(330, 100, 470, 260)
    return m.CrowdArea(id="c", name="Crowd", area=area, start=START, end=end, people_per_m2=people_per_m2)


def sheet(world):
    return make_worksheet(world, make_plan(world))


@pytest.mark.parametrize(
    ("people", "row"), [(0, 2), (4.9, 2), (5, 3), (49, 3), (50, 4), (4999, 5), (49_999, 6), (50_000, 7)]
)
def test_the_table_is_the_published_one(people, row):
    assert igrc_of(people, size_m=1.0, speed_mps=25.0) == row


@pytest.mark.parametrize(
    ("size", "speed", "quiet", "crowd"),
    [(1.0, 25.0, 2, 7), (1.1, 23.0, 3, 8), (0.7, 26.0, 3, 8), (8.0, 75.0, 4, None), (20.0, 1.0, 5, None)],
)
def test_the_column_takes_both_size_and_speed(size, speed, quiet, crowd):
    assert igrc_of(0.0, size_m=size, speed_mps=speed) == quiet
    assert igrc_of(1e6, size_m=size, speed_mps=speed) == crowd


@pytest.mark.parametrize(("size", "speed"), [(40.1, 10.0), (1.0, 201.0)])
def test_beyond_the_table_there_is_no_class(size, speed):
    assert igrc_of(0.0, size_m=size, speed_mps=speed) is None


def test_without_a_population_the_ground_risk_is_unknown(field: Field):
    found = sheet(field())
    assert found.igrc is None
    assert "give site.people_per_km2" in found.as_markdown()


def test_a_population_gives_its_row(field: Field):
    assert sheet(field(site={"people_per_km2": 300.0}, fleet={"drone": "dji-m3td"})).igrc == 4


def test_an_assembly_below_is_always_the_last_row(field: Field):
    found = sheet(field(site={"people_per_km2": 0.0, "crowds": (crowd(0.05),)}, fleet={"drone": "dji-m3td"}))
    assert found.igrc == 7
    assert "Crowd" in found.as_markdown()


def test_air_risk_follows_surface_aerodrome_and_coverage(field: Field):
    assert sheet(field()).arc == "ARC-b"
    assert sheet(field(site={"surface": m.Surface.URBAN})).arc == "ARC-c"
    bare = field(of_world={"airspace": Airspace(zones=(), coverage=())})
    assert sheet(bare).arc is None


def test_every_input_of_the_volumes_is_shown(field: Field):
    text = sheet(field()).as_markdown()
    for word in ("pitch deg", "reaction s", "gnss error m", "180 s clipped", "120 s", "to be confirmed"):
        assert word in text
