"""What a process that goes on with a shift makes of its log."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from dfr.ardupilot.modes import CopterMode
from dfr.geo import Position
from dfr.io.incidents.report import IncidentReport, IncidentStatus, Place
from dfr.link.vehicle import VehicleState
from dfr.operate.flight import Stage
from dfr.operate.incidents import CallState
from dfr.operate.story import read_story
from dfr.store.shift_log import ShiftLog

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
REPORT = IncidentReport(
    agency="HC", id="7", time=NOON, status=IncidentStatus.OPEN, place=Place(position=None), text="a name"
)


@pytest.fixture
def log(tmp_path):
    with ShiftLog(tmp_path / "shift", now=lambda: NOON) as log:
        log.append("shift.begun", {"t_s": 0.0, "start": NOON.isoformat()})
        yield log


def call(log, number):
    content = {"call": number, "heard_s": 5.0, "stay_s": 60.0, "zone": 1, "grade": 0, "graded": True}
    report = REPORT.content() | {"id": f"HC-{number}"}
    log.append("call.reported", {"t_s": 5.0, **content, "report": report}, REPORT.personal())


def flight(log, number, *did, call=0, drone="east/1"):
    for what in did:
        log.append("flight", {"t_s": 30.0, "what": what, "flight": number, "call": call, "drone": drone})


def read(log, *, away_s=0.0, simulated=False):
    log.close()
    with ShiftLog(log.folder, now=lambda: NOON) as again:
        records = again.before.records
    return read_story(records, now=NOON + timedelta(seconds=away_s), simulated=simulated)


def test_calls_are_known_again_with_how_they_ended(log):
    call(log, 0)
    call(log, 1)
    log.append("call.ended", {"t_s": 60.0, "call": 0, "outcome": "attended", "reason": ""})
    story = read(log)
    assert [(each.report.id, each.state, each.ended) for each in story.calls] == [
        ("HC-0", CallState.ENDED, "attended"),
        ("HC-1", CallState.OPEN, ""),
    ]
    assert (story.calls[1].report.text, story.calls[1].stay_s) == ("a name", 60.0)


def test_the_shifts_time_went_on_with_the_wall_and_stood_still_for_simulated_vehicles(log):
    call(log, 0)
    assert read(log, away_s=40.0).t_s == 45.0


def test_a_shift_of_simulated_vehicles_goes_on_where_it_stopped(log):
    call(log, 0)
    assert read(log, away_s=40.0, simulated=True).t_s == 5.0


def test_only_flights_that_are_not_down_are_to_be_found(log):
    call(log, 0)
    flight(log, 0, "prepare", "launch", "arrive", "hold", "go_home", "land", "landed")
    flight(log, 1, "prepare", "called_off", drone="west/1")
    flight(log, 2, "prepare", "launch", drone="north/1")
    story = read(log)
    assert [each.drone for each in story.flights_out] == ["north/1"]
    assert story.next_flight == 3
    assert story.attended == {0}


def test_a_flight_that_was_taken_on_goes_on_with_its_story(log):
    call(log, 0)
    flight(log, 0, "prepare", "launch", "arrive", "hold")
    flight(log, 1, "prepare", "taken_on")
    (out,) = read(log).flights_out
    assert (out.flight, out.overhead) == (1, True)


@pytest.mark.parametrize(
    ("did", "mode", "stage"),
    [
        (("launch", "arrive"), CopterMode.AUTO, Stage.OUT),
        (("launch", "arrive"), CopterMode.RTL, Stage.OUT),
        (("launch", "arrive", "hold"), CopterMode.AUTO, Stage.ON_SCENE),
        (("launch", "arrive", "hold"), CopterMode.GUIDED, Stage.ON_SCENE),
        (("launch", "arrive", "hold"), CopterMode.RTL, Stage.BACK),
        (("launch", "arrive", "hold", "go_home"), CopterMode.AUTO, Stage.BACK),
        (("launch", "land_away"), CopterMode.LAND, Stage.OUT),
    ],
)
def test_how_far_a_flight_is_by_its_story_and_its_mode(log, did, mode, stage):
    flight(log, 0, *did)
    (out,) = read(log).flights_out
    assert out.stage_in(VehicleState(mode=mode)) is stage


@pytest.mark.parametrize(
    ("did", "held"),
    [
        (("launch", "arrive", "held"), True),
        (("launch", "arrive", "held", "hold_low", "prepare", "taken_on"), True),
        (("launch", "arrive", "held", "arrive"), False),
        (("launch", "held", "go_home"), False),
        (("launch", "arrive"), False),
    ],
)
def test_a_flight_is_held_until_it_does_something_else(log, did, held):
    flight(log, 0, *did)
    (out,) = read(log).flights_out
    assert out.held is held


@pytest.mark.parametrize(
    ("order", "then", "left"),
    [
        ("recalled", (), "recalled"),
        ("recalled", ("prepare", "taken_on", "hold"), "recalled"),
        ("recalled", ("go_home",), ""),
        ("hold", (), "hold"),
        ("hold", ("held",), ""),
        ("go_on", ("arrive",), ""),
        ("land_here", ("land_away",), "land_here"),
    ],
)
def test_an_order_is_open_until_the_drone_does_what_it_says(log, order, then, left):
    call(log, 0)
    flight(log, 0, "launch", "arrive", "hold")
    log.append("order", {"t_s": 30.0, "drone": "east/1", "order": order, "by": "Ann", "flight": 0})
    flight(log, int("taken_on" in then), *then)
    (out,) = read(log).flights_out
    assert out.ordered == left


def test_the_end_of_the_shift_recalls_every_drone(log):
    call(log, 0)
    flight(log, 0, "launch")
    flight(log, 1, "launch", drone="west/1")
    log.append("order", {"t_s": 30.0, "drone": "", "order": "stop", "by": "the terminal"})
    assert [out.ordered for out in read(log).flights_out] == ["recalled", "recalled"]


def test_other_traffic_is_inbound_until_somebody_said_that_it_is_gone(log):
    for traffic, inbound, by in (
        ("helicopter", True, "a receiver"),
        ("helicopter", True, "Sam"),
        ("glider", True, "Sam"),
        ("glider", False, "Sam"),
    ):
        log.append("traffic", {"t_s": 9.0, "traffic": traffic, "inbound": inbound, "by": by})
    assert read(log).inbound == {"helicopter": "Sam"}


def test_a_drone_that_was_sent_on_is_out_to_the_new_call_from_where_it_was(log):
    call(log, 0)
    call(log, 1)
    flight(log, 0, "prepare", "launch", "arrive", "hold", "handed_on")
    flight(log, 1, "sent_on", call=1)
    content = {"flight": 1, "call": 1, "drone": "east/1", "place": [50.78, -1.09]}
    log.append("flight", {"t_s": 40.0, "what": "goes_on", **content})
    (out,) = read(log).flights_out
    assert (out.flight, out.call, out.overhead, out.adrift) == (1, 1, False, False)
    assert out.sent_from == Position(lat_deg=50.78, lon_deg=-1.09)
    assert out.stage_in(VehicleState(mode=CopterMode.AUTO)) is Stage.OUT


def test_what_was_sent_on_is_known_after_a_second_restart_too(log):
    flight(log, 0, "launch", "handed_on")
    content = {"flight": 1, "call": 1, "drone": "east/1", "place": [50.78, -1.09]}
    log.append("flight", {"t_s": 40.0, "what": "goes_on", **content})
    flight(log, 2, "taken_on", "arrive", call=1)
    (out,) = read(log).flights_out
    assert (out.flight, out.sent_from) == (2, Position(lat_deg=50.78, lon_deg=-1.09))


def test_a_drone_whose_new_mission_nobody_saw_arrive_is_adrift(log):
    flight(log, 0, "launch", "arrive", "handed_on")
    flight(log, 1, "sent_on", call=1)
    (out,) = read(log).flights_out
    assert out.adrift


def test_a_drone_is_out_to_where_its_call_was_when_it_was_sent(log):
    call(log, 0)
    flight(log, 0, "prepare", "launch")
    content = {"call": 0, "heard_s": 5.0, "stay_s": 60.0, "zone": 2, "grade": 0, "graded": True}
    log.append("call.updated", {"t_s": 40.0, **content, "report": REPORT.content()}, REPORT.personal())
    flight(log, 1, "taken_on", "arrive")
    story = read(log)
    (out,) = story.flights_out
    assert (out.flight, out.sent_to.zone, story.calls[0].zone) == (1, 1, 2)


def test_a_call_counts_for_whoever_told_of_it_first(log):
    content = {"call": 0, "heard_s": 5.0, "stay_s": 60.0, "zone": 1, "grade": 0, "graded": True}
    for kind, by in (("call.reported", "Cad"), ("call.updated", "Pia")):
        log.append(kind, {"t_s": 5.0, **content, "by": by, "report": REPORT.content()}, REPORT.personal())
    assert [each.sender for each in read(log).calls] == ["Cad"]
