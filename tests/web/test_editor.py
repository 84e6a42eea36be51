"""Editing a plan: what is shown follows the edit, undo is exact, and saving writes only what was meant."""

import shutil

import pytest

from dfr.errors import InputError
from dfr.geo import Position, distance_m, offset
from dfr.io.scenario_files import load_world, shipped_scenarios
from dfr.plan.planner import make_plan
from dfr.web.editor import ScenarioEditor
from dfr.web.page_data import PageData


@pytest.fixture
def editor(tmp_path):
    path = tmp_path / "victorious.yaml"
    shutil.copy(shipped_scenarios()["victorious-2024"], path)
    return ScenarioEditor(path)


def nearer(editor, zone_metres_east=60.0):
    dock = editor.step.plan.sites[0]
    return dock.id, offset(dock.position, bearing_deg=90.0, distance_m=zone_metres_east)


def test_a_moved_dock_stays_a_dock_and_its_times_change(editor):
    before = editor.step.plan
    site, there = nearer(editor)
    editor.move_site(site, there)
    after = editor.step.plan
    assert {s.id for s in after.sites} == {s.id for s in before.sites}
    moved = next(s for s in after.sites if s.id == site)
    assert distance_m(moved.position, there) < 0.2
    assert [r.overhead_s for r in after.routes] != [r.overhead_s for r in before.routes]
    assert after.findings


def test_a_preview_tells_what_the_move_then_gives(editor):
    site, there = nearer(editor)
    told = editor.preview_times(there)
    editor.move_site(site, there)
    for route in editor.step.plan.routes:
        if route.site_id == site:
            assert told[route.zone_id] == pytest.approx(route.overhead_s, abs=0.05)


def test_undo_and_redo_are_exact_to_the_byte(editor):
    first = editor.step
    editor.move_site(*nearer(editor))
    second = editor.step
    editor.undo()
    assert editor.step is first
    editor.undo()
    assert editor.step is first
    editor.redo()
    assert editor.step is second
    editor.undo()
    editor.redraw_boundary(editor.step.world.scenario.site.boundary[:-1])
    assert not editor.status()["can_redo"]


def test_an_edit_that_makes_no_scenario_is_refused_and_changes_nothing(editor):
    before = editor.step
    with pytest.raises(InputError, match="outside the boundary"):
        editor.move_site(before.plan.sites[0].id, Position(lat_deg=50.9, lon_deg=-1.3))
    with pytest.raises(InputError, match="no candidate site"):
        editor.move_site("nowhere", Position(lat_deg=50.78, lon_deg=-1.09))
    assert editor.step is before
    assert editor.version == 0


def test_a_smaller_keep_in_shows_in_the_findings_or_the_reach(editor):
    before = editor.step.plan
    ring = editor.step.world.scenario.site.boundary
    editor.redraw_boundary(ring)
    assert [f.message for f in editor.step.plan.findings] == [f.message for f in before.findings]
    centre = editor.step.world.scenario.site.centre
    drawn_in = tuple(
        Position(
            lat_deg=centre.lat_deg + 0.9 * (p.lat_deg - centre.lat_deg),
            lon_deg=centre.lon_deg + 0.9 * (p.lon_deg - centre.lon_deg),
        )
        for p in ring
    )
    editor.redraw_boundary(drawn_in)
    after = editor.step.plan
    margins = {f.rule: f.margin_m for f in before.findings if f.margin_m is not None}
    assert any(f.margin_m is not None and f.margin_m < margins.get(f.rule, -1e9) for f in after.findings)


def test_saving_writes_the_edit_and_nothing_else(editor, tmp_path):
    path = tmp_path / "victorious.yaml"
    original = path.read_bytes()
    editor.move_site(*nearer(editor))
    assert path.read_bytes() == original
    editor.save()
    assert path.read_bytes() == editor.step.data != original
    assert not editor.status()["changed"]


def sites_of(plan):
    return {site.id for site in plan.sites}


def test_a_dock_is_placed_by_hand_and_taken_away_again(editor):
    first, before = editor.step, sites_of(editor.step.plan)
    editor.place_dock("skate-park")
    assert sites_of(editor.step.plan) == before | {"skate-park"}
    assert editor.step.world.scenario.fleet.docks == 3
    assert editor.step.plan.mean_overhead_s < first.plan.mean_overhead_s
    editor.site_again()
    assert "skate-park" in sites_of(editor.step.plan), "the planner keeps to what a person chose"
    editor.undo()
    editor.take_dock("skate-park")
    assert sites_of(editor.step.plan) == before
    assert editor.step.plan.mean_overhead_s == first.plan.mean_overhead_s


def test_docks_that_cannot_be_are_refused_with_words(editor):
    one, other = sites_of(editor.step.plan)
    for edit, site, words in (
        (editor.place_dock, "pyramids", "forbidden for docks"),
        (editor.place_dock, one, "already has a dock"),
        (editor.take_dock, "skate-park", "has no dock"),
        (editor.place_dock, "nowhere", "no candidate site"),
    ):
        with pytest.raises(InputError, match=words):
            edit(site)
    editor.take_dock(one)
    with pytest.raises(InputError, match="at least one dock"):
        editor.take_dock(other)


def test_a_saved_file_gives_the_docks_that_were_shown(editor, tmp_path):
    """A planner left to itself would choose others than a person did: those shown are then required."""
    one, _ = sorted(sites_of(editor.step.plan))
    editor.place_dock("ladies-mile")
    editor.take_dock(one)
    shown = editor.step.plan
    editor.save()
    again = make_plan(load_world(tmp_path / "victorious.yaml"))
    assert sites_of(again) == sites_of(shown)
    assert again.mean_overhead_s == shown.mean_overhead_s
    assert not editor.status()["changed"]


def test_a_file_changed_by_somebody_else_is_not_overwritten(editor, tmp_path):
    path = tmp_path / "victorious.yaml"
    editor.move_site(*nearer(editor))
    path.write_bytes(path.read_bytes() + b"# theirs\n")
    with pytest.raises(InputError, match="somebody else has changed the file"):
        editor.save()
    assert path.read_bytes().endswith(b"# theirs\n")


def test_a_shipped_scenario_is_never_written():
    editor = ScenarioEditor(shipped_scenarios()["victorious-2024"])
    with pytest.raises(InputError, match="came with dfr"):
        editor.save()


def test_the_page_gets_every_layer_as_geojson(editor):
    pages = PageData(editor=editor)
    state, place = pages.plan_state(), pages.fixed_layers()
    assert not set(place) & set(state["layers"]), "an edit sends nothing again that it cannot change"
    layers = place | state["layers"]
    kinds = {f["geometry"]["type"] for layer in layers.values() for f in layer["features"]}
    assert kinds == {"MultiPolygon", "Polygon", "LineString", "Point"}
    docks = [f for f in state["layers"]["sites"]["features"] if f["properties"]["dock"]]
    assert len(docks) == len(state["docks"]) == 2
    assert "by eye" in place["base"]["note"], "the shipped drawing of the place, and how good it is"
