"""The live dispatcher: the simulation's own, where a person's yes decides and every call ends once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dfr.errors import InfeasibleError, InputError
from dfr.operate.sortie import GO_ON, HELD, LAND_HERE, RECALLED
from dfr.sim.calls import Visit
from dfr.sim.events import CUT_ENERGY, CUT_TRAFFIC, DIVERTED, MISSED, Missed, came
from dfr.sim.inputs import Turnaround


def take_on(room, *, charge=1.0):
    """The dispatch of a drone that was found in the air, to a call of which nobody else was told."""
    room.aloft.add("east/1")
    case = room.call()
    room.engine.forget(case)
    return room.engine.take_on(case.call, "east/1", charge=charge)[1]


def test_nothing_flies_before_a_person_says_yes(make_room):
    room = make_room()
    case = room.call()
    room.pass_time(3600.0)
    assert case.waiting
    assert not room.engine.sorties()


def test_the_offers_are_the_docks_soonest_first_with_time_and_reserve(make_room):
    room = make_room()
    near, far = room.engine.offers(room.call())
    assert (near.drone.id, far.drone.id) == ("east/1", "west/1")
    assert (near.overhead_s, far.overhead_s) == (25.0 + 60.0, 25.0 + 110.0)
    # 100 Wh, less 6 out, 8 home and 12 of hovering for the usual 120 s.
    assert near.reserve_fraction == pytest.approx(0.74)


def test_a_yes_sends_that_drone_and_is_good_for_one_flight(make_room):
    room = make_room()
    first, second = room.call(), room.call()
    sortie = room.engine.send(first, "west/1")
    assert sortie.drone.id == "west/1"
    room.pass_time(100.0)
    assert second.waiting
    assert [each.drone.id for each in room.engine.sorties()] == ["west/1"]


def test_a_drone_stays_until_it_is_recalled_and_the_call_then_ends_attended(make_room):
    room = make_room()
    case = room.call()
    sortie = room.engine.send(case, "east/1")
    room.pass_time(100.0)
    assert sortie.phase == "on_scene"
    room.pass_time(100.0)
    assert sortie.turn_back(RECALLED)
    assert room.ended == [case]
    assert case.outcome != MISSED
    assert (sortie.on_scene_s, sortie.cut_by) == (200.0 - 85.0, "")
    room.pass_time(81.0)
    assert sortie.landed_s == 280.0


def test_a_person_may_let_a_drone_land_where_it_is(make_room):
    room = make_room()
    sortie = room.engine.send(room.call(), "east/1")
    room.pass_time(100.0)
    sortie.turn_back(LAND_HERE)
    room.pass_time(31.0)
    assert (sortie.landing, sortie.landed_s) == (DIVERTED, 130.0)


def test_a_person_may_let_a_drone_land_where_it_is_on_its_way_home_too(make_room):
    room = make_room()
    sortie = room.engine.send(room.call(), "east/1")
    room.pass_time(100.0)
    sortie.turn_back(RECALLED)
    room.pass_time(10.0)
    assert sortie.turn_back(LAND_HERE)
    room.pass_time(31.0)
    assert (sortie.landing, sortie.landed_s) == (DIVERTED, 140.0)


def test_a_drone_that_is_held_stays_until_a_person_lets_it_go_on(make_room):
    room = make_room()
    case = room.call()
    sortie = room.engine.send(case, "east/1")
    room.pass_time(55.0)
    assert sortie.hold()
    room.pass_time(60.0)
    assert (sortie.phase, sortie.held, came(case.overhead_s)) == ("out", True, False)
    assert not sortie.hold(), "it is held already"
    assert sortie.go_on_from_hold()
    room.pass_time(31.0)
    assert (sortie.phase, sortie.overhead_s) == ("on_scene", 85.0 + 60.0)
    assert not sortie.go_on_from_hold()


def test_a_drone_that_is_held_in_its_climb_climbs_on(make_room):
    room = make_room()
    sortie = room.engine.send(room.call(), "east/1")
    room.pass_time(30.0)
    assert sortie.hold()
    room.pass_time(10.0)
    sortie.go_on_from_hold()
    room.pass_time(60.0)
    assert sortie.overhead_s == 85.0 + 10.0


@pytest.mark.parametrize(
    ("why", "landed_s", "landing"), [(RECALLED, 60.0 + 12.5 + 30.0, "docked"), (LAND_HERE, 90.0, DIVERTED)]
)
def test_a_drone_that_is_held_may_be_recalled_or_land(make_room, why, landed_s, landing):
    room = make_room()
    case = room.call()
    sortie = room.engine.send(case, "east/1")
    room.pass_time(55.0)
    sortie.hold()
    room.pass_time(5.0)
    assert sortie.turn_back(why)
    room.pass_time(60.0)
    assert (sortie.landing, sortie.landed_s, sortie.held) == (
        landing,
        landed_s,
        False,
    )
    assert case.waiting, "it was never overhead"


def test_a_drone_that_nobody_lets_go_on_comes_home_before_its_reserve(make_room):
    room = make_room()
    case = room.call()
    sortie = room.engine.send(case, "east/1")
    room.pass_time(55.0)
    sortie.hold()
    room.pass_time(3600.0)
    assert (sortie.landing, sortie.held) == ("docked", False)
    assert sortie.reserve_fraction >= 0.2 - 1e-9
    assert case.waiting


def test_a_drone_that_is_held_comes_home_once_its_energy_is_used_up_sooner_than_was_expected(make_room):
    room = make_room()
    sortie = room.engine.send(room.call(), "east/1")
    room.pass_time(55.0)
    sortie.hold()
    room.pass_time(100.0)
    room.engine.look_at_energy()
    assert sortie.held
    room.short_s = 3600.0
    room.engine.look_at_energy()
    room.pass_time(1.0)
    assert (sortie.held, sortie.phase, sortie.turned_by) == (False, "back", "")


def test_a_drone_that_waits_low_comes_home_once_its_energy_is_used_up_sooner_than_was_expected(
    make_room, inputs
):
    room = make_room(traffic=(replace(inputs.traffic[0], rule="hold_low", yield_s=10.0),))
    sortie = room.engine.send(room.call(), "east/1")
    room.pass_time(100.0)
    room.engine.begin_visit(Visit(0, 100.0, 100.0, float("inf")))
    room.pass_time(100.0)
    room.engine.look_at_energy()
    room.pass_time(11.0)
    assert sortie.phase == "on_scene"
    room.short_s = 3600.0
    room.engine.look_at_energy()
    room.pass_time(11.0)
    assert (sortie.phase, sortie.cut_by) == ("back", CUT_TRAFFIC)


def test_a_drone_that_is_held_on_its_way_home_goes_on_home(make_room):
    room = make_room()
    sortie = room.engine.send(room.call(), "east/1")
    room.pass_time(100.0)
    sortie.turn_back(RECALLED)
    room.pass_time(10.0)
    assert sortie.hold()
    room.pass_time(40.0)
    assert (sortie.phase, sortie.held) == ("back", True)
    sortie.go_on_from_hold()
    room.pass_time(100.0)
    assert (sortie.landing, len(room.ended)) == ("docked", 1)


def test_a_drone_that_is_held_gives_way_to_traffic_and_is_held_again(make_room, inputs):
    room = make_room(traffic=(replace(inputs.traffic[0], rule="hold_low", yield_s=10.0),))
    sortie = room.engine.send(room.call(), "east/1")
    room.pass_time(55.0)
    sortie.hold()
    active = room.engine.begin_visit(Visit(0, 55.0, 55.0, float("inf")))
    room.pass_time(30.0)
    assert sortie.yielded_s == 0.0, "it gives way"
    room.engine.end_visit(active)
    room.pass_time(30.0)
    assert (sortie.held, sortie.yielded_s) == (True, 40.0)


@pytest.mark.parametrize(
    ("why", "landing", "landed_s"), [(RECALLED, "docked", 150.0 + 50.0 + 30.0), (LAND_HERE, DIVERTED, 180.0)]
)
def test_a_drone_held_on_its_way_home_that_gives_way_obeys_once_the_traffic_is_gone(
    make_room, inputs, why, landing, landed_s
):
    room = make_room(traffic=(replace(inputs.traffic[0], rule="hold_low", yield_s=10.0),))
    sortie = room.engine.send(room.call(), "east/1")
    room.pass_time(100.0)
    sortie.turn_back(RECALLED)
    room.pass_time(10.0)
    sortie.hold()
    active = room.engine.begin_visit(Visit(0, 110.0, 110.0, float("inf")))
    room.pass_time(20.0)
    assert sortie.turn_back(why)
    room.pass_time(10.0)
    assert sortie.phase == "back", "it still gives way"
    room.engine.end_visit(active)
    room.pass_time(100.0)
    assert (sortie.landing, sortie.landed_s) == (landing, landed_s)


def test_an_order_to_land_holds_where_the_energy_is_short_before_the_traffic_is_gone(make_room, inputs):
    room = make_room(traffic=(replace(inputs.traffic[0], rule="hold_low", yield_s=10.0),))
    sortie = room.engine.send(room.call(), "east/1")
    room.pass_time(100.0)
    room.engine.begin_visit(Visit(0, 100.0, 100.0, float("inf")))
    room.pass_time(30.0)
    assert sortie.turn_back(LAND_HERE)
    room.pass_time(3600.0)
    assert sortie.landing == DIVERTED


def test_a_drone_that_was_held_when_the_process_died_gives_way_to_traffic_that_came_since(make_room):
    room = make_room()
    room.engine.begin_visit(Visit(0, 0.0, 0.0, float("inf")))
    sortie = take_on(room)
    sortie.hold()
    room.pass_time(26.0)
    assert (sortie.phase, sortie.held) == ("land", False)


def test_a_drone_found_in_the_air_whose_route_is_closed_now_is_taken_on_and_obeys(make_room, inputs):
    (condition,) = inputs.conditions
    closed = replace(condition, legs=((None,), (None,)), nearest=((),))
    room = make_room(conditions=(closed, condition), condition_of_hour=(0,))
    room.aloft.add("east/1")
    case = room.call()
    room.engine.forget(case)
    assert (room.engine.may_fly(case.call, "east/1"), room.engine.has_route(case.call, "east/1")) == (
        False,
        True,
    )
    _, sortie = room.engine.take_on(case.call, "east/1", charge=1.0)
    room.pass_time(60.0)
    assert sortie.turn_back(RECALLED)
    room.pass_time(200.0)
    assert sortie.landing == "docked"


@pytest.mark.parametrize(("charge", "stays_s"), [(0.6, 260.0), (0.25, 0.0), (None, 0.0)])
def test_a_drone_found_in_the_air_stays_no_longer_than_the_charge_that_it_has_allows(
    make_room, charge, stays_s
):
    """Of a full battery it would stay for 660 s. A charge that nobody knows counts as none."""
    room = make_room()
    sortie = take_on(room, charge=charge)
    room.pass_time(3000.0)
    # 60 Wh, less 20 of reserve, and 6 out and 8 home; hovering draws 0.1 Wh a second.
    assert sortie.on_scene_s == pytest.approx(stays_s)


def test_no_stand_in_sends_a_drone_that_is_taken_on_to_another_call(make_room):
    room = make_room(stand_in="nearest")
    room.aloft.add("east/1")
    for drone in ("east/1", "west/1"):
        room.engine.ground_drone(drone)
    first, second = room.call(), room.call()
    room.engine.forget(first)
    _, sortie = room.engine.take_on(first.call, "east/1", charge=1.0)
    assert (sortie.drone.id, second.waiting) == ("east/1", True)


def test_a_drone_that_was_held_when_the_process_died_is_held_again(make_room):
    room = make_room()
    sortie = take_on(room)
    assert sortie.hold()
    room.pass_time(500.0)
    assert (sortie.held, sortie.phase) == (True, "climb")


def test_what_a_person_may_order_at_once_in_each_phase(make_room):
    room = make_room()
    sortie = room.engine.send(room.call(), "east/1")
    said = {sortie.phase: sortie.orders}
    for _ in range(40):
        room.pass_time(5.0)
        said[sortie.phase] = sortie.orders
        if sortie.phase == "on_scene":
            sortie.turn_back(RECALLED)
            said[sortie.phase] = sortie.orders
    assert said == {
        "prepare": (RECALLED,),
        "climb": (HELD, RECALLED, LAND_HERE),
        "out": (HELD, RECALLED, LAND_HERE),
        "on_scene": (RECALLED, LAND_HERE),
        "back": (HELD, LAND_HERE),
        "land": (),
    }
    sortie = room.engine.send(room.call(), "west/1")
    room.pass_time(60.0)
    sortie.hold()
    assert sortie.orders == (GO_ON, RECALLED, LAND_HERE)


def test_a_call_whose_drone_turned_back_before_the_scene_waits_for_another_yes(make_room):
    room = make_room()
    case = room.call()
    room.engine.send(case, "east/1").turn_back(RECALLED)
    room.pass_time(1.0)
    assert case.waiting
    room.engine.send(case, "west/1")
    room.pass_time(50.0)
    room.engine.sortie_of("west/1").turn_back(RECALLED)
    room.pass_time(1.0)
    assert case.waiting
    assert not room.ended


def test_a_vehicle_that_refuses_is_not_sent_and_its_call_waits(make_room):
    room = make_room()
    room.refusing.add("east/1")
    case = room.call()
    room.engine.send(case, "east/1")
    room.pass_time(20.0)
    assert case.waiting
    assert room.engine.sortie_of("east/1") is None
    assert room.engine.field.crew.in_use == 0


def test_every_call_ends_once_at_the_end_of_the_shift_whatever_is_under_way(make_room):
    room = make_room()
    cases = [room.call() for _ in range(4)]
    room.engine.send(cases[0], "east/1")
    room.engine.send(cases[1], "west/1").turn_back(RECALLED)
    room.pass_time(100.0)
    room.engine.close_shift()
    assert sorted(case.call.id for case in room.ended) == [0, 1, 2, 3]


def test_a_call_that_is_closed_ends_without_a_drone(make_room):
    room = make_room()
    case = room.call()
    room.engine.close_call(case, Missed.BEFORE_DECISION)
    assert (case.outcome, room.ended) == (MISSED, [case])
    with pytest.raises(InputError, match="does not wait"):
        room.engine.send(case, "east/1")


def test_a_drone_that_cannot_go_is_refused(make_room):
    room = make_room()
    room.engine.ground_drone("east/1")
    case = room.call()
    with pytest.raises(InfeasibleError, match="east/1 cannot go now"):
        room.engine.send(case, "east/1")
    room.engine.offer_again("east/1")
    room.engine.send(case, "east/1")


def test_a_launch_that_did_not_happen_is_not_reported_as_the_drones_last_flight(make_room):
    """It is offered, but the queue is looked at later: nothing was sent."""
    turnaround = Turnaround(ready_fraction=0.5, to_ready_s=(0.0,) * 101, to_full_s=(9000.0,) * 101)
    room = make_room(turnaround=turnaround)
    last = room.engine.send(room.call(stay_s=0.0), "east/1")
    room.pass_time(1000.0)
    assert room.engine.sortie_of("east/1") is last, "it is on charge, and may fly again"
    case = room.call()
    with room.engine._looking_later(), pytest.raises(InfeasibleError, match="east/1 cannot go now"):
        room.engine.send(case, "east/1")
    assert case.waiting


def test_no_more_drones_fly_than_the_crew_on_duty_may_fly(make_room, inputs):
    duty = inputs.duties[0]
    room = make_room(
        duties=(duty.__class__(start_s=0.0, end_s=9e9, drones=1, remote_pilots=1, safety_pilots=1),)
    )
    first, second = room.call(), room.call()
    room.engine.send(first, "east/1")
    assert room.engine.blocked_by(second) == Missed.CREW_BUSY
    with pytest.raises(InfeasibleError):
        room.engine.send(second, "west/1")


def test_a_relief_waits_for_a_yes_before_the_drone_on_scene_must_leave(make_room):
    room = make_room()
    sortie = room.engine.send(room.call(), "east/1")
    # 100 Wh less the reserve of 20, 6 out and 8 home last 660 s at 360 W.
    room.pass_time(85.0 + 660.0 - 20.0)
    (relief,) = room.engine.waiting
    assert relief.relief
    assert sortie.phase == "on_scene"
    assert room.engine.sortie_of("west/1") is None
    room.engine.send(relief, "west/1")
    room.pass_time(200.0)
    assert room.engine.sortie_of("west/1").phase == "on_scene"


def test_a_stay_ends_once_its_energy_is_used_up_sooner_than_was_expected(make_room):
    """It would stay for 660 s; 100 s before that it turns out to draw so much that it must leave now."""
    room = make_room()
    case = room.call()
    sortie = room.engine.send(case, "east/1")
    room.pass_time(85.0 + 560.0 - 100.0)
    room.engine.look_at_energy()
    room.pass_time(1.0)
    assert (sortie.phase, room.engine.waiting) == ("on_scene", [])
    room.short_s = 200.0
    room.engine.look_at_energy()
    assert (sortie.phase, sortie.cut_by, sortie.on_scene_s) == ("back", CUT_ENERGY, 461.0)
    assert sortie.turned_by == ""
    (relief,) = room.engine.waiting
    assert (relief.relief, relief.call.id) == (True, case.call.id)
    room.pass_time(600.0)
    assert room.engine.waiting == [relief], "one relief is asked for"


def test_a_drone_that_must_leave_sooner_than_was_said_is_relieved_sooner(make_room):
    room = make_room()
    sortie = room.engine.send(room.call(), "east/1")
    room.pass_time(300.0)
    room.short_s = 300.0
    for _ in range(4):
        room.engine.look_at_energy()
        room.pass_time(20.0)
    (relief,) = room.engine.waiting
    assert (relief.relief, sortie.phase) == (True, "on_scene")
    for _ in range(20):
        room.engine.look_at_energy()
        room.pass_time(20.0)
    assert (sortie.phase, room.engine.waiting) == ("land", [relief])


def test_no_relief_is_asked_for_once_the_call_has_ended(make_room):
    room = make_room()
    sortie = room.engine.send(room.call(), "east/1")
    room.pass_time(100.0)
    sortie.turn_back(RECALLED)
    room.pass_time(2000.0)
    assert not room.engine.waiting


def test_other_traffic_calls_all_home_and_holds_launches_until_it_is_gone(make_room):
    room = make_room()
    sortie = room.engine.send(room.call(), "east/1")
    room.pass_time(60.0)
    active = room.engine.begin_visit(Visit(0, 60.0, 60.0, float("inf")))
    room.pass_time(1.0)
    assert sortie.phase == "back"
    waits = room.engine.waiting[0]
    assert room.engine.offers(waits)[1].blocked == Missed.TRAFFIC
    assert room.engine.blocked_by(waits)
    room.engine.end_visit(active)
    assert room.engine.offers(waits)[1].drone.id == "west/1"


def test_a_drone_recalled_while_it_holds_low_comes_home_once_the_traffic_is_gone(make_room, inputs):
    room = make_room(traffic=(replace(inputs.traffic[0], rule="hold_low", yield_s=10.0),))
    sortie = room.engine.send(room.call(), "east/1")
    room.pass_time(100.0)
    active = room.engine.begin_visit(Visit(0, 100.0, 100.0, float("inf")))
    room.pass_time(30.0)
    assert sortie.turn_back(RECALLED)
    assert sortie.phase == "on_scene"
    room.engine.end_visit(active)
    room.pass_time(11.0)
    assert (sortie.phase, sortie.cut_by) == ("back", "")
    assert len(room.ended) == 1


def test_with_a_stand_in_the_dispatch_policy_decides_as_in_the_simulation(make_room):
    room = make_room(stand_in="nearest")
    case = room.call(stay_s=60.0)
    room.pass_time(85.0 + 60.0 + 1.0)
    assert case.overhead_s == 85.0
    assert room.ended == [case]
    assert case.on_scene_s == 60.0


def test_a_drone_found_in_the_air_is_never_called_off_and_comes_home_once_it_is_taken_on(make_room):
    room = make_room()
    sortie = take_on(room)
    assert sortie.turn_back(RECALLED)
    room.pass_time(24.0)
    assert room.engine.sortie_of("east/1") is sortie
    room.pass_time(2.0)
    assert (sortie.turned_by, sortie.phase) == (RECALLED, "land")


def test_a_drone_found_in_the_air_gives_way_to_traffic_that_was_announced_before(make_room):
    room = make_room()
    room.engine.begin_visit(Visit(0, 0.0, 0.0, float("inf")))
    sortie = take_on(room)
    room.pass_time(26.0)
    assert (sortie.phase, room.engine.sortie_of("east/1")) == ("land", sortie)


def test_a_call_that_moved_while_a_drone_was_out_to_it_waits_where_it_is_now(make_room, inputs):
    square = inputs.zones[0]
    room = make_room(
        zones=(square, replace(square, id="pier")),
        conditions=(
            replace(
                inputs.conditions[0],
                legs=tuple(row * 2 for row in inputs.conditions[0].legs),
                nearest=((0, 1), (0, 1)),
            ),
        ),
        traffic=(replace(inputs.traffic[0], blocks=((True, True), (True, True))),),
    )

    def moved(case):
        if case.call.zone == 0:
            room.engine.forget(case)
            room.engine.hear_call(case.call._replace(zone=1))

    room.on_waiting = moved
    sortie = room.engine.send(room.call(), "east/1")
    room.pass_time(50.0)
    sortie.turn_back(RECALLED)
    room.pass_time(1.0)
    (waits,) = room.engine.waiting
    assert waits.call.zone == 1
    room.engine.send(waits, "west/1")
    room.pass_time(400.0)
    room.engine.close_shift()
    assert [case.call.zone for case in room.ended] == [1]
