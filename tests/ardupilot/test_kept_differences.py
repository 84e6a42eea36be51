"""Items read back against items sent, and what would be dropped, against a recorded dialogue."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from dfr.ardupilot.commands import Command
from dfr.ardupilot.items import WireItem
from dfr.ardupilot.kept import changed_params, describe_difference

from ..recorded_items import ACCEPTED, sent_and_read


def test_what_a_real_vehicle_reads_back_of_sound_items_is_no_difference():
    for case in ACCEPTED:
        for sent, read in sent_and_read(case):
            assert describe_difference(sent, read) is None


def test_an_item_that_arducopter_refuses_is_never_taken_for_what_was_read_back():
    assert "INVALID_PARAM7" in str(describe_difference(waypoint(z=90_000.0), waypoint()))


def waypoint(**changes) -> WireItem:
    return replace(WireItem(seq=3, frame=3, command=16, x=507810000, y=-10890000, z=30.0), **changes)


@pytest.mark.parametrize(
    ("read", "says"),
    [
        (waypoint(x=507810001), "x,y"),
        (waypoint(z=30.02), "z 30 m read back as 30.02 m"),
        (waypoint(frame=0), "frame"),
        (waypoint(command=17), "read back as 3 NAV_LOITER_UNLIM"),
        (waypoint(params=(1.0, 0.0, 0.0, 0.0)), "param1"),
    ],
)
def test_every_change_that_matters_is_named(read, says):
    assert says in str(describe_difference(waypoint(), read))


def test_a_centimetre_and_the_frames_twin_do_not_matter():
    assert describe_difference(waypoint(frame=6), waypoint(z=29.99)) is None


@pytest.mark.parametrize(
    ("command", "params", "dropped"),
    [
        (Command.NAV_WAYPOINT, (3.7, 5.0, 6.0, 90.0), (1, 2, 3, 4)),
        (Command.NAV_WAYPOINT, (3.0, 0.0, 0.0, math.nan), ()),
        (Command.NAV_LOITER_TIME, (60.0, 0.0, 0.0, 0.0), ()),
        (Command.NAV_LOITER_TIME, (60.0, 0.0, 50.0, 0.0), (3,)),
        (Command.NAV_LOITER_TURNS, (2.0, 0.0, 300.0, 0.0), ()),
        (Command.NAV_LOITER_TURNS, (2.0, 0.0, 303.0, 0.0), (3,)),
        (Command.NAV_LAND, (0.0, 1.0, 0.0, 0.0), (2,)),
        (Command.CONDITION_YAW, (90.0, 10.0, -1.0, 1.0), ()),
        (Command.CONDITION_YAW, (90.5, 10.5, 0.5, 0.5), (3, 4)),
        (Command.DO_CHANGE_SPEED, (1.5, 8.5, -1.0, 0.0), (1,)),
        (Command.DO_JUMP, (1.0, 65535.0, 0.0, 0.0), (2,)),
        (Command.NAV_LOITER_UNLIM, (0.0, 0.0, 0.0, math.nan), ()),
    ],
)
def test_dropped_parameters_are_known_before_upload(command, params, dropped):
    assert changed_params(command, params) == dropped
