"""What a process does with drones that the one before it left in the air."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from dfr.ardupilot.modes import CopterMode
from dfr.link.vehicle import VehicleState
from dfr.logs.airborne import IN_THE_AIR
from dfr.operate.flight import Stage
from dfr.operate.flights_before import FlightsBefore
from dfr.operate.sortie import RECALLED
from dfr.operate.story import FlightStory

DRONE = "east/1"


@pytest.fixture
def settle():
    """The stage at which a drone is taken on, by what it did and its mode, and what is asked of it."""

    def find(did, mode):
        landed = next(iter(IN_THE_AIR))
        state = VehicleState(armed=True, mode=mode, landed=landed, battery_remaining=0.4)
        asked = []
        charges = []

        def take_on(call, drone, *, charge):
            charges.append(charge)
            return None, sortie

        sortie = SimpleNamespace(turn_back=asked.append, hold=lambda: asked.append("hold"))
        engine = SimpleNamespace(has_route=lambda call, drone: True, take_on=take_on)
        flights = SimpleNamespace(adoptions={})
        before = FlightsBefore(
            [FlightStory(flight=0, call=0, drone=DRONE, did=list(did))],
            calls=SimpleNamespace(
                engine=engine, sim_call=lambda number: SimpleNamespace(_replace=lambda **_: None)
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
    ],
)
def test_no_drone_is_left_to_hover_that_was_on_its_way_home(settle, did, mode, stage, asked):
    assert settle(did, mode) == (stage, asked)
