"""The verdict that goes with a mission file: kept, told from an edited mission, and ended in time."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from dfr.ardupilot.commands import Command, Frame
from dfr.errors import MissionFileError
from dfr.mission.carried import CarriedVerdict, carry_verdict
from dfr.mission.formats import FORMATS, left_out, qgc_plan
from dfr.mission.items import FencePolygon, FlightPlan, MissionItem, RallyPoint, item_at
from dfr.mission.validate_common import advice, violation
from tests.places import HOME, at, square

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)

VERDICT = CarriedVerdict(
    headline="GO for 4 of 4 hours",
    commander="Overhead within 2 min of the decision for about half of the calls.",
    go=True,
    exercise=False,
    plan_sha256="ab" * 32,
    valid_until=NOON,
    valid_because="then the reading of NOTAMs ends",
    mission_sha256="cd" * 32,
)


def mission(verdict: CarriedVerdict | None = VERDICT) -> FlightPlan:
    """A mission, with a verdict that was given for it."""
    flight = FlightPlan(
        name="dispatch",
        home=HOME,
        home_m_amsl=4.0,
        items=(
            item_at(Command.NAV_TAKEOFF, HOME, 60.0),
            item_at(Command.NAV_WAYPOINT, at(100.0, 50.0), 60.0),
            MissionItem(command=Command.NAV_RETURN_TO_LAUNCH, frame=Frame.MISSION),
        ),
        fence=(FencePolygon(ring=square(500.0), inclusion=True),),
        rally=(RallyPoint(position=at(0.0, -100.0), height_m_home=60.0),),
        params={"WPNAV_SPEED": 1200.0},
    )
    if verdict is None:
        return flight
    return replace(flight, verdict=replace(verdict, mission_sha256=qgc_plan.mission_hash(flight)))


def objections(flight: FlightPlan) -> tuple[str, ...]:
    assert flight.verdict is not None
    before = NOON - timedelta(hours=1)
    return flight.verdict.list_objections(before, mission_sha256=qgc_plan.mission_hash(flight))


CHANGED = "the mission was changed after the verdict on it"


def read(document: dict[str, object]) -> FlightPlan:
    return qgc_plan.read(json.dumps(document).encode(), name="m.plan")


def test_a_plan_file_keeps_the_verdict_whole():
    unsound = mission(replace(VERDICT, unsound=("the reserve is not on board",)))
    for flight in (mission(), unsound):
        assert qgc_plan.read(qgc_plan.write(flight).encode(), name="m.plan").verdict == flight.verdict


def test_a_file_read_back_is_the_mission_of_its_verdict():
    assert objections(qgc_plan.read(qgc_plan.write(mission()).encode(), name="m.plan")) == ()


@pytest.mark.parametrize(
    "part", [{"items": ()}, {"fence": ()}, {"rally": ()}, {"params": {"FENCE_ENABLE": 0}}], ids=str
)
def test_a_mission_changed_in_memory_is_told_too_and_saving_it_does_not_hide_it(part):
    changed = replace(mission(), **part)
    assert objections(changed) == (CHANGED,)
    assert objections(qgc_plan.read(qgc_plan.write(changed).encode(), name="m.plan")) == (CHANGED,)


def test_what_blocks_the_mission_itself_is_objected_to():
    unsound = mission(replace(VERDICT, unsound=("the reserve is not on board",)))
    assert objections(unsound) == ("the reserve is not on board",)


def test_a_file_without_the_hash_of_its_mission_is_taken_for_changed():
    document = json.loads(qgc_plan.write(mission()))
    del document["dfr"]["verdict"]["mission_sha256"]
    assert objections(read(document)) == (CHANGED,)


def test_a_file_of_somebody_else_carries_none():
    assert read(json.loads(qgc_plan.write(mission(verdict=None)))).verdict is None


@pytest.mark.parametrize("part", ["mission", "geoFence", "rallyPoints", "params"])
def test_a_mission_changed_after_its_verdict_is_told_from_the_one_it_was_given_for(part):
    document = json.loads(qgc_plan.write(mission()))
    if part == "mission":
        document["mission"]["items"][1]["params"][6] = 61.0
    elif part == "geoFence":
        document["geoFence"]["polygons"] = []
    elif part == "rallyPoints":
        document["rallyPoints"]["points"] = []
    else:
        document["dfr"]["params"]["WPNAV_SPEED"] = 1500.0
    assert objections(read(document)) == (CHANGED,)


def test_a_go_may_be_sent_until_it_ends_and_not_after():
    this = VERDICT.mission_sha256
    assert VERDICT.list_objections(NOON - timedelta(minutes=1), mission_sha256=this) == ()
    (told,) = VERDICT.list_objections(NOON, mission_sha256=this)
    assert told == "its go ended Mon 01 Jun 2026 12:00 UTC: then the reading of NOTAMs ends"


def test_no_go_and_a_changed_plan_are_objected_to():
    held = replace(VERDICT, go=False, headline="NO GO")
    before, this = NOON - timedelta(hours=1), VERDICT.mission_sha256
    assert held.list_objections(before, mission_sha256=this) == ("its verdict is NO GO",)
    assert VERDICT.list_objections(before, mission_sha256=this, plan_sha256="cd" * 32) == (
        "the plan has changed since the verdict on it",
    )


def test_a_verdict_that_cannot_be_read_is_refused():
    document = json.loads(qgc_plan.write(mission()))
    document["dfr"]["verdict"]["valid_until"] = "tomorrow"
    with pytest.raises(MissionFileError, match="its verdict cannot be read"):
        read(document)
    document["dfr"]["verdict"] = "GO"
    with pytest.raises(MissionFileError, match="its verdict cannot be read"):
        read(document)


@pytest.mark.parametrize("suffix", [".waypoints", ".kml", ".geojson"])
def test_formats_without_a_place_for_it_say_so_and_keep_the_word_exercise_in_the_name(suffix):
    flight = mission(replace(VERDICT, exercise=True))
    assert "verdict" in left_out(flight, FORMATS[suffix])
    assert replace(flight, name="EXERCISE dispatch", verdict=None).exercise


def test_a_verdict_without_an_end_is_read_back_without_one():
    endless = mission(replace(VERDICT, valid_until=None, valid_because=""))
    assert qgc_plan.read(qgc_plan.write(endless).encode(), name="m.plan").verdict == endless.verdict


def test_a_verdict_is_carried_with_the_hash_of_its_plan_and_what_blocks_the_mission():
    document = {"sites": ["Café"], "findings": ["found"], "b": 1.5}
    plan = SimpleNamespace(as_dict=lambda: document)
    verdict = SimpleNamespace(
        headline="GO", commander="in 2 min", go=True, exercise=False, valid_until=NOON, valid_because="why"
    )
    bad, good = violation("r", "the reserve is not on board", fix="put it there"), advice("r", "mind it")
    carried = carry_verdict(verdict, plan, mission_sha256="ab", findings=[bad, good])
    assert carried.plan_sha256 == hashlib.sha256('{"b":1.5,"sites":["Café"]}'.encode()).hexdigest()
    assert carried.unsound == ("the reserve is not on board",)
    assert (carried.headline, carried.commander, carried.go, carried.exercise) == (
        "GO",
        "in 2 min",
        True,
        False,
    )
    assert (carried.valid_until, carried.valid_because, carried.mission_sha256) == (NOON, "why", "ab")


def test_a_verdict_of_before_missions_were_hashed_is_of_no_mission():
    document = json.loads(qgc_plan.write(mission()))

    def verdict_in(value):
        if isinstance(value, dict):
            if "mission_sha256" in value:
                return value
            return next(filter(None, map(verdict_in, value.values())), None)
        return None

    del verdict_in(document)["mission_sha256"]
    flight = read(document)
    assert flight.verdict.mission_sha256 == ""
    assert CHANGED in objections(flight)
