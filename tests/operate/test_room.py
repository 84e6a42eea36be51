"""The control room of a shift whose vehicles nobody reaches: what it says, and what it lets people do."""

from __future__ import annotations

import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from types import SimpleNamespace

import pytest

from dfr.errors import InputError
from dfr.io.incidents.inbox import Arrival
from dfr.io.incidents.report import IncidentReport, IncidentStatus, Place
from dfr.link.pacing import now_s
from dfr.operate.board import draw_board, find_causes
from dfr.operate.fleet import LiveFleet
from dfr.operate.other_traffic import RECEIVER
from dfr.operate.room import STUCK_S, LiveShift, ShiftSetup
from dfr.operate.sortie import GO_ON, HELD, LAND_HERE, RECALLED
from dfr.operate.story import NO_STORY, FlightStory, ShiftStory
from dfr.sim.events import NEVER
from dfr.store.shift_log import ShiftLog, read_shift_log
from dfr.world.demand import zone_centres
from tests.operate.shifts import SCENARIO, shift_of
from tests.shipped import plan_of, world_of

START = datetime(2024, 8, 23, 11, 0, tzinfo=UTC)
HELICOPTER = "coastguard-helicopter"
DRONE = "castle-car-park/1"


@pytest.fixture
def dead_url():
    """An address at which nobody answers."""
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        yield f"tcp:127.0.0.1:{line.getsockname()[1]}"


@pytest.fixture
def begin(tmp_path, dead_url):
    """Begins a shift of two vehicles with what its log says so far."""
    world, plan = world_of(SCENARIO), plan_of(SCENARIO)
    shift = shift_of(2, START)
    setup = ShiftSetup(world=world, plan=plan, shift=shift, start=START)
    with ExitStack() as stack:

        def begin(story: ShiftStory = NO_STORY, *, run: bool = True) -> LiveShift:
            log = stack.enter_context(ShiftLog(tmp_path / "shift"))
            urls = [dead_url, f"{dead_url}#2"]
            fleet = LiveFleet(world, plan, urls, tmp_path / "flights", simulated=False)
            fleet.serve(shift)
            room = LiveShift(setup, fleet, log, story=story)
            if not run:
                return room
            thread = threading.Thread(target=room.run)
            thread.start()
            stack.callback(thread.join)
            stack.callback(lambda: room.clock.post(room._over.succeed))
            return room

        yield begin


def causes(room):
    return room.clock.ask(lambda: find_causes(room))


def test_a_drone_that_was_in_the_air_and_is_not_heard_any_more_is_warned_of(begin):
    out = FlightStory(flight=0, call=0, drone=DRONE, did=["launch"])
    room = begin(ShiftStory(flights_out=(out,)))
    alert = causes(room)[f"unsettled/{DRONE}"]
    assert alert.level == "warning"
    assert "was in the air" in alert.words


def test_a_helicopter_that_was_inbound_when_the_shift_stopped_still_is_when_it_goes_on(begin):
    room = begin(ShiftStory(inbound={HELICOPTER: "Sam"}))
    (row,) = [each for each in room.clock.ask(lambda: draw_board(room))["traffic"] if each["inbound"]]
    assert row["id"] == HELICOPTER
    assert f"traffic/{HELICOPTER}" in causes(room)


def test_a_person_who_announces_what_a_receiver_heard_alone_clears_it(begin, tmp_path):
    room = begin()
    for by in (RECEIVER, "Sam", RECEIVER):
        room.traffic.announce(HELICOPTER, by=by)
    assert room.traffic.announced_by == {HELICOPTER: "Sam"}
    room.traffic.clear(HELICOPTER, by="Sam")
    assert not room.traffic.visiting
    said = [record.content["by"] for record in read_shift_log(tmp_path / "shift").of_kind("traffic")]
    assert said == [RECEIVER, "Sam", "Sam"]


def told(number, minute=0, status=IncidentStatus.OPEN):
    """A message about a call of no known place."""
    return IncidentReport(
        agency="HC",
        id=str(number),
        time=START.replace(minute=minute),
        status=status,
        place=Place(position=None),
    )


def test_a_call_that_was_closed_when_it_was_first_told_of_is_heard_once_it_is_open(begin):
    room = begin()
    assert room.calls.receive(told(1, status=IncidentStatus.CLOSED), by="Cad")[0] is None
    incident, arrival = room.calls.receive(told(1, minute=1), by="Cad")
    assert (incident.number, arrival) == (0, Arrival.NEW)
    assert room.calls.receive(told(1, minute=2), by="Cad")[0].number == 0


def test_a_flight_is_taken_on_to_where_its_call_was_and_later_ones_look_where_it_is(begin):
    room = begin(run=False)
    places = zone_centres(room.setup.world.scenario)
    old, new = places["castle-stage"], places["esplanade"]
    near = replace(old, lat_deg=old.lat_deg + 1e-5)
    sent, _ = room.calls._receive(replace(told(1), place=Place(position=old)), "Cad", 60.0)
    room.calls._receive(replace(told(1, minute=1), place=Place(position=near)), "Cad", 60.0)
    assert room.fleet.look_at[0] == near, "told anew within its zone"
    room.calls._receive(replace(told(1, minute=2), place=Place(position=new)), "Cad", 60.0)
    story = FlightStory(flight=0, call=0, drone=DRONE, sent_to=sent)
    with room.calls.looking_as_sent(story):
        assert room.fleet.look_at[0] == old
    assert room.fleet.look_at[0] == new
    assert room.calls.call_as_sent(story).zone == sent.zone != room.calls.book.find(0).zone


def test_a_shift_is_not_over_before_each_landing_is_written_down(begin, monkeypatch):
    """A vehicle tells that it is down a moment before the dispatcher has noted it."""
    room = begin()
    drone = SimpleNamespace(id=DRONE)
    out = [SimpleNamespace(drone=drone, landed_s=NEVER, look_at_energy=lambda: None)]
    monkeypatch.setattr(room.engine, "sorties", lambda: out)
    with pytest.raises(InputError, match=f"in the air, or about to be: {DRONE}"):
        room.end()
    out[0].landed_s = 60.0
    room.end()


@pytest.mark.parametrize("order", [RECALLED, LAND_HERE, HELD, GO_ON])
def test_an_order_is_written_down_before_it_is_carried_out(begin, tmp_path, monkeypatch, order):
    """A process that is killed in between leaves it to the next."""
    room, found = begin(), []

    def carry_out(*_):
        found.extend(
            record.content["order"] for record in read_shift_log(tmp_path / "shift").of_kind("order")
        )

    sortie = SimpleNamespace(
        drone=SimpleNamespace(id=DRONE), number=0, flight=SimpleNamespace(failure=None), phase="on_scene",
        may_turn_back=lambda _: True, may_hold=True, may_go_on=True,
        turn_back=carry_out, hold=carry_out, go_on_from_hold=carry_out,
    )  # fmt: skip
    monkeypatch.setattr(room.engine, "sortie_of", lambda _: sortie)
    verbs = {HELD: room.hold, GO_ON: room.go_on}
    verbs.get(order, partial(room.turn_back, why=order))(DRONE, by="Pia")
    assert found == [order]


def test_a_token_that_floods_shuts_out_no_other_whatever_agencies_it_names_and_people_are_warned(
    begin, monkeypatch
):
    monkeypatch.setattr("dfr.operate.incidents.MOST_OF_SENDER", 2)
    room = begin()
    for number, agency in ((1, "HC"), (2, "Police")):
        assert not room.calls.book.refusals
        room.calls.receive(replace(told(number), agency=agency), by="Cad")
    with pytest.raises(InputError, match="2 calls reported by Cad are open: no more are taken"):
        room.calls.receive(replace(told(3), agency="Fire"), by="Cad")
    assert room.calls.receive(told(3), by="Pia")[1] is Arrival.NEW
    (warning,) = [cause for key, cause in causes(room).items() if key.startswith("full/")]
    assert (warning.level, warning.words) == (
        "warning",
        "2 calls reported by Cad are open: new ones are refused until calls are closed",
    )
    room.calls.receive(told(1, minute=1), by="Pia")
    room.calls.close(0, by="Pia")
    assert room.calls.receive(told(4), by="Cad")[1] is Arrival.NEW


def test_a_call_for_which_there_was_no_room_is_taken_when_it_is_sent_again(begin, monkeypatch):
    monkeypatch.setattr("dfr.operate.incidents.MOST_OPEN", 1)
    room = begin()
    room.calls.receive(told(1), by="Cad")
    with pytest.raises(InputError, match="1 calls are open"):
        room.calls.receive(told(2), by="Cad")
    room.calls.close(0, by="Pia")
    assert room.calls.receive(told(2), by="Cad")[0].number == 1


def test_a_log_that_cannot_be_written_ends_no_shift_and_begins_nothing(begin):
    room = begin()
    log = room._log

    def append(*_):
        raise InputError("log.jsonl: No space left on device", do="make room on the disk")

    room._log = SimpleNamespace(append=append)
    room.traffic.announce(HELICOPTER, by="Sam")
    assert HELICOPTER in room.traffic.visiting
    assert "No space left" in causes(room)["unwritten"].words
    with pytest.raises(InputError, match="No space left"):
        room.calls.receive(told(1), by="Cad")
    room._log = log
    assert room.calls.receive(told(1), by="Cad")[0].number == 0
    room.traffic.clear(HELICOPTER, by="Sam")
    assert "unwritten" not in causes(room)


def test_a_shift_whose_own_thread_hangs_does_not_tell_the_supervisor_that_it_lives(begin):
    room, alive = begin(run=False), []
    room.on_tick = lambda: alive.append(True)
    room.looked_at_s = now_s()
    room._show_alive()
    assert alive
    alive.clear()
    room.looked_at_s = now_s() - STUCK_S
    room._show_alive()
    assert not alive


def test_real_vehicles_do_not_go_on_with_a_shift_of_simulated_ones(begin):
    with pytest.raises(InputError, match="begun with simulated vehicles"):
        begin(ShiftStory(simulated=True))


def test_a_yes_waits_for_no_other_routes_mission_to_be_compiled(begin):
    fleet = begin(run=False).fleet
    route = ("castle-car-park", "castle-stage")
    fleet._missions[route] = planned = object()
    answers = ThreadPoolExecutor(1)
    with fleet._compiling:
        assert answers.submit(fleet.planned_mission, *route).result(timeout=20.0) is planned
    answers.shutdown()


def test_nobody_sends_a_drone_while_the_shift_is_being_ended(begin):
    room = begin(ShiftStory(flights_out=(FlightStory(flight=0, call=0, drone=DRONE, did=["launch"]),)))
    report = told(1)
    report = replace(report, place=Place(position=zone_centres(room.setup.world.scenario)["castle-stage"]))
    incident, _ = room.calls.receive(report, by="Cad")
    room.clock.ask(room.stop)
    with pytest.raises(InputError, match="is being ended"):
        room.send(incident.number, DRONE, by="Pia")
