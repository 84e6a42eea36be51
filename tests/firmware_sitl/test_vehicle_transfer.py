"""The vehicle's side of a transfer, message by message: who is answered what, and what is asked again."""

from __future__ import annotations

from typing import Any

import pytest
from pymavlink.dialects.v20 import ardupilotmega as mavlink

from dfr.ardupilot.commands import Command, MissionResult, MissionType
from dfr.link.framing import Encoder, Framer
from firmware_sitl.vehicle.transfer import ListTransfers

from .inside import standing

OURS, OTHERS = (255, 190), (254, 190)
FENCE = int(MissionType.FENCE)


class Lists:
    """Mission and fence of a vehicle that stands, and what a client and the vehicle's messages say."""

    def __init__(self) -> None:
        self.state = standing(0.0).state
        self.sent: list[Any] = []
        self.said: list[str] = []
        lists = {MissionType.MISSION: self.state.mission, MissionType.FENCE: self.state.fence_list}
        self.transfers = ListTransfers(lists, lambda _, text: self.said.append(text), lambda *_: None)
        self.t_s = 0.0

    def send(self, message: Any) -> None:
        self.sent.append(message)

    def hears(self, message: Any, *, by: tuple[int, int] = OURS) -> list[Any]:
        """What it answers to a message of somebody."""
        before = len(self.sent)
        [(heard, _)] = Framer().feed(Encoder(system=by[0], component=by[1]).encode(message))
        assert self.transfers.handle_message(self, heard.get_type(), heard, self.t_s)
        return self.sent[before:]

    def after(self, seconds: float) -> list[Any]:
        """What it sends by itself when so much time has passed."""
        before = len(self.sent)
        self.t_s += seconds
        self.transfers.check_timeouts(self.t_s)
        return self.sent[before:]


@pytest.fixture
def lists() -> Lists:
    return Lists()


def count(number: int, kind: int = 0) -> Any:
    return mavlink.MAVLink_mission_count_message(1, 1, number, kind)


def waypoint(seq: int, *, z_m: float = 20.0, kind: int = 0) -> Any:
    place = (507_810_000 + seq, -10_890_000)
    return mavlink.MAVLink_mission_item_int_message(
        1, 1, seq, 3, Command.NAV_WAYPOINT, 0, 1, 0.0, 0.0, 0.0, 0.0, *place, z_m, kind
    )


def ask(seq: int) -> Any:
    return mavlink.MAVLink_mission_request_int_message(1, 1, seq, 0)


def upload(lists: Lists, number: int) -> None:
    lists.hears(count(number))
    for seq in range(number):
        lists.hears(waypoint(seq))


def only(answers: list[Any], kind: str) -> Any:
    assert [answer.get_type() for answer in answers] == [kind]
    return answers[0]


def test_each_item_is_asked_for_in_turn_and_the_last_is_acknowledged(lists):
    for seq, message in enumerate([count(3), waypoint(0), waypoint(1)]):
        asked = only(lists.hears(message), "MISSION_REQUEST")
        assert (asked.seq, asked.target_system, asked.target_component) == (seq, *OURS)
    done = only(lists.hears(waypoint(2)), "MISSION_ACK")
    assert (done.type, done.mission_type) == (MissionResult.ACCEPTED, 0)
    assert (
        only(lists.hears(mavlink.MAVLink_mission_request_list_message(1, 1, 0)), "MISSION_COUNT").count == 3
    )
    assert only(lists.hears(ask(2)), "MISSION_ITEM_INT").x == 507_810_002


def test_an_answer_says_of_which_list_it_is(lists):
    ack = only(lists.hears(count(0, FENCE)), "MISSION_ACK")
    assert (ack.type, ack.mission_type) == (MissionResult.ACCEPTED, FENCE)


def test_somebody_elses_item_is_denied_and_the_upload_goes_on(lists):
    lists.hears(count(2))
    denied = only(lists.hears(waypoint(0), by=OTHERS), "MISSION_ACK")
    assert (denied.type, denied.target_system) == (MissionResult.DENIED, OTHERS[0])
    assert only(lists.hears(count(1), by=OTHERS), "MISSION_ACK").type == MissionResult.DENIED
    assert only(lists.hears(waypoint(0)), "MISSION_REQUEST").seq == 1


def test_an_item_out_of_turn_is_told_and_one_without_an_upload_is_an_error(lists):
    assert only(lists.hears(waypoint(0)), "MISSION_ACK").type == MissionResult.ERROR
    lists.hears(count(3))
    assert only(lists.hears(waypoint(2)), "MISSION_ACK").type == MissionResult.INVALID_SEQUENCE
    assert only(lists.hears(waypoint(0)), "MISSION_REQUEST").seq == 1


def test_it_asks_again_after_a_second_and_gives_up_after_eight(lists):
    lists.hears(count(2))
    assert lists.after(0.9) == []
    assert only(lists.after(0.2), "MISSION_REQUEST").seq == 0
    assert lists.after(0.9) == []
    for _ in range(5):
        only(lists.after(1.01), "MISSION_REQUEST")
    ended = only(lists.after(1.01), "MISSION_ACK")
    assert (ended.type, ended.target_system) == (MissionResult.OPERATION_CANCELLED, OURS[0])
    assert lists.said[-1].endswith("upload timeout")
    assert lists.after(9.0) == []


def test_part_of_a_mission_is_replaced_and_the_rest_stays(lists):
    upload(lists, 4)
    part = mavlink.MAVLink_mission_write_partial_list_message(1, 1, 2, 2, 0)
    assert only(lists.hears(part), "MISSION_REQUEST").seq == 2
    assert only(lists.hears(waypoint(2, z_m=55.0)), "MISSION_ACK").type == MissionResult.ACCEPTED
    heights = [only(lists.hears(ask(seq)), "MISSION_ITEM_INT").z for seq in (1, 2, 3)]
    assert heights == [20.0, 55.0, 20.0]
    beyond = mavlink.MAVLink_mission_write_partial_list_message(1, 1, 3, 9, 0)
    assert only(lists.hears(beyond), "MISSION_ACK").type == MissionResult.ERROR
    assert lists.said[-1] == "Flight plan update rejected"


def test_an_item_in_single_precision_is_sent_with_a_warning_once(lists):
    upload(lists, 2)
    old = mavlink.MAVLink_mission_request_message(1, 1, 1, 0)
    for _ in range(2):
        item = only(lists.hears(old), "MISSION_ITEM")
        assert item.x == pytest.approx(50.7810001, abs=1e-5)
    assert lists.said.count("got MISSION_REQUEST; use MISSION_REQUEST_INT!") == 1
    lists.hears(count(1))
    lists.hears(waypoint(0))
    lists.hears(mavlink.MAVLink_mission_request_message(1, 1, 0, 0))
    assert lists.said.count("got MISSION_REQUEST; use MISSION_REQUEST_INT!") == 2, "again for another upload"


def test_numbers_that_are_no_place_are_sent_as_they_are_in_single_precision(lists):
    """DO_DIGICAM_CONFIGURE's fifth and sixth numbers are counts, not degrees."""
    lists.hears(count(2))
    lists.hears(waypoint(0))
    settings = mavlink.MAVLink_mission_item_int_message(
        1, 1, 1, 2, Command.DO_DIGICAM_CONFIGURE, 0, 1, 1.0, 2.0, 3.0, 4.0, 5, 6, 7.0, 0
    )
    only(lists.hears(settings), "MISSION_ACK")
    item = only(lists.hears(mavlink.MAVLink_mission_request_message(1, 1, 1, 0)), "MISSION_ITEM")
    assert (item.x, item.y) == (5.0, 6.0)


def test_an_item_that_is_not_there_is_told_with_how_many_there_are(lists):
    upload(lists, 2)
    number, refused = lists.hears(ask(7))
    assert (number.get_type(), number.count) == ("MISSION_COUNT", 2)
    assert refused.type == MissionResult.INVALID_SEQUENCE


def test_a_list_that_it_does_not_keep_is_unsupported(lists):
    other = only(lists.hears(count(1, 7)), "MISSION_ACK")
    assert (other.type, other.mission_type) == (MissionResult.UNSUPPORTED, 7)
    assert only(lists.hears(waypoint(0, kind=7)), "MISSION_ACK").type == MissionResult.UNSUPPORTED


def test_clearing_empties_a_list_but_not_in_somebody_elses_upload(lists):
    upload(lists, 2)
    lists.hears(count(3))
    clear = mavlink.MAVLink_mission_clear_all_message(1, 1, 0)
    assert only(lists.hears(clear, by=OTHERS), "MISSION_ACK").type == MissionResult.DENIED
    assert only(lists.hears(clear), "MISSION_ACK").type == MissionResult.ACCEPTED
    left = only(lists.hears(mavlink.MAVLink_mission_request_list_message(1, 1, 0)), "MISSION_COUNT")
    assert left.count == 0


@pytest.mark.parametrize(
    ("x", "y", "result"),
    [(95.0, 0.0, MissionResult.INVALID_PARAM5_X), (50.0, 181.0, MissionResult.INVALID_PARAM6_Y)],
)
def test_an_item_in_single_precision_that_is_nowhere_is_refused_and_asked_for_again(lists, x, y, result):
    lists.hears(count(2))
    nowhere = mavlink.MAVLink_mission_item_message(
        1, 1, 0, 3, Command.NAV_WAYPOINT, 0, 1, 0.0, 0.0, 0.0, 0.0, x, y, 20.0, 0
    )
    assert only(lists.hears(nowhere), "MISSION_ACK").type == result
    assert only(lists.hears(waypoint(0)), "MISSION_REQUEST").seq == 1, "the upload goes on"


def test_a_list_that_is_being_received_is_not_read(lists):
    upload(lists, 2)
    lists.hears(count(3))
    for question in (mavlink.MAVLink_mission_request_list_message(1, 1, 0), ask(1)):
        assert only(lists.hears(question, by=OTHERS), "MISSION_ACK").type == MissionResult.DENIED


def test_an_acknowledgement_is_taken_and_not_answered(lists):
    assert lists.hears(mavlink.MAVLink_mission_ack_message(1, 1, 0, 0)) == []


def test_an_item_in_single_precision_is_taken_with_a_warning(lists):
    lists.hears(count(1))
    old = mavlink.MAVLink_mission_item_message(
        1, 1, 0, 3, Command.NAV_WAYPOINT, 0, 1, 0.0, 0.0, 0.0, 0.0, 50.781, -1.089, 20.0, 0
    )
    assert only(lists.hears(old), "MISSION_ACK").type == MissionResult.ACCEPTED
    assert lists.said == ["got MISSION_ITEM; GCS should send MISSION_ITEM_INT"]
