"""What the assertions about a flight say, on tracks that are drawn by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dfr.ardupilot.commands import Command
from dfr.ardupilot.items import WireItem
from dfr.errors import InputError
from dfr.geo import Position, offset
from dfr.track import FlightTrack
from firmware_sitl.assertions import (
    assert_battery_above,
    assert_landed_at,
    assert_never_outside,
    assert_reached,
    assert_within,
)
from firmware_sitl.flights import MissionFlight, refuse_unflyable

HOME = Position(lat_deg=50.0, lon_deg=8.0)


def east(metres: float) -> Position:
    return offset(HOME, bearing_deg=90.0, distance_m=metres)


@pytest.fixture
def flight() -> MissionFlight:
    """A hundred metres east at 20 m, a metre a second, and back to half way, where it landed."""
    places = np.concatenate([np.arange(0.0, 101.0), np.arange(99.0, 49.0, -1.0)])
    heights = np.where(np.arange(len(places)) < len(places) - 1, 20.0, 0.0)
    times = 5.0 + np.arange(len(places))
    track = FlightTrack(
        name="t", t_s=times, east_m=places, north_m=0.0 * places, height_m=heights, return_t_s=None
    )
    return MissionFlight(
        track=track, disarmed=True, total_s=150.0, texts=("Disarming motors",), used_mah=300,
        ended="disarmed", home=HOME, reached=(1, 2), least_percent=71,
    )  # fmt: skip


def test_what_holds_passes(flight):
    assert_reached(flight, east(100.0))
    assert_within(flight, HOME, 100.1)
    assert_landed_at(flight, east(50.0))
    assert_never_outside(flight, [offset(HOME, bearing_deg=b, distance_m=150.0) for b in (45, 135, 225, 315)])
    assert_battery_above(flight, 71.0)


def test_a_place_not_reached_is_told_with_the_nearest_moment_and_a_picture(flight):
    with pytest.raises(AssertionError) as failed:
        assert_reached(flight, east(130.0))
    said = str(failed.value)
    assert "nearest were 30.0 m at 100.0 s, 20 m above home, asked for 2 m, short by 28.0 m" in said
    assert "the vehicle's last words: ['Disarming motors']" in said
    row = next(line for line in said.splitlines() if line.startswith("H"))
    assert row.index("!") < row.index("X")
    assert "a character is 2.8 m wide" in said


def test_too_far_is_told_at_its_worst_moment(flight):
    with pytest.raises(AssertionError, match=r"100\.0 m away at 100\.0 s, .* 20\.0 m too far"):
        assert_within(flight, HOME, 80.0)


def test_a_landing_elsewhere_and_none_at_all_are_told_apart(flight):
    with pytest.raises(AssertionError, match=r"landed 50\.0 m from .* at 150\.0 s, 0 m .* 49\.0 m too far"):
        assert_landed_at(flight, HOME)
    with pytest.raises(AssertionError, match="did not land: it hovers at item 2"):
        assert_landed_at(replace(flight, disarmed=False, ended="hovers at item 2"), HOME)


def test_a_fence_left_is_told_with_the_first_moment_and_the_worst(flight):
    square = [offset(HOME, bearing_deg=b, distance_m=80.0 * 2**0.5) for b in (45, 135, 225, 315)]
    with pytest.raises(AssertionError, match=r"fence at 81\.0 s.* at most 20\.0 m outside, at 100\.0 s"):
        assert_never_outside(flight, square)


def test_a_battery_that_tells_nothing_is_no_pass(flight):
    with pytest.raises(AssertionError, match=r"fell to 71 % \(300 mAh used\), asked for 80 %, 9 % too low"):
        assert_battery_above(flight, 80.0)
    with pytest.raises(AssertionError, match="BATT_MONITOR"):
        assert_battery_above(replace(flight, least_percent=None), 0.0)


def test_what_no_vehicle_has_told_is_said(flight):
    with pytest.raises(AssertionError, match="not told where its home is"):
        assert_reached(replace(flight, home=None), HOME)
    empty = replace(flight.track, **dict.fromkeys(("t_s", "east_m", "north_m", "height_m"), np.zeros(0)))
    with pytest.raises(AssertionError, match="no track: it was lost"):
        assert_reached(replace(flight, track=empty, ended="was lost"), HOME)


@pytest.mark.parametrize(
    ("items", "says"),
    [
        ([WireItem(command=Command.NAV_WAYPOINT)], "nothing after its home"),
        (
            [WireItem(command=Command.NAV_WAYPOINT), WireItem(command=16, x=50.1)],
            "x=50.1 looks like degrees.*501000000",
        ),
        (
            [WireItem(command=Command.NAV_WAYPOINT), WireItem(command=21, x=2_000_000_000)],
            r"item 1 \(NAV_LAND\).*no place",
        ),
    ],
)
def test_items_that_cannot_be_meant_are_refused_by_number_and_name(items, says):
    with pytest.raises(InputError, match=says):
        refuse_unflyable(items)
