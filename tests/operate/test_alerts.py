"""Alerts: raised by a cause, silenced for one occurrence, gone with the cause."""

from __future__ import annotations

import pytest

from dfr.errors import InputError
from dfr.operate.alerts import AlertBoard, Cause, Level

LOST = Cause(level=Level.WARNING, words="D1: LINK LOST")
OLD = Cause(level=Level.CAUTION, words="D1: its position is old")


@pytest.fixture
def told():
    return []


@pytest.fixture
def board(told):
    return AlertBoard(lambda what, alert: told.append((what, alert.key)))


def test_an_alert_stands_as_long_as_its_cause(board, told):
    board.update({"link": LOST}, 10.0)
    board.update({"link": LOST}, 11.0)
    board.update({}, 12.0)
    assert told == [("raised", "link"), ("gone", "link")]
    assert not board.standing


def test_a_cause_that_comes_back_is_another_occurrence_and_not_acknowledged(board):
    board.update({"link": LOST}, 10.0)
    board.acknowledge(board.standing[0].number, "Ann")
    board.update({"link": LOST}, 11.0)
    assert board.standing[0].acknowledged == "Ann"
    board.update({}, 12.0)
    board.update({"link": LOST}, 13.0)
    assert board.standing[0].acknowledged == ""


def test_a_cause_that_becomes_more_urgent_sounds_again(board, told):
    board.update({"link": OLD}, 10.0)
    board.acknowledge(board.standing[0].number, "Ann")
    board.update({"link": LOST}, 11.0)
    assert board.standing[0].acknowledged == ""
    assert told[-1] == ("raised", "link")


def test_words_that_change_are_the_same_occurrence(board, told):
    board.update({"link": LOST}, 10.0)
    board.update({"link": Cause(level=Level.WARNING, words="D1: LINK LOST for 9 s")}, 19.0)
    assert len(told) == 1
    assert board.standing[0].cause.words == "D1: LINK LOST for 9 s"


def test_the_most_urgent_stands_first(board):
    board.update({"position": OLD}, 10.0)
    board.update({"position": OLD, "link": LOST}, 11.0)
    assert [alert.key for alert in board.standing] == ["link", "position"]


def test_what_is_gone_cannot_be_acknowledged(board):
    board.update({"link": LOST}, 10.0)
    number = board.standing[0].number
    board.update({}, 11.0)
    with pytest.raises(InputError, match=f"alert {number} is gone"):
        board.acknowledge(number, "Ann")
