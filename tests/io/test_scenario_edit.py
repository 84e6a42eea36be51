"""Edits change what they should and nothing else, in every layout a scenario may have."""

import difflib

import pytest

from dfr.errors import InputError
from dfr.geo import Position
from dfr.io.scenario_edit import move_site, redraw_boundary, set_dock_count, set_site_use
from dfr.io.scenario_files import parse_scenario, shipped_scenarios
from dfr.scenario.model import SiteUse

SCENARIOS = sorted(shipped_scenarios())


def read(data, path):
    return parse_scenario(data, name="edited", folder=path.parent)


def changed_lines(before, after):
    lines = difflib.ndiff(before.decode().splitlines(), after.decode().splitlines())
    return [line for line in lines if line[:1] in "+-"]


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_site_of_every_shipped_scenario_can_be_moved(name):
    path = shipped_scenarios()[name]
    data = path.read_bytes()
    before = read(data, path)
    for site in before.candidates:
        there = Position(lat_deg=site.position.lat_deg + 1e-5, lon_deg=site.position.lon_deg - 1e-5)
        edited = move_site(data, site.id, there)
        after = {s.id: s for s in read(edited, path).candidates}
        assert after[site.id].position.lat_deg == pytest.approx(there.lat_deg, abs=1e-6)
        assert after[site.id].position.lon_deg == pytest.approx(there.lon_deg, abs=1e-6)
        others = [s for s in before.candidates if s.id != site.id]
        assert all(after[s.id] == s for s in others)
        assert len(changed_lines(data, edited)) <= 4


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_boundary_of_every_shipped_scenario_can_be_redrawn(name):
    path = shipped_scenarios()[name]
    data = path.read_bytes()
    before = read(data, path)
    ring = before.site.boundary
    middle = Position(
        lat_deg=(ring[0].lat_deg + ring[1].lat_deg) / 2, lon_deg=(ring[0].lon_deg + ring[1].lon_deg) / 2
    )
    after = read(redraw_boundary(data, (ring[0], middle, *ring[1:])), path)
    assert len(after.site.boundary) == len(ring) + 1
    assert after.demand == before.demand
    assert after.assumptions == before.assumptions


@pytest.mark.parametrize("use", SiteUse)
@pytest.mark.parametrize("name", SCENARIOS)
def test_any_use_can_be_written_of_every_site_of_every_shipped_scenario(name, use):
    path = shipped_scenarios()[name]
    data = path.read_bytes()
    before = read(data, path)
    for site in before.candidates:
        edited = set_site_use(data, site.id, use)
        after = {s.id: s for s in read(edited, path).candidates}
        assert after[site.id].use is use
        assert all(after[s.id] == s for s in before.candidates if s.id != site.id)
        assert len(changed_lines(data, edited)) <= 2


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_number_of_docks_can_be_written(name):
    path = shipped_scenarios()[name]
    data = path.read_bytes()
    docks = read(data, path).fleet.docks + 1
    edited = set_dock_count(data, docks)
    assert read(edited, path).fleet.docks == docks
    assert len(changed_lines(data, edited)) <= 2


def test_what_a_comment_says_stays_with_its_line():
    block = (
        "candidates:\n  - id: a  # first\n    sky_view: 0.9  # measured\n\n"
        "  # next\n  - {id: b, sky_view: 1}\n"
    )
    edited = set_site_use(
        set_site_use(block.encode(), "a", SiteUse.REQUIRED), "b", SiteUse.FORBIDDEN
    ).decode()
    assert "- id: a  # first\n    use: required\n    sky_view: 0.9  # measured\n" in edited
    assert "- {id: b, use: forbidden, sky_view: 1}" in edited
    assert "use: allowed\n" in set_site_use(edited.encode(), "a", SiteUse.ALLOWED).decode()


BLOCK = """\
# é before, so that characters and bytes differ
site:
  boundary:
    ring:
      - - 50.0
        - -1.0
      - [50.1, -1.0]   # kept? no: it belongs to the list
      - [50.1, -1.1]
    # this comment stays
    note: x
candidates:
  - {id: a, lat_deg: {value: 50.05, source: survey}, lon_deg: -1.05}
"""


def test_comments_around_an_edit_stay_and_a_sourced_figure_keeps_its_source():
    corner = Position(lat_deg=50.2, lon_deg=-1.2)
    edited = redraw_boundary(BLOCK.encode(), (corner, corner, corner)).decode()
    assert "é before" in edited
    assert "    # this comment stays\n    note: x\n" in edited
    assert edited.count("- [50.200000, -1.200000]") == 3
    moved = move_site(BLOCK.encode(), "a", corner).decode()
    assert "{value: 50.200000, source: survey}, lon_deg: -1.200000}" in moved


def test_a_site_that_is_not_there_is_named():
    with pytest.raises(InputError, match="no candidate site 'b'"):
        move_site(BLOCK.encode(), "b", Position(lat_deg=0, lon_deg=0))
