"""A drone in the air is sent on to another call: by the rules of a launch, and never without its way home."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from dfr.mission.onward import Way
from dfr.operate.onward import onward_offers
from dfr.operate.sortie import RECALLED
from dfr.sim.calls import Visit
from dfr.sim.events import BACK, LAND, MISSED, ON_SCENE, OUT
from dfr.sim.inputs import Duty
from tests.operate.conftest import LEG

EAST = "east/1"
WAY = Way(seconds=30.0, energy_wh=3.0)


def offers_of(room, case, way=WAY):
    return onward_offers(
        room.engine.field, room.engine.sorties(), case, way_of=lambda *_: way, now=room.env.now
    )


def send_on(room, case):
    """The drone that is out goes on to a call."""
    (offer,) = offers_of(room, case)
    assert not offer.blocked
    room.engine.send_on(case, offer.sortie, offer.leg)
    return offer.sortie


def out_to_a_call(room, seconds):
    """A call whose drone left so long ago."""
    case = room.call()
    room.engine.send(case, EAST)
    room.pass_time(seconds)
    return case


def test_a_drone_on_scene_is_offered_with_its_time_and_what_it_has_left_on_return(make_room):
    room = make_room()
    out_to_a_call(room, 25.0 + 60.0 + 100.0)
    (offer,) = offers_of(room, room.call())
    assert (offer.sortie.drone.id, offer.overhead_s, offer.blocked) == (EAST, 30.0, "")
    # 100 Wh, less 6 out, 10 of hovering for 100 s, 3 on the way, 12 for the usual 120 s, and 8 home.
    assert offer.reserve_fraction == pytest.approx(0.61)


def test_a_drone_on_its_way_is_not_offered_to_the_call_that_it_flies_to(make_room):
    room = make_room()
    assert offers_of(room, out_to_a_call(room, 60.0)) == []


def test_a_call_that_its_drone_leaves_on_the_way_waits_again(make_room):
    room = make_room()
    left = out_to_a_call(room, 60.0)
    other = room.call()
    sortie = send_on(room, other)
    assert left.waiting
    assert not other.waiting
    room.pass_time(10.0 + 30.0 + 1.0)
    assert (sortie.case, sortie.phase) == (other, ON_SCENE)
    sortie.turn_back(RECALLED)
    assert room.ended == [other]
    assert other.outcome != MISSED


def test_a_call_that_its_drone_leaves_on_scene_is_attended_and_asks_for_another(make_room):
    room = make_room()
    left = out_to_a_call(room, 200.0)
    sortie = send_on(room, room.call())
    assert room.ended == [left]
    assert left.outcome != MISSED
    (another,) = room.engine.waiting
    assert (another.call, another.relief) == (left.call, True)
    room.engine.send(another, "west/1")
    room.pass_time(25.0 + 110.0 + 1.0)
    assert {each.case.call.id for each in room.engine.sorties()} == {0, 1}
    assert sortie.phase == ON_SCENE


def test_a_drone_on_its_way_home_is_sent_on_and_its_old_call_stays_ended(make_room):
    room = make_room()
    left = out_to_a_call(room, 200.0)
    sortie = room.engine.sortie_of(EAST)
    sortie.turn_back(RECALLED)
    room.pass_time(10.0)
    assert sortie.phase == BACK
    other = room.call()
    send_on(room, other)
    room.pass_time(10.0 + 30.0 + 5.0)
    assert (sortie.case, sortie.phase) == (other, ON_SCENE)
    assert room.ended == [left]
    sortie.turn_back(RECALLED)
    room.pass_time(200.0)
    assert room.ended == [left, other]
    assert sortie.landing == "docked"


def test_each_call_has_the_record_of_a_flight_and_one_ends_where_the_next_begins(make_room):
    room = make_room()
    out_to_a_call(room, 200.0)
    sortie = send_on(room, room.call())
    room.pass_time(10.0 + 30.0 + 60.0)
    sortie.turn_back(RECALLED)
    room.pass_time(200.0)
    first, second = room.rows
    assert (first["call"], second["call"]) == (0, 1)
    assert first["flight"] != second["flight"]
    assert first["left_s"] == second["dispatched_s"] == second["airborne_s"] == 200.0
    assert (first["landed_s"], first["landing"], first["attempts"]) == (None, "", 0)
    assert second["predicted_overhead_s"] == 30.0
    assert second["overhead_s"] == 240.0
    # 6 out, 11.5 on scene; then 1 of hover while it is told, 3 on the way, 6 on scene and 8 home.
    assert first["energy_wh"] == pytest.approx(17.5)
    assert second["energy_wh"] == pytest.approx(18.0)
    assert second["charge"] == pytest.approx(1.0 - 0.355)


def test_a_drone_may_be_sent_on_more_than_once(make_room):
    room = make_room()
    out_to_a_call(room, 60.0)
    for _ in range(2):
        sortie = send_on(room, room.call())
        room.pass_time(20.0)
        assert sortie.phase == OUT
    room.pass_time(100.0)
    assert (sortie.case.call.id, sortie.phase) == (2, ON_SCENE)
    assert [case.call.id for case in room.engine.waiting] == [0, 1]


def test_a_drone_that_refuses_comes_home_and_both_calls_wait(make_room):
    room = make_room()
    left = out_to_a_call(room, 60.0)
    room.refusing.add(EAST)
    other = room.call()
    sortie = send_on(room, other)
    room.pass_time(10.0 + 1.0)
    assert sortie.phase in {BACK, LAND}
    assert left.waiting
    assert other.waiting
    room.pass_time(200.0)
    assert sortie.landing == "docked"


def test_a_recall_while_the_new_mission_is_uploaded_brings_it_home(make_room):
    room = make_room()
    out_to_a_call(room, 60.0)
    other = room.call()
    sortie = send_on(room, other)
    room.pass_time(5.0)
    assert sortie.turn_back(RECALLED)
    room.pass_time(10.0)
    assert sortie.phase in {BACK, LAND}
    assert other.waiting


def test_traffic_that_comes_while_the_new_mission_is_uploaded_is_given_way_to(make_room):
    room = make_room()
    out_to_a_call(room, 60.0)
    sortie = send_on(room, room.call())
    room.pass_time(5.0)
    room.engine.begin_visit(Visit(0, room.env.now, room.env.now, math.inf))
    room.pass_time(10.0)
    assert sortie.phase in {BACK, LAND}


@pytest.mark.parametrize(
    ("spend_s", "words"), [(0.0, ""), (570.0, ""), (600.0, "Wh are missing for the way there")]
)
def test_no_drone_is_sent_on_whose_return_with_its_reserve_is_not_proven(make_room, spend_s, words):
    """100 Wh less 20 of reserve, 6 out, 3 on the way, 3 for 30 s of stay and 8 home leave 600 s."""
    room = make_room()
    out_to_a_call(room, 85.0 + spend_s + (1.0 if words else 0.0))
    (offer,) = offers_of(room, room.call())
    assert words in offer.blocked
    assert bool(offer.blocked) is bool(words)


def test_an_unknown_charge_blocks(make_room, inputs):
    (condition,) = inputs.conditions
    room = make_room(conditions=(replace(condition, battery_wh=math.inf),))
    out_to_a_call(room, 100.0)
    (offer,) = offers_of(room, room.call())
    assert "the return with its reserve is not proven" in offer.blocked
    assert offer.reserve_fraction is None


def test_a_drone_of_which_nobody_knows_where_it_is_is_not_sent_on(make_room):
    room = make_room()
    out_to_a_call(room, 100.0)
    (offer,) = offers_of(room, room.call(), way=None)
    assert offer.blocked == "nobody knows where it is"


def test_no_drone_is_sent_on_into_traffic(make_room, inputs):
    (helicopter,) = inputs.traffic
    room = make_room(traffic=(replace(helicopter, rule="hold_low"),))
    out_to_a_call(room, 100.0)
    room.engine.begin_visit(Visit(0, room.env.now, room.env.now, math.inf))
    (offer,) = offers_of(room, room.call())
    assert offer.blocked == "it gives way to other traffic"


def test_no_drone_is_sent_on_that_would_be_home_after_the_crew(make_room):
    duty = Duty(start_s=0.0, end_s=300.0, drones=2, remote_pilots=2, safety_pilots=2)
    room = make_room(duties=(duty,))
    out_to_a_call(room, 100.0)
    room.pass_time(40.0)
    case = room.call()
    (offer,) = offers_of(room, case)
    assert offer.blocked == ""  # 140 s now, 30 there, 30 of stay and 80 home
    room.pass_time(21.0)
    (offer,) = offers_of(room, case)
    assert offer.blocked


def test_no_drone_is_sent_on_along_a_route_that_meets_one_flown_now(make_room, inputs):
    room = make_room(in_turn=(((0, 0), (1, 0)),))
    out_to_a_call(room, 100.0)
    case = room.call()
    (offer,) = offers_of(room, case)
    assert offer.blocked == ""  # its own route does not count
    room.engine.field.out["west/1"] = (1, 0)
    (offer,) = offers_of(room, case)
    assert offer.blocked


def test_a_drone_that_returns_by_itself_is_left_alone(make_room):
    room = make_room()
    out_to_a_call(room, 100.0)
    room.engine.sortie_of(EAST).flight.may_turn = False
    (offer,) = offers_of(room, room.call())
    assert offer.blocked == "it returns by itself"


def test_a_drone_that_climbs_or_lands_is_not_sent_on(make_room):
    room = make_room()
    out_to_a_call(room, 30.0)
    case = room.call()
    (offer,) = offers_of(room, case)
    assert offer.blocked == "it is not on its way, on scene or returning"
    room.engine.sortie_of(EAST).turn_back(RECALLED)
    room.pass_time(LEG.land_s - 1.0)
    (offer,) = offers_of(room, case)
    assert offer.blocked == "it is not on its way, on scene or returning"
