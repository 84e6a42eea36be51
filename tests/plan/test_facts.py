"""Facts stated in the checklist: each clears its findings, or is refused in words."""

import json
from datetime import UTC, datetime

import pytest

from dfr.errors import InputError, ScenarioError
from dfr.findings import Severity
from dfr.io.new_deployment import NewDeployment, write_new_deployment
from dfr.io.scenario_edit import apply_edit, read_plain_data
from dfr.io.scenario_files import build_world, parse_scenario
from dfr.plan.checklist import STEPS, StepState, make_checklist
from dfr.plan.facts import list_facts, state_fact
from dfr.plan.planner import make_plan
from dfr.plan.verdict import verdict_of
from dfr.scenario.edits import AddFeature, CopyFeature, MoveFeature
from dfr.scenario.features import FeatureKind
from tests.go.deployments import openair, zones

LINCOLN = "53.23, -0.54"
BEFORE = datetime(2027, 6, 1, tzinfo=UTC)

ANSWERS = {
    "source": "the site manager",
    "height": "12",
    "surveyed_by": "the site manager",
    "read_at": "2027-06-01",
    "tallest": "9.5",
    "reference": "OA 12345",
    "issuer": "the CAA",
    "valid_from": "2027-01-01",
    "valid_to": "2027-12-31",
    "kind_clause": "3.1 in sight of the pilot",
    "night_clause": "",
    "read_by": "the control room",
    "activated": "none",
    "kinds": "airspace, aerodrome zones",
    "radius": "40",
    "answer": "allowed",
}


@pytest.fixture
def new(tmp_path):
    """The text of a deployment where no airspace is shipped, in the folder of two airspace files."""
    air = openair("FAR AWAY ATZ", "ATZ", 53.6, -0.54) + openair(
        "FAR TMA", "D", 53.6, -0.9, lower="1500ft AMSL"
    )
    (tmp_path / "aip.txt").write_text(air)
    ring = [[53.55, -0.6], [53.55, -0.5], [53.6, -0.5], [53.6, -0.6]]
    (tmp_path / "zones.geojson").write_text(zones("FAR", "FRZ", ring))
    asked = NewDeployment(
        name="fete", place=LINCOLN, zone="Europe/London", first_day="2027-06-12", hours="12:00-16:00"
    )
    return write_new_deployment(asked, folder=tmp_path).text


POND = [[53.2, -0.5], [53.2, -0.49], [53.21, -0.49]]


def answers_to(fact):
    given = {field.name: ANSWERS[field.name] for field in fact.fields}
    other = {"notams": {"read_at": "2027-06-12T07:00"}, "covers-1": {"kinds": "unmanned-aircraft zones"}}
    return given | other.get(fact.id, {})


def judge(text, folder):
    world = build_world(parse_scenario(text.encode(), name="fete.yaml", folder=folder))
    plan = make_plan(world)
    verdict = verdict_of(world.scenario, plan, now=BEFORE)
    return verdict, {item.step.id: item for item in make_checklist(verdict, plan.findings)}


def test_every_fact_belongs_to_a_step_and_is_json(new):
    facts = list_facts(read_plain_data(new))
    assert {fact.step for fact in facts} <= {step.id for step in STEPS}
    assert len({fact.id for fact in facts}) == len(facts)
    assert json.dumps([fact.as_dict() for fact in facts])


def test_stated_one_after_the_other_the_facts_make_a_go_of_a_new_deployment(new, tmp_path):
    before, items = judge(new, tmp_path)
    assert not before.go
    files = [{"file": n, "date": "2027-06-10", "source": "AIP"} for n in ("aip.txt", "zones.geojson")]
    text = new.replace(
        next(line for line in new.splitlines() if line.startswith("airspace:")),
        f"airspace: {json.dumps(files)}",
    )
    for fact in list_facts(read_plain_data(text)):
        if fact.id != "notams" and not fact.id.startswith("leave-out"):
            data = read_plain_data(text)
            text = apply_edit(text, state_fact(fact.id, answers_to(fact), data))
    after, items = judge(text, tmp_path)
    left = {item.step.id: item.findings for item in items.values() if item.state is StepState.TO_DO}
    assert left == {}, after.headline
    assert after.go
    assert "# the keep-in: corners as [lat, lon]" in text, "comments stay"


def test_a_file_can_be_left_out(new):
    text = new.replace("airspace: []", "airspace: [{file: aip.txt, date: 2027-06-10, source: AIP}]")
    assert "aip.txt" in text
    left = apply_edit(text, state_fact("leave-out-0", {}, read_plain_data(text)))
    assert read_plain_data(left)["airspace"] == []


@pytest.mark.parametrize(
    ("fact", "answers"),
    [
        ("ground", {}),
        ("ground", {"height": "12 m", "source": "map"}),
        ("ground", {"height": 12, "source": "map"}),
        ("ground", {"height": "12", "source": " "}),
        ("ground", {"height": "12", "source": "x" * 5000}),
        ("notams", {"read_by": "me", "read_at": "2027-06-12T07:00", "activated": "perhaps"}),
        ("boundary", {"source": ["x"]}),
        ("flight-plan", {}),
    ],
)
def test_an_answer_that_cannot_be_used_is_refused_in_words(new, fact, answers):
    with pytest.raises(InputError, match="->"):
        state_fact(fact, answers, read_plain_data(new))


NAMED = {
    "no-water": ("dock-place", "There is no water on the site (the site manager)."),
    "no-crowd": ("crowd", "No people gather on the site (the site manager)."),
    "posts": ("visual-line-of-sight", "Who has looked from there: the site manager."),
}
"""What clears a danger with one form: the rule, and the words of its finding."""


@pytest.mark.parametrize("fact", NAMED)
def test_that_there_is_no_danger_is_stated_by_somebody_and_the_finding_names_them(new, tmp_path, fact):
    data = read_plain_data(new)
    for nobody in ({}, {"source": " "}):
        with pytest.raises(InputError, match="no answer"):
            state_fact(fact, nobody, data)
    text = apply_edit(new, state_fact(fact, {"source": "the site manager"}, data))
    assert fact not in {item.id for item in list_facts(read_plain_data(text))}
    scenario = parse_scenario(text.encode(), name="fete.yaml", folder=tmp_path)
    rule, words = NAMED[fact]
    found = [item.message for item in make_plan(build_world(scenario)).findings if item.rule == rule]
    assert any(words in message for message in found), found


@pytest.mark.parametrize(("fact", "name"), [("no-water", "water"), ("no-crowd", "crowds")])
def test_an_old_file_that_names_nobody_stays_valid_and_is_asked_for_the_name(new, tmp_path, fact, name):
    text = new.replace(f"  {name}: null", f"  {name}: []")
    scenario = parse_scenario(text.encode(), name="fete.yaml", folder=tmp_path)
    (found,) = [f for f in make_plan(build_world(scenario)).findings if "names nobody" in f.message]
    assert (found.severity, found.rule) == (Severity.ADVICE, NAMED[fact][0])
    assert fact in {item.id for item in list_facts(read_plain_data(text))}


@pytest.mark.parametrize("said", ["nobody", "tbc", "none yet"])
def test_a_word_for_nobody_is_no_name(new, tmp_path, said):
    for fact in NAMED:
        text = apply_edit(new, state_fact(fact, {"source": said}, read_plain_data(new)))
        with pytest.raises(ScenarioError, match="names nobody"):
            parse_scenario(text.encode(), name="fete.yaml", folder=tmp_path)


def test_what_is_only_assumed_to_be_absent_clears_nothing(new, tmp_path):
    text = apply_edit(new, state_fact("no-water", {"source": "assumed, from a map"}, read_plain_data(new)))
    _, items = judge(text, tmp_path)
    assert any("site.water" in finding.message for finding in items["sources"].findings)


def test_who_said_that_there_is_none_is_taken_back_by_drawing_one(new, tmp_path):
    text = apply_edit(new, state_fact("no-water", {"source": "Sgt Lee"}, read_plain_data(new)))
    text = apply_edit(text, state_fact("no-crowd", {"source": "Sgt Lee"}, read_plain_data(text)))
    pond = {"id": "pond", "name": "Pond", "area": POND, "source": "survey"}
    text = apply_edit(text, AddFeature(kind=FeatureKind.WATER, feature=pond))
    scenario = parse_scenario(text.encode(), name="fete.yaml", folder=tmp_path)
    assert (scenario.site.no_water_source, scenario.site.no_crowd_source) == (None, "Sgt Lee")


def test_nobody_has_looked_from_a_post_that_was_moved_copied_or_drawn_since(new):
    text = apply_edit(new, state_fact("posts", {"source": "Sgt Lee"}, read_plain_data(new)))
    post = {"id": "roof", "lat_deg": 53.23, "lon_deg": -0.54, "range_m": {"value": 300, "source": "trial"}}
    for edit in (
        MoveFeature(kind=FeatureKind.POST, id="post-1", point=[53.231, -0.541]),
        CopyFeature(kind=FeatureKind.POST, id="post-2", new_id="copy"),
        AddFeature(kind=FeatureKind.POST, feature=post),
    ):
        text = apply_edit(text, edit)
    posts = {post["id"]: post for post in read_plain_data(text)["operation"]["posts"]}
    unseen = {name for name, held in posts.items() if held.get("confirmed") is False}
    assert unseen == {"post-1", "copy", "roof"}
    assert all("confirmed_by" not in posts[name] for name in unseen)
    assert posts["post-2"]["confirmed_by"] == "Sgt Lee"


def test_what_somebody_has_drawn_is_not_wiped_out_by_stating_that_there_is_none(new):
    water = "[{id: lake, name: Lake, area: [[53.2, -0.5], [53.2, -0.49], [53.21, -0.49]], source: survey}]"
    text = new.replace("  water: null", f"  water: {water}")
    assert "no-water" not in {fact.id for fact in list_facts(read_plain_data(text))}
    with pytest.raises(InputError, match="reload"):
        state_fact("no-water", {"source": "me"}, read_plain_data(text))


def test_a_crowd_that_was_only_assumed_is_vouched_for(new, tmp_path):
    crowd = "{id: c, name: Arena, area: [[53.235, -0.54], [53.235, -0.539], [53.236, -0.539]], presence: []"
    text = new.replace("  crowds: null", f"  crowds: [{crowd}, assumed: true, note: from a plan}}]")
    data = read_plain_data(text)
    assert "crowds" in {fact.id for fact in list_facts(data)}
    stated = apply_edit(text, state_fact("crowds", {"source": "the organiser"}, data))
    (found,) = read_plain_data(stated)["site"]["crowds"]
    assert (found["source"], "assumed" in found) == ("the organiser", False)
    assert "crowds" not in {fact.id for fact in list_facts(read_plain_data(stated))}
