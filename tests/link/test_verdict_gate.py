"""Whether `dfr upload` and `dfr fly` send a mission: by the verdict that comes with it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from dfr.errors import NonCompliantError
from dfr.link.verdict_gate import refuse_against_verdict, refuse_objections
from dfr.mission.carried import NONE_CARRIED, CarriedVerdict, plan_hash
from dfr.mission.formats.qgc_plan import mission_hash
from dfr.mission.items import FlightPlan
from dfr.plan.planner import make_plan
from tests.places import HOME
from tests.plan.conftest import build_world, scenario

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
BEFORE, AFTER = NOON - timedelta(hours=1), NOON + timedelta(hours=1)

VERDICT = CarriedVerdict(
    headline="GO for 4 of 4 hours",
    commander="",
    go=True,
    exercise=False,
    plan_sha256="ab" * 32,
    valid_until=NOON,
    valid_because="then the reading of NOTAMs ends",
    mission_sha256="",
)


def mission(verdict: CarriedVerdict | None, name: str = "dispatch") -> FlightPlan:
    """A mission, with a verdict that was given for it."""
    flight = FlightPlan(name=name, home=HOME, home_m_amsl=4.0, items=(), fence=(), rally=(), params={})
    if verdict is None:
        return flight
    return replace(flight, verdict=replace(verdict, mission_sha256=mission_hash(flight)))


def test_a_go_is_sent_and_told(tmp_path, capsys):
    refuse_against_verdict(
        mission(VERDICT), tmp_path / "m.plan", simulated=False, override=None, now=BEFORE, tell=print
    )
    assert "GO for 4 of 4 hours" in capsys.readouterr().out


def test_a_go_that_has_ended_is_not_sent(tmp_path):
    with pytest.raises(NonCompliantError, match=r"its go ended .* -> check and compile it again, or"):
        refuse_against_verdict(
            mission(VERDICT), tmp_path / "m.plan", simulated=False, override=None, now=AFTER, tell=print
        )


def test_an_override_has_a_name_and_is_logged_beside_the_file(tmp_path, capsys):
    name = "Sgt Miller: life at risk"
    refuse_against_verdict(
        mission(VERDICT), tmp_path / "m.plan", simulated=False, override=name, now=AFTER, tell=print
    )
    entry = json.loads((tmp_path / "m.plan.overrides.jsonl").read_text())
    assert (entry["by"], entry["at"]) == (name, AFTER.isoformat())
    assert "its go ended" in entry["against"][0]
    assert "OVERRIDE by Sgt Miller" in capsys.readouterr().out
    with pytest.raises(NonCompliantError, match="--override is empty"):
        refuse_against_verdict(
            mission(VERDICT), tmp_path / "m.plan", simulated=False, override=" ", now=AFTER, tell=print
        )


def test_an_override_answers_what_it_was_given_for_and_logs_what_comes_later(tmp_path):
    flight = mission(replace(VERDICT, go=False, headline="NO GO"))
    sent = {"override": "Sgt Miller: life at risk", "tell": print}
    answered = refuse_against_verdict(flight, tmp_path / "m.plan", simulated=False, now=BEFORE, **sent)
    assert answered == ("its verdict is NO GO",)
    for now in (BEFORE, AFTER):
        answered = refuse_objections(
            flight, tmp_path / "m.plan", now=now, in_force=None, answered=answered, **sent
        )
    lines = (tmp_path / "m.plan.overrides.jsonl").read_text().splitlines()
    assert [len(json.loads(line)["against"]) for line in lines] == [1, 1]
    assert json.loads(lines[1])["against"][0].startswith("its go ended")


def test_a_mission_changed_in_memory_is_not_sent(tmp_path):
    changed = replace(mission(VERDICT), params={"FENCE_ENABLE": 0.0})
    with pytest.raises(NonCompliantError, match="changed after the verdict"):
        refuse_against_verdict(changed, None, simulated=True, override=None, now=BEFORE, tell=print)


@pytest.mark.parametrize(
    "flight",
    [mission(replace(VERDICT, exercise=True)), mission(None, "EXERCISE dispatch")],
    ids=["by its verdict", "by its name"],
)
def test_an_exercise_goes_to_a_simulated_vehicle_only_in_nobodys_name_to_a_real_one(tmp_path, flight):
    refuse_against_verdict(flight, tmp_path / "m.plan", simulated=True, override=None, now=BEFORE, tell=print)
    with pytest.raises(NonCompliantError, match="an EXERCISE"):
        refuse_against_verdict(
            flight, tmp_path / "m.plan", simulated=False, override="Sgt Miller: x", now=BEFORE, tell=print
        )
    assert list(tmp_path.iterdir()) == []


def test_a_file_without_a_verdict_says_so(tmp_path, capsys):
    refuse_against_verdict(
        mission(None), tmp_path / "m.plan", simulated=False, override=None, now=BEFORE, tell=print
    )
    assert NONE_CARRIED in capsys.readouterr().out


def test_a_mission_of_another_plan_than_the_one_in_force_is_not_sent(tmp_path):
    plan = make_plan(build_world(scenario()))
    of_this = replace(VERDICT, plan_sha256=plan_hash(plan))
    now, later = tmp_path / "plan.json", tmp_path / "later.json"
    now.write_text(json.dumps(plan.as_dict()))
    later.write_text(json.dumps(replace(plan, sites=()).as_dict()))
    sent = {"simulated": False, "override": None, "now": BEFORE, "tell": print}
    refuse_against_verdict(mission(of_this), tmp_path / "m.plan", **sent, in_force=now)
    with pytest.raises(NonCompliantError, match="the plan has changed"):
        refuse_against_verdict(mission(of_this), tmp_path / "m.plan", **sent, in_force=later)
    with pytest.raises(NonCompliantError, match="which plan it belongs to"):
        refuse_against_verdict(mission(None), tmp_path / "m.plan", **sent, in_force=now)


def test_what_was_found_of_a_plan_is_no_part_of_what_it_flies():
    plan = make_plan(build_world(scenario()))
    assert plan_hash(replace(plan, findings=())) == plan_hash(plan)
