"""Editing a plan: what is shown follows the edit, undo is exact, and saving writes only what was meant."""

import shutil

import pytest

from dfr.errors import InputError
from dfr.geo import Position, distance_m, offset
from dfr.io.drafts import draft_path, make_draft, write_draft
from dfr.io.scenario_files import load_world, shipped_scenarios
from dfr.plan.planner import make_plan
from dfr.scenario.edits import CopyFeature, DeleteFeature, MoveFeature, SetValue
from dfr.scenario.features import SITES, FeatureKind
from dfr.scenario.model import SiteUse
from dfr.web.editor import ScenarioEditor
from dfr.web.page_data import PageData

from ..shipped import plan_of


@pytest.fixture
def editor(tmp_path):
    path = tmp_path / "victorious.yaml"
    shutil.copy(shipped_scenarios()["victorious-2024"], path)
    return ScenarioEditor(path, plan=plan_of("victorious-2024"))


def nearer(editor, zone_metres_east=60.0):
    dock = editor.step.plan.sites[0]
    return dock.id, offset(dock.position, bearing_deg=90.0, distance_m=zone_metres_east)


def move(editor, site, there):
    point = [there.lat_deg, there.lon_deg]
    editor.apply(MoveFeature(kind=FeatureKind.SITE, id=site, point=point))


def redraw(editor, ring):
    corners = [[corner.lat_deg, corner.lon_deg] for corner in ring]
    editor.apply(MoveFeature(kind=FeatureKind.BOUNDARY, id="boundary", ring=corners))


def test_a_moved_dock_stays_a_dock_and_its_times_change(editor):
    before = editor.step.plan
    site, there = nearer(editor)
    move(editor, site, there)
    after = editor.step.plan
    assert {s.id for s in after.sites} == {s.id for s in before.sites}
    moved = next(s for s in after.sites if s.id == site)
    assert distance_m(moved.position, there) < 0.2
    assert [r.overhead_s for r in after.routes] != [r.overhead_s for r in before.routes]
    assert after.findings


def test_a_run_is_named_after_its_plan_and_not_after_the_last_edit(editor):
    docks = ", ".join(site.name for site in editor.step.plan.sites)
    assert editor.describe_plan(editor.step) == f"as in the file: {docks}"
    move(editor, *nearer(editor))
    assert editor.describe_plan(editor.step) == f"edited, not saved: {docks}"
    editor.save(keep_docks=True)
    assert editor.describe_plan(editor.step) == f"as in the file: {docks}"


def test_a_preview_tells_what_the_move_then_gives(editor):
    site, there = nearer(editor)
    told = editor.preview_times(there)
    move(editor, site, there)
    for route in editor.step.plan.routes:
        if route.site_id == site:
            assert told[route.zone_id] == pytest.approx(route.overhead_s, abs=0.05)


def test_undo_and_redo_are_exact_to_the_byte(editor):
    first = editor.step
    move(editor, *nearer(editor))
    second = editor.step
    editor.undo()
    assert editor.step is first
    editor.undo()
    assert editor.step is first
    editor.redo()
    assert editor.step is second
    editor.undo()
    redraw(editor, editor.step.world.scenario.site.boundary[:-1])
    assert not editor.status()["can_redo"]


def test_an_edit_that_makes_no_scenario_is_refused_and_changes_nothing(editor):
    before = editor.step
    with pytest.raises(InputError, match="outside the boundary"):
        move(editor, before.plan.sites[0].id, Position(lat_deg=50.9, lon_deg=-1.3))
    with pytest.raises(InputError, match="no candidate site"):
        move(editor, "nowhere", Position(lat_deg=50.78, lon_deg=-1.09))
    assert editor.step is before
    assert editor.version == 0


def test_a_smaller_keep_in_shows_in_the_findings_or_the_reach(editor):
    before = editor.step.plan
    ring = editor.step.world.scenario.site.boundary
    redraw(editor, ring)
    assert [f.message for f in editor.step.plan.findings] == [f.message for f in before.findings]
    centre = editor.step.world.scenario.site.centre
    drawn_in = tuple(
        Position(
            lat_deg=centre.lat_deg + 0.9 * (p.lat_deg - centre.lat_deg),
            lon_deg=centre.lon_deg + 0.9 * (p.lon_deg - centre.lon_deg),
        )
        for p in ring
    )
    redraw(editor, drawn_in)
    after = editor.step.plan
    margins = {f.rule: f.margin_m for f in before.findings if f.margin_m is not None}
    assert any(f.margin_m is not None and f.margin_m < margins.get(f.rule, -1e9) for f in after.findings)


def test_saving_writes_the_edit_and_nothing_else(editor, tmp_path):
    path = tmp_path / "victorious.yaml"
    original = path.read_bytes()
    move(editor, *nearer(editor))
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
    uses = {site.use for site in editor.step.world.scenario.candidates}
    assert SiteUse.REQUIRED not in uses, "nobody has said that the file must name it"
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


def test_a_saved_file_gives_the_docks_that_were_shown_where_the_user_asks_for_it(editor, tmp_path):
    """A planner left to itself would choose others than a person did: those shown are then required."""
    one, _ = sorted(sites_of(editor.step.plan))
    editor.place_dock("ladies-mile")
    editor.take_dock(one)
    shown = editor.step.plan
    assert editor.explain_saving(editor.step).other_docks
    editor.save(keep_docks=True)
    again = make_plan(load_world(tmp_path / "victorious.yaml"))
    assert sites_of(again) == sites_of(shown)
    assert again.mean_overhead_s == shown.mean_overhead_s
    assert not editor.status()["changed"]
    assert not editor.explain_saving(editor.step).other_docks


def test_without_that_the_file_requires_nothing_and_the_page_shows_what_it_gives(editor, tmp_path):
    one, _ = sorted(sites_of(editor.step.plan))
    editor.place_dock("ladies-mile")
    editor.take_dock(one)
    editor.save()
    world = load_world(tmp_path / "victorious.yaml")
    assert all(site.use is not SiteUse.REQUIRED for site in world.scenario.candidates)
    assert sites_of(make_plan(world)) == sites_of(editor.step.plan)


def test_a_site_that_is_required_gets_a_dock_and_one_that_is_deleted_loses_it(editor):
    sites = [site.id for site in editor.step.world.scenario.candidates]
    editor.apply(SetValue(path=[*SITES, sites.index("skate-park"), "use"], value="required"))
    assert "skate-park" in sites_of(editor.step.plan)
    assert len(editor.step.plan.sites) == 2
    editor.apply(DeleteFeature(kind=FeatureKind.SITE, id="skate-park"))
    assert len(editor.step.plan.sites) == editor.step.world.scenario.fleet.docks == 1


def test_unsaved_edits_survive_the_server_and_undo_leads_back_to_the_file(tmp_path):
    path = tmp_path / "victorious.yaml"
    shutil.copy(shipped_scenarios()["victorious-2024"], path)
    original = path.read_bytes()
    first = ScenarioEditor(path)
    first.apply(CopyFeature(kind=FeatureKind.CROWD, id="common-stage-front"))
    edited = first.step
    second = ScenarioEditor(path)
    assert second.step.data == edited.data
    assert second.step.state == edited.state
    assert second.step.docks == edited.docks
    assert "unsaved changes" in second.status()["draft"]
    second.undo()
    assert second.step.data == original == path.read_bytes()
    assert not draft_path(path).exists(), "what is in the file needs no draft"
    second.redo()
    second.save()
    assert not draft_path(path).exists()
    assert ScenarioEditor(path).status()["draft"] == ""


def test_a_draft_of_another_version_of_the_file_is_set_aside_and_said(tmp_path):
    path = tmp_path / "victorious.yaml"
    shutil.copy(shipped_scenarios()["victorious-2024"], path)
    write_draft(path, make_draft(b"theirs: 1", (), of=b"another file"))
    editor = ScenarioEditor(path)
    assert "has changed since your unsaved changes" in editor.status()["draft"]
    assert len(editor.history.steps) == 1
    assert b"theirs" in draft_path(path).with_suffix(".draft-before").read_bytes()


def test_a_file_changed_by_somebody_else_is_not_overwritten(editor, tmp_path):
    path = tmp_path / "victorious.yaml"
    move(editor, *nearer(editor))
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
