"""What a process does with drones that the one before it left in the air."""

from __future__ import annotations

from contextlib import nullcontext
from types import SimpleNamespace

import pytest

from dfr.ardupilot.modes import CopterMode
from dfr.link.vehicle import VehicleState
from dfr.logs.airborne import IN_THE_AIR
from dfr.operate.flight import Stage, is_returning
from dfr.operate.flights_before import FlightsBefore
from dfr.operate.sortie import GO_ON, HELD, LAND_HERE, RECALLED
from dfr.operate.story import FlightStory

DRONE = "east/1"


@pytest.fixture
def settle():
    """The stage at which a drone is taken on, by what it did and its mode, and what is asked of it."""

    def find(did, mode, *, open_now=True, ordered=""):
        landed = next(iter(IN_THE_AIR))
        state = VehicleState(armed=True, mode=mode, landed=landed, battery_remaining=0.4)
        asked = []
        charges = []

        def take_on(call, drone, *, charge):
            charges.append(charge)
            return None, sortie

        sortie = SimpleNamespace(turn_back=asked.append, hold=lambda: asked.append("hold"))
        engine = SimpleNamespace(has_route=lambda *_: True, may_fly=lambda *_: open_now, take_on=take_on)
        flights = SimpleNamespace(adoptions={})
        before = FlightsBefore(
            [FlightStory(flight=0, call=0, drone=DRONE, did=list(did), ordered=ordered)],
            calls=SimpleNamespace(
                engine=engine,
                call_as_sent=lambda flight: SimpleNamespace(_replace=lambda **_: None),
                looking_as_sent=lambda flight: nullcontext(),
            ),
            fleet=SimpleNamespace(
                berths={DRONE: SimpleNamespace(vehicle=SimpleNamespace(heard=True, state=state))}
            ),
            flights=flights,
            note=lambda *_: None,
        )
        before.settle()
        assert not before.unsettled
        assert charges == [0.4]
        return flights.adoptions[DRONE].stage, asked

    return find


@pytest.mark.parametrize(
    ("did", "mode", "stage", "asked"),
    [
        (("launch", "arrive"), CopterMode.AUTO, Stage.OUT, []),
        (("launch", "arrive", "held"), CopterMode.GUIDED, Stage.OUT, ["hold"]),
        (("launch", "arrive", "held"), CopterMode.RTL, Stage.OUT, []),
        (("launch", "arrive", "hold", "go_home"), CopterMode.AUTO, Stage.BACK, []),
        (("launch", "arrive", "hold", "go_home"), CopterMode.GUIDED, Stage.OUT, [RECALLED]),
        (("launch", "arrive", "hold", "go_home", "held"), CopterMode.GUIDED, Stage.OUT, [RECALLED]),
        (("launch", "arrive", "hold", "go_home", "held"), CopterMode.RTL, Stage.BACK, []),
        (("launch", "arrive", "go_home"), CopterMode.AUTO, Stage.OUT, [RECALLED]),
        (("launch", "arrive", "go_home"), CopterMode.SMART_RTL, Stage.BACK, []),
    ],
)
def test_no_drone_is_left_to_hover_that_was_on_its_way_home(settle, did, mode, stage, asked):
    assert settle(did, mode) == (stage, asked)


def test_a_drone_whose_way_the_weather_closed_meanwhile_is_taken_on_and_brought_home(settle):
    assert settle(("launch", "arrive"), CopterMode.AUTO, open_now=False) == (Stage.OUT, [RECALLED])
    assert settle(("launch", "arrive", "hold"), CopterMode.AUTO, open_now=False)[1] == [RECALLED]


@pytest.mark.parametrize(
    ("did", "mode", "ordered", "asked"),
    [
        (("launch", "arrive"), CopterMode.AUTO, RECALLED, [RECALLED]),
        (("launch", "arrive", "hold"), CopterMode.AUTO, RECALLED, [RECALLED]),
        (("launch", "arrive", "hold"), CopterMode.AUTO, LAND_HERE, [LAND_HERE]),
        (("launch", "arrive", "hold", "go_home"), CopterMode.AUTO, LAND_HERE, [LAND_HERE]),
        (("launch", "arrive", "land_away"), CopterMode.LAND, LAND_HERE, []),
        (("launch", "arrive"), CopterMode.AUTO, HELD, ["hold"]),
        (("launch", "arrive", "hold", "go_home"), CopterMode.AUTO, HELD, ["hold"]),
        (("launch", "arrive", "held"), CopterMode.GUIDED, GO_ON, []),
    ],
)
def test_an_order_that_was_written_down_and_not_followed_yet_is_carried_out(
    settle, did, mode, ordered, asked
):
    assert settle(did, mode, ordered=ordered)[1] == asked


@pytest.mark.parametrize(
    ("mode", "seq", "comes"),
    [
        (CopterMode.AUTO, 6, True),
        (CopterMode.AUTO, 5, False),
        (CopterMode.AUTO, None, False),
        (CopterMode.SMART_RTL, 5, True),
    ],
)
def test_a_drone_that_still_stays_was_never_told_to_go_home(mode, seq, comes):
    """Its process was killed between the order and the command; item 6 is the first of its way back."""
    assert is_returning(VehicleState(mode=mode, mission_seq=seq), 6) is comes
