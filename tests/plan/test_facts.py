"""Facts stated in the checklist: each clears its findings, or is refused in words."""

import json
from datetime import UTC, datetime

import pytest

from dfr.errors import InputError
from dfr.io.new_deployment import NewDeployment, write_new_deployment
from dfr.io.scenario_edit import apply_edit, read_plain_data
from dfr.io.scenario_files import build_world, parse_scenario
from dfr.plan.checklist import STEPS, StepState, make_checklist
from dfr.plan.facts import list_facts, state_fact
from dfr.plan.planner import make_plan
from dfr.plan.verdict import verdict_of
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


def test_what_somebody_has_drawn_is_not_wiped_out_by_stating_that_there_is_none(new):
    water = "[{id: lake, name: Lake, area: [[53.2, -0.5], [53.2, -0.49], [53.21, -0.49]], source: survey}]"
    text = new.replace("  water: null", f"  water: {water}")
    assert "no-water" not in {fact.id for fact in list_facts(read_plain_data(text))}
    with pytest.raises(InputError, match="reload"):
        state_fact("no-water", {}, read_plain_data(text))


def test_a_crowd_that_was_only_assumed_is_vouched_for(new, tmp_path):
    crowd = "{id: c, name: Arena, area: [[53.235, -0.54], [53.235, -0.539], [53.236, -0.539]], presence: []"
    text = new.replace("  crowds: null", f"  crowds: [{crowd}, assumed: true, note: from a plan}}]")
    data = read_plain_data(text)
    assert "crowds" in {fact.id for fact in list_facts(data)}
    stated = apply_edit(text, state_fact("crowds", {"source": "the organiser"}, data))
    (found,) = read_plain_data(stated)["site"]["crowds"]
    assert (found["source"], "assumed" in found) == ("the organiser", False)
    assert "crowds" not in {fact.id for fact in list_facts(read_plain_data(stated))}
